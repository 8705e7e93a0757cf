//! The key under which a caller makes an attempt, and hears the same answer again.

use sha2::{Digest, Sha256};

use crate::domain::refusal::Refusal;
use crate::store::key::Key;

use super::rows::ReceiptKey;

/// The caller's name for an attempt: made and kept before sending. It belongs to the terminal that sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Which terminal, kiosk session or command line.
    pub terminal: String,
    /// A UUID: version 7 lands beside its neighbours, version 8 is accepted and slower.
    pub uuid: [u8; 16],
}

/// The longest terminal name, in bytes.
const TERMINAL_MAX: usize = 64;

impl IdempotencyKey {
    /// A key of the program's own, from 32 random bytes: a UUID of version 8.
    pub fn drawn(terminal: &str, seed: &[u8; 32]) -> Self {
        let mut uuid: [u8; 16] = seed.first_chunk().copied().unwrap_or_default();
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut uuid;
        *version = (*version & 0x0f) | 0x80;
        *variant = (*variant & 0x3f) | 0x80;
        Self {
            terminal: terminal.to_owned(),
            uuid,
        }
    }

    /// The key itself, in bytes: who does not know it does not learn whose answer is kept under it.
    pub(super) fn secret(&self) -> Key {
        Key::new().text(&self.terminal).part(&self.uuid)
    }

    /// The row's key: the time that the UUID begins with, then a hash of terminal and UUID.
    pub(crate) fn row_key(&self) -> ReceiptKey {
        let mut key = [0; 24];
        let hash = Sha256::digest(self.secret().as_bytes());
        // 48 bits of milliseconds, two bytes of zero, sixteen bytes of hash.
        for (to, from) in key
            .iter_mut()
            .zip(self.uuid.iter().take(6).chain(&[0, 0]).chain(&hash))
        {
            *to = *from;
        }
        key
    }

    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let [.., version, _, variant, _, _, _, _, _, _, _] = self.uuid;
        let is_uuid = matches!(version >> 4, 7 | 8) && variant >> 6 == 0b10;
        let named = !self.terminal.is_empty()
            && self.terminal.len() <= TERMINAL_MAX
            && !self.terminal.chars().any(char::is_control);
        if is_uuid && named {
            Ok(())
        } else {
            Err(Refusal::BadKey)
        }
    }
}
