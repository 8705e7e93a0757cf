//! What a till holds in place of a member: it identifies somebody by a code and is given a token for this sale alone
//! (privacy §5). A token lives in memory for half an hour; the sale that uses it makes it a row, so that its refunds can
//! name it; a typed code, which cannot be checked later, makes its row at once.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{AccountId, MemberId, SaleId};
use crate::domain::programme::Tier;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::vault::keybox::{TokenHash, TokenKind, TokenState};
use crate::vault::tokens::{CardNumber, Code, SaleToken, SectorToken, TypedCode};

use super::Engine;
use super::commit::{Sender, Verb, body_of};
use super::live::Steps;
use super::phone::PhoneCodes;
use super::receipt::{Identified, Outcome, Receipt};
use super::rows::{TOKENS, TokenKey, TokenRow};
use super::statement::Balance;
use super::work::{Stop, Work};

/// What a code, and the sale token it was exchanged for, allows (privacy §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A card: earn, and see no balance.
    Earn,
    /// A code that the member showed: everything the member may do at a till.
    All,
}

impl Role {
    /// Refuses points to whoever showed a card alone.
    pub fn check_may_redeem(self) -> Result<(), Refusal> {
        match self {
            Self::All => Ok(()),
            Self::Earn => Err(Refusal::CodeNeeded),
        }
    }
}

/// How long a sale token waits for its sale.
const TOKEN_MINUTES: u32 = 30;
/// How long a typed code can be typed.
pub const TYPED_CODE_SECONDS: i64 = 120;
/// The most sale tokens that wait at once: past it, a till is asked to try again.
const WAITING_MAX: usize = 200_000;

/// Tokens and codes that are not in the store. They go with the process.
#[derive(Default)]
pub(crate) struct InMemory {
    waiting: Mutex<HashMap<[u8; 32], Waiting>>,
    typed: Mutex<HashMap<[u8; 32], Typed>>,
    /// The steps whose live codes were used.
    pub(super) steps: Steps,
    pub(crate) phone_codes: PhoneCodes,
}

impl InMemory {
    /// Nothing leads to this member any more.
    pub(crate) fn forget(&self, member: &MemberId) {
        self.revoke(member);
        self.phone_codes.forget(member);
    }

    /// No till's token and no typed code leads to this member any more.
    pub(crate) fn revoke(&self, member: &MemberId) {
        self.waiting
            .lock()
            .retain(|_, waiting| waiting.member != *member);
        self.typed.lock().retain(|_, typed| typed.member != *member);
        self.steps.forget(member);
    }
}

/// A sale token without a sale.
#[derive(Clone, Copy)]
struct Waiting {
    member: MemberId,
    role: Role,
    until: Moment,
}

/// A typed code that nobody has typed yet.
#[derive(Clone, Copy)]
struct Typed {
    member: MemberId,
    until: Moment,
}

/// Who stands behind a sale token.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The account.
    pub account: AccountId,
    /// What the token allows.
    pub role: Role,
    /// The sale it was used for.
    pub sale: Option<SaleId>,
    /// Whether points may still be set aside under it: before its sale, and within half an hour.
    pub may_hold: bool,
    /// The token itself.
    pub presented: Presented,
}

/// How the member of a sale was named.
#[derive(Clone, Debug, Default)]
pub enum Presented {
    /// By the account, inside the house.
    #[default]
    Account,
    /// By a card or a live code, for a sale that was kept until it could be sent: it uses no point that is not captured yet.
    Card,
    /// By a sale token.
    Token {
        /// The token.
        token: SaleToken,
        /// What it allows.
        role: Role,
    },
}

impl Presented {
    /// Refuses points to a member who was named by a card alone.
    pub(crate) fn check_may_redeem(&self) -> Result<(), Refusal> {
        match self {
            Self::Account => Ok(()),
            Self::Card => Role::Earn.check_may_redeem(),
            Self::Token { role, .. } => role.check_may_redeem(),
        }
    }
}

/// What a till learns when it identifies a member.
#[derive(Clone, Debug)]
pub struct Known {
    /// The token for this sale and its refunds.
    pub token: SaleToken,
    /// The tier.
    pub tier: Tier,
    /// What the token allows.
    pub role: Role,
    /// Whether the member may earn.
    pub may_earn: bool,
    /// Whether the member may use points.
    pub may_redeem: bool,
    /// The balance, where the code allows it.
    pub balance: Option<Balance>,
    /// What a till that declares a sector knows the member by there, where the member said yes.
    pub sector_token: Option<SectorToken>,
}

impl Engine {
    /// Exchanges a scanned or typed code for a sale token. A card's token changes nothing that is kept, nor does a sector
    /// token's; a typed or live code is used up, and its token is a row at once.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] for whatever is wrong with the code, a wrong check digit included; [`Refusal::SlowDown`],
    /// whatever the code is, when too many wrong ones came from the same till.
    pub fn identify(&self, sender: &Sender, code: &str) -> Result<Known, Refusal> {
        self.counters
            .counted(&sender.key.terminal, || self.identify_code(sender, code))
    }

    fn identify_code(&self, sender: &Sender, code: &str) -> Result<Known, Refusal> {
        if let Ok(token) = SectorToken::parse(code) {
            return self.identify_in_sector(sender, &token);
        }
        let parsed = Code::parse(code, self.settings.prefix);
        match parsed.map_err(|_| Refusal::TokenUnknown)? {
            Code::Card(card) => {
                let member = self.member_of_card(&card)?;
                self.identify_waiting(sender, member, Role::Earn)
            }
            Code::Typed(code) => self.identify_typed(sender, &code),
            Code::Live(code) => self.identify_live(sender, &code),
        }
    }

    /// A sale token that waits in memory for its sale.
    pub(super) fn identify_waiting(
        &self,
        sender: &Sender,
        member: MemberId,
        role: Role,
    ) -> Result<Known, Refusal> {
        let token = self.new_token();
        let known = self.known(sender, member, token.clone(), role)?;
        self.wait(&token, member, role)?;
        Ok(known)
    }

    fn identify_typed(&self, sender: &Sender, code: &TypedCode) -> Result<Known, Refusal> {
        let hash = code.sha256();
        if let Some((account, body, outcome)) = self.earlier(&sender.key)? {
            return self.shown_before(sender, account, body, hash, outcome);
        }
        let now = self.clock.wall();
        let found = self.tokens.typed.lock().remove(&hash);
        let typed = found
            .filter(|typed| now < typed.until)
            .ok_or(Refusal::TokenUnknown)?;
        let token = self.new_token();
        let show = Show {
            account: self.keys.account_of(typed.member)?,
            code: hash,
            token: token.clone(),
        };
        if let Err(refusal) = self.run_signed(sender, show) {
            // It was not used: the till may send it again, unless the member has a newer one by now.
            let mut live = self.tokens.typed.lock();
            if live.values().all(|other| other.member != typed.member) {
                live.insert(hash, typed);
            }
            return Err(refusal);
        }
        self.known(sender, typed.member, token, Role::All)
    }

    /// The answer to an earlier try with the same code; a key that was used for anything else is refused.
    pub(super) fn shown_before(
        &self,
        sender: &Sender,
        account: AccountId,
        body: [u8; 32],
        code: [u8; 32],
        outcome: Outcome,
    ) -> Result<Known, Refusal> {
        let Outcome::Done(Receipt::Identified(identified)) = outcome else {
            return Err(Refusal::KeyReused);
        };
        let token = SaleToken::parse(&identified.token).map_err(|_| Refusal::TokenUnknown)?;
        let show = Show {
            account,
            code,
            token: token.clone(),
        };
        if body_of(Show::NAME, &show)? != body {
            return Err(Refusal::KeyReused);
        }
        self.known(sender, self.keys.member_of(account)?, token, Role::All)
    }

    /// A code of eight digits that the member tells a cashier: it works once, within two minutes; an earlier one of the
    /// same member works no more.
    pub fn typed_code(&self, member: MemberId) -> Result<(TypedCode, Moment), Refusal> {
        self.keys.account_of(member)?;
        let now = self.clock.wall();
        let until = now.plus_millis(TYPED_CODE_SECONDS.saturating_mul(1_000));
        let mut typed = self.tokens.typed.lock();
        typed.retain(|_, typed| typed.member != member && now < typed.until);
        loop {
            let code = TypedCode::draw(&self.entropy.seed());
            if let std::collections::hash_map::Entry::Vacant(place) = typed.entry(code.sha256()) {
                place.insert(Typed { member, until });
                return Ok((code, until));
            }
        }
    }

    /// Who stands behind a sale token.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`], whatever is wrong with it.
    pub fn holder(&self, token: &str) -> Result<Holder, Refusal> {
        let token = SaleToken::parse(token).map_err(|_| Refusal::TokenUnknown)?;
        let now = self.clock.wall();
        let waiting = self.tokens.waiting.lock().get(&token.sha256()).copied();
        let found = match waiting.filter(|waiting| now < waiting.until) {
            Some(waiting) => (self.keys.account_of(waiting.member)?, waiting.role, None),
            None => self.read(|view| {
                let found = TOKENS.look_up(view, &token.row_key(), token.text().as_bytes())?;
                let (account, TokenRow::V1 { role, sale }) = found.ok_or(Refusal::TokenUnknown)?;
                Ok((account, role, sale))
            })?,
        };
        let (account, role, sale) = found;
        let issued = Moment::from_millis(i64::from(token.seconds()).saturating_mul(1_000));
        let is_fresh = self.now() <= issued.plus_minutes(TOKEN_MINUTES);
        Ok(Holder {
            account,
            role,
            sale,
            may_hold: sale.is_none() && is_fresh,
            presented: Presented::Token { token, role },
        })
    }

    /// Who stands behind the code of a sale that this till kept until it could be sent: a card, or a live code of the moment
    /// when it was scanned. It only earns, so it may have been used before (privacy §5).
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] for whatever is wrong with the code; [`Refusal::SlowDown`], whatever the code is, when too
    /// many wrong ones came from the same till.
    pub fn holder_of_code(
        &self,
        terminal: &str,
        code: &str,
        scanned_at: Moment,
    ) -> Result<Holder, Refusal> {
        self.counters.counted(terminal, || {
            let parsed = Code::parse(code, self.settings.prefix);
            let account = match parsed.map_err(|_| Refusal::TokenUnknown)? {
                Code::Card(card) => self.keys.account_of(self.member_of_card(&card)?)?,
                Code::Live(code) => self.account_of_live(&code, scanned_at)?,
                Code::Typed(_) => return Err(Refusal::TokenUnknown),
            };
            Ok(Holder {
                account,
                role: Role::Earn,
                sale: None,
                may_hold: false,
                presented: Presented::Card,
            })
        })
    }

    /// The member of a card that counts.
    pub(crate) fn member_of_card(&self, card: &CardNumber) -> Result<MemberId, Refusal> {
        let token = self
            .keys
            .keybox()
            .token(&TokenHash::from_bytes(card.sha256()));
        token
            .filter(|token| token.kind == TokenKind::Card && token.state == TokenState::Active)
            .map(|token| token.member)
            .ok_or(Refusal::TokenUnknown)
    }

    /// Draws a card number that nobody has or had (MEM-01).
    pub fn draw_card(&self) -> CardNumber {
        loop {
            let card = CardNumber::draw(self.settings.prefix, &self.entropy.seed());
            let hash = TokenHash::from_bytes(card.sha256());
            if !self.keys.keybox().is_taken(&hash) {
                return card;
            }
        }
    }

    /// The sale that a token was waiting for is committed: its row leads on from here.
    pub fn settle_token(&self, presented: &Presented) {
        if let Presented::Token { token, .. } = presented {
            self.tokens.waiting.lock().remove(&token.sha256());
        }
    }

    pub(super) fn known(
        &self,
        sender: &Sender,
        member: MemberId,
        token: SaleToken,
        role: Role,
    ) -> Result<Known, Refusal> {
        let account = self.keys.account_of(member)?;
        let statement = self.statement(account)?;
        let sector_token = match self.sector_of(&sender.key.terminal) {
            Some(sector) => self.sector_token(account, sector)?,
            None => None,
        };
        let state = statement.state;
        let balance = Balance {
            balance: statement.balance,
            available: statement.available,
            debt: statement.debt,
        };
        Ok(Known {
            token,
            tier: statement.tier,
            role,
            may_earn: state.may_earn(),
            may_redeem: state.may_redeem() && role == Role::All,
            balance: (role == Role::All).then_some(balance),
            sector_token,
        })
    }

    pub(super) fn new_token(&self) -> SaleToken {
        SaleToken::draw(self.now(), &self.entropy.seed())
    }

    fn wait(&self, token: &SaleToken, member: MemberId, role: Role) -> Result<(), Refusal> {
        let now = self.clock.wall();
        let mut waiting = self.tokens.waiting.lock();
        if WAITING_MAX <= waiting.len() {
            waiting.retain(|_, waiting| now < waiting.until);
            if WAITING_MAX <= waiting.len() {
                return Err(Refusal::Busy);
            }
        }
        let until = now.plus_minutes(TOKEN_MINUTES);
        let new = Waiting {
            member,
            role,
            until,
        };
        waiting.insert(token.sha256(), new);
        Ok(())
    }
}

/// Makes the sale token of a typed or live code a row.
#[derive(Clone, Serialize)]
pub(super) struct Show {
    pub(super) account: AccountId,
    /// SHA-256 of the code: another code is another wish. Its hash is kept inside the sealed answer alone.
    pub(super) code: [u8; 32],
    #[serde(skip)]
    pub(super) token: SaleToken,
}

impl Verb for Show {
    const NAME: &'static str = "identify";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        work.view().account(self.account)?;
        put(work, self.account, &self.token, Role::All, None)?;
        Ok(Receipt::Identified(Identified {
            token: self.token.text().as_str().to_owned(),
        }))
    }
}

/// Writes a sale token's row; the answer that is kept with it will name it.
pub(crate) fn put(
    work: &mut Work<'_>,
    account: AccountId,
    token: &SaleToken,
    role: Role,
    sale: Option<SaleId>,
) -> Result<(), Stop> {
    let key = TokenKey::of(token);
    work.answer.token = Some(key);
    let row = TokenRow::V1 { role, sale };
    TOKENS.put(work, account, &key.bytes(), token.text().as_bytes(), &row)
}

/// Refuses a token that a sale was committed under: each sale has one of its own.
pub(crate) fn check_unused(
    work: &Work<'_>,
    account: AccountId,
    token: &SaleToken,
) -> Result<(), Stop> {
    let view = work.view();
    let key = TokenKey::of(token).bytes();
    let Some(row) = TOKENS.outside(&view, &key)? else {
        return Ok(());
    };
    match TOKENS.body_of(&view, account, &key, &row)? {
        Some(TokenRow::V1 { sale: None, .. }) => Ok(()),
        Some(TokenRow::V1 { sale: Some(_), .. }) | None => Err(Refusal::TokenUnknown.into()),
    }
}
