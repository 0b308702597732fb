//! Opening personal text: the one door to it. What is opened is recorded in the pilot's access log
//! before anybody gets it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventlog::{Append, Appended, LogId, NewFact};
use events::access::{AccessEvent, AccessStream, PersonalDataRead, log_of};
use events::codes::{DataGroup, ReadPurpose};
use events::{FreeText, Identity, PersonId, PilotId, Sealed, SealedBytes};
use policy::Scope;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;
use vault::Place;
use zeroize::Zeroizing;

use crate::{App, Error};

/// How long a read waits for others of the same reader's: a page of households is one entry in the
/// access log, not one for each name on it.
pub const GATHERING: Duration = Duration::from_millis(2);

/// As many texts are opened at once, and at most as many facts recorded about it in one append.
const OPENED_AT_ONCE: usize = 500;

/// Personal values, and the group of a person's data that each belongs to.
pub trait Personal: DeserializeOwned {
    /// What of her it is.
    const GROUP: DataGroup;
}

impl Personal for Identity {
    const GROUP: DataGroup = DataGroup::Identity;
}

impl Personal for FreeText {
    const GROUP: DataGroup = DataGroup::Text;
}

/// Who reads, where, and what for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The pilot whose facts are read.
    pub pilot: PilotId,
    /// Who reads, as facts name an actor: never a name.
    pub actor: String,
    /// What for.
    pub purpose: ReadPurpose,
}

/// Texts that are about to be opened, by who reads them.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<HashMap<Reading, Vec<Asked>>>);

struct Asked {
    fact: Uuid,
    sealed: SealedBytes,
    group: DataGroup,
    answer: oneshot::Sender<Result<Plaintext, Error>>,
}

type Plaintext = Zeroizing<Vec<u8>>;

impl Waiting {
    fn all(&self) -> MutexGuard<'_, HashMap<Reading, Vec<Asked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a text. True for the first of its reader's, whose caller sees to all of them.
    fn add(&self, reading: &Reading, asked: Asked) -> bool {
        let mut all = self.all();
        match all.get_mut(reading) {
            Some(waiting) => {
                waiting.push(asked);
                false
            }
            None => {
                all.insert(reading.clone(), vec![asked]);
                true
            }
        }
    }

    fn take(&self, reading: &Reading) -> Vec<Asked> {
        self.all().remove(reading).unwrap_or_default()
    }
}

impl App {
    /// Opens personal text, after recording in the pilot's access log who read whose and what for.
    /// Callers have checked that the reader may, and name the fact it was sealed for. Reads that come
    /// together are recorded together.
    ///
    /// # Errors
    /// [`Error::Forgotten`]; [`Error::Sealed`]; [`Error::NotRecorded`]; [`Error::Unavailable`].
    pub async fn open_sealed<T: Personal>(
        &self,
        reading: &Reading,
        fact: Uuid,
        sealed: &Sealed<T>,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            fact,
            sealed: sealed.bytes.clone(),
            group: T::GROUP,
            answer,
        };
        if self.0.reads.add(reading, asked) {
            let (app, reading) = (self.clone(), reading.clone());
            // On its own: the others are answered even if this caller goes away.
            tokio::spawn(async move {
                tokio::time::sleep(GATHERING).await;
                let mut waiting = app.0.reads.take(&reading);
                while !waiting.is_empty() {
                    let rest = waiting.split_off(waiting.len().min(OPENED_AT_ONCE));
                    app.answer(&reading, waiting).await;
                    waiting = rest;
                }
            });
        }
        // Only a runtime that ends leaves a read without an answer.
        let ended = |_| Error::Unavailable("the service ends".into());
        let plain = answered.await.map_err(ended)??;
        serde_json::from_slice(&plain).map_err(|_| Error::Sealed(vault::Error::OtherType))
    }

    async fn answer(&self, reading: &Reading, waiting: Vec<Asked>) {
        let sealed: Vec<(Uuid, DataGroup, SealedBytes)> = waiting
            .iter()
            .map(|asked| (asked.fact, asked.group, asked.sealed.clone()))
            .collect();
        match self.open_recorded(reading, &sealed).await {
            Ok(opened) => {
                for (asked, opened) in waiting.into_iter().zip(opened) {
                    // Whoever asked may have gone.
                    let _ = asked.answer.send(opened);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for asked in waiting {
                    let _ = asked.answer.send(Err(shared(&error)));
                }
            }
        }
    }

    /// Opens texts of one reader, and records those that open before it gives them out.
    pub(crate) async fn open_recorded(
        &self,
        reading: &Reading,
        sealed: &[(Uuid, DataGroup, SealedBytes)],
    ) -> Result<Vec<Result<Plaintext, Error>>, Error> {
        let log = reading.pilot.0;
        let places: Vec<(Place, SealedBytes)> = sealed
            .iter()
            .map(|(fact, _, bytes)| (Place { log, fact: *fact }, bytes.clone()))
            .collect();
        let opened = self.vault().open_all(&places).await?;
        let mut read: BTreeMap<(PersonId, DataGroup), BTreeSet<Uuid>> = BTreeMap::new();
        for ((fact, group, bytes), opened) in sealed.iter().zip(&opened) {
            if opened.is_ok() {
                let facts = read.entry((bytes.person, *group)).or_default();
                facts.insert(*fact);
            }
        }
        let facts: Vec<AccessEvent> = read
            .into_iter()
            .map(|((person, group), facts)| {
                let purpose = reading.purpose;
                let facts = facts.into_iter().collect();
                AccessEvent::from(PersonalDataRead {
                    person,
                    group,
                    purpose,
                    facts,
                })
            })
            .collect();
        if !facts.is_empty() {
            self.record_access(reading.pilot, &reading.actor, self.new_id(), &facts)
                .await?;
        }
        let answers = opened.into_iter();
        Ok(answers.map(|one| one.map_err(Error::from)).collect())
    }

    /// Records facts in a pilot's access log, under a command that only this program makes.
    pub(crate) async fn record_access(
        &self,
        pilot: PilotId,
        actor: &str,
        command: Uuid,
        events: &[AccessEvent],
    ) -> Result<Appended, Error> {
        // The id alone tells it.
        self.record_said(log_of(pilot), actor, command, &Value::Null, events)
            .await
    }

    /// Records facts in an access log, under a command whose content they are.
    pub(crate) async fn record_in(
        &self,
        log: LogId,
        actor: &str,
        command: Uuid,
        events: &[AccessEvent],
    ) -> Result<Appended, Error> {
        let said: Result<Vec<Value>, _> = events
            .iter()
            .map(|event| Ok(json!([event.kind(), event.encode()?.data])))
            .collect();
        let said = Value::Array(said.map_err(Error::Encoding)?);
        self.record_said(log, actor, command, &said, events).await
    }

    /// Records facts in an access log, which is made at the first, under a command that said this.
    pub(crate) async fn record_said(
        &self,
        log: LogId,
        actor: &str,
        command: Uuid,
        said: &Value,
        events: &[AccessEvent],
    ) -> Result<Appended, Error> {
        let today = self.now().date_naive();
        let mut facts = Vec::with_capacity(events.len());
        for event in events {
            let encoded = event.encode().map_err(Error::Encoding)?;
            facts.push(NewFact {
                id: self.new_id(),
                stream: event.stream().to_string(),
                also: event.also().iter().map(ToString::to_string).collect(),
                kind: encoded.kind,
                shape: encoded.shape,
                occurred_on: today,
                entered_at: None,
                cause: None,
                payload: encoded.data,
            });
        }
        let mut digested = command.as_bytes().to_vec();
        if !said.is_null() {
            digested.extend_from_slice(said.to_string().as_bytes());
        }
        let append = Append {
            log,
            command,
            digest: self.vault().digest("access command", &digested).to_vec(),
            actor: actor.to_owned(),
            expected: Vec::new(),
            facts,
        };
        match self.log().append(append.clone()).await {
            Err(eventlog::Error::UnknownLog { .. }) => {
                self.log().ensure_log(log).await?;
                Ok(self.log().append(append).await?)
            }
            appended => Ok(appended?),
        }
    }

    /// What a pilot's access log says about a person, in order.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`] when a fact of it does not open.
    pub async fn access_facts(
        &self,
        pilot: PilotId,
        person: PersonId,
    ) -> Result<Vec<(eventlog::Recorded, AccessEvent)>, Error> {
        let stream = AccessStream::Person(person).to_string();
        self.access_stream(Scope::Pilot(pilot), &stream).await
    }
}

/// One fault told to everybody who waited for the same.
fn shared(error: &Arc<Error>) -> Error {
    let copy = Error::NotRecorded(Arc::clone(error));
    match **error {
        Error::Unavailable(_) => Error::Unavailable(Box::new(copy)),
        _ => copy,
    }
}
