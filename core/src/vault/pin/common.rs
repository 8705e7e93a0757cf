//! The PINs that people choose first, by rules: some 12,000 of the million, the 3,000 commonest of leaked lists among
//! them. Rules are kept instead of a list because every refusal can be explained.

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
const BIRTH_YEARS: core::ops::RangeInclusive<u32> = 85..=99;
/// Years that are written before or after a month.
const YEARS: core::ops::RangeInclusive<u32> = 1950..=2029;

/// Whether the PIN is one of those that are tried first.
pub(super) fn is_common(pin: &[u8; 6]) -> bool {
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
fn is_a_step(pin: &[u8; 6]) -> bool {
    let mut steps = pin.windows(2).map(|pair| match pair {
        [one, next] => next.wrapping_add(10).wrapping_sub(*one).checked_rem(10),
        _ => None,
    });
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

/// 121212, 123123, 112233, 111222.
fn is_repeated(pin: &[u8; 6]) -> bool {
    let [a, b, c, d, e, f] = pin;
    let halves = [a, b, c] == [d, e, f];
    let pairs = [a, b] == [c, d] && [c, d] == [e, f];
    let doubled = a == b && c == d && e == f;
    let tripled = a == b && b == c && d == e && e == f;
    halves || pairs || doubled || tripled
}

/// 123321.
fn is_mirrored(pin: &[u8; 6]) -> bool {
    let [a, b, c, d, e, f] = pin;
    [a, b, c] == [f, e, d]
}

/// 888886: at least five of the same.
fn is_nearly_one_digit(pin: &[u8; 6]) -> bool {
    let count = |digit: &u8| pin.iter().filter(|other| *other == digit).count();
    pin.iter().any(|digit| 5 <= count(digit))
}

/// 123789, 321666, 111456: two halves that go up, down or nowhere.
fn is_two_runs(pin: &[u8; 6]) -> bool {
    let [a, b, c, d, e, f] = pin.map(i16::from);
    let is_run = |x: i16, y: i16, z: i16| {
        let step = y.wrapping_sub(x);
        step == z.wrapping_sub(y) && (-1..=1).contains(&step)
    };
    is_run(a, b, c) && is_run(d, e, f)
}

/// 520…, …5201…, 1314…, …1314: 我爱你 and 一生一世.
fn is_of_love(pin: &[u8; 6]) -> bool {
    pin.starts_with(&[5, 2, 0])
        || pin.starts_with(&[1, 3, 1, 4])
        || pin.ends_with(&[1, 3, 1, 4])
        || pin.ends_with(&[5, 2, 0, 1])
}

/// 199001, 011990, 900131: a month of a year, or a birthday.
fn is_a_date(pin: &[u8; 6]) -> bool {
    let number = |digits: &[u8]| {
        digits.iter().fold(0_u32, |number, digit| {
            number.saturating_mul(10).saturating_add(u32::from(*digit))
        })
    };
    let [a, b, c, d, e, f] = *pin;
    let is_month = |month: u32| (1..=12).contains(&month);
    let is_month_of_year = YEARS.contains(&number(&[a, b, c, d])) && is_month(number(&[e, f]));
    let (year, month, day) = (number(&[a, b]), number(&[c, d]), number(&[e, f]));
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_birthday = BIRTH_YEARS.contains(&year) && is_month(month) && (1..=last).contains(&day);
    is_month_of_year || is_birthday
}

fn is_a_word(pin: &[u8; 6]) -> bool {
    let text = pin.map(|digit| digit.wrapping_add(b'0'));
    WORDS.contains(&&text)
}

#[cfg(test)]
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
        let check = |rule: fn(&[u8; 6]) -> bool, yes: &[&str], no: &[&str]| {
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
