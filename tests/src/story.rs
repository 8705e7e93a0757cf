//! Stories in tables (`fixtures/stories`): a line a command, what is expected after `->`.
//!
//! ```text
//! set earn.0.per = "50.00"          changes the demo programme, before the first command
//! at 2017-03-01T10:00               local time in Asia/Shanghai
//! open A
//! sale A s1 A:114.00 B:76.00 hold h1 -> earned 210 money 140.00
//! refund A s1 r1 1*1 2=10.00 -> money 7.36 back 263 clawback 12
//! check A balance 60 debt 0
//! lot A s1 60 held 20 lapsed 0
//! ```
//!
//! A line item is `PRODUCT:PAID`, with `xQUANTITY`, `@DEPARTMENT` and `!KIND` where they matter. A refund line is
//! `LINE*QUANTITY`, `LINE=AMOUNT` or `LINE` for all that is left. A command that is refused says `-> refused CODE`.

use std::collections::HashMap;

use jifen::domain::basket::{Line, LineKind, Quantity};
use jifen::domain::ids::{HoldId, LotId, SaleId};
use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::programme::Tier;
use jifen::domain::refusal::{AccountState, Refusal};
use jifen::domain::time::Moment;
use jifen::engine::adjust::{Adjust, Sanction};
use jifen::engine::commit::Kind;
use jifen::engine::hold::{Capture, PlaceHold, Redeem, ReturnPoints, VoidHold};
use jifen::engine::open::Open;
use jifen::engine::receipt::{Answer, Receipt};
use jifen::engine::refund::TakeRefund;
use jifen::engine::reverse::Reverse;
use jifen::engine::sale::{TakeSale, UseHold};
use jifen::engine::tokens::Presented;
use jifen::ledger::refund::{RefundLine, RefundOf};
use toml_edit::{DocumentMut, Item, Value};

use crate::bench::{Bench, DEMO, account, admitted, key};
use crate::wishes::receipt;

/// A story in progress.
struct Story {
    programme: DocumentMut,
    bench: Option<Bench>,
    now: Moment,
    keys: u64,
    sales: HashMap<String, SaleId>,
    holds: HashMap<String, HoldId>,
}

/// Plays a story; panics with the line at which it goes otherwise. Everything must add up after every command.
pub fn play(name: &str, text: &str) {
    let mut story = Story {
        programme: DEMO.parse().expect("the demo programme is TOML"),
        bench: None,
        now: Moment::EPOCH,
        keys: 0,
        sales: HashMap::new(),
        holds: HashMap::new(),
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split(" # ").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{name}:{number}: {line}");
        story.line(line, &place);
    }
    story.bench().assert_verified(name);
}

impl Story {
    fn bench(&mut self) -> &Bench {
        let text = self.programme.to_string();
        self.bench.get_or_insert_with(|| Bench::in_memory(&text))
    }

    fn line(&mut self, line: &str, place: &str) {
        let (command, expected) = line.split_once("->").unwrap_or((line, ""));
        let words: Vec<&str> = command.split_whitespace().collect();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        match words.as_slice() {
            ["set", rest @ ..] => {
                assert!(
                    self.bench.is_none(),
                    "{place}: set comes before the first command"
                );
                self.set(&rest.join(" "));
            }
            ["at", time] => {
                let time = format!("{time}:00+08:00");
                self.now = time.parse().unwrap_or_else(|_| panic!("{place}: no time"));
                self.bench();
                let now = self.now;
                self.bench().clock.follow(now);
            }
            ["check", who, rest @ ..] => self.check(who, rest, place),
            ["lot", who, lot, remaining, rest @ ..] => self.lot(who, lot, remaining, rest, place),
            ["entry", who, rest @ ..] => self.entry(who, rest, place),
            ["quote", who, rest @ ..] => self.quote(who, rest, &expected, place),
            _ => {
                let answer = self.command(&words, place);
                compare(&answer, &expected, place);
                self.bench().assert_verified(place);
            }
        }
    }

    /// `earn.0.per = "50.00"`: tables by name, places in arrays by number; `new` appends a table.
    fn set(&mut self, assignment: &str) {
        let (path, value) = assignment.split_once('=').expect("set PATH = VALUE");
        let value: Value = value.trim().parse().expect("a TOML value");
        let mut item: &mut Item = self.programme.as_item_mut();
        for part in path.trim().split('.') {
            item = match part.parse::<usize>() {
                Ok(place) => {
                    let tables = item.or_insert(toml_edit::array()).as_array_of_tables_mut();
                    let tables = tables.expect("an array of tables");
                    while tables.len() <= place {
                        tables.push(toml_edit::Table::new());
                    }
                    // An array of tables has no items of its own, so the table is taken by its key below.
                    let table = tables.get_mut(place).expect("it is there");
                    let key = path.trim().rsplit('.').next().expect("a key");
                    table.insert(key, Item::Value(value));
                    return;
                }
                Err(_) => &mut item[part],
            };
        }
        *item = Item::Value(value);
    }

    fn command(&mut self, words: &[&str], place: &str) -> Result<Answer, Refusal> {
        self.keys += 1;
        let key = key(self.now, self.keys);
        let now = self.now;
        match words {
            ["open", who] => {
                let open = Open {
                    account: admitted(&self.bench().engine, who),
                    reference: (*who).to_owned(),
                    gift: false,
                };
                self.bench().engine.run(&key, open)
            }
            ["sale", who, sale, items @ ..] => {
                let mut holds = Vec::new();
                let mut lines = Vec::new();
                let mut sold_at = now;
                let mut items = items.iter();
                while let Some(item) = items.next() {
                    match *item {
                        "hold" => {
                            let name = items.next().expect("a hold");
                            let (name, points) = match name.split_once('/') {
                                Some((name, points)) => {
                                    (name, points.parse().ok().and_then(Points::new))
                                }
                                None => (*name, None),
                            };
                            holds.push(UseHold {
                                hold: self.holds[name],
                                points,
                            });
                        }
                        "sold" => {
                            let time = format!("{}:00+08:00", items.next().expect("a time"));
                            sold_at = time.parse().unwrap_or_else(|_| panic!("{place}: no time"));
                        }
                        item => lines.push(line(item)),
                    }
                }
                let receipt = receipt(sale);
                let sale_name = (*sale).to_owned();
                let command = TakeSale {
                    account: account(who),
                    receipt,
                    sold_at,
                    lines,
                    holds,
                    presented: Presented::default(),
                };
                let answer = self.bench().engine.run(&key, command);
                if let Ok(Answer {
                    receipt: Receipt::Sold(sold),
                    ..
                }) = &answer
                {
                    self.sales.insert(sale_name, sold.sale);
                }
                answer
            }
            ["refund", who, sale, slip, items @ ..] => {
                let sale = self
                    .sales
                    .get(*sale)
                    .copied()
                    .unwrap_or(SaleId::from_bytes([0; 16]));
                let lines = items.iter().map(|item| refund_line(item)).collect();
                let refund = TakeRefund {
                    account: account(who),
                    receipt: receipt(slip),
                    sale,
                    lines,
                };
                self.bench().engine.run(&key, refund)
            }
            ["reverse", who, sale] => {
                let engine = &self.bench().engine;
                let (_, original) = engine.original_of_receipt(Kind::Sale, &receipt(sale))?;
                engine.run(
                    &key,
                    Reverse {
                        account: account(who),
                        original,
                    },
                )
            }
            ["hold", who, hold, points, payable] => {
                let lines = vec![line(&format!("X:{payable}"))];
                let place = PlaceHold {
                    account: account(who),
                    points: points_of(points),
                    lines,
                };
                let answer = self.bench().engine.run(&key, place);
                if let Ok(Answer {
                    receipt: Receipt::Held(held),
                    ..
                }) = &answer
                {
                    self.holds.insert((*hold).to_owned(), held.hold);
                }
                answer
            }
            ["capture", who, hold, points] => {
                let hold = self.holds[*hold];
                let capture = Capture {
                    account: account(who),
                    hold,
                    points: points_of(points),
                };
                self.bench().engine.run(&key, capture)
            }
            ["void", who, hold] => {
                let hold = self.holds[*hold];
                self.bench().engine.run(
                    &key,
                    VoidHold {
                        account: account(who),
                        hold,
                    },
                )
            }
            ["redeem", who, hold, points, payable] => {
                let redeem = Redeem {
                    account: account(who),
                    receipt: receipt(hold),
                    points: points_of(points),
                    payable: money(payable),
                };
                let answer = self.bench().engine.run(&key, redeem);
                if let Ok(Answer {
                    receipt: Receipt::Captured(captured),
                    ..
                }) = &answer
                {
                    self.holds.insert((*hold).to_owned(), captured.hold);
                }
                answer
            }
            ["return", who, hold, points] => {
                let hold = self.holds[*hold];
                let command = ReturnPoints {
                    account: account(who),
                    hold,
                    points: points_of(points),
                };
                self.bench().engine.run(&key, command)
            }
            ["adjust", who, points, rest @ ..] => {
                let adjust = Adjust {
                    account: account(who),
                    points: points.parse().expect("a number"),
                    reason: "goodwill".to_owned(),
                    actor: "staff-1".to_owned(),
                    approved_by: rest.first().map(|name| (*name).to_owned()),
                };
                self.bench().engine.run(&key, adjust)
            }
            ["state", who, state] => {
                let state = match *state {
                    "pending" => AccountState::Pending,
                    "active" => AccountState::Active,
                    "warned" => AccountState::Warned,
                    "restricted" => AccountState::Restricted,
                    "suspended" => AccountState::Suspended,
                    _ => panic!("{place}: no such state"),
                };
                let (reason, actor) = ("untrue data".to_owned(), "staff-1".to_owned());
                self.bench().engine.run(
                    &key,
                    Sanction {
                        account: account(who),
                        state,
                        reason,
                        actor,
                    },
                )
            }
            _ => panic!("{place}: no such command"),
        }
    }

    fn check(&mut self, who: &str, pairs: &[&str], place: &str) {
        let now = self.now;
        self.bench().clock.follow(now);
        let statement = self
            .bench()
            .engine
            .statement(account(who))
            .unwrap_or_else(|r| panic!("{place}: {r}"));
        let short = self.bench().engine.balance(account(who));
        let short = short.unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
        let told = (statement.balance, statement.available, statement.debt);
        assert_eq!(
            told,
            (short.balance, short.available, short.debt),
            "{place}"
        );
        for pair in pairs.chunks(2) {
            let [name, wanted] = pair else {
                panic!("{place}: a name and a value")
            };
            let is = match *name {
                "balance" => statement.balance.to_string(),
                "available" => statement.available.to_string(),
                "held" => statement.held.to_string(),
                "debt" => statement.debt.to_string(),
                "earned" => statement.totals.earned.to_string(),
                "expired" => statement.totals.expired.to_string(),
                "lost" => statement.totals.lost.to_string(),
                "carry" => statement.carries[0].1.display(2),
                "spend" => statement.qualifying_spend.display(2),
                "metric" => statement.metric.display(2),
                "missing" => statement.missing.display(2),
                "changes" => statement.tiers.len().to_string(),
                "tier" => tier(statement.tier).to_owned(),
                _ => panic!("{place}: no such number"),
            };
            assert_eq!(is, *wanted, "{place}: {name}");
        }
    }

    /// `lot A s1 60 held 20 lapsed 0`: a sale's lot as it stands at the story's time.
    fn lot(&mut self, who: &str, sale: &str, remaining: &str, pairs: &[&str], place: &str) {
        let id = LotId::of_sale(self.sales[sale]);
        let (now, bench) = (self.now, self.bench());
        let versions = bench.engine.versions();
        let lot = bench.engine.read(|view| {
            let (_, desk) = view.desk(account(who), now, &versions)?;
            Ok(match desk.account.lot(id) {
                Some(lot) => Some(*lot),
                None => view.lot(account(who), id)?,
            })
        });
        let lot = lot
            .expect("the store reads")
            .unwrap_or_else(|| panic!("{place}: no such lot"));
        assert_eq!(lot.remaining.to_string(), remaining, "{place}");
        for pair in pairs.chunks(2) {
            let [name, wanted] = pair else {
                panic!("{place}: a name and a value")
            };
            let is = match *name {
                "held" => lot.held.to_string(),
                "available" => lot.available(now).to_string(),
                "lapsed" => lot.lapsed.to_string(),
                "ends" => lot
                    .grant
                    .expires_at
                    .map_or("never".to_owned(), |end| end.to_string()),
                _ => panic!("{place}: no such number"),
            };
            assert_eq!(is, *wanted, "{place}: {name}");
        }
    }

    /// `entry A Expire`: the newest entry is of this kind.
    fn entry(&mut self, who: &str, wanted: &[&str], place: &str) {
        let entries = self
            .bench()
            .engine
            .entries(account(who))
            .expect("the store reads");
        let newest = format!("{:?}", entries[0].movement);
        for word in wanted {
            assert!(
                newest.contains(word),
                "{place}: the newest entry is {newest}"
            );
        }
    }

    fn quote(&mut self, who: &str, items: &[&str], expected: &[&str], place: &str) {
        let lines: Vec<Line> = items.iter().map(|item| line(item)).collect();
        let quote = self.bench().engine.quote(account(who), &lines);
        let quote = quote.unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
        for pair in expected.chunks(2) {
            let [name, wanted] = pair else {
                panic!("{place}: a name and a value")
            };
            let is = match *name {
                "total" => quote.total.display(2),
                "discount" => quote.discounts.total.display(2),
                "earns" => quote.earns.to_string(),
                "most" => quote.most_points.to_string(),
                "worth" => quote.worth.display(2),
                "paid" => {
                    let paid = quote
                        .discounts
                        .lines
                        .iter()
                        .map(|line| line.paid.display(2));
                    paid.collect::<Vec<_>>().join("/")
                }
                _ => panic!("{place}: no such number"),
            };
            assert_eq!(is, *wanted, "{place}: {name}");
        }
    }
}

fn compare(answer: &Result<Answer, Refusal>, expected: &[&str], place: &str) {
    if let ["refused", code] = expected {
        match answer {
            Ok(answer) => panic!("{place}: it was done: {answer:?}"),
            Err(refusal) => assert_eq!(refusal.code(), *code, "{place}"),
        }
        return;
    }
    let answer = answer
        .as_ref()
        .unwrap_or_else(|refusal| panic!("{place}: {refusal}"));
    for pair in expected.chunks(2) {
        let [name, wanted] = pair else {
            panic!("{place}: a name and a value")
        };
        let is = match (&answer.receipt, *name) {
            (Receipt::Sold(sold), "earned") => sold.earned.to_string(),
            (Receipt::Sold(sold), "money") => sold.money.display(2),
            (Receipt::Sold(sold), "worth") => sold.worth.display(2),
            (Receipt::Sold(sold), "tier") => tier(sold.tier).to_owned(),
            (Receipt::Sold(sold), "after") => tier(sold.tier_after).to_owned(),
            (Receipt::Sold(sold), "balance") => sold.balance.to_string(),
            (Receipt::Sold(sold), "debt") => sold.debt.to_string(),
            (Receipt::Refunded(refunded), "money") => refunded.money.display(2),
            (Receipt::Refunded(refunded), "back") => refunded.points_back.to_string(),
            (Receipt::Refunded(refunded), "clawback") => refunded.clawback.to_string(),
            (Receipt::Refunded(refunded), "debt") => refunded.debt.to_string(),
            (Receipt::Refunded(refunded), "loss") => refunded.loss.to_string(),
            (Receipt::Refunded(refunded), "balance") => refunded.balance.to_string(),
            (Receipt::Refunded(refunded), "after") => tier(refunded.tier_after).to_owned(),
            (Receipt::Held(held), "worth") => held.worth.display(2),
            (Receipt::Held(held), "available") => held.available.to_string(),
            (Receipt::Captured(captured), "worth") => captured.worth.display(2),
            (Receipt::Captured(captured), "balance") => captured.balance.to_string(),
            (Receipt::Voided(voided), "available") => voided.available.to_string(),
            (Receipt::PointsReturned(returned), "balance") => returned.balance.to_string(),
            (Receipt::Adjusted(adjusted), "balance") => adjusted.balance.to_string(),
            (receipt, _) => panic!("{place}: no {name} in {receipt:?}"),
        };
        assert_eq!(is, *wanted, "{place}: {name}");
    }
}

const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Ordinary => "ordinary",
        Tier::Senior => "senior",
    }
}

fn money(text: &str) -> Money {
    Money::parse(text, 2).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn points_of(text: &str) -> Points {
    text.parse()
        .ok()
        .and_then(Points::new)
        .unwrap_or_else(|| panic!("{text}: not points"))
}

/// `PRODUCT:PAIDxQUANTITY@DEPARTMENT!KIND`
pub fn line(item: &str) -> Line {
    let (rest, kind) = item
        .split_once('!')
        .map_or((item, LineKind::Goods), |(rest, kind)| {
            let kind = match kind {
                "top_up" => LineKind::TopUp,
                "gift_card" => LineKind::GiftCard,
                "deposit" => LineKind::Deposit,
                "tip" => LineKind::Tip,
                "fee" => LineKind::Fee,
                _ => panic!("{item}: no such kind"),
            };
            (rest, kind)
        });
    let (rest, department) = rest.split_once('@').unwrap_or((rest, ""));
    let (rest, quantity) = rest.split_once('x').unwrap_or((rest, "1"));
    let (product, paid) = rest.split_once(':').unwrap_or(("P", rest));
    Line {
        product: product.to_owned(),
        department: department.to_owned(),
        category: String::new(),
        kind,
        quantity: Quantity::parse(quantity).expect("a quantity"),
        paid: money(paid),
    }
}

fn refund_line(item: &str) -> RefundLine {
    let (line, of) = if let Some((line, quantity)) = item.split_once('*') {
        (
            line,
            RefundOf::Quantity(Quantity::parse(quantity).expect("a quantity")),
        )
    } else if let Some((line, amount)) = item.split_once('=') {
        (line, RefundOf::Amount(money(amount)))
    } else {
        (item, RefundOf::Rest)
    };
    RefundLine {
        line: line.parse().expect("a line"),
        of,
    }
}
