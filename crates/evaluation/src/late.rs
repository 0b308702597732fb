//! Late facts, and which indicators would be others without them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::{Event, Fact, PilotId, Position};
use projections::Snapshot;
use projections::quality::{LateRow, late, late_of_households};

use crate::context::Context;
use crate::{DefinitionSet, Indicator, Period, compute};

/// The most facts that are folded anew to find out what late facts move: each late fact takes the
/// whole history once. With a history of a thousand facts, three hundred late ones are traced, which took
/// 0.7 s when it was measured.
pub const MOST_REFOLDED_FACTS: usize = projections::timeline::MOST_FACTS;

/// Number of the indicator that counts late facts itself: it is not among those they move.
pub(crate) const LATE_FACTS: u16 = 40;

/// A late fact: recorded after a period was closed that holds the day it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateFact {
    /// Its place.
    pub position: Position,
    /// The day it is about.
    pub on: NaiveDate,
    /// Place of the closure it came after.
    pub closure: Position,
    /// Places of what it corrects or retracts.
    pub about: Vec<Position>,
    /// Numbers of the indicators whose figure, or a group's, would be another without it and what
    /// amends it; none when that was not found out.
    pub moves: Option<Vec<u16>>,
}

/// The late facts about days of the period, by position, with the indicators of that period which each
/// of them moves. What the pilot's own late facts move is not found out from a snapshot, which has
/// their rows only ([`late_facts_of`] does), nor is it beyond [`MOST_REFOLDED_FACTS`].
pub fn late_facts(set: &DefinitionSet, snapshot: &Snapshot, period: Period) -> Vec<LateFact> {
    let closures = &snapshot.pilot_quality.closures;
    if closures.is_empty() {
        return Vec::new();
    }
    let timeline = &snapshot.timeline;
    let late = late_of_households(closures, timeline);
    let facts = timeline.entries.len();
    let trace = Trace::new(set, snapshot, period, timeline.amendments.values(), facts);
    let mut found: Vec<LateFact> = trace
        .about_period(late)
        .enumerate()
        .map(|(index, row)| {
            let tried = index < trace.most_tried();
            let left_out = tried.then(|| trace.family(row.position));
            let variant = left_out.and_then(|left_out| snapshot.without(&left_out));
            let moves = variant.map(|variant| trace.moved(&variant));
            found(row, moves)
        })
        .collect();
    let own = trace.about_period(snapshot.pilot_quality.late.clone());
    found.extend(own.map(|row| self::found(row, None)));
    found.sort_by_key(|fact| fact.position);
    found
}

/// The same from a pilot's whole history: facts of every stream are traced, those of dwellings too.
pub fn late_facts_of(
    set: &DefinitionSet,
    pilot: PilotId,
    facts: &[Fact],
    period: Period,
) -> Vec<LateFact> {
    let snapshot = Snapshot::fold(pilot, facts);
    let entries: Vec<&Fact> = facts.iter().collect();
    let trace = Trace::new(set, &snapshot, period, facts, facts.len());
    trace
        .about_period(late(&snapshot.pilot_quality.closures, &entries))
        .enumerate()
        .map(|(index, row)| {
            let left_out = trace.family(row.position);
            let moves = (index < trace.most_tried()).then(|| {
                let known = facts
                    .iter()
                    .filter(|fact| !left_out.contains(&fact.position));
                let known: Vec<Fact> = known.cloned().collect();
                trace.moved(&Snapshot {
                    position: snapshot.position,
                    recorded_at: snapshot.recorded_at,
                    ..Snapshot::fold(pilot, &known)
                })
            });
            found(row, moves)
        })
        .collect()
}

fn found(row: LateRow, moves: Option<Vec<u16>>) -> LateFact {
    LateFact {
        position: row.position,
        on: row.on,
        closure: row.closure,
        about: row.about,
        moves,
    }
}

/// What the indicators are with all facts, to hold against what they are without some.
struct Trace<'a> {
    context: Context<'a>,
    base: Vec<Indicator>,
    /// What amends a fact directly.
    amended_by: BTreeMap<Position, Vec<Position>>,
    facts: usize,
}

impl<'a> Trace<'a> {
    /// With what amends others among some facts, and how many facts are folded anew each time.
    fn new<'f>(
        set: &'a DefinitionSet,
        snapshot: &'a Snapshot,
        period: Period,
        amendments: impl IntoIterator<Item = &'f Fact>,
        facts: usize,
    ) -> Self {
        let context = Context::new(set, snapshot, period);
        let mut amended_by: BTreeMap<Position, Vec<Position>> = BTreeMap::new();
        for fact in amendments {
            let target = match &fact.event {
                Event::RecordCorrected(corrected) => corrected.position,
                Event::RecordRetracted(retracted) => retracted.position,
                Event::RecordConfirmed(confirmed) => confirmed.position,
                _ => continue,
            };
            amended_by.entry(target).or_default().push(fact.position);
        }
        Self {
            base: others(&context),
            context,
            amended_by,
            facts,
        }
    }

    fn most_tried(&self) -> usize {
        MOST_REFOLDED_FACTS / self.facts.max(1)
    }

    /// Those about days that had come in the period.
    fn about_period(&self, rows: Vec<LateRow>) -> impl Iterator<Item = LateRow> {
        rows.into_iter()
            .filter(|row| self.context.in_period(row.on))
    }

    /// A fact with everything that amends it: a correction without its original would stand alone.
    fn family(&self, position: Position) -> BTreeSet<Position> {
        let mut family = BTreeSet::new();
        let mut next = vec![position];
        while let Some(position) = next.pop() {
            if family.insert(position) {
                next.extend(self.amended_by.get(&position).into_iter().flatten());
            }
        }
        family
    }

    /// Numbers of the indicators that are others in `variant`.
    fn moved(&self, variant: &Snapshot) -> Vec<u16> {
        let context = Context::new(self.context.set, variant, self.context.period);
        let figures = |of: &Indicator| {
            let groups: Vec<_> = of
                .groups
                .iter()
                .map(|g| (g.code, g.value.clone()))
                .collect();
            (of.value.clone(), groups)
        };
        self.base
            .iter()
            .zip(others(&context))
            .filter(|(base, variant)| figures(base) != figures(variant))
            .map(|(base, _)| base.number)
            .collect()
    }
}

/// Every indicator but that of late facts.
fn others(context: &Context<'_>) -> Vec<Indicator> {
    let definitions = context.set.definitions();
    definitions
        .filter(|definition| definition.number != LATE_FACTS)
        .map(|definition| compute(context, definition))
        .collect()
}
