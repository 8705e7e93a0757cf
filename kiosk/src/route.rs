//! Every address of the program, on one page; and how a request finds its handler. The handlers are in `routes/`, one
//! file a noun.

use std::sync::Arc;
use std::time::Instant;

use http::{Method, Request, Response, StatusCode};
use jifen::domain::refusal::Retry;

use crate::app::App;
use crate::http::{Route, method_not_allowed, not_found, refuse};
use crate::log::Told;
use crate::pages::{assets, join, me, notice, start};
use crate::routes::{
    codes, consents, credentials, data, health, members, metrics, own, pos, rights, staff, tickets,
    verification,
};

/// The longest id in an address, in bytes.
const ID_MAX: usize = 128;

/// All addresses. `{name}` stands for one id.
static ADDRESSES: &[Address] = &[
    Address::new(Method::GET, "/", start::start),
    Address::new(Method::GET, "/assets/{file}", assets::asset),
    Address::new(Method::POST, "/visit", start::begin),
    Address::new(Method::POST, "/look", start::look),
    Address::new(Method::POST, "/stay", start::stay),
    Address::new(Method::POST, "/here", start::here),
    Address::new(Method::POST, "/finish", start::finish),
    Address::new(Method::GET, "/finish", start::finish),
    Address::new(Method::GET, "/help", start::help),
    Address::new(Method::GET, "/notice", notice::notice),
    Address::new(Method::GET, "/agreement", notice::agreement),
    Address::new(Method::GET, "/join", join::read_notice),
    Address::new(Method::POST, "/join", join::noted),
    Address::new(Method::GET, "/join/phone", join::phone),
    Address::new(Method::POST, "/join/phone", join::set_phone),
    Address::new(Method::GET, "/join/name", join::name),
    Address::new(Method::POST, "/join/name", join::set_name),
    Address::new(Method::GET, "/join/consents", join::consents),
    Address::new(Method::POST, "/join/consents", join::set_consents),
    Address::new(Method::GET, "/join/pin", join::pin),
    Address::new(Method::POST, "/join/pin", join::register),
    Address::new(Method::GET, "/join/card", join::card),
    Address::new(Method::GET, "/me/sign-in", me::sign_in::page),
    Address::new(Method::POST, "/me/sign-in", me::sign_in::sign_in),
    Address::new(Method::GET, "/me", me::points::page),
    Address::new(Method::GET, "/me/history", me::history::page),
    Address::new(Method::GET, "/me/code", me::code::page),
    Address::new(Method::POST, "/me/code", me::code::say),
    Address::new(Method::GET, "/me/code/live", me::code::renew),
    Address::new(Method::GET, "/me/consents", me::consents::page),
    Address::new(Method::POST, "/me/consents", me::consents::answer),
    Address::new(Method::GET, "/me/data", me::data::page),
    Address::new(Method::POST, "/me/data", me::data::unmask),
    Address::new(Method::POST, "/me/confirm", me::data::confirm),
    Address::new(Method::GET, "/me/seen", me::seen::page),
    Address::new(Method::GET, "/me/correct", me::correct::page),
    Address::new(Method::POST, "/me/correct", me::correct::correct),
    Address::new(Method::POST, "/me/address", me::correct::address),
    Address::new(Method::GET, "/me/copy", me::copy::page),
    Address::new(Method::POST, "/me/copy", me::copy::order),
    Address::new(Method::GET, "/me/restrict", me::data::restriction),
    Address::new(Method::POST, "/me/restrict", me::data::restrict),
    Address::new(Method::GET, "/me/tickets", me::tickets::page),
    Address::new(Method::POST, "/me/tickets", me::tickets::open),
    Address::new(Method::GET, "/me/card", me::credentials::card),
    Address::new(Method::POST, "/me/card", me::credentials::reissue),
    Address::new(Method::GET, "/me/card/new", me::credentials::new_card),
    Address::new(Method::GET, "/me/pin", me::credentials::pin),
    Address::new(Method::POST, "/me/pin", me::credentials::change_pin),
    Address::new(Method::GET, "/me/leave", me::leave::page),
    Address::new(Method::GET, "/me/leave/confirm", me::leave::confirm),
    Address::new(Method::POST, "/me/leave", me::leave::leave),
    Address::new(Method::GET, "/left", me::leave::receipt),
    Address::new(Method::GET, "/pin-reset", me::credentials::lost_pin),
    Address::new(Method::POST, "/pin-reset", me::credentials::reset_pin),
    Address::new(Method::GET, "/verify", me::verify::page),
    Address::new(Method::POST, "/verify", me::verify::verify),
    Address::new(Method::GET, "/complaint", me::complaint::page),
    Address::new(Method::POST, "/complaint", me::complaint::complain),
    Address::new(Method::POST, "/complaint/follow", me::complaint::follow),
    Address::new(Method::GET, "/healthz", health::health),
    Address::new(Method::GET, "/kiosk/v1/notice", members::notice),
    Address::new(Method::POST, "/kiosk/v1/members", members::register),
    Address::new(Method::POST, "/member/v1/session", own::sign_in),
    Address::new(Method::DELETE, "/member/v1/session", own::sign_out),
    Address::new(Method::GET, "/member/v1/statement", own::statement),
    Address::new(Method::GET, "/member/v1/history", own::history),
    Address::new(Method::POST, "/member/v1/codes", own::code),
    Address::new(Method::PUT, "/member/v1/profile", rights::correct),
    Address::new(Method::PUT, "/member/v1/address", rights::set_address),
    Address::new(Method::DELETE, "/member/v1/address", rights::erase_address),
    Address::new(Method::GET, "/member/v1/erasure", rights::farewell),
    Address::new(Method::POST, "/member/v1/erasure", rights::erase),
    Address::new(Method::GET, "/member/v1/erasures/{key}", rights::receipt),
    Address::new(Method::POST, "/member/v1/live-codes", codes::live),
    Address::new(Method::GET, "/member/v1/sectors", codes::sectors),
    Address::new(Method::PUT, "/member/v1/sectors/{sector}", codes::join),
    Address::new(Method::DELETE, "/member/v1/sectors/{sector}", codes::leave),
    Address::new(Method::POST, "/pos/v1/identify", pos::pos),
    Address::new(Method::POST, "/pos/v1/quote", pos::pos),
    Address::new(Method::POST, "/pos/v1/holds", pos::pos),
    Address::new(Method::POST, "/pos/v1/holds/{hold}/capture", pos::pos),
    Address::new(Method::POST, "/pos/v1/holds/{hold}/void", pos::pos),
    Address::new(Method::POST, "/pos/v1/sales", pos::pos),
    Address::new(Method::POST, "/pos/v1/refunds", pos::pos),
    Address::new(Method::POST, "/pos/v1/reversals", pos::pos),
    Address::new(Method::GET, "/pos/v1/operations/{key}", pos::pos),
    Address::new(Method::POST, "/pos/v1/sign-on", pos::pos),
    Address::new(Method::GET, "/pos/v1/diagnose", pos::pos),
    Address::new(Method::PUT, "/member/v1/pin", credentials::change_pin),
    Address::new(Method::POST, "/member/v1/cards", credentials::reissue),
    Address::new(Method::POST, "/kiosk/v1/pin-resets", credentials::reset_pin),
    Address::new(
        Method::POST,
        "/kiosk/v1/verifications",
        verification::verify,
    ),
    Address::new(
        Method::POST,
        "/kiosk/v1/verifications/code",
        verification::send_again,
    ),
    Address::new(Method::GET, "/metrics", metrics::metrics),
    Address::new(Method::POST, "/kiosk/v1/complaints", tickets::complain),
    Address::new(
        Method::POST,
        "/kiosk/v1/complaints/{number}",
        tickets::complaint,
    ),
    Address::new(Method::GET, "/member/v1/tickets", tickets::own_tickets),
    Address::new(Method::POST, "/member/v1/tickets", tickets::open),
    Address::new(Method::GET, "/member/v1/consents", consents::consents),
    Address::new(Method::GET, "/member/v1/consents/proof", consents::proof),
    Address::new(
        Method::PUT,
        "/member/v1/consents/{purpose}",
        consents::answer,
    ),
    Address::new(
        Method::DELETE,
        "/member/v1/consents/{purpose}",
        consents::withdraw,
    ),
    Address::new(Method::GET, "/member/v1/data", data::masked),
    Address::new(Method::POST, "/member/v1/data", data::clear),
    Address::new(Method::GET, "/member/v1/looks", data::looks),
    Address::new(Method::GET, "/member/v1/recipients", data::recipients),
    Address::new(Method::GET, "/member/v1/logins", data::logins),
    Address::new(Method::GET, "/member/v1/restriction", data::restriction),
    Address::new(Method::PUT, "/member/v1/restriction", data::restrict),
    Address::new(Method::DELETE, "/member/v1/restriction", data::lift),
    Address::new(Method::POST, "/member/v1/confirmation", data::confirm),
    Address::new(Method::POST, "/member/v1/copies", data::order),
    Address::new(Method::GET, "/copies/{secret}", data::copy),
    Address::new(Method::GET, "/schemas/member-copy.json", data::copy_schema),
    Address::new(Method::POST, "/staff/v1/setup", staff::set_up),
    Address::new(Method::POST, "/staff/v1/session", staff::sign_in),
    Address::new(Method::DELETE, "/staff/v1/session", staff::sign_out),
    Address::new(Method::POST, "/staff/v1/password", staff::password),
    Address::new(Method::GET, "/staff/v1/me", staff::me),
    Address::new(Method::POST, "/staff/v1/members/search", staff::search),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/sanctions",
        staff::sanction,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/adjustments",
        staff::adjust,
    ),
    Address::new(Method::POST, "/staff/v1/proposals", staff::propose),
    Address::new(Method::GET, "/staff/v1/proposals", staff::open),
    Address::new(
        Method::POST,
        "/staff/v1/proposals/{id}/approve",
        staff::approve,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/proposals/{id}/decline",
        staff::decline,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/proposals/{id}/execute",
        staff::execute,
    ),
    Address::new(Method::GET, "/staff/v1/accounts", staff::accounts),
    Address::new(Method::POST, "/staff/v1/accounts", staff::add),
    Address::new(Method::GET, "/staff/v1/accounts/{name}", staff::show),
    Address::new(
        Method::GET,
        "/staff/v1/accounts/{name}/log-ins",
        staff::log_ins,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/accounts/{name}/block",
        staff::block,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/accounts/{name}/unblock",
        staff::unblock,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/accounts/{name}/password",
        staff::reset,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/accounts/{name}/grants",
        staff::grant,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/accounts/{name}/revocations",
        staff::revoke,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/verifications",
        staff::verify,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/pin-resets",
        staff::reset_pin,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/cards",
        staff::reissue,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/identity",
        staff::identify,
    ),
    Address::new(
        Method::DELETE,
        "/staff/v1/members/{ref}/identity",
        staff::end_identity,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/tickets",
        staff::open_ticket,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/merge-codes",
        staff::send_code,
    ),
    Address::new(
        Method::PUT,
        "/staff/v1/members/{ref}/merge-codes",
        staff::prove,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/members/{ref}/merges",
        staff::merges,
    ),
    Address::new(Method::POST, "/staff/v1/merges/preview", staff::preview),
    Address::new(Method::POST, "/staff/v1/merges", staff::merge),
    Address::new(Method::GET, "/staff/v1/tickets", staff::tickets),
    Address::new(Method::GET, "/staff/v1/tickets/{number}", staff::ticket),
    Address::new(Method::POST, "/staff/v1/tickets/{number}/take", staff::take),
    Address::new(
        Method::POST,
        "/staff/v1/tickets/{number}/replies",
        staff::reply,
    ),
    Address::new(
        Method::POST,
        "/staff/v1/tickets/{number}/close",
        staff::close,
    ),
    Address::new(Method::GET, "/staff/v1/sweep", staff::count),
    Address::new(Method::POST, "/staff/v1/sweep", staff::run_sweep),
];

/// Answers one request.
type Handler = fn(&App, &Asked<'_>) -> Response<Vec<u8>>;

/// A request with the ids that its address holds.
#[derive(Debug)]
pub(crate) struct Asked<'r> {
    /// The request as it came in.
    pub(crate) request: &'r Request<Vec<u8>>,
    ids: Vec<(&'static str, &'r str)>,
}

impl Asked<'_> {
    /// The id under a name of the pattern: 1 to 128 letters, digits and `-._~`. Empty for a name the pattern has not.
    pub(crate) fn id(&self, name: &str) -> &str {
        let mut ids = self.ids.iter();
        ids.find(|(of, _)| *of == name).map_or("", |(_, id)| id)
    }
}

/// One line of the page.
struct Address {
    method: Method,
    pattern: &'static str,
    handler: Handler,
}

/// How a path fits a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Fit<'p> {
    Not,
    With(Vec<(&'static str, &'p str)>),
    /// It would fit, but in the place of an id is what cannot be one.
    BadId,
}

impl Address {
    const fn new(method: Method, pattern: &'static str, handler: Handler) -> Self {
        Self {
            method,
            pattern,
            handler,
        }
    }

    /// Whoever may GET may ask for the head alone.
    fn takes(&self, method: &Method) -> bool {
        self.method == *method || (self.method == Method::GET && *method == Method::HEAD)
    }
}

/// The route of the listeners.
pub(crate) fn route(app: Arc<App>) -> Route {
    Arc::new(move |request| {
        let begun = Instant::now();
        let _watch = app.metrics.watch();
        let answered = dispatch(ADDRESSES, &app, &request);
        let told: Option<&Told> = answered.extensions().get();
        let pattern = told.map(|told| told.pattern);
        let (status, took) = (answered.status(), begun.elapsed());
        app.metrics.answered(pattern, status, took);
        answered
    })
}

fn dispatch(
    addresses: &'static [Address],
    app: &App,
    request: &Request<Vec<u8>>,
) -> Response<Vec<u8>> {
    let path = request.uri().path();
    let mut pattern = None;
    let mut allowed: Vec<&str> = Vec::new();
    for address in addresses {
        let fit = fit(address.pattern, path);
        if fit == Fit::Not {
            continue;
        }
        pattern.get_or_insert(address.pattern);
        if !address.takes(request.method()) {
            allowed.push(address.method.as_str());
            if address.method == Method::GET {
                allowed.push("HEAD");
            }
            continue;
        }
        let answered = match fit {
            Fit::Not | Fit::BadId => bad_id(),
            Fit::With(ids) => (address.handler)(app, &Asked { request, ids }),
        };
        return told(answered, address.pattern);
    }
    match pattern {
        Some(pattern) => told(method_not_allowed(&allowed.join(", ")), pattern),
        None => not_found(),
    }
}

/// The answer, with the pattern for the log. What a handler told of its terminal stays.
fn told(mut answered: Response<Vec<u8>>, pattern: &'static str) -> Response<Vec<u8>> {
    let extensions = answered.extensions_mut();
    let terminal = extensions.remove::<Told>().and_then(|told| told.terminal);
    extensions.insert(Told { pattern, terminal });
    answered
}

/// Segment by segment. Nothing is decoded: no address of ours needs it, and two spellings of one id would be one too many.
fn fit<'p>(pattern: &'static str, path: &'p str) -> Fit<'p> {
    let mut ids = Vec::new();
    let mut is_bad = false;
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) if is_bad => return Fit::BadId,
            (None, None) => return Fit::With(ids),
            (Some(wanted), Some(found)) => {
                let name = wanted
                    .strip_prefix('{')
                    .and_then(|name| name.strip_suffix('}'));
                match name {
                    Some(_) if found.is_empty() => return Fit::Not,
                    Some(name) => {
                        is_bad |= !is_id(found);
                        ids.push((name, found));
                    }
                    None if wanted == found => {}
                    None => return Fit::Not,
                }
            }
            (None, Some(_)) | (Some(_), None) => return Fit::Not,
        }
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.len() <= ID_MAX && text.bytes().all(is_plain)
}

fn bad_id() -> Response<Vec<u8>> {
    refuse(
        StatusCode::BAD_REQUEST,
        "bad_address",
        "地址中的编号含有不允许的字符，或过长。",
        "An id in the address is too long or has characters that no id has.",
        Retry::Never,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;

    static SOME: [Address; 4] = [
        Address::new(Method::GET, "/holds/{hold}", echo),
        Address::new(Method::POST, "/holds/{hold}", echo),
        Address::new(Method::POST, "/holds/{hold}/lines/{line}", echo),
        Address::new(Method::POST, "/holds", echo),
    ];

    fn echo(_: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
        let mut echoed = json(StatusCode::OK, &[asked.id("hold"), asked.id("line")]);
        let told = Told {
            pattern: "",
            terminal: Some("till-1".to_owned()),
        };
        echoed.extensions_mut().insert(told);
        echoed
    }

    /// Asks, and compares status, what stands in the answer, and the pattern that is logged.
    fn check(line: &str, status: u16, holds: &str, pattern: Option<&str>) {
        let (method, uri) = line.split_once(' ').unwrap();
        let request = Request::builder().method(method).uri(uri);
        let request = request.body(Vec::new()).unwrap();
        let answered = dispatch(&SOME, &App::in_memory().unwrap(), &request);
        let told: Option<&Told> = answered.extensions().get();
        let body = String::from_utf8_lossy(answered.body());
        assert_eq!(answered.status(), status, "{line} {body}");
        assert!(body.contains(holds), "{line} {body}");
        assert_eq!(told.map(|told| told.pattern), pattern, "{line}");
    }

    #[test]
    fn a_request_finds_its_handler_by_method_and_path() {
        let hold = Some("/holds/{hold}");
        check("GET /holds/a-1._~", 200, r#"["a-1._~",""]"#, hold);
        check("GET /holds/a?x=%20/y", 200, r#"["a",""]"#, hold);
        check("HEAD /holds/a", 200, "", hold);
        check("POST /holds/a", 200, r#"["a",""]"#, hold);
        check(
            "POST /holds/a/lines/7",
            200,
            r#"["a","7"]"#,
            Some("/holds/{hold}/lines/{line}"),
        );
        check("POST /holds", 200, "", Some("/holds"));
    }

    #[test]
    fn what_is_not_there_is_404_and_what_is_not_taken_is_405() {
        let hold = Some("/holds/{hold}");
        check("GET /", 404, "no_such_address", None);
        check("GET /holds/", 404, "no_such_address", None);
        check("GET /holds/a/", 404, "no_such_address", None);
        check("GET /Holds/a", 404, "no_such_address", None);
        check("GET //holds/a", 404, "no_such_address", None);
        check("GET /%68olds/a", 404, "no_such_address", None);
        check("POST /holds/a/lines", 404, "no_such_address", None);
        check("DELETE /holds/a", 405, "method_not_allowed", hold);
        check("PATCH /holds", 405, "method_not_allowed", Some("/holds"));
        let request = Request::builder().method("DELETE").uri("/holds/a");
        let answered = dispatch(
            &SOME,
            &App::in_memory().unwrap(),
            &request.body(Vec::new()).unwrap(),
        );
        assert_eq!(answered.headers()["allow"], "GET, HEAD, POST");
    }

    #[test]
    fn an_id_has_one_spelling() {
        let hold = Some("/holds/{hold}");
        check("GET /holds/a%2Fb", 400, "bad_address", hold);
        check("GET /holds/%61", 400, "bad_address", hold);
        check("GET /holds/a+b", 400, "bad_address", hold);
        check("GET /holds/a;b", 400, "bad_address", hold);
        check(&format!("GET /holds/{}", "a".repeat(128)), 200, "aaa", hold);
        check(
            &format!("GET /holds/{}", "a".repeat(129)),
            400,
            "bad_address",
            hold,
        );
        check("DELETE /holds/a%2Fb", 405, "method_not_allowed", hold);
    }

    #[test]
    fn the_terminal_that_a_handler_tells_stays_beside_the_pattern() {
        let request = Request::builder().uri("/holds/a").body(Vec::new()).unwrap();
        let answered = dispatch(&SOME, &App::in_memory().unwrap(), &request);
        let told: &Told = answered.extensions().get().unwrap();
        assert_eq!(told.terminal.as_deref(), Some("till-1"));
    }

    #[test]
    fn no_address_stands_twice() {
        for (place, address) in ADDRESSES.iter().enumerate() {
            let same = |other: &&Address| {
                other.method == address.method && other.pattern == address.pattern
            };
            let first = ADDRESSES.iter().position(|other| same(&other));
            assert_eq!(first, Some(place), "{} {}", address.method, address.pattern);
        }
    }
}
