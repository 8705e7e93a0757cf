//! The table of the kiosk's keyboard, `assets/pinyin.txt`: a line for each syllable without its tone (ü is v), with all
//! characters U+3400 to U+9FFF that are read so. It is made here: characters of names first (`pages/pinyin/names.txt`), then
//! in the order of the Chinese layout of simple-keyboard, then by code point. `JIFEN_WRITE_PINYIN=1 cargo test -p
//! jifen-kiosk pinyin` writes it anew.

#![expect(clippy::arithmetic_side_effects, reason = "counts of taps")]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::{env, fs};

use pinyin::{Pinyin, ToPinyinMulti};

/// How many candidates the smallest screen shows at once; a larger one shows more.
const PAGE: usize = 7;

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap()
}

/// The syllables of a character, the most usual one first.
fn readings(of: char) -> Vec<String> {
    let mut readings = Vec::new();
    let all = of.to_pinyin_multi().into_iter().flatten();
    for reading in all.map(Pinyin::plain) {
        let reading = reading.replace('ü', "v").replace('ê', "e");
        // A nasal without a vowel is nobody's name.
        let is_syllable = reading.chars().all(|letter| letter.is_ascii_lowercase())
            && reading.contains(['a', 'e', 'i', 'o', 'u', 'v']);
        if is_syllable && !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

/// Syllables with characters, each in the order in which the file names them.
type Order = BTreeMap<String, Vec<char>>;

/// Characters of names.
fn names() -> Order {
    let mut order = Order::new();
    let names = text("pages/pinyin/names.txt");
    for line in names.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some((syllable, characters)) => {
                let under = order.entry(syllable.to_owned()).or_default();
                under.extend(characters.chars());
            }
            None => {
                for character in line.chars() {
                    let first = readings(character).into_iter().next();
                    let under = order.entry(first.expect(line)).or_default();
                    under.push(character);
                }
            }
        }
    }
    order
}

/// The candidates of the layout: lines `zhe: "这 着 者",`.
fn layout() -> Order {
    let layout = text("pages/pinyin/chinese.js");
    let (_, candidates) = layout.split_once("layoutCandidates: {").unwrap();
    let mut order = Order::new();
    for line in candidates.lines() {
        if let Some((syllable, characters)) = line.trim().split_once(": \"") {
            let characters = characters.trim_end_matches("\",").split(' ');
            let characters = characters.map(|one| one.parse().expect(line));
            order.insert(syllable.to_owned(), characters.collect());
        }
    }
    assert!(order.len() > 390, "{} syllables", order.len());
    order
}

fn made() -> String {
    let mut table = Order::new();
    for order in [names(), layout()] {
        for (syllable, characters) in order {
            table.entry(syllable).or_default().extend(characters);
        }
    }
    for character in '\u{3400}'..='\u{9fff}' {
        for syllable in readings(character) {
            table.entry(syllable).or_default().push(character);
        }
    }
    // As many people type them.
    for (typed, syllable) in [("lue", "lve"), ("nue", "nve")] {
        let characters = table[syllable].clone();
        table
            .entry(typed.to_owned())
            .or_default()
            .extend(characters);
    }
    let mut lines = String::new();
    for (syllable, characters) in table {
        let mut seen = Vec::new();
        for character in characters {
            if !seen.contains(&character) {
                seen.push(character);
            }
        }
        lines.extend([&*syllable, " "]);
        lines.extend(seen);
        lines.push('\n');
    }
    lines
}

fn committed() -> HashMap<String, Vec<char>> {
    let table = text("pages/assets/pinyin.txt");
    let lines = table.lines().map(|line| line.split_once(' ').expect(line));
    lines
        .map(|(syllable, characters)| (syllable.to_owned(), characters.chars().collect()))
        .collect()
}

/// How often a customer taps to write a character by its whole syllable, on the smallest screen.
#[track_caller]
fn taps(table: &HashMap<String, Vec<char>>, syllable: &str, character: char) -> usize {
    let place = table[syllable].iter().position(|each| *each == character);
    let place = place.unwrap_or_else(|| panic!("{character} is not under {syllable}"));
    syllable.len() + place / PAGE + 1
}

#[test]
fn the_table_is_the_one_that_is_made_here_and_small() {
    let made = made();
    let path = file("pages/assets/pinyin.txt");
    if env::var_os("JIFEN_WRITE_PINYIN").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    assert!(
        committed == made,
        "pinyin.txt is not what is made of its sources"
    );
    assert!(committed.len() < 200_000, "{} bytes", committed.len());
}

#[test]
fn names_of_rare_characters_can_be_written() {
    let table = committed();
    let rare = [
        ("zhe", '喆'),
        ("kun", '堃'),
        ("yu", '彧'),
        ("yue", '玥'),
        ("jun", '珺'),
        ("chong", '翀'),
        ("yun", '赟'),
        ("min", '旻'),
    ];
    for (syllable, character) in rare {
        let taps = taps(&table, syllable, character);
        println!("{character} {syllable}: {taps} taps");
        assert!(taps <= syllable.len() + 12, "{character}: {taps} taps");
    }
}

#[test]
fn every_character_of_the_two_blocks_that_has_a_reading_can_be_written() {
    let table = committed();
    for character in '\u{3400}'..='\u{9fff}' {
        for syllable in readings(character) {
            assert!(
                table[&syllable].contains(&character),
                "{syllable} {character}"
            );
        }
    }
}

/// The rest of a registration: join, notice read, phone next, full name, next, age, agreement, next, PIN join, finish.
#[test]
fn a_customer_registers_as_wang_zhe_in_under_25_taps_beyond_the_digits() {
    const REST: usize = 10;
    let table = committed();
    assert!(table["wang"].iter().take(PAGE).any(|each| *each == '王'));
    let name = taps(&table, "wang", '王') + taps(&table, "zhe", '喆');
    println!("王喆: {name} taps, {} in all", name + REST);
    assert!(name + REST < 25, "{name} taps for the name");
}

#[test]
fn surnames_stand_on_the_first_pages_of_their_syllable() {
    let table = committed();
    let surnames = "wang王 li李 zhang张 liu刘 chen陈 yang杨 huang黄 zhao赵 wu吴 zhou周 xu徐 sun孙 ma马 zhu朱 hu胡 guo郭 he何 lv吕 \
        zeng曾 shan单 qiu仇 ou区 zha查 piao朴 xie解 zhai翟 hua华 ge盖 ji纪 qin覃 yue乐 miao缪 ren任 chen谌 mo万 qi亓";
    for surname in surnames.split(' ') {
        let syllable = surname.trim_end_matches(|each: char| !each.is_ascii());
        let character = surname.chars().next_back().unwrap();
        let taps = taps(&table, syllable, character);
        assert!(taps <= syllable.len() + 2, "{surname}: {taps} taps");
    }
}
