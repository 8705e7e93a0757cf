//! So much in a span of time and no more: in memory, for doors that anybody may knock at.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use http::{Response, StatusCode};
use jifen::domain::refusal::Retry;
use parking_lot::Mutex;

use crate::http::refuse;

/// How often something may happen.
#[derive(Debug)]
pub(crate) struct Ration {
    most: usize,
    span: Duration,
    taken: Mutex<VecDeque<Instant>>,
}

impl Ration {
    /// So often within any span of this length.
    pub(crate) const fn new(most: usize, span: Duration) -> Self {
        Self {
            most,
            span,
            taken: Mutex::new(VecDeque::new()),
        }
    }

    /// Whether there is some left at `now`.
    pub(crate) fn is_left(&self, now: Instant) -> bool {
        let mut taken = self.taken.lock();
        taken.retain(|at| now.saturating_duration_since(*at) < self.span);
        taken.len() < self.most
    }

    /// Takes one at `now`. Whether there was one.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let is_left = self.is_left(now);
        if is_left {
            self.taken.lock().push_back(now);
        }
        is_left
    }
}

/// Too much at once: it was not done.
pub(crate) fn slow_down() -> Response<Vec<u8>> {
    refuse(
        StatusCode::TOO_MANY_REQUESTS,
        "slow_down",
        "请求过于频繁，请稍后再试。",
        "Too many requests: slow down.",
        Retry::Later,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ration_is_used_up_and_comes_back_with_time() {
        let ration = Ration::new(2, Duration::from_hours(1));
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let taken = [0, 10, 20, 3_599, 3_600, 3_601, 3_610].map(|seconds| ration.take(at(seconds)));
        assert_eq!(taken, [true, true, false, false, true, false, true]);
        assert!(!ration.is_left(at(3_610)));
    }
}
