//! The settings of the receipt printer: where it is, how it reads, and what stands at the head of a slip.

use std::path::Path;

use http::uri::Authority;

use super::given::Gift;
use super::value::Noted;
use crate::printer::{Device, Encoding};

const DEVICE: &str = "printer.device";
const ADDRESS: &str = "printer.address";
const ENCODING: &str = "printer.encoding";
const HEADING: &str = "printer.heading";

/// The port of printers on a net.
const PORT: u16 = 9_100;
/// The most characters of a heading.
const HEADING_MAX: usize = 40;

/// The shop's printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Printing {
    /// `printer.device` or `printer.address`.
    pub(crate) device: Device,
    /// `printer.encoding`. Default GB18030.
    pub(crate) encoding: Encoding,
    /// `printer.heading`: what the shop is called on slips. Default: what the pages are called.
    pub(crate) heading: Option<String>,
}

/// Every key of it is read, whatever the others are; nothing where there is no printer.
pub(super) fn printing(gift: &mut Gift, home: &Path) -> Result<Option<Printing>, Noted> {
    let path = gift.path(DEVICE);
    let address = address(gift);
    let encoding = gift.word(ENCODING, &Encoding::WORDS, Encoding::default());
    let heading = heading(gift);
    let (path, address) = (path?, address?);
    let encoding = encoding.ok_or(Noted)?;
    let device = match (path, address) {
        (Some(_), Some(_)) => {
            let (zh, en) = (
                "打印机要么在本机，要么在网络上：只设置其中一项",
                "a printer is at a device or at an address: set one of them",
            );
            gift.fault_at(ADDRESS, "contradiction", zh, en);
            return Err(Noted);
        }
        (Some(path), None) => Device::File(home.join(path)),
        (None, Some(address)) => Device::Address(address),
        (None, None) => {
            for key in [ENCODING, HEADING] {
                if !gift.values.contains_key(key) {
                    continue;
                }
                let zh = "没有打印机：请设置“printer.device”或“printer.address”";
                let en = "there is no printer: set `printer.device` or `printer.address`";
                gift.fault_at(key, "printer_needed", zh, en);
            }
            return Ok(None);
        }
    };
    Ok(Some(Printing {
        device,
        encoding,
        heading: heading?,
    }))
}

/// A host with its port; without one, with that of printers.
fn address(gift: &mut Gift) -> Result<Option<String>, Noted> {
    let Some(text) = gift.text(ADDRESS)? else {
        return Ok(None);
    };
    let parsed: Option<Authority> = text.parse().ok();
    // A port that is no number reads as none.
    let is_host = |parsed: &Authority| {
        let is_bare = parsed.host() == text;
        !parsed.host().is_empty()
            && !text.contains('@')
            && (is_bare || parsed.port_u16().is_some_and(|port| port != 0))
    };
    let Some(parsed) = parsed.filter(is_host) else {
        let zh = format!("“{text}”不是主机名（可带端口），例如 192.168.1.50:{PORT}");
        let en = format!("`{text}` is not a host with a port such as 192.168.1.50:{PORT}");
        gift.fault_at(ADDRESS, "unreadable", zh, en);
        return Err(Noted);
    };
    let port = parsed.port_u16().unwrap_or(PORT);
    Ok(Some(format!("{}:{port}", parsed.host())))
}

fn heading(gift: &mut Gift) -> Result<Option<String>, Noted> {
    let Some(text) = gift.text(HEADING)? else {
        return Ok(None);
    };
    let length = text.chars().count();
    if length == 0 || HEADING_MAX < length || text.chars().any(char::is_control) {
        let zh = format!("应为 1 到 {HEADING_MAX} 个字符，不含换行");
        let en = format!("it is 1 to {HEADING_MAX} characters on one line");
        gift.fault_at(HEADING, "bad_text", zh, en);
        return Err(Noted);
    }
    Ok(Some(text))
}
