//! Backups of before a merge, of between and of after it: each comes back as it was, and a pair that was erased since does
//! not come back at all (semantics 17, privacy §4).

use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::audit::Actor;
use jifen::engine::erase::By;
use jifen::engine::merge::Confirmation;
use jifen_tests::bench::DEMO;
use jifen_tests::people::{Form, PIN, Person, Shop};
use jifen_tests::wishes::numbered;

use super::restore::{back_up, bring_back, copy_folder, keys_in, open, reopen};

fn balances(shop: &Shop, people: &[Person; 2]) -> [i64; 2] {
    people.each_ref().map(|who| {
        let balance = shop.engine().balance(who.account).unwrap();
        balance.balance.count()
    })
}

#[test]
fn a_pair_comes_back_as_the_backup_had_it_and_never_after_its_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_in(&path("keys"), 1);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    let actor = Actor::operator();
    let people = [1, 2].map(|number| shop.join(&numbered(number), &Form::of(1)));
    for (number, who) in (10..).step_by(10).zip(&people) {
        shop.engine()
            .verify_phone_by_staff(who.member, &actor)
            .unwrap();
        let token = shop.shown(&numbered(number), who);
        let slip = number.to_string();
        shop.sell(&numbered(number + 1), &token, &slip, &[])
            .unwrap();
    }
    let [one, other] = people.each_ref().map(|who| who.member);
    back_up(&shop, &path("before"));
    let said = Confirmation {
        confirmed: true,
        pin: PIN,
        codes: &[],
        device: "kiosk-1",
    };
    let proof = shop.engine().prove_merge(one, other, &said).unwrap();
    shop.engine()
        .merge(&numbered(50), one, other, proof, &actor)
        .unwrap();
    let token = shop.shown(&numbered(51), &people[1]);
    shop.sell(&numbered(52), &token, "52", &[]).unwrap();
    back_up(&shop, &path("between"));
    shop.engine()
        .unmerge(&numbered(53), one, other, &actor)
        .unwrap();
    back_up(&shop, &path("undone"));
    drop(shop);

    // The PIN was asked for once, which brought the gift of 100 to the survivor.
    for (backup, stands, merges) in [
        ("before", [200, 200], 0),
        ("between", [700, 700], 1),
        ("undone", [300, 400], 0),
    ] {
        let store = path(&format!("{backup}.redb"));
        let restored = bring_back(&path(backup), &keys, &store);
        assert_eq!(
            (restored.damaged, restored.dropped_accounts),
            (0, 0),
            "{backup}"
        );
        let shop = reopen(&store, &keys, 2);
        shop.bench.assert_verified(backup);
        assert_eq!(balances(&shop, &people), stands, "{backup}");
        assert_eq!(
            shop.engine().merges_of(one).unwrap().len(),
            merges,
            "{backup}"
        );
    }

    // One half alone comes back where its key is the only one left; asking once more erases it.
    copy_folder(&path("keys"), &path("half"));
    let half = keys_in(&path("half"), 3);
    half.keybox().erase(&other).unwrap();
    let restored = bring_back(&path("between"), &half, &path("half.redb"));
    assert_eq!(restored.dropped_accounts, 1);
    let shop = reopen(&path("half.redb"), &half, 4);
    let lost = Points::new(700).unwrap();
    shop.engine()
        .erase(&numbered(60), one, By::Operator, lost)
        .unwrap();
    shop.bench.assert_verified("the half that was left");
    drop(shop);

    // Erased by either card, the pair is in no backup for whoever has the keys of now.
    let shop = reopen(&path("between.redb"), &keys, 5);
    shop.engine()
        .erase(&numbered(61), other, By::Operator, lost)
        .unwrap();
    shop.bench.assert_verified("erased");
    drop(shop);
    for backup in ["before", "between", "undone"] {
        let store = path(&format!("{backup}-later.redb"));
        let restored = bring_back(&path(backup), &keys, &store);
        assert_eq!(
            (restored.dropped_accounts, restored.dropped_members),
            (2, 2),
            "{backup}"
        );
        let shop = reopen(&store, &keys, 6);
        shop.bench.assert_verified(backup);
        for table in ["accounts", "members", "lots", "sales", "entries", "merged"] {
            assert!(shop.rows()[table].is_empty(), "{backup}: {table}");
        }
        let card = &people[1].card;
        let unknown = shop.engine().sign_in(card, PIN, "kiosk-1");
        assert_eq!(unknown.unwrap_err(), Refusal::SignInFailed);
    }
}
