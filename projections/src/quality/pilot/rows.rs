//! How the facts of the pilot, its money and its committee were recorded.

use chrono::NaiveDate;
use events::codes::Phase;
use events::{Answer, Money, PilotId, PledgeId, Position};
use serde::{Deserialize, Serialize};

use crate::pilots::ClosureRow;
use crate::quality::LateRow;

/// When its facts were written down, which periods are closed, which of its facts came late, and what
/// is known and what contradicts itself. Lists in order of position unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PilotQuality {
    /// The pilot.
    pub pilot: PilotId,
    /// When each fact that counts was written down.
    pub written: Vec<WrittenRow>,
    /// The closed periods.
    pub closures: Vec<ClosureRow>,
    /// Its late facts. Those of households are found with [`late`](crate::quality::late) and these
    /// closures.
    pub late: Vec<LateRow>,
    /// Required answers.
    pub answers: Vec<AnswerRow>,
    /// Facts that can contradict others, in order of (day, position).
    pub marks: Vec<PilotSaid>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// When a fact was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenRow {
    /// Its place.
    pub position: Position,
    /// Place of the correction that stands for it.
    pub corrected_by: Option<Position>,
    /// When it happened, as corrected.
    pub on: NaiveDate,
    /// The day (UTC) it was first written down: elsewhere if it was brought over, else here.
    pub written: NaiveDate,
}

/// A required answer of the pilot's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRow {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// Which answer.
    pub element: PilotElement,
    /// Is it there?
    pub answer: Answer<()>,
}

/// A required answer of the pilot's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PilotElement {
    /// Whose money was spent.
    ExpenseSource,
    /// Why a partner left.
    PartnerLeftReason,
}

/// A fact that can contradict others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub struct PilotSaid {
    pub position: Position,
    pub on: NaiveDate,
    pub what: Said,
}

/// What such a fact says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub enum Said {
    PhaseStarted(Phase),
    PilotClosed,
    MeetingHeld {
        /// How many partners were there.
        present: u64,
    },
    FundingPledged {
        pledge: PledgeId,
        amount: Money,
    },
    FundingReceived {
        pledge: PledgeId,
        amount: Money,
    },
}

impl PilotQuality {
    /// A pilot nothing is known of yet.
    pub fn new(pilot: PilotId) -> Self {
        Self {
            pilot,
            written: Vec::new(),
            closures: Vec::new(),
            late: Vec::new(),
            answers: Vec::new(),
            marks: Vec::new(),
            position: 0,
        }
    }
}
