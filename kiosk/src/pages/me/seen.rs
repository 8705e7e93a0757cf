//! Who saw a member's data, to whom it was given, and who signed in (DSR-07, AUD-01).

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;
use jifen::engine::logins::Login;
use jifen::engine::looks::Look;
use jifen::policy::catalogue::Field;

use crate::app::App;
use crate::route::Asked;
use crate::words::coded;

use super::super::frame::Frame;
use super::super::show;
use super::{clock, of_member};

#[derive(Template)]
#[template(path = "me/seen.html")]
struct Page {
    frame: Frame,
    tables: Vec<Table>,
}

struct Table {
    title: String,
    empty: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// `GET /me/seen`: the newest first.
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let frame = Frame::of(app, asked);
        let looks = app.engine.looks(member, leave)?;
        let looks = looks.iter().rev().map(|look| look_row(app, &frame, look));
        let logins = app.engine.logins(member)?;
        let logins = logins
            .iter()
            .rev()
            .map(|login| login_row(app, &frame, login));
        let recipients = app.engine.recipients(member, leave)?;
        let recipients = recipients.into_iter().map(|name| vec![name]);
        let looks = table(
            &frame,
            ["seen-looks", "seen-looks-empty"],
            &[
                "history-when",
                "seen-who",
                "seen-role",
                "seen-fields",
                "seen-purpose",
                "seen-basis",
            ],
            looks.collect::<Result<_, Refusal>>()?,
        );
        let given = table(
            &frame,
            ["seen-recipients", "seen-recipients-empty"],
            &["seen-who"],
            recipients.collect(),
        );
        let signed_in = table(
            &frame,
            ["seen-logins", "seen-logins-empty"],
            &["history-when", "seen-device", "seen-result"],
            logins.collect::<Result<_, Refusal>>()?,
        );
        Ok(show(&Page {
            tables: vec![looks, given, signed_in],
            frame,
        }))
    })
}

fn table(
    frame: &Frame,
    [title, empty]: [&str; 2],
    heads: &[&str],
    rows: Vec<Vec<String>>,
) -> Table {
    Table {
        title: frame.say(title),
        empty: frame.say(empty),
        heads: heads.iter().map(|key| frame.say(key)).collect(),
        rows,
    }
}

fn look_row(app: &App, frame: &Frame, look: &Look) -> Result<Vec<String>, Refusal> {
    let fields = look.fields.iter().map(|field| field.name(frame.language));
    Ok(vec![
        clock(app, look.at)?,
        look.who.clone(),
        told(frame, Field::LookRole, &look.role),
        fields.collect::<Vec<_>>().join(frame.comma()),
        told(frame, Field::LookPurpose, &look.purpose),
        told(frame, Field::LookBasis, &look.basis),
    ])
}

/// A word of the program as people say it.
fn told(frame: &Frame, field: Field, word: &str) -> String {
    coded::words(field, word, frame.language).unwrap_or_else(|| word.to_owned())
}

fn login_row(app: &App, frame: &Frame, login: &Login) -> Result<Vec<String>, Refusal> {
    let result = if login.success {
        "seen-success"
    } else {
        "seen-failure"
    };
    Ok(vec![
        clock(app, login.at)?,
        told(frame, Field::LoginDevice, &login.device),
        frame.say(result),
    ])
}
