//! A member corrects name and mobile number, gives an address for letters, or takes it back (DSR-02, COL-03).

use askama::Template;
use http::Response;
use jifen::domain::ids::MemberId;
use jifen::domain::refusal::Refusal;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::correct::Correction;
use jifen::policy::grant::Grant;
use zeroize::Zeroizing;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;

use super::super::form::Form;
use super::super::frame::Frame;
use super::super::{Fault, show};
use super::{done, fault, of_member};

/// Beside which field a refusal stands.
const FIELDS: [(&str, &str); 5] = [
    ("bad_name", "name"),
    ("bad_mobile", "mobile"),
    ("code_wrong", "code"),
    ("sign_in_failed", "pin"),
    ("bad_address", "address"),
];

#[derive(Template)]
#[template(path = "me/correct.html")]
struct Page {
    frame: Frame,
    name: Zeroizing<String>,
    mobile: Zeroizing<String>,
    name_now: String,
    mobile_now: String,
    code_sent: bool,
    keypad: &'static str,
    faults: Vec<Fault>,
}

/// What was typed into the form.
#[derive(Default)]
struct Typed {
    name: Zeroizing<String>,
    mobile: Zeroizing<String>,
    code_sent: bool,
}

/// `GET /me/correct`: what is kept is shown masked, and a field that is left empty stays as it is.
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        shown(app, asked, (member, leave), Typed::default(), Vec::new())
    })
}

fn shown(
    app: &App,
    asked: &Asked<'_>,
    (member, leave): (MemberId, &Grant),
    typed: Typed,
    faults: Vec<Fault>,
) -> super::Answer {
    let own = app.engine.own_data(member, leave)?;
    Ok(show(&Page {
        frame: Frame::of(app, asked),
        name: typed.name,
        mobile: typed.mobile,
        name_now: own.profile.masked_name(),
        mobile_now: own.profile.masked_mobile(),
        code_sent: typed.code_sent,
        keypad: if typed.code_sent {
            "mobile code pin"
        } else {
            "mobile pin"
        },
        faults,
    }))
}

/// `POST /me/correct`
pub(crate) fn correct(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["name", "mobile", "code", "pin"])?;
        let mut typed = Typed {
            name: form.kept("name"),
            mobile: form.kept("mobile"),
            code_sent: !form.text("code").is_empty(),
        };
        let frame = Frame::of(app, asked);
        match try_correct(app, (member, leave), &typed, &form) {
            Ok(Correction::Done(_)) => {
                Ok(done(app, asked, frame.say("correct-done"), "/me/correct"))
            }
            Ok(Correction::CodeSent) => {
                typed.code_sent = true;
                let faults = vec![Fault::of("code", frame.say("correct-code-sent"))];
                shown(app, asked, (member, leave), typed, faults)
            }
            Err(no) => {
                let faults = fault(&frame, no, &FIELDS)?;
                shown(app, asked, (member, leave), typed, faults)
            }
        }
    })
}

fn try_correct(
    app: &App,
    (member, leave): (MemberId, &Grant),
    typed: &Typed,
    form: &Form,
) -> Result<Correction, Refusal> {
    app.engine.confirm_pin(member, form.text("pin"), KIOSK)?;
    let own = app.engine.own_data(member, leave)?;
    let or_kept = |typed: &Zeroizing<String>, kept: &str| {
        if typed.is_empty() {
            Zeroizing::new(kept.to_owned())
        } else {
            typed.clone()
        }
    };
    let name = or_kept(&typed.name, own.profile.name.disclose(leave).as_str());
    let mobile = or_kept(&typed.mobile, own.profile.mobile.disclose(leave).e164());
    let code = Some(form.text("code").trim()).filter(|code| !code.is_empty());
    let key = IdempotencyKey::drawn(KIOSK, &app.secret());
    app.engine
        .correct_by_code(&key, member, (&name, &mobile), (code, KIOSK), leave)
}

/// `POST /me/address`
pub(crate) fn address(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["address", "postcode", "do"])?;
        let frame = Frame::of(app, asked);
        let told = (form.text("address").trim(), form.text("postcode").trim());
        let (changed, words) = match form.text("do") {
            "save" => (
                app.engine.set_address(member, told, KIOSK, leave),
                "address-done",
            ),
            "remove" => (
                app.engine.erase_address(member, KIOSK, leave),
                "address-removed",
            ),
            _ => return Err(Refusal::BadRequest),
        };
        match changed {
            Ok(()) => Ok(done(app, asked, frame.say(words), "/me/correct")),
            Err(no) => {
                let mut faults = fault(&frame, no, &FIELDS)?;
                for fault in &mut faults {
                    fault.field = Some("address");
                }
                shown(app, asked, (member, leave), Typed::default(), faults)
            }
        }
    })
}
