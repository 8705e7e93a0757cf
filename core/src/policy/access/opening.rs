//! What staff open of a member: exactly the fields they have leave for, each as it may be shown.

use crate::policy::grant::GrantRefused;

use super::{FieldName, Leave, Operation, Sight};

/// That one person asked and another approved (ACC-04).
///
/// ```compile_fail,E0451
/// use jifen::policy::access::Seconded;
/// let forged = Seconded { _made_here: () };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconded {
    _made_here: (),
}

impl Seconded {
    /// By two people, and never by one twice.
    ///
    /// # Errors
    /// [`GrantRefused::SecondPersonNeeded`] when they are the same.
    pub fn by(applicant: &str, approver: &str) -> Result<Self, GrantRefused> {
        if applicant == approver {
            Err(GrantRefused::SecondPersonNeeded)
        } else {
            Ok(Self { _made_here: () })
        }
    }
}

/// The fields that one operation opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    operation: Operation,
    masked: u32,
    clear: u32,
}

impl Opening {
    /// The fields of these leaves, which are all for one operation.
    ///
    /// # Errors
    /// [`GrantRefused::NotGranted`] without a leave or with one for another operation;
    /// [`GrantRefused::SecondPersonNeeded`] when a leave needs a second person and there was none.
    pub fn of(leaves: &[Leave], seconded: Option<Seconded>) -> Result<Self, GrantRefused> {
        let first = leaves.first().ok_or(GrantRefused::NotGranted)?;
        let mut opening = Self {
            operation: first.operation(),
            masked: 0,
            clear: 0,
        };
        for leave in leaves {
            if leave.operation() != opening.operation {
                return Err(GrantRefused::NotGranted);
            }
            if leave.needs_second() && seconded.is_none() {
                return Err(GrantRefused::SecondPersonNeeded);
            }
            let field = leave.field().map_or(0, bit);
            match leave.sight() {
                Sight::Masked => opening.masked |= field,
                Sight::Clear => opening.clear |= field,
            }
        }
        Ok(opening)
    }

    /// For which operation.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// How a field may be shown; none for one that stays shut.
    pub fn sight(&self, field: FieldName) -> Option<Sight> {
        if self.clear & bit(field) != 0 {
            Some(Sight::Clear)
        } else if self.masked & bit(field) != 0 {
            Some(Sight::Masked)
        } else {
            None
        }
    }

    /// The fields that it opens, in the order of their list.
    pub fn fields(&self) -> Vec<FieldName> {
        let all = FieldName::ALL.iter().copied();
        all.filter(|field| self.sight(*field).is_some()).collect()
    }
}

/// The bit of a field: its place in the list, which has less than 32.
fn bit(field: FieldName) -> u32 {
    let place = FieldName::ALL.iter().position(|one| *one == field);
    let place = place.and_then(|place| u32::try_from(place).ok());
    place
        .and_then(|place| 1_u32.checked_shl(place))
        .unwrap_or(0)
}
