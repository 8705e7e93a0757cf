//! People of tests: a shop with a notice, what they fill in, the cards they get, what a till does with them, and what
//! stands in the store when they have gone home. Every name and number is invented.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Barrier};

use jifen::domain::ids::{AccountId, HoldId, MemberId};
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::clock::{Clock, Entropy, GivenClock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::commit::{IdempotencyKey, Sender};
use jifen::engine::enrol::{Application, Enrolled};
use jifen::engine::escrow::NoEscrow;
use jifen::engine::hold::PlaceHold;
use jifen::engine::keys::Keys;
use jifen::engine::member::OwnData;
use jifen::engine::receipt::{Answer, Receipt};
use jifen::engine::sale::{TakeSale, UseHold};
use jifen::engine::tokens::{Holder, Known};
use jifen::engine::{Engine, Review, Settings};
use jifen::policy::agreement::{Acceptance, AgreementKind};
use jifen::policy::grant::{Ask, decide};
use jifen::policy::notice::{Language, Notice};
use jifen::store::memory::MemoryStore;
use jifen::store::{KeyValue, Store, Table};
use jifen::vault::Keybox;

use crate::bench::{Bench, DEMO};
use crate::story::line;
use crate::wishes::{noon, receipt};

/// The demo notice's text.
pub const NOTICE: &str = include_str!("../../fixtures/notices/demo.toml");

/// A PIN that most members of tests have.
pub const PIN: &str = "204957";

/// Every table of the engine.
pub const TABLES: &[&str] = &[
    "accounts",
    "acts",
    "business",
    "carried",
    "clocks",
    "days",
    "desk_tickets",
    "destructions",
    "entries",
    "epochs",
    "erasures",
    "holds",
    "install",
    "intents",
    "journal",
    "kept_from",
    "leaves",
    "live_codes",
    "login_days",
    "logins",
    "looks",
    "lots",
    "member_tickets",
    "members",
    "merged",
    "nodes",
    "notices",
    "owed",
    "postal",
    "programmes",
    "proposals",
    "proposed",
    "receipts",
    "sales",
    "sectors",
    "sign_ins",
    "staff",
    "staff_door",
    "terminals",
    "ticket_numbers",
    "tickets",
    "tokens",
    "totals",
    "tree",
    "windows",
];

/// A shop with a programme and a notice, and keys of its own: members of other tests are unknown to it.
pub struct Shop {
    /// Its engine and clock.
    pub bench: Bench,
    /// Its store.
    pub store: Arc<dyn Store>,
    /// Its keys.
    pub keys: Arc<Keys>,
}

/// Keys in memory that follow from this seed.
pub fn keys_of(seed: u8) -> Arc<Keys> {
    let seeds = SeededEntropy::new([seed; 32]);
    let keybox = Keybox::in_memory([seed; 16], Arc::new(move || seeds.seed()));
    Arc::new(Keys::new(keybox))
}

impl Shop {
    /// A shop over a store in memory, at noon.
    pub fn in_memory() -> Self {
        let keys = keys_of(9);
        let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
        Self::new(store, keys, DEMO)
    }

    /// A shop over an empty store that was opened with these keys.
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keys>, programme: &str) -> Self {
        let shop = Self::open(store, keys, noon(), 1);
        shop.engine().activate(programme).expect("it holds");
        shop.engine().publish(NOTICE).expect("it is whole");
        shop
    }

    /// The same store and keys after the process began anew; time goes on.
    pub fn reopened(&self, seed: u8) -> Self {
        let now = self.bench.clock.wall();
        Self::open(self.store.clone(), self.keys.clone(), now, seed)
    }

    fn open(
        store: Arc<dyn Store>,
        keys: Arc<Keys>,
        now: jifen::domain::time::Moment,
        seed: u8,
    ) -> Self {
        let entropy = Arc::new(SeededEntropy::new([seed; 32]));
        Self::drawing(store, keys, now, entropy)
    }

    /// A shop in memory that has this said about new members.
    pub fn reviewing(review: Review) -> Self {
        let keys = keys_of(9);
        let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
        let entropy = Arc::new(SeededEntropy::new([1; 32]));
        let settings = Settings {
            review,
            ..Settings::default()
        };
        let shop = Self::set(store, keys, noon(), entropy, settings);
        shop.engine().activate(DEMO).expect("it holds");
        shop.engine().publish(NOTICE).expect("it is whole");
        shop
    }

    /// A shop whose engine draws from this.
    pub fn drawing(
        store: Arc<dyn Store>,
        keys: Arc<Keys>,
        now: jifen::domain::time::Moment,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self::set(store, keys, now, entropy, Settings::default())
    }

    fn set(
        store: Arc<dyn Store>,
        keys: Arc<Keys>,
        now: jifen::domain::time::Moment,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Self {
        let clock = Arc::new(GivenClock::at(now));
        let engine = Engine::open(
            store.clone(),
            keys.clone(),
            clock.clone(),
            entropy,
            settings,
        );
        let engine = engine.expect("the store opens");
        engine.keep_escrow(Arc::new(NoEscrow));
        engine.resume_erasures().expect("nothing is owed");
        let bench = Bench { engine, clock };
        Self { bench, store, keys }
    }

    /// Its engine.
    pub fn engine(&self) -> &Engine {
        &self.bench.engine
    }

    /// So many milliseconds pass.
    pub fn wait(&self, millis: i64) {
        let later = self.bench.clock.wall().plus_millis(millis);
        self.bench.clock.follow(later);
    }

    /// The member that this form makes.
    pub fn join(&self, key: &IdempotencyKey, form: &Form) -> Person {
        let enrolled = form.send(self.engine(), key).expect("the form is right");
        self.person(&enrolled.card.digits(), &form.pin)
    }

    /// Whose card it is.
    pub fn person(&self, card: &str, pin: &str) -> Person {
        let account = self.engine().account_of_card(card).expect("a card");
        let keys = self.keys.keybox().of_account(&account).expect("keys");
        Person {
            card: card.to_owned(),
            pin: pin.to_owned(),
            member: keys.member,
            account,
        }
    }

    /// What a member told us.
    pub fn own_data(&self, member: MemberId) -> Result<OwnData, Refusal> {
        let signed_in = member;
        let leave = decide(&Ask::OwnData { signed_in, member }).expect("their own");
        self.engine().own_data(member, &leave)
    }

    /// A till asks who is there.
    pub fn identify(&self, key: &IdempotencyKey, code: &str) -> Result<Known, Refusal> {
        self.engine().identify(&Sender::from(key), code)
    }

    /// The token of a typed code, asked for and typed at once.
    pub fn shown(&self, key: &IdempotencyKey, person: &Person) -> String {
        let (code, _) = self.engine().typed_code(person.member).expect("a code");
        let known = self.identify(key, &code.digits()).expect("it is new");
        known.token.text()
    }

    /// A till sends a sale under a token, as the counter does.
    pub fn sell(
        &self,
        key: &IdempotencyKey,
        token: &str,
        number: &str,
        holds: &[HoldId],
    ) -> Result<Answer, Refusal> {
        let holder = self.engine().holder(token)?;
        let sale = sale_to(&holder, number, holds);
        let answer = self.engine().run(key, sale)?;
        self.engine().settle_token(&holder.presented);
        Ok(answer)
    }

    /// A till sets points aside under a token, as the counter does.
    pub fn hold(&self, key: &IdempotencyKey, token: &str, points: i64) -> Result<HoldId, Refusal> {
        let holder = self.engine().holder(token)?;
        holder.role.check_may_redeem()?;
        let place = PlaceHold {
            account: holder.account,
            points: Points::new(points).expect("points"),
            lines: vec![line("P:200.00")],
        };
        match self.engine().run(key, place)?.receipt {
            Receipt::Held(held) => Ok(held.hold),
            other => panic!("no hold: {other:?}"),
        }
    }

    /// What stands in every table.
    pub fn rows(&self) -> Rows {
        rows(&*self.store)
    }
}

/// A sale of 200.00 to whoever holds a token.
pub fn sale_to(holder: &Holder, number: &str, holds: &[HoldId]) -> TakeSale {
    let all_of = |hold: &HoldId| UseHold {
        hold: *hold,
        points: None,
    };
    TakeSale {
        account: holder.account,
        receipt: receipt(number),
        sold_at: noon(),
        lines: vec![line("P:200.00")],
        holds: holds.iter().map(all_of).collect(),
        presented: holder.presented.clone(),
    }
}

/// A member of a test.
#[derive(Clone)]
pub struct Person {
    /// The card's digits.
    pub card: String,
    /// The PIN.
    pub pin: String,
    /// The vault's name of them.
    pub member: MemberId,
    /// The ledger's.
    pub account: AccountId,
}

/// What an applicant fills in: right unless a test makes it wrong.
#[derive(Clone)]
pub struct Form {
    /// The language of the screen.
    pub language: Language,
    /// The name.
    pub name: String,
    /// The mobile number.
    pub mobile: String,
    /// The PIN.
    pub pin: String,
    /// Whether the box of the age is ticked.
    pub age_attested: bool,
    /// Which agreement was shown.
    pub kind: AgreementKind,
    /// Its version.
    pub agreement_version: String,
    /// Whether its box is ticked.
    pub accepted: bool,
    /// The notice's version.
    pub notice_version: String,
    /// The boxes.
    pub consents: Vec<(&'static str, bool)>,
    /// The kiosk.
    pub device: String,
}

impl Form {
    /// The form of the n-th person, who ticks no box that is not needed; n is below 10,000.
    pub fn of(number: u64) -> Self {
        let notice = Notice::parse(NOTICE).expect("it is whole");
        let kind = AgreementKind::Member;
        Self {
            language: Language::Zh,
            name: "王小明".to_owned(),
            mobile: format!("1380000{number:04}"),
            pin: PIN.to_owned(),
            age_attested: true,
            kind,
            agreement_version: notice.agreement_version(kind).to_owned(),
            accepted: true,
            notice_version: notice.version().to_owned(),
            consents: Vec::new(),
            device: "kiosk-1".to_owned(),
        }
    }

    /// Hands it in.
    pub fn send(&self, engine: &Engine, key: &IdempotencyKey) -> Result<Enrolled, Refusal> {
        let application = Application {
            language: self.language,
            name: &self.name,
            mobile: &self.mobile,
            pin: &self.pin,
            age_attested: self.age_attested,
            agreement: Acceptance {
                kind: self.kind,
                version: &self.agreement_version,
                accepted: self.accepted,
            },
            notice_version: &self.notice_version,
            consents: &self.consents,
            device: &self.device,
        };
        engine.enrol(key, &application)
    }
}

/// Tables by name, with all their rows.
pub type Rows = BTreeMap<&'static str, Vec<KeyValue>>;

/// What stands in every table of a store.
pub fn rows(store: &dyn Store) -> Rows {
    let tx = store.read().expect("the store reads");
    let table = |name: &'static str| {
        let mut rows = Vec::new();
        tx.scan(Table::new(name), &[], None, &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .expect("the store reads");
        (name, rows)
    };
    TABLES.iter().copied().map(table).collect()
}

/// How many rows each table has.
pub fn counts(rows: &Rows) -> BTreeMap<&'static str, usize> {
    let count = |(name, rows): (&&'static str, &Vec<KeyValue>)| (*name, rows.len());
    rows.iter().map(count).collect()
}

/// Runs `body` in so many threads that begin at once, and gives what each came to.
pub fn at_once<T: Send>(threads: u64, body: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(usize::try_from(threads).expect("a few"));
    std::thread::scope(|scope| {
        let begin = |number| {
            let (barrier, body) = (&barrier, &body);
            scope.spawn(move || {
                barrier.wait();
                body(number)
            })
        };
        let begun: Vec<_> = (0..threads).map(begin).collect();
        let ended = begun.into_iter().map(|thread| thread.join());
        ended.map(|it| it.expect("no panic")).collect()
    })
}
