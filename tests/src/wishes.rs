//! The commands that many tests send, all at one noon.

use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::time::Moment;
use jifen::engine::adjust::Adjust;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::hold::Redeem;
use jifen::engine::sale::TakeSale;
use jifen::engine::tokens::Presented;
use jifen::ledger::sale::ReceiptNo;

use crate::bench::{account, key};
use crate::story::line;

/// Noon in Shanghai on 1 March 2017.
pub fn noon() -> Moment {
    "2017-03-01T12:00:00+08:00".parse().expect("a time")
}

/// A key of that noon.
pub fn numbered(number: u64) -> IdempotencyKey {
    key(noon(), number)
}

/// A slip of the first till of the first store.
pub fn receipt(number: &str) -> ReceiptNo {
    ReceiptNo {
        store: "1".to_owned(),
        till: "1".to_owned(),
        number: number.to_owned(),
    }
}

/// A sale of one line to a member.
pub fn sale(who: &str, number: &str, item: &str) -> TakeSale {
    TakeSale {
        account: account(who),
        receipt: receipt(number),
        sold_at: noon(),
        lines: vec![line(item)],
        holds: Vec::new(),
        presented: Presented::default(),
    }
}

/// Points used at once, for a basket that is large enough.
pub fn redeem(who: &str, number: &str, points: i64) -> Redeem {
    Redeem {
        account: account(who),
        receipt: receipt(number),
        points: Points::new(points).expect("points"),
        payable: Money::from_minor(100_000),
    }
}

/// Points from staff.
pub fn grant(who: &str, points: i64) -> Adjust {
    Adjust {
        account: account(who),
        points,
        reason: "goodwill".to_owned(),
        actor: "staff-1".to_owned(),
        approved_by: None,
    }
}
