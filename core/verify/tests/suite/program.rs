//! The program as it is called: its words, its exit codes, and that it changes nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jifen::audit::receipt::{DeletionReceipt, HowToCheck, Level, RECEIPT_VERSION};
use jifen::audit::tree::{Edge, Hash, Nodes, NodesMut, append, inclusion};
use jifen::audit::{Act, Hex32};
use jifen::domain::points::Points;

use crate::shop::{LEAVES, Shop, key, leaf, text};

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_jifen-verify"))
        .current_dir(folder)
        .args(arguments)
        .env("LC_ALL", "C")
        .env_remove("JIFEN_LANG")
        .output()
        .unwrap();
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8(said).unwrap())
}

/// A folder with `audit`, `key.txt` and `paper.txt` in it.
fn placed() -> (Shop, tempfile::TempDir) {
    let shop = Shop::new(30, 10);
    let place = tempfile::tempdir().unwrap();
    shop.write(&place.path().join("audit"));
    fs::write(
        place.path().join("key.txt"),
        format!("{}\n", key().verifier()),
    )
    .unwrap();
    fs::write(place.path().join("paper.txt"), shop.paper()).unwrap();
    (shop, place)
}

#[test]
fn a_right_audit_ends_with_0_and_is_not_touched() {
    let (_, place) = placed();
    let leaves = place.path().join("audit").join(LEAVES);
    let mut text = fs::read_to_string(&leaves).unwrap();
    // A line that is being written: a checker that mends would race with the server.
    text.push_str("{\"seq\":30,");
    fs::write(&leaves, &text).unwrap();
    let all = ["audit", "--key", "key.txt", "--checkpoint", "paper.txt"];
    let (code, said) = run(place.path(), &all);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("30 leaves, 3 checkpoints, 1 checkpoints from elsewhere"),
        "{said}"
    );
    assert!(
        said.contains("note [torn] leaves-000000000000.jsonl line 31"),
        "{said}"
    );
    assert!(said.ends_with("nothing is wrong\n"), "{said}");
    let (code, said) = run(place.path(), &[&all[..], &["--lang", "zh"]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("审计记录 30 条") && said.ends_with("未发现问题\n"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&leaves).unwrap(), text);
    // With nothing from elsewhere it says what that leaves open.
    let (code, said) = run(place.path(), &["audit"]);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("[own_key]") && said.contains("[none_from_elsewhere]"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_said_in_both_languages_with_3() {
    let (shop, place) = placed();
    let leaves = place.path().join("audit").join(LEAVES);
    let mut lines = shop.lines.clone();
    lines[14] = lines[14].replace("done", "gone");
    lines.truncate(25);
    fs::write(&leaves, lines.join("\n") + "\n").unwrap();
    let (code, said) = run(place.path(), &["audit", "--key", "key.txt"]);
    assert_eq!(code, Some(3), "{said}");
    for expected in [
        "25 leaves",
        "FAULT [changed] leaves 10 to 19",
        "FAULT [truncated] checkpoints.txt checkpoint 3",
        "faults: 2",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let (code, said) = run(place.path(), &["--lang=zh", "audit", "--key", "key.txt"]);
    assert_eq!(code, Some(3), "{said}");
    for expected in ["问题 [changed] 第 10 至 19 条记录之间", "发现问题 2 个"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn what_cannot_be_read_is_1_and_a_wrong_call_is_2() {
    let (_, place) = placed();
    fs::create_dir(place.path().join("empty")).unwrap();
    fs::write(place.path().join("nothing.txt"), "\n").unwrap();
    for arguments in [
        &["nowhere"][..],
        &["empty"],
        &["audit", "--key", "nowhere.txt"],
        &["audit", "--key", "paper.txt"],
        &["audit", "--checkpoint", "nowhere.txt"],
        &["audit", "--checkpoint", "nothing.txt"],
        &["receipt", "nowhere.json"],
    ] {
        let (code, said) = run(place.path(), arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        assert!(!said.is_empty());
    }
    for arguments in [
        &[][..],
        &["receipt"],
        &["audit", "--what"],
        &["audit", "--lang", "fr"],
    ] {
        let (code, said) = run(place.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
    }
    let (code, said) = run(place.path(), &["--help", "--lang", "zh"]);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("审计目录") && said.contains("退出码"),
        "{said}"
    );
}

#[derive(Default)]
struct Kept(std::collections::HashMap<(u8, u64), Hash>);

impl Nodes for Kept {
    type Error = std::convert::Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Self::Error> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

impl NodesMut for Kept {
    fn put(&mut self, level: u8, index: u64, hash: Hash) -> Result<(), Self::Error> {
        self.0.insert((level, index), hash);
        Ok(())
    }
}

/// The receipt for an erasure that is the third leaf of five.
fn receipt() -> DeletionReceipt {
    let groups = vec![text("core"), text("history")];
    let erased = Act::Erased {
        bucket: 7,
        epoch: 4,
        groups: groups.clone(),
    };
    let (mut kept, mut edge) = (Kept::default(), Edge::default());
    let leaves: Vec<_> = (0..5)
        .map(|seq| {
            leaf(
                seq,
                if seq == 2 {
                    erased.clone()
                } else {
                    Act::Joined
                },
            )
        })
        .collect();
    for leaf in &leaves {
        append(&mut kept, leaf.seq, leaf.hash().unwrap()).unwrap();
        edge.push(leaf.hash().unwrap());
    }
    let proof = inclusion(&kept, 2, 5).unwrap();
    DeletionReceipt {
        version: RECEIPT_VERSION,
        time: leaves[2].time,
        groups,
        points_forfeited: Points::new(1_250).unwrap(),
        debt_released: Points::ZERO,
        bucket: 7,
        epoch: 4,
        leaf: leaves[2].line().unwrap(),
        index: 2,
        size: 5,
        proof: proof.into_iter().map(Hex32::from_bytes).collect(),
        checkpoint: key().sign(5, &edge.root()),
        key: key().verifier().to_string(),
        escrow: Vec::new(),
        recipients: vec![text("printer")],
        level: Level::File,
        how_to_check: HowToCheck::default(),
    }
}

#[test]
fn a_receipt_holds_until_a_word_of_it_is_changed() {
    let (_, place) = placed();
    let file = place.path().join("receipt.json");
    let json = receipt().to_json().unwrap();
    fs::write(&file, &json).unwrap();
    let call = ["receipt", "receipt.json", "--key", "key.txt"];
    let (code, said) = run(place.path(), &call);
    assert_eq!(code, Some(0), "{said}");
    for expected in [
        "core, history",
        "bucket 7, epoch 4",
        "1250 points",
        "printer",
        "receipt holds",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let (code, said) = run(place.path(), &["receipt", "receipt.json", "--lang", "zh"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("回执属实") && said.contains("[own_receipt_key]"),
        "{said}"
    );
    fs::write(&file, json.replace("\"epoch\": 4", "\"epoch\": 5")).unwrap();
    let (code, said) = run(place.path(), &call);
    assert_eq!(code, Some(3));
    assert!(said.starts_with("FAULT [receipt_differs]"), "{said}");
}
