//! One bit of a row flips on the disk: `verify` names the row, every reader says so and none panics, and everybody else is
//! served (SEC-01; privacy §1).

use jifen::domain::refusal::Refusal;
use jifen::engine::receipt::Outcome;
use jifen::policy::grant::{Ask, decide};
use jifen::store::{Home, Table, Verdict};
use jifen_tests::people::{Form, Person, Shop};
use jifen_tests::wishes::numbered;

/// A shop with two members, who bought something, and the token of the first one's sale.
fn shop() -> (Shop, Person, Person, String) {
    let shop = Shop::in_memory();
    let [anna, bo] = [1, 2].map(|number| shop.join(&numbered(number), &Form::of(number)));
    let token = shop.shown(&numbered(3), &anna);
    shop.sell(&numbered(4), &token, "s1", &[]).unwrap();
    let of_bo = shop.shown(&numbered(5), &bo);
    shop.sell(&numbered(6), &of_bo, "s2", &[]).unwrap();
    for who in [&anna, &bo] {
        shop.engine()
            .sign_in(&who.card, &who.pin, "kiosk-1")
            .unwrap();
    }
    shop.bench.assert_verified("before any bit flips");
    (shop, anna, bo, token)
}

fn put(shop: &Shop, table: &'static str, key: &[u8], value: Vec<u8>) {
    let key = key.to_vec();
    let ticket = shop.store.submit(
        Home::Node,
        Box::new(move |tx| {
            tx.put(Table::new(table), &key, value.clone()).unwrap();
            Verdict::Keep
        }),
    );
    assert_eq!(ticket.wait(), Ok(Verdict::Keep));
}

/// Flips bits of one row, one after another: each time a difference has this table's name in it, and `look` sees a shop
/// that was opened on it.
fn check(shop: &Shop, table: &'static str, key: &[u8], look: impl Fn(&Shop)) {
    let rows = &shop.rows()[table];
    let (_, right) = rows.iter().find(|row| row.0 == key).expect("the row");
    let bits = 8 * right.len();
    // Every bit of the first bytes and of the last ones, and some between: each byte of a value is covered alike.
    let some = (0..bits).filter(|bit| *bit < 48 || bits - 16 <= *bit || bit % 61 == 0);
    for bit in some {
        let mut value = right.clone();
        value[bit / 8] ^= 1 << (bit % 8);
        put(shop, table, key, value);
        assert_named(shop, table, bit);
        look(&shop.reopened(2));
    }
    put(shop, table, key, right[..right.len() - 1].to_vec());
    assert_named(shop, table, bits);
    put(shop, table, key, right.clone());
    shop.bench.assert_verified("after the row was mended");
}

fn assert_named(shop: &Shop, table: &str, bit: usize) {
    let verified = shop.engine().verify(&mut |_, _| {}).expect("it reads on");
    let named = verified.differences.iter().any(|difference| {
        difference.code == "row_unreadable" && difference.to_string().contains(table)
    });
    assert!(named, "{table}, bit {bit}: {:?}", verified.differences);
}

/// The other member notices nothing.
fn assert_served(shop: &Shop, bo: &Person) {
    assert!(shop.engine().sign_in(&bo.card, &bo.pin, "kiosk-1").is_ok());
    assert!(shop.own_data(bo.member).is_ok());
    assert!(shop.engine().statement(bo.account).is_ok());
    assert!(shop.identify(&numbered(50), &bo.card).is_ok());
}

#[test]
fn a_members_row() {
    let (shop, anna, bo, token) = shop();
    let looks = std::cell::Cell::new(0_u32);
    check(&shop, "members", anna.member.as_bytes(), |shop| {
        let damaged = Refusal::StoreDamaged;
        assert_eq!(shop.own_data(anna.member).err(), Some(damaged.clone()));
        // Hashing is slow: the others are looked at every tenth time.
        if looks.replace(looks.get() + 1).is_multiple_of(10) {
            let signed_in = shop.engine().sign_in(&anna.card, &anna.pin, "kiosk-1");
            assert_eq!(signed_in.err(), Some(damaged));
            assert_served(shop, &bo);
        }
        // What the till does needs nothing of who it is.
        assert!(shop.identify(&numbered(51), &anna.card).is_ok());
        assert!(shop.engine().holder(&token).is_ok());
        assert!(shop.engine().statement(anna.account).is_ok());
    });
}

#[test]
fn a_row_of_attempts_to_sign_in() {
    let (shop, anna, bo, _) = shop();
    let looks = std::cell::Cell::new(0_u32);
    check(&shop, "sign_ins", anna.member.as_bytes(), |shop| {
        let signed_in = shop.engine().sign_in(&anna.card, &anna.pin, "kiosk-1");
        assert_eq!(signed_in.err(), Some(Refusal::StoreDamaged));
        assert!(shop.own_data(anna.member).is_ok());
        if looks.replace(looks.get() + 1).is_multiple_of(10) {
            assert_served(shop, &bo);
        }
    });
}

#[test]
fn a_row_of_an_address() {
    let shop = Shop::in_memory();
    let wants_letters = |number| Form {
        consents: vec![("direct_mail", true)],
        ..Form::of(number)
    };
    let [anna, bo] = [1, 2].map(|number| shop.join(&numbered(number), &wants_letters(number)));
    let own = |person: &Person| {
        let (signed_in, member) = (person.member, person.member);
        decide(&Ask::OwnData { signed_in, member }).unwrap()
    };
    for who in [&anna, &bo] {
        let told = ("人民路 1 号", "200001");
        let set = shop
            .engine()
            .set_address(who.member, told, "kiosk-1", &own(who));
        assert_eq!(set, Ok(()));
    }
    check(&shop, "postal", anna.member.as_bytes(), |shop| {
        let address = |who: &Person| shop.engine().own_address(who.member, &own(who));
        assert_eq!(address(&anna).err(), Some(Refusal::StoreDamaged));
        assert!(address(&bo).unwrap().is_some());
        assert!(shop.own_data(anna.member).is_ok());
    });
}

#[test]
fn a_sale_tokens_row() {
    let (shop, _, bo, token) = shop();
    let key = jifen::vault::tokens::SaleToken::parse(&token)
        .unwrap()
        .row_key();
    check(&shop, "tokens", &key, |shop| {
        let holder = shop.engine().holder(&token).map(|_| ());
        assert_eq!(holder, Err(Refusal::StoreDamaged));
        let sold = shop.sell(&numbered(60), &token, "s9", &[]).map(|_| ());
        assert_eq!(sold, Err(Refusal::StoreDamaged));
        assert!(shop.engine().statement(bo.account).is_ok());
    });
}

#[test]
fn an_answer() {
    let (shop, anna, bo, token) = shop();
    // The answer of the sale: the row that has its key's time and is not there without it.
    let before = shop.rows()["receipts"].clone();
    let sold = shop
        .identify(&numbered(7), &anna.card)
        .unwrap()
        .token
        .text();
    shop.sell(&numbered(8), &sold, "s3", &[]).unwrap();
    let after = shop.rows()["receipts"].clone();
    let mut new = after
        .iter()
        .filter(|row| !before.iter().any(|old| old.0 == row.0));
    let key = new.next().unwrap().0.clone();
    assert!(new.next().is_none());
    assert!(matches!(
        shop.engine().status(&numbered(8)),
        Ok(Some(Outcome::Done(_)))
    ));
    check(&shop, "receipts", &key, |shop| {
        let damaged = Refusal::StoreDamaged;
        assert_eq!(shop.engine().status(&numbered(8)), Err(damaged.clone()));
        // A retry is not done a second time because its answer cannot be read.
        let again = shop.sell(&numbered(8), &sold, "s3", &[]).map(|_| ());
        assert_eq!(again, Err(damaged));
        assert!(shop.engine().statement(anna.account).is_ok());
        assert!(shop.engine().status(&numbered(4)).is_ok());
        assert!(shop.engine().holder(&token).is_ok());
        assert!(shop.engine().statement(bo.account).is_ok());
    });
}
