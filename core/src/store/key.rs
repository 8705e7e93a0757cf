//! Keys: fixed-width and big-endian, so that their order is the order of what they name.

/// A number, so that smaller ones come first.
pub const fn of_u64(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

/// A signed number, so that smaller ones come first: its sign is flipped.
pub const fn of_i64(number: i64) -> [u8; 8] {
    (number ^ i64::MIN).to_be_bytes()
}

/// A key put together from its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: Vec<u8>,
}

impl Key {
    /// No part yet.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// And this number.
    pub fn u64(mut self, number: u64) -> Self {
        self.bytes.extend_from_slice(&of_u64(number));
        self
    }

    /// And this signed number.
    pub fn i64(mut self, number: i64) -> Self {
        self.bytes.extend_from_slice(&of_i64(number));
        self
    }

    /// And this byte.
    pub fn u8(mut self, number: u8) -> Self {
        self.bytes.push(number);
        self
    }

    /// And these sixteen bytes, an id's.
    pub fn id(mut self, id: &[u8; 16]) -> Self {
        self.bytes.extend_from_slice(id);
        self
    }

    /// And these bytes, whose number is not fixed.
    pub fn part(mut self, part: &[u8]) -> Self {
        // Lengths first, so that no two places spell the same bytes.
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(part);
        self
    }

    /// And this text.
    pub fn text(self, text: &str) -> Self {
        self.part(text.as_bytes())
    }

    /// The key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A key taken apart again, from the left. `None` where the key is not of that shape.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of this key.
    pub const fn of(key: &'a [u8]) -> Self {
        Self { rest: key }
    }

    /// A signed number.
    pub fn i64(&mut self) -> Option<i64> {
        self.chunk()
            .map(|bytes| i64::from_be_bytes(*bytes) ^ i64::MIN)
    }

    /// A byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.chunk().map(|[byte]| *byte)
    }

    /// Nothing: the key ends here.
    pub fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }

    fn chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (chunk, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_what_they_name() {
        for pair in [i64::MIN, -256, -255, -1, 0, 1, 255, 256, i64::MAX].windows(2) {
            assert!(of_i64(pair[0]) < of_i64(pair[1]), "{pair:?}");
            assert!(Key::new().i64(pair[0]).u64(9) < Key::new().i64(pair[1]).u64(0));
        }
        for pair in [0, 1, 255, 256, u64::MAX].windows(2) {
            assert!(of_u64(pair[0]) < of_u64(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn a_key_comes_apart_as_it_was_put_together() {
        let key = Key::new().u8(1).i64(-7);
        let mut parts = Parts::of(key.as_bytes());
        assert_eq!(parts.u8(), Some(1));
        assert_eq!(parts.end(), None);
        assert_eq!(parts.i64(), Some(-7));
        assert_eq!(parts.end(), Some(()));
        assert_eq!(parts.u8(), None);
    }

    #[test]
    fn no_two_places_spell_the_same_bytes() {
        let one = Key::new().text("shop1").text("1");
        let two = Key::new().text("shop").text("11");
        assert_ne!(one, two);
    }
}
