//! A shop's folders: the data with the store's file in it, and beside them the keys. Opens an engine over them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{self, Component, Path, PathBuf};
use std::sync::Arc;

use jifen::engine::clock::{GivenClock, SeededEntropy};
use jifen::engine::keys::Keys;
use jifen::engine::liability::closing;
use jifen::engine::{Engine, Settings};
use jifen::store::Store;
use jifen::store::memory::MemoryStore;
use jifen::store::redb::RedbStore;
use jifen::vault::InstallKey;

use crate::failure::Failure;

/// The file in the data folder.
const STORE_FILE: &str = "store.redb";
/// The file in the keys folder: a mark, then 32 bytes.
const KEY_FILE: &str = "install.key";
/// The mark that a key file begins with.
const KEY_MARK: &[u8; 8] = b"JIFENK1\n";

/// Where a shop's files are.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    pub(crate) data: PathBuf,
    pub(crate) keys: PathBuf,
}

/// An engine with the clock it goes by, which follows what is replayed.
pub(crate) struct Shop {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<GivenClock>,
}

impl Folders {
    /// The folders that were named; the keys of a data folder `D` are in `D-keys` unless said otherwise.
    pub(crate) fn new(data: PathBuf, keys: Option<PathBuf>) -> Result<Self, Failure> {
        let home = settled(&data)?;
        let keys = keys.unwrap_or_else(|| {
            let mut name = home.file_name().unwrap_or_default().to_os_string();
            name.push("-keys");
            home.with_file_name(name)
        });
        if settled(&keys)?.starts_with(home) {
            return Err(Failure::new(
                "keys_inside_data",
                "密钥目录不能放在数据目录之内",
                "the keys may not be inside the data folder",
            ));
        }
        Ok(Self { data, keys })
    }

    /// Opens the store in these folders; makes them when `create` says so.
    pub(crate) fn open(&self, create: bool) -> Result<Shop, Failure> {
        let file = self.data.join(STORE_FILE);
        if !create && !file.exists() {
            let name = file.display();
            return Err(Failure::new(
                "no_store",
                format!("没有数据文件 {name}"),
                format!("there is no store at {name}"),
            ));
        }
        make_private(&self.data)?;
        let keys = Arc::new(Keys::of_install(self.install_key(&file)?));
        let store = RedbStore::open(&file, Some(closing(keys.clone())))?;
        shop(Arc::new(store), keys)
    }

    /// The install key; a new one only where there is no store yet that another key has sealed.
    fn install_key(&self, store: &Path) -> Result<InstallKey, Failure> {
        let path = self.keys.join(KEY_FILE);
        let io = |error: &io::Error| Failure::of_io(&path, error);
        if !path.exists() {
            if fs::metadata(store).is_ok_and(|file| 0 < file.len()) {
                let name = path.display();
                return Err(Failure::new(
                    "no_key",
                    format!("数据文件存在，但没有密钥 {name}"),
                    format!("the store exists, but its key {name} does not"),
                ));
            }
            make_private(&self.keys)?;
            let key = random()?;
            // Beside its place first: a start that is cut short leaves no half a key.
            let beside = path.with_extension("new");
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&beside)
                .map_err(|error| io(&error))?;
            file.write_all(KEY_MARK)
                .and_then(|()| file.write_all(&key))
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::rename(&beside, &path))
                .and_then(|()| File::open(&self.keys)?.sync_all())
                .map_err(|error| io(&error))?;
            return Ok(InstallKey::from_bytes(key));
        }
        let mode = fs::metadata(&path)
            .map_err(|error| io(&error))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            let name = path.display();
            return Err(Failure::new(
                "key_readable_by_others",
                format!("密钥文件 {name} 可被他人读取：请 chmod 600"),
                format!("others can read the key file {name}: chmod 600"),
            ));
        }
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|error| io(&error))?;
        let key = bytes
            .strip_prefix(KEY_MARK)
            .and_then(|key| <[u8; 32]>::try_from(key).ok());
        key.map(InstallKey::from_bytes).ok_or_else(|| {
            let name = path.display();
            Failure::new(
                "bad_key",
                format!("{name} 不是密钥文件"),
                format!("{name} is not a key file"),
            )
        })
    }
}

/// An engine that leaves nothing behind: for comparison, and for files that are only looked at.
pub(crate) fn in_memory() -> Result<Shop, Failure> {
    let keys = Arc::new(Keys::of_install(InstallKey::from_bytes(random()?)));
    shop(
        Arc::new(MemoryStore::new(Some(closing(keys.clone())))),
        keys,
    )
}

fn shop(store: Arc<dyn Store>, keys: Arc<Keys>) -> Result<Shop, Failure> {
    let clock = Arc::new(GivenClock::default());
    let entropy = Arc::new(SeededEntropy::new(random()?));
    let engine = Engine::open(store, keys, clock.clone(), entropy, Settings::default())?;
    Ok(Shop { engine, clock })
}

/// 32 bytes from the operating system.
fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(
            "no_randomness",
            format!("操作系统无法提供随机数：{error}"),
            format!("the operating system gives no random numbers: {error}"),
        )
    })?;
    Ok(bytes)
}

/// The folder that a path leads to, through links and `..`, as far as it is there already.
fn settled(path: &Path) -> Result<PathBuf, Failure> {
    let io = |error: io::Error| Failure::of_io(path, &error);
    let mut settled = PathBuf::new();
    for part in path::absolute(path).map_err(io)?.components() {
        match part {
            Component::ParentDir => {
                settled.pop();
            }
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::Normal(_) => settled.push(part),
        }
        match settled.canonicalize() {
            Ok(real) => settled = real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
    }
    Ok(settled)
}

/// A folder that only its owner can enter.
fn make_private(folder: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Failure::of_io(folder, &error))
}
