//! The work: jobs, courses, incomes, and the schooling of children.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use events::{JobId, PersonId};

pub use rows::*;

crate::document::by_household!(Work, WorkRow, "work", named);

/// A time in which she was never without a job: days n with from ≤ n ≤ until.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// First day.
    pub from: NaiveDate,
    /// Last day; none while it lasts.
    pub until: Option<NaiveDate>,
    /// The jobs it is made of, in the order in which they began.
    pub jobs: Vec<JobId>,
}

/// When somebody worked, whatever the job: jobs that overlap, or of which one begins on the day
/// after another's last, are one spell.
pub fn spells(row: &WorkRow, person: PersonId) -> Vec<Spell> {
    let mut spells: Vec<Spell> = Vec::new();
    for job in row.jobs_of(person) {
        let until = job.last_day();
        match spells.last_mut().filter(|spell| follows(spell, job)) {
            Some(spell) => {
                // One that lasts makes the spell last.
                spell.until = spell.until.zip(until).map(|(one, other)| one.max(other));
                spell.jobs.push(job.job);
            }
            None => spells.push(Spell {
                from: job.started_on,
                until,
                jobs: vec![job.job],
            }),
        }
    }
    spells
}

/// Does the job begin in the spell or on the day after it?
fn follows(spell: &Spell, job: &JobRow) -> bool {
    let next = |last: NaiveDate| last.succ_opt().unwrap_or(last);
    spell.until.is_none_or(|last| job.started_on <= next(last))
}
