//! Every "no" of the copy, with its code and a sentence in both languages. A code is a promise: added, never changed.

/// Why the copy was not read or written. It names files, never a member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The disk or the operating system refused. Of what was to be added nothing is promised; ask again.
    #[error("the disk refused: {0}")]
    Io(String),
    /// No such folder, or nothing of an audit in it.
    #[error("there is no audit in {0}")]
    Missing(String),
    /// Another process is writing to the folder.
    #[error("the audit in {0} is being written by another process")]
    InUse(String),
    /// A file is not as it was left: which. Nothing was changed.
    #[error("damaged: {0}; nothing was changed")]
    Damaged(String),
    /// What was to be added is not the leaf that comes next.
    #[error("not the next leaf: {0} is expected")]
    NotNext(u64),
    /// What was to be added is no signed note.
    #[error("not a signed checkpoint")]
    NotANote,
    /// Another key stands there.
    #[error("another key stands in {0}")]
    OtherKey(String),
}

impl CopyError {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "io",
            Self::Missing(_) => "no_audit",
            Self::InUse(_) => "audit_in_use",
            Self::Damaged(_) => "audit_damaged",
            Self::NotNext(_) => "not_the_next_leaf",
            Self::NotANote => "not_a_note",
            Self::OtherKey(_) => "other_audit_key",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Io(what) => format!("磁盘拒绝了操作：{what}"),
            Self::Missing(path) => format!("{path} 中没有审计记录"),
            Self::InUse(path) => format!("{path} 中的审计记录正由另一个进程写入"),
            Self::Damaged(path) => format!("已损坏：{path}；未作任何改动"),
            Self::NotNext(seq) => format!("不是下一条审计记录：应为第 {seq} 条"),
            Self::NotANote => "不是签名检查点".to_owned(),
            Self::OtherKey(path) => format!("{path} 中是另一把密钥"),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}
