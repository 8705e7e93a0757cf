//! PINs and passphrases, taken and refused. Which PINs are common is told in `common.rs`.

use proptest::prelude::*;

use super::*;

fn check(told: &[&str], expected: Option<PinError>, texts: &[&str]) {
    for text in texts {
        assert_eq!(Pin::parse(text, told).err(), expected, "{text}");
    }
}

#[test]
fn a_pin_has_six_digits_and_a_passphrase_8_to_64_characters() {
    check(&[], None, &["204957", " 204957 ", "２０４９５７"]);
    let shape = Some(PinError::Shape);
    check(
        &[],
        shape,
        &[
            "",
            " ",
            "20495",
            "2049571",
            "20495a",
            "20 495",
            "abcdefg",
            "２０４９５",
        ],
    );
    check(&[], shape, &["tram owl\nridge moss", &"x".repeat(100_000)]);
    let long = "tram owl ridge moss kettle violin drum hazel north pocket lamp zq";
    assert_eq!(long.len(), 65);
    check(&[], None, &[&long[..64]]);
    check(&[], shape, &[long]);
}

#[test]
fn pins_that_many_have_are_refused() {
    let common = Some(PinError::Common);
    check(
        &[],
        common,
        &["123456", "000000", "520131", "900101", "１２３４５６"],
    );
}

#[test]
fn a_passphrase_that_is_soon_guessed_is_refused() {
    check(
        &[],
        Some(PinError::Common),
        &[
            "password",
            "12345678",
            "11111111",
            "qwertyui",
            "iloveyou1",
            "20170714",
            "abcabcabcabc",
            "woaini1314520",
        ],
    );
    check(
        &[],
        None,
        &[
            "tram owl ridge moss",
            "k7#Vq2!zRwT",
            "会员在河边看见一只白鹭",
        ],
    );
    // Score 3 is enough from 12 characters on, and not before.
    let score = |text: &str| zxcvbn(text, &[]).score();
    let (short, long) = ("mossykettle", "mossykettle9");
    assert_eq!((score(short), short.len()), (Score::Three, 11));
    assert_eq!((score(long), long.len()), (Score::Three, 12));
    check(&[], Some(PinError::Common), &[short]);
    check(&[], None, &[long]);
}

#[test]
fn the_end_of_ones_own_phone_number_is_no_pin_and_in_no_passphrase() {
    let told = ["+86 138 0020 4957"];
    let own = Some(PinError::OwnPhone);
    check(
        &told,
        own,
        &[
            "204957",
            "２０４９５７",
            "tram owl ridge 204957",
            "204957204957",
        ],
    );
    check(&told, None, &["204958", "002049", "tram owl ridge 20495"]);
    check(&["04957"], None, &["204957"]);
    check(&["王先生", "13800204957"], own, &["204957"]);
    check(&["王先生"], None, &["204957"]);
}

#[test]
fn what_the_member_told_us_makes_a_passphrase_weaker() {
    let name = "Zephyrine Quackenbush";
    check(&[], None, &[name]);
    check(&[name], Some(PinError::Common), &[name]);
}

#[test]
fn neither_a_pin_nor_an_error_prints_what_was_written() {
    let pin = Pin::parse("204957", &[]).unwrap();
    assert_eq!(format!("{pin:?}"), "Pin(..)");
    for (error, code) in [
        (PinError::Shape, "pin_shape"),
        (PinError::OwnPhone, "pin_common"),
        (PinError::Common, "pin_common"),
    ] {
        assert_eq!(error.code(), code);
        assert!(error.zh().ends_with('。') && error.en().ends_with('.'));
    }
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,70}|[0-9]{6}|[a-z0-9 ]{8,64}", told in "\\PC{0,20}") {
        let parsed = Pin::parse(&text, &[&told]);
        let again = Pin::parse(&text, &[&told]);
        prop_assert_eq!(parsed.err(), again.err());
    }
}
