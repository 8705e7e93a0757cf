//! STAND-IN until the files come.
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::domain::ids::{AccountId, MemberId};
use crate::store::Table;
use crate::store::row::MacKey;
use super::seal::DataKey;

/// x
pub type Draw32 = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;
/// x
#[derive(Clone)]
pub struct MemberKeys { /// x
    pub member: MemberId, /// x
    pub account: AccountId, core: [u8;32], history: [u8;32] }
impl MemberKeys {
    /// x
    pub fn new(member: MemberId, account: AccountId, core: [u8;32], history: [u8;32]) -> Self { Self{member,account,core,history} }
    /// x
    pub fn core(&self, install: [u8;16]) -> DataKey { DataKey::new(self.core, install, "core", 1) }
    /// x
    pub fn history(&self, install: [u8;16]) -> DataKey { DataKey::new(self.history, install, "history", 1) }
}
/// x
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TokenHash([u8;32]);
impl TokenHash { /// x
    pub const fn from_bytes(b: [u8;32]) -> Self { Self(b) } }
/// x
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind { /// x
    Card, /// x
    Sector(u16) }
/// x
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenState { /// x
    Active, /// x
    Revoked }
/// x
#[derive(Clone, Copy, Debug)]
pub struct Token { /// x
    pub member: MemberId, /// x
    pub kind: TokenKind, /// x
    pub state: TokenState }
/// x
#[derive(Debug)]
pub struct KeyboxError;
/// x
#[derive(Clone)]
pub struct DayKey([u8;32]);
impl DayKey {
    fn key(&self, key: &[u8]) -> DataKey {
        use sha2::Digest;
        let k: [u8;32] = sha2::Sha256::new().chain_update(self.0).chain_update(key).finalize().into();
        DataKey::new(k, [0;16], "owner", 1)
    }
    /// x
    pub fn seal_owner(&self, table: Table, key: &[u8], nonce: [u8;24], member: &MemberId) -> Vec<u8> {
        use crate::store::row::{Aad, Codec};
        self.key(key).seal(&Aad{table,row:&[]}, nonce, member.as_bytes()).unwrap_or_default()
    }
    /// x
    pub fn open_owner(&self, table: Table, key: &[u8], sealed: &[u8]) -> Option<MemberId> {
        use crate::store::row::{Aad, Codec};
        let b = self.key(key).open(&Aad{table,row:&[]}, sealed).ok()?;
        Some(MemberId::from_bytes(b.try_into().ok()?))
    }
}
#[derive(Default)]
struct Inner { members: HashMap<MemberId, MemberKeys>, accounts: HashMap<AccountId, MemberId>, days: HashMap<u32,[u8;32]>, tokens: HashMap<TokenHash, Token> }
/// x
pub struct Keybox { install: [u8;16], system: Zeroizing<[u8;32]>, draw: Draw32, inner: RwLock<Inner> }
impl core::fmt::Debug for Keybox { fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { f.write_str("Keybox(..)") } }
impl Keybox {
    /// x
    pub fn in_memory(install: [u8;16], draw: Draw32) -> Self { let system = Zeroizing::new(draw()); Self{install,system,draw,inner:RwLock::default()} }
    /// x
    pub const fn install(&self) -> [u8;16] { self.install }
    /// x
    pub fn add(&self, keys: MemberKeys, tokens: &[(TokenHash, TokenKind)]) -> Result<(), KeyboxError> {
        let mut i = self.inner.write();
        for (h,k) in tokens { i.tokens.insert(*h, Token{member:keys.member, kind:*k, state: TokenState::Active}); }
        i.accounts.insert(keys.account, keys.member); i.members.insert(keys.member, keys); Ok(())
    }
    /// x
    pub fn of_member(&self, m: &MemberId) -> Option<MemberKeys> { self.inner.read().members.get(m).cloned() }
    /// x
    pub fn of_account(&self, a: &AccountId) -> Option<MemberKeys> { let i = self.inner.read(); i.members.get(i.accounts.get(a)?).cloned() }
    /// x
    pub fn token(&self, h: &TokenHash) -> Option<Token> { self.inner.read().tokens.get(h).copied() }
    /// x
    pub fn is_taken(&self, h: &TokenHash) -> bool { self.inner.read().tokens.contains_key(h) }
    /// x
    pub fn members(&self) -> Vec<MemberId> { self.inner.read().members.keys().copied().collect() }
    /// x
    pub fn ensure_day(&self, day: u32) -> Result<DayKey, KeyboxError> { Ok(DayKey(*self.inner.write().days.entry(day).or_insert_with(|| (self.draw)()))) }
    /// x
    pub fn day(&self, day: u32) -> Option<DayKey> { self.inner.read().days.get(&day).copied().map(DayKey) }
    /// x
    pub fn row_mac(&self) -> MacKey { MacKey::from_bytes(&self.system) }
    /// x
    pub fn terminal_key(&self, terminal: &str, generation: u32) -> Zeroizing<[u8;32]> {
        use sha2::Digest;
        Zeroizing::new(sha2::Sha256::new().chain_update(*self.system).chain_update(terminal).chain_update(generation.to_be_bytes()).finalize().into())
    }
}
