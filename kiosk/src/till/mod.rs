//! The store as a till sees it: `Till` in process, for one terminal. The routes of POS v1 call it, and every dialect that
//! is mounted here will. It parses on the way in, renders on the way out, and holds no rule.

mod wire;

use jifen::domain::ids::AccountId;
use jifen::domain::refusal::Refusal;
use jifen::engine::Engine;
use jifen::engine::commit::{IdempotencyKey, Kind, Sender, Verb};
use jifen::engine::hold as engine_hold;
use jifen::engine::receipt::{Answer, Outcome as Kept, Receipt};
use jifen::engine::refund::TakeRefund;
use jifen::engine::reverse::{Original as EngineOriginal, Reverse};
use jifen::engine::sale::{TakeSale, UseHold};
use jifen::engine::tokens::Role;
use jifen_pos::message::Request as _;
use jifen_pos::message::hold::{Capture, Captured, Held, Hold, Void, Voided};
use jifen_pos::message::identify::{Identified, Identify};
use jifen_pos::message::quote::{Quote, Quoted};
use jifen_pos::message::refund::{
    OfSale, Original, Refund, Refunded, Reversal, Reversed, SlipKind,
};
use jifen_pos::message::sale::{Member, Sale, Sold};
use jifen_pos::message::service::{Deed, Diagnose, Diagnosis, Outcome, SignOn, SignedOn, Status};
use jifen_pos::till::{Call, Till, TillError};

use crate::refused::refused;
use wire::Wire;

/// One terminal's request, at the counter of the store.
pub(crate) struct Counter<'a> {
    pub(crate) engine: &'a Engine,
    /// Which terminal, and the generation of the key that it signed with.
    pub(crate) terminal: &'a str,
    pub(crate) generation: u32,
    /// The sequence number that was signed; none for dialects that have other ways.
    pub(crate) sequence: Option<u64>,
    /// The clock on the wall, in milliseconds since 1970, and when the request was signed.
    pub(crate) wall_millis: i64,
    pub(crate) created_seconds: u64,
    /// Called when the business time of what is sent is known, before it is carried out: where a day is replayed, the
    /// clock follows it.
    pub(crate) follow: Option<&'a (dyn Fn(jifen::domain::time::Moment) + Send + Sync)>,
}

impl Counter<'_> {
    fn sender(&self, call: &Call) -> Sender {
        Sender {
            key: self.key(*call.key.bytes()),
            sequence: self.sequence,
        }
    }

    fn key(&self, uuid: [u8; 16]) -> IdempotencyKey {
        IdempotencyKey {
            terminal: self.terminal.to_owned(),
            uuid,
        }
    }

    fn wire(&self) -> Result<Wire, TillError> {
        Wire::of(self.engine).map_err(no)
    }

    fn run<V: Verb>(&self, call: &Call, verb: V) -> Result<Answer, TillError> {
        self.engine.run_signed(&self.sender(call), verb).map_err(no)
    }

    /// Tells the clock of a time of sale that is to come, where it follows one.
    fn follow(&self, sold_at: jifen::domain::time::Moment) {
        if let Some(follow) = self.follow {
            follow(sold_at);
        }
    }

    fn unfit() -> TillError {
        no(Refusal::StoreDamaged)
    }

    /// The account of an earlier sale, and the sale.
    fn sale_of(
        &self,
        sale: &OfSale<'_>,
    ) -> Result<(AccountId, jifen::domain::ids::SaleId, Role), TillError> {
        match sale {
            OfSale::Token(token) => {
                let holder = self.engine.holder(token).map_err(no)?;
                let sale = holder.sale.ok_or_else(|| no(Refusal::SaleUnknown))?;
                Ok((holder.account, sale, holder.role))
            }
            OfSale::Receipt(slip) => {
                let receipt = wire::receipt(slip);
                let found = self.engine.answer_of_receipt(Kind::Sale, &receipt);
                match found.map_err(no)? {
                    Some((account, Kept::Done(Receipt::Sold(sold)))) => {
                        Ok((account, sold.sale, Role::Earn))
                    }
                    Some(_) | None => Err(no(Refusal::SaleUnknown)),
                }
            }
        }
    }
}

/// A "no" of the engine, as a till hears it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn no(refusal: Refusal) -> TillError {
    TillError::Refused(refused(&refusal))
}

impl Till for Counter<'_> {
    fn identify(&self, call: &Call, request: &Identify) -> Result<Identified, TillError> {
        request.check()?;
        let known = self.engine.identify(&self.sender(call), &request.code);
        Ok(wire::identified(&known.map_err(no)?))
    }

    fn quote(&self, _: &Call, request: &Quote) -> Result<Quoted, TillError> {
        request.check()?;
        let wire = self.wire()?;
        let lines = wire.lines(&request.lines)?;
        let holder = self.engine.holder(&request.sale_token).map_err(no)?;
        let quote = self.engine.quote(holder.account, &lines).map_err(no)?;
        Ok(wire.quoted(&quote, holder.role))
    }

    fn hold(&self, call: &Call, request: &Hold) -> Result<Held, TillError> {
        request.check()?;
        let wire = self.wire()?;
        let lines = wire.lines(&request.lines)?;
        let holder = self.engine.holder(&request.sale_token).map_err(no)?;
        holder.role.check_may_redeem().map_err(no)?;
        // A token is for one sale, within half an hour; a retry still hears what its first try came to.
        if !holder.may_hold
            && self
                .engine
                .status(&self.key(*call.key.bytes()))
                .map_err(no)?
                .is_none()
        {
            return Err(no(Refusal::TokenUnknown));
        }
        let hold = engine_hold::PlaceHold {
            account: holder.account,
            points: wire::points(request.points).map_err(no)?,
            lines,
        };
        let answer = self.run(call, hold)?;
        if let Receipt::Held(placed) = &answer.receipt {
            Ok(wire.held(placed, answer.repeated))
        } else {
            Err(Self::unfit())
        }
    }

    fn capture(&self, call: &Call, request: &Capture) -> Result<Captured, TillError> {
        request.check()?;
        let wire = self.wire()?;
        let (account, hold) = self
            .engine
            .hold_at(wire::hold(&request.hold)?)
            .map_err(no)?;
        let points = match request.points {
            Some(points) => wire::points(points).map_err(no)?,
            None => hold.points,
        };
        let capture = engine_hold::Capture {
            account,
            hold: hold.id,
            points,
        };
        let answer = self.run(call, capture)?;
        if let Receipt::Captured(captured) = &answer.receipt {
            Ok(wire.captured(captured, answer.repeated))
        } else if let Receipt::Voided(voided) = &answer.receipt {
            // 0 points give it back.
            Ok(wire.captured_nothing(voided, answer.repeated))
        } else {
            Err(Self::unfit())
        }
    }

    fn void(&self, call: &Call, request: &Void) -> Result<Voided, TillError> {
        request.check()?;
        let (account, hold) = self
            .engine
            .hold_at(wire::hold(&request.hold)?)
            .map_err(no)?;
        let void = engine_hold::VoidHold {
            account,
            hold: hold.id,
        };
        let answer = self.run(call, void)?;
        if let Receipt::Voided(voided) = &answer.receipt {
            Ok(wire::voided(voided, answer.repeated))
        } else {
            Err(Self::unfit())
        }
    }

    fn sale(&self, call: &Call, request: &Sale) -> Result<Sold, TillError> {
        request.check()?;
        let wire = self.wire()?;
        let lines = wire.lines(&request.lines)?;
        let sold_at = wire::moment(&request.sold_at)?;
        let holder = match request
            .member()
            .map_err(jifen_pos::message::Refused::from)?
        {
            Member::Token(token) => self.engine.holder(token),
            Member::Code { code, scanned_at } => {
                let scanned_at = wire::moment(scanned_at)?;
                self.engine.holder_of_code(self.terminal, code, scanned_at)
            }
        };
        let holder = holder.map_err(no)?;
        let mut holds = Vec::new();
        for hold in &request.holds {
            holds.push(UseHold {
                hold: wire::hold(&hold.hold)?,
                points: hold.points.map(wire::points).transpose().map_err(no)?,
            });
        }
        self.follow(sold_at);
        let sale = TakeSale {
            account: holder.account,
            receipt: wire::receipt(&request.receipt),
            sold_at,
            lines,
            holds,
            presented: holder.presented.clone(),
        };
        let answer = self.run(call, sale)?;
        self.engine.settle_token(&holder.presented);
        if let Receipt::Sold(sold) = &answer.receipt {
            Ok(wire.sold(sold, holder.role, answer.repeated))
        } else {
            Err(Self::unfit())
        }
    }

    fn refund(&self, call: &Call, request: &Refund) -> Result<Refunded, TillError> {
        request.check()?;
        let wire = self.wire()?;
        let of = request
            .sale
            .of()
            .map_err(jifen_pos::message::Refused::from)?;
        let lines = wire.refund_lines(&request.lines)?;
        let (account, sale, role) = self.sale_of(&of)?;
        let refund = TakeRefund {
            account,
            receipt: wire::receipt(&request.receipt),
            sale,
            lines,
        };
        let answer = self.run(call, refund)?;
        if let Receipt::Refunded(refunded) = &answer.receipt {
            Ok(wire.refunded(refunded, role, answer.repeated))
        } else {
            Err(Self::unfit())
        }
    }

    fn reversal(&self, call: &Call, request: &Reversal) -> Result<Reversed, TillError> {
        request.check()?;
        let wire = self.wire()?;
        let original = request
            .original()
            .map_err(jifen_pos::message::Refused::from)?;
        let found = match original {
            Original::Key(key) => self.engine.original_of_key(&self.key(*key.bytes())),
            Original::Slip(kind, slip) => {
                let kind = match kind {
                    SlipKind::Sale => Kind::Sale,
                    SlipKind::Refund => Kind::Refund,
                    SlipKind::Redeem => Kind::Redeem,
                };
                self.engine.original_of_receipt(kind, &wire::receipt(slip))
            }
        };
        let (account, original): (AccountId, EngineOriginal) = found.map_err(no)?;
        let answer = self.run(call, Reverse { account, original })?;
        wire.reversed(&answer.receipt, answer.repeated)
            .ok_or_else(Self::unfit)
    }

    fn status(&self, _: &Call, request: &Status) -> Result<Outcome, TillError> {
        let wire = self.wire()?;
        let kept = self.engine.status(&self.key(*request.key.bytes()));
        match kept.map_err(no)? {
            None => Err(no(Refusal::OperationUnknown)),
            Some(Kept::Refused(refusal)) => Ok(Outcome::Refused {
                refusal: refused(&refusal),
            }),
            Some(Kept::Done(receipt)) => {
                let deed = Self::deed(&wire, &receipt);
                deed.map(Outcome::Done)
                    .ok_or_else(|| no(Refusal::OperationUnknown))
            }
        }
    }

    fn sign_on(&self, _: &Call, request: &SignOn) -> Result<SignedOn, TillError> {
        request.check()?;
        let created = i64::try_from(self.created_seconds).unwrap_or(i64::MAX);
        let created = created.saturating_mul(1_000);
        Ok(SignedOn {
            time: wire::time(self.wall_millis),
            offset_millis: self.wall_millis.saturating_sub(created),
            versions: vec![1],
            capabilities: vec!["redeem".to_owned()],
        })
    }

    fn diagnose(&self, _: &Call, request: &Diagnose) -> Result<Diagnosis, TillError> {
        request.check()?;
        Ok(Diagnosis {
            time: wire::time(self.wall_millis),
            terminal: self.terminal.to_owned(),
            generation: self.generation,
            key_until: None,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            ready: self.engine.trusts_clock(),
        })
    }
}

impl Counter<'_> {
    /// What was done, as it was answered; balances are left out, since the code that allowed them is not known here.
    fn deed(wire: &Wire, receipt: &Receipt) -> Option<Deed> {
        match receipt {
            Receipt::Held(held) => Some(Deed::Hold(wire.held(held, true))),
            Receipt::Captured(captured) => Some(Deed::Capture(wire.captured(captured, true))),
            Receipt::Voided(voided) => Some(Deed::Void(wire::voided(voided, true))),
            Receipt::Sold(sold) => Some(Deed::Sale(wire.sold(sold, Role::Earn, true))),
            Receipt::Refunded(refunded) if refunded.void => {
                wire.reversed(receipt, true).map(Deed::Reversal)
            }
            Receipt::Refunded(refunded) => {
                Some(Deed::Refund(wire.refunded(refunded, Role::Earn, true)))
            }
            Receipt::PointsReturned(_) => wire.reversed(receipt, true).map(Deed::Reversal),
            Receipt::Opened(_)
            | Receipt::Adjusted(_)
            | Receipt::Sanctioned(_)
            | Receipt::Identified(_)
            | Receipt::Joined(_)
            | Receipt::Corrected(_)
            | Receipt::CardReissued(_)
            | Receipt::Merged(_)
            | Receipt::Unmerged(_) => None,
        }
    }
}
