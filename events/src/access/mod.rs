//! Access logs: who may see what, who read personal data, and who was forgotten. Nothing in them is
//! personal: they name persons by their ids and reasons by their codes, and outlive what they speak of.
//!
//! Each pilot has one beside its own log ([`log_of`]), and the installation has one
//! ([`installation_log`]) for what is not about one pilot: roles in every pilot, failed sign-ins. A
//! fact belongs to the stream of whom it is about; who did it is the fact's actor.

mod break_glass_reviewed;
mod break_glass_used;
mod export_taken;
mod holder;
mod person_forgotten;
mod personal_data_read;
mod restriction_lifted;
mod restriction_placed;
mod role_granted;
mod role_revoked;
mod sign_in_failed;
mod stream;

pub use break_glass_reviewed::BreakGlassReviewed;
pub use break_glass_used::BreakGlassUsed;
pub use export_taken::ExportTaken;
pub use holder::{BadHolder, Holder};
pub use person_forgotten::PersonForgotten;
pub use personal_data_read::PersonalDataRead;
pub use restriction_lifted::RestrictionLifted;
pub use restriction_placed::RestrictionPlaced;
pub use role_granted::RoleGranted;
pub use role_revoked::RoleRevoked;
pub use sign_in_failed::SignInFailed;
pub use stream::{AccessStream, BadAccessStream};

use serde_json::Value;
use uuid::Uuid;

use crate::event::without_values;
use crate::{DecodeError, Encoded, PersonId, PilotId, Shape};

/// Namespace of the ids of access logs (RFC 9562, version 5).
const LOGS: Uuid = Uuid::from_u128(0x6c2d_9a55_0f3e_5b71_8c44_1d0e_7b92_a3f6);
/// What the installation's is made from. A pilot's is made from the 16 bytes of its id.
const INSTALLATION: &[u8] = b"installation";

/// The id of a pilot's access log.
pub fn log_of(pilot: PilotId) -> Uuid {
    Uuid::new_v5(&LOGS, pilot.0.as_bytes())
}

/// The id of the installation's access log.
pub fn installation_log() -> Uuid {
    Uuid::new_v5(&LOGS, INSTALLATION)
}

/// Those of some logs that are no access log: neither the installation's nor that of another one of
/// them.
pub fn without_access_logs(logs: &[Uuid]) -> Vec<Uuid> {
    let mut access: std::collections::HashSet<Uuid> =
        logs.iter().map(|log| log_of(PilotId(*log))).collect();
    access.insert(installation_log());
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
    RoleGranted 1 { it: "Ruolo assegnato", en: "Role granted" },
    RoleRevoked 1 { it: "Ruolo revocato", en: "Role revoked" },
    BreakGlassUsed 1 { it: "Apertura d'emergenza", en: "Opened in an emergency" },
    BreakGlassReviewed 1 { it: "Apertura d'emergenza verificata", en: "Emergency opening reviewed" },
    SignInFailed 1 { it: "Accesso fallito", en: "Sign-in failed" },
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

    /// Whom it is about, when it is about a person; a household by its id.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::PersonalDataRead(fact) => Some(fact.person),
            Self::ExportTaken(fact) => Some(fact.person),
            Self::RestrictionPlaced(fact) => Some(fact.person),
            Self::RestrictionLifted(fact) => Some(fact.person),
            Self::PersonForgotten(fact) => Some(fact.person),
            Self::BreakGlassUsed(fact) => Some(PersonId(fact.household.0)),
            Self::BreakGlassReviewed(fact) => Some(PersonId(fact.household.0)),
            Self::RoleGranted(_) | Self::RoleRevoked(_) | Self::SignInFailed(_) => None,
        }
    }

    /// The stream it belongs to.
    pub fn stream(&self) -> AccessStream {
        match self {
            Self::PersonalDataRead(fact) => AccessStream::Person(fact.person),
            Self::ExportTaken(fact) => AccessStream::Person(fact.person),
            Self::RestrictionPlaced(fact) => AccessStream::Person(fact.person),
            Self::RestrictionLifted(fact) => AccessStream::Person(fact.person),
            Self::PersonForgotten(fact) => AccessStream::Person(fact.person),
            Self::RoleGranted(fact) => fact.holder.into(),
            Self::RoleRevoked(fact) => fact.holder.into(),
            Self::BreakGlassUsed(fact) => fact.holder.into(),
            Self::BreakGlassReviewed(fact) => fact.holder.into(),
            Self::SignInFailed(_) => AccessStream::SignIn,
        }
    }

    /// The further streams it is an entry of.
    pub fn also(&self) -> Vec<AccessStream> {
        match self {
            Self::RoleGranted(_) | Self::RoleRevoked(_) => vec![AccessStream::Roles],
            Self::BreakGlassUsed(fact) => vec![fact.household.into(), AccessStream::BreakGlass],
            Self::BreakGlassReviewed(fact) => vec![fact.household.into(), AccessStream::BreakGlass],
            Self::SignInFailed(fact) => fact
                .account
                .map(AccessStream::Account)
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
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
