//! Answers to what was known at a position: folded from the log, and kept for the next who ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eventlog::Reader;
use events::{PilotId, Position};
use tokio::runtime::Handle;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::spawn_blocking;

use crate::known::Known;
use crate::{Error, Snapshot};

/// The most states that are kept.
pub const KEPT_STATES: usize = 8;
/// So many facts may be behind the states that are kept, about a kilobyte each.
pub const KEPT_FACTS: Position = 1_500_000;
/// A state is folded on by no more facts than these; beyond, all is folded anew.
pub const MOST_FOLDED_ON: Position = 10_000;

/// What was known of pilots when their logs stood at a position. Remembers the last answers: who asks
/// again gets the same, and who asks for a little later gets it folded on.
#[derive(Clone, Default)]
pub struct Recall(Arc<Shelf>);

#[derive(Default)]
struct Shelf {
    /// Used longest ago first.
    kept: Mutex<Vec<Kept>>,
    /// Held by who folds: two who ask about one pilot do not fold the same facts.
    folding: Mutex<HashMap<PilotId, Arc<AsyncMutex<()>>>>,
}

struct Kept {
    known: Arc<Known>,
    /// It was asked for more than once.
    again: bool,
}

/// A snapshot that others may be looking at too.
#[derive(Clone)]
pub struct Recalled(Arc<Known>);

impl std::ops::Deref for Recalled {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.0.snapshot
    }
}

impl std::borrow::Borrow<Snapshot> for Recalled {
    fn borrow(&self) -> &Snapshot {
        self
    }
}

impl std::fmt::Debug for Recall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recall").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Recalled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Recalled").field(&self.position).finish()
    }
}

impl Recall {
    /// What was known of a pilot at a position that its log has reached.
    ///
    /// # Errors
    /// [`Error::Payload`] or [`Error::Stream`] for a fact that does not open, and faults of the
    /// database.
    pub async fn at(
        &self,
        events: &Reader,
        pilot: PilotId,
        position: Position,
    ) -> Result<Recalled, Error> {
        if let Some(known) = self.kept(pilot, position) {
            return Ok(Recalled(known));
        }
        let folding = Arc::clone(lock(&self.0.folding).entry(pilot).or_default());
        let _folding = folding.lock().await;
        // Somebody else may have folded it meanwhile.
        if let Some(known) = self.kept(pilot, position) {
            return Ok(Recalled(known));
        }
        let events = events.clone();
        let before = self.before(pilot, position);
        let runtime = Handle::current();
        // It may take seconds: not for a thread that serves others.
        let folded = spawn_blocking(move || {
            let before = match before {
                Some(known) => Arc::unwrap_or_clone(known),
                None => Known::empty(pilot),
            };
            runtime.block_on(before.fold_on(&events, position))
        });
        let folded = folded.await;
        let known = folded.map_err(|_| Error::Database(sqlx::Error::WorkerCrashed))??;
        let known = Arc::new(known);
        self.keep(Arc::clone(&known));
        Ok(Recalled(known))
    }

    /// The state of a position, if it is kept.
    fn kept(&self, pilot: PilotId, position: Position) -> Option<Arc<Known>> {
        let mut kept = lock(&self.0.kept);
        let at = kept
            .iter()
            .position(|it| it.is_of(pilot) && it.known.snapshot.position == position)?;
        let mut found = kept.remove(at);
        found.again = true;
        let known = Arc::clone(&found.known);
        kept.push(found);
        Some(known)
    }

    /// The last state that can be folded on to a position. It is taken away, unless it was asked for
    /// more than once: then it stays, and is copied.
    fn before(&self, pilot: PilotId, position: Position) -> Option<Arc<Known>> {
        let mut kept = lock(&self.0.kept);
        let near = position - MOST_FOLDED_ON..position;
        let (at, found) = kept
            .iter()
            .enumerate()
            .filter(|(_, it)| it.is_of(pilot) && near.contains(&it.known.snapshot.position))
            .max_by_key(|(_, it)| it.known.snapshot.position)?;
        if found.again {
            return Some(Arc::clone(&found.known));
        }
        Some(kept.remove(at).known)
    }

    fn keep(&self, known: Arc<Known>) {
        let mut kept = lock(&self.0.kept);
        let again = false;
        kept.push(Kept { known, again });
        let behind = |kept: &[Kept]| -> Position {
            let positions = kept.iter().map(|it| it.known.snapshot.position);
            positions.sum()
        };
        while kept.len() > KEPT_STATES || behind(&kept) > KEPT_FACTS {
            kept.remove(0);
        }
    }
}

impl Kept {
    fn is_of(&self, pilot: PilotId) -> bool {
        self.known.snapshot.pilot.pilot == pilot
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
