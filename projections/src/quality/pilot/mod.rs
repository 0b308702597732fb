//! How the facts of the pilot, its money and its committee were recorded.

pub mod fold;
mod rows;

use chrono::NaiveDate;
use events::{Money, PledgeId, Position};
use serde::{Deserialize, Serialize};

pub use rows::*;

crate::document::by_pilot!(
    QualityOfPilots, PilotQuality, "quality_pilot",
    events::Stream::Pilot | events::Stream::Funding | events::Stream::Committee
        => [Pilot, Funding, Committee]
);

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PilotCheck {
    /// A phase began after one that follows it.
    PhasesOutOfOrder,
    /// A meeting was held, but no partner was there.
    MeetingOfNobody,
    /// More money was received for a pledge than was pledged.
    ReceivedMoreThanPledged,
    /// A phase began after the pilot was closed.
    PhaseAfterClosing,
}

impl PilotCheck {
    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::PhasesOutOfOrder => "phases_out_of_order",
            Self::MeetingOfNobody => "meeting_of_nobody",
            Self::ReceivedMoreThanPledged => "received_more_than_pledged",
            Self::PhaseAfterClosing => "phase_after_closing",
        }
    }
}

/// Facts of the pilot that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PilotContradiction {
    /// What was looked for.
    pub check: PilotCheck,
    /// The facts, ascending.
    pub positions: Vec<Position>,
}

/// What contradicts itself in the pilot's own facts up to `today`, in order of the checks.
pub fn contradictions(row: &PilotQuality, today: NaiveDate) -> Vec<PilotContradiction> {
    let known = row.marks.iter().filter(|mark| mark.on <= today);
    let known: Vec<&PilotSaid> = known.collect();
    let mut found = Vec::new();
    for (index, mark) in known.iter().enumerate() {
        let before = &known[..index];
        match mark.what {
            Said::PhaseStarted(phase) => {
                let later = before.iter().find(
                    |other| matches!(other.what, Said::PhaseStarted(before) if before > phase),
                );
                let closed = before.iter().find(|other| other.what == Said::PilotClosed);
                note(&mut found, PilotCheck::PhasesOutOfOrder, later, mark);
                note(&mut found, PilotCheck::PhaseAfterClosing, closed, mark);
            }
            Said::MeetingHeld { present: 0 } => found.push(PilotContradiction {
                check: PilotCheck::MeetingOfNobody,
                positions: vec![mark.position],
            }),
            Said::FundingPledged { pledge, amount } => {
                found.extend(overpaid(&known, mark.position, pledge, amount));
            }
            _ => {}
        }
    }
    found.sort();
    found
}

fn note(
    found: &mut Vec<PilotContradiction>,
    check: PilotCheck,
    other: Option<&&PilotSaid>,
    mark: &PilotSaid,
) {
    if let Some(other) = other {
        let mut positions = vec![other.position, mark.position];
        positions.sort_unstable();
        found.push(PilotContradiction { check, positions });
    }
}

fn overpaid(
    known: &[&PilotSaid],
    pledged: Position,
    of: PledgeId,
    amount: Money,
) -> Option<PilotContradiction> {
    let mut positions = vec![pledged];
    let mut received = Money::ZERO;
    for mark in known {
        if let Said::FundingReceived { pledge, amount } = mark.what
            && pledge == of
        {
            received += amount;
            positions.push(mark.position);
        }
    }
    positions.sort_unstable();
    let check = PilotCheck::ReceivedMoreThanPledged;
    (received > amount).then_some(PilotContradiction { check, positions })
}
