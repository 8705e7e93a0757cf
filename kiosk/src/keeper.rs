//! What has to be done while the shop is open and nobody asks for it: the audit's copy follows its rows, checkpoints are
//! signed and taken to a second place, copies of the keys that are owed are tried again, days of log-ins are closed.

use std::fs;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jifen::audit::copy::{AuditCopy, CopyError};
use jifen::domain::refusal::Refusal;
use jifen::engine::Engine;
use jifen::engine::escrow::NoEscrow;
use parking_lot::{Condvar, Mutex};

use crate::backup::places::Places;
use crate::backup::take::take;
use crate::failure::{Failure, STORE};
use crate::lang::Lang;
use crate::log;
use crate::settings::Settings;
use crate::sweep::sweep;

/// The folder of the audit's copy, in the data folder.
pub(crate) const AUDIT_FOLDER: &str = "audit";
/// How many leaves are copied at a time.
const LEAVES_AT_ONCE: usize = 4_096;
/// How often the copy follows by itself.
const FOLLOW: Duration = Duration::from_secs(1);
/// How often a checkpoint is signed when there were leaves (privacy §7), and what is owed is tried again.
const CHECKPOINT: Duration = Duration::from_mins(1);
/// How often what is new in the keys goes to the escrow (privacy §4).
const PUSH: Duration = Duration::from_hours(1);
/// The local hour from which on what is past its keeping goes.
const SWEEP_HOUR: i64 = 3;
/// How often there is a backup by itself.
const BACKUP: Duration = Duration::from_hours(24);

/// The audit's copy on the disk, and where its checkpoints are taken.
pub(crate) struct Keeper {
    engine: Arc<Engine>,
    copy: Mutex<AuditCopy>,
    settings: Settings,
    escrow: Option<Arc<Places>>,
}

impl Keeper {
    /// The keeper of the shop of these settings. From here on an erasure replaces the escrow's copies too.
    pub(crate) fn open(engine: Arc<Engine>, settings: &Settings) -> Result<Self, Failure> {
        let copy = AuditCopy::open(&settings.data.join(AUDIT_FOLDER))?;
        let escrow = Places::of(settings);
        match &escrow {
            Some(places) => engine.keep_escrow(places.clone()),
            None => engine.keep_escrow(Arc::new(NoEscrow)),
        }
        // What was owed before anybody knew where.
        engine.resume_erasures()?;
        Ok(Self {
            engine,
            copy: Mutex::new(copy),
            settings: settings.clone(),
            escrow,
        })
    }

    /// Copies the leaves that are not copied yet.
    pub(crate) fn follow(&self) -> Result<(), Failure> {
        self.follow_into(&mut self.copy.lock())
    }

    fn follow_into(&self, copy: &mut AuditCopy) -> Result<(), Failure> {
        loop {
            let lines = self.engine.audit_lines(copy.len(), LEAVES_AT_ONCE)?;
            if lines.is_empty() {
                return Ok(());
            }
            copy.append(&lines)?;
        }
    }

    /// Signs the tree as it is, once the copy holds all of it, and takes the note to the second place. The note.
    pub(crate) fn checkpoint(&self) -> Result<String, Failure> {
        let mut copy = self.copy.lock();
        let signed = self.engine.checkpoint()?;
        self.follow_into(&mut copy)?;
        copy.set_key(&self.engine.audit_verifier()?)?;
        copy.add_checkpoint(&signed.note)?;
        drop(copy);
        if let Some(second) = &self.settings.audit_second {
            let io = |error| Failure::of_io(second, &error);
            fs::create_dir_all(second).map_err(io)?;
            let name = second.join(format!("checkpoint-{:012}.txt", signed.size));
            fs::write(name, &signed.note).map_err(io)?;
        }
        Ok(signed.note)
    }

    /// Everything that is due now. What fails is logged and tried again the next time.
    fn keep(&self, last: &mut Last) -> Result<(), Failure> {
        self.follow()?;
        if let Some(places) = &self.escrow
            && last.pushed.is_none_or(|at| PUSH <= at.elapsed())
            && places.follow(&self.engine)
        {
            last.pushed = Some(Instant::now());
        }
        if last.minute.elapsed() < CHECKPOINT {
            return Ok(());
        }
        last.minute = Instant::now();
        self.back_up(last)?;
        self.engine.resume_erasures()?;
        match self.engine.close_days() {
            Ok(()) | Err(Refusal::ClockUntrusted) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        self.sweep(last)?;
        match self.engine.sweep_proposals() {
            Ok(_) | Err(Refusal::ClockUntrusted) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        let now = self.engine.audit_size()?;
        if last.size < now {
            self.checkpoint()?;
            last.size = now;
        }
        Ok(())
    }

    /// What is past its keeping goes once a night, from three o'clock on, or when the shop opens after it was missed
    /// (RET-01). By a clock that is not believed nothing goes.
    fn sweep(&self, last: &mut Last) -> Result<(), Failure> {
        let Some((today, hour)) = self.engine.local_hour() else {
            return Ok(());
        };
        let is_due = SWEEP_HOUR <= hour
            && last.swept.is_none_or(|at| PUSH <= at.elapsed())
            && self.engine.trusts_clock()
            && self.engine.swept_on()? != Some(today);
        if !is_due {
            return Ok(());
        }
        // Tried once an hour; what was wrong is in the log.
        last.swept = Some(Instant::now());
        sweep(&self.engine, &self.settings.retention).map(|_| ())
    }

    /// A backup a day, where the settings say where to (BAK-01).
    fn back_up(&self, last: &mut Last) -> Result<(), Failure> {
        let is_due = last.backup.is_none_or(|at| BACKUP <= at.elapsed());
        if !is_due || self.settings.backup.targets.is_empty() {
            return Ok(());
        }
        // Tried once a day; what was wrong is in the log.
        last.backup = Some(Instant::now());
        take(&self.engine, &self.settings, Lang::En, &mut std::io::sink())
    }
}

/// When what was done last.
struct Last {
    /// How many leaves the last checkpoint has.
    size: u64,
    minute: Instant,
    pushed: Option<Instant>,
    backup: Option<Instant>,
    swept: Option<Instant>,
}

/// The thread that keeps.
pub(crate) struct Keeping {
    keeper: Arc<Keeper>,
    bell: Arc<Bell>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Bell {
    is_over: Mutex<bool>,
    rings: Condvar,
}

impl Keeping {
    /// Begins to keep.
    pub(crate) fn begin(keeper: Arc<Keeper>) -> Result<Self, Failure> {
        let bell = Arc::new(Bell::default());
        let thread = std::thread::Builder::new().name("jifen-keeper".to_owned());
        let (kept, rung) = (keeper.clone(), bell.clone());
        let thread = thread.spawn(move || {
            let mut last = Last {
                size: 0,
                minute: Instant::now(),
                pushed: None,
                backup: None,
                swept: None,
            };
            let mut is_over = rung.is_over.lock();
            while !*is_over {
                rung.rings.wait_for(&mut is_over, FOLLOW);
                if let Err(failure) = kept.keep(&mut last) {
                    log::not_kept(&failure);
                }
            }
        })?;
        Ok(Self {
            keeper,
            bell,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Ends the keeping. The last checkpoint covers everything that was answered. A second call does nothing.
    pub(crate) fn end(&self) {
        *self.bell.is_over.lock() = true;
        self.bell.rings.notify_all();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let _ended = thread.join();
            self.checkpoint();
        }
    }

    /// A checkpoint after an act that a member holds a receipt of.
    pub(crate) fn checkpoint(&self) {
        if let Err(failure) = self.keeper.checkpoint() {
            log::not_kept(&failure);
        }
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.end();
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        Self::new(error.code(), error.zh(), error.en()).with_exit(STORE)
    }
}
