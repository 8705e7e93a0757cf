//! The bytes of entries.

use super::samples::*;
use super::*;
use crate::ledger::forward::{Forward, ForwardLot};

#[expect(clippy::too_many_lines, reason = "one table of entries")]
pub(super) fn entries(seen: &mut Names) {
    macro_rules! entry {
        ($name:literal, $movement:expr) => {{
            let movement = $movement;
            assert_eq!($name, name_of(&movement));
            check(
                seen,
                $name,
                include_bytes!(concat!(
                    "../../../../../fixtures/rows/v1/",
                    $name,
                    ".postcard"
                )),
                &entry(movement),
            );
        }};
    }
    entry!("entry-open", Movement::Open { on: day() });
    entry!(
        "entry-earn",
        Movement::Earn {
            sale: SaleId::new(7, [1; 8]),
            lot: Some(grant(None)),
            traces: vec![trace(None), trace(Some(Cap::Sale)), trace(Some(Cap::Day))],
            spend: Money::from_minor(19_999),
            sold_on: day(),
        }
    );
    entry!(
        "entry-redeem",
        Movement::Redeem {
            hold: HoldId::new(8, [2; 8]),
            parts: parts(),
        }
    );
    entry!(
        "entry-return",
        Movement::Return {
            of: Redemption::Sale(SaleId::new(7, [1; 8])),
            parts: vec![
                Returned {
                    part: parts()[0],
                    into: None,
                },
                Returned {
                    part: parts()[1],
                    into: Some(grant(Some(moment(9)))),
                },
            ],
        }
    );
    entry!(
        "entry-clawback",
        Movement::Clawback {
            sale: SaleId::new(7, [1; 8]),
            traces: vec![Trace {
                points: -84,
                ..trace(None)
            }],
            parts: parts(),
            lapsed: points(3),
            debt: points(300),
            loss: points(1),
            spend: Money::from_minor(5_600),
            sold_on: day(),
        }
    );
    entry!("entry-repay", Movement::Repay { parts: parts() });
    entry!(
        "entry-adjust",
        Movement::Adjust {
            reason: "goodwill".to_owned(),
            actor: "staff-1".to_owned(),
            approved_by: Some("staff-2".to_owned()),
            credit: Some(grant(Some(moment(9)))),
            parts: parts(),
        }
    );
    entry!(
        "entry-expire",
        Movement::Expire {
            lot: LotId::new(4, [3; 8]),
            points: points(129),
        }
    );
    entry!(
        "entry-assess",
        Movement::Assess(TierChange {
            outcome: TierOutcome::Review,
            metric: Money::from_minor(499_999),
            senior_from: Money::from_minor(500_000),
            effective_at: moment(5),
            sale: Some(SaleId::new(7, [1; 8])),
        })
    );
    entry!(
        "entry-sanction",
        Movement::Sanction {
            state: AccountState::Restricted,
            reason: "untrue data".to_owned(),
            actor: "staff-1".to_owned(),
        }
    );
    entry!(
        "entry-grant",
        Movement::Grant {
            source: GrantSource::SignUp,
            lot: grant(Some(moment(9))),
        }
    );
    entry!("entry-forward", Movement::Forward(Box::new(forward())));
    entry!("entry-merge", Movement::Merge(Box::new(arrival())));
    entry!(
        "entry-merge-away",
        Movement::MergeAway(Box::new(departure()))
    );
    entry!("entry-unmerge", Movement::Unmerge(Box::new(departure())));
    entry!("entry-merge-back", Movement::MergeBack(Box::new(arrival())));
}

/// An account with something of everything, carried forward.
fn forward() -> Forward {
    let account = record().account;
    Forward {
        opened_on: account.opened_on,
        state: account.state,
        lots: vec![ForwardLot {
            grant: grant(None),
            remaining: points(128),
            lapsed: points(7),
        }],
        debt: account.debt,
        carries: account.carries,
        lifetime: account.spend.lifetime,
        days: vec![(day(), Money::from_minor(-129))],
        tiers: account.tiers,
        tier_flagged: true,
        totals: account.totals,
        entries: 300,
        last_sale: Some(SaleId::new(7, [1; 8])),
        last_purchase: Some(day()),
    }
}

/// The file of a movement: a new variant does not compile until it has a name here, and needs a file.
fn name_of(movement: &Movement) -> &'static str {
    match movement {
        Movement::Open { .. } => "entry-open",
        Movement::Earn { .. } => "entry-earn",
        Movement::Redeem { .. } => "entry-redeem",
        Movement::Return { .. } => "entry-return",
        Movement::Clawback { .. } => "entry-clawback",
        Movement::Repay { .. } => "entry-repay",
        Movement::Adjust { .. } => "entry-adjust",
        Movement::Expire { .. } => "entry-expire",
        Movement::Assess(_) => "entry-assess",
        Movement::Sanction { .. } => "entry-sanction",
        Movement::Grant { .. } => "entry-grant",
        Movement::Forward(_) => "entry-forward",
        Movement::Merge(_) => "entry-merge",
        Movement::MergeAway(_) => "entry-merge-away",
        Movement::Unmerge(_) => "entry-unmerge",
        Movement::MergeBack(_) => "entry-merge-back",
    }
}
