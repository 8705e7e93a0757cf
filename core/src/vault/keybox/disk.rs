//! The few things that the keybox asks of a disk, behind a trait so that a test can cut the power after each of them, and
//! the real folder. Every file is looked at before it is opened: no links, nothing that others may read (privacy §2).

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use zeroize::Zeroizing;

use super::KeyboxError;

/// Bytes of a file, wiped when dropped.
pub(in crate::vault) type Bytes = Zeroizing<Vec<u8>>;

/// A folder with files in it, named by their path below it; the folder itself is the empty name.
pub(in crate::vault) trait Disk: Send + Sync {
    /// Holds this file for this keybox alone, for as long as the disk lives. It is made, empty, when `make` says so.
    fn lock(&self, name: &str, make: bool) -> Result<(), KeyboxError>;

    /// Whether something is there under this name, whatever it is.
    fn is_there(&self, name: &str) -> bool;

    /// Makes a folder that its owner alone may enter, unless it is there; one that others may enter is refused.
    fn make_folder(&self, name: &str) -> Result<(), KeyboxError>;

    /// Refuses a folder that is missing, a link, or open to others.
    fn check_folder(&self, name: &str) -> Result<(), KeyboxError>;

    /// The whole file, or nothing where none is.
    fn read(&self, name: &str) -> Result<Option<Bytes>, KeyboxError>;

    /// The file is these bytes, and they are durable; a new name is only after [`Self::sync_folder`].
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyboxError>;

    /// From this place on stand these bytes, and they are durable. After an error anything may stand there.
    fn write(&self, name: &str, from: u64, bytes: &[u8]) -> Result<(), KeyboxError>;

    /// The file is this long, and that is durable.
    fn cut(&self, name: &str, length: u64) -> Result<(), KeyboxError>;

    /// Another name for a file or a folder, in place of what had that name. Durable after [`Self::sync_folder`].
    fn rename(&self, from: &str, to: &str) -> Result<(), KeyboxError>;

    /// No such file any more. Durable after [`Self::sync_folder`].
    fn remove(&self, name: &str) -> Result<(), KeyboxError>;

    /// The names in this folder are durable.
    fn sync_folder(&self, name: &str) -> Result<(), KeyboxError>;

    /// The name as a person finds it.
    fn place(&self, name: &str) -> String;
}

/// A folder of the machine.
pub(super) struct Folder {
    path: PathBuf,
    held: Mutex<Option<File>>,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            // Without a slash at the end, behind which a link would be followed before it is seen.
            path: path.components().collect(),
            held: Mutex::default(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() {
            self.path.clone()
        } else {
            self.path.join(name)
        }
    }

    fn failed(&self, name: &str, error: &io::Error) -> KeyboxError {
        KeyboxError::Io(format!("{}: {error}", self.place(name)))
    }

    /// What stands under the name, if it is ours alone and no link.
    fn looked_at(&self, name: &str, kind: Kind) -> Result<Option<Metadata>, KeyboxError> {
        let found = match fs::symlink_metadata(self.path(name)) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(name, &error)),
        };
        let is_right = match kind {
            Kind::File => found.is_file(),
            Kind::Folder => found.is_dir(),
        };
        if !is_right {
            return Err(KeyboxError::IsALink(self.place(name)));
        }
        if found.permissions().mode() & 0o077 != 0 {
            return Err(KeyboxError::ReadableByOthers(self.place(name)));
        }
        Ok(Some(found))
    }

    /// The file, opened, and the same one that was looked at.
    fn opened(&self, name: &str, options: &mut OpenOptions) -> Result<Option<File>, KeyboxError> {
        let Some(seen) = self.looked_at(name, Kind::File)? else {
            return Ok(None);
        };
        let opened = options
            .open(self.path(name))
            .and_then(|file| Ok((file.metadata()?, file)));
        match opened {
            Ok((found, file)) if is_same(&seen, &found) => Ok(Some(file)),
            Ok(_) => Err(KeyboxError::IsALink(self.place(name))),
            Err(error) => Err(self.failed(name, &error)),
        }
    }

    /// The file to be written, which must be there.
    fn writable(&self, name: &str) -> Result<File, KeyboxError> {
        self.opened(name, OpenOptions::new().write(true))?
            .ok_or_else(|| KeyboxError::Missing(self.place(name)))
    }

    /// The file to be written, a new one where none is.
    fn writable_or_new(&self, name: &str) -> Result<File, KeyboxError> {
        if let Some(file) = self.opened(name, OpenOptions::new().write(true))? {
            return Ok(file);
        }
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.path(name))
            .map_err(|error| self.failed(name, &error))
    }
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Folder,
}

/// Makes a folder and those that it lies in, as far as they are not there, and makes their names durable.
fn make_durable(path: &Path) -> io::Result<()> {
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        Some(_) | None => Path::new("."),
    };
    if !above.is_dir() {
        make_durable(above)?;
    }
    DirBuilder::new().mode(0o700).create(path)?;
    File::open(above)?.sync_all()
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.dev() == other.dev() && one.ino() == other.ino()
}

impl Disk for Folder {
    fn lock(&self, name: &str, make: bool) -> Result<(), KeyboxError> {
        let file = if make {
            self.writable_or_new(name)?
        } else {
            self.writable(name)?
        };
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => KeyboxError::InUse(self.place("")),
            TryLockError::Error(error) => self.failed(name, &error),
        })?;
        // Whoever had it before may have given the name to another file meanwhile.
        let held = file.metadata().map_err(|error| self.failed(name, &error))?;
        let seen = self.looked_at(name, Kind::File)?;
        if !seen.is_some_and(|seen| is_same(&seen, &held)) {
            return Err(KeyboxError::InUse(self.place("")));
        }
        *self.held.lock() = Some(file);
        Ok(())
    }

    fn is_there(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    fn make_folder(&self, name: &str) -> Result<(), KeyboxError> {
        if self.looked_at(name, Kind::Folder)?.is_some() {
            return Ok(());
        }
        make_durable(&self.path(name)).map_err(|error| self.failed(name, &error))
    }

    fn check_folder(&self, name: &str) -> Result<(), KeyboxError> {
        match self.looked_at(name, Kind::Folder)? {
            Some(_) => Ok(()),
            None => Err(KeyboxError::Missing(self.place(name))),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Bytes>, KeyboxError> {
        let Some(mut file) = self.opened(name, OpenOptions::new().read(true))? else {
            return Ok(None);
        };
        // As long as the file from the start, so that no copy is left where a shorter one stood.
        let length = file
            .metadata()
            .map_err(|error| self.failed(name, &error))?
            .len();
        let room = usize::try_from(length).unwrap_or(0).saturating_add(1);
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        file.read_to_end(&mut bytes)
            .map_err(|error| self.failed(name, &error))?;
        Ok(Some(bytes))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyboxError> {
        let file = self.writable_or_new(name)?;
        file.set_len(0)
            .and_then(|()| file.write_all_at(bytes, 0))
            .and_then(|()| file.sync_all())
            .map_err(|error| self.failed(name, &error))
    }

    fn write(&self, name: &str, from: u64, bytes: &[u8]) -> Result<(), KeyboxError> {
        let file = self.writable(name)?;
        file.write_all_at(bytes, from)
            .and_then(|()| file.sync_all())
            .map_err(|error| self.failed(name, &error))
    }

    fn cut(&self, name: &str, length: u64) -> Result<(), KeyboxError> {
        let file = self.writable(name)?;
        file.set_len(length)
            .and_then(|()| file.sync_all())
            .map_err(|error| self.failed(name, &error))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), KeyboxError> {
        fs::rename(self.path(from), self.path(to)).map_err(|error| self.failed(from, &error))
    }

    fn remove(&self, name: &str) -> Result<(), KeyboxError> {
        fs::remove_file(self.path(name)).map_err(|error| self.failed(name, &error))
    }

    fn sync_folder(&self, name: &str) -> Result<(), KeyboxError> {
        File::open(self.path(name))
            .and_then(|folder| folder.sync_all())
            .map_err(|error| self.failed(name, &error))
    }

    fn place(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}
