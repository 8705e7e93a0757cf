//! The keys that rows are sealed and authenticated with. Here one install key; each member's own keys take its place
//! where members have them.

use crate::store::row::{Codec, MacKey};
use crate::vault::InstallKey;

/// What the tables ask for.
pub struct Keys {
    codec: Box<dyn Codec>,
    mac: MacKey,
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Keys(..)")
    }
}

impl Keys {
    /// The keys that follow from the install key.
    pub fn of_install(key: InstallKey) -> Self {
        let mac = key.row_mac();
        Self {
            codec: Box::new(key),
            mac,
        }
    }

    /// What seals a member's rows.
    pub fn codec(&self) -> &dyn Codec {
        &*self.codec
    }

    /// What authenticates the other rows.
    pub const fn mac(&self) -> &MacKey {
        &self.mac
    }
}
