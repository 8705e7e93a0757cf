//! A slip of paper, and the bytes that print it.

use core::fmt;

use escpos::driver::Driver;
use escpos::errors::Result as Escpos;
use escpos::printer::Printer as Writer;
use escpos::utils::{
    Encoder, Font, JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption,
};
use parking_lot::Mutex;
use zeroize::Zeroizing;

use super::text::{Encoding, printable};

/// `FS &`: what is not ASCII comes in pairs of bytes.
const PAIRS: [u8; 2] = [0x1c, 0x26];
/// The most characters of a QR code: a link or a number.
const QR_MAX: usize = 400;
/// How many dots wide a module of it is.
const QR_MODULE: u8 = 6;
/// The most characters of a line of the large number: twice as wide, on a paper of 58 mm.
const NUMBER_MAX: usize = 14;

/// What is printed: a heading and a title, a number in large digits, a QR code, and lines. It may be somebody's card, so it
/// says nothing in `Debug` and is wiped.
#[derive(Default)]
pub(crate) struct Slip {
    /// The shop.
    pub(crate) heading: String,
    /// What it is.
    pub(crate) title: String,
    /// A number in groups.
    pub(crate) number: Option<Zeroizing<String>>,
    /// A number or a link for a camera: ASCII alone, or there is no code.
    pub(crate) qr: Option<Zeroizing<String>>,
    /// What else.
    pub(crate) lines: Vec<Zeroizing<String>>,
}

impl fmt::Debug for Slip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Slip").finish_non_exhaustive()
    }
}

impl Slip {
    /// What is sent to the printer. None where the package will not write it.
    pub(super) fn bytes(&self, encoding: Encoding) -> Option<Zeroizing<Vec<u8>>> {
        let paper = Paper::default();
        let protocol = Protocol::new(Encoder::new(encoding.table()));
        let mut writer = Writer::new(&paper, protocol, None);
        self.write(&mut writer, encoding).ok()?;
        let bytes = core::mem::take(&mut *paper.0.lock());
        Some(bytes)
    }

    fn write(&self, writer: &mut Writer<&Paper>, encoding: Encoding) -> Escpos<()> {
        let shown = |text: &str| Zeroizing::new(printable(text, encoding));
        writer.init()?;
        if encoding.is_in_pairs() {
            writer.custom(&PAIRS)?;
        }
        writer.font(Font::A)?.justify(JustifyMode::CENTER)?;
        writer.writeln(&shown(&self.heading))?;
        writer
            .bold(true)?
            .writeln(&shown(&self.title))?
            .bold(false)?
            .feed()?;
        if let Some(number) = &self.number {
            writer.size(2, 2)?;
            for line in in_lines(number) {
                writer.writeln(&shown(&line))?;
            }
            writer.reset_size()?.feed()?;
        }
        if let Some(qr) = self.qr.as_ref().filter(|qr| is_for_cameras(qr)) {
            let look = QRCodeOption::new(QRCodeModel::Model2, QR_MODULE, QRCodeCorrectionLevel::M);
            writer.qrcode_option(qr, look)?.feed()?;
        }
        writer.justify(JustifyMode::LEFT)?;
        for line in &self.lines {
            writer.writeln(&shown(line))?;
        }
        writer.feeds(3)?.print_cut()?;
        Ok(())
    }
}

/// Whether a camera would read it, and a printer draw it.
fn is_for_cameras(text: &str) -> bool {
    (1..=QR_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The groups of a number, as many to a line as there is room for.
fn in_lines(number: &str) -> Vec<Zeroizing<String>> {
    let mut lines: Vec<Zeroizing<String>> = Vec::new();
    for group in number.split(' ').filter(|group| !group.is_empty()) {
        let room = group.chars().count().saturating_add(1);
        match lines.last_mut() {
            Some(line) if line.chars().count().saturating_add(room) <= NUMBER_MAX => {
                line.push(' ');
                line.push_str(group);
            }
            Some(_) | None => lines.push(Zeroizing::new(group.to_owned())),
        }
    }
    lines
}

/// Takes what the package writes.
#[derive(Default)]
struct Paper(Mutex<Zeroizing<Vec<u8>>>);

impl Driver for &Paper {
    fn name(&self) -> String {
        "paper".to_owned()
    }

    fn write(&self, data: &[u8]) -> Escpos<()> {
        self.0.lock().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> Escpos<usize> {
        Ok(0)
    }

    fn flush(&self) -> Escpos<()> {
        Ok(())
    }
}
