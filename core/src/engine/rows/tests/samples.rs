//! What the rows of the tests hold.

use super::*;

pub(super) fn points(count: i64) -> Points {
    Points::new(count).unwrap()
}

/// Some days after 2017-03-01T04:00:00Z.
pub(super) fn moment(days: u32) -> Moment {
    Moment::from_millis(1_488_340_800_000).plus_days(days)
}

pub(super) fn day() -> Day {
    Day::from_ymd(2017, 3, 1).unwrap()
}

pub(super) fn multiplier() -> Multiplier {
    Multiplier::from_decimal(Decimal::new(1_333, 3)).unwrap()
}

pub(super) fn exact() -> Exact {
    Exact::of(Money::from_minor(199))
        .unwrap()
        .times(multiplier())
        .unwrap()
}

pub(super) fn account_id() -> AccountId {
    AccountId::from_bytes([0xa5; 16])
}

pub(super) fn receipt_no() -> ReceiptNo {
    ReceiptNo {
        store: "1".to_owned(),
        till: "till-2".to_owned(),
        number: "20170301-0001".to_owned(),
    }
}

pub(super) fn carry() -> CarryId {
    CarryId::from_bytes([9, 8, 7, 6, 5, 4, 3, 2])
}

pub(super) fn parts() -> Vec<Part> {
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

pub(super) fn grant(expires_at: Option<Moment>) -> LotGrant {
    LotGrant {
        id: LotId::new(4, [3; 8]),
        points: points(210),
        earned_at: moment(0),
        available_at: moment(2),
        expires_at,
    }
}

pub(super) fn lot(expires_at: Option<Moment>) -> Lot {
    Lot {
        grant: grant(expires_at),
        remaining: points(150),
        held: points(20),
        lapsed: points(10),
    }
}

pub(super) fn trace(capped: Option<Cap>) -> Trace {
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

pub(super) fn captured() -> HoldState {
    HoldState::Captured {
        points: points(50),
        worth: Money::from_minor(50),
        at: moment(1),
        sale: Some(SaleId::new(7, [1; 8])),
        returned: points(5),
    }
}

pub(super) fn hold(state: HoldState) -> HoldRow {
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

pub(super) fn entry(movement: Movement) -> EntryRow {
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

pub(super) fn receipt_row(outcome: Outcome) -> ReceiptRow {
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

pub(super) fn sale() -> Sale {
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

pub(super) fn record() -> AccountRecord {
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

/// Each account to the next one.
pub(super) fn postings(accounts: &[JournalAccount]) -> Vec<Posting> {
    let pairs = accounts.windows(2);
    let posting = |pair: &[JournalAccount]| Posting {
        debit: pair[0],
        credit: pair[1],
        points: points(300),
    };
    pairs.map(posting).collect()
}

fn moved_lot() -> MovedLot {
    MovedLot {
        grant: grant(Some(moment(9))),
        remaining: points(40),
        lapsed: points(2),
    }
}

fn carry_moved(lot: Option<LotGrant>) -> CarryMoved {
    CarryMoved {
        rule: "base".to_owned(),
        carry: carry(),
        before: exact(),
        after: Exact::ZERO,
        moved: exact(),
        points: -84,
        whole: points(1),
        lot,
    }
}

pub(super) fn arrival() -> Arrival {
    Arrival {
        from: account_id(),
        lots: vec![moved_lot()],
        carries: vec![carry_moved(Some(grant(None))), carry_moved(None)],
        debt: points(3),
        days: vec![(day(), Money::from_minor(19_999))],
        older: Money::from_minor(500_000),
        totals: record().account.totals,
        state_before: AccountState::Active,
        state: AccountState::Warned,
        last_sale: Some(SaleId::new(7, [1; 8])),
    }
}

pub(super) fn departure() -> Departure {
    Departure {
        to: account_id(),
        given_back: parts(),
        taken: parts(),
        lapsed: parts(),
        loss: points(1),
        lots: vec![moved_lot()],
        mirrors: vec![grant(None)],
        carries: vec![carry_moved(None)],
        debt: points(3),
        days: vec![(day(), Money::from_minor(-1))],
        older: Money::from_minor(1),
        totals: record().account.totals,
        state: AccountState::Active,
        last_sale: None,
    }
}
