//! Single settings: what each kind of value may be. A reader gives `None`, or [`Noted`], when it noted a
//! fault.

use core::ops::RangeInclusive;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::uri::Authority;

use super::fault::Place;
use super::given::{Gift, Raw};

/// A fault was noted, so that there is no value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted;

/// The most names of the edge.
const NAMES_MAX: usize = 32;

impl Gift {
    /// A fault of a key that was given, or that should have been.
    pub(super) fn fault_at(
        &mut self,
        key: &str,
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        let place = self.values.get(key).map(|given| given.place.clone());
        let zh = format!("“{key}”：{}", zh.into());
        let en = format!("`{key}`: {}", en.into());
        self.fault(place.unwrap_or(Place::Line(1)), code, zh, en);
    }

    fn wrong_type(&mut self, key: &str, zh: &str, en: &str) -> Noted {
        let (found_zh, found_en) = match self.values.get(key).map(|given| &given.value) {
            Some(Raw::Text(_) | Raw::Variable(_)) | None => ("字符串", "a string"),
            Some(Raw::Whole(_)) => ("整数", "a whole number"),
            Some(Raw::List(_)) => ("列表", "a list"),
            Some(Raw::Other(zh, en)) => (*zh, *en),
        };
        let zh = format!("应为{zh}，这里写的是{found_zh}");
        let en = format!("it is {en}; here is {found_en}");
        self.fault_at(key, "wrong_type", zh, en);
        Noted
    }

    /// A text; none where there is none.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, Noted> {
        match self.values.get(key).map(|given| &given.value) {
            None => Ok(None),
            Some(Raw::Text(text) | Raw::Variable(text)) => Ok(Some(text.clone())),
            Some(Raw::Whole(_) | Raw::List(_) | Raw::Other(..)) => {
                Err(self.wrong_type(key, "字符串", "a string"))
            }
        }
    }

    /// A path as it was written; none where there is none.
    pub(super) fn path(&mut self, key: &str) -> Result<Option<String>, Noted> {
        let text = self.text(key)?;
        if text
            .as_ref()
            .is_some_and(|text| text.is_empty() || text.contains('\0'))
        {
            let (zh, en) = ("路径为空或含有空字符", "the path is empty or has a NUL");
            self.fault_at(key, "bad_text", zh, en);
            return Err(Noted);
        }
        Ok(text)
    }

    /// An address with its port, such as 127.0.0.1:8080; without one it is this machine's, with that port.
    pub(super) fn address(&mut self, key: &str, port: u16) -> Option<SocketAddr> {
        let Some(text) = self.text(key).ok()? else {
            return Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
        };
        let address = text.parse().ok();
        if address.is_none() {
            let zh = format!("“{text}”不是“地址:端口”，例如 127.0.0.1:{port}");
            let en = format!("`{text}` is not an address with a port such as 127.0.0.1:{port}");
            self.fault_at(key, "unreadable", zh, en);
        }
        address
    }

    /// A whole number within bounds.
    pub(super) fn whole(
        &mut self,
        key: &str,
        bounds: RangeInclusive<i64>,
        default: i64,
    ) -> Option<i64> {
        let whole = match self.values.get(key).map(|given| &given.value) {
            None => return Some(default),
            Some(Raw::Whole(whole)) => Some(*whole),
            Some(Raw::Variable(text)) => text.parse().ok(),
            Some(Raw::Text(_) | Raw::List(_) | Raw::Other(..)) => None,
        };
        let Some(whole) = whole else {
            self.wrong_type(key, "整数", "a whole number");
            return None;
        };
        if !bounds.contains(&whole) {
            let (least, most) = (bounds.start(), bounds.end());
            let zh = format!("应在 {least} 到 {most} 之间");
            self.fault_at(key, "out_of_range", zh, format!("it is {least} to {most}"));
            return None;
        }
        Some(whole)
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &str,
        words: &[(&str, T)],
        default: T,
    ) -> Option<T> {
        let Some(text) = self.text(key).ok()? else {
            return Some(default);
        };
        let meant = words.iter().find(|(word, _)| *word == text);
        if meant.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let known = known.join(", ");
            let zh = format!("没有“{text}”这个词；可用：{known}");
            let en = format!("there is no word `{text}`; it is one of {known}");
            self.fault_at(key, "unknown_word", zh, en);
        }
        meant.map(|(_, meant)| *meant)
    }

    /// Exactly two digits, as text: 07 is not 7.
    pub(super) fn two_digits(&mut self, key: &str, default: [u8; 2]) -> Option<[u8; 2]> {
        let Some(text) = self.text(key).ok()? else {
            return Some(default);
        };
        let digits = <[u8; 2]>::try_from(text.as_bytes()).ok();
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_digit));
        if digits.is_none() {
            let zh = format!("“{text}”不是两位数字，例如 99");
            let en = format!("`{text}` is not two digits such as 99");
            self.fault_at(key, "unreadable", zh, en);
        }
        digits
    }

    /// Names with or without a port, in lower case; a variable has them parted by commas. none where there are none.
    pub(super) fn authorities(&mut self, key: &str) -> Result<Option<Vec<String>>, Noted> {
        let Some(names) = self.texts(key, NAMES_MAX)? else {
            return Ok(None);
        };
        let mut is_faultless = true;
        for name in &names {
            let parsed: Option<Authority> = name.parse().ok();
            if parsed.is_none_or(|parsed| parsed.as_str().contains('@')) {
                let zh = format!("“{name}”不是主机名（可带端口），例如 jifen.local:8081");
                let en = format!(
                    "`{name}` is not a host, with or without a port, such as jifen.local:8081"
                );
                self.fault_at(key, "unreadable", zh, en);
                is_faultless = false;
            }
        }
        let names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        is_faultless.then_some(Some(names)).ok_or(Noted)
    }

    /// One to so many texts; a variable has them parted by commas. None where there are none.
    pub(super) fn texts(&mut self, key: &str, most: usize) -> Result<Option<Vec<String>>, Noted> {
        let texts = match self.values.get(key).map(|given| &given.value) {
            None => return Ok(None),
            Some(Raw::List(texts)) => texts.clone(),
            Some(Raw::Variable(text)) => text.split(',').map(|one| one.trim().to_owned()).collect(),
            Some(Raw::Text(_) | Raw::Whole(_) | Raw::Other(..)) => {
                return Err(self.wrong_type(key, "字符串列表", "a list of strings"));
            }
        };
        if texts.is_empty() || most < texts.len() {
            let zh = format!("应有 1 到 {most} 个名称");
            self.fault_at(key, "out_of_range", zh, format!("it has 1 to {most} names"));
            return Err(Noted);
        }
        Ok(Some(texts))
    }
}
