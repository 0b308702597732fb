//! Proofs from the log's Merkle tree, and the checkpoints that were signed.
//!
//! Whatever the size of the log, a proof reads at most some hundred hashes for each 256-fold of it:
//! leaves and the roots over 256, 65,536, 16,777,216… of them are stored, the nodes between are made
//! anew.

use std::collections::HashMap;

use proof::checkpoint::Checkpoint;
use proof::merkle::{self, Frontier, HASH_BYTES, Hash, NodeId, Plan};
use proof::note::{Note, Signature};

use crate::scan::{self, Stored};
use crate::{Error, EventLog, Invalid, LogId, Position, Reader, sql};

impl Reader {
    /// The root of the tree as it was with `size` facts.
    ///
    /// # Errors
    /// [`Invalid::Size`] beyond the head, [`Error::UnknownLog`], [`Error::Tree`], and faults of the
    /// database.
    pub async fn root(&self, log: LogId, size: Position) -> Result<Hash, Error> {
        Ok(self.frontier(log, size).await?.root())
    }

    /// The right edge of the tree as it was with `size` facts: all that is needed to go on from there.
    ///
    /// # Errors
    /// As [`Reader::root`].
    pub async fn frontier(&self, log: LogId, size: Position) -> Result<Frontier, Error> {
        let leaves = self.size(log, size).await?;
        let plan = merkle::root_nodes(leaves).map_err(|_| Error::Tree { log })?;
        let hashes = self.nodes(log, &plan).await?;
        let mut bytes = Vec::new();
        for node in plan.nodes() {
            let hash = hashes.get(&node).ok_or(Error::Tree { log })?;
            bytes.extend_from_slice(&hash.0);
        }
        Frontier::from_bytes(leaves, &bytes).map_err(|_| Error::Tree { log })
    }

    /// That the fact at a position is one of the first `size` facts (RFC 9162 §2.1.3.1): the hashes
    /// beside the way from its leaf up to the root.
    ///
    /// # Errors
    /// [`Invalid::Size`] beyond the head, [`Invalid::Position`] when the position is not within the
    /// size, [`Error::UnknownLog`], [`Error::Tree`], and faults of the database.
    pub async fn inclusion(
        &self,
        log: LogId,
        position: Position,
        size: Position,
    ) -> Result<Vec<Hash>, Error> {
        let leaves = self.size(log, size).await?;
        let outside = || Invalid::Position { position, size };
        let index = u64::try_from(position - 1).map_err(|_| outside())?;
        let plan = merkle::inclusion_nodes(index, leaves).map_err(|_| outside())?;
        self.build(log, &plan).await
    }

    /// That the first `old` facts are still what the first `new` facts begin with (RFC 9162 §2.1.4.1).
    ///
    /// # Errors
    /// [`Invalid::Size`] when `new` is beyond the head or `old` beyond `new`, [`Error::UnknownLog`],
    /// [`Error::Tree`], and faults of the database.
    pub async fn consistency(
        &self,
        log: LogId,
        old: Position,
        new: Position,
    ) -> Result<Vec<Hash>, Error> {
        let leaves = self.size(log, new).await?;
        let outside = || Invalid::Size {
            size: old,
            head: new,
        };
        let old = u64::try_from(old).map_err(|_| outside())?;
        let plan = merkle::consistency_nodes(old, leaves).map_err(|_| outside())?;
        self.build(log, &plan).await
    }

    /// The fact at a position with all that its proof takes.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn stored_at(&self, log: LogId, position: Position) -> Result<Option<Stored>, Error> {
        let mut conn = self.source.acquire().await?;
        let after = position.saturating_sub(1);
        let (mut found, _) = scan::range(&mut conn, log, after, position).await?;
        Ok(found.pop())
    }

    /// The checkpoints that were kept, with all their signatures, from the smallest.
    ///
    /// # Errors
    /// [`Error::Tree`] when what is kept is none, and faults of the database.
    pub async fn checkpoints(&self, log: LogId) -> Result<Vec<Note>, Error> {
        type Row = (String, Vec<String>, Vec<Vec<u8>>, Vec<Vec<u8>>);
        let rows: Vec<Row> = sqlx::query_as(sql::CHECKPOINTS)
            .bind(log)
            .persistent(false)
            .fetch_all(&self.source)
            .await?;
        let note = |(body, names, ids, bytes): Row| {
            let lines = names.into_iter().zip(ids).zip(bytes);
            let signatures: String = lines
                .map(|((name, id), bytes)| {
                    let id = id.try_into().map_or(0, u32::from_be_bytes);
                    format!("{}\n", Signature { name, id, bytes })
                })
                .collect();
            Note::parse(format!("{body}\n{signatures}").as_bytes()).map_err(|_| Error::Tree { log })
        };
        rows.into_iter().map(note).collect()
    }

    /// A size as a number of leaves, when the log has grown so far.
    async fn size(&self, log: LogId, size: Position) -> Result<u64, Error> {
        let head = self.head_row(log).await?.position;
        match u64::try_from(size) {
            Ok(leaves) if size <= head => Ok(leaves),
            _ => Err(Invalid::Size { size, head }.into()),
        }
    }

    async fn build(&self, log: LogId, plan: &Plan) -> Result<Vec<Hash>, Error> {
        let hashes = self.nodes(log, plan).await?;
        plan.build(|node| hashes.get(&node).copied().ok_or(Error::Tree { log }))
    }

    /// The hashes of a plan's nodes, read at once.
    async fn nodes(&self, log: LogId, plan: &Plan) -> Result<HashMap<NodeId, Hash>, Error> {
        let mut wanted: Vec<NodeId> = plan.nodes().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let (mut heights, mut froms, mut tos) = (Vec::new(), Vec::new(), Vec::new());
        for node in &wanted {
            let (height, indices) = node.stored();
            let index = |index| i64::try_from(index).map_err(|_| Error::Tree { log });
            heights.push(i16::from(height));
            froms.push(index(indices.start)?);
            tos.push(index(indices.end)?);
        }
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(sql::NODES)
            .bind(log)
            .bind(heights)
            .bind(froms)
            .bind(tos)
            .persistent(false)
            .fetch_all(&self.source)
            .await?;
        let mut runs: HashMap<usize, Vec<Hash>> = HashMap::new();
        for (place, hash) in rows {
            let hash = <[u8; HASH_BYTES]>::try_from(hash).map_err(|_| Error::Tree { log })?;
            let place = usize::try_from(place - 1).unwrap_or(usize::MAX);
            runs.entry(place).or_default().push(Hash(hash));
        }
        wanted
            .into_iter()
            .enumerate()
            .map(|(place, node)| {
                let (_, indices) = node.stored();
                let run = runs.remove(&place).unwrap_or_default();
                if run.len() as u64 != indices.end - indices.start {
                    return Err(Error::Tree { log });
                }
                Ok((node, merkle::fold(&run)))
            })
            .collect()
    }
}

impl EventLog {
    /// Keeps a signed checkpoint, or further signatures of one that is kept. It is not looked at who
    /// signed.
    ///
    /// # Errors
    /// [`Invalid::Checkpoint`] when the note is no checkpoint, or its root is not the log's at that
    /// size; [`Invalid::Size`] beyond the head, [`Error::UnknownLog`], and faults of the database.
    pub async fn keep_checkpoint(&self, log: LogId, note: &Note) -> Result<(), Error> {
        let checkpoint = Checkpoint::of(note).map_err(|_| Invalid::Checkpoint)?;
        let size = Position::try_from(checkpoint.size).map_err(|_| Invalid::Checkpoint)?;
        if self.root(log, size).await? != checkpoint.root {
            return Err(Invalid::Checkpoint.into());
        }
        let signatures = note.signatures();
        let names: Vec<&str> = signatures.iter().map(|it| it.name.as_str()).collect();
        let ids: Vec<Vec<u8>> = signatures
            .iter()
            .map(|it| it.id.to_be_bytes().to_vec())
            .collect();
        let bytes: Vec<&[u8]> = signatures.iter().map(|it| it.bytes.as_slice()).collect();
        sqlx::query(sql::KEEP_CHECKPOINT)
            .bind(log)
            .bind(size)
            .bind(note.text())
            .bind(names)
            .bind(ids)
            .bind(bytes)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
