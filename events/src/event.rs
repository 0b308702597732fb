//! The closed list of facts, and how each is written and read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::facts::*;
use crate::{DwellingId, HouseholdId, Stream};

/// One shape of one fact.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The fact's type name.
    pub kind: &'static str,
    /// The shape's number, from 1.
    pub number: i16,
    /// Its JSON Schema.
    pub schema: fn() -> Schema,
}

/// A fact on its way to or from the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoded {
    /// Type name.
    pub kind: String,
    /// Shape number.
    pub shape: i16,
    /// The payload, in that shape.
    pub data: Value,
}

/// Bytes of the log that open to no fact. Never expected: every shape ever recorded opens.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No such fact, or no such shape of it: written by a later version of the program.
    #[error(
        "no fact `{kind}` of shape {shape} is known: this log was written by a later version; upgrade"
    )]
    UnknownShape {
        /// Type name.
        kind: String,
        /// Shape number.
        shape: i16,
    },
    /// The payload does not have its shape.
    #[error("a `{kind}` of shape {shape} does not open: {what}")]
    Malformed {
        /// Type name.
        kind: String,
        /// Shape number.
        shape: i16,
        /// What is wrong with it, without the values that are.
        what: String,
    },
}

/// What a decoder says, less the values it quotes: what stands where a sealed value belongs could be
/// somebody's name, and errors reach the log.
fn without_values(said: &str) -> String {
    // From the first quote to the last: a value may hold quotes itself.
    match (said.find('"'), said.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}…{}", &said[..first], &said[last + 1..])
        }
        _ => said.to_owned(),
    }
}

macro_rules! events {
    ($( $kind:ident { it: $it:literal, en: $en:literal }, )+) => {
        /// Everything that can happen.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant holds the fact of its name, documented there")]
        pub enum Event {
            $( $kind($kind), )+
        }

        impl Event {
            /// The fact's type name.
            pub fn kind(&self) -> &'static str {
                match self { $( Self::$kind(_) => stringify!($kind), )+ }
            }

            fn payload(&self) -> Result<Value, serde_json::Error> {
                match self { $( Self::$kind(fact) => serde_json::to_value(fact), )+ }
            }
        }

        $(
            impl From<$kind> for Event {
                fn from(fact: $kind) -> Self {
                    Self::$kind(fact)
                }
            }
        )+

        /// Every shape of every fact, in the order of the domain's own story.
        pub const CATALOGUE: &[Shape] = &[
            $( Shape { kind: stringify!($kind), number: 1, schema: || schemars::schema_for!($kind) }, )+
        ];

        /// Italian and English label of a fact's type.
        pub fn labels(kind: &str) -> Option<(&'static str, &'static str)> {
            match kind {
                $( stringify!($kind) => Some(($it, $en)), )+
                _ => None,
            }
        }

        fn decode(kind: &str, shape: i16, data: Value) -> Result<Event, DecodeError> {
            match (kind, shape) {
                $( (stringify!($kind), 1) => serde_json::from_value::<$kind>(data).map(Event::$kind), )+
                _ => return Err(DecodeError::UnknownShape { kind: kind.to_owned(), shape }),
            }
            .map_err(|source| DecodeError::Malformed {
                kind: kind.to_owned(),
                shape,
                what: without_values(&source.to_string()),
            })
        }
    };
}

events! {
    PilotOpened { it: "Pilota avviato", en: "Pilot opened" },
    PhaseStarted { it: "Fase iniziata", en: "Phase started" },
    PartnerJoined { it: "Partner aderente", en: "Partner joined" },
    ExpenseRecorded { it: "Spesa registrata", en: "Expense recorded" },
    DwellingRegistered { it: "Alloggio registrato", en: "Dwelling registered" },
    DwellingAvailable { it: "Alloggio disponibile", en: "Dwelling available" },
    DwellingUnavailable { it: "Alloggio non disponibile", en: "Dwelling unavailable" },
    ReferralReceived { it: "Segnalazione ricevuta", en: "Referral received" },
    AdmissionDecided { it: "Ammissione decisa", en: "Admission decided" },
    Admission { it: "Ingresso del nucleo", en: "Admission" },
    HouseholdMemberJoined { it: "Nuovo componente del nucleo", en: "Household member joined" },
    HouseholdMemberLeft { it: "Uscita di un componente", en: "Household member left" },
    DwellingChanged { it: "Cambio di alloggio", en: "Dwelling changed" },
    PlanAgreed { it: "Progetto condiviso", en: "Plan agreed" },
    GoalSet { it: "Obiettivo fissato", en: "Goal set" },
    GoalReviewed { it: "Obiettivo verificato", en: "Goal reviewed" },
    Visit { it: "Visita o contatto", en: "Visit" },
    ServiceProvided { it: "Servizio erogato", en: "Service provided" },
    JobPlacement { it: "Inserimento lavorativo", en: "Job placement" },
    JobEnded { it: "Lavoro terminato", en: "Job ended" },
    IncomeRecorded { it: "Reddito rilevato", en: "Income recorded" },
    Exit { it: "Uscita del nucleo", en: "Exit" },
    FollowUpRecorded { it: "Follow-up registrato", en: "Follow-up recorded" },
    RecordCorrected { it: "Registrazione corretta", en: "Record corrected" },
    RecordRetracted { it: "Registrazione ritirata", en: "Record retracted" },
}

impl Event {
    /// The shape this fact is written in.
    pub fn shape(&self) -> i16 {
        1
    }

    /// Writes the fact.
    ///
    /// # Errors
    /// When a value has no JSON form; none of today's types has such a value.
    pub fn encode(&self) -> Result<Encoded, serde_json::Error> {
        Ok(Encoded {
            kind: self.kind().to_owned(),
            shape: self.shape(),
            data: self.payload()?,
        })
    }

    /// Opens a fact of any shape ever recorded.
    ///
    /// # Errors
    /// [`DecodeError`], naming type and shape.
    pub fn decode(kind: &str, shape: i16, data: Value) -> Result<Self, DecodeError> {
        decode(kind, shape, data)
    }

    /// The household this fact belongs to, if it belongs to one.
    pub fn household(&self) -> Option<HouseholdId> {
        Some(match self {
            Self::ReferralReceived(f) => f.household,
            Self::AdmissionDecided(f) => f.household,
            Self::Admission(f) => f.household,
            Self::HouseholdMemberJoined(f) => f.household,
            Self::HouseholdMemberLeft(f) => f.household,
            Self::DwellingChanged(f) => f.household,
            Self::PlanAgreed(f) => f.household,
            Self::GoalSet(f) => f.household,
            Self::GoalReviewed(f) => f.household,
            Self::Visit(f) => f.household,
            Self::ServiceProvided(f) => f.household,
            Self::JobPlacement(f) => f.household,
            Self::JobEnded(f) => f.household,
            Self::IncomeRecorded(f) => f.household,
            Self::Exit(f) => f.household,
            Self::FollowUpRecorded(f) => f.household,
            Self::RecordCorrected(f) => return f.replacement.event.household(),
            _ => return None,
        })
    }

    /// The dwelling named in this fact, if one is.
    pub fn dwelling(&self) -> Option<DwellingId> {
        match self {
            Self::DwellingRegistered(f) => Some(f.dwelling),
            Self::DwellingAvailable(f) => Some(f.dwelling),
            Self::DwellingUnavailable(f) => Some(f.dwelling),
            Self::Admission(f) => f.dwelling,
            Self::DwellingChanged(f) => Some(f.dwelling),
            Self::RecordCorrected(f) => f.replacement.event.dwelling(),
            _ => None,
        }
    }

    /// The stream this fact belongs to. A retraction belongs to its target's, which it does not name.
    pub fn stream(&self) -> Option<Stream> {
        if let Some(household) = self.household() {
            return Some(Stream::Household(household));
        }
        match self {
            Self::PilotOpened(_) | Self::PhaseStarted(_) | Self::PartnerJoined(_) => {
                Some(Stream::Pilot)
            }
            Self::ExpenseRecorded(_) => Some(Stream::Funding),
            Self::RecordCorrected(f) => f.replacement.event.stream(),
            Self::RecordRetracted(_) => None,
            _ => self.dwelling().map(Stream::Dwelling),
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.encode()
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Encoded { kind, shape, data } = Encoded::deserialize(deserializer)?;
        Self::decode(&kind, shape, data).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Event {
    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // The data has a schema of its own, named by kind and shape. The kinds are not listed: a new
        // kind would change the shape of every correction.
        json_schema!({
            "type": "object",
            "properties": {
                "kind": { "type": "string", "pattern": "^[A-Z][A-Za-z]*$" },
                "shape": { "type": "integer", "minimum": 1 },
                "data": { "type": "object" }
            },
            "required": ["kind", "shape", "data"],
            "additionalProperties": false
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_where_a_sealed_value_belongs_is_not_told() {
        let clear = serde_json::json!({
            "household": "018f3c1e-0000-7000-8000-000000000001",
            "goal": "018f3c1e-0000-7000-8000-000000000002",
            "domain": "housing", "due": null, "text": "Anna \"piange\"",
        });
        let refused = Event::decode("GoalSet", 1, clear).unwrap_err().to_string();
        assert!(
            refused.contains("GoalSet") && !refused.contains("Anna"),
            "{refused}"
        );
        assert!(!refused.contains("piange"), "{refused}");
    }
}
