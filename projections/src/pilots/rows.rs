//! What is known about the pilot itself.

use chrono::NaiveDate;
use events::codes::{Currency, ExpenseLine, PartnerKind, Phase};
use events::{ExpenseId, HmisProject, Money, PartnerId, PilotId, Position};
use serde::{Deserialize, Serialize};

/// The pilot: its frame, phases, partners and expenses. Lists in order of (day, position).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PilotRow {
    /// The pilot.
    pub pilot: PilotId,
    /// Its opening; none only before the first fact.
    pub opening: Option<OpeningRow>,
    /// Phases.
    pub phases: Vec<PhaseRow>,
    /// Partners.
    pub partners: Vec<PartnerRow>,
    /// Expenses.
    pub expenses: Vec<ExpenseRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::PilotOpened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct OpeningRow {
    pub position: Position,
    pub on: NaiveDate,
    pub title: String,
    pub place: String,
    pub code: String,
    pub currency: Currency,
    pub hmis_project: Option<HmisProject>,
}

/// From [`events::PhaseStarted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PhaseRow {
    pub position: Position,
    pub on: NaiveDate,
    pub phase: Phase,
    pub planned_end: Option<NaiveDate>,
}

/// From [`events::PartnerJoined`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PartnerRow {
    pub position: Position,
    pub on: NaiveDate,
    pub partner: PartnerId,
    pub kind: PartnerKind,
    pub name: String,
}

/// From [`events::ExpenseRecorded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ExpenseRow {
    pub position: Position,
    pub on: NaiveDate,
    pub expense: ExpenseId,
    pub line: ExpenseLine,
    pub source: Option<PartnerId>,
    pub amount: Money,
    pub description: String,
}

impl PilotRow {
    /// A pilot nothing is known of yet.
    pub fn new(pilot: PilotId) -> Self {
        Self {
            pilot,
            opening: None,
            phases: Vec::new(),
            partners: Vec::new(),
            expenses: Vec::new(),
            position: 0,
        }
    }
}
