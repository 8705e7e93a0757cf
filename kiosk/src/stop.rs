//! When the program is told to stop: SIGINT (Ctrl-C) or SIGTERM. The first asks for a graceful end, the second ends it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::failure::Failure;

/// The exit code of a program that a signal ended, less the signal's number.
const BY_SIGNAL: i32 = 128;

/// Waits for the signals.
#[derive(Debug)]
pub(crate) struct Stop(Signals);

impl Stop {
    /// From here on the signals do not end the program by themselves.
    pub(crate) fn prepare() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the second signal finds the flag that the first one set.
            let exit = BY_SIGNAL.saturating_add(signal);
            flag::register_conditional_shutdown(signal, exit, asked.clone())?;
            flag::register(signal, asked.clone())?;
        }
        Ok(Self(Signals::new([SIGINT, SIGTERM])?))
    }

    /// Waits until the program is told to stop.
    pub(crate) fn wait(mut self) {
        let _signal = self.0.forever().next();
    }
}
