//! The shop's side of the ledger: double entry, without a member. Every movement debits one programme account and
//! credits another, so all accounts of the journal sum to 0; its liability is Σ balances and its receivable Σ debt
//! at every commit (architecture §3).

use serde::{Deserialize, Serialize};

use crate::domain::ids::LotId;
use crate::domain::points::Points;
use crate::domain::time::{Moment, Month, Zone};

use super::account::{Account, LedgerError};
use super::entry::Movement;
use super::lot::Part;

/// An account of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum JournalAccount {
    /// Points outstanding that expire in a month, or never (未兑换积分负债).
    Liability(Option<Month>),
    /// Points that members owe (欠积分).
    Receivable,
    /// Points issued for purchases, and given by the programme.
    Issued,
    /// Points used.
    Redeemed,
    /// Points taken back after refunds.
    ClawedBack,
    /// Points lapsed.
    Expired,
    /// Points given or taken by staff.
    Adjusted,
    /// Points that the shop bears.
    Loss,
    /// Points lost on leaving (积分清零).
    Forfeited,
    /// What a restore found more or less in the accounts than was booked: the backup was older, or members are gone.
    Restored,
}

/// One movement of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account that is debited.
    pub debit: JournalAccount,
    /// The account that is credited.
    pub credit: JournalAccount,
    /// How many points, above 0.
    pub points: Points,
}

/// The month in which points expire: that of their last usable day.
pub fn expiry_month(expires_at: Option<Moment>, zone: Zone) -> Option<Month> {
    expires_at.map(|end| zone.day_of(end.plus_millis(-1)).month())
}

/// What the journal books for a movement, given the account after it.
pub fn postings(
    movement: &Movement,
    account: &Account,
    zone: Zone,
) -> Result<Vec<Posting>, LedgerError> {
    use JournalAccount::{Adjusted, ClawedBack, Expired, Issued, Loss, Receivable, Redeemed};

    let mut booked = Vec::new();
    let mut book = |debit, credit, points: Points| {
        if !points.is_zero() {
            booked.push(Posting {
                debit,
                credit,
                points,
            });
        }
    };
    let liability = |lot: LotId| {
        let gone = if let Movement::Unmerge(departure) = movement {
            departure.grant_of(lot)
        } else {
            None
        };
        let grant = account.lot(lot).map(|lot| lot.grant).or(gone);
        let grant = grant.ok_or(LedgerError::Unfit)?;
        Ok(JournalAccount::Liability(expiry_month(
            grant.expires_at,
            zone,
        )))
    };
    let mut from_lots = |parts: &[Part], credit| {
        parts.iter().try_for_each(|part| {
            book(liability(part.lot)?, credit, part.points);
            Ok::<(), LedgerError>(())
        })
    };

    match movement {
        Movement::Open { .. }
        | Movement::Assess(_)
        | Movement::Sanction { .. }
        | Movement::Forward(_)
        // What moves from one account to another changes nothing of what the shop owes.
        | Movement::MergeAway(_)
        | Movement::Earn { lot: None, .. } => {}
        Movement::Earn {
            lot: Some(grant), ..
        }
        | Movement::Grant { lot: grant, .. } => {
            book(Issued, liability(grant.id)?, grant.points);
        }
        Movement::Redeem { parts, .. } => from_lots(parts, Redeemed)?,
        Movement::Return { parts, .. } => {
            for returned in parts {
                let lands = returned.lands_in();
                book(Redeemed, liability(lands.lot)?, lands.points);
            }
        }
        Movement::Clawback {
            parts,
            lapsed,
            debt,
            loss,
            ..
        } => {
            from_lots(parts, ClawedBack)?;
            book(Expired, ClawedBack, *lapsed);
            book(Receivable, ClawedBack, *debt);
            book(Loss, ClawedBack, *loss);
        }
        Movement::Repay { parts } => from_lots(parts, Receivable)?,
        Movement::Adjust { credit, parts, .. } => {
            from_lots(parts, Adjusted)?;
            if let Some(grant) = credit {
                book(Adjusted, liability(grant.id)?, grant.points);
            }
        }
        Movement::Expire { lot, points } => {
            from_lots(
                &[Part {
                    lot: *lot,
                    points: *points,
                }],
                Expired,
            )?;
        }
        Movement::Merge(arrival) | Movement::MergeBack(arrival) => {
            for grant in arrival.made() {
                book(Issued, liability(grant.id)?, grant.points);
            }
        }
        Movement::Unmerge(departure) => {
            from_lots(&departure.taken, ClawedBack)?;
            for part in &departure.lapsed {
                book(Expired, ClawedBack, part.points);
            }
            book(Loss, ClawedBack, departure.loss);
            for part in &departure.given_back {
                book(Receivable, liability(part.lot)?, part.points);
            }
        }
    }
    Ok(booked)
}

/// What the journal books when a member leaves: what is left in the lots is forfeited, and what is owed is borne by the
/// shop (PTS-07). The account is settled.
pub fn forfeit(account: &Account, zone: Zone) -> Vec<Posting> {
    let lots = account.lots.iter().map(|lot| Posting {
        debit: JournalAccount::Liability(expiry_month(lot.grant.expires_at, zone)),
        credit: JournalAccount::Forfeited,
        points: lot.remaining,
    });
    let debt = Posting {
        debit: JournalAccount::Loss,
        credit: JournalAccount::Receivable,
        points: account.debt,
    };
    lots.chain([debt])
        .filter(|posting| !posting.points.is_zero())
        .collect()
}
