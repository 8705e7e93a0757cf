//! Small audits with one thing wrong in each, and the place that is named for it. What happens to thousands of leaves when
//! somebody edits them is tried in `jifen-verify`.

use std::fs;

use super::super::checkpoint::CheckpointError::{NotANote, NotSigned};
use super::super::checkpoint::SigningKey;
use super::super::copy::{AuditCopy, CHECKPOINTS, Notes};
use super::super::tree::{Edge, Hash, leaf_hash};
use super::super::{Act, Leaf, Text};
use super::*;

const FILE: &str = "leaves-000000000000.jsonl";

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32], "jifen/01").unwrap()
}

fn line(seq: u64, act: Act) -> String {
    let text = |text: &str| Text::new(text).unwrap();
    let leaf = Leaf {
        seq,
        time: "2017-03-01T12:00:00+08:00".parse().unwrap(),
        actor: text("system"),
        role: text("system"),
        device: text("server"),
        act,
        subject: None,
        fields: Vec::new(),
        purpose: None,
        basis: None,
        ticket: None,
        result: text("done"),
        commitment: None,
    };
    leaf.line().unwrap()
}

fn lines(acts: &[Act]) -> Vec<String> {
    (0..)
        .zip(acts)
        .map(|(seq, act)| line(seq, act.clone()))
        .collect()
}

fn root(lines: &[String]) -> Hash {
    let mut edge = Edge::default();
    for line in lines {
        edge.push(leaf_hash(line.as_bytes()));
    }
    edge.root()
}

/// A checkpoint over the first so many of these lines.
fn seal(lines: &[String], size: usize) -> String {
    key().sign(u64::try_from(size).unwrap(), &root(&lines[..size]))
}

/// A folder with these lines, and checkpoints at these sizes.
fn folder(lines: &[String], sizes: &[usize]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let mut copy = AuditCopy::open(place.path()).unwrap();
    copy.append(lines).unwrap();
    for size in sizes {
        copy.add_checkpoint(&seal(lines, *size)).unwrap();
    }
    copy.set_key(key().verifier()).unwrap();
    place
}

fn report(folder: &Path, outside: &[String]) -> Report {
    let outside: Vec<Note> = outside
        .iter()
        .flat_map(|text| Notes::of_text("paper", text))
        .collect();
    check(folder, Some(key().verifier()), &outside).unwrap()
}

fn faults(folder: &Path, outside: &[String]) -> Vec<(Place, Wrong)> {
    let faults = report(folder, outside).faults;
    faults
        .into_iter()
        .map(|fault| (fault.place, fault.what))
        .collect()
}

fn at(line: u64) -> Place {
    Place::Line {
        file: FILE.to_owned(),
        line,
    }
}

fn rotated(bucket: u8, epoch: u64) -> Act {
    Act::Rotated { bucket, epoch }
}

fn erased(bucket: u8, epoch: u64) -> Act {
    let groups = vec![Text::new("core").unwrap()];
    Act::Erased {
        bucket,
        epoch,
        groups,
    }
}

fn journal(from: u64, to: u64) -> Act {
    let hash = super::super::Hex32::from_bytes([0; 32]);
    Act::Journal {
        from,
        to,
        rows: 1,
        hash,
    }
}

/// The acts of the leaves, and the one fault that there is.
type Case<'a> = (&'a [Act], Option<(Place, Wrong)>);

fn restored(journal_from: u64, journal_to: u64) -> Act {
    let backup = Text::new("b-1").unwrap();
    Act::Restored {
        backup,
        journal_from,
        journal_to,
    }
}

#[test]
fn a_right_audit_has_no_fault_and_says_what_it_rests_on() {
    let all = lines(&[
        Act::Joined,
        journal(1, 5),
        erased(3, 2),
        rotated(3, 3),
        Act::ClockConfirmed,
    ]);
    let place = folder(&all, &[0, 2, 4, 4, 5]);
    let found = report(place.path(), &[seal(&all, 3)]);
    assert_eq!(
        found,
        Report {
            leaves: 5,
            checkpoints: 5,
            outside: 1,
            ..Report::default()
        }
    );
    // Without anything from elsewhere the same audit says so; leaves that nobody signed for yet are named.
    let place = folder(&all, &[3]);
    let found = check(place.path(), None, &[]).unwrap();
    assert!(found.is_clean());
    let remarks: Vec<_> = found
        .remarks
        .into_iter()
        .map(|remark| (remark.place, remark.what))
        .collect();
    assert_eq!(
        remarks,
        [
            (Place::Folder, Worth::OwnKey),
            (Place::Leaves { from: 3, to: 4 }, Worth::NotSealed),
            (Place::Folder, Worth::NoneFromElsewhere),
        ]
    );
}

#[test]
fn epochs_go_up_in_each_bucket() {
    let fell = |line, bucket, epoch, before| {
        Some((
            at(line),
            Wrong::Epoch {
                bucket,
                epoch,
                before,
            },
        ))
    };
    let cases: [Case<'_>; 5] = [
        (
            &[erased(1, 5), erased(2, 1), rotated(1, 6), erased(1, 9)],
            None,
        ),
        (
            &[erased(1, 5), erased(2, 1), erased(1, 5)],
            fell(3, 1, 5, 5),
        ),
        (&[rotated(1, 5), erased(1, 4)], fell(2, 1, 4, 5)),
        (&[erased(0, 0), rotated(0, 0)], fell(2, 0, 0, 0)),
        // One that fell back does not lower what the next one must be above.
        (
            &[rotated(9, 7), rotated(9, 6), rotated(9, 8)],
            fell(2, 9, 6, 7),
        ),
    ];
    for (acts, expected) in cases {
        let all = lines(acts);
        let place = folder(&all, &[all.len()]);
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(faults(place.path(), &[seal(&all, 1)]), expected, "{acts:?}");
    }
}

#[test]
fn journal_rows_follow_each_other_but_for_what_a_restore_lost() {
    let hole = |line, from, to| Some((at(line), Wrong::JournalHole { from, to }));
    let over =
        |line, from, to, before| Some((at(line), Wrong::JournalOverlap { from, to, before }));
    let cases: [Case<'_>; 13] = [
        (
            &[journal(1, 3), Act::Joined, journal(4, 4), journal(5, 9)],
            None,
        ),
        (&[journal(100, 120), journal(121, 121)], None),
        (&[journal(1, 3), journal(5, 6)], hole(2, 4, 4)),
        (
            &[journal(1, 3), journal(10, 12), journal(13, 13)],
            hole(2, 4, 9),
        ),
        (&[journal(1, 3), journal(3, 4)], over(2, 3, 4, 3)),
        (
            &[journal(1, 9), journal(2, 3), journal(10, 11)],
            over(2, 2, 3, 9),
        ),
        (&[journal(5, 4)], over(1, 5, 4, 0)),
        // The store fell back to row 6; its next row is above all that the audit names.
        (&[journal(1, 9), restored(7, 9), journal(10, 12)], None),
        // Rows 10 to 12 were posted and their leaves were lost with them.
        (&[journal(1, 9), restored(7, 12), journal(13, 13)], None),
        (&[journal(1, 9), restored(10, 9), journal(10, 10)], None),
        (
            &[journal(1, 9), restored(12, 15), journal(16, 16)],
            hole(2, 10, 11),
        ),
        (
            &[journal(1, 9), restored(7, 9), journal(8, 9)],
            over(3, 8, 9, 9),
        ),
        (
            &[journal(1, 9), restored(7, 12), journal(14, 14)],
            hole(3, 13, 13),
        ),
    ];
    for (acts, expected) in cases {
        let all = lines(acts);
        let place = folder(&all, &[all.len()]);
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(faults(place.path(), &[]), expected, "{acts:?}");
    }
}

#[test]
fn what_was_rewritten_and_signed_again_shows_by_what_left_the_machine() {
    let joined = vec![Act::Joined; 10];
    let before = lines(&joined);
    let mut after = before.clone();
    after[5] = line(5, Act::AddressSet);
    let place = folder(&after, &[2, 4, 6, 8, 10]);
    assert_eq!(
        faults(place.path(), &[]),
        [],
        "whoever has the key can sign anything"
    );
    let outside = [seal(&before, 3), seal(&before, 9)];
    let expected = (
        Place::Leaves { from: 3, to: 8 },
        Wrong::Rewritten { size: 9 },
    );
    assert_eq!(faults(place.path(), &outside), [expected]);
    // Two roots at one size, both signed.
    let both = [seal(&before, 8), seal(&after, 8)];
    let expected = (
        Place::Leaves { from: 0, to: 7 },
        Wrong::Rewritten { size: 8 },
    );
    assert_eq!(faults(place.path(), &both), [expected]);
}

#[test]
fn what_is_changed_lies_between_two_checkpoints() {
    let all = lines(&vec![Act::Joined; 10]);
    let place = folder(&all, &[2, 4, 6, 8, 10]);
    let mut changed = all.clone();
    changed[5] = line(5, Act::AddressSet);
    fs::write(place.path().join(FILE), changed.join("\n") + "\n").unwrap();
    let expected = (Place::Leaves { from: 4, to: 5 }, Wrong::Changed { size: 6 });
    assert_eq!(faults(place.path(), &[seal(&all, 9)]), [expected]);
    // The later checkpoints taken away, the one on paper still tells.
    fs::write(place.path().join(CHECKPOINTS), seal(&all, 4) + "---\n").unwrap();
    assert_eq!(faults(place.path(), &[]), []);
    let expected = (Place::Leaves { from: 4, to: 8 }, Wrong::Changed { size: 9 });
    assert_eq!(faults(place.path(), &[seal(&all, 9)]), [expected]);
}

#[test]
fn checkpoints_that_are_not_ours_are_named_by_their_number() {
    let all = lines(&[Act::Joined, Act::Joined]);
    let place = folder(&all, &[1]);
    let other = SigningKey::from_seed(&[8; 32], "jifen/01").unwrap();
    let file = place.path().join(CHECKPOINTS);
    let there = fs::read_to_string(&file).unwrap();
    let forged = other.sign(2, &root(&all));
    let torn = "jifen/01\n2\n";
    fs::write(&file, format!("{there}{forged}---\nnothing\n---\n{torn}")).unwrap();
    let numbered = |file: &str, number| Place::Checkpoint {
        file: file.to_owned(),
        number,
    };
    let found = report(place.path(), &[format!("{}x", seal(&all, 2))]);
    let places: Vec<_> = found
        .faults
        .into_iter()
        .map(|fault| (fault.place, fault.what))
        .collect();
    assert_eq!(
        places,
        [
            (numbered(CHECKPOINTS, 2), Wrong::Checkpoint(NotSigned)),
            (numbered(CHECKPOINTS, 3), Wrong::Checkpoint(NotANote)),
            (numbered("paper", 1), Wrong::Checkpoint(NotANote)),
        ]
    );
    assert_eq!((found.checkpoints, found.outside), (3, 1));
    assert_eq!(found.remarks[0].place, numbered(CHECKPOINTS, 4));
    assert_eq!(found.remarks[0].what, Worth::Torn);
}

#[test]
fn the_key_of_the_folder_is_only_believed_where_none_is_given() {
    let all = lines(&[Act::Joined]);
    let other = SigningKey::from_seed(&[8; 32], "jifen/01").unwrap();
    // All of it made anew by somebody with a key of their own.
    let place = tempfile::tempdir().unwrap();
    let mut copy = AuditCopy::open(place.path()).unwrap();
    copy.append(&all).unwrap();
    copy.add_checkpoint(&other.sign(1, &root(&all))).unwrap();
    copy.set_key(other.verifier()).unwrap();
    assert!(check(place.path(), None, &[]).unwrap().is_clean());
    let found = faults(place.path(), &[]);
    assert_eq!(found[0], (Place::Folder, Wrong::OtherKey));
    assert_eq!(found.len(), 2, "{found:?}");

    fs::write(place.path().join("key.txt"), "no key").unwrap();
    let words = |report: Report| {
        report
            .faults
            .iter()
            .map(|it| it.what.code())
            .collect::<Vec<_>>()
    };
    let found = check(place.path(), None, &[]).unwrap();
    assert_eq!(words(found), ["checkpoint_damaged", "no_key"]);
    fs::remove_file(place.path().join("key.txt")).unwrap();
    assert_eq!(words(check(place.path(), None, &[]).unwrap()), ["no_key"]);
}

#[test]
fn lines_are_named_and_what_may_happen_is_no_fault() {
    let all = lines(&vec![Act::Joined; 4]);
    let place = folder(&all, &[4]);
    let file = place.path().join(FILE);
    let text = fs::read_to_string(&file).unwrap();
    // A line that is being written now.
    fs::write(&file, format!("{text}{{\"seq\":4")).unwrap();
    let found = report(place.path(), &[seal(&all, 4)]);
    assert!(found.is_clean() && found.leaves == 4);
    assert_eq!(
        (&found.remarks[0].place, &found.remarks[0].what),
        (&at(5), &Worth::Torn)
    );
    // A clock that was set back.
    let earlier = all[2].replace("04:00:00.000Z", "03:59:59.999Z");
    let told = [all[0].clone(), all[1].clone(), earlier, all[3].clone()];
    let back = folder(&told, &[4]);
    let found = report(back.path(), &[seal(&told, 4)]);
    assert!(found.is_clean());
    assert_eq!(found.remarks[0].place, at(3));
    assert_eq!(found.remarks[0].what.code(), "time_went_back");
    // Bytes that are no text, and a line with a space in it: the line is named, and what was signed with it.
    for wrong in [&b"\xff\xfe\n"[..], b"{ }\n", b"\n"] {
        let mut bytes = text.clone().into_bytes();
        let second = all[0].len() + 1..all[0].len() + all[1].len() + 2;
        bytes.splice(second, wrong.iter().copied());
        fs::write(&file, bytes).unwrap();
        let found = faults(place.path(), &[]);
        assert_eq!(found[0].0, at(2));
        assert_eq!(found[0].1.code(), "leaf_damaged");
        let changed = (Place::Leaves { from: 0, to: 3 }, Wrong::Changed { size: 4 });
        assert_eq!(found[1..], [changed]);
    }
}

#[test]
fn a_missing_and_a_misnamed_file_are_told() {
    let place = tempfile::tempdir().unwrap();
    let found = check(place.path(), None, &[]);
    assert!(matches!(found, Err(CopyError::Missing(_))));
    let found = check(&place.path().join("nowhere"), None, &[]);
    assert!(matches!(found, Err(CopyError::Missing(_))));
    let all = lines(&[Act::Joined]);
    let paper = (
        Place::Checkpoint {
            file: "paper".to_owned(),
            number: 1,
        },
        Wrong::Truncated { size: 1, leaves: 0 },
    );
    assert_eq!(faults(place.path(), &[seal(&all, 1)]), [paper]);

    let place = folder(&all, &[]);
    let renamed = "leaves-000000065536.jsonl";
    fs::rename(place.path().join(FILE), place.path().join(renamed)).unwrap();
    let at = Place::Line {
        file: renamed.to_owned(),
        line: 1,
    };
    assert_eq!(faults(place.path(), &[]), [(at, Wrong::Misnamed)]);

    fs::write(place.path().join(renamed), line(65_536, Act::Joined) + "\n").unwrap();
    let at = Place::Line {
        file: renamed.to_owned(),
        line: 1,
    };
    let expected = (
        at,
        Wrong::Missing {
            from: 0,
            to: 65_535,
        },
    );
    assert_eq!(faults(place.path(), &[]), [expected]);
}

#[test]
fn every_finding_has_a_code_and_both_languages() {
    use super::super::leaf::LeafError;
    let time = crate::domain::time::Moment::EPOCH;
    let all = [
        Wrong::Leaf(LeafError::NotCanonical),
        Wrong::Missing { from: 1, to: 2 },
        Wrong::OutOfPlace {
            found: 1,
            expected: 2,
        },
        Wrong::Misnamed,
        Wrong::Truncated { size: 2, leaves: 1 },
        Wrong::Changed { size: 2 },
        Wrong::Rewritten { size: 2 },
        Wrong::Checkpoint(NotSigned),
        Wrong::Epoch {
            bucket: 1,
            epoch: 2,
            before: 2,
        },
        Wrong::JournalHole { from: 1, to: 2 },
        Wrong::JournalOverlap {
            from: 1,
            to: 2,
            before: 3,
        },
        Wrong::OtherKey,
        Wrong::NoKey,
    ];
    let worth = [
        Worth::TimeWentBack { time, before: time },
        Worth::Torn,
        Worth::NotSealed,
        Worth::OwnKey,
        Worth::NoneFromElsewhere,
        Worth::OwnReceiptKey,
    ];
    let said = all.iter().map(|it| (it.code(), it.zh(), it.en()));
    let said: Vec<_> = said
        .chain(worth.iter().map(|it| (it.code(), it.zh(), it.en())))
        .collect();
    let mut codes: Vec<_> = said.iter().map(|(code, ..)| *code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), said.len());
    for (code, zh, en) in said {
        assert!(!zh.is_ascii() && en.is_ascii(), "{code}: {zh} {en}");
    }
}
