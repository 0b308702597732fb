//! Writing a bundle down.

use std::io::{self, Write};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Footer, Header, LEAVES_EVERY, Leaves};
use crate::{Position, canonical, merkle::Hash, record};

/// Writes a bundle, line by line: the header first, then schemas, facts, checkpoints, and
/// [`finish`](Self::finish).
///
/// Nothing is checked. Who exports a log that was damaged still gets a bundle, with everything the log
/// has, and whoever [checks](super::check()) it is told what is wrong.
#[derive(Debug)]
pub struct Writer<W> {
    to: W,
    digest: Sha256,
    line: Vec<u8>,
    unlisted: Leaves,
    size: u64,
}

impl<W: Write> Writer<W> {
    /// Starts with the header.
    ///
    /// # Errors
    /// Those of the target, here and below.
    pub fn new(to: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self {
            to,
            digest: Sha256::new(),
            line: Vec::new(),
            unlisted: Leaves {
                first: header.first,
                hashes: Vec::new(),
            },
            size: header.size,
        };
        header.write(&mut writer.line);
        writer.digested()?;
        Ok(writer)
    }

    /// A JSON Schema.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when it has no canonical text.
    pub fn schema(&mut self, schema: &Value) -> io::Result<()> {
        let text = record::canonical(schema).map_err(|error| invalid(error.to_string()))?;
        self.line.extend_from_slice(b"{\"schema\":");
        self.line.extend_from_slice(text.as_bytes());
        self.line.push(b'}');
        self.digested()
    }

    /// A fact: its position, the bytes of its record, and the leaf hash that the log keeps for it.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when the bytes have a line feed, which no record has.
    pub fn fact(&mut self, position: Position, record: &[u8], leaf: Hash) -> io::Result<()> {
        if record.contains(&b'\n') {
            return Err(invalid(format!("the record {position} has a line feed")));
        }
        // With a gap across a boundary, the facts before the gap are listed before those after it.
        let stretch = |position: Position| position.saturating_sub(1) / LEAVES_EVERY;
        if stretch(position) != stretch(self.unlisted.first) {
            self.list()?;
        }
        if self.unlisted.hashes.is_empty() {
            self.unlisted.first = position;
        }
        self.unlisted.hashes.push(leaf);
        self.to.write_all(record)?;
        self.to.write_all(b"\n")?;
        if position.is_multiple_of(LEAVES_EVERY) {
            self.list()?;
        }
        Ok(())
    }

    /// A checkpoint: the size it is for, and the text of its note.
    ///
    /// # Errors
    /// Those of the target.
    pub fn checkpoint(&mut self, size: u64, note: &str) -> io::Result<()> {
        self.list()?;
        self.line.extend_from_slice(b"{\"checkpoint\":");
        canonical::write_text(&mut self.line, note);
        self.line
            .extend_from_slice(format!(",\"size\":{size}}}").as_bytes());
        self.digested()
    }

    /// Ends the bundle with the root that the log keeps for the header's size.
    ///
    /// # Errors
    /// Those of the target.
    pub fn finish(mut self, root: Hash) -> io::Result<W> {
        self.list()?;
        let digest = Hash(self.digest.finalize_reset().into());
        let size = self.size;
        Footer { digest, root, size }.write(&mut self.line);
        self.put()?;
        self.to.flush()?;
        Ok(self.to)
    }

    /// Lists the leaves since the last list.
    fn list(&mut self) -> io::Result<()> {
        if self.unlisted.hashes.is_empty() {
            return Ok(());
        }
        self.unlisted.write(&mut self.line);
        self.unlisted.hashes.clear();
        self.put()
    }

    fn digested(&mut self) -> io::Result<()> {
        self.digest.update(&self.line);
        self.digest.update(b"\n");
        self.put()
    }

    fn put(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        let put = self.to.write_all(&self.line);
        self.line.clear();
        put
    }
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
