//! Rows in memory, and facts over them: the one way in which rows come about, warm and cold.
//!
//! A row that is not there yet has its whole history in the facts at hand. A row that is there goes on
//! with them, unless one of them needs the history: then it is folded anew from all entries of its
//! streams.
//!
//! Whoever folds goes through the same steps: which rows are [`absent`](Held::absent)? Which
//! histories are [asked](Held::asked) for? [`apply`](Held::apply). Then the same for the dwellings,
//! which need the households' rows, and the timeline, which takes each fact by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use events::{DwellingId, Fact, HouseholdId, PilotId, Position, Stream};

use crate::Model;
use crate::census::{self, Census, DwellingRow};
use crate::document::{Document, Keyed, keyed};
use crate::households::Stay;
use crate::timeline::{self, Marks};

/// The whole histories of streams, up to and including the facts at hand.
pub(crate) type Histories = BTreeMap<Stream, Vec<Fact>>;

/// Facts by the rows they touch, in order of position.
pub(crate) type Touched<'a, K> = BTreeMap<K, Vec<&'a Fact>>;

macro_rules! held {
    ($( $field:ident: $model:ty, )*) => {
        /// Rows of all models of one log that are in memory.
        #[derive(Default)]
        pub(crate) struct Held {
            $( pub(crate) $field: Slots<$model>, )*
            pub(crate) dwellings: Slots<Census>,
            /// Marks that were not written yet.
            pub(crate) timeline: BTreeMap<Position, Marks>,
        }

        /// Facts at hand, by the rows they touch that were not folded yet.
        pub(crate) struct Work<'a> {
            pub(crate) facts: &'a [Fact],
            $( pub(crate) $field: Touched<'a, <$model as Document>::Key>, )*
            pub(crate) dwellings: Touched<'a, DwellingId>,
            moved: Moved,
        }

        impl<'a> Work<'a> {
            /// Work for some models.
            pub(crate) fn new(pilot: PilotId, facts: &'a [Fact], models: &[Model]) -> Self {
                let streams = by_stream(facts);
                let mut work = Self {
                    facts,
                    $( $field: Touched::new(), )*
                    dwellings: Touched::new(),
                    moved: BTreeMap::new(),
                };
                $( if models.contains(&<$model>::MODEL) {
                    work.$field = touched::<$model>(pilot, &streams);
                } )*
                if models.contains(&Model::Census) {
                    work.dwellings = by_dwelling(&streams);
                }
                work
            }
        }

        impl Held {
            /// Rows of a log of which nothing was written yet: what is not here is nowhere.
            pub(crate) fn from_the_first_fact() -> Self {
                Self {
                    $( $field: Slots::whole(), )*
                    dwellings: Slots::whole(),
                    ..Self::default()
                }
            }

            /// The streams whose whole histories the rows touched need. All that are there must have
            /// been put here before.
            pub(crate) fn asked(&mut self, work: &Work<'_>) -> BTreeSet<Stream> {
                let first = work.facts.first().map_or(0, |fact| fact.position);
                let mut streams = BTreeSet::new();
                $( streams.extend(self.$field.asked(&work.$field, first)); )*
                streams
            }

            /// Folds the rows whose histories are there, and those that need none.
            pub(crate) fn apply(&mut self, work: &mut Work<'_>, histories: &Histories) {
                let mut stays = BTreeMap::new();
                $( self.$field.apply(&mut work.$field, histories, |key, row| {
                    <$model as Keyed>::seen(key, row, &mut stays, &mut work.moved);
                }); )*
            }

            /// How many facts the rows in memory were folded from.
            pub(crate) fn entries(&self) -> usize {
                0 $( + self.$field.entries )* + self.dwellings.entries + self.timeline.len()
            }

            /// How many rows are in memory.
            #[cfg(test)]
            pub(crate) fn count(&self) -> usize {
                0 $( + self.$field.slots.len() )* + self.dwellings.slots.len()
            }

            /// Forgets rows that are written, those first that were not used for longest, until no more
            /// than so many facts are behind those that stay.
            pub(crate) fn forget(&mut self, most: usize) {
                let mut used: Vec<(Position, usize)> = Vec::new();
                $( used.extend(self.$field.uses()); )*
                used.extend(self.dwellings.uses());
                used.sort_unstable();
                let mut left: usize = used.iter().map(|(_, entries)| entries).sum();
                let mut before = 0;
                for (position, entries) in used {
                    if left <= most {
                        break;
                    }
                    left -= entries;
                    before = position;
                }
                if before > 0 {
                    $( self.$field.forget(before); )*
                    self.dwellings.forget(before);
                }
            }
        }
    };
}
keyed!(held);

impl Held {
    /// The dwellings whose rows the facts or their households touch.
    pub(crate) fn touched(work: &Work<'_>) -> BTreeSet<DwellingId> {
        let moved = work.moved.keys();
        work.dwellings.keys().chain(moved).copied().collect()
    }

    /// The streams whose whole histories the dwellings touched need.
    pub(crate) fn asked_for_dwellings(&mut self, work: &Work<'_>) -> BTreeSet<Stream> {
        let slots = &self.dwellings.slots;
        let asking = work.dwellings.iter().filter(|(id, entries)| {
            let row = slots.get(id).and_then(|slot| slot.row.as_ref());
            row.is_some_and(folded) && asks(entries)
        });
        asking.map(|(id, _)| Stream::Dwelling(*id)).collect()
    }

    /// Folds the dwellings that the facts or their households touch; nothing is left of one that
    /// nothing is known of any more.
    pub(crate) fn apply_to_dwellings(&mut self, work: &Work<'_>, histories: &Histories) {
        for id in Self::touched(work) {
            let before = self.dwellings.take(id);
            let entries = work.dwellings.get(&id);
            let row = match entries {
                None => before,
                Some(entries) => Some(dwelling(id, entries, before, histories)),
            };
            let mut row = row.unwrap_or_else(|| DwellingRow::new(id));
            if let Some(moved) = work.moved.get(&id) {
                let rows = moved.iter().filter_map(|id| self.households.row(id));
                census::fold::settle(&mut row, &rows.collect::<Vec<_>>());
            }
            let known = folded(&row) || !row.occupancies.is_empty();
            let last = work.facts.last().map_or(0, |fact| fact.position);
            let entries = entries.map_or(1, Vec::len);
            self.dwellings.set(id, known.then_some(row), last, entries);
        }
    }

    /// Marks the facts that these correct, retract or confirm.
    pub(crate) fn apply_to_timeline(&mut self, facts: &[Fact]) {
        for fact in facts {
            if let Some((target, how)) = timeline::fold::mark(fact) {
                let marks = self.timeline.entry(target).or_default();
                marks.add(how, fact.position);
            }
        }
    }
}

/// Where households lived before they were folded on.
pub(crate) type Stays = BTreeMap<HouseholdId, Vec<Stay>>;
/// The dwellings in which a household's times are others than before, with those households.
pub(crate) type Moved = BTreeMap<DwellingId, BTreeSet<HouseholdId>>;

/// The rows of one model that are in memory.
pub(crate) struct Slots<D: Document> {
    slots: HashMap<D::Key, Slot<D>>,
    /// What is not here is nowhere, but for what was forgotten.
    whole: bool,
    forgotten: HashSet<D::Key>,
    /// How many facts the rows were folded from.
    entries: usize,
}

struct Slot<D: Document> {
    row: Option<D::Row>,
    /// None for a row that was not in memory since its first fact.
    past: Option<D::Past>,
    /// The facts at hand need the row's history.
    asks: bool,
    /// The table has it.
    stored: bool,
    /// It was folded on since the table got it.
    changed: bool,
    entries: usize,
    /// The last of the facts with which it was used.
    used: Position,
}

/// How many facts a row counts for that was read from a table.
const ENTRIES_OF_A_ROW_READ: usize = 100;

impl<D: Document> Default for Slots<D> {
    fn default() -> Self {
        Self {
            slots: HashMap::new(),
            whole: false,
            forgotten: HashSet::new(),
            entries: 0,
        }
    }
}

impl<D: Document> Slots<D> {
    fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// The keys whose rows have to be looked for in the table.
    pub(crate) fn absent(&self, keys: impl Iterator<Item = D::Key>) -> Vec<D::Key> {
        keys.filter(|key| {
            !self.slots.contains_key(key) && (!self.whole || self.forgotten.contains(key))
        })
        .collect()
    }

    /// Takes rows in that the table has, of the keys that were looked for.
    pub(crate) fn put(&mut self, keys: &[D::Key], rows: Vec<D::Row>) {
        for key in keys {
            self.forgotten.remove(key);
            self.slots.insert(*key, Slot::new(None));
        }
        for row in rows {
            if let Some(slot) = self.slots.get_mut(&D::key(&row)) {
                slot.row = Some(row);
                slot.stored = true;
                slot.entries = ENTRIES_OF_A_ROW_READ;
                self.entries += ENTRIES_OF_A_ROW_READ;
            }
        }
    }

    /// Takes all rows of a log in, as the table has them.
    pub(crate) fn put_all(&mut self, rows: Vec<D::Row>) {
        let keys: Vec<D::Key> = rows.iter().map(D::key).collect();
        self.put(&keys, rows);
    }

    /// What is to be written: none for a row that is to be removed.
    pub(crate) fn changed(&self) -> Vec<(D::Key, Option<&D::Row>)> {
        let mut changed: Vec<_> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.changed && (slot.row.is_some() || slot.stored))
            .map(|(key, slot)| (*key, slot.row.as_ref()))
            .collect();
        // Two who write the same rows take them in the same order.
        changed.sort_by_key(|(key, _)| *key);
        changed
    }

    /// Rows to be written that no table has yet.
    pub(crate) fn fresh(&self) -> Vec<(D::Key, &D::Row)> {
        let fresh = self.slots.iter().filter(|(_, slot)| slot.is_fresh());
        let rows = fresh.filter_map(|(key, slot)| Some((*key, slot.row.as_ref()?)));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(key, _)| *key);
        rows
    }

    /// Those are written.
    pub(crate) fn fresh_are_written(&mut self) {
        for slot in self.slots.values_mut().filter(|slot| slot.is_fresh()) {
            slot.changed = false;
            slot.stored = slot.row.is_some();
        }
    }

    /// Everything is written.
    pub(crate) fn written(&mut self) {
        for slot in self.slots.values_mut() {
            slot.changed = false;
            slot.stored = slot.row.is_some();
        }
    }

    /// Was this key looked for before?
    pub(crate) fn has(&self, key: &D::Key) -> bool {
        self.slots.contains_key(key)
    }

    /// Takes a row in, with what is remembered of its past, since its first fact.
    pub(crate) fn put_known(&mut self, key: D::Key, row: Option<D::Row>, past: D::Past) {
        let stored = row.is_some();
        let mut slot = Slot::new(Some(past));
        (slot.row, slot.stored) = (row, stored);
        self.slots.insert(key, slot);
    }

    /// Everything that is here: rows, and what is remembered of their pasts.
    pub(crate) fn into_known(self) -> impl Iterator<Item = (D::Key, Option<D::Row>, D::Past)> {
        let slots = self.slots.into_iter();
        slots.map(|(key, slot)| (key, slot.row, slot.past.unwrap_or_default()))
    }

    /// All rows that are there.
    pub(crate) fn into_rows(self) -> BTreeMap<D::Key, D::Row> {
        let rows = self.slots.into_iter();
        rows.filter_map(|(key, slot)| Some((key, slot.row?)))
            .collect()
    }

    fn row(&self, key: &D::Key) -> Option<&D::Row> {
        self.slots.get(key)?.row.as_ref()
    }

    fn slot(&mut self, key: D::Key) -> &mut Slot<D> {
        let past = self.whole.then(D::Past::default);
        self.slots.entry(key).or_insert_with(|| Slot::new(past))
    }

    fn take(&mut self, key: D::Key) -> Option<D::Row> {
        self.slots.get_mut(&key)?.row.take()
    }

    fn set(&mut self, key: D::Key, row: Option<D::Row>, used: Position, entries: usize) {
        let slot = self.slot(key);
        slot.row = row;
        slot.changed = true;
        slot.used = used;
        slot.entries += entries;
        self.entries += entries;
    }

    /// When rows were last used, with the facts behind each; only those that are written.
    fn uses(&self) -> impl Iterator<Item = (Position, usize)> {
        let slots = self.slots.values().filter(|slot| !slot.changed);
        slots.map(|slot| (slot.used, slot.entries))
    }

    fn forget(&mut self, upto: Position) {
        let Self {
            slots,
            forgotten,
            entries,
            ..
        } = self;
        slots.retain(|key, slot| {
            let stays = slot.changed || slot.used > upto;
            if !stays {
                forgotten.insert(*key);
                *entries -= slot.entries;
            }
            stays
        });
    }
}

impl<D: Document> Slot<D> {
    fn is_fresh(&self) -> bool {
        self.changed && !self.stored
    }

    fn new(past: Option<D::Past>) -> Self {
        Self {
            row: None,
            past,
            asks: false,
            stored: false,
            changed: false,
            entries: 0,
            used: 0,
        }
    }
}

impl<M: Keyed> Slots<M> {
    fn asked(&mut self, touched: &Touched<'_, M::Key>, first: Position) -> BTreeSet<Stream> {
        let mut streams = BTreeSet::new();
        for (key, entries) in touched {
            let slot = self.slot(*key);
            slot.asks = match &mut slot.past {
                // Every fact is to be remembered, also after the first that asks.
                Some(past) => entries.iter().fold(false, |asks, fact| {
                    let this = M::asks(past, &fact.event);
                    asks || this
                }),
                None => entries.iter().any(|fact| M::needs_history(&fact.event)),
            };
            if slot.row.is_none() {
                // Its history is at hand, unless there was one that came to nothing.
                slot.asks = entries.iter().any(|fact| {
                    let target = timeline::fold::target(&fact.event);
                    target.is_some_and(|target| 0 < target && target < first)
                });
            }
            if slot.asks {
                streams.extend(M::streams(*key));
            }
        }
        streams
    }

    fn apply(
        &mut self,
        touched: &mut Touched<'_, M::Key>,
        histories: &Histories,
        mut seen: impl FnMut(M::Key, Option<&M::Row>),
    ) {
        touched.retain(|key, entries| {
            let slot = self.slot(*key);
            let asks = slot.asks;
            if asks && !M::streams(*key).iter().all(|s| histories.contains_key(s)) {
                return true;
            }
            seen(*key, slot.row.as_ref());
            let row = match slot.row.take() {
                _ if asks => M::fold(*key, &merged(histories, &M::streams(*key))),
                None => M::fold(*key, entries),
                Some(row) => Some(M::advance(row, entries)),
            };
            seen(*key, row.as_ref());
            let used = entries.last().map_or(0, |fact| fact.position);
            self.set(*key, row, used, entries.len());
            false
        });
    }
}

/// Facts by the streams they are entries of.
fn by_stream(facts: &[Fact]) -> HashMap<Stream, Vec<&Fact>> {
    let mut found: HashMap<Stream, Vec<&Fact>> = HashMap::new();
    for fact in facts {
        for stream in [&fact.stream].into_iter().chain(&fact.also) {
            let entries = found.entry(*stream).or_default();
            // It may name a stream twice.
            if entries
                .last()
                .is_none_or(|last| last.position < fact.position)
            {
                entries.push(fact);
            }
        }
    }
    found
}

fn touched<'a, M: Keyed>(
    pilot: PilotId,
    streams: &HashMap<Stream, Vec<&'a Fact>>,
) -> Touched<'a, M::Key> {
    let mut touched: Touched<'a, M::Key> = Touched::new();
    for (stream, facts) in streams {
        if let Some(key) = M::entry(pilot, *stream) {
            let entries = touched.entry(key).or_default();
            let again = !entries.is_empty();
            entries.extend(facts);
            if again {
                // They may be entries of several of the key's streams.
                entries.sort_by_key(|fact| fact.position);
                entries.dedup_by_key(|fact| fact.position);
            }
        }
    }
    touched
}

fn by_dwelling<'a>(streams: &HashMap<Stream, Vec<&'a Fact>>) -> Touched<'a, DwellingId> {
    let of_dwellings = streams.iter().filter_map(|(stream, facts)| match stream {
        Stream::Dwelling(id) => Some((*id, facts.clone())),
        _ => None,
    });
    of_dwellings.collect()
}

/// The dwelling's row with further entries; who lived in it stays as it was.
fn dwelling(
    id: DwellingId,
    entries: &[&Fact],
    before: Option<DwellingRow>,
    histories: &Histories,
) -> DwellingRow {
    let (own, occupancies) = match before {
        Some(row) if folded(&row) && !asks(entries) => return census::fold::advance(row, entries),
        Some(row) if folded(&row) => {
            let entries = merged(histories, &[Stream::Dwelling(id)]);
            (census::fold::fold(id, &entries), row.occupancies)
        }
        Some(row) => (census::fold::fold(id, entries), row.occupancies),
        None => (census::fold::fold(id, entries), Vec::new()),
    };
    let own = own.unwrap_or_else(|| DwellingRow::new(id));
    DwellingRow { occupancies, ..own }
}

/// Was anything of the dwelling's own stream folded into its row? If not, it is only there because
/// a household lives in it.
fn folded(row: &DwellingRow) -> bool {
    row.position > 0
}

fn asks(entries: &[&Fact]) -> bool {
    let mut events = entries.iter().map(|fact| &fact.event);
    events.any(census::fold::needs_history)
}

/// The entries of some streams, each once, in order of position.
fn merged<'a>(histories: &'a Histories, streams: &[Stream]) -> Vec<&'a Fact> {
    let entries = streams.iter().filter_map(|stream| histories.get(stream));
    if let [_] = streams {
        return entries.flatten().collect();
    }
    let merged: BTreeMap<Position, &Fact> = entries
        .flatten()
        .map(|fact| (fact.position, fact))
        .collect();
    merged.into_values().collect()
}
