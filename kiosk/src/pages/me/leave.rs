//! A member leaves, in three screens: what is lost, the PIN, the receipt (DSR-03, PTS-07).

use askama::Template;
use http::Response;
use jifen::audit::receipt::DeletionReceipt;
use jifen::domain::ids::MemberId;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::erase::By;
use jifen::engine::erase::Farewell;
use jifen::policy::grant::Grant;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::visit::Visit;

use super::super::form::Form;
use super::super::frame::{Frame, visit};
use super::super::{Fault, refused, see_other, show, symbols};
use super::{clock, fault, of_member};

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
        visit(app, asked, |visit| visit.leaving.get_or_insert(seed).len());
        pin_page(app, asked, (member, leave), Vec::new())
    })
}

fn pin_page(
    app: &App,
    asked: &Asked<'_>,
    (member, leave): (MemberId, &Grant),
    faults: Vec<Fault>,
) -> super::Answer {
    let farewell = app.engine.farewell(member, leave)?;
    Ok(show(&PinPage {
        frame: Frame::of(app, asked),
        points: farewell.points.to_string(),
        faults,
    }))
}

/// `POST /me/leave`: erases the member. The receipt is on the next page, until the visit ends.
pub(crate) fn leave(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    // A second press finds nobody signed in any more, and the receipt.
    if visit(app, asked, |visit| visit.left.is_some()) == Some(true) {
        return see_other("/left");
    }
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["pin", "points"])?;
        let Some(Some(seed)) = visit(app, asked, |visit| visit.leaving) else {
            return Ok(see_other("/me/leave"));
        };
        let points = form.text("points").parse().ok().and_then(Points::new);
        let points = points.ok_or(Refusal::BadRequest)?;
        let frame = Frame::of(app, asked);
        let key = IdempotencyKey::drawn(KIOSK, &seed);
        let pin = app.engine.confirm_pin(member, form.text("pin"), KIOSK);
        let by = By::Member { device: KIOSK };
        let erased = pin.and_then(|()| app.engine.erase(&key, member, by, points));
        if let Err(no) = erased {
            let faults = fault(&frame, no, &[("sign_in_failed", "pin")])?;
            return pin_page(app, asked, (member, leave), faults);
        }
        visit(app, asked, |visit| {
            let (language, look) = (visit.language, visit.look);
            *visit = Visit::new(language);
            visit.look = look;
            visit.left = Some(key);
        });
        app.sessions.end_all(&member);
        app.links.forget(&member);
        app.audit_moved();
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
}

/// `GET /left`: the receipt, for whoever has just left.
pub(crate) fn receipt(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let key = visit(app, asked, |visit| visit.left.clone()).flatten();
    let Some(key) = key else {
        return see_other("/");
    };
    let frame = Frame::of(app, asked);
    match receipt_of(app, &key) {
        Ok((receipt, time)) => {
            let to = key_text(&key).map(|key| format!("/member/v1/erasures/{key}"));
            let to = to.unwrap_or_default();
            let address = app.page_address(&to);
            // Where no phone can open it, the receipt itself is in the picture.
            let text = address.or_else(|| serde_json::to_string(&receipt).ok());
            show(&ReceiptPage {
                frame,
                time,
                points: receipt.points_forfeited.to_string(),
                number: receipt.index.to_string(),
                qr: text.and_then(|text| symbols::qr(&text)),
                to,
            })
        }
        Err(no) => refused(frame, &no),
    }
}

fn receipt_of(app: &App, key: &IdempotencyKey) -> Result<(DeletionReceipt, String), Refusal> {
    let receipt = app.engine.erasure(key)?;
    let receipt = receipt.ok_or(Refusal::OperationUnknown)?;
    let time = clock(app, receipt.time)?;
    Ok((receipt, time))
}

/// The key as its address spells it.
fn key_text(key: &IdempotencyKey) -> Option<String> {
    let key = jifen_pos::key::Key::from_bytes(key.uuid);
    key.map(|key| key.to_string()).ok()
}
