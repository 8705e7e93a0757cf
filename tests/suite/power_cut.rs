//! The engine on a disk that breaks: what was answered is there under its key, the rest is whole or absent, everything
//! adds up, and the same commands under the same keys end where an undisturbed run ends.

use std::io;
use std::sync::Arc;

use jifen::domain::basket::{Line, LineKind, Quantity};
use jifen::domain::ids::{AccountId, HoldId, LotId, SaleId};
use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::adjust::Adjust;
use jifen::engine::closing::closing;
use jifen::engine::commit::{IdempotencyKey, InOrder, Pending};
use jifen::engine::hold::{Capture, PlaceHold, Redeem, ReturnPoints, VoidHold};
use jifen::engine::liability::Liability;
use jifen::engine::open::Open;
use jifen::engine::receipt::{Answer, Outcome, Receipt};
use jifen::engine::refund::TakeRefund;
use jifen::engine::sale::{TakeSale, UseHold};
use jifen::engine::statement::Statement;
use jifen::engine::tokens::Presented;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::ledger::sale::ReceiptNo;
use jifen::store::StoreError;
use jifen::store::redb::{RedbStore, Settings};
use jifen_tests::bench::{Bench, DEMO, account, key, keys};
use jifen_tests::fault_disk::{Draw, Fault, FaultDisk, Unsynced};
use parking_lot::Mutex;

const MEMBERS: [&str; 3] = ["ann", "bob", "cy"];

/// What a till wants, in terms of what came of earlier steps.
#[derive(Clone, Debug)]
enum Wish {
    Open,
    /// A sale, and the step whose hold pays for a part of it.
    Sale(Vec<Line>, Option<usize>),
    Hold(Points),
    Void(usize),
    Capture(usize, Points),
    Refund(usize, RefundLine),
    Redeem(Points),
    Return(usize, Points),
    Adjust(i64),
}

#[derive(Clone, Debug)]
struct Step {
    member: &'static str,
    at: Moment,
    wish: Wish,
}

fn points(count: i64) -> Points {
    Points::new(count).unwrap()
}

fn line(product: String, department: &str, units: i64, paid: i64) -> Line {
    Line {
        product,
        department: department.to_owned(),
        category: "category".to_owned(),
        kind: LineKind::Goods,
        quantity: Quantity::of_units(units).unwrap(),
        paid: Money::from_minor(paid),
    }
}

/// A year of a small shop. What a step refers to lies at least `group` steps before it, so that steps can be sent
/// `group` at a time.
fn plan(seed: u64, length: usize, group: usize) -> Vec<Step> {
    let mut draw = Draw(seed);
    let mut at: Moment = "2017-03-01T09:00:00+08:00".parse().unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for member in MEMBERS {
        steps.push(Step {
            member,
            at,
            wish: Wish::Open,
        });
    }
    for member in MEMBERS {
        let lines = (0..3).map(|place| line(format!("first {place}"), "DELI", 3, 20_000));
        let wish = Wish::Sale(lines.collect(), None);
        steps.push(Step { member, at, wish });
    }
    while steps.len() < length {
        at = match draw.below(12) {
            0 => at.plus_days(40),
            1 => at.plus_minutes(60 * 24),
            _ => at.plus_minutes(u32::try_from(draw.below(20)).unwrap()),
        };
        let mut member = MEMBERS[usize::try_from(draw.below(3)).unwrap()];
        let early = steps.len().saturating_sub(group - 1);
        let mut earlier = |draw: &mut Draw, fits: fn(&Wish) -> bool| {
            let found: Vec<usize> = (0..early).filter(|step| fits(&steps[*step].wish)).collect();
            let one = usize::try_from(draw.below(found.len() as u64)).unwrap();
            let one = found.get(one).copied();
            if let Some(one) = one {
                member = steps[one].member;
            }
            one
        };
        let is_hold = |wish: &Wish| matches!(wish, Wish::Hold(_));
        let is_sale = |wish: &Wish| matches!(wish, Wish::Sale(..));
        let is_redeem = |wish: &Wish| matches!(wish, Wish::Redeem(_));
        let hundreds = points(100 * (1 + i64::try_from(draw.below(3)).unwrap()));
        let wish = match draw.below(12) {
            0 | 1 => Wish::Hold(hundreds),
            2 => earlier(&mut draw, is_hold).map_or(Wish::Hold(hundreds), Wish::Void),
            3 => match earlier(&mut draw, is_hold) {
                Some(hold) => Wish::Capture(hold, points(100)),
                None => Wish::Adjust(50),
            },
            4 | 5 => match earlier(&mut draw, is_sale) {
                Some(sale) => {
                    let line = 1 + u32::try_from(draw.below(3)).unwrap();
                    let of = match draw.below(3) {
                        0 => RefundOf::Rest,
                        1 => RefundOf::Quantity(Quantity::of_units(1).unwrap()),
                        _ => RefundOf::Amount(Money::from_minor(1_234)),
                    };
                    Wish::Refund(sale, RefundLine { line, of })
                }
                None => Wish::Adjust(70),
            },
            6 => Wish::Redeem(hundreds),
            7 => match earlier(&mut draw, is_redeem) {
                Some(redeem) => Wish::Return(redeem, points(40)),
                None => Wish::Redeem(hundreds),
            },
            8 => Wish::Adjust(i64::try_from(draw.below(200)).unwrap() - 80),
            number => {
                let lines = (0..3).map(|place| {
                    let paid = i64::try_from(draw.below(60_000)).unwrap();
                    let department = if place == 2 { "FUEL" } else { "DELI" };
                    line(format!("product {place}"), department, 3, paid)
                });
                let lines = lines.collect();
                let hold = if number == 9 {
                    earlier(&mut draw, is_hold)
                } else {
                    None
                };
                Wish::Sale(lines, hold)
            }
        };
        steps.push(Step { member, at, wish });
    }
    steps
}

/// What came of the steps so far, as far as it is certain.
type Heard = Vec<Result<Answer, Refusal>>;

fn key_of(plan: &[Step], step: usize) -> IdempotencyKey {
    key(plan[step].at, step as u64)
}

fn hold_in(heard: &Heard, step: usize) -> HoldId {
    match heard.get(step) {
        Some(Ok(Answer {
            receipt: Receipt::Held(held),
            ..
        })) => held.hold,
        Some(Ok(Answer {
            receipt: Receipt::Captured(captured),
            ..
        })) => captured.hold,
        // It was refused: the engine is asked all the same, about a hold that nobody has.
        _ => HoldId::new(0, [0; 8]),
    }
}

fn sale_in(heard: &Heard, step: usize) -> SaleId {
    match heard.get(step) {
        Some(Ok(Answer {
            receipt: Receipt::Sold(sold),
            ..
        })) => sold.sale,
        _ => SaleId::new(0, [0; 8]),
    }
}

/// Sends one step at its time.
fn send(bench: &Bench, till: &InOrder<'_>, plan: &[Step], step: usize, heard: &Heard) -> Pending {
    let Step { member, at, wish } = &plan[step];
    let account: AccountId = account(member);
    let receipt = ReceiptNo {
        store: "1".to_owned(),
        till: "1".to_owned(),
        number: format!("{step}"),
    };
    let key = key_of(plan, step);
    bench.clock.follow(*at);
    match wish.clone() {
        Wish::Open => {
            bench.engine.admit(account, &[]).expect("keys are drawn");
            let reference = (*member).to_owned();
            till.send(
                &key,
                Open {
                    account,
                    reference,
                    gift: false,
                },
            )
        }
        Wish::Sale(lines, hold) => {
            let holds = hold.iter().map(|hold| UseHold {
                hold: hold_in(heard, *hold),
                points: None,
            });
            let holds = holds.collect();
            till.send(
                &key,
                TakeSale {
                    account,
                    receipt,
                    sold_at: *at,
                    lines,
                    holds,
                    presented: Presented::default(),
                },
            )
        }
        Wish::Hold(points) => {
            let lines = vec![line("basket".to_owned(), "DELI", 1, 90_000)];
            till.send(
                &key,
                PlaceHold {
                    account,
                    points,
                    lines,
                },
            )
        }
        Wish::Void(of) => till.send(
            &key,
            VoidHold {
                account,
                hold: hold_in(heard, of),
            },
        ),
        Wish::Capture(of, points) => till.send(
            &key,
            Capture {
                account,
                hold: hold_in(heard, of),
                points,
            },
        ),
        Wish::Refund(of, line) => {
            let (sale, lines) = (sale_in(heard, of), vec![line]);
            till.send(
                &key,
                TakeRefund {
                    account,
                    receipt,
                    sale,
                    lines,
                },
            )
        }
        Wish::Redeem(points) => {
            let payable = Money::from_minor(100_000);
            till.send(
                &key,
                Redeem {
                    account,
                    receipt,
                    points,
                    payable,
                },
            )
        }
        Wish::Return(of, points) => till.send(
            &key,
            ReturnPoints {
                account,
                hold: hold_in(heard, of),
                points,
            },
        ),
        Wish::Adjust(points) => {
            let (reason, actor) = ("count".to_owned(), "staff".to_owned());
            till.send(
                &key,
                Adjust {
                    account,
                    points,
                    reason,
                    actor,
                    approved_by: None,
                },
            )
        }
    }
}

/// Plays the steps in groups until the store says no: what was heard before that, and that no.
fn play(bench: &Bench, plan: &[Step], group: usize) -> (Heard, Option<Refusal>) {
    let till = bench.engine.in_order();
    let mut heard = Heard::new();
    while heard.len() < plan.len() {
        let begun = heard.len();
        let until = plan.len().min(begun + group);
        let sent: Vec<Pending> = (begun..until)
            .map(|step| send(bench, &till, plan, step, &heard))
            .collect();
        let mut trouble = None;
        for pending in sent {
            match pending.wait() {
                Err(refusal) if refusal.is_of_store() => trouble = trouble.or(Some(refusal)),
                certain if trouble.is_none() => heard.push(certain),
                // The disk failed one before it and took this one: it was decided without the other.
                other => panic!("{other:?} after {trouble:?}"),
            }
        }
        if trouble.is_some() {
            return (heard, trouble);
        }
    }
    (heard, None)
}

/// Where a run ends: all statements, and the liability.
type End = (Vec<Statement>, Liability);

fn end(bench: &Bench, plan: &[Step]) -> End {
    let at = plan.last().unwrap().at;
    let statements = MEMBERS.iter().map(|member| {
        let mut statement = bench.engine.statement_at(account(member), at).unwrap();
        // Ids are drawn anew for what is done again.
        for lot in &mut statement.lots {
            lot.grant.id = LotId::of_sale(SaleId::new(0, [0; 8]));
        }
        statement
    });
    (statements.collect(), bench.engine.liability().unwrap())
}

/// A disk that notes at which operations it is synced.
#[derive(Clone, Debug, Default)]
struct Watched {
    disk: FaultDisk,
    syncs: Arc<Mutex<Vec<u64>>>,
}

impl redb::StorageBackend for Watched {
    fn len(&self) -> io::Result<u64> {
        self.disk.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.disk.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.syncs.lock().push(self.disk.operations());
        self.disk.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.disk.write(offset, data)
    }
}

fn open_on(disk: impl redb::StorageBackend + Clone) -> Result<RedbStore, StoreError> {
    open_with(disk, Settings::default())
}

fn open_with(
    disk: impl redb::StorageBackend + Clone,
    settings: Settings,
) -> Result<RedbStore, StoreError> {
    let opener = move || redb::Database::builder().create_with_backend(disk.clone());
    RedbStore::with_backend_and(opener, settings, Some(closing(keys())))
}

/// An undisturbed run: where it ends, how many operations it takes, and which of them are syncs.
struct Quiet {
    end: End,
    operations: u64,
    syncs: Vec<u64>,
}

fn quiet(plan: &[Step], group: usize) -> Quiet {
    let watched = Watched::default();
    let bench = Bench::over(Arc::new(open_on(watched.clone()).unwrap()));
    bench.engine.activate(DEMO).unwrap();
    let (heard, trouble) = play(&bench, plan, group);
    assert_eq!(trouble, None);
    let done = heard.iter().filter(|answer| answer.is_ok()).count();
    assert!(
        plan.len() / 2 < done && done < plan.len(),
        "{done}: a plan of yes or of no alone"
    );
    bench.assert_verified("undisturbed");
    let syncs = watched.syncs.lock().clone();
    Quiet {
        end: end(&bench, plan),
        operations: watched.disk.operations(),
        syncs,
    }
}

fn outcome(answer: &Result<Answer, Refusal>) -> Outcome {
    match answer {
        Ok(answer) => Outcome::Done(answer.receipt.clone()),
        Err(refusal) => Outcome::Refused(refusal.clone()),
    }
}

/// What an engine on these bytes must show: what was heard is there under its key, the rest is whole or absent, and the
/// same commands under the same keys go on to the same end.
fn check_survivor(bytes: Vec<u8>, heard: Option<&Heard>, plan: &[Step], quiet: &Quiet, what: &str) {
    let store = match open_on(FaultDisk::holding(bytes)) {
        Ok(store) => store,
        // A file that was being begun holds nothing that was answered.
        Err(StoreError::Damaged(_) | StoreError::Io(_)) if heard.is_none() => return,
        Err(error) => panic!("{what}: {error}"),
    };
    let bench = Bench::seeded(Arc::new(store), 2);
    check_goes_on(&bench, heard, plan, quiet, what);
}

fn check_goes_on(bench: &Bench, heard: Option<&Heard>, plan: &[Step], quiet: &Quiet, what: &str) {
    bench.assert_verified(what);
    let status = |step| bench.engine.status(&key_of(plan, step)).unwrap();
    let found: Vec<Option<Outcome>> = (0..plan.len()).map(status).collect();
    let answered = heard.map_or(0, Vec::len);
    for (step, answer) in heard.into_iter().flatten().enumerate() {
        assert_eq!(
            found[step],
            Some(outcome(answer)),
            "{what}: step {step} was answered"
        );
    }
    let whole = found.iter().take_while(|found| found.is_some()).count();
    assert!(answered <= whole, "{what}");
    assert!(
        found[whole..].iter().all(Option::is_none),
        "{what}: a step is there and one before it is not"
    );
    assert!(
        heard.is_none() || bench.engine.versions().latest().is_some(),
        "{what}: the programme"
    );

    bench.engine.activate(DEMO).unwrap();
    let (again, trouble) = play(bench, plan, 1);
    assert_eq!(trouble, None, "{what}: it does not go on");
    for (step, (before, answer)) in found.iter().zip(&again).enumerate() {
        let repeated = answer.as_ref().map(|answer| answer.repeated);
        assert_eq!(
            repeated.unwrap_or(before.is_some()),
            before.is_some(),
            "{what}: step {step}"
        );
        if let Some(before) = before {
            assert_eq!(
                &outcome(answer),
                before,
                "{what}: step {step} is answered otherwise"
            );
        }
    }
    bench.assert_verified(what);
    assert_eq!(end(bench, plan), quiet.end, "{what}: another end");
}

fn check_survivors(
    disk: &FaultDisk,
    heard: Option<&Heard>,
    plan: &[Step],
    quiet: &Quiet,
    seed: u64,
    what: &str,
) {
    for unsynced in [
        Unsynced::Lost,
        Unsynced::Kept,
        Unsynced::AllButFirstSector,
        Unsynced::Drawn(seed),
    ] {
        let what = format!("{what}, {unsynced:?}");
        check_survivor(disk.after_power_cut(unsynced), heard, plan, quiet, &what);
    }
}

/// A run that the power cuts off at an operation.
fn cut(at: u64, plan: &[Step], group: usize, quiet: &Quiet) {
    let what = format!("cut at {at} of {}, groups of {group}", quiet.operations);
    let disk = FaultDisk::new();
    disk.break_at(Fault::PowerCut(at));
    let mut heard = None;
    if let Ok(store) = open_on(disk.clone())
        && let Ok(bench) = Bench::opened(Arc::new(store), 1)
        && bench.engine.activate(DEMO).is_ok()
    {
        let (answers, trouble) = play(&bench, plan, group);
        // The last operations of a run close the file, when all has been answered.
        assert!(trouble.is_some() || answers.len() == plan.len(), "{what}");
        if trouble.is_some() {
            let refused = send(
                &bench,
                &bench.engine.in_order(),
                plan,
                answers.len(),
                &answers,
            )
            .wait()
            .unwrap_err();
            assert!(refused.is_of_store(), "{what}: {refused}");
            let read = bench.engine.statement(account(MEMBERS[0]));
            assert!(
                read.is_ok() || read.as_ref().is_err_and(Refusal::is_of_store),
                "{what}: {read:?}"
            );
        }
        heard = Some(answers);
    }
    check_survivors(&disk, heard.as_ref(), plan, quiet, at, &what);
}

#[test]
fn a_power_cut_at_every_sync_leaves_what_was_answered_and_the_same_commands_end_the_same() {
    let plan = plan(1, 40, 1);
    let quiet = quiet(&plan, 1);
    assert!(2 * plan.len() < quiet.syncs.len(), "{}", quiet.syncs.len());
    for sync in &quiet.syncs {
        cut(*sync, &plan, 1, &quiet);
    }
}

#[test]
fn a_power_cut_at_any_write_leaves_what_was_answered_and_the_same_commands_end_the_same() {
    let plan = plan(2, 40, 1);
    let quiet = quiet(&plan, 1);
    let mut draw = Draw(2);
    for _ in 0..60 {
        cut(draw.below(quiet.operations), &plan, 1, &quiet);
    }
}

#[test]
fn a_power_cut_in_a_batch_of_many_takes_all_of_it_or_nothing() {
    let plan = plan(3, 40, 5);
    let quiet = quiet(&plan, 5);
    let mut draw = Draw(3);
    for _ in 0..60 {
        cut(draw.below(quiet.operations), &plan, 5, &quiet);
    }
}

#[test]
fn a_sync_that_fails_makes_an_unknown_and_the_same_key_hears_what_became_of_it() {
    let plan = plan(4, 30, 1);
    let quiet = quiet(&plan, 1);
    let mut unknown = 0;
    for number in 0..2 * plan.len() as u64 {
        let what = format!("sync {number} fails");
        let watched = Watched {
            disk: FaultDisk::seeded(number),
            ..Watched::default()
        };
        let bench = Bench::over(Arc::new(open_on(watched.clone()).unwrap()));
        bench.engine.activate(DEMO).unwrap();
        // Its place is the same in every run, up to the first failure.
        let begun = watched.disk.operations();
        let first = quiet.syncs.iter().position(|sync| begun <= *sync).unwrap();
        let at = quiet.syncs[first + usize::try_from(number).unwrap()];
        watched.disk.break_at(Fault::Fails(at - begun));

        let (heard, trouble) = play(&bench, &plan, 1);
        if let Some(refusal) = trouble {
            assert_eq!(refusal, Refusal::Unknown, "{what}");
            unknown += 1;
        }
        check_survivors(&watched.disk, Some(&heard), &plan, &quiet, number, &what);
        check_goes_on(&bench, Some(&heard), &plan, &quiet, &what);
    }
    assert!(plan.len() < unknown, "{unknown}");
}

/// A refusal that staff can read in both languages and act on.
fn check_words(refusal: &Refusal, what: &str) {
    let has_chinese = |text: &str| {
        text.chars()
            .any(|letter| ('\u{4e00}'..'\u{9fff}').contains(&letter))
    };
    assert!(has_chinese(&refusal.zh()), "{what}: {}", refusal.zh());
    assert!(
        refusal.en().is_ascii() && !refusal.en().is_empty(),
        "{what}: {}",
        refusal.en()
    );
    match refusal {
        Refusal::StoreFull => assert_eq!(refusal.code(), "disk_full", "{what}"),
        Refusal::Unknown => assert_eq!(refusal.code(), "outcome_unknown", "{what}"),
        other => panic!("{what}: {other}"),
    }
}

#[test]
fn a_full_disk_is_said_and_work_goes_on_when_there_is_room() {
    full_disk(1);
}

#[test]
fn nothing_overtakes_a_command_that_found_the_disk_full() {
    // Large sales do not fit any more while small ones behind them would. A year was once replayed on such a disk: what
    // did not fit came in later, and a member was senior three months late.
    full_disk(6);
}

/// Fills the disk with steps that are sent `group` at a time.
fn full_disk(group: usize) {
    // Twelve sales of two thousand lines in the middle, more than the file has room for, and a small one behind each.
    let mut plan = plan(5, 36, group);
    let Step { member, at, .. } = plan[20];
    let added: Vec<Step> = (0..24)
        .map(|number| {
            let count = if number % 2 == 0 { 2_000 } else { 1 };
            let lines = (0..count).map(|place| {
                let product = format!("{number}-{place}-{}", "x".repeat(40));
                line(product, &"y".repeat(60), 1, 150)
            });
            let wish = Wish::Sale(lines.collect(), None);
            Step { member, at, wish }
        })
        .collect();
    for step in &mut plan[20..] {
        if let Wish::Sale(_, Some(of))
        | Wish::Void(of)
        | Wish::Capture(of, _)
        | Wish::Refund(of, _)
        | Wish::Return(of, _) = &mut step.wish
        {
            *of += if *of < 20 { 0 } else { added.len() };
        }
    }
    plan.splice(20..20, added);
    let quiet = quiet(&plan, group);

    let mut full = 0;
    for fault in [
        Fault::Full(0),
        Fault::NotLonger(0),
        Fault::Full(9),
        Fault::NotLonger(23),
    ] {
        let what = format!("{fault:?}, groups of {group}");
        let disk = FaultDisk::new();
        // Each command is a commit of its own, so that the small ones would find room.
        let settings = Settings {
            batch_max: 1,
            ..Settings::default()
        };
        let bench = Bench::over(Arc::new(open_with(disk.clone(), settings).unwrap()));
        bench.engine.activate(DEMO).unwrap();
        let (before, trouble) = play(&bench, &plan[..20], 1);
        assert_eq!((before.len(), trouble), (20, None), "{what}");

        disk.break_at(fault);
        let (heard, trouble) = play(&bench, &plan, group);
        let refusal = trouble.expect("the disk is too small");
        check_words(&refusal, &what);
        full += usize::from(refusal == Refusal::StoreFull);
        assert!(
            (20..plan.len()).contains(&heard.len()),
            "{what}: {}",
            heard.len()
        );
        bench.assert_verified(&what);
        // It stays full, and asking again changes nothing.
        let again = send(&bench, &bench.engine.in_order(), &plan, heard.len(), &heard).wait();
        check_words(&again.expect_err("there is still no room"), &what);
        bench.assert_verified(&what);
        check_survivors(&disk, Some(&heard), &plan, &quiet, 1, &what);

        disk.mend();
        check_goes_on(&bench, Some(&heard), &plan, &quiet, &what);
    }
    assert!(0 < full, "a full disk is never called one");
}
