//! What reaches a printer, and what happens when it does not answer. A file or a pipe is the device.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use super::*;

/// `ESC d 1`: the line is printed, and the paper moves on by one.
const LINE_END: &[u8] = b"\x1bd\x01";
const CARD: &str = "9901 7362 7414 9646 84";

fn slip(lines: &[&str]) -> Slip {
    Slip {
        heading: "积分超市".to_owned(),
        title: "您的会员卡".to_owned(),
        number: Some(Zeroizing::new(CARD.to_owned())),
        qr: Some(Zeroizing::new("990173627414964684".to_owned())),
        lines: lines
            .iter()
            .map(|line| Zeroizing::new((*line).to_owned()))
            .collect(),
    }
}

/// The bytes that a slip with these lines is, less what every slip has before and after its lines.
fn line_bytes(text: &str, encoding: Encoding) -> Vec<u8> {
    let all = slip(&[text]).bytes(encoding).unwrap().to_vec();
    let bare = slip(&[]).bytes(encoding).unwrap().to_vec();
    let alike = |one: &mut dyn Iterator<Item = &u8>, other: &mut dyn Iterator<Item = &u8>| {
        one.zip(other)
            .take_while(|(one, other)| one == other)
            .count()
    };
    let after = alike(&mut all.iter().rev(), &mut bare.iter().rev());
    let before = bare.len().checked_sub(after).unwrap();
    assert_eq!(all[..before], bare[..before]);
    let end = all.len().checked_sub(after).unwrap();
    let line = &all[before..end];
    line.strip_suffix(LINE_END).unwrap().to_vec()
}

fn decoded(bytes: &[u8], encoding: Encoding) -> String {
    let (text, _, is_broken) = encoding.table().decode(bytes);
    assert!(!is_broken, "{bytes:?}");
    text.into_owned()
}

#[test]
fn what_was_said_reaches_the_device_as_its_words() {
    for (encoding, word) in [
        (Encoding::Gb18030, "彧玥珺翀赟 𠮷 €"),
        (Encoding::Gbk, "彧玥珺翀赟"),
        (Encoding::Utf8, "彧玥珺翀赟 𠮷 €"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lp0");
        File::create(&path).unwrap();
        let printer = Printer::new(Device::File(path.clone()), encoding);
        printer.print(&slip(&[word])).unwrap();
        let first = fs::read(&path).unwrap();
        // It begins with a reset and ends with a cut, and the words are whole in between.
        assert!(first.starts_with(b"\x1b@"), "{first:?}");
        let cut = first.len() - 5..;
        assert!(first[cut].windows(2).any(|two| two == b"\x1dV"));
        let pairs = first.windows(2).filter(|two| *two == b"\x1c&").count();
        assert_eq!(pairs, usize::from(encoding.is_in_pairs()));
        for said in ["积分超市", "您的会员卡", "9901 7362 7414", "9646 84", word] {
            let (bytes, ..) = encoding.table().encode(said);
            let is_there = first.windows(bytes.len()).any(|part| part == &*bytes);
            assert!(is_there, "{encoding:?} {said}");
        }
        assert!(first.windows(18).any(|part| part == b"990173627414964684"));
        // The next one goes after it.
        printer.print(&slip(&[])).unwrap();
        let both = fs::read(&path).unwrap();
        assert!(first.len() < both.len() && both.starts_with(&first));
    }
}

#[test]
fn no_text_tells_the_printer_to_do_anything() {
    for (text, shown) in [
        ("李\u{1b}@\u{1d}V\u{0}雷", "李＊@＊V＊雷"),
        ("\u{10}\u{14}\u{1}\u{0}\u{5}", "＊＊＊＊＊"),
        ("a\nb\rc\td\u{c}e", "a＊b＊c＊d＊e"),
        ("\u{7f}\u{80}\u{85}\u{9b}1m\u{9f}", "＊＊＊＊1m＊"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("\u{202e}000,1\u{202c}", "＊000,1＊"),
        ("\u{2066}x\u{2069}\u{200f}\u{61c}", "＊x＊＊＊"),
        ("a\u{200b}b\u{200d}c\u{feff}d\u{2028}e", "a＊b＊c＊d＊e"),
        ("אבג عرب", "אבג عرب"),
        ("𠮷野家", "𠮷野家"),
        ("😀", "😀"),
        ("", ""),
    ] {
        for encoding in [Encoding::Gb18030, Encoding::Utf8] {
            let bytes = line_bytes(text, encoding);
            assert_eq!(decoded(&bytes, encoding), *shown, "{text:?}");
            let steers = bytes.iter().filter(|byte| **byte < b' ' || **byte == 0x7f);
            assert_eq!(steers.count(), 0, "{text:?}");
        }
        let gbk = line_bytes(text, Encoding::Gbk);
        assert!(gbk.iter().all(|byte| b' ' <= *byte));
    }
    // What an older printer has no sign for is no row of digits (&#134071;).
    let gbk = line_bytes("𠮷野家😀", Encoding::Gbk);
    assert_eq!(decoded(&gbk, Encoding::Gbk), "＊野家＊");
}

#[test]
fn every_part_of_a_slip_is_as_safe_as_its_lines() {
    let bad = "\u{1b}p\u{0}";
    let all = Slip {
        heading: bad.to_owned(),
        title: bad.to_owned(),
        number: Some(Zeroizing::new(bad.to_owned())),
        qr: Some(Zeroizing::new(bad.to_owned())),
        lines: vec![Zeroizing::new(bad.to_owned())],
    };
    let bytes = all.bytes(Encoding::Gb18030).unwrap();
    assert!(!bytes.windows(2).any(|two| two == b"\x1bp"), "{bytes:?}");
    assert!(!bytes.windows(3).any(|three| three == b"\x1d(k"));
    assert!(format!("{all:?}").len() < 20, "{all:?}");
}

#[test]
fn a_code_is_drawn_of_ascii_alone() {
    let of = |qr: &str| {
        let slip = Slip {
            qr: Some(Zeroizing::new(qr.to_owned())),
            ..Slip::default()
        };
        let bytes = slip.bytes(Encoding::Gb18030).unwrap();
        bytes.windows(3).any(|three| three == b"\x1d(k")
    };
    assert!(of("1") && of("https://jifen.local/r/01939d8f") && of(&"x".repeat(400)));
    for bad in ["", "一", "a b", "a\u{1b}", "a\n", &"x".repeat(401)] {
        assert!(!of(bad), "{bad:?}");
    }
}

#[test]
fn a_device_that_is_not_there_is_a_refusal_and_is_not_made() {
    let home = tempfile::tempdir().unwrap();
    let missing = home.path().join("usb/lp0");
    let in_home = home.path().join("lp0");
    let folder = home.path().to_owned();
    for path in [missing, in_home.clone(), folder, PathBuf::new()] {
        let printer = Printer::new(Device::File(path), Encoding::Gb18030);
        assert_eq!(printer.print(&slip(&[])), Err(NotPrinted::Failed));
    }
    assert!(!in_home.exists());
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = bound.local_addr().unwrap().to_string();
    drop(bound);
    for address in [address, "127.0.0.1".to_owned(), "x y:1".to_owned()] {
        let printer = Printer::new(Device::Address(address), Encoding::Gb18030);
        assert_eq!(printer.print(&slip(&[])), Err(NotPrinted::Failed));
    }
}

#[test]
fn a_printer_on_the_net_gets_the_same_bytes() {
    let bound = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = bound.local_addr().unwrap().to_string();
    let read = thread::spawn(move || {
        let mut got = Vec::new();
        let (mut stream, _) = bound.accept().unwrap();
        stream.read_to_end(&mut got).unwrap();
        got
    });
    let printer = Printer::new(Device::Address(address), Encoding::Gb18030);
    let said = slip(&["积分"]);
    printer.print(&said).unwrap();
    let expected = said.bytes(Encoding::Gb18030).unwrap();
    assert_eq!(read.join().unwrap(), *expected);
}

/// A pipe that nobody reads, full to the brim, and what fills it.
fn full_pipe(path: &PathBuf) -> File {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let mut pipe = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap())
        .open(path)
        .unwrap();
    for size in [4_096, 1] {
        while pipe.write(&vec![b'.'; size]).is_ok() {}
    }
    pipe
}

#[test]
fn a_printer_that_does_not_read_fails_in_its_time_and_prints_nothing_later() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lp0");
    let mut pipe = full_pipe(&path);
    let printer = Printer::new(Device::File(path), Encoding::Gb18030);
    let printer = printer.within(Duration::from_millis(200));
    let begun = Instant::now();
    // The second one waits for its turn at the most until its own time is over.
    let both = thread::scope(|scope| {
        [0, 1]
            .map(|_| scope.spawn(|| printer.print(&slip(&[]))))
            .map(|one| one.join().unwrap())
    });
    assert_eq!(both, [Err(NotPrinted::Failed); 2]);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());

    // The writers are gone, and left nothing in the pipe.
    drop(printer.turn.lock());
    let mut found = Vec::new();
    let _empty = pipe.read_to_end(&mut found);
    assert!(found.iter().all(|byte| *byte == b'.'));
    printer.print(&slip(&[])).unwrap();
    let _empty = pipe.read_to_end(&mut found);
    assert!(found.windows(2).any(|two| two == b"\x1b@"));
}

#[test]
fn paper_is_for_those_who_need_it() {
    let printer = Printer::new(Device::File("/dev/null".into()), Encoding::Gb18030);
    for _ in 0..SLIPS_A_MINUTE {
        assert_eq!(printer.print(&slip(&[])), Ok(()));
    }
    assert_eq!(printer.print(&slip(&[])), Err(NotPrinted::Often));
}
