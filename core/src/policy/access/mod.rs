//! Who of the staff may do what: one table of roles, operations and fields, and everything that it does not grant is
//! refused (ACC-01, ACC-03, ACC-04).

/// An enum of words of the trade, with what each is called in both languages.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $( $(#[$of:meta])* $variant:ident => $word:literal, $zh:literal, $en:literal; )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $( $(#[$of])* $variant, )* }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The word for machines: never changed.
            pub const fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }

            /// What it is called in Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $( Self::$variant => $zh, )* }
            }

            /// What it is called in English.
            pub const fn en(self) -> &'static str {
                match self { $( Self::$variant => $en, )* }
            }

            /// The one with this word.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

mod field;
mod role;
mod operation;
mod table;
mod standing;
mod opening;
mod report;

pub use super::catalogue::Level;
pub use field::FieldName;
pub use opening::{Opening, Seconded};
pub use operation::{Cause, Operation};
pub use report::{Line, report};
pub use role::{Degree, Role};
pub use standing::{Access, Leave, RoleGrant, Standing, decide_approval, decide_staff};
pub use table::{Hands, Part, RULES, Rule, Sight};

#[cfg(test)]
mod tests;
