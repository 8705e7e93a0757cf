//! The audit of a shop: log-ins with a leaf a day, and a copy that verifies where the store is not (AUD-01, AUD-03).

use jifen::audit::check::check;
use jifen::audit::copy::{AuditCopy, Notes};
use jifen::engine::open::Open;
use jifen_tests::people::{Form, Shop};
use jifen_tests::wishes::numbered;

use super::erasure::{KIOSK, shop};

#[test]
fn log_ins_are_recorded_closed_and_dropped_in_their_time() {
    let (shop, anna, bo) = shop();
    assert!(
        shop.engine()
            .sign_in(&anna.card, "735102", "phone")
            .is_err()
    );
    let of_anna = shop.engine().logins(anna.member).unwrap();
    let seen: Vec<_> = of_anna
        .iter()
        .map(|it| (it.device.as_str(), it.success))
        .collect();
    assert_eq!(
        seen,
        [("kiosk-1", false), ("kiosk-1", true), ("phone", false)]
    );
    assert_eq!(shop.engine().logins(bo.member).unwrap().len(), 2);

    let day = 24 * 3_600_000;
    assert_eq!(shop.engine().close_login_days(190), Ok(0));
    let before = shop.engine().audit_size().unwrap();
    shop.wait(day);
    assert_eq!(shop.engine().close_login_days(190), Ok(0));
    assert_eq!(shop.engine().audit_size(), Ok(before + 1), "one leaf a day");
    assert_eq!(shop.engine().close_login_days(190), Ok(0));
    assert_eq!(
        shop.engine().audit_size(),
        Ok(before + 1),
        "and no second one"
    );
    shop.bench.assert_verified("with a closed day");

    shop.wait(189 * day);
    assert_eq!(shop.engine().close_login_days(190), Ok(0));
    shop.wait(day);
    assert_eq!(shop.engine().close_login_days(190), Ok(5));
    assert!(shop.engine().logins(anna.member).unwrap().is_empty());
    shop.bench.assert_verified("without the day's rows");
}

#[test]
fn after_a_thousand_erasures_the_audit_verifies_where_the_store_is_not() {
    let shop = Shop::in_memory();
    let stays = shop.join(&numbered(1), &Form::of(1));
    let folder = tempfile::tempdir().unwrap();
    let mut copy = AuditCopy::open(folder.path()).unwrap();
    let mut receipts = Vec::new();
    for number in 0..1_000_u64 {
        let account = shop.engine().draw_account().unwrap();
        let open = Open {
            account,
            reference: format!("guest-{number}"),
            gift: number.is_multiple_of(3),
        };
        shop.engine().run(&numbered(10_000 + number), open).unwrap();
        let member = shop.engine().member_of_account(account).unwrap();
        let points = shop.engine().balance(account).unwrap().balance;
        let receipt = shop
            .engine()
            .erase(&numbered(20_000 + number), member, KIOSK, points);
        receipts.push(receipt.unwrap());
        if number.is_multiple_of(100) {
            follow(&shop, &mut copy);
            copy.add_checkpoint(&shop.engine().checkpoint().unwrap().note)
                .unwrap();
        }
    }
    follow(&shop, &mut copy);
    let key = shop.engine().audit_verifier().unwrap();
    copy.set_key(&key).unwrap();
    let last = shop.engine().checkpoint().unwrap();
    copy.add_checkpoint(&last.note).unwrap();
    drop(copy);

    let outside = Notes::of_text("outside", &last.note);
    let report = check(folder.path(), Some(&key), &outside).unwrap();
    assert!(report.is_clean(), "{:?}", report.faults);
    assert!(1_500 < report.leaves, "{}", report.leaves);
    assert_eq!(report.checkpoints, 11);
    for receipt in receipts.iter().step_by(97) {
        assert_eq!(receipt.check(&key).map(|leaf| leaf.seq), Ok(receipt.index));
    }
    shop.bench.assert_verified("after a thousand erasures");
    assert!(shop.own_data(stays.member).is_ok());
}

/// What is new in the audit goes into its copy.
fn follow(shop: &Shop, copy: &mut AuditCopy) {
    let lines = shop.engine().audit_lines(copy.len(), usize::MAX).unwrap();
    copy.append(&lines).unwrap();
}
