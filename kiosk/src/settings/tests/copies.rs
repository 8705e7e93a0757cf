//! The settings of backups and escrow: who may open them, and that they never meet.

use std::path::PathBuf;

use super::{check, parse};

/// Three invented people's recipients.
fn recipients() -> [String; 3] {
    [1, 2, 3].map(|_| age::x25519::Identity::generate().to_public().to_string())
}

#[test]
fn copies_are_sealed_to_people_and_go_to_folders_of_their_own() {
    let [operator, one, other] = recipients();
    let text = format!(
        "[backup]\nrecipient = \"{operator}\"\ntargets = [\"../mnt/a\", \"/mnt/b\"]\nkeep_days = 7\n\
         [escrow]\ncustodians = [\"{one}\", \"{other}\"]\ntargets = [\"/mnt/c\"]\n"
    );
    let settings = parse(&text, &[]).unwrap();
    let (backup, escrow) = (settings.backup, settings.escrow);
    assert_eq!(format!("{:?}", backup.recipient.unwrap()), operator);
    let folders = ["/etc/jifen/../mnt/a", "/mnt/b"].map(PathBuf::from);
    assert_eq!((backup.targets, backup.keep_days), (folders.to_vec(), 7));
    assert_eq!(
        format!("{:?}", escrow.custodians.unwrap()),
        format!("[{one}, {other}]")
    );
    assert_eq!(escrow.targets, [PathBuf::from("/mnt/c")]);
}

#[test]
fn a_recipient_that_is_none_is_named_by_its_line_and_not_repeated() {
    let [_, one, other] = recipients();
    let secret = "AGE-SECRET-KEY-1NOBODY";
    for bad in ["", "age1", "nobody", secret, &one[1..], &format!("{one}x")] {
        let text = format!("[backup]\n\nrecipient = \"{bad}\"\n");
        let said = "3 unreadable `backup.recipient`: it is not an age recipient";
        check(&text, &[], &[said]);
        let text = format!("[escrow]\ncustodians = [\"{one}\", \"{bad}\"]\n");
        check(
            &text,
            &[],
            &["2 unreadable `escrow.custodians`: it is not an age"],
        );
    }
    let faults = parse(&format!("backup.recipient = \"{secret}\""), &[]).unwrap_err();
    assert!(!format!("{faults:?}").contains("NOBODY"), "{faults:?}");

    let twice = format!("escrow.custodians = [\"{one}\", \"{one}\"]");
    check(&twice, &[], &["1 contradiction `escrow.custodians`"]);
    let alone = format!("escrow.custodians = [\"{one}\"]");
    check(
        &alone,
        &[],
        &["1 out_of_range `escrow.custodians`: there are exactly two"],
    );
    let three = format!("escrow.custodians = [\"{one}\", \"{other}\", \"{one}\"]");
    check(&three, &[], &["1 out_of_range `escrow.custodians`"]);
    check(
        "escrow.targets = [\"/x\"]",
        &[],
        &["1 contradiction `escrow.targets`: `escrow.custodians` has"],
    );
    check(
        "backup.targets = [\"/x\"]",
        &[],
        &["1 contradiction `backup.targets`: `backup.recipient` has"],
    );
    check(
        "backup.keep_days = 0",
        &[],
        &["1 out_of_range `backup.keep_days`"],
    );
    check(
        "backup.targets = []",
        &[],
        &["1 out_of_range `backup.targets`"],
    );
    let variables = [("JIFEN_BACKUP_TARGETS", "/x,,/y")];
    check(
        "",
        &variables,
        &["JIFEN_BACKUP_TARGETS bad_text `backup.targets`"],
    );
}

#[test]
fn backups_and_escrow_never_lie_in_each_other_nor_in_the_shop() {
    let [operator, one, other] = recipients();
    let check = |backups: &str, escrows: &str, expected: &[&str]| {
        let text = format!(
            "data = \"/d\"\nkeys = \"/k\"\n\
             [backup]\nrecipient = \"{operator}\"\ntargets = [{backups}]\n\
             [escrow]\ncustodians = [\"{one}\", \"{other}\"]\ntargets = [{escrows}]\n"
        );
        check(&text, &[], expected);
    };
    check("\"/a\"", "\"/b\"", &[]);
    check("\"/a\", \"/ab\"", "\"/abc\"", &[]);
    let meet = "5 targets_overlap `backup.targets`: `";
    for (backup, escrow) in [
        ("/a", "/a"),
        ("/a", "/a/b"),
        ("/a/b", "/a"),
        ("/a/../b", "/b/./c"),
        ("/a/", "/a"),
    ] {
        check(
            &format!("\"/x\", \"{backup}\""),
            &format!("\"{escrow}\""),
            &[meet],
        );
    }
    for own in ["/d", "/d/x", "/k", "/k/x", "/x/../k", "/"] {
        let both = if own == "/" { 2 } else { 1 };
        check(&format!("\"{own}\""), "\"/b\"", &vec![meet; both]);
    }
    check(
        "\"/a\"",
        "\"/k/b\"",
        &["8 targets_overlap `escrow.targets`"],
    );
    check(
        "\"/a\", \"/b/../a\"",
        "\"/b\"",
        &["5 contradiction `backup.targets`: a folder is named twice"],
    );
}
