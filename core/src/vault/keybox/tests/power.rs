//! A disk whose power can be cut after every single step, and that remembers what had reached it: the bytes of a file
//! with the file's fsync, a name with its folder's. What had not may be there, or not, or by halves.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use zeroize::Zeroizing;

use super::super::KeyboxError;
use super::super::disk::{Bytes, Disk};

/// What becomes of that which no fsync was waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// All of it is lost.
    Lost,
    /// All of it is there.
    Kept,
    /// Files hold it, names do not.
    NamesLost,
    /// Names hold, the bytes of files do not.
    BytesLost,
    /// The first half of the last write, and of the changes of names.
    FirstHalf,
    /// The second half of the last write, with zeros before it, and of the changes of names.
    SecondHalf,
    /// Of the last write each second piece of 16 bytes, and each second change of names.
    Pieces,
}

pub(super) const FATES: [Fate; 7] = [
    Fate::Lost,
    Fate::Kept,
    Fate::NamesLost,
    Fate::BytesLost,
    Fate::FirstHalf,
    Fate::SecondHalf,
    Fate::Pieces,
];

#[derive(Clone, Default)]
pub(super) struct PowerDisk {
    world: Arc<Mutex<World>>,
}

#[derive(Clone, Default)]
struct World {
    files: Vec<File>,
    /// The names in each folder, which folder 0 holds the others of.
    folders: Vec<Names>,
    /// Steps that are still done.
    left: Option<usize>,
    /// The one step that fails, with the power on.
    fails: Option<usize>,
    done: usize,
}

#[derive(Clone, Default)]
struct File {
    durable: Arc<Vec<u8>>,
    now: Arc<Vec<u8>>,
    /// How it was before the last change, when that is not durable.
    before_last: Arc<Vec<u8>>,
}

#[derive(Clone, Default)]
struct Names {
    durable: BTreeMap<String, Node>,
    now: BTreeMap<String, Node>,
    /// The changes from the one to the other.
    since: Vec<NameChange>,
}

#[derive(Clone)]
struct NameChange {
    gone: Option<String>,
    come: Option<(String, Node)>,
}

#[derive(Clone, Copy)]
enum Node {
    File(usize),
    Folder(usize),
}

impl Names {
    fn change(&mut self, gone: Option<&str>, come: Option<(&str, Node)>) {
        let change = NameChange {
            gone: gone.map(str::to_owned),
            come: come.map(|(name, node)| (name.to_owned(), node)),
        };
        change.apply(&mut self.now);
        self.since.push(change);
    }

    /// The names after the power came back: changes may have reached the disk in any order.
    fn after(&self, fate: Fate) -> BTreeMap<String, Node> {
        let count = self.since.len();
        let is_there = |at: usize| match fate {
            Fate::Lost | Fate::NamesLost => false,
            Fate::Kept | Fate::BytesLost => true,
            Fate::FirstHalf => at < count / 2,
            Fate::SecondHalf => count / 2 <= at,
            // The last one, and each second one before it.
            Fate::Pieces => (count - at) % 2 == 1,
        };
        let mut names = self.durable.clone();
        for (at, change) in self.since.iter().enumerate() {
            if is_there(at) {
                change.apply(&mut names);
            }
        }
        names
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, Node>) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((name, node)) = &self.come {
            names.insert(name.clone(), *node);
        }
    }
}

impl File {
    fn change(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        self.before_last = self.now.clone();
        change(Arc::make_mut(&mut self.now));
    }

    /// What stands there after the power came back.
    fn after(&self, fate: Fate) -> Arc<Vec<u8>> {
        if Arc::ptr_eq(&self.now, &self.durable) {
            return self.now.clone();
        }
        let middle = usize::midpoint(self.now.len(), self.common());
        let is_new = |at: usize| match fate {
            Fate::Lost | Fate::BytesLost => false,
            Fate::Kept | Fate::NamesLost => true,
            Fate::FirstHalf => at < middle,
            Fate::SecondHalf => middle <= at,
            Fate::Pieces => (at / 16).is_multiple_of(2),
        };
        match fate {
            Fate::Lost | Fate::BytesLost => return self.durable.clone(),
            Fate::Kept | Fate::NamesLost => return self.now.clone(),
            Fate::FirstHalf | Fate::SecondHalf | Fate::Pieces => (),
        }
        let old = |at: usize| self.before_last.get(at).copied().unwrap_or(0);
        let mut bytes: Vec<u8> = (0..self.now.len())
            .map(|at| if is_new(at) { self.now[at] } else { old(at) })
            .collect();
        if matches!(fate, Fate::FirstHalf) {
            // The file did not grow any further.
            bytes.truncate(middle.max(self.before_last.len()));
        }
        Arc::new(bytes)
    }

    /// Up to where the last write left everything as it was.
    fn common(&self) -> usize {
        let pairs = self.now.iter().zip(self.before_last.iter());
        pairs.take_while(|(new, old)| new == old).count()
    }
}

impl World {
    /// One more step, unless the power is gone.
    fn step(&mut self) -> Result<(), KeyboxError> {
        if let Some(left) = &mut self.left {
            if *left == 0 {
                return Err(KeyboxError::Io("no power".to_owned()));
            }
            *left -= 1;
        }
        self.done += 1;
        if self.fails == Some(self.done - 1) {
            return Err(KeyboxError::Io("no room".to_owned()));
        }
        Ok(())
    }

    fn folder(&self, name: &str) -> Option<usize> {
        if name.is_empty() {
            return (!self.folders.is_empty()).then_some(0);
        }
        match self.folders.first()?.now.get(name)? {
            Node::Folder(folder) => Some(*folder),
            Node::File(_) => None,
        }
    }

    /// The folder that a name lies in, and the rest of the name.
    fn split<'a>(&self, name: &'a str) -> Option<(usize, &'a str)> {
        match name.split_once('/') {
            Some((folder, file)) => Some((self.folder(folder)?, file)),
            None => Some((self.folder("")?, name)),
        }
    }

    fn node(&self, name: &str) -> Option<Node> {
        let (folder, file) = self.split(name)?;
        self.folders[folder].now.get(file).copied()
    }

    fn file(&mut self, name: &str) -> Result<&mut File, KeyboxError> {
        match self.node(name) {
            Some(Node::File(file)) => Ok(&mut self.files[file]),
            Some(Node::Folder(_)) | None => Err(KeyboxError::Missing(name.to_owned())),
        }
    }

    fn name(&mut self, name: &str, node: Node) {
        let (folder, own) = self.split(name).unwrap();
        self.folders[folder].change(None, Some((own, node)));
    }
}

impl PowerDisk {
    /// The power goes after so many more steps.
    pub(super) fn cut_after(&self, steps: usize) {
        self.world.lock().left = Some(steps);
    }

    /// One step fails, this many from now.
    pub(super) fn fail_at(&self, steps: usize) {
        let mut world = self.world.lock();
        world.fails = Some(world.done + steps);
    }

    /// How many steps were done.
    pub(super) fn steps(&self) -> usize {
        self.world.lock().done
    }

    /// The disk as it is when the power is back.
    pub(super) fn after(&self, fate: Fate) -> Self {
        let mut world = self.world.lock().clone();
        for file in &mut world.files {
            let bytes = file.after(fate);
            *file = File {
                durable: bytes.clone(),
                now: bytes,
                before_last: Arc::default(),
            };
        }
        for folder in &mut world.folders {
            let names = folder.after(fate);
            *folder = Names {
                durable: names.clone(),
                now: names,
                since: Vec::new(),
            };
        }
        world.left = None;
        world.fails = None;
        world.done = 0;
        Self {
            world: Arc::new(Mutex::new(world)),
        }
    }

    /// Another disk with the same on it.
    pub(super) fn copy(&self) -> Self {
        self.after(Fate::Kept)
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, name: &str) -> Vec<u8> {
        self.world.lock().file(name).unwrap().now.to_vec()
    }

    /// Puts other bytes there.
    pub(super) fn set(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world.lock();
        let file = world.file(name).unwrap();
        file.now = Arc::new(bytes.to_vec());
        file.durable = file.now.clone();
    }

    /// The names of all files and folders.
    pub(super) fn names(&self) -> Vec<String> {
        let world = self.world.lock();
        let mut names = Vec::new();
        for (name, node) in &world.folders[0].now {
            names.push(name.clone());
            if let Node::Folder(folder) = node {
                let inside = world.folders[*folder].now.keys();
                names.extend(inside.map(|inner| format!("{name}/{inner}")));
            }
        }
        names
    }
}

impl Disk for PowerDisk {
    fn lock(&self, name: &str, make: bool) -> Result<(), KeyboxError> {
        if make && !self.is_there(name) {
            return self.put(name, &[]);
        }
        self.world.lock().file(name).map(|_| ())
    }

    fn is_there(&self, name: &str) -> bool {
        self.world.lock().node(name).is_some()
    }

    fn make_folder(&self, name: &str) -> Result<(), KeyboxError> {
        let mut world = self.world.lock();
        if world.folder(name).is_some() {
            return Ok(());
        }
        world.step()?;
        let folder = world.folders.len();
        world.folders.push(Names::default());
        if !name.is_empty() {
            world.name(name, Node::Folder(folder));
        }
        Ok(())
    }

    fn check_folder(&self, name: &str) -> Result<(), KeyboxError> {
        match self.world.lock().folder(name) {
            Some(_) => Ok(()),
            None => Err(KeyboxError::Missing(name.to_owned())),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Bytes>, KeyboxError> {
        let mut world = self.world.lock();
        if world.left == Some(0) {
            return Err(KeyboxError::Io("no power".to_owned()));
        }
        let file = world.file(name).ok();
        Ok(file.map(|file| Zeroizing::new(file.now.to_vec())))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyboxError> {
        let mut world = self.world.lock();
        if world.file(name).is_err() {
            world.step()?;
            let file = world.files.len();
            world.files.push(File::default());
            world.name(name, Node::File(file));
        }
        world.step()?;
        world.file(name)?.change(Vec::clear);
        world.step()?;
        world.file(name)?.change(|now| *now = bytes.to_vec());
        world.step()?;
        let file = world.file(name)?;
        file.durable = file.now.clone();
        Ok(())
    }

    fn write(&self, name: &str, from: u64, bytes: &[u8]) -> Result<(), KeyboxError> {
        let mut world = self.world.lock();
        world.step()?;
        world.file(name)?.change(|now| {
            let from = usize::try_from(from).unwrap();
            let until = from + bytes.len();
            if now.len() < until {
                now.resize(until, 0);
            }
            now[from..until].copy_from_slice(bytes);
        });
        world.step()?;
        let file = world.file(name)?;
        file.durable = file.now.clone();
        Ok(())
    }

    fn cut(&self, name: &str, length: u64) -> Result<(), KeyboxError> {
        let mut world = self.world.lock();
        world.step()?;
        world
            .file(name)?
            .change(|now| now.truncate(usize::try_from(length).unwrap()));
        world.step()?;
        let file = world.file(name)?;
        file.durable = file.now.clone();
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), KeyboxError> {
        let mut world = self.world.lock();
        world.step()?;
        let node = world.node(from).unwrap();
        let (folder, old) = world.split(from).unwrap();
        let (same, new) = world.split(to).unwrap();
        assert_eq!(folder, same);
        world.folders[folder].change(Some(old), Some((new, node)));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeyboxError> {
        let mut world = self.world.lock();
        world.step()?;
        let (folder, own) = world.split(name).unwrap();
        world.folders[folder].change(Some(own), None);
        Ok(())
    }

    fn sync_folder(&self, name: &str) -> Result<(), KeyboxError> {
        let mut world = self.world.lock();
        world.step()?;
        let folder = world.folder(name).unwrap();
        let names = &mut world.folders[folder];
        names.durable = names.now.clone();
        names.since.clear();
        Ok(())
    }

    fn place(&self, name: &str) -> String {
        name.to_owned()
    }
}
