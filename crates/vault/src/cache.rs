//! Unwrapped keys, for a moment.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use events::PersonId;

use crate::Plain;

/// As many keys are in memory at most.
const MAX_KEYS: usize = 256;

/// No key stays longer than this.
const LIFETIME: Duration = Duration::from_secs(60);

/// Keys that were unwrapped a moment ago. It spares the unwrapping, never the look at the row: whoever
/// asks has just read it, and gets a key only for the very bytes that it was unwrapped from.
#[derive(Default)]
pub(crate) struct Cache(Mutex<HashMap<PersonId, Entry>>);

struct Entry {
    wrapped: Vec<u8>,
    wrapping_key: String,
    plain: Plain,
    since: Instant,
}

impl Cache {
    pub(crate) fn get(&self, person: PersonId, wrapped: &[u8], by: &str) -> Option<Plain> {
        let mut entries = self.entries();
        let entry = entries.get(&person)?;
        let is_it = entry.wrapped == wrapped && entry.wrapping_key == by;
        if is_it && entry.since.elapsed() < LIFETIME {
            return Some(entry.plain.clone());
        }
        entries.remove(&person);
        None
    }

    pub(crate) fn put(&self, person: PersonId, wrapped: Vec<u8>, by: String, plain: Plain) {
        let mut entries = self.entries();
        if entries.len() >= MAX_KEYS {
            entries.retain(|_, entry| entry.since.elapsed() < LIFETIME);
        }
        if entries.len() >= MAX_KEYS {
            entries.clear();
        }
        let entry = Entry {
            wrapped,
            wrapping_key: by,
            plain,
            since: Instant::now(),
        };
        entries.insert(person, entry);
    }

    pub(crate) fn drop_all(&self, persons: impl IntoIterator<Item = PersonId>) {
        let mut entries = self.entries();
        for person in persons {
            entries.remove(&person);
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<PersonId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn it_is_bounded_and_gives_a_key_for_its_own_bytes_only() {
        let cache = Cache::default();
        let person = |n: usize| PersonId(Uuid::from_u128(n as u128));
        for n in 0..=MAX_KEYS {
            cache.put(person(n), vec![1], "a".into(), Zeroizing::new([1; 32]));
            assert!(cache.entries().len() <= MAX_KEYS);
        }
        let last = person(MAX_KEYS);
        assert!(cache.get(last, &[1], "a").is_some());
        assert!(cache.get(last, &[1], "b").is_none());
        assert!(cache.get(last, &[1], "a").is_none(), "it was dropped");
        cache.put(last, vec![1], "a".into(), Zeroizing::new([1; 32]));
        cache.drop_all([last]);
        assert!(cache.get(last, &[1], "a").is_none());
    }
}
