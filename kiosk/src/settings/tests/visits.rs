//! How long visits wait.

use super::{Patience, check, parse};

#[test]
fn a_shop_says_how_long_its_pages_wait() {
    let text = "[kiosk]\nidle_seconds = 90\ncount_seconds = 30\nwhole_seconds = 600\n";
    let seconds = |settings: super::Settings| {
        let Patience { idle, count, whole } = settings.patience;
        (idle, count, whole)
    };
    assert_eq!(seconds(parse(text, &[]).unwrap()), (90, 30, 600));
    let variable = [("JIFEN_KIOSK_IDLE_SECONDS", "1")];
    assert_eq!(seconds(parse(text, &variable).unwrap()), (1, 30, 600));
}

#[test]
fn nobody_is_waited_for_in_vain_for_long_nor_for_no_time() {
    for (key, seconds) in [
        ("idle_seconds", 0),
        ("idle_seconds", 121),
        ("count_seconds", 0),
        ("count_seconds", 61),
        ("whole_seconds", 0),
        ("whole_seconds", 901),
    ] {
        let text = format!("[kiosk]\n{key} = {seconds}\n");
        check(&text, &[], &["2 out_of_range"]);
    }
    check(
        "[kiosk]\nwhole_seconds = 79\n",
        &[],
        &["2 contradiction `kiosk.whole_seconds`"],
    );
}
