//! Something on the wire between tills and store: it passes on what both say, keeps all of it, and may bend an answer.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;

/// A request or an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Its first line and its headers.
    pub(crate) head: Vec<String>,
    pub(crate) body: String,
}

/// What was asked, and what was answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) request: Message,
    pub(crate) answer: Message,
}

#[derive(Default)]
struct Shared {
    target: Mutex<Option<SocketAddr>>,
    /// What is put in place of what, in the next answers.
    bend: Mutex<Option<(&'static str, &'static str)>>,
    kept: Mutex<Vec<Exchange>>,
}

/// The wire. Its threads end with the process.
pub(crate) struct Tape {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Tape {
    /// Waits for tills, at an address of its own.
    pub(crate) fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let of_all = shared.clone();
        thread::spawn(move || {
            for till in listener.incoming().map_while(Result::ok) {
                let shared = of_all.clone();
                // A connection that breaks off ends, as on any wire.
                thread::spawn(move || pass_on(&till, &shared).is_some());
            }
        });
        Self { address, shared }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the store is.
    pub(crate) fn lead_to(&self, store: SocketAddr) {
        *self.shared.target.lock() = Some(store);
    }

    pub(crate) fn bend(&self, bend: Option<(&'static str, &'static str)>) {
        *self.shared.bend.lock() = bend;
    }

    /// What went over it since it was last asked.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.shared.kept.lock())
    }
}

fn pass_on(till: &TcpStream, shared: &Shared) -> Option<()> {
    let target = (*shared.target.lock())?;
    let store = TcpStream::connect(target).ok()?;
    store.set_nodelay(true).ok()?;
    till.set_nodelay(true).ok()?;
    let (mut from_till, mut from_store) = (BufReader::new(till), BufReader::new(&store));
    loop {
        let (request, bytes) = read(&mut from_till)?;
        (&store).write_all(&bytes).ok()?;
        let (answer, mut bytes) = read(&mut from_store)?;
        if let Some((from, to)) = *shared.bend.lock() {
            assert!(answer.body.contains(from), "{answer:?}");
            bytes = String::from_utf8(bytes).ok()?.replacen(from, to, 1).into();
        }
        // First kept, then passed on: whoever has the answer finds it on the tape.
        shared.kept.lock().push(Exchange { request, answer });
        (&*till).write_all(&bytes).ok()?;
    }
}

/// One whole message, and the bytes it came as.
fn read(from: &mut impl BufRead) -> Option<(Message, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut head = Vec::new();
    let mut length = 0;
    loop {
        let start = bytes.len();
        from.read_until(b'\n', &mut bytes).ok()?;
        let line = String::from_utf8(bytes[start..].to_vec()).ok()?;
        let line = line.strip_suffix("\r\n")?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.parse().ok()?;
        }
        head.push(line.to_owned());
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    bytes.extend(&body);
    let body = String::from_utf8(body).ok()?;
    Some((Message { head, body }, bytes))
}
