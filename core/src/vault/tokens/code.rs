//! What was scanned or typed at a till, told apart by shape and check digit before anything is looked up (privacy §5).

use core::fmt;

use super::card::{CardNumber, Prefix};
use super::digits::{Digits, is_checked, typed_digits};
use super::typed::TypedCode;

/// What a till may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// 18 digits of kind 0.
    Card(CardNumber),
    /// 18 digits of kind 1.
    Live(LiveCode),
    /// 8 digits.
    Typed(TypedCode),
}

impl Code {
    /// Reads what was scanned or typed. A wrong check digit is refused here, without a look-up; whether there is such a
    /// member is not known here.
    pub fn parse(text: &str, prefix: Prefix) -> Result<Self, CodeError> {
        let digits = typed_digits(text).ok_or(CodeError::Shape)?;
        let [tens, ones] = prefix.digits();
        if let [first, second, kind, ..] = digits.as_slice()
            && digits.len() == 18
            && [*first, *second] == [tens, ones]
        {
            return match kind {
                0 => CardNumber::of_digits(&digits, prefix).map(Self::Card),
                1 => LiveCode::of_digits(&digits).map(Self::Live),
                _ => Err(CodeError::Shape),
            };
        }
        TypedCode::of_digits(&digits).map(Self::Typed)
    }
}

/// A live code as it was read: prefix, 1, an alias of 8 digits, a Damm digit over all before it, and 6 digits of the
/// moment (TOTP). Only its form is known here. It prints no digits.
#[derive(Clone, PartialEq, Eq)]
pub struct LiveCode(Digits<18>);

impl LiveCode {
    pub(super) const fn of(digits: Digits<18>) -> Self {
        Self(digits)
    }

    /// The 6 digits of the moment, each 0 to 9.
    pub(super) fn moment(&self) -> &[u8] {
        self.0.as_slice().get(12..).unwrap_or_default()
    }

    fn of_digits(digits: &[u8]) -> Result<Self, CodeError> {
        let code = Digits::of_slice(digits).ok_or(CodeError::Shape)?;
        let checked = digits.get(..12).ok_or(CodeError::Shape)?;
        if is_checked(checked) {
            Ok(Self(code))
        } else {
            Err(CodeError::CheckDigit)
        }
    }

    /// The 8 digits of the alias, which stay the same from step to step.
    pub fn alias(&self) -> String {
        self.0.text().get(3..11).unwrap_or_default().to_owned()
    }

    /// The 6 digits of the moment.
    pub fn step_digits(&self) -> String {
        self.0.text().get(12..).unwrap_or_default().to_owned()
    }

    /// All 18 digits: never for a log.
    pub fn digits(&self) -> String {
        self.0.text()
    }

    /// All 18 digits in groups, for the eye.
    pub fn grouped(&self) -> String {
        self.0.grouped()
    }

    /// SHA-256 of the 18 digits as text.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256()
    }
}

impl fmt::Debug for LiveCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LiveCode(..)")
    }
}

/// Why a text is no token. A till hears `token_unknown` for all of them, as for a token that nobody has: the variants are
/// for those who read the program and for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not of the form of any token of this shop.
    #[error("not a token of this shop")]
    Shape,
    /// A digit was misread or mistyped.
    #[error("the check digit is wrong")]
    CheckDigit,
}

impl CodeError {
    /// The word for machines: every “no” about a token reads the same (privacy §5).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shape | Self::CheckDigit => "token_unknown",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Shape | Self::CheckDigit => "没有找到这张会员卡或会员码，请核对后再试。",
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Shape | Self::CheckDigit => {
                "This card or code was not found. Please check it and try again."
            }
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use proptest::prelude::*;

    use super::super::digits::damm;
    use super::*;

    fn parse(text: &str) -> Result<Code, CodeError> {
        Code::parse(text, Prefix::DEFAULT)
    }

    fn live(alias: &str, step: &str) -> String {
        let head = format!("991{alias}");
        let digits: Vec<u8> = head.bytes().map(|byte| byte - b'0').collect();
        format!("{head}{}{step}", damm(&digits))
    }

    #[test]
    fn a_code_is_told_by_its_shape() {
        let card = CardNumber::draw(Prefix::DEFAULT, &[1; 32]);
        for text in [
            card.digits(),
            card.grouped(),
            card.grouped().replace(' ', "-"),
            format!(" {}\r\n", card.grouped()),
        ] {
            assert_eq!(parse(&text), Ok(Code::Card(card.clone())), "{text}");
        }
        let typed = TypedCode::draw(&[1; 32]);
        assert_eq!(parse(&typed.digits()), Ok(Code::Typed(typed.clone())));
        assert_eq!(parse(&typed.grouped()), Ok(Code::Typed(typed)));

        let text = live("12345678", "000123");
        let Ok(Code::Live(code)) = parse(&text) else {
            panic!("not a live code")
        };
        assert_eq!(code.alias(), "12345678");
        assert_eq!(code.step_digits(), "000123");
        assert_eq!(code.digits(), text);
        assert_eq!(format!("{code:?}"), "LiveCode(..)");
    }

    #[test]
    fn the_moment_of_a_live_code_is_not_covered_by_its_check_digit_and_the_alias_is() {
        assert!(parse(&live("12345678", "999999")).is_ok());
        let mistyped = live("12345678", "000123").replace("12345678", "12345687");
        assert_eq!(parse(&mistyped), Err(CodeError::CheckDigit));
    }

    #[test]
    fn what_is_no_code_of_this_shop_is_refused() {
        let card = CardNumber::draw(Prefix::DEFAULT, &[1; 32]).digits();
        let other_kind = card.replacen("990", "992", 1);
        let other_shop = card.replacen("990", "980", 1);
        let shapes = [
            "",
            " ",
            "-",
            &card[..17],
            &format!("{card}0"),
            &other_kind,
            &other_shop,
            "4111111111111111",
            "134567890123456789",
            "1234567",
            "123456789",
            "１２３４５６７８",
            "12345a78",
            "jst_AAAAAAAAAAAAAAAAAAAAAA",
            &" ".repeat(65),
        ];
        for text in shapes {
            assert_eq!(parse(text), Err(CodeError::Shape), "{text}");
        }
        let mut wrong = card.clone();
        let last = wrong.pop().unwrap().to_digit(10).unwrap();
        wrong.push(char::from_digit((last + 1) % 10, 10).unwrap());
        let refused = parse(&wrong).unwrap_err();
        assert!(matches!(refused, CodeError::CheckDigit | CodeError::Shape));
    }

    #[test]
    fn a_card_that_a_bank_could_have_is_refused_whatever_its_check_digit() {
        let mut found = 0;
        for random in 0..200_u64 {
            let body = format!("990{random:014}");
            let digits: Vec<u8> = body.bytes().map(|byte| byte - b'0').collect();
            let text = format!("{body}{}", damm(&digits));
            let digits: Vec<u8> = text.bytes().map(|byte| byte - b'0').collect();
            let is_luhn = super::super::digits::is_luhn(&digits);
            assert_eq!(parse(&text).is_err(), is_luhn, "{text}");
            found += u32::from(is_luhn);
        }
        assert!((5..=40).contains(&found), "{found}");
    }

    #[test]
    fn every_no_reads_the_same() {
        let [shape, check] = [CodeError::Shape, CodeError::CheckDigit];
        assert_eq!(shape.code(), "token_unknown");
        let told = |error: CodeError| (error.code(), error.zh(), error.en());
        assert_eq!(told(shape), told(check));
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic_and_whatever_is_a_code_is_digits(text in "\\PC{0,40}|[0-9 -]{0,40}") {
            if let Ok(code) = parse(&text) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                let read = match code {
                    Code::Card(card) => card.digits(),
                    Code::Live(live) => live.digits(),
                    Code::Typed(typed) => typed.digits(),
                };
                prop_assert_eq!(read, digits);
            }
        }
    }
}
