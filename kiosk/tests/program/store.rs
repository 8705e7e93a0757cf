//! A store that serves: the program in a folder of its own, started, killed and started again, its log kept; and the
//! members who registered there.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::caller::{Place, number_before};
use crate::wire::{Answer, ask};

/// The folders that the program takes where nobody says otherwise.
const FOLDERS: &str = "--data jifen-data --keys jifen-keys";

/// A store, and the process that serves it while there is one. It is killed when a test fails.
pub(crate) struct Store {
    pub(crate) place: Place,
    /// By which names tills call it; where there are none, by its address.
    names: Vec<String>,
    /// Variables of its process, over those that every test has.
    variables: Vec<(&'static str, String)>,
    serving: Option<Serving>,
}

struct Serving {
    child: Child,
    screen: SocketAddr,
    edge: SocketAddr,
    /// Kept open, so that the program can go on saying something.
    _out: BufReader<ChildStdout>,
}

impl Store {
    /// A store that nobody has started yet.
    pub(crate) fn new() -> Self {
        Self {
            place: Place::new(),
            names: Vec::new(),
            variables: Vec::new(),
            serving: None,
        }
    }

    /// The same, which tills call by this name.
    pub(crate) fn named(mut self, name: &impl ToString) -> Self {
        self.names.push(name.to_string());
        self
    }

    /// From the next start on it has this variable.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    /// Lets a till in, and gives its key. The store is not being served.
    pub(crate) fn add_till(&self, name: &str) -> [u8; 32] {
        let said = self.jifen(&format!("terminal add {name}"));
        said.ends(0);
        let hex = said.out.trim().rsplit(' ').next().unwrap();
        assert_eq!(
            said.out,
            format!("{name} generation 1 key {hex}\n"),
            "{said:?}"
        );
        assert_eq!(hex.len(), 64);
        let byte = |place: usize| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap();
        std::array::from_fn(byte)
    }

    /// The code that a member who is signed in has scanned.
    pub(crate) fn live_code(&self, cookie: &str) -> String {
        let headers = [("cookie", cookie)];
        let answer = ask(self.screen(), "POST", "/member/v1/live-codes", &headers, "");
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["code"].as_str().unwrap().to_owned()
    }

    /// Calls the program over the store's folders.
    pub(crate) fn jifen(&self, words: &str) -> crate::caller::Said {
        self.place.jifen(&format!("{words} {FOLDERS}"))
    }

    /// How it is served, in a process whose log goes into a file.
    pub(crate) fn call(&self) -> Command {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.place.path("log"));
        let mut call = self.place.call("serve");
        call.env("JIFEN_SCREEN_LISTEN", "127.0.0.1:0")
            .env("JIFEN_EDGE_LISTEN", "127.0.0.1:0")
            .env("JIFEN_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(log.unwrap());
        if !self.names.is_empty() {
            call.env("JIFEN_EDGE_NAMES", self.names.join(","));
        }
        call.envs(self.variables.iter().map(|(name, value)| (name, value)));
        call
    }

    /// Serves it, and waits until it says where.
    pub(crate) fn start(&mut self) {
        self.start_saying();
    }

    /// The same, and gives what it said.
    pub(crate) fn start_saying(&mut self) -> String {
        let mut child = self.call().spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("edge: ") {
            if out.read_line(&mut said).unwrap() == 0 {
                let _ = child.wait();
                panic_with(&format!("it did not serve: {said} {}", self.log()));
            }
        }
        let address = |name: &str| {
            let rest = said.split_once(&format!("{name}: http")).unwrap().1;
            let rest = rest.split_once("://").unwrap().1;
            rest.split_once('/').unwrap().0.parse().unwrap()
        };
        let (screen, edge) = (address("screen"), address("edge"));
        self.serving = Some(Serving {
            child,
            screen,
            edge,
            _out: out,
        });
        said
    }

    /// `kill -9`
    pub(crate) fn kill(&mut self) {
        let mut serving = self.serving.take().unwrap();
        serving.child.kill().unwrap();
        serving.child.wait().unwrap();
    }

    /// Tells it to end, which it does well.
    pub(crate) fn stop(&mut self) {
        let mut serving = self.serving.take().unwrap();
        let kill = format!("kill -TERM {}", serving.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        let ended = serving.child.wait().unwrap();
        assert!(ended.success(), "{ended}: {}", self.log());
    }

    /// Everything in it adds up; how many sales there are. It is not being served.
    #[track_caller]
    pub(crate) fn verified(&self) -> u64 {
        let said = self.jifen("verify");
        said.ends(0);
        assert!(said.out.ends_with("verify: 0 differences\n"), "{said:?}");
        number_before(&said.out, " sales")
    }

    /// All that it logged so far, by every process.
    pub(crate) fn log(&self) -> String {
        self.place.read("log")
    }

    /// Where the kiosk's browser finds it.
    pub(crate) fn screen(&self) -> SocketAddr {
        self.serving.as_ref().unwrap().screen
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.serving.as_ref().unwrap().child.id()
    }

    /// Where tills find it.
    pub(crate) fn edge(&self) -> SocketAddr {
        self.serving.as_ref().unwrap().edge
    }

    /// By which name a till calls it.
    pub(crate) fn authority(&self) -> String {
        let name = self.names.first().cloned();
        name.unwrap_or_else(|| self.edge().to_string())
    }

    /// The form of a person, filled in as the notice that is shown wants it.
    pub(crate) fn form(&self, person: &Person) -> Value {
        let notice = ask(self.screen(), "GET", "/kiosk/v1/notice?lang=zh-CN", &[], "");
        let notice = notice.json();
        json!({
            "language": "zh-CN",
            "name": person.name,
            "mobile": person.mobile,
            "pin": person.pin,
            "age_attested": true,
            "agreement": {
                "kind": notice["agreement"]["kind"],
                "version": notice["agreement"]["version"],
                "accepted": true,
            },
            "notice_version": notice["version"],
            "consents": [{"purpose": notice["consents"][0]["purpose"], "given": false}],
        })
    }

    /// Sends a form, under a key that is new.
    pub(crate) fn send_form(&self, form: &Value) -> Answer {
        let key = crate::till::new_key();
        let headers = [("idempotency-key", &*key)];
        let path = "/kiosk/v1/members";
        ask(self.screen(), "POST", path, &headers, form.to_string())
    }

    /// Registers a person, and gives the digits of the card.
    pub(crate) fn register(&self, person: &Person) -> String {
        let answer = self.send_form(&self.form(person));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["card_number"].as_str().unwrap().to_owned()
    }

    /// Tries card and PIN.
    pub(crate) fn try_sign_in(&self, card: &str, pin: &str) -> Answer {
        let body = json!({"card_number": card, "pin": pin}).to_string();
        ask(self.screen(), "POST", "/member/v1/session", &[], &body)
    }

    /// Signs a member in, and gives the cookie as a browser sends it back.
    pub(crate) fn sign_in(&self, card: &str, pin: &str) -> String {
        let answer = self.try_sign_in(card, pin);
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap();
        cookie.split_once(';').unwrap().0.to_owned()
    }

    /// The code that a member who is signed in tells a cashier.
    pub(crate) fn typed_code(&self, cookie: &str) -> String {
        let headers = [("cookie", cookie)];
        let answer = ask(self.screen(), "POST", "/member/v1/codes", &headers, "");
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["code"].as_str().unwrap().to_owned()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(serving) = &mut self.serving {
            serving.child.kill().ok();
            serving.child.wait().ok();
        }
    }
}

/// What a person types at the kiosk.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) mobile: String,
    pub(crate) pin: String,
}

impl Person {
    pub(crate) fn new(name: &str, mobile: &str, pin: &str) -> Self {
        Self {
            name: name.to_owned(),
            mobile: mobile.to_owned(),
            pin: pin.to_owned(),
        }
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a test that cannot go on ends")]
fn panic_with(words: &str) -> ! {
    panic!("{words}")
}
