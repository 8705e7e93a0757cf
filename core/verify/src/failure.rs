//! What keeps the program from saying whether anything is wrong, and its exit codes.

use std::io::{self, Write};
use std::path::Path;

use jifen::audit::checkpoint::CheckpointError;
use jifen::audit::copy::CopyError;

use crate::lang::Lang;

/// Nothing is wrong.
pub(crate) const CLEAN: u8 = 0;
/// It could not be read, so nothing is known.
pub(crate) const UNREADABLE: u8 = 1;
/// The call was wrong.
pub(crate) const USAGE: u8 = 2;
/// Something is wrong.
pub(crate) const FAULTS: u8 = 3;

/// Why nothing is known.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The copy could not be read.
    Copy(CopyError),
    /// A file could not be read: which, and why.
    File(String, io::Error),
    /// A file of a key holds none: which, and why.
    Key(String, CheckpointError),
    /// The words could not be written.
    Output(io::Error),
}

impl Failure {
    /// Reads a file as text.
    pub(crate) fn text_of(path: &Path) -> Result<String, Self> {
        std::fs::read_to_string(path).map_err(|error| Self::File(path.display().to_string(), error))
    }

    /// Says it.
    pub(crate) fn tell(&self, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
        let words = match self {
            Self::Copy(error) => lang.pick(error.zh(), error.en()),
            Self::File(path, error) => lang.pick(
                format!("无法读取 {path}：{error}"),
                format!("cannot read {path}: {error}"),
            ),
            Self::Key(path, error) => lang.pick(
                format!("{path}：{}", error.zh()),
                format!("{path}: {}", error.en()),
            ),
            Self::Output(error) => lang.pick(
                format!("无法输出：{error}"),
                format!("cannot write: {error}"),
            ),
        };
        writeln!(out, "{words}")
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        Self::Copy(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
