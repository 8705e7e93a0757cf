//! `jifen serve`: what it says, how it is told to stop, what it refuses to begin with, and what it lives through.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::caller::{Place, Said, has_chinese};

/// The program, serving; it is killed when a test fails.
struct Serving {
    child: Child,
    said: Vec<String>,
    screen: SocketAddr,
    edge: SocketAddr,
}

impl Serving {
    /// Starts it, and waits until it says where it listens.
    fn begin(mut call: Command) -> Self {
        let call = call.env("JIFEN_SCREEN_LISTEN", "127.0.0.1:0");
        let call = call.env("JIFEN_EDGE_LISTEN", "127.0.0.1:0");
        let call = call.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = call.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut said = Vec::new();
        for line in out.lines().map(Result::unwrap) {
            let is_last = line.starts_with("edge:");
            said.push(line);
            if is_last {
                break;
            }
        }
        let address = |name: &str| {
            let line = said.iter().find(|line| line.starts_with(name)).unwrap();
            let rest = line.split_once("http://").unwrap().1;
            rest.split_once('/').unwrap().0.parse().unwrap()
        };
        let (screen, edge) = (address("screen:"), address("edge:"));
        Self {
            child,
            said,
            screen,
            edge,
        }
    }

    fn is_well(&self) -> bool {
        [self.screen, self.edge].iter().all(|address| {
            let answer = ask(*address, "GET /healthz");
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("{\"ok\":true}")
        })
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Its exit code, and what it logged.
    fn end(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        let mut err = self.child.stderr.take().unwrap();
        err.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
    }
}

/// Sends a request and reads all that comes; nothing where the connection is cut.
fn ask(address: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nX-Secret: 13800138000\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok();
    answer
}

#[test]
fn it_serves_says_by_what_and_ends_when_it_is_told_to() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let serving = Serving::begin(place.call("serve"));
        assert!(
            serving
                .said
                .contains(&"programme: the built-in demo programme".to_owned())
        );
        assert!(serving.said.contains(&"settings: defaults".to_owned()));
        assert!(serving.is_well());
        assert!(ask(serving.screen, "GET /").contains("<html lang=\"zh-CN\""));
        assert!(ask(serving.edge, "GET /assets/app.js").contains("pageshow"));
        serving.signal(signal);
        let (code, _) = serving.end();
        assert_eq!(code, Some(0), "{signal}");
    }
}

/// Keys and profiles are in its memory: no core of it is written, and no other process of its user reads it.
#[cfg(target_os = "linux")]
#[test]
fn its_memory_is_its_own() {
    let place = Place::new();
    let serving = Serving::begin(place.call("serve"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", serving.child.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let mut words = core.unwrap().split_whitespace().skip(4);
    assert_eq!(
        (words.next(), words.next()),
        (Some("0"), Some("0")),
        "{limits}"
    );
}

#[test]
fn a_line_a_request_is_logged_and_nothing_of_what_was_asked() {
    let place = Place::new();
    let serving = Serving::begin(place.call("serve"));
    for line in [
        "GET /?lang=en&code=13800138000",
        "GET /13800138000",
        "M13800138000 /healthz",
    ] {
        ask(serving.edge, line);
        ask(serving.screen, line);
    }
    serving.signal("TERM");
    let (_, log) = serving.end();
    assert!(!log.contains("13800138000"), "{log}");
    let lines = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    assert_eq!(lines(" request "), 6, "{log}");
    assert_eq!(
        lines("method=\"GET\" route=\"/\" status=200 micros="),
        2,
        "{log}"
    );
    assert_eq!(lines("method=\"GET\" route=\"-\" status=404"), 2, "{log}");
    assert_eq!(
        lines("method=\"other\" route=\"/healthz\" status=405"),
        2,
        "{log}"
    );
    assert_eq!(
        (lines("listener=\"edge\""), lines("listener=\"screen\"")),
        (3, 3),
        "{log}"
    );

    let mut quiet = place.call("serve");
    quiet.env("JIFEN_LOG", "warn");
    let serving = Serving::begin(quiet);
    assert!(serving.is_well());
    serving.signal("TERM");
    assert_eq!(serving.end(), (Some(0), String::new()));
}

#[test]
fn wrong_settings_are_refused_all_at_once_with_their_lines() {
    let place = Place::new();
    place.write(
        "jifen.toml",
        "dta = 1\n[edge]\ntls = \"off\"\nlisten = \"0.0.0.0:8081\"\n",
    );
    let mut call = place.call("serve");
    call.env("JIFEN_SCREEN_LISEN", "127.0.0.1:1");
    let said = Said::of(&call.output().unwrap(), "serve");
    said.refuses(2, "bad_settings");
    said.mentions("jifen.toml:1: unknown_key");
    said.mentions("jifen.toml:3: plain_http_off_loopback");
    said.mentions("JIFEN_SCREEN_LISEN: unknown_variable");

    place
        .jifen("serve --settings nothing.toml")
        .refuses(1, "io");
    let mut call = place.call("serve");
    call.env("JIFEN_LOG", "jifen=loud=loud");
    call.env("JIFEN_SETTINGS", "/dev/null");
    Said::of(&call.output().unwrap(), "serve").refuses(2, "bad_log_filter");
    let mut call = place.call("serve");
    call.env("JIFEN_LANG", "zh");
    let said = Said::of(&call.output().unwrap(), "serve");
    assert!(has_chinese(said.told()[1]), "{said:?}");
}

/// Once there are no descriptors left, no library may give up accepting.
#[test]
fn it_lives_through_a_lack_of_descriptors() {
    let place = Place::new();
    let mut call = place.command("sh");
    call.args([
        "-c",
        "ulimit -n 64; exec \"$0\" serve",
        env!("CARGO_BIN_EXE_jifen"),
    ]);
    let serving = Serving::begin(call);
    assert!(serving.is_well());
    for address in [serving.edge, serving.screen] {
        let crowd: Vec<TcpStream> = (0..100)
            .filter_map(|_| {
                let mut stream = TcpStream::connect(address).ok()?;
                stream.write_all(b"GET / HTTP/1.1\r\n").ok()?;
                Some(stream)
            })
            .collect();
        assert!(50 < crowd.len());
        drop(crowd);
        // While the one that accepts is replaced, a request may be lost; then it is well for good.
        let mut well = 0;
        for _ in 0..100 {
            well = if serving.is_well() { well + 1 } else { 0 };
            if well == 5 {
                break;
            }
        }
        assert_eq!(well, 5, "{address}");
    }
    serving.signal("TERM");
    let (code, log) = serving.end();
    assert_eq!(code, Some(0));
    assert!(log.contains("cannot accept"), "{log}");
}
