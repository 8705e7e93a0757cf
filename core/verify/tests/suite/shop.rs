//! An audit as a shop has it, made with fixed keys, so that tests can spoil copies of it.

use std::fs;
use std::path::Path;

use jifen::audit::checkpoint::SigningKey;
use jifen::audit::copy::AuditCopy;
use jifen::audit::tree::{Edge, leaf_hash};
use jifen::audit::{Act, Hex32, Leaf, Text};
use jifen::domain::time::Moment;

/// The only file of leaves.
pub(crate) const LEAVES: &str = "leaves-000000000000.jsonl";
/// The file of checkpoints.
pub(crate) const CHECKPOINTS: &str = "checkpoints.txt";

/// An audit: its lines, and a checkpoint at every so many of them.
pub(crate) struct Shop {
    pub(crate) lines: Vec<String>,
    pub(crate) seals: Vec<(u64, String)>,
}

pub(crate) fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32], "jifen/0123456789abcdef").unwrap()
}

pub(crate) fn leaf(seq: u64, act: Act) -> Leaf {
    let minute = i64::try_from(seq).unwrap().saturating_mul(60_000);
    Leaf {
        seq,
        time: Moment::from_millis(1_488_340_800_000).plus_millis(minute),
        actor: text("staff-3"),
        role: text("desk"),
        device: text("kiosk-1"),
        act,
        subject: None,
        fields: Vec::new(),
        purpose: None,
        basis: None,
        ticket: None,
        result: text("done"),
        commitment: None,
    }
}

/// What a shop does all day: mostly journal batches, now and then an erasure.
fn act(seq: u64) -> Act {
    let first = seq.saturating_mul(10);
    match seq % 5 {
        0 => Act::Erased {
            bucket: u8::try_from(seq % 64).unwrap(),
            epoch: seq,
            groups: vec![text("core"), text("history")],
        },
        1 => Act::ConsentGiven {
            purpose: text("sms"),
        },
        2 => Act::Joined,
        // Two in five: rows 30 to 39, 40 to 79, 80 to 89, 90 to 129 …
        3 => Act::Journal {
            from: first,
            to: first.saturating_add(9),
            rows: 10,
            hash: Hex32::from_bytes([3; 32]),
        },
        _ => Act::Journal {
            from: first,
            to: first.saturating_add(39),
            rows: 40,
            hash: Hex32::from_bytes([4; 32]),
        },
    }
}

impl Shop {
    pub(crate) fn new(leaves: u64, every: u64) -> Self {
        let (mut lines, mut seals, mut edge) = (Vec::new(), Vec::new(), Edge::default());
        for seq in 0..leaves {
            let line = leaf(seq, act(seq)).line().unwrap();
            edge.push(leaf_hash(line.as_bytes()));
            lines.push(line);
            if edge.size().is_multiple_of(every) {
                seals.push((edge.size(), key().sign(edge.size(), &edge.root())));
            }
        }
        Self { lines, seals }
    }

    /// The last checkpoint, as it stands on the daily report.
    pub(crate) fn paper(&self) -> &str {
        &self.seals.last().unwrap().1
    }

    /// Writes all of it as the server does.
    pub(crate) fn write(&self, folder: &Path) {
        let mut copy = AuditCopy::open(folder).unwrap();
        copy.append(&self.lines).unwrap();
        for (_, note) in &self.seals {
            copy.add_checkpoint(note).unwrap();
        }
        copy.set_key(key().verifier()).unwrap();
    }

    /// Writes the checkpoints again, as far as they are for so many leaves.
    pub(crate) fn write_seals(&self, folder: &Path, upto: u64) {
        let seals = self.seals.iter().filter(|(size, _)| *size <= upto);
        let text: String = seals.flat_map(|(_, note)| [note, "---\n"]).collect();
        fs::write(folder.join(CHECKPOINTS), text).unwrap();
    }
}
