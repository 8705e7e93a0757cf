//! What stands at the door: the set-up code of a shop without an account, and attempts under names that nobody has.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::audit::Act;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::engine::sign_in::attempt;
use crate::policy::access::{Role, RoleGrant};

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::rows::{DoorRow, SET_UP, STAFF_DOOR, STRANGERS, SignInRow};
use super::super::work::{Stop, View, Work};
use super::{Fresh, accounts};

/// The most names that nobody has whose attempts are counted; past it the one that was tried least lately is forgotten.
const STRANGERS_MAX: usize = 256;

impl Engine {
    /// The set-up code of a shop that has no account and had no code: to be shown once. None for every other shop.
    ///
    /// # Errors
    /// The store's.
    pub fn issue_set_up(&self) -> Result<Option<Zeroizing<String>>, Refusal> {
        let is_new =
            self.read(|view| Ok(accounts(view)?.is_empty() && door(view, SET_UP)?.is_none()))?;
        if !is_new {
            return Ok(None);
        }
        let seed = Zeroizing::new(self.entropy.seed());
        let code = Zeroizing::new(HEXLOWER.encode(seed.get(..16).unwrap_or_default()));
        let hash: [u8; 32] = Sha256::digest(code.as_bytes()).into();
        self.node_work(move |work| {
            let made_at = work.now;
            put(work, SET_UP, &DoorRow::SetUp { hash, made_at })?;
            work.act(Done::of_shop(Actor::program(), Act::SetUpIssued))?;
            Ok(())
        })?;
        Ok(Some(code))
    }

    /// Makes the first account, an administrator, with the set-up code.
    ///
    /// # Errors
    /// [`Refusal::StaffSignInFailed`] for a wrong code and in a shop that has an account; [`Refusal::BadStaffName`] and the
    /// store's.
    pub fn set_up_staff(&self, code: &str, name: &str, display: &str) -> Result<Fresh, Refusal> {
        let hash: [u8; 32] = Sha256::digest(code.trim().as_bytes()).into();
        let from = self.house().zone().day_of(self.now());
        let grant = RoleGrant {
            role: Role::Administrator,
            from,
            until: None,
            store: None,
        };
        let actor = Actor {
            name: "set-up".to_owned(),
            ..Actor::operator()
        };
        self.new_staff(actor, name, display, &[grant], move |work| {
            let view = work.view();
            let known = match door(&view, SET_UP)? {
                Some(DoorRow::SetUp { hash, .. }) => Some(hash),
                Some(DoorRow::Strangers(_)) | None => None,
            };
            let fits = known.is_some_and(|known| known.ct_eq(&hash).into());
            if !fits || !accounts(&view)?.is_empty() {
                return Err(Refusal::StaffSignInFailed.into());
            }
            work.delete(STAFF_DOOR.table(), SET_UP)
        })
    }
}

/// Counts an attempt under a name that nobody has, as it is counted for others: it tells nobody which names there are.
pub(super) fn stranger(work: &mut Work<'_>, name: &str, wall: Moment) -> Result<(), Stop> {
    let hash = Sha256::digest(name.as_bytes());
    let hash: [u8; 8] = hash.first_chunk().copied().unwrap_or_default();
    let mut known = match door(&work.view(), STRANGERS)? {
        Some(DoorRow::Strangers(known)) => known,
        Some(DoorRow::SetUp { .. }) | None => Vec::new(),
    };
    let place = known.iter().position(|(of, _)| *of == hash);
    let before = place.map(|place| known.remove(place));
    let after = attempt(before.map_or(SignInRow::NONE, |(_, row)| row), wall)?;
    known.push((hash, after));
    if STRANGERS_MAX < known.len() {
        // One that has to wait is not forgotten for others that were tried: it would not have to wait any more.
        let is_over = |row: &SignInRow| matches!(row, SignInRow::V1 { wait_until, .. } if *wait_until <= wall);
        let over = known.iter().position(|(_, row)| is_over(row));
        known.remove(over.unwrap_or(0));
    }
    put(work, STRANGERS, &DoorRow::Strangers(known))
}

fn door(view: &View<'_>, key: &[u8]) -> Result<Option<DoorRow>, Stop> {
    Ok(STAFF_DOOR.row(view.tx, &view.keys.staff(), key)?)
}

fn put(work: &mut Work<'_>, key: &[u8], row: &DoorRow) -> Result<(), Stop> {
    let codec = work.keys().staff();
    work.put_under(&codec, &STAFF_DOOR, key, row)
}
