//! Acts and their leaves. A command notes its act in its own transaction; the batch's closing body gives each act its
//! place in the tree and adds one leaf for the journal rows of the batch. The rows are the truth, the folder `audit/` is
//! their copy (privacy §7).

use core::ops::ControlFlow;

use sha2::{Digest, Sha256};

use crate::audit::checkpoint::{SigningKey, VerifierKey};
use crate::audit::tree::{self, Nodes, NodesMut, TreeError};
use crate::audit::{Act, Handle, Hex32, Leaf, Text};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::ticket::TicketNo;
use crate::store::key::{Key, of_u64};
use crate::store::{ReadTx, StoreError, WriteTx, Written};

use super::Engine;
use super::keys::Keys;
use super::rows::{
    ACTS, ActRow, CLOCKS, ClockRow, EPOCHS, EpochRow, JOURNAL, LEAVES, LeafRow, NODES, NodeRow,
    TREE, TreeRow,
};
use super::work::{Stop, View, Work};

/// Who did something, in which role, at which device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A name of an account or of a part of the program; a member's is the handle.
    pub name: String,
    /// `member`, `operator`, `program`.
    pub role: &'static str,
    /// The kiosk or the machine.
    pub device: String,
}

impl Actor {
    /// The program itself.
    pub fn program() -> Self {
        Self {
            name: "jifen".to_owned(),
            role: "program",
            device: "server".to_owned(),
        }
    }

    /// Whoever works on the shop's own machine.
    pub fn operator() -> Self {
        Self {
            name: "operator".to_owned(),
            role: "operator",
            device: "server".to_owned(),
        }
    }

    /// Somebody of the staff, at this device.
    pub fn staff(name: &str, device: &str) -> Self {
        Self {
            name: name.to_owned(),
            role: "staff",
            device: device.to_owned(),
        }
    }

    /// A member, at this kiosk or phone.
    pub fn member(handle: Handle, device: &str) -> Self {
        Self {
            name: handle.to_string(),
            role: "member",
            device: device.to_owned(),
        }
    }
}

/// An act on personal data, on rights, on security or on settings, without its place in the tree.
#[derive(Clone, Debug)]
pub struct Done {
    /// Who.
    pub actor: Actor,
    /// What.
    pub act: Act,
    /// To whom.
    pub subject: Option<Handle>,
    /// Which fields, by name, never a value.
    pub fields: &'static [&'static str],
    /// Why, and by what right.
    pub because: (&'static str, &'static str),
}

impl Done {
    /// An act of settings or security, which is about nobody.
    pub fn of_shop(actor: Actor, act: Act) -> Self {
        Self {
            actor,
            act,
            subject: None,
            fields: &[],
            because: ("security", "legal"),
        }
    }

    fn leaf(self, at: Moment) -> Leaf {
        let (purpose, basis) = self.because;
        Leaf {
            seq: 0,
            time: at,
            actor: Text::fitted(&self.actor.name),
            role: Text::fitted(self.actor.role),
            device: Text::fitted(&self.actor.device),
            act: self.act,
            subject: self.subject,
            fields: self
                .fields
                .iter()
                .map(|field| Text::fitted(field))
                .collect(),
            purpose: Some(Text::fitted(purpose)),
            basis: Some(Text::fitted(basis)),
            ticket: None,
            result: Text::fitted("done"),
            commitment: None,
        }
    }
}

/// The number of an act within the store: its leaf is found by it.
pub(crate) type ActNumber = u64;

impl Work<'_> {
    /// Notes an act. Its leaf is written with everything else of the transaction, or not at all (AUD-02).
    pub(crate) fn act(&mut self, done: Done) -> Result<ActNumber, Stop> {
        let number = self.number();
        let line = line(&done.leaf(self.now))?;
        self.put_plain(&ACTS, &of_u64(number), &ActRow::Draft(line))?;
        Ok(number)
    }

    /// Notes an act that belongs to a request: the leaf carries its number.
    pub(crate) fn act_of(&mut self, done: Done, ticket: TicketNo) -> Result<ActNumber, Stop> {
        let number = self.number();
        let leaf = Leaf {
            ticket: Some(Text::fitted(&ticket.to_string())),
            ..done.leaf(self.now)
        };
        let line = line(&leaf)?;
        self.put_plain(&ACTS, &of_u64(number), &ActRow::Draft(line))?;
        Ok(number)
    }
}

impl Work<'_> {
    /// The same for fields that are known only now, and for the request that it belongs to.
    pub(crate) fn act_on(
        &mut self,
        done: Done,
        fields: &[&str],
        ticket: Option<&str>,
    ) -> Result<ActNumber, Stop> {
        let number = self.number();
        let mut leaf = done.leaf(self.now);
        leaf.fields = fields.iter().map(|field| Text::fitted(field)).collect();
        leaf.ticket = ticket.map(Text::fitted);
        let line = line(&leaf)?;
        self.put_plain(&ACTS, &of_u64(number), &ActRow::Draft(line))?;
        Ok(number)
    }
}

/// Makes the batch's acts and its journal leaves of the tree.
pub(crate) fn add_batch(
    tx: &mut dyn WriteTx,
    written: Written<'_>,
    keys: &Keys,
) -> Result<(), StoreError> {
    let mut drafts = Vec::new();
    for (key, value) in written.table(ACTS.table()) {
        let Some(value) = value else { continue };
        if let ActRow::Draft(line) = ACTS.read(keys.mac(), key, value)? {
            drafts.push((key.to_vec(), parse(&line)?));
        }
    }
    for (act, mut leaf) in drafts {
        let TreeRow::V1 { size, .. } = tree_row(tx, keys)?;
        leaf.seq = size;
        add(tx, keys, &leaf, line(&leaf)?)?;
        ACTS.put(tx, keys.mac(), &act, &ActRow::Leaf(size))?;
    }
    let TreeRow::V1 { size, journal_to } = tree_row(tx, keys)?;
    if let Some(mut leaf) = journal(written, keys, journal_to)? {
        leaf.seq = size;
        add(tx, keys, &leaf, line(&leaf)?)?;
    }
    Ok(())
}

/// Adds a leaf at the end.
fn add(tx: &mut dyn WriteTx, keys: &Keys, leaf: &Leaf, line: String) -> Result<(), StoreError> {
    note_epoch(tx, keys, &leaf.act)?;
    let TreeRow::V1 { journal_to, .. } = tree_row(tx, keys)?;
    let hash = tree::leaf_hash(line.as_bytes());
    LEAVES.put(tx, keys.mac(), &of_u64(leaf.seq), &LeafRow::V1(line))?;
    tree::append(&mut Kept { tx, keys }, leaf.seq, hash).map_err(unfit)?;
    let row = TreeRow::V1 {
        size: leaf.seq.checked_add(1).ok_or(StoreError::Full)?,
        journal_to: leaf
            .act
            .journal_to()
            .map_or(journal_to, |to| to.max(journal_to)),
    };
    TREE.put(tx, keys.mac(), TREE_ROW, &row)
}

/// Takes in a leaf that the audit's copy has: it must be the next one.
#[cfg(feature = "redb")]
pub(crate) fn adopt(tx: &mut dyn WriteTx, keys: &Keys, line: &str) -> Result<(), StoreError> {
    let leaf = parse(line)?;
    if leaf.seq != size(tx, keys)? {
        return Err(StoreError::Damaged("a leaf in another's place".into()));
    }
    super::tickets::note_number(tx, keys, &leaf)?;
    add(tx, keys, &leaf, line.to_owned())
}

/// Notes an act where there is no command: the closing body of the same batch makes it a leaf.
#[cfg(feature = "redb")]
pub(crate) fn draft(
    tx: &mut dyn WriteTx,
    keys: &Keys,
    done: Done,
    at: Moment,
) -> Result<(), StoreError> {
    let line = line(&done.leaf(at))?;
    let number = tx.sequence();
    ACTS.put(tx, keys.mac(), &of_u64(number), &ActRow::Draft(line))
}

/// The only row of its table.
const TREE_ROW: &[u8] = &[0];

/// One leaf for the journal rows of a batch.
fn journal(written: Written<'_>, keys: &Keys, journal_to: u64) -> Result<Option<Leaf>, StoreError> {
    let mut last = None;
    let mut rows = 0_u64;
    let mut hash = Sha256::new();
    for (key, value) in written.table(JOURNAL.table()) {
        let Some(value) = value else { continue };
        last = Some(number(key)?);
        rows = rows.saturating_add(1);
        bind(&mut hash, key, value);
    }
    let Some(to) = last else {
        return Ok(None);
    };
    // Without a hole, so that no row can be put between two batches.
    let from = journal_to.saturating_add(1);
    let mut at = Moment::EPOCH;
    for (key, value) in written.table(CLOCKS.table()) {
        if let Some(value) = value {
            let ClockRow::V1(noted) = CLOCKS.read(keys.mac(), key, value)?;
            at = at.max(noted);
        }
    }
    let act = Act::Journal {
        from,
        to,
        rows,
        hash: Hex32::from_bytes(hash.finalize().into()),
    };
    Ok(Some(Done::of_shop(Actor::program(), act).leaf(at)))
}

/// Adds a row to a hash, so that no two sequences of rows spell the same bytes.
pub(crate) fn bind(hash: &mut Sha256, key: &[u8], value: &[u8]) {
    hash.update(Key::new().part(key).part(value).as_bytes());
}

/// The newest epoch of each bucket: keys that are older are not opened (privacy §2).
fn note_epoch(tx: &mut dyn WriteTx, keys: &Keys, act: &Act) -> Result<(), StoreError> {
    if let Some((bucket, epoch)) = act.epoch() {
        let before = EPOCHS.row(tx, keys.mac(), &[bucket])?;
        let before = before.map_or(0, |EpochRow::V1(epoch)| epoch);
        EPOCHS.put(tx, keys.mac(), &[bucket], &EpochRow::V1(before.max(epoch)))?;
    }
    Ok(())
}

/// Refuses keys that are older than what was done with them.
pub(crate) fn check_epochs(view: &View<'_>) -> Result<(), Stop> {
    for (bucket, epoch) in view.keys.keybox().epochs() {
        let newest = EPOCHS.row(view.tx, view.keys.mac(), &[bucket])?;
        if newest.is_some_and(|EpochRow::V1(newest)| epoch < newest) {
            return Err(Refusal::KeysTooOld.into());
        }
    }
    Ok(())
}

/// The tree as it is; one without leaves where nothing was written yet.
pub(crate) fn tree_row(tx: &dyn ReadTx, keys: &Keys) -> Result<TreeRow, StoreError> {
    let row = TREE.row(tx, keys.mac(), TREE_ROW)?;
    Ok(row.unwrap_or(TreeRow::V1 {
        size: 0,
        journal_to: 0,
    }))
}

/// How many leaves there are.
pub(crate) fn size(tx: &dyn ReadTx, keys: &Keys) -> Result<u64, StoreError> {
    let TreeRow::V1 { size, .. } = tree_row(tx, keys)?;
    Ok(size)
}

/// The nodes of the tree in a transaction.
struct Kept<'a> {
    tx: &'a mut dyn WriteTx,
    keys: &'a Keys,
}

/// The same for reading alone.
struct Seen<'a, 'b>(&'a View<'b>);

fn node_key(level: u8, index: u64) -> Key {
    Key::new().u8(level).u64(index)
}

fn node(
    tx: &dyn ReadTx,
    keys: &Keys,
    level: u8,
    index: u64,
) -> Result<Option<tree::Hash>, StoreError> {
    let row = NODES.row(tx, keys.mac(), node_key(level, index).as_bytes())?;
    Ok(row.map(|NodeRow::V1(hash)| hash))
}

impl Nodes for Kept<'_> {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Option<tree::Hash>, StoreError> {
        node(self.tx, self.keys, level, index)
    }
}

impl NodesMut for Kept<'_> {
    fn put(&mut self, level: u8, index: u64, hash: tree::Hash) -> Result<(), StoreError> {
        let key = node_key(level, index);
        NODES.put(self.tx, self.keys.mac(), key.as_bytes(), &NodeRow::V1(hash))
    }
}

impl Nodes for Seen<'_, '_> {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Option<tree::Hash>, StoreError> {
        node(self.0.tx, self.0.keys, level, index)
    }
}

fn unfit(error: TreeError<StoreError>) -> StoreError {
    match error {
        TreeError::Store(error) => error,
        TreeError::Missing { .. } | TreeError::OutOfRange => {
            StoreError::Damaged("the audit's tree has a hole".into())
        }
    }
}

fn line(leaf: &Leaf) -> Result<String, StoreError> {
    leaf.line().map_err(|_| StoreError::Bug)
}

pub(crate) fn parse(line: &str) -> Result<Leaf, StoreError> {
    Leaf::parse(line).map_err(|error| StoreError::Damaged(format!("a leaf: {error}")))
}

pub(crate) fn number(key: &[u8]) -> Result<u64, StoreError> {
    let bytes = key.try_into();
    let bytes = bytes.map_err(|_| StoreError::Damaged("a key of another length".into()))?;
    Ok(u64::from_be_bytes(bytes))
}

/// A signed state of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// How many leaves it covers.
    pub size: u64,
    /// The signed note (C2SP tlog-checkpoint).
    pub note: String,
}

/// A leaf with what shows that it is in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// The leaf.
    pub line: String,
    /// Its place.
    pub index: u64,
    /// Hashes from the leaf's sibling upwards (RFC 6962 §2.1.1).
    pub proof: Vec<[u8; 32]>,
    /// The tree's state.
    pub signed: Signed,
}

impl Engine {
    /// How many leaves the audit has.
    pub fn audit_size(&self) -> Result<u64, Refusal> {
        self.read(|view| Ok(size(view.tx, view.keys)?))
    }

    /// Leaves from this place on, `most` at most.
    pub fn audit_lines(&self, from: u64, most: usize) -> Result<Vec<String>, Refusal> {
        self.read(|view| {
            let mut lines = Vec::new();
            let from = of_u64(from);
            LEAVES.scan(view.tx, view.keys.mac(), &from, None, &mut |_, row| {
                let LeafRow::V1(line) = row;
                lines.push(line);
                if most <= lines.len() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            Ok(lines)
        })
    }

    /// The tree as it is now, signed. Whoever keeps the note elsewhere can show that nothing was cut off since.
    pub fn checkpoint(&self) -> Result<Signed, Refusal> {
        let key = self.audit_key()?;
        self.read(|view| signed(view, &key))
    }

    /// What verifies the checkpoints of this installation.
    pub fn audit_verifier(&self) -> Result<VerifierKey, Refusal> {
        Ok(self.audit_key()?.verifier().clone())
    }

    /// Notes an act that is no part of another command: of the operator, on settings or on the machine.
    pub fn note(&self, done: Done) -> Result<(), Refusal> {
        self.node_work(move |work| work.act(done.clone()).map(|_| ()))
    }

    /// The leaf of an act, and the proof that it is in the tree.
    pub(crate) fn included(&self, act: ActNumber) -> Result<Included, Refusal> {
        let key = self.audit_key()?;
        self.read(|view| {
            let missing = || StoreError::Damaged("an act without a leaf".into());
            let row = ACTS.row(view.tx, view.keys.mac(), &of_u64(act))?;
            let Some(ActRow::Leaf(index)) = row else {
                return Err(missing().into());
            };
            let leaf = LEAVES.row(view.tx, view.keys.mac(), &of_u64(index))?;
            let LeafRow::V1(line) = leaf.ok_or_else(missing)?;
            let signed = signed(view, &key)?;
            let proof = tree::inclusion(&Seen(view), index, signed.size).map_err(unfit)?;
            Ok(Included {
                line,
                index,
                proof,
                signed,
            })
        })
    }

    fn audit_key(&self) -> Result<SigningKey, Refusal> {
        let keybox = self.keys.keybox();
        let install = data_encoding::HEXLOWER.encode(&keybox.install());
        let key = SigningKey::from_seed(&keybox.audit_seed(), &format!("jifen/{install}"));
        key.map_err(|_| Refusal::KeysFailed)
    }
}

fn signed(view: &View<'_>, key: &SigningKey) -> Result<Signed, Stop> {
    let size = size(view.tx, view.keys)?;
    let root = root(view, size)?;
    Ok(Signed {
        size,
        note: key.sign(size, &root),
    })
}

/// The root of the first `size` leaves.
pub(crate) fn root(view: &View<'_>, size: u64) -> Result<tree::Hash, Stop> {
    Ok(tree::root(&Seen(view), size).map_err(unfit)?)
}
