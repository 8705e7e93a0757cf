//! What an operator asks of a shop, whether it is open or not. Where nobody has the store, the command opens it; where
//! the server has it, the command is handed to the server through a socket in the data folder, which nobody else may
//! enter. One request a connection: a line of JSON in, a line of JSON out.

use std::borrow::Cow;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use jifen::domain::refusal::Refusal;
use jifen::engine::Engine;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::backup::drill::drill;
use crate::backup::escrow::escrow;
use crate::backup::take::take;
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::lang::Lang;
use crate::log;
use crate::settings::Settings;
use crate::shop::Folders;
use crate::{operator, self_check, staff, sweep, terminal, ticket};

/// The socket in the data folder.
const SOCKET: &str = "control.sock";
/// The longest request, in bytes.
const REQUEST_MAX: u64 = 64 * 1024;
/// How long a client may take to say what it wishes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What can be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Command {
    /// About tills.
    Terminal(terminal::Wish),
    /// About members, keys and the audit.
    Operator(operator::Wish),
    /// About accounts of the staff.
    Staff(staff::Wish),
    /// A backup to every target.
    Backup,
    /// The newest backup, tried with this identity.
    Drill(PathBuf),
    /// Every bucket of keys to every place of the escrow.
    Escrow,
    /// About requests and complaints.
    Ticket(ticket::Wish),
    /// Whether the shop is as it should be, as far as whoever has the store can tell.
    SelfCheck,
    /// What is past its keeping goes, or is counted.
    Sweep {
        /// Count only.
        dry: bool,
    },
}

/// A shop that is open here.
pub(crate) struct Desk {
    engine: Arc<Engine>,
    keeper: Arc<Keeper>,
    settings: Settings,
    /// One command at a time.
    turn: Mutex<()>,
}

impl Desk {
    /// The desk of an engine whose store is in the folders of these settings.
    pub(crate) fn open(engine: Arc<Engine>, settings: Settings) -> Result<Self, Failure> {
        engine.keep_staff_rules(settings.of_staff());
        let keeper = Arc::new(Keeper::open(engine.clone(), &settings)?);
        Ok(Self {
            engine,
            keeper,
            settings,
            turn: Mutex::new(()),
        })
    }

    /// The keeper of its audit.
    pub(crate) fn keeper(&self) -> &Arc<Keeper> {
        &self.keeper
    }

    /// Does what was asked.
    fn carry_out(&self, command: &Command, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
        let _turn = self.turn.lock();
        let (engine, settings) = (&self.engine, &self.settings);
        match command {
            Command::Terminal(wish) => terminal::terminal(engine, wish, lang, out),
            Command::Operator(wish) => operator::operate(engine, &self.keeper, wish, lang, out),
            Command::Staff(wish) => staff::staff(engine, wish, lang, out),
            Command::Backup => take(engine, settings, lang, out),
            Command::Drill(identity) => drill(engine, settings, identity, lang, out),
            Command::Escrow => escrow(engine.keys().keybox(), settings, lang, out),
            Command::Ticket(wish) => ticket::ticket(engine, wish, lang, out),
            Command::SelfCheck => self_check::look(engine, settings, out),
            Command::Sweep { dry } => {
                let shop = (&**engine, &*self.keeper);
                sweep::told(shop, &settings.retention, *dry, lang, out)
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Request {
    lang: Lang,
    command: Command,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    out: String,
    failure: Option<Failed>,
}

#[derive(Serialize, Deserialize)]
struct Failed {
    exit: u8,
    code: String,
    zh: String,
    en: String,
}

/// Carries a command out in the shop of these settings, by whoever has its store.
pub(crate) fn ask(
    settings: Settings,
    command: Command,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let folders = Folders::new(settings.data.clone(), Some(settings.keys.clone()))?;
    // Tills and staff may be let in before the shop is opened for the first time; everything else is about what is there.
    let creates = matches!(command, Command::Terminal(_) | Command::Staff(_));
    match folders.open_shop(creates, settings.of_engine()) {
        Ok(engine) => {
            let desk = Desk::open(engine, settings)?;
            let done = desk.carry_out(&command, lang, out);
            // What was done is in the copy before the command ends.
            done.and(desk.keeper.follow())
        }
        Err(failure) if failure.code == Refusal::StoreInUse.code() => {
            let Ok(stream) = UnixStream::connect(folders.data.join(SOCKET)) else {
                // Whoever has the store takes no commands.
                return Err(failure);
            };
            hand_over(stream, command, lang, out)
        }
        Err(failure) => Err(failure),
    }
}

fn hand_over(
    mut stream: UnixStream,
    command: Command,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let request = Request { lang, command };
    write_line(&mut stream, &request)?;
    stream.shutdown(Shutdown::Write)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let answer: Answer = serde_json::from_str(&line).map_err(|_| cut_off())?;
    out.write_all(answer.out.as_bytes())?;
    match answer.failure {
        None => Ok(()),
        Some(failed) => Err(Failure {
            exit: failed.exit,
            code: Cow::Owned(failed.code),
            zh: failed.zh,
            en: failed.en,
        }),
    }
}

fn cut_off() -> Failure {
    Failure::new(
        "server_went",
        "服务在回答之前结束了，结果未知：请再次查询",
        "the server ended before it answered: the outcome is not known; ask again",
    )
}

fn write_line(stream: &mut UnixStream, what: &impl Serialize) -> Result<(), Failure> {
    let mut line = serde_json::to_string(what).map_err(|_| Failure::bug())?;
    line.push('\n');
    Ok(stream.write_all(line.as_bytes())?)
}

/// The socket of a server that is open.
pub(crate) struct Control {
    path: PathBuf,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Takes commands from now on. The caller has the store, so a socket that is there is nobody's.
    pub(crate) fn open(folders: &Folders, desk: Desk) -> Result<Self, Failure> {
        let path = folders.data.join(SOCKET);
        let io = |error| Failure::of_io(&path, &error);
        if path.exists() {
            fs::remove_file(&path).map_err(io)?;
        }
        let listener = UnixListener::bind(&path).map_err(io)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(io)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = is_over.clone();
        let thread = std::thread::Builder::new().name("jifen-control".to_owned());
        let thread = thread.spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let attended = stream
                    .map_err(Failure::from)
                    .and_then(|stream| attend(stream, &desk));
                if let Err(failure) = attended {
                    log::not_kept(&failure);
                }
            }
        })?;
        Ok(Self {
            path,
            is_over,
            thread: Some(thread),
        })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread, which sees that it is over.
        if UnixStream::connect(&self.path).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ended = thread.join();
        }
        let _gone = fs::remove_file(&self.path);
    }
}

fn attend(mut stream: UnixStream, desk: &Desk) -> Result<(), Failure> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new((&stream).take(REQUEST_MAX)).read_line(&mut line)?;
    let request: Request =
        serde_json::from_str(&line).map_err(|_| Failure::from(Refusal::BadRequest))?;
    let mut out = Vec::new();
    let done = desk.carry_out(&request.command, request.lang, &mut out);
    let failure = done.err().map(|failure| Failed {
        exit: failure.exit,
        code: failure.code.into_owned(),
        zh: failure.zh,
        en: failure.en,
    });
    let out = String::from_utf8_lossy(&out).into_owned();
    write_line(&mut stream, &Answer { out, failure })
}
