//! `fixtures/rows/v1` keeps the bytes of a row of each kind as the first release wrote them. They must read for ever, and
//! be written the same. Other bytes mean a new variant (`V2`), and a folder of its own.
//!
//! A row that is new gets its file by making an empty one and `JIFEN_WRITE_ROWS=1 cargo test -p jifen rows`. Refusals and
//! words may grow at their ends, by the same command; no other file that is there is ever written again, and a changed one
//! in a commit is a shop whose store no longer opens.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::domain::basket::{Line, LineKind, Quantity};
use crate::domain::earn::{Cap, Trace};
use crate::domain::ids::EntryId;
use crate::domain::ids::{HoldId, ProgrammeHash};
use crate::domain::money::Money;
use crate::domain::money::Multiplier;
use crate::domain::programme::Tier;
use crate::domain::refusal::AccountState;
use crate::domain::refusal::Refusal;
use crate::engine::found::FoundRow;
use crate::engine::receipt::{
    Adjusted, Captured, CardReissued, Corrected, Held, Identified, Joined, Opened, PointsReturned,
    Receipt, Refunded, Sanctioned, Sold, Voided,
};
use crate::ledger::account::{Account, OpenHold, Totals};
use crate::ledger::entry::{GrantSource, Movement, Redemption, Returned, TierChange, TierOutcome};
use crate::ledger::hold::HoldState;
use crate::ledger::lot::Part;
use crate::ledger::merge::{Arrival, CarryMoved, Departure, MovedLot};
use crate::ledger::sale::{RuleCount, SaleLine};
use crate::ledger::spend::Spend;
use crate::policy::agreement::AgreementKind;
use crate::policy::consent::{Channel, Decision};
use crate::policy::purpose::Purpose;
use crate::vault::address::Address;
use crate::vault::pin::Verifier;
use crate::vault::profile::Profile;

/// Which files were looked at.
type Names = BTreeSet<String>;

fn check<R: Serialize + DeserializeOwned + Debug>(
    seen: &mut Names,
    name: &str,
    kept: &[u8],
    row: &R,
) {
    assert!(seen.insert(format!("{name}.postcard")), "{name} twice");
    let written = postcard::to_stdvec(row).unwrap();
    // Only a file that is new is written: what is kept stays as it is.
    if kept.is_empty() && writes() {
        std::fs::write(folder().join(format!("{name}.postcard")), written).unwrap();
        return;
    }
    let read: R = postcard::from_bytes(kept).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(format!("{read:?}"), format!("{row:?}"), "{name} reads");
    assert_eq!(written, kept, "{name} is written");
    assert_eq!(
        postcard::to_stdvec(&read).unwrap(),
        kept,
        "{name} is written again"
    );
}

macro_rules! kept {
    ($seen:ident, $name:literal, $row:expr) => {
        check(
            $seen,
            $name,
            include_bytes!(concat!(
                "../../../../../fixtures/rows/v1/",
                $name,
                ".postcard"
            )),
            &$row,
        )
    };
}

mod audit;
mod codes;
mod entries;
#[cfg(feature = "redb")]
mod migration;
mod people;
mod receipts;
mod refusals;
mod retention;
mod samples;
mod tickets;
mod staff;
mod words;

use audit::{audit, erasures, logins};
use codes::codes;
use entries::entries;
use people::{merged, people};
use receipts::receipts;
use refusals::every_refusal;
use retention::retention;
use samples::*;
use staff::staff;
use tickets::tickets;
use words::{accounts, every_word};

/// Whether files of new rows are to be written.
fn writes() -> bool {
    std::env::var_os("JIFEN_WRITE_ROWS").is_some()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rows/v1")
}

#[test]
fn rows_of_the_first_release_read_and_are_written_the_same() {
    let seen = &mut Names::new();
    kept!(seen, "account", AccountRow::from(&record()));
    kept!(seen, "lot", LotRow::V1(LotV1::from(&lot(Some(moment(9))))));
    kept!(
        seen,
        "lot-that-never-expires",
        LotRow::V1(LotV1::from(&lot(None)))
    );
    kept!(seen, "sale", SaleRow::V1(sale()));
    kept!(seen, "day", DayRow::V1(exact()));
    kept!(
        seen,
        "business",
        BusinessRow::V1 {
            receipt: core::array::from_fn(|place| u8::try_from(place).unwrap()),
        }
    );
    kept!(seen, "total", TotalRow::V1(-12_345));
    kept!(
        seen,
        "programme",
        ProgrammeRow::V1("schema = 1\nid = \"演示\"\n".to_owned())
    );
    kept!(seen, "clock", ClockRow::V1(moment(3)));
    kept!(
        seen,
        "journal",
        JournalRow::V1 {
            day: day(),
            receipt: Some(receipt_no()),
            postings: postings(&accounts()[..9]),
        }
    );
    kept!(
        seen,
        "journal-of-later-accounts",
        JournalRow::V1 {
            day: day(),
            receipt: None,
            postings: postings(&accounts()[8..]),
        }
    );
    kept!(
        seen,
        "journal-without-receipt",
        JournalRow::V1 {
            day: day(),
            receipt: None,
            postings: Vec::new(),
        }
    );
    kept!(seen, "hold-open", hold(HoldState::Open));
    kept!(seen, "hold-captured", hold(captured()));
    kept!(seen, "hold-voided", hold(HoldState::Voided));
    kept!(seen, "hold-lapsed", hold(HoldState::Lapsed));
    entries(seen);
    receipts(seen);
    people(seen);
    merged(seen);
    codes(seen);
    audit(seen);
    erasures(seen);
    logins(seen);
    tickets(seen);
    retention(seen);
    staff(seen);
    every_word(
        seen,
        include_bytes!("../../../../../fixtures/rows/v1/words.postcard"),
    );

    let files: Names = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(&files, seen, "a file that nobody reads proves nothing");
}
