//! The histories a decision looks at.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::{Event, Fact, PilotId, Position, Stream};

use crate::{Command, links};

/// The streams a decision looks at: recorded facts in stream order, own and linked entries.
#[derive(Clone, Debug)]
pub struct View {
    pilot: PilotId,
    streams: BTreeMap<Stream, Vec<Fact>>,
    targets: BTreeMap<Position, Fact>,
}

/// What a correction, a retraction or a confirmation is about.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The fact it names.
    pub(crate) named: &'a Fact,
    /// The fact that this comes down to, through corrections, confirmations and retractions.
    pub(crate) original: &'a Fact,
}

impl View {
    /// A view of `pilot` that holds nothing yet.
    pub fn new(pilot: PilotId) -> Self {
        Self {
            pilot,
            streams: BTreeMap::new(),
            targets: BTreeMap::new(),
        }
    }

    /// The pilot.
    pub fn pilot(&self) -> PilotId {
        self.pilot
    }

    /// Adds a stream with all its entries, in order of position; none for a stream not begun.
    pub fn insert(&mut self, stream: Stream, facts: Vec<Fact>) {
        self.streams.insert(stream, facts);
    }

    /// Is `stream` loaded?
    pub fn contains(&self, stream: Stream) -> bool {
        self.streams.contains_key(&stream)
    }

    /// Adds the fact that a correction, a retraction or a confirmation names and, when that one names a fact in
    /// turn, that fact too, and so on. To be done before [`missing`](Self::missing).
    pub fn add_target(&mut self, fact: Fact) {
        self.targets.insert(fact.position, fact);
    }

    /// The streams still needed to decide `command`; load them and ask again until there are none.
    pub fn missing(&self, command: &Command) -> Vec<Stream> {
        let mut needed = self.needed(command);
        needed.retain(|stream| !self.contains(*stream));
        needed.into_iter().collect()
    }

    fn needed(&self, command: &Command) -> BTreeSet<Stream> {
        let mut needed = BTreeSet::from([Stream::Pilot]);
        let (own, changed) = match named_position(&command.event) {
            Some(position) => match self.target(position) {
                Ok(target) => (Some(target.original.stream), self.changed_by(position)),
                Err(_) => return needed,
            },
            None => (command.event.stream(), Some(&command.event)),
        };
        let Some(own) = own else { return needed };
        needed.insert(own);
        // What is confirmed stays what and where it was.
        let is_confirmed = matches!(command.event, Event::RecordConfirmed(_));
        let Some(changed) = changed.filter(|_| !is_confirmed) else {
            return needed;
        };
        match own {
            Stream::Pilot if is_relied_on(changed) => {
                needed.extend([Stream::Funding, Stream::Committee]);
            }
            // Households that moved in did so while it was available.
            Stream::Dwelling(_) => needed.extend(self.households_in(own)),
            Stream::Household(_) if links::is_about_whereabouts(changed) && self.contains(own) => {
                for concerned in self.also(own, &command.event, command.occurred_on) {
                    needed.insert(concerned);
                    if may_meet_others(&command.event, concerned) {
                        needed.extend(self.households_in(concerned));
                    }
                }
            }
            _ => {}
        }
        needed
    }

    /// The further streams that `event` concerns when it is about whereabouts in a household.
    pub(crate) fn also(&self, own: Stream, event: &Event, on: NaiveDate) -> BTreeSet<Stream> {
        match own {
            Stream::Household(household) => links::also(household, self.facts(own), event, on),
            _ => BTreeSet::new(),
        }
    }

    /// Entries of a stream; none when it is not loaded.
    pub(crate) fn facts(&self, stream: Stream) -> &[Fact] {
        self.streams.get(&stream).map_or(&[], Vec::as_slice)
    }

    /// Every loaded stream.
    pub(crate) fn streams(&self) -> impl Iterator<Item = (Stream, &[Fact])> {
        self.streams
            .iter()
            .map(|(&stream, facts)| (stream, facts.as_slice()))
    }

    /// The households whose facts are entries of `stream`. Their own streams say when they come
    /// and go: of a household that was there only through a correction, not every fact is here.
    fn households_in(&self, stream: Stream) -> impl Iterator<Item = Stream> {
        let owners = self.facts(stream).iter().map(|fact| fact.stream);
        owners.filter(|owner| matches!(owner, Stream::Household(_)))
    }

    /// What the correction, retraction or confirmation of `position` is about.
    ///
    /// # Errors
    /// The position at which there is no fact.
    pub(crate) fn target(&self, position: Position) -> Result<Target<'_>, Position> {
        let at = |position: Position| self.targets.get(&position).ok_or(position);
        let named = at(position)?;
        let mut original = named;
        while let Some(earlier) = named_position(&original.event) {
            if earlier >= original.position {
                return Err(earlier);
            }
            original = at(earlier)?;
        }
        Ok(Target { named, original })
    }

    /// What the correction or retraction of `position` changes: the original fact, or nothing that
    /// counts when a confirmation of it is taken back, or taken back and brought back.
    pub(crate) fn changed_by(&self, position: Position) -> Option<&Event> {
        let mut fact = self.targets.get(&position)?;
        while let Some(earlier) = named_position(&fact.event) {
            if matches!(fact.event, Event::RecordConfirmed(_)) {
                return None;
            }
            fact = self
                .targets
                .get(&earlier)
                .filter(|earlier| earlier.position < fact.position)?;
        }
        Some(&fact.event)
    }
}

/// The position that a correction, a retraction or a confirmation names.
pub fn named_position(event: &Event) -> Option<Position> {
    match event {
        Event::RecordConfirmed(confirmation) => Some(confirmation.position),
        Event::RecordCorrected(correction) => Some(correction.position),
        Event::RecordRetracted(retraction) => Some(retraction.position),
        _ => None,
    }
}

/// Do the money and the committee rely on this fact of the pilot's, or it on them?
fn is_relied_on(event: &Event) -> bool {
    matches!(
        event,
        Event::PilotOpened(_)
            | Event::PilotClosed(_)
            | Event::PartnerJoined(_)
            | Event::PartnerLeft(_)
            | Event::PhaseExtended(_)
    )
}

/// Can `event` bring its household together with another one in `concerned`? Facts that only
/// shorten a stay cannot.
fn may_meet_others(event: &Event, concerned: Stream) -> bool {
    match event {
        Event::Admission(_) | Event::RecordCorrected(_) | Event::RecordRetracted(_) => true,
        Event::HouseholdMemberJoined(_) => matches!(concerned, Stream::Person(_)),
        Event::DwellingChanged(changed) => concerned == Stream::Dwelling(changed.dwelling),
        _ => false,
    }
}
