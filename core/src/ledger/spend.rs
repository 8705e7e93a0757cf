//! Qualifying spend: the metric of the tiers, a counter of its own and never derived from points (semantics 26, 27).

use crate::domain::money::Money;
use crate::domain::programme::{Align, Lifetime, PastCalendar, Window};
use crate::domain::time::{Day, Moment, Zone};

/// What a member spent, as far as tiers need it.
///
/// A lifetime window needs one number. Other windows need the days, which are kept from the first programme with such
/// a window on; before that the engine rebuilds them from the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// All of it.
    pub lifetime: Money,
    /// By local day of sale, ascending; kept only when `by_day`.
    pub days: Vec<(Day, Money)>,
    /// Whether days are kept.
    pub by_day: bool,
}

impl Spend {
    /// Nothing spent.
    pub const fn new() -> Self {
        Self {
            lifetime: Money::ZERO,
            days: Vec::new(),
            by_day: false,
        }
    }

    /// Adds what a sale spent, or takes off what a refund gave back, on the sale's own day. `false` on overflow.
    #[must_use]
    pub fn add(&mut self, sold_on: Day, amount: Money) -> bool {
        let Some(lifetime) = self.lifetime.checked_add(amount) else {
            return false;
        };
        self.lifetime = lifetime;
        if !self.by_day || amount == Money::ZERO {
            return true;
        }
        match self.days.binary_search_by_key(&sold_on, |(day, _)| *day) {
            Ok(place) => self
                .days
                .get_mut(place)
                .is_some_and(|(_, kept)| kept.checked_add(amount).map(|sum| *kept = sum).is_some()),
            Err(place) => {
                self.days.insert(place, (sold_on, amount));
                true
            }
        }
    }

    /// Adds what was carried forward. `false` on overflow.
    #[must_use]
    pub fn add_carried(&mut self, lifetime: Money, days: &[(Day, Money)]) -> bool {
        let Some(sum) = self.lifetime.checked_add(lifetime) else {
            return false;
        };
        let added = days.iter().all(|(day, amount)| self.add(*day, *amount));
        // Days that no window looks at any more are in the sum alone.
        self.lifetime = sum;
        added
    }

    /// Qualifying spend in the window at `now`, for an account opened on `opened_on`.
    pub fn metric(&self, window: Window, opened_on: Day, now: Moment, zone: Zone) -> Option<Money> {
        let today = zone.day_of(now);
        match window {
            Window::Lifetime => Some(self.lifetime),
            Window::RollingMonths(months) => {
                Money::sum(self.days.iter().filter_map(|(day, spent)| {
                    let counts = rolling_end(*day, months, zone).is_ok_and(|end| now < end);
                    counts.then_some(*spent)
                }))
            }
            Window::CalendarYear | Window::Anniversary => {
                let this = year_of(window, opened_on, today)?;
                let in_year = |wanted: i32| {
                    let of = |day: &Day| year_of(window, opened_on, *day);
                    Money::sum(
                        self.days
                            .iter()
                            .filter(|(day, _)| of(day) == Some(wanted))
                            .map(|(_, spent)| *spent),
                    )
                };
                Some(in_year(this)?.max(in_year(this.checked_sub(1)?)?))
            }
        }
    }

    /// The moments in `(after, until]` at which the metric may fall by itself, ascending.
    pub fn drops(
        &self,
        window: Window,
        opened_on: Day,
        after: Moment,
        until: Moment,
        zone: Zone,
    ) -> Vec<Moment> {
        let mut moments: Vec<Moment> = self
            .days
            .iter()
            .filter_map(|(day, _)| match window {
                Window::Lifetime => None,
                Window::RollingMonths(months) => rolling_end(*day, months, zone).ok(),
                // A year's spend counts until the year after it has ended.
                Window::CalendarYear | Window::Anniversary => {
                    let last = year_of(window, opened_on, *day)?.checked_add(2)?;
                    Some(zone.start_of(year_start(window, opened_on, last)?))
                }
            })
            .filter(|moment| after < *moment && *moment <= until)
            .collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}

impl Default for Spend {
    fn default() -> Self {
        Self::new()
    }
}

/// A rolling sale counts as long as a lot of that lifetime would live.
fn rolling_end(day: Day, months: u32, zone: Zone) -> Result<Moment, PastCalendar> {
    Lifetime::Months {
        months,
        align: Align::Day,
    }
    .end(day, zone)?
    .ok_or(PastCalendar)
}

/// Which year of the window a day lies in: the calendar's, or the n-th of membership.
fn year_of(window: Window, opened_on: Day, day: Day) -> Option<i32> {
    let months = day.month().0.checked_sub(opened_on.month().0)?;
    match window {
        Window::Lifetime | Window::RollingMonths(_) => None,
        Window::CalendarYear => Some(day.month().0.div_euclid(12)),
        Window::Anniversary => {
            let guess = months.div_euclid(12);
            // A late sale may be older than the account: it belongs to the first year.
            let guess = guess.max(0);
            let begun = year_start(window, opened_on, guess)? <= day;
            Some(if begun || guess == 0 {
                guess
            } else {
                guess.checked_sub(1)?
            })
        }
    }
}

/// The first day of such a year.
fn year_start(window: Window, opened_on: Day, year: i32) -> Option<Day> {
    match window {
        Window::Lifetime | Window::RollingMonths(_) => None,
        Window::CalendarYear => Day::from_ymd(year, 1, 1),
        Window::Anniversary => opened_on.plus_months(u32::try_from(year.checked_mul(12)?).ok()?),
    }
}
