//! What is put on paper for whoever stands at the kiosk: the card that was made in this visit, and the receipt of a deletion.
//! A phone has a printer of its own, or none.

use http::Response;

use crate::app::App;
use crate::printer::{NotPrinted, Slip};
use crate::route::Asked;
use crate::words;

use super::frame::{Frame, is_kiosk, visit};
use super::me::leave::{address_of, receipt_of};
use super::{done, see_other, sentence, slips};

/// Whether the pages offer it: at the kiosk's screen, where the shop has a printer.
pub(super) fn is_offered(app: &App, asked: &Asked<'_>) -> bool {
    is_kiosk(asked) && app.printer().is_some()
}

/// `POST /join/print`: the card that was made in this visit.
pub(crate) fn card(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let seen = visit(app, asked, |visit| {
        (visit.joined.clone(), visit.member.is_some())
    });
    let Some((Some((card, _)), is_member)) = seen else {
        return see_other("/");
    };
    let language = Frame::of_language(app, asked);
    let told = print(app, asked, &slips::card(app, language, &card));
    let to = if is_member {
        "/me/card/new"
    } else {
        "/join/card"
    };
    done(app, asked, told, to)
}

/// `POST /left/print`: the receipt, for whoever has just left.
pub(crate) fn receipt(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let Some(Some(key)) = visit(app, asked, |visit| visit.left.clone()) else {
        return see_other("/");
    };
    let language = Frame::of_language(app, asked);
    let told = match receipt_of(app, &key) {
        Ok((receipt, time)) => {
            let link = address_of(&key).and_then(|to| app.page_address(&to));
            let slip = slips::deletion(app, language, &receipt, &time, link.as_deref());
            print(app, asked, &slip)
        }
        Err(no) => sentence(&no, language),
    };
    done(app, asked, told, "/left")
}

/// Prints it, and gives what is said then.
fn print(app: &App, asked: &Asked<'_>, slip: &Slip) -> String {
    let language = Frame::of_language(app, asked);
    let printer = app.printer().filter(|_| is_kiosk(asked));
    let outcome = printer
        .ok_or(NotPrinted::Failed)
        .and_then(|printer| printer.print(slip));
    match outcome {
        Ok(()) => words::say(language, "slip-printed"),
        Err(no) => words::say(language, no.key()),
    }
}
