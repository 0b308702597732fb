//! Stream `household/ID` → [`WorkRow`].

use events::{EffectiveRef, Event, Fact, HouseholdId, JobPlacement, TrainingStarted};
use uuid::Uuid;

use super::{IncomeRow, JobEndRow, JobRow, SchoolingRow, TrainingEndRow, TrainingRow, WorkRow};
use crate::history::{amends, effective_of, folded, further, insert, whole};

folded!(WorkRow, household: HouseholdId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other households change nothing, and neither does the end of a job or
/// course that is not in the row. The order of days does not matter beyond what [`needs_history`]
/// says.
pub fn evolve(
    row: Option<WorkRow>,
    fact: &EffectiveRef<'_>,
    household: HouseholdId,
) -> Option<WorkRow> {
    // A correction may have given the fact to another household.
    if fact.event.household() != Some(household) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| WorkRow::new(household));
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::JobPlacement(placed) => place(&mut row, fact, placed),
        Event::JobEnded(ended) => {
            let end = JobEndRow {
                position,
                on,
                reason: ended.reason,
            };
            if let Some(job) = row.jobs.iter_mut().find(|row| row.job == ended.job) {
                // Told twice that it ended, the first time in order of days counts.
                keep_first(&mut job.ended, end, |end| (end.on, end.position));
            }
        }
        Event::TrainingStarted(started) => train(&mut row, fact, started),
        Event::TrainingEnded(ended) => {
            let end = TrainingEndRow {
                position,
                on,
                result: ended.result,
            };
            let mut trainings = row.trainings.iter_mut();
            if let Some(training) = trainings.find(|row| row.training == ended.training) {
                keep_first(&mut training.ended, end, |end| (end.on, end.position));
            }
        }
        Event::IncomeRecorded(recorded) => {
            let income = IncomeRow {
                position,
                on,
                person: recorded.person,
                stage: recorded.stage,
                income: recorded.income.clone(),
            };
            insert(&mut row.incomes, income, |row| (row.on, row.position));
        }
        Event::SchoolingStarted(started) => {
            let schooling = SchoolingRow {
                position,
                on,
                person: started.person,
                kind: started.kind,
            };
            insert(&mut row.schoolings, schooling, |row| (row.on, row.position));
        }
        // Corrections and retractions are no part of an effective history; the others say nothing
        // about work.
        _ => {}
    }
    Some(row)
}

/// Must the row be folded from its whole history when this fact arrives? So it must for corrections
/// and retractions, and for a job or course, to whose end others may refer whatever their order.
pub fn needs_history(event: &Event) -> bool {
    amends(event) || is_referred_to(event)
}

/// The job or course that a fact names, and whether it begins it.
pub(crate) fn names(event: &Event) -> Option<(Uuid, bool)> {
    match event {
        Event::JobPlacement(placed) => Some((placed.job.0, true)),
        Event::JobEnded(ended) => Some((ended.job.0, false)),
        Event::TrainingStarted(started) => Some((started.training.0, true)),
        Event::TrainingEnded(ended) => Some((ended.training.0, false)),
        _ => None,
    }
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(household: HouseholdId, entries: &[&Fact]) -> Option<WorkRow> {
    let mut history = effective_of(entries);
    // What others refer to comes first.
    history.sort_by_key(|fact| (!is_referred_to(fact.event), fact.position));
    whole(household, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: WorkRow, entries: &[&Fact]) -> WorkRow {
    further(row, entries, evolve)
}

fn is_referred_to(event: &Event) -> bool {
    matches!(event, Event::JobPlacement(_) | Event::TrainingStarted(_))
}

fn place(row: &mut WorkRow, fact: &EffectiveRef<'_>, placed: &JobPlacement) {
    let job = JobRow {
        position: fact.position,
        job: placed.job,
        person: placed.person,
        started_on: fact.occurred_on,
        contract: placed.contract,
        weekly_hours: placed.weekly_hours,
        partner: placed.partner,
        ended: None,
    };
    insert(&mut row.jobs, job, |row| (row.started_on, row.position));
}

fn train(row: &mut WorkRow, fact: &EffectiveRef<'_>, started: &TrainingStarted) {
    let training = TrainingRow {
        position: fact.position,
        training: started.training,
        person: started.person,
        started_on: fact.occurred_on,
        kind: started.kind,
        hours: started.hours,
        partner: started.partner,
        ended: None,
    };
    insert(&mut row.trainings, training, |row| {
        (row.started_on, row.position)
    });
}

fn keep_first<T, K: Ord>(kept: &mut Option<T>, told: T, when: impl Fn(&T) -> K) {
    if kept
        .as_ref()
        .is_none_or(|before| when(&told) < when(before))
    {
        *kept = Some(told);
    }
}
