//! What a member told the shop: a name and a mobile number, and nothing else by default (COL-01).

use core::fmt;

use phonenumber::{Mode, Type, country};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::personal::Personal;

/// The longest name, in characters.
pub const NAME_MAX: usize = 40;
/// The longest text that is looked at, in bytes.
const INPUT_MAX: usize = 1_000;
/// The most digits that E.164 has.
const DIGITS_MAX: usize = 15;
/// The calling code of China, which a number without any is taken to have.
const HOME: &str = "86";

/// A name as the member wrote it: 1 to 40 characters in Unicode's composed form (NFC), without blank space at the ends.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Name(String);

impl Name {
    /// Reads a name. 王, 王先生, O'Brien and 欧阳 are names; digits and punctuation alone are none.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        if INPUT_MAX < text.len() {
            return Err(ProfileError::NameTooLong);
        }
        let trimmed = text.trim();
        if trimmed.chars().any(is_unfit) {
            return Err(ProfileError::NameUnreadable);
        }
        // Composing never lengthens a text by more than three times: with room for all of it no half-filled copy is left.
        let mut name = Zeroizing::new(String::with_capacity(trimmed.len().saturating_mul(3)));
        name.extend(trimmed.nfc());
        if name.is_empty() {
            return Err(ProfileError::NameEmpty);
        }
        if NAME_MAX < name.chars().count() {
            return Err(ProfileError::NameTooLong);
        }
        if !name.chars().any(names_somebody) {
            return Err(ProfileError::NameWithoutLetters);
        }
        Ok(Self(name.as_str().to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first character, and a star for each further one, two at most (SEC-02): 王＊＊.
    pub fn masked(&self) -> String {
        let mut chars = self.0.chars();
        let first = chars.next();
        first
            .into_iter()
            .chain(chars.take(2).map(|_| '＊'))
            .collect()
    }
}

/// A character that a name may not have: a control, a break, one that turns the direction of what stands beside it, or one
/// that nobody sees (of those, the joiners of Persian and Indic scripts and the selectors of a character's form are fit).
fn is_unfit(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180e}'
                | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A character that a name can rest on.
fn names_somebody(char: char) -> bool {
    !char.is_numeric() && !char.is_whitespace() && !char.is_ascii_punctuation()
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Name(..)")
    }
}

/// A mobile number, in the form of E.164.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Mobile {
    /// `+`, the calling code, the national number.
    e164: String,
    /// How many digits the calling code has, 1 to 3.
    code: u8,
}

impl Mobile {
    /// Reads a mobile number: of China, or of any country when it begins with `+` or `00`. Spaces, hyphens, dots and
    /// brackets may stand between the digits, and full-width digits count. It must be in a range that its country has
    /// given to mobile phones (or, as in North America, to phones of both kinds).
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        // What the phone library sees is digits and a plus only: letters, extensions and URIs are not for a kiosk.
        let typed = plain_number(text).ok_or(ProfileError::MobileUnreadable)?;
        let number = phonenumber::parse(Some(country::Id::CN), typed.as_str())
            .map_err(|_| ProfileError::NotAMobile)?;
        let is_mobile = phonenumber::is_valid(&number)
            && match number.number_type(&phonenumber::metadata::DATABASE) {
                Type::Mobile | Type::FixedLineOrMobile => true,
                Type::FixedLine
                | Type::TollFree
                | Type::PremiumRate
                | Type::SharedCost
                | Type::PersonalNumber
                | Type::Voip
                | Type::Pager
                | Type::Uan
                | Type::Emergency
                | Type::Voicemail
                | Type::ShortCode
                | Type::StandardRate
                | Type::Carrier
                | Type::NoInternational
                | Type::Unknown => false,
            };
        if !is_mobile {
            return Err(ProfileError::NotAMobile);
        }

        let e164 = Zeroizing::new(number.format().mode(Mode::E164).to_string());
        let code = Zeroizing::new(number.country().code().to_string());
        let digits = e164.strip_prefix('+').ok_or(ProfileError::NotAMobile)?;
        let national = digits
            .strip_prefix(code.as_str())
            .ok_or(ProfileError::NotAMobile)?;
        // The library also takes a trunk prefix away, so that 013800001234 would be taken for a number of eleven digits.
        let is_as_typed = match typed.strip_prefix('+').or_else(|| typed.strip_prefix("00")) {
            Some(international) => international == digits,
            None => *code == HOME && (typed.as_str() == national || typed.as_str() == digits),
        };
        let code_len = u8::try_from(code.len()).map_err(|_| ProfileError::NotAMobile)?;
        if !is_as_typed {
            return Err(ProfileError::NotAMobile);
        }
        Ok(Self {
            e164: e164.as_str().to_owned(),
            code: code_len,
        })
    }

    /// In the form of E.164: `+` and at most 15 digits.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// The national number with its middle hidden, at least four digits of it (SEC-02): `138****5678`. A calling code
    /// other than China's stands before it.
    pub fn masked(&self) -> String {
        let (code, national) = self.parts();
        let tail = national.len().saturating_sub(4).min(4);
        let head = national.len().saturating_sub(4).saturating_sub(tail).min(3);
        let shown_from = national.len().saturating_sub(tail);
        let digits = national.chars().enumerate().map(|(place, digit)| {
            if place < head || shown_from <= place {
                digit
            } else {
                '*'
            }
        });
        let digits: String = digits.collect();
        if code == HOME {
            digits
        } else {
            format!("+{code} {digits}")
        }
    }

    /// A number that no phone has: its range was given to nobody.
    #[cfg(test)]
    pub(in crate::vault) fn invented(number: u32) -> Self {
        Self {
            e164: format!("+86000{number:08}"),
            code: 2,
        }
    }

    /// Calling code and national number.
    fn parts(&self) -> (&str, &str) {
        let digits = self.e164.get(1..).unwrap_or_default();
        digits
            .split_at_checked(usize::from(self.code))
            .unwrap_or(("", digits))
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Mobile(..)")
    }
}

/// The digits of a typed number and its plus, or nothing when there is anything else in it.
fn plain_number(text: &str) -> Option<Zeroizing<String>> {
    if INPUT_MAX < text.len() {
        return None;
    }
    let mut plain = Zeroizing::new(String::with_capacity(DIGITS_MAX.saturating_add(3)));
    for char in text.trim().chars() {
        let digit = match char {
            '+' | '＋' if plain.is_empty() => '+',
            '0'..='9' => char,
            '０'..='９' => char.nfkc().next()?,
            ' ' | '\u{a0}' | '\u{3000}' | '-' | '‐' | '‑' | '–' | '－' | '.' | '(' | ')' | '（'
            | '）' => continue,
            _ => return None,
        };
        // `00` and fifteen digits are the most that can be meant.
        if DIGITS_MAX.saturating_add(2) <= plain.len() {
            return None;
        }
        plain.push(digit);
    }
    (!plain.is_empty()).then_some(plain)
}

/// What a member told the shop.
#[derive(Debug)]
pub struct Profile {
    /// How they wish to be called.
    pub name: Personal<Name>,
    /// Their mobile number: a claim until it is verified (privacy §6).
    pub mobile: Personal<Mobile>,
}

impl Profile {
    /// Reads both fields of the form. The first that cannot be read is named.
    pub fn parse(name: &str, mobile: &str) -> Result<Self, ProfileError> {
        let name = Personal::new(Name::parse(name)?);
        let mobile = Personal::new(Mobile::parse(mobile)?);
        Ok(Self { name, mobile })
    }

    /// The name as screens show it (SEC-02).
    pub fn masked_name(&self) -> String {
        self.name.inside().masked()
    }

    /// The mobile number as screens show it (SEC-02).
    pub fn masked_mobile(&self) -> String {
        self.mobile.inside().masked()
    }
}

/// A profile as it is stored, inside the sealed core row only: the form goes to nobody else.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) enum ProfileRow {
    /// Name; number in E.164; digits of its calling code.
    V1(String, String, u8),
}

impl ProfileRow {
    /// The stored form.
    pub(crate) fn of(profile: &Profile) -> Self {
        let (name, mobile) = (profile.name.inside(), profile.mobile.inside());
        Self::V1(name.0.clone(), mobile.e164.clone(), mobile.code)
    }

    /// The profile. A row is authentic or it does not open, so that what was read once is not read again.
    pub(crate) fn to_profile(&self) -> Profile {
        let Self::V1(name, e164, code) = self;
        let mobile = Mobile {
            e164: e164.clone(),
            code: *code,
        };
        Profile {
            name: Personal::new(Name(name.clone())),
            mobile: Personal::new(mobile),
        }
    }
}

impl fmt::Debug for ProfileRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ProfileRow(..)")
    }
}

/// Why a field of the form is refused, in the order of checking. None of them says what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A control character, a break, or one that turns the direction of the text.
    #[error("the name has a character that cannot be shown")]
    NameUnreadable,
    /// Nothing is written.
    #[error("the name is empty")]
    NameEmpty,
    /// More than 40 characters.
    #[error("the name has more than 40 characters")]
    NameTooLong,
    /// Digits and punctuation only.
    #[error("the name has no letter")]
    NameWithoutLetters,
    /// Empty, or with something that is neither a digit nor stands between digits.
    #[error("the mobile number has something else than digits")]
    MobileUnreadable,
    /// Too short, too long, or in no range of mobile numbers.
    #[error("this is not a mobile number")]
    NotAMobile,
}

impl ProfileError {
    /// The field of the form: `name` or `mobile`.
    pub const fn field(self) -> &'static str {
        match self {
            Self::NameUnreadable
            | Self::NameEmpty
            | Self::NameTooLong
            | Self::NameWithoutLetters => "name",
            Self::MobileUnreadable | Self::NotAMobile => "mobile",
        }
    }

    /// The word for machines, one for each field: never changed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NameUnreadable
            | Self::NameEmpty
            | Self::NameTooLong
            | Self::NameWithoutLetters => "bad_name",
            Self::MobileUnreadable | Self::NotAMobile => "bad_mobile",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NameUnreadable => "姓名中有无法显示的字符，请您重新填写。",
            Self::NameEmpty => "请您填写姓名。",
            Self::NameTooLong => "姓名最多 40 个字。",
            Self::NameWithoutLetters => "姓名不能只有数字或标点。",
            Self::MobileUnreadable => "手机号只能由数字组成，请您检查。",
            Self::NotAMobile => {
                "这不是有效的手机号：中国大陆手机号为 11 位，其他号码请以“+”和国家代码开头。"
            }
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::NameUnreadable => "The name has a character that cannot be shown.",
            Self::NameEmpty => "Please enter your name.",
            Self::NameTooLong => "A name has 40 characters at most.",
            Self::NameWithoutLetters => "A name is more than digits or punctuation.",
            Self::MobileUnreadable => "A mobile number is made of digits only.",
            Self::NotAMobile => {
                "This is not a mobile number: one of mainland China has 11 digits, any other begins with + and its country code."
            }
        }
    }
}

#[cfg(test)]
mod tests;
