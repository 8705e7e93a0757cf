//! A signed-in member sees what they agree to, agrees, and takes it back as easily (CON-02, CON-05).

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::engine::consents::{Asked as Answering, Proof};
use jifen::policy::consent::{Channel, Decision, Standing};
use jifen::policy::notice::{Language, Shown};
use jifen::policy::purpose::Purpose;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::members::{KIOSK, language_of};
use crate::routes::own::{answered, no_content, nothing_said, own, signed_in};

#[derive(Serialize)]
struct Consents {
    notice_version: String,
    purposes: Vec<PurposeShown>,
}

#[derive(Serialize)]
struct PurposeShown {
    purpose: &'static str,
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    may_ask: bool,
    text: String,
}

/// `GET /member/v1/consents?lang=`: where each optional purpose stands, since when, and the text as it is now.
pub(crate) fn consents(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_consents(app, asked))
}

fn try_consents(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let (notice, language) = (app.engine.notice()?, language_of(asked));
    let standings = app.engine.consents(member, &own(member)?)?;
    let shown = Consents {
        notice_version: notice.version().to_owned(),
        purposes: standings
            .iter()
            .map(|at| PurposeShown {
                purpose: at.purpose.as_str(),
                standing: standing_word(at.standing),
                since: at.since.map(jifen::domain::time::Moment::to_rfc3339),
                may_ask: at.may_ask,
                text: notice.shown(Shown::Consent(at.purpose), language),
            })
            .collect(),
    };
    Ok(json(StatusCode::OK, &shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    given: bool,
    notice_version: String,
    language: String,
}

#[derive(Serialize)]
struct Answered {
    purpose: &'static str,
    standing: &'static str,
}

/// `PUT /member/v1/consents/{purpose}`: a yes or a no to the text that is shown now.
pub(crate) fn answer(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_answer(app, asked))
}

fn try_answer(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let said: Answer =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let language = Language::of_tag(&said.language).ok_or(Refusal::BadRequest)?;
    let purpose = Purpose::of_word(asked.id("purpose")).ok_or(Refusal::BadConsent)?;
    let decision = if said.given {
        Decision::Given
    } else {
        Decision::Refused
    };
    let answering = Answering {
        language,
        channel: Channel::Tick,
        device: KIOSK,
    };
    let standing = app.engine.answer_consent(
        member,
        (purpose, decision),
        Some(&said.notice_version),
        &answering,
        &own(member)?,
    )?;
    let shown = Answered {
        purpose: purpose.as_str(),
        standing: standing_word(standing),
    };
    Ok(json(StatusCode::OK, &shown))
}

/// `DELETE /member/v1/consents/{purpose}`: takes a yes back. Nothing is needed for it.
pub(crate) fn withdraw(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_withdraw(app, asked))
}

fn try_withdraw(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    nothing_said(asked)?;
    let purpose = Purpose::of_word(asked.id("purpose")).ok_or(Refusal::BadConsent)?;
    let answering = Answering {
        language: language_of(asked),
        channel: Channel::Tick,
        device: KIOSK,
    };
    let answer = (purpose, Decision::Withdrawn);
    let leave = own(member)?;
    app.engine
        .answer_consent(member, answer, None, &answering, &leave)?;
    Ok(no_content())
}

#[derive(Serialize)]
struct ProofShown {
    purpose: &'static str,
    decision: &'static str,
    notice_version: String,
    language: &'static str,
    channel: &'static str,
    device: String,
    at: String,
    text: String,
    text_sha256: String,
}

/// `GET /member/v1/consents/proof`: every answer with the exact text that was shown. With `?form=text` as a text to read.
pub(crate) fn proof(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_proof(app, asked))
}

fn try_proof(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let proofs = app.engine.consent_proof(member, &own(member)?)?;
    let shown: Vec<ProofShown> = proofs.into_iter().map(proof_shown).collect();
    let query = asked.request.uri().query().unwrap_or_default();
    if query.split('&').any(|part| part == "form=text") {
        let text = readable(&shown, language_of(asked));
        let mut response = Response::new(text.into_bytes());
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        let attached = HeaderValue::from_static("attachment; filename=\"consents.txt\"");
        headers.insert(CONTENT_DISPOSITION, attached);
        return Ok(response);
    }
    Ok(json(StatusCode::OK, &shown))
}

fn proof_shown(Proof { event, text }: Proof) -> ProofShown {
    ProofShown {
        purpose: event.purpose.as_str(),
        decision: event.decision.as_str(),
        notice_version: event.notice_version,
        language: event.language.tag(),
        channel: event.channel.as_str(),
        device: event.device,
        at: event.at.to_rfc3339(),
        text,
        text_sha256: data_encoding::HEXLOWER.encode(&event.text_hash),
    }
}

/// The proofs as a text. What was shown stands in it as it was shown, whatever the language of the words around it.
fn readable(proofs: &[ProofShown], language: Language) -> String {
    let one = |proof: &ProofShown| {
        let ProofShown {
            purpose,
            decision,
            notice_version,
            language: shown_in,
            channel,
            device,
            at,
            text,
            text_sha256,
        } = proof;
        match language {
            Language::Zh => format!(
                "目的：{purpose}\n回答：{decision}\n时间：{at}\n告知书版本：{notice_version}\n所示语言：{shown_in}\n\
                 方式：{channel}\n设备：{device}\nSHA-256：{text_sha256}\n所示文本：\n{text}\n"
            ),
            Language::En => format!(
                "Purpose: {purpose}\nAnswer: {decision}\nAt: {at}\nVersion of the notice: {notice_version}\n\
                 Language shown: {shown_in}\nHow: {channel}\nDevice: {device}\nSHA-256: {text_sha256}\n\
                 Text shown:\n{text}\n"
            ),
        }
    };
    proofs.iter().map(one).collect::<Vec<String>>().join("\n")
}

const fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::NotAsked => "not_asked",
        Standing::Given => "given",
        Standing::Suspended => "suspended",
        Standing::Refused => "refused",
        Standing::Withdrawn => "withdrawn",
    }
}
