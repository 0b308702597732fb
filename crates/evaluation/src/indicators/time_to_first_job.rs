//! 18: time to the first job.

use events::Answer;
use events::codes::EmploymentStatus;

use super::{Definition, Unit};
use crate::context::{Context, Stay};
use crate::indicator::{Outcome, Parts, Tally, Undefined, Value};
use crate::survival::{self, Observation};

pub(super) const DEFINITION: Definition = Definition {
    number: 18,
    code: "time_to_first_job",
    version: 1,
    it: "Tempo fino al primo lavoro",
    en: "Time to first job",
    unit: Unit::Days,
    formula: "Kaplan-Meier median of days from entry to the start of the first job, over the stays with a night in the period of adults not employed at entry; censored at exit, or at the period's end or the day of the last fact; numerator: stays with a job, denominator: stays observed; excluded: employed at entry; unknown: age or employment at entry not known",
    compute,
};

/// The first job that began during the stay, by the end of the period.
fn first_job(stay: &Stay<'_>, context: &Context<'_>) -> Option<(i64, events::Position)> {
    context
        .work(stay.household.household)
        .into_iter()
        .flat_map(|work| work.jobs_of(stay.member.person))
        .filter(|job| job.started_on >= stay.entry)
        .filter(|job| context.has_come(job.started_on))
        .filter(|job| stay.exit.is_none_or(|exit| job.started_on <= exit))
        .map(|job| {
            (
                job.started_on.signed_duration_since(stay.entry).num_days(),
                job.position,
            )
        })
        .min()
}

fn compute(context: &Context<'_>) -> Outcome {
    let (mut events, mut observed, mut excluded, mut unknown) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let mut observations = Vec::new();
    for stay in context.served() {
        match (stay.is_adult(), stay.member.employment) {
            (Some(false), _) => {}
            (Some(true), Answer::Known(EmploymentStatus::Employed)) => {
                excluded.add(stay.subject(), stay.positions());
            }
            (Some(true), Answer::Known(_)) => {
                let job = first_job(&stay, context);
                let positions = || stay.positions().chain(job.map(|(_, position)| position));
                observed.add(stay.subject(), positions());
                if job.is_some() {
                    events.add(stay.subject(), positions());
                }
                observations.push(match job {
                    Some((day, _)) => Observation { day, event: true },
                    None => Observation {
                        day: stay.days.max(0),
                        event: false,
                    },
                });
            }
            (None, _) | (Some(true), _) => unknown.add(stay.subject(), stay.positions()),
        }
    }
    let value = match survival::kaplan_meier(&observations) {
        Some(survival) => Value::Survival(survival),
        None => Value::Undefined(Undefined::NothingToMeasure),
    };
    let parts = Parts {
        denominator: observed.into(),
        excluded: excluded.into(),
        unknown: unknown.into(),
        ..Parts::of(events)
    };
    Outcome {
        value,
        parts,
        groups: Vec::new(),
    }
}
