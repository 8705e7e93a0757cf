//! The settings: one file, `jifen.toml`, read once, and variables that override it. Either all of it is understood, or
//! every fault is named at once.

mod copies;
mod fault;
mod given;
mod messages;
mod retention;
mod value;
mod visits;

#[cfg(test)]
mod tests;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jifen::domain::points::Points;
use jifen::engine::logins::LOGIN_DAYS_MIN;
use jifen::policy::retention::RetentionPolicy;
use jifen::vault::tokens::Prefix;

use crate::failure::Failure;
use crate::session::Patience;
pub(crate) use copies::{Backups, Escrow};
use fault::Fault;
use given::Gift;

/// The file that is read where none is named, if it is there.
const FILE: &str = "jifen.toml";
/// The variable that names another one.
const VARIABLE: &str = "JIFEN_SETTINGS";
/// Every key there is.
const KEYS: &[&str] = &[
    "data",
    "keys",
    "programme",
    "notice",
    "screen.listen",
    "edge.listen",
    "edge.names",
    "edge.connections",
    "registration.review",
    "till.prefix",
    "adjust.second_person_above",
    "staff.password_days",
    "staff.store",
    "audit.second",
    "audit.login_days",
    "backup.recipient",
    "backup.targets",
    "backup.keep_days",
    "escrow.custodians",
    "escrow.targets",
    "messages.folder",
    "retention.sales_months",
    "retention.journal_months",
    "retention.inactive_months",
    "retention.notice_days",
    "retention.identity_days",
    "retention.tickets_months",
    "kiosk.idle_seconds",
    "kiosk.count_seconds",
    "kiosk.whole_seconds",
];

/// What the shop decided. Relative paths are relative to the settings file, whoever gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `data`: the data folder. Default `jifen-data`.
    pub(crate) data: PathBuf,
    /// `keys`: the keys folder. Default `jifen-keys`.
    pub(crate) keys: PathBuf,
    /// `programme`: the programme file. Without one it is the demo programme.
    pub(crate) programme: Option<PathBuf>,
    /// `notice`: the file of the notice and the agreements (CON-01). Without one it is the built-in notice.
    pub(crate) notice: Option<PathBuf>,
    /// `screen.listen`: where the kiosk's own browser finds its pages; a loopback address. Default 127.0.0.1:8080.
    pub(crate) screen_listen: SocketAddr,
    /// `edge.listen`: where tills, phones and staff are served. Default 127.0.0.1:8081.
    pub(crate) edge_listen: SocketAddr,
    /// `edge.names`: the authorities a till may call the edge by, in lower case (privacy §6). Default: where it listens.
    edge_names: Option<Vec<String>>,
    /// `edge.connections`: the most connections to the edge at once, 16 to 65,536. Default 1,024.
    pub(crate) edge_connections: usize,
    /// `registration.review`: who confirms that a mobile is the member's (MEM-05, X-04). Default: nobody.
    pub(crate) review: Review,
    /// `till.prefix`: the two digits that card numbers and codes begin with (privacy §5). Default 99.
    pub(crate) till_prefix: Prefix,
    /// `adjust.second_person_above`: a correction of more points needs a second person. Default 1,000.
    pub(crate) second_person_above: Points,
    /// `staff.password_days`: after how many days staff change their passwords, 1 to 3,650 (SEC-05). Default 90.
    pub(crate) password_days: u32,
    /// `staff.store`: what this store is called in grants for one store alone (ACC-02). Default: none.
    pub(crate) store: Option<String>,
    /// `audit.second`: a second folder, best on another machine, for the audit's checkpoints. Default: none.
    pub(crate) audit_second: Option<PathBuf>,
    /// Where backups go.
    pub(crate) backup: Backups,
    /// Where the keys' escrow goes.
    pub(crate) escrow: Escrow,
    /// `messages.folder`: where messages to phones are put for a gateway to pick up. Default: there are none.
    pub(crate) messages: Option<PathBuf>,
    /// `retention.*` and `audit.login_days`: how long records are kept (RET-01). Default: the figures of the law.
    pub(crate) retention: RetentionPolicy,
    /// `kiosk.*`: how long pages wait for somebody. Default: 60 seconds, a count of 20, 300 in all.
    pub(crate) patience: Patience,
}

/// Who confirms that a mobile is the member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Review {
    /// Nobody: members are active at once.
    None,
    /// The staff, at the till.
    Staff,
    /// A code sent to the phone.
    PhoneCode,
}

/// Settings, and where they came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    /// The file, if there was one.
    pub(crate) file: Option<PathBuf>,
}

impl Settings {
    /// Reads the file that is named, by argument or `JIFEN_SETTINGS`; else `jifen.toml` if it is there; then the variables.
    pub(crate) fn load(named: Option<PathBuf>) -> Result<Loaded, Failure> {
        let named = named.or_else(|| env::var_os(VARIABLE).map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE));
        let (text, file) = match fs::read_to_string(&path) {
            Ok(text) => (text, Some(path.clone())),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                (String::new(), None)
            }
            Err(error) => return Err(Failure::of_io(&path, &error)),
        };
        let home = path.parent().unwrap_or(Path::new(""));
        let parsed = Self::parse(&text, home, env::vars_os());
        let name = path.display().to_string();
        let settings = parsed.map_err(|faults| fault::refused(&name, &faults))?;
        Ok(Loaded { settings, file })
    }

    /// The settings of a file in the folder `home`, under the variables that override it; or all faults, by place.
    fn parse(
        text: &str,
        home: &Path,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Vec<Fault>> {
        let mut gift = Gift::default();
        gift.take_file(text, KEYS);
        gift.take_variables(variables, KEYS);
        let read = read(&mut gift, home);
        gift.faults
            .sort_by(|one, other| one.place.cmp(&other.place));
        match read {
            Some(settings) if gift.faults.is_empty() => Ok(settings),
            Some(_) | None => Err(gift.faults),
        }
    }

    /// What of it the engine goes by.
    pub(crate) fn of_engine(&self) -> jifen::engine::Settings {
        jifen::engine::Settings {
            second_person_above: self.second_person_above,
            prefix: self.till_prefix,
            review: match self.review {
                Review::None => jifen::engine::Review::None,
                Review::Staff => jifen::engine::Review::Staff,
                Review::PhoneCode => jifen::engine::Review::PhoneCode,
            },
            retention: self.retention,
        }
    }

    /// What of it is about the staff.
    pub(crate) fn of_staff(&self) -> jifen::engine::staff::StaffRules {
        jifen::engine::staff::StaffRules {
            password_days: self.password_days,
            store: self.store.clone(),
        }
    }

    /// The authorities a till may call the edge by; where none are set, the address that is bound.
    pub(crate) fn edge_names(&self, bound: SocketAddr) -> Vec<String> {
        // The port that http has by itself is no part of an authority (RFC 9421, 2.2.3).
        let address = match (bound.port(), bound) {
            (80, SocketAddr::V4(bound)) => bound.ip().to_string(),
            (80, SocketAddr::V6(bound)) => format!("[{}]", bound.ip()),
            (_, SocketAddr::V4(_) | SocketAddr::V6(_)) => bound.to_string(),
        };
        self.edge_names.clone().unwrap_or_else(|| vec![address])
    }
}

/// Every key is read, whatever the others are.
fn read(gift: &mut Gift, home: &Path) -> Option<Settings> {
    let path = |text: &str| home.join(text);
    let data = gift.path("data");
    let keys = gift.path("keys");
    let programme = gift.path("programme");
    let notice = gift.path("notice");
    let screen_listen = gift.address("screen.listen", 8080);
    let edge_listen = gift.address("edge.listen", 8081);
    let edge_names = gift.authorities("edge.names");
    let edge_connections = gift.whole("edge.connections", 16..=65_536, 1_024);
    let reviews = [
        ("none", Review::None),
        ("staff", Review::Staff),
        ("phone_code", Review::PhoneCode),
    ];
    let review = gift.word("registration.review", &reviews, Review::None);
    let till_prefix = gift.two_digits("till.prefix", *b"99");
    let most = Points::MAX.count();
    let second_person_above = gift.whole("adjust.second_person_above", 0..=most, 1_000);
    let password_days = gift.whole("staff.password_days", 1..=3_650, 90);
    let store = gift.text("staff.store");
    let audit_second = gift.path("audit.second");
    let least = i64::from(LOGIN_DAYS_MIN);
    let login_days = gift.whole("audit.login_days", least..=3_650, 190);

    if let Some(screen) = screen_listen.filter(|address| !address.ip().is_loopback()) {
        let zh = format!("{screen} 不是本机地址；屏幕页面只能监听本机地址");
        let en =
            format!("{screen} is not a loopback address; the screen is for this machine alone");
        gift.fault_at("screen.listen", "screen_off_loopback", zh, en);
    }
    if let Some(edge) = edge_listen.filter(|address| !address.ip().is_loopback()) {
        let zh = format!("{edge} 不是本机地址；未加密的 HTTP 只能用于本机");
        let en = format!("{edge} is not a loopback address, and plain HTTP is for loopback alone");
        gift.fault_at("edge.listen", "plain_http_off_loopback", zh, en);
    }
    let prefix = till_prefix.map(|digits| Prefix::parse(&String::from_utf8_lossy(&digits)));
    if let Some(Err(taken)) = &prefix {
        gift.fault_at("till.prefix", taken.code(), taken.zh(), taken.en());
    }
    if let (Some(screen), Some(edge)) = (screen_listen, edge_listen)
        && screen == edge
        && screen.port() != 0
    {
        let (zh, en) = (
            "screen.listen 与 edge.listen 不能相同",
            "`screen.listen` and `edge.listen` are the same address",
        );
        gift.fault_at("edge.listen", "contradiction", zh, en);
    }
    let backup = copies::backups(gift, home);
    let escrow = copies::escrow(gift, home);
    let messages = messages::folder(gift, home);
    let retention = retention::retention(gift, login_days);
    let patience = visits::patience(gift);
    let data = path(&data.ok()?.unwrap_or_else(|| "jifen-data".to_owned()));
    let keys = path(&keys.ok()?.unwrap_or_else(|| "jifen-keys".to_owned()));
    if let (Some(backup), Some(escrow)) = (&backup, &escrow) {
        copies::check_apart(gift, [&data, &keys], backup, escrow);
    }
    if let (Ok(messages), Some(review)) = (&messages, review) {
        messages::check(gift, [&data, &keys], messages.as_deref(), review);
    }
    Some(Settings {
        data,
        keys,
        programme: programme.ok()?.map(|text| path(&text)),
        notice: notice.ok()?.map(|text| path(&text)),
        screen_listen: screen_listen?,
        edge_listen: edge_listen?,
        edge_names: edge_names.ok()?,
        edge_connections: usize::try_from(edge_connections?).ok()?,
        review: review?,
        till_prefix: prefix?.ok()?,
        second_person_above: Points::new(second_person_above?)?,
        password_days: u32::try_from(password_days?).ok()?,
        store: store.ok()?,
        audit_second: audit_second.ok()?.map(|text| path(&text)),
        backup: backup?,
        escrow: escrow?,
        messages: messages.ok()?,
        retention: retention?,
        patience: patience?,
    })
}
