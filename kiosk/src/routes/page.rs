//! The plain page on which a member registers, with its style and its script. They are part of the program.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

use crate::app::App;
use crate::lang::Lang;
use crate::route::Asked;

const PAGE: &str = include_str!("../../pages/register.html");
const STYLE: &str = include_str!("../../pages/register.css");
const SCRIPT: &str = include_str!("../../pages/register.js");

/// The page holds both languages, and its root says which of them is shown.
const ROOT: [&str; 2] = ["<html lang=\"zh-CN\">", "<html lang=\"en\">"];

/// `GET /`, or `/?lang=en`
pub(crate) fn register(_: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let query = asked.request.uri().query().unwrap_or_default();
    let mut tags = query
        .split('&')
        .filter_map(|part| part.strip_prefix("lang="));
    let [chinese, english] = ROOT;
    let page = match tags.find_map(Lang::of_tag).unwrap_or(Lang::Zh) {
        Lang::Zh => PAGE.to_owned(),
        Lang::En => PAGE.replacen(chinese, english, 1),
    };
    text(&page, "text/html; charset=utf-8")
}

/// `GET /app.css`
pub(crate) fn style(_: &App, _: &Asked<'_>) -> Response<Vec<u8>> {
    text(STYLE, "text/css; charset=utf-8")
}

/// `GET /register.js`
pub(crate) fn script(_: &App, _: &Asked<'_>) -> Response<Vec<u8>> {
    text(SCRIPT, "text/javascript; charset=utf-8")
}

fn text(text: &str, kind: &'static str) -> Response<Vec<u8>> {
    let mut response = Response::new(text.as_bytes().to_vec());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn the_page_speaks_the_language_that_is_asked_for() {
        for (uri, root) in [
            ("/", ROOT[0]),
            ("/?lang=zh-CN", ROOT[0]),
            ("/?lang=fr", ROOT[0]),
            ("/?slang=en", ROOT[0]),
            ("/?lang=en", ROOT[1]),
            ("/?a=b&lang=en-GB", ROOT[1]),
        ] {
            let request = Request::builder().uri(uri).body(Vec::new()).unwrap();
            let page = crate::route::route(std::sync::Arc::new(App::in_memory().unwrap()))(request);
            let page = String::from_utf8_lossy(page.body()).into_owned();
            assert!(page.contains(root), "{uri}");
            assert_eq!(page.matches("<html").count(), 1, "{uri}");
        }
    }

    /// The policy of the listeners lets neither run: such a page would be a dead one.
    #[test]
    fn nothing_in_the_page_is_inline_or_from_elsewhere() {
        for unwanted in [
            "style=",
            "<style",
            " onclick",
            "javascript:",
            "http://",
            "https://",
        ] {
            assert!(!PAGE.contains(unwanted), "{unwanted}");
        }
        assert_eq!(PAGE.matches("<script").count(), 1);
        assert!(PAGE.contains("<script src=\"/register.js\" defer></script>"));
        for unwanted in ["innerHTML", "eval(", "Storage", "document.cookie", ".style"] {
            assert!(!SCRIPT.contains(unwanted), "{unwanted}");
        }
    }

    /// CON-02, CON-03: no box is ticked before a person ticks it, and no field is for anything but name, mobile and PIN.
    #[test]
    fn no_box_is_ticked_and_no_field_asks_more_than_it_may() {
        assert!(!PAGE.contains("checked") && !SCRIPT.contains(".checked = "));
        let names = PAGE.match_indices("<input id=\"").map(|(at, found)| {
            let rest = &PAGE[at + found.len()..];
            &rest[..rest.find('"').unwrap()]
        });
        let names: Vec<&str> = names.collect();
        assert_eq!(
            names,
            ["name", "mobile", "pin", "pin-again", "age", "agreement"]
        );
        let first_field = PAGE.find("<input").unwrap();
        assert!(PAGE.find("id=\"notice\"").unwrap() < first_field);
    }

    /// Every element that the script asks for is in the page, and every field has its label and its place for an error.
    #[test]
    fn the_script_and_the_page_know_the_same_elements() {
        let asked = SCRIPT
            .split("at(\"")
            .skip(1)
            .map(|rest| &rest[..rest.find('"').unwrap()]);
        for id in asked {
            assert!(PAGE.contains(&format!("id=\"{id}\"")), "{id}");
        }
        for id in ["name", "mobile", "pin", "pin-again", "age", "agreement"] {
            assert!(PAGE.contains(&format!("<label for=\"{id}\"")), "{id}");
            assert!(PAGE.contains(&format!("id=\"{id}-error\"")), "{id}");
        }
    }
}
