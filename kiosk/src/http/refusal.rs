//! A "no" of the listeners and of the handlers, as it goes over the wire: a code, a sentence in each language, and when
//! to try again.

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use jifen::domain::refusal::Retry;
use serde::Serialize;

/// The media type of every answer that is not a page.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// `{code, message{zh, en}, retry}`.
#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: Message<'a>,
    retry: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    zh: &'a str,
    en: &'a str,
}

/// The sentence of an answer that refuses, in both languages: whoever answers people makes a page of it.
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    pub(crate) zh: String,
    pub(crate) en: String,
}

/// An answer that refuses. A `code` is a promise: added, never changed.
pub(crate) fn refuse(
    status: StatusCode,
    code: &str,
    zh: &str,
    en: &str,
    retry: Retry,
) -> Response<Vec<u8>> {
    let retry = match retry {
        Retry::Never => "never",
        Retry::SameKey => "same_key",
        Retry::Later => "later",
    };
    let message = Message { zh, en };
    let mut response = json(
        status,
        &Body {
            code,
            message,
            retry,
        },
    );
    if retry == "later" {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    let [zh, en] = [zh, en].map(str::to_owned);
    response.extensions_mut().insert(Sentence { zh, en });
    response
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response<Vec<u8>> {
    let mut response = match serde_json::to_vec(body) {
        Ok(bytes) => Response::new(bytes),
        // Only a map with keys that are no text, or a `Serialize` that fails by itself: a bug in the answer's type.
        Err(_) => return BUG.answer(),
    };
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// A refusal whose words are always the same: those of the listeners.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    retry: Retry,
    ends_connection: bool,
}

impl Refused {
    const fn new(
        status: StatusCode,
        code: &'static str,
        zh: &'static str,
        en: &'static str,
        retry: Retry,
    ) -> Self {
        Self {
            status,
            code,
            zh,
            en,
            retry,
            ends_connection: false,
        }
    }

    /// The same, after which the connection ends: what is left of the request is not read.
    pub(super) const fn ending(self) -> Self {
        Self {
            ends_connection: true,
            ..self
        }
    }

    /// As an answer.
    pub(super) fn answer(self) -> Response<Vec<u8>> {
        let response = refuse(self.status, self.code, self.zh, self.en, self.retry);
        if self.ends_connection {
            ending(response)
        } else {
            response
        }
    }
}

/// The same answer, after which the connection ends.
pub(super) fn ending<T>(mut response: Response<T>) -> Response<T> {
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// 400: the request cannot be one.
pub(super) const BAD_REQUEST: Refused = Refused::new(
    StatusCode::BAD_REQUEST,
    "bad_request",
    "请求格式不正确。",
    "The request is malformed.",
    Retry::Never,
);

/// 400: where the body ends is said twice, or cannot be read.
pub(super) const BAD_LENGTH: Refused = Refused::new(
    StatusCode::BAD_REQUEST,
    "bad_length",
    "请求体长度不明确。",
    "Where the body ends is not said in one plain way.",
    Retry::Never,
);

/// 403: another site sent the visitor's browser here to change something.
pub(super) const CROSS_SITE: Refused = Refused::new(
    StatusCode::FORBIDDEN,
    "cross_site",
    "拒绝来自其他网站的请求。",
    "A request that another site makes is refused.",
    Retry::Never,
);

/// 408: the body did not arrive in time. Nothing was done.
pub(super) const TOO_SLOW: Refused = Refused::new(
    StatusCode::REQUEST_TIMEOUT,
    "request_too_slow",
    "请求未在规定时间内发送完毕，未作任何更改。",
    "The request did not arrive in time; nothing was changed.",
    Retry::SameKey,
);

/// 411: the screen wants to know how long a body is.
pub(super) const LENGTH_REQUIRED: Refused = Refused::new(
    StatusCode::LENGTH_REQUIRED,
    "length_required",
    "请求须注明长度。",
    "The request must say the length of its body.",
    Retry::Never,
);

/// 413: the body is longer than any command.
pub(super) const TOO_LARGE: Refused = Refused::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body_too_large",
    "请求体过大。",
    "The body is too large.",
    Retry::Never,
);

/// 421: the name that was called is not one of this listener's.
pub(super) const MISDIRECTED: Refused = Refused::new(
    StatusCode::MISDIRECTED_REQUEST,
    "host_unknown",
    "请用 localhost 或 127.0.0.1 打开本机页面。",
    "Open the pages of this machine as localhost or 127.0.0.1.",
    Retry::Never,
);

/// 431: more headers than any client of ours sends.
pub(super) const HEAD_TOO_LARGE: Refused = Refused::new(
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    "head_too_large",
    "请求头过大。",
    "The head of the request is too large.",
    Retry::Never,
);

/// 500: a bug. What became of the command is not known.
pub(super) const BUG: Refused = Refused::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "bug",
    "程序出现内部错误，结果未知：请用同一幂等键再次查询。",
    "An internal error; the outcome is not known: ask again with the same key.",
    Retry::SameKey,
);

/// 503: as much is in work as there may be. Nothing was done.
pub(super) const BUSY: Refused = Refused::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "try_again",
    "系统繁忙，请稍后再试。",
    "The engine is busy; try again.",
    Retry::Later,
);

/// 503: the time of the request is over while its command is still in work.
pub(super) const OUTCOME_UNKNOWN: Refused = Refused::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "outcome_unknown",
    "结果未知：请用同一幂等键再次查询。",
    "The outcome is not known: ask again with the same key.",
    Retry::SameKey,
);

/// 404: no such address.
pub(crate) fn not_found() -> Response<Vec<u8>> {
    refuse(
        StatusCode::NOT_FOUND,
        "no_such_address",
        "没有这个地址。",
        "There is no such address.",
        Retry::Never,
    )
}

/// 405, with what may be asked here instead.
pub(crate) fn method_not_allowed(allowed: &str) -> Response<Vec<u8>> {
    let mut response = refuse(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "此地址不支持该方法。",
        "This address does not take that method.",
        Retry::Never,
    );
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}
