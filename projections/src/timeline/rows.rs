//! A fact in a household's history, and what became of it.

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
    pub confirmed_by: Vec<Position>,
}

/// What became of a fact that others name, of any stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Corrections that name it, in order.
    pub corrected_by: Vec<Position>,
    /// Retractions that name it, in order.
    pub retracted_by: Vec<Position>,
    /// Confirmations that name it, in order.
    pub confirmed_by: Vec<Position>,
}

/// What a fact does to the one it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It says it anew.
    Corrected,
    /// It takes it back.
    Retracted,
    /// Somebody else says the same.
    Confirmed,
}

impl How {
    const ALL: [Self; 3] = [Self::Corrected, Self::Retracted, Self::Confirmed];

    /// The word in the table.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Retracted => "retracted",
            Self::Confirmed => "confirmed",
        }
    }

    pub(super) fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.code() == code)
    }
}

impl Marks {
    /// Adds a later fact that names it.
    pub(crate) fn add(&mut self, how: How, by: Position) {
        match how {
            How::Corrected => self.corrected_by.push(by),
            How::Retracted => self.retracted_by.push(by),
            How::Confirmed => self.confirmed_by.push(by),
        }
    }

    /// Every fact that names it, and how.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Position, How)> {
        let lists = [
            (&self.corrected_by, How::Corrected),
            (&self.retracted_by, How::Retracted),
            (&self.confirmed_by, How::Confirmed),
        ];
        lists
            .into_iter()
            .flat_map(|(list, how)| list.iter().map(move |by| (*by, how)))
    }
}
