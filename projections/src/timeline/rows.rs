//! One fact in a household's history.

use chrono::{DateTime, NaiveDate, Utc};
use events::{Event, HouseholdId, Position};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One fact of one household as it was recorded, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// Place in the log.
    pub position: Position,
    /// The household.
    pub household: HouseholdId,
    /// The fact's id: what is sealed in it was sealed for this id.
    pub id: Uuid,
    /// When it happened, as recorded.
    pub occurred_on: NaiveDate,
    /// When it was recorded here.
    pub recorded_at: DateTime<Utc>,
    /// When it was first written down elsewhere, if it was brought over.
    pub entered_at: Option<DateTime<Utc>>,
    /// Who recorded it.
    pub actor: String,
    /// What happened, as recorded.
    pub event: Event,
    /// Corrections that name this fact, in order.
    pub corrected_by: Vec<Position>,
    /// Retractions that name this fact, in order.
    pub retracted_by: Vec<Position>,
    /// Confirmations that name this fact, in order.
    #[serde(default)]
    pub confirmed_by: Vec<Position>,
}
