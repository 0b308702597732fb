//! 21: contract quality.

use events::Position;
use projections::work::JobRow;

use super::exits::distribution;
use super::shares::Shares;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Undefined, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 21,
    code: "contract_quality",
    version: 1,
    it: "Qualità dei contratti",
    en: "Contract quality",
    unit: Unit::Jobs,
    formula: "jobs that began in the period, by kind of contract; does not know, prefers not to answer and not collected apart, together unknown; weekly_hours: the same jobs by hours a week as agreed when they began: 1-15, 16-24, 25-34, 35 or more, zero and not known apart",
    compute,
};

/// Name of each band of hours a week, and the last hour that belongs to it.
const HOURS: [(&str, u16); 5] = [
    ("hours_0", 0),
    ("hours_1_15", 15),
    ("hours_16_24", 24),
    ("hours_25_34", 34),
    ("hours_35_or_more", u16::MAX),
];

/// Jobs of which the hours were not told.
const NOT_COLLECTED: &str = "not_collected";

fn band(hours: Option<u16>) -> &'static str {
    let found = hours.and_then(|hours| HOURS.iter().find(|(_, last)| hours <= *last));
    found.map_or(NOT_COLLECTED, |(code, _)| code)
}

fn by_hours(jobs: &[(Subject, &JobRow)]) -> Group {
    let (mut all, mut unknown) = (Tally::default(), Tally::default());
    let mut shares = Shares::of(
        HOURS
            .map(|(code, _)| code)
            .into_iter()
            .chain([NOT_COLLECTED]),
    );
    for (subject, job) in jobs {
        shares.add(band(job.weekly_hours));
        all.add(*subject, [job.position]);
        if job.weekly_hours.is_none() {
            unknown.add(*subject, [job.position]);
        }
    }
    Group {
        code: "weekly_hours",
        value: shares.measured(),
        parts: Parts {
            unknown: unknown.into(),
            ..Parts::of(all)
        },
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let mut jobs: Vec<(Subject, &JobRow)> = Vec::new();
    for work in context.snapshot.work.values() {
        let begun = work
            .jobs
            .iter()
            .filter(|job| context.in_period(job.started_on));
        jobs.extend(begun.map(|job| (Subject::Stay(work.household, job.person), job)));
    }
    let contracts = jobs.iter().map(|(subject, job)| {
        let positions: Vec<Position> = vec![job.position];
        (*subject, positions, job.contract)
    });
    let contracts = distribution("contract", contracts);
    let value = match contracts.parts.numerator.count {
        0 => Value::Undefined(Undefined::NothingToMeasure),
        _ => contracts.value,
    };
    Outcome {
        value,
        parts: contracts.parts,
        groups: vec![by_hours(&jobs)],
    }
}
