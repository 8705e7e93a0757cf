//! What the program says while it serves: lines on stderr, through `tracing`. `JIFEN_LOG` says which (`info` where it says
//! nothing; `warn`, `off`, `jifen=debug` …).
//!
//! One line a request: the listener, the method, the *pattern* of the address, the status, the microseconds, and the
//! terminal where a signature proved one. Never logged, at any level:
//!
//! * the path and the query as they were asked (they hold codes and ids);
//! * any header, cookie, signature or idempotency key;
//! * a body, of a request or an answer, or any part of one;
//! * names, mobiles, card numbers, codes, tokens, PINs, member and account ids;
//! * what a panic said (it may quote any of these);
//! * the address of a client, which for a phone is a person's.

use std::io::IsTerminal;
use std::time::Duration;

use http::{Method, Response};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::http::Listener;

/// The variable that says what is logged.
pub(crate) const VARIABLE: &str = "JIFEN_LOG";

/// What a handler tells the log of a request; an extension of its answer.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The pattern of the address, such as `/pos/v1/holds/{hold}/capture`.
    pub(crate) pattern: &'static str,
    /// The terminal whose signature was verified.
    pub(crate) terminal: Option<String>,
}

/// Begins to log. Called once, before the listeners open.
pub(crate) fn begin() -> Result<(), Failure> {
    let words = std::env::var(VARIABLE).unwrap_or_default();
    let filter = filter(&words)?;
    let begun = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
    begun.map_err(|error| {
        let error = error.to_string();
        Failure::new(
            "log_begun_twice",
            format!("日志已启动：{error}"),
            format!("the log has begun already: {error}"),
        )
    })
}

fn filter(words: &str) -> Result<EnvFilter, Failure> {
    let words = if words.trim().is_empty() {
        "info"
    } else {
        words
    };
    EnvFilter::try_new(words).map_err(|error| {
        Failure::new(
            "bad_log_filter",
            format!("{VARIABLE}=“{words}”不是日志过滤条件：{error}"),
            format!("{VARIABLE}=`{words}` is not a log filter: {error}"),
        )
        .with_exit(crate::failure::USAGE)
    })
}

/// A request was answered.
pub(crate) fn answered(
    listener: Listener,
    method: &Method,
    response: &Response<Vec<u8>>,
    took: Duration,
) {
    let told: Option<&Told> = response.extensions().get();
    let terminal = told.and_then(|told| told.terminal.as_deref());
    tracing::info!(
        listener = listener.as_str(),
        method = known(method),
        route = told.map_or("-", |told| told.pattern),
        status = response.status().as_u16(),
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        terminal,
        "request"
    );
}

/// A method of one's own making may be any text, so only the known ones are named.
fn known(method: &Method) -> &'static str {
    let known = [
        (Method::GET, "GET"),
        (Method::HEAD, "HEAD"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
        (Method::OPTIONS, "OPTIONS"),
    ];
    let named = known.into_iter().find(|(of, _)| of == method);
    named.map_or("other", |(_, name)| name)
}

/// A handler panicked, and its request was answered 500.
pub(crate) fn panicked(listener: Listener) {
    tracing::error!(
        listener = listener.as_str(),
        "a handler panicked; run with RUST_BACKTRACE=1 to see where"
    );
}

/// The system gives no connection: descriptors or memory are used up.
pub(crate) fn cannot_accept(error: &std::io::Error) {
    tracing::warn!(%error, "cannot accept; trying again");
}

/// A connection to the edge ended before it was encrypted. Nothing is said of whose it was.
pub(crate) fn no_handshake(error: &std::io::Error) {
    tracing::debug!(%error, "no handshake");
}

/// The audit's copy, or something else that is done by itself, failed; it is tried again.
pub(crate) fn not_kept(failure: &Failure) {
    tracing::warn!(code = %failure.code, "housekeeping failed; trying again");
}

/// Requests were still in work when the time for stopping was over.
pub(crate) fn cut_short() {
    tracing::warn!("some requests were still in work when the time for stopping was over");
}

/// A slip was not printed. Nothing of what it said is in the error.
pub(crate) fn not_printed(code: &str, error: &std::io::Error) {
    tracing::warn!(code, %error, "the printer failed");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_of_ones_own_making_is_not_logged() {
        assert_eq!(known(&Method::POST), "POST");
        let made = Method::from_bytes(b"SECRET-13800138000").unwrap();
        assert_eq!(known(&made), "other");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        for words in ["", " ", "info", "jifen=debug,hyper=off", "off"] {
            assert!(filter(words).is_ok(), "{words}");
        }
        assert!(filter("jifen=shout=loud").is_err());
    }
}
