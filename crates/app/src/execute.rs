//! Executing a command: seal, load, decide, append.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{Command, Context, Decided, Refusal, View};
use eventlog::{Append, Appended, Expected, NewFact};
use events::{Event, PilotId, Position, Seal, Stream};
use uuid::Uuid;
use vault::Place;

use crate::{App, Error, Proposal};

/// How often a command is decided again when somebody else was faster.
const MAX_ATTEMPTS: u32 = 20;

/// No place on Earth is further ahead of UTC than this: what happened "today" anywhere is no later.
const EARTH_AHEAD: TimeDelta = TimeDelta::hours(14);

/// A command was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Place of the fact.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Was it recorded by an earlier call with the same command id?
    pub already: bool,
}

impl App {
    /// Records what `proposal` proposes, if no rule is against it.
    ///
    /// # Errors
    /// [`Error::Refused`] with the rule; [`Error::CommandReused`]; [`Error::Busy`] when others were
    /// faster [`MAX_ATTEMPTS`] times; [`Error::UnknownPilot`]; faults of the log or the vault. An
    /// error other than [`Error::Unavailable`] means that nothing was recorded; after that one, ask
    /// again with the same command id.
    pub async fn execute(
        &self,
        pilot: PilotId,
        actor: &str,
        proposal: &Proposal,
    ) -> Result<Done, Error> {
        let digest = self.digest(pilot, proposal)?;
        if let Some(before) = self.before(pilot, proposal.command, &digest).await? {
            return Ok(before);
        }
        let now = self.now();
        let context = Context {
            today: (now + EARTH_AHEAD).date_naive(),
            actor: actor.to_owned(),
        };
        let mut attempt = 0;
        loop {
            attempt += 1;
            let fact = self.new_id();
            let event = (proposal.draft)(&self.vault().sealing(Place { log: pilot.0, fact }))?;
            if let Some(opened) = opening(&event) {
                self.check_code_is_free(pilot, opened).await?;
            }
            let command = Command {
                occurred_on: proposal.occurred_on,
                event,
            };
            let loaded = self.load_view(pilot, &command).await?;
            let decided = match domain::decide(&loaded.view, &command, &context) {
                Ok(decided) => decided,
                // The same command may have been recorded between the question and the reading.
                Err(refusal) => {
                    let before = self.before(pilot, proposal.command, &digest).await?;
                    return before.ok_or_else(|| refusal.into());
                }
            };
            if matches!(decided.event, Event::PilotOpened(_)) {
                self.log().create_log(pilot.0).await?;
            }
            let new = new_fact(fact, proposal.entered_at, decided)?;
            let appended = self
                .log()
                .append(Append {
                    log: pilot.0,
                    command: proposal.command,
                    digest: digest.clone(),
                    actor: actor.to_owned(),
                    expected: loaded.expected(),
                    facts: vec![new],
                })
                .await;
            match appended {
                Ok(Appended::Now {
                    last, recorded_at, ..
                }) => {
                    return Ok(Done {
                        position: last,
                        recorded_at,
                        already: false,
                    });
                }
                Ok(Appended::Before {
                    last, recorded_at, ..
                }) => {
                    return Ok(Done {
                        position: last,
                        recorded_at,
                        already: true,
                    });
                }
                Err(eventlog::Error::Conflict { .. }) if attempt < MAX_ATTEMPTS => {}
                Err(eventlog::Error::Conflict { .. }) => return Err(Error::Busy),
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// What was done when the command was recorded before.
    async fn before(
        &self,
        pilot: PilotId,
        command: Uuid,
        digest: &[u8],
    ) -> Result<Option<Done>, Error> {
        let Some(before) = self.outcome(pilot, command).await? else {
            return Ok(None);
        };
        if before.digest != digest {
            return Err(Error::CommandReused { command });
        }
        Ok(Some(Done {
            position: before.last,
            recorded_at: before.recorded_at,
            already: true,
        }))
    }

    async fn outcome(
        &self,
        pilot: PilotId,
        command: Uuid,
    ) -> Result<Option<eventlog::Outcome>, Error> {
        match self.log().outcome(pilot.0, command).await {
            Err(eventlog::Error::UnknownLog { .. }) => Ok(None),
            other => Ok(other?),
        }
    }

    /// A keyed digest of all that the command says, so that a retry is told from a misuse of its id
    /// without keeping anything personal.
    fn digest(&self, pilot: PilotId, proposal: &Proposal) -> Result<Vec<u8>, Error> {
        let event = (proposal.draft)(&self.vault().digesting() as &dyn Seal)?;
        let content = serde_json::json!({
            "pilot": pilot,
            "occurred_on": proposal.occurred_on,
            "entered_at": proposal.entered_at,
            "event": event,
        });
        let canonical = serde_json_canonicalizer::to_vec(&content).map_err(Error::Encoding)?;
        Ok(self.vault().digest("command", &canonical).to_vec())
    }

    /// Loads the streams that `command` is decided on, until no rule asks for another.
    async fn load_view(&self, pilot: PilotId, command: &Command) -> Result<Loaded, Error> {
        let mut loaded = Loaded {
            view: View::new(pilot),
            versions: BTreeMap::new(),
        };
        if let Event::RecordCorrected(_) | Event::RecordRetracted(_) = &command.event {
            self.load_targets(pilot, command, &mut loaded).await?;
        }
        loop {
            let missing = loaded.view.missing(command);
            if missing.is_empty() {
                return Ok(loaded);
            }
            let names: Vec<String> = missing.iter().map(Stream::to_string).collect();
            let mut found = match self.log().streams(pilot.0, &names).await {
                Err(eventlog::Error::UnknownLog { .. }) => BTreeMap::new(),
                other => other?,
            };
            for (stream, name) in missing.into_iter().zip(names) {
                let entries = found.remove(&name).unwrap_or_default();
                loaded.versions.insert(name, eventlog::version(&entries));
                let facts = entries
                    .iter()
                    .map(projections::decode)
                    .collect::<Result<_, _>>()?;
                loaded.view.insert(stream, facts);
            }
        }
    }

    /// Hands the view the fact that a correction names, and what that one names in turn.
    async fn load_targets(
        &self,
        pilot: PilotId,
        command: &Command,
        loaded: &mut Loaded,
    ) -> Result<(), Error> {
        let mut next = target(&command.event);
        // Every step goes back in the log, so this ends.
        while let Some(position) = next {
            let found = match self.log().at(pilot.0, position).await {
                Err(eventlog::Error::UnknownLog { .. }) => None,
                other => other?,
            };
            let Some(recorded) = found else { break };
            let fact = projections::decode(&recorded)?;
            next = target(&fact.event).filter(|&earlier| earlier < position);
            loaded.view.add_target(fact);
        }
        Ok(())
    }

    async fn check_code_is_free(
        &self,
        pilot: PilotId,
        opened: &events::PilotOpened,
    ) -> Result<(), Error> {
        match self.find_pilot(&opened.code).await {
            Ok(other) if other != pilot => Err(Error::CodeTaken {
                code: opened.code.clone(),
                pilot: other,
            }),
            Ok(_) | Err(Error::UnknownPilot { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

/// What the event says of the pilot's opening, be it in a correction.
fn opening(event: &Event) -> Option<&events::PilotOpened> {
    match event {
        Event::PilotOpened(opened) => Some(opened),
        Event::RecordCorrected(correction) => opening(&correction.replacement.event),
        _ => None,
    }
}

fn target(event: &Event) -> Option<Position> {
    match event {
        Event::RecordCorrected(correction) => Some(correction.position),
        Event::RecordRetracted(retraction) => Some(retraction.position),
        _ => None,
    }
}

/// What a decision is made on, and the versions it was made at.
struct Loaded {
    view: View,
    versions: BTreeMap<String, eventlog::Version>,
}

impl Loaded {
    fn expected(&self) -> Vec<Expected> {
        self.versions
            .iter()
            .map(|(stream, &version)| Expected {
                stream: stream.clone(),
                version,
            })
            .collect()
    }
}

fn new_fact(
    id: Uuid,
    entered_at: Option<DateTime<Utc>>,
    decided: Decided,
) -> Result<NewFact, Error> {
    let occurred_on: NaiveDate = decided.occurred_on;
    let encoded = decided.event.encode().map_err(Error::Encoding)?;
    Ok(NewFact {
        id,
        stream: decided.stream.to_string(),
        also: decided.also.iter().map(Stream::to_string).collect(),
        kind: encoded.kind,
        shape: encoded.shape,
        occurred_on,
        entered_at,
        cause: None,
        payload: encoded.data,
    })
}

/// A rule said no; see [`Refusal`].
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
