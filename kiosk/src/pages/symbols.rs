//! A card number or a link as a picture for scanners: QR and Code 128, as SVG without any style in it.

use std::fmt::Write as _;

use barcoders::sym::code128::Code128;
use fast_qr::{ECL, QRBuilder};

/// The quiet zone around a QR code, in modules (ISO/IEC 18004).
const QR_QUIET: usize = 4;
/// The quiet zone beside a Code 128, in modules (ISO/IEC 15417).
const BARS_QUIET: usize = 10;
/// How high its bars are, in modules.
const BARS_HIGH: usize = 40;

/// A text as a QR code of level M; none where it is too long for one.
pub(crate) fn qr(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let whole = code.size.checked_add(QR_QUIET.checked_mul(2)?)?;
    let mut path = String::new();
    for y in 0..code.size {
        let row = code.data.get(y.checked_mul(code.size)?..)?;
        for (x, module) in row.iter().take(code.size).enumerate() {
            if module.value() {
                dark(
                    &mut path,
                    x.checked_add(QR_QUIET)?,
                    y.checked_add(QR_QUIET)?,
                    1,
                )?;
            }
        }
    }
    Some(svg(whole, whole, &path))
}

/// A number of an even count of digits as a Code 128 of set C.
pub(crate) fn bars(digits: &str) -> Option<String> {
    // `Ć` begins with set C, whose characters are pairs of digits.
    let code = Code128::new(format!("Ć{digits}")).ok()?.encode();
    let whole = code.len().checked_add(BARS_QUIET.checked_mul(2)?)?;
    let mut path = String::new();
    for (x, module) in code.iter().enumerate() {
        if *module == 1 {
            dark(&mut path, x.checked_add(BARS_QUIET)?, 0, BARS_HIGH)?;
        }
    }
    Some(svg(whole, BARS_HIGH, &path))
}

fn dark(path: &mut String, x: usize, y: usize, high: usize) -> Option<()> {
    write!(path, "M{x} {y}h1v{high}h-1z").ok()
}

fn svg(wide: usize, high: usize, path: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" shape-rendering=\"crispEdges\" \
         preserveAspectRatio=\"none\" aria-hidden=\"true\"><path fill=\"#fff\" d=\"M0 0h{wide}v{high}H0z\"/>\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}
