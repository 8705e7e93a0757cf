//! A folder to call the program in, and what it said.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use tempfile::TempDir;

/// The real year of shopping.
pub(crate) const YEAR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../fixtures/complete_journey/2017-40-households.csv"
);
/// Seven invented baskets.
pub(crate) const SMALL: &str = include_str!("../../../fixtures/csv/small.csv");
/// The demo programme.
pub(crate) const PROGRAMME: &str = include_str!("../../../fixtures/programmes/demo.toml");

/// The folder of one test, which goes with it. It holds `demo.toml` and `small.csv`.
pub(crate) struct Place {
    folder: TempDir,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder };
        place.write("demo.toml", PROGRAMME);
        place.write("small.csv", SMALL);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A call in this folder, in a process whose language is nobody's.
    pub(crate) fn call(&self, words: &str) -> Command {
        let mut call = self.command(env!("CARGO_BIN_EXE_jifen"));
        call.args(words.split_whitespace());
        call
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_remove("LC_ALL")
            .env_remove("LC_MESSAGES")
            .env("LANG", "C")
            .stdin(Stdio::null());
        command
    }

    /// Calls it and waits. Words are parted by blanks.
    pub(crate) fn jifen(&self, words: &str) -> Said {
        Said::of(&self.call(words).output().unwrap(), words)
    }

    /// Replays a file of this folder (or the whole year) into `data` and gives the report.
    pub(crate) fn replay(&self, file: &str, more: &str) -> (Said, String) {
        let words = format!("replay {file} --programme demo.toml --report report.csv {more}");
        let said = self.jifen(&words);
        said.ends(0);
        (said, self.read("report.csv"))
    }

    /// Everything in `data` adds up; how many sales there are.
    pub(crate) fn verified(&self) -> u64 {
        let said = self.jifen("verify --data data");
        said.ends(0);
        assert!(said.out.ends_with("verify: 0 differences\n"), "{said:?}");
        number_before(&said.out, " sales")
    }
}

impl Said {
    pub(crate) fn of(output: &Output, words: &str) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let said = Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        assert!(!said.err.contains("panicked"), "{words}: {said:?}");
        said
    }

    #[track_caller]
    pub(crate) fn ends(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self:?}");
    }

    /// It failed with this exit code and word, and said why in both languages, English first.
    #[track_caller]
    pub(crate) fn refuses(&self, exit: i32, code: &str) {
        self.ends(exit);
        let lines: Vec<&str> = self.told();
        assert_eq!(lines[0], format!("jifen: {code}"), "{self:?}");
        assert!(!lines[1].is_empty() && !has_chinese(lines[1]), "{self:?}");
        assert!(lines[2..].iter().any(|line| has_chinese(line)), "{self:?}");
    }

    /// What was said of the failure, without progress.
    pub(crate) fn told(&self) -> Vec<&str> {
        self.err
            .lines()
            .skip_while(|line| !line.starts_with("jifen: "))
            .collect()
    }

    #[track_caller]
    pub(crate) fn mentions(&self, words: &str) {
        assert!(self.err.contains(words), "{words:?} is not in {self:?}");
    }
}

/// A call that goes on, and its progress.
pub(crate) struct Running {
    pub(crate) child: Child,
    progress: BufReader<ChildStderr>,
}

impl Running {
    pub(crate) fn begin(mut call: Command) -> Self {
        let mut child = call
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let progress = BufReader::new(child.stderr.take().unwrap());
        Self { child, progress }
    }

    /// Waits until it says so much of its work is done; false when it ended before.
    pub(crate) fn wait_for(&mut self, percent: u32) -> bool {
        let awaited = format!("replay {percent}%\n");
        let mut line = String::new();
        while self.progress.read_line(&mut line).unwrap() != 0 {
            if line == awaited {
                return true;
            }
            line.clear();
        }
        false
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    pub(crate) fn finish(mut self) -> Said {
        let mut err = String::new();
        self.progress.read_to_string(&mut err).unwrap();
        let mut said = Said::of(
            &self.child.wait_with_output().unwrap(),
            "a call that went on",
        );
        said.err = err;
        said
    }
}

pub(crate) fn has_chinese(text: &str) -> bool {
    text.chars()
        .any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

/// The number that stands before these words.
#[track_caller]
pub(crate) fn number_before(text: &str, words: &str) -> u64 {
    let before = text.split(words).next().unwrap();
    let digits = before
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .next();
    digits.unwrap().parse().unwrap()
}
