//! What shows that two records are of one person. Points move between records by nothing else (PTS-04, QLT-03).

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::grant::Grant;

use super::super::Engine;
use super::super::enrol::duplicate_check;
use super::super::rows::MemberV3;

/// How long a proof and a code count.
const PROOF_MINUTES: u32 = 10;

/// Somebody has typed the code that was sent to a member's phone. Only whoever checked the code makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneProved {
    member: MemberId,
    at: Moment,
}

impl PhoneProved {
    /// The code of this member's phone was right, then.
    pub(crate) const fn by_code(member: MemberId, at: Moment) -> Self {
        Self { member, at }
    }

    fn counts(&self, member: MemberId, now: Moment) -> bool {
        self.member == member && now < self.at.plus_minutes(PROOF_MINUTES)
    }
}

/// What the member says and shows.
#[derive(Clone, Copy)]
pub struct Confirmation<'a> {
    /// Whether the member has seen what moves and has confirmed it.
    pub confirmed: bool,
    /// The PIN of the record that stays.
    pub pin: &'a str,
    /// Codes of both phones, where these are different or not verified.
    pub codes: &'a [PhoneProved],
    /// At which kiosk or desk.
    pub device: &'a str,
}

impl core::fmt::Debug for Confirmation<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Confirmation(..)")
    }
}

/// Two records are of one person, who has confirmed the merge. Only [`Engine::prove_merge`] makes one:
///
/// ```compile_fail,E0451
/// use jifen::domain::ids::MemberId;
/// use jifen::domain::time::Moment;
/// use jifen::engine::merge::MergeProof;
/// let one = MemberId::from_bytes([1; 16]);
/// let forged = MergeProof { survivor: one, other: one, by_codes: true, at: Moment::EPOCH };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a proof merges nothing by itself"]
pub struct MergeProof {
    survivor: MemberId,
    other: MemberId,
    by_codes: bool,
    at: Moment,
}

impl MergeProof {
    /// A proof that was never fresh: for a key under which the merge has its answer already.
    pub(in crate::engine) const fn spent(survivor: MemberId, other: MemberId) -> Self {
        Self {
            survivor,
            other,
            by_codes: false,
            at: Moment::EPOCH,
        }
    }

    /// Refuses a proof of other records or one that is too old, and records whose phones have changed since.
    pub(super) fn check(
        &self,
        (survivor, ours): (MemberId, &MemberV3),
        (other, theirs): (MemberId, &MemberV3),
        now: Moment,
    ) -> Result<(), Refusal> {
        let is_of = self.survivor == survivor && self.other == other && survivor != other;
        let is_fresh = now < self.at.plus_minutes(PROOF_MINUTES);
        if is_of && is_fresh && (self.by_codes || one_phone(ours, theirs, &duplicate_check()?)) {
            Ok(())
        } else {
            Err(Refusal::MergeUnproved)
        }
    }
}

/// Whether both records have the same phone, and both are verified: a phone is a claim until then (privacy §6).
fn one_phone(ours: &MemberV3, theirs: &MemberV3, leave: &Grant) -> bool {
    let [one, other] = [ours, theirs].map(|row| row.told.profile.to_profile());
    let same = one.mobile.disclose(leave).e164() == other.mobile.disclose(leave).e164();
    same && ours.verified.is_some() && theirs.verified.is_some()
}

impl Engine {
    /// Shows that two records are of one person who wants them merged: one phone that is verified in both, or a code from
    /// each phone; the member's confirmation; and the PIN of the record that stays. It counts for ten minutes.
    ///
    /// # Errors
    /// In this order: [`Refusal::MergeUnconfirmed`]; [`Refusal::TokenUnknown`]; [`Refusal::AlreadyMerged`];
    /// [`Refusal::MergeUnproved`]; then as for signing in, and the store's.
    pub fn prove_merge(
        &self,
        survivor: MemberId,
        other: MemberId,
        said: &Confirmation<'_>,
    ) -> Result<MergeProof, Refusal> {
        if !said.confirmed {
            return Err(Refusal::MergeUnconfirmed);
        }
        let proof = self.show_one_person(survivor, other, said.codes)?;
        self.confirm_pin(survivor, said.pin, said.device)?;
        Ok(proof)
    }

    /// What their phones show of two records, before the member has confirmed anything: enough to say what a merge would
    /// come to, and for [`Self::prove_merge`] one of two parts.
    pub(super) fn show_one_person(
        &self,
        survivor: MemberId,
        other: MemberId,
        codes: &[PhoneProved],
    ) -> Result<MergeProof, Refusal> {
        let leave = duplicate_check()?;
        let is_one_phone = self.read(|view| {
            let rows = (view.member(survivor)?, view.member(other)?);
            if view.here_member(survivor)? != survivor || view.here_member(other)? != other {
                return Err(Refusal::AlreadyMerged.into());
            }
            Ok(one_phone(&rows.0, &rows.1, &leave))
        })?;
        let now = self.now();
        let has_code = |member| codes.iter().any(|code| code.counts(member, now));
        let by_codes = has_code(survivor) && has_code(other);
        if survivor == other || !(is_one_phone || by_codes) {
            return Err(Refusal::MergeUnproved);
        }
        Ok(MergeProof {
            survivor,
            other,
            by_codes,
            at: now,
        })
    }
}
