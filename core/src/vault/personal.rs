//! What a person told us, held so that it is neither printed, compared nor stored by accident.

use core::fmt;

use zeroize::Zeroize;

use crate::policy::grant::Grant;

/// A value about a person. It prints as dots, is wiped when dropped, and is opened with a [`Grant`] only.
///
/// It does not go into an answer or a row:
///
/// ```compile_fail,E0277
/// use jifen::vault::{personal::Personal, profile::Name};
/// fn stored<T: serde::Serialize>(_: &T) {}
/// fn personal(name: &Personal<Name>) {
///     stored(name);
/// }
/// ```
///
/// nor into a sentence:
///
/// ```compile_fail,E0277
/// use jifen::vault::{personal::Personal, profile::Name};
/// fn sentence(name: &Personal<Name>) -> String {
///     format!("{name}")
/// }
/// ```
///
/// nor is it compared:
///
/// ```compile_fail,E0369
/// use jifen::vault::{personal::Personal, profile::Name};
/// fn same(one: &Personal<Name>, other: &Personal<Name>) -> bool {
///     one == other
/// }
/// ```
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Holds a value from now on.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Whoever calls this has asked whether the grant covers this member ([`Grant::covers`]), and writes the
    /// audit line in the same transaction.
    pub fn disclose(&self, _leave: &Grant) -> &T {
        &self.0
    }

    /// The value, for sealing and masking.
    pub(in crate::vault) const fn inside(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Personal(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::policy::grant::{Ask, decide};

    /// Tells when it is wiped.
    struct Told(Rc<Cell<u32>>);

    impl Zeroize for Told {
        fn zeroize(&mut self) {
            self.0.set(self.0.get().saturating_add(1));
        }
    }

    #[test]
    fn a_personal_value_is_wiped_once_when_it_is_dropped() {
        let wiped = Rc::new(Cell::new(0));
        let personal = Personal::new(Told(wiped.clone()));
        assert_eq!(wiped.get(), 0);
        drop(personal);
        assert_eq!(wiped.get(), 1);
    }

    #[test]
    fn it_prints_as_dots_and_opens_with_a_grant() {
        let personal = Personal::new("Li Lei".to_owned());
        assert_eq!(format!("{personal:?}"), "Personal(..)");
        let grant = decide(&Ask::DuplicateCheck).unwrap();
        assert_eq!(personal.disclose(&grant), "Li Lei");
    }
}
