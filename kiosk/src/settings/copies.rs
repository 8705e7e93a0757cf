//! The settings of backups and of the keys' escrow: to whom they are sealed, where they go, and that the two never go to
//! one place (privacy §4).

use std::path::{Component, Path, PathBuf};

use super::given::Gift;
use super::value::Noted;
use crate::backup::place::overlap;
use crate::backup::seal::Recipient;

/// The most folders of a kind.
const TARGETS_MAX: usize = 8;
/// How long a generation is kept where nothing is said.
const KEEP_DAYS: i64 = 35;

/// Where backups go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backups {
    /// `backup.recipient`: the operator's age recipient, who alone can open them. None: there are no backups.
    pub(crate) recipient: Option<Recipient>,
    /// `backup.targets`: folders, each of which gets every backup.
    pub(crate) targets: Vec<PathBuf>,
    /// `backup.keep_days`: how long a generation is kept, 1 to 3,650. Default 35.
    pub(crate) keep_days: u32,
}

/// Where the keys' escrow goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Escrow {
    /// `escrow.custodians`: the age recipients of two people, who can open it together. None: there is no escrow.
    pub(crate) custodians: Option<[Recipient; 2]>,
    /// `escrow.targets`: folders, each of which has one copy of every bucket.
    pub(crate) targets: Vec<PathBuf>,
}

/// Every key of backups is read, whatever the others are.
pub(super) fn backups(gift: &mut Gift, home: &Path) -> Option<Backups> {
    let recipient = recipient(gift, "backup.recipient");
    let targets = folders(gift, "backup.targets", home);
    let keep_days = gift.whole("backup.keep_days", 1..=3_650, KEEP_DAYS);
    let (recipient, targets) = (recipient.ok()?, targets.ok()?);
    if recipient.is_none() && !targets.is_empty() {
        needs(gift, "backup.targets", "backup.recipient");
    }
    Some(Backups {
        recipient,
        targets,
        keep_days: u32::try_from(keep_days?).ok()?,
    })
}

/// Every key of the escrow likewise.
pub(super) fn escrow(gift: &mut Gift, home: &Path) -> Option<Escrow> {
    let custodians = custodians(gift);
    let targets = folders(gift, "escrow.targets", home);
    let (custodians, targets) = (custodians.ok()?, targets.ok()?);
    if custodians.is_none() && !targets.is_empty() {
        needs(gift, "escrow.targets", "escrow.custodians");
    }
    Some(Escrow {
        custodians,
        targets,
    })
}

/// No target of the one lies in a target of the other, nor in the shop's own folders, as the paths are written. Links are
/// followed when something is put there.
pub(super) fn check_apart(gift: &mut Gift, own: [&Path; 2], backup: &Backups, escrow: &Escrow) {
    let plain = |folders: &[PathBuf]| -> Vec<PathBuf> {
        folders.iter().map(|folder| written(folder)).collect()
    };
    let (backups, escrows) = (plain(&backup.targets), plain(&escrow.targets));
    let own = own.map(written);
    let meets = |one: &[PathBuf], others: &[PathBuf]| {
        let mut pairs = one
            .iter()
            .flat_map(|one| others.iter().map(move |other| (one, other)));
        pairs
            .find(|(one, other)| overlap(one, other))
            .map(|(one, _)| one.display().to_string())
    };
    let faults = [
        (
            "backup.targets",
            meets(&backups, &escrows),
            "与 escrow.targets 相同或互相包含",
            "is, holds or lies in one of `escrow.targets`",
        ),
        (
            "backup.targets",
            meets(&backups, &own),
            "与数据目录或密钥目录相同或互相包含",
            "is, holds or lies in the data or the keys folder",
        ),
        (
            "escrow.targets",
            meets(&escrows, &own),
            "与数据目录或密钥目录相同或互相包含",
            "is, holds or lies in the data or the keys folder",
        ),
    ];
    for (key, found, zh, en) in faults {
        if let Some(target) = found {
            let (zh, en) = (format!("“{target}”{zh}"), format!("`{target}` {en}"));
            gift.fault_at(key, "targets_overlap", zh, en);
        }
    }
}

fn needs(gift: &mut Gift, key: &str, other: &str) {
    let zh = format!("还须设置“{other}”");
    let en = format!("`{other}` has to be set too");
    gift.fault_at(key, "contradiction", zh, en);
}

fn recipient(gift: &mut Gift, key: &str) -> Result<Option<Recipient>, Noted> {
    let Some(text) = gift.text(key)? else {
        return Ok(None);
    };
    parsed(gift, key, &text).map(Some)
}

fn parsed(gift: &mut Gift, key: &str, text: &str) -> Result<Recipient, Noted> {
    text.parse().map_err(|_| {
        // It may be the secret key that was put here by mistake, so it is not said again.
        let zh = "不是 age 接收者（age1…）；不要写入私钥（AGE-SECRET-KEY-…）";
        let en =
            "it is not an age recipient (age1…); a secret key (AGE-SECRET-KEY-…) never stands here";
        gift.fault_at(key, "unreadable", zh, en);
        Noted
    })
}

fn custodians(gift: &mut Gift) -> Result<Option<[Recipient; 2]>, Noted> {
    let key = "escrow.custodians";
    let Some(texts) = gift.texts(key, 2)? else {
        return Ok(None);
    };
    let [first, second] = texts.as_slice() else {
        let (zh, en) = ("应恰好有两位保管人", "there are exactly two custodians");
        gift.fault_at(key, "out_of_range", zh, en);
        return Err(Noted);
    };
    let both = [parsed(gift, key, first)?, parsed(gift, key, second)?];
    let [first, second] = &both;
    if first == second {
        let (zh, en) = ("两位保管人不能相同", "the two custodians are the same");
        gift.fault_at(key, "contradiction", zh, en);
        return Err(Noted);
    }
    Ok(Some(both))
}

fn folders(gift: &mut Gift, key: &str, home: &Path) -> Result<Vec<PathBuf>, Noted> {
    let texts = gift.texts(key, TARGETS_MAX)?.unwrap_or_default();
    if texts
        .iter()
        .any(|text| text.is_empty() || text.contains('\0'))
    {
        let (zh, en) = ("路径为空或含有空字符", "a path is empty or has a NUL");
        gift.fault_at(key, "bad_text", zh, en);
        return Err(Noted);
    }
    let folders: Vec<PathBuf> = texts.iter().map(|text| home.join(text)).collect();
    let mut plain: Vec<PathBuf> = folders.iter().map(|folder| written(folder)).collect();
    plain.sort();
    plain.dedup();
    if plain.len() != folders.len() {
        let (zh, en) = ("同一目录写了两次", "a folder is named twice");
        gift.fault_at(key, "contradiction", zh, en);
        return Err(Noted);
    }
    Ok(folders)
}

/// A path as it is written, without `.` and `..`.
pub(super) fn written(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}
