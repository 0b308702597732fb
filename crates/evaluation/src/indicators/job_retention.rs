//! 20: job retention at 3 and 6 months.

use chrono::{Months, NaiveDate};
use events::codes::JobEndReason;
use events::{Answer, Position};
use projections::work::{JobRow, WorkRow};

use super::shares::{counted, ratio};
use super::{Definition, Unit};
use crate::Subject;
use crate::context::{Context, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 20,
    code: "job_retention",
    version: 1,
    it: "Mantenimento del lavoro a 3 e 6 mesi",
    en: "Job retention at 3 and 6 months",
    unit: Unit::JobsShare,
    formula: "jobs still held on the day 3 calendar months after they began / jobs for which that day lies in the period, has come, and not after she left; a job is held up to and including its last day; only the same job counts; any_job: jobs after which she had any job on that day, or which she had left for a better one without a later job being recorded; month_3 and month_6 alike; excluded: jobs that ended before she left, whose day came after it (or only the lost ones would be counted); unknown: jobs not ended when she left, before the day; not_yet_due: jobs whose day had not come, never counted as held",
    compute,
};

/// What is shown for each of the two anniversaries.
struct Anniversary {
    months: u32,
    same_job: &'static str,
    any_job: &'static str,
    not_yet_due: &'static str,
}

const ANNIVERSARIES: [Anniversary; 2] = [
    Anniversary {
        months: 3,
        same_job: "month_3",
        any_job: "month_3_any_job",
        not_yet_due: "month_3_not_yet_due",
    },
    Anniversary {
        months: 6,
        same_job: "month_6",
        any_job: "month_6_any_job",
        not_yet_due: "month_6_not_yet_due",
    },
];

/// A job that began by the end of the period, and what is known beside it.
struct Held<'a> {
    job: &'a JobRow,
    subject: Subject,
    /// All jobs she had in the household, in the order in which they began.
    jobs: Vec<&'a JobRow>,
    stays: Vec<Stay<'a>>,
}

impl Held<'_> {
    /// Was she still there on `day`, so that the end of a job would have been seen?
    fn is_watched_on(&self, day: NaiveDate) -> bool {
        let stays = self.stays.iter();
        stays
            .map(|stay| stay.exit)
            .any(|exit| exit.is_none_or(|exit| day <= exit))
    }

    /// Had she any job on `day`, or had she left this one for a better one of which no more is known?
    fn any_job_on(&self, day: NaiveDate) -> bool {
        let later = |job: &&JobRow| job.started_on > self.job.started_on && job.started_on <= day;
        let reason = self.job.ended.as_ref().map(|ended| ended.reason);
        self.jobs.iter().any(|job| job.runs_on(day))
            || (reason == Some(Answer::Known(JobEndReason::BetterJob))
                && !self.jobs.iter().any(later))
    }

    fn positions(&self, context: &Context<'_>) -> Vec<Position> {
        let stays = self.stays.iter().flat_map(Stay::positions);
        stays.chain(job_positions(self.job, context)).collect()
    }

    fn positions_of_all(&self, context: &Context<'_>) -> Vec<Position> {
        let begun = self
            .jobs
            .iter()
            .filter(|job| context.has_come(job.started_on));
        let jobs = begun.flat_map(|job| job_positions(job, context));
        self.positions(context).into_iter().chain(jobs).collect()
    }
}

fn job_positions(job: &JobRow, context: &Context<'_>) -> impl Iterator<Item = Position> + use<> {
    let ended = job
        .ended
        .as_ref()
        .filter(|ended| context.has_come(ended.on));
    std::iter::once(job.position).chain(ended.map(|ended| ended.position))
}

/// Every job that began by the end of the period.
fn held<'a>(context: &Context<'a>) -> Vec<Held<'a>> {
    let jobs_of = |work: &'a WorkRow| work.jobs.iter().map(move |job| (work, job));
    let jobs = context.snapshot.work.values().flat_map(jobs_of);
    jobs.filter(|(_, job)| context.has_come(job.started_on))
        .map(|(work, job)| Held {
            job,
            subject: Subject::Stay(work.household, job.person),
            jobs: work.jobs_of(job.person).collect(),
            stays: context
                .stays()
                .filter(|stay| stay.subject() == Subject::Stay(work.household, job.person))
                .collect(),
        })
        .collect()
}

fn retention(context: &Context<'_>, held: &[Held<'_>], anniversary: &Anniversary) -> [Group; 3] {
    let (mut same, mut any, mut reached, mut reached_any) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let (mut excluded, mut unknown, mut not_yet_due) =
        (Tally::default(), Tally::default(), Tally::default());
    for one in held {
        // The calendar's end never comes.
        let months = Months::new(anniversary.months);
        let day = one.job.started_on.checked_add_months(months);
        let Some(day) = day.filter(|day| context.has_come(*day)) else {
            not_yet_due.add(one.subject, one.positions(context));
            continue;
        };
        if !context.in_period(day) {
            continue;
        }
        if !one.is_watched_on(day) {
            let over = !one.job.runs_on(day);
            let tally = if over { &mut excluded } else { &mut unknown };
            tally.add(one.subject, one.positions(context));
            continue;
        }
        reached.add(one.subject, one.positions(context));
        reached_any.add(one.subject, one.positions_of_all(context));
        if one.job.runs_on(day) {
            same.add(one.subject, one.positions(context));
        }
        if one.any_job_on(day) {
            any.add(one.subject, one.positions_of_all(context));
        }
    }
    let parts = |kept: Tally, reached: Tally| Parts {
        denominator: reached.into(),
        excluded: excluded.clone().into(),
        unknown: unknown.clone().into(),
        ..Parts::of(kept)
    };
    [
        ratio(anniversary.same_job, parts(same, reached)),
        ratio(anniversary.any_job, parts(any, reached_any)),
        counted(anniversary.not_yet_due, not_yet_due),
    ]
}

fn compute(context: &Context<'_>) -> Outcome {
    let held = held(context);
    let [first, second] = ANNIVERSARIES.map(|of| retention(context, &held, &of));
    Outcome {
        value: first[0].value.clone(),
        parts: first[0].parts.clone(),
        groups: first.into_iter().chain(second).collect(),
    }
}
