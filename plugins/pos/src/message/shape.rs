//! What texts on the wire must look like, before anyone reads a meaning into them.

use chrono::DateTime;

use super::refused::Fault;

/// The most points that one command may move.
pub(super) const POINTS_MAX: u64 = 1_000_000_000_000;
/// The longest product, department, category, rule, method or reference, in bytes.
const LABEL_MAX: usize = 64;
/// The longest store, till or receipt number, in bytes.
const RECEIPT_MAX: usize = 48;
/// The longest code or token, in bytes.
const TOKEN_MAX: usize = 64;
/// The longest time: nanoseconds and an offset.
const TIME_MAX: usize = 35;

/// What an amount turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Positive,
    Negative,
}

/// An amount: at most 13 digits, at most 4 decimals; how many the currency takes is the programme's business.
pub(super) fn amount(text: &str) -> Result<Sign, Fault> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (Sign::Negative, digits),
        None => (Sign::Positive, text),
    };
    is_decimal(digits, 13, 4)
        .then_some(sign)
        .ok_or(Fault::BadAmount)
}

/// A quantity: no sign, at most 10 digits and 3 decimals.
pub(super) fn is_quantity(text: &str) -> bool {
    is_decimal(text, 10, 3)
}

fn is_decimal(text: &str, digits_max: usize, decimals_max: usize) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    plain(whole, digits_max) && plain(decimals, decimals_max)
}

pub(super) fn points(count: u64) -> Result<(), Fault> {
    if count <= POINTS_MAX {
        Ok(())
    } else {
        Err(Fault::AmountTooLarge)
    }
}

fn is_text(text: &str, max: usize) -> bool {
    text.len() <= max && !text.chars().any(char::is_control)
}

/// A label that may be empty.
pub(super) fn is_label(text: &str) -> bool {
    is_text(text, LABEL_MAX)
}

/// A part of a receipt number's business key.
pub(super) fn is_receipt_part(text: &str) -> bool {
    !text.is_empty() && is_text(text, RECEIPT_MAX)
}

/// A code or a token: visible ASCII. Whatever else is wrong with it, the words are the same.
pub(super) fn token(text: &str) -> Result<(), Fault> {
    if is_token(text) {
        Ok(())
    } else {
        Err(Fault::TokenUnknown)
    }
}

/// What may stand in a path, and therefore what names a hold.
pub(super) fn hold(text: &str) -> Result<(), Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if is_token(text) && text.bytes().all(plain) {
        Ok(())
    } else {
        Err(Fault::HoldUnknown)
    }
}

fn is_token(text: &str) -> bool {
    (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A time.
pub(super) fn time(text: &str) -> Result<(), Fault> {
    millis_of(text).map(|_| ()).ok_or(Fault::BadTime)
}

/// The milliseconds since 1970 of an RFC 3339 time with `T` and an offset.
pub fn millis_of(text: &str) -> Option<i64> {
    if TIME_MAX < text.len() || text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_plain_decimals() {
        for (text, sign) in [
            ("0", Sign::Positive),
            ("12.30", Sign::Positive),
            ("-12.3", Sign::Negative),
            ("9999999999999.9999", Sign::Positive),
        ] {
            assert_eq!(amount(text), Ok(sign), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "+1",
            "1e3",
            "1,5",
            " 1",
            "1 ",
            "--1",
            "1.2.3",
            "1.23456",
            "12345678901234",
            "１２",
            "NaN",
            "0x1",
        ] {
            assert_eq!(amount(text), Err(Fault::BadAmount), "{text}");
        }
    }

    #[test]
    fn quantities_have_no_sign_and_at_most_three_decimals() {
        for text in ["0", "1", "0.125", "9999999999.999"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["-1", "0.1250", "12345678901", "1.", ""] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn times_carry_an_offset() {
        assert_eq!(millis_of("1970-01-01T08:00:01.5+08:00"), Some(1_500));
        assert_eq!(millis_of("1970-01-01T00:00:00Z"), Some(0));
        for text in [
            "",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-01-01",
            "1970-13-01T00:00:00Z",
            "1970-01-01T25:00:00Z",
            "1970-01-01T00:00:00.0000000000000001+08:00",
        ] {
            assert_eq!(millis_of(text), None, "{text}");
        }
    }
}
