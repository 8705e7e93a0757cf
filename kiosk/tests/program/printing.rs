//! Slips at the kiosk, over HTTP: a file is the printer. Its bytes are read back as the words that were printed.

use encoding_rs::GB18030;

use crate::store::Store;
use crate::visitor::{PIN, Visitor};

/// A shop with a printer, in the folder of the test.
fn shop(settings: &str) -> Store {
    let store = Store::new();
    store.place.write("jifen.toml", settings);
    store
}

/// What lies in the printer.
fn printed(visitor: &Visitor) -> Vec<u8> {
    std::fs::read(visitor.store.place.path("lp0")).unwrap()
}

fn has(bytes: &[u8], words: &str) -> bool {
    let (part, ..) = GB18030.encode(words);
    bytes.windows(part.len()).any(|one| one == &*part)
}

#[test]
fn a_new_card_is_printed_with_its_number_and_nothing_of_the_person() {
    for (lang, title) in [("zh-CN", "您的会员卡号"), ("en", "Your card number")] {
        let store = shop("[printer]\ndevice = \"lp0\"\nheading = \"积分超市\"\n");
        store.place.write("lp0", "");
        let mut visitor = Visitor::at(store);
        visitor.read_notice(lang);
        let card = visitor.register(&[]);
        let page = visitor.see("/join/card");
        assert!(page.contains("action=\"/join/print\"") && !page.contains("data-print"));
        visitor.send("/join/print", &[], "/join/card");
        let told = [
            "已打印，请取走小票。",
            "It was printed: please take your slip.",
        ];
        let page = visitor.see("/join/card");
        assert!(told.iter().any(|words| page.contains(words)), "{page}");

        let slip = printed(&visitor);
        for words in [title, "积分超市", &card[..4], &card] {
            assert!(has(&slip, words), "{words}");
        }
        for secret in [crate::visitor::NAME, crate::visitor::MOBILE, PIN, "欧阳"] {
            assert!(!has(&slip, secret), "{secret}");
        }
        // Whoever comes next prints nothing of it.
        visitor.send("/finish", &[], "/");
        visitor.send("/join/print", &[], "/");
        assert_eq!(printed(&visitor), slip);
    }
}

#[test]
fn whoever_leaves_takes_the_receipt_along_on_paper() {
    let store = shop("printer.device = \"lp0\"\n");
    store.place.write("lp0", "");
    let mut visitor = Visitor::at(store);
    visitor.send("/left/print", &[], "/");
    visitor.read_notice("zh-CN");
    let card = visitor.register(&[]);
    visitor.send("/finish", &[], "/");
    let fields = [("card", &*card), ("pin", PIN)];
    visitor.send("/me/sign-in", &fields, "/me");
    visitor.see("/me/leave");
    visitor.see("/me/leave/confirm");
    visitor.send("/me/leave", &[("pin", PIN), ("points", "100")], "/left");
    assert!(visitor.see("/left").contains("action=\"/left/print\""));
    visitor.send("/left/print", &[], "/left");
    let page = visitor.see("/left");
    assert!(page.contains("已打印，请取走小票。"), "{page}");
    let slip = printed(&visitor);
    for words in [
        "会员信息删除回执",
        "放弃的积分：100",
        "审计记录号：",
        "SHA-256",
    ] {
        assert!(has(&slip, words), "{words}");
    }
    for secret in [crate::visitor::NAME, crate::visitor::MOBILE, &*card] {
        assert!(!has(&slip, secret), "{secret}");
    }
}

#[test]
fn a_printer_that_is_gone_is_told_and_the_card_stays() {
    let mut visitor = Visitor::at(shop("printer.device = \"lp0\"\n"));
    visitor.read_notice("en");
    visitor.register(&[]);
    visitor.send("/join/print", &[], "/join/card");
    let page = visitor.see("/join/card");
    assert!(page.contains("The printer does not answer"), "{page}");
    let log = visitor.store.log();
    assert!(log.contains("code=\"printer_failed\""), "{log}");

    // Without a printer the page has the browser's own, and the address prints nothing.
    let mut visitor = Visitor::new();
    visitor.read_notice("en");
    visitor.register(&[]);
    let page = visitor.see("/join/card");
    assert!(page.contains("data-print") && !page.contains("/join/print"));
    visitor.send("/join/print", &[], "/join/card");
    assert!(
        visitor
            .see("/join/card")
            .contains("The printer does not answer")
    );
}
