//! What indicators that sort things into named bands share.

use crate::indicator::{Group, Parts, Share, Tally, Value};

/// Things sorted into bands, in the order of the bands.
#[derive(Clone)]
pub(super) struct Bands<const N: usize>([(&'static str, Tally); N]);

impl<const N: usize> Bands<N> {
    pub(super) fn new(codes: [&'static str; N]) -> Self {
        Self(codes.map(|code| (code, Tally::default())))
    }

    /// The band at this place; what lies beyond belongs to the last.
    pub(super) fn at(&mut self, place: usize) -> &mut Tally {
        &mut self.0[place.min(N - 1)].1
    }

    pub(super) fn get(&self, place: usize) -> &Tally {
        &self.0[place.min(N - 1)].1
    }

    /// Everything in these bands.
    pub(super) fn all(&self) -> Tally {
        self.first(N)
    }

    /// Everything in so many of the first bands.
    pub(super) fn first(&self, bands: usize) -> Tally {
        let mut all = Tally::default();
        for (_, tally) in self.0.iter().take(bands) {
            all.merge(tally);
        }
        all
    }

    pub(super) fn value(&self) -> Value {
        let share = |(code, tally): &(&'static str, Tally)| Share {
            code,
            count: tally.count(),
        };
        Value::Distribution(self.0.iter().map(share).collect())
    }

    /// One group for each band, of all.
    pub(super) fn groups(self) -> Vec<Group> {
        let all = self.all();
        let group = |(code, tally): (&'static str, Tally)| Group {
            code,
            value: Value::Count(tally.count()),
            parts: Parts {
                denominator: all.clone().into(),
                ..Parts::of(tally)
            },
        };
        self.0.into_iter().map(group).collect()
    }
}
