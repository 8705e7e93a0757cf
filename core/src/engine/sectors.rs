//! Sectors: tills that declare one may know a member from sale to sale by a token, if the member said yes. Tokens are drawn
//! for member and sector, so two sectors have nothing to compare; a yes that is taken back leaves a token that stands for
//! nobody (privacy §5).

use std::collections::BTreeSet;

use crate::audit::{Act, Handle};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::vault::keybox::{Token, TokenHash, TokenKind, TokenState};
use crate::vault::tokens::SectorToken;

use super::Engine;
use super::audit::{Actor, Done};
use super::commit::Sender;
use super::rows::{SECTORS, SectorTokenRow, SectorV1, SectorsRow};
use super::tokens::{Known, Role};
use super::work::{Stop, View, Work};

/// A sector, to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sector {
    /// Its number.
    pub sector: u16,
    /// Since when the member is known there; none for one that the member could join.
    pub since: Option<Moment>,
}

impl Engine {
    /// The member agrees to be known in a sector from sale to sale. A second time changes nothing.
    ///
    /// # Errors
    /// [`Refusal::SectorUnknown`] when no till that may send declares it; [`Refusal::TokenUnknown`] for who is no member;
    /// [`Refusal::KeysFailed`] and the store's.
    pub fn join_sector(&self, member: MemberId, sector: u16, device: &str) -> Result<(), Refusal> {
        if !self.declared_sectors().contains(&sector) {
            return Err(Refusal::SectorUnknown);
        }
        let account = self.keys.account_of(member)?;
        if self.sector_token(account, sector)?.is_some() {
            return Ok(());
        }
        let keybox = self.keys.keybox();
        let token = loop {
            let token = SectorToken::draw(&self.entropy.seed());
            if !keybox.is_taken(&hash_of(&token)) {
                break token;
            }
        };
        // Durable before the row is written. A row that is not written leaves a token that nobody was given.
        let added = keybox.add_token(member, hash_of(&token), TokenKind::Sector(sector));
        added.map_err(|_| Refusal::KeysFailed)?;
        let (new, device) = (token.clone(), device.to_owned());
        let joined = self.member_work(member, move |work| {
            join(work, (member, account), sector, &new, &device)
        });
        let is_kept = matches!(joined, Ok(true) | Err(Refusal::Unknown));
        if !is_kept {
            let revoked = keybox.revoke_token(&hash_of(&token));
            revoked.map_err(|_| Refusal::KeysFailed)?;
        }
        joined.map(|_| ())
    }

    /// The member takes it back: the token stands for nobody from here on. Whoever is in no such sector has left already.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] for who is no member; [`Refusal::KeysFailed`] and the store's: then ask again.
    pub fn leave_sector(&self, member: MemberId, sector: u16, device: &str) -> Result<(), Refusal> {
        let account = self.keys.account_of(member)?;
        let rows = self.read(|view| rows(view, account))?;
        let Some(row) = rows.iter().find(|row| row.sector == sector) else {
            return Ok(());
        };
        // First the token: if this ends half way, the row is there, and leads to a token that stands for nobody.
        let token = SectorToken::from_bytes(row.token.0);
        let revoked = self.keys.keybox().revoke_token(&hash_of(&token));
        revoked.map_err(|_| Refusal::KeysFailed)?;
        let device = device.to_owned();
        self.member_work(member, move |work| {
            leave(work, (member, account), (sector, &token), &device)
        })
    }

    /// The sectors that the member is known in, and those that could be joined, by number.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] for who is no member, and the store's.
    pub fn sectors(&self, member: MemberId) -> Result<Vec<Sector>, Refusal> {
        let account = self.keys.account_of(member)?;
        let rows = self.read(|view| rows(view, account))?;
        let mut joined = rows;
        joined.retain(|row| self.stands_in(&SectorToken::from_bytes(row.token.0), row.sector));
        let mut all = self.declared_sectors();
        all.extend(joined.iter().map(|row| row.sector));
        let since = |sector| {
            let row = joined.iter().find(|row| row.sector == sector);
            row.map(|row| row.since)
        };
        let sectors = all.into_iter().map(|sector| Sector {
            sector,
            since: since(sector),
        });
        Ok(sectors.collect())
    }

    /// What a till of this sector is given: the token of a member who said yes there.
    pub(super) fn sector_token(
        &self,
        account: AccountId,
        sector: u16,
    ) -> Result<Option<SectorToken>, Refusal> {
        let rows = self.read(|view| rows(view, account))?;
        let row = rows.iter().find(|row| row.sector == sector);
        let token = row.map(|row| SectorToken::from_bytes(row.token.0));
        Ok(token.filter(|token| self.stands_in(token, sector)))
    }

    /// Exchanges a sector token for a sale token that earns, at a till of its sector.
    pub(super) fn identify_in_sector(
        &self,
        sender: &Sender,
        token: &SectorToken,
    ) -> Result<Known, Refusal> {
        let sector = self.sector_of(&sender.key.terminal);
        let sector = sector.ok_or(Refusal::TokenUnknown)?;
        let found = self.keybox_token(token, sector);
        let member = found.ok_or(Refusal::TokenUnknown)?.member;
        // The row says so too: a yes that was not written is none.
        let account = self.keys.account_of(member)?;
        let own = self.sector_token(account, sector)?;
        if own.as_ref() != Some(token) {
            return Err(Refusal::TokenUnknown);
        }
        self.identify_waiting(sender, member, Role::Earn)
    }

    /// The sectors that tills which may send declare.
    fn declared_sectors(&self) -> BTreeSet<u16> {
        let terminals = self.terminals.read();
        let sending = terminals.values().filter(|it| it.revoked_at.is_none());
        sending.filter_map(|terminal| terminal.sector).collect()
    }

    fn stands_in(&self, token: &SectorToken, sector: u16) -> bool {
        self.keybox_token(token, sector).is_some()
    }

    fn keybox_token(&self, token: &SectorToken, sector: u16) -> Option<Token> {
        let found = self.keys.keybox().token(&hash_of(token));
        found.filter(|found| {
            found.kind == TokenKind::Sector(sector) && found.state == TokenState::Active
        })
    }
}

/// The sectors of an account, as its row has them.
fn rows(view: &View<'_>, account: AccountId) -> Result<Vec<SectorV1>, Stop> {
    let codec = view.keys.history(account)?;
    let row = SECTORS.row(view.tx, &codec, account.as_bytes())?;
    Ok(row.map_or_else(Vec::new, |SectorsRow::V1(rows)| rows))
}

/// Writes that the member is known there by this token, unless another one counts there already: whether it was written.
fn join(
    work: &mut Work<'_>,
    (member, account): (MemberId, AccountId),
    sector: u16,
    token: &SectorToken,
    device: &str,
) -> Result<bool, Stop> {
    let mut rows = rows(&work.view(), account)?;
    let keybox = work.keys().keybox();
    let counts = |row: &SectorV1| {
        let token = keybox.token(&hash_of(&SectorToken::from_bytes(row.token.0)));
        token.is_some_and(|token| token.state == TokenState::Active)
    };
    if rows.iter().any(|row| row.sector == sector && counts(row)) {
        return Ok(false);
    }
    rows.retain(|row| row.sector != sector);
    rows.push(SectorV1 {
        sector,
        token: SectorTokenRow(*token.bytes()),
        since: work.now,
    });
    work.put_sealed(account, &SECTORS, account.as_bytes(), &SectorsRow::V1(rows))?;
    note(work, member, device, Act::SectorJoined { sector })?;
    Ok(true)
}

/// Writes that the member is known there no more, unless another token has taken this one's place meanwhile.
fn leave(
    work: &mut Work<'_>,
    (member, account): (MemberId, AccountId),
    (sector, token): (u16, &SectorToken),
    device: &str,
) -> Result<(), Stop> {
    let mut rows = rows(&work.view(), account)?;
    let before = rows.len();
    rows.retain(|row| row.token.0 != *token.bytes());
    if rows.len() == before {
        return Ok(());
    }
    if rows.is_empty() {
        work.delete(SECTORS.table(), account.as_bytes())?;
    } else {
        work.put_sealed(account, &SECTORS, account.as_bytes(), &SectorsRow::V1(rows))?;
    }
    note(work, member, device, Act::SectorLeft { sector })
}

fn note(work: &mut Work<'_>, member: MemberId, device: &str, act: Act) -> Result<(), Stop> {
    let handle = Handle::from_bytes(work.view().member(member)?.handle);
    work.act(Done {
        actor: Actor::member(handle, device),
        act,
        subject: Some(handle),
        fields: &["sector_token"],
        because: ("sector", "consent"),
    })?;
    Ok(())
}

/// What the keybox knows a token by.
fn hash_of(token: &SectorToken) -> TokenHash {
    TokenHash::from_bytes(token.sha256())
}
