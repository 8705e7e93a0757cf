//! Customers at the kiosk: they join, sign in, and ask for a code, through the same routes as a browser would.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use jifen_pos::key::Key;
use serde_json::{Value, json};
use ureq::Agent;

use crate::failure::Failure;

/// Family and given names of people who do not exist.
const FAMILY: [&str; 8] = ["王", "李", "张", "刘", "陈", "杨", "赵", "欧阳"];
const GIVEN: [&str; 5] = ["喆", "小明", "雨桐", "翀", "建国"];

/// A member, as their own memory has them.
struct Customer {
    card: String,
    pin: String,
}

/// The kiosk, as its customers use it.
pub(super) struct Kiosk {
    agent: Agent,
    screen: String,
    customers: BTreeMap<String, Customer>,
    notice: Value,
}

impl Kiosk {
    /// The kiosk at an address; its notice is read first.
    pub(super) fn at(screen: SocketAddr) -> Result<Self, Failure> {
        let config = Agent::config_builder().http_status_as_error(false).build();
        let mut kiosk = Self {
            agent: config.into(),
            screen: format!("http://{screen}"),
            customers: BTreeMap::new(),
            notice: Value::Null,
        };
        let request = kiosk.agent.get(format!("{}/kiosk/v1/notice", kiosk.screen));
        kiosk.notice = body(request.call())?.1;
        Ok(kiosk)
    }

    /// A customer joins: the card's digits.
    pub(super) fn register(&mut self, household: &str) -> Result<String, Failure> {
        let number = self.customers.len();
        let family = FAMILY.iter().cycle().nth(number).unwrap_or(&"王");
        let given = GIVEN.iter().cycle().nth(number).unwrap_or(&"明");
        let pin = pin(number);
        let agreement = self.notice.get("agreement");
        let version = agreement.and_then(|agreement| agreement.get("version"));
        let form = json!({
            "language": "zh-CN",
            "name": format!("{family}{given}"),
            // A range that belongs to nobody we know of, counted up.
            "mobile": format!("199000{number:05}"),
            "pin": pin,
            "age_attested": true,
            "agreement": {"kind": "member", "version": version},
            "notice_version": self.notice.get("version"),
            "consents": [{"purpose": "marketing", "given": number.is_multiple_of(2)}],
        });
        let key = Key::v8("demo", "kiosk", &[household]);
        let request = self
            .agent
            .post(format!("{}/kiosk/v1/members", self.screen))
            .header("Idempotency-Key", key.to_string())
            .header("Content-Type", "application/json");
        let (_, card) = body(request.send(form.to_string()))?;
        let card = text(&card, "card_number")?;
        let customer = Customer {
            card: card.clone(),
            pin,
        };
        self.customers.insert(household.to_owned(), customer);
        Ok(card)
    }

    /// A member signs in, asks for a code, and signs out. The first time brings the gift.
    pub(super) fn code(&self, household: &str) -> Result<(String, u64), Failure> {
        let customer = self.customers.get(household).ok_or_else(Failure::bug)?;
        let session = format!("{}/member/v1/session", self.screen);
        let said = json!({"card_number": customer.card, "pin": customer.pin});
        let signed_in = self
            .agent
            .post(&session)
            .header("Content-Type", "application/json")
            .send(said.to_string());
        let (cookie, signed_in) = body(signed_in)?;
        let gift = signed_in.get("gift").and_then(Value::as_u64).unwrap_or(0);
        let asked = self
            .agent
            .post(format!("{}/member/v1/codes", self.screen))
            .header("Cookie", &cookie)
            .send_empty();
        let code = text(&body(asked)?.1, "code")?;
        let ended = self.agent.delete(&session).header("Cookie", &cookie).call();
        ended.map_err(|error| unreachable(&error))?;
        Ok((code, gift))
    }
}

/// Six digits that are not among the first that anybody tries.
fn pin(number: usize) -> String {
    let digits = number.wrapping_mul(7_919).wrapping_add(280_417);
    let digits = digits.checked_rem(1_000_000).unwrap_or(0);
    format!("{digits:06}")
}

/// The cookie and the body of an answer; a refusal is told in its own words.
fn body(
    answered: Result<http::Response<ureq::Body>, ureq::Error>,
) -> Result<(String, Value), Failure> {
    let mut response = answered.map_err(|error| unreachable(&error))?;
    let cookie = response.headers().get("set-cookie");
    let cookie = cookie.and_then(|cookie| cookie.to_str().ok());
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    let cookie = cookie.unwrap_or_default().to_owned();
    let text = response.body_mut().read_to_string();
    let text = text.map_err(|error| unreachable(&error))?;
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if response.status().is_success() {
        return Ok((cookie, body));
    }
    let words = |lang: &str| {
        let message = body.get("message").and_then(|message| message.get(lang));
        message.and_then(Value::as_str).unwrap_or(&text).to_owned()
    };
    Err(Failure::new("kiosk_refused", words("zh"), words("en")))
}

fn text(body: &Value, name: &str) -> Result<String, Failure> {
    let found = body.get(name).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(Failure::bug)
}

fn unreachable(error: &ureq::Error) -> Failure {
    let error = error.to_string();
    Failure::new("kiosk_unreachable", error.clone(), error)
}
