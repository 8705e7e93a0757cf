//! The ledger of one account, as values: lots, entries, holds, sales, refunds, tiers and the double-entry journal.
//! Pure: time, ids and programmes come in as arguments, and nothing is loaded or saved here.
//!
//! Reading order: a [`lot::Lot`] is what may be spent, an [`entry::Movement`] is what happens to lots, an
//! [`account::Account`] is where they are added up, and a [`desk::Desk`] is one command's work on one account.

pub mod lot;
pub mod entry;
pub mod spend;
pub mod account;
pub mod journal;
pub mod desk;
pub mod hold;
pub mod sale;
pub mod earn;
pub mod refund;
pub mod tier;
pub mod merge;
pub mod replay;
pub mod forward;
