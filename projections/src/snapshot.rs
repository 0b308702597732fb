//! All read models of one pilot at one position, in memory.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use eventlog::{LogId, Reader, Source};
use events::{DwellingId, Fact, HouseholdId, PilotId, Position};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::agenda::{HouseholdAgenda, PilotAgenda};
use crate::census::{Census, DwellingRow};
use crate::checkpoint::{self, At, Standing};
use crate::committee::CommitteeRow;
use crate::document::{self, keyed};
use crate::held::{Held, Histories, Work};
use crate::households::HouseholdRow;
use crate::ledger::LedgerRow;
use crate::network::NetworkRow;
use crate::pilots::PilotRow;
use crate::plans::PlansRow;
use crate::quality::{HouseholdQuality, PilotQuality};
use crate::safety::SafetyRow;
use crate::timeline::{self, Timeline};
use crate::work::WorkRow;
use crate::{Error, Model, decode};

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
    /// What was agreed with its households, and their goals.
    pub plans: BTreeMap<HouseholdId, PlansRow>,
    /// Their work, incomes and schooling.
    pub work: BTreeMap<HouseholdId, WorkRow>,
    /// Their safety.
    pub safety: BTreeMap<HouseholdId, SafetyRow>,
    /// The networks around them.
    pub network: BTreeMap<HouseholdId, NetworkRow>,
    /// Its money.
    pub ledger: LedgerRow,
    /// Its steering committee.
    pub committee: CommitteeRow,
    /// What is due in each household.
    pub agenda: BTreeMap<HouseholdId, HouseholdAgenda>,
    /// What is due for the pilot itself.
    pub pilot_agenda: PilotAgenda,
    /// How each household's facts were recorded.
    pub quality: BTreeMap<HouseholdId, HouseholdQuality>,
    /// How the pilot's own facts were recorded.
    pub pilot_quality: PilotQuality,
    /// Every fact of every household. Not written: the log has it.
    #[serde(skip)]
    pub timeline: Timeline,
}

impl Snapshot {
    /// A pilot without facts.
    pub fn empty(pilot: PilotId) -> Self {
        Self {
            position: 0,
            recorded_at: None,
            pilot: PilotRow::new(pilot),
            ledger: LedgerRow::new(pilot),
            committee: CommitteeRow::new(pilot),
            agenda: BTreeMap::new(),
            pilot_agenda: PilotAgenda::new(pilot),
            quality: BTreeMap::new(),
            pilot_quality: PilotQuality::new(pilot),
            dwellings: BTreeMap::new(),
            households: BTreeMap::new(),
            network: BTreeMap::new(),
            plans: BTreeMap::new(),
            work: BTreeMap::new(),
            safety: BTreeMap::new(),
            timeline: Timeline::default(),
        }
    }

    /// What `facts` come to: a whole log, or the first part of one, in order of position.
    pub fn fold(pilot: PilotId, facts: &[Fact]) -> Self {
        let held = fold(pilot, facts);
        let last = facts.last().map(|last| (last.position, last.recorded_at));
        let mut timeline = Timeline::default();
        timeline.extend(facts.iter().cloned());
        Self::of(pilot, last, held, timeline)
    }

    /// The rows in memory, by name.
    fn of(
        pilot: PilotId,
        last: Option<(Position, DateTime<Utc>)>,
        held: Held,
        timeline: Timeline,
    ) -> Self {
        Self {
            position: last.map_or(0, |(position, _)| position),
            recorded_at: last.map(|(_, at)| at),
            pilot: held
                .pilots
                .into_rows()
                .remove(&pilot)
                .unwrap_or_else(|| PilotRow::new(pilot)),
            ledger: held
                .ledger
                .into_rows()
                .remove(&pilot)
                .unwrap_or_else(|| LedgerRow::new(pilot)),
            committee: held
                .committee
                .into_rows()
                .remove(&pilot)
                .unwrap_or_else(|| CommitteeRow::new(pilot)),
            agenda: held.agenda.into_rows(),
            pilot_agenda: held
                .pilot_agenda
                .into_rows()
                .remove(&pilot)
                .unwrap_or_else(|| PilotAgenda::new(pilot)),
            quality: held.quality.into_rows(),
            pilot_quality: held
                .pilot_quality
                .into_rows()
                .remove(&pilot)
                .unwrap_or_else(|| PilotQuality::new(pilot)),
            dwellings: held.dwellings.into_rows(),
            households: held.households.into_rows(),
            network: held.network.into_rows(),
            safety: held.safety.into_rows(),
            work: held.work.into_rows(),
            plans: held.plans.into_rows(),
            timeline,
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
    /// moment, and how far the dwellings' own streams were read stay what they are. None when there are
    /// more facts than [`timeline::MOST_FACTS`], which are not kept.
    pub fn without(&self, left_out: &BTreeSet<Position>) -> Option<Self> {
        let stays = |fact: &&Fact| !left_out.contains(&fact.position);
        let facts = self.timeline.facts()?.iter().filter(stays);
        let facts: Vec<Fact> = facts.cloned().collect();
        let held = fold(self.pilot.pilot, &facts);
        // What amends facts of other streams stays too.
        let amendments = self.timeline.amendments.values().filter(stays);
        let told: BTreeMap<Position, Fact> = amendments
            .cloned()
            .chain(facts)
            .map(|fact| (fact.position, fact))
            .collect();
        let mut timeline = Timeline::default();
        timeline.extend(told.into_values());
        let mut housed = Self::of(self.pilot.pilot, None, held, timeline);
        let mut dwellings = self.dwellings.clone();
        for (id, row) in &mut dwellings {
            let lived = housed.dwellings.remove(id);
            row.occupancies = lived.map(|row| row.occupancies).unwrap_or_default();
        }
        dwellings.append(&mut housed.dwellings);
        Some(Self {
            position: self.position,
            recorded_at: self.recorded_at,
            pilot: self.pilot.clone(),
            ledger: self.ledger.clone(),
            committee: self.committee.clone(),
            dwellings,
            pilot_agenda: self.pilot_agenda.clone(),
            pilot_quality: self.pilot_quality.clone(),
            ..housed
        })
    }

    /// The rows of all read models as they stand, all at the same position, with what the log had by then
    /// told of households.
    ///
    /// # Errors
    /// [`Error::Unsettled`] while some are being built anew, [`Error::Newer`], [`Error::Payload`] or
    /// [`Error::Stream`] for a fact that does not open, and faults of the database.
    pub async fn load(pool: &PgPool, log: LogId) -> Result<Self, Error> {
        let (at, held) = load(pool, log).await?;
        let last = at.and_then(|at| Some((at.position, at.recorded_at?)));
        let upto = last.map_or(0, |(position, _)| position);
        let mut timeline = Timeline::default();
        let mut batches = Reader::new(Source::whole(pool.clone())).range(log, 0, upto);
        while let Some(batch) = batches.next().await.transpose()? {
            let facts: Vec<Fact> = batch.iter().map(decode).collect::<Result<_, _>>()?;
            timeline.extend(facts);
        }
        timeline.marks.clone_from(&held.timeline);
        Ok(Self::of(PilotId(log), last, held, timeline))
    }
}

/// All rows that facts come to.
pub(crate) fn fold(pilot: PilotId, facts: &[Fact]) -> Held {
    let mut held = Held::from_the_first_fact();
    let mut work = Work::new(pilot, facts, &Model::ALL);
    // Nothing was there before: every history is at hand, and none is asked for.
    let none = Histories::new();
    held.asked(&work);
    held.apply(&mut work, &none);
    held.apply_to_dwellings(&work, &none);
    held.apply_to_timeline(facts);
    held
}

/// All rows of a log that are kept, and where they stand; none when nothing was ever folded.
pub(crate) async fn load(pool: &PgPool, log: LogId) -> Result<(Option<At>, Held), Error> {
    // One look at everything: a batch that is committed meanwhile does not show.
    let mut tx = pool
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    // Before the first look: a table that takes another's place after it would look empty.
    lock_tables(&mut tx).await?;
    let at = match checkpoint::read(&mut tx, log).await? {
        Standing::New => return Ok((None, Held::default())),
        Standing::At(at) if at.warm.len() < Model::ALL.len() => return Err(Error::Unsettled(None)),
        Standing::At(at) => at,
    };
    let mut held = load_all(&mut tx, log).await?;
    let rows = document::all::<Census>(&mut *tx, log).await?;
    held.dwellings.put_all(rows);
    held.timeline = timeline::all(&mut *tx, log).await?;
    tx.commit().await?;
    Ok((Some(at), held))
}

macro_rules! load {
    ($( $field:ident: $model:ty, )*) => {
        async fn load_all(conn: &mut PgConnection, log: LogId) -> Result<Held, Error> {
            let mut held = Held::default();
            $( held.$field.put_all(document::all::<$model>(&mut *conn, log).await?); )*
            Ok(held)
        }
    };
}
keyed!(load);

/// Keeps the tables as they are until the transaction ends.
async fn lock_tables(conn: &mut PgConnection) -> Result<(), Error> {
    let tables = Model::ALL.map(|model| format!("projections.{}", model.table()));
    let lock = format!("lock table {} in access share mode", tables.join(", "));
    // Names of tables from the list of models.
    sqlx::query(AssertSqlSafe(lock)).execute(conn).await?;
    Ok(())
}
