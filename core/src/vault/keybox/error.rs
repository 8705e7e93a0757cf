//! Every "no" of the keybox, with its code and a sentence in both languages. A code is a promise: added, never changed.

/// Why keys were not opened, made or changed. It names files and buckets, never a member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyboxError {
    /// The folder or a file in it can be read or written by somebody else than its owner.
    #[error("others can read {0}: chmod 700 for the folder, 600 for its files")]
    ReadableByOthers(String),
    /// The folder or a file in it is a link, or no plain file or folder: it could be led elsewhere.
    #[error("{0} is a link, or not a plain file")]
    IsALink(String),
    /// A file that must be there is not.
    #[error("the key file {0} is missing")]
    Missing(String),
    /// What was written there is not what stands there, or it does not open: which file or bucket. Nothing was changed.
    #[error("damaged: {0}; nothing was changed")]
    Damaged(String),
    /// Written by a newer program: which file.
    #[error("{0} was written by a newer version of this program")]
    TooNew(String),
    /// There are keys already, and new ones would take their place.
    #[error("there are keys in {0} already")]
    Exists(String),
    /// Another keybox, in this process or another one, has the folder.
    #[error("the keys in {0} are in use by another process")]
    InUse(String),
    /// The disk or the operating system refused. Of what was to be added nothing is promised; ask again.
    #[error("the disk refused: {0}")]
    Io(String),
    /// The member, the account or the token is in the keybox already.
    #[error("the member, account or token has been given away already")]
    Taken,
    /// No such member is in the keybox.
    #[error("no such member")]
    MemberUnknown,
    /// No such token is in the keybox.
    #[error("no such token")]
    TokenUnknown,
}

impl KeyboxError {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ReadableByOthers(_) => "key_readable_by_others",
            Self::IsALink(_) => "key_is_a_link",
            Self::Missing(_) => "no_key",
            Self::Damaged(_) => "keys_damaged",
            Self::TooNew(_) => "keys_too_new",
            Self::Exists(_) => "keys_exist",
            Self::InUse(_) => "keys_in_use",
            Self::Io(_) => "io",
            Self::Taken => "key_taken",
            Self::MemberUnknown => "member_unknown",
            Self::TokenUnknown => "token_unknown",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::ReadableByOthers(path) => {
                format!("他人可以读取 {path}：请将文件夹设为 chmod 700，文件设为 chmod 600")
            }
            Self::IsALink(path) => format!("{path} 是链接，或不是普通文件"),
            Self::Missing(path) => format!("缺少密钥文件 {path}"),
            Self::Damaged(place) => format!("密钥已损坏：{place}；未作任何改动"),
            Self::TooNew(path) => format!("{path} 由本程序的更新版本写入"),
            Self::Exists(path) => format!("{path} 中已有密钥"),
            Self::InUse(path) => format!("{path} 中的密钥正被另一个进程使用"),
            Self::Io(what) => format!("磁盘拒绝了操作：{what}"),
            Self::Taken => "该会员、账户或令牌已被占用".to_owned(),
            Self::MemberUnknown => "没有这个会员".to_owned(),
            Self::TokenUnknown => "没有这个令牌".to_owned(),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_code_of_its_own_and_says_where_in_both_languages() {
        let place = || "keys/root.key".to_owned();
        let all = [
            KeyboxError::ReadableByOthers(place()),
            KeyboxError::IsALink(place()),
            KeyboxError::Missing(place()),
            KeyboxError::Damaged(place()),
            KeyboxError::TooNew(place()),
            KeyboxError::Exists(place()),
            KeyboxError::InUse(place()),
            KeyboxError::Io(place()),
            KeyboxError::Taken,
            KeyboxError::MemberUnknown,
            KeyboxError::TokenUnknown,
        ];
        let mut codes: Vec<_> = all.iter().map(KeyboxError::code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all.len());
        for error in &all[..8] {
            assert!(error.zh().contains("keys/root.key"), "{error:?}");
            assert!(error.en().contains("keys/root.key"), "{error:?}");
        }
    }
}
