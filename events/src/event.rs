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
pub(crate) fn without_values(said: &str) -> String {
    // A word that is no code stands between backticks, and what would be one follows it.
    const WORD: (&str, &str) = ("unknown variant `", "`, expected ");
    if let (Some(first), Some(last)) = (said.find(WORD.0), said.rfind(WORD.1)) {
        return format!("{}…{}", &said[..first + WORD.0.len()], &said[last..]);
    }
    // From the first quote to the last: a value may hold quotes itself.
    match (said.find('"'), said.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}…{}", &said[..first], &said[last + 1..])
        }
        _ => said.to_owned(),
    }
}

macro_rules! events {
    ($( $of:ident $kind:ident $shape:literal $([$( $past:literal: $old:ty ),+])? { it: $it:literal, en: $en:literal }, )+) => {
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

            /// The shape this fact is written in.
            pub fn shape(&self) -> i16 {
                match self { $( Self::$kind(_) => $shape, )+ }
            }

            fn payload(&self) -> Result<Value, serde_json::Error> {
                match self { $( Self::$kind(fact) => serde_json::to_value(fact), )+ }
            }

            /// The stream that a fact of this type says it belongs to.
            fn own_stream(&self) -> Option<Stream> {
                match self { $( Self::$kind(_fact) => stream!($of, _fact), )+ }
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
            $(
                $($( Shape { kind: stringify!($kind), number: $past, schema: || schemars::schema_for!($old) }, )+)?
                Shape { kind: stringify!($kind), number: $shape, schema: || schemars::schema_for!($kind) },
            )+
        ];

        /// Italian and English label of a fact's type.
        pub fn labels(kind: &str) -> Option<(&'static str, &'static str)> {
            match kind {
                $( stringify!($kind) => Some(($it, $en)), )+
                _ => None,
            }
        }

        fn decode(kind: &str, shape: i16, data: &str) -> Result<Event, DecodeError> {
            match (kind, shape) {
                $(
                    (stringify!($kind), $shape) => serde_json::from_str::<$kind>(data).map(Event::$kind),
                    $($(
                        (stringify!($kind), $past) => {
                            serde_json::from_str::<$old>(data).map(|old| Event::$kind(old.into()))
                        }
                    )+)?
                )+
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

/// Which stream a fact belongs to, by the word before its name in the list.
macro_rules! stream {
    (pilot, $fact:ident) => {
        Some(Stream::Pilot)
    };
    (funding, $fact:ident) => {
        Some(Stream::Funding)
    };
    (committee, $fact:ident) => {
        Some(Stream::Committee)
    };
    (dwelling, $fact:ident) => {
        Some(Stream::Dwelling($fact.dwelling))
    };
    (household, $fact:ident) => {
        Some(Stream::Household($fact.household))
    };
    (any, $fact:ident) => {
        None
    };
}

// Stream, name, today's shape, past shapes with the types that open them, labels.
events! {
    pilot PilotOpened 1 { it: "Progetto pilota avviato", en: "Pilot opened" },
    pilot RulesSet 2 [1: rules_set::RulesSetV1] { it: "Regole del progetto pilota", en: "Rules set" },
    pilot PhaseStarted 1 { it: "Fase iniziata", en: "Phase started" },
    pilot PhaseExtended 1 { it: "Fase prorogata", en: "Phase extended" },
    pilot PartnerJoined 1 { it: "Adesione di un partner", en: "Partner joined" },
    pilot PartnerLeft 1 { it: "Uscita di un partner", en: "Partner left" },
    pilot AgreementAdopted 1 { it: "Accordo adottato", en: "Agreement adopted" },
    pilot TargetSet 1 { it: "Valore atteso fissato", en: "Target set" },
    pilot PeriodClosed 1 { it: "Periodo chiuso", en: "Period closed" },
    pilot ReportPublished 1 { it: "Rapporto pubblicato", en: "Report published" },
    pilot ReportRestated 1 { it: "Rapporto rettificato", en: "Report restated" },
    pilot PilotClosed 1 { it: "Progetto pilota concluso", en: "Pilot closed" },
    funding FundingPledged 1 { it: "Finanziamento promesso", en: "Funding pledged" },
    funding FundingReceived 1 { it: "Finanziamento ricevuto", en: "Funding received" },
    funding BudgetAllocated 1 { it: "Somma stanziata", en: "Budget allocated" },
    funding ExpenseRecorded 1 { it: "Spesa registrata", en: "Expense recorded" },
    funding ExpenseApproved 1 { it: "Spesa approvata", en: "Expense approved" },
    funding ExpenseReversed 1 { it: "Spesa stornata", en: "Expense reversed" },
    committee MeetingPlanned 1 { it: "Riunione convocata", en: "Meeting planned" },
    committee MeetingHeld 1 { it: "Riunione svolta", en: "Meeting held" },
    committee DecisionTaken 1 { it: "Decisione presa", en: "Decision taken" },
    committee DecisionClosed 1 { it: "Decisione chiusa", en: "Decision closed" },
    dwelling DwellingRegistered 1 { it: "Alloggio registrato", en: "Dwelling registered" },
    dwelling WorksStarted 1 { it: "Lavori iniziati", en: "Works started" },
    dwelling WorksCompleted 1 { it: "Lavori conclusi", en: "Works completed" },
    dwelling DwellingAvailable 1 { it: "Alloggio disponibile", en: "Dwelling available" },
    dwelling DwellingUnavailable 1 { it: "Alloggio non disponibile", en: "Dwelling unavailable" },
    dwelling DwellingWithdrawn 1 { it: "Alloggio uscito dal progetto", en: "Dwelling withdrawn" },
    household ReferralReceived 1 { it: "Segnalazione ricevuta", en: "Referral received" },
    household ReferralAssessed 1 { it: "Segnalazione valutata", en: "Referral assessed" },
    household AdmissionDecided 1 { it: "Decisione sull'ammissione", en: "Admission decided" },
    household ReferralWithdrawn 1 { it: "Segnalazione ritirata", en: "Referral withdrawn" },
    household ConsentGiven 1 { it: "Consenso dato", en: "Consent given" },
    household ConsentWithdrawn 1 { it: "Consenso revocato", en: "Consent withdrawn" },
    household Admission 2 [1: admission::AdmissionV1] { it: "Ingresso del nucleo", en: "Admission" },
    household AgreementSigned 1 { it: "Patto di accoglienza firmato", en: "Agreement signed" },
    household HouseholdMemberJoined 2 [1: household_member_joined::HouseholdMemberJoinedV1] { it: "Nuovo componente del nucleo", en: "Household member joined" },
    household HouseholdMemberLeft 1 { it: "Uscita di un componente", en: "Household member left" },
    household DwellingChanged 1 { it: "Cambio di alloggio", en: "Dwelling changed" },
    household ExtensionGranted 1 { it: "Proroga concessa", en: "Extension granted" },
    household PlanAgreed 1 { it: "Progetto personalizzato condiviso", en: "Plan agreed" },
    household GoalSet 1 { it: "Obiettivo fissato", en: "Goal set" },
    household GoalRevised 1 { it: "Obiettivo modificato", en: "Goal revised" },
    household GoalReviewed 1 { it: "Obiettivo verificato", en: "Goal reviewed" },
    household GoalWithdrawn 1 { it: "Obiettivo abbandonato", en: "Goal withdrawn" },
    household AssessmentScored 1 { it: "Valutazione con punteggi", en: "Assessment scored" },
    household RiskAssessed 1 { it: "Valutazione del rischio", en: "Risk assessed" },
    household Visit 1 { it: "Visita o contatto", en: "Visit" },
    household ServiceProvided 1 { it: "Servizio erogato", en: "Service provided" },
    household ServiceReferred 1 { it: "Invio a un servizio", en: "Referred to a service" },
    household ReferralOutcome 1 { it: "Esito dell'invio", en: "Outcome of a referral to a service" },
    household IncidentReported 1 { it: "Evento critico", en: "Incident reported" },
    household ProtectionBreached 1 { it: "Violazione della protezione", en: "Protection breached" },
    household JobPlacement 1 { it: "Inserimento lavorativo", en: "Job placement" },
    household JobEnded 1 { it: "Rapporto di lavoro concluso", en: "Job ended" },
    household TrainingStarted 1 { it: "Corso iniziato", en: "Training started" },
    household TrainingEnded 1 { it: "Corso concluso", en: "Training ended" },
    household IncomeRecorded 2 [1: income_recorded::IncomeRecordedV1] { it: "Reddito rilevato", en: "Income recorded" },
    household SchoolingStarted 1 { it: "Inserimento a scuola o al nido", en: "Schooling started" },
    household Exit 2 [1: exit::ExitV1] { it: "Uscita del nucleo", en: "Exit" },
    household FollowUpRecorded 1 { it: "Follow-up registrato", en: "Follow-up recorded" },
    household NoteAdded 1 { it: "Nota", en: "Note added" },
    any RecordConfirmed 1 { it: "Registrazione confermata", en: "Record confirmed" },
    any RecordCorrected 1 { it: "Registrazione corretta", en: "Record corrected" },
    any RecordRetracted 1 { it: "Registrazione annullata", en: "Record retracted" },
}

impl Event {
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
        decode(kind, shape, &data.to_string())
    }

    /// Opens a fact of any shape ever recorded, from its JSON text: a third of the work.
    ///
    /// # Errors
    /// [`DecodeError`], naming type and shape.
    pub fn decode_text(kind: &str, shape: i16, data: &str) -> Result<Self, DecodeError> {
        decode(kind, shape, data)
    }

    /// The household this fact belongs to, if it belongs to one.
    pub fn household(&self) -> Option<HouseholdId> {
        match self.stream() {
            Some(Stream::Household(household)) => Some(household),
            _ => None,
        }
    }

    /// The dwelling named in this fact, if one is.
    pub fn dwelling(&self) -> Option<DwellingId> {
        match self {
            Self::Admission(fact) => fact.dwelling,
            Self::DwellingChanged(fact) => Some(fact.dwelling),
            Self::RecordCorrected(fact) => fact.replacement.event.dwelling(),
            _ => match self.own_stream() {
                Some(Stream::Dwelling(dwelling)) => Some(dwelling),
                _ => None,
            },
        }
    }

    /// The stream this fact belongs to. A retraction or a confirmation belongs to its target's, which
    /// it does not name.
    pub fn stream(&self) -> Option<Stream> {
        match self {
            Self::RecordCorrected(fact) => fact.replacement.event.stream(),
            _ => self.own_stream(),
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

        // Nor is a word that stands where a code belongs.
        let name = serde_json::json!({
            "household": "018f3c1e-0000-7000-8000-000000000001",
            "goal": "018f3c1e-0000-7000-8000-000000000002",
            "domain": "Anna Bianchi", "due": null, "text": null,
        });
        let refused = Event::decode("GoalSet", 1, name).unwrap_err().to_string();
        assert!(
            refused.contains("unknown variant") && !refused.contains("Anna"),
            "{refused}"
        );
    }
}
