//! What is held about persons: who they are by id, and everything about one of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::{Reader, Recorded};
use events::access::{AccessEvent, ExportTaken, without_access_logs};
use events::codes::{DataGroup, Relation};
use events::{
    Answer, Event, HouseholdId, Member, PersonId, PilotId, Position, SealedBytes, Stream,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{App, Error, Reading};

/// What is held about one person in one pilot, without anything personal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The households she was in.
    pub households: BTreeSet<HouseholdId>,
    /// Those of them that she headed at any time.
    pub heads: BTreeSet<HouseholdId>,
    /// Those of them that she came to as somebody's child.
    pub child_in: BTreeSet<HouseholdId>,
    /// Facts with text that is sealed under her key.
    pub sealed_in: BTreeSet<Position>,
}

/// Everything held about one person.
#[derive(Clone, Debug, Serialize)]
pub struct Export {
    /// Who.
    pub person: PersonId,
    /// When it was put together.
    pub taken_at: DateTime<Utc>,
    /// By pilot.
    pub pilots: Vec<ExportedLog>,
}

/// What one pilot holds about her.
#[derive(Clone, Debug, Serialize)]
pub struct ExportedLog {
    /// The pilot.
    pub pilot: PilotId,
    /// Its title.
    pub title: Option<String>,
    /// Facts about her, in order.
    pub facts: Vec<ExportedFact>,
    /// Who read her data, took copies, placed restrictions.
    pub access: Vec<ExportedFact>,
}

/// One fact, its text in the clear as far as it is hers.
#[derive(Clone, Debug, Serialize)]
pub struct ExportedFact {
    /// Its id.
    pub id: Uuid,
    /// Its place in its log.
    pub position: Position,
    /// Its type.
    pub kind: String,
    /// The shape it was recorded in.
    pub shape: i16,
    /// The type's name in Italian and in English.
    pub label: (&'static str, &'static str),
    /// The day it happened.
    pub occurred_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it: an id, never a name.
    pub actor: String,
    /// What happened.
    pub data: Value,
}

impl App {
    /// The pilots of the installation: every log but those for access.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn pilot_logs(&self) -> Result<Vec<PilotId>, Error> {
        let logs = self.whole().ids().await?;
        let pilots = without_access_logs(&logs).into_iter();
        Ok(pilots.map(PilotId).collect())
    }

    /// Everybody that a pilot's log speaks of, corrections and what they replaced included.
    /// Households whose notes are sealed under a key of their own are in it by their id.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn persons(&self, pilot: PilotId) -> Result<BTreeMap<PersonId, Held>, Error> {
        self.persons_through(self.whole(), pilot).await
    }

    /// The same, as far as somebody sees.
    pub(crate) async fn persons_through(
        &self,
        reader: &Reader,
        pilot: PilotId,
    ) -> Result<BTreeMap<PersonId, Held>, Error> {
        let mut persons: BTreeMap<PersonId, Held> = BTreeMap::new();
        let mut after = 0;
        loop {
            let batch = reader.read(pilot.0, after, eventlog::READ_BATCH).await?;
            let Some(last) = batch.last() else { break };
            after = last.position;
            for recorded in &batch {
                each_sealed(&recorded.payload.value(), &mut |bytes, _| {
                    let held = persons.entry(bytes.person).or_default();
                    held.sealed_in.insert(recorded.position);
                });
                let fact = projections::decode(recorded)?;
                each_member(&fact.event, &mut |household, member| {
                    let held = persons.entry(member.person).or_default();
                    held.households.insert(household);
                    match member.relation {
                        Answer::Known(Relation::Head) => _ = held.heads.insert(household),
                        Answer::Known(Relation::Child) => _ = held.child_in.insert(household),
                        _ => {}
                    }
                });
            }
        }
        // Who became the head later, when another left.
        let snapshot = self.snapshot(pilot, None).await?;
        for (household, row) in &snapshot.households {
            for member in row.members.iter().filter(|member| member.head) {
                let held = persons.entry(member.person).or_default();
                held.heads.insert(*household);
            }
        }
        Ok(persons)
    }

    /// Everything held about a person, in every pilot, after recording in their access logs that it
    /// was taken. Texts about others in the same facts stay closed, and so do other members.
    ///
    /// # Errors
    /// [`Error::UnknownPerson`], [`Error::Forgotten`], faults.
    pub async fn export_person(
        &self,
        actor: &str,
        purpose: events::codes::ReadPurpose,
        person: PersonId,
    ) -> Result<Export, Error> {
        let (forgotten, _) = self.vault().known(&[person]).await?;
        if forgotten.contains(&person) {
            return Err(Error::Forgotten { person });
        }
        let mut pilots = Vec::new();
        for pilot in self.pilot_logs().await? {
            let persons = self.persons(pilot).await?;
            if let Some(held) = persons.get(&person) {
                let reading = Reading {
                    pilot,
                    actor: actor.to_owned(),
                    purpose,
                };
                pilots.push(self.export_log(&reading, person, held).await?);
            }
        }
        if pilots.is_empty() {
            return Err(Error::UnknownPerson { person });
        }
        Ok(Export {
            person,
            taken_at: self.now(),
            pilots,
        })
    }

    async fn export_log(
        &self,
        reading: &Reading,
        person: PersonId,
        held: &Held,
    ) -> Result<ExportedLog, Error> {
        let pilot = reading.pilot;
        let mut own: BTreeSet<PersonId> = held.heads.iter().map(|id| PersonId(id.0)).collect();
        own.insert(person);
        let mut facts = Vec::new();
        let mut after = 0;
        loop {
            let batch = self
                .log()
                .read(pilot.0, after, eventlog::READ_BATCH)
                .await?;
            let Some(last) = batch.last() else { break };
            after = last.position;
            let hers = batch
                .into_iter()
                .filter(|recorded| concerns(recorded, person, held));
            facts.extend(hers);
        }
        let count = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        let taken = ExportTaken {
            person,
            purpose: reading.purpose,
            facts: count,
        };
        self.record_access(pilot, &reading.actor, self.new_id(), &[taken.into()])
            .await?;
        let mut exported = Vec::with_capacity(facts.len());
        for chunk in facts.chunks(eventlog::READ_BATCH) {
            exported.extend(self.open_facts(reading, person, held, &own, chunk).await?);
        }
        let access = self.access_facts(pilot, person).await?;
        let title = projections::pilots::one(self.models(), pilot.0).await?;
        Ok(ExportedLog {
            pilot,
            title: title.and_then(|row| row.opening.map(|opening| opening.title)),
            facts: exported,
            access: access
                .into_iter()
                .map(|(recorded, event)| exported_access(recorded, &event))
                .collect(),
        })
    }

    async fn open_facts(
        &self,
        reading: &Reading,
        person: PersonId,
        held: &Held,
        own: &BTreeSet<PersonId>,
        facts: &[Recorded],
    ) -> Result<Vec<ExportedFact>, Error> {
        let mut sealed = Vec::new();
        for recorded in facts {
            each_sealed(&recorded.payload.value(), &mut |bytes, group| {
                if own.contains(&bytes.person) {
                    sealed.push((recorded.id, group, bytes));
                }
            });
        }
        let opened = self.open_recorded(reading, &sealed).await?;
        let mut texts: BTreeMap<(Uuid, SealedBytes), Value> = BTreeMap::new();
        for ((fact, _, bytes), plain) in sealed.into_iter().zip(opened) {
            let value = match plain {
                Ok(plain) => serde_json::from_slice(&plain).unwrap_or(Value::Null),
                Err(error) => json!({ "unreadable": error.to_string() }),
            };
            texts.insert((fact, bytes), value);
        }
        Ok(facts
            .iter()
            .map(|recorded| {
                let mut data = recorded.payload.value();
                let heads = household_of(recorded).is_some_and(|it| held.heads.contains(&it));
                if !heads {
                    leave_others_out(&mut data, person);
                }
                replace_sealed(&mut data, &mut |bytes| {
                    let text = texts.remove(&(recorded.id, bytes));
                    text.unwrap_or_else(|| json!({ "of_another_person": true }))
                });
                exported(recorded, events::labels(&recorded.kind), data)
            })
            .collect())
    }
}

fn exported(
    recorded: &Recorded,
    label: Option<(&'static str, &'static str)>,
    data: Value,
) -> ExportedFact {
    ExportedFact {
        id: recorded.id,
        position: recorded.position,
        kind: recorded.kind.clone(),
        shape: recorded.shape,
        label: label.unwrap_or(("", "")),
        occurred_on: recorded.occurred_on,
        recorded_at: recorded.recorded_at,
        actor: recorded.actor.clone(),
        data,
    }
}

fn exported_access(recorded: Recorded, event: &AccessEvent) -> ExportedFact {
    let data = recorded.payload.value();
    exported(&recorded, events::access::labels(event.kind()), data)
}

/// Is the fact about her: does it name her, or belong to a household that she headed?
fn concerns(recorded: &Recorded, person: PersonId, held: &Held) -> bool {
    let own = Stream::Person(person).to_string();
    let streams = recorded.also.iter().chain([&recorded.stream]);
    streams.into_iter().any(|stream| *stream == own)
        || household_of(recorded).is_some_and(|household| held.heads.contains(&household))
        || names(&recorded.payload.value(), &person.to_string())
}

fn household_of(recorded: &Recorded) -> Option<HouseholdId> {
    match recorded.stream.parse() {
        Ok(Stream::Household(household)) => Some(household),
        _ => None,
    }
}

fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(map) => map.values().any(|inner| names(inner, id)),
        _ => false,
    }
}

/// Takes other persons out of lists: what is said of them in a fact that names her too.
fn leave_others_out(value: &mut Value, person: PersonId) {
    match value {
        Value::Array(items) => {
            let own = person.to_string();
            items.retain(|item| item.get("person").is_none_or(|it| *it == json!(own)));
            items
                .iter_mut()
                .for_each(|item| leave_others_out(item, person));
        }
        Value::Object(map) => map
            .values_mut()
            .for_each(|inner| leave_others_out(inner, person)),
        _ => {}
    }
}

/// The sealed bytes that an object is, if it is some.
fn sealed_bytes(map: &Map<String, Value>) -> Option<SealedBytes> {
    let has_keys = ["key", "nonce", "text"]
        .iter()
        .all(|key| map.contains_key(*key));
    let value = has_keys.then(|| Value::Object(map.clone()))?;
    serde_json::from_value(value).ok()
}

/// Everything sealed in a payload, with what it is by where it stands.
pub(crate) fn each_sealed(value: &Value, each: &mut impl FnMut(SealedBytes, DataGroup)) {
    fn visit(value: &Value, group: DataGroup, each: &mut impl FnMut(SealedBytes, DataGroup)) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| visit(item, group, each)),
            Value::Object(map) => match sealed_bytes(map) {
                Some(bytes) => each(bytes, group),
                None => {
                    for (key, inner) in map {
                        let group = match key.as_str() {
                            "identity" => DataGroup::Identity,
                            _ => DataGroup::Text,
                        };
                        visit(inner, group, each);
                    }
                }
            },
            _ => {}
        }
    }
    visit(value, DataGroup::Text, each);
}

fn replace_sealed(value: &mut Value, with: &mut impl FnMut(SealedBytes) -> Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace_sealed(item, with)),
        Value::Object(map) => match sealed_bytes(map) {
            Some(bytes) => *value = with(bytes),
            None => map
                .values_mut()
                .for_each(|inner| replace_sealed(inner, with)),
        },
        _ => {}
    }
}

fn each_member(event: &Event, each: &mut impl FnMut(HouseholdId, &Member)) {
    match event {
        Event::Admission(admission) => {
            for member in &admission.members {
                each(admission.household, member);
            }
        }
        Event::HouseholdMemberJoined(joined) => each(joined.household, &joined.member),
        Event::RecordCorrected(corrected) => each_member(&corrected.replacement.event, each),
        _ => {}
    }
}
