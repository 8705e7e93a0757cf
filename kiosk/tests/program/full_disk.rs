//! A disk that fills up, made without privileges: a limit on the length of files, whose signal is ignored, so that a
//! write beyond it fails as on a full disk.

use std::fs;

use crate::caller::{Place, Said, YEAR, has_chinese, number_before};

/// Calls the program where no file may grow beyond `bytes`.
fn with_room_for(place: &Place, bytes: u64, words: &str) -> Said {
    // The unit is a block of 512 bytes, or 1,024 in some shells: then there is room for twice as much.
    let script = format!(
        "trap '' XFSZ; ulimit -f {}; exec {} {words}",
        bytes / 512,
        env!("CARGO_BIN_EXE_jifen")
    );
    Said::of(
        &place.command("sh").args(["-c", &script]).output().unwrap(),
        &script,
    )
}

fn is_coded(said: &Said) {
    said.ends(4);
    let told = said.told();
    assert!(
        ["jifen: disk_full", "jifen: outcome_unknown", "jifen: io"].contains(&told[0]),
        "{said:?}"
    );
    assert!(!has_chinese(told[1]) && has_chinese(told[2]), "{said:?}");
}

#[test]
fn a_replay_on_a_full_disk_is_coded_and_ends_the_same_when_there_is_room() {
    let place = Place::new();
    let replay = format!("replay {YEAR} --programme demo.toml --report report.csv --data data");
    let (_, undisturbed) = place.replay(YEAR, "--data whole");
    let length = fs::metadata(place.path("whole/store.redb")).unwrap().len();
    fs::remove_file(place.path("report.csv")).unwrap();

    let mut sales = 0;
    for room in [length / 8, length / 4, length * 3 / 8] {
        let said = with_room_for(&place, room, &replay);
        is_coded(&said);
        assert!(!place.path("report.csv").exists());
        // Still without room it can be read, and still it says so.
        let verified = with_room_for(&place, room, "verify --data data");
        verified.ends(0);
        assert!(
            verified.out.ends_with("verify: 0 differences\n"),
            "{verified:?}"
        );
        let now = number_before(&verified.out, " sales");
        assert!(sales <= now && now < 3_463, "{sales}, then {now}");
        sales = now;
        is_coded(&with_room_for(&place, room, &replay));
    }
    assert!(0 < sales, "the disk was full from the beginning");
    let (_, report) = place.replay(YEAR, "--data data");
    assert_eq!(report, undisturbed);
    assert_eq!(place.verified(), 3_463);
}

#[test]
fn a_disk_that_is_full_from_the_beginning_leaves_nothing_in_the_way() {
    let place = Place::new();
    let words = "replay small.csv --programme demo.toml --report report.csv --data data";
    for room in [1_024, 4_096, 65_536] {
        is_coded(&with_room_for(&place, room, words));
    }
    place.replay("small.csv", "--data data");
    assert_eq!(place.verified(), 7);
}
