//! The notice, the agreements and the consent texts, version by version: what a person was shown can be shown again for
//! as long as the store lives (CON-02).

use core::ops::ControlFlow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::audit::{Act, Hex32, Text};
use crate::domain::refusal::Refusal;
use crate::policy::notice::{Notice, NoticeFault};
use crate::store::StoreError;

use super::Engine;
use super::audit::{Actor, Done};
use super::rows::{NOTICES, NoticeRow};
use super::work::{Stop, View, Work};

/// Why a notice was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file is not one.
    #[error("the notice file has {} faults", .0.len())]
    File(Vec<NoticeFault>),
    /// Another text was published under this version.
    #[error("version {version} was published with another text")]
    VersionTaken {
        /// The version.
        version: String,
    },
    /// The store's.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// The notice that was published last.
pub(crate) fn latest(view: &View<'_>) -> Result<Option<Notice>, Stop> {
    let mut last: Option<(u64, String)> = None;
    NOTICES.scan(view.tx, view.keys.mac(), &[], None, &mut |_, row| {
        let NoticeRow::V1 { number, text } = row;
        if last.as_ref().is_none_or(|(latest, _)| *latest < number) {
            last = Some((number, text));
        }
        ControlFlow::Continue(())
    })?;
    let Some((_, text)) = last else {
        return Ok(None);
    };
    let notice = Notice::parse(&text);
    let damaged = |_| Stop::from(StoreError::Damaged("a stored notice".into()));
    notice.map(Some).map_err(damaged)
}

impl Engine {
    /// Publishes a notice: from now on it is the one that applicants are shown. The same text again changes nothing; an
    /// earlier one becomes the current one again.
    pub fn publish(&self, text: &str) -> Result<(), PublishError> {
        let notice = Notice::parse(text).map_err(PublishError::File)?;
        let version = notice.version().to_owned();
        let (key, text) = (version.clone(), text.to_owned());
        let published = self.node_work(move |work| publish(work, &key, &text))?;
        if !published {
            return Err(PublishError::VersionTaken { version });
        }
        *self.notice.write() = Some(Arc::new(notice));
        Ok(())
    }

    /// The notice that applicants are shown.
    pub fn notice(&self) -> Result<Arc<Notice>, Refusal> {
        self.notice.read().clone().ok_or(Refusal::NoNotice)
    }
}

impl View<'_> {
    /// The notice that was published under a version, if it was.
    pub(crate) fn notice_of(&self, version: &str) -> Result<Option<Notice>, Stop> {
        let row = NOTICES.row(self.tx, self.keys.mac(), version.as_bytes())?;
        let Some(NoticeRow::V1 { text, .. }) = row else {
            return Ok(None);
        };
        let damaged = |_| Stop::from(StoreError::Damaged("a stored notice".into()));
        Notice::parse(&text).map(Some).map_err(damaged)
    }
}

/// Whether the text is the version's: it becomes the current one.
fn publish(work: &mut Work<'_>, version: &str, text: &str) -> Result<bool, Stop> {
    let view = work.view();
    let mut highest = 0;
    let mut kept = None;
    NOTICES.scan(view.tx, view.keys.mac(), &[], None, &mut |place, row| {
        let NoticeRow::V1 { number, text } = row;
        highest = number.max(highest);
        if place == version.as_bytes() {
            kept = Some((number, text));
        }
        ControlFlow::Continue(())
    })?;
    match kept {
        Some((_, kept)) if kept != text => return Ok(false),
        Some((number, _)) if number == highest => return Ok(true),
        Some(_) | None => {}
    }
    let row = NoticeRow::V1 {
        number: highest.saturating_add(1),
        text: text.to_owned(),
    };
    work.put_plain(&NOTICES, version.as_bytes(), &row)?;
    let act = Act::NoticePublished {
        version: Text::fitted(version),
        hash: Hex32::from_bytes(Sha256::digest(text).into()),
    };
    work.act(Done::of_shop(Actor::operator(), act))?;
    Ok(true)
}
