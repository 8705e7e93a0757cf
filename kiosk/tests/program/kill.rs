//! `kill -9` in the middle of a replay, at several moments, once and twice: what was answered is in, everything adds up,
//! and the same replay again writes the report of an undisturbed run, byte for byte.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::time::SystemTime;

use crate::caller::{Place, Running, YEAR};

/// Kills a replay of the year when so much of the file was read; true when it was hit alive. With `writes`, it lives on
/// until the store's file was written so often again.
fn kill_at(place: &Place, way: &str, percent: u32, writes: u32) -> bool {
    let call = place.call(&format!(
        "replay {YEAR} --programme demo.toml --report report.csv --data data {way}"
    ));
    let mut running = Running::begin(call);
    if running.wait_for(percent) {
        let store = place.path("data/store.redb");
        let written = || fs::metadata(&store).and_then(|file| file.modified()).ok();
        for _ in 0..writes {
            let before: Option<SystemTime> = written();
            while written() == before && running.child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
        }
        running.child.kill().unwrap();
    }
    running.child.wait().unwrap().signal() == Some(9)
}

#[test]
fn a_killed_replay_goes_on_to_the_same_report() {
    let moments = [(10, 2), (30, 0), (50, 1), (60, 0), (70, 3), (90, 0)];
    kill_and_go_on("", &moments);
}

/// Its server goes with it, and the tills are others the next time.
#[test]
fn a_replay_over_http_that_is_killed_goes_on_to_the_same_report() {
    kill_and_go_on("--via http", &[(20, 0), (50, 4), (80, 1), (90, 9)]);
}

fn kill_and_go_on(way: &str, moments: &[(u32, u32)]) {
    let place = Place::new();
    let (_, undisturbed) = place.replay(YEAR, "--memory");
    fs::remove_file(place.path("report.csv")).unwrap();

    let mut hit = 0;
    for &(percent, writes) in moments {
        fs::remove_dir_all(place.path("data")).ok();
        fs::remove_dir_all(place.path("data-keys")).ok();
        if !kill_at(&place, way, percent, writes) {
            continue;
        }
        assert!(!place.path("report.csv").exists());
        let sales = place.verified();
        hit += u32::from(0 < sales && sales < 3_463);
        let (said, report) = place.replay(YEAR, &format!("--data data {way}"));
        assert_eq!(report, undisturbed, "killed at {percent} %");
        let known = format!("sales 3463, of these known before {sales}, ");
        assert!(said.out.starts_with(&known), "{known}: {said:?}");
        assert_eq!(place.verified(), 3_463);
        fs::remove_file(place.path("report.csv")).unwrap();
    }
    assert!(2 < hit, "{hit}: hardly ever in the middle");
}

#[test]
fn a_replay_that_is_killed_twice_or_resumed_ends_the_same() {
    let place = Place::new();
    let (_, undisturbed) = place.replay(YEAR, "--memory");
    let mut hit = 0;
    let mut sales = 0;
    for (percent, writes) in [(40, 0), (60, 1), (90, 0)] {
        hit += u32::from(kill_at(&place, "", percent, writes));
        let now = place.verified();
        assert!(sales <= now, "{sales} were in, and now {now}");
        sales = now;
    }
    assert!(2 <= hit, "{hit}");
    assert!(0 < sales && sales < 3_463, "{sales}: never in the middle");
    let (said, report) = place.replay(YEAR, "--data data --resume");
    assert_eq!(report, undisturbed);
    let passed = format!("sales {}, of these known before 0, ", 3_463 - sales);
    assert!(said.out.starts_with(&passed), "{passed}: {said:?}");
    assert_eq!(place.verified(), 3_463);
}
