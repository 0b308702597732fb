//! What was known at a position, folded from the log, and folded on to later positions.

use std::collections::HashMap;

use eventlog::Reader;
use events::{DwellingId, PilotId, Position};

use crate::chunks::chunks;
use crate::document::{Document, keyed};
use crate::held::{Held, Work};
use crate::keeper::{Rows, fold};
use crate::snapshot::Snapshot;
use crate::{Error, Model};

/// Facts that are folded at once.
const CHUNK: usize = 20_000;

/// A snapshot, and what it takes to fold it on as if it had never been left.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) snapshot: Snapshot,
    pasts: Pasts,
}

macro_rules! known {
    ($( $field:ident: $model:ty, )*) => {
        /// What is remembered of the pasts of all rows.
        #[derive(Clone, Default)]
        struct Pasts {
            $( $field: HashMap<<$model as Document>::Key, <$model as Document>::Past>, )*
        }

        impl Known {
            /// Hands out the rows that facts touch.
            pub(crate) fn give(&mut self, held: &mut Held, work: &Work<'_>) {
                $( for key in work.$field.keys() {
                    if held.$field.has(key) {
                        continue;
                    }
                    let row = <$model as Told>::take(&mut self.snapshot, *key);
                    let past = self.pasts.$field.remove(key).unwrap_or_default();
                    held.$field.put_known(*key, row, past);
                } )*
            }

            /// Takes rows back.
            fn take(&mut self, held: Held) {
                $( for (key, row, past) in held.$field.into_known() {
                    if let Some(row) = row {
                        <$model as Told>::put(&mut self.snapshot, key, row);
                    }
                    self.pasts.$field.insert(key, past);
                } )*
                self.snapshot.dwellings.extend(held.dwellings.into_rows());
            }
        }
    };
}
keyed!(known);

impl Known {
    /// Nothing.
    pub(crate) fn empty(pilot: PilotId) -> Self {
        Self {
            snapshot: Snapshot::empty(pilot),
            pasts: Pasts::default(),
        }
    }

    /// What is known at a later position.
    pub(crate) async fn fold_on(mut self, events: &Reader, upto: Position) -> Result<Self, Error> {
        let pilot = self.snapshot.pilot.pilot;
        let after = self.snapshot.position;
        if upto <= after {
            return Ok(self);
        }
        // What is not in memory is nowhere, but for what was known before.
        let mut held = Held::from_the_first_fact();
        let mut chunks = chunks(events, pilot.0, after, upto, CHUNK);
        while let Some(facts) = chunks.recv().await.transpose()? {
            let Some(last) = facts.last() else { continue };
            (self.snapshot.position, self.snapshot.recorded_at) =
                (last.position, Some(last.recorded_at));
            let rows = Rows::Known(&mut self);
            fold(events, rows, pilot.0, &facts, &Model::ALL, &mut held).await?;
            self.snapshot.timeline.extend(facts);
        }
        self.take(held);
        Ok(self)
    }

    /// Hands out the rows of dwellings.
    pub(crate) fn give_dwellings(
        &mut self,
        held: &mut Held,
        ids: impl Iterator<Item = DwellingId>,
    ) {
        for id in ids {
            if !held.dwellings.has(&id)
                && let Some(row) = self.snapshot.dwellings.remove(&id)
            {
                held.dwellings.put_known(id, Some(row), ());
            }
        }
    }
}

/// Where a snapshot has the rows of a model.
trait Told: Document {
    fn take(snapshot: &mut Snapshot, key: Self::Key) -> Option<Self::Row>;
    fn put(snapshot: &mut Snapshot, key: Self::Key, row: Self::Row);
}

macro_rules! one_row {
    ($( $model:ty: $field:ident, )*) => {$(
        impl Told for $model {
            fn take(snapshot: &mut Snapshot, pilot: PilotId) -> Option<Self::Row> {
                let row = std::mem::replace(&mut snapshot.$field, Self::Row::new(pilot));
                (Self::position(&row) > 0).then_some(row)
            }
            fn put(snapshot: &mut Snapshot, _: PilotId, row: Self::Row) {
                snapshot.$field = row;
            }
        }
    )*};
}
one_row! {
    crate::pilots::Pilots: pilot,
    crate::ledger::Ledger: ledger,
    crate::committee::Committee: committee,
    crate::agenda::pilot::AgendaOfPilots: pilot_agenda,
    crate::quality::pilot::QualityOfPilots: pilot_quality,
}

macro_rules! rows_by_key {
    ($( $model:ty: $field:ident, )*) => {$(
        impl Told for $model {
            fn take(snapshot: &mut Snapshot, key: Self::Key) -> Option<Self::Row> {
                snapshot.$field.remove(&key)
            }
            fn put(snapshot: &mut Snapshot, key: Self::Key, row: Self::Row) {
                snapshot.$field.insert(key, row);
            }
        }
    )*};
}
rows_by_key! {
    crate::households::Households: households,
    crate::agenda::household::AgendaOfHouseholds: agenda,
    crate::quality::household::QualityOfHouseholds: quality,
    crate::network::Network: network,
    crate::safety::Safety: safety,
    crate::work::Work: work,
    crate::plans::Plans: plans,
}
