//! The pages of a member who has signed in with card and PIN, at the kiosk or on a phone: what the shop keeps, and every
//! right that they have over it (DSR-01…08, MEM-05…08, TIER-04).

pub(crate) mod code;
pub(crate) mod complaint;
pub(crate) mod consents;
pub(crate) mod copy;
pub(crate) mod correct;
pub(crate) mod credentials;
pub(crate) mod data;
pub(crate) mod history;
pub(crate) mod leave;
pub(crate) mod points;
pub(crate) mod seen;
pub(crate) mod sign_in;
pub(crate) mod tickets;
pub(crate) mod verify;

use http::Response;
use jifen::domain::ids::MemberId;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::{Day, Moment, Zone};
use jifen::policy::grant::Grant;

use crate::app::App;
use crate::route::Asked;
use crate::routes::own;

use super::frame::{Frame, visit};
use super::{Fault, refused, see_other, sentence};

/// Where somebody signs in.
const SIGN_IN: &str = "/me/sign-in";

/// What a page of a member comes to: its answer, or why there is none.
type Answer = Result<Response<Vec<u8>>, Refusal>;

/// The page of whoever is signed in; the way to sign in for anybody else, and a page that says why for what is refused.
fn of_member(
    app: &App,
    asked: &Asked<'_>,
    page: impl FnOnce(MemberId, &Grant) -> Answer,
) -> Response<Vec<u8>> {
    let answer = own::signed_in(app, asked).and_then(|member| page(member, &own::own(member)?));
    match answer {
        Ok(response) => response,
        Err(Refusal::SignInNeeded) => see_other(SIGN_IN),
        Err(no) => refused(Frame::of(app, asked), &no),
    }
}

/// Done: what was is said on the next page.
fn done(app: &App, asked: &Asked<'_>, words: String, to: &str) -> Response<Vec<u8>> {
    visit(app, asked, |visit| visit.told = Some(words));
    see_other(to)
}

/// A refusal as the fault of a form: beside the field that `fields` has for its code, else above all of them. What is no
/// fault of the form is refused.
fn fault(
    frame: &Frame,
    no: Refusal,
    fields: &[(&str, &'static str)],
) -> Result<Vec<Fault>, Refusal> {
    if no.is_of_store() || no == Refusal::SignInNeeded {
        return Err(no);
    }
    let field = fields.iter().find(|(code, _)| *code == no.code());
    Ok(vec![Fault {
        field: field.map(|(_, field)| *field),
        words: sentence(&no, frame.language),
    }])
}

/// Where the shop's days begin and end.
fn zone(app: &App) -> Result<Zone, Refusal> {
    let versions = app.engine.versions();
    Ok(versions.latest().ok_or(Refusal::BeforeProgramme)?.zone)
}

/// A moment as the shop's clocks show it.
fn clock(app: &App, moment: Moment) -> Result<String, Refusal> {
    Ok(zone(app)?.display(moment))
}

/// The local day of a moment.
fn day(app: &App, moment: Moment) -> Result<Day, Refusal> {
    Ok(zone(app)?.day_of(moment))
}
