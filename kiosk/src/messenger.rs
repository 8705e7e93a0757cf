//! A messenger that writes files: each message is one file of JSON in a folder, for an SMS gateway of the shop's to pick up
//! and delete. The folder is its owner's alone, and so is every file; a file has its name once it is whole.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jifen::engine::clock::{Clock, Entropy};
use jifen::engine::messenger::{Messenger, NotSent};
use jifen::vault::profile::Mobile;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::backup::place::overlap;
use crate::clock::{OsEntropy, ShopClock};
use crate::failure::Failure;
use crate::shop::{Folders, settled};

/// What a file that is not whole yet is called at its end.
const PART: &str = ".part";

/// Writes messages into a folder.
pub(crate) struct FolderMessenger {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    entropy: OsEntropy,
}

/// A message as it is written.
#[derive(Serialize)]
struct Message<'m> {
    /// The phone, in the form of E.164.
    to: &'m str,
    text: &'m str,
    /// When it was handed over.
    at: String,
}

impl FolderMessenger {
    /// A messenger into this folder, which is made if it is not there, and lies neither in the shop's folders nor around
    /// them. What an earlier process did not finish there goes.
    ///
    /// # Errors
    /// `messages_overlap`, `messages_readable`, `io`.
    pub(crate) fn open(folder: &Path, shop: &Folders) -> Result<Self, Failure> {
        let io = |error: io::Error| Failure::of_io(folder, &error);
        let home = settled(folder)?;
        for own in [&shop.data, &shop.keys] {
            if overlap(&home, &settled(own)?) {
                let name = folder.display();
                return Err(Failure::new(
                    "messages_overlap",
                    format!("短信目录 {name} 不能与数据目录或密钥目录相同或互相包含"),
                    format!(
                        "the folder of messages {name} is, holds or lies in the data or the keys folder"
                    ),
                ));
            }
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&home);
        made.map_err(io)?;
        let permissions = fs::metadata(&home).map_err(io)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            let name = folder.display();
            return Err(Failure::new(
                "messages_readable",
                format!("短信目录 {name} 只能由其所有者访问（权限 0700）"),
                format!("the folder of messages {name} is for its owner alone (mode 0700)"),
            ));
        }
        for entry in fs::read_dir(&home).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.to_string_lossy().ends_with(PART) {
                fs::remove_file(&path).map_err(io)?;
            }
        }
        Ok(Self {
            folder: home,
            clock: Arc::new(ShopClock::new()),
            entropy: OsEntropy::new()?,
        })
    }

    fn write(&self, to: &Mobile, text: &str) -> io::Result<()> {
        let now = self.clock.wall();
        let message = Message {
            to: to.e164(),
            text,
            at: now.to_rfc3339(),
        };
        // Room for all of it, so that no half-filled copy is left in memory.
        let room = text.len().saturating_mul(2).saturating_add(256);
        let mut line = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *line, &message)?;
        line.push(b'\n');

        // Nothing of the phone is in the name.
        let drawn = self.entropy.seed();
        let random = u64::from_be_bytes(drawn.first_chunk().copied().unwrap_or_default());
        let whole = self
            .folder
            .join(format!("{}-{random:016x}.json", now.millis()));
        let part = self
            .folder
            .join(format!("{}-{random:016x}{PART}", now.millis()));
        let written = write_new(&part, &line).and_then(|()| fs::rename(&part, &whole));
        if written.is_err() {
            let _gone = fs::remove_file(&part);
        }
        written?;
        File::open(&self.folder)?.sync_all()
    }
}

impl Messenger for FolderMessenger {
    fn send(&self, to: &Mobile, text: &str) -> Result<(), NotSent> {
        self.write(to, text).map_err(|_| NotSent)
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn shop(home: &Path) -> Folders {
        Folders::new(home.join("data"), Some(home.join("keys"))).unwrap()
    }

    fn code(opened: Result<FolderMessenger, Failure>) -> String {
        opened.map_or_else(|failure| failure.code.into_owned(), |_| "open".to_owned())
    }

    #[test]
    fn a_message_is_one_whole_file_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("out/messages");
        let messenger = FolderMessenger::open(&folder, &shop(home.path())).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let mobile = Mobile::parse("138 0000 0001").unwrap();
        for text in ["验证码：“204957”", "another"] {
            messenger.send(&mobile, text).unwrap();
        }
        let mut texts = Vec::new();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600);
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(
                path.extension().is_some_and(|end| end == "json") && !name.contains("13800000001"),
                "{name}"
            );
            let read: serde_json::Value =
                serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(read["to"], "+8613800000001");
            assert!(read["at"].as_str().unwrap().ends_with('Z'));
            assert_eq!(read.as_object().unwrap().len(), 3);
            texts.push(read["text"].as_str().unwrap().to_owned());
        }
        texts.sort();
        assert_eq!(texts, ["another", "验证码：“204957”"]);

        // What was cut short goes at the next start; what is whole stays.
        fs::write(folder.join("1-2.part"), "{").unwrap();
        FolderMessenger::open(&folder, &shop(home.path())).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(messenger.send(&mobile, "lost"), Err(NotSent));
    }

    #[test]
    fn it_is_neither_in_the_shops_folders_nor_open_to_others() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        let shop = shop(home.path());
        fs::create_dir(path("data")).unwrap();
        symlink(path("data"), path("link")).unwrap();
        for name in [
            "data",
            "data/messages",
            "keys/x",
            ".",
            "link",
            "link/messages",
        ] {
            let opened = FolderMessenger::open(&path(name), &shop);
            assert_eq!(code(opened), "messages_overlap", "{name}");
        }
        assert!(!path("keys").exists() && !path("data/messages").exists());
        fs::create_dir(path("open")).unwrap();
        fs::set_permissions(path("open"), fs::Permissions::from_mode(0o750)).unwrap();
        let opened = FolderMessenger::open(&path("open"), &shop);
        assert_eq!(code(opened), "messages_readable");
        assert_eq!(code(FolderMessenger::open(&path("fine"), &shop)), "open");
    }
}
