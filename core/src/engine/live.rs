//! Live codes: what a member shows at a till to do everything a member may do there. Alias and secret are a row sealed
//! under the member's history key; who the alias is stands in the keybox. Each step works once, and none that began before
//! the process did: which steps were used is known in memory only (privacy §5).

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::audit::{Act, Handle};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::domain::time::{MILLIS_A_DAY, Moment};
use crate::vault::keybox::{TokenHash, TokenKind, TokenState};
use crate::vault::tokens::{Alias, LiveCode, LiveSecret, Step};

use super::Engine;
use super::audit::{Actor, Done};
use super::commit::Sender;
use super::rows::{AliasDigits, LIVE, LiveRow, LiveSecretRow};
use super::tokens::{Known, Role, Show};
use super::work::{Stop, View, Work};

/// A live code, as the member's screen shows it. It prints no digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveShown {
    /// The code: see [`LiveCode::digits`] and [`LiveCode::grouped`].
    pub code: LiveCode,
    /// From here on the screen shows another one. Tills take this one for one step more.
    pub valid_until: Moment,
}

/// How many steps ahead of the one that goes on a code is shown, when those before it were used.
const AHEAD: usize = 2;

/// Which steps of whom were used, and when by the clock that nobody sets. After a day they are forgotten: only a clock
/// that was set back by as much could bring one of them back.
#[derive(Default)]
pub(super) struct Steps(Mutex<HashMap<(MemberId, Step), i64>>);

/// From so many used steps on, old ones are looked for.
const STEPS_KEPT: usize = 4_096;

impl Steps {
    /// Uses a step up. Of many who try at once, one hears yes.
    fn take(&self, member: MemberId, step: Step, now_millis: i64) -> bool {
        let mut used = self.0.lock();
        if used.contains_key(&(member, step)) {
            return false;
        }
        // Looked for each time the map would grow anyway, so that it costs little for each.
        if STEPS_KEPT <= used.len() && used.len() == used.capacity() {
            used.retain(|_, at| now_millis.saturating_sub(*at) < MILLIS_A_DAY);
        }
        used.insert((member, step), now_millis);
        true
    }

    fn give_back(&self, member: MemberId, step: Step) {
        self.0.lock().remove(&(member, step));
    }

    fn is_used(&self, member: MemberId, step: Step) -> bool {
        self.0.lock().contains_key(&(member, step))
    }

    pub(super) fn forget(&self, member: &MemberId) {
        self.0.lock().retain(|(of, _), _| of != member);
    }
}

impl Engine {
    /// The member's live code of this moment: one that a till takes now, unless the member used those of this step and the
    /// next already. The first time, alias and secret are drawn.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] for who is no member; [`Refusal::KeysFailed`] and the store's.
    pub fn live_code(&self, member: MemberId) -> Result<LiveShown, Refusal> {
        let account = self.keys.account_of(member)?;
        let live = match self.live_of(account)? {
            Some(live) if self.stands_for(&live.alias, member) => live,
            Some(_) | None => self.draw_live(member, account)?,
        };
        let mut step = Step::at(self.clock.wall());
        if step.begins() < self.started {
            step = step.next();
        }
        for _ in 0..AHEAD {
            if self.tokens.steps.is_used(member, step) {
                step = step.next();
            }
        }
        Ok(LiveShown {
            code: live.secret.code(self.settings.prefix, &live.alias, step),
            valid_until: step.ends(),
        })
    }

    /// Alias and secret are drawn anew, where the member has any: the old ones stand for nobody from here on. For a card
    /// that is issued again.
    ///
    /// # Errors
    /// As for [`Self::live_code`].
    pub fn renew_live(&self, member: MemberId) -> Result<(), Refusal> {
        let account = self.keys.account_of(member)?;
        let Some(live) = self.live_of(account)? else {
            return Ok(());
        };
        // First the old one: a row that stands under it counts for nothing, and is written anew when it is asked for.
        let revoked = self.keys.keybox().revoke_token(&hash_of(&live.alias));
        revoked.map_err(|_| Refusal::KeysFailed)?;
        self.draw_live(member, account).map(|_| ())
    }

    /// Exchanges a live code for a sale token that may do everything. Each step works once; a retry under the same key
    /// hears the token that its first try was given.
    pub(super) fn identify_live(&self, sender: &Sender, code: &LiveCode) -> Result<Known, Refusal> {
        let hash = code.sha256();
        if let Some((account, body, outcome)) = self.earlier(&sender.key)? {
            return self.shown_before(sender, account, body, hash, outcome);
        }
        let (member, account, live) = self.member_of_live(code)?;
        let counts = |step: &Step| self.started <= step.begins();
        let mut shown = steps_around(self.clock.wall())
            .filter(counts)
            .filter(|step| live.secret.shows(code, *step));
        let now = self.clock.monotonic_millis();
        let step = shown.find(|step| self.tokens.steps.take(member, *step, now));
        let step = step.ok_or(Refusal::TokenUnknown)?;

        let token = self.new_token();
        let show = Show {
            account,
            code: hash,
            token: token.clone(),
        };
        if let Err(refusal) = self.run_signed(sender, show) {
            // It was not used, unless nobody knows: then the member shows the next one.
            if refusal != Refusal::Unknown {
                self.tokens.steps.give_back(member, step);
            }
            return Err(refusal);
        }
        self.known(sender, member, token, Role::All)
    }

    /// The account of a live code that was scanned at this time, however long ago: for a sale that was kept until it could
    /// be sent. It may have been used since, and the process may have begun since.
    pub(super) fn account_of_live(
        &self,
        code: &LiveCode,
        scanned_at: Moment,
    ) -> Result<AccountId, Refusal> {
        let (_, account, live) = self.member_of_live(code)?;
        let is_shown = steps_around(scanned_at).any(|step| live.secret.shows(code, step));
        is_shown.then_some(account).ok_or(Refusal::TokenUnknown)
    }

    /// Whose alias it is, if it is the one that this member has now.
    fn member_of_live(&self, code: &LiveCode) -> Result<(MemberId, AccountId, Live), Refusal> {
        let alias = Alias::parse(&code.alias()).ok_or(Refusal::TokenUnknown)?;
        let token = self.keys.keybox().token(&hash_of(&alias));
        let token = token
            .filter(|token| token.kind == TokenKind::Alias && token.state == TokenState::Active);
        let member = token.ok_or(Refusal::TokenUnknown)?.member;
        let account = self.keys.account_of(member)?;
        let live = self.live_of(account)?.filter(|live| live.alias == alias);
        Ok((member, account, live.ok_or(Refusal::TokenUnknown)?))
    }

    /// Whether an alias is this member's and was not revoked.
    fn stands_for(&self, alias: &Alias, member: MemberId) -> bool {
        let token = self.keys.keybox().token(&hash_of(alias));
        token.is_some_and(|token| {
            let is_alias = token.kind == TokenKind::Alias && token.state == TokenState::Active;
            is_alias && token.member == member
        })
    }

    fn live_of(&self, account: AccountId) -> Result<Option<Live>, Refusal> {
        self.read(|view| live(view, account))
    }

    /// Draws alias and secret. Of two that draw at once, the first one's are kept.
    fn draw_live(&self, member: MemberId, account: AccountId) -> Result<Live, Refusal> {
        let keybox = self.keys.keybox();
        let alias = loop {
            let alias = Alias::draw(&self.entropy.seed());
            if !keybox.is_taken(&hash_of(&alias)) {
                break alias;
            }
        };
        let drawn = Live {
            secret: LiveSecret::draw(&self.entropy.seed()),
            alias,
        };
        // Durable before the row is written. A row that is not written leaves an alias that nothing is shown for.
        let added = keybox.add_token(member, hash_of(&drawn.alias), TokenKind::Alias);
        added.map_err(|_| Refusal::KeysFailed)?;
        let new = drawn.clone();
        let kept = self.member_work(member, move |work| keep(work, member, account, &new));
        let is_kept = kept.as_ref().is_ok_and(|kept| kept.alias == drawn.alias);
        if !is_kept && kept != Err(Refusal::Unknown) {
            let revoked = keybox.revoke_token(&hash_of(&drawn.alias));
            revoked.map_err(|_| Refusal::KeysFailed)?;
        }
        kept
    }
}

/// What a member's live codes follow from.
#[derive(Clone, Debug)]
struct Live {
    alias: Alias,
    secret: LiveSecret,
}

impl PartialEq for Live {
    fn eq(&self, other: &Self) -> bool {
        self.alias == other.alias
    }
}

/// The row of an account, read.
fn live(view: &View<'_>, account: AccountId) -> Result<Option<Live>, Stop> {
    let codec = view.keys.history(account)?;
    let row = LIVE.row(view.tx, &codec, account.as_bytes())?;
    let Some(LiveRow::V1 { alias, secret }) = row else {
        return Ok(None);
    };
    let alias = Alias::parse(&alias.0).ok_or(Refusal::StoreDamaged)?;
    let secret = LiveSecret::from_bytes(secret.0);
    Ok(Some(Live { alias, secret }))
}

/// Keeps what was drawn, unless somebody else's stands there and counts.
fn keep(
    work: &mut Work<'_>,
    member: MemberId,
    account: AccountId,
    drawn: &Live,
) -> Result<Live, Stop> {
    if let Some(there) = live(&work.view(), account)? {
        let token = work.keys().keybox().token(&hash_of(&there.alias));
        if token.is_some_and(|token| token.state == TokenState::Active) {
            return Ok(there);
        }
    }
    let handle = Handle::from_bytes(work.view().member(member)?.handle);
    let row = LiveRow::V1 {
        alias: AliasDigits(drawn.alias.digits()),
        secret: LiveSecretRow(*drawn.secret.bytes()),
    };
    work.put_sealed(account, &LIVE, account.as_bytes(), &row)?;
    work.act(Done {
        actor: Actor::program(),
        act: Act::LiveCodeSet,
        subject: Some(handle),
        fields: &["code_secret"],
        because: ("membership", "agreement"),
    })?;
    Ok(drawn.clone())
}

/// The step of a moment and one on either side.
fn steps_around(moment: Moment) -> impl Iterator<Item = Step> {
    let step = Step::at(moment);
    [step, step.previous(), step.next()].into_iter()
}

/// What the keybox knows an alias by.
fn hash_of(alias: &Alias) -> TokenHash {
    TokenHash::from_bytes(alias.sha256())
}
