//! Versions of a programme: immutable, effective-dated, each with its own rules for its own sales (semantics 5, 10, 32).

use jifen::domain::ids::SaleId;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::open::Open;
use jifen::engine::programmes::ActivateError;
use jifen::engine::receipt::Receipt;
use jifen::engine::refund::TakeRefund;
use jifen::engine::sale::TakeSale;
use jifen::engine::tokens::Presented;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::ledger::sale::ReceiptNo;
use jifen_tests::bench::{Bench, DEMO, account, admitted, key};
use jifen_tests::story::line;

struct Shop {
    bench: Bench,
    keys: u64,
}

/// Noon in Shanghai on a day of 2017.
fn noon(day: &str) -> Moment {
    format!("2017-{day}T12:00:00+08:00").parse().unwrap()
}

/// The demo programme from a day on, with some of its text replaced.
fn version(day: &str, changes: &[(&str, &str)]) -> String {
    let mut text = DEMO.replace("2017-01-01T00", &format!("2017-{day}T00"));
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

impl Shop {
    fn new() -> Self {
        let bench = Bench::in_memory(DEMO);
        let mut shop = Self { bench, keys: 0 };
        shop.at(noon("03-01"));
        let open = Open {
            account: admitted(&shop.bench.engine, "A"),
            reference: "A".into(),
            gift: false,
        };
        let key = shop.key();
        shop.bench.engine.run(&key, open).unwrap();
        shop
    }

    fn at(&mut self, now: Moment) {
        self.bench.clock.follow(now);
    }

    fn key(&mut self) -> jifen::engine::commit::IdempotencyKey {
        self.keys += 1;
        key(self.bench.engine.now(), self.keys)
    }

    fn receipt(&self) -> ReceiptNo {
        ReceiptNo {
            store: "1".into(),
            till: "1".into(),
            number: self.keys.to_string(),
        }
    }

    /// Points of a sale.
    fn sell(&mut self, amount: &str, sold_at: Moment) -> (SaleId, i64) {
        let key = self.key();
        let lines = vec![line(&format!("P:{amount}"))];
        let sale = TakeSale {
            account: account("A"),
            receipt: self.receipt(),
            sold_at,
            lines,
            holds: vec![],
            presented: Presented::default(),
        };
        let Receipt::Sold(sold) = self.bench.engine.run(&key, sale).unwrap().receipt else {
            panic!()
        };
        (sold.sale, sold.earned.count())
    }

    /// Points that a refund of a whole sale takes back.
    fn refund(&mut self, sale: SaleId) -> i64 {
        let key = self.key();
        let lines = vec![RefundLine {
            line: 1,
            of: RefundOf::Rest,
        }];
        let refund = TakeRefund {
            account: account("A"),
            receipt: self.receipt(),
            sale,
            lines,
        };
        let Receipt::Refunded(done) = self.bench.engine.run(&key, refund).unwrap().receipt else {
            panic!()
        };
        done.clawback.count()
    }
}

#[test]
fn each_sale_and_its_refunds_keep_the_rules_of_their_day() {
    let mut shop = Shop::new();
    let (spring, earned) = shop.sell("10.50", noon("03-01"));
    assert_eq!(earned, 10);
    shop.bench
        .engine
        .activate(&version("06-01", &[("per = \"1.00\"", "per = \"2.00\"")]))
        .unwrap();

    shop.at(noon("05-31"));
    assert_eq!(
        shop.sell("0.50", noon("05-31")).1,
        1,
        "the old rule and its carry"
    );
    shop.at(noon("06-01"));
    assert_eq!(
        shop.sell("3.00", noon("06-01")).1,
        1,
        "the new rule begins with no carry"
    );
    assert_eq!(
        shop.sell("1.00", noon("06-01")).1,
        1,
        "and carries on its own"
    );
    // A late sale earns by the rules of its own day, on their carry.
    assert_eq!(shop.sell("0.40", noon("05-31")).1, 0);
    assert_eq!(shop.sell("0.60", noon("05-31")).1, 1);
    // So does a refund.
    assert_eq!(
        shop.refund(spring),
        11,
        "10.50 of 12.00 at 1.00 each leave 1.50"
    );
    shop.bench.assert_verified("versions");
}

#[test]
fn a_version_that_leaves_a_rule_alone_shares_its_carry() {
    let mut shop = Shop::new();
    shop.sell("10.50", noon("03-01"));
    let renamed = version("06-01", &[("version = \"2017.1\"", "version = \"2017.2\"")]);
    shop.bench.engine.activate(&renamed).unwrap();
    shop.at(noon("06-01"));
    assert_eq!(shop.sell("0.50", noon("06-01")).1, 1);
    shop.bench.assert_verified("versions");
}

/// The tier of a late sale, by the points it earns for 10.00.
fn late(shop: &mut Shop, day: &str) -> i64 {
    shop.sell("10.00", noon(day)).1
}

#[test]
fn a_new_window_weighs_no_day_before_its_version() {
    let rolling = ("window = \"lifetime\"", "window = { rolling_months = 2 }");
    let mut shop = Shop::new();
    shop.sell("5000.00", noon("03-01"));
    shop.bench
        .engine
        .activate(&version("09-01", &[rolling]))
        .unwrap();
    shop.at(noon("08-30"));
    assert_eq!(
        late(&mut shop, "08-30"),
        15,
        "senior for life, by the first version"
    );
    shop.at(noon("09-02"));
    assert_eq!(
        late(&mut shop, "08-31"),
        15,
        "the second says nothing of August"
    );
    // What is sold in August leaves the new window in November; then the metric is weighed, and the tier falls.
    shop.at(noon("11-02"));
    assert_eq!(late(&mut shop, "11-02"), 10);
    shop.bench.assert_verified("versions");
}

#[test]
fn what_an_old_window_let_fall_stays_fallen_under_a_new_one() {
    let rolling = DEMO.replace("window = \"lifetime\"", "window = { rolling_months = 2 }");
    let mut shop = Shop {
        bench: Bench::in_memory(&rolling),
        keys: 0,
    };
    shop.at(noon("03-01"));
    let (key, account) = (shop.key(), admitted(&shop.bench.engine, "A"));
    shop.bench
        .engine
        .run(
            &key,
            Open {
                account,
                reference: "A".into(),
                gift: false,
            },
        )
        .unwrap();
    shop.sell("5000.00", noon("03-01"));
    shop.bench.engine.activate(&version("09-01", &[])).unwrap();
    // Nobody has looked since May, when the tier fell.
    shop.at(noon("09-02"));
    assert_eq!(late(&mut shop, "08-20"), 10);
    shop.bench.assert_verified("versions");
}

#[test]
fn a_version_never_rewrites_history() {
    let mut shop = Shop::new();
    assert!(
        shop.bench.engine.activate(DEMO).is_ok(),
        "the same text again changes nothing"
    );
    let past = version("02-01", &[("points = 1\n", "points = 2\n")]);
    assert!(matches!(
        shop.bench.engine.activate(&past),
        Err(ActivateError::Late { .. })
    ));
    let dollars = version("06-01", &[("CNY", "USD")]);
    assert!(matches!(
        shop.bench.engine.activate(&dollars),
        Err(ActivateError::Versions(_))
    ));
    let broken = version("06-01", &[("points = 1\n", "points = -1\n")]);
    assert!(matches!(
        shop.bench.engine.activate(&broken),
        Err(ActivateError::File(_))
    ));
    assert_eq!(shop.sell("10.00", noon("03-01")).1, 10);
}

#[test]
fn nothing_is_sold_before_the_first_version() {
    let mut shop = Shop::new();
    let key = shop.key();
    let sale = TakeSale {
        account: account("A"),
        receipt: shop.receipt(),
        sold_at: "2016-12-31T15:59:59Z".parse().unwrap(),
        lines: vec![line("P:1.00")],
        holds: vec![],
        presented: Presented::default(),
    };
    assert_eq!(
        shop.bench.engine.run(&key, sale),
        Err(Refusal::BeforeProgramme)
    );
}
