//! Verifying a phone (MEM-05, X-04): which members it is for, and what it makes of them. A phone is a claim until it is
//! verified; a member who waits for that may earn and cannot use points.

use crate::domain::refusal::{AccountState, Refusal};

/// What the shop knows of a member's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phone {
    /// The member gave it, and nobody has looked.
    Claimed,
    /// It is the member's.
    Verified,
}

/// Where an account stands once its member's phone is verified. Only who waited for it gains by it: it lifts no sanction.
pub const fn approved(state: AccountState) -> AccountState {
    match state {
        AccountState::Pending | AccountState::Active => AccountState::Active,
        AccountState::Warned => AccountState::Warned,
        AccountState::Restricted => AccountState::Restricted,
        AccountState::Suspended => AccountState::Suspended,
    }
}

/// Where an account stands when its member's phone is verified now.
///
/// # Errors
/// [`Refusal::AlreadyVerified`] when it is verified, and [`Refusal::StateForbids`] while the member is suspended.
pub const fn verify(state: AccountState, phone: Phone) -> Result<AccountState, Refusal> {
    match (phone, state) {
        (Phone::Verified, _) => Err(Refusal::AlreadyVerified),
        (Phone::Claimed, AccountState::Suspended) => Err(Refusal::StateForbids { state }),
        (
            Phone::Claimed,
            AccountState::Pending
            | AccountState::Active
            | AccountState::Warned
            | AccountState::Restricted,
        ) => Ok(approved(state)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_verified_once_and_lifts_no_sanction() {
        use AccountState::{Active, Pending, Restricted, Suspended, Warned};

        for (state, after) in [
            (Pending, Ok(Active)),
            (Active, Ok(Active)),
            (Warned, Ok(Warned)),
            (Restricted, Ok(Restricted)),
            (Suspended, Err("state_forbids")),
        ] {
            let done = verify(state, Phone::Claimed);
            assert_eq!(
                done.as_ref().map_err(Refusal::code),
                after.as_ref().map_err(|code| *code),
                "{state}"
            );
            let again = verify(state, Phone::Verified).unwrap_err();
            assert_eq!(again.code(), "already_verified", "{state}");
            // Nobody gains what the shop has taken.
            assert!(state == Pending || approved(state) == state, "{state}");
        }
    }
}
