//! Six years of a shop by a simulated clock: each kind of record leaves on its day and not a day before, and nothing else
//! leaves (RET-01 to RET-06, AUD-01).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jifen::domain::ids::SaleId;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::{Day, MILLIS_A_DAY, Moment, Zone};
use jifen::engine::adjust::Adjust;
use jifen::engine::audit::Actor;
use jifen::engine::clock::{Clock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::messenger::{Messenger, NotSent};
use jifen::engine::receipt::Receipt;
use jifen::engine::refund::TakeRefund;
use jifen::engine::restore::restore;
use jifen::engine::retain::Destruction;
use jifen::engine::sale::TakeSale;
use jifen::engine::tokens::Presented;
use jifen::engine::{Engine, Settings};
use jifen::ledger::entry::Movement;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::policy::retention::{Figure, RecordKind, RetentionPolicy};
use jifen::store::memory::MemoryStore;
use jifen::store::{Body, Home, ReadTx, Store, StoreError, Table, Ticket, Verdict};
use jifen::vault::profile::Mobile;
use jifen_tests::bench::{DEMO, key};
use jifen_tests::fault_disk::Draw;
use jifen_tests::people::{Form, Person, Shop, keys_of, rows};
use jifen_tests::story::line;
use jifen_tests::wishes::{noon, numbered, receipt};
use parking_lot::Mutex;

use super::restore::{keys_in, open, reopen, terms};

const LAW: fn() -> RetentionPolicy = RetentionPolicy::default;

/// Points that never expire, and a cap per day, so that there are sums of days.
fn lasting() -> String {
    DEMO.replace(
        r#"lifetime = { months = 12, align = "day" }"#,
        r#"lifetime = "never""#,
    )
    .replace("# cap_per_day = 20000", "cap_per_day = 20000")
}

fn capped() -> String {
    DEMO.replace("# cap_per_day = 20000", "cap_per_day = 20000")
}

fn shop(programme: &str) -> Shop {
    let keys = keys_of(9);
    let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
    Shop::new(store, keys, programme)
}

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn shanghai() -> Zone {
    "Asia/Shanghai".parse().unwrap()
}

fn go(shop: &Shop, to: Moment) {
    shop.bench.clock.follow(to);
}

/// Something is bought with money; the sale's id.
fn buy(shop: &Shop, number: u64, who: &Person, item: &str, sold_at: Moment) -> SaleId {
    let sale = TakeSale {
        account: who.account,
        receipt: receipt(&format!("n-{number}")),
        sold_at,
        lines: vec![line(item)],
        holds: Vec::new(),
        presented: Presented::default(),
    };
    match shop
        .engine()
        .run(&key(sold_at, number), sale)
        .unwrap()
        .receipt
    {
        Receipt::Sold(sold) => sold.sale,
        other => panic!("no sale: {other:?}"),
    }
}

fn refund(shop: &Shop, number: u64, who: &Person, sale: SaleId) -> Result<(), Refusal> {
    let all = RefundLine {
        line: 1,
        of: RefundOf::Rest,
    };
    let wish = TakeRefund {
        account: who.account,
        receipt: receipt(&format!("r-{number}")),
        sale,
        lines: vec![all],
    };
    let now = shop.engine().now();
    shop.engine().run(&key(now, number), wish).map(|_| ())
}

fn adjust(shop: &Shop, number: u64, who: &Person, points: i64) {
    let wish = Adjust {
        account: who.account,
        points,
        reason: "goodwill".to_owned(),
        actor: "staff-1".to_owned(),
        approved_by: None,
    };
    let now = shop.engine().now();
    shop.engine().run(&key(now, number), wish).unwrap();
}

const TABLES_OF: [(RecordKind, &str); 9] = [
    (RecordKind::Sales, "sales"),
    (RecordKind::Lots, "lots"),
    (RecordKind::DaySums, "days"),
    (RecordKind::Holds, "holds"),
    (RecordKind::Journal, "journal"),
    (RecordKind::Answers, "receipts"),
    (RecordKind::BusinessKeys, "business"),
    (RecordKind::SaleTokens, "tokens"),
    (RecordKind::Logins, "logins"),
];

/// Entries that are not carried forward yet.
fn entries(engine: &Engine) -> u64 {
    let accounts = engine.account_ids().unwrap();
    let of = |account| engine.entries(account).unwrap();
    let all = accounts.into_iter().flat_map(of);
    let plain = all.filter(|entry| !matches!(entry.movement, Movement::Forward(_)));
    plain.count() as u64
}

/// Sweeps, and holds the sweep against everything that is promised of it. `who` are still members after it.
fn sweep(shop: &Shop, after: &str) -> Destruction {
    let engine = shop.engine();
    engine.sweep().unwrap();
    shop.bench.assert_verified(&format!("{after}: before it"));
    let before = shop.rows();
    let plain = entries(engine);
    let accounts = engine.account_ids().unwrap();
    let statements: BTreeMap<_, _> = accounts
        .into_iter()
        .map(|account| (account, engine.statement(account).unwrap()))
        .collect();
    let liability = engine.liability().unwrap();

    let dry = engine.retain(&LAW(), true).unwrap();
    assert_eq!(shop.rows(), before, "{after}: a dry run writes nothing");
    let gone = engine.retain(&LAW(), false).unwrap();
    assert_eq!(dry, gone, "{after}: a dry run says what is done");
    shop.bench.assert_verified(after);

    let rest = shop.rows();
    if gone.count(RecordKind::Members) == 0 {
        for (kind, table) in TABLES_OF {
            let fewer = before[table].len() - rest[table].len();
            assert_eq!(fewer as u64, gone.count(kind), "{after}: {table}");
        }
        let fewer = plain - entries(engine);
        assert_eq!(fewer, gone.count(RecordKind::Entries), "{after}: entries");
        assert_eq!(engine.liability().unwrap(), liability, "{after}");
    }
    for account in engine.account_ids().unwrap() {
        let statement = engine.statement(account).unwrap();
        assert_eq!(statement, statements[&account], "{after}: nothing is lost");
    }
    let again = engine.retain(&LAW(), false).unwrap();
    assert!(again.is_empty(), "{after}: twice: {again:?}");
    assert_eq!(shop.rows(), rest, "{after}: and nothing is written twice");
    if !gone.is_empty() {
        let record = engine.destructions().unwrap().pop().unwrap();
        assert_eq!(record.destruction, gone, "{after}: what is recorded");
        assert!(record.ended.is_some(), "{after}");
        let lines = engine.audit_lines(0, usize::MAX).unwrap();
        for (kind, of) in &gone.gone {
            let said = format!(
                r#""act":"destroyed","data":{{"kind":"{}","count":{}}}"#,
                kind.word(),
                of.count
            );
            let is_said = lines.iter().any(|line| line.contains(&said));
            assert!(is_said, "{after}: the audit says {said}");
        }
    }
    gone
}

/// One moment before it is over nothing of these kinds goes, and at that moment so much.
fn check(shop: &Shop, over: Moment, kinds: &[(RecordKind, u64)]) {
    go(shop, over.plus_millis(-1));
    let early = sweep(shop, &format!("before {over}"));
    for (kind, _) in kinds {
        assert_eq!(early.count(*kind), 0, "{kind} a moment before {over}");
    }
    go(shop, over);
    let gone = sweep(shop, &format!("at {over}"));
    for (kind, count) in kinds {
        assert_eq!(gone.count(*kind), *count, "{kind} at {over}");
    }
}

#[test]
fn each_kind_leaves_on_its_day_and_not_a_moment_before() {
    let shop = shop(&capped());
    let anna = shop.join(&numbered(1), &Form::of(1));
    shop.engine()
        .sign_in(&anna.card, &anna.pin, "kiosk-1")
        .unwrap();
    let token = shop.shown(&numbered(2), &anna);
    shop.sell(&numbered(3), &token, "s-1", &[]).unwrap();
    let token = shop.shown(&numbered(4), &anna);
    let hold = shop.hold(&numbered(5), &token, 100).unwrap();
    shop.hold(&numbered(6), &token, 100).unwrap();
    shop.sell(&numbered(7), &token, "s-2", &[hold]).unwrap();
    // The second hold lapses on the same day.
    shop.wait(3_600_000);
    shop.engine().sweep().unwrap();
    let planted = shop.rows();
    let of = |table: &str| planted[table].len() as u64;

    // Log-ins: 190 whole days, by the days of UTC.
    let day = noon().millis().div_euclid(MILLIS_A_DAY);
    let utc = |days: i64| Moment::from_millis((day + days) * MILLIS_A_DAY);
    check(&shop, utc(191), &[(RecordKind::Logins, of("logins"))]);
    // Answers and what goes with them: the window of 400 days after the end of their own, and a day for tills' clocks.
    check(
        &shop,
        utc(402).plus_millis(1),
        &[
            (RecordKind::Answers, of("receipts")),
            (RecordKind::BusinessKeys, 2),
            (RecordKind::SaleTokens, 2),
            (RecordKind::Holds, 2),
        ],
    );
    let keybox = shop.keys.keybox();
    let number = u32::try_from(day).unwrap();
    assert!(keybox.day(number).is_none(), "the day's key went with them");
    assert!(
        keybox.day(number + 402).is_some(),
        "and those of now did not"
    );

    // Sales, sums of days, entries and the journal: five years to the local day.
    check(
        &shop,
        at("2022-03-01T00:00:00+08:00"),
        &[
            (RecordKind::Sales, 2),
            (RecordKind::DaySums, of("days")),
            // Opened, the gift, a sale, points used, another sale. The gift is spent, and nothing names it any more.
            (RecordKind::Entries, 5),
            (RecordKind::Lots, 1),
            (RecordKind::Journal, of("journal")),
        ],
    );
    assert_eq!(of("days"), 1);
    // The other lots expired a year later, and those entries leave a year later; then nothing names the lots.
    check(
        &shop,
        at("2023-03-02T00:00:00+08:00"),
        &[(RecordKind::Entries, 2), (RecordKind::Lots, 2)],
    );
    // They were entered in the journal when somebody looked, on 7 April.
    check(
        &shop,
        at("2023-04-07T00:00:00+08:00"),
        &[(RecordKind::Journal, 1)],
    );
    let rest = shop.rows();
    for (_, table) in TABLES_OF {
        assert!(rest[table].is_empty(), "{table}: {}", rest[table].len());
    }
    assert_eq!(rest["entries"].len(), 1, "one entry holds the account");
    assert_eq!(rest["members"].len(), 1, "nobody was told, so nobody goes");
    // And the shop goes on.
    buy(&shop, 90, &anna, "P:30.00", shop.engine().now());
    shop.bench.assert_verified("a sale after all of it");
}

#[test]
fn points_and_debts_older_than_five_years_stay_with_their_dates() {
    let shop = shop(&lasting());
    let [anna, bo] = [1, 2].map(|number| shop.join(&numbered(number), &Form::of(number)));
    buy(&shop, 10, &anna, "P:120.50", noon());
    let sale = buy(&shop, 11, &bo, "P:80.00", noon());
    adjust(&shop, 12, &bo, -80);
    refund(&shop, 13, &bo, sale).unwrap();
    let seen = |who: &Person| shop.engine().statement(who.account).unwrap();
    let (of_anna, of_bo) = (seen(&anna), seen(&bo));
    assert_eq!(of_anna.balance.count(), 120);
    assert_eq!((of_bo.balance.count(), of_bo.debt.count()), (0, 80));
    for year in 2018..=2024 {
        go(&shop, at(&format!("{year}-04-01T12:00:00+08:00")));
        sweep(&shop, &format!("in {year}"));
        assert_eq!((seen(&anna), seen(&bo)), (of_anna.clone(), of_bo.clone()));
    }
    assert!(shop.rows()["sales"].is_empty() && shop.rows()["journal"].is_empty());
    // What was carried is explained, and goes on: the rest of 0.50, the debt and the lot.
    let number = jifen::engine::explain::Number::Carry("base".to_owned());
    let steps = shop.engine().derive(anna.account, &number).unwrap();
    assert_eq!(steps.len(), 1);
    buy(&shop, 20, &anna, "P:0.50", shop.engine().now());
    buy(&shop, 21, &bo, "P:100.00", shop.engine().now());
    assert_eq!(seen(&anna).balance.count(), 121);
    assert_eq!((seen(&bo).balance.count(), seen(&bo).debt.count()), (20, 0));
    sweep(&shop, "after it went on");
}

#[test]
fn a_sale_that_is_gone_is_asked_for_by_no_rule() {
    let shop = shop(DEMO);
    let anna = shop.join(&numbered(1), &Form::of(1));
    let sale = buy(&shop, 10, &anna, "P:80.00", noon());
    go(&shop, noon().plus_days(401));
    let old = Err(Refusal::TooOld { days: 400 });
    assert_eq!(refund(&shop, 11, &anna, sale), old);
    go(&shop, noon().plus_days(404));
    assert!(sweep(&shop, "past the window").count(RecordKind::Answers) > 0);
    // The same sale under its old key is refused as any that is so old, and earns nothing.
    let again = TakeSale {
        account: anna.account,
        receipt: receipt("n-10"),
        sold_at: noon(),
        lines: vec![line("P:80.00")],
        holds: Vec::new(),
        presented: Presented::default(),
    };
    let answer = shop.engine().run(&key(noon(), 10), again);
    assert_eq!(answer.err(), Some(Refusal::TooOld { days: 400 }));

    // A programme whose refunds outlive the sales stops the sweep.
    let long = DEMO
        .replace("version = \"2017.1\"", "version = \"2018.1\"")
        .replace("effective_from = 2017-01-01", "effective_from = 2019-01-01")
        .replace("window_days = 400", "window_days = 3650");
    shop.engine().activate(&long).unwrap();
    let short = Err(Refusal::RetentionTooShort);
    assert_eq!(shop.engine().retain(&LAW(), true), short);
}

#[test]
fn a_receipt_number_stays_as_long_as_any_answer_to_it() {
    let shop = shop(DEMO);
    let anna = shop.join(&numbered(1), &Form::of(1));
    buy(&shop, 10, &anna, "P:80.00", noon());
    go(&shop, noon().plus_days(300));
    // The till lost its key, and sends the same slip under another one.
    let again = TakeSale {
        account: anna.account,
        receipt: receipt("n-10"),
        sold_at: noon(),
        lines: vec![line("P:80.00")],
        holds: Vec::new(),
        presented: Presented::default(),
    };
    let answer = shop.engine().run(&key(noon(), 11), again.clone()).unwrap();
    assert!(answer.repeated);
    go(&shop, noon().plus_days(420));
    let gone = sweep(&shop, "the first answer is over");
    assert!(0 < gone.count(RecordKind::Answers));
    assert_eq!(gone.count(RecordKind::BusinessKeys), 0);
    let answer = shop.engine().run(&key(noon(), 12), again).unwrap();
    assert!(answer.repeated, "the slip still leads to what was done");
    shop.bench.assert_verified("a third key");
}

/// Random shops: what must stay is counted by a model, and nothing else goes.
#[test]
fn nothing_whose_time_is_not_over_ever_goes() {
    for seed in 0..6 {
        random_shop(seed);
    }
}

fn random_shop(seed: u64) {
    let mut draw = Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let shop = shop(&if seed.is_multiple_of(2) {
        lasting()
    } else {
        capped()
    });
    let people: Vec<_> = (1..=3)
        .map(|number| shop.join(&numbered(number), &Form::of(number)))
        .collect();
    let zone = shanghai();
    let mut sales: Vec<(SaleId, Day, &Person)> = Vec::new();
    let (mut number, mut refunded) = (100, 0);
    let mut now = noon();
    let end = noon().plus_days(6 * 366);
    while now < end {
        now = now.plus_millis(i64::try_from(draw.below(60)).unwrap() * MILLIS_A_DAY / 2);
        go(&shop, now);
        number += 1;
        let who = &people[usize::try_from(draw.below(3)).unwrap()];
        match draw.below(8) {
            0..=3 => {
                // Some come late, by up to a year.
                let late = u32::try_from(draw.below(4) * draw.below(91)).unwrap();
                let late = now.plus_millis(-i64::from(late) * MILLIS_A_DAY).max(noon());
                let item = format!("P:{}.{:02}", draw.below(90) + 1, draw.below(100));
                let sale = buy(&shop, number, who, &item, late);
                sales.push((sale, zone.day_of(late), who));
            }
            4 => {
                // One that came back before, or is too old, is refused.
                if let Some((sale, _, owner)) = sales.last() {
                    refunded += u64::from(refund(&shop, number, owner, *sale).is_ok());
                }
            }
            5 => adjust(&shop, number, who, 50),
            6 => {
                let balance = shop.engine().balance(who.account).unwrap();
                if 30 <= balance.available.count() {
                    adjust(&shop, number, who, -30);
                }
            }
            _ => {
                sweep(&shop, &format!("seed {seed} at {now}"));
                let today = zone.day_of(now);
                let stays = |day: &Day| today < day.plus_months(60).unwrap();
                let model = sales.iter().filter(|(_, day, _)| stays(day)).count();
                assert_eq!(shop.rows()["sales"].len(), model, "seed {seed} at {now}");
            }
        }
    }
    assert!(
        0 < refunded && 20 < sales.len(),
        "seed {seed}: there was something to lose"
    );
    go(&shop, now.plus_days(6 * 366));
    sweep(&shop, &format!("seed {seed}, years later"));
    assert!(shop.rows()["sales"].is_empty());
    assert!(shop.rows()["receipts"].is_empty());
    assert!(shop.rows()["days"].is_empty());
}

/// A messenger that keeps what it was given.
#[derive(Default)]
struct Post(Mutex<Vec<String>>);

impl Messenger for Post {
    fn send(&self, _: &Mobile, text: &str) -> Result<(), NotSent> {
        self.0.lock().push(text.to_owned());
        Ok(())
    }
}

#[test]
fn a_member_goes_three_years_after_the_last_purchase_and_only_when_told() {
    let shop = shop(DEMO);
    let people = [1, 2, 3, 4].map(|number| shop.join(&numbered(number), &Form::of(number)));
    let [anna, bo, cleo, dan] = &people;
    let post = Arc::new(Post::default());
    shop.engine().keep_messenger(post.clone());
    for (number, who) in (10..).zip([anna, bo, cleo]) {
        buy(&shop, number, who, "P:80.00", noon());
    }
    // Dan never bought anything: his three years begin with joining.
    let engine = shop.engine();
    let told = |day: &str| {
        go(&shop, at(day));
        engine.warn_inactive(&LAW()).unwrap()
    };
    assert!(
        told("2020-01-30T23:59:59+08:00").is_empty(),
        "31 days before"
    );
    let warned = told("2020-01-31T00:00:00+08:00");
    assert_eq!(warned.len(), 4);
    let day = Day::from_ymd(2020, 3, 1).unwrap();
    assert!(warned.iter().all(|one| one.erased_on == day && one.told));
    for text in post.0.lock().iter() {
        assert!(text.contains("2020-03-01") && text.contains("会员") && text.contains("deleted"));
        assert!(
            !text.contains("王小明") && !text.contains("1380000"),
            "{text}"
        );
    }
    assert!(told("2020-02-01T00:00:00+08:00").is_empty(), "told once");
    assert_eq!(engine.warning(anna.member), Ok(Some(day)));

    // Bo buys, and Cleo logs in: both are taken back.
    buy(&shop, 20, bo, "P:10.00", engine.now());
    let signed_in = engine.sign_in(&cleo.card, &cleo.pin, "kiosk-1").unwrap();
    assert_eq!(signed_in.erasure_planned, Some(day));
    assert_eq!(engine.warning(bo.member), Ok(None));
    assert_eq!(engine.warning(cleo.member), Ok(None));

    let is_there = |who: &Person| engine.account_of_card(&who.card).is_ok();
    go(&shop, at("2020-02-29T23:59:59.999+08:00"));
    assert_eq!(
        sweep(&shop, "the evening before").count(RecordKind::Members),
        0
    );
    go(&shop, at("2020-03-01T00:00:00+08:00"));
    assert_eq!(sweep(&shop, "the day").count(RecordKind::Members), 2);
    assert_eq!(people.each_ref().map(is_there), [false, true, true, false]);
    assert!(shop.own_data(anna.member).is_err() && shop.own_data(dan.member).is_err());
    assert_eq!(shop.rows()["erasures"].len(), 2, "each with its receipt");

    // Cleo rests for the days of notice, and then is told again; Bo's three years began anew.
    assert!(told("2020-03-01T12:00:00+08:00").is_empty());
    let warned = told("2020-03-05T00:00:00+08:00");
    assert_eq!(
        warned.iter().map(|one| one.member).collect::<Vec<_>>(),
        [cleo.member]
    );
    go(&shop, at("2020-04-03T23:00:00+08:00"));
    assert_eq!(sweep(&shop, "29 days").count(RecordKind::Members), 0);
    go(&shop, at("2020-04-04T00:00:00+08:00"));
    assert_eq!(sweep(&shop, "30 days").count(RecordKind::Members), 1);
    assert_eq!(people.each_ref().map(is_there), [false, true, false, false]);
}

#[test]
fn the_number_of_a_document_needs_its_own_consent_and_is_masked_when_its_use_ends() {
    let shop = shop(DEMO);
    let [anna, bo] = [1, 2].map(|number| shop.join(&numbered(number), &Form::of(number)));
    let engine = shop.engine();
    let desk = Actor {
        name: "li.lei".to_owned(),
        role: "staff",
        device: "desk-1".to_owned(),
    };
    let number = "11010519491231002X";
    let record =
        |who: &Person, number, consent| engine.record_identity(who.member, number, consent, &desk);
    let before = shop.rows();
    assert_eq!(
        record(&anna, Some(number), false),
        Err(Refusal::ConsentNeeded)
    );
    let wrong = "110105194912310021";
    assert_eq!(record(&anna, Some(wrong), true), Err(Refusal::BadIdentity));
    assert_eq!(shop.rows(), before, "nothing is stored");

    assert_eq!(record(&bo, None, false), Ok(()));
    let checked = engine.identity_check(bo.member).unwrap().unwrap();
    assert_eq!(
        (checked.checked_by.as_str(), checked.number_kept),
        ("li.lei", false)
    );
    assert_eq!(checked.masked, None);

    assert_eq!(record(&anna, Some(number), true), Ok(()));
    assert_eq!(record(&bo, Some(number), true), Ok(()));
    assert!(
        engine
            .identity_check(anna.member)
            .unwrap()
            .unwrap()
            .number_kept
    );
    engine.end_identity(anna.member, &desk).unwrap();
    let masked = |who: &Person| engine.identity_check(who.member).unwrap().unwrap().masked;
    assert_eq!(masked(&anna).as_deref(), Some("110105********002X"));
    // The number goes with the old key after the next good backup.
    assert_eq!(shop.keys.keybox().with_old_core(), [anna.member]);
    let retired = engine.retire_core().unwrap();
    engine.drop_retired(&retired).unwrap();
    assert!(shop.keys.keybox().with_old_core().is_empty());

    // Nobody ends Bo's: thirty days, and not one more.
    check(
        &shop,
        at("2017-03-31T00:00:00+08:00"),
        &[(RecordKind::IdentityNumbers, 1)],
    );
    assert_eq!(masked(&bo).as_deref(), Some("110105********002X"));
    assert_eq!(shop.keys.keybox().with_old_core(), [bo.member]);
    let lines = engine.audit_lines(0, usize::MAX).unwrap();
    assert!(lines.iter().all(|line| !line.contains("110105")));
    assert!(LAW().with(Figure::Identity, 31).is_err());
}

/// A clock that is not given, so that it is judged.
struct Watch {
    shows: AtomicI64,
    passed: AtomicI64,
}

impl Clock for Watch {
    fn business(&self) -> Moment {
        Moment::from_millis(self.shows.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        self.business()
    }

    fn monotonic_millis(&self) -> i64 {
        self.passed.load(Ordering::SeqCst)
    }
}

#[test]
fn by_a_clock_that_jumps_nothing_goes() {
    let shop = shop(DEMO);
    let anna = shop.join(&numbered(1), &Form::of(1));
    buy(&shop, 10, &anna, "P:80.00", noon());
    let clock = Arc::new(Watch {
        shows: AtomicI64::new(noon().millis()),
        passed: AtomicI64::new(0),
    });
    let entropy = Arc::new(SeededEntropy::new([5; 32]));
    let (store, keys) = (shop.store.clone(), shop.keys.clone());
    let engine = Engine::open(store, keys, clock.clone(), entropy, Settings::default()).unwrap();
    clock
        .shows
        .fetch_add(6 * 366 * MILLIS_A_DAY, Ordering::SeqCst);
    let before = shop.rows();
    for dry in [true, false] {
        let refused = engine.retain(&LAW(), dry);
        assert_eq!(refused, Err(Refusal::ClockUntrusted));
    }
    assert_eq!(engine.warn_inactive(&LAW()), Err(Refusal::ClockUntrusted));
    assert_eq!(shop.rows(), before);
    clock
        .passed
        .fetch_add(6 * 366 * MILLIS_A_DAY, Ordering::SeqCst);
    engine.confirm_clock().unwrap();
    assert!(!engine.retain(&LAW(), false).unwrap().is_empty());
}

/// A store that fails after so many transactions more.
struct Failing {
    store: MemoryStore,
    left: AtomicI64,
}

impl Failing {
    fn fails(&self) -> bool {
        self.left.fetch_sub(1, Ordering::SeqCst) <= 0
    }
}

impl Store for Failing {
    fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError> {
        self.store.read()
    }

    fn submit(&self, home: Home, body: Body) -> Ticket {
        if self.fails() {
            return Ticket::answered(Err(StoreError::Io("the power went".to_owned())));
        }
        self.store.submit(home, body)
    }

    fn submit_waiting(&self, home: Home, body: Body) -> Ticket {
        self.submit(home, body)
    }
}

#[test]
fn a_run_that_is_cut_off_anywhere_goes_on_and_counts_everything_once() {
    let begin = || {
        let keys = keys_of(9);
        let store = Arc::new(Failing {
            store: MemoryStore::new(Some(closing(keys.clone()))),
            left: AtomicI64::new(i64::MAX),
        });
        let shop = Shop::new(store.clone(), keys, &lasting());
        let people = [1, 2, 3].map(|number| shop.join(&numbered(number), &Form::of(number)));
        shop.engine()
            .sign_in(&people[0].card, &people[0].pin, "kiosk-1")
            .unwrap();
        for number in 10..16 {
            let who = &people[usize::try_from(number % 3).unwrap()];
            buy(&shop, number, who, "P:20.00", noon());
        }
        go(&shop, at("2021-12-31T12:00:00+08:00"));
        buy(&shop, 30, &people[1], "P:10.00", shop.engine().now());
        shop.engine().warn_inactive(&LAW()).unwrap();
        go(&shop, at("2022-03-02T12:00:00+08:00"));
        shop.engine().sweep().unwrap();
        (shop, store)
    };
    let (whole, _) = begin();
    let expected = whole.engine().retain(&LAW(), false).unwrap();
    assert_eq!(expected.count(RecordKind::Members), 2);
    assert_eq!(expected.count(RecordKind::Sales), 6);
    let count = |shop: &Shop| {
        let mut rows = jifen_tests::people::counts(&shop.rows());
        rows.retain(|table, _| !["acts", "leaves", "nodes", "journal", "clocks"].contains(table));
        rows
    };
    for cut in 0.. {
        let (shop, store) = begin();
        store.left.store(cut, Ordering::SeqCst);
        let first = shop.engine().retain(&LAW(), false);
        store.left.store(i64::MAX, Ordering::SeqCst);
        if first.is_ok() {
            assert!(6 < cut, "there was much to cut");
            return;
        }
        // The process begins anew, and finishes what was begun.
        let shop = shop.reopened(8);
        shop.bench.assert_verified(&format!("cut at {cut}"));
        shop.engine().retain(&LAW(), false).unwrap();
        shop.bench.assert_verified(&format!("gone on after {cut}"));
        let mut sums: BTreeMap<RecordKind, u64> = BTreeMap::new();
        for run in shop.engine().destructions().unwrap() {
            assert!(run.ended.is_some(), "cut at {cut}");
            for (kind, gone) in run.destruction.gone {
                *sums.entry(kind).or_default() += gone.count;
            }
        }
        let wanted = expected.gone.iter();
        let wanted: BTreeMap<_, _> = wanted.map(|(kind, gone)| (*kind, gone.count)).collect();
        assert_eq!(sums, wanted, "cut at {cut}");
        assert_eq!(count(&shop), count(&whole), "cut at {cut}");
    }
}

/// Takes a row away behind the engine's back.
fn tamper(shop: &Shop, table: &'static str, place: usize) {
    let key = rows(&*shop.store)[table][place].0.clone();
    let body: Body = Box::new(move |tx| {
        tx.delete(Table::new(table), &key).unwrap();
        Verdict::Keep
    });
    shop.store.submit(Home::Node, body).wait().unwrap();
}

/// A shop of which one half is swept.
fn half() -> Shop {
    let shop = shop(&lasting());
    let anna = shop.join(&numbered(1), &Form::of(1));
    for number in 10..13 {
        buy(&shop, number, &anna, "P:20.00", noon());
    }
    go(&shop, at("2022-01-01T12:00:00+08:00"));
    for number in 20..23 {
        buy(&shop, number, &anna, "P:30.00", shop.engine().now());
    }
    go(&shop, at("2022-04-01T12:00:00+08:00"));
    let gone = sweep(&shop, "half of it");
    assert_eq!(gone.count(RecordKind::Sales), 3);
    shop
}

#[test]
fn what_is_missing_besides_is_still_named() {
    let there = half().rows();
    for table in ["sales", "entries", "lots", "receipts", "journal", "carried"] {
        assert!(!there[table].is_empty(), "{table}");
        for place in 0..there[table].len() {
            let shop = half();
            tamper(&shop, table, place);
            let verified = shop.engine().verify(&mut |_, _| {}).unwrap();
            assert!(!verified.differences.is_empty(), "{table} {place}");
        }
    }
}

#[test]
fn a_swept_store_is_backed_up_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys_in(&folder.path().join("keys"), 3);
    let store = open(&folder.path().join("store.redb"), &keys);
    let shop = Shop::new(store, keys.clone(), &lasting());
    let [anna, bo] = [1, 2].map(|number| shop.join(&numbered(number), &Form::of(number)));
    for (number, who) in (10..).zip([&anna, &bo, &anna]) {
        buy(&shop, number, who, "P:20.00", noon());
    }
    go(&shop, at("2022-01-01T12:00:00+08:00"));
    buy(&shop, 20, &anna, "P:30.00", shop.engine().now());
    go(&shop, at("2022-04-01T12:00:00+08:00"));
    sweep(&shop, "on a disk");
    let backup = folder.path().join("backup");
    shop.engine().backup(&backup).unwrap();
    // Bo leaves after the backup.
    let points = shop.engine().balance(bo.account).unwrap().balance;
    let by = jifen::engine::erase::By::Operator;
    shop.engine()
        .erase(&numbered(99), bo.member, by, points)
        .unwrap();
    drop(shop);

    let again = folder.path().join("again.redb");
    let restored = restore(&backup, &keys, &again, terms(), &mut |_, _| {}).unwrap();
    assert_eq!((restored.damaged, restored.dropped_accounts), (0, 1));
    let shop = reopen(&again, &keys, 7);
    shop.bench.assert_verified("restored");
    let balance = shop.engine().balance(anna.account).unwrap();
    assert_eq!(balance.balance, Points::new(70).unwrap());
    go(&shop, at("2027-04-01T12:00:00+08:00"));
    sweep(&shop, "restored, five years later");
    assert!(shop.rows()["sales"].is_empty());
}
