//! The settings of visits: how long the pages wait for somebody (kiosk-ui §2).

use super::given::Gift;
use crate::session::Patience;

/// Every key of visits is read, whatever the others are. Fewer than 20 seconds are too few for people: whoever counts down
/// to the end of a visit gives at least 20 (WCAG 2.2, 2.2.1). The tests of the pages go lower.
pub(super) fn patience(gift: &mut Gift) -> Option<Patience> {
    let own = Patience::default();
    let mut seconds = |key, most, default: u32| gift.whole(key, 1..=most, i64::from(default));
    let idle = seconds("kiosk.idle_seconds", 120, own.idle);
    let count = seconds("kiosk.count_seconds", 60, own.count);
    let whole = seconds("kiosk.whole_seconds", 900, own.whole);
    let patience = Patience {
        idle: u32::try_from(idle?).ok()?,
        count: u32::try_from(count?).ok()?,
        whole: u32::try_from(whole?).ok()?,
    };
    if patience.whole < patience.silent() {
        let zh = "应不小于 kiosk.idle_seconds 与 kiosk.count_seconds 之和";
        let en = "it is less than `kiosk.idle_seconds` and `kiosk.count_seconds` together";
        gift.fault_at("kiosk.whole_seconds", "contradiction", zh, en);
    }
    Some(patience)
}
