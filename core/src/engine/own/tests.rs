//! Canaries: a value of its own is planted in each field of one member and of another, and each is found where it belongs.

use core::ops::ControlFlow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::domain::basket::{Line, LineKind, Quantity};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::engine::adjust::Adjust;
use crate::engine::clock::{Entropy, GivenClock, SeededEntropy};
use crate::engine::closing::closing;
use crate::engine::commit::{IdempotencyKey, Sender};
use crate::engine::enrol::Application;
use crate::engine::erase::By;
use crate::engine::hold::PlaceHold;
use crate::engine::keys::Keys;
use crate::engine::looks::Look;
use crate::engine::rows::{
    Identity, IdentityNumber, MEMBERS, MemberRow, Merged, Reset, TABLES, Verified, VerifiedHow,
};
use crate::engine::sale::TakeSale;
use crate::engine::tickets::{OpenedBy, Told};
use crate::engine::{Engine, Settings};
use crate::ledger::sale::ReceiptNo;
use crate::policy::agreement::{Acceptance, AgreementKind};
use crate::policy::catalogue::{Export, Shape};
use crate::policy::ticket::TicketKind;
use crate::store::memory::MemoryStore;
use crate::store::{Store, Table};
use crate::vault::Keybox;

const NOTICE: &str = include_str!("../../../../fixtures/notices/demo.toml");
const DEMO: &str = include_str!("../../../../fixtures/programmes/demo.toml");
const PIN: &str = "204957";

/// Fields that no member of this shop has: no e-mail is asked for, codes live in memory, departments have no tokens, an
/// account of a member has no reference, the programme looks at no day, and no record was merged into theirs.
const ABSENT: [Field; 8] = [
    Field::Email,
    Field::LiveCodeSecret,
    Field::TypedCode,
    Field::SectorTokens,
    Field::Reference,
    Field::SpendDays,
    Field::DaySums,
    Field::MergedRecords,
];

struct Shop {
    engine: Engine,
    store: Arc<MemoryStore>,
}

fn noon() -> Moment {
    "2017-03-01T12:00:00+08:00".parse().unwrap()
}

fn numbered(number: u64) -> IdempotencyKey {
    let mut uuid = [0; 16];
    uuid[..6].copy_from_slice(&noon().millis().to_be_bytes()[2..]);
    uuid[8..].copy_from_slice(&number.to_be_bytes());
    uuid[6] = 0x70;
    uuid[8] = 0x80 | (uuid[8] & 0x3f);
    IdempotencyKey {
        terminal: "test".to_owned(),
        uuid,
    }
}

fn own(member: MemberId) -> Grant {
    let signed_in = member;
    decide(&Ask::OwnData { signed_in, member }).unwrap()
}

fn open() -> Shop {
    let seeds = SeededEntropy::new([9; 32]);
    let keybox = Keybox::in_memory([9; 16], Arc::new(move || seeds.seed()));
    let keys = Arc::new(Keys::new(keybox));
    let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
    let clock = Arc::new(GivenClock::at(noon()));
    let entropy = Arc::new(SeededEntropy::new([1; 32]));
    let engine = Engine::open(store.clone(), keys, clock, entropy, Settings::default()).unwrap();
    engine.activate(DEMO).unwrap();
    engine.publish(NOTICE).unwrap();
    Shop { engine, store }
}

/// The values that are planted with a member of this tag, each with its field.
fn canaries(tag: u64) -> Vec<(String, Field)> {
    let of = |field: Field, text: &str| (format!("{text}-{tag}-"), field);
    vec![
        (
            format!("欧阳金丝{}", ["甲", "乙"][usize::try_from(tag).unwrap()]),
            Field::Name,
        ),
        (format!("+861380000123{tag}"), Field::Mobile),
        of(Field::Address, "延安西路"),
        of(Field::Postcode, "200"),
        of(Field::Device, "kiosk"),
        of(Field::Recipients, "printer"),
        of(Field::VerifiedBy, "verifier"),
        of(Field::IdentityCheckedBy, "checker"),
        of(Field::IdentityMasked, "110101**"),
        of(Field::IdentityNumber, "11010119900307"),
        of(Field::LookBy, "looker"),
        of(Field::LookRole, "role"),
        of(Field::LookPurpose, "why"),
        of(Field::LookBasis, "right"),
        of(Field::LookTicket, "ticket"),
        of(Field::TicketText, "请更正"),
        of(Field::TicketReplies, "已答复"),
        of(Field::SaleStore, "store"),
        of(Field::SaleTill, "till"),
        of(Field::SaleReceipt, "slip"),
        of(Field::GoodsProduct, "product"),
        of(Field::GoodsDepartment, "department"),
        of(Field::GoodsCategory, "category"),
    ]
}

impl Shop {
    /// A member with something in every field that can have something.
    fn plant(&self, tag: u64) -> (MemberId, AccountId) {
        let canary: BTreeMap<Field, String> = canaries(tag)
            .into_iter()
            .map(|(text, field)| (field, text))
            .collect();
        let notice = self.engine.notice().unwrap();
        let kind = AgreementKind::Member;
        let application = Application {
            language: Language::Zh,
            name: &canary[&Field::Name],
            mobile: &canary[&Field::Mobile],
            pin: PIN,
            age_attested: true,
            agreement: Acceptance {
                kind,
                version: notice.agreement_version(kind),
                accepted: true,
            },
            notice_version: notice.version(),
            consents: &[("direct_mail", true)],
            device: &canary[&Field::Device],
        };
        let key = |number: u64| numbered(tag * 100 + number);
        let enrolled = self.engine.enrol(&key(1), &application).unwrap();
        let card = enrolled.card.digits();
        let account = self.engine.account_of_card(&card).unwrap();
        let member = self.engine.member_of_account(account).unwrap();
        self.engine
            .sign_in(&card, PIN, &canary[&Field::Device])
            .unwrap();
        self.engine
            .sign_in(&card, "135790", &canary[&Field::Device])
            .unwrap_err();
        let told = (&*canary[&Field::Address], &*canary[&Field::Postcode]);
        self.engine
            .set_address(member, told, "kiosk-1", &own(member))
            .unwrap();
        self.shop_with(&canary, (member, account), &key);
        let told = Told {
            kind: TicketKind::Correct,
            text: &canary[&Field::TicketText],
            language: Language::Zh,
        };
        let by = OpenedBy::Member { device: "kiosk-1" };
        let ticket = self
            .engine
            .open_ticket(member, &told, by, &own(member))
            .unwrap();
        let answer = &canary[&Field::TicketReplies];
        self.engine
            .answer_ticket(ticket.number, answer, &Actor::operator())
            .unwrap();
        self.engine.live_code(member).unwrap();
        let till = format!("till-{tag}");
        self.engine.add_terminal_of(&till, Some(7)).unwrap();
        self.engine.join_sector(member, 7, "kiosk-1").unwrap();

        let look = Look {
            at: noon(),
            who: canary[&Field::LookBy].clone(),
            role: canary[&Field::LookRole].clone(),
            fields: vec![Field::Name, Field::Mobile],
            purpose: canary[&Field::LookPurpose].clone(),
            basis: canary[&Field::LookBasis].clone(),
            ticket: Some(canary[&Field::LookTicket].clone()),
        };
        let planted = self.engine.member_work(member, move |work| {
            let mut row = work.view().member(member)?;
            row.recipients = vec![canary[&Field::Recipients].clone()];
            row.verified = Some(Verified {
                at: noon(),
                how: VerifiedHow::Staff(canary[&Field::VerifiedBy].clone()),
            });
            row.restricted_since = Some(noon());
            row.reset = Some(Reset {
                hash: [0xcc; 32],
                until: noon(),
                failed: 0,
            });
            row.merged = Merged::Of(vec![MemberId::from_bytes([0xcd; 16])]);
            row.warned_at = Some(noon());
            row.identity = Some(Identity {
                checked_by: canary[&Field::IdentityCheckedBy].clone(),
                checked_at: noon(),
                masked: Some(canary[&Field::IdentityMasked].clone()),
                number: Some(IdentityNumber(canary[&Field::IdentityNumber].clone())),
            });
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
            work.note_look(member, &look)
        });
        planted.unwrap();
        (member, account)
    }

    fn shop_with(
        &self,
        canary: &BTreeMap<Field, String>,
        (member, account): (MemberId, AccountId),
        key: &dyn Fn(u64) -> IdempotencyKey,
    ) {
        let line = Line {
            product: canary[&Field::GoodsProduct].clone(),
            department: canary[&Field::GoodsDepartment].clone(),
            category: canary[&Field::GoodsCategory].clone(),
            kind: LineKind::Goods,
            quantity: Quantity::of_units(1).unwrap(),
            // Enough for the senior tier.
            paid: Money::from_minor(900_000),
        };
        let (code, _) = self.engine.typed_code(member).unwrap();
        let sender = Sender::from(&key(5));
        let token = self
            .engine
            .identify(&sender, &code.digits())
            .unwrap()
            .token
            .text();
        let sale = TakeSale {
            account,
            receipt: ReceiptNo {
                store: canary[&Field::SaleStore].clone(),
                till: canary[&Field::SaleTill].clone(),
                number: canary[&Field::SaleReceipt].clone(),
            },
            sold_at: noon(),
            lines: vec![line.clone()],
            holds: Vec::new(),
            presented: self.engine.holder(&token).unwrap().presented,
        };
        self.engine.run(&key(2), sale).unwrap();
        let hold = PlaceHold {
            account,
            points: Points::new(100).unwrap(),
            lines: vec![line],
        };
        self.engine.run(&key(3), hold).unwrap();
        let adjust = Adjust {
            account,
            points: 7,
            reason: "goodwill".to_owned(),
            actor: "desk".to_owned(),
            approved_by: None,
        };
        self.engine.run(&key(4), adjust).unwrap();
    }

    /// How many rows each table has.
    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let tx = self.store.read().unwrap();
        let count = |table: &Table| {
            let mut rows = 0;
            tx.scan(*table, &[], None, &mut |_, _| {
                rows += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
            (table.name(), rows)
        };
        TABLES.iter().map(count).collect()
    }
}

/// Every text of a record with its field.
fn texts(record: &Record) -> Vec<(Field, String)> {
    let mut all = Vec::new();
    for (field, value) in record.fields() {
        match value {
            Value::Text(text) => all.push((field, text.to_string())),
            Value::Texts(texts) => all.extend(texts.iter().map(|text| (field, text.to_string()))),
            Value::Record(record) => all.extend(texts_of(record)),
            Value::Records(records) => all.extend(records.iter().flat_map(texts_of)),
            Value::Nothing | Value::Whole(_) | Value::Flag(_) | Value::Withheld => {}
        }
    }
    all
}

fn texts_of(record: &Record) -> Vec<(Field, String)> {
    texts(record)
}

/// DSR-01: every field that has a value is in the view, with it, and nothing of anybody else.
#[test]
fn the_view_holds_what_was_planted_in_each_field_and_nothing_of_another_member() {
    let shop = open();
    let members = [shop.plant(0), shop.plant(1)];
    for language in Language::ALL {
        for (tag, (member, _)) in (0_u64..).zip(members) {
            let view = shop
                .engine
                .own_view(member, language, &own(member))
                .unwrap();
            for field in Field::whole() {
                let is_there = view.record.value(field).is_some();
                assert_eq!(is_there, !ABSENT.contains(&field), "{field:?}");
            }
            let told = texts(&view.record);
            for (canary, field) in canaries(tag) {
                // An answer stands behind when and by whom it was given.
                let is_it = |text: &str| {
                    text == canary || field == Field::TicketReplies && text.ends_with(&canary)
                };
                let found = told.iter().any(|(of, text)| *of == field && is_it(text));
                assert!(found, "{field:?} {canary}");
            }
            for (canary, field) in canaries(1 - tag) {
                let found = told.iter().find(|(_, text)| text.contains(&canary));
                assert!(found.is_none(), "{field:?} of another member: {found:?}");
            }
        }
    }
    let (anna, bo) = (members[0].0, members[1].0);
    let others = shop.engine.own_view(anna, Language::Zh, &own(bo));
    assert_eq!(others.unwrap_err(), Refusal::TokenUnknown);
    let verified = shop.engine.verify(&mut |_, _| {}).unwrap();
    assert!(
        verified.differences.is_empty(),
        "{:#?}",
        verified.differences
    );
}

/// Every part that a record of the view has belongs to the field that it stands under, and looks as declared.
#[test]
fn every_value_of_the_view_looks_as_it_is_declared() {
    fn check(record: &Record, whole: Option<Field>) {
        for (field, value) in record.fields() {
            let declared = field.declaration();
            assert_eq!(declared.part_of, whole, "{field:?}");
            assert!(value.fits(declared.shape), "{field:?}");
            match value {
                Value::Record(record) => check(record, Some(field)),
                Value::Records(records) => {
                    for record in records {
                        check(record, Some(field));
                    }
                }
                Value::Text(text) if declared.shape == Shape::Time => {
                    text.parse::<Moment>().unwrap();
                }
                Value::Withheld => assert_ne!(declared.export, Export::Yes, "{field:?}"),
                Value::Text(_)
                | Value::Texts(_)
                | Value::Nothing
                | Value::Whole(_)
                | Value::Flag(_) => {}
            }
        }
    }
    let shop = open();
    let (member, _) = shop.plant(0);
    check(
        &shop
            .engine
            .own_view(member, Language::En, &own(member))
            .unwrap()
            .record,
        None,
    );
}

/// SEC-02.
#[test]
fn a_masked_view_shows_no_value_that_has_a_mask() {
    let shop = open();
    let (member, _) = shop.plant(0);
    let clear = shop
        .engine
        .own_view(member, Language::Zh, &own(member))
        .unwrap();
    let secret: Vec<String> = texts(&clear.record)
        .into_iter()
        .filter(|(field, text)| field.declaration().mask != Mask::Plain && !text.contains('*'))
        .map(|(_, text)| text)
        .collect();
    // Name, mobile, address, postcode, card and identity number.
    assert_eq!(secret.len(), 6, "{secret:?}");
    let masked = texts(&clear.masked().record);
    for secret in secret {
        assert!(
            masked.iter().all(|(_, text)| !text.contains(&secret)),
            "{secret}"
        );
    }
    let shown = |wanted: Field| {
        masked
            .iter()
            .find(|(field, _)| *field == wanted)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(shown(Field::Name), "欧＊＊");
    assert_eq!(shown(Field::Mobile), "138****1230");
}

/// DSR-03: what the catalogue says an erasure destroys is what it destroys.
#[test]
fn an_erasure_empties_every_table_that_the_catalogue_names_and_no_other_of_a_member() {
    let shop = open();
    let (member, account) = shop.plant(0);
    let named: BTreeSet<&str> = Field::erased().flat_map(tables_of).copied().collect();
    let before = shop.counts();
    for table in named.iter().filter(|table| **table != "days") {
        assert_ne!(before[table], 0, "nothing was planted in {table}");
    }
    let points = shop.engine.balance(account).unwrap().balance;
    let by = By::Member { device: "kiosk-1" };
    shop.engine
        .erase(&numbered(99), member, by, points)
        .unwrap();
    let after = shop.counts();
    for (table, rows) in &after {
        let is_named = named.contains(table);
        assert!(!is_named || *rows == 0, "{table} has {rows} rows left");
        assert!(
            is_named || before[table] <= *rows,
            "{table} lost rows and is not named"
        );
    }
    assert!(shop.engine.looks(member, &own(member)).is_err());
}

/// DSR-02: after a correction and a backup, the looks open under the new key alone.
#[test]
fn looks_outlive_the_key_that_a_correction_retires() {
    let shop = open();
    let (member, _) = shop.plant(0);
    let before = shop.engine.looks(member, &own(member)).unwrap();
    assert_eq!(before.len(), 1);
    let told = ("李雷", "13800009999");
    shop.engine
        .correct(&numbered(50), member, told, "kiosk-1", &own(member))
        .unwrap();
    let retired = shop.engine.retire_core().unwrap();
    assert_eq!(retired.len(), 1);
    shop.engine.drop_retired(&retired).unwrap();
    assert_eq!(shop.engine.looks(member, &own(member)).unwrap(), before);
    let verified = shop.engine.verify(&mut |_, _| {}).unwrap();
    assert!(
        verified.differences.is_empty(),
        "{:#?}",
        verified.differences
    );
}

/// DSR-06, privacy §7.
#[test]
fn a_copy_leaves_a_line_in_the_audit_that_names_its_form_and_no_value() {
    let shop = open();
    let (member, _) = shop.plant(0);
    let before = shop.engine.audit_size().unwrap();
    let how = ("csv", "link");
    shop.engine
        .take_copy(member, Language::En, how, &own(member))
        .unwrap();
    let lines = shop.engine.audit_lines(before, 9).unwrap();
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains(r#""act":"copy_taken","data":{"form":"csv"}"#),
        "{}",
        lines[0]
    );
    for (canary, _) in canaries(0) {
        assert!(!lines[0].contains(&canary), "{canary}");
    }
}
