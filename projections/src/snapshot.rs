//! All read models of one pilot at one position, in memory.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use eventlog::LogId;
use events::{DwellingId, Fact, HouseholdId, PilotId, Position, Stream};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::Error;
use crate::agenda::{self, HouseholdAgenda, PilotAgenda};
use crate::batch::{Batch, Histories};
use crate::census::{self, DwellingRow};
use crate::checkpoint::{self, Standing};
use crate::households::{self, HouseholdRow};
use crate::pilots::{self, PilotRow};
use crate::quality::{self, HouseholdQuality, PilotQuality};
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
    /// What is due in each household.
    pub agenda: BTreeMap<HouseholdId, HouseholdAgenda>,
    /// What is due for the pilot itself.
    pub pilot_agenda: PilotAgenda,
    /// How each household's facts were recorded.
    pub quality: BTreeMap<HouseholdId, HouseholdQuality>,
    /// How the pilot's own facts were recorded.
    pub pilot_quality: PilotQuality,
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
            agenda: BTreeMap::new(),
            pilot_agenda: PilotAgenda::new(pilot),
            quality: BTreeMap::new(),
            pilot_quality: PilotQuality::new(pilot),
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
        let own = entries(facts, &agenda::pilot::fold::STREAMS);
        let households = || batch.households.iter();
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
            agenda: households()
                .filter_map(|(id, facts)| Some((*id, agenda::household::fold::fold(*id, facts)?)))
                .collect(),
            pilot_agenda: agenda::pilot::fold::fold(pilot, &own)
                .unwrap_or_else(|| PilotAgenda::new(pilot)),
            quality: households()
                .filter_map(|(id, facts)| Some((*id, quality::household::fold::fold(*id, facts)?)))
                .collect(),
            pilot_quality: quality::pilot::fold::fold(pilot, &own)
                .unwrap_or_else(|| PilotQuality::new(pilot)),
            households: housed.rows,
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

    /// What would be known had these facts of households never been recorded. The pilot's own rows, the
    /// moment, and how far the dwellings' own streams were read stay what they are.
    pub fn without(&self, left_out: &BTreeSet<Position>) -> Self {
        let facts: Vec<Fact> = self
            .facts()
            .into_iter()
            .filter(|fact| !left_out.contains(&fact.position))
            .collect();
        let mut housed = Self::fold(self.pilot.pilot, &facts);
        let mut dwellings = self.dwellings.clone();
        for (id, row) in &mut dwellings {
            let lived = housed.dwellings.remove(id);
            row.occupancies = lived.map(|row| row.occupancies).unwrap_or_default();
        }
        dwellings.append(&mut housed.dwellings);
        Self {
            position: self.position,
            recorded_at: self.recorded_at,
            pilot: self.pilot.clone(),
            dwellings,
            pilot_agenda: self.pilot_agenda.clone(),
            pilot_quality: self.pilot_quality.clone(),
            ..housed
        }
    }

    /// The facts of households, in order of position, as far as their histories need them: whom a
    /// correction or retraction concerns is known from what it names.
    pub fn facts(&self) -> Vec<Fact> {
        let mut concerned: BTreeMap<Position, BTreeSet<Stream>> = BTreeMap::new();
        let mut facts = Vec::with_capacity(self.timeline.len());
        for row in self.timeline.values() {
            let stream = Stream::Household(row.household);
            let target = timeline::fold::target(&row.event);
            let mut streams = target
                .and_then(|target| concerned.get(&target).cloned())
                .unwrap_or_default();
            streams.insert(stream);
            concerned.insert(row.position, streams.clone());
            streams.remove(&stream);
            facts.push(Fact {
                position: row.position,
                id: row.id,
                stream,
                also: streams.into_iter().collect(),
                occurred_on: row.occurred_on,
                recorded_at: row.recorded_at,
                entered_at: row.entered_at,
                actor: row.actor.clone(),
                // What counts is decided by places alone.
                command: Uuid::nil(),
                cause: None,
                event: row.event.clone(),
            });
        }
        facts
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
            agenda: BTreeMap::new(),
            pilot_agenda: PilotAgenda::new(PilotId(log)),
            quality: BTreeMap::new(),
            pilot_quality: PilotQuality::new(PilotId(log)),
            timeline: timeline
                .into_iter()
                .map(|row| (row.position, row))
                .collect(),
        })
    }
}

/// The facts that are entries of any of these streams.
fn entries<'a>(facts: &'a [Fact], streams: &[Stream]) -> Vec<&'a Fact> {
    let of = |fact: &&Fact| {
        let mut own = [&fact.stream].into_iter().chain(&fact.also);
        own.any(|stream| streams.contains(stream))
    };
    facts.iter().filter(of).collect()
}
