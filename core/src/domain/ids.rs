//! Identifiers. None is derived from anything about a person (architecture §3).

use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! sixteen_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its bytes: the key of its row.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }
    };
}

macro_rules! sequenced {
    ($(#[$doc:meta])* $name:ident) => {
        sixteen_bytes! { $(#[$doc])* $name }

        impl $name {
            /// Eight bytes of the order of commit, then eight random ones: rows land side by side, and no
            /// stranger guesses the next.
            pub fn new(sequence: u64, random: [u8; 8]) -> Self {
                let mut bytes = [0; 16];
                let (head, tail) = bytes.split_at_mut(8);
                head.copy_from_slice(&sequence.to_be_bytes());
                tail.copy_from_slice(&random);
                Self(bytes)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:032x}", u128::from_be_bytes(self.0))
            }
        }

        impl core::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.len() != 32 {
                    return Err(NotAnId);
                }
                u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| NotAnId)
            }
        }
    };
}

sixteen_bytes! {
    /// A member, to the ledger: sixteen random bytes. Its `Debug` does not print it, since it is a pseudonym.
    AccountId
}

impl fmt::Debug for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccountId(..)")
    }
}

sixteen_bytes! {
    /// A member, to the vault: sixteen random bytes, drawn once and never used again. Only the keybox says which account is
    /// this member's (privacy §2). Its `Debug` does not print it, since it is a pseudonym.
    MemberId
}

impl fmt::Debug for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MemberId(..)")
    }
}

sequenced! {
    /// A sale. The lot that a sale earned carries the same sixteen bytes ([`LotId::of_sale`]).
    SaleId
}
sequenced! {
    /// A lot of points.
    LotId
}
sequenced! {
    /// A hold on points.
    HoldId
}
sequenced! {
    /// A line of an account's ledger.
    EntryId
}

impl LotId {
    /// The lot that a sale earned: at most one, so the sale's own bytes name it.
    pub const fn of_sale(sale: SaleId) -> Self {
        Self(sale.0)
    }
}

/// SHA-256 of a programme file's text: which rules an entry was made under (semantics 32).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProgrammeHash([u8; 32]);

impl ProgrammeHash {
    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ProgrammeHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for ProgrammeHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Which carry of an account a rule's rest is kept in: a new one begins when a version changes the rule's `per`,
/// `points` or `carry` (semantics 5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CarryId([u8; 8]);

impl CarryId {
    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Debug for CarryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for CarryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of 32 hexadecimal digits")]
pub struct NotAnId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_order_of_commit_and_read_back() {
        let early = SaleId::new(255, [9; 8]);
        let late = SaleId::new(256, [0; 8]);
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!("xyz".parse::<SaleId>(), Err(NotAnId));
    }

    #[test]
    fn a_pseudonym_is_not_printed() {
        assert_eq!(
            format!("{:?}", AccountId::from_bytes([0xab; 16])),
            "AccountId(..)"
        );
        assert_eq!(
            format!("{:?}", MemberId::from_bytes([0xab; 16])),
            "MemberId(..)"
        );
    }
}
