//! What is past its keeping: counted, or destroyed now instead of at night (RET-01).

use http::{Response, StatusCode};
use jifen::engine::retain::Destruction;
use serde::Serialize;

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::own::answered;

use super::{Answered, on_duty};

#[derive(Serialize)]
struct Swept {
    /// Whether it was only counted.
    dry: bool,
    gone: Vec<Gone>,
}

#[derive(Serialize)]
struct Gone {
    kind: &'static str,
    count: u64,
    oldest: String,
    youngest: String,
}

fn swept(dry: bool, destruction: &Destruction) -> Response<Vec<u8>> {
    let gone = destruction.gone.iter().map(|(kind, gone)| Gone {
        kind: kind.word(),
        count: gone.count,
        oldest: gone.oldest.to_string(),
        youngest: gone.youngest.to_string(),
    });
    let swept = Swept {
        dry,
        gone: gone.collect(),
    };
    json(StatusCode::OK, &swept)
}

/// `GET /staff/v1/sweep`: what a sweep would destroy. Nothing is written.
pub(crate) fn count(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_count(app, asked))
}

fn try_count(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    Ok(swept(true, &app.engine.count_sweep(&seat.duty)?))
}

/// `POST /staff/v1/sweep`: destroys it.
pub(crate) fn run(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_run(app, asked))
}

fn try_run(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let destruction = app.engine.sweep_at_desk(&seat.duty)?;
    app.audit_moved();
    Ok(swept(false, &destruction))
}
