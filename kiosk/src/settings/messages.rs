//! The setting of the messenger: where messages are put, and that a shop which sends codes has one (MEM-05).

use std::path::{Path, PathBuf};

use super::Review;
use super::copies::written;
use super::given::Gift;
use super::value::Noted;
use crate::backup::place::overlap;

const FOLDER: &str = "messages.folder";

/// The folder, if there is one.
pub(super) fn folder(gift: &mut Gift, home: &Path) -> Result<Option<PathBuf>, Noted> {
    let text = gift.path(FOLDER)?;
    Ok(text.map(|text| home.join(text)))
}

/// The folder is apart from the shop's own, as the paths are written, and it is there where codes are sent.
pub(super) fn check(gift: &mut Gift, own: [&Path; 2], folder: Option<&Path>, review: Review) {
    match (folder.map(written), review) {
        (Some(folder), _) if own.map(written).iter().any(|own| overlap(&folder, own)) => {
            let (zh, en) = (
                "与数据目录或密钥目录相同或互相包含",
                "it is, holds or lies in the data or the keys folder",
            );
            gift.fault_at(FOLDER, "messages_overlap", zh, en);
        }
        (None, Review::PhoneCode) => {
            let (zh, en) = (
                "发送验证码须有短信目录：请设置“messages.folder”",
                "codes are sent through a messenger: set `messages.folder`",
            );
            gift.fault_at("registration.review", "messenger_needed", zh, en);
        }
        (Some(_), Review::None | Review::Staff | Review::PhoneCode)
        | (None, Review::None | Review::Staff) => {}
    }
}
