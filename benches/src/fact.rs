//! What everybody appends: facts of about 400 bytes of JSON, to streams of the caller's own.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many facts a stream gets before its caller begins another. With two, half of the appends
/// expect a stream that is not there and half continue one at the version that was seen.
const FACTS_PER_STREAM: u32 = 2;

/// The streams' category, where a store has such a thing. All streams share it.
pub(crate) const CATEGORY: &str = "admission";

/// The kind of all facts.
pub(crate) const KIND: &str = "Admission";

/// Who records them.
pub(crate) const ACTOR: &str = "bench";

/// A fact, the same for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Admission {
    person: Uuid,
    dwelling: Uuid,
    referral: Uuid,
    household: u8,
    on: String,
    arranged_by: String,
    note: String,
}

impl Admission {
    pub(crate) fn new() -> Admission {
        Admission {
            person: random_id(),
            dwelling: random_id(),
            referral: random_id(),
            household: 3,
            on: "2031-03-14".to_owned(),
            arranged_by: "the house's own office, by telephone".to_owned(),
            note: "The flat on the first floor, with the two rooms towards the courtyard; keys at \
                   the porter's, the meter was read together, and the next visit is agreed."
                .to_owned(),
        }
    }

    /// As compact JSON.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

/// A caller's stream.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    /// `admission-` and a random id.
    pub(crate) name: String,
    /// The facts it holds.
    pub(crate) length: u32,
    /// What the store said at the last append, for stores that expect more than a length.
    pub(crate) mark: i64,
}

impl Stream {
    pub(crate) fn new() -> Stream {
        Stream {
            name: format!("{CATEGORY}-{}", random_id()),
            length: 0,
            mark: 0,
        }
    }

    /// Takes in that a fact was recorded; begins another stream when this one is long enough.
    pub(crate) fn recorded(&mut self, mark: i64) {
        self.length += 1;
        self.mark = mark;
        if self.length >= FACTS_PER_STREAM {
            *self = Stream::new();
        }
    }
}

/// A random id (version 4).
#[expect(clippy::disallowed_methods, reason = "a benchmark is an edge")]
pub(crate) fn random_id() -> Uuid {
    Uuid::new_v4()
}

/// An id that sorts by time (version 7).
#[expect(clippy::disallowed_methods, reason = "a benchmark is an edge")]
pub(crate) fn timed_id() -> Uuid {
    Uuid::now_v7()
}
