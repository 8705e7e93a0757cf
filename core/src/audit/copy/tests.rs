//! The copy on a real folder: what is written is read, what was torn is cut, what was damaged is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::checkpoint::SigningKey;
use super::*;

fn lines(from: u64, to: u64) -> Vec<String> {
    (from..to)
        .map(|seq| format!("{{\"seq\":{seq},\"x\":1}}"))
        .collect()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32], "jifen/01").unwrap()
}

fn all(copy: &AuditCopy, from: u64) -> Vec<String> {
    copy.lines(from).unwrap().map(Result::unwrap).collect()
}

fn notes(folder: &Path) -> Vec<Note> {
    let notes = CopyFolder::new(folder).notes().unwrap();
    notes.map(Result::unwrap).collect()
}

#[test]
fn leaves_go_on_where_they_ended_and_over_the_end_of_a_segment() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("deep/audit");
    let mut copy = AuditCopy::open(&folder).unwrap();
    assert!(copy.is_empty() && !copy.was_cut());
    copy.append(&[]).unwrap();
    copy.append(&lines(0, 65_530)).unwrap();
    drop(copy);
    let mut copy = AuditCopy::open(&folder).unwrap();
    assert_eq!(copy.len(), 65_530);
    copy.append(&lines(65_530, 131_075)).unwrap();
    assert_eq!(copy.len(), 131_075);
    drop(copy);
    // One that ends with its segment.
    for upto in [196_607, 196_608, 196_609] {
        let mut copy = AuditCopy::open(&folder).unwrap();
        copy.append(&lines(copy.len(), upto)).unwrap();
        assert_eq!(copy.len(), upto);
        drop(copy);
        assert_eq!(AuditCopy::open(&folder).unwrap().len(), upto);
    }
    let copy = AuditCopy::open(&folder).unwrap();
    assert_eq!(all(&copy, 0), lines(0, 196_609));
    for from in [1, 65_535, 65_536, 65_537, 196_608, 196_609, 500_000] {
        assert_eq!(all(&copy, from), lines(from, 196_609), "{from}");
    }
    let names: Vec<_> = CopyFolder::new(&folder)
        .segments()
        .unwrap()
        .into_iter()
        .map(|segment| segment.name)
        .collect();
    let expected = [
        "000000000000",
        "000000065536",
        "000000131072",
        "000000196608",
    ];
    assert_eq!(names, expected.map(|first| format!("leaves-{first}.jsonl")));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    // Of the bits that were asked for, the process may have been told to leave some away.
    assert_eq!(mode(&folder) & !0o750, 0);
    assert_eq!(mode(&folder.join(&names[0])) & !0o640, 0);
    assert_eq!(mode(&folder.join(CHECKPOINTS)) & !0o640, 0);
}

#[test]
fn whatever_was_torn_at_the_end_is_cut_off() {
    let place = tempfile::tempdir().unwrap();
    let segment = place.path().join(segment_name(0));
    let whole = lines(0, 3).join("\n") + "\n";
    for torn in [
        "{\"seq\":3",
        "\0\0\0\0",
        "\0\n{\"seq\":3}\n",
        "{\"se\0\0\0\n",
    ] {
        fs::write(&segment, format!("{whole}{torn}")).unwrap();
        let mut copy = AuditCopy::open(place.path()).unwrap();
        assert!(copy.was_cut(), "{torn:?}");
        assert_eq!(copy.len(), 3, "{torn:?}");
        assert_eq!(fs::read_to_string(&segment).unwrap(), whole);
        copy.append(&lines(3, 4)).unwrap();
        assert_eq!(all(&copy, 2), lines(2, 4));
    }
    let (one, two) = (key().sign(1, &[1; 32]), key().sign(2, &[2; 32]));
    let mut copy = AuditCopy::open(place.path()).unwrap();
    copy.add_checkpoint(&one).unwrap();
    drop(copy);
    let file = place.path().join(CHECKPOINTS);
    let whole = fs::read_to_string(&file).unwrap();
    for torn in ["jifen/01\n2", &two, "\0\0\0\0", "---"] {
        fs::write(&file, format!("{whole}{torn}")).unwrap();
        let found = notes(place.path());
        assert_eq!(found.len(), 2);
        assert!(found[0].is_whole && !found[1].is_whole);
        let copy = AuditCopy::open(place.path()).unwrap();
        assert!(copy.was_cut(), "{torn:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), whole, "{torn:?}");
    }
    let mut copy = AuditCopy::open(place.path()).unwrap();
    assert!(!copy.was_cut());
    copy.add_checkpoint(&two).unwrap();
    let texts: Vec<_> = notes(place.path())
        .into_iter()
        .map(|note| note.text)
        .collect();
    assert_eq!(texts, [one.clone(), two.clone()]);
    let read = Notes::of_text("x", &fs::read_to_string(&file).unwrap());
    assert_eq!(read.len(), 2);
    assert_eq!((read[1].number, &read[1].text), (2, &two));
    // One note alone, as it is printed on a report.
    assert_eq!(Notes::of_text("x", &one)[0].text, one);
}

#[test]
fn a_failed_attempt_leaves_nothing_between_two_leaves() {
    let place = tempfile::tempdir().unwrap();
    let mut copy = AuditCopy::open(place.path()).unwrap();
    copy.append(&lines(0, 2)).unwrap();
    // As if the disk had taken a part and then refused.
    let segment = place.path().join(segment_name(0));
    let there = fs::read_to_string(&segment).unwrap();
    fs::write(
        &segment,
        format!("{there}{{\"seq\":2,\"a long line that was not finished"),
    )
    .unwrap();
    copy.append(&lines(2, 3)).unwrap();
    assert_eq!(all(&copy, 0), lines(0, 3));
    fs::write(&segment, "").unwrap();
    assert!(matches!(
        copy.append(&lines(3, 4)),
        Err(CopyError::Damaged(_))
    ));
}

#[test]
fn what_does_not_belong_there_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let mut copy = AuditCopy::open(place.path()).unwrap();
    copy.append(&lines(0, 1)).unwrap();
    for (wrong, expected) in [
        (lines(0, 1), 1),
        (lines(2, 3), 1),
        (vec!["{\"seq\":1,\n}".to_owned()], 1),
        (vec![String::new()], 1),
        ([lines(1, 3), lines(2, 3)].concat(), 3),
        (vec![format!("{{\"seq\":1,{}}}", " ".repeat(LINE_LONG))], 1),
    ] {
        assert_eq!(copy.append(&wrong), Err(CopyError::NotNext(expected)));
    }
    assert_eq!(all(&copy, 0), lines(0, 1));
    let note = key().sign(1, &[1; 32]);
    for wrong in [
        "",
        "a\n",
        note.trim_end(),
        &format!("---\n{note}"),
        &format!("{note}---\n"),
    ] {
        assert_eq!(
            copy.add_checkpoint(wrong),
            Err(CopyError::NotANote),
            "{wrong}"
        );
    }
    let second = AuditCopy::open(place.path());
    assert!(matches!(second, Err(CopyError::InUse(_))));
    drop(copy);
    fs::write(place.path().join(segment_name(131_072)), "").unwrap();
    let gone = AuditCopy::open(place.path());
    assert!(matches!(gone, Err(CopyError::Damaged(path)) if path.contains("131072")));
}

const LINE_LONG: usize = super::super::leaf::LINE_MAX;

#[test]
fn the_key_is_put_there_once() {
    let place = tempfile::tempdir().unwrap();
    let mut copy = AuditCopy::open(place.path()).unwrap();
    assert_eq!(CopyFolder::new(place.path()).key(), Ok(None));
    copy.set_key(key().verifier()).unwrap();
    copy.set_key(key().verifier()).unwrap();
    let there = CopyFolder::new(place.path()).key().unwrap().unwrap();
    assert_eq!(there, format!("{}\n", key().verifier()));
    let other = SigningKey::from_seed(&[8; 32], "jifen/01").unwrap();
    assert!(matches!(
        copy.set_key(other.verifier()),
        Err(CopyError::OtherKey(_))
    ));
    assert_eq!(CopyFolder::new(place.path()).key(), Ok(Some(there)));
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let place = tempfile::tempdir().unwrap();
    let long = "x".repeat(LINE_LONG * 3);
    fs::write(
        place.path().join(segment_name(0)),
        format!("{long}\na\n{long}"),
    )
    .unwrap();
    let segment = &CopyFolder::new(place.path()).segments().unwrap()[0];
    let found: Vec<_> = segment.lines().unwrap().map(Result::unwrap).collect();
    let shapes: Vec<_> = found
        .iter()
        .map(|line| (line.bytes.len(), line.is_whole))
        .collect();
    assert_eq!(
        shapes,
        [(LINE_LONG + 2, true), (1, true), (LINE_LONG + 2, false)]
    );
}

#[test]
fn every_refusal_has_a_code_and_both_languages() {
    let place = || "audit/key.txt".to_owned();
    let all = [
        CopyError::Io(place()),
        CopyError::Missing(place()),
        CopyError::InUse(place()),
        CopyError::Damaged(place()),
        CopyError::NotNext(5),
        CopyError::NotANote,
        CopyError::OtherKey(place()),
    ];
    let mut codes: Vec<_> = all.iter().map(CopyError::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
    for error in &all {
        assert!(!error.zh().is_ascii() && error.en().is_ascii(), "{error:?}");
    }
}
