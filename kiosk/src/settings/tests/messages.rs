//! The folder of messages: apart from the shop's own, and there where codes are sent.

use super::*;

#[test]
fn codes_are_sent_where_there_is_a_messenger() {
    let codes = "registration.review = \"phone_code\"\n";
    check(codes, &[], &["1 messenger_needed"]);
    check(
        "",
        &[("JIFEN_REGISTRATION_REVIEW", "phone_code")],
        &["JIFEN_REGISTRATION_REVIEW messenger_needed"],
    );
    for review in ["none", "staff"] {
        check(&format!("registration.review = \"{review}\""), &[], &[]);
    }
    check(&format!("{codes}messages.folder = \"out\""), &[], &[]);
    let settings = parse("messages.folder = \"out\"", &[]).unwrap();
    assert_eq!(settings.messages.unwrap(), Path::new("/etc/jifen/out"));
}

#[test]
fn messages_lie_neither_in_the_shops_folders_nor_around_them() {
    for folder in [
        "jifen-data",
        "jifen-data/messages",
        "x/../jifen-keys/y",
        "..",
        "/etc",
    ] {
        let text = format!("messages.folder = \"{folder}\"");
        check(&text, &[], &["1 messages_overlap"]);
    }
    check("messages.folder = \"jifen-data-2\"", &[], &[]);
    check("messages.folder = \"\"", &[], &["1 bad_text"]);
}
