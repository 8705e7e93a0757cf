//! What the server keeps of somebody who stands at a screen: the language, how pages look, what was typed so far on the
//! way to a membership. It is in memory alone, under the session's cookie, and is wiped with it (kiosk-ui §2).

use jifen::domain::ids::MemberId;
use jifen::domain::refusal::AccountState;
use jifen::domain::time::Moment;
use jifen::engine::commit::IdempotencyKey;
use jifen::policy::notice::Language;
use jifen::policy::purpose::Purpose;
use jifen::vault::tokens::CardNumber;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How a person wishes to see the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Larger text (适老版).
    pub(crate) large: bool,
    /// Everything that is touched is in the lower half.
    pub(crate) low: bool,
    /// Black and white.
    pub(crate) contrast: bool,
}

/// One visit.
pub(crate) struct Visit {
    /// Who is signed in.
    pub(crate) member: Option<MemberId>,
    /// The language of its pages.
    pub(crate) language: Language,
    /// How they look.
    pub(crate) look: Look,
    /// What a customer has told on the way to a membership.
    pub(crate) joining: Option<Joining>,
    /// The card that was made in this visit: shown until the visit ends.
    pub(crate) joined: Option<(CardNumber, AccountState)>,
    /// What the next page says first: what was done.
    pub(crate) told: Option<String>,
    /// The code that the member may say to a cashier, and until when.
    pub(crate) typed: Option<(String, Moment)>,
    /// Whether the next page of the member's data is in clear.
    pub(crate) unmasked: bool,
    /// Where a copy waits to be taken, and until when.
    pub(crate) copy: Option<(String, Moment)>,
    /// A complaint that was just written.
    pub(crate) taken: Option<Taken>,
    /// Number and reference of a complaint that is followed.
    pub(crate) followed: Option<(String, String)>,
    /// What the key of the erasure is drawn from, once the member is asked for the PIN.
    pub(crate) leaving: Option<[u8; 32]>,
    /// The key of the erasure that this visit ended with: its receipt is shown until the visit ends.
    pub(crate) left: Option<IdempotencyKey>,
}

/// What somebody takes home who has complained: the reference is shown once.
#[derive(Clone)]
pub(crate) struct Taken {
    /// Its number.
    pub(crate) number: String,
    /// What is asked for beside the number, in groups.
    pub(crate) reference: String,
    /// On which day it is answered.
    pub(crate) due: String,
}

impl Visit {
    /// A visit of somebody who is not known.
    pub(crate) const fn new(language: Language) -> Self {
        Self {
            member: None,
            language,
            look: Look {
                large: false,
                low: false,
                contrast: false,
            },
            joining: None,
            joined: None,
            told: None,
            typed: None,
            unmasked: false,
            copy: None,
            taken: None,
            followed: None,
            leaving: None,
            left: None,
        }
    }

    /// A visit of a member.
    pub(crate) const fn of_member(member: MemberId, language: Language) -> Self {
        let mut visit = Self::new(language);
        visit.member = Some(member);
        visit
    }
}

/// What a customer has told on the way to a membership. It prints nothing and is wiped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Joining {
    /// The version of the notice that was read.
    pub(crate) notice: String,
    /// The mobile number as it was typed.
    pub(crate) mobile: String,
    /// The surname or name as it was typed.
    pub(crate) name: String,
    /// The word of the title: `mr`, `ms` or `full`.
    pub(crate) title: String,
    /// Whether they are 18 or older.
    pub(crate) age: bool,
    /// The version of the agreement that was accepted; empty where none was.
    pub(crate) agreement: String,
    /// The optional purposes that were ticked.
    #[zeroize(skip)]
    pub(crate) consents: Vec<Purpose>,
    /// Whether the page of the boxes was sent.
    pub(crate) chosen: bool,
    /// What the idempotency key is drawn from: the same for the same answers, so a second press makes no second member.
    pub(crate) seed: [u8; 32],
}

impl Joining {
    /// Somebody who has read the notice and told nothing so far.
    pub(crate) fn new(notice: &str, seed: [u8; 32]) -> Self {
        Self {
            notice: notice.to_owned(),
            mobile: String::new(),
            name: String::new(),
            title: "full".to_owned(),
            age: false,
            agreement: String::new(),
            consents: Vec::new(),
            chosen: false,
            seed,
        }
    }
}
