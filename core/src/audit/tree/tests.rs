//! The tree against the published vectors of Certificate Transparency, and against RFC 6962 §2.1 written down as it stands.

use std::collections::HashMap;
use std::convert::Infallible;

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;

/// Nodes in memory; a node put twice with another hash is a fault of ours.
#[derive(Default)]
struct Kept(HashMap<(u8, u64), Hash>);

impl Nodes for Kept {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Infallible> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

impl NodesMut for Kept {
    fn put(&mut self, level: u8, index: u64, hash: Hash) -> Result<(), Infallible> {
        assert_eq!(self.0.insert((level, index), hash), None);
        Ok(())
    }
}

fn grown(leaves: &[Vec<u8>]) -> Kept {
    let mut kept = Kept::default();
    for (size, leaf) in (0..).zip(leaves) {
        append(&mut kept, size, leaf_hash(leaf)).unwrap();
    }
    kept
}

fn hash(hex: &str) -> Hash {
    HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|hex| hash(hex)).collect()
}

/// The leaves that every implementation of Certificate Transparency is tested with.
fn classic() -> Vec<Vec<u8>> {
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .map(|hex| HEXLOWER.decode(hex.as_bytes()).unwrap())
    .to_vec()
}

const CLASSIC_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_classic_leaves_have_the_published_roots() {
    let kept = grown(&classic());
    let mut edge = Edge::default();
    for (size, expected) in (0..).zip(CLASSIC_ROOTS) {
        assert_eq!(root(&kept, size), Ok(hash(expected)), "{size}");
        assert_eq!(edge.root(), hash(expected), "{size}");
        if let Some(leaf) = classic().get(usize::try_from(size).unwrap()) {
            edge.push(leaf_hash(leaf));
        }
    }
    let absent = TreeError::Missing { level: 0, index: 8 };
    assert_eq!(root(&kept, 9), Err(absent));
}

#[test]
fn the_classic_proofs_are_the_published_ones() {
    let kept = grown(&classic());
    let inclusions: [(u64, u64, &[&str]); 3] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ];
    for (index, size, proof) in inclusions {
        assert_eq!(inclusion(&kept, index, size), Ok(hashes(proof)));
    }
    let consistencies: [(u64, u64, &[&str]); 5] = [
        (1, 1, &[]),
        (0, 8, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (old, new, proof) in consistencies {
        assert_eq!(consistency(&kept, old, new), Ok(hashes(proof)));
    }
}

/// MTH, PATH and SUBPROOF as RFC 6962 §2.1 defines them.
mod naive {
    use super::{Hash, empty_root, leaf_hash, node_hash};

    fn split(count: usize) -> usize {
        let mut k = 1_usize;
        while k.saturating_mul(2) < count {
            k = k.saturating_mul(2);
        }
        k
    }

    pub(super) fn root(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => leaf_hash(leaf),
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&root(left), &root(right))
            }
        }
    }

    pub(super) fn inclusion(index: usize, leaves: &[Vec<u8>]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let k = split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut proof, last) = if index < k {
            (inclusion(index, left), root(right))
        } else {
            (inclusion(index.saturating_sub(k), right), root(left))
        };
        proof.push(last);
        proof
    }

    pub(super) fn consistency(old: usize, leaves: &[Vec<u8>], is_known: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if is_known {
                Vec::new()
            } else {
                vec![root(leaves)]
            };
        }
        let k = split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut proof, last) = if old <= k {
            (consistency(old, left, is_known), root(right))
        } else {
            (consistency(old.saturating_sub(k), right, false), root(left))
        };
        proof.push(last);
        proof
    }
}

fn leaves(count: u64) -> Vec<Vec<u8>> {
    (0..count)
        .map(|leaf| leaf.to_string().into_bytes())
        .collect()
}

#[test]
fn every_small_tree_and_proof_is_that_of_the_definition() {
    const MOST: u64 = 40;
    let all = leaves(MOST);
    let kept = grown(&all);
    for new in 0..=MOST {
        let here = &all[..usize::try_from(new).unwrap()];
        let new_root = naive::root(here);
        assert_eq!(root(&kept, new), Ok(new_root));
        for index in 0..new {
            let at = usize::try_from(index).unwrap();
            let proof = inclusion(&kept, index, new).unwrap();
            assert_eq!(proof, naive::inclusion(at, here));
            assert!(includes(
                &new_root,
                new,
                index,
                &leaf_hash(&all[at]),
                &proof
            ));
        }
        for old in 0..=new {
            let at = usize::try_from(old).unwrap();
            let proof = consistency(&kept, old, new).unwrap();
            if 0 < old {
                assert_eq!(proof, naive::consistency(at, here, true));
            }
            assert!(extends(
                &naive::root(&all[..at]),
                old,
                &new_root,
                new,
                &proof
            ));
        }
    }
}

#[test]
fn there_is_no_proof_of_what_is_not_so() {
    let kept = grown(&leaves(8));
    assert_eq!(inclusion(&kept, 8, 8), Err(TreeError::OutOfRange));
    assert_eq!(inclusion(&kept, 0, 0), Err(TreeError::OutOfRange));
    assert_eq!(consistency(&kept, 5, 4), Err(TreeError::OutOfRange));
    assert_eq!(
        inclusion(&kept, 0, 9),
        Err(TreeError::Missing { level: 0, index: 8 })
    );
    assert_eq!(
        append(&mut Kept::default(), u64::MAX, [0; 32]),
        Err(TreeError::OutOfRange)
    );
    let eight = root(&kept, 8).unwrap();
    assert!(!includes(&eight, 0, 0, &eight, &[]));
    assert!(!extends(&eight, 9, &eight, 8, &[]));
    assert!(!extends(&eight, 0, &eight, 8, &[]));
    assert!(!extends(&eight, 8, &empty_root(), 8, &[]));
    assert!(!extends(&root(&kept, 3).unwrap(), 3, &eight, 8, &[]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_proof_holds_for_its_own_leaf_place_and_size_alone(
        (old, new, index) in (1_u64..300).prop_flat_map(|new| (1..=new, Just(new), 0..new)),
        other in 0_u64..300,
        (step, bit) in (0_usize..10, 0_usize..256),
    ) {
        let all = leaves(300);
        let kept = grown(&all);
        let (old_root, new_root) = (root(&kept, old).unwrap(), root(&kept, new).unwrap());
        let leaf = |at: u64| leaf_hash(at.to_string().as_bytes());

        let proof = inclusion(&kept, index, new).unwrap();
        prop_assert!(includes(&new_root, new, index, &leaf(index), &proof));
        if other != index {
            prop_assert!(!includes(&new_root, new, index, &leaf(other), &proof));
            prop_assert!(!includes(&new_root, new, other, &leaf(index), &proof));
        }
        let flipped = |proof: &[Hash]| {
            let mut proof = proof.to_vec();
            proof.get_mut(step).map(|hash| hash[bit / 8] ^= 1 << (bit % 8)).map(|()| proof)
        };
        if let Some(wrong) = flipped(&proof) {
            prop_assert!(!includes(&new_root, new, index, &leaf(index), &wrong));
        }
        let mut longer = proof.clone();
        longer.push([0; 32]);
        prop_assert!(!includes(&new_root, new, index, &leaf(index), &longer));
        prop_assert!(proof.is_empty() || !includes(&new_root, new, index, &leaf(index), &proof[1..]));

        let proof = consistency(&kept, old, new).unwrap();
        prop_assert!(extends(&old_root, old, &new_root, new, &proof));
        if let Some(wrong) = flipped(&proof) {
            prop_assert!(!extends(&old_root, old, &new_root, new, &wrong));
        }
        if old < new {
            prop_assert!(!extends(&new_root, old, &new_root, new, &proof));
            prop_assert!(!extends(&old_root, old, &old_root, new, &proof));
            prop_assert!(!extends(&new_root, new, &old_root, old, &proof));
            let mut longer = proof.clone();
            longer.push([0; 32]);
            prop_assert!(!extends(&old_root, old, &new_root, new, &longer));
        }
    }
}
