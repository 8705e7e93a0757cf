//! Whose files can be read by whom, and how much room is left.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::backup::escrow::ESCROW;
use crate::calendar::HOLIDAYS;
use crate::keeper::AUDIT_FOLDER;
use crate::settings::Settings;
use crate::shop::Folders;

use super::finding::Finding;

/// What nobody but the owner may do.
const OTHERS: u32 = 0o077;
/// In the audit's copy, which holds nobody's data, the group may read.
const OTHERS_OF_AUDIT: u32 = 0o027;
/// The most files of one folder that are named.
const NAMED_MAX: usize = 20;
/// Less room than this is a failure, in bytes.
const SPACE_MIN: u64 = 256 << 20;
/// Less room than this is worth a look, in bytes.
const SPACE_LOW: u64 = 1 << 30;

/// Every file of the shop and of its targets.
pub(super) fn modes(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let data = Kind {
        code: "data_modes",
        zh: "数据目录",
        en: "the data folder",
    };
    let keys = Kind {
        code: "keys_modes",
        zh: "密钥目录",
        en: "the keys folder",
    };
    whole(&settings.data, &data, &mut findings);
    whole(&settings.keys, &keys, &mut findings);
    let backup = Kind {
        code: "backup_modes",
        zh: "备份目标",
        en: "the backup target",
    };
    let escrow = Kind {
        code: "escrow_modes",
        zh: "托管目标",
        en: "the escrow target",
    };
    for target in &settings.backup.targets {
        ours(
            target,
            &backup,
            |name| name.starts_with("jifen-"),
            &mut findings,
        );
    }
    for target in &settings.escrow.targets {
        ours(
            target,
            &escrow,
            |name| name.ends_with(ESCROW),
            &mut findings,
        );
    }
    findings
}

struct Kind {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
}

/// Everything in a folder of ours, itself included.
fn whole(folder: &Path, kind: &Kind, findings: &mut Vec<Finding>) {
    let mut open = Vec::new();
    let mut unseen = None;
    let mut left = vec![folder.to_path_buf()];
    while let Some(path) = left.pop() {
        match look(&path) {
            Ok(Seen::File(mode)) if mode & mask(folder, &path) != 0 => open.push((path, mode)),
            Ok(Seen::File(_)) => {}
            Ok(Seen::Folder(mode, within)) => {
                if mode & mask(folder, &path) != 0 {
                    open.push((path, mode));
                }
                // Public days, which the operator put there.
                let is_ours = |path: &PathBuf| *path != folder.join(HOLIDAYS);
                left.extend(within.into_iter().filter(is_ours));
            }
            Ok(Seen::Link) => findings.push(Finding::failure(
                kind.code,
                format!("{} 是符号链接", path.display()),
                format!("{} is a symbolic link", path.display()),
            )),
            // It went while it was looked for.
            Err(error) if error.kind() == io::ErrorKind::NotFound && path != folder => {}
            Err(error) => unseen = Some((path, error)),
        }
    }
    report(folder, kind, open, unseen, findings);
}

/// What we put into somebody's folder.
fn ours(folder: &Path, kind: &Kind, is_ours: impl Fn(&str) -> bool, findings: &mut Vec<Finding>) {
    let mut open = Vec::new();
    let mut unseen = None;
    match look(folder) {
        Ok(Seen::Folder(_, within)) => {
            for path in within {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if is_ours(&name)
                    && let Ok(Seen::File(mode)) = look(&path)
                    && mode & OTHERS != 0
                {
                    open.push((path.clone(), mode));
                }
            }
        }
        Ok(Seen::File(_) | Seen::Link) => {
            unseen = Some((folder.to_path_buf(), io::ErrorKind::NotADirectory.into()));
        }
        Err(error) => unseen = Some((folder.to_path_buf(), error)),
    }
    report(folder, kind, open, unseen, findings);
}

enum Seen {
    File(u32),
    Folder(u32, Vec<PathBuf>),
    Link,
}

fn look(path: &Path) -> io::Result<Seen> {
    let found = fs::symlink_metadata(path)?;
    let mode = found.permissions().mode() & 0o777;
    if found.is_symlink() {
        return Ok(Seen::Link);
    }
    if !found.is_dir() {
        return Ok(Seen::File(mode));
    }
    let entries = fs::read_dir(path)?;
    let within = entries.map(|entry| entry.map(|entry| entry.path()));
    Ok(Seen::Folder(mode, within.collect::<io::Result<_>>()?))
}

fn mask(folder: &Path, path: &Path) -> u32 {
    if path.starts_with(folder.join(AUDIT_FOLDER)) {
        OTHERS_OF_AUDIT
    } else {
        OTHERS
    }
}

fn report(
    folder: &Path,
    kind: &Kind,
    mut open: Vec<(PathBuf, u32)>,
    unseen: Option<(PathBuf, io::Error)>,
    findings: &mut Vec<Finding>,
) {
    let (name, code) = (folder.display(), kind.code);
    if let Some((path, error)) = unseen {
        let path = path.display();
        let zh = format!("无法查看 {path}：{error}");
        let en = format!("{path} cannot be looked at: {error}");
        findings.push(Finding::failure(code, zh, en));
        return;
    }
    open.sort();
    if open.is_empty() {
        let zh = format!("{} {name} 的文件仅本人可读", kind.zh);
        let en = format!("{} {name}: its files are its owner's alone", kind.en);
        findings.push(Finding::ok(code, zh, en));
    }
    let more = open.len().saturating_sub(NAMED_MAX);
    for (path, mode) in open.iter().take(NAMED_MAX) {
        let path = path.display();
        let zh = format!("{path} 的权限为 {mode:04o}，他人可访问：请执行 chmod go-rwx");
        let en = format!("{path} has mode {mode:04o}, open to others: chmod go-rwx mends it");
        findings.push(Finding::failure(code, zh, en));
    }
    if 0 < more {
        let zh = format!("{name} 中还有 {more} 个这样的文件");
        let en = format!("{more} more files of {name} are like that");
        findings.push(Finding::failure(code, zh, en));
    }
}

/// How much room there is where the data is. A backup needs about twice the store's size for a while.
pub(super) fn space(settings: &Settings) -> Option<Finding> {
    let room = rustix::fs::statvfs(&settings.data).ok()?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let folders = Folders::new(settings.data.clone(), Some(settings.keys.clone())).ok()?;
    let store = fs::metadata(folders.store_file()).map_or(0, |file| file.len());
    let has_backups = !settings.backup.targets.is_empty();
    let needed = if has_backups {
        store.saturating_mul(2)
    } else {
        store.div_euclid(2)
    };
    let (free_mb, store_mb) = (free >> 20, store >> 20);
    let zh = format!("磁盘剩余 {free_mb} MB，数据文件 {store_mb} MB");
    let en = format!("{free_mb} MB are free on the disk, the store has {store_mb} MB");
    Some(if free < SPACE_MIN {
        Finding::failure("disk_space", zh, en)
    } else if free < SPACE_LOW.max(needed) {
        Finding::warning("disk_space", zh, en)
    } else {
        Finding::ok("disk_space", zh, en)
    })
}
