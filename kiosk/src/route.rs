//! How a request finds its handler, and what is logged and counted of it. Every address is in `addresses.rs`.

mod addresses;

use std::sync::Arc;
use std::time::Instant;

use http::header::ACCEPT;
use http::{Method, Request, Response, StatusCode};
use jifen::domain::refusal::Retry;

use crate::app::App;
use crate::http::{Route, Sentence, method_not_allowed, not_found, refuse};
use crate::log::Told;
use crate::pages;
use addresses::ADDRESSES;

/// The longest id in an address, in bytes.
const ID_MAX: usize = 128;

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
        let answered = for_people(&app, &request, answered);
        let told: Option<&Told> = answered.extensions().get();
        let pattern = told.map(|told| told.pattern);
        let (status, took) = (answered.status(), begun.elapsed());
        app.metrics.answered(pattern, status, took);
        answered
    })
}

/// Whoever asks with a browser gets a "no" as a page; programs get the words that they were promised.
fn for_people(
    app: &App,
    request: &Request<Vec<u8>>,
    mut answered: Response<Vec<u8>>,
) -> Response<Vec<u8>> {
    let accepted = request.headers().get(ACCEPT);
    let wants_page = accepted.is_some_and(|kinds| {
        let kinds = kinds.to_str().unwrap_or_default();
        kinds
            .split(',')
            .any(|kind| kind.trim().starts_with("text/html"))
    });
    let extensions = answered.extensions_mut();
    let (sentence, told) = (extensions.remove::<Sentence>(), extensions.remove::<Told>());
    if let Some(sentence) = sentence.filter(|_| wants_page) {
        let asked = Asked {
            request,
            ids: Vec::new(),
        };
        answered = pages::lost(app, &asked, answered.status(), &sentence);
    }
    if let Some(told) = told {
        answered.extensions_mut().insert(told);
    }
    answered
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
