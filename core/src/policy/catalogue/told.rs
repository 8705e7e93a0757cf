//! Taking a value apart so that no part of it is forgotten.

/// Takes a value apart completely, and tells each part to the field that declares it (COL-02).
///
/// The pattern has no `..`: a type that gets a new part does not compile here until the part has a field, and the field
/// does not exist until it is declared. Parts that are taken apart elsewhere stand behind the `;`.
///
/// ```
/// use jifen::policy::catalogue::{Field, Record};
/// struct Row { name: String, tier: String }
/// let mut record = Record::new();
/// let row = Row { name: "Li Lei".into(), tier: "senior".into() };
/// jifen::told!(record, Row { name => Name: name, tier => Tier: tier; } = row);
/// assert_eq!(record.fields().count(), 2);
/// ```
///
/// The same with one more part, for which there is no field. It was seen to fail for this and nothing else: with
/// `shoe_size` taken out of `Row` it is the example above, and compiles.
///
/// ```compile_fail,E0027
/// use jifen::policy::catalogue::{Field, Record};
/// struct Row { name: String, tier: String, shoe_size: u8 }
/// let mut record = Record::new();
/// let row = Row { name: "Li Lei".into(), tier: "senior".into(), shoe_size: 41 };
/// jifen::told!(record, Row { name => Name: name, tier => Tier: tier; } = row);
/// ```
///
/// And the same when the part is named, but its field was never declared. With `Debt` in the place of `ShoeSize` it
/// compiles.
///
/// ```compile_fail,E0599
/// use jifen::policy::catalogue::{Field, Record};
/// struct Row { name: String, shoe_size: u32 }
/// let mut record = Record::new();
/// let row = Row { name: "Li Lei".into(), shoe_size: 41 };
/// jifen::told!(record, Row { name => Name: name, shoe_size => ShoeSize: shoe_size; } = row);
/// ```
#[macro_export]
macro_rules! told {
    ($into:expr, $type:path { $($part:ident => $field:ident : $told:expr),* $(,)? ; $($other:ident => $elsewhere:expr),* $(,)? } = $value:expr) => {
        let $type { $($part,)* $($other,)* } = $value;
        $( $crate::policy::catalogue::Record::tell(&mut $into, $crate::policy::catalogue::Field::$field, $told); )*
        $( $elsewhere; )*
    };
}

pub use told;
