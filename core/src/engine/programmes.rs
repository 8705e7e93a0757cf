//! The versions of the shop's programme: immutable, hashed and effective-dated (semantics §7).

use core::ops::ControlFlow;
use std::sync::Arc;

use crate::audit::{Act, Hex32};
use crate::domain::ids::ProgrammeHash;
use crate::domain::programme::Fault;
use crate::domain::programme::Programme;
use crate::domain::programme::{Versions, VersionsError};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::store::StoreError;
use crate::store::key::of_i64;

use super::Engine;
use super::audit::{Actor, Done};
use super::rows::{PROGRAMMES, ProgrammeRow};
use super::work::{Stop, View};

/// Why a programme was not activated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivateError {
    /// The file is not one.
    #[error("the programme file has {} faults", .0.len())]
    File(Vec<Fault>),
    /// It does not follow the versions there are.
    #[error(transparent)]
    Versions(#[from] VersionsError),
    /// It would begin before what was committed under another version.
    #[error("the programme would begin at {effective_from}, before the latest commit at {latest}")]
    Late {
        /// When it would begin.
        effective_from: Moment,
        /// The latest commit.
        latest: Moment,
    },
    /// The store's.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// The programmes that were activated.
pub(crate) fn stored(view: &View<'_>) -> Result<Versions, Stop> {
    let mut texts = Vec::new();
    PROGRAMMES.scan(
        view.tx,
        view.keys.mac(),
        &[],
        None,
        &mut |_, ProgrammeRow::V1(text)| {
            texts.push(text);
            ControlFlow::Continue(())
        },
    )?;
    let damaged = || Stop::from(StoreError::Damaged("a stored programme".into()));
    let programmes = texts
        .iter()
        .map(|text| Programme::parse(text).map_err(|_| damaged()));
    Versions::new(programmes.collect::<Result<_, _>>()?).map_err(|_| damaged())
}

impl Engine {
    /// Adds a version of the programme. The same text again changes nothing.
    ///
    /// A version that would begin before the latest commit is refused: a programme never rewrites history.
    pub fn activate(&self, text: &str) -> Result<ProgrammeHash, ActivateError> {
        let programme = Programme::parse(text).map_err(ActivateError::File)?;
        let hash = programme.hash;
        let versions = self.versions();
        if versions.by_hash(&hash).is_some() {
            return Ok(hash);
        }
        let (effective_from, latest) = (programme.effective_from, self.now());
        if versions.latest().is_some() && effective_from <= latest {
            return Err(ActivateError::Late {
                effective_from,
                latest,
            });
        }
        let extended = versions.with(programme)?;

        let row = ProgrammeRow::V1(text.to_owned());
        self.node_work(move |work| {
            let key = of_i64(effective_from.millis());
            work.put_plain(&PROGRAMMES, &key, &row)?;
            let hash = Hex32::from_bytes(*hash.as_bytes());
            let act = Act::ProgrammeActivated { hash };
            work.act(Done::of_shop(Actor::operator(), act)).map(|_| ())
        })?;
        *self.versions.write() = Arc::new(extended);
        Ok(hash)
    }
}
