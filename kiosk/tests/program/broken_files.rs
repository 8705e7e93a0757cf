//! Files of baskets that do not hold: the line is named, what came before it is in, and the mended file goes on.

use crate::caller::{Place, SMALL, number_before};

/// Replaces one cell of the small file and tells in which line it stands.
fn broken(from: &str, to: &str) -> (String, usize) {
    assert_eq!(SMALL.matches(from).count(), 1, "{from}");
    let line = 1 + SMALL.lines().position(|line| line.contains(from)).unwrap();
    (SMALL.replace(from, to), line)
}

const TEA: &str = "B6,9,1,2017-04-01T09:00:00+08:00,1,tea,GROCERY,TEA,3,60.01,0.00,0.00";

#[test]
fn a_broken_line_is_named_and_what_came_before_it_is_in() {
    let place = Place::new();
    let (_, whole) = place.replay("small.csv", "--memory");
    let tea = |place: usize, cell: &str| {
        let mut cells: Vec<&str> = TEA.split(',').collect();
        cells[place] = cell;
        cells.join(",")
    };
    let long = "x".repeat(49);
    let cases = [
        (tea(9, "-60.01"), "refund"),
        (tea(9, "60.011"), "paid"),
        (tea(9, "NaN"), "paid"),
        (tea(9, "inf"), "paid"),
        (tea(9, "6e1"), "paid"),
        (tea(9, ""), "paid"),
        (tea(9, "\"60,01\""), "paid"),
        (tea(9, "92233720368547758.07"), "paid"),
        (tea(9, "9223372036854775807"), "paid"),
        (tea(9, "99999999999999999999999999999999"), "paid"),
        (tea(8, "1000000000000000000000000000000"), "quantity"),
        (tea(8, "0.0001"), "quantity"),
        (tea(8, "-1"), "quantity"),
        (tea(8, "NaN"), "quantity"),
        (tea(0, ""), "empty"),
        (tea(0, &long), "too long"),
        (tea(1, ""), "empty"),
        (tea(2, ""), "empty"),
        (tea(3, "2017-04-01"), "sold_at"),
        (tea(3, "2017-04-01T09:00:00"), "sold_at"),
        (tea(3, "2017-02-29T09:00:00+08:00"), "sold_at"),
        (tea(3, ""), "sold_at"),
        (tea(4, "one"), "line"),
        (tea(5, ""), "product"),
        (tea(10, "free"), "discount"),
        (TEA.replace(",0.00,0.00", ",0.00"), "11"),
        (format!("{TEA},more"), "13"),
        (String::from("B6"), "1"),
    ];
    for (number, (line, reason)) in cases.iter().enumerate() {
        let (text, at) = broken(TEA, line);
        let data = format!("data{number}");
        place.write("broken.csv", text);
        let words =
            format!("replay broken.csv --programme demo.toml --report broken.out --data {data}");
        let said = place.jifen(&words);
        said.refuses(1, "csv_line");
        said.mentions(&format!("line {at} does not hold: "));
        said.mentions(&format!("第 {at} 行"));
        said.mentions("--resume");
        assert!(
            said.told()[1].contains(reason),
            "{line}: {reason}: {said:?}"
        );
        assert!(
            !place.path("broken.out").exists(),
            "a report of half a file: {line}"
        );

        // B1 to B4 were followed by another basket. So was B5, where the broken line says that it is another's;
        // where it cannot say so, B5 may have gone on in it.
        let says_whose = !line.starts_with(',') && !["11", "13", "1"].contains(reason);
        let before = if says_whose { 5 } else { 4 };
        let verified = place.jifen(&format!("verify --data {data}"));
        verified.ends(0);
        assert_eq!(number_before(&verified.out, " sales"), before, "{line}");
        if number == 0 {
            let told = place.jifen(&format!("explain --data {data} sale 2 1 B4"));
            told.ends(0);
            assert!(told.out.contains("100.00"), "{told:?}");
            place
                .jifen(&format!("explain --data {data} sale 1 1 B6"))
                .refuses(1, "sale_unknown");
        }

        let (resumed, report) = place.replay("small.csv", &format!("--resume --data {data}"));
        assert_eq!(report, whole, "{line}");
        assert!(
            resumed.out.starts_with(&format!(
                "sales {}, of these known before 0, households 3, ",
                7 - before
            )),
            "{resumed:?}"
        );
    }
}

#[test]
fn the_first_and_the_last_basket_can_be_broken_too() {
    let place = Place::new();
    let (_, whole) = place.replay("small.csv", "--memory");
    for (from, to, sales) in [("12.50", "?", 0), ("7.75", "?", 0), ("20.00", "?", 6)] {
        let (text, at) = broken(from, to);
        let data = format!("data-{at}");
        place.write("broken.csv", text);
        let said = place.jifen(&format!(
            "replay broken.csv --programme demo.toml --data {data}"
        ));
        said.refuses(1, "csv_line");
        said.mentions(&format!("line {at} does not hold: "));
        let verified = place.jifen(&format!("verify --data {data}"));
        verified.ends(0);
        assert_eq!(number_before(&verified.out, " sales"), sales, "{from}");
        let (_, report) = place.replay("small.csv", &format!("--resume --data {data}"));
        assert_eq!(report, whole, "{from}");
    }
}

#[test]
fn a_file_whose_committed_baskets_changed_is_refused() {
    let place = Place::new();
    let (_, whole) = place.replay("small.csv", "--data data");
    for (from, to, at) in [
        ("3.80", "3.81", 5),
        ("milk", "cream", 5),
        ("B3,7,", "B3,9,", 5),
        ("2,bread", "2,cake", 2),
    ] {
        let (text, _) = broken(from, to);
        place.write("changed.csv", text);
        let said = place.jifen("replay changed.csv --programme demo.toml --data data");
        said.refuses(1, "key_reused");
        said.mentions(&format!("line {at}"));
        assert_eq!(place.verified(), 7, "{to}");
    }
    // Of a basket that moved in time its till's number is known.
    let (text, _) = broken("B4,11,2,2017-03-15T23:59:59", "B4,11,2,2017-03-15T23:59:58");
    place.write("changed.csv", text);
    place
        .jifen("replay changed.csv --programme demo.toml --data data")
        .refuses(1, "key_reused");
    let (_, again) = place.replay("small.csv", "--data data");
    assert_eq!(again, whole);
}

#[test]
fn the_lines_of_a_basket_agree() {
    let place = Place::new();
    for (from, to) in [
        (
            "B1,7,1,2017-03-01T10:00:00+08:00,2",
            "B1,9,1,2017-03-01T10:00:00+08:00,2",
        ),
        (
            "B1,7,1,2017-03-01T10:00:00+08:00,2",
            "B1,7,2,2017-03-01T10:00:00+08:00,2",
        ),
        (
            "B1,7,1,2017-03-01T10:00:00+08:00,2",
            "B1,7,1,2017-03-01T10:00:01+08:00,2",
        ),
    ] {
        let (text, at) = broken(from, to);
        place.write("broken.csv", text);
        let said = place.jifen("replay broken.csv --programme demo.toml --memory");
        said.refuses(1, "csv_line");
        said.mentions(&format!(
            "line {at} does not hold: household, store or time differ"
        ));
    }
    // A basket that comes in two pieces is one number for two baskets.
    let mut lines: Vec<&str> = SMALL.lines().collect();
    lines.swap(2, 3);
    place.write("apart.csv", lines.join("\n"));
    let said = place.jifen("replay apart.csv --programme demo.toml --memory");
    said.refuses(1, "key_reused");
    said.mentions("line 4");
}

#[test]
fn a_basket_has_two_thousand_lines_at_most() {
    let place = Place::new();
    let header = SMALL.lines().next().unwrap();
    let basket = |lines: usize| {
        let lines = (1..=lines).map(|line| {
            format!("\nB8,7,1,2017-05-01T10:00:00+08:00,{line},nut,GROCERY,NUTS,1,0.01,0.00,0.00")
        });
        format!("{header}{}", lines.collect::<String>())
    };
    place.write("large.csv", basket(2_000));
    let (_, report) = place.replay("large.csv", "--data data");
    assert!(
        report.ends_with("7,1,20.00,20,0,20,0.00,ordinary,\n"),
        "{report}"
    );
    place.write("larger.csv", basket(2_001));
    let said = place.jifen("replay larger.csv --programme demo.toml --memory");
    said.refuses(1, "csv_line");
    said.mentions("line 2 does not hold: ");
    said.mentions("2,000");
    assert_eq!(place.verified(), 1);
}

#[test]
fn a_file_that_is_none_is_refused_with_a_code() {
    let place = Place::new();
    let without_discount = SMALL
        .lines()
        .next()
        .unwrap()
        .replace(",coupon_discount", "");
    let swapped = SMALL.replacen("basket_id,household_id", "household_id,basket_id", 1);
    for (name, bytes, code) in [
        ("empty.csv", Vec::new(), "csv_header"),
        ("blank.csv", b"\n\n\n".to_vec(), "csv_header"),
        ("header.csv", without_discount.into_bytes(), "csv_header"),
        ("swapped.csv", swapped.into_bytes(), "csv_header"),
        ("headless.csv", TEA.as_bytes().to_vec(), "csv_header"),
        (
            "semicolons.csv",
            SMALL.replace(',', ";").into_bytes(),
            "csv_header",
        ),
        (
            "latin.csv",
            SMALL.replace("lamp", "l\u{1}mp").into_bytes(),
            "csv_line",
        ),
        (
            "utf16.csv",
            SMALL.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "csv_header",
        ),
        ("magic.csv", vec![0x1f, 0x8b], "csv_line"),
        (
            "noise.csv.gz",
            [&[0x1f, 0x8b][..], &[7; 300]].concat(),
            "csv_line",
        ),
    ] {
        place.write(name, bytes);
        let words = format!("replay {name} --programme demo.toml --memory");
        let said = place.jifen(&words);
        said.refuses(1, code);
    }
    let mut bytes = SMALL.as_bytes().to_vec();
    let at = SMALL.find("rice").unwrap();
    bytes[at] = 0xe9;
    place.write("latin.csv", bytes);
    let said = place.jifen("replay latin.csv --programme demo.toml --memory");
    said.refuses(1, "csv_line");
    said.mentions("line 6 ");
    place
        .jifen("replay nowhere.csv --programme demo.toml --memory")
        .refuses(1, "io");
    place
        .jifen("replay . --programme demo.toml --memory")
        .refuses(1, "io");
    place
        .jifen("replay small.csv --programme demo.toml --memory --report no/where.csv")
        .refuses(1, "io");
}

#[test]
fn a_file_with_no_baskets_makes_a_report_with_no_rows() {
    let place = Place::new();
    place.write("none.csv", format!("{}\n", SMALL.lines().next().unwrap()));
    let (said, report) = place.replay("none.csv", "--data data");
    assert!(
        said.out
            .starts_with("sales 0, of these known before 0, households 0, "),
        "{said:?}"
    );
    assert_eq!(report.lines().count(), 1);
    assert_eq!(place.verified(), 0);
}
