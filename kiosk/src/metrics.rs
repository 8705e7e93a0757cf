//! `/metrics`: numbers for a monitor, on the screen's listener alone. Counters are kept as requests are answered, gauges
//! are read when they are asked for. No label says anything of a person, a card, a token or a terminal, and each has few
//! values: the patterns of `route/addresses.rs`, classes of statuses, and places by their number in the settings.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use http::StatusCode;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::Engine;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::age::{Ages, seconds_since};
use crate::failure::Failure;

/// Bounds of the durations, in seconds.
const BOUNDS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
/// The route of what has none.
const NO_ROUTE: &str = "-";

type Routed = [(&'static str, &'static str); 1];
type Answered = [(&'static str, &'static str); 2];
type Placed = [(&'static str, String); 1];
type Seconds = Gauge<i64, AtomicI64>;

/// What is counted while the program serves.
pub(crate) struct Metrics {
    requests: Family<Answered, Counter>,
    durations: Family<Routed, Histogram, fn() -> Histogram>,
    panics: Counter,
}

impl core::fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Metrics(..)")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            panics: Counter::default(),
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn answered(
        &self,
        pattern: Option<&'static str>,
        status: StatusCode,
        took: Duration,
    ) {
        let route = ("route", pattern.unwrap_or(NO_ROUTE));
        let labels = [route, ("status", class(status))];
        self.requests.get_or_create(&labels).inc();
        let duration = self.durations.get_or_create(&[route]);
        duration.observe(took.as_secs_f64());
    }

    /// Counts a panic, if the guard is dropped by one.
    pub(crate) const fn watch(&self) -> Watch<'_> {
        Watch(self)
    }

    /// Everything as text.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn text(&self, engine: &Engine, ages: Option<&Ages>) -> Result<String, Failure> {
        let mut registry = Registry::with_prefix("jifen");
        registry.register(
            "requests",
            "Requests by the pattern of their address and the class of the answer",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "How long requests took",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "panics",
            "Handlers that panicked; each was answered 500",
            self.panics.clone(),
        );
        let now = engine.now();
        shop(&mut registry, engine, now)?;
        if let Some(ages) = ages {
            places(&mut registry, ages);
        }
        let mut text = String::new();
        encode(&mut text, &registry).map_err(|_| Failure::bug())?;
        Ok(text)
    }
}

/// Counts a panic that goes through it.
pub(crate) struct Watch<'m>(&'m Metrics);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panics.inc();
        }
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// What the engine knows.
fn shop(registry: &mut Registry, engine: &Engine, now: Moment) -> Result<(), Refusal> {
    let condition = engine.condition()?;
    let tickets = engine.open_tickets(now)?;
    let overdue = tickets.iter().filter(|ticket| ticket.is_overdue).count();
    let count = |all: usize| i64::try_from(all).unwrap_or(i64::MAX);
    let number = |all: u64| i64::try_from(all).unwrap_or(i64::MAX);
    let gauges = [
        ("members", "Members", number(condition.members)),
        (
            "tickets_open",
            "Requests and complaints that are not closed",
            count(tickets.len()),
        ),
        (
            "tickets_overdue",
            "Requests and complaints that nobody has answered in time",
            count(overdue),
        ),
        (
            "erasures_owed",
            "Erasures that have begun and are not finished",
            number(condition.erasures_begun),
        ),
        (
            "escrow_copies_owed",
            "Copies of keys that are older than an erasure",
            number(condition.copies_owed),
        ),
        (
            "audit_leaves",
            "Leaves of the audit",
            number(condition.leaves),
        ),
        (
            "clock_trusted",
            "1 while the clock is believed",
            i64::from(engine.trusts_clock()),
        ),
    ];
    for (name, help, value) in gauges {
        let gauge = Seconds::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
    Ok(())
}

/// What the disks tell.
fn places(registry: &mut Registry, ages: &Ages) {
    let now = ages.now();
    let since = |at: Moment| seconds_since(at, now);
    if let Some(at) = ages.checkpoint() {
        let gauge = Seconds::default();
        gauge.set(since(at));
        let help = "How old the audit's last checkpoint is";
        registry.register_with_unit("audit_checkpoint_age", help, Unit::Seconds, gauge);
    }
    let families = [
        (
            "backup_age",
            "How old the newest backup of a target is",
            ages.backups(),
        ),
        (
            "escrow_age",
            "How old the newest copy of keys of a target is",
            ages.escrows(),
        ),
    ];
    for (name, help, found) in families {
        let family = Family::<Placed, Seconds>::default();
        for (place, (_, newest)) in (1_u32..).zip(found) {
            if let Some(at) = newest {
                let labels = [("target", place.to_string())];
                family.get_or_create(&labels).set(since(at));
            }
        }
        registry.register_with_unit(name, help, Unit::Seconds, family);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;

    #[test]
    fn what_was_answered_is_counted_by_route_and_class_and_panics_are() {
        let metrics = Metrics::default();
        let took = Duration::from_millis(3);
        metrics.answered(Some("/healthz"), StatusCode::OK, took);
        metrics.answered(Some("/healthz"), StatusCode::OK, took);
        metrics.answered(None, StatusCode::NOT_FOUND, took);
        let panicked = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
            let _watch = metrics.watch();
            panic!("as a handler may");
        }));
        assert!(panicked.is_err());
        drop(metrics.watch());

        let app = App::in_memory().unwrap();
        let text = metrics.text(&app.engine, None).unwrap();
        for line in [
            "jifen_requests_total{route=\"/healthz\",status=\"2xx\"} 2",
            "jifen_requests_total{route=\"-\",status=\"4xx\"} 1",
            "jifen_request_duration_seconds_count{route=\"/healthz\"} 2",
            "jifen_request_duration_seconds_bucket{le=\"0.0025\",route=\"/healthz\"} 0",
            "jifen_request_duration_seconds_bucket{le=\"0.005\",route=\"/healthz\"} 2",
            "jifen_panics_total 1",
            "jifen_members 0",
            "jifen_tickets_open 0",
            "jifen_clock_trusted 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
