//! Accounts: who has one, what each may do, and how one is blocked (ACC-01, ACC-02, ACC-07). There is none by default.

use zeroize::Zeroizing;

use crate::audit::{Act, Text};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, Moment};
use crate::engine::sign_in::attempt;
use crate::policy::access::{Degree, Line, Operation, Role, RoleGrant, report};
use crate::vault::pin::{Password, VerifierRow};
use crate::vault::profile::Name;
use crate::vault::totp::TotpSecret;

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::logins::Login;
use super::super::rows::{BreachV1, GrantV1, SignInRow, StaffV1};
use super::super::work::{Stop, Work};
use super::{Asker, House, StaffId, accounts, find, is_blocked, put};

/// The fewest and the most characters of a name.
const NAME: core::ops::RangeInclusive<usize> = 2..=32;
/// The longest reason or reference, in bytes.
const WORDS_MAX: usize = 200;
/// The most grants of an account.
const GRANTS_MAX: usize = 32;

/// What is shown once of a new account, or of one whose password was drawn anew.
pub struct Fresh {
    /// The name of the account.
    pub name: String,
    /// The password for the first log-in, at which it must be changed.
    pub password: Zeroizing<String>,
    /// What the authenticator is told; none where it stays as it is.
    pub otpauth: Option<Zeroizing<String>>,
}

impl core::fmt::Debug for Fresh {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Fresh(..)")
    }
}

/// An account, as the list of the staff shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What they sign in as.
    pub name: String,
    /// What the person is called.
    pub display: String,
    /// Whether it is blocked.
    pub is_blocked: bool,
    /// Whether the password has to be changed first.
    pub is_due: bool,
    /// The roles that were given and not taken back.
    pub grants: Vec<RoleGrant>,
    /// Every breach, the earliest first.
    pub breaches: Vec<Breach>,
    /// When it was added.
    pub added_at: Moment,
}

/// A breach by somebody of the staff (ACC-07).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// When the account was blocked for it.
    pub at: Moment,
    /// By whom.
    pub by: String,
    /// How grave it is.
    pub degree: Degree,
    /// Why.
    pub reason: String,
    /// Where it is written down.
    pub reference: String,
    /// When the account was unblocked.
    pub lifted_at: Option<Moment>,
}

impl Engine {
    /// Whether there is any account.
    pub fn has_staff(&self) -> Result<bool, Refusal> {
        self.read(|view| Ok(!accounts(view)?.is_empty()))
    }

    /// Adds an account. Its password is drawn, and so is the secret of its authenticator: both are shown once.
    ///
    /// # Errors
    /// [`Refusal::BadStaffName`], [`Refusal::BadGrant`], [`Refusal::StaffExists`] (a name is never given again), those of
    /// [`Engine::may`], and the store's.
    pub fn add_staff(
        &self,
        asker: &Asker,
        name: &str,
        display: &str,
        grants: &[RoleGrant],
    ) -> Result<Fresh, Refusal> {
        self.asker_may(asker, Operation::ManageStaff)?;
        let actor = asker.actor();
        self.new_staff(actor, name, display, grants, |_| Ok(()))
    }

    /// The same for whoever the check lets in, which looks in the same transaction.
    pub(super) fn new_staff(
        &self,
        actor: Actor,
        name: &str,
        display: &str,
        grants: &[RoleGrant],
        check: impl Fn(&mut Work<'_>) -> Result<(), Stop> + Send + 'static,
    ) -> Result<Fresh, Refusal> {
        check_name(name)?;
        let display = Name::parse(display).map_err(|_| Refusal::BadStaffName)?;
        grants.iter().try_for_each(check_grant)?;
        if grants.is_empty() || GRANTS_MAX < grants.len() {
            return Err(Refusal::BadGrant);
        }
        let (password, text) = Password::drawn(&self.entropy.seed());
        let verifier = VerifierRow::of(&self.verifier(password.as_pin())?);
        let totp = TotpSecret::drawn(&self.entropy.seed());
        let otpauth = totp.otpauth(name);
        let (kept, display) = (name.to_owned(), display.as_str().to_owned());
        let grants: Vec<GrantV1> = grants.iter().map(GrantV1::from).collect();
        self.node_work(move |work| {
            check(work)?;
            if find(&work.view(), &kept)?.is_some() {
                return Err(Refusal::StaffExists.into());
            }
            let id = StaffId(work.random());
            let row = StaffV1 {
                name: kept.clone(),
                display: display.clone(),
                grants: grants.clone(),
                breaches: Vec::new(),
                verifier: verifier.clone(),
                set_at: work.now,
                must_change: true,
                earlier: Vec::new(),
                totp: totp.clone(),
                last_step: None,
                attempts: SignInRow::NONE,
                round: 0,
                added_at: work.now,
            };
            put(work, id, row)?;
            let account = Text::fitted(&kept);
            work.act(Done::of_shop(actor.clone(), Act::StaffAdded { account }))?;
            grants.iter().try_for_each(|grant| {
                work.act(Done::of_shop(actor.clone(), granted(&kept, grant)))?;
                Ok(())
            })
        })?;
        Ok(Fresh {
            name: name.to_owned(),
            password: text,
            otpauth: Some(otpauth),
        })
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// Those of [`Engine::may`] and the store's.
    pub fn staff(&self, asker: &Asker) -> Result<Vec<Account>, Refusal> {
        self.asker_may(asker, Operation::ReadStaff)?;
        let (house, now) = (self.house(), self.now());
        self.read(|view| {
            let mut all: Vec<Account> = accounts(view)?
                .iter()
                .map(|(_, row)| account(&house, row, now))
                .collect();
            all.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(all)
        })
    }

    /// An account, and all that it may do written out (ACC-02).
    ///
    /// # Errors
    /// [`Refusal::StaffUnknown`], those of [`Engine::may`], and the store's.
    pub fn staff_report(&self, asker: &Asker, name: &str) -> Result<(Account, Vec<Line>), Refusal> {
        self.asker_may(asker, Operation::ReadStaff)?;
        let (house, now) = (self.house(), self.now());
        self.read(|view| {
            let (_, row) = find(view, name)?.ok_or(Refusal::StaffUnknown)?;
            let lines = report(&house.standing(&row, now), now);
            Ok((account(&house, &row, now), lines))
        })
    }

    /// The log-ins of an account that are still kept, the earliest first (AUD-01).
    ///
    /// # Errors
    /// [`Refusal::StaffUnknown`], those of [`Engine::may`], and the store's.
    pub fn staff_logins(&self, asker: &Asker, name: &str) -> Result<Vec<Login>, Refusal> {
        self.asker_may(asker, Operation::ReadLogIns)?;
        let found = self.read(|view| find(view, name))?;
        let (id, _) = found.ok_or(Refusal::StaffUnknown)?;
        self.logins(id.as_owner())
    }

    /// Blocks an account, and ends whatever it is signed in to (ACC-07).
    ///
    /// # Errors
    /// [`Refusal::BadReason`], [`Refusal::StaffUnknown`], those of [`Engine::may`], and the store's. An account that is
    /// blocked has this breach too afterwards.
    pub fn block_staff(
        &self,
        asker: &Asker,
        name: &str,
        degree: Degree,
        (reason, reference): (&str, &str),
    ) -> Result<(), Refusal> {
        self.asker_may(asker, Operation::BlockStaff)?;
        check_words(reason)?;
        if !reference.is_empty() {
            check_words(reference)?;
        }
        let (reason, reference) = (reason.to_owned(), reference.to_owned());
        self.change_staff(asker, name, move |row, by, now| {
            row.round = row.round.saturating_add(1);
            row.breaches.push(BreachV1 {
                at: now,
                by: by.to_owned(),
                degree,
                reason: reason.clone(),
                reference: reference.clone(),
                lifted_at: None,
            });
            Ok(Some(Act::StaffBlocked {
                account: Text::fitted(&row.name),
                degree: Text::fitted(degree.word()),
                reference: Text::fitted(&reference),
            }))
        })
    }

    /// Lets an account be used again. Its sessions stay ended.
    ///
    /// # Errors
    /// [`Refusal::SecondPersonNeeded`] for one's own, [`Refusal::StaffUnknown`], those of [`Engine::may`], and the store's.
    pub fn unblock_staff(&self, asker: &Asker, name: &str) -> Result<(), Refusal> {
        self.asker_may(asker, Operation::ManageStaff)?;
        not_oneself(asker, name)?;
        self.change_staff(asker, name, |row, _, now| {
            if !is_blocked(row) {
                return Ok(None);
            }
            for breach in &mut row.breaches {
                breach.lifted_at.get_or_insert(now);
            }
            let account = Text::fitted(&row.name);
            Ok(Some(Act::StaffUnblocked { account }))
        })
    }

    /// Gives a role to somebody, for these days. The same role for the same store again takes the place of what it was.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`], [`Refusal::SecondPersonNeeded`] for oneself, [`Refusal::StaffUnknown`], those of
    /// [`Engine::may`], and the store's.
    pub fn grant_role(&self, asker: &Asker, name: &str, grant: &RoleGrant) -> Result<(), Refusal> {
        self.asker_may(asker, Operation::ManageStaff)?;
        not_oneself(asker, name)?;
        check_grant(grant)?;
        let given = GrantV1::from(grant);
        self.change_staff(asker, name, move |row, _, _| {
            row.grants
                .retain(|one| (one.role, &one.store) != (given.role, &given.store));
            if GRANTS_MAX <= row.grants.len() {
                return Err(Refusal::BadGrant);
            }
            row.grants.push(given.clone());
            Ok(Some(granted(&row.name, &given)))
        })
    }

    /// Takes a role from somebody, in every store.
    ///
    /// # Errors
    /// [`Refusal::BadGrant`] when they do not have it, [`Refusal::StaffUnknown`], those of [`Engine::may`], and the
    /// store's.
    pub fn revoke_role(&self, asker: &Asker, name: &str, role: Role) -> Result<(), Refusal> {
        self.asker_may(asker, Operation::ManageStaff)?;
        self.change_staff(asker, name, move |row, _, _| {
            let before = row.grants.len();
            row.grants.retain(|one| one.role != role);
            if row.grants.len() == before {
                return Err(Refusal::BadGrant);
            }
            Ok(Some(Act::StaffRevoked {
                account: Text::fitted(&row.name),
                role: Text::fitted(role.word()),
            }))
        })
    }

    /// Draws a new password for somebody, and a new secret of the authenticator where that is lost too. Sessions end.
    ///
    /// # Errors
    /// [`Refusal::SecondPersonNeeded`] for one's own, [`Refusal::StaffUnknown`], those of [`Engine::may`], and the store's.
    pub fn reset_staff(&self, asker: &Asker, name: &str, totp: bool) -> Result<Fresh, Refusal> {
        self.asker_may(asker, Operation::ManageStaff)?;
        not_oneself(asker, name)?;
        let (password, text) = Password::drawn(&self.entropy.seed());
        let verifier = VerifierRow::of(&self.verifier(password.as_pin())?);
        let secret = totp.then(|| TotpSecret::drawn(&self.entropy.seed()));
        let otpauth = secret.as_ref().map(|secret| secret.otpauth(name));
        self.change_staff(asker, name, move |row, _, now| {
            if let Some(secret) = &secret {
                row.totp = secret.clone();
                row.last_step = None;
            }
            row.replace_password(verifier.clone(), now);
            row.must_change = true;
            row.attempts = SignInRow::NONE;
            Ok(Some(Act::StaffPassword {
                account: Text::fitted(&row.name),
                drawn: true,
            }))
        })?;
        Ok(Fresh {
            name: name.to_owned(),
            password: text,
            otpauth,
        })
    }

    /// Changes an account in one transaction with its leaf; a change that says none is not written.
    fn change_staff(
        &self,
        asker: &Asker,
        name: &str,
        change: impl Fn(&mut StaffV1, &str, Moment) -> Result<Option<Act>, Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        let (name, asker) = (name.to_owned(), asker.clone());
        self.node_work(move |work| {
            let found = find(&work.view(), &name)?;
            let (id, mut row) = found.ok_or(Refusal::StaffUnknown)?;
            let Some(act) = change(&mut row, asker.name(), work.now)? else {
                return Ok(());
            };
            put(work, id, row)?;
            work.act(Done::of_shop(asker.actor(), act))?;
            Ok(())
        })
    }
}

impl StaffV1 {
    /// Another password: the one before is remembered, with four before it (SEC-05), and sessions end.
    pub(super) fn replace_password(&mut self, verifier: VerifierRow, now: Moment) {
        let before = core::mem::replace(&mut self.verifier, verifier);
        self.earlier.insert(0, before);
        self.earlier.truncate(5);
        self.set_at = now;
        self.round = self.round.saturating_add(1);
    }

    /// One more attempt to sign in, if one is allowed now.
    pub(super) fn attempt(&mut self, wall: Moment) -> Result<(), Refusal> {
        self.attempts = attempt(self.attempts, wall)?;
        Ok(())
    }
}

impl From<&RoleGrant> for GrantV1 {
    fn from(grant: &RoleGrant) -> Self {
        Self {
            role: grant.role,
            from: grant.from,
            until: grant.until,
            store: grant.store.clone(),
        }
    }
}

impl From<&BreachV1> for Breach {
    fn from(row: &BreachV1) -> Self {
        Self {
            at: row.at,
            by: row.by.clone(),
            degree: row.degree,
            reason: row.reason.clone(),
            reference: row.reference.clone(),
            lifted_at: row.lifted_at,
        }
    }
}

fn account(house: &House, row: &StaffV1, now: Moment) -> Account {
    use crate::policy::access::Access;

    let standing = house.standing(row, now);
    Account {
        name: row.name.clone(),
        display: row.display.clone(),
        is_blocked: standing.access == Access::Blocked,
        is_due: standing.access == Access::PasswordDue,
        grants: standing.grants,
        breaches: row.breaches.iter().map(Breach::from).collect(),
        added_at: row.added_at,
    }
}

fn granted(account: &str, grant: &GrantV1) -> Act {
    Act::StaffGranted {
        account: Text::fitted(account),
        role: Text::fitted(grant.role.word()),
        until: grant
            .until
            .map(|until: Day| Text::fitted(&until.to_string())),
    }
}

/// A name of 2 to 32 small letters, digits, dots and hyphens.
fn check_name(name: &str) -> Result<(), Refusal> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    // `operator` is whoever works on the machine, in rows and in the audit.
    if NAME.contains(&name.len())
        && name.bytes().all(fits)
        && !["operator", "jifen"].contains(&name)
    {
        Ok(())
    } else {
        Err(Refusal::BadStaffName)
    }
}

fn check_grant(grant: &RoleGrant) -> Result<(), Refusal> {
    let is_backwards = grant.until.is_some_and(|until| until < grant.from);
    let is_unfit = |store: &String| {
        store.is_empty() || 48 < store.len() || store.chars().any(char::is_control)
    };
    if is_backwards || grant.store.as_ref().is_some_and(is_unfit) {
        Err(Refusal::BadGrant)
    } else {
        Ok(())
    }
}

fn check_words(words: &str) -> Result<(), Refusal> {
    if words.trim().is_empty() || WORDS_MAX < words.len() || words.chars().any(char::is_control) {
        Err(Refusal::BadReason)
    } else {
        Ok(())
    }
}

/// Nobody changes their own rights.
fn not_oneself(asker: &Asker, name: &str) -> Result<(), Refusal> {
    match asker {
        Asker::Staff(duty) if duty.name == name => Err(Refusal::SecondPersonNeeded),
        Asker::Staff(_) | Asker::Operator => Ok(()),
    }
}
