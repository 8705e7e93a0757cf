//! Changes on their way in. Whoever has one waits here until it is durable; one of those who wait writes for all, with
//! one fsync.

use std::collections::{HashMap, HashSet};

use parking_lot::{Condvar, Mutex};

use super::bucket::{Bucket, NONCE};
use super::journal::{Change, Record};
use super::keys::{GroupKey, MemberKeys, TokenState};
use super::shelf::Shelves;
use super::write::Writer;
use super::{Draw32, KeyboxError};

/// Who waits, and what they will hear.
#[derive(Default)]
pub(super) struct Queue {
    jobs: Mutex<Jobs>,
    /// Somebody has an answer, or is needed to write.
    turn: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: Vec<Job>,
    answers: HashMap<u64, Answer>,
    /// The number of the last one that came.
    last: u64,
    /// Somebody writes.
    is_led: bool,
    /// Somebody panicked while writing: what is in memory is no longer known to be what is on the disk.
    is_lost: bool,
}

struct Job {
    number: u64,
    record: Record,
    nonce: [u8; NONCE],
}

type Answer = Result<(), KeyboxError>;

impl Queue {
    /// Makes a change durable and then seen by all, or says why not.
    pub(super) fn submit(
        &self,
        change: Change,
        nonce: [u8; NONCE],
        writer: &Mutex<Writer>,
        shelves: &Shelves,
        draw: &Draw32,
    ) -> Answer {
        let mut jobs = self.jobs.lock();
        jobs.last = jobs.last.saturating_add(1);
        let number = jobs.last;
        jobs.waiting.push(Job {
            number,
            record: Record::V1(change),
            nonce,
        });
        loop {
            if let Some(answer) = jobs.answers.remove(&number) {
                return answer;
            }
            if jobs.is_lost {
                return Err(KeyboxError::Io("a bug: open the keys again".to_owned()));
            }
            if jobs.is_led {
                self.turn.wait(&mut jobs);
                continue;
            }

            jobs.is_led = true;
            let batch = core::mem::take(&mut jobs.waiting);
            drop(jobs);
            let lead = Lead { queue: self };
            let mut writer = writer.lock();
            let (answers, left) = write(batch, &mut writer, shelves);
            self.answer(answers, left);
            // Those who have their answer go; only the next writes wait for this.
            writer.fold_when_long(shelves, draw);
            drop(writer);
            drop(lead);
            jobs = self.jobs.lock();
        }
    }

    /// What many do who come at once, without the threads: all of it is written together, as far as it may be.
    #[cfg(test)]
    pub(super) fn submit_together(
        changes: Vec<(Change, [u8; NONCE])>,
        writer: &Mutex<Writer>,
        shelves: &Shelves,
    ) -> Vec<Answer> {
        let jobs = (1..).zip(changes).map(|(number, (change, nonce))| Job {
            number,
            record: Record::V1(change),
            nonce,
        });
        let mut left: Vec<_> = jobs.collect();
        let mut all = Vec::new();
        while !left.is_empty() {
            let (answers, later) = write(left, &mut writer.lock(), shelves);
            all.extend(answers);
            left = later;
        }
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, answer)| answer).collect()
    }

    /// How many have come so far.
    #[cfg(test)]
    pub(super) fn came(&self) -> u64 {
        self.jobs.lock().last
    }

    fn answer(&self, answers: Vec<(u64, Answer)>, mut left: Vec<Job>) {
        let mut jobs = self.jobs.lock();
        jobs.answers.extend(answers);
        left.append(&mut jobs.waiting);
        jobs.waiting = left;
        drop(jobs);
        self.turn.notify_all();
    }
}

/// Held by the one who writes.
struct Lead<'a> {
    queue: &'a Queue,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut jobs = self.queue.jobs.lock();
        jobs.is_led = false;
        jobs.is_lost |= std::thread::panicking();
        drop(jobs);
        self.queue.turn.notify_all();
    }
}

/// Writes these changes, and takes them into memory. Those from the first on that depends on another one of them are
/// left for the next time: then memory says whether they may be.
fn write(
    batch: Vec<Job>,
    writer: &mut Writer,
    shelves: &Shelves,
) -> (Vec<(u64, Answer)>, Vec<Job>) {
    let first = writer.place();
    let mut answers = Vec::with_capacity(batch.len());
    let mut touched = HashSet::new();
    let mut written = Vec::new();
    let mut buckets = Vec::new();
    let mut bytes = Vec::new();

    let mut batch = batch.into_iter();
    let mut left = Vec::new();
    while let Some(job) = batch.next() {
        let Record::V1(change) = &job.record;
        let about = touches_of(change);
        if about.iter().any(|touch| touched.contains(touch)) {
            left = core::iter::once(job).chain(batch).collect();
            break;
        }
        let place = first.saturating_add(u64::try_from(buckets.len()).unwrap_or(u64::MAX));
        let admitted = admit(change, shelves).and_then(|bucket| {
            let seal = |bucket| writer.seal((place, first), bucket, job.nonce, &job.record);
            Ok(match bucket {
                Some(bucket) => Some((bucket, seal(bucket)?)),
                None => None,
            })
        });
        match admitted {
            Ok(Some((bucket, record))) => {
                bytes.extend_from_slice(&record);
                buckets.push(bucket);
                touched.extend(about);
                written.push(job);
            }
            Ok(None) => answers.push((job.number, Ok(()))),
            Err(error) => answers.push((job.number, Err(error))),
        }
    }

    let durable = if buckets.is_empty() {
        Ok(())
    } else {
        writer.append(&bytes, &buckets)
    };
    for Job { number, record, .. } in written {
        let Record::V1(change) = record;
        let answer = durable.clone().and_then(|()| apply(change, shelves));
        answers.push((number, answer));
    }
    (answers, left)
}

/// What a change is about. Of two that are about the same, the second waits for the first.
#[derive(PartialEq, Eq, Hash)]
enum Touch {
    Member([u8; 16]),
    Account([u8; 16]),
    Token([u8; 16]),
    Days,
}

fn touches_of(change: &Change) -> Vec<Touch> {
    match change {
        Change::Member(entry) => {
            let tokens = entry.tokens.iter().map(|token| Touch::Token(token.hash));
            let ids = [
                Touch::Member(*entry.keys.member.as_bytes()),
                Touch::Account(*entry.keys.account.as_bytes()),
            ];
            ids.into_iter().chain(tokens).collect()
        }
        Change::Token { member, token } => {
            vec![Touch::Member(*member.as_bytes()), Touch::Token(token.hash)]
        }
        Change::Revoke(token) => vec![Touch::Token(*token)],
        Change::Day { .. } | Change::DropDays { .. } => vec![Touch::Days],
        Change::Core { member, .. } | Change::Postal { member, .. } => {
            vec![Touch::Member(*member.as_bytes())]
        }
    }
}

/// Which bucket's record the change will be; nothing when all is so already.
fn admit(change: &Change, shelves: &Shelves) -> Result<Option<Bucket>, KeyboxError> {
    match change {
        Change::Member(entry) => {
            let keys = &entry.keys;
            let hashes: HashSet<_> = entry.tokens.iter().map(|token| token.hash).collect();
            let is_taken = shelves.has_member(&keys.member)
                || shelves.has_account(&keys.account)
                || hashes.len() < entry.tokens.len()
                || hashes.iter().any(|hash| shelves.has_token(*hash));
            if is_taken {
                return Err(KeyboxError::Taken);
            }
        }
        Change::Token { member, token } => {
            if !shelves.has_member(member) {
                return Err(KeyboxError::MemberUnknown);
            }
            if shelves.has_token(token.hash) {
                return Err(KeyboxError::Taken);
            }
        }
        Change::Revoke(token) => match shelves.token(*token).map(|token| token.state) {
            Some(TokenState::Active) => (),
            Some(TokenState::Revoked) => return Ok(None),
            None => return Err(KeyboxError::TokenUnknown),
        },
        Change::Day { day, .. } => {
            if shelves.day(*day).is_some() {
                return Ok(None);
            }
        }
        Change::DropDays { before } => {
            if !shelves.has_day_before(*before) {
                return Ok(None);
            }
        }
        Change::Core { member, key } => {
            let keys = shelves
                .of_member(member)
                .ok_or(KeyboxError::MemberUnknown)?;
            if !is_next(key, &keys) {
                return Err(KeyboxError::Taken);
            }
        }
        Change::Postal { member, .. } => {
            let keys = shelves
                .of_member(member)
                .ok_or(KeyboxError::MemberUnknown)?;
            if keys.postal.is_some() {
                return Err(KeyboxError::Taken);
            }
        }
    }
    Ok(bucket_of(change, shelves))
}

/// The bucket that a change belongs to; none for a token that nobody has.
pub(super) fn bucket_of(change: &Change, shelves: &Shelves) -> Option<Bucket> {
    match change {
        Change::Member(entry) => Some(Bucket::of(&entry.keys.member)),
        Change::Token { member, .. }
        | Change::Core { member, .. }
        | Change::Postal { member, .. } => Some(Bucket::of(member)),
        Change::Revoke(token) => shelves.token(*token).map(|token| Bucket::of(&token.member)),
        Change::Day { .. } | Change::DropDays { .. } => Some(Bucket::SYS),
    }
}

/// Takes a change that is durable into memory.
pub(super) fn apply(change: Change, shelves: &Shelves) -> Result<(), KeyboxError> {
    match change {
        Change::Member(entry) => shelves.add(entry),
        Change::Token { member, token } => shelves.add_token(&member, &token),
        Change::Revoke(token) => shelves.revoke(token),
        Change::Day { day, key } => shelves.add_day(day, key),
        Change::DropDays { before } => {
            shelves.drop_days_before(before);
            Ok(())
        }
        Change::Core { member, key } => {
            let renewed = shelves.change(&member, |keys| {
                let is_next = is_next(&key, keys);
                if is_next {
                    keys.renew_core(key);
                }
                is_next
            });
            match renewed {
                Some(true) => Ok(()),
                Some(false) => Err(KeyboxError::Taken),
                None => Err(KeyboxError::MemberUnknown),
            }
        }
        Change::Postal { member, key } => {
            let added = shelves.change(&member, |keys| {
                if keys.postal.is_some() {
                    return Err(KeyboxError::Taken);
                }
                keys.postal = Some(key);
                Ok(())
            });
            added.unwrap_or(Err(KeyboxError::MemberUnknown))
        }
    }
}

/// Whether the key of group `core` comes right after the member's newest one.
fn is_next(key: &GroupKey, keys: &MemberKeys) -> bool {
    keys.core_version().checked_add(1) == Some(key.version)
}
