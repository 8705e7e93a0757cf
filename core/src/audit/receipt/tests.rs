//! A receipt holds as it was given, and no field of it can be changed that it proves.

use serde_json::{Value, json};

use super::super::checkpoint::SigningKey;
use super::super::tree::{self, Edge, Nodes, NodesMut};
use super::*;

#[derive(Default)]
struct Kept(std::collections::HashMap<(u8, u64), Hash>);

impl Nodes for Kept {
    type Error = core::convert::Infallible;

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

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32], "jifen/01").unwrap()
}

fn leaf(seq: u64, act: Act) -> Leaf {
    Leaf {
        seq,
        time: "2017-03-01T12:00:00+08:00".parse().unwrap(),
        actor: text("member"),
        role: text("member"),
        device: text("kiosk-1"),
        act,
        subject: None,
        fields: Vec::new(),
        purpose: None,
        basis: None,
        ticket: None,
        result: text("done"),
        commitment: None,
    }
}

/// The receipt for leaf 5 of 11.
fn given(act: &Act) -> DeletionReceipt {
    let leaves: Vec<Leaf> = (0..11)
        .map(|seq| leaf(seq, if seq == 5 { act.clone() } else { Act::Joined }))
        .collect();
    let (mut kept, mut edge) = (Kept::default(), Edge::default());
    for leaf in &leaves {
        let hash = leaf.hash().unwrap();
        tree::append(&mut kept, leaf.seq, hash).unwrap();
        edge.push(hash);
    }
    let proof = tree::inclusion(&kept, 5, 11).unwrap();
    DeletionReceipt {
        version: RECEIPT_VERSION,
        time: leaves[5].time,
        groups: vec![text("core"), text("history")],
        points_forfeited: Points::new(1_250).unwrap(),
        debt_released: Points::ZERO,
        bucket: 3,
        epoch: 9,
        leaf: leaves[5].line().unwrap(),
        index: 5,
        size: 11,
        proof: proof.into_iter().map(Hex32::from_bytes).collect(),
        checkpoint: key().sign(11, &edge.root()),
        key: key().verifier().to_string(),
        escrow: vec![
            Escrow {
                destination: text("usb"),
                state: EscrowState::Owed,
                copied_at: Some(Moment::from_millis(1_488_000_000_001)),
            },
            Escrow {
                destination: text("safe"),
                state: EscrowState::Replaced,
                copied_at: None,
            },
        ],
        recipients: vec![text("printer")],
        level: Level::File,
        how_to_check: HowToCheck::default(),
    }
}

fn erased() -> Act {
    Act::Erased {
        bucket: 3,
        epoch: 9,
        groups: vec![text("core"), text("history")],
    }
}

#[test]
fn a_receipt_is_read_back_and_proves_its_leaf() {
    let receipt = given(&erased());
    let json = receipt.to_json().unwrap();
    assert_eq!(DeletionReceipt::parse(&json).as_ref(), Ok(&receipt));
    for key in [Some(key().verifier()), None] {
        let (read, leaf) = check_receipt(&json, key).unwrap();
        assert_eq!(read, receipt);
        assert_eq!(leaf.act, erased());
    }
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["time"], "2017-03-01T04:00:00.000Z");
    assert_eq!(value["level"], "file");
    assert_eq!(
        value["escrow"][0],
        json!({"destination": "usb", "state": "owed", "copied_at": "2017-02-25T05:20:00.001Z"})
    );
    assert_eq!(
        value["escrow"][1],
        json!({"destination": "safe", "state": "replaced"})
    );
}

#[test]
fn no_field_that_is_proved_can_be_changed() {
    let value: Value = serde_json::from_str(&given(&erased()).to_json().unwrap()).unwrap();
    let leaf = value["leaf"].as_str().unwrap();
    let proof = value["proof"].as_array().unwrap().clone();
    let table = [
        ("version", json!(2), "receipt_version"),
        ("time", json!("2017-03-01T04:00:00.001Z"), "receipt_differs"),
        ("groups", json!(["core"]), "receipt_differs"),
        ("bucket", json!(4), "receipt_differs"),
        ("epoch", json!(10), "receipt_differs"),
        ("index", json!(4), "receipt_differs"),
        ("size", json!(10), "receipt_differs"),
        (
            "leaf",
            json!(leaf.replace("kiosk-1", "kiosk-2")),
            "receipt_not_included",
        ),
        ("leaf", json!(leaf.replace(':', ": ")), "receipt_leaf"),
        ("proof", json!(proof[1..]), "receipt_not_included"),
        (
            "proof",
            json!([&proof[..], &proof[..1]].concat()),
            "receipt_not_included",
        ),
        ("proof", json!(["ab"]), "receipt_unreadable"),
        (
            "checkpoint",
            json!(key().sign(11, &[0; 32])),
            "receipt_not_included",
        ),
        ("checkpoint", json!("nothing"), "receipt_checkpoint"),
        ("key", json!("jifen/01+00000000+AAAA"), "receipt_other_key"),
        ("points_forfeited", json!(-1), "receipt_unreadable"),
        ("level", json!("diamond"), "receipt_unreadable"),
        ("more", json!(1), "receipt_unreadable"),
    ];
    for (field, wrong, code) in table {
        let mut changed = value.clone();
        changed[field] = wrong;
        let found = check_receipt(&changed.to_string(), Some(key().verifier()));
        assert_eq!(
            found.map(|_| "right").map_err(|fault| fault.code()),
            Err(code),
            "{field}"
        );
    }
    for field in value.as_object().unwrap().keys() {
        let mut less = value.clone();
        less.as_object_mut().unwrap().remove(field);
        let found = check_receipt(&less.to_string(), Some(key().verifier()));
        assert!(
            matches!(found, Err(ReceiptFault::Unreadable(_))),
            "{field}: {found:?}"
        );
    }
}

#[test]
fn a_receipt_of_another_act_or_another_shop_proves_nothing() {
    let joined = given(&Act::Joined);
    assert_eq!(
        joined.check(key().verifier()),
        Err(ReceiptFault::NotAnErasure)
    );
    let other = SigningKey::from_seed(&[8; 32], "jifen/01").unwrap();
    let receipt = given(&erased());
    assert_eq!(receipt.check(other.verifier()), Err(ReceiptFault::OtherKey));
    // Somebody who signs for themselves is believed by those alone who ask for no key.
    let forged = DeletionReceipt {
        key: other.verifier().to_string(),
        checkpoint: other.sign(11, &[1; 32]),
        ..receipt
    };
    let json = forged.to_json().unwrap();
    assert_eq!(
        check_receipt(&json, Some(key().verifier())),
        Err(ReceiptFault::OtherKey)
    );
    assert!(matches!(
        check_receipt(&json, None),
        Err(ReceiptFault::NotIncluded(_))
    ));
}

#[test]
fn every_fault_has_a_code_and_both_languages() {
    let all = [
        ReceiptFault::Unreadable("x".to_owned()),
        ReceiptFault::OtherVersion(2),
        ReceiptFault::Leaf(LeafError::NotCanonical),
        ReceiptFault::NotAnErasure,
        ReceiptFault::Differs("epoch"),
        ReceiptFault::OtherKey,
        ReceiptFault::Checkpoint(CheckpointError::NotSigned),
        ReceiptFault::NotIncluded("ab".to_owned()),
    ];
    let mut codes: Vec<_> = all.iter().map(ReceiptFault::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
    for fault in all {
        assert!(!fault.zh().is_ascii() && fault.en().is_ascii(), "{fault:?}");
    }
}
