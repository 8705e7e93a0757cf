//! What a member agreed to: taking it back is as easy as giving it (CON-02, CON-05).

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;
use jifen::engine::consents::Asked as Answering;
use jifen::policy::consent::{Channel, Decision, Standing};
use jifen::policy::notice::Shown;
use jifen::policy::purpose::Purpose;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::words;

use super::super::form::Form;
use super::super::frame::Frame;
use super::super::{done, show};
use super::{day, of_member};

#[derive(Template)]
#[template(path = "me/consents.html")]
struct Page {
    frame: Frame,
    version: String,
    lines: Vec<Line>,
}

struct Line {
    purpose: &'static str,
    name: String,
    text: String,
    standing: String,
    since: Option<String>,
    given: bool,
    /// Whether neither a yes nor a no counts.
    open: bool,
}

/// `GET /me/consents`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let (notice, frame) = (app.engine.notice()?, Frame::of(app, asked));
        let mut lines = Vec::new();
        for at in app.engine.consents(member, leave)? {
            let since = at.since.map(|since| day(app, since)).transpose()?;
            lines.push(Line {
                purpose: at.purpose.as_str(),
                name: frame.say(name_of(at.purpose)),
                text: notice.shown(Shown::Consent(at.purpose), frame.language),
                standing: frame.say(standing_key(at.standing)),
                since: since.map(|day| frame.fill("consent-since", "day", &day.to_string())),
                given: at.standing == Standing::Given,
                open: matches!(at.standing, Standing::NotAsked | Standing::Suspended),
            });
        }
        Ok(show(&Page {
            version: notice.version().to_owned(),
            lines,
            frame,
        }))
    })
}

/// `POST /me/consents`: one answer about one purpose.
pub(crate) fn answer(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["purpose", "notice", "answer"])?;
        let purpose = Purpose::of_word(form.text("purpose")).ok_or(Refusal::BadConsent)?;
        let language = Frame::of_language(app, asked);
        let (decision, told) = match form.text("answer") {
            "give" => (Decision::Given, "consent-done-given"),
            "refuse" => (Decision::Refused, "consent-done-refused"),
            "withdraw" => (Decision::Withdrawn, "consent-done-withdrawn"),
            _ => return Err(Refusal::BadRequest),
        };
        // Taking back needs no text to be read.
        let version = (decision != Decision::Withdrawn).then(|| form.text("notice"));
        let answering = Answering {
            language,
            channel: Channel::Tick,
            device: KIOSK,
        };
        let answer = (purpose, decision);
        app.engine
            .answer_consent(member, answer, version, &answering, leave)?;
        let told = words::say(language, told);
        Ok(done(app, asked, told, "/me/consents"))
    })
}

const fn name_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Membership => "purpose-membership",
        Purpose::Marketing => "purpose-marketing",
        Purpose::DirectMail => "purpose-direct-mail",
        Purpose::Analysis => "purpose-analysis",
    }
}

const fn standing_key(standing: Standing) -> &'static str {
    match standing {
        Standing::NotAsked => "consent-not-asked",
        Standing::Given => "consent-given",
        Standing::Suspended => "consent-suspended",
        Standing::Refused => "consent-refused",
        Standing::Withdrawn => "consent-withdrawn",
    }
}
