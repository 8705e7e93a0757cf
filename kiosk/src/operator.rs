//! What is done on the shop's own machine by whoever runs it: `jifen member erase`, `jifen audit checkpoint`,
//! `jifen key rotate`. Each leaves a line in the audit.

mod pairs;

use std::io::Write;

use jifen::domain::ids::MemberId;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::Engine;
use jifen::engine::audit::Actor;
use jifen::engine::clock::Entropy as _;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::erase::By;
use jifen::policy::grant::{Ask, decide};
use serde::{Deserialize, Serialize};

use crate::clock::OsEntropy;
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::lang::Lang;

/// What the operator wishes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// Erase the member whose card this is, and give the receipt.
    Erase {
        card: String,
        /// The points that the member was told to lose.
        points: Option<i64>,
    },
    /// Add another record of the same person to the one that stays, or say what would move.
    Merge {
        card: String,
        other: String,
        /// The member's PIN, once the member has seen what moves and has confirmed it.
        pin: Option<Typed>,
    },
    /// Make two records of a pair again.
    Unmerge {
        card: String,
        other: String,
        confirmed: bool,
    },
    /// Sign the audit as it is.
    Checkpoint,
    /// Give a bucket another key: all of them where none is said.
    Rotate(Option<u8>),
    /// Give a secret that sets a new PIN once, for the member whose card this is.
    PinReset { card: String },
    /// Give the member whose card this is another one.
    Card { card: String },
    /// Say that the phone is that of the member whose card this is.
    VerifyPhone { card: String },
}

/// Something typed that prints as nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Typed(pub(crate) String);

impl core::fmt::Debug for Typed {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Typed(..)")
    }
}

impl Drop for Typed {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// How many buckets of keys there are, the system's the last.
const BUCKETS: u8 = 65;

/// Does it.
pub(crate) fn operate(
    engine: &Engine,
    keeper: &Keeper,
    wish: &Wish,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match wish {
        Wish::Erase { card, points } => erase(engine, keeper, card, *points, out),
        Wish::Merge { card, other, pin } => {
            let said = (card.as_str(), other.as_str());
            pairs::merge(engine, keeper, said, pin.as_ref(), lang, out)
        }
        Wish::Unmerge {
            card,
            other,
            confirmed,
        } => pairs::unmerge(engine, keeper, (card, other), *confirmed, lang, out),
        Wish::Checkpoint => {
            write!(out, "{}", keeper.checkpoint()?)?;
            Ok(())
        }
        Wish::Rotate(bucket) => {
            let buckets = bucket.map_or(0..BUCKETS, |bucket| bucket..bucket.saturating_add(1));
            for bucket in buckets {
                let epoch = engine.rotate(bucket)?;
                let words = lang.pick("新密钥，代次", "has a new key of epoch");
                writeln!(out, "{bucket:02x} {words} {epoch}")?;
            }
            keeper.checkpoint()?;
            Ok(())
        }
        Wish::PinReset { card } => {
            let secret = engine.issue_pin_reset(card, &Actor::operator())?;
            let until = lang.pick("15 分钟内有效，只能用一次", "good once, for 15 minutes");
            writeln!(out, "{} ({until})", secret.grouped())?;
            Ok(())
        }
        Wish::Card { card } => {
            let member = member_of(engine, card)?;
            let reissued = engine.reissue_card(&new_key()?, member, &Actor::operator())?;
            writeln!(out, "{}", reissued.card.grouped())?;
            Ok(())
        }
        Wish::VerifyPhone { card } => {
            let member = member_of(engine, card)?;
            engine.verify_phone_by_staff(member, &Actor::operator())?;
            writeln!(out, "{}", lang.pick("已核验", "verified"))?;
            Ok(())
        }
    }
}

fn member_of(engine: &Engine, card: &str) -> Result<MemberId, Failure> {
    Ok(engine.member_of_account(engine.account_of_card(card)?)?)
}

fn new_key() -> Result<IdempotencyKey, Failure> {
    Ok(IdempotencyKey::drawn("operator", &OsEntropy::new()?.seed()))
}

fn erase(
    engine: &Engine,
    keeper: &Keeper,
    card: &str,
    points: Option<i64>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let account = engine.account_of_card(card)?;
    let member = engine.member_of_account(account)?;
    let ask = Ask::OwnData {
        signed_in: member,
        member,
    };
    let leave = decide(&ask).map_err(|_| Refusal::TokenUnknown)?;
    let farewell = engine.farewell(member, &leave)?;
    let confirmed = points.and_then(Points::new);
    let Some(confirmed) = confirmed else {
        // Shown first, and confirmed with the number (PTS-07).
        return Err(Refusal::ErasureUnconfirmed {
            points: farewell.points,
        }
        .into());
    };
    let key = new_key()?;
    let receipt = engine.erase(&key, member, By::Operator, confirmed)?;
    keeper.checkpoint()?;
    let text = serde_json::to_string_pretty(&receipt).map_err(|_| Failure::bug())?;
    writeln!(out, "{text}")?;
    Ok(())
}
