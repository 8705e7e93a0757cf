//! Replays that go well: the same report from a file and from memory, from plain text and gzip, once and again; and
//! reports as of another moment.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::caller::{Place, SMALL, YEAR, number_before};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const REPORT: &str = "\
household_id,sales,qualifying_spend,earned,expired,available,carry,tier,senior_from
7,4,5043.05,5053,0,5053,0.05,senior,2017-03-15T16:00:00Z
9,2,60.01,60,0,60,0.01,ordinary,
11,1,100.00,100,0,100,0.00,ordinary,
";

#[test]
fn the_small_file_comes_to_what_was_worked_out_by_hand() {
    let place = Place::new();
    let (said, report) = place.replay("small.csv", "--data data");
    // 20.25 and 3.80 earn 24, 4,999.00 earns 4,999 with 0.05 left; then 20.00 at 1.5 earn 30. Petrol earns nothing.
    assert_eq!(report, REPORT);
    assert!(
        said.out
            .starts_with("sales 7, of these known before 0, households 3, "),
        "{said:?}"
    );
    assert_eq!(place.verified(), 7);

    let told = place.jifen("explain --data data member 7 earned");
    told.ends(0);
    assert!(told.out.contains("5053"), "{told:?}");
    let told = place.jifen("explain --data data sale 2 1 B5");
    told.ends(0);
    assert!(told.out.contains("4999"), "{told:?}");
    place
        .jifen("explain --data data sale 2 1 B6")
        .refuses(1, "sale_unknown");
    place
        .jifen("explain --data data member 8")
        .refuses(1, "token_unknown");
}

#[test]
fn the_same_replay_again_knows_every_basket_and_reports_the_same() {
    let place = Place::new();
    let (first, report) = place.replay(YEAR, "--data data");
    assert!(
        first
            .out
            .starts_with("sales 3463, of these known before 0, households 40, "),
        "{first:?}"
    );
    let (second, again) = place.replay(YEAR, "--data data");
    assert_eq!(again, report);
    assert!(
        second
            .out
            .starts_with("sales 3463, of these known before 3463, households 40, "),
        "{second:?}"
    );
    let (_, resumed) = place.replay(YEAR, "--data data --resume");
    assert_eq!(resumed, report);
    assert_eq!(place.verified(), 3_463);

    let (_, in_memory) = place.replay(YEAR, "--memory");
    assert_eq!(in_memory, report);
    let year = std::fs::read(YEAR).unwrap();
    place.write("year.csv.gz", gzip(&year));
    let (_, zipped) = place.replay("year.csv.gz", "--memory");
    assert_eq!(zipped, report);
    let (first, second) = year.split_at(year.len() / 3);
    place.write("two.gz", [gzip(first), gzip(second)].concat());
    let (_, in_two) = place.replay("two.gz", "--memory");
    assert_eq!(in_two, report);
}

#[test]
fn line_ends_of_another_system_and_quotes_change_nothing() {
    let place = Place::new();
    place.write("windows.csv", SMALL.replace('\n', "\r\n"));
    place.write(
        "quoted.csv",
        SMALL
            .replace("apples", "\"apples\"")
            .replace("B4", "\"B4\""),
    );
    place.write("unended.csv", SMALL.trim_end());
    place.write("marked.csv", format!("\u{feff}{SMALL}"));
    for file in ["windows.csv", "quoted.csv", "unended.csv", "marked.csv"] {
        let (_, report) = place.replay(file, "--memory");
        assert_eq!(report, REPORT, "{file}");
    }
}

#[test]
fn a_report_is_as_of_the_moment_asked_for() {
    let place = Place::new();
    let expired_and_available = |household: &str, moment: &str| {
        let (_, report) = place.replay("small.csv", &format!("--data data --as-of {moment}"));
        let row = report
            .lines()
            .find(|row| row.starts_with(household))
            .unwrap();
        let cells: Vec<&str> = row.split(',').collect();
        format!("{} {}", cells[4], cells[5])
    };
    // Sold on 15 March 2017 in Shanghai: usable through 15 March 2018, whatever the offset it is asked in.
    for (moment, expected) in [
        ("2018-03-15T23:59:59.999+08:00", "0 100"),
        ("2018-03-16T00:00:00+08:00", "100 0"),
        ("2018-03-15T15:59:59.999Z", "0 100"),
        ("2018-03-15T16:00:00Z", "100 0"),
        ("2025-01-01T00:00:00Z", "100 0"),
        // Before the last commit: from the moment of the sale on.
        ("2017-03-15T23:59:58+08:00", "0 0"),
        ("2017-03-15T23:59:59+08:00", "0 100"),
        ("2017-01-01T00:00:00+08:00", "0 0"),
    ] {
        assert_eq!(expired_and_available("11,", moment), expected, "{moment}");
    }
    // One lot after the other.
    for (moment, expected) in [
        ("2018-03-01T23:59:59.999+08:00", "0 5053"),
        ("2018-03-02T00:00:00+08:00", "20 5033"),
        ("2018-03-03T00:00:00+08:00", "24 5029"),
        ("2018-03-17T00:00:00+08:00", "5023 30"),
        ("2018-04-03T00:00:00+08:00", "5053 0"),
    ] {
        assert_eq!(expired_and_available("7,", moment), expected, "{moment}");
    }
    // Asking writes nothing.
    let (_, report) = place.replay("small.csv", "--data data");
    assert_eq!(report, REPORT);
}

#[test]
fn without_a_folder_the_store_is_one_for_each_programme_and_file() {
    let place = Place::new();
    place.write(
        "other.toml",
        place.read("demo.toml").replace("2017.1", "2017.2"),
    );
    place.write("copy.csv", SMALL);
    for (words, folders) in [
        ("replay small.csv --programme demo.toml", 1),
        ("replay ./small.csv --programme demo.toml", 1),
        ("replay small.csv --programme other.toml", 2),
        ("replay copy.csv --programme demo.toml", 3),
    ] {
        place.jifen(words).ends(0);
        let mut stores: Vec<String> = std::fs::read_dir(place.path("jifen-data"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with("-keys"))
            .collect();
        stores.sort();
        assert_eq!(stores.len(), folders, "{words}: {stores:?}");
        for name in stores {
            let digits = name.strip_prefix("replay-").unwrap();
            assert!(
                digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{name}"
            );
            let said = place.jifen(&format!("verify --data jifen-data/{name}"));
            said.ends(0);
            assert_eq!(number_before(&said.out, " sales"), 7);
        }
    }
}
