//! The Merkle tree over the leaves (RFC 6962 §2.1, proofs checked as in RFC 9162 §2.1). The caller keeps the nodes: the
//! root of every complete subtree, so that any old root and any proof can be had later.

use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of a node, or the root.
pub type Hash = [u8; 32];

/// Where the nodes are kept. Level 0 holds the leaf hashes; the node `(level, index)` is the root over the leaves from
/// `index × 2^level`, of which there are `2^level`.
pub trait Nodes {
    /// What the keeper may say instead.
    type Error;

    /// The node, or nothing where none was put.
    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Self::Error>;
}

/// The same, to be added to.
pub trait NodesMut: Nodes {
    /// Keeps a node. One that was put is never put again with another hash.
    fn put(&mut self, level: u8, index: u64, hash: Hash) -> Result<(), Self::Error>;
}

/// Why no root or proof could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// A node that must have been kept is not there.
    #[error("the tree has no node at level {level}, place {index}")]
    Missing {
        /// How far above the leaves.
        level: u8,
        /// Which one of its level, from 0.
        index: u64,
    },
    /// There is no such leaf in a tree of this size, or the older tree is the larger one.
    #[error("no such place in a tree of this size")]
    OutOfRange,
    /// What the keeper of the nodes said.
    #[error("the nodes could not be read or kept")]
    Store(E),
}

/// The hash of a leaf: SHA-256(0x00 ‖ leaf).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(leaf)
        .finalize()
        .into()
}

/// The hash over two nodes: SHA-256(0x01 ‖ left ‖ right).
fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The root of the tree without a leaf: the hash of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Adds the leaf with this hash behind the `size` that are there: puts it, and every subtree that it completes.
pub fn append<N: NodesMut>(
    nodes: &mut N,
    size: u64,
    leaf: Hash,
) -> Result<(), TreeError<N::Error>> {
    if size == u64::MAX {
        return Err(TreeError::OutOfRange);
    }
    let (mut level, mut index, mut hash) = (0_u8, size, leaf);
    nodes.put(level, index, hash).map_err(TreeError::Store)?;
    while index & 1 == 1 {
        let left = kept(nodes, level, index ^ 1)?;
        hash = node_hash(&left, &hash);
        level = level.saturating_add(1);
        index >>= 1;
        nodes.put(level, index, hash).map_err(TreeError::Store)?;
    }
    Ok(())
}

/// The root over the first `size` leaves.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, TreeError<N::Error>> {
    subtree(nodes, 0, size)
}

/// The proof that the leaf at `index` is in the tree of the first `size` leaves, nearest hash first.
pub fn inclusion<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, TreeError<N::Error>> {
    if size <= index {
        return Err(TreeError::OutOfRange);
    }
    let mut proof = Vec::new();
    let (mut begin, mut count) = (0_u64, size);
    while 1 < count {
        let (left, right) = halves(count);
        let middle = begin.saturating_add(left);
        if index < middle {
            proof.push(subtree(nodes, middle, right)?);
            count = left;
        } else {
            proof.push(subtree(nodes, begin, left)?);
            (begin, count) = (middle, right);
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of the first `new` leaves begins with the tree of the first `old`. It is empty where there is
/// nothing to prove: from no leaf, or to the same size.
pub fn consistency<N: Nodes>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, TreeError<N::Error>> {
    if new < old {
        return Err(TreeError::OutOfRange);
    }
    let mut proof = Vec::new();
    if old == 0 {
        return Ok(proof);
    }
    let (mut begin, mut count, mut wanted) = (0_u64, new, old);
    while wanted < count {
        let (left, right) = halves(count);
        let middle = begin.saturating_add(left);
        if wanted <= left {
            proof.push(subtree(nodes, middle, right)?);
            count = left;
        } else {
            proof.push(subtree(nodes, begin, left)?);
            (begin, count) = (middle, right);
            wanted = wanted.saturating_sub(left);
        }
    }
    // Where the old tree is itself a complete subtree, whoever checks knows its root already.
    if begin != 0 {
        proof.push(subtree(nodes, begin, count)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether the proof leads from the leaf at `index` to the root of a tree of `size` leaves.
pub fn includes(root: &Hash, size: u64, index: u64, leaf: &Hash, proof: &[Hash]) -> bool {
    if size <= index {
        return false;
    }
    let mut place = Place {
        at: index,
        last: size.saturating_sub(1),
    };
    let mut hash = *leaf;
    for step in proof {
        if place.last == 0 {
            return false;
        }
        if place.is_right() {
            hash = node_hash(step, &hash);
        } else {
            hash = node_hash(&hash, step);
        }
        place.climb();
    }
    place.last == 0 && hash == *root
}

/// Whether the proof leads from the root of the first `old` leaves to that of the first `new`.
pub fn extends(old_root: &Hash, old: u64, new_root: &Hash, new: u64, proof: &[Hash]) -> bool {
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    if new < old {
        return false;
    }
    let mut place = Place {
        at: old.saturating_sub(1),
        last: new.saturating_sub(1),
    };
    while place.at & 1 == 1 {
        place.up();
    }
    let (first, steps) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let Some((first, steps)) = proof.split_first() else {
            return false;
        };
        (*first, steps)
    };
    let (mut older, mut newer) = (first, first);
    for step in steps {
        if place.last == 0 {
            return false;
        }
        if place.is_right() {
            older = node_hash(step, &older);
            newer = node_hash(step, &newer);
        } else {
            newer = node_hash(&newer, step);
        }
        place.climb();
    }
    place.last == 0 && older == *old_root && newer == *new_root
}

/// A node and the last node of its level, on the way up.
struct Place {
    at: u64,
    last: u64,
}

impl Place {
    fn up(&mut self) {
        self.at >>= 1;
        self.last >>= 1;
    }

    /// Whether the next hash of a proof stands to the left.
    fn is_right(&self) -> bool {
        self.at & 1 == 1 || self.at == self.last
    }

    /// Up past the next hash. The last node of a level without a neighbour is the same node some levels up.
    fn climb(&mut self) {
        if self.is_right() {
            while self.at & 1 == 0 && self.at != 0 {
                self.up();
            }
        }
        self.up();
    }
}

/// The right edge of a tree that only grows: its complete subtrees, largest first. It gives the root of all that was
/// pushed and keeps nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    peaks: Vec<Hash>,
}

impl Edge {
    /// How many leaves were pushed.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            // As many subtrees end here as the size has ones at its end.
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// The root over what was pushed.
    pub fn root(&self) -> Hash {
        joined(&self.peaks)
    }
}

/// The root over `count` leaves from `begin`, which a subtree of the tree begins at.
fn subtree<N: Nodes>(nodes: &N, begin: u64, count: u64) -> Result<Hash, TreeError<N::Error>> {
    let mut peaks = Vec::new();
    let (mut begin, mut count) = (begin, count);
    while let Some(level) = count.checked_ilog2() {
        let whole = 1_u64.checked_shl(level).ok_or(TreeError::OutOfRange)?;
        let index = begin.checked_shr(level).ok_or(TreeError::OutOfRange)?;
        let level = u8::try_from(level).map_err(|_| TreeError::OutOfRange)?;
        peaks.push(kept(nodes, level, index)?);
        begin = begin.checked_add(whole).ok_or(TreeError::OutOfRange)?;
        count = count.saturating_sub(whole);
    }
    Ok(joined(&peaks))
}

/// The root over complete subtrees that stand side by side, largest first.
fn joined(peaks: &[Hash]) -> Hash {
    let from_the_right = peaks.iter().rev().copied();
    from_the_right
        .reduce(|right, left| node_hash(&left, &right))
        .unwrap_or_else(empty_root)
}

fn kept<N: Nodes>(nodes: &N, level: u8, index: u64) -> Result<Hash, TreeError<N::Error>> {
    let node = nodes.node(level, index).map_err(TreeError::Store)?;
    node.ok_or(TreeError::Missing { level, index })
}

/// How a tree of two or more leaves parts: the left side is the largest complete subtree below its size.
fn halves(count: u64) -> (u64, u64) {
    let left = count.div_ceil(2).next_power_of_two();
    (left, count.saturating_sub(left))
}

#[cfg(test)]
mod tests;
