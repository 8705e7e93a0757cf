//! The first page of a member: what points there are and what expires when, the tier and what is missing (TIER-04).

use askama::Template;
use http::Response;
use jifen::domain::money::Money;
use jifen::domain::programme::Tier;
use jifen::domain::refusal::Refusal;
use jifen::engine::statement::Statement;
use jifen::ledger::lot::Lot;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::state;

use super::super::frame::Frame;
use super::super::{pictures, show};
use super::{day, of_member};

/// Where a member goes from here, and the words of each way.
const MENU: [(&str, &str); 11] = [
    ("/me/history", "menu-history"),
    ("/me/consents", "menu-consents"),
    ("/me/data", "menu-data"),
    ("/me/seen", "menu-seen"),
    ("/me/correct", "menu-correct"),
    ("/me/copy", "menu-copy"),
    ("/me/restrict", "menu-restrict"),
    ("/me/tickets", "menu-tickets"),
    ("/me/card", "menu-card"),
    ("/me/pin", "menu-pin"),
    ("/me/leave", "menu-leave"),
];

#[derive(Template)]
#[template(path = "me/points.html")]
struct Page {
    frame: Frame,
    name: String,
    available: String,
    figures: Vec<(String, String)>,
    tier: String,
    tier_since: Option<String>,
    progress: String,
    so_far: String,
    missing: String,
    tiers: Vec<(String, String)>,
    expiring: Vec<(String, String)>,
    menu: Vec<(&'static str, String)>,
}

/// `GET /me`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let own = app.engine.own_data(member, leave)?;
        let statement = app
            .engine
            .statement(app.engine.account_of_member(member)?)?;
        let frame = Frame::of(app, asked);
        let (so_far, missing, progress) = standing(app, &frame, &statement)?;
        let since = statement.tier_since.map(|since| day(app, since));
        let since = since.transpose()?;
        Ok(show(&Page {
            name: own.profile.masked_name(),
            available: statement.available.to_string(),
            figures: figures(&frame, &statement),
            tier: tier_words(&frame, statement.tier),
            tier_since: since.map(|day| frame.fill("tier-since", "day", &day.to_string())),
            progress,
            so_far,
            missing,
            tiers: tiers(app, &frame, &statement)?,
            expiring: expiring(app, &frame, &statement)?,
            menu: MENU.map(|(to, key)| (to, frame.say(key))).into(),
            frame,
        }))
    })
}

/// What is not what everybody has: each number with its words.
fn figures(frame: &Frame, statement: &Statement) -> Vec<(String, String)> {
    let numbers = [
        ("points-all", statement.balance),
        ("points-held", statement.held),
        ("points-debt", statement.debt),
    ];
    let told = numbers.into_iter().filter(|(key, number)| {
        0 < number.count() && (*key != "points-all" || statement.balance != statement.available)
    });
    let mut figures: Vec<(String, String)> = told
        .map(|(key, number)| (frame.say(key), number.to_string()))
        .collect();
    let words = match state(statement.state) {
        "pending" => "state-pending",
        "warned" => "state-warned",
        "restricted" => "state-restricted",
        "suspended" => "state-suspended",
        _ => "state-active",
    };
    figures.push((frame.say("state-title"), frame.say(words)));
    figures
}

/// What was bought so far, what is missing to the senior tier, and the same as a picture.
fn standing(
    app: &App,
    frame: &Frame,
    statement: &Statement,
) -> Result<(String, String, String), Refusal> {
    let versions = app.engine.versions();
    let programme = versions.latest().ok_or(Refusal::BeforeProgramme)?;
    let currency = &programme.currency;
    let money = |amount: Money| {
        let amount = amount.display(currency.exponent);
        match currency.code.as_str() {
            "CNY" => format!("¥{amount}"),
            code => format!("{amount} {code}"),
        }
    };
    let so_far = frame.fill("tier-so-far", "amount", &money(statement.metric));
    let missing = if 0 < statement.missing.minor() {
        frame.fill("tier-missing", "amount", &money(statement.missing))
    } else {
        frame.say("tier-reached")
    };
    let (has, needed) = (
        statement.metric.minor(),
        programme.tiers.senior_from.minor(),
    );
    let permille = has
        .clamp(0, needed)
        .checked_mul(1_000)
        .and_then(|has| has.checked_div(needed));
    let permille = permille.and_then(|permille| u16::try_from(permille).ok());
    let label = format!("{so_far} · {missing}");
    let ends = [Tier::Ordinary, Tier::Senior].map(|tier| tier_words(frame, tier));
    let [first, last] = &ends;
    let progress = pictures::progress(permille.unwrap_or(1_000), [first, last], &label);
    Ok((so_far, missing, progress))
}

fn tiers(
    app: &App,
    frame: &Frame,
    statement: &Statement,
) -> Result<Vec<(String, String)>, Refusal> {
    let changes = statement.tiers.iter().rev();
    changes
        .map(|(since, tier)| Ok((day(app, *since)?.to_string(), tier_words(frame, *tier))))
        .collect()
}

/// The open lots, what expires first at the top.
fn expiring(
    app: &App,
    frame: &Frame,
    statement: &Statement,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut lots: Vec<_> = statement.lots.iter().collect();
    lots.sort_by_key(|lot| (lot.grant.expires_at.is_none(), lot.grant.expires_at));
    let line = |lot: &&Lot| {
        let when = match lot.grant.expires_at {
            // Points lapse at this moment: the day before is the last whole one.
            Some(end) => day(app, end.plus_millis(-1))?.to_string(),
            None => frame.say("points-never"),
        };
        Ok((when, lot.remaining.to_string()))
    };
    lots.iter().map(line).collect()
}

fn tier_words(frame: &Frame, tier: Tier) -> String {
    frame.say(match tier {
        Tier::Ordinary => "tier-ordinary",
        Tier::Senior => "tier-senior",
    })
}
