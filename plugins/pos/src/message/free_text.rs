//! No bank card number may stand in free text: payment data is not kept, the transaction number is enough (COL-04).

use super::refused::{Fault, Refused};

/// The shortest and the longest bank card number, in digits.
const DIGITS_MIN: usize = 13;
const DIGITS_MAX: usize = 19;

/// What bank card numbers begin with, from and to: Visa, Mastercard, `UnionPay`, American Express, JCB, Diners, Discover,
/// Maestro, Mir, and the numbers that Chinese banks gave out before `UnionPay`.
const BANKS: [(&str, &str); 12] = [
    ("2200", "2204"),
    ("2221", "2720"),
    ("300", "305"),
    ("3095", "3095"),
    ("34", "34"),
    ("3528", "3589"),
    ("36", "39"),
    ("4", "4"),
    ("50", "59"),
    ("60", "69"),
    ("81", "82"),
    ("9558", "9558"),
];

/// Refuses free text (a tender's method or reference, a note, a reason) in which a bank card number stands.
///
/// Product ids, receipt numbers, codes and tokens are not free text.
pub fn check_free_text(text: &str) -> Result<(), Refused> {
    free_text(text).map_err(Refused::from)
}

pub(super) fn free_text(text: &str) -> Result<(), Fault> {
    if holds_card_number(text) {
        Err(Fault::CardNumberInText)
    } else {
        Ok(())
    }
}

/// Whether 13 to 19 digits with a bank's prefix and a right Luhn digit stand in the text.
///
/// Spaces and hyphens between digits are passed over, but a run of digits is never cut: a transaction number of 28 digits
/// holds many numbers that would pass, and is none.
fn holds_card_number(text: &str) -> bool {
    // The runs of digits that follow one another with nothing but separators between: `open` are their lengths.
    let mut digits = String::new();
    let mut open: Vec<usize> = Vec::new();
    let mut in_run = false;
    for char in text.chars() {
        if let Some(digit) = digit_of(char) {
            digits.push(digit);
            match open.last_mut() {
                Some(last) if in_run => *last = last.saturating_add(1),
                Some(_) | None => open.push(1),
            }
            in_run = true;
        } else if is_separator(char) {
            in_run = false;
        } else {
            if runs_hold_card_number(&digits, &open) {
                return true;
            }
            digits.clear();
            open.clear();
            in_run = false;
        }
    }
    runs_hold_card_number(&digits, &open)
}

fn runs_hold_card_number(digits: &str, runs: &[usize]) -> bool {
    let mut begin = 0_usize;
    for (first, run) in runs.iter().enumerate() {
        let mut end = begin;
        for length in runs.iter().skip(first) {
            end = end.saturating_add(*length);
            let number = digits.get(begin..end).unwrap_or("");
            if DIGITS_MAX < number.len() {
                break;
            }
            if DIGITS_MIN <= number.len() && is_of_bank(number) && is_luhn(number) {
                return true;
            }
        }
        begin = begin.saturating_add(*run);
    }
    false
}

/// The digit, also where it is a full-width one.
fn digit_of(char: char) -> Option<char> {
    match char {
        '0'..='9' => Some(char),
        '０'..='９' => {
            let place = u32::from(char).checked_sub(u32::from('０'))?;
            char::from_digit(place, 10)
        }
        _ => None,
    }
}

fn is_separator(char: char) -> bool {
    let is_hyphen = matches!(
        char,
        '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '－'
    );
    is_hyphen || char.is_whitespace()
}

fn is_of_bank(number: &str) -> bool {
    BANKS.iter().any(|(from, to)| {
        let prefix = number.get(..from.len()).unwrap_or("");
        *from <= prefix && prefix <= *to
    })
}

/// Whether the last digit is the check digit of ISO/IEC 7812-1.
fn is_luhn(number: &str) -> bool {
    let sum = number
        .bytes()
        .rev()
        .enumerate()
        .fold(0_u32, |sum, (place, byte)| {
            let digit = u32::from(byte.saturating_sub(b'0'));
            let weighed = match (place % 2, digit) {
                (0, _) => digit,
                (_, 0..=4) => digit.saturating_mul(2),
                (_, _) => digit.saturating_mul(2).saturating_sub(9),
            };
            sum.saturating_add(weighed)
        });
    sum % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that card networks publish for testing.
    const CARDS: [&str; 10] = [
        "4111111111111111",
        "4222222222222",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "30569309025904",
        "6011111111111117",
        "3530111333300000",
        "6200000000000005",
        "6759649826438453",
    ];

    #[test]
    fn a_bank_card_number_is_refused_wherever_it_stands() {
        for card in CARDS {
            let mut spaced = String::new();
            for (place, digit) in card.chars().enumerate() {
                if 0 < place && place % 4 == 0 {
                    spaced.push(' ');
                }
                spaced.push(digit);
            }
            let wide: String = card
                .chars()
                .map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap())
                .collect();
            for text in [
                card.to_owned(),
                format!("card {card}, thank you"),
                format!("x{card}x"),
                format!("12 {card}"),
                format!("{card}-07"),
                format!("{card}/{card}"),
                spaced.clone(),
                spaced.replace(' ', "-"),
                spaced.replace(' ', " - "),
                spaced.replace(' ', "\u{a0}\u{2013}"),
                format!("1 2 {spaced} 3"),
                wide,
            ] {
                let refused = check_free_text(&text).unwrap_err();
                assert_eq!(refused.code, "card_number_in_text", "{text}");
            }
        }
    }

    #[test]
    fn other_numbers_are_let_through() {
        for text in [
            "",
            "现金",
            "4111111111111112",
            // Twelve digits and twenty, each with a right check digit.
            "400000000006",
            "41111111111111111114",
            // A right check digit and no bank.
            "1234567812345670",
            "990123456789012349",
            // Transaction numbers of WeChat and Alipay, and a number cut by something that is no separator.
            "4200001234201703011234567890",
            "2017030121001004410212345678",
            "4111.1111.1111.1111",
            "4111x1111x1111x1111",
            "2026-03-01 12:00:00",
        ] {
            assert_eq!(check_free_text(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_bank_begins_and_ends_where_its_range_does() {
        for (prefix, is_bank) in [
            ("2199", false),
            ("2200", true),
            ("2204", true),
            ("2205", false),
            ("2220", false),
            ("2221", true),
            ("2720", true),
            ("2721", false),
            ("299", false),
            ("300", true),
            ("305", true),
            ("306", false),
            ("33", false),
            ("34", true),
            ("35", false),
            ("3527", false),
            ("3528", true),
            ("3589", true),
            ("3590", false),
            ("36", true),
            ("49", true),
            ("50", true),
            ("69", true),
            ("70", false),
            ("80", false),
            ("81", true),
            ("83", false),
        ] {
            assert_eq!(
                is_of_bank(&format!("{prefix}000000000000")),
                is_bank,
                "{prefix}"
            );
        }
    }
}
