//! What may be printed for a member: the new card, and the receipt of a deletion. Nothing else is put on paper.

use jifen::audit::receipt::DeletionReceipt;
use jifen::audit::tree::leaf_hash;
use jifen::policy::notice::Language;
use jifen::vault::tokens::CardNumber;
use zeroize::Zeroizing;

use crate::app::App;
use crate::printer::Slip;
use crate::words::{fill, say};

/// How many characters of a hash stand on a line.
const HASH_LINE: usize = 32;

/// The slip of a new card: the number in groups and as a QR code, and how to sign in with it.
pub(crate) fn card(app: &App, language: Language, card: &CardNumber) -> Slip {
    let lines = ["slip-card-use", "slip-card-lost", "slip-card-pin"];
    Slip {
        heading: heading(app, language),
        title: say(language, "slip-card-title"),
        number: Some(Zeroizing::new(card.grouped())),
        qr: Some(Zeroizing::new(card.digits())),
        lines: lines.map(|key| Zeroizing::new(say(language, key))).into(),
    }
}

/// The slip of a deletion: when it was, what was lost, the receipt's number, and the hash of its line in the audit; with
/// `link`, a QR code of where the whole receipt is. `time` is the receipt's time as the pages write it.
pub(crate) fn deletion(
    app: &App,
    language: Language,
    receipt: &DeletionReceipt,
    time: &str,
    link: Option<&str>,
) -> Slip {
    let points = receipt.points_forfeited.count().to_string();
    let number = receipt.index.to_string();
    let mut lines = vec![
        fill(language, "slip-left-time", &[("time", time)]),
        fill(language, "slip-left-points", &[("points", &points)]),
        fill(language, "slip-left-number", &[("number", &number)]),
        say(language, "slip-left-hash"),
    ];
    let hash = jifen::audit::Hex32::from_bytes(leaf_hash(receipt.leaf.as_bytes())).to_string();
    let halves = hash.split_at_checked(HASH_LINE);
    lines.extend(halves.map_or_else(
        || vec![hash.clone()],
        |(one, other)| vec![one.to_owned(), other.to_owned()],
    ));
    if link.is_some() {
        lines.push(say(language, "slip-left-link"));
    }
    lines.push(say(language, "slip-left-check"));
    Slip {
        heading: heading(app, language),
        title: say(language, "slip-left-title"),
        number: None,
        qr: link.map(|link| Zeroizing::new(link.to_owned())),
        lines: lines.into_iter().map(Zeroizing::new).collect(),
    }
}

fn heading(app: &App, language: Language) -> String {
    let of_shop = app.slip_heading().map(ToOwned::to_owned);
    of_shop.unwrap_or_else(|| say(language, "brand"))
}
