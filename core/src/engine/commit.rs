//! The path of every command: seen this key? read, decide, write, answer. Keys are looked at before balances, so a retry
//! hears its first answer (semantics §8).

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::ids::AccountId;
use crate::domain::refusal::Refusal;
use crate::ledger::sale::ReceiptNo;
use crate::store::key::Key;
use crate::store::{Home, StoreError, Ticket, Verdict, WriteTx, ticket};

use super::Engine;
use super::clock::Draw;
use super::receipt::{Answer, Outcome, Receipt};
use super::rows::{BUSINESS, BusinessRow, RECEIPTS, ReceiptRow};
use super::work::{Given, Stop, View, Work, home_of};

/// The caller's name for an attempt: made and kept before sending. It belongs to the terminal that sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Which terminal, kiosk session or command line.
    pub terminal: String,
    /// A UUID: version 7 lands beside its neighbours, version 8 is accepted and slower.
    pub uuid: [u8; 16],
}

/// The longest terminal name, in bytes.
const TERMINAL_MAX: usize = 64;

impl IdempotencyKey {
    /// The row's key: the time that the UUID begins with, then a hash of terminal and UUID.
    fn row_key(&self) -> [u8; 24] {
        let mut key = [0; 24];
        let hash = Sha256::new()
            .chain_update(
                u64::try_from(self.terminal.len())
                    .unwrap_or(u64::MAX)
                    .to_be_bytes(),
            )
            .chain_update(&self.terminal)
            .chain_update(self.uuid)
            .finalize();
        // 48 bits of milliseconds, two bytes of zero, sixteen bytes of hash.
        for (to, from) in key
            .iter_mut()
            .zip(self.uuid.iter().take(6).chain(&[0, 0]).chain(&hash))
        {
            *to = *from;
        }
        key
    }

    fn check(&self) -> Result<(), Refusal> {
        let [.., version, _, variant, _, _, _, _, _, _, _] = self.uuid;
        let is_uuid = matches!(version >> 4, 7 | 8) && variant >> 6 == 0b10;
        let named = !self.terminal.is_empty()
            && self.terminal.len() <= TERMINAL_MAX
            && !self.terminal.chars().any(char::is_control);
        if is_uuid && named {
            Ok(())
        } else {
            Err(Refusal::BadKey)
        }
    }
}

/// What a business key names, beside store, till and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sale.
    Sale,
    /// A refund's own slip.
    Refund,
    /// Points used without a sale.
    Redeem,
}

/// The row's key of a business key.
fn business_key(kind: Kind, receipt: &ReceiptNo) -> Key {
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
        self.engine.send(key, verb, Some(&self.broken))
    }
}

impl Engine {
    /// Carries a command out and waits for its answer.
    pub fn run<V: Verb>(&self, key: &IdempotencyKey, verb: V) -> Result<Answer, Refusal> {
        self.send(key, verb, None).wait()
    }

    /// A line of commands that are decided in the order of sending.
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder {
            engine: self,
            broken: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Sends a command, behind those of its line where it is in one.
    fn send<V: Verb>(
        &self,
        key: &IdempotencyKey,
        verb: V,
        line: Option<&Arc<AtomicBool>>,
    ) -> Pending {
        let parsed = key.check().and_then(|()| canonical(&verb));
        let body: [u8; 32] = match parsed {
            Ok(body) => Sha256::digest(&body).into(),
            Err(refusal) => return Pending::ready(Err(refusal)),
        };
        let command = Command {
            shape: verb.check(),
            verb,
            key: key.row_key(),
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
        let given = Given {
            keys: self.keys.clone(),
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
        self.read(|view| Ok(stored(view, &key.row_key())?.map(|(_, _, outcome)| outcome)))
    }

    /// What became of a till's receipt.
    pub fn status_of_receipt(
        &self,
        kind: Kind,
        receipt: &ReceiptNo,
    ) -> Result<Option<Outcome>, Refusal> {
        self.read(|view| outcome_of(view, kind, receipt))
    }
}

/// A command with its keys, ready to be decided as often as the store asks.
struct Command<V> {
    /// Whether it can be by its shape: looked at by the sender, and answered after the keys.
    shape: Result<(), Refusal>,
    verb: V,
    key: [u8; 24],
    body: [u8; 32],
}

/// What a caller hears, which is slotted for it, and what the store does.
type Heard = (Result<Answer, Refusal>, Verdict);

impl<V: Verb> Command<V> {
    fn attempt(&self, work: &mut Work<'_>) -> Heard {
        let (heard, kept) = match self.decide(work) {
            Ok(Decided::Known(answer)) => return (answer, Verdict::Drop),
            Ok(Decided::KnownByReceipt(receipt)) => {
                let kept = self.keep(work, Outcome::Done(receipt.clone()));
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
        if let Some(earlier) = stored(&view, &self.key)? {
            return Ok(Decided::Known(match self.same(earlier)? {
                Outcome::Done(receipt) => Ok(Answer {
                    receipt,
                    repeated: true,
                }),
                Outcome::Refused(refusal) => Err(refusal),
            }));
        }
        self.shape.clone()?;
        if let Some((kind, receipt)) = self.verb.business()
            && let Some(earlier) = stored_of(&view, kind, receipt)?
            && let Outcome::Done(receipt) = self.same(earlier)?
        {
            return Ok(Decided::KnownByReceipt(receipt));
        }
        self.verb.decide(work).map(Decided::Now)
    }

    /// What an earlier try came to, if it wished the same.
    fn same(&self, (account, body, outcome): Earlier) -> Result<Outcome, Refusal> {
        if account == self.verb.account() && body == self.body {
            Ok(outcome)
        } else {
            Err(Refusal::KeyReused)
        }
    }

    /// Only what was done takes the till's receipt.
    fn take_receipt(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        let Some((kind, receipt)) = self.verb.business() else {
            return Ok(());
        };
        let row = BusinessRow::V1 { receipt: self.key };
        work.put_plain(&BUSINESS, business_key(kind, receipt).as_bytes(), &row)
    }

    /// Keeps the answer under the key.
    fn keep(&self, work: &mut Work<'_>, outcome: Outcome) -> Result<(), Stop> {
        let account = self.verb.account();
        let row = ReceiptRow::V1 {
            account,
            body: self.body,
            outcome,
            at: work.now,
        };
        work.put_sealed(&RECEIPTS, &self.key, &row)?;
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
type Earlier = (AccountId, [u8; 32], Outcome);

/// What is kept under a receipt's key.
fn stored(view: &View<'_>, key: &[u8; 24]) -> Result<Option<Earlier>, StoreError> {
    let row = RECEIPTS.row(view.tx, view.keys.codec(), key)?;
    Ok(row.map(
        |ReceiptRow::V1 {
             account,
             body,
             outcome,
             ..
         }| (account, body, outcome),
    ))
}

/// What is kept under the key that a till's receipt leads to.
fn stored_of(
    view: &View<'_>,
    kind: Kind,
    receipt: &ReceiptNo,
) -> Result<Option<Earlier>, StoreError> {
    match BUSINESS.row(
        view.tx,
        view.keys.mac(),
        business_key(kind, receipt).as_bytes(),
    )? {
        None => Ok(None),
        Some(BusinessRow::V1 { receipt }) => stored(view, &receipt),
    }
}

/// What a till's receipt led to.
pub(crate) fn outcome_of(
    view: &View<'_>,
    kind: Kind,
    receipt: &ReceiptNo,
) -> Result<Option<Outcome>, Stop> {
    Ok(stored_of(view, kind, receipt)?.map(|(_, _, outcome)| outcome))
}

/// The canonical command: its name and fields without keys, the same bytes for the same wish (semantics 34).
fn canonical<V: Verb>(verb: &V) -> Result<Vec<u8>, Refusal> {
    postcard::to_stdvec(&(V::NAME, verb)).map_err(|_| Refusal::AmountTooLarge)
}
