//! A customer becomes a member at the kiosk: the notice first, then the form (CON-01, MEM-01).

use http::{Response, StatusCode};
use jifen::domain::refusal::{AccountState, Refusal};
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::enrol::Application;
use jifen::policy::agreement::{Acceptance, AgreementKind};
use jifen::policy::catalogue::noted;
use jifen::policy::notice::{Language, Shown};
use jifen::policy::purpose::Purpose;
use jifen::policy::retention::RetentionPolicy;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::refused::refusal;
use crate::route::Asked;

#[derive(Serialize)]
struct NoticeShown {
    version: String,
    sections: Vec<Section>,
    agreement: AgreementShown,
    consents: Vec<ConsentShown>,
    advice: String,
    fields: Vec<FieldShown>,
}

/// A field of the catalogue, as the notice lists it (CON-01, COL-07).
#[derive(Serialize)]
struct FieldShown {
    field: &'static str,
    name: &'static str,
    purpose: &'static str,
    basis: &'static str,
    retention: String,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    consequence: Option<&'static str>,
}

#[derive(Serialize)]
struct Section {
    id: &'static str,
    title: &'static str,
    text: String,
}

#[derive(Serialize)]
struct AgreementShown {
    kind: &'static str,
    version: String,
    text: String,
}

#[derive(Serialize)]
struct ConsentShown {
    purpose: &'static str,
    text: String,
}

/// `GET /kiosk/v1/notice?lang=zh-CN`: what is shown before the first field.
pub(crate) fn notice(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let language = language_of(asked);
    let notice = match app.engine.notice() {
        Ok(notice) => notice,
        Err(no) => return refusal(&no),
    };
    let kind = AgreementKind::Member;
    let names = jifen::policy::notice::SectionName::ALL;
    let sections = names.into_iter().zip(notice.sections(language));
    let shown = NoticeShown {
        version: notice.version().to_owned(),
        sections: sections
            .map(|(name, (title, text))| Section {
                id: name.as_str(),
                title,
                text: text.to_owned(),
            })
            .collect(),
        agreement: AgreementShown {
            kind: kind.as_str(),
            version: notice.agreement_version(kind).to_owned(),
            text: notice.shown(Shown::Agreement(kind), language),
        },
        consents: Purpose::OPTIONAL
            .into_iter()
            .map(|purpose| ConsentShown {
                purpose: purpose.as_str(),
                text: notice.shown(Shown::Consent(purpose), language),
            })
            .collect(),
        advice: notice.shown(Shown::Advice, language),
        fields: fields(&app.engine.settings().retention, language),
    };
    json(StatusCode::OK, &shown)
}

/// The list of fields, from their declarations.
fn fields(retention: &RetentionPolicy, language: Language) -> Vec<FieldShown> {
    let lines = noted(retention, language);
    let shown = lines.into_iter().map(|line| FieldShown {
        field: line.field.word(),
        name: line.field.name(language),
        purpose: line.purpose,
        basis: line.basis,
        retention: line.retention,
        required: line.required,
        consequence: line.consequence,
    });
    shown.collect()
}

/// The language that an address asks for with `lang=`; Chinese where it asks for none.
pub(crate) fn language_of(asked: &Asked<'_>) -> Language {
    let query = asked.request.uri().query().unwrap_or_default();
    let mut tags = query
        .split('&')
        .filter_map(|part| part.strip_prefix("lang="));
    tags.find_map(Language::of_tag).unwrap_or(Language::Zh)
}

/// The form. It is wiped when it was read, and prints nothing.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Form {
    language: String,
    name: String,
    mobile: String,
    pin: String,
    age_attested: bool,
    agreement: AgreementAccepted,
    notice_version: String,
    #[serde(default)]
    consents: Vec<Consent>,
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct AgreementAccepted {
    kind: String,
    version: String,
    #[serde(default = "yes")]
    accepted: bool,
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Consent {
    purpose: String,
    given: bool,
}

/// Naming an agreement is accepting it, unless the form says otherwise.
const fn yes() -> bool {
    true
}

#[derive(Serialize)]
struct Joined {
    card_number: String,
    grouped: String,
    state: &'static str,
}

/// `POST /kiosk/v1/members`: registers a member and answers with the card.
pub(crate) fn register(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    match try_register(app, asked) {
        Ok(response) => response,
        Err(no) => refusal(&no),
    }
}

fn try_register(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let key = kiosk_key(asked)?;
    // What was sent is not told back, nor where it stopped making sense: it may hold a name.
    let form: Form =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let language = Language::of_tag(&form.language).ok_or(Refusal::BadRequest)?;
    let kind = AgreementKind::of_word(&form.agreement.kind).ok_or(Refusal::AgreementNeeded)?;
    let consents: Vec<(&str, bool)> = form
        .consents
        .iter()
        .map(|consent| (consent.purpose.as_str(), consent.given))
        .collect();
    let application = Application {
        language,
        name: &form.name,
        mobile: &form.mobile,
        pin: &form.pin,
        age_attested: form.age_attested,
        agreement: Acceptance {
            kind,
            version: &form.agreement.version,
            accepted: form.agreement.accepted,
        },
        notice_version: &form.notice_version,
        consents: &consents,
        device: KIOSK,
    };
    let enrolled = app.engine.enrol(&key, &application)?;
    let card = Joined {
        card_number: enrolled.card.digits(),
        grouped: enrolled.card.grouped(),
        state: state(enrolled.state),
    };
    Ok(json(StatusCode::CREATED, &card))
}

/// The kiosk, as consents and idempotency keys name it.
pub(crate) const KIOSK: &str = "kiosk";

/// The key that the page made before it sent anything.
pub(crate) fn kiosk_key(asked: &Asked<'_>) -> Result<IdempotencyKey, Refusal> {
    let mut values = asked.request.headers().get_all("idempotency-key").iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Refusal::BadKey);
    };
    let text = value.to_str().map_err(|_| Refusal::BadKey)?;
    let key: jifen_pos::key::Key = text.parse().map_err(|_| Refusal::BadKey)?;
    Ok(IdempotencyKey {
        terminal: KIOSK.to_owned(),
        uuid: *key.bytes(),
    })
}

/// The word for a member's state.
pub(crate) const fn state(state: AccountState) -> &'static str {
    match state {
        AccountState::Pending => "pending",
        AccountState::Active => "active",
        AccountState::Warned => "warned",
        AccountState::Restricted => "restricted",
        AccountState::Suspended => "suspended",
    }
}
