//! Notes against the example of Go's `sumdb/note` package, whose key and signature are published, and notes that were
//! tampered with.

use super::*;

/// The seed in `PRIVATE+KEY+PeterNeumann+c74f20a3+…`, the key that the package's own tests sign with.
const SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNED: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn published() -> SigningKey {
    let seed = BASE64.decode(SEED.as_bytes()).unwrap();
    SigningKey::from_seed(seed[1..].try_into().unwrap(), "PeterNeumann").unwrap()
}

fn ours() -> SigningKey {
    SigningKey::from_seed(&[7; 32], "jifen/0123456789abcdef").unwrap()
}

#[test]
fn the_published_note_is_made_and_opened_as_published() {
    let key = published();
    assert_eq!(key.verifier().to_string(), VERIFIER);
    let note = key.signed(TEXT);
    assert_eq!(note, format!("{TEXT}\n{SIGNED}"));
    let verifier = VerifierKey::parse(VERIFIER).unwrap();
    assert_eq!(&verifier, key.verifier());
    assert_eq!(verifier.open_text(&note), Ok(TEXT));
    // It is signed, but it is no checkpoint.
    assert!(verifier.open(&note).is_err());
}

#[test]
fn a_checkpoint_says_what_was_signed() {
    let key = ours();
    for (size, root) in [(0, [0; 32]), (1, [0xff; 32]), (u64::MAX, [9; 32])] {
        let note = key.sign(size, &root);
        let found = key.verifier().open(&note).unwrap();
        let origin = "jifen/0123456789abcdef".to_owned();
        assert_eq!(found, Checkpoint { origin, size, root });
    }
    let note = key.sign(3, &[0; 32]);
    assert!(
        note.starts_with("jifen/0123456789abcdef\n3\nAAAA") && note.ends_with("=\n"),
        "{note}"
    );
    assert_eq!(note.lines().nth(3), Some(""));
}

#[test]
fn no_single_bit_of_a_note_can_be_changed() {
    let key = ours();
    let note = key.sign(4_711, &[3; 32]);
    let mut opened = 0;
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                opened += 1;
                assert!(key.verifier().open(&changed).is_err(), "{changed}");
            }
        }
    }
    assert!(500 < opened, "{opened}");
}

#[test]
fn other_signatures_are_passed_over_but_do_not_stand_for_ours() {
    let key = ours();
    let note = key.sign(5, &[1; 32]);
    let witnessed = format!("{note}{SIGNED}");
    assert!(key.verifier().open(&witnessed).is_ok());
    let (text, _) = note.split_once("\n\n").unwrap();
    let only_theirs = format!("{text}\n\n{SIGNED}");
    assert_eq!(
        key.verifier().open(&only_theirs),
        Err(CheckpointError::NotSigned)
    );
    // A second line of ours that is wrong is not made good by the first.
    let line = note.lines().last().unwrap();
    let wrong = ours().sign(6, &[1; 32]);
    let both = format!("{text}\n\n{line}\n{}\n", wrong.lines().last().unwrap());
    assert_eq!(
        key.verifier().open(&both),
        Err(CheckpointError::WrongSignature)
    );
}

#[test]
fn what_is_signed_and_is_not_our_checkpoint_is_refused() {
    let key = ours();
    let root = BASE64.encode(&[0; 32]);
    let name = "jifen/0123456789abcdef";
    for text in [
        format!("{name}\n05\n{root}\n"),
        format!("{name}\n+5\n{root}\n"),
        format!("{name}\n-5\n{root}\n"),
        format!("{name}\n5\n{}\n", BASE64.encode(&[0; 31])),
        format!("{name}\n5\n"),
        "\n".to_owned(),
    ] {
        let found = key.verifier().open(&key.signed(&text));
        assert_eq!(found, Err(CheckpointError::NotACheckpoint), "{text}");
    }
    let other = key
        .verifier()
        .open(&key.signed(&format!("jifen/ff\n5\n{root}\n")));
    assert_eq!(other, Err(CheckpointError::OtherLog("jifen/ff".to_owned())));
    // Lines under the root are for others.
    let more = key.signed(&format!("{name}\n5\n{root}\nmore\n"));
    assert_eq!(key.verifier().open(&more).unwrap().size, 5);
    for note in [
        "",
        "\n\n",
        "a\n\nb\n",
        "a\n\n— b c\n",
        "a\n\n— b AAAA",
        "a\r\n\r\n",
    ] {
        assert_eq!(
            key.verifier().open(note),
            Err(CheckpointError::NotANote),
            "{note:?}"
        );
    }
    assert_eq!(
        key.verifier().open(&"a\n".repeat(NOTE_MAX)),
        Err(CheckpointError::NotANote)
    );
}

#[test]
fn a_verifier_key_is_read_back_and_nothing_like_it() {
    let key = ours();
    let text = key.verifier().to_string();
    assert_eq!(text.parse().as_ref(), Ok(key.verifier()));
    assert_eq!(
        VerifierKey::parse(&format!("{text}\n")).as_ref(),
        Ok(key.verifier())
    );
    for wrong in [
        String::new(),
        "a+b".to_owned(),
        text.replacen("jifen", "jofen", 1),
        text.replacen("+A", "+B", 1),
        text.to_uppercase(),
        format!("{text} "),
        VERIFIER.replacen("c74f20a3", "c74f20a4", 1),
        VERIFIER.replacen("ARpc", "Ahpc", 1),
    ] {
        assert_eq!(
            VerifierKey::parse(&wrong),
            Err(CheckpointError::BadKey),
            "{wrong}"
        );
    }
    for origin in ["", "a b", "a+b", "a\nb", "a\u{3000}b", &"a".repeat(257)] {
        let made = SigningKey::from_seed(&[7; 32], origin);
        assert_eq!(made.unwrap_err(), CheckpointError::BadOrigin, "{origin:?}");
    }
    assert!(!format!("{key:?}").contains("7, 7"));
}

#[test]
fn every_refusal_has_a_code_and_both_languages() {
    let all = [
        CheckpointError::BadOrigin,
        CheckpointError::BadKey,
        CheckpointError::NotANote,
        CheckpointError::NotSigned,
        CheckpointError::WrongSignature,
        CheckpointError::NotACheckpoint,
        CheckpointError::OtherLog("jifen/ff".to_owned()),
    ];
    let mut codes: Vec<_> = all.iter().map(CheckpointError::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
    for error in all {
        assert!(!error.zh().is_ascii() && error.en().is_ascii(), "{error:?}");
    }
}
