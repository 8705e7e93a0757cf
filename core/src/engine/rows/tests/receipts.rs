//! The bytes of answers.

use super::samples::*;
use super::*;

#[expect(clippy::too_many_lines, reason = "one table of answers")]
pub(super) fn receipts(seen: &mut Names) {
    macro_rules! receipt {
        ($name:literal, $receipt:expr) => {{
            let receipt = $receipt;
            assert_eq!($name, name_of_receipt(&receipt));
            check(
                seen,
                $name,
                include_bytes!(concat!(
                    "../../../../../fixtures/rows/v1/",
                    $name,
                    ".postcard"
                )),
                &receipt_row(Outcome::Done(receipt)),
            );
        }};
    }
    receipt!("receipt-opened", Receipt::Opened(Opened { at: moment(1) }));
    receipt!(
        "receipt-held",
        Receipt::Held(Held {
            hold: HoldId::new(8, [2; 8]),
            points: points(500),
            worth: Money::from_minor(500),
            until: moment(6),
            available: points(20),
        })
    );
    receipt!(
        "receipt-captured",
        Receipt::Captured(Captured {
            hold: HoldId::new(8, [2; 8]),
            points: points(500),
            worth: Money::from_minor(500),
            balance: points(20),
        })
    );
    receipt!(
        "receipt-voided",
        Receipt::Voided(Voided {
            hold: HoldId::new(8, [2; 8]),
            available: points(520),
        })
    );
    receipt!(
        "receipt-sold",
        Receipt::Sold(Sold {
            sale: SaleId::new(7, [1; 8]),
            money: Money::from_minor(14_000),
            used: points(5_000),
            worth: Money::from_minor(5_000),
            earned: points(210),
            traces: vec![trace(Some(Cap::Sale))],
            expires_at: Some(moment(9)),
            tier: Tier::Ordinary,
            tier_after: Tier::Senior,
            balance: points(210),
            debt: points(0),
        })
    );
    receipt!(
        "receipt-refunded",
        Receipt::Refunded(Refunded {
            sale: SaleId::new(7, [1; 8]),
            void: true,
            money: Money::from_minor(5_600),
            points_back: points(2_000),
            clawback: points(84),
            debt_added: points(4),
            loss: points(1),
            traces: vec![Trace {
                points: -84,
                ..trace(None)
            }],
            tier_after: Tier::Senior,
            balance: points(126),
            debt: points(4),
        })
    );
    receipt!(
        "receipt-points-returned",
        Receipt::PointsReturned(PointsReturned {
            hold: HoldId::new(8, [2; 8]),
            points: points(33),
            balance: points(53),
        })
    );
    receipt!(
        "receipt-adjusted",
        Receipt::Adjusted(Adjusted {
            points: -60,
            balance: points(40),
            debt: points(0),
        })
    );
    receipt!(
        "receipt-sanctioned",
        Receipt::Sanctioned(Sanctioned {
            state: AccountState::Suspended,
        })
    );
    receipt!(
        "receipt-identified",
        Receipt::Identified(Identified {
            token: "jst_ZQAAAQEBAQEBAQEBAQEBAQ".to_owned(),
        })
    );
    receipt!(
        "receipt-joined",
        Receipt::Joined(Joined {
            card: "990000000000000000".to_owned(),
            state: AccountState::Active,
        })
    );
    receipt!(
        "receipt-corrected",
        Receipt::Corrected(Corrected { at: moment(1) })
    );
    receipt!(
        "receipt-card-reissued",
        Receipt::CardReissued(CardReissued {
            card: "990000000000000001".to_owned(),
        })
    );
    receipt!(
        "receipt-merged",
        Receipt::Merged(super::super::super::receipt::Merged {
            at: moment(1),
            moved: points(40),
            made: points(1),
            debt_moved: points(3),
            balance: points(60),
            debt: points(0),
            tier_after: Tier::Senior,
            undo_until: moment(31),
        })
    );
    receipt!(
        "receipt-unmerged",
        Receipt::Unmerged(super::super::super::receipt::Unmerged {
            at: moment(2),
            taken: points(1),
            loss: points(1),
            balance: points(20),
            debt: points(3),
            other_balance: points(40),
            other_debt: points(0),
        })
    );
    let refused = Refusal::NotEnough {
        available: points(20),
    };
    kept!(
        seen,
        "receipt-refused",
        receipt_row(Outcome::Refused(refused))
    );
    every_refusal(
        seen,
        include_bytes!("../../../../../fixtures/rows/v1/refusals.postcard"),
    );
}

fn name_of_receipt(receipt: &Receipt) -> &'static str {
    match receipt {
        Receipt::Opened(_) => "receipt-opened",
        Receipt::Held(_) => "receipt-held",
        Receipt::Captured(_) => "receipt-captured",
        Receipt::Voided(_) => "receipt-voided",
        Receipt::Sold(_) => "receipt-sold",
        Receipt::Refunded(_) => "receipt-refunded",
        Receipt::PointsReturned(_) => "receipt-points-returned",
        Receipt::Adjusted(_) => "receipt-adjusted",
        Receipt::Sanctioned(_) => "receipt-sanctioned",
        Receipt::Identified(_) => "receipt-identified",
        Receipt::Joined(_) => "receipt-joined",
        Receipt::Corrected(_) => "receipt-corrected",
        Receipt::CardReissued(_) => "receipt-card-reissued",
        Receipt::Merged(_) => "receipt-merged",
        Receipt::Unmerged(_) => "receipt-unmerged",
    }
}
