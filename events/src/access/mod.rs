//! The second log of a pilot: who read personal data, and who was forgotten. Nothing in it is personal:
//! it names persons by their ids and reasons by their codes, and outlives what it speaks of.
//!
//! Each fact belongs to the stream of the person it is about; who did it is the fact's actor.

mod export_taken;
mod person_forgotten;
mod personal_data_read;
mod restriction_lifted;
mod restriction_placed;

pub use export_taken::ExportTaken;
pub use person_forgotten::PersonForgotten;
pub use personal_data_read::PersonalDataRead;
pub use restriction_lifted::RestrictionLifted;
pub use restriction_placed::RestrictionPlaced;

use serde_json::Value;
use uuid::Uuid;

use crate::event::without_values;
use crate::{DecodeError, Encoded, PersonId, PilotId, Shape, Stream};

/// Namespace of the ids of access logs (RFC 9562, version 5).
const LOGS: Uuid = Uuid::from_u128(0x6c2d_9a55_0f3e_5b71_8c44_1d0e_7b92_a3f6);

/// The id of a pilot's access log.
pub fn log_of(pilot: PilotId) -> Uuid {
    Uuid::new_v5(&LOGS, pilot.0.as_bytes())
}

/// Those of some logs that are no access log of another one of them.
pub fn without_access_logs(logs: &[Uuid]) -> Vec<Uuid> {
    let access: std::collections::HashSet<Uuid> =
        logs.iter().map(|log| log_of(PilotId(*log))).collect();
    let pilots = logs.iter().copied();
    pilots.filter(|log| !access.contains(log)).collect()
}

macro_rules! access_events {
    ($( $kind:ident $shape:literal { it: $it:literal, en: $en:literal }, )+) => {
        /// Everything that an access log holds.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant holds the fact of its name, documented there")]
        pub enum AccessEvent {
            $( $kind($kind), )+
        }

        impl AccessEvent {
            /// The fact's type name.
            pub fn kind(&self) -> &'static str {
                match self { $( Self::$kind(_) => stringify!($kind), )+ }
            }

            /// The shape this fact is written in.
            pub fn shape(&self) -> i16 {
                match self { $( Self::$kind(_) => $shape, )+ }
            }

            /// Whom it is about.
            pub fn person(&self) -> PersonId {
                match self { $( Self::$kind(fact) => fact.person, )+ }
            }

            fn payload(&self) -> Result<Value, serde_json::Error> {
                match self { $( Self::$kind(fact) => serde_json::to_value(fact), )+ }
            }

            /// Opens a fact of any shape ever recorded.
            ///
            /// # Errors
            /// [`DecodeError`], naming type and shape.
            pub fn decode(kind: &str, shape: i16, data: Value) -> Result<Self, DecodeError> {
                match (kind, shape) {
                    $( (stringify!($kind), $shape) => {
                        serde_json::from_value::<$kind>(data).map(Self::$kind)
                    } )+
                    _ => return Err(DecodeError::UnknownShape { kind: kind.to_owned(), shape }),
                }
                .map_err(|source| DecodeError::Malformed {
                    kind: kind.to_owned(),
                    shape,
                    what: without_values(&source.to_string()),
                })
            }
        }

        $(
            impl From<$kind> for AccessEvent {
                fn from(fact: $kind) -> Self {
                    Self::$kind(fact)
                }
            }
        )+

        /// Every shape of every fact of access logs.
        pub const ACCESS_CATALOGUE: &[Shape] = &[
            $( Shape { kind: stringify!($kind), number: $shape, schema: || schemars::schema_for!($kind) }, )+
        ];

        /// Italian and English label of a fact's type.
        pub fn labels(kind: &str) -> Option<(&'static str, &'static str)> {
            match kind {
                $( stringify!($kind) => Some(($it, $en)), )+
                _ => None,
            }
        }
    };
}

access_events! {
    PersonalDataRead 1 { it: "Dati personali letti", en: "Personal data read" },
    ExportTaken 1 { it: "Copia dei dati estratta", en: "Copy of the data taken" },
    RestrictionPlaced 1 { it: "Limitazione del trattamento", en: "Restriction placed" },
    RestrictionLifted 1 { it: "Limitazione rimossa", en: "Restriction lifted" },
    PersonForgotten 1 { it: "Persona dimenticata", en: "Person forgotten" },
}

impl AccessEvent {
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

    /// The stream it belongs to.
    pub fn stream(&self) -> Stream {
        Stream::Person(self.person())
    }
}

/// May she not be forgotten at present, given the facts about her in their order?
pub fn is_restricted<'a>(facts: impl IntoIterator<Item = &'a AccessEvent>) -> bool {
    facts
        .into_iter()
        .fold(false, |restricted, fact| match fact {
            AccessEvent::RestrictionPlaced(_) => true,
            AccessEvent::RestrictionLifted(_) => false,
            _ => restricted,
        })
}
