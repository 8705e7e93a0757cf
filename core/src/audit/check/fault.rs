//! What a check may find, with its code and a sentence in both languages. A code is a promise: added, never changed.

use core::fmt;

use crate::domain::time::Moment;

use super::super::checkpoint::CheckpointError;
use super::super::leaf::LeafError;

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of a file of leaves, from 1.
    Line {
        /// The file.
        file: String,
        /// Which line.
        line: u64,
    },
    /// Somewhere among these leaves, both included.
    Leaves {
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// A checkpoint.
    Checkpoint {
        /// The file.
        file: String,
        /// Which one of it, from 1.
        number: u64,
    },
    /// The folder as a whole.
    Folder,
}

impl Place {
    /// In Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Line { file, line } => format!("{file} 第 {line} 行"),
            Self::Leaves { from, to } if from == to => format!("第 {from} 条记录"),
            Self::Leaves { from, to } => format!("第 {from} 至 {to} 条记录之间"),
            Self::Checkpoint { file, number } => format!("{file} 第 {number} 个检查点"),
            Self::Folder => "审计目录".to_owned(),
        }
    }

    /// In English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { file, line } => write!(formatter, "{file} line {line}"),
            Self::Leaves { from, to } if from == to => write!(formatter, "leaf {from}"),
            Self::Leaves { from, to } => write!(formatter, "leaves {from} to {to}"),
            Self::Checkpoint { file, number } => write!(formatter, "{file} checkpoint {number}"),
            Self::Folder => formatter.write_str("the audit folder"),
        }
    }
}

/// Something that is wrong, or worth saying, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<W> {
    /// What.
    pub what: W,
    /// Where.
    pub place: Place,
}

/// Something that is wrong.
pub type Fault = Found<Wrong>;

/// Something that is worth saying and not wrong.
pub type Remark = Found<Worth>;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The line is no leaf.
    #[error("not a leaf as it was written: {0}")]
    Leaf(LeafError),
    /// The leaves before this line are not there.
    #[error("leaves {from} to {to} are missing before it")]
    Missing {
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// The leaf stands where another one belongs: it came before already, or it was moved.
    #[error("leaf {found} stands where leaf {expected} belongs")]
    OutOfPlace {
        /// Its number.
        found: u64,
        /// The number that was expected.
        expected: u64,
    },
    /// The file's name says another first leaf than stands there.
    #[error("the file begins with another leaf than its name says")]
    Misnamed,
    /// A checkpoint knows more leaves than are there.
    #[error("cut short: it was signed for {size} leaves, and {leaves} are there")]
    Truncated {
        /// What the checkpoint knows.
        size: u64,
        /// What is there.
        leaves: u64,
    },
    /// These leaves are not those that were signed.
    #[error("changed after they were signed: the checkpoint of {size} leaves does not fit")]
    Changed {
        /// The first checkpoint that does not fit.
        size: u64,
    },
    /// A checkpoint was signed for other leaves than stand there, while later ones fit: signed again after a change.
    #[error("rewritten and signed again: a checkpoint of {size} leaves was signed for others")]
    Rewritten {
        /// The checkpoint.
        size: u64,
    },
    /// The checkpoint is none.
    #[error("{0}")]
    Checkpoint(CheckpointError),
    /// The epoch of a bucket did not go up.
    #[error("bucket {bucket}: epoch {epoch} does not come after {before}")]
    Epoch {
        /// Which bucket.
        bucket: u8,
        /// The epoch that the leaf names.
        epoch: u64,
        /// The one before it.
        before: u64,
    },
    /// Journal rows that no leaf stands for.
    #[error("no leaf stands for the journal rows {from} to {to}")]
    JournalHole {
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// Journal rows that an earlier leaf stood for already, or a range that ends before it begins.
    #[error("the journal rows {from} to {to} do not come after row {before}")]
    JournalOverlap {
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
        /// The last row that was stood for.
        before: u64,
    },
    /// The key in the folder is not the given one, or no key.
    #[error("the key in the folder is not the given one")]
    OtherKey,
    /// There are checkpoints, and no key to check them with.
    #[error("there is no key to check the checkpoints with")]
    NoKey,
}

impl Wrong {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Leaf(_) => "leaf_damaged",
            Self::Missing { .. } => "leaf_missing",
            Self::OutOfPlace { .. } => "leaf_out_of_place",
            Self::Misnamed => "file_misnamed",
            Self::Truncated { .. } => "truncated",
            Self::Changed { .. } => "changed",
            Self::Rewritten { .. } => "rewritten",
            Self::Checkpoint(_) => "checkpoint_damaged",
            Self::Epoch { .. } => "epoch_not_above",
            Self::JournalHole { .. } => "journal_hole",
            Self::JournalOverlap { .. } => "journal_overlap",
            Self::OtherKey => "other_key",
            Self::NoKey => "no_key",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Leaf(error) => format!("不是原样写入的审计记录：{}", error.zh()),
            Self::Missing { from, to } => format!("此前缺少第 {from} 至 {to} 条记录"),
            Self::OutOfPlace { found, expected } => {
                format!("此处应为第 {expected} 条记录，却是第 {found} 条")
            }
            Self::Misnamed => "文件开头的记录与文件名不符".to_owned(),
            Self::Truncated { size, leaves } => {
                format!("记录被截断：检查点签名时有 {size} 条，现只有 {leaves} 条")
            }
            Self::Changed { size } => {
                format!("签名后被改动：{size} 条记录的检查点与内容不符")
            }
            Self::Rewritten { size } => {
                format!("被改写后重新签名：有一个 {size} 条记录的检查点是为其他内容签名的")
            }
            Self::Checkpoint(error) => error.zh(),
            Self::Epoch {
                bucket,
                epoch,
                before,
            } => {
                format!("密钥桶 {bucket}：代次 {epoch} 不在 {before} 之后")
            }
            Self::JournalHole { from, to } => format!("流水第 {from} 至 {to} 行没有对应的记录"),
            Self::JournalOverlap { from, to, before } => {
                format!("流水第 {from} 至 {to} 行不在第 {before} 行之后")
            }
            Self::OtherKey => "目录中的密钥不是给定的密钥".to_owned(),
            Self::NoKey => "没有用于核对检查点的密钥".to_owned(),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}

/// What is worth saying.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Worth {
    /// The clock was set back.
    #[error("the time goes back, from {before} to {time}")]
    TimeWentBack {
        /// The leaf's time.
        time: Moment,
        /// The time of the leaf before it.
        before: Moment,
    },
    /// The last line or checkpoint was not finished: a loss of power, or it is being written now.
    #[error("not finished: lost power, or being written now")]
    Torn,
    /// These leaves came after the last checkpoint: nobody has signed for them yet.
    #[error("not signed for yet")]
    NotSealed,
    /// The key came from the folder itself, so whoever changed the folder may have changed it too.
    #[error("the key is the folder's own: give one that was kept elsewhere")]
    OwnKey,
    /// No checkpoint from elsewhere was given, so a truncation would not show.
    #[error(
        "without a checkpoint that was kept elsewhere nothing shows whether the end was cut off"
    )]
    NoneFromElsewhere,
    /// The key came from the receipt itself, so it shows that the receipt agrees with itself and not whose it is.
    #[error("the key is the receipt's own: give one that was had from the shop")]
    OwnReceiptKey,
}

impl Worth {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TimeWentBack { .. } => "time_went_back",
            Self::Torn => "torn",
            Self::NotSealed => "not_sealed",
            Self::OwnKey => "own_key",
            Self::NoneFromElsewhere => "none_from_elsewhere",
            Self::OwnReceiptKey => "own_receipt_key",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::TimeWentBack { time, before } => format!("时间从 {before} 倒退到 {time}"),
            Self::Torn => "未写完：断电所致，或正在写入".to_owned(),
            Self::NotSealed => "尚未签名".to_owned(),
            Self::OwnKey => "密钥取自该目录本身：请给出另存于别处的密钥".to_owned(),
            Self::NoneFromElsewhere => "未给出存于别处的检查点，无法看出末尾是否被截断".to_owned(),
            Self::OwnReceiptKey => "密钥取自回执本身：请给出另从商店取得的密钥".to_owned(),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}
