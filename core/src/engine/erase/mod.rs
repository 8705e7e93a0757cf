//! A member leaves and is erased, in the order of privacy §3: the rows and an intent in one transaction, then the keys,
//! then the record of it; only then is it answered. A started erasure is always finished, by whoever comes next: the same
//! request, another start of the program, or a sweep.

mod begin;
mod farewell;
mod forget;
mod receipt;

use core::ops::ControlFlow;

use crate::audit::receipt::DeletionReceipt;
use crate::audit::{Act, Handle, Text};
use crate::domain::ids::MemberId;
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::policy::grant::{Ask, decide};
use crate::store::{StoreError, Verdict};
use crate::vault::keybox::KeyboxError;

use parking_lot::MutexGuard;

use super::Engine;
use super::audit::{Actor, Done};
use super::commit::IdempotencyKey;
use super::escrow::{EVERYWHERE, owing};
use super::rows::{
    ByRole, ERASURES, ErasureRow, INTENTS, IntentRow, KeyGroup, OWED, OwedRow, ReceiptKey,
};
use super::work::{Stop, View, Work, home_of};

use begin::begin;

pub use farewell::Farewell;
pub(super) use forget::hold_of;

/// Whose wish it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    /// The member's own, at this kiosk or phone.
    Member {
        /// Where.
        device: &'a str,
    },
    /// Carried out for the member by whoever works on the shop's machine.
    Operator,
    /// Carried out for the member by somebody of the staff.
    Staff {
        /// The name of the account.
        name: &'a str,
        /// At which device.
        device: &'a str,
    },
    /// The program's own: the time for which the data is kept is over (RET-03).
    Program,
}

impl Engine {
    /// Erases a member: the account, everything it held, and every key that opens it. When this returns, nothing of the
    /// member can be read from any file of the shop or from any backup (privacy §3), but for copies of the keys that
    /// could not be reached, which the receipt names. `confirmed` are the points that the member was shown to lose.
    ///
    /// The same key asked again gives the same receipt, also when the member's keys are long gone.
    ///
    /// # Errors
    /// [`Refusal::ErasureUnconfirmed`] when other points would be lost than were shown; [`Refusal::TokenUnknown`] when
    /// there is no such member; [`Refusal::KeyReused`]; [`Refusal::KeysFailed`] and the store's: then ask again with the
    /// same key.
    pub fn erase(
        &self,
        key: &IdempotencyKey,
        member: MemberId,
        by: By<'_>,
        confirmed: Points,
    ) -> Result<DeletionReceipt, Refusal> {
        key.check()?;
        let request = key.row_key();
        let _turn = self.destroying()?;
        if self.is_erased(request)? {
            // This member is still there, so the key was for somebody else.
            if self.keys.keybox().is_known(&member) {
                return Err(Refusal::KeyReused);
            }
            return self.deletion_receipt(request);
        }
        // The record itself is the last: when it is recorded, so is every record that lives on in it.
        for request in self.begin_erasure(request, member, by, confirmed)? {
            self.carry_out(request)?;
        }
        self.deletion_receipt(request)
    }

    /// The receipt of an erasure that was done under this key, for whoever still has the key.
    pub fn erasure(&self, key: &IdempotencyKey) -> Result<Option<DeletionReceipt>, Refusal> {
        let request = key.row_key();
        if self.is_erased(request)? {
            self.deletion_receipt(request).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Finishes every erasure that was begun, and tries again to replace the copies of keys that are owed. How many
    /// erasures were finished.
    ///
    /// # Errors
    /// [`Refusal::KeysFailed`] and the store's.
    pub fn resume_erasures(&self) -> Result<u64, Refusal> {
        let _turn = self.erasing.lock();
        let finished = self.finish_begun()?;
        self.pay_owed()?;
        Ok(finished)
    }

    /// Waits for the turn to destroy keys. What was begun is finished first: the leaves of a bucket name its epochs in their
    /// order.
    pub(super) fn destroying(&self) -> Result<MutexGuard<'_, ()>, Refusal> {
        let turn = self.erasing.lock();
        self.finish_begun()?;
        Ok(turn)
    }

    fn finish_begun(&self) -> Result<u64, Refusal> {
        let mut finished = 0_u64;
        for request in self.intents()? {
            self.carry_out(request)?;
            finished = finished.saturating_add(1);
        }
        Ok(finished)
    }

    /// Step 0: from here on every command about the member is refused. Gives the requests to carry out, in their order: one
    /// for each record of the person that was merged into this one, and at last its own.
    fn begin_erasure(
        &self,
        request: ReceiptKey,
        member: MemberId,
        by: By<'_>,
        confirmed: Points,
    ) -> Result<Vec<ReceiptKey>, Refusal> {
        let account = self.keys.account_of(member)?;
        let by = match by {
            By::Member { device } => (String::new(), ByRole::Member, device.to_owned()),
            By::Operator => ("operator".to_owned(), ByRole::Operator, "server".to_owned()),
            By::Staff { name, device } => (name.to_owned(), ByRole::Staff, device.to_owned()),
            By::Program => ("jifen".to_owned(), ByRole::Program, "server".to_owned()),
        };
        let home = home_of(account);
        let (ticket, slot) = self.transact(home, false, move |work| {
            let begun = begin(work, request, account, &by, confirmed);
            match begun.and_then(|begun| work.note_time(home).map(|()| begun)) {
                Ok(begun) => (Ok(begun), Verdict::Keep),
                Err(stop) => (Err(stop), Verdict::Drop),
            }
        });
        ticket.wait()?;
        let begun = slot.lock().take();
        let begun = begun.unwrap_or(Err(Refusal::Unknown.into()))?;
        let leave = decide(&Ask::DuplicateCheck).map_err(|_| Refusal::TokenUnknown)?;
        let mut requests = Vec::with_capacity(begun.len());
        for begun in begun.into_iter().rev() {
            if let Some(profile) = begun.profile {
                let mobile = profile.mobile.disclose(&leave);
                self.phones.remove(mobile, &begun.member);
            }
            self.tokens.forget(&begun.member);
            requests.push(begun.request);
        }
        Ok(requests)
    }

    /// Steps 1 to 6 of an erasure that has begun, from wherever it stopped.
    pub(super) fn carry_out(&self, request: ReceiptKey) -> Result<(), Refusal> {
        let Some(IntentRow::V1 { member, erasure }) = self.intent(request)? else {
            return Ok(());
        };
        let keybox = self.keys.keybox();
        let (is_whole, bucket) = (erasure.is_whole(), keybox.bucket_of(&member));
        let destroyed = if is_whole {
            keybox.erase(&member)
        } else if self.has_postal(member) {
            keybox.drop_postal(&member)
        } else {
            Err(KeyboxError::MemberUnknown)
        };
        let destroyed = match destroyed {
            Ok(destroyed) => (destroyed.bucket, destroyed.epoch),
            // Gone already: the step after this one was not reached.
            Err(KeyboxError::MemberUnknown) => (bucket, keybox.epoch(bucket)),
            Err(_) => return Err(Refusal::KeysFailed),
        };
        let destinations = owing(self.escrow().as_deref());
        self.node_work(move |work| done(work, request, destroyed, &destinations))?;
        if is_whole {
            self.tokens.forget(&member);
        }
        self.pay_owed()
    }

    /// Replaces the copies of keys that are older than an erasure, as far as their places are known and can be reached.
    fn pay_owed(&self) -> Result<(), Refusal> {
        let Some(escrow) = self.escrow() else {
            return Ok(());
        };
        let owed = self.read(owed)?;
        let mut buckets: Vec<u8> = owed.iter().map(|(bucket, ..)| *bucket).collect();
        buckets.dedup();
        for bucket in buckets {
            let current = self.keys.keybox().epoch(bucket);
            let copied = escrow.replace(self.keys.keybox(), bucket);
            let failed = copied.iter().filter(|copied| copied.outcome.is_err());
            let failed: Vec<_> = failed.map(|copied| copied.destination.clone()).collect();
            let mut paid = Vec::new();
            let mut left = Vec::new();
            for (of, destination, OwedRow::V1 { epoch, .. }) in &owed {
                // A destination that the shop no longer has is nobody's to replace.
                if *of != bucket || current < *epoch || failed.contains(destination) {
                    continue;
                }
                paid.push(owed_key(bucket, destination));
                if destination == EVERYWHERE {
                    left.push(*epoch);
                }
            }
            if !paid.is_empty() {
                self.node_work(move |work| {
                    for key in &paid {
                        work.delete(OWED.table(), key)?;
                    }
                    let owe = |epoch: &u64| owe(work, (bucket, *epoch), &failed);
                    left.iter().try_for_each(owe)
                })?;
            }
        }
        Ok(())
    }

    fn is_erased(&self, request: ReceiptKey) -> Result<bool, Refusal> {
        self.read(|view| {
            let row = ERASURES.row(view.tx, view.keys.mac(), &request)?;
            Ok(row.is_some())
        })
    }

    fn intent(&self, request: ReceiptKey) -> Result<Option<IntentRow>, Refusal> {
        self.read(|view| Ok(INTENTS.row(view.tx, view.keys.mac(), &request)?))
    }

    fn intents(&self) -> Result<Vec<ReceiptKey>, Refusal> {
        self.read(|view| {
            let mut requests = Vec::new();
            INTENTS.scan(view.tx, view.keys.mac(), &[], None, &mut |key, _| {
                requests.extend(ReceiptKey::try_from(key).ok());
                ControlFlow::Continue(())
            })?;
            Ok(requests)
        })
    }
}

/// Step 5: the keys are gone; what remains is the record of it.
fn done(
    work: &mut Work<'_>,
    request: ReceiptKey,
    (bucket, epoch): (u8, u64),
    destinations: &[String],
) -> Result<(), Stop> {
    let view = work.view();
    let Some(IntentRow::V1 { erasure, .. }) = INTENTS.row(view.tx, view.keys.mac(), &request)?
    else {
        return Ok(());
    };
    let (name, role, device) = erasure.by.clone();
    let is_whole = erasure.is_whole();
    let groups = erasure
        .groups
        .iter()
        .map(|group| Text::fitted(group.word()));
    let groups = groups.collect();
    let act = work.act(Done {
        actor: Actor {
            name,
            role: match role {
                ByRole::Member => "member",
                ByRole::Operator => "operator",
                ByRole::Staff => "staff",
                ByRole::Program => "program",
            },
            device,
        },
        act: Act::Erased {
            bucket,
            epoch,
            groups,
        },
        subject: Some(Handle::from_bytes(erasure.handle)),
        fields: if is_whole {
            &["all"]
        } else {
            &["address", "postcode"]
        },
        because: if erasure.by.1 == ByRole::Program {
            ("retention", "legal")
        } else if is_whole {
            ("member_rights", "request")
        } else {
            ("direct_mail", "withdrawn")
        },
    })?;
    work.delete(INTENTS.table(), &request)?;
    owe(work, (bucket, epoch), destinations)?;
    if !is_whole {
        return Ok(());
    }
    let row = ErasureRow::V1 {
        erasure,
        bucket,
        epoch,
        act,
    };
    work.put_plain(&ERASURES, &request, &row)
}

/// Notes that the copies of a bucket's keys are to be replaced, before anybody is answered.
pub(super) fn owe(
    work: &mut Work<'_>,
    (bucket, epoch): (u8, u64),
    destinations: &[String],
) -> Result<(), Stop> {
    for destination in destinations {
        let since = work.now;
        let row = OwedRow::V1 { epoch, since };
        work.put_plain(&OWED, &owed_key(bucket, destination), &row)?;
    }
    Ok(())
}

impl KeyGroup {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Postal => "postal",
            Self::History => "history",
        }
    }
}

/// The key of a copy that is owed.
fn owed_key(bucket: u8, destination: &str) -> Vec<u8> {
    let mut key = vec![bucket];
    key.extend_from_slice(destination.as_bytes());
    key
}

/// Every copy that is owed: bucket, destination and since which epoch, by bucket.
pub(super) fn owed(view: &View<'_>) -> Result<Vec<(u8, String, OwedRow)>, Stop> {
    let mut owed = Vec::new();
    let mut damaged = false;
    OWED.scan(view.tx, view.keys.mac(), &[], None, &mut |key, row| {
        match key
            .split_first()
            .map(|(bucket, name)| (*bucket, String::from_utf8(name.to_vec())))
        {
            Some((bucket, Ok(destination))) => owed.push((bucket, destination, row)),
            Some((_, Err(_))) | None => damaged = true,
        }
        ControlFlow::Continue(())
    })?;
    if damaged {
        return Err(StoreError::Damaged("a copy that is owed".into()).into());
    }
    Ok(owed)
}

#[cfg(test)]
#[cfg(feature = "redb")]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the numbers are small, and a panic is a failed test"
)]
mod tests;
