//! Sends baskets to the engine, many at once and in their order, and looks at every answer.

use std::collections::{BTreeMap, VecDeque};

use jifen::domain::ids::AccountId;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::commit::{IdempotencyKey, InOrder, Pending};
use jifen::engine::open::Open;
use jifen::engine::receipt::Outcome;
use jifen::engine::sale::TakeSale;
use jifen::engine::tokens::Presented;
use jifen::ledger::sale::ReceiptNo;
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::shop::Shop;

use super::basket::Basket;
use super::tills::{Tills, key_at_checkout};

/// How many commands may be on their way: more than a batch of the store takes.
const ON_THE_WAY_MAX: usize = 1_536;
/// The terminal that a replay's keys belong to.
const TERMINAL: &str = "replay";

/// What was sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Every household with its account, in the order of its name.
    pub(crate) households: BTreeMap<String, AccountId>,
    /// Baskets sent.
    pub(crate) sales: u64,
    /// Of these, baskets that an earlier run had sent.
    pub(crate) repeated: u64,
    /// The last time of sale in the file.
    pub(crate) last_sold_at: Moment,
}

/// Commands on their way.
pub(crate) struct Feed<'a> {
    shop: &'a Shop,
    /// Older baskets are not sent again.
    oldest: Moment,
    /// Whether baskets that are in the store are passed over until the first that is not.
    passing: bool,
    /// A basket that fails is not overtaken by a later one, which would earn without it.
    line: InOrder<'a>,
    waiting: VecDeque<(u64, bool, Pending)>,
    /// Whether a refusal was heard: those behind it are of no interest.
    failed: bool,
    /// Accounts by the households that they were opened for, those of earlier runs among them.
    known: BTreeMap<String, AccountId>,
    /// Whether each household is given the sign-up gift.
    gift: bool,
    /// The tills that send the baskets; without any they are handed to the engine.
    tills: Option<Tills>,
    /// A card of each household, for tills.
    cards: BTreeMap<String, String>,
    sent: Sent,
}

/// How a feed begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begins {
    /// Older baskets are not sent again.
    pub(crate) window_days: u32,
    /// Whether to begin at the first basket that is not in the store.
    pub(crate) resume: bool,
    /// Whether each household is given the sign-up gift.
    pub(crate) gift: bool,
}

impl<'a> Feed<'a> {
    /// A feed to a shop whose last commit bounds what is sent again.
    pub(crate) fn new(
        shop: &'a Shop,
        begins: Begins,
        tills: Option<Tills>,
    ) -> Result<Self, Failure> {
        let Begins {
            window_days,
            resume,
            gift,
        } = begins;
        let latest = shop.engine.now();
        let window = i64::from(window_days).saturating_mul(jifen::domain::time::MILLIS_A_DAY);
        Ok(Self {
            shop,
            oldest: latest.plus_millis(window.saturating_neg()),
            passing: resume,
            line: shop.engine.in_order(),
            waiting: VecDeque::new(),
            failed: false,
            known: shop.engine.accounts_by_reference()?,
            gift,
            tills,
            cards: BTreeMap::new(),
            sent: Sent::default(),
        })
    }

    /// Sends a basket, after its household where it is new.
    pub(crate) fn send(&mut self, basket: Basket) -> Result<(), Failure> {
        self.sent.last_sold_at = self.sent.last_sold_at.max(basket.sold_at);
        let known = self.known.get(&basket.household).copied();
        let account = known.map_or_else(|| self.shop.engine.draw_account(), Ok)?;
        self.known.insert(basket.household.clone(), account);
        self.sent
            .households
            .insert(basket.household.clone(), account);
        if basket.sold_at < self.oldest {
            return Ok(());
        }
        let mut key = key_of(basket.sold_at, &["basket", &basket.id]);
        if self.tills.is_some() {
            key = key_at_checkout(&basket.household, &key);
        }
        if self.passing {
            if let Some(Outcome::Done(_)) = self.shop.engine.status(&key)? {
                return Ok(());
            }
            self.passing = false;
        }
        self.shop.clock.follow(basket.sold_at);
        if known.is_none() {
            let open = Open {
                account,
                reference: basket.household.clone(),
                gift: self.gift,
            };
            let key = key_of(basket.sold_at, &["household", &basket.household]);
            self.push(basket.line_number, false, self.line.send(&key, open))?;
        }
        if self.tills.is_some() {
            return self.send_by_till(account, basket, &key);
        }
        let line = basket.line_number;
        let sale = TakeSale {
            account,
            receipt: ReceiptNo {
                store: basket.store,
                till: "1".to_owned(),
                number: basket.id,
            },
            sold_at: basket.sold_at,
            lines: basket.lines,
            holds: Vec::new(),
            presented: Presented::default(),
        };
        self.push(line, true, self.line.send(&key, sale))
    }

    /// Hands a basket to a till: its household has an account and a card by then.
    fn send_by_till(
        &mut self,
        account: AccountId,
        basket: Basket,
        key: &IdempotencyKey,
    ) -> Result<(), Failure> {
        while !self.waiting.is_empty() {
            self.hear()?;
        }
        let card = match self.cards.get(&basket.household) {
            Some(card) => card.clone(),
            None => self.shop.engine.issue_card(account)?.digits(),
        };
        self.cards.insert(basket.household.clone(), card.clone());
        match &self.tills {
            Some(tills) => tills.send(basket, card, key),
            None => Ok(()),
        }
    }

    /// A household with an account and a card that it got elsewhere.
    pub(crate) fn introduce(&mut self, household: &str, account: AccountId, card: String) {
        self.known.insert(household.to_owned(), account);
        self.cards.insert(household.to_owned(), card);
    }

    /// Whether a household has an account.
    pub(crate) fn knows(&self, household: &str) -> bool {
        self.known.contains_key(household)
    }

    /// Waits for all answers.
    /// `read` is how the reading of the file ended: by the first refusal, if one was heard meanwhile; what came before a
    /// broken line is in, and a refusal among it is told before the line.
    pub(crate) fn finish(mut self, read: Result<(), Failure>) -> Result<Sent, Failure> {
        if self.failed {
            return read.map(|()| self.sent);
        }
        while !self.waiting.is_empty() {
            self.hear()?;
        }
        if let Some(tills) = &mut self.tills {
            let (sales, repeated) = tills.finish()?;
            self.sent.sales = sales;
            self.sent.repeated = repeated;
        }
        read.map(|()| self.sent)
    }

    fn push(&mut self, line: u64, is_sale: bool, pending: Pending) -> Result<(), Failure> {
        self.waiting.push_back((line, is_sale, pending));
        if ON_THE_WAY_MAX <= self.waiting.len() {
            self.hear()
        } else {
            Ok(())
        }
    }

    /// Waits for the oldest answer.
    fn hear(&mut self) -> Result<(), Failure> {
        let Some((line, is_sale, pending)) = self.waiting.pop_front() else {
            return Ok(());
        };
        let answer = pending.wait().map_err(|refusal| {
            self.failed = true;
            refused(line, refusal)
        })?;
        if is_sale {
            self.sent.sales = self.sent.sales.saturating_add(1);
            let again = u64::from(answer.repeated);
            self.sent.repeated = self.sent.repeated.saturating_add(again);
        }
        Ok(())
    }
}

fn refused(line: u64, refusal: Refusal) -> Failure {
    Failure::from(refusal).at(
        &format!("第 {line} 行的购物篮"),
        &format!("the basket at line {line}"),
    )
}

/// A key in the form of a `UUIDv7`: the time, then a hash of the parts.
pub(crate) fn key_of(at: Moment, parts: &[&str]) -> IdempotencyKey {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let mut uuid = [0; 16];
    let time = at.millis().to_be_bytes();
    for (to, from) in uuid.iter_mut().zip(time.iter().skip(2).chain(&hash)) {
        *to = *from;
    }
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut uuid;
    *version = (*version & 0x0f) | 0x70;
    *variant = (*variant & 0x3f) | 0x80;
    IdempotencyKey {
        terminal: TERMINAL.to_owned(),
        uuid,
    }
}
