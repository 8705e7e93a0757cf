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
use crate::words;

use super::super::form::{Fault, Form};
use super::super::frame::{Frame, visit};
use super::super::{done, mend, returned, send_back, show};
use super::{PIN_WRONG, of_member};

/// Beside which field a refusal stands.
const FIELDS: [(&str, &str); 4] = [
    ("bad_name", "name"),
    ("bad_mobile", "mobile"),
    ("code_wrong", "code"),
    PIN_WRONG,
];

#[derive(Template)]
#[template(path = "me/correct.html")]
struct Page {
    frame: Frame,
    name: Zeroizing<String>,
    mobile: Zeroizing<String>,
    address: Zeroizing<String>,
    postcode: Zeroizing<String>,
    name_now: String,
    mobile_now: String,
    code_sent: bool,
    keypad: &'static str,
    faults: Vec<Fault>,
}

/// `GET /me/correct`: what is kept is shown masked, and a field that is left empty stays as it is.
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let (own, back) = (app.engine.own_data(member, leave)?, returned(app, asked));
        let code_sent = back.typed.text("sent") == "yes";
        Ok(show(&Page {
            frame: Frame::of(app, asked),
            name: back.typed.kept("name"),
            mobile: back.typed.kept("mobile"),
            address: back.typed.kept("address"),
            postcode: back.typed.kept("postcode"),
            name_now: own.profile.masked_name(),
            mobile_now: own.profile.masked_mobile(),
            code_sent,
            keypad: if code_sent {
                "mobile code pin"
            } else {
                "mobile pin"
            },
            faults: back.faults,
        }))
    })
}

/// `POST /me/correct`
pub(crate) fn correct(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["name", "mobile", "sent", "code", "pin"])?;
        let language = Frame::of_language(app, asked);
        match try_correct(app, (member, leave), &form) {
            Ok(Correction::Done(_)) => {
                let told = words::say(language, "correct-done");
                Ok(done(app, asked, told, "/me/correct"))
            }
            Ok(Correction::CodeSent) => {
                let told = words::say(language, "correct-code-sent");
                visit(app, asked, |visit| visit.told = Some(told));
                let form = form.with("sent", "yes");
                Ok(send_back(app, asked, "/me/correct", form, Vec::new()))
            }
            Err(no) => mend(app, asked, ("/me/correct", form), no, &FIELDS),
        }
    })
}

fn try_correct(
    app: &App,
    (member, leave): (MemberId, &Grant),
    form: &Form,
) -> Result<Correction, Refusal> {
    app.engine.confirm_pin(member, form.text("pin"), KIOSK)?;
    let own = app.engine.own_data(member, leave)?;
    let or_kept = |field: &str, kept: &str| {
        let typed = form.kept(field);
        if typed.is_empty() {
            Zeroizing::new(kept.to_owned())
        } else {
            typed
        }
    };
    let name = or_kept("name", own.profile.name.disclose(leave).as_str());
    let mobile = or_kept("mobile", own.profile.mobile.disclose(leave).e164());
    let code = Some(form.text("code").trim()).filter(|code| !code.is_empty());
    let key = IdempotencyKey::drawn(KIOSK, &app.secret());
    app.engine
        .correct_by_code(&key, member, (&name, &mobile), (code, KIOSK), leave)
}

/// `POST /me/address`
pub(crate) fn address(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["address", "postcode", "do"])?;
        let told = (form.text("address").trim(), form.text("postcode").trim());
        let (changed, key) = match form.text("do") {
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
        if let Err(no) = changed {
            let fields = [(no.code(), "address")];
            return mend(app, asked, ("/me/correct", form), no, &fields);
        }
        let told = words::say(Frame::of_language(app, asked), key);
        Ok(done(app, asked, told, "/me/correct"))
    })
}
