//! Work, courses, incomes and schooling in a household.

use async_graphql::{ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{
    Contract, IncomeSource, IncomeStage, JobEndReason, SchoolingKind, TrainingKind, TrainingResult,
};
use projections::work::{IncomeRow, JobRow, SchoolingRow, TrainingRow, WorkRow};
use rust_decimal::Decimal;

use super::codes::{Asked, Coded, Missing};

/// Jobs, courses, income and schooling of the household's members.
pub(crate) struct Work<'a>(pub(crate) Option<&'a WorkRow>);

#[Object]
impl Work<'_> {
    /// Jobs, in order of their start.
    async fn jobs(&self) -> Vec<Job> {
        let jobs = self.0.map(|row| row.jobs.as_slice()).unwrap_or_default();
        jobs.iter().map(Job::from).collect()
    }

    /// Courses, in order of their start.
    async fn trainings(&self) -> Vec<Training> {
        let trainings = self.0.map(|row| row.trainings.as_slice());
        let trainings = trainings.unwrap_or_default().iter();
        trainings.map(Training::from).collect()
    }

    /// Incomes, in order of time.
    async fn incomes(&self) -> Vec<IncomeEntry> {
        let incomes = self.0.map(|row| row.incomes.as_slice());
        let incomes = incomes.unwrap_or_default().iter();
        incomes.map(IncomeEntry::from).collect()
    }

    /// Schools and child care begun, in order of time.
    async fn schoolings(&self) -> Vec<Schooling> {
        let schoolings = self.0.map(|row| row.schoolings.as_slice());
        let schoolings = schoolings.unwrap_or_default().iter();
        schoolings.map(Schooling::from).collect()
    }
}

/// A job.
#[derive(SimpleObject)]
pub(crate) struct Job {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// Whose.
    person: ID,
    /// First day.
    started_on: NaiveDate,
    /// Kind of contract.
    contract: Asked<Contract>,
    /// Hours a week.
    weekly_hours: Option<u16>,
    /// The partner through whom she found it.
    partner: Option<ID>,
    /// Its end.
    ended: Option<JobEnd>,
}

/// The end of a job.
#[derive(SimpleObject)]
pub(crate) struct JobEnd {
    /// Position of the fact.
    position: i64,
    /// Last day.
    on: NaiveDate,
    /// Why.
    reason: Asked<JobEndReason>,
}

impl From<&JobRow> for Job {
    fn from(row: &JobRow) -> Self {
        Self {
            id: row.job.to_string().into(),
            position: row.position,
            person: row.person.to_string().into(),
            started_on: row.started_on,
            contract: Asked(row.contract),
            weekly_hours: row.weekly_hours,
            partner: row.partner.map(|partner| partner.to_string().into()),
            ended: row.ended.as_ref().map(|ended| JobEnd {
                position: ended.position,
                on: ended.on,
                reason: Asked(ended.reason),
            }),
        }
    }
}

/// A course.
#[derive(SimpleObject)]
pub(crate) struct Training {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// Whose.
    person: ID,
    /// First day.
    started_on: NaiveDate,
    /// What it is.
    kind: Coded<TrainingKind>,
    /// Hours in all, if known.
    hours: Option<u16>,
    /// The partner that holds it or through whom she found it.
    partner: Option<ID>,
    /// Its end.
    ended: Option<TrainingEnd>,
}

/// The end of a course.
#[derive(SimpleObject)]
pub(crate) struct TrainingEnd {
    /// Position of the fact.
    position: i64,
    /// Last day.
    on: NaiveDate,
    /// What came of it.
    result: Asked<TrainingResult>,
}

impl From<&TrainingRow> for Training {
    fn from(row: &TrainingRow) -> Self {
        Self {
            id: row.training.to_string().into(),
            position: row.position,
            person: row.person.to_string().into(),
            started_on: row.started_on,
            kind: Coded(row.kind),
            hours: row.hours,
            partner: row.partner.map(|partner| partner.to_string().into()),
            ended: row.ended.as_ref().map(|ended| TrainingEnd {
                position: ended.position,
                on: ended.on,
                result: Asked(ended.result),
            }),
        }
    }
}

/// A child began school or child care.
#[derive(SimpleObject)]
pub(crate) struct Schooling {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Who.
    person: ID,
    /// Of what kind.
    kind: Coded<SchoolingKind>,
}

impl From<&SchoolingRow> for Schooling {
    fn from(row: &SchoolingRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            person: row.person.to_string().into(),
            kind: Coded(row.kind),
        }
    }
}

/// A monthly income.
#[derive(SimpleObject)]
pub(crate) struct IncomeEntry {
    /// Position of the fact.
    position: i64,
    /// The day it was recorded for.
    on: NaiveDate,
    /// Whose.
    person: ID,
    /// On which occasion.
    stage: Coded<IncomeStage>,
    /// All sources together, if known.
    total: Option<Decimal>,
    /// Why the total is missing, if it is.
    total_missing: Option<Missing>,
    /// What each source pays.
    sources: Vec<IncomeAmount>,
    /// Why the whole answer is missing, if it is.
    missing: Option<Missing>,
}

/// What one source pays in a month.
#[derive(SimpleObject)]
pub(crate) struct IncomeAmount {
    /// The source.
    source: Coded<IncomeSource>,
    /// Monthly amount, if known.
    amount: Option<Decimal>,
    /// Why the amount is missing, if it is.
    missing: Option<Missing>,
}

impl From<&IncomeRow> for IncomeEntry {
    fn from(row: &IncomeRow) -> Self {
        let known = row.income.known();
        Self {
            position: row.position,
            on: row.on,
            person: row.person.to_string().into(),
            stage: Coded(row.stage),
            total: known.and_then(|income| income.total.known().copied()),
            total_missing: match known {
                Some(income) => Missing::of(&income.total),
                None => Missing::of(&row.income),
            },
            sources: known
                .map(|income| {
                    let sources = income.sources.iter();
                    sources
                        .map(|part| IncomeAmount {
                            source: Coded(part.source),
                            amount: part.amount.known().copied(),
                            missing: Missing::of(&part.amount),
                        })
                        .collect()
                })
                .unwrap_or_default(),
            missing: Missing::of(&row.income),
        }
    }
}
