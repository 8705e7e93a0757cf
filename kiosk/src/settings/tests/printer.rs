//! The printer: one place, a known encoding, and nothing said about a printer that is not there.

use super::*;
use crate::printer::{Device, Encoding};

fn printing(text: &str) -> Printing {
    parse(text, &[]).unwrap().printer.unwrap()
}

#[test]
fn a_printer_is_at_a_device_or_at_an_address() {
    assert_eq!(parse("", &[]).unwrap().printer, None);
    for (text, device) in [
        (
            "printer.device = \"/dev/usb/lp0\"",
            Device::File("/dev/usb/lp0".into()),
        ),
        (
            "printer.device = \"lp0\"",
            Device::File("/etc/jifen/lp0".into()),
        ),
        (
            "printer.address = \"192.168.1.50\"",
            Device::Address("192.168.1.50:9100".into()),
        ),
        (
            "printer.address = \"printer.local:9101\"",
            Device::Address("printer.local:9101".into()),
        ),
        (
            "printer.address = \"[::1]\"",
            Device::Address("[::1]:9100".into()),
        ),
    ] {
        let expected = Printing {
            device,
            encoding: Encoding::Gb18030,
            heading: None,
        };
        assert_eq!(printing(text), expected, "{text}");
    }
    let both = "[printer]\ndevice = \"/dev/usb/lp0\"\naddress = \"10.0.0.5\"\n";
    check(both, &[], &["3 contradiction"]);
    let by_variable = [("JIFEN_PRINTER_DEVICE", "")];
    check("", &by_variable, &["JIFEN_PRINTER_DEVICE bad_text"]);
    for bad in [
        "",
        "a b",
        "user@host",
        "http://x",
        ":9100",
        "x:99999",
        "x:",
        "x:0",
    ] {
        let text = format!("printer.address = \"{bad}\"");
        check(&text, &[], &["1 unreadable"]);
    }
}

#[test]
fn its_encoding_and_heading_are_read_and_need_a_printer() {
    let device = "[printer]\ndevice = \"/dev/usb/lp0\"\n";
    for (word, encoding) in Encoding::WORDS {
        let read = printing(&format!("{device}encoding = \"{word}\"\n"));
        assert_eq!(read.encoding, encoding);
    }
    check(
        &format!("{device}encoding = \"gbk2\""),
        &[],
        &["3 unknown_word"],
    );
    let read = printing(&format!("{device}heading = \"积分超市\"\n"));
    assert_eq!(read.heading.as_deref(), Some("积分超市"));
    for bad in ["", "a\\nb", &"长".repeat(41)] {
        check(
            &format!("{device}heading = \"{bad}\""),
            &[],
            &["3 bad_text"],
        );
    }
    check("printer.encoding = \"GBK\"", &[], &["1 printer_needed"]);
    check("printer.heading = \"x\"", &[], &["1 printer_needed"]);
}
