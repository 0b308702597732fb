//! Jobs, courses, school: what members begin and end.

use chrono::NaiveDate;
use events::{Effective, Event, JobId, SchoolingStarted, TrainingId};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::Household;
use crate::limits::MAX_SCHOOL_AGE;
use crate::timeline::{Begun, Missing};

/// The jobs and courses of a household's members.
struct Work<'a> {
    household: &'a Household,
    placed: Begun<JobId>,
    ended: Begun<JobId>,
    trained: Begun<TrainingId>,
    finished: Begun<TrainingId>,
}

/// Notes where facts about jobs, courses and school do not fit each other, or nobody is there.
pub(crate) fn check(household: &Household, facts: &[Effective], found: &mut Findings) {
    let work = Work {
        household,
        placed: Begun::of(facts, |event| match event {
            Event::JobPlacement(placement) => Some(placement.job),
            _ => None,
        }),
        ended: Begun::of(facts, |event| match event {
            Event::JobEnded(end) => Some(end.job),
            _ => None,
        }),
        trained: Begun::of(facts, |event| match event {
            Event::TrainingStarted(start) => Some(start.training),
            _ => None,
        }),
        finished: Begun::of(facts, |event| match event {
            Event::TrainingEnded(end) => Some(end.training),
            _ => None,
        }),
    };
    for fact in facts {
        found.check(fact, work.check(fact));
    }
}

impl Work<'_> {
    fn check(&self, fact: &Effective) -> Result<(), Refusal> {
        let on = fact.occurred_on;
        match &fact.event {
            Event::JobPlacement(placement) => {
                let job = placement.job;
                let first = self.placed.check_first(job, fact);
                first.map_err(|on| Refusal::JobExists { job, on })?;
                self.household.check_member(placement.person, on)
            }
            Event::JobEnded(end) => {
                let job = end.job;
                self.check_placed(job, on)?;
                let first = self.ended.check_first(job, fact);
                first.map_err(|on| Refusal::JobAlreadyEnded { job, on })
            }
            Event::TrainingStarted(start) => {
                let training = start.training;
                let first = self.trained.check_first(training, fact);
                first.map_err(|on| Refusal::TrainingExists { training, on })?;
                self.household.check_member(start.person, on)
            }
            Event::TrainingEnded(end) => {
                let training = end.training;
                self.check_trained(training, on)?;
                let first = self.finished.check_first(training, fact);
                first.map_err(|on| Refusal::TrainingAlreadyEnded { training, on })
            }
            Event::SchoolingStarted(start) => self.check_schooling(start, on),
            _ => Ok(()),
        }
    }

    fn check_placed(&self, job: JobId, on: NaiveDate) -> Result<(), Refusal> {
        let placed = self.placed.check_begun(job, on);
        placed.map_err(|missing| match missing {
            Missing::Unknown => Refusal::JobUnknown {
                household: self.household.id,
                job,
            },
            Missing::NotYet(started_on) => Refusal::JobNotYetStarted {
                job,
                started_on,
                on,
            },
        })
    }

    fn check_trained(&self, training: TrainingId, on: NaiveDate) -> Result<(), Refusal> {
        let trained = self.trained.check_begun(training, on);
        trained.map_err(|missing| match missing {
            Missing::Unknown => Refusal::TrainingUnknown {
                household: self.household.id,
                training,
            },
            Missing::NotYet(started_on) => Refusal::TrainingNotYetStarted {
                training,
                started_on,
                on,
            },
        })
    }

    /// Whose age is not known may be a child.
    fn check_schooling(&self, start: &SchoolingStarted, on: NaiveDate) -> Result<(), Refusal> {
        let person = start.person;
        self.household.check_member(person, on)?;
        let membership = self.household.memberships.get(&person);
        let age = membership
            .and_then(|membership| Some(membership.birth?.age_on(on, membership.entered.on)));
        match age {
            Some(age) if age > MAX_SCHOOL_AGE => Err(Refusal::NotOfSchoolAge { person, on }),
            _ => Ok(()),
        }
    }
}
