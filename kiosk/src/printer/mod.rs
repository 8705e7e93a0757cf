//! A receipt printer that takes ESC/POS: at a device of this machine, or at an address of the shop's own net. What is
//! printed is a [`Slip`]; what may go wrong is one refusal. No byte of a name or of any other text tells the printer to do
//! anything.

mod text;
mod slip;
mod device;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use zeroize::Zeroizing;

use crate::log;
use crate::ration::Ration;

pub(crate) use device::Device;
pub(crate) use slip::Slip;
pub(crate) use text::Encoding;

/// How long a printer may take for a slip.
const LIMIT: Duration = Duration::from_secs(5);
/// How many slips are printed a minute: paper is for those who need one.
const SLIPS_A_MINUTE: usize = 12;

/// The shop's printer. A slip is written off the thread that asks, one at a time, and not at all once its time is over.
#[derive(Debug)]
pub(crate) struct Printer {
    device: Arc<Device>,
    encoding: Encoding,
    limit: Duration,
    ration: Ration,
    turn: Arc<Mutex<()>>,
}

/// Why there is no slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPrinted {
    /// The printer did not take it, or not in time.
    Failed,
    /// Too many slips in a minute.
    Often,
}

impl Printer {
    /// A printer there, whose texts are in this encoding.
    pub(crate) fn new(device: Device, encoding: Encoding) -> Self {
        Self {
            device: Arc::new(device),
            encoding,
            limit: LIMIT,
            ration: Ration::new(SLIPS_A_MINUTE, Duration::from_mins(1)),
            turn: Arc::new(Mutex::new(())),
        }
    }

    /// The same, which must be quicker.
    #[cfg(test)]
    fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Prints a slip, and comes back when the printer has taken it.
    ///
    /// # Errors
    /// [`NotPrinted`]. It may be asked for again.
    pub(crate) fn print(&self, slip: &Slip) -> Result<(), NotPrinted> {
        let begun = Instant::now();
        if !self.ration.take(begun) {
            return Err(NotPrinted::Often);
        }
        let bytes = slip.bytes(self.encoding).ok_or(NotPrinted::Failed)?;
        let deadline = begun.checked_add(self.limit).ok_or(NotPrinted::Failed)?;
        let done = self.hand_over(bytes, deadline).and_then(|done| {
            let left = deadline.saturating_duration_since(Instant::now());
            done.recv_timeout(left)
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        });
        done.map_err(|error| {
            let no = NotPrinted::Failed;
            log::not_printed(no.code(), &error);
            no
        })
    }

    /// A thread that writes, and says how that went.
    fn hand_over(
        &self,
        bytes: Zeroizing<Vec<u8>>,
        deadline: Instant,
    ) -> io::Result<mpsc::Receiver<io::Result<()>>> {
        let (said, done) = mpsc::sync_channel(1);
        let (device, turn) = (self.device.clone(), self.turn.clone());
        thread::Builder::new()
            .name("printer".to_owned())
            .spawn(move || {
                // Nobody waits for a slip whose time was over before its turn.
                let written = match turn.try_lock_until(deadline) {
                    Some(_turn) => device.write(&bytes, deadline),
                    None => Err(io::ErrorKind::TimedOut.into()),
                };
                let _nobody_waits = said.send(written);
            })?;
        Ok(done)
    }
}

impl NotPrinted {
    /// The word for machines.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Failed => "printer_failed",
            Self::Often => "slow_down",
        }
    }

    /// The key of the sentence for people.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Failed => "slip-failed",
            Self::Often => "slip-often",
        }
    }
}
