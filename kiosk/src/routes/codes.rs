//! What a member who has signed in shows a till, and where tills may know the member from sale to sale: live codes and
//! sectors (privacy §5).

use std::net::IpAddr;

use http::{Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use serde::Serialize;

use crate::app::App;
use crate::http::{Listener, Peer, json};
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::routes::own::{answered, no_content, signed_in};

/// Whose wrong codes are counted together (privacy §5): those of the kiosk, and of everyone else by where the call comes
/// from. It is kept in memory alone, and written nowhere.
pub(crate) fn caller(asked: &Asked<'_>) -> String {
    let peer = asked.request.extensions().get::<Peer>();
    match peer {
        Some(peer) if peer.listener == Listener::Edge => match peer.address.ip() {
            IpAddr::V4(address) => format!("edge {address}"),
            // Whoever has one address of a network has all of it.
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("edge {a:x}:{b:x}:{c:x}:{d:x}")
            }
        },
        Some(_) | None => KIOSK.to_owned(),
    }
}

#[derive(Serialize)]
struct LiveCodeShown {
    code: String,
    grouped: String,
    until: String,
}

/// `POST /member/v1/live-codes`: the code of these 30 seconds, to be scanned; once.
pub(crate) fn live(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_live(app, asked))
}

fn try_live(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let shown = app.engine.live_code(member)?;
    let body = LiveCodeShown {
        code: shown.code.digits(),
        grouped: shown.code.grouped(),
        until: shown.valid_until.to_rfc3339(),
    };
    Ok(json(StatusCode::CREATED, &body))
}

#[derive(Serialize)]
struct SectorShown {
    sector: u16,
    joined: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

/// `GET /member/v1/sectors`: the sectors that tills declare, and which of them the member joined.
pub(crate) fn sectors(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_sectors(app, asked))
}

fn try_sectors(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let sectors = app.engine.sectors(member)?;
    let shown = sectors.into_iter().map(|of| SectorShown {
        sector: of.sector,
        joined: of.since.is_some(),
        since: of.since.map(Moment::to_rfc3339),
    });
    Ok(json(StatusCode::OK, &shown.collect::<Vec<_>>()))
}

/// `PUT /member/v1/sectors/{sector}`: tills of this sector may know the member from sale to sale.
pub(crate) fn join(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let joined = signed_in(app, asked).and_then(|member| {
        let sector = sector(asked)?;
        app.engine.join_sector(member, sector, KIOSK)
    });
    answered(joined.map(|()| no_content()))
}

/// `DELETE /member/v1/sectors/{sector}`: they may no more. Whoever is not in it has left already.
pub(crate) fn leave(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let left = signed_in(app, asked).and_then(|member| {
        let sector = sector(asked)?;
        app.engine.leave_sector(member, sector, KIOSK)
    });
    answered(left.map(|()| no_content()))
}

/// The sector that the address names, in its one spelling.
fn sector(asked: &Asked<'_>) -> Result<u16, Refusal> {
    let text = asked.id("sector");
    let number = text.parse::<u16>().ok();
    let number = number.filter(|number| number.to_string() == text);
    number.ok_or(Refusal::SectorUnknown)
}
