//! The sale token: what a till keeps of a member, a new one for every sale (privacy §5).

use core::fmt;

use super::code::CodeError;
use super::digits::Stream;
use super::opaque::Opaque;
use crate::domain::time::Moment;

/// What every sale token begins with.
const MARK: &str = "jst_";

/// A sale token: 4 bytes of time in seconds since 1970 (big-endian), 12 random bytes. It prints none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct SaleToken(Opaque);

impl SaleToken {
    /// A token of this moment from 32 random bytes, of which 12 are made; the same for the same moment and bytes. Times
    /// before 1970 and after 2106 are held at the ends.
    pub fn draw(now: Moment, seed: &[u8; 32]) -> Self {
        let seconds = now.millis().div_euclid(1_000).max(0);
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).to_be_bytes();
        let mut stream = Stream::new(b"jifen sale token", seed);
        Self(Opaque(core::array::from_fn(|place| {
            seconds.get(place).copied().unwrap_or_else(|| stream.byte())
        })))
    }

    /// Reads a token, exactly as it was given out.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Opaque::parse(MARK, text).map(Self)
    }

    /// The text of it, for the till: never for a log.
    pub fn text(&self) -> String {
        self.0.text(MARK)
    }

    /// The second in which it was drawn, since 1970: which day's key its row is under.
    pub fn seconds(&self) -> u32 {
        u32::from_be_bytes(self.0.0.first_chunk().copied().unwrap_or_default())
    }

    /// The key of its row: those 4 bytes, so that rows stand in the order of time, and SHA-256 of the text, so that the
    /// store alone tells no token.
    pub fn row_key(&self) -> [u8; 36] {
        let (seconds, hash) = (self.seconds().to_be_bytes(), self.sha256());
        let mut key = [0; 36];
        let bytes = seconds.iter().chain(&hash);
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        key
    }

    /// SHA-256 of the text.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256(MARK)
    }
}

impl fmt::Debug for SaleToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SaleToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// 2017-07-14T02:40:00.999Z
    const NOW: Moment = Moment::from_millis(1_500_000_000_999);

    #[test]
    fn a_token_is_the_one_computed_by_another_program() {
        // Python: base64.urlsafe_b64encode((1500000000).to_bytes(4, "big") + sha256(label + seed + counter)[:12]).
        let seed = core::array::from_fn(|at| u8::try_from(at).unwrap());
        let token = SaleToken::draw(NOW, &seed);
        assert_eq!(token.text(), "jst_WWgvABobQMVv4td4bYDVHw");
        assert_eq!(token.seconds(), 1_500_000_000);
        let key = data_encoding::HEXLOWER.encode(&token.row_key());
        assert_eq!(
            key,
            "59682f00cc3018d59a5bccdf4fc0aa74c5ffbb839b099f5e2bc27ebd3da1f7fcb94ab446"
        );
        assert_eq!(token.row_key()[4..], token.sha256());
    }

    #[test]
    fn every_token_reads_back_and_no_two_are_the_same() {
        let mut texts = BTreeSet::new();
        for number in 0..1_000_u32 {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            let token = SaleToken::draw(NOW, &seed);
            assert_eq!(SaleToken::parse(&token.text()), Ok(token.clone()));
            assert_eq!(token.text().len(), 26);
            texts.insert(token.text());
        }
        assert_eq!(texts.len(), 1_000);
    }

    #[test]
    fn times_outside_of_four_bytes_are_held_at_their_ends() {
        let check = |millis, seconds| {
            let token = SaleToken::draw(Moment::from_millis(millis), &[1; 32]);
            assert_eq!(token.seconds(), seconds, "{millis}");
        };
        check(i64::MIN, 0);
        check(-1, 0);
        check(0, 0);
        check(999, 0);
        check(1_000, 1);
        check(4_294_967_295_999, u32::MAX);
        check(4_294_967_296_000, u32::MAX);
        check(i64::MAX, u32::MAX);
    }

    #[test]
    fn a_text_that_was_not_given_out_is_refused() {
        let token = SaleToken::draw(NOW, &[1; 32]).text();
        // 22 characters have four bits more than 16 bytes: another last character spells the same bytes.
        let last = token.chars().next_back().unwrap();
        let sibling = char::from_u32(u32::from(last) + 1).unwrap();
        let padded = format!("{token}==");
        let wrong = [
            "",
            "jst_",
            &token[..25],
            &token[4..],
            &token.replacen("jst_", "jsc_", 1),
            &token.replacen("jst_", "JST_", 1),
            &format!("{token}A"),
            &padded,
            &format!(" {token}"),
            &format!("{}{sibling}", &token[..25]),
            "jst_AAAAAAAAAAAAAAAAAAAA/+",
            "jst_一二三四五六七八",
        ];
        for text in wrong {
            assert_eq!(SaleToken::parse(text), Err(CodeError::Shape), "{text}");
        }
        assert!(SaleToken::parse(&token).is_ok());
        assert_eq!(
            format!("{:?}", SaleToken::draw(NOW, &[1; 32])),
            "SaleToken(..)"
        );
    }
}
