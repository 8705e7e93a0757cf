//! The copy as it is written: in order, from the watermark that the files themselves show.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::super::checkpoint::{NOTE_MAX, VerifierKey};
use super::super::leaf::LINE_MAX;
use super::{
    CHECKPOINTS, CopyError, CopyFolder, KEY, Lines, Notes, SEGMENT_LINES, SEPARATOR, failed,
    segment_name,
};

/// A folder that leaves and checkpoints are added to, by one process at a time.
#[derive(Debug)]
pub struct AuditCopy {
    folder: CopyFolder,
    length: u64,
    was_cut: bool,
    leaves: Option<Tail>,
    checkpoints: Tail,
}

/// A file that grows, and where it ends.
#[derive(Debug)]
struct Tail {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl AuditCopy {
    /// Opens the folder, or makes it. What a loss of power left half written at the end of a file is cut off.
    pub fn open(folder: &Path) -> Result<Self, CopyError> {
        make_folder(folder).map_err(|error| failed(folder, &error))?;
        let path = folder.join(CHECKPOINTS);
        let mut checkpoints = Tail::open(path)?;
        checkpoints.file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => CopyError::InUse(folder.display().to_string()),
            TryLockError::Error(error) => failed(&checkpoints.path, &error),
        })?;
        sync_folder(folder)?;
        let whole = whole_notes(&checkpoints)?;
        let mut was_cut = checkpoints.cut(whole)?;

        let folder = CopyFolder::new(folder);
        let segments = folder.segments()?;
        // One behind the other, none missing: only the last one may be short.
        for (segment, first) in segments.iter().zip((0..).step_by(65_536)) {
            if segment.first != first {
                return Err(CopyError::Damaged(segment.path.display().to_string()));
            }
        }
        let (mut length, mut leaves) = (0, None);
        if let Some(last) = segments.last() {
            let mut tail = Tail::open(last.path.clone())?;
            let (lines, bytes) = whole_lines(&tail)?;
            if SEGMENT_LINES < lines {
                return Err(tail.damaged());
            }
            was_cut |= tail.cut(bytes)?;
            length = last.first.saturating_add(lines);
            leaves = Some(tail).filter(|_| lines < SEGMENT_LINES);
        }
        Ok(Self {
            folder,
            length,
            was_cut,
            leaves,
            checkpoints,
        })
    }

    /// How many leaves stand there: the next one has this number.
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// Whether no leaf stands there.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether something half written was cut off when it was opened.
    pub const fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// Adds leaves, each as its line, in order; they are durable when this returns. After an error those that
    /// [`Self::len`] counts are there, and the others may be sent again.
    pub fn append(&mut self, lines: &[String]) -> Result<(), CopyError> {
        for (line, seq) in lines.iter().zip(self.length..) {
            let is_next = line.starts_with(&format!("{{\"seq\":{seq},"))
                && line.len() <= LINE_MAX
                && !line.contains(char::is_control);
            if !is_next {
                return Err(CopyError::NotNext(seq));
            }
        }
        let mut rest = lines;
        while !rest.is_empty() {
            let first = self.length & !SEGMENT_LINES.saturating_sub(1);
            let room = SEGMENT_LINES.saturating_sub(self.length.saturating_sub(first));
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            let mut text = String::new();
            for line in now {
                text.push_str(line);
                text.push('\n');
            }
            self.segment(first)?.add(text.as_bytes())?;
            let added = u64::try_from(now.len()).unwrap_or(u64::MAX);
            self.length = self.length.saturating_add(added);
            rest = later;
            if !rest.is_empty() || now.len() == room {
                self.leaves = None;
            }
        }
        Ok(())
    }

    /// The file that the next leaf goes to.
    fn segment(&mut self, first: u64) -> Result<&mut Tail, CopyError> {
        if self.leaves.is_none() {
            let tail = Tail::open(self.folder.path().join(segment_name(first)))?;
            sync_folder(self.folder.path())?;
            return Ok(self.leaves.insert(tail));
        }
        let missing = || CopyError::Missing(self.folder.path().display().to_string());
        self.leaves.as_mut().ok_or_else(missing)
    }

    /// Adds a signed checkpoint; it is durable when this returns.
    pub fn add_checkpoint(&mut self, note: &str) -> Result<(), CopyError> {
        let is_note = note.ends_with('\n')
            && note.len() <= NOTE_MAX
            && note.contains("\n\n")
            && note.lines().all(|line| line != SEPARATOR);
        if !is_note {
            return Err(CopyError::NotANote);
        }
        self.checkpoints
            .add(format!("{note}{SEPARATOR}\n").as_bytes())
    }

    /// Puts the key that checks the checkpoints into the folder. Another one that stands there is left, and refused.
    pub fn set_key(&mut self, key: &VerifierKey) -> Result<(), CopyError> {
        let path = self.folder.path().join(KEY);
        if let Some(there) = self.folder.key()? {
            return if VerifierKey::parse(&there).as_ref() == Ok(key) {
                Ok(())
            } else {
                Err(CopyError::OtherKey(path.display().to_string()))
            };
        }
        // Under its name only when it is whole.
        let new = self.folder.path().join("key.new");
        let mut tail = Tail::open(new.clone())?;
        tail.cut(0)?;
        tail.add(format!("{key}\n").as_bytes())?;
        fs::rename(&new, &path).map_err(|error| failed(&path, &error))?;
        sync_folder(self.folder.path())
    }

    /// The leaves from this one on, as lines.
    pub fn lines(&self, from: u64) -> Result<Lines, CopyError> {
        self.folder.lines(from)
    }

    /// The signed checkpoints, oldest first.
    pub fn notes(&self) -> Result<Notes, CopyError> {
        self.folder.notes()
    }
}

impl Tail {
    /// The file, a new one where none is.
    fn open(path: PathBuf) -> Result<Self, CopyError> {
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o640)
            .open(&path)
            .and_then(|file| Ok((file.metadata()?.len(), file)));
        let (bytes, file) = opened.map_err(|error| failed(&path, &error))?;
        Ok(Self { path, file, bytes })
    }

    fn damaged(&self) -> CopyError {
        CopyError::Damaged(self.path.display().to_string())
    }

    /// The file is this long, and that is durable. Whether something was cut off.
    fn cut(&mut self, bytes: u64) -> Result<bool, CopyError> {
        if self.bytes == bytes {
            return Ok(false);
        }
        self.file
            .set_len(bytes)
            .and_then(|()| self.file.sync_all())
            .map_err(|error| failed(&self.path, &error))?;
        self.bytes = bytes;
        Ok(true)
    }

    /// These bytes stand at the end, and they are durable. What an earlier attempt left there is written over.
    fn add(&mut self, bytes: &[u8]) -> Result<(), CopyError> {
        let there = self.file.metadata();
        let there = there.map_err(|error| failed(&self.path, &error))?.len();
        if there < self.bytes {
            return Err(self.damaged());
        }
        if self.bytes < there {
            let cut = self.file.set_len(self.bytes);
            cut.map_err(|error| failed(&self.path, &error))?;
        }
        self.file
            .write_all_at(bytes, self.bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(|error| failed(&self.path, &error))?;
        let added = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(added);
        Ok(())
    }
}

/// How many whole lines the file begins with, and how many bytes they are. A line with a zero byte is none: blocks that
/// never reached the disk are read as zeros, and no leaf has one.
fn whole_lines(tail: &Tail) -> Result<(u64, u64), CopyError> {
    let mut input = BufReader::with_capacity(65_536, &tail.file);
    let (mut lines, mut bytes) = (0_u64, 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        read.map_err(|error| failed(&tail.path, &error))?;
        if line.last() != Some(&b'\n') || line.contains(&0) {
            return Ok((lines, bytes));
        }
        lines = lines.saturating_add(1);
        bytes = bytes.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
    }
}

/// How many bytes the whole checkpoints are that the file begins with.
fn whole_notes(tail: &Tail) -> Result<u64, CopyError> {
    // The last note and its separator are in here, however torn the end is.
    let most = u64::try_from(NOTE_MAX.saturating_mul(2)).unwrap_or(u64::MAX);
    let from = tail.bytes.saturating_sub(most);
    let mut end = Vec::new();
    let mut file = &tail.file;
    file.seek(SeekFrom::Start(from))
        .and_then(|_| file.read_to_end(&mut end))
        .map_err(|error| failed(&tail.path, &error))?;
    let mark = format!("\n{SEPARATOR}\n");
    let last = end
        .windows(mark.len())
        .rposition(|found| found == mark.as_bytes());
    match last.and_then(|last| last.checked_add(mark.len())) {
        Some(whole) => Ok(from.saturating_add(u64::try_from(whole).unwrap_or(u64::MAX))),
        None if from == 0 => Ok(0),
        None => Err(tail.damaged()),
    }
}

/// Makes the folder and those that it lies in, as far as they are not there, and makes their names durable.
fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        Some(_) | None => Path::new("."),
    };
    make_folder(above)?;
    match DirBuilder::new().mode(0o750).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => File::open(above)?.sync_all(),
    }
}

/// The names in the folder are durable.
fn sync_folder(path: &Path) -> Result<(), CopyError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed(path, &error))
}
