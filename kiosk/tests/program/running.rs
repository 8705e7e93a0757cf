//! The program under a service manager, the kiosk's browser, and what the package is made of.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::caller::Place;

/// Long enough for a program that shares its machine with many others; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packaging")
        .join(name)
}

/// A process that is killed when its test ends.
struct Begun(Child);

impl Begun {
    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.0.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn is_well(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    let asked = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(asked.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

fn free() -> SocketAddr {
    let bound = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    bound.local_addr().unwrap()
}

#[test]
fn it_says_ready_when_its_doors_answer_and_stopping_when_it_ends() {
    let place = Place::new();
    let socket = UnixDatagram::bind(place.path("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 256];
    let mut heard = || {
        let read = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..read].to_vec()).unwrap()
    };
    let (screen, edge) = (free(), free());
    let mut call = place.call("serve");
    call.env("NOTIFY_SOCKET", place.path("notify"))
        .env("JIFEN_SCREEN_LISTEN", screen.to_string())
        .env("JIFEN_EDGE_LISTEN", edge.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut serving = Begun(call.spawn().unwrap());
    assert_eq!(heard().trim(), "READY=1");
    assert!(is_well(screen) && is_well(edge));
    serving.signal("TERM");
    assert_eq!(heard().trim(), "STOPPING=1");
    assert!(serving.0.wait().unwrap().success());

    // What cannot begin never says that it has.
    place.write("jifen.toml", "programme = \"nothing.toml\"\n");
    let mut call = place.call("serve");
    call.env("NOTIFY_SOCKET", place.path("notify"));
    assert!(!call.output().unwrap().status.success());
    socket.set_nonblocking(true).unwrap();
    assert!(socket.recv(&mut [0; 256]).is_err());
}

#[test]
fn the_kiosks_browser_begins_anew_and_leaves_nothing() {
    let place = Place::new();
    fs::create_dir(place.path("run")).unwrap();
    // A browser that writes something, says how it was called, and crashes.
    let browser = "#!/bin/sh\nfor word; do case $word in --user-data-dir=*) echo x >\"${word#*=}/History\";; esac; done\n\
                   echo \"$*\" >>calls\necho began >begun\nexit 139\n";
    place.write("browser", browser);
    fs::set_permissions(place.path("browser"), fs::Permissions::from_mode(0o755)).unwrap();
    let fifo = Command::new("mkfifo").arg(place.path("begun")).status();
    assert!(fifo.unwrap().success());
    let mut call = place.command("sh");
    call.arg(packaging("jifen-kiosk.sh"))
        .arg("http://127.0.0.1:9/")
        .env("XDG_RUNTIME_DIR", place.path("run"))
        .env("JIFEN_BROWSER", place.path("browser"))
        .env("JIFEN_KIOSK_PAUSE", "0");
    let mut kiosk = Begun(call.spawn().unwrap());
    // Each one waits until it is heard.
    for _ in 0..3 {
        assert_eq!(fs::read_to_string(place.path("begun")).unwrap(), "began\n");
    }
    kiosk.signal("TERM");
    assert!(kiosk.0.wait().unwrap().success());
    let left = fs::read_dir(place.path("run")).unwrap().count();
    assert_eq!(left, 0, "nothing of a visit stays");

    let calls = place.read("calls");
    let mut homes = Vec::new();
    for call in calls.lines() {
        for flag in [
            "--kiosk ",
            "--incognito ",
            "--noerrdialogs ",
            "--disable-pinch ",
            "--disable-sync ",
            "--disable-features=Translate",
            "--disk-cache-dir=",
        ] {
            assert!(call.contains(flag), "{flag} {call}");
        }
        assert!(call.ends_with(" http://127.0.0.1:9/"), "{call}");
        let home = call.split_once("--user-data-dir=").unwrap().1;
        homes.push(home.split(' ').next().unwrap());
    }
    let count = homes.len();
    homes.dedup();
    assert!(
        3 <= count && homes.len() == count,
        "a folder for each: {calls}"
    );
}

#[test]
fn the_example_settings_are_settings_with_every_line_taken_up() {
    let place = Place::new();
    let example = fs::read_to_string(packaging("jifen.toml")).unwrap();
    // With the comments taken away everything there is a setting; the shop's own files and keys are its own.
    let lines = example.lines().map(|line| {
        let is_setting = line.starts_with("# ") && (line.contains(" = ") || line.contains("# ["));
        let is_ours = ["programme", "notice", "recipient", "targets", "[backup]"];
        let keep = is_setting && !is_ours.iter().any(|word| line.contains(word));
        if keep {
            line.trim_start_matches("# ")
        } else {
            line
        }
    });
    let text: Vec<&str> = lines.collect();
    assert!(text.iter().any(|line| line.starts_with("device = ")));
    place.write("jifen.toml", text.join("\n"));
    let said = place.jifen("healthcheck");
    // It is read whole; nobody serves there.
    said.refuses(1, "not_healthy");
}

/// What the package is told to hold is there, but for what `packaging/deb.sh` builds.
#[test]
fn the_package_names_files_that_exist() {
    let manifest = fs::read_to_string(packaging("../Cargo.toml")).unwrap();
    let assets = manifest.split_once("assets = [").unwrap().1;
    let assets = assets.split_once("\n]").unwrap().0;
    let mut count = 0;
    for line in assets.lines().filter(|line| line.contains('[')) {
        let from = line.split('"').nth(1).unwrap();
        let is_built = from.starts_with("target/") || from.starts_with("../target/package/");
        assert!(is_built || packaging("..").join(from).exists(), "{line}");
        count += 1;
    }
    assert!(10 < count, "{assets}");
    for name in ["jifen.service", "debian/postinst", "copyright"] {
        assert!(packaging(name).exists(), "{name}");
    }
}
