//! The notice, before any field (CON-01), and the agreement: anybody may read them at any time.

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;
use jifen::policy::agreement::AgreementKind;
use jifen::policy::catalogue::noted;
use jifen::policy::notice::Shown;

use crate::app::App;
use crate::route::Asked;

use super::form::Fault;
use super::frame::Frame;
use super::{Answer, answered, returned, show, symbols};

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    frame: Frame,
    joining: bool,
    version: String,
    sections: Vec<(&'static str, String)>,
    fields: Vec<FieldLine>,
    qr: Option<String>,
    faults: Vec<Fault>,
}

struct FieldLine {
    name: &'static str,
    purpose: &'static str,
    basis: &'static str,
    retention: String,
    required: bool,
}

/// `GET /notice`: for anybody.
pub(crate) fn notice(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, page(app, asked, false))
}

/// The notice; where somebody is joining, as the first step.
pub(super) fn page(app: &App, asked: &Asked<'_>, joining: bool) -> Answer {
    let (notice, frame) = (app.engine.notice()?, Frame::of(app, asked));
    let language = frame.language;
    let sections = notice.sections(language).into_iter();
    let fields = noted(&app.engine.settings().retention, language);
    let fields = fields.into_iter().map(|line| FieldLine {
        name: line.field.name(language),
        purpose: line.purpose,
        basis: line.basis,
        retention: line.retention,
        required: line.required,
    });
    let address = app.page_address(&format!("/notice?lang={}", language.tag()));
    Ok(show(&NoticePage {
        joining,
        version: notice.version().to_owned(),
        sections: sections
            .map(|(title, text)| (title, text.to_owned()))
            .collect(),
        fields: fields.collect(),
        qr: address.and_then(|address| symbols::qr(&address)),
        faults: returned(app, asked).faults,
        frame,
    }))
}

#[derive(Template)]
#[template(path = "agreement.html")]
struct AgreementPage {
    frame: Frame,
    text: String,
    version: String,
}

/// `GET /agreement`: the membership agreement.
pub(crate) fn agreement(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let page = agreement_of(app, &frame).map(|(version, text)| {
        show(&AgreementPage {
            frame,
            text,
            version,
        })
    });
    answered(app, asked, page)
}

/// The agreement's version and text, in the language of the page.
pub(super) fn agreement_of(app: &App, frame: &Frame) -> Result<(String, String), Refusal> {
    let (notice, kind) = (app.engine.notice()?, AgreementKind::Member);
    let text = notice.shown(Shown::Agreement(kind), frame.language);
    Ok((notice.agreement_version(kind).to_owned(), text))
}
