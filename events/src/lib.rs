//! The facts of a pilot: what can happen, and how it is written down.
//!
//! Pure: no clock, no chance, no files, no database. A fact's payload is one struct in one file
//! under `facts/`; [`Event`] is the closed list of them; [`CATALOGUE`] names every shape that was
//! ever recorded. A shape never changes once it was released: a new one gets a new number, and the
//! old one opens for ever (see `catalogue/`).

pub mod access;
pub mod codes;
mod event;
pub mod facts;
mod history;
mod ids;
pub mod instruments;
mod mask;
mod seal;
mod stream;
mod values;

pub use codes::{CodeEntry, CodeList, UnknownCode};
pub use event::{CATALOGUE, DecodeError, Encoded, Event, Shape, labels};
pub use facts::*;
pub use history::{Effective, EffectiveRef, Fact, effective, effective_refs};
pub use ids::{
    AccountId, AgreementId, ConsentId, DecisionId, DwellingId, ExpenseId, GoalId, HouseholdId,
    IncidentId, JobId, MeetingId, PartnerId, PersonId, PilotId, PledgeId, Position, ReportId,
    ServiceReferralId, TokenId, TrainingId,
};
pub use mask::{Mask, Named, masked};
pub use seal::{NotSealed, Seal};
pub use stream::{BadStream, Stream};
pub use values::{
    Answer, BadMonth, Birth, FreeText, Identity, Income, IncomeAmount, Money, Month, Sealed,
    SealedBytes,
};
