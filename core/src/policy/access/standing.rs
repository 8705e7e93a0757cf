//! Where somebody of the staff stands, and what follows from the table for them.

use crate::domain::time::{Day, Moment, Zone};
use crate::policy::grant::GrantRefused;

use super::{FieldName, Hands, Operation, Part, RULES, Role, Rule, Sight};

/// A role that was given to somebody, for as long and in the store that was said (ACC-02).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant {
    /// Which role.
    pub role: Role,
    /// The first day, in the shop's zone.
    pub from: Day,
    /// The last day, itself included; none for no end.
    pub until: Option<Day>,
    /// In which store alone; none for all.
    pub store: Option<String>,
}

impl RoleGrant {
    /// Whether it counts on this day in this store: it stops at midnight of its last day.
    pub fn counts(&self, today: Day, store: Option<&str>) -> bool {
        let begun = self.from <= today;
        let over = self.until.is_some_and(|until| until < today);
        let elsewhere = self.store.as_deref().is_some_and(|of| Some(of) != store);
        begun && !over && !elsewhere
    }
}

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It can.
    Open,
    /// Only to change the password: it is a drawn one, or too old (SEC-05).
    PasswordDue,
    /// It cannot (ACC-07).
    Blocked,
}

/// Where somebody of the staff stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The name of the account.
    pub name: String,
    /// Whether it can be used.
    pub access: Access,
    /// The roles that were ever given and not taken back.
    pub grants: Vec<RoleGrant>,
    /// Where the days of the grants begin and end.
    pub zone: Zone,
    /// The store in which they work; none where the shop has no name for it.
    pub store: Option<String>,
}

impl Standing {
    /// The grants that count now.
    pub fn in_force(&self, now: Moment) -> impl Iterator<Item = &RoleGrant> {
        let today = self.zone.day_of(now);
        let counts = move |grant: &&RoleGrant| grant.counts(today, self.store.as_deref());
        self.grants.iter().filter(counts)
    }
}

/// Leave to do one operation on one field, or on none. Only [`decide_staff`] gives it:
///
/// ```compile_fail,E0451
/// use jifen::policy::access::{Hands, Leave, Operation, Role, Sight};
/// let forged = Leave { operation: Operation::QueryFields, field: None, sight: Sight::Clear, hands: Hands::Alone, role: Role::Cashier };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "leave is asked for before something is done"]
pub struct Leave {
    operation: Operation,
    field: Option<FieldName>,
    sight: Sight,
    hands: Hands,
    role: Role,
}

impl Leave {
    /// What may be done.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// On which field.
    pub const fn field(&self) -> Option<FieldName> {
        self.field
    }

    /// How the field is shown.
    pub const fn sight(&self) -> Sight {
        self.sight
    }

    /// Whether a second person has to approve first.
    pub const fn needs_second(&self) -> bool {
        matches!(self.hands, Hands::Second)
    }

    /// The role that it comes from.
    pub const fn role(&self) -> Role {
        self.role
    }
}

/// Decides about one operation on one field, or on none (deny by default, ACC-01). The mildest of the rules that apply
/// counts: alone before seconded, clear before masked.
///
/// # Errors
/// [`GrantRefused::Blocked`], [`GrantRefused::PasswordDue`], [`GrantRefused::Expired`] when a role that is over or not
/// begun would grant it, [`GrantRefused::NotGranted`].
pub fn decide_staff(
    standing: &Standing,
    operation: Operation,
    field: Option<FieldName>,
    now: Moment,
) -> Result<Leave, GrantRefused> {
    let rule = rule(RULES, standing, Part::Do, (operation, field), now)?;
    Ok(Leave {
        operation,
        field,
        sight: rule.sight,
        hands: rule.hands,
        role: rule.role,
    })
}

/// Whether somebody may approve such an operation for another.
///
/// # Errors
/// As for [`decide_staff`].
pub fn decide_approval(
    standing: &Standing,
    operation: Operation,
    field: Option<FieldName>,
    now: Moment,
) -> Result<(), GrantRefused> {
    rule(RULES, standing, Part::Approve, (operation, field), now).map(|_| ())
}

/// The rule of a table that lets somebody do this.
pub(super) fn rule<'r>(
    rules: &'r [Rule],
    standing: &Standing,
    part: Part,
    (operation, field): (Operation, Option<FieldName>),
    now: Moment,
) -> Result<&'r Rule, GrantRefused> {
    match standing.access {
        Access::Blocked => return Err(GrantRefused::Blocked),
        Access::PasswordDue => return Err(GrantRefused::PasswordDue),
        Access::Open => {}
    }
    let held: Vec<Role> = standing.in_force(now).map(|grant| grant.role).collect();
    let fits =
        |rule: &&Rule| rule.part == part && rule.operation == operation && rule.is_about(field);
    let granted = rules.iter().filter(fits);
    let best = granted
        .clone()
        .filter(|rule| held.contains(&rule.role))
        .max_by_key(|rule| (rule.hands, rule.sight));
    best.ok_or_else(|| {
        let once = |rule: &Rule| standing.grants.iter().any(|grant| grant.role == rule.role);
        if granted.clone().any(once) {
            GrantRefused::Expired
        } else {
            GrantRefused::NotGranted
        }
    })
}
