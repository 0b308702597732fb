//! What makes a log provable to an outsider.
//!
//! Every fact has [bytes](record) that are the same for everybody; their hashes are the leaves of a
//! [Merkle tree](merkle); the tree's root and size are a [checkpoint], which is a [signed note](note)
//! that witnesses may sign too. One fact is proven by a [proof text](tlog_proof), a whole log or a
//! range of it by a [bundle].
//!
//! Nothing here reads a clock, a network or a database, nor makes up chance: times and keys come in
//! as arguments, so that who keeps a log and who doubts it run the same code.
//!
//! The formats are public ones, so that others can check them with other tools: RFC 6962 and RFC 9162
//! for the tree, `c2sp.org/signed-note`, `c2sp.org/tlog-checkpoint`, `c2sp.org/tlog-cosignature` and
//! `c2sp.org/tlog-proof` for what is signed, CloudEvents 1.0 and RFC 8785 for the records.

pub mod bundle;
pub mod checkpoint;
pub mod merkle;
pub mod note;
pub mod record;
pub mod tlog_proof;

mod canonical;

/// A position in a log: the first fact has 1. Its leaf has the index `position - 1`.
pub type Position = u64;
