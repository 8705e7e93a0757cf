//! Style, script, pictures and tables of the pages: from the folder while developing, inside the program when released.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use rust_embed::RustEmbed;

use crate::app::App;
use crate::http::not_found;
use crate::route::Asked;

#[derive(RustEmbed)]
#[folder = "pages/assets"]
struct Assets;

/// `GET /assets/{file}`
pub(crate) fn asset(_: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let name = asked.id("file");
    // What others wrote lies in a folder of its own (VENDORED.toml) and has an address like the rest.
    let vendored = || Assets::get(&format!("vendor/{name}"));
    let Some(file) = Assets::get(name).or_else(vendored) else {
        return not_found();
    };
    let kind = HeaderValue::from_str(file.metadata.mimetype());
    let mut response = Response::new(file.data.into_owned());
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        kind.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    // Nothing in them is about anybody; a kiosk need not fetch them for every page.
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=300"),
    );
    response
}
