//! How indicators count by code what is never missing, and what they show beside a figure.

use events::Position;
use events::codes::CodeList;

use crate::Subject;
use crate::indicator::{Group, Parts, Share, Tally, Undefined, Value};

/// A distribution over the whole of a code list. For answers, which may be missing, see
/// [`distribution`](super::exits::distribution).
pub(super) fn by_code<T: CodeList>(
    code: &'static str,
    found: impl Iterator<Item = (Subject, Position, T)>,
) -> Group {
    let mut all = Tally::default();
    let mut counts = Shares::of(T::ENTRIES.iter().map(|entry| entry.code));
    for (subject, position, value) in found {
        counts.add(value.code());
        all.add(subject, [position]);
    }
    Group {
        code,
        value: Value::Distribution(counts.0),
        parts: Parts::of(all),
    }
}

/// A number beside the figure.
pub(super) fn counted(code: &'static str, tally: Tally) -> Group {
    Group {
        code,
        value: Value::Count(tally.count()),
        parts: Parts::of(tally),
    }
}

/// A share beside the figure, or the figure itself.
pub(super) fn ratio(code: &'static str, parts: Parts) -> Group {
    Group {
        code,
        value: parts.ratio(),
        parts,
    }
}

/// How many of each of some codes.
#[derive(Clone, Debug)]
pub(super) struct Shares(Vec<Share>);

impl Shares {
    /// None of any.
    pub(super) fn of(codes: impl IntoIterator<Item = &'static str>) -> Self {
        let share = |code| Share { code, count: 0 };
        Self(codes.into_iter().map(share).collect())
    }

    /// One more.
    pub(super) fn add(&mut self, code: &str) {
        if let Some(share) = self.0.iter_mut().find(|share| share.code == code) {
            share.count += 1;
        }
    }

    /// The distribution, or nothing to measure when there is none of any.
    pub(super) fn measured(self) -> Value {
        if self.0.iter().all(|share| share.count == 0) {
            return Value::Undefined(Undefined::NothingToMeasure);
        }
        Value::Distribution(self.0)
    }
}
