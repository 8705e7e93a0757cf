//! The settings of the edge's encryption: whether there is one, and with whose certificate (SEC-03).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::given::Gift;

const TLS: &str = "edge.tls";
const CERTIFICATE: &str = "edge.certificate";
const KEY: &str = "edge.key";

/// How the edge is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EdgeTls {
    /// Not at all: on a loopback address alone.
    Off,
    /// With a certificate of its own making.
    SelfSigned,
    /// With the certificate and the key in these PEM files.
    Given {
        /// `edge.certificate`: the certificate, and after it those that vouch for it.
        certificate: PathBuf,
        /// `edge.key`: its private key.
        key: PathBuf,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    On,
    Off,
    Unsaid,
}

/// On unless the edge listens on loopback without a certificate of the shop; what is said goes before that.
pub(super) fn tls(gift: &mut Gift, home: &Path, listen: Option<SocketAddr>) -> Option<EdgeTls> {
    let wish = gift.word(TLS, &[("on", Wish::On), ("off", Wish::Off)], Wish::Unsaid);
    let certificate = gift.path(CERTIFICATE);
    let key = gift.path(KEY);
    let (wish, certificate, key) = (wish?, certificate.ok()?, key.ok()?);
    let given = match (certificate, key) {
        (Some(certificate), Some(key)) => Some(EdgeTls::Given {
            certificate: home.join(certificate),
            key: home.join(key),
        }),
        (None, None) => None,
        (Some(_), None) => return one_alone(gift, CERTIFICATE, KEY),
        (None, Some(_)) => return one_alone(gift, KEY, CERTIFICATE),
    };
    let listen = listen?;
    match (wish, given) {
        (Wish::Off, Some(_)) => {
            let (zh, en) = (
                "已设为不加密，却又设置了证书",
                "it is off, and yet there is a certificate",
            );
            gift.fault_at(TLS, "contradiction", zh, en);
            None
        }
        (Wish::Off, None) if !listen.ip().is_loopback() => {
            let zh = format!("edge.listen {listen} 不是本机地址；未加密的 HTTP 只能用于本机");
            let en = format!(
                "edge.listen {listen} is not a loopback address, and plain HTTP is for loopback alone"
            );
            gift.fault_at(TLS, "plain_http_off_loopback", zh, en);
            None
        }
        (Wish::Unsaid, None) if listen.ip().is_loopback() => Some(EdgeTls::Off),
        (Wish::Off, None) => Some(EdgeTls::Off),
        (Wish::On | Wish::Unsaid, Some(given)) => Some(given),
        (Wish::On | Wish::Unsaid, None) => Some(EdgeTls::SelfSigned),
    }
}

fn one_alone<T>(gift: &mut Gift, there: &str, missing: &str) -> Option<T> {
    let zh = format!("须与“{missing}”一起设置");
    let en = format!("it goes with `{missing}`, which is missing");
    gift.fault_at(there, "certificate_without_key", zh, en);
    None
}
