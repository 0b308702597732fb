//! What the pilot's own agenda is derived from.

use chrono::NaiveDate;
use events::codes::{DecisionOutcome, Phase};
use events::{DecisionId, ExpenseId, MeetingId, Money, PilotId, Position};
use serde::{Deserialize, Serialize};

use crate::pilots::RulesRow;

use crate::agenda::Mark;

/// What happened in the pilot, its funding and its committee that makes something due, or settles it.
/// Lists in order of (day, position).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PilotAgenda {
    /// The pilot.
    pub pilot: PilotId,
    /// What happened.
    pub marks: Vec<PilotMark>,
    /// The pilot's own rules.
    pub rules: Vec<RulesRow>,
    /// Expenses: what needs the approval of a second person.
    pub expenses: Vec<ExpenseMark>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// One fact, as far as the agenda cares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PilotMark {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// What happened.
    pub what: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub enum Happened {
    PilotOpened,
    PhaseStarted {
        phase: Phase,
        planned_end: Option<NaiveDate>,
    },
    PhaseExtended {
        phase: Phase,
        planned_end: NaiveDate,
        decision: Option<DecisionId>,
    },
    TargetSet {
        indicator: u16,
        due: Option<NaiveDate>,
    },
    PeriodClosed {
        from: NaiveDate,
        to: NaiveDate,
    },
    ReportPublished {
        from: NaiveDate,
        to: NaiveDate,
    },
    PilotClosed,
    ExpenseApproved {
        expense: ExpenseId,
        /// Who approved it.
        by: String,
    },
    ExpenseReversed {
        expense: ExpenseId,
        amount: Money,
    },
    MeetingPlanned {
        meeting: MeetingId,
        planned_for: NaiveDate,
    },
    MeetingHeld(MeetingId),
    DecisionTaken {
        decision: DecisionId,
        due: Option<NaiveDate>,
    },
    DecisionClosed {
        decision: DecisionId,
        outcome: DecisionOutcome,
    },
}

/// From [`events::ExpenseRecorded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpenseMark {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// The expense.
    pub expense: ExpenseId,
    /// Amount in the pilot's currency.
    pub amount: Money,
    /// Who stated what it says now.
    pub by: String,
    /// Approvals of what it said before its amount, line or source was corrected: they do not count.
    pub void: Vec<Position>,
}

impl PilotAgenda {
    /// A pilot nothing is known of yet.
    pub fn new(pilot: PilotId) -> Self {
        Self {
            pilot,
            marks: Vec::new(),
            rules: Vec::new(),
            expenses: Vec::new(),
            position: 0,
        }
    }
}

impl PilotMark {
    /// Its place and day.
    pub fn mark(&self) -> Mark {
        Mark {
            on: self.on,
            position: self.position,
        }
    }
}
