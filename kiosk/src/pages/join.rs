//! The way to a membership: the notice, the mobile number, the name, the boxes, the PIN, the card (MEM-01, CON-01…03).
//! What was typed so far is in the visit, so that Back shows it again and nothing of it stands in an address.

use askama::Template;
use http::Response;
use jifen::domain::refusal::{AccountState, Refusal, Retry};
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::enrol::Application;
use jifen::policy::agreement::{Acceptance, AgreementKind};
use jifen::policy::notice::{Language, Shown};
use jifen::policy::purpose::Purpose;
use jifen::vault::profile::{Mobile, Name};
use jifen::vault::tokens::CardNumber;
use zeroize::Zeroizing;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::visit::Joining;

use super::form::Form;
use super::frame::{Frame, visit};
use super::start::begun;
use super::{Fault, notice, refused, see_other, sentence, show, symbols};

/// The words of the titles: what the form sends, and the key of what is shown and put behind a surname.
const TITLES: [(&str, &str); 3] = [("mr", "name-mr"), ("ms", "name-ms"), ("full", "name-full")];

/// `GET /join`: the notice.
pub(crate) fn read_notice(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    notice::page(app, Frame::of(app, asked), true)
}

/// `POST /join`: the notice was read.
pub(crate) fn noted(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let form = match Form::read(asked, &["notice"]) {
        Ok(form) => form,
        Err(no) => return refused(Frame::of(app, asked), &no),
    };
    let seed = app.secret();
    begun(app, asked, see_other("/join/phone"), |visit| {
        let version = form.text("notice");
        let is_same = |joining: &Joining| joining.notice == version;
        if !visit.joining.as_ref().is_some_and(is_same) {
            visit.joining = Some(Joining::new(version, seed));
        }
    })
}

/// What a customer has told so far, for a page; where there is nothing, the way begins anew.
fn told<T>(app: &App, asked: &Asked<'_>, read: impl FnOnce(&mut Joining) -> T) -> Option<T> {
    visit(app, asked, |visit| visit.joining.as_mut().map(read)).flatten()
}

#[derive(Template)]
#[template(path = "join/phone.html")]
struct PhonePage {
    frame: Frame,
    mobile: Zeroizing<String>,
    faults: Vec<Fault>,
}

/// `GET /join/phone`
pub(crate) fn phone(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let Some(mobile) = told(app, asked, |joining| joining.mobile.clone()) else {
        return see_other("/join");
    };
    show(&PhonePage {
        frame: Frame::of(app, asked),
        mobile: Zeroizing::new(mobile),
        faults: Vec::new(),
    })
}

/// `POST /join/phone`
pub(crate) fn set_phone(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["mobile"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    let mobile = form.kept("mobile");
    if let Err(error) = Mobile::parse(&mobile) {
        let words = in_language(frame.language, error.zh(), error.en());
        let faults = vec![Fault::of("mobile", words.to_owned())];
        return show(&PhonePage {
            frame,
            mobile,
            faults,
        });
    }
    let seed = app.secret();
    let kept = told(app, asked, |joining| {
        joining.mobile.clone_from(&mobile);
        joining.seed = seed;
    });
    see_other(kept.map_or("/join", |()| "/join/name"))
}

#[derive(Template)]
#[template(path = "join/name.html")]
struct NamePage {
    frame: Frame,
    name: Zeroizing<String>,
    title: String,
    titles: Vec<(&'static str, String)>,
    faults: Vec<Fault>,
}

fn name_page(
    frame: Frame,
    name: Zeroizing<String>,
    title: String,
    faults: Vec<Fault>,
) -> Response<Vec<u8>> {
    let titles = TITLES.map(|(value, key)| (value, frame.say(key)));
    show(&NamePage {
        name,
        title,
        titles: titles.into(),
        faults,
        frame,
    })
}

/// `GET /join/name`
pub(crate) fn name(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let read = |joining: &mut Joining| (joining.name.clone(), joining.title.clone());
    let Some((name, title)) = told(app, asked, read) else {
        return see_other("/join");
    };
    name_page(
        Frame::of(app, asked),
        Zeroizing::new(name),
        title,
        Vec::new(),
    )
}

/// `POST /join/name`
pub(crate) fn set_name(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["name", "title"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    let (name, title) = (form.kept("name"), form.text("title").to_owned());
    if let Err(error) =
        Name::parse(&name).and_then(|_| Name::parse(&called(&name, &title, frame.language)))
    {
        let words = in_language(frame.language, error.zh(), error.en());
        let faults = vec![Fault::of("name", words.to_owned())];
        return name_page(frame, name, title, faults);
    }
    let seed = app.secret();
    let kept = told(app, asked, |joining| {
        joining.name.clone_from(&name);
        joining.title = title;
        joining.seed = seed;
    });
    see_other(kept.map_or("/join", |()| "/join/consents"))
}

/// A surname with its title, or a full name: as the member wishes to be called.
fn called(name: &str, title: &str, language: Language) -> Zeroizing<String> {
    let whole = match (title, language) {
        ("mr", Language::Zh) => format!("{name}先生"),
        ("ms", Language::Zh) => format!("{name}女士"),
        ("mr", Language::En) => format!("Mr {name}"),
        ("ms", Language::En) => format!("Ms {name}"),
        _ => name.to_owned(),
    };
    Zeroizing::new(whole)
}

#[derive(Template)]
#[template(path = "join/consents.html")]
struct ConsentsPage {
    frame: Frame,
    age: bool,
    agreement: bool,
    version: String,
    text: String,
    consents: Vec<ConsentBox>,
    faults: Vec<Fault>,
}

struct ConsentBox {
    purpose: &'static str,
    text: String,
    given: bool,
}

/// `GET /join/consents`: no box is ticked before the customer ticks it (CON-02).
pub(crate) fn consents(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    consents_page(app, asked, Vec::new())
}

fn consents_page(app: &App, asked: &Asked<'_>, faults: Vec<Fault>) -> Response<Vec<u8>> {
    let read = |joining: &mut Joining| {
        let ticked = (joining.age, joining.agreement.clone());
        (ticked, joining.consents.clone())
    };
    let Some(((age, accepted), given)) = told(app, asked, read) else {
        return see_other("/join");
    };
    let frame = Frame::of(app, asked);
    let (texts, notice) = match (notice::agreement_of(app, &frame), app.engine.notice()) {
        (Ok(texts), Ok(notice)) => (texts, notice),
        (Err(no), _) | (_, Err(no)) => return refused(frame, &no),
    };
    let (version, text) = texts;
    let boxes = Purpose::OPTIONAL.into_iter().map(|purpose| ConsentBox {
        purpose: purpose.as_str(),
        text: notice.shown(Shown::Consent(purpose), frame.language),
        given: given.contains(&purpose),
    });
    show(&ConsentsPage {
        age,
        agreement: accepted == version,
        version,
        text,
        consents: boxes.collect(),
        faults,
        frame,
    })
}

/// `POST /join/consents`
pub(crate) fn set_consents(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let form = match Form::read(asked, &["age", "agreement", "consent"]) {
        Ok(form) => form,
        Err(no) => return refused(Frame::of(app, asked), &no),
    };
    let seed = app.secret();
    let kept = told(app, asked, |joining| {
        joining.age = form.text("age") == "yes";
        form.text("agreement").clone_into(&mut joining.agreement);
        joining.consents = form.all("consent").filter_map(Purpose::of_word).collect();
        joining.chosen = true;
        joining.seed = seed;
        (joining.age, !joining.agreement.is_empty())
    });
    let Some((age, agreement)) = kept else {
        return see_other("/join");
    };
    let language = Frame::of_language(app, asked);
    let needed = [
        (age, "age", "consents-error-age"),
        (agreement, "agreement", "consents-error-agreement"),
    ];
    let missing = needed.into_iter().filter(|(is, ..)| !is);
    let faults: Vec<Fault> = missing
        .map(|(_, field, key)| Fault::of(field, super::words::say(language, key)))
        .collect();
    if faults.is_empty() {
        see_other("/join/pin")
    } else {
        consents_page(app, asked, faults)
    }
}

#[derive(Template)]
#[template(path = "join/pin.html")]
struct PinPage {
    frame: Frame,
    faults: Vec<Fault>,
}

/// `GET /join/pin`
pub(crate) fn pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    match told(app, asked, |joining| missing_step(joining)) {
        None => see_other("/join"),
        Some(Some(step)) => see_other(step),
        Some(None) => show(&PinPage {
            frame: Frame::of(app, asked),
            faults: Vec::new(),
        }),
    }
}

/// The first page that was not filled in.
fn missing_step(joining: &Joining) -> Option<&'static str> {
    let steps = [
        (joining.mobile.is_empty(), "/join/phone"),
        (joining.name.is_empty(), "/join/name"),
        (
            !joining.chosen || !joining.age || joining.agreement.is_empty(),
            "/join/consents",
        ),
    ];
    steps
        .into_iter()
        .find(|(missing, _)| *missing)
        .map(|(_, step)| step)
}

/// `POST /join/pin`: registers the member.
pub(crate) fn register(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["pin", "again"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    if form.text("pin") != form.text("again") {
        let faults = vec![Fault::of("again", frame.say("pin-error-differ"))];
        return show(&PinPage { frame, faults });
    }
    let language = frame.language;
    // The answers leave the visit while they are in work, and come back if they are refused.
    let joining = visit(app, asked, |visit| visit.joining.take()).flatten();
    let Some(joining) = joining else {
        return see_other(joined(app, asked).map_or("/join", |_| "/join/card"));
    };
    match enrol(app, &joining, form.text("pin"), language) {
        Ok(enrolled) => {
            visit(app, asked, |visit| visit.joined = Some(enrolled));
            see_other("/join/card")
        }
        Err(no) => {
            let mut joining = joining;
            // The same key only where the same attempt may still have gone through.
            if no.retry() != Retry::SameKey {
                joining.seed = app.secret();
            }
            visit(app, asked, |visit| visit.joining = Some(joining));
            let of_pin = matches!(no, Refusal::PinShape | Refusal::PinCommon);
            let faults = vec![Fault {
                field: of_pin.then_some("pin"),
                words: sentence(&no, language),
            }];
            show(&PinPage { frame, faults })
        }
    }
}

fn enrol(
    app: &App,
    joining: &Joining,
    pin: &str,
    language: Language,
) -> Result<(CardNumber, AccountState), Refusal> {
    let name = called(&joining.name, &joining.title, language);
    let consents =
        Purpose::OPTIONAL.map(|purpose| (purpose.as_str(), joining.consents.contains(&purpose)));
    let application = Application {
        language,
        name: &name,
        mobile: &joining.mobile,
        pin,
        age_attested: joining.age,
        agreement: Acceptance {
            kind: AgreementKind::Member,
            version: &joining.agreement,
            accepted: true,
        },
        notice_version: &joining.notice,
        consents: &consents,
        device: KIOSK,
    };
    let key = IdempotencyKey::drawn(KIOSK, &joining.seed);
    let enrolled = app.engine.enrol(&key, &application)?;
    Ok((enrolled.card, enrolled.state))
}

#[derive(Template)]
#[template(path = "join/card.html")]
struct CardPage {
    frame: Frame,
    title: &'static str,
    grouped: String,
    qr: String,
    bars: String,
    pending: bool,
}

fn joined(app: &App, asked: &Asked<'_>) -> Option<(CardNumber, AccountState)> {
    visit(app, asked, |visit| visit.joined.clone()).flatten()
}

/// `GET /join/card`: the card, until the visit ends.
pub(crate) fn card(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let Some((card, state)) = joined(app, asked) else {
        return see_other("/");
    };
    let is_pending = state == AccountState::Pending;
    card_page(Frame::of(app, asked), "card-title", &card, is_pending)
}

/// A card that was just made.
pub(super) fn card_page(
    frame: Frame,
    title: &'static str,
    card: &CardNumber,
    pending: bool,
) -> Response<Vec<u8>> {
    let digits = card.digits();
    show(&CardPage {
        frame,
        title,
        grouped: card.grouped(),
        qr: symbols::qr(&digits).unwrap_or_default(),
        bars: symbols::bars(&digits).unwrap_or_default(),
        pending,
    })
}

const fn in_language(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}
