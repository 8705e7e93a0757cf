//! The process that drives a browser. Each browser has its own, so that none outlives its test.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// How to get what is missing.
const INSTALL: &str = "the tests of the pages need a browser: \
     apt-get install -y --no-install-recommends chromium chromium-driver fonts-noto-cjk zbar-tools";

/// A running chromedriver. It is killed when it is dropped.
pub(crate) struct Driver {
    child: Child,
    port: u16,
    /// Kept open, so that it can go on saying something.
    _out: BufReader<ChildStdout>,
}

impl Driver {
    /// Starts one on a free port. Chromedriver takes one that is free for IPv6, and ends where another process has the same
    /// for IPv4: then it is started again.
    pub(crate) fn start() -> Self {
        let mut tries = (0..10).map(|_| Self::try_start());
        let is_last = |tried: &Result<Self, String>| {
            tried
                .as_ref()
                .err()
                .is_none_or(|said| !said.contains("port not available"))
        };
        let started = tries.find(is_last).unwrap_or_else(Self::try_start);
        assert!(
            started.is_ok(),
            "chromedriver did not start: {:?}",
            started.err()
        );
        started.unwrap()
    }

    /// One try, or what it said instead.
    fn try_start() -> Result<Self, String> {
        let mut child = Command::new(program("chromedriver"))
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let begin = said.len();
            let read = out.read_line(&mut said).unwrap();
            if read == 0 {
                child.wait().unwrap();
                return Err(said);
            }
            let line = &said[begin..];
            if let Some((_, rest)) = line.split_once("started successfully on port ") {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break digits.parse().unwrap();
            }
        };
        Ok(Self {
            child,
            port,
            _out: out,
        })
    }

    /// Where it is asked.
    pub(crate) const fn address(&self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Where a program is. A test that lacks it fails and says what to install.
#[track_caller]
pub(crate) fn program(name: &str) -> PathBuf {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    assert!(found.is_some(), "there is no {name}: {INSTALL}");
    found.unwrap()
}
