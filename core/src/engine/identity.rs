//! An identity document that was shown: who looked at it, and when. Its number is kept only with a separate express
//! consent (CON-04), until the operation that needs it ends; then its first and last characters stay, and the record is
//! sealed under a new key, so that the number goes with the old one (RET-05).

use zeroize::Zeroizing;

use crate::audit::{Act, Handle};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, Moment};

use super::Engine;
use super::audit::{Actor, Done};
use super::correct::reseal;
use super::rows::{Identity, IdentityNumber, MEMBERS, MemberRow};
use super::staff::Hand;
use super::work::{Stop, View, Work};

/// How a document was checked, to whoever may see it. The number itself is shown by nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityCheck {
    /// Who looked at it.
    pub checked_by: String,
    /// When.
    pub checked_at: Moment,
    /// The first and last characters of the number, where it was kept and masked.
    pub masked: Option<String>,
    /// Whether the number is still kept.
    pub number_kept: bool,
}

impl Engine {
    /// Notes that an identity document was shown to `actor`. Without a number only that is noted.
    ///
    /// # Errors
    /// [`Refusal::ConsentNeeded`] for a number without the separate consent, [`Refusal::BadIdentity`] for what is no number
    /// of a document; [`Refusal::TokenUnknown`], [`Refusal::KeysFailed`] and the store's. Then nothing is stored.
    pub fn record_identity(
        &self,
        member: MemberId,
        number: Option<&str>,
        consent: bool,
        actor: &Actor,
    ) -> Result<(), Refusal> {
        self.record_identity_by(member, number, consent, &Hand::of(actor))
    }

    /// The same by whoever it is.
    pub(super) fn record_identity_by(
        &self,
        member: MemberId,
        number: Option<&str>,
        consent: bool,
        hand: &Hand,
    ) -> Result<(), Refusal> {
        if number.is_some() && !consent {
            return Err(Refusal::ConsentNeeded);
        }
        let number = number.map(parse).transpose()?;
        // A number that another one takes the place of goes with its key.
        if self
            .read(|view| number_is_kept_since(view, member))?
            .is_some()
        {
            self.renew_core(member)?;
        }
        let hand = hand.clone();
        self.member_work(member, move |work| {
            hand.check(work)?;
            let mut row = work.view().member(member)?;
            let subject = Some(Handle::from_bytes(row.handle));
            row.identity = Some(Identity {
                checked_by: hand.actor().name.clone(),
                checked_at: work.now,
                masked: None,
                number: number
                    .as_ref()
                    .map(|number| IdentityNumber(number.to_string())),
            });
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
            reseal(work, member)?;
            let number_kept = number.is_some();
            work.act(Done {
                actor: hand.actor().clone(),
                act: Act::IdentityChecked { number_kept },
                subject,
                fields: if number_kept {
                    &["identity_number"]
                } else {
                    &[]
                },
                because: hand.because((
                    "identity_check",
                    if number_kept {
                        "separate_consent"
                    } else {
                        "legal"
                    },
                )),
            })?;
            Ok(())
        })
    }

    /// The operation that needed the number has ended: it is masked at once.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`], [`Refusal::KeysFailed`] and the store's.
    pub fn end_identity(&self, member: MemberId, actor: &Actor) -> Result<(), Refusal> {
        if self
            .read(|view| number_is_kept_since(view, member))?
            .is_none()
        {
            return Ok(());
        }
        self.renew_core(member)?;
        let actor = actor.clone();
        self.member_work(member, move |work| {
            mask(work, member, actor.clone()).map(|_| ())
        })
    }

    /// How a member's document was checked, if it was.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] and the store's.
    pub fn identity_check(&self, member: MemberId) -> Result<Option<IdentityCheck>, Refusal> {
        self.read(|view| {
            let identity = view.member(member)?.identity;
            Ok(identity.map(|identity| IdentityCheck {
                checked_by: identity.checked_by,
                checked_at: identity.checked_at,
                masked: identity.masked,
                number_kept: identity.number.is_some(),
            }))
        })
    }

    /// A new version of a member's core key, durable before anything is sealed under it. The older ones go after the next
    /// good backup (privacy §3).
    pub(super) fn renew_core(&self, member: MemberId) -> Result<(), Refusal> {
        let renewed = self.keys.keybox().renew_core(&member, self.entropy.seed());
        renewed.map(|_| ()).map_err(|_| Refusal::KeysFailed)
    }
}

/// Since when the number of a member's document is kept; none where none is.
pub(super) fn number_is_kept_since(
    view: &View<'_>,
    member: MemberId,
) -> Result<Option<Moment>, Stop> {
    let identity = view.member(member)?.identity;
    let kept = identity.filter(|identity| identity.number.is_some());
    Ok(kept.map(|identity| identity.checked_at))
}

/// Puts the first and last characters in the place of the number, and seals all records of the member anew. Whether there
/// was a number.
pub(super) fn mask(work: &mut Work<'_>, member: MemberId, actor: Actor) -> Result<bool, Stop> {
    let mut row = work.view().member(member)?;
    let subject = Some(Handle::from_bytes(row.handle));
    let Some(identity) = row.identity.as_mut() else {
        return Ok(false);
    };
    let Some(number) = identity.number.take() else {
        return Ok(false);
    };
    identity.masked = Some(masked(&number.0));
    work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
    reseal(work, member)?;
    work.act(Done {
        actor,
        act: Act::IdentityMasked,
        subject,
        fields: &["identity_number"],
        because: ("retention", "legal"),
    })?;
    Ok(true)
}

/// Refuses what is no number of a document.
pub(super) fn is_number(text: &str) -> Result<(), Refusal> {
    parse(text).map(|_| ())
}

/// The number of a resident's identity card (GB 11643) or of a passport, in capitals.
fn parse(text: &str) -> Result<Zeroizing<String>, Refusal> {
    let number = Zeroizing::new(text.trim().to_ascii_uppercase());
    if is_identity_card(&number) || is_passport(&number) {
        Ok(number)
    } else {
        Err(Refusal::BadIdentity)
    }
}

/// 17 digits, of which eight are a date, and the check character of ISO 7064 MOD 11-2.
fn is_identity_card(number: &str) -> bool {
    const LENGTH: usize = 18;
    let Some((digits, check)) = number.as_bytes().split_last_chunk::<1>() else {
        return false;
    };
    if number.len() != LENGTH || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let date = number.get(6..14).and_then(|date| {
        let (year, day) = date.split_at_checked(4)?;
        let (month, day) = day.split_at_checked(2)?;
        Day::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    });
    // ISO 7064: p = (p + digit) × 2 mod 11, and p + check ≡ 1.
    let sum = digits.iter().try_fold(0_u32, |sum, digit| {
        let value = u32::from(digit.checked_sub(b'0')?);
        sum.checked_add(value)?.checked_mul(2)?.checked_rem(11)
    });
    let value = match check {
        [b'X'] => Some(10),
        [digit @ b'0'..=b'9'] => digit.checked_sub(b'0').map(u32::from),
        [_] => None,
    };
    let fits = sum.zip(value).and_then(|(sum, value)| {
        let all = sum.checked_add(value)?.checked_rem(11)?;
        Some(all == 1)
    });
    date.is_some() && fits == Some(true)
}

/// A Chinese passport: a letter and eight digits, or two letters and seven; another country's: 6 to 9 letters and digits.
fn is_passport(number: &str) -> bool {
    let is_plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let has_digit = number.bytes().filter(u8::is_ascii_digit).count();
    is_plain && (6..=9).contains(&number.len()) && 5 <= has_digit
}

/// The first six and last four characters of an identity card's number; of a shorter one less, so that most of it is gone.
fn masked(number: &str) -> String {
    let count = number.chars().count();
    let (first, last) = if count < 15 { (1, 2) } else { (6, 4) };
    let hidden = count.saturating_sub(first).saturating_sub(last);
    let begin: String = number.chars().take(first).collect();
    let end: String = number.chars().skip(first.saturating_add(hidden)).collect();
    format!("{begin}{}{end}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_of_a_card_or_a_passport() {
        for (text, fits) in [
            ("11010519491231002X", true),
            ("11010519491231002x", true),
            ("440524188001010014", true),
            ("440524188001010013", false),
            ("110105194912310020", false),
            ("11010519491331002X", false),
            ("1101051949123100", false),
            ("110105491231002", false),
            ("E12345678", true),
            ("EA1234567", true),
            ("C01X00T47", true),
            ("ABCDEFGH1", false),
            ("E1234567890", false),
            ("", false),
            ("１１0105", false),
            ("王小明", false),
        ] {
            assert_eq!(parse(text).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn every_single_wrong_digit_of_a_card_is_refused() {
        let right = "11010519491231002X";
        for place in 0..17 {
            for digit in b'0'..=b'9' {
                let mut wrong = right.as_bytes().to_vec();
                wrong[place] = digit;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(is_identity_card(&wrong), wrong == right, "{wrong}");
            }
        }
    }

    #[test]
    fn ten_characters_of_a_card_stay_and_three_of_a_passport() {
        assert_eq!(masked("11010519491231002X"), "110105********002X");
        assert_eq!(masked("E12345678"), "E******78");
    }
}
