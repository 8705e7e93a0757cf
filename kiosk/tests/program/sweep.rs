//! `jifen sweep`: beside a server that is open, and in a store that only its own clock would let sweep.

use crate::caller::Place;
use crate::store::{Person, Store};

#[test]
fn a_sweep_beside_the_server_says_what_is_past_its_keeping() {
    let mut store = Store::new();
    store.start();
    store.register(&Person::new("孙留店", "13900139000", "204957"));
    for words in ["sweep --dry-run", "sweep"] {
        let said = store.jifen(words);
        said.ends(0);
        assert_eq!(said.out, "nothing is past its keeping\n");
        let said = store.jifen(&format!("{words} --lang zh"));
        said.ends(0);
        assert_eq!(said.out, "没有超过保存期限的记录\n");
    }
}

/// A machine whose clock shows years after the last commit may be wrong: nothing is destroyed by it.
#[test]
fn a_store_that_was_shut_for_years_is_not_swept_by_itself() {
    let place = Place::new();
    place.replay("small.csv", "--data data");
    for words in ["sweep --dry-run", "sweep"] {
        let said = place.jifen(&format!("{words} --data data --keys data-keys"));
        said.refuses(1, "clock_untrusted");
    }
    assert_eq!(place.verified(), 7);
}

#[test]
fn a_shop_that_would_keep_records_for_too_long_does_not_start() {
    let place = Place::new();
    place.write("jifen.toml", "[retention]\nidentity_days = 31\n");
    let said = place.jifen("serve");
    said.refuses(2, "bad_settings");
    said.mentions("out_of_range");
}
