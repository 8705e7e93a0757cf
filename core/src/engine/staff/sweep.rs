//! The staff count what is past its keeping, or have it destroyed now instead of at night (RET-01). No person is in either
//! answer.

use crate::audit::Act;
use crate::domain::refusal::Refusal;
use crate::policy::access::Operation;

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::retain::Destruction;
use super::OnDuty;

impl Engine {
    /// What a sweep would destroy now. Nothing is written.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::retain`].
    pub fn count_sweep(&self, duty: &OnDuty) -> Result<Destruction, Refusal> {
        self.may(duty, Operation::RunSweep)?;
        self.retain(&self.settings.retention, true)
    }

    /// Does what is done every night, now: enters what time has done, tells members who are to be told, and destroys what
    /// is past its keeping. The audit says who asked for it.
    ///
    /// # Errors
    /// Those of [`Engine::may`]; [`Refusal::ClockUntrusted`], and the store's: what was destroyed before is counted.
    pub fn sweep_at_desk(&self, duty: &OnDuty) -> Result<Destruction, Refusal> {
        self.may(duty, Operation::RunSweep)?;
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let actor = Actor::staff(duty.name(), duty.device());
        self.node_work(move |work| {
            work.act(Done {
                because: ("retention", "legal"),
                ..Done::of_shop(actor.clone(), Act::SweepRun)
            })?;
            Ok(())
        })?;
        self.sweep()?;
        let policy = self.settings.retention;
        self.warn_inactive(&policy)?;
        self.retain(&policy, false)
    }
}
