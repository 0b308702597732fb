//! Chance that can be repeated.

use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// What chance decides about one part of the pilot. Every part draws from a stream of its own, so a
/// change to one leaves the others as they were.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The chance of part `part` under `seed`.
    pub(super) fn of(seed: u64, part: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(part);
        Self(rng)
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.random_range(least..=most)
    }

    /// True `percent` times in a hundred.
    pub(super) fn percent(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of `from`, which is not empty.
    pub(super) fn one<T: Copy>(&mut self, from: &[T]) -> T {
        from.choose(&mut self.0).copied().unwrap_or(from[0])
    }

    /// One of `from`, as often as the weights say; not empty, nor all weights zero.
    pub(super) fn weighted<T: Copy>(&mut self, from: &[(u32, T)]) -> T {
        from.choose_weighted(&mut self.0, |(weight, _)| *weight)
            .map_or(from[0].1, |(_, value)| *value)
    }
}
