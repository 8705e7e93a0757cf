//! `jifen restore`: a backup and the keys as they are now become a fresh store, which is verified before anybody uses it
//! (BAK-02, BAK-03).

use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jifen::audit::copy::CopyFolder;
use jifen::domain::time::Moment;
use jifen::engine::clock::Clock;
use jifen::engine::keys::Keys;
use jifen::engine::restore::{Restored, Terms};

use super::manifest::{Manifest, beside};
use super::place::work_folder;
use super::seal::{Identity, hash_file, hex, open_file};
use crate::clock::ShopClock;
use crate::failure::{DIFFERENCES, Failure};
use crate::lang::Lang;
use crate::progress::Progress;
use crate::shop::Folders;
use crate::verify::verify_folders;

/// From so many accounts on it takes long enough to show how far it is.
const LONG_WORK: u64 = 1_000;
/// The opened backup, for as long as it is needed.
const PLAIN: &str = "opened.redb";

/// What is restored, and where.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The backup.
    pub(crate) file: PathBuf,
    /// The file of the identity that opens it.
    pub(crate) identity: PathBuf,
    /// Its manifest; beside it where none is named.
    pub(crate) manifest: Option<PathBuf>,
    /// The copy of the audit as it stood last: what it names is not forgotten.
    pub(crate) audit: Option<PathBuf>,
    /// Where the store will be, and where the keys are.
    pub(crate) folders: Folders,
}

/// Restores, opens what came of it, and verifies it.
///
/// # Errors
/// `store_exists`, `no_key`, `backup_altered`, `wrong_identity`, `sealed_damaged`, the store's; and as `verify` where what
/// came of it does not add up.
pub(crate) fn restore(wish: &Wish, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let folders = &wish.folders;
    let store = folders.store_file();
    if store.exists() {
        let name = store.display();
        return Err(Failure::new(
            "store_exists",
            format!("{name} 已存在；恢复只写入新的目录"),
            format!("there is a store at {name} already; a restore writes a new one"),
        ));
    }
    if let Some(audit) = wish.audit.as_deref().filter(|audit| !audit.is_dir()) {
        let name = audit.display();
        return Err(Failure::new(
            "no_audit",
            format!("没有审计副本 {name}"),
            format!("there is no copy of an audit at {name}"),
        ));
    }
    let identity = Identity::load(&wish.identity)?;
    let manifest = checked(&wish.file, wish.manifest.as_deref())?;
    if manifest.is_none() {
        let words = lang.pick("没有清单，未比对", "no manifest, so nothing was compared");
        writeln!(out, "{words}")?;
    }
    let keys = folders.open_keys()?;
    let made = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folders.data);
    made.map_err(|error| Failure::of_io(&folders.data, &error))?;
    let restored = {
        let work = work_folder(&folders.data)?;
        let plain = work.path().join(PLAIN);
        open_file(&wish.file, &plain, &identity)?;
        bring_back(
            &plain,
            &keys,
            &store,
            (&wish.file, wish.audit.as_deref()),
            lang,
        )?
    };
    // The store is opened by its folders from here on, which takes the keys.
    drop(keys);
    let is_same = tell(&restored, manifest.as_ref(), lang, out)?;
    verify_folders(folders, lang, out)?;
    if is_same { Ok(()) } else { Err(other_rows()) }
}

/// The manifest of a backup, when the backup's file is what it says.
///
/// # Errors
/// `backup_altered`, `bad_manifest`.
pub(super) fn checked(file: &Path, named: Option<&Path>) -> Result<Option<Manifest>, Failure> {
    let path = match named {
        Some(named) => named.to_path_buf(),
        None => match beside(file).filter(|beside| beside.exists()) {
            Some(beside) => beside,
            None => return Ok(None),
        },
    };
    let manifest = Manifest::load(&path)?;
    let (sha256, _) = hash_file(file).map_err(|error| Failure::of_io(file, &error))?;
    if sha256 == manifest.sha256 {
        return Ok(Some(manifest));
    }
    let name = file.display();
    Err(Failure::new(
        "backup_altered",
        format!("{name} 与其清单的哈希不符"),
        format!("{name} is not what its manifest says: the hash is another"),
    ))
}

/// The rows of an opened backup into a fresh store.
pub(super) fn bring_back(
    plain: &Path,
    keys: &Arc<Keys>,
    to: &Path,
    (name, audit): (&Path, Option<&Path>),
    lang: Lang,
) -> Result<Restored, Failure> {
    let copy = audit.map(CopyFolder::new);
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    let terms = Terms {
        at: now(),
        name: &name,
        copy: copy.as_ref(),
    };
    let mut progress: Option<Progress> = None;
    let restored = jifen::engine::restore::restore(plain, keys, to, terms, &mut |done, all| {
        if LONG_WORK <= all {
            let begin = || Progress::new(lang.pick("恢复", "restore"), all);
            progress.get_or_insert_with(begin).at(done);
        }
    })?;
    if let Some(progress) = progress {
        progress.finish();
    }
    Ok(restored)
}

fn now() -> Moment {
    ShopClock::new().wall()
}

/// Says what was restored and what was not, and whether the rows are those that the manifest counts.
pub(super) fn tell(
    restored: &Restored,
    manifest: Option<&Manifest>,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let later = u64::try_from(restored.joined_later.len()).unwrap_or(u64::MAX);
    let rows = restored
        .rows
        .iter()
        .fold(0_u64, |sum, (_, rows)| sum.saturating_add(*rows));
    // The same words in every language: monitoring looks for them.
    writeln!(
        out,
        "restored: {rows} rows, {} accounts and {} members dropped, {later} joined later, {} damaged",
        restored.dropped_accounts, restored.dropped_members, restored.damaged
    )?;
    if 0 < restored.dropped_accounts {
        let words = lang.pick(
            "没有密钥的账户和会员（已删除）没有恢复",
            "accounts and members without a key (they were erased) were not restored",
        );
        writeln!(out, "{words}")?;
    }
    if 0 < restored.unopened {
        let words = lang.pick(
            "条会员信息的密钥已销毁（其后更正过，或已撤回地址），没有恢复",
            "records of members were not restored: their key was destroyed, by a correction since or with the address",
        );
        writeln!(out, "{} {words}", restored.unopened)?;
    }
    for handle in &restored.joined_handles {
        let words = lang.pick(
            "备份之后入会，须重新登记",
            "joined after the backup, and has to be registered again",
        );
        writeln!(out, "{handle} {words}")?;
    }
    for (account, change) in &restored.booked {
        let words = lang.pick("恢复调整", "set right by the restore");
        writeln!(out, "{account:?} {change:+} {words}")?;
    }
    let is_same = manifest.is_none_or(|manifest| {
        let counted = restored.backup_rows.iter();
        let counted = counted.map(|(name, rows)| ((*name).to_owned(), *rows));
        manifest.rows == counted.collect() && manifest.rows_sha256 == hex(&restored.backup_sha256)
    });
    if !is_same {
        let words = lang.pick(
            "行数或行哈希与清单不符",
            "the rows are not those that the manifest counts",
        );
        writeln!(out, "{words}")?;
    }
    Ok(is_same)
}

/// The backup opened, and holds other rows than its manifest says.
pub(super) fn other_rows() -> Failure {
    let failure = Failure::new(
        "manifest_differs",
        "备份中的行与清单不符",
        "the backup holds other rows than its manifest says",
    );
    failure.with_exit(DIFFERENCES)
}
