//! The receipt that a member takes home when their data is gone, and how anyone checks it without us (privacy §3).

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::domain::points::Points;
use crate::domain::time::Moment;

use super::act::Act;
use super::checkpoint::{CheckpointError, VerifierKey};
use super::leaf::{Leaf, LeafError};
use super::text::{Hex32, Text};
use super::tree::{Hash, includes, leaf_hash};

/// The version of receipts that this program writes and reads.
pub const RECEIPT_VERSION: u32 = 1;

/// What a member is given after an erasure. Unknown fields are refused: a receipt says nothing that is not checked or
/// named here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionReceipt {
    /// [`RECEIPT_VERSION`].
    pub version: u32,
    /// When it was done: the leaf's own time.
    #[serde(with = "super::text::utc_millis")]
    pub time: Moment,
    /// The key groups that are gone: the leaf's own.
    pub groups: Vec<Text>,
    /// The points that were forfeited with the account.
    pub points_forfeited: Points,
    /// The points that were owed, and are owed no more.
    pub debt_released: Points,
    /// The keybox bucket that was written without the keys: the leaf's own.
    pub bucket: u8,
    /// Its epoch since then: the leaf's own.
    pub epoch: u64,
    /// The audit leaf, exactly as its line.
    pub leaf: String,
    /// The leaf's place in the tree.
    pub index: u64,
    /// How many leaves the checkpoint has.
    pub size: u64,
    /// The proof that the leaf is among them, nearest hash first.
    pub proof: Vec<Hex32>,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The verifier key of the shop's audit, `name+id+base64`.
    pub key: String,
    /// The copies of the keys, and whether each has been replaced.
    pub escrow: Vec<Escrow>,
    /// Who was given the data before (DSR-07).
    pub recipients: Vec<Text>,
    /// How sure the destruction of the keys is.
    pub level: Level,
    /// How to check this receipt.
    pub how_to_check: HowToCheck,
}

/// A destination of the key escrow, as it is when the receipt is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escrow {
    /// Which one.
    pub destination: Text,
    /// Whether the old copy is gone.
    pub state: EscrowState,
    /// When the copy that lies there now was written; nothing where none ever was.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_utc"
    )]
    pub copied_at: Option<Moment>,
}

/// Whether an erasure has reached a copy of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscrowState {
    /// The copy was replaced by one without the keys.
    Replaced,
    /// It could not be reached: it is tried again, and a second receipt follows.
    Owed,
}

/// What the destruction of keys rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The bytes of a file were overwritten; what the cells of a flash disk keep was not tested.
    File,
}

/// The words that go with a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HowToCheck {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Default for HowToCheck {
    fn default() -> Self {
        Self {
            zh: "将本回执存为文件，运行 jifen-verify receipt 文件名 --key 密钥文件。密钥应取自商店张贴或\
                 印在日报上的公钥，而不是本回执。程序核对：审计记录写明这次删除，该记录在商店签名的\
                 检查点之内，签名属于该密钥。"
                .to_owned(),
            en: "Save this receipt as a file and run: jifen-verify receipt FILE --key KEY. Take the key from \
                 where the shop shows it or from its daily report, not from this receipt. The program checks \
                 that the audit line says this erasure, that the line is within the checkpoint which the shop \
                 signed, and that the signature is of that key."
                .to_owned(),
        }
    }
}

impl DeletionReceipt {
    /// The receipt as JSON.
    pub fn to_json(&self) -> Result<String, ReceiptFault> {
        serde_json::to_string_pretty(self)
            .map_err(|error| ReceiptFault::Unreadable(error.to_string()))
    }

    /// Reads a receipt. It is not checked yet.
    pub fn parse(json: &str) -> Result<Self, ReceiptFault> {
        let receipt: Self = serde_json::from_str(json)
            .map_err(|error| ReceiptFault::Unreadable(error.to_string()))?;
        if receipt.version == RECEIPT_VERSION {
            Ok(receipt)
        } else {
            Err(ReceiptFault::OtherVersion(receipt.version))
        }
    }

    /// Checks it with a key that was had from elsewhere: that its leaf says this erasure, and that the leaf is in the
    /// tree which the shop signed. The leaf comes back.
    pub fn check(&self, key: &VerifierKey) -> Result<Leaf, ReceiptFault> {
        let leaf = Leaf::parse(&self.leaf).map_err(ReceiptFault::Leaf)?;
        let Act::Erased {
            bucket,
            epoch,
            groups,
        } = &leaf.act
        else {
            return Err(ReceiptFault::NotAnErasure);
        };
        let says = [
            ("time", self.time == leaf.time),
            ("groups", self.groups == *groups),
            ("bucket", self.bucket == *bucket),
            ("epoch", self.epoch == *epoch),
            ("index", self.index == leaf.seq),
        ];
        if let Some((field, _)) = says.iter().find(|(_, is_same)| !is_same) {
            return Err(ReceiptFault::Differs(field));
        }
        if VerifierKey::parse(&self.key).as_ref() != Ok(key) {
            return Err(ReceiptFault::OtherKey);
        }
        let checkpoint = key
            .open(&self.checkpoint)
            .map_err(ReceiptFault::Checkpoint)?;
        if checkpoint.size != self.size {
            return Err(ReceiptFault::Differs("size"));
        }
        let proof: Vec<Hash> = self.proof.iter().map(|hash| *hash.as_bytes()).collect();
        let hash = leaf_hash(self.leaf.as_bytes());
        if includes(&checkpoint.root, self.size, self.index, &hash, &proof) {
            Ok(leaf)
        } else {
            Err(ReceiptFault::NotIncluded(HEXLOWER.encode(&hash)))
        }
    }
}

/// Reads a receipt and checks it. Without a key it is checked with the one that it names itself, which shows that it
/// agrees with itself and not whose it is.
pub fn check_receipt(
    json: &str,
    key: Option<&VerifierKey>,
) -> Result<(DeletionReceipt, Leaf), ReceiptFault> {
    let receipt = DeletionReceipt::parse(json)?;
    let leaf = match key {
        Some(key) => receipt.check(key)?,
        None => {
            receipt.check(&VerifierKey::parse(&receipt.key).map_err(ReceiptFault::Checkpoint)?)?
        }
    };
    Ok((receipt, leaf))
}

/// Why a receipt proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// Not JSON, or not the fields of a receipt: what the reader said.
    #[error("not a deletion receipt: {0}")]
    Unreadable(String),
    /// A receipt of another version.
    #[error("a receipt of version {0}, which this program does not know")]
    OtherVersion(u32),
    /// Its audit line is no leaf.
    #[error("its audit line is wrong: {0}")]
    Leaf(LeafError),
    /// Its audit line says another act.
    #[error("its audit line is not of an erasure")]
    NotAnErasure,
    /// It says otherwise than its audit line or its checkpoint: in which field.
    #[error("it says otherwise than what it proves: {0}")]
    Differs(&'static str),
    /// It names another key than the given one.
    #[error("it names another key than the given one")]
    OtherKey,
    /// Its checkpoint or its key is none.
    #[error("its checkpoint is wrong: {0}")]
    Checkpoint(CheckpointError),
    /// The proof does not lead from the audit line, whose hash it is, to the signed root.
    #[error("its audit line is not in the signed tree: {0}")]
    NotIncluded(String),
}

impl ReceiptFault {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "receipt_unreadable",
            Self::OtherVersion(_) => "receipt_version",
            Self::Leaf(_) => "receipt_leaf",
            Self::NotAnErasure => "receipt_not_an_erasure",
            Self::Differs(_) => "receipt_differs",
            Self::OtherKey => "receipt_other_key",
            Self::Checkpoint(_) => "receipt_checkpoint",
            Self::NotIncluded(_) => "receipt_not_included",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Unreadable(what) => format!("不是删除回执：{what}"),
            Self::OtherVersion(version) => format!("回执版本为 {version}，本程序不认识"),
            Self::Leaf(error) => format!("回执中的审计记录有误：{}", error.zh()),
            Self::NotAnErasure => "回执中的审计记录不是删除".to_owned(),
            Self::Differs(field) => format!("回执所写与其证明的内容不一致：{field}"),
            Self::OtherKey => "回执上的密钥与给定的密钥不同".to_owned(),
            Self::Checkpoint(error) => format!("回执中的检查点有误：{}", error.zh()),
            Self::NotIncluded(hash) => format!("回执中的审计记录不在已签名的日志中：{hash}"),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}

/// A moment that may be absent, as RFC 3339 in UTC with milliseconds.
mod optional_utc {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::time::Moment;

    #[derive(Serialize, Deserialize)]
    struct Utc(#[serde(with = "super::super::text::utc_millis")] Moment);

    pub(super) fn serialize<T, S>(time: &T, to: S) -> Result<S::Ok, S::Error>
    where
        T: Copy + Into<Option<Moment>>,
        S: Serializer,
    {
        let time: Option<Moment> = (*time).into();
        time.map(Utc).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Moment>, D::Error> {
        Ok(Option::<Utc>::deserialize(from)?.map(|Utc(time)| time))
    }
}

#[cfg(test)]
mod tests;
