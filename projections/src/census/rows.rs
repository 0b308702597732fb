//! What is known about one dwelling.

use chrono::NaiveDate;
use events::codes::{UnavailableReason, WithdrawalReason, WorksKind};
use events::{Answer, DwellingId, HouseholdId, Position};
use serde::{Deserialize, Serialize};

/// One dwelling: when it could be lived in, and who lived in it. Lists in order of (day, position).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DwellingRow {
    /// The dwelling.
    pub dwelling: DwellingId,
    /// Its registration; none only if it was retracted or lies outside the history looked at.
    pub registration: Option<RegistrationRow>,
    /// When it became available or unavailable.
    pub availability: Vec<AvailabilityRow>,
    /// Works on it.
    #[serde(default)]
    pub works: Vec<WorksRow>,
    /// Completions of works, each (place of the fact, day).
    #[serde(default)]
    pub completions: Vec<(Position, NaiveDate)>,
    /// Its withdrawal from the pilot.
    #[serde(default)]
    pub withdrawal: Option<WithdrawalRow>,
    /// Which household lived in it when.
    pub occupancies: Vec<DwellingOccupancyRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::DwellingRegistered`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct RegistrationRow {
    pub position: Position,
    pub on: NaiveDate,
    pub label: String,
    pub rooms: u16,
    pub beds: u16,
    pub step_free: Answer<bool>,
}

/// From [`events::DwellingAvailable`], [`events::DwellingUnavailable`], [`events::WorksStarted`] (works)
/// or [`events::DwellingWithdrawn`] (no reason).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AvailabilityRow {
    /// Place of the fact.
    pub position: Position,
    /// First day.
    pub on: NaiveDate,
    /// Can it be lived in from that day?
    pub available: bool,
    /// Why not; none when it can, or was withdrawn.
    pub reason: Option<UnavailableReason>,
}

/// From [`events::WorksStarted`] and [`events::WorksCompleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorksRow {
    /// Place of the fact they began by.
    pub position: Position,
    /// First day.
    pub on: NaiveDate,
    /// What is done.
    pub kind: WorksKind,
    /// Last day as planned.
    pub planned_end: Option<NaiveDate>,
    /// Their completion: place of the fact and day.
    pub completed: Option<(Position, NaiveDate)>,
}

/// From [`events::DwellingWithdrawn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct WithdrawalRow {
    pub position: Position,
    pub on: NaiveDate,
    pub reason: WithdrawalReason,
}

/// A household's time in the dwelling: nights n with from ≤ n < until.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DwellingOccupancyRow {
    /// Place of the fact that began it.
    pub position: Position,
    /// The household.
    pub household: HouseholdId,
    /// First night.
    pub from: NaiveDate,
    /// Place of the fact that ended it, if one did.
    pub ended_by: Option<Position>,
    /// The day it ended, if it did.
    pub until: Option<NaiveDate>,
}

impl DwellingRow {
    /// A dwelling nothing is known of yet.
    pub fn new(dwelling: DwellingId) -> Self {
        Self {
            dwelling,
            registration: None,
            availability: Vec::new(),
            works: Vec::new(),
            completions: Vec::new(),
            withdrawal: None,
            occupancies: Vec::new(),
            position: 0,
        }
    }

    /// Could it be lived in in the night of `day`? The last word on or before that day counts.
    pub fn available_on(&self, day: NaiveDate) -> bool {
        self.availability
            .iter()
            .rev()
            .find(|a| a.on <= day)
            .is_some_and(|a| a.available)
    }

    /// Is it part of the pilot in the night of `day`?
    pub fn belongs_on(&self, day: NaiveDate) -> bool {
        let registered = self.registration.as_ref();
        registered.is_some_and(|registered| registered.on <= day)
            && self.withdrawal.as_ref().is_none_or(|gone| day < gone.on)
    }

    /// The household that lived in it in the night of `day`.
    pub fn occupied_on(&self, day: NaiveDate) -> Option<HouseholdId> {
        self.occupancies
            .iter()
            .find(|o| o.from <= day && last_night(o.from, o.until).is_none_or(|last| day <= last))
            .map(|o| o.household)
    }
}

/// The last night of a stay that ended on `until`: the night before; a stay that began and ended on
/// one day counts that night. None while it lasts.
pub fn last_night(from: NaiveDate, until: Option<NaiveDate>) -> Option<NaiveDate> {
    until.map(|until| until.pred_opt().unwrap_or(until).max(from))
}
