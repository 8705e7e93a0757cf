//! Nonces that were seen, in memory, for as long as their signatures live. Time is a parameter.

use std::collections::{HashMap, HashSet, VecDeque};

use super::error::SignatureError;
use super::request::Verified;

/// How many seconds of expiry are forgotten together.
const SLICE_SECONDS: u64 = 16;

/// The nonces of all terminals, so many at most for each. It forgets a nonce when its signature has expired, and when the
/// process ends: what changes something is then stopped by its sequence number, and what does not by its time.
#[derive(Debug)]
pub struct Nonces {
    each_max: usize,
    terminals: HashMap<String, Slices>,
}

/// One terminal's nonces, by when they expire.
#[derive(Debug, Default)]
struct Slices {
    count: usize,
    slices: VecDeque<(u64, HashSet<String>)>,
}

impl Nonces {
    /// An empty set that keeps at most `each_max` nonces for each terminal: the requests it may send in two minutes.
    pub fn new(each_max: usize) -> Self {
        Self {
            each_max,
            terminals: HashMap::new(),
        }
    }

    /// Takes the nonce of a request whose time was judged, `now` in seconds since 1970; once.
    pub fn take(&mut self, request: &Verified, now: u64) -> Result<(), SignatureError> {
        self.take_nonce(request.terminal(), request.nonce(), request.expires(), now)
    }

    fn take_nonce(
        &mut self,
        terminal: &str,
        nonce: &str,
        expires: u64,
        now: u64,
    ) -> Result<(), SignatureError> {
        if !self.terminals.contains_key(terminal) {
            // A terminal that has gone silent is forgotten when the next new one comes.
            self.terminals.retain(|_, slices| {
                slices.forget(now);
                0 < slices.count
            });
        }
        let slices = self.terminals.entry(terminal.to_owned()).or_default();
        slices.forget(now);
        if slices
            .slices
            .iter()
            .any(|(_, nonces)| nonces.contains(nonce))
        {
            return Err(SignatureError::NonceReplayed);
        }
        if self.each_max <= slices.count {
            return Err(SignatureError::TooManyNonces);
        }
        slices.keep(nonce, expires);
        Ok(())
    }

    /// How many nonces are kept, of all terminals.
    pub fn len(&self) -> usize {
        self.terminals.values().map(|slices| slices.count).sum()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Slices {
    /// Drops the slices of which every signature has expired.
    fn forget(&mut self, now: u64) {
        let current = now / SLICE_SECONDS;
        let mut dropped = 0_usize;
        self.slices.retain(|(slice, nonces)| {
            let stays = current <= *slice;
            if !stays {
                dropped = dropped.saturating_add(nonces.len());
            }
            stays
        });
        self.count = self.count.saturating_sub(dropped);
    }

    fn keep(&mut self, nonce: &str, expires: u64) {
        let slice = expires / SLICE_SECONDS;
        self.count = self.count.saturating_add(1);
        match self.slices.iter_mut().find(|(at, _)| *at == slice) {
            Some((_, nonces)) => {
                nonces.insert(nonce.to_owned());
            }
            None => self
                .slices
                .push_back((slice, HashSet::from([nonce.to_owned()]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    #[test]
    fn a_nonce_is_taken_once_as_long_as_its_signature_lives() {
        let mut nonces = Nonces::new(10);
        let expires = NOW + 60;
        assert_eq!(nonces.take_nonce("till-1", "n", expires, NOW), Ok(()));
        for now in [NOW, NOW + 1, expires - 1] {
            for other in [expires, expires + 1, expires + 59] {
                assert_eq!(
                    nonces.take_nonce("till-1", "n", other, now),
                    Err(SignatureError::NonceReplayed)
                );
            }
        }
        assert_eq!(nonces.take_nonce("till-2", "n", expires, NOW), Ok(()));
        assert_eq!(nonces.take_nonce("till-1", "m", expires, NOW), Ok(()));
        assert_eq!(nonces.len(), 3);
        // Long after, the name is free, and nothing of the old ones is kept, of a silent terminal's neither.
        let later = expires + SLICE_SECONDS;
        assert_eq!(nonces.take_nonce("till-3", "n", later + 60, later), Ok(()));
        assert_eq!(nonces.len(), 1);
    }

    #[test]
    fn one_terminal_cannot_fill_the_memory() {
        let mut nonces = Nonces::new(2);
        assert_eq!(nonces.take_nonce("till-1", "a", NOW + 60, NOW), Ok(()));
        assert_eq!(nonces.take_nonce("till-1", "b", NOW + 30, NOW), Ok(()));
        assert_eq!(
            nonces.take_nonce("till-1", "c", NOW + 60, NOW),
            Err(SignatureError::TooManyNonces)
        );
        assert_eq!(
            nonces.take_nonce("till-1", "a", NOW + 60, NOW),
            Err(SignatureError::NonceReplayed)
        );
        assert_eq!(nonces.take_nonce("till-2", "c", NOW + 60, NOW), Ok(()));
        let later = NOW + 30 + SLICE_SECONDS;
        assert_eq!(nonces.take_nonce("till-1", "c", later + 60, later), Ok(()));
    }
}
