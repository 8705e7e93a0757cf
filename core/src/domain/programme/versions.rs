//! The versions of one programme in the order of their dates, and which carry belongs to which rule
//! (semantics 5, 32). Which of them are active is the governance's question.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{EarnRule, Programme};
use crate::domain::ids::{CarryId, ProgrammeHash};
use crate::domain::time::Moment;

/// All versions of a programme in the order of their dates, each valid until the next begins. There are none before the
/// first is activated.
#[derive(Clone, Debug, Default)]
pub struct Versions(Vec<Version>);

/// A version, and for each of its earn rules the version with which its carry began.
#[derive(Clone, Debug)]
struct Version {
    programme: Arc<Programme>,
    carries: Vec<Carry>,
}

#[derive(Clone, Copy, Debug)]
struct Carry {
    began: ProgrammeHash,
    id: CarryId,
}

/// Why programmes are not the versions of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionsError {
    /// Another programme's id.
    #[error("the version has the id of another programme")]
    OtherProgramme,
    /// Another currency: amounts kept so far would mean something else.
    #[error("the version has another currency")]
    OtherCurrency,
    /// Another zone: days kept so far would begin elsewhere.
    #[error("the version has another time zone")]
    OtherZone,
    /// Not later than the version before it.
    #[error("the version is not effective after the one before it")]
    NotLater,
}

impl Versions {
    /// The versions in the order in which they become effective.
    pub fn new(programmes: Vec<Programme>) -> Result<Self, VersionsError> {
        let mut in_order = programmes.into_iter();
        in_order.try_fold(Self::default(), |versions, programme| {
            versions.with(programme)
        })
    }

    /// These versions and a later one.
    pub fn with(&self, programme: Programme) -> Result<Self, VersionsError> {
        if let Some(before) = self.latest() {
            if programme.id != before.id {
                return Err(VersionsError::OtherProgramme);
            }
            if programme.currency != before.currency {
                return Err(VersionsError::OtherCurrency);
            }
            if programme.zone != before.zone {
                return Err(VersionsError::OtherZone);
            }
            if programme.effective_from <= before.effective_from {
                return Err(VersionsError::NotLater);
            }
        }
        let mut versions = self.0.clone();
        versions.push(Version::new(programme, self.0.last()));
        Ok(Self(versions))
    }

    /// The version that is valid at a moment: the last with `effective_from <= moment`.
    pub fn at(&self, moment: Moment) -> Option<&Arc<Programme>> {
        self.newest_first()
            .find(|programme| programme.effective_from <= moment)
    }

    /// The version with this hash.
    pub fn by_hash(&self, hash: &ProgrammeHash) -> Option<&Arc<Programme>> {
        self.newest_first()
            .find(|programme| programme.hash == *hash)
    }

    /// The version that becomes effective last.
    pub fn latest(&self) -> Option<&Arc<Programme>> {
        self.0.last().map(|version| &version.programme)
    }

    /// All versions, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Programme>> {
        self.0.iter().map(|version| &version.programme)
    }

    /// The carry of one of a version's rules. Versions in an unbroken run of equal `per`, `points` and `carry`
    /// share it (semantics 5). A programme that is not among these versions begins all its carries itself.
    pub fn carry_id(&self, programme: &Programme, rule: &EarnRule) -> CarryId {
        let version = self
            .0
            .iter()
            .rev()
            .find(|version| version.programme.hash == programme.hash);
        let carry = version.and_then(|version| version.carry_of(&rule.id));
        carry.map_or_else(|| carry_begun(&rule.id, &programme.hash), |carry| carry.id)
    }

    fn newest_first(&self) -> impl Iterator<Item = &Arc<Programme>> {
        self.0.iter().rev().map(|version| &version.programme)
    }
}

impl Version {
    fn new(programme: Programme, before: Option<&Self>) -> Self {
        let carry = |rule: &EarnRule| {
            let began = before
                .and_then(|before| before.carry_continued_by(rule))
                .map_or(programme.hash, |carry| carry.began);
            Carry {
                began,
                id: carry_begun(&rule.id, &began),
            }
        };
        let carries = programme.earn.iter().map(carry).collect();
        Self {
            programme: Arc::new(programme),
            carries,
        }
    }

    fn carry_of(&self, rule: &str) -> Option<Carry> {
        let mut rules = self.programme.earn.iter().zip(&self.carries);
        rules
            .find(|(known, _)| known.id == rule)
            .map(|(_, carry)| *carry)
    }

    /// The carry of the rule of the same id here, if the next version's rule leaves it as it is.
    fn carry_continued_by(&self, next: &EarnRule) -> Option<Carry> {
        let mut rules = self.programme.earn.iter().zip(&self.carries);
        let (_, carry) = rules.find(|(known, _)| {
            known.id == next.id
                && known.per == next.per
                && known.points == next.points
                && known.carry == next.carry
        })?;
        Some(*carry)
    }
}

/// The carry of a rule that began with a version.
fn carry_begun(rule: &str, began: &ProgrammeHash) -> CarryId {
    let mut hasher = Sha256::new();
    // Lengths first, so that no two rules spell the same bytes.
    let length = u64::try_from(rule.len()).unwrap_or(u64::MAX);
    hasher.update(length.to_be_bytes());
    hasher.update(rule);
    hasher.update(began.as_bytes());
    let digest: [u8; 32] = hasher.finalize().into();
    let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    CarryId::from_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = include_str!("../../../../fixtures/programmes/demo.toml");

    /// The demo programme with some of its text replaced, effective on 1 January of a year.
    fn version(year: i32, changes: &[(&str, &str)]) -> Programme {
        let mut text = DEMO.replace("2017-01-01T", &format!("{year}-01-01T"));
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        Programme::parse(&text).unwrap()
    }

    #[test]
    fn the_version_of_a_moment_is_the_last_that_has_begun() {
        let (old, new) = (version(2017, &[]), version(2018, &[]));
        let versions = Versions::new(vec![old.clone(), new.clone()]).unwrap();
        let hash = |moment: Moment| versions.at(moment).map(|programme| programme.hash);
        let begins = |programme: &Programme| programme.effective_from;
        assert_eq!(hash(begins(&old).plus_millis(-1)), None);
        assert_eq!(hash(begins(&old)), Some(old.hash));
        assert_eq!(hash(begins(&new).plus_millis(-1)), Some(old.hash));
        assert_eq!(hash(begins(&new)), Some(new.hash));
        assert_eq!(versions.latest().unwrap().hash, new.hash);
        assert_eq!(
            versions.by_hash(&old.hash).map(|found| found.hash),
            Some(old.hash)
        );
        assert_eq!(versions.by_hash(&ProgrammeHash::from_bytes([0; 32])), None);
        assert_eq!(versions.iter().count(), 2);
    }

    #[test]
    fn versions_of_something_else_or_out_of_order_are_refused() {
        assert!(Versions::new(vec![]).unwrap().latest().is_none());
        let versions = Versions::new(vec![version(2018, &[])]).unwrap();
        let cases = [
            (
                version(2019, &[("\"demo\"", "\"other\"")]),
                VersionsError::OtherProgramme,
            ),
            (
                version(2019, &[("CNY", "USD")]),
                VersionsError::OtherCurrency,
            ),
            (
                version(2019, &[("Asia/Shanghai", "UTC")]),
                VersionsError::OtherZone,
            ),
            (version(2018, &[]), VersionsError::NotLater),
            (version(2017, &[]), VersionsError::NotLater),
        ];
        for (programme, expected) in cases {
            assert_eq!(versions.with(programme).err(), Some(expected));
        }
    }

    #[test]
    fn a_carry_lasts_until_its_rule_changes_and_never_comes_back() {
        let [dear, cheap] = [
            ("per = \"1.00\"", "per = \"2.00\""),
            ("points = 1\n", "points = 2\n"),
        ];
        let other = [
            version(2017, &[]),
            version(2018, &[("max_share = \"0.50\"", "max_share = \"0.40\"")]),
            version(2019, &[dear]),
            version(2020, &[]),
            version(2021, &[cheap]),
            version(2022, &[cheap, ("carry = true", "carry = false")]),
            version(2023, &[("id = \"base\"", "id = \"basis\"")]),
        ];
        let versions = Versions::new(other.to_vec()).unwrap();
        let ids: Vec<CarryId> = versions
            .iter()
            .map(|programme| versions.carry_id(programme, &programme.earn[0]))
            .collect();
        assert_eq!(ids[0], ids[1]);
        let mut begun = ids[1..].to_vec();
        begun.sort_unstable();
        begun.dedup();
        assert_eq!(begun.len(), 6, "{ids:?}");

        let shorter = Versions::new(other[..2].to_vec()).unwrap();
        assert_eq!(shorter.carry_id(&other[1], &other[1].earn[0]), ids[1]);
    }

    #[test]
    fn a_carry_is_named_by_its_rule_and_where_it_began() {
        let hash = ProgrammeHash::from_bytes([7; 32]);
        // python: sha256(struct.pack(">Q", 4) + b"base" + bytes([7]) * 32).hexdigest()[:16]
        assert_eq!(carry_begun("base", &hash).to_string(), "17a35c387795ebc9");
    }
}
