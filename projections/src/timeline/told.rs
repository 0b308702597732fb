//! The history of all households in memory, as much of it as questions about the past take.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::{Event, Fact, Position, Stream, effective};

use super::{Marks, fold};

/// The most facts of households that a [`Timeline`] keeps whole.
pub const MOST_FACTS: usize = 300_000;

/// What was told of households, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The facts that others name, of any stream.
    pub marks: BTreeMap<Position, Marks>,
    /// Every fact of a household, in order of position.
    pub entries: Vec<Entry>,
    /// The facts that correct, retract or confirm others, of any stream.
    pub amendments: BTreeMap<Position, Fact>,
    /// The facts of households themselves, in order of position; none when there are more than
    /// [`MOST_FACTS`].
    facts: Option<Vec<Fact>>,
}

/// One fact of a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub position: Position,
    /// When it happened, as recorded.
    pub on: NaiveDate,
    /// The day (UTC) it was first written down: elsewhere if it was brought over, else here.
    pub written: NaiveDate,
}

/// One fact of a household as it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its place.
    pub position: Position,
    /// Place of the correction that stands for it.
    pub corrected_by: Option<Position>,
    /// When it happened, as corrected.
    pub on: NaiveDate,
    /// The day (UTC) it was first written down.
    pub written: NaiveDate,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            marks: BTreeMap::new(),
            entries: Vec::new(),
            amendments: BTreeMap::new(),
            facts: Some(Vec::new()),
        }
    }
}

impl Timeline {
    /// Takes the next facts of a log in.
    pub(crate) fn extend(&mut self, facts: impl IntoIterator<Item = Fact>) {
        for mut fact in facts {
            let whose = matches!(fact.stream, Stream::Household(_));
            // Only households are told of.
            fact.also.retain(|it| matches!(it, Stream::Household(_)));
            if let Some((target, how)) = fold::mark(&fact) {
                let marks = self.marks.entry(target).or_default();
                marks.add(how, fact.position);
            }
            if fold::target(&fact.event).is_some() {
                self.amendments.insert(fact.position, fact.clone());
            }
            if !whose {
                continue;
            }
            self.entries.push(Entry {
                position: fact.position,
                on: fact.occurred_on,
                written: written(&fact),
            });
            if self.entries.len() > MOST_FACTS {
                self.facts = None;
            }
            if let Some(facts) = &mut self.facts {
                facts.push(fact);
            }
        }
    }

    /// The facts of households, in order of position; none when there are more than [`MOST_FACTS`].
    pub fn facts(&self) -> Option<&[Fact]> {
        self.facts.as_deref()
    }

    /// The facts of households as they count, in order of position.
    pub fn standing(&self) -> Vec<Standing> {
        let of_households: Vec<Fact> = self
            .amendments
            .values()
            .filter(|fact| matches!(fact.stream, Stream::Household(_)))
            .cloned()
            .collect();
        let gone = gone(&of_households);
        // Of what is corrected only its place is looked at here: the originals are among the entries.
        let mut corrected: BTreeMap<Position, Standing> = BTreeMap::new();
        for fact in effective(&of_households) {
            let written = fact.entered_at.unwrap_or(fact.recorded_at).date_naive();
            let standing = Standing {
                position: fact.position,
                corrected_by: fact.corrected_by,
                on: fact.occurred_on,
                written,
            };
            corrected.insert(fact.position, standing);
        }
        let mut standing = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let position = entry.position;
            if gone.contains(&position) || self.amendments.contains_key(&position) {
                continue;
            }
            let correction = corrected.remove(&position);
            standing.push(Standing {
                position,
                corrected_by: correction.and_then(|it| it.corrected_by),
                on: correction.map_or(entry.on, |it| it.on),
                written: entry.written,
            });
        }
        if !corrected.is_empty() {
            // Those that a correction brought here from elsewhere.
            standing.extend(corrected.into_values());
            standing.sort_by_key(|fact| fact.position);
        }
        standing
    }

    /// The corrections that stand, by the place of what they correct, of every stream.
    pub fn corrections(&self) -> BTreeMap<Position, Position> {
        let amendments: Vec<Fact> = self.amendments.values().cloned().collect();
        effective(&amendments)
            .into_iter()
            .filter_map(|fact| Some((fact.position, fact.corrected_by?)))
            .collect()
    }
}

/// The facts that retractions take out, but for retractions that were themselves taken back.
fn gone(amendments: &[Fact]) -> BTreeSet<Position> {
    let mut gone = BTreeSet::new();
    for fact in amendments.iter().rev() {
        if let Event::RecordRetracted(retracted) = &fact.event
            && !gone.contains(&fact.position)
        {
            gone.insert(retracted.position);
        }
    }
    gone
}

fn written(fact: &Fact) -> NaiveDate {
    fact.entered_at.unwrap_or(fact.recorded_at).date_naive()
}
