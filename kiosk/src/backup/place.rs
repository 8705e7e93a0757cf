//! Files that appear in a folder whole or not at all, and folders that must not lie in each other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::shop::settled;

/// What the names of our temporary folders begin with.
const WORK: &str = ".jifen-work-";

/// A new file that its owner alone can read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a file appear in a folder, or replaces the one of that name: durable when it returns. What was half written is
/// taken away. One name beside it is used, so that a cut leaves at most one file, and the next time writes over it.
pub(crate) fn put(
    folder: &Path,
    name: &str,
    write: &mut dyn FnMut(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let beside = folder.join(format!("{name}.new"));
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let written = create_private(&beside)
        .and_then(|mut file| {
            write(&mut file)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, folder.join(name)));
    if written.is_err() {
        let _: io::Result<()> = fs::remove_file(&beside);
    }
    written.and_then(|()| sync_folder(folder))
}

/// The same with bytes.
pub(crate) fn put_bytes(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    put(folder, name, &mut |file| file.write_all(bytes))
}

/// The same with what another file holds.
pub(crate) fn put_copy(folder: &Path, name: &str, from: &Path) -> io::Result<()> {
    put(folder, name, &mut |file| {
        io::copy(&mut File::open(from)?, file).map(|_| ())
    })
}

/// Names in this folder are durable from here on.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A folder for work, in a folder of ours, that goes when it is dropped. What an earlier process left goes here: the caller
/// holds the keys, so there is no other process at work.
pub(crate) fn work_folder(within: &Path) -> Result<TempDir, Failure> {
    let io = |error: io::Error| Failure::of_io(within, &error);
    for entry in fs::read_dir(within).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_name().to_string_lossy().starts_with(WORK) {
            fs::remove_dir_all(entry.path()).map_err(io)?;
        }
    }
    let made = tempfile::Builder::new().prefix(WORK).tempdir_in(within);
    made.map_err(io)
}

/// Refuses targets that lie in each other through links, or in the shop's own folders: the settings were compared as they
/// are written, and here as they are.
pub(crate) fn check_apart(settings: &Settings) -> Result<(), Failure> {
    let real = |folders: &[PathBuf]| -> Result<Vec<PathBuf>, Failure> {
        folders.iter().map(|folder| settled(folder)).collect()
    };
    let backup = real(&settings.backup.targets)?;
    let escrow = real(&settings.escrow.targets)?;
    let own = real(&[settings.data.clone(), settings.keys.clone()])?;
    let meet = |one: &[PathBuf], others: &[PathBuf]| {
        one.iter()
            .any(|one| others.iter().any(|other| overlap(one, other)))
    };
    if meet(&backup, &escrow) || meet(&backup, &own) || meet(&escrow, &own) {
        return Err(Failure::new(
            "targets_overlap",
            "备份目标、托管目标、数据目录和密钥目录不能相同，也不能互相包含",
            "backup targets, escrow targets, the data and the keys folder may not lie in each other",
        ));
    }
    Ok(())
}

/// Whether one folder is the other or lies in it.
pub(crate) fn overlap(one: &Path, other: &Path) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        put_bytes(folder.path(), "a", b"one").unwrap();
        // A process was cut off here.
        fs::write(folder.path().join("a.new"), b"half").unwrap();
        put_bytes(folder.path(), "a", b"two").unwrap();
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a"]);

        let failed = put(folder.path(), "a", &mut |file| {
            file.write_all(b"three")?;
            Err(io::Error::other("the disk is gone"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn what_an_earlier_process_left_of_its_work_goes() {
        let home = tempfile::tempdir().unwrap();
        let left = home.path().join(".jifen-work-abc");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("plain"), b"rows").unwrap();
        fs::write(home.path().join("store.redb"), b"").unwrap();
        let work = work_folder(home.path()).unwrap();
        assert!(!left.exists() && work.path().exists());
        drop(work);
        assert_eq!(names(home.path()), ["store.redb"]);
    }
}
