//! The tree over a log's leaves, as RFC 6962 section 2.1 (RFC 9162 section 2.1) has it.
//!
//! Leaves are counted from 0 here; `size` is the number of leaves. What is kept between appends is
//! a [`Frontier`]; what proves something about an older or the present tree is a handful of nodes,
//! named by a [`Plan`] and fetched by the caller.

use std::{fmt, iter, ops::Range, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

/// The length of a hash, in bytes.
pub const HASH_BYTES: usize = 32;
/// The most leaves of a tree: as many as a `bigint` counts.
pub const MAX_SIZE: u64 = i64::MAX as u64;
/// The most hashes of a proof: one for each level of the highest tree.
pub const MAX_PROOF_HASHES: usize = 63;
/// Beside the leaves, nodes are stored at every height divisible by this one: see
/// [`NodeId::stored`].
pub const STORED_EVERY: u8 = 8;

/// The root of a tree without leaves: the hash of nothing (RFC 6962 section 2.1).
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A SHA-256 hash: of a leaf, a node, or a root. Displayed as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; HASH_BYTES]);

/// The leaves of a complete subtree: `index * 2^height .. (index + 1) * 2^height`. A leaf itself has
/// height 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// How many levels above the leaves.
    pub height: u8,
    /// Which of the nodes of this height, from the left, from 0.
    pub index: u64,
}

/// All that is needed of a tree to append to it: the roots of its complete subtrees, from the
/// largest (leftmost) to the smallest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

/// Which nodes make up a list of hashes. Each hash is the root of neighbouring complete subtrees, from
/// the largest to the smallest; there are O(log n) nodes in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    hashes: Vec<Vec<NodeId>>,
}

/// Why something is not proven, or cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A leaf that a tree of this size does not have.
    #[error("a tree of {size} leaves has no leaf with the index {index}")]
    IndexOutside {
        /// The leaf asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The older tree is the larger one.
    #[error("a tree of {new} leaves cannot be a continuation of one of {old} leaves")]
    Shrunk {
        /// The size of the older tree.
        old: u64,
        /// The size of the newer tree.
        new: u64,
    },
    /// More leaves than [`MAX_SIZE`].
    #[error("a tree of {size} leaves is beyond the limit")]
    Size {
        /// The size.
        size: u64,
    },
    /// A proof with more hashes than these sizes need.
    #[error("the proof is too long")]
    TooLong,
    /// A proof with fewer hashes than these sizes need.
    #[error("the proof is too short")]
    TooShort,
    /// What the proof leads to is not the root it should lead to (of the newer tree, where there are
    /// two).
    #[error("the proof does not lead to the root")]
    Root,
    /// What a consistency proof leads to is not the root of the older tree.
    #[error("the proof does not lead to the older root")]
    OldRoot,
    /// A frontier's bytes are not 32 for each complete subtree of its size.
    #[error("a tree of {size} leaves has another number of complete subtrees")]
    FrontierBytes {
        /// The size.
        size: u64,
    },
    /// Text that is not a hash.
    #[error("not a SHA-256 hash")]
    NotAHash,
}

/// The byte before a leaf's bytes.
pub(crate) const LEAF: u8 = 0x00;

/// The hash of a leaf: SHA-256 of a byte 0 and the leaf's bytes (RFC 6962 section 2.1).
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    Hash(
        Sha256::new()
            .chain_update([LEAF])
            .chain_update(bytes)
            .finalize()
            .into(),
    )
}

/// The hash of a node: SHA-256 of a byte 1 and the hashes of its children (RFC 6962 section 2.1).
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    // One message in one piece: it is hashed in two blocks without being buffered on the way.
    let mut bytes = [0x01; 1 + 2 * HASH_BYTES];
    bytes[1..=HASH_BYTES].copy_from_slice(&left.0);
    bytes[1 + HASH_BYTES..].copy_from_slice(&right.0);
    Hash(Sha256::digest(bytes).into())
}

/// The root over a run of nodes of one height. For a run of 2^n nodes that starts at a multiple of
/// 2^n, this is the node n levels above, as [`NodeId::stored`] needs it. Any other run is folded as a
/// tree of its own; an empty one gives [`EMPTY_ROOT`].
#[must_use]
pub fn fold(run: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for hash in run {
        frontier.push(*hash);
    }
    frontier.root()
}

/// The nodes whose fold is the root at a size: one hash, [`EMPTY_ROOT`] for size 0.
///
/// # Errors
/// [`Error::Size`].
pub fn root_nodes(size: u64) -> Result<Plan, Error> {
    check_size(size)?;
    Ok(Plan {
        hashes: vec![subtrees(0, size)],
    })
}

/// The nodes of an inclusion proof: `PATH(index, D[size])` of RFC 6962 section 2.1.1, from the leaf's
/// sibling up.
///
/// # Errors
/// [`Error::IndexOutside`] and [`Error::Size`].
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Plan, Error> {
    check_size(size)?;
    if index >= size {
        return Err(Error::IndexOutside { index, size });
    }
    // Down from the root: what is not on the way to the leaf is a hash of the proof.
    let (mut start, mut end) = (0, size);
    let mut hashes = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            hashes.push(subtrees(middle, end));
            end = middle;
        } else {
            hashes.push(subtrees(start, middle));
            start = middle;
        }
    }
    hashes.reverse();
    Ok(Plan { hashes })
}

/// The nodes of a consistency proof: `PROOF(old, D[new])` of RFC 6962 section 2.1.2. Empty when the
/// sizes are equal or the older one is 0.
///
/// # Errors
/// [`Error::Shrunk`] and [`Error::Size`].
pub fn consistency_nodes(old: u64, new: u64) -> Result<Plan, Error> {
    check_size(new)?;
    if old > new {
        return Err(Error::Shrunk { old, new });
    }
    let mut hashes = Vec::new();
    if old == 0 || old == new {
        return Ok(Plan { hashes });
    }
    let (mut start, mut end) = (0, new);
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            hashes.push(subtrees(middle, end));
            end = middle;
        } else {
            hashes.push(subtrees(start, middle));
            start = middle;
        }
    }
    // The older tree itself needs no mention: its root is known.
    if start > 0 {
        hashes.push(subtrees(start, end));
    }
    hashes.reverse();
    Ok(Plan { hashes })
}

/// Whether a leaf is the one at an index of the tree with this size and root: RFC 9162 section
/// 2.1.3.2.
///
/// # Errors
/// [`Error::IndexOutside`], [`Error::TooLong`], [`Error::TooShort`] and [`Error::Root`].
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), Error> {
    if index >= size {
        return Err(Error::IndexOutside { index, size });
    }
    let mut climb = Climb {
        index,
        last: size - 1,
    };
    let mut hash = leaf;
    for sibling in proof {
        hash = match climb.step()? {
            Side::Left => node(sibling, &hash),
            Side::Right => node(&hash, sibling),
        };
    }
    climb.end()?;
    if hash == root {
        Ok(())
    } else {
        Err(Error::Root)
    }
}

/// Whether the newer tree is the older one with leaves appended: RFC 9162 section 2.1.4.2. Every tree
/// is a continuation of the empty one, by the empty proof; a tree is one of itself.
///
/// # Errors
/// [`Error::Shrunk`], [`Error::TooLong`], [`Error::TooShort`], [`Error::OldRoot`] and
/// [`Error::Root`].
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), Error> {
    if old_size > new_size {
        let (old, new) = (old_size, new_size);
        return Err(Error::Shrunk { old, new });
    }
    if old_size == 0 && old_root != EMPTY_ROOT {
        return Err(Error::OldRoot);
    }
    if old_size == new_size && old_root != new_root {
        return Err(Error::Root);
    }
    if old_size == 0 || old_size == new_size {
        return if proof.is_empty() {
            Ok(())
        } else {
            Err(Error::TooLong)
        };
    }
    // From the last leaf of the older tree, up to the root of the subtree that it ends.
    let mut climb = Climb {
        index: old_size - 1,
        last: new_size - 1,
    };
    climb.up(climb.index.trailing_ones());
    let (first, rest) = if old_size.is_power_of_two() {
        if proof.is_empty() {
            return Err(Error::TooShort);
        }
        (old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(Error::TooShort)?;
        (*first, rest)
    };
    let (mut old, mut new) = (first, first);
    for sibling in rest {
        match climb.step()? {
            Side::Left => {
                old = node(sibling, &old);
                new = node(sibling, &new);
            }
            Side::Right => new = node(&new, sibling),
        }
    }
    climb.end()?;
    if old != old_root {
        return Err(Error::OldRoot);
    }
    if new != new_root {
        return Err(Error::Root);
    }
    Ok(())
}

impl Hash {
    /// The 32 bytes in standard base64 with padding, as notes and proof texts have it.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// The hash that [`to_base64`](Self::to_base64) gives this text for.
    ///
    /// # Errors
    /// [`Error::NotAHash`].
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| Error::NotAHash)?;
        bytes.try_into().map(Self).map_err(|_| Error::NotAHash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        crate::canonical::unhex(text.as_bytes())
            .map(Self)
            .ok_or(Error::NotAHash)
    }
}

impl NodeId {
    /// Where the node is found, when only the leaves and the nodes at heights 8, 16, 24, … are stored:
    /// the stored height, and the indices at it whose [`fold`] the node is. At most 128; the node
    /// itself where its height is stored.
    #[must_use]
    pub fn stored(self) -> (u8, Range<u64>) {
        let up = self.height % STORED_EVERY;
        (self.height - up, self.index << up..(self.index + 1) << up)
    }

    /// The leaves below it, by index.
    #[must_use]
    pub fn leaves(self) -> Range<u64> {
        self.index << self.height..(self.index + 1) << self.height
    }
}

impl Frontier {
    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, from the largest to the smallest.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.push_stored(leaf, |_, _| {});
    }

    /// Appends a leaf, and tells of every node above the leaves that it completes and that is to be
    /// stored (heights 8, 16, 24, …), from the lowest to the highest.
    pub fn push_stored(&mut self, leaf: Hash, mut completed: impl FnMut(NodeId, Hash)) {
        let mut hash = leaf;
        let mut height = 0;
        // One complete subtree for every 1 in the size: appending a leaf is a carry.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.hashes.pop() else { break };
            hash = node(&left, &hash);
            height += 1;
            if height % STORED_EVERY == 0 {
                let index = self.size >> height;
                completed(NodeId { height, index }, hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root of the tree; [`EMPTY_ROOT`] without leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_right(self.hashes.iter().copied())
    }

    /// The hashes, one after the other.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| hash.0).collect()
    }

    /// The frontier of a tree of this size that [`to_bytes`](Self::to_bytes) gives these bytes for.
    /// Whether the hashes are right can only be seen by a root.
    ///
    /// # Errors
    /// [`Error::FrontierBytes`] and [`Error::Size`].
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, Error> {
        check_size(size)?;
        let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
        if !rest.is_empty() || hashes.len() != size.count_ones() as usize {
            return Err(Error::FrontierBytes { size });
        }
        let hashes = hashes.iter().copied().map(Hash).collect();
        Ok(Self { size, hashes })
    }
}

impl Plan {
    /// All nodes, in the order [`build`](Self::build) asks for them: for who fetches them at once.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.hashes.iter().flatten().copied()
    }

    /// The hashes, from the nodes. A node's hash is asked for once.
    ///
    /// # Errors
    /// The first error of `hash_of`.
    pub fn build<E>(
        &self,
        mut hash_of: impl FnMut(NodeId) -> Result<Hash, E>,
    ) -> Result<Vec<Hash>, E> {
        self.hashes
            .iter()
            .map(|nodes| {
                let hashes = nodes
                    .iter()
                    .map(|id| hash_of(*id))
                    .collect::<Result<Vec<_>, E>>()?;
                Ok(fold_right(hashes.into_iter()))
            })
            .collect()
    }
}

/// The way from a leaf up to the root, in a tree whose right edge may lack nodes.
struct Climb {
    /// The node the way has come to, among those of its height.
    index: u64,
    /// The last node of that height.
    last: u64,
}

/// On which side the next hash of a proof stands.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// One hash of the proof further up.
    fn step(&mut self) -> Result<Side, Error> {
        if self.last == 0 {
            return Err(Error::TooLong);
        }
        if self.index & 1 == 1 {
            self.up(1);
            return Ok(Side::Left);
        }
        if self.index < self.last {
            self.up(1);
            return Ok(Side::Right);
        }
        // A last node without a right sibling moves up as it is, until it has a left one.
        self.up(self.index.trailing_zeros());
        self.up(1);
        Ok(Side::Left)
    }

    fn up(&mut self, levels: u32) {
        self.index = self.index.checked_shr(levels).unwrap_or(0);
        self.last = self.last.checked_shr(levels).unwrap_or(0);
    }

    fn end(&self) -> Result<(), Error> {
        if self.last == 0 {
            Ok(())
        } else {
            Err(Error::TooShort)
        }
    }
}

/// The largest power of two below a number of at least 2: where RFC 6962 splits a tree.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The complete subtrees of `start..end`, from the largest to the smallest. `start` is a multiple of a
/// power of two that is not below the number of leaves, as in every split.
fn subtrees(start: u64, end: u64) -> Vec<NodeId> {
    let mut at = start;
    iter::from_fn(|| {
        let height = (end - at).checked_ilog2()?;
        let index = at >> height;
        at += 1 << height;
        let height = u8::try_from(height).ok()?;
        Some(NodeId { height, index })
    })
    .collect()
}

/// The root over neighbouring complete subtrees, from the largest to the smallest.
fn fold_right(hashes: impl DoubleEndedIterator<Item = Hash>) -> Hash {
    hashes
        .rev()
        .reduce(|right, left| node(&left, &right))
        .unwrap_or(EMPTY_ROOT)
}

fn check_size(size: u64) -> Result<(), Error> {
    if size > MAX_SIZE {
        return Err(Error::Size { size });
    }
    Ok(())
}
