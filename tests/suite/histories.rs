//! Random programmes, baskets and histories, and a shop that carries them out on the real engine. What must hold after
//! them is said in `properties.rs` and `model.rs`.

use std::sync::Arc;

use jifen::domain::basket::{Line, LineKind, Quantity};
use jifen::domain::ids::{AccountId, HoldId, SaleId};
use jifen::domain::money::{Exact, Money};
use jifen::domain::points::Points;
use jifen::domain::refusal::{AccountState, Refusal};
use jifen::domain::time::Moment;
use jifen::engine::adjust::{Adjust, Sanction};
use jifen::engine::closing::closing;
use jifen::engine::commit::Verb;
use jifen::engine::hold::{Capture, PlaceHold, Redeem, ReturnPoints, VoidHold};
use jifen::engine::open::Open;
use jifen::engine::receipt::{Answer, Receipt, Refunded};
use jifen::engine::refund::TakeRefund;
use jifen::engine::reverse::{Original, Reverse};
use jifen::engine::sale::{TakeSale, UseHold};
use jifen::engine::statement::Statement;
use jifen::engine::tokens::Presented;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::ledger::sale::ReceiptNo;
use jifen::store::Store;
use jifen::store::memory::MemoryStore;
use jifen_tests::bench::{Bench, account, admitted, key, keys};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same cases at every run, so that a red one is red for everybody. `PROPTEST_RNG_SEED` does not change them.
pub(crate) fn seeded(cases: u32, seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A programme's figures: money in fen, multipliers in ten-thousandths, caps in units of `points`.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) earn: Vec<Rule>,
    pub(crate) ordinary: i64,
    pub(crate) senior: i64,
    pub(crate) senior_from: i64,
    pub(crate) window: &'static str,
    pub(crate) on_refund: &'static str,
    pub(crate) redeem: (i64, i64),
    pub(crate) max_share: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) debt_limit: i64,
    pub(crate) expired_grace_days: i64,
    pub(crate) vest_days: i64,
    pub(crate) lifetime: &'static str,
}

/// An earn rule's figures.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) points: i64,
    pub(crate) per: i64,
    pub(crate) carry: bool,
    pub(crate) cap_per_sale: Option<i64>,
    pub(crate) cap_per_day: Option<i64>,
    pub(crate) excluded: &'static str,
}

/// Minor units as a programme spells them.
fn decimal(minor: i64) -> String {
    Money::from_minor(minor).display(2)
}

impl Terms {
    /// The programme file, without discounts.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "schema = 1\nid = \"random\"\nversion = \"1\"\ncurrency = \"CNY\"\ntime_zone = \"Asia/Shanghai\"\n\
             announced_on = 2016-12-01\neffective_from = 2017-01-01T00:00:00+08:00\n\
             [name]\nzh = \"随机\"\nen = \"Random\"\n\
             [points]\nvest_days = {}\nlifetime = {}\nsignup_gift = 100\n",
            self.vest_days, self.lifetime
        );
        for (number, rule) in self.earn.iter().enumerate() {
            text += &format!(
                "[[earn]]\nid = \"rule-{number}\"\npoints = {}\nper = \"{}\"\ncarry = {}\n\
                 exclude_departments = [\"{}\"]\n",
                rule.points,
                decimal(rule.per),
                rule.carry,
                rule.excluded
            );
            for (name, cap) in [
                ("cap_per_sale", rule.cap_per_sale),
                ("cap_per_day", rule.cap_per_day),
            ] {
                if let Some(units) = cap {
                    text += &format!("{name} = {}\n", units * rule.points);
                }
            }
        }
        let (points, worth) = self.redeem;
        text += &format!(
            "[redeem]\npoints = {points}\nworth = \"{}\"\nmin_points = 1\nstep = 1\nmax_share = \"{}\"\n\
             [refund]\npolicy = \"{}\"\ndebt_limit = {}\nexpired_grace_days = {}\nwindow_days = 400\n\
             [tiers]\nwindow = {}\non_refund = \"{}\"\nexclude_departments = [\"X\"]\n",
            decimal(worth),
            self.max_share,
            self.policy,
            self.debt_limit,
            self.expired_grace_days,
            self.window,
            self.on_refund
        );
        let multiplier = |parts: i64| format!("{}.{:04}", parts / 10_000, parts % 10_000);
        text += &format!(
            "[[tier]]\nid = \"ordinary\"\nmultiplier = \"{}\"\n\
             [[tier]]\nid = \"senior\"\nfrom = \"{}\"\nmultiplier = \"{}\"\n",
            multiplier(self.ordinary),
            decimal(self.senior_from),
            multiplier(self.senior)
        );
        text
    }
}

fn rule(excluded: &'static str) -> impl Strategy<Value = Rule> {
    let per = prop_oneof![Just(100), Just(700), Just(5_000), Just(199), 1_i64..2_000];
    let cap = || proptest::option::weighted(0.3, 1_i64..60);
    (1_i64..=5, per, any::<bool>(), cap(), cap()).prop_map(
        move |(points, per, carry, cap_per_sale, cap_per_day)| Rule {
            points,
            per,
            carry,
            cap_per_sale,
            cap_per_day,
            excluded,
        },
    )
}

/// Any programme.
pub(crate) fn terms() -> impl Strategy<Value = Terms> {
    let multiplier = || {
        prop_oneof![
            Just(10_000_i64),
            Just(13_330),
            Just(15_000),
            Just(3_333),
            1_i64..30_000
        ]
    };
    let earn = (rule("X"), proptest::option::weighted(0.3, rule("D")))
        .prop_map(|(first, second)| [first].into_iter().chain(second).collect::<Vec<_>>());
    let windows = prop_oneof![
        3 => Just("\"lifetime\""),
        1 => Just("{ rolling_months = 1 }"),
        1 => Just("{ rolling_months = 3 }"),
        1 => Just("\"calendar-year\""),
        1 => Just("\"anniversary\""),
    ];
    let lifetimes = prop_oneof![
        Just("{ months = 1, align = \"day\" }"),
        Just("{ months = 2, align = \"end-of-month\" }"),
        Just("{ months = 12, align = \"end-of-year\" }"),
        Just("\"never\""),
    ];
    let redeem = prop_oneof![
        Just((100, 100)),
        Just((300, 100)),
        Just((7, 5)),
        Just((1, 1))
    ];
    let policy = prop_oneof![
        5 => Just(("debt", 10_000)),
        1 => Just(("debt", 25)),
        1 => Just(("within_balance", 10_000)),
        1 => Just(("forgive", 10_000)),
    ];
    let tiers = (
        multiplier(),
        multiplier(),
        100_i64..40_000,
        windows,
        prop_oneof![3 => Just("downgrade"), 1 => Just("review")],
    );
    let dates = (
        prop_oneof![3 => Just(0), 1 => Just(5)],
        prop_oneof![3 => Just(0), 1 => Just(2)],
        lifetimes,
    );
    let share = prop_oneof![Just("1"), Just("0.5")];
    (earn, tiers, (redeem, share), policy, dates).prop_map(
        |(earn, tiers, (redeem, max_share), (policy, debt_limit), dates)| Terms {
            earn,
            ordinary: tiers.0.min(tiers.1),
            senior: tiers.0.max(tiers.1),
            senior_from: tiers.2,
            window: tiers.3,
            on_refund: tiers.4,
            redeem,
            max_share,
            policy,
            debt_limit,
            expired_grace_days: dates.0,
            vest_days: dates.1,
            lifetime: dates.2,
        },
    )
}

/// A basket of one to five lines: weighed goods, gifts at 0.00, lines of quantity 0, excluded departments.
pub(crate) fn basket() -> impl Strategy<Value = Vec<Line>> {
    let kind = prop_oneof![
        8 => Just(LineKind::Goods),
        1 => Just(LineKind::Deposit),
        1 => Just(LineKind::Tip),
    ];
    let department = prop_oneof![5 => Just(""), 1 => Just("X"), 1 => Just("D")];
    let quantity = prop_oneof![
        Just(1_000_i64),
        Just(3_000),
        Just(7_000),
        Just(500),
        Just(0),
        1_i64..5_000
    ];
    let paid = prop_oneof![1 => Just(0_i64), 2 => Just(1_000), 8 => 1_i64..8_000];
    let line = (0_u8..3, department, kind, quantity, paid).prop_map(
        |(product, department, kind, quantity, paid)| Line {
            product: format!("P{product}"),
            department: department.to_owned(),
            category: String::new(),
            kind,
            quantity: Quantity::of_thousandths(quantity).unwrap(),
            paid: Money::from_minor(paid),
        },
    );
    proptest::collection::vec(line, 1..5)
}

/// How much of something, in thousandths.
pub(crate) fn permille() -> impl Strategy<Value = i64> {
    prop_oneof![1 => Just(1_000_i64), 3 => 1_i64..=1_000]
}

/// `permille` of `whole`, at least 1.
pub(crate) fn part(whole: i64, permille: i64) -> i64 {
    (i128::from(whole) * i128::from(permille) / 1_000)
        .max(1)
        .try_into()
        .unwrap()
}

/// A piece of a refund, before the sale is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) line: usize,
    /// By quantity, or by amount.
    pub(crate) by_quantity: bool,
    /// How much of what is left.
    pub(crate) permille: i64,
}

/// Some pieces, and whether each line's rest comes back at last.
pub(crate) fn pieces() -> impl Strategy<Value = (Vec<Piece>, Vec<bool>)> {
    let piece =
        (0_usize..5, any::<bool>(), permille()).prop_map(|(line, by_quantity, permille)| Piece {
            line,
            by_quantity,
            permille,
        });
    (
        proptest::collection::vec(piece, 0..8),
        proptest::collection::vec(any::<bool>(), 5),
    )
}

/// Refund lines that together take back no line more than once over.
pub(crate) fn refund_lines(lines: &[Line], pieces: &[Piece], rests: &[bool]) -> Vec<RefundLine> {
    let mut taken = vec![(0_i128, 0_i128); lines.len()];
    let mut refunds = Vec::new();
    for piece in pieces {
        let place = piece.line % lines.len();
        let line = &lines[place];
        let (quantity, paid) = (
            i128::from(line.quantity.thousandths()),
            i128::from(line.paid.minor()),
        );
        let (pieces_back, amount_back) = taken[place];
        let left = if piece.by_quantity {
            if paid == 0 {
                quantity - pieces_back
            } else {
                quantity * (paid - amount_back) / paid - pieces_back
            }
        } else if quantity == 0 {
            paid - amount_back
        } else {
            paid * (quantity - pieces_back) / quantity - amount_back
        };
        if left <= 0 {
            continue;
        }
        let some = part(left.try_into().unwrap(), piece.permille);
        let of = if piece.by_quantity {
            taken[place].0 += i128::from(some);
            RefundOf::Quantity(Quantity::of_thousandths(some).unwrap())
        } else {
            taken[place].1 += i128::from(some);
            RefundOf::Amount(Money::from_minor(some))
        };
        refunds.push(RefundLine {
            line: number(place),
            of,
        });
    }
    for (place, line) in lines.iter().enumerate() {
        let (quantity, paid) = (
            i128::from(line.quantity.thousandths()),
            i128::from(line.paid.minor()),
        );
        let (pieces_back, amount_back) = taken[place];
        let is_left = match (0 < quantity, 0 < paid) {
            (true, true) => pieces_back * paid + amount_back * quantity < quantity * paid,
            (true, false) => pieces_back < quantity,
            (false, true) => amount_back < paid,
            (false, false) => true,
        };
        if is_left && rests.get(place).copied().unwrap_or(true) {
            refunds.push(RefundLine {
                line: number(place),
                of: RefundOf::Rest,
            });
        }
    }
    refunds
}

pub(crate) fn number(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap()
}

/// What happens in a shop. Sales, holds and lines are named by a number that is taken modulo how many there are.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// A sale, `days` late, paid partly with so many thousandths of what may be used.
    Sale {
        basket: Vec<Line>,
        points: Option<i64>,
        days: u32,
    },
    Refund {
        sale: usize,
        pieces: Vec<(usize, u8, i64)>,
    },
    Void {
        sale: usize,
    },
    Redeem {
        permille: i64,
    },
    Return {
        hold: usize,
        permille: i64,
    },
    Hold {
        permille: i64,
    },
    Capture {
        hold: usize,
        permille: i64,
    },
    Release {
        hold: usize,
    },
    Adjust {
        points: i64,
    },
    Sanction {
        state: AccountState,
    },
    Wait {
        minutes: u32,
    },
    Sweep,
}

/// Whatever a shop may see.
pub(crate) fn act() -> impl Strategy<Value = Act> {
    let wait = prop_oneof![
        Just(3_u32),
        Just(15),
        Just(60 * 20),
        Just(60 * 24 * 9),
        1_u32..60 * 24 * 40
    ];
    let state = prop_oneof![
        5 => Just(AccountState::Active),
        1 => Just(AccountState::Restricted),
        1 => Just(AccountState::Suspended),
    ];
    let of_refund = proptest::collection::vec((0_usize..5, 0_u8..3, permille()), 1..4);
    let points = || proptest::option::weighted(0.4, permille());
    prop_oneof![
        6 => (basket(), points(), prop_oneof![3 => Just(0_u32), 1 => 0_u32..50])
            .prop_map(|(basket, points, days)| Act::Sale { basket, points, days }),
        5 => (0_usize..40, of_refund).prop_map(|(sale, pieces)| Act::Refund { sale, pieces }),
        1 => (0_usize..40).prop_map(|sale| Act::Void { sale }),
        3 => permille().prop_map(|permille| Act::Redeem { permille }),
        1 => (0_usize..20, permille()).prop_map(|(hold, permille)| Act::Return { hold, permille }),
        2 => permille().prop_map(|permille| Act::Hold { permille }),
        2 => (0_usize..20, permille()).prop_map(|(hold, permille)| Act::Capture { hold, permille }),
        1 => (0_usize..20).prop_map(|hold| Act::Release { hold }),
        1 => (-60_i64..120).prop_map(|points| Act::Adjust { points }),
        1 => state.prop_map(|state| Act::Sanction { state }),
        3 => wait.prop_map(|minutes| Act::Wait { minutes }),
        1 => Just(Act::Sweep),
    ]
}

/// A shop in business.
pub(crate) struct Shop {
    pub(crate) bench: Bench,
    pub(crate) now: Moment,
    number: u64,
    pub(crate) sales: Vec<(AccountId, SaleId, Vec<Line>)>,
    pub(crate) holds: Vec<(AccountId, HoldId, Points)>,
}

/// The account that a test with one account uses.
pub(crate) fn ann() -> AccountId {
    account("ann")
}

impl Shop {
    /// A shop over a store in memory, where `ann` has an account.
    pub(crate) fn new(terms: &Terms) -> Self {
        Self::with_programme(&terms.text())
    }

    pub(crate) fn with_programme(text: &str) -> Self {
        Self::over(
            Arc::new(MemoryStore::new(Some(closing(keys())))),
            text,
            &["ann"],
        )
    }

    /// A shop over any store.
    pub(crate) fn over(store: Arc<dyn Store>, programme: &str, members: &[&str]) -> Self {
        let bench = Bench::over(store);
        bench
            .engine
            .activate(programme)
            .unwrap_or_else(|error| panic!("{error:?}\n{programme}"));
        let now: Moment = "2017-03-01T10:00:00+08:00".parse().unwrap();
        bench.clock.follow(now);
        let mut shop = Self {
            bench,
            now,
            number: 0,
            sales: Vec::new(),
            holds: Vec::new(),
        };
        for name in members {
            let open = Open {
                account: admitted(&shop.bench.engine, name),
                reference: (*name).to_owned(),
                gift: false,
            };
            shop.run(open).unwrap();
        }
        shop
    }

    /// Carries a command out under a key of its own.
    pub(crate) fn run(&mut self, verb: impl Verb) -> Result<Answer, Refusal> {
        self.number += 1;
        self.bench
            .engine
            .run(&key(self.now, self.number), verb)
            .inspect(check_signs)
    }

    /// A receipt that no other has.
    pub(crate) fn receipt(&self) -> ReceiptNo {
        ReceiptNo {
            store: "1".to_owned(),
            till: "1".to_owned(),
            number: (self.number + 1).to_string(),
        }
    }

    pub(crate) fn wait(&mut self, minutes: u32) {
        self.now = self.now.plus_minutes(minutes);
        self.bench.clock.follow(self.now);
    }

    pub(crate) fn statement(&self, who: AccountId) -> Statement {
        self.bench.engine.statement(who).unwrap()
    }

    /// A sale now or before, paid partly with a hold placed for it.
    pub(crate) fn sell(
        &mut self,
        who: AccountId,
        lines: &[Line],
        points: Option<i64>,
        sold_at: Moment,
    ) -> Result<Answer, Refusal> {
        let holds = match points {
            None => Vec::new(),
            Some(permille) => {
                let quote = self.bench.engine.quote(who, lines)?;
                let points = part(quote.most_points.count(), permille);
                let place = PlaceHold {
                    account: who,
                    points: Points::new(points).unwrap(),
                    lines: lines.to_vec(),
                };
                match self.run(place).map(|answer| answer.receipt) {
                    Ok(Receipt::Held(held)) => vec![UseHold {
                        hold: held.hold,
                        points: None,
                    }],
                    _ => Vec::new(),
                }
            }
        };
        let receipt = self.receipt();
        let answer = self.run(TakeSale {
            account: who,
            receipt,
            sold_at,
            lines: lines.to_vec(),
            holds,
            presented: Presented::default(),
        })?;
        if let Receipt::Sold(sold) = &answer.receipt {
            self.sales.push((who, sold.sale, lines.to_vec()));
        }
        Ok(answer)
    }

    /// A refund of lines of a sale.
    pub(crate) fn refund(
        &mut self,
        who: AccountId,
        sale: SaleId,
        lines: &[RefundLine],
    ) -> Result<Refunded, Refusal> {
        let receipt = self.receipt();
        let answer = self.run(TakeRefund {
            account: who,
            receipt,
            sale,
            lines: lines.to_vec(),
        })?;
        match answer.receipt {
            Receipt::Refunded(refunded) => Ok(refunded),
            other => panic!("not a refund: {other:?}"),
        }
    }

    /// The sale of a member that an act names.
    pub(crate) fn sale_of(
        &self,
        who: AccountId,
        wanted: usize,
    ) -> Option<(AccountId, SaleId, Vec<Line>)> {
        let of: Vec<_> = self.sales.iter().filter(|sale| sale.0 == who).collect();
        (!of.is_empty()).then(|| of[wanted % of.len()].clone())
    }

    /// Carries out what happens, for one of the members; `None` when there is nothing to do it with.
    pub(crate) fn act(&mut self, who: AccountId, act: &Act) -> Option<Result<Answer, Refusal>> {
        let hold_of = |shop: &Self, wanted: usize| {
            let of: Vec<_> = shop.holds.iter().filter(|hold| hold.0 == who).collect();
            (!of.is_empty()).then(|| *of[wanted % of.len()])
        };
        let some = |whole: Points, permille: i64| Points::new(part(whole.count(), permille));
        Some(match act {
            Act::Sale {
                basket,
                points,
                days,
            } => {
                let sold_at = self.now.plus_millis(-i64::from(*days) * 86_400_000);
                self.sell(who, basket, *points, sold_at)
            }
            Act::Refund { sale, pieces } => {
                let (_, sale, lines) = self.sale_of(who, *sale)?;
                let lines = of_pieces(&lines, pieces);
                let receipt = self.receipt();
                self.run(TakeRefund {
                    account: who,
                    receipt,
                    sale,
                    lines,
                })
            }
            Act::Void { sale } => {
                let (_, sale, _) = self.sale_of(who, *sale)?;
                self.run(Reverse {
                    account: who,
                    original: Original::Sale(sale),
                })
            }
            Act::Redeem { permille } => {
                let points = some(self.statement(who).available, *permille)?;
                let receipt = self.receipt();
                let answer = self.run(Redeem {
                    account: who,
                    receipt,
                    points,
                    payable: Money::from_minor(1_000_000),
                });
                if let Ok(Answer {
                    receipt: Receipt::Captured(captured),
                    ..
                }) = &answer
                {
                    self.holds.push((who, captured.hold, captured.points));
                }
                answer
            }
            Act::Return { hold, permille } => {
                let (_, hold, points) = hold_of(self, *hold)?;
                self.run(ReturnPoints {
                    account: who,
                    hold,
                    points: some(points, *permille)?,
                })
            }
            Act::Hold { permille } => {
                let points = some(self.statement(who).available, *permille)?;
                let lines = vec![jifen_tests::story::line("X:10000.00")];
                let answer = self.run(PlaceHold {
                    account: who,
                    points,
                    lines,
                });
                if let Ok(Answer {
                    receipt: Receipt::Held(held),
                    ..
                }) = &answer
                {
                    self.holds.push((who, held.hold, held.points));
                }
                answer
            }
            Act::Capture { hold, permille } => {
                let (_, hold, points) = hold_of(self, *hold)?;
                self.run(Capture {
                    account: who,
                    hold,
                    points: some(points, *permille)?,
                })
            }
            Act::Release { hold } => {
                let (_, hold, _) = hold_of(self, *hold)?;
                self.run(VoidHold { account: who, hold })
            }
            Act::Adjust { points } => self.run(Adjust {
                account: who,
                points: *points,
                reason: "goodwill".to_owned(),
                actor: "staff-1".to_owned(),
                approved_by: None,
            }),
            Act::Sanction { state } => self.run(Sanction {
                account: who,
                state: *state,
                reason: "untrue data".to_owned(),
                actor: "staff-1".to_owned(),
            }),
            Act::Wait { minutes } => {
                self.wait(*minutes);
                return None;
            }
            Act::Sweep => {
                self.bench.engine.sweep().unwrap();
                return None;
            }
        })
    }
}

/// What an act takes back of a sale's lines; it may be more than there is.
pub(crate) fn of_pieces(lines: &[Line], pieces: &[(usize, u8, i64)]) -> Vec<RefundLine> {
    let pieces = pieces.iter().map(|(line, by, permille)| {
        let place = line % lines.len();
        let line = &lines[place];
        let of = match by {
            0 => RefundOf::Rest,
            1 => RefundOf::Amount(Money::from_minor(part(line.paid.minor(), *permille))),
            _ => RefundOf::Quantity(
                Quantity::of_thousandths(part(line.quantity.thousandths(), *permille)).unwrap(),
            ),
        };
        RefundLine {
            line: number(place),
            of,
        }
    });
    pieces.collect()
}

/// A sale never earns negative points, a refund never gives any, and no carry leaves `0 <= carry < per` (semantics §2).
fn check_signs(answer: &Answer) {
    let traces = match &answer.receipt {
        Receipt::Sold(sold) => {
            assert!(
                sold.traces.iter().all(|trace| 0 <= trace.points),
                "{sold:?}"
            );
            &sold.traces
        }
        Receipt::Refunded(refunded) => {
            assert!(
                refunded.traces.iter().all(|trace| trace.points <= 0),
                "{refunded:?}"
            );
            &refunded.traces
        }
        Receipt::Opened(_)
        | Receipt::Held(_)
        | Receipt::Captured(_)
        | Receipt::Voided(_)
        | Receipt::PointsReturned(_)
        | Receipt::Adjusted(_)
        | Receipt::Sanctioned(_)
        | Receipt::Identified(_)
        | Receipt::Joined(_)
        | Receipt::Corrected(_)
        | Receipt::CardReissued(_)
        | Receipt::Merged(_)
        | Receipt::Unmerged(_) => return,
    };
    for trace in traces {
        assert!(Exact::ZERO <= trace.carry_after, "{trace:?}");
    }
}

/// Which refund lines come in which order and in which commands: each line's rest comes last of that line.
pub(crate) fn arranged(refunds: &[RefundLine], order: &[u16]) -> Vec<Vec<RefundLine>> {
    let mut keyed: Vec<(u16, RefundLine)> = refunds
        .iter()
        .enumerate()
        .map(|(place, refund)| {
            (
                order[place % order.len()].rotate_left(place as u32),
                *refund,
            )
        })
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    // The places of a line stay, and its rest goes to the last of them.
    let mut sequence: Vec<RefundLine> = keyed.iter().map(|(_, refund)| *refund).collect();
    for line in 1..=10 {
        let places: Vec<usize> = (0..sequence.len())
            .filter(|place| sequence[*place].line == line)
            .collect();
        let mut of_line: Vec<RefundLine> = places.iter().map(|place| sequence[*place]).collect();
        of_line.sort_by_key(|refund| refund.of == RefundOf::Rest);
        for (place, refund) in places.into_iter().zip(of_line) {
            sequence[place] = refund;
        }
    }
    let mut commands: Vec<Vec<RefundLine>> = Vec::new();
    for ((key, _), refund) in keyed.iter().zip(sequence) {
        match commands.last_mut() {
            Some(command) if key % 3 == 0 => command.push(refund),
            _ => commands.push(vec![refund]),
        }
    }
    commands
}
