//! Leave to open a member's data. The vault opens nothing without one, and only [`decide`] makes one.

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;

use super::access::{FieldName, Opening, Operation, Sight};

/// Leave to open what is personal, for one use.
///
/// Only [`decide`] makes one:
///
/// ```compile_fail,E0451
/// use jifen::domain::ids::MemberId;
/// use jifen::policy::grant::{Ask, Grant};
/// let member = MemberId::from_bytes([0; 16]);
/// let forged = Grant { ask: Ask::SignIn { member } };
/// ```
///
/// and it cannot be copied to be used a second time:
///
/// ```compile_fail,E0599
/// use jifen::policy::grant::Grant;
/// fn twice(grant: &Grant) -> Grant {
///     Grant::clone(grant)
/// }
/// ```
#[derive(Debug)]
#[must_use = "a grant opens nothing by itself"]
pub struct Grant {
    ask: Ask,
}

/// Who asks, for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A signed-in member reads, corrects or takes along what is theirs (DSR).
    OwnData {
        /// Who is signed in.
        signed_in: MemberId,
        /// Whose data it is.
        member: MemberId,
    },
    /// A PIN is held against the member's verifier, and nothing else is opened.
    SignIn {
        /// Whose account it is.
        member: MemberId,
    },
    /// The index of phones is built, kept or asked: mobile numbers of all members, without names.
    DuplicateCheck,
    /// Somebody of the staff opens fields of a member: exactly those that the table gave them leave for (ACC-04). The
    /// opening cannot be made without that leave.
    Staff {
        /// Whose data it is.
        member: MemberId,
        /// Which fields, for which operation.
        opening: Opening,
    },
}

/// What a grant is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// All that a member told us, for that member.
    OwnData,
    /// The verifier of the member's PIN.
    SignIn,
    /// A member's mobile number, for the index of phones.
    DuplicateCheck,
    /// One field of a member, by staff, for this operation.
    Staff(Operation, FieldName),
}

/// Decides about one ask (deny by default).
pub fn decide(ask: &Ask) -> Result<Grant, GrantRefused> {
    match ask {
        Ask::OwnData { signed_in, member } if signed_in != member => Err(GrantRefused::NotOwnData),
        Ask::OwnData { .. } | Ask::SignIn { .. } | Ask::DuplicateCheck | Ask::Staff { .. } => {
            Ok(Grant { ask: *ask })
        }
    }
}

impl Grant {
    /// Whether it lets this member's data be opened for this use.
    pub fn covers(&self, member: &MemberId, use_: Use) -> bool {
        match (&self.ask, use_) {
            (Ask::OwnData { member: own, .. }, Use::OwnData)
            | (Ask::SignIn { member: own }, Use::SignIn) => own == member,
            (Ask::DuplicateCheck, Use::DuplicateCheck) => true,
            (
                Ask::Staff {
                    member: of,
                    opening,
                },
                Use::Staff(operation, field),
            ) => of == member && opening.operation() == operation && opening.sight(field).is_some(),
            (Ask::OwnData { .. }, Use::SignIn | Use::DuplicateCheck | Use::Staff(..))
            | (Ask::SignIn { .. }, Use::OwnData | Use::DuplicateCheck | Use::Staff(..))
            | (Ask::DuplicateCheck, Use::OwnData | Use::SignIn | Use::Staff(..))
            | (Ask::Staff { .. }, Use::OwnData | Use::SignIn | Use::DuplicateCheck) => false,
        }
    }

    /// How staff may see a field of this member; none for a field that stays shut, and for a grant of another kind.
    pub fn sight(&self, member: &MemberId, field: FieldName) -> Option<Sight> {
        match &self.ask {
            Ask::Staff {
                member: of,
                opening,
            } if of == member => opening.sight(field),
            Ask::Staff { .. } | Ask::OwnData { .. } | Ask::SignIn { .. } | Ask::DuplicateCheck => {
                None
            }
        }
    }
}

/// Why there is no grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefused {
    /// A member asked for what belongs to another.
    #[error("a member may open their own data only")]
    NotOwnData,
    /// The table grants no such thing (ACC-01).
    #[error("no role grants this")]
    NotGranted,
    /// A role that would grant it is over, or has not begun, or is for another store.
    #[error("the role is not valid now")]
    Expired,
    /// The account is blocked (ACC-07).
    #[error("the account is blocked")]
    Blocked,
    /// Only the password may be changed (SEC-05).
    #[error("the password has to be changed first")]
    PasswordDue,
    /// Somebody else has to approve it (ACC-04).
    #[error("a second person has to approve it")]
    SecondPersonNeeded,
}

impl GrantRefused {
    /// The word for machines: never changed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotOwnData => "not_own_data",
            Self::NotGranted => "not_granted",
            Self::Expired => "grant_expired",
            Self::Blocked => "staff_sign_in_needed",
            Self::PasswordDue => "password_due",
            Self::SecondPersonNeeded => "second_person_needed",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NotOwnData => "您只能查看和更正本人的信息。",
            Self::NotGranted => "您的岗位无权进行此操作。",
            Self::Expired => "您的这项授权不在有效期内，或不适用于本店。",
            Self::Blocked => "请先以员工账号登录。",
            Self::PasswordDue => "须先修改密码。",
            Self::SecondPersonNeeded => "此操作须由另一人批准。",
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::NotOwnData => "You can see and correct your own data only.",
            Self::NotGranted => "Your role does not allow this.",
            Self::Expired => "Your grant for this is not valid now, or not in this store.",
            Self::Blocked => "Please sign in with a staff account first.",
            Self::PasswordDue => "The password has to be changed first.",
            Self::SecondPersonNeeded => "This needs the approval of a second person.",
        }
    }
}

impl From<GrantRefused> for Refusal {
    fn from(refused: GrantRefused) -> Self {
        match refused {
            GrantRefused::NotOwnData => Self::TokenUnknown,
            GrantRefused::NotGranted => Self::NotGranted,
            GrantRefused::Expired => Self::GrantExpired,
            GrantRefused::Blocked => Self::StaffSignInNeeded,
            GrantRefused::PasswordDue => Self::PasswordDue,
            GrantRefused::SecondPersonNeeded => Self::SecondPersonNeeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: MemberId = MemberId::from_bytes([1; 16]);
    const BO: MemberId = MemberId::from_bytes([2; 16]);
    const USES: [Use; 3] = [Use::OwnData, Use::SignIn, Use::DuplicateCheck];

    /// What a grant covers of Anna's data, and of Bo's.
    fn covered(ask: Ask) -> [Vec<Use>; 2] {
        let grant = decide(&ask).unwrap();
        [ANNA, BO].map(|member| {
            let covered = USES.into_iter().filter(|use_| grant.covers(&member, *use_));
            covered.collect()
        })
    }

    #[test]
    fn a_grant_covers_its_own_use_of_its_own_member_and_nothing_else() {
        let own = Ask::OwnData {
            signed_in: ANNA,
            member: ANNA,
        };
        assert_eq!(covered(own), [vec![Use::OwnData], vec![]]);
        let sign_in = Ask::SignIn { member: ANNA };
        assert_eq!(covered(sign_in), [vec![Use::SignIn], vec![]]);
        let both = [vec![Use::DuplicateCheck], vec![Use::DuplicateCheck]];
        assert_eq!(covered(Ask::DuplicateCheck), both);
    }

    #[test]
    fn a_member_opens_nobody_elses_data() {
        let ask = Ask::OwnData {
            signed_in: ANNA,
            member: BO,
        };
        assert_eq!(decide(&ask).unwrap_err(), GrantRefused::NotOwnData);
    }

    #[test]
    fn a_grant_prints_no_member() {
        let grant = decide(&Ask::SignIn { member: ANNA }).unwrap();
        let printed = format!("{grant:?}");
        assert_eq!(printed, "Grant { ask: SignIn { member: MemberId(..) } }");
    }
}
