//! The PINs that people choose first, by rules: some 12,000 of the million, the 3,000 commonest of leaked lists among
//! them. Rules are kept instead of a list because every refusal can be explained.

use core::ops::{Range, RangeInclusive};

/// PINs that no rule below has: words of love and luck in digits, emergency calls, constants, walks over the keypad.
const WORDS: [&[u8; 6]; 49] = [
    b"110119", b"110120", b"119110", b"120110", b"114119", b"112358", b"314159", b"141421",
    b"271828", b"173205", b"161803", b"131488", b"123580", b"147896", b"789632", b"741236",
    b"963258", b"369852", b"369258", b"147258", b"147852", b"258147", b"258369", b"147369",
    b"741852", b"852741", b"852963", b"963852", b"741963", b"963741", b"159357", b"357159",
    b"159753", b"753159", b"951753", b"753951", b"456852", b"852456", b"258456", b"142536",
    b"362514", b"100200", b"102030", b"302010", b"010203", b"135790", b"097531", b"246810",
    b"024680",
];

/// Years of birth, as two digits, of those who shop: any day of theirs is refused.
const BIRTH_YEARS: RangeInclusive<u32> = 85..=99;
/// Years that are written before or after a month.
const YEARS: RangeInclusive<u32> = 1950..=2029;

/// Whether the six digits are one of the PINs that are tried first.
pub(super) fn is_common(pin: &[u8]) -> bool {
    is_a_step(pin)
        || is_repeated(pin)
        || is_mirrored(pin)
        || is_nearly_one_digit(pin)
        || is_two_runs(pin)
        || is_of_love(pin)
        || is_a_date(pin)
        || is_a_word(pin)
}

/// 000000, 123456, 987654, 135791, 890123: each digit as far from the one before, around the end as well.
fn is_a_step(pin: &[u8]) -> bool {
    same_step(pin, |from, to| {
        let step = i16::from(to).wrapping_sub(i16::from(from));
        step.rem_euclid(10)
    })
    .is_some()
}

/// 121212, 123123, 112233, 111222.
fn is_repeated(pin: &[u8]) -> bool {
    let after = |places: usize| {
        pin.iter()
            .zip(pin.iter().skip(places))
            .all(|(one, two)| one == two)
    };
    let in_groups_of = |length: usize| {
        let mut groups = pin.chunks(length);
        groups.all(|group| group.iter().all(|digit| group.first() == Some(digit)))
    };
    after(2) || after(3) || in_groups_of(2) || in_groups_of(3)
}

/// 123321.
fn is_mirrored(pin: &[u8]) -> bool {
    pin.iter().eq(pin.iter().rev())
}

/// 888886: at most one that is not as the others.
fn is_nearly_one_digit(pin: &[u8]) -> bool {
    let others = |digit: &u8| pin.iter().filter(|other| *other != digit).count();
    pin.iter().any(|digit| others(digit) <= 1)
}

/// 123789, 321666, 111456: two halves that go up by one, down by one or nowhere.
fn is_two_runs(pin: &[u8]) -> bool {
    pin.chunks(3).all(|half| {
        let step = same_step(half, |from, to| i16::from(to).wrapping_sub(i16::from(from)));
        step.is_some_and(|step| (-1..=1).contains(&step))
    })
}

/// The step that leads from each digit to the next, where it is always the same.
fn same_step(digits: &[u8], step: impl Fn(u8, u8) -> i16) -> Option<i16> {
    let pairs = digits.iter().zip(digits.iter().skip(1));
    let mut steps = pairs.map(|(from, to)| step(*from, *to));
    let first = steps.next()?;
    steps.all(|step| step == first).then_some(first)
}

/// 520…, …5201, 1314…, …1314: 我爱你 and 一生一世.
fn is_of_love(pin: &[u8]) -> bool {
    pin.starts_with(&[5, 2, 0])
        || pin.starts_with(&[1, 3, 1, 4])
        || pin.ends_with(&[1, 3, 1, 4])
        || pin.ends_with(&[5, 2, 0, 1])
}

/// 199001: a month of a year. 900131: a birthday.
fn is_a_date(pin: &[u8]) -> bool {
    let number = |places: Range<usize>| {
        let digits = pin.get(places).unwrap_or_default();
        digits.iter().fold(0_u32, |number, digit| {
            number.saturating_mul(10).saturating_add(u32::from(*digit))
        })
    };
    let is_month_of_year = YEARS.contains(&number(0..4)) && (1..=12).contains(&number(4..6));
    let last_of_month = match number(2..4) {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let is_birthday =
        BIRTH_YEARS.contains(&number(0..2)) && (1..=last_of_month).contains(&number(4..6));
    is_month_of_year || is_birthday
}

fn is_a_word(pin: &[u8]) -> bool {
    let spells = |word: &&[u8; 6]| {
        let digits = word.iter().map(|letter| letter.wrapping_sub(b'0'));
        digits.eq(pin.iter().copied())
    };
    WORDS.iter().any(spells)
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use super::*;

    fn digits(number: u32) -> [u8; 6] {
        let text = format!("{number:06}");
        core::array::from_fn(|place| text.as_bytes()[place] - b'0')
    }

    fn of(text: &str) -> [u8; 6] {
        digits(text.parse().unwrap())
    }

    #[test]
    fn a_little_more_than_one_pin_in_a_hundred_is_refused() {
        let refused = (0..1_000_000).filter(|number| is_common(&digits(*number)));
        let count = refused.count();
        assert!((3_000..=12_000).contains(&count), "{count}");
    }

    #[test]
    fn every_rule_refuses_what_it_is_for_and_nothing_beside_it() {
        let check = |rule: fn(&[u8]) -> bool, yes: &[&str], no: &[&str]| {
            for pin in yes {
                assert!(rule(&of(pin)), "{pin} is one");
                assert!(is_common(&of(pin)), "{pin} is refused");
            }
            for pin in no {
                assert!(!rule(&of(pin)), "{pin} is none");
            }
        };
        check(
            is_a_step,
            &[
                "000000", "999999", "123456", "987654", "890123", "135791", "024680", "147036",
                "505050",
            ],
            &["123457", "012354", "204957"],
        );
        check(
            is_repeated,
            &[
                "121212", "909090", "123123", "507507", "112233", "994411", "111222", "000999",
            ],
            &["121213", "123124", "112234", "111223"],
        );
        check(
            is_mirrored,
            &["123321", "907709", "011110"],
            &["123312", "123322"],
        );
        check(
            is_nearly_one_digit,
            &["888886", "688888", "888688", "111111"],
            &["888866", "118811", "123456"],
        );
        check(
            is_two_runs,
            &["123789", "321666", "111456", "987012"],
            &["123790", "124789", "890013"],
        );
        check(
            is_of_love,
            &["520000", "520999", "131400", "991314", "005201"],
            &["052000", "521000", "131500", "113140", "000520"],
        );
        check(
            is_a_date,
            &["195001", "202912", "850101", "991231", "920229", "870430"],
            &[
                "194912", "203001", "199013", "199000", "840101", "000101", "920230", "870431",
                "901301", "900100", "900132",
            ],
        );
        check(
            is_a_word,
            &["110119", "147258", "024680"],
            &["110118", "204957"],
        );
    }

    #[test]
    fn the_heads_of_leaked_lists_are_refused() {
        // The most frequent six-digit passwords of published studies of leaked Chinese and English lists.
        let heads = [
            "123456", "111111", "000000", "123123", "123321", "654321", "666666", "888888",
            "112233", "121212", "520520", "521521", "520131", "131420", "147258", "789456",
            "456789", "159357", "159753", "987654", "111222", "222222", "555555", "777777",
            "999999", "888666", "168168", "101010", "696969", "131313", "110110", "123654",
            "232323", "789789", "987987", "258258", "201314", "147852", "741852", "963852",
            "100200",
        ];
        let kept: Vec<_> = heads
            .into_iter()
            .filter(|pin| !is_common(&of(pin)))
            .collect();
        assert_eq!(kept, [""; 0]);
    }

    #[test]
    fn a_word_stands_once_in_the_list() {
        let mut words = WORDS.to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), WORDS.len());
    }

    #[test]
    fn ordinary_pins_are_taken() {
        for pin in [
            "204957", "730184", "619402", "058263", "471905", "836027", "290675",
        ] {
            assert!(!is_common(&of(pin)), "{pin}");
        }
    }
}
