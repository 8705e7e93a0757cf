//! The path of every command: seen this key? read, decide, write, answer. Keys are looked at before balances, so a retry
//! hears its first answer (semantics §8).

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::ids::AccountId;
use crate::domain::refusal::Refusal;
use crate::ledger::sale::ReceiptNo;
use crate::store::key::Key;
use crate::store::{Home, Ticket, Verdict, WriteTx, ticket};

pub use super::attempt::IdempotencyKey;

use super::Engine;
use super::clock::Draw;
use super::keys::Today;
use super::receipt::{Answer, Outcome, Receipt};
use super::rows::{BUSINESS, BusinessRow, ERASURES, RECEIPTS, ReceiptKey, ReceiptRow};
use super::window;
use super::work::{Given, Stop, View, Work, home_of};

/// What a business key names, beside store, till and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A sale.
    Sale,
    /// A refund's own slip.
    Refund,
    /// Points used without a sale.
    Redeem,
}

/// The row's key of a business key.
pub(crate) fn business_key(kind: Kind, receipt: &ReceiptNo) -> Key {
    let kind: u8 = match kind {
        Kind::Sale => 0,
        Kind::Refund => 1,
        Kind::Redeem => 2,
    };
    let key = Key::new().u8(kind).text(&receipt.store);
    key.text(&receipt.till).text(&receipt.number)
}

/// A command, parsed. It may be decided more than once, so it has no effect outside its [`Work`].
pub trait Verb: Serialize + Send + Sync + 'static {
    /// What tells its canonical bytes from those of every other command.
    const NAME: &'static str;

    /// Whose account it is about.
    fn account(&self) -> AccountId;

    /// The till's own name of it, where it has one.
    fn business(&self) -> Option<(Kind, &ReceiptNo)> {
        None
    }

    /// Refuses what cannot be by its shape alone.
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// Reads, decides, and writes last.
    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop>;
}

/// Who sends a command, and under which name of the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The caller's name for the attempt.
    pub key: IdempotencyKey,
    /// The sequence number that a till signed: it is used up in the command's own transaction, so a request that was
    /// recorded on its way does nothing when it comes again, even after a restart (privacy §6).
    pub sequence: Option<u64>,
}

impl From<&IdempotencyKey> for Sender {
    fn from(key: &IdempotencyKey) -> Self {
        Self {
            key: key.clone(),
            sequence: None,
        }
    }
}

/// A command that was sent and whose answer is to come.
#[derive(Debug)]
pub struct Pending {
    ticket: Option<Ticket>,
    slot: Arc<Mutex<Option<Result<Answer, Refusal>>>>,
}

impl Pending {
    fn ready(result: Result<Answer, Refusal>) -> Self {
        Self {
            ticket: None,
            slot: Arc::new(Mutex::new(Some(result))),
        }
    }

    /// Waits for the answer; it comes after the durable commit.
    pub fn wait(self) -> Result<Answer, Refusal> {
        if let Some(ticket) = self.ticket {
            ticket.wait()?;
        }
        self.slot.lock().take().unwrap_or(Err(Refusal::Unknown))
    }
}

/// Commands of one sender, without waiting for each answer: it waits for room in the queue only. They are decided in the
/// order of sending, and when the store fails one of them, none behind it is carried out: each hears "try again". Begin
/// another line then, from the one that failed on.
#[derive(Debug)]
pub struct InOrder<'a> {
    engine: &'a Engine,
    broken: Arc<AtomicBool>,
}

impl InOrder<'_> {
    /// Sends the next command.
    pub fn send<V: Verb>(&self, key: &IdempotencyKey, verb: V) -> Pending {
        self.engine.send(&key.into(), verb, Some(&self.broken))
    }
}

impl Engine {
    /// Carries a command out and waits for its answer.
    pub fn run<V: Verb>(&self, key: &IdempotencyKey, verb: V) -> Result<Answer, Refusal> {
        self.send(&key.into(), verb, None).wait()
    }

    /// The same for a sender that numbers what it signs.
    pub fn run_signed<V: Verb>(&self, sender: &Sender, verb: V) -> Result<Answer, Refusal> {
        self.send(sender, verb, None).wait()
    }

    /// A line of commands that are decided in the order of sending.
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder {
            engine: self,
            broken: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Sends a command, behind those of its line where it is in one.
    fn send<V: Verb>(&self, sender: &Sender, verb: V, line: Option<&Arc<AtomicBool>>) -> Pending {
        // The canonical command: its name and fields without keys, the same bytes for the same wish (semantics 34).
        let parsed = sender.key.check().and_then(|()| body_of(V::NAME, &verb));
        let body = match parsed {
            Ok(body) => body,
            Err(refusal) => return Pending::ready(Err(refusal)),
        };
        let command = Command {
            shape: verb.check(),
            verb,
            key: sender.key.row_key(),
            sender: sender.clone(),
            body,
        };
        let home = home_of(command.verb.account());
        let Some(broken) = line.cloned() else {
            let (ticket, slot) = self.transact(home, false, move |work| command.attempt(work));
            return Pending {
                ticket: Some(ticket),
                slot,
            };
        };

        let in_line = broken.clone();
        let (sent, slot) = self.transact(home, true, move |work| {
            if in_line.load(Ordering::SeqCst) {
                return (Err(Refusal::Busy), Verdict::Drop);
            }
            let heard = command.attempt(work);
            // It could not read: what comes after it may not be decided without it.
            if heard.0.as_ref().is_err_and(Refusal::is_of_store) {
                in_line.store(true, Ordering::SeqCst);
            }
            heard
        });
        // A failed batch is answered before any later body is decided for good, so nothing overtakes a command that failed.
        let (waiter, heard) = ticket();
        sent.then(Box::new(move |outcome| {
            if outcome.is_err() {
                broken.store(true, Ordering::SeqCst);
            }
            waiter.answer(outcome);
        }));
        Pending {
            ticket: Some(heard),
            slot,
        }
    }

    /// Runs `body` in one transaction. The clock is read and the seed is drawn here, before the transaction begins.
    pub(crate) fn transact<T: Send + 'static>(
        &self,
        home: Home,
        patient: bool,
        body: impl Fn(&mut Work<'_>) -> (T, Verdict) + Send + 'static,
    ) -> (Ticket, Arc<Mutex<Option<T>>>) {
        let slot = Arc::new(Mutex::new(None));
        let answer = slot.clone();
        let seed = self.entropy.seed();
        let (now, clock_trusted) = self.time();
        let today = match Today::at(&self.keys, now) {
            Ok(today) => today,
            Err(error) => return (Ticket::answered(Err(error)), slot),
        };
        let given = Given {
            keys: self.keys.clone(),
            today,
            now,
            clock_trusted,
            versions: self.versions(),
            settings: self.settings,
        };
        let mut attempt = 0_u32;
        let run = Box::new(move |tx: &mut dyn WriteTx| {
            attempt = attempt.saturating_add(1);
            let draw = Draw::new(seed, attempt);
            let (result, verdict) = body(&mut Work::new(tx, draw, &given));
            *answer.lock() = Some(result);
            verdict
        });
        let ticket = if patient {
            self.store.submit_waiting(home, run)
        } else {
            self.store.submit(home, run)
        };
        (ticket, slot)
    }

    /// What became of a key: its answer, or `None` when nothing is known of it.
    pub fn status(&self, key: &IdempotencyKey) -> Result<Option<Outcome>, Refusal> {
        let found = self.earlier(key)?;
        Ok(found.map(|(_, _, outcome)| outcome))
    }

    /// What became of a till's receipt.
    pub fn status_of_receipt(
        &self,
        kind: Kind,
        receipt: &ReceiptNo,
    ) -> Result<Option<Outcome>, Refusal> {
        let found = self.read(|view| outcome_of(view, kind, receipt))?;
        Ok(found.map(|(_, outcome)| outcome))
    }

    /// Whose a key's answer is, the hash of the command, and what it came to.
    pub(crate) fn earlier(&self, key: &IdempotencyKey) -> Result<Option<Earlier>, Refusal> {
        self.read(|view| stored(view, key))
    }

    /// Whose a key's answer is, and what it was.
    pub fn answer_of_key(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<(AccountId, Outcome)>, Refusal> {
        let found = self.earlier(key)?;
        Ok(found.map(|(account, _, outcome)| (account, outcome)))
    }

    /// Whose a till's receipt is, and what it led to.
    pub fn answer_of_receipt(
        &self,
        kind: Kind,
        receipt: &ReceiptNo,
    ) -> Result<Option<(AccountId, Outcome)>, Refusal> {
        self.read(|view| outcome_of(view, kind, receipt))
    }
}

/// A command with its keys, ready to be decided as often as the store asks.
struct Command<V> {
    /// Whether it can be by its shape: looked at by the sender, and answered after the keys.
    shape: Result<(), Refusal>,
    verb: V,
    key: ReceiptKey,
    sender: Sender,
    body: [u8; 32],
}

/// What a caller hears, which is slotted for it, and what the store does.
type Heard = (Result<Answer, Refusal>, Verdict);

impl<V: Verb> Command<V> {
    fn attempt(&self, work: &mut Work<'_>) -> Heard {
        let taken = self.sender.sequence.map_or(Ok(None), |number| {
            window::take(&work.view(), &self.sender.key.terminal, number).map(Some)
        });
        let window = match taken {
            Ok(window) => window,
            Err(stop) => return (Err(stop.into()), Verdict::Drop),
        };
        let (heard, verdict) = self.answer(work);
        // Nothing is kept for its number alone that the command itself gave up half way.
        let of_store = heard.as_ref().is_err_and(Refusal::is_of_store);
        let whole = verdict == Verdict::Keep || !(work.wrote() || of_store);
        let Some(window) = window.filter(|_| whole) else {
            return (heard, verdict);
        };
        match window::put(work, &self.sender.key.terminal, window) {
            Ok(()) => (heard, Verdict::Keep),
            Err(stop) => (Err(stop.into()), Verdict::Drop),
        }
    }

    fn answer(&self, work: &mut Work<'_>) -> Heard {
        work.answer.key = Some(self.key);
        work.answer.account = Some(self.verb.account());
        let (heard, kept) = match self.decide(work) {
            Ok(Decided::Known(answer)) => return (answer, Verdict::Drop),
            Ok(Decided::KnownByReceipt(receipt)) => {
                // The till's receipt leads to the newest answer, so that it stays as long as any of them.
                let kept = self.take_receipt(work);
                let kept = kept.and_then(|()| self.keep(work, Outcome::Done(receipt.clone())));
                (
                    Ok(Answer {
                        receipt,
                        repeated: true,
                    }),
                    kept,
                )
            }
            Ok(Decided::Now(receipt)) => {
                let kept = self.take_receipt(work);
                let kept = kept.and_then(|()| self.keep(work, Outcome::Done(receipt.clone())));
                (
                    Ok(Answer {
                        receipt,
                        repeated: false,
                    }),
                    kept,
                )
            }
            Err(Stop::Refused(refusal)) if refusal.is_remembered() && !work.wrote() => {
                let kept = self.keep(work, Outcome::Refused(refusal.clone()));
                (Err(refusal), kept)
            }
            Err(stop) => return (Err(stop.into()), Verdict::Drop),
        };
        match kept {
            Ok(()) => (heard, Verdict::Keep),
            Err(stop) => (Err(stop.into()), Verdict::Drop),
        }
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Decided, Stop> {
        let view = work.view();
        if let Some(row) = RECEIPTS.outside(&view, &self.key)? {
            let earlier = RECEIPTS.body_of(&view, self.verb.account(), &self.key, &row)?;
            return Ok(Decided::Known(match self.same(earlier)? {
                Outcome::Done(receipt) => Ok(Answer {
                    receipt,
                    repeated: true,
                }),
                Outcome::Refused(refusal) => Err(refusal),
            }));
        }
        if ERASURES.row(view.tx, view.keys.mac(), &self.key)?.is_some() {
            return Err(Refusal::KeyReused.into());
        }
        self.shape.clone()?;
        if let Some((kind, receipt)) = self.verb.business()
            && let Some(earlier) = self.stored_of(&view, kind, receipt)?
            && let Outcome::Done(receipt) = self.same(Some(earlier))?
        {
            return Ok(Decided::KnownByReceipt(receipt));
        }
        self.verb.decide(work).map(Decided::Now)
    }

    /// What an earlier try came to, if it was about the same account and wished the same.
    fn same(&self, earlier: Option<ReceiptRow>) -> Result<Outcome, Refusal> {
        match earlier {
            Some(ReceiptRow::V1 { body, outcome, .. }) if body == self.body => Ok(outcome),
            Some(ReceiptRow::V1 { .. }) | None => Err(Refusal::KeyReused),
        }
    }

    /// What is kept under the key that the till's receipt leads to; another account's is refused.
    fn stored_of(
        &self,
        view: &View<'_>,
        kind: Kind,
        receipt: &ReceiptNo,
    ) -> Result<Option<ReceiptRow>, Stop> {
        let (key, account) = (business_key(kind, receipt), self.verb.account());
        let Some(row) = BUSINESS.outside(view, key.as_bytes())? else {
            return Ok(None);
        };
        let leads = BUSINESS.body_of(view, account, key.as_bytes(), &row)?;
        let BusinessRow::V1 { receipt } = leads.ok_or(Refusal::KeyReused)?;
        let Some(row) = RECEIPTS.outside(view, &receipt)? else {
            return Ok(None);
        };
        RECEIPTS.body_of(view, account, &receipt, &row)
    }

    /// Only what was done takes the till's receipt.
    fn take_receipt(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        let Some((kind, receipt)) = self.verb.business() else {
            return Ok(());
        };
        let row = BusinessRow::V1 { receipt: self.key };
        let key = business_key(kind, receipt);
        let key = key.as_bytes();
        BUSINESS.put(work, self.verb.account(), key, key, &row)
    }

    /// Keeps the answer under the key.
    fn keep(&self, work: &mut Work<'_>, outcome: Outcome) -> Result<(), Stop> {
        let account = self.verb.account();
        work.chain_answer(account)?;
        let business = match &outcome {
            Outcome::Done(_) => self.verb.business(),
            Outcome::Refused(_) => None,
        };
        let row = ReceiptRow::V1 {
            body: self.body,
            outcome,
            at: work.now,
            previous: work.answer.previous,
            business: business.map(|(kind, receipt)| (kind, receipt.clone())),
            token: work.answer.token,
        };
        let secret = self.sender.key.secret();
        RECEIPTS.put(work, account, &self.key, secret.as_bytes(), &row)?;
        work.note_time(home_of(account))
    }
}

/// What the keys and the command itself came to.
enum Decided {
    /// The key was seen before.
    Known(Result<Answer, Refusal>),
    /// The till's receipt was seen before, under another key.
    KnownByReceipt(Receipt),
    /// It was done now.
    Now(Receipt),
}

/// Whose command an earlier try was, the hash of its body, and what it came to.
pub(crate) type Earlier = (AccountId, [u8; 32], Outcome);

/// Whose and what is kept under an idempotency key.
fn stored(view: &View<'_>, key: &IdempotencyKey) -> Result<Option<Earlier>, Stop> {
    let found = RECEIPTS.look_up(view, &key.row_key(), key.secret().as_bytes())?;
    Ok(found.map(|(account, ReceiptRow::V1 { body, outcome, .. })| (account, body, outcome)))
}

/// Whose a till's receipt is, and what it led to.
pub(crate) fn outcome_of(
    view: &View<'_>,
    kind: Kind,
    receipt: &ReceiptNo,
) -> Result<Option<(AccountId, Outcome)>, Stop> {
    let key = business_key(kind, receipt);
    let found = BUSINESS.look_up(view, key.as_bytes(), key.as_bytes())?;
    let Some((account, BusinessRow::V1 { receipt })) = found else {
        return Ok(None);
    };
    let Some(row) = RECEIPTS.outside(view, &receipt)? else {
        return Ok(None);
    };
    let answer = RECEIPTS.body_of(view, account, &receipt, &row)?;
    Ok(answer.map(|ReceiptRow::V1 { outcome, .. }| (account, outcome)))
}

/// The hash of what makes two commands the same.
pub(crate) fn body_of(name: &'static str, said: &impl Serialize) -> Result<[u8; 32], Refusal> {
    let body = postcard::to_stdvec(&(name, said)).map_err(|_| Refusal::AmountTooLarge)?;
    Ok(Sha256::digest(&body).into())
}
