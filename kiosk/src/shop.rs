//! A shop's folders: the data with the store's file in it, and beside them the keys. Opens an engine over them.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{self, Component, Path, PathBuf};
use std::sync::Arc;

use jifen::domain::refusal::Refusal;
use jifen::engine::clock::{Clock, Entropy};
use jifen::engine::closing::closing;
use jifen::engine::keys::Keys;
use jifen::engine::{Engine, Settings};
use jifen::store::Store;
use jifen::store::memory::MemoryStore;
use jifen::store::redb::RedbStore;
use jifen::vault::keybox::KeyboxError;
use jifen::vault::{Draw32, Keybox};

use crate::calendar;
use crate::clock::{FollowingClock, OsEntropy, ShopClock};
use crate::failure::{Failure, STORE};

/// The file in the data folder.
const STORE_FILE: &str = "store.redb";

/// Where a shop's files are.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    pub(crate) data: PathBuf,
    pub(crate) keys: PathBuf,
}

/// An engine with the clock it goes by, which follows what is replayed.
pub(crate) struct Shop {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<FollowingClock>,
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

    /// Opens the store in these folders, by a clock that follows what is replayed or, where nothing is, stands at the
    /// latest commit. Makes them when `create` says so.
    pub(crate) fn open(&self, create: bool) -> Result<Shop, Failure> {
        let clock = Arc::new(FollowingClock::new());
        let engine = self.engine(create, clock.clone(), Settings::default())?;
        Ok(Shop { engine, clock })
    }

    /// Opens the store in these folders by the machine's clock. Makes them when `create` says so.
    pub(crate) fn open_shop(
        &self,
        create: bool,
        settings: Settings,
    ) -> Result<Arc<Engine>, Failure> {
        let engine = self.engine(create, Arc::new(ShopClock::new()), settings)?;
        engine.keep_calendar(calendar::load(&self.data)?);
        Ok(engine)
    }

    /// The store's file.
    pub(crate) fn store_file(&self) -> PathBuf {
        self.data.join(STORE_FILE)
    }

    /// The keys in their folder, which are there. As long as they are held, no other process opens the store.
    pub(crate) fn open_keys(&self) -> Result<Arc<Keys>, Failure> {
        if !Keybox::exists(&self.keys) {
            let name = self.keys.display();
            return Err(Failure::new(
                "no_key",
                format!("{name} 中没有密钥"),
                format!("there are no keys in {name}"),
            ));
        }
        let keybox = Keybox::open(&self.keys, draw(Arc::new(OsEntropy::new()?)))?;
        Ok(Arc::new(Keys::new(keybox)))
    }

    fn engine(
        &self,
        create: bool,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Arc<Engine>, Failure> {
        let file = self.store_file();
        if !create && !file.exists() {
            let name = file.display();
            return Err(Failure::new(
                "no_store",
                format!("没有数据文件 {name}"),
                format!("there is no store at {name}"),
            ));
        }
        make_private(&self.data)?;
        let entropy = Arc::new(OsEntropy::new()?);
        let keys = Arc::new(Keys::new(self.keybox(&file, entropy.clone())?));
        let store = RedbStore::open(&file, Some(closing(keys.clone())))?;
        engine(Arc::new(store), keys, clock, entropy, settings)
    }

    /// The keybox; a new one only where there is no store yet that other keys have sealed.
    fn keybox(&self, store: &Path, entropy: Arc<OsEntropy>) -> Result<Keybox, Failure> {
        let draw = draw(entropy);
        if Keybox::exists(&self.keys) {
            return Ok(Keybox::open(&self.keys, draw)?);
        }
        if fs::metadata(store).is_ok_and(|file| 0 < file.len()) {
            let name = self.keys.display();
            return Err(Failure::new(
                "no_key",
                format!("数据文件存在，但 {name} 中没有密钥"),
                format!("the store exists, but its keys are not in {name}"),
            ));
        }
        let install = first_half(draw());
        Ok(Keybox::create(&self.keys, install, draw)?)
    }
}

/// An engine that leaves nothing behind: for comparison, and for files that are only looked at.
pub(crate) fn in_memory() -> Result<Shop, Failure> {
    let entropy = Arc::new(OsEntropy::new()?);
    let draw = draw(entropy.clone());
    let keys = Arc::new(Keys::new(Keybox::in_memory(first_half(draw()), draw)));
    let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
    let clock = Arc::new(FollowingClock::new());
    let engine = engine(store, keys, clock.clone(), entropy, Settings::default())?;
    Ok(Shop { engine, clock })
}

fn engine(
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    entropy: Arc<OsEntropy>,
    settings: Settings,
) -> Result<Arc<Engine>, Failure> {
    Ok(Arc::new(Engine::open(
        store, keys, clock, entropy, settings,
    )?))
}

fn draw(entropy: Arc<OsEntropy>) -> Draw32 {
    Arc::new(move || entropy.seed())
}

fn first_half(seed: [u8; 32]) -> [u8; 16] {
    seed.first_chunk().copied().unwrap_or_default()
}

impl From<KeyboxError> for Failure {
    /// Keys that another process holds are a store that another process uses; damaged ones are a store that cannot be used.
    fn from(error: KeyboxError) -> Self {
        match error {
            KeyboxError::InUse(_) => Refusal::StoreInUse.into(),
            KeyboxError::Damaged(_) | KeyboxError::TooNew(_) | KeyboxError::Io(_) => {
                Self::new(error.code(), error.zh(), error.en()).with_exit(STORE)
            }
            KeyboxError::ReadableByOthers(_)
            | KeyboxError::IsALink(_)
            | KeyboxError::Missing(_)
            | KeyboxError::Exists(_)
            | KeyboxError::Taken
            | KeyboxError::MemberUnknown
            | KeyboxError::TokenUnknown => Self::new(error.code(), error.zh(), error.en()),
        }
    }
}

/// The folder that a path leads to, through links and `..`, as far as it is there already.
pub(crate) fn settled(path: &Path) -> Result<PathBuf, Failure> {
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
