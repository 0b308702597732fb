//! The pilot's phases: when each began, when it is to end, and in which month of its twelve the
//! experimental one stands.

use chrono::{Months, NaiveDate};
use events::DecisionId;
use events::codes::Phase;

use super::{Happened, PilotAgenda};
use crate::agenda::Mark;
use crate::agenda::item::{after_days, after_months};

/// Months of the experimental phase when no planned end says otherwise.
pub const EXPERIMENTAL_MONTHS: u32 = 12;

/// A phase, as known on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseTimes {
    /// The phase.
    pub phase: Phase,
    /// The fact it began with.
    pub started: Mark,
    /// Its last day as planned when it began.
    pub first_planned_end: Option<NaiveDate>,
    /// Its last day as planned now.
    pub planned_end: Option<NaiveDate>,
    /// The fact that says so.
    pub laid_down: Option<Mark>,
    /// How it was extended, in order of days.
    pub extensions: Vec<Extension>,
    /// The fact it ended with: the next phase, or the closing of the pilot.
    pub ended: Option<Mark>,
}

/// One extension of a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The fact.
    pub mark: Mark,
    /// Last day as planned from then on.
    pub planned_end: NaiveDate,
    /// The committee's decision it follows from, if there is one.
    pub decision: Option<DecisionId>,
}

/// A month of the experimental phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// Which one, from 1.
    pub number: u32,
    /// Of how many, as planned at first.
    pub of: u32,
    /// Of how many with the extensions.
    pub extended_to: u32,
}

/// The phases that had begun by `today`, in order of days, each as its facts up to then say.
pub fn phases(row: &PilotAgenda, today: NaiveDate) -> Vec<PhaseTimes> {
    let mut phases: Vec<PhaseTimes> = Vec::new();
    for mark in row.marks.iter().filter(|mark| mark.on <= today) {
        match mark.what {
            Happened::PhaseStarted { phase, planned_end } => {
                end(&mut phases, mark.mark());
                phases.push(PhaseTimes {
                    phase,
                    started: mark.mark(),
                    first_planned_end: planned_end,
                    planned_end,
                    laid_down: planned_end.map(|_| mark.mark()),
                    extensions: Vec::new(),
                    ended: None,
                });
            }
            Happened::PhaseExtended {
                phase,
                planned_end,
                decision,
            } => {
                let last = phases.iter_mut().rev().find(|known| known.phase == phase);
                if let Some(known) = last {
                    known.planned_end = Some(planned_end);
                    known.laid_down = Some(mark.mark());
                    known.extensions.push(Extension {
                        mark: mark.mark(),
                        planned_end,
                        decision,
                    });
                }
            }
            Happened::PilotClosed => end(&mut phases, mark.mark()),
            _ => {}
        }
    }
    phases
}

/// The phase the pilot is in on a day; none before the first and after the closing.
pub fn phase_now(row: &PilotAgenda, today: NaiveDate) -> Option<PhaseTimes> {
    phases(row, today)
        .pop()
        .filter(|phase| phase.ended.is_none())
}

/// In which month the experimental phase is on a day; none when the pilot is in another.
pub fn experimental_month(row: &PilotAgenda, today: NaiveDate) -> Option<Month> {
    let phase = phase_now(row, today).filter(|phase| phase.phase == Phase::Experimental)?;
    let started = phase.started.on;
    let planned = |end: Option<NaiveDate>| {
        end.map_or(EXPERIMENTAL_MONTHS, |end| {
            months_until(started, after_days(end, 1))
        })
    };
    Some(Month {
        number: whole_months(started, today) + 1,
        of: planned(phase.first_planned_end),
        extended_to: planned(phase.planned_end.or(phase.first_planned_end)),
    })
}

fn end(phases: &mut [PhaseTimes], by: Mark) {
    if let Some(last) = phases.last_mut() {
        last.ended = last.ended.or(Some(by));
    }
}

/// Calendar months that are over, from `start` to `day`. The month that begins on the 31st ends
/// where a shorter one does.
fn whole_months(start: NaiveDate, day: NaiveDate) -> u32 {
    let mut months = 0;
    while start
        .checked_add_months(Months::new(months + 1))
        .is_some_and(|next| next <= day)
    {
        months += 1;
    }
    months
}

/// Months from `start` to `end`, a begun one counted whole; at least one.
fn months_until(start: NaiveDate, end: NaiveDate) -> u32 {
    let whole = whole_months(start, end);
    let begun = after_months(start, whole) < end;
    (whole + u32::from(begun)).max(1)
}
