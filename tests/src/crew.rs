//! The staff of tests: people with roles, their passwords and their authenticators.

use jifen::domain::refusal::Refusal;
use jifen::domain::time::Day;
use jifen::engine::clock::Clock as _;
use jifen::engine::staff::{Asker, OnDuty};
use jifen::policy::access::{Role, RoleGrant};
use jifen::vault::totp::TotpSecret;

use crate::people::Shop;

/// Somebody who works in the shop.
pub struct Worker {
    /// The account.
    pub name: String,
    /// The password.
    pub password: String,
    /// The authenticator.
    pub totp: TotpSecret,
}

/// A role from the first day of tests on.
pub fn role(role: Role) -> RoleGrant {
    RoleGrant {
        role,
        from: day("2017-01-01"),
        until: None,
        store: None,
    }
}

/// A day by its date.
pub fn day(text: &str) -> Day {
    Day::new(text.parse().expect("a date"))
}

impl Shop {
    /// An account as it is added: its password must be changed.
    pub fn add_worker(&self, name: &str, grants: &[RoleGrant]) -> Worker {
        let added = self
            .engine()
            .add_staff(&Asker::Operator, name, "李雷", grants);
        let fresh = added.expect("the account is new");
        let otpauth = fresh.otpauth.expect("an authenticator");
        Worker {
            name: name.to_owned(),
            password: fresh.password.as_str().to_owned(),
            totp: TotpSecret::of_otpauth(&otpauth).expect("a secret"),
        }
    }

    /// Somebody with these grants who has set a password.
    pub fn hire_with(&self, name: &str, grants: &[RoleGrant]) -> Worker {
        let mut worker = self.add_worker(name, grants);
        let duty = self.sign_in(&worker).expect("the drawn password");
        let password = format!("Kranich am Ufer {} {name}!", name.len());
        let password = password.replace(name, "7 Boote");
        let changed = self
            .engine()
            .change_staff_password(&duty, &worker.password, &password);
        changed.expect("it is long");
        worker.password = password;
        worker
    }

    /// Somebody with this role who has signed in.
    pub fn hire(&self, name: &str, as_: Role) -> OnDuty {
        let worker = self.hire_with(name, &[role(as_)]);
        self.sign_in(&worker).expect("their own password")
    }

    /// Signs somebody in, when their authenticator shows another code.
    pub fn sign_in(&self, worker: &Worker) -> Result<OnDuty, Refusal> {
        self.wait(30_000);
        let code = worker.totp.shown(self.bench.clock.wall());
        self.engine()
            .staff_sign_in(&worker.name, (&worker.password, &code), "desk-1")
    }
}
