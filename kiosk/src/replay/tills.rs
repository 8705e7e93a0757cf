//! Tills that send baskets to the store over HTTP, as signed POS v1 sales: many at once, and each household's in order,
//! since every household shops at one till.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use jifen::domain::refusal::Refusal;
use jifen::engine::commit::IdempotencyKey;
use jifen_pos::client::{Budget, Client};
use jifen_pos::key::Key;
use jifen_pos::message::basket::{Line, LineKind, Slip};
use jifen_pos::message::identify::Identify;
use jifen_pos::message::sale::{Member, Sale};
use jifen_pos::numbers::MemoryNumbers;
use jifen_pos::signature::Credential;
use jifen_pos::spool::MemorySpool;
use jifen_pos::till::{Call, Till, TillError};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::failure::Failure;
use crate::http::{Limits, Listeners, listen};
use crate::route::route;
use crate::shop::Shop;

use super::basket::Basket;

/// Terminals, each with its own key and sequence numbers.
const TERMINALS: usize = 16;
/// Households shop at one of so many checkouts, fourteen to a terminal: fewer than the edge takes in work at once, and
/// enough for every commit of the store to carry many sales.
const CHECKOUTS: usize = 224;
/// How many baskets may wait at a checkout before the file is read on, so that one busy household holds nobody up.
const WAITING_MAX: usize = 16;
/// How often a sale without an answer is sent again.
const TRIES: u32 = 24;

/// How the member is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The card is identified first, and the sale goes under its token.
    Identified,
    /// As sales that were kept until they could be sent: under the card and the time it was scanned.
    Spooled,
}

/// The store's door for tills, open on loopback, and the terminals that may use it.
pub(crate) struct Counter {
    listeners: Option<Listeners>,
    clients: Vec<Arc<Client>>,
}

impl Counter {
    /// Opens the door, for tills alone.
    pub(crate) fn open(shop: &Shop) -> Result<Self, Failure> {
        let loopback = ([127, 0, 0, 1], 0).into();
        Self::open_at(shop, None, loopback)
    }

    /// Opens the door, and the screen's where it has an address. The store's business time follows what is sold.
    pub(crate) fn open_at(
        shop: &Shop,
        screen: Option<std::net::SocketAddr>,
        edge: std::net::SocketAddr,
    ) -> Result<Self, Failure> {
        let clock = shop.clock.clone();
        let app = App::new(shop.engine.clone(), shop.clock.clone())?;
        let app = Arc::new(app.following(Box::new(move |sold_at| clock.follow(sold_at))));
        let listeners = listen(&route(app.clone()), screen, Some(edge), Limits::new(1_024))?;
        let edge = listeners.edge().unwrap_or(edge);
        app.answer_to(vec![edge.to_string()]);
        let clients = (0..TERMINALS).map(|number| client(shop, edge, number));
        let clients = clients.collect::<Result<Vec<_>, _>>();
        match clients {
            Ok(clients) => Ok(Self {
                listeners: Some(listeners),
                clients,
            }),
            Err(failure) => {
                listeners.stop();
                Err(failure)
            }
        }
    }

    /// Where the doors are.
    pub(crate) fn listeners(&self) -> Option<&Listeners> {
        self.listeners.as_ref()
    }

    /// One till, for a visit that is made step by step.
    pub(crate) fn till(&self) -> Option<&Client> {
        self.clients.first().map(|client| &**client)
    }

    /// Checkouts that send baskets.
    pub(crate) fn tills(&self, manner: Manner, exponent: u32) -> Result<Tills, Failure> {
        let shared = Arc::new(Shared::default());
        let mut checkouts = Vec::new();
        for (number, client) in (0..CHECKOUTS).zip(self.clients.iter().cycle()) {
            let (jobs, inbox) = sync_channel(WAITING_MAX);
            let (client, shared) = (client.clone(), shared.clone());
            let thread = std::thread::Builder::new().name(format!("checkout-{number}"));
            let thread = thread.spawn(move || work(&client, &inbox, manner, exponent, &shared))?;
            checkouts.push(Checkout { jobs, thread });
        }
        Ok(Tills { checkouts, shared })
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        if let Some(listeners) = self.listeners.take() {
            listeners.stop();
        }
    }
}

fn terminal_name(number: usize) -> String {
    format!("replay-{number}")
}

fn client(shop: &Shop, edge: std::net::SocketAddr, number: usize) -> Result<Arc<Client>, Failure> {
    let name = terminal_name(number);
    let terminal = match shop.engine.terminal(&name) {
        Err(Refusal::TerminalUnknown) => shop.engine.add_terminal(&name)?,
        other => other?,
    };
    let key = shop.engine.terminal_key(&name, terminal.generation);
    let unfit = |what: String| Failure::new("till_unfit", what.clone(), what);
    let credential = Credential::new(&name, terminal.generation, &key)
        .map_err(|error| unfit(error.to_string()))?;
    let numbers = MemoryNumbers::above(wall_millis(shop));
    let origin = format!("http://{edge}");
    let client = Client::new(&origin, credential, MemorySpool::default(), numbers);
    let client = client.map_err(|error| unfit(error.to_string()))?;
    Ok(Arc::new(client.with_budget(Budget::HARD)))
}

fn wall_millis(shop: &Shop) -> u64 {
    use jifen::engine::clock::Clock as _;

    u64::try_from(shop.clock.wall().millis()).unwrap_or(0)
}

/// Which checkout a household shops at.
fn checkout_of(household: &str) -> usize {
    let hash = Sha256::digest(household);
    let [first, ..]: [u8; 32] = hash.into();
    usize::from(first).checked_rem(CHECKOUTS).unwrap_or(0)
}

/// The key of a household's basket belongs to the terminal of its checkout.
pub(crate) fn key_at_checkout(household: &str, key: &IdempotencyKey) -> IdempotencyKey {
    let checkout = checkout_of(household);
    IdempotencyKey {
        terminal: terminal_name(checkout.checked_rem(TERMINALS).unwrap_or(0)),
        uuid: key.uuid,
    }
}

/// A basket on its way.
struct Job {
    basket: Basket,
    card: String,
    key: Key,
}

struct Checkout {
    jobs: SyncSender<Job>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    sales: AtomicU64,
    repeated: AtomicU64,
    failure: Mutex<Option<(u64, Failure)>>,
}

/// Checkouts at work.
pub(crate) struct Tills {
    checkouts: Vec<Checkout>,
    shared: Arc<Shared>,
}

impl Tills {
    /// Hands a basket to its household's checkout, as soon as that has room.
    pub(crate) fn send(
        &self,
        basket: Basket,
        card: String,
        key: &IdempotencyKey,
    ) -> Result<(), Failure> {
        let key = Key::from_bytes(key.uuid).map_err(|_| Failure::from(Refusal::BadKey))?;
        let checkout = self.checkouts.get(checkout_of(&basket.household));
        let job = Job { basket, card, key };
        let sent = checkout.is_some_and(|checkout| checkout.jobs.send(job).is_ok());
        if sent && self.shared.failure.lock().is_none() {
            Ok(())
        } else {
            Err(self.failure().unwrap_or_else(Failure::bug))
        }
    }

    /// Waits for every answer: how many sales were answered, and how many of these were known before.
    pub(crate) fn finish(&mut self) -> Result<(u64, u64), Failure> {
        for Checkout { jobs, thread } in self.checkouts.drain(..) {
            drop(jobs);
            if thread.join().is_err() {
                return Err(Failure::bug());
            }
        }
        match self.failure() {
            Some(failure) => Err(failure),
            None => Ok((
                self.shared.sales.load(Ordering::SeqCst),
                self.shared.repeated.load(Ordering::SeqCst),
            )),
        }
    }

    /// The first refusal by the order of the file.
    fn failure(&self) -> Option<Failure> {
        let (line, failure) = self.shared.failure.lock().take()?;
        Some(failure.at(
            &format!("第 {line} 行的购物篮"),
            &format!("the basket at line {line}"),
        ))
    }
}

fn work(client: &Client, inbox: &Receiver<Job>, manner: Manner, exponent: u32, shared: &Shared) {
    while let Ok(job) = inbox.recv() {
        if shared.failure.lock().is_some() {
            return;
        }
        match sell(client, &job, manner, exponent) {
            Ok(repeated) => {
                shared.sales.fetch_add(1, Ordering::SeqCst);
                shared
                    .repeated
                    .fetch_add(u64::from(repeated), Ordering::SeqCst);
            }
            Err(error) => {
                let failure = of_till(&error);
                let mut first = shared.failure.lock();
                let line = job.basket.line_number;
                if first.as_ref().is_none_or(|(earlier, _)| line < *earlier) {
                    *first = Some((line, failure));
                }
                return;
            }
        }
    }
}

/// Sends one basket until it is answered: whether it was known before.
fn sell(client: &Client, job: &Job, manner: Manner, exponent: u32) -> Result<bool, TillError> {
    let sold_at = job.basket.sold_at.to_rfc3339();
    let token = match manner {
        Manner::Spooled => None,
        Manner::Identified => {
            let call = client.new_call().map_err(TillError::NotSent)?;
            let identify = Identify {
                code: job.card.clone(),
            };
            Some(client.identify(&call, &identify)?.sale_token)
        }
    };
    let member = match &token {
        Some(token) => Member::Token(token),
        None => Member::Code {
            code: &job.card,
            scanned_at: &sold_at,
        },
    };
    let slip = Slip::new(&job.basket.store, "1", &job.basket.id);
    let lines = job
        .basket
        .lines
        .iter()
        .map(|line| wire_line(line, exponent));
    let sale = Sale::new(member, slip, &sold_at, lines.collect());
    let call = Call::new(job.key);
    let mut tries = TRIES;
    loop {
        tries = tries.saturating_sub(1);
        match client.sale(&call, &sale) {
            Ok(sold) => return Ok(sold.repeated),
            Err(TillError::NoAnswer { .. }) if 0 < tries => {}
            Err(error) => return Err(error),
        }
    }
}

/// A line in the words of POS v1.
pub(crate) fn wire_line(line: &jifen::domain::basket::Line, exponent: u32) -> Line {
    use jifen::domain::basket::LineKind as Kind;

    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let thousandths = jifen::domain::money::Money::from_minor(line.quantity.thousandths());
    Line {
        product: line.product.clone(),
        department: some(&line.department),
        category: some(&line.category),
        kind: match line.kind {
            Kind::Goods => LineKind::Goods,
            Kind::TopUp => LineKind::TopUp,
            Kind::GiftCard => LineKind::GiftCard,
            Kind::Deposit => LineKind::Deposit,
            Kind::Tip => LineKind::Tip,
            Kind::Fee => LineKind::Fee,
        },
        quantity: thousandths.display(3),
        paid: line.paid.display(exponent),
    }
}

/// Why a till could not do what it was told.
pub(crate) fn of_till(error: &TillError) -> Failure {
    let words = error.words();
    let code = match error {
        TillError::Refused(refused) => refused.code.to_string(),
        TillError::NoAnswer { .. } => "no_answer".to_owned(),
        TillError::AnswerNotAuthentic { .. } => "answer_not_authentic".to_owned(),
        TillError::KeyNotPinned => "key_not_pinned".to_owned(),
        TillError::AnswerUnreadable => "answer_unreadable".to_owned(),
        TillError::NotSent(_) => "not_sent".to_owned(),
    };
    Failure::new("till_refused", words.zh, words.en).at(&code, &code)
}
