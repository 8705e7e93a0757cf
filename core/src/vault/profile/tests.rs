//! Names and numbers, good and bad. The numbers have a shape that phones have, with digits nobody would be given; the
//! people are invented.

use proptest::prelude::*;

use super::*;
use crate::policy::grant::{Ask, decide};

fn name(text: &str) -> Result<String, ProfileError> {
    Name::parse(text).map(|name| name.as_str().to_owned())
}

fn mobile(text: &str) -> Result<String, ProfileError> {
    Mobile::parse(text).map(|mobile| mobile.e164().to_owned())
}

#[test]
fn names_of_all_kinds_are_taken_as_they_are_written() {
    for text in [
        "王",
        "王先生",
        "王喆",
        "欧阳",
        "O'Brien",
        "Anne-Marie",
        "M. 3rd",
        "Łukasz",
        "𠮷田",
        "买买提·艾力",
        "葛\u{e0100}城",
        "مریم\u{200c}جان",
        "\u{e000}",
    ] {
        assert_eq!(name(text).as_deref(), Ok(text));
    }
    assert_eq!(name(" \u{3000}王 先生\t").as_deref(), Ok("王 先生"));
    assert_eq!(name("Jose\u{301}").as_deref(), Ok("Jos\u{e9}"), "composed");
}

#[test]
fn a_name_has_1_to_40_characters_and_somebody_in_it() {
    let check = |text: &str, expected| {
        assert_eq!(name(text), Err(expected), "{text:?}");
        assert_eq!(expected.field(), "name");
        assert_eq!(expected.code(), "bad_name");
    };
    assert!(name(&"王".repeat(40)).is_ok());
    check(&"王".repeat(41), ProfileError::NameTooLong);
    assert!(name(&"e\u{301}".repeat(40)).is_ok(), "40 when composed");
    check(&"e\u{301}".repeat(41), ProfileError::NameTooLong);
    check(&"王".repeat(2_000), ProfileError::NameTooLong);
    check("", ProfileError::NameEmpty);
    check(" \u{3000} ", ProfileError::NameEmpty);
    for text in ["13800000000", "12 34", "１２３", "-", "..."] {
        check(text, ProfileError::NameWithoutLetters);
    }
    for text in [
        "王\n明",
        "王\0",
        "\u{7f}王",
        "王\u{202e}明",
        "a\u{2028}b",
        "\u{2066}王",
        "王\u{200b}明",
        "\u{3164}",
        "王\u{e0041}",
    ] {
        check(text, ProfileError::NameUnreadable);
    }
}

#[test]
fn a_mobile_number_is_kept_in_one_form_however_it_is_written() {
    for text in [
        "13800000000",
        " 138 0000 0000 ",
        "138-0000-0000",
        "(138) 0000.0000",
        "+8613800000000",
        "+86 138 0000 0000",
        "＋８６　１３８００００００００",
        "１３８００００００００",
        "008613800000000",
        "8613800000000",
    ] {
        assert_eq!(mobile(text).as_deref(), Ok("+8613800000000"), "{text}");
    }
    assert_eq!(mobile("19900000000").as_deref(), Ok("+8619900000000"));
    assert_eq!(
        mobile("+85251234567").as_deref(),
        Ok("+85251234567"),
        "Hong Kong"
    );
    assert_eq!(
        mobile("+12015550123").as_deref(),
        Ok("+12015550123"),
        "of both kinds"
    );
    assert_eq!(
        mobile("+447400123456").as_deref(),
        Ok("+447400123456"),
        "the example of the numbering plan"
    );
}

#[test]
fn what_is_no_mobile_number_is_refused() {
    let check = |texts: &[&str], expected: ProfileError| {
        assert_eq!(
            (expected.field(), expected.code()),
            ("mobile", "bad_mobile")
        );
        for text in texts {
            assert_eq!(mobile(text), Err(expected), "{text}");
        }
    };
    check(
        &[
            "1380000000",
            "138000000000",
            "013800000000",
            "0138 0000 0000",
            "12000000000",
            "01000000000",
            "10000000000",
            "23800000000",
            "95500",
            "110",
            "1",
            "4000000000",
            "075500000000",
            "01062551234",
            "+8601062551234",
            "+860013800000000",
            "+86013800000000",
            "86138000000000",
            "861380000000",
            "12015550123",
            "+",
            "+0",
            "00",
            "+99912345678",
            "+442079460123",
        ],
        ProfileError::NotAMobile,
    );
    check(
        &[
            "",
            " ",
            "-",
            "138000o0000",
            "13800000000x1",
            "13800000000;ext=1",
            "tel:+8613800000000",
            "138+00000000",
            "++8613800000000",
            "1380000000000000000",
            "王",
            "१३८००००००००",
            "13800000000\u{0}",
        ],
        ProfileError::MobileUnreadable,
    );
    check(&[&"1".repeat(100_000)], ProfileError::MobileUnreadable);
}

#[test]
fn masks_show_what_the_policy_says_and_no_more() {
    let check = |text: &str, expected: &str| {
        assert_eq!(Name::parse(text).unwrap().masked(), expected);
    };
    check("王", "王");
    check("王明", "王＊");
    check("王先生", "王＊＊");
    check("O'Brien", "O＊＊");
    check("欧阳夏丹", "欧＊＊");

    let check = |text: &str, expected: &str| {
        assert_eq!(Mobile::parse(text).unwrap().masked(), expected);
    };
    check("13812345678", "138****5678");
    check("+12015550123", "+1 20****0123");
    check("+85251234567", "+852 ****4567");
}

#[test]
fn however_short_a_number_is_four_digits_of_it_are_hidden() {
    for len in 0..=15 {
        let e164 = format!("+86{}", "7".repeat(len));
        let masked = Mobile { e164, code: 2 }.masked();
        assert_eq!(masked.len(), len);
        let hidden = masked.matches('*').count();
        assert_eq!(hidden.min(4), len.min(4), "{masked}");
    }
}

#[test]
fn a_profile_is_read_whole_or_its_first_fault_is_named() {
    let grant = decide(&Ask::DuplicateCheck).unwrap();
    let profile = Profile::parse("王先生", "138 1234 5678").unwrap();
    assert_eq!(profile.name.disclose(&grant).as_str(), "王先生");
    assert_eq!(profile.mobile.disclose(&grant).e164(), "+8613812345678");
    assert_eq!(profile.masked_name(), "王＊＊");
    assert_eq!(profile.masked_mobile(), "138****5678");

    let refused = |name: &str, mobile: &str| Profile::parse(name, mobile).unwrap_err();
    assert_eq!(refused("", ""), ProfileError::NameEmpty);
    assert_eq!(refused("王", "138"), ProfileError::NotAMobile);
}

#[test]
fn a_profile_is_stored_and_read_back_with_the_same_masks() {
    for number in ["13812345678", "+12015550123"] {
        let grant = decide(&Ask::DuplicateCheck).unwrap();
        let profile = Profile::parse("王先生", number).unwrap();
        let stored = postcard::to_stdvec(&ProfileRow::of(&profile)).unwrap();
        assert_eq!(stored[0], 0, "the first version");
        let read: ProfileRow = postcard::from_bytes(&stored).unwrap();
        let read = read.to_profile();
        assert_eq!(read.name.disclose(&grant), profile.name.disclose(&grant));
        assert_eq!(
            read.mobile.disclose(&grant),
            profile.mobile.disclose(&grant)
        );
        assert_eq!(read.masked_mobile(), profile.masked_mobile());
    }
}

#[test]
fn neither_a_profile_nor_an_error_prints_what_was_written() {
    let profile = Profile::parse("王先生", "13812345678").unwrap();
    assert_eq!(
        format!("{profile:?}"),
        "Profile { name: Personal(..), mobile: Personal(..) }"
    );
    let row = ProfileRow::of(&profile);
    let (name, mobile) = (
        Name::parse("王先生").unwrap(),
        Mobile::parse("13812345678").unwrap(),
    );
    assert_eq!(
        format!("{row:?} {name:?} {mobile:?}"),
        "ProfileRow(..) Name(..) Mobile(..)"
    );
    let error = Profile::parse("王先生", "1381234567").unwrap_err();
    let told = format!("{error:?} {error} {} {}", error.zh(), error.en());
    assert!(
        !told.contains("1381234567") && !told.contains("王"),
        "{told}"
    );
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,60}|[+０-９0-9 ()-]{0,24}|\\+[0-9]{1,17}") {
        if let Ok(name) = Name::parse(&text) {
            prop_assert!((1..=NAME_MAX).contains(&name.as_str().chars().count()));
            prop_assert_eq!(&Name::parse(name.as_str()), &Ok(name.clone()));
        }
        if let Ok(mobile) = Mobile::parse(&text) {
            prop_assert!(mobile.e164().len() <= 16);
            prop_assert_eq!(&Mobile::parse(mobile.e164()), &Ok(mobile.clone()), "reads back");
            let (code, national) = mobile.parts();
            prop_assert!((1..=3).contains(&code.len()) && !national.is_empty());
        }
    }

    #[test]
    fn every_number_of_eleven_digits_that_is_taken_is_kept_as_it_is(digits in "1[3-9][0-9]{9}") {
        if let Ok(e164) = mobile(&digits) {
            prop_assert_eq!(e164, format!("+86{digits}"));
        }
        prop_assert!(mobile(&digits[..10]).is_err());
        let longer = format!("{digits}0");
        prop_assert!(mobile(&longer).is_err());
        let trunk = format!("0{digits}");
        prop_assert!(mobile(&trunk).is_err());
    }
}
