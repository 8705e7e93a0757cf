//! A member leaves, in three screens: what is lost, the PIN, the receipt (DSR-03, PTS-07).

use askama::Template;
use http::Response;
use jifen::audit::receipt::DeletionReceipt;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::erase::Farewell;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::routes::rights::{erase_by_pin, forget};
use crate::visit::Visit;

use super::super::form::{Fault, Form};
use super::super::frame::{Frame, visit};
use super::super::{Answer, answered, mend, print, returned, see_other, show, symbols};
use super::{PIN_WRONG, clock, of_member};

/// Where the PIN is asked for.
const CONFIRM: &str = "/me/leave/confirm";

#[derive(Template)]
#[template(path = "me/leave.html")]
struct Page {
    frame: Frame,
    lost: Vec<String>,
}

/// `GET /me/leave`: what is lost.
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let farewell = app.engine.farewell(member, leave)?;
        let frame = Frame::of(app, asked);
        Ok(show(&Page {
            lost: lost(&frame, &farewell),
            frame,
        }))
    })
}

fn lost(frame: &Frame, farewell: &Farewell) -> Vec<String> {
    let mut lost = vec![frame.fill("leave-points", "points", &farewell.points.to_string())];
    if 0 < farewell.debt.count() {
        lost.push(frame.fill("leave-debt", "points", &farewell.debt.to_string()));
    }
    if 0 < farewell.holds {
        lost.push(frame.fill("leave-holds", "count", &farewell.holds.to_string()));
    }
    if !farewell.recipients.is_empty() {
        let names = farewell.recipients.join(frame.comma());
        lost.push(frame.fill("leave-recipients", "names", &names));
    }
    lost
}

#[derive(Template)]
#[template(path = "me/leave_pin.html")]
struct PinPage {
    frame: Frame,
    points: String,
    faults: Vec<Fault>,
}

/// `GET /me/leave/confirm`: the PIN. The key of the erasure is drawn here, so that a second press asks for the same one.
pub(crate) fn confirm(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let seed = app.secret();
        visit(app, asked, |visit| {
            visit.leaving.get_or_insert(seed);
        });
        let farewell = app.engine.farewell(member, leave)?;
        Ok(show(&PinPage {
            faults: returned(app, asked).faults,
            frame: Frame::of(app, asked),
            points: farewell.points.to_string(),
        }))
    })
}

/// `POST /me/leave`: erases the member. The receipt is on the next page, until the visit ends.
pub(crate) fn leave(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    // A second press finds nobody signed in any more, and the receipt.
    if visit(app, asked, |visit| visit.left.is_some()) == Some(true) {
        return see_other("/left");
    }
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["pin", "points"])?;
        let Some(Some(seed)) = visit(app, asked, |visit| visit.leaving) else {
            return Ok(see_other("/me/leave"));
        };
        let points = form.text("points").parse().ok().and_then(Points::new);
        let points = points.ok_or(Refusal::BadRequest)?;
        let key = IdempotencyKey::drawn(KIOSK, &seed);
        if let Err(no) = erase_by_pin(app, &key, member, (form.text("pin"), points)) {
            // Of two presses at once, the other one may have done it.
            if app.engine.erasure(&key)?.is_none() {
                return mend(app, asked, (CONFIRM, form), no, &[PIN_WRONG]);
            }
        }
        visit(app, asked, |visit| {
            let (language, look) = (visit.language, visit.look);
            *visit = Visit::new(language);
            visit.look = look;
            visit.left = Some(key);
        });
        forget(app, &member);
        Ok(see_other("/left"))
    })
}

#[derive(Template)]
#[template(path = "me/leave_receipt.html")]
struct ReceiptPage {
    frame: Frame,
    time: String,
    points: String,
    number: String,
    qr: Option<String>,
    to: String,
    /// Whether the picture is the receipt itself, and not where it is.
    whole: bool,
    printer: bool,
}

/// `GET /left`: the receipt, for whoever has just left.
pub(crate) fn receipt(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let key = visit(app, asked, |visit| visit.left.clone()).flatten();
    let Some(key) = key else {
        return see_other("/");
    };
    answered(app, asked, show_receipt(app, asked, &key))
}

fn show_receipt(app: &App, asked: &Asked<'_>, key: &IdempotencyKey) -> Answer {
    let (receipt, time) = receipt_of(app, key)?;
    let to = address_of(key).unwrap_or_default();
    // Where no phone can open it, the receipt itself is in the picture.
    let address = app.page_address(&to);
    let whole = address.is_none();
    let text = address.or_else(|| serde_json::to_string(&receipt).ok());
    Ok(show(&ReceiptPage {
        frame: Frame::of(app, asked),
        time,
        points: receipt.points_forfeited.to_string(),
        number: receipt.index.to_string(),
        qr: text.and_then(|text| symbols::qr(&text)),
        to,
        whole,
        printer: print::is_offered(app, asked),
    }))
}

/// The receipt under this key, and its time as the shop's clocks show it.
pub(in crate::pages) fn receipt_of(
    app: &App,
    key: &IdempotencyKey,
) -> Result<(DeletionReceipt, String), Refusal> {
    let receipt = app.engine.erasure(key)?;
    let receipt = receipt.ok_or(Refusal::OperationUnknown)?;
    let time = clock(app, receipt.time)?;
    Ok((receipt, time))
}

/// Where the receipt of a key is.
pub(in crate::pages) fn address_of(key: &IdempotencyKey) -> Option<String> {
    let key = jifen_pos::key::Key::from_bytes(key.uuid).ok()?;
    Some(format!("/member/v1/erasures/{key}"))
}
