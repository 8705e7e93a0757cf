//! What a till or a kiosk is shown instead of a member (privacy §5). All tokens are drawn at random and say nothing of
//! anybody; who a token is stands in the keybox.

mod digits;
mod card;
mod typed;
mod code;
mod opaque;
mod sale;
mod live;
mod once;
mod sector;

pub use card::{CardNumber, Prefix, PrefixError};
pub use code::{Code, CodeError, LiveCode};
pub use live::{Alias, LiveSecret, Step};
pub use once::{OnceHash, PhoneCode, ResetSecret};
pub use sale::SaleToken;
pub use sector::SectorToken;
pub use typed::TypedCode;
