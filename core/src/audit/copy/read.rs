//! The folder as it stands, only read: it may lie on a disk that cannot be written, and it may have been tampered with.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::vec;

use super::super::checkpoint::NOTE_MAX;
use super::super::leaf::LINE_MAX;
use super::{CHECKPOINTS, CopyError, KEY, SEGMENT_LINES, SEPARATOR, failed, segment_first};

/// The folder of a copy.
#[derive(Clone, Debug)]
pub struct CopyFolder {
    path: PathBuf,
}

impl CopyFolder {
    /// The folder at this path. Nothing is looked at yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files of leaves, in the order of their names.
    pub fn segments(&self) -> Result<Vec<Segment>, CopyError> {
        let entries = fs::read_dir(&self.path).map_err(|error| {
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
                CopyError::Missing(self.path.display().to_string())
            } else {
                failed(&self.path, &error)
            }
        })?;
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed(&self.path, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(first) = segment_first(&name) {
                let path = entry.path();
                found.push(Segment { first, name, path });
            }
        }
        found.sort_by_key(|segment| segment.first);
        Ok(found)
    }

    /// The leaves from this one on, as lines. The segments are taken to be whole; whether they are, the check says.
    pub fn lines(&self, from: u64) -> Result<Lines, CopyError> {
        let mut segments = self.segments()?;
        segments.retain(|segment| from < segment.first.saturating_add(SEGMENT_LINES));
        let first = segments.first().map_or(from, |segment| segment.first);
        Ok(Lines {
            segments: segments.into_iter(),
            open: None,
            skip: from.saturating_sub(first),
        })
    }

    /// The signed checkpoints, oldest first.
    pub fn notes(&self) -> Result<Notes, CopyError> {
        let path = self.path.join(CHECKPOINTS);
        match File::open(&path) {
            Ok(file) => Ok(Notes::new(path, Some(file))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Notes::new(path, None)),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    /// The text of the verifier key that stands in the folder.
    pub fn key(&self) -> Result<Option<String>, CopyError> {
        /// More than any key has.
        const KEY_MAX: u64 = 4_096;
        let path = self.path.join(KEY);
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(KEY_MAX).read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }
}

/// One file of leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The leaf that its name says it begins with.
    pub first: u64,
    /// Its name in the folder.
    pub name: String,
    pub(super) path: PathBuf,
}

impl Segment {
    /// Its lines, whatever they are.
    pub fn lines(&self) -> Result<SegmentLines, CopyError> {
        let file = File::open(&self.path).map_err(|error| failed(&self.path, &error))?;
        Ok(SegmentLines {
            path: self.path.clone(),
            input: BufReader::with_capacity(65_536, file),
        })
    }
}

/// A line as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    /// Its bytes, without the line's end. Of a line that is too long, the beginning.
    pub bytes: Vec<u8>,
    /// Whether its end was written.
    pub is_whole: bool,
}

/// The lines of one file.
#[derive(Debug)]
pub struct SegmentLines {
    path: PathBuf,
    input: BufReader<File>,
}

impl Iterator for SegmentLines {
    type Item = Result<RawLine, CopyError>;

    fn next(&mut self) -> Option<Self::Item> {
        match line(&mut self.input, LINE_MAX.saturating_add(2)) {
            Ok(line) => line.map(Ok),
            Err(error) => Some(Err(failed(&self.path, &error))),
        }
    }
}

/// The next line, of which at most so many bytes are kept.
fn line(input: &mut impl BufRead, most: usize) -> std::io::Result<Option<RawLine>> {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if input.by_ref().take(most).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let mut is_whole = bytes.last() == Some(&b'\n');
    if is_whole {
        bytes.pop();
    } else {
        is_whole = skip_line(input)?;
    }
    Ok(Some(RawLine { bytes, is_whole }))
}

/// Passes what is left of a line. Whether its end was there.
fn skip_line(input: &mut impl BufRead) -> std::io::Result<bool> {
    loop {
        let there = input.fill_buf()?;
        if there.is_empty() {
            return Ok(false);
        }
        let end = there.iter().position(|byte| *byte == b'\n');
        let passed = end.map_or(there.len(), |end| end.saturating_add(1));
        input.consume(passed);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// The leaves of all files.
#[derive(Debug)]
pub struct Lines {
    segments: vec::IntoIter<Segment>,
    open: Option<SegmentLines>,
    skip: u64,
}

impl Lines {
    fn step(&mut self) -> Result<Option<String>, CopyError> {
        loop {
            let Some(lines) = &mut self.open else {
                let Some(segment) = self.segments.next() else {
                    return Ok(None);
                };
                self.open = Some(segment.lines()?);
                continue;
            };
            match lines.next().transpose()? {
                Some(line) if !line.is_whole => self.open = None,
                Some(_) if self.skip != 0 => self.skip = self.skip.saturating_sub(1),
                Some(line) => {
                    let place = lines.path.display().to_string();
                    let text = String::from_utf8(line.bytes);
                    return text.map(Some).map_err(|_| CopyError::Damaged(place));
                }
                None => self.open = None,
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Result<String, CopyError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

/// A checkpoint as it stands in a file or on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The file it was found in, or what else it was found on.
    pub file: String,
    /// Which one of that file, from 1.
    pub number: u64,
    /// The signed note.
    pub text: String,
    /// Whether its end was written.
    pub is_whole: bool,
}

/// The checkpoints of a file.
#[derive(Debug)]
pub struct Notes {
    path: PathBuf,
    input: Option<BufReader<File>>,
    number: u64,
}

impl Notes {
    fn new(path: PathBuf, file: Option<File>) -> Self {
        let input = file.map(BufReader::new);
        Self {
            path,
            input,
            number: 0,
        }
    }

    /// The notes of a text, parted by [`SEPARATOR`] lines; behind the last one there need be none.
    pub fn of_text(file: &str, text: &str) -> Vec<Note> {
        let mut found: Vec<Note> = Vec::new();
        let mut note = String::new();
        let mut number = 1_u64;
        for line in text.split_inclusive('\n').chain([SEPARATOR]) {
            if line.trim_end() != SEPARATOR {
                note.push_str(line);
            } else if !note.trim().is_empty() {
                found.push(Note {
                    file: file.to_owned(),
                    number,
                    text: core::mem::take(&mut note),
                    is_whole: true,
                });
                number = number.saturating_add(1);
            }
        }
        found
    }

    fn step(&mut self) -> Result<Option<Note>, CopyError> {
        let Some(input) = &mut self.input else {
            return Ok(None);
        };
        let mut text = Vec::new();
        let mut is_whole = false;
        loop {
            let read = line(input, NOTE_MAX).map_err(|error| failed(&self.path, &error))?;
            let Some(line) = read else { break };
            if line.is_whole && line.bytes == SEPARATOR.as_bytes() {
                is_whole = true;
                break;
            }
            // A note that is too long is refused by its length, so more of it need not be kept.
            if text.len() <= NOTE_MAX {
                text.extend_from_slice(&line.bytes);
                text.extend_from_slice(if line.is_whole { b"\n" } else { b"" });
            }
        }
        if !is_whole && text.is_empty() {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        Ok(Some(Note {
            file: CHECKPOINTS.to_owned(),
            number: self.number,
            text: String::from_utf8_lossy(&text).into_owned(),
            is_whole,
        }))
    }
}

impl Iterator for Notes {
    type Item = Result<Note, CopyError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}
