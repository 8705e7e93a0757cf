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
use crate::words;

use super::form::{Fault, Form};
use super::frame::{Frame, visit};
use super::start::begun;
use super::{Answer, answered, mend, notice, print, returned, see_other, send_back, show, symbols};

/// The words of the titles: what the form sends, and the key of what is shown and put behind a surname.
const TITLES: [(&str, &str); 3] = [("mr", "name-mr"), ("ms", "name-ms"), ("full", "name-full")];

/// `GET /join`: the notice.
pub(crate) fn read_notice(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, notice::page(app, asked, true))
}

/// `POST /join`: the notice was read.
pub(crate) fn noted(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_noted(app, asked))
}

fn try_noted(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["notice"])?;
    let seed = app.secret();
    Ok(begun(app, asked, see_other("/join/phone"), |visit| {
        let joining = visit.joining.get_or_insert_with(Joining::default);
        form.text("notice").clone_into(&mut joining.notice);
        joining.seed = seed;
    }))
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
    let back = returned(app, asked);
    let Some(mobile) = told(app, asked, |joining| {
        back.typed.or("mobile", &joining.mobile)
    }) else {
        return see_other("/join");
    };
    show(&PhonePage {
        frame: Frame::of(app, asked),
        mobile,
        faults: back.faults,
    })
}

/// `POST /join/phone`
pub(crate) fn set_phone(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_set_phone(app, asked))
}

fn try_set_phone(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["mobile"])?;
    let mobile = form.kept("mobile");
    if let Err(error) = Mobile::parse(&mobile) {
        let told = words::either(Frame::of_language(app, asked), error.zh(), error.en());
        let faults = vec![Fault::of("mobile", told.to_owned())];
        return Ok(send_back(app, asked, "/join/phone", form, faults));
    }
    let seed = app.secret();
    let kept = told(app, asked, |joining| {
        joining.mobile.clone_from(&mobile);
        joining.seed = seed;
    });
    Ok(see_other(kept.map_or("/join", |()| "/join/name")))
}

#[derive(Template)]
#[template(path = "join/name.html")]
struct NamePage {
    frame: Frame,
    name: Zeroizing<String>,
    title: Zeroizing<String>,
    titles: Vec<(&'static str, String)>,
    faults: Vec<Fault>,
}

/// `GET /join/name`
pub(crate) fn name(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let back = returned(app, asked);
    let read = |joining: &mut Joining| {
        let name = back.typed.or("name", &joining.name);
        (name, back.typed.or("title", &joining.title))
    };
    let Some((name, title)) = told(app, asked, read) else {
        return see_other("/join");
    };
    let frame = Frame::of(app, asked);
    show(&NamePage {
        name,
        title,
        titles: TITLES.map(|(value, key)| (value, frame.say(key))).into(),
        faults: back.faults,
        frame,
    })
}

/// `POST /join/name`
pub(crate) fn set_name(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_set_name(app, asked))
}

fn try_set_name(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["name", "title"])?;
    let language = Frame::of_language(app, asked);
    let (name, title) = (form.kept("name"), form.text("title").to_owned());
    if let Err(error) =
        Name::parse(&name).and_then(|_| Name::parse(&called(&name, &title, language)))
    {
        let told = words::either(language, error.zh(), error.en());
        let faults = vec![Fault::of("name", told.to_owned())];
        return Ok(send_back(app, asked, "/join/name", form, faults));
    }
    let seed = app.secret();
    let kept = told(app, asked, |joining| {
        joining.name.clone_from(&name);
        joining.title = title;
        joining.seed = seed;
    });
    Ok(see_other(kept.map_or("/join", |()| "/join/consents")))
}

/// A surname with its title, or a full name: as the member wishes to be called.
fn called(name: &str, title: &str, language: Language) -> Zeroizing<String> {
    let key = match title {
        "mr" => "called-mr",
        "ms" => "called-ms",
        _ => return Zeroizing::new(name.to_owned()),
    };
    Zeroizing::new(words::fill(language, key, &[("name", name)]))
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
    answered(app, asked, try_consents(app, asked))
}

fn try_consents(app: &App, asked: &Asked<'_>) -> Answer {
    let faults = returned(app, asked).faults;
    let read = |joining: &mut Joining| {
        let ticked = (joining.age, joining.agreement.clone());
        (ticked, joining.consents.clone())
    };
    let Some(((age, accepted), given)) = told(app, asked, read) else {
        return Ok(see_other("/join"));
    };
    let (frame, notice) = (Frame::of(app, asked), app.engine.notice()?);
    let (version, text) = notice::agreement_of(app, &frame)?;
    let boxes = Purpose::OPTIONAL.into_iter().map(|purpose| ConsentBox {
        purpose: purpose.as_str(),
        text: notice.shown(Shown::Consent(purpose), frame.language),
        given: given.contains(&purpose),
    });
    Ok(show(&ConsentsPage {
        age,
        agreement: accepted == version,
        version,
        text,
        consents: boxes.collect(),
        faults,
        frame,
    }))
}

/// `POST /join/consents`
pub(crate) fn set_consents(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_set_consents(app, asked))
}

fn try_set_consents(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["age", "agreement", "consent"])?;
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
        return Ok(see_other("/join"));
    };
    let language = Frame::of_language(app, asked);
    let needed = [
        (age, "age", "consents-error-age"),
        (agreement, "agreement", "consents-error-agreement"),
    ];
    let missing = needed.into_iter().filter(|(is, ..)| !is);
    let faults: Vec<Fault> = missing
        .map(|(_, field, key)| Fault::of(field, words::say(language, key)))
        .collect();
    Ok(if faults.is_empty() {
        see_other("/join/pin")
    } else {
        // What was ticked is in the visit.
        send_back(app, asked, "/join/consents", Form::default(), faults)
    })
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
            faults: returned(app, asked).faults,
            frame: Frame::of(app, asked),
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

/// `POST /join/pin`: registers the member. A second press has the same key, and so the same card.
pub(crate) fn register(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_register(app, asked))
}

fn try_register(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["pin", "again"])?;
    let language = Frame::of_language(app, asked);
    if form.text("pin") != form.text("again") {
        let told = words::say(language, "pin-error-differ");
        let faults = vec![Fault::of("again", told)];
        return Ok(send_back(app, asked, "/join/pin", form, faults));
    }
    let Some(joining) = told(app, asked, |joining| joining.clone()) else {
        return Ok(see_other(
            joined(app, asked).map_or("/join", |_| "/join/card"),
        ));
    };
    let no = match enrol(app, &joining, form.text("pin"), language) {
        Ok(enrolled) => {
            visit(app, asked, |visit| {
                visit.joining = None;
                visit.joined = Some(enrolled);
            });
            return Ok(see_other("/join/card"));
        }
        Err(no) => no,
    };
    // The same key only where the same attempt may still have gone through.
    if no.retry() != Retry::SameKey {
        let seed = app.secret();
        told(app, asked, |joining| joining.seed = seed);
    }
    // Another notice since: it is read first, and what was typed stays.
    let to = if no == Refusal::NoticeOutdated {
        "/join"
    } else {
        "/join/pin"
    };
    let fields = [("pin_shape", "pin"), ("pin_common", "pin")];
    mend(app, asked, (to, form), no, &fields)
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
    printer: bool,
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
    card_page((app, asked), "card-title", &card, is_pending)
}

/// A card that was just made.
pub(super) fn card_page(
    (app, asked): (&App, &Asked<'_>),
    title: &'static str,
    card: &CardNumber,
    pending: bool,
) -> Response<Vec<u8>> {
    let digits = card.digits();
    show(&CardPage {
        frame: Frame::of(app, asked),
        printer: print::is_offered(app, asked),
        title,
        grouped: card.grouped(),
        qr: symbols::qr(&digits).unwrap_or_default(),
        bars: symbols::bars(&digits).unwrap_or_default(),
        pending,
    })
}
