//! `fixtures/rows/v1` keeps the bytes of a row of each kind as the first release wrote them. They must read for ever, and
//! be written the same. Other bytes mean a new variant (`V2`), and a folder of its own.
//!
//! A row that is new gets its file by `JIFEN_WRITE_ROWS=1 cargo test -p jifen rows`; a file that is there is written again
//! only by that, and a changed file in a commit is a shop whose store no longer opens.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::domain::basket::{Line, LineKind, Quantity};
use crate::domain::earn::{Cap, Trace};
use crate::domain::ids::{HoldId, ProgrammeHash};
use crate::domain::money::Multiplier;
use crate::domain::refusal::Refusal;
use crate::engine::found::FoundRow;
use crate::engine::receipt::{
    Adjusted, Captured, Held, Identified, Joined, Opened, PointsReturned, Receipt, Refunded,
    Sanctioned, Sold, Voided,
};
use crate::ledger::entry::{GrantSource, Movement, Redemption, Returned, TierChange, TierOutcome};
use crate::ledger::hold::HoldState;
use crate::ledger::lot::Part;
use crate::ledger::sale::{RuleCount, SaleLine};
use crate::policy::agreement::AgreementKind;
use crate::policy::consent::{Channel, Decision};
use crate::policy::purpose::Purpose;
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
    if std::env::var_os("JIFEN_WRITE_ROWS").is_some() {
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
            include_bytes!(concat!("../../../../fixtures/rows/v1/", $name, ".postcard")),
            &$row,
        )
    };
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
            postings: accounts()
                .windows(2)
                .map(|pair| Posting {
                    debit: pair[0],
                    credit: pair[1],
                    points: points(300),
                })
                .collect(),
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
    kept!(seen, "words", words());

    let files: Names = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(&files, seen, "a file that nobody reads proves nothing");
}

#[expect(clippy::too_many_lines, reason = "one table of entries")]
fn entries(seen: &mut Names) {
    macro_rules! entry {
        ($name:literal, $movement:expr) => {{
            let movement = $movement;
            assert_eq!($name, name_of(&movement));
            check(
                seen,
                $name,
                include_bytes!(concat!("../../../../fixtures/rows/v1/", $name, ".postcard")),
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
    }
}

#[expect(clippy::too_many_lines, reason = "one table of answers")]
fn receipts(seen: &mut Names) {
    macro_rules! receipt {
        ($name:literal, $receipt:expr) => {{
            let receipt = $receipt;
            assert_eq!($name, name_of_receipt(&receipt));
            check(
                seen,
                $name,
                include_bytes!(concat!("../../../../fixtures/rows/v1/", $name, ".postcard")),
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
        include_bytes!("../../../../fixtures/rows/v1/refusals.postcard"),
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
    }
}

/// Rows about people, tills and what both were shown.
fn people(seen: &mut Names) {
    kept!(seen, "member", member());
    kept!(
        seen,
        "sign-in",
        SignInRow::V1 {
            failed: 7,
            wait_until: moment(1),
            day: 17_226,
            of_day: 9,
        }
    );
    kept!(
        seen,
        "notice",
        NoticeRow::V1 {
            number: 2,
            text: "schema = 1\nversion = \"2026.2\"\n".to_owned(),
        }
    );
    kept!(
        seen,
        "terminal",
        TerminalRow::V1 {
            generation: 300,
            added_at: moment(1),
            revoked_at: Some(moment(2)),
        }
    );
    kept!(
        seen,
        "window",
        WindowRow::V1 {
            highest: 1_488_340_800_000,
            seen: u64::MAX - 6,
        }
    );
    kept!(
        seen,
        "token",
        TokenRow::V1 {
            role: Role::All,
            sale: Some(SaleId::new(7, [1; 8])),
        }
    );
    kept!(
        seen,
        "found",
        FoundRow::V1 {
            day: 17_226,
            owner: vec![0x0e; 57],
            body: vec![0xb0; 300],
        }
    );
}

fn member() -> MemberRow {
    let consent = |purpose, decision, channel| ConsentEvent {
        purpose,
        decision,
        notice_version: "2026.1".to_owned(),
        text_hash: [0x7e; 32],
        language: Language::En,
        channel,
        device: "kiosk".to_owned(),
        at: moment(1),
    };
    let profile = Profile::parse("Li Lei", "+86 138 1234 5678").unwrap();
    let verifier = Verifier::decoy();
    MemberRow::V1(MemberV1 {
        profile: ProfileRow::of(&profile),
        verifier: VerifierRow::of(&verifier),
        card: CardDigits("990000000000000000".to_owned()),
        agreement: AgreementAccepted {
            kind: AgreementKind::PointsCard,
            version: "2026.1".to_owned(),
            text_hash: [0x7a; 32],
            language: Language::Zh,
            at: moment(1),
        },
        age_attested: true,
        consents: vec![
            consent(Purpose::Marketing, Decision::Given, Channel::Tick),
            consent(Purpose::DirectMail, Decision::Refused, Channel::Popup),
            consent(Purpose::Analysis, Decision::Withdrawn, Channel::Paper),
        ],
        language: Language::Zh,
        device: "kiosk".to_owned(),
        enrolled_at: moment(1),
        possible_duplicate: true,
        first_signed_in: Some(moment(2)),
    })
}

/// A stored refusal is the number of its place, so a new one comes last, whatever it is checked after.
fn every_refusal(seen: &mut Names, kept: &[u8]) {
    let all = refusals();
    let spelt = all
        .iter()
        .flat_map(|refusal| postcard::to_stdvec(refusal).unwrap());
    let written: Vec<u8> = spelt.collect();
    assert!(seen.insert("refusals.postcard".to_owned()));
    if std::env::var_os("JIFEN_WRITE_ROWS").is_some() {
        std::fs::write(folder().join("refusals.postcard"), written).unwrap();
        return;
    }
    assert!(written.starts_with(kept), "a refusal has lost its place");
    let (mut rest, mut expected) = (kept, all.iter());
    while !rest.is_empty() {
        let (refusal, after) = postcard::take_from_bytes::<Refusal>(rest).unwrap();
        assert_eq!(Some(&refusal), expected.next());
        rest = after;
    }
}

/// Every "no", in its place.
fn refusals() -> Vec<Refusal> {
    let (line, days, step) = (2, 400, 100);
    let (least, most, held) = (points(100), points(300), points(80));
    let (left, available) = (points(7), points(20));
    let state = AccountState::Pending;
    let all = vec![
        Refusal::BasketEmpty,
        Refusal::TooManyLines,
        Refusal::BadLabel { line },
        Refusal::NegativeAmount { line },
        Refusal::AmountTooLarge,
        Refusal::BadReceipt,
        Refusal::BadKey,
        Refusal::BadTime,
        Refusal::BadReason,
        Refusal::NothingToRefund,
        Refusal::KeyReused,
        Refusal::TokenUnknown,
        Refusal::AccountExists,
        Refusal::SaleUnknown,
        Refusal::HoldUnknown,
        Refusal::LineUnknown { line },
        Refusal::OperationUnknown,
        Refusal::NotReversible,
        Refusal::StateForbids { state },
        Refusal::BeforeProgramme,
        Refusal::TooOld { days },
        Refusal::InFuture,
        Refusal::NotOffered,
        Refusal::BelowMinimum { least },
        Refusal::NotAMultiple { step },
        Refusal::WorthNothing,
        Refusal::AboveShare { most },
        Refusal::NotEnough { available },
        Refusal::TooManyHolds,
        Refusal::HoldLapsed,
        Refusal::HoldCaptured,
        Refusal::HoldVoided,
        Refusal::ExceedsHold { held },
        Refusal::HoldUsed,
        Refusal::HoldTooLarge { most },
        Refusal::RefundTooMuch { line },
        Refusal::AmountOnly { line },
        Refusal::QuantityOnly { line },
        Refusal::ReturnTooMuch { left },
        Refusal::NotSameDay,
        Refusal::AlreadyReversed,
        Refusal::SecondPersonNeeded,
        Refusal::NothingToAdjust,
        Refusal::Busy,
        Refusal::Unknown,
        Refusal::StoreDamaged,
        Refusal::StoreFull,
        Refusal::StoreInUse,
        Refusal::StoreFailed,
        Refusal::ClockUntrusted,
        Refusal::SequenceStale,
        Refusal::CodeNeeded,
        Refusal::OtherInstall,
        Refusal::KeysFailed,
        Refusal::BadName,
        Refusal::BadMobile,
        Refusal::PinShape,
        Refusal::PinCommon,
        Refusal::AgreementNeeded,
        Refusal::AgeNeeded,
        Refusal::NoticeOutdated,
        Refusal::BadConsent,
        Refusal::SignInFailed,
        Refusal::SignInLocked { seconds: 300 },
        Refusal::BadTerminal,
        Refusal::TerminalExists,
        Refusal::TerminalUnknown,
        Refusal::BadRequest,
        Refusal::SignInNeeded,
        Refusal::NoNotice,
        Refusal::ErasureUnconfirmed { points: left },
        Refusal::BadAddress,
        Refusal::ConsentNeeded,
        Refusal::KeysTooOld,
    ];
    let codes: Vec<&str> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes, Refusal::CODES);
    all
}

/// Enums whose places are written inside the rows above.
type Words = (
    Vec<AccountState>,
    Vec<Tier>,
    Vec<TierOutcome>,
    Vec<Cap>,
    Vec<LineKind>,
    Vec<JournalAccount>,
    Vec<Redemption>,
);

fn words() -> Words {
    use AccountState::{Active, Pending, Restricted, Suspended, Warned};
    use LineKind::{Deposit, Fee, GiftCard, Goods, Tip, TopUp};

    (
        vec![Pending, Active, Warned, Restricted, Suspended],
        vec![Tier::Ordinary, Tier::Senior],
        vec![
            TierOutcome::Upgrade,
            TierOutcome::Downgrade,
            TierOutcome::Review,
        ],
        vec![Cap::Sale, Cap::Day],
        vec![Goods, TopUp, GiftCard, Deposit, Tip, Fee],
        accounts(),
        vec![
            Redemption::Sale(SaleId::new(7, [1; 8])),
            Redemption::Hold(HoldId::new(8, [2; 8])),
        ],
    )
}

fn accounts() -> Vec<JournalAccount> {
    vec![
        JournalAccount::Liability(Some(day().month())),
        JournalAccount::Liability(None),
        JournalAccount::Receivable,
        JournalAccount::Issued,
        JournalAccount::Redeemed,
        JournalAccount::ClawedBack,
        JournalAccount::Expired,
        JournalAccount::Adjusted,
        JournalAccount::Loss,
        JournalAccount::Forfeited,
        JournalAccount::Restored,
    ]
}

fn points(count: i64) -> Points {
    Points::new(count).unwrap()
}

/// Some days after 2017-03-01T04:00:00Z.
fn moment(days: u32) -> Moment {
    Moment::from_millis(1_488_340_800_000).plus_days(days)
}

fn day() -> Day {
    Day::from_ymd(2017, 3, 1).unwrap()
}

fn multiplier() -> Multiplier {
    Multiplier::from_decimal(Decimal::new(1_333, 3)).unwrap()
}

fn exact() -> Exact {
    Exact::of(Money::from_minor(199))
        .unwrap()
        .times(multiplier())
        .unwrap()
}

fn account_id() -> AccountId {
    AccountId::from_bytes([0xa5; 16])
}

fn receipt_no() -> ReceiptNo {
    ReceiptNo {
        store: "1".to_owned(),
        till: "till-2".to_owned(),
        number: "20170301-0001".to_owned(),
    }
}

fn carry() -> CarryId {
    CarryId::from_bytes([9, 8, 7, 6, 5, 4, 3, 2])
}

fn parts() -> Vec<Part> {
    vec![
        Part {
            lot: LotId::new(4, [3; 8]),
            points: points(127),
        },
        Part {
            lot: LotId::new(5, [4; 8]),
            points: points(128),
        },
    ]
}

fn grant(expires_at: Option<Moment>) -> LotGrant {
    LotGrant {
        id: LotId::new(4, [3; 8]),
        points: points(210),
        earned_at: moment(0),
        available_at: moment(2),
        expires_at,
    }
}

fn lot(expires_at: Option<Moment>) -> Lot {
    Lot {
        grant: grant(expires_at),
        remaining: points(150),
        held: points(20),
        lapsed: points(10),
    }
}

fn trace(capped: Option<Cap>) -> Trace {
    Trace {
        rule: "base".to_owned(),
        carry: carry(),
        base: Money::from_minor(14_000),
        multiplier: multiplier(),
        counted: exact(),
        counted_before: Exact::ZERO,
        delta: Exact::ZERO.checked_sub(exact()).unwrap(),
        carry_before: exact(),
        carry_after: Exact::ZERO,
        points: 210,
        capped,
    }
}

fn captured() -> HoldState {
    HoldState::Captured {
        points: points(50),
        worth: Money::from_minor(50),
        at: moment(1),
        sale: Some(SaleId::new(7, [1; 8])),
        returned: points(5),
    }
}

fn hold(state: HoldState) -> HoldRow {
    HoldRow::V1(Hold {
        id: HoldId::new(8, [2; 8]),
        account: account_id(),
        points: points(255),
        until: moment(1).plus_minutes(15),
        pins: parts(),
        payable: Money::from_minor(19_000),
        state,
    })
}

fn entry(movement: Movement) -> EntryRow {
    EntryRow::V1(Entry {
        id: EntryId::new(11, [6; 8]),
        previous: Some(EntryId::new(10, [5; 8])),
        at: moment(1),
        programme: ProgrammeHash::from_bytes([0x5a; 32]),
        movement,
        balance: points(210),
        debt: points(4),
    })
}

fn receipt_row(outcome: Outcome) -> ReceiptRow {
    ReceiptRow::V1 {
        body: [0xbd; 32],
        outcome,
        at: moment(1),
        previous: Some([0xa1; 24]),
        business: Some((Kind::Refund, receipt_no())),
        token: Some(TokenKey {
            seconds: [0x65, 0, 0, 1],
            hash: [0x7e; 32],
        }),
    }
}

fn sale() -> Sale {
    let line = |kind, quantity, paid, share, used| SaleLine {
        line: Line {
            product: "P-1".to_owned(),
            department: "饮料".to_owned(),
            category: "茶".to_owned(),
            kind,
            quantity: Quantity::of_thousandths(quantity).unwrap(),
            paid: Money::from_minor(paid),
        },
        points_share: Money::from_minor(share),
        points: points(used),
        refunded_quantity: Quantity::of_thousandths(quantity / 2).unwrap(),
        refunded_amount: Money::from_minor(paid / 3),
        all_back: paid == 0,
    };
    Sale {
        id: SaleId::new(7, [1; 8]),
        account: account_id(),
        previous: Some(SaleId::new(6, [7; 8])),
        receipt: receipt_no(),
        sold_at: moment(1),
        programme: ProgrammeHash::from_bytes([0x5a; 32]),
        tier: Tier::Senior,
        multiplier: multiplier(),
        lines: vec![
            line(LineKind::Goods, 1_500, 11_400, 3_000, 3_000),
            line(LineKind::Deposit, 0, 25, 0, 0),
            line(LineKind::Fee, 1_000, 0, 0, 0),
        ],
        rules: vec![RuleCount {
            carry: carry(),
            counted: exact(),
        }],
        used: parts(),
        returned: points(127),
        given_back: vec![parts()[1]],
        earned: points(210),
        voided: true,
    }
}

fn record() -> AccountRecord {
    let mut account = Account::new(day());
    account.state = AccountState::Warned;
    account.lots = vec![lot(Some(moment(9)))];
    account.holds = vec![OpenHold {
        id: HoldId::new(8, [2; 8]),
        until: moment(1).plus_minutes(15),
        pins: vec![Part {
            lot: LotId::new(4, [3; 8]),
            points: points(20),
        }],
    }];
    account.debt = points(4);
    account.carries = vec![(carry(), exact())];
    account.spend = Spend {
        lifetime: Money::from_minor(500_000),
        days: vec![(day(), Money::from_minor(500_000))],
        by_day: true,
    };
    account.tiers = vec![(moment(1), Tier::Senior), (moment(2), Tier::Ordinary)];
    account.tier_flagged = true;
    account.totals = Totals {
        sales: 1,
        earned: points(2),
        redeemed: points(3),
        returned: points(4),
        clawed_back: points(5),
        expired: points(6),
        repaid: points(7),
        adjusted_up: points(8),
        adjusted_down: points(9),
        lost: points(10),
        granted: points(11),
    };
    account.entries = 300;
    account.last_entry = Some(EntryId::new(11, [6; 8]));
    account.last_sale = Some(SaleId::new(7, [1; 8]));
    AccountRecord {
        head: Head {
            reference: "household-1".to_owned(),
            last_receipt: Some([0xa2; 24]),
        },
        account,
    }
}
