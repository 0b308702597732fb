//! A batch of facts over the rows it touches: the one way in which rows come about, warm and cold.
//!
//! A row that is not there yet has its whole history in the batch. A row that is there goes on with
//! the batch's facts, unless one of them needs the history: then it is folded anew from all entries
//! of its stream.

use std::collections::{BTreeMap, BTreeSet};

use events::{DwellingId, Event, Fact, HouseholdId, PilotId, Position, Stream};

use crate::census::{self, DwellingRow};
use crate::households::{self, HouseholdRow};
use crate::pilots::{self, PilotRow};
use crate::timeline::{self, TimelineRow};

/// The facts of a batch by the rows they touch, in order of position.
#[derive(Default)]
pub(crate) struct Batch<'a> {
    pub(crate) facts: &'a [Fact],
    pub(crate) pilot: Vec<&'a Fact>,
    pub(crate) households: BTreeMap<HouseholdId, Vec<&'a Fact>>,
    pub(crate) dwellings: BTreeMap<DwellingId, Vec<&'a Fact>>,
}

/// The whole histories of streams, up to and including the batch.
pub(crate) type Histories = BTreeMap<Stream, Vec<Fact>>;

/// Households as the batch left them.
pub(crate) struct Housed {
    pub(crate) rows: BTreeMap<HouseholdId, HouseholdRow>,
    /// The dwellings in which a household's times are others than before, with those households.
    moved: BTreeMap<DwellingId, BTreeSet<HouseholdId>>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(facts: &'a [Fact]) -> Self {
        let mut batch = Self {
            facts,
            ..Self::default()
        };
        for fact in facts {
            let mut pilot = false;
            for stream in [&fact.stream].into_iter().chain(&fact.also) {
                match stream {
                    Stream::Pilot | Stream::Funding => pilot = true,
                    Stream::Household(id) => batch.households.entry(*id).or_default().push(fact),
                    Stream::Dwelling(id) => batch.dwellings.entry(*id).or_default().push(fact),
                    Stream::Committee | Stream::Person(_) => {}
                }
            }
            if pilot {
                batch.pilot.push(fact);
            }
        }
        batch
    }

    /// The earlier facts that facts of this batch correct or retract, itself not in the batch.
    pub(crate) fn targets(&self) -> Vec<Position> {
        let first = self.facts.first().map_or(0, |fact| fact.position);
        let targets = self
            .facts
            .iter()
            .filter_map(|fact| timeline::fold::target(&fact.event));
        let earlier: BTreeSet<Position> = targets.filter(|target| *target < first).collect();
        earlier.into_iter().collect()
    }

    /// The streams whose whole history the pilot's row needs, given whether it is there.
    pub(crate) fn pilot_streams(&self, there: bool) -> Vec<Stream> {
        if there && asks(&self.pilot, pilots::fold::needs_history) {
            return PILOT_STREAMS.to_vec();
        }
        Vec::new()
    }

    /// The streams whose whole history the rows of households need, given those that are there.
    pub(crate) fn household_streams(
        &self,
        there: &BTreeMap<HouseholdId, HouseholdRow>,
    ) -> Vec<Stream> {
        let asking = self.households.iter().filter(|(id, entries)| {
            there.contains_key(id) && asks(entries, households::fold::needs_history)
        });
        asking.map(|(id, _)| Stream::Household(*id)).collect()
    }

    /// The streams whose whole history the rows of dwellings need, given those that are there.
    pub(crate) fn dwelling_streams(
        &self,
        there: &BTreeMap<DwellingId, DwellingRow>,
    ) -> Vec<Stream> {
        let asking = self.dwellings.iter().filter(|(id, entries)| {
            there.get(id).is_some_and(folded) && asks(entries, census::fold::needs_history)
        });
        asking.map(|(id, _)| Stream::Dwelling(*id)).collect()
    }

    /// The pilot's row after the batch; none when the batch does not touch it.
    pub(crate) fn pilot(
        &self,
        pilot: PilotId,
        before: Option<PilotRow>,
        histories: &Histories,
    ) -> Option<PilotRow> {
        if self.pilot.is_empty() {
            return None;
        }
        match before {
            None => pilots::fold::fold(pilot, &self.pilot),
            Some(_) if asks(&self.pilot, pilots::fold::needs_history) => {
                let merged: BTreeMap<Position, &Fact> = PILOT_STREAMS
                    .iter()
                    .filter_map(|stream| histories.get(stream))
                    .flatten()
                    .map(|fact| (fact.position, fact))
                    .collect();
                let entries: Vec<&Fact> = merged.into_values().collect();
                pilots::fold::fold(pilot, &entries)
            }
            Some(row) => Some(pilots::fold::advance(row, &self.pilot)),
        }
    }

    /// The rows of the households that the batch touches, after it.
    pub(crate) fn households(
        &self,
        before: &BTreeMap<HouseholdId, HouseholdRow>,
        histories: &Histories,
    ) -> Housed {
        let mut housed = Housed {
            rows: BTreeMap::new(),
            moved: BTreeMap::new(),
        };
        for (id, entries) in &self.households {
            let row = match before.get(id) {
                None => households::fold::fold(*id, entries),
                Some(_) if asks(entries, households::fold::needs_history) => {
                    households::fold::fold(*id, &history(histories, Stream::Household(*id)))
                }
                Some(row) => Some(households::fold::advance(row.clone(), entries)),
            };
            let stays = |row: &HouseholdRow| -> Vec<_> {
                let ends = households::fold::endings(row);
                row.occupancies.iter().cloned().zip(ends).collect()
            };
            let was = before.get(id).map(stays).unwrap_or_default();
            let is = row.as_ref().map(stays).unwrap_or_default();
            if was != is {
                for (stay, _) in was.iter().chain(&is) {
                    housed.moved.entry(stay.dwelling).or_default().insert(*id);
                }
            }
            housed.rows.extend(row.map(|row| (*id, row)));
        }
        housed
    }

    /// The dwellings whose rows the batch or its households touch.
    pub(crate) fn touched(&self, housed: &Housed) -> BTreeSet<DwellingId> {
        self.dwellings
            .keys()
            .chain(housed.moved.keys())
            .copied()
            .collect()
    }

    /// The rows of the dwellings that the batch or its households touch, after it; none for one
    /// that nothing is known of any more.
    pub(crate) fn dwellings(
        &self,
        mut before: BTreeMap<DwellingId, DwellingRow>,
        histories: &Histories,
        housed: &Housed,
    ) -> BTreeMap<DwellingId, Option<DwellingRow>> {
        let mut rows: BTreeMap<DwellingId, DwellingRow> = BTreeMap::new();
        for id in self.touched(housed) {
            let row = before.remove(&id);
            let row = match self.dwellings.get(&id) {
                None => row,
                Some(entries) => Some(self.dwelling(id, entries, row, histories)),
            };
            rows.insert(id, row.unwrap_or_else(|| DwellingRow::new(id)));
        }
        for (dwelling, moved) in &housed.moved {
            if let Some(row) = rows.get_mut(dwelling) {
                let moved = moved.iter().filter_map(|id| housed.rows.get(id));
                census::fold::settle(row, &moved.collect::<Vec<_>>());
            }
        }
        let known = |row: DwellingRow| (folded(&row) || !row.occupancies.is_empty()).then_some(row);
        rows.into_iter().map(|(id, row)| (id, known(row))).collect()
    }

    fn dwelling(
        &self,
        id: DwellingId,
        entries: &[&Fact],
        before: Option<DwellingRow>,
        histories: &Histories,
    ) -> DwellingRow {
        let (own, occupancies) = match before {
            Some(row) if folded(&row) && !asks(entries, census::fold::needs_history) => {
                return census::fold::advance(row, entries);
            }
            Some(row) if folded(&row) => {
                let entries = history(histories, Stream::Dwelling(id));
                (census::fold::fold(id, &entries), row.occupancies)
            }
            Some(row) => (census::fold::fold(id, entries), row.occupancies),
            None => (census::fold::fold(id, entries), Vec::new()),
        };
        let own = own.unwrap_or_else(|| DwellingRow::new(id));
        DwellingRow { occupancies, ..own }
    }

    /// The rows of the timeline that are new or that the batch marks.
    pub(crate) fn timeline(
        &self,
        before: BTreeMap<Position, TimelineRow>,
    ) -> BTreeMap<Position, TimelineRow> {
        let mut rows = before;
        for fact in self.facts {
            rows.extend(timeline::fold::row(fact).map(|row| (row.position, row)));
            if let Some(row) = timeline::fold::target(&fact.event).and_then(|at| rows.get_mut(&at))
            {
                timeline::fold::mark(row, fact);
            }
        }
        rows
    }
}

/// The streams the pilot's row is folded from.
pub(crate) const PILOT_STREAMS: [Stream; 2] = [Stream::Pilot, Stream::Funding];

/// Was anything of the dwelling's own stream folded into its row? If not, it is only there because
/// a household lives in it.
fn folded(row: &DwellingRow) -> bool {
    row.position > 0
}

fn asks(entries: &[&Fact], needs_history: fn(&Event) -> bool) -> bool {
    entries.iter().any(|fact| needs_history(&fact.event))
}

fn history(histories: &Histories, stream: Stream) -> Vec<&Fact> {
    histories.get(&stream).into_iter().flatten().collect()
}
