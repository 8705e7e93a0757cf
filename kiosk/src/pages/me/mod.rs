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

use super::{Answer, answered};

/// Beside which field a wrong PIN is told.
const PIN_WRONG: (&str, &str) = ("sign_in_failed", "pin");

/// The page of whoever is signed in.
fn of_member(
    app: &App,
    asked: &Asked<'_>,
    page: impl FnOnce(MemberId, &Grant) -> Answer,
) -> Response<Vec<u8>> {
    let answer = own::signed_in(app, asked).and_then(|member| page(member, &own::own(member)?));
    answered(app, asked, answer)
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
