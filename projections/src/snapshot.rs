//! All read models of one pilot at one position, in memory.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventlog::LogId;
use events::{DwellingId, Fact, HouseholdId, PilotId, Position};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPool;

use crate::Error;
use crate::batch::{Batch, Histories};
use crate::census::{self, DwellingRow};
use crate::checkpoint::{self, Standing};
use crate::households::{self, HouseholdRow};
use crate::network::{self, NetworkRow};
use crate::pilots::{self, PilotRow};
use crate::timeline::{self, TimelineRow};

/// What was known of a pilot when its log stood at `position`. Equal to the warm tables at the head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Position of the last fact looked at; 0 for an empty log.
    pub position: Position,
    /// When that fact was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
    /// The pilot itself.
    pub pilot: PilotRow,
    /// Its dwellings.
    pub dwellings: BTreeMap<DwellingId, DwellingRow>,
    /// Its households.
    pub households: BTreeMap<HouseholdId, HouseholdRow>,
    /// The networks around them.
    pub network: BTreeMap<HouseholdId, NetworkRow>,
    /// Every fact of every household.
    pub timeline: BTreeMap<Position, TimelineRow>,
}

impl Snapshot {
    /// A pilot without facts.
    pub fn empty(pilot: PilotId) -> Self {
        Self {
            position: 0,
            recorded_at: None,
            pilot: PilotRow::new(pilot),
            dwellings: BTreeMap::new(),
            households: BTreeMap::new(),
            network: BTreeMap::new(),
            timeline: BTreeMap::new(),
        }
    }

    /// What `facts` come to: a whole log, or the first part of one, in order of position.
    pub fn fold(pilot: PilotId, facts: &[Fact]) -> Self {
        let batch = Batch::new(facts);
        // Nothing is there before: every history lies in the batch.
        let none = Histories::new();
        let housed = batch.households(&BTreeMap::new(), &none);
        let dwellings = batch.dwellings(BTreeMap::new(), &none, &housed);
        Self {
            position: facts.last().map_or(0, |last| last.position),
            recorded_at: facts.last().map(|last| last.recorded_at),
            pilot: batch
                .pilot(pilot, None, &none)
                .unwrap_or_else(|| PilotRow::new(pilot)),
            dwellings: dwellings
                .into_iter()
                .filter_map(|(id, row)| Some((id, row?)))
                .collect(),
            households: housed.rows,
            network: batch
                .households
                .iter()
                .filter_map(|(id, entries)| Some((*id, network::fold::fold(*id, entries)?)))
                .collect(),
            timeline: batch.timeline(BTreeMap::new()),
        }
    }

    /// What was known when the log stood at `position`.
    pub fn fold_to(pilot: PilotId, facts: &[Fact], position: Position) -> Self {
        let known = facts.partition_point(|fact| fact.position <= position);
        Self::fold(pilot, &facts[..known])
    }

    /// What was known at a moment.
    pub fn fold_at(pilot: PilotId, facts: &[Fact], moment: DateTime<Utc>) -> Self {
        let known = facts.partition_point(|fact| fact.recorded_at <= moment);
        Self::fold(pilot, &facts[..known])
    }

    /// The rows of all read models as they stand, all at the same position.
    ///
    /// # Errors
    /// [`Error::Unsettled`] while some are about to be folded anew, [`Error::Newer`], and faults of
    /// the database.
    pub async fn load(pool: &PgPool, log: LogId) -> Result<Self, Error> {
        // One look at everything: a batch that is committed meanwhile does not show.
        let mut tx = pool
            .begin_with("begin isolation level repeatable read read only")
            .await?;
        let (position, recorded_at) = match checkpoint::read(&mut tx, log).await? {
            Standing::New => return Ok(Self::empty(PilotId(log))),
            Standing::Stale(..) => return Err(Error::Unsettled { log }),
            Standing::At(position, recorded_at) => (position, recorded_at),
        };
        let pilot = pilots::one(&mut *tx, log).await?;
        let dwellings = census::all(&mut *tx, log).await?;
        let households = households::all(&mut tx, log).await?;
        let timeline = timeline::all(&mut tx, log).await?;
        tx.commit().await?;
        Ok(Self {
            position,
            recorded_at,
            pilot: pilot.unwrap_or_else(|| PilotRow::new(PilotId(log))),
            dwellings: dwellings
                .into_iter()
                .map(|row| (row.dwelling, row))
                .collect(),
            households: households
                .into_iter()
                .map(|row| (row.household, row))
                .collect(),
            network: BTreeMap::new(),
            timeline: timeline
                .into_iter()
                .map(|row| (row.position, row))
                .collect(),
        })
    }
}
