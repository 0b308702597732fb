//! Jobs, courses, income, school.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{
    Contract, IncomeSource, IncomeStage, JobEndReason, SchoolingKind, TrainingKind, TrainingResult,
};
use events::{
    HouseholdId, Income, IncomeAmount, IncomeRecorded, JobEnded, JobId, JobPlacement, PartnerId,
    PersonId, SchoolingStarted, Seal, TrainingEnded, TrainingId, TrainingStarted,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::content::{Content, Made, NewIds};
use crate::graphql::codes::{Asked, Coded, Missing};

/// A job.
#[derive(InputObject)]
pub(crate) struct JobPlacementContent {
    /// The household.
    household: Uuid,
    /// Who.
    person: Uuid,
    /// The job's id, if it is not to be made from the command's.
    job: Option<Uuid>,
    /// Kind of contract.
    contract: Asked<Contract>,
    /// Hours a week.
    weekly_hours: Option<u16>,
    /// The partner through whom she found it.
    partner: Option<Uuid>,
}

impl Content for JobPlacementContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(JobPlacement {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            job: ids.or(self.job, "job", 0),
            contract: self.contract.0,
            weekly_hours: self.weekly_hours,
            partner: self.partner.map(PartnerId),
        }
        .into())
    }
}

/// The end of a job.
#[derive(InputObject)]
pub(crate) struct JobEndedContent {
    /// The household.
    household: Uuid,
    /// The job.
    job: Uuid,
    /// Why.
    reason: Asked<JobEndReason>,
}

impl Content for JobEndedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(JobEnded {
            household: HouseholdId(self.household),
            job: JobId(self.job),
            reason: self.reason.0,
        }
        .into())
    }
}

/// A course.
#[derive(InputObject)]
pub(crate) struct TrainingStartedContent {
    /// The household.
    household: Uuid,
    /// Who.
    person: Uuid,
    /// The course's id, if it is not to be made from the command's.
    training: Option<Uuid>,
    /// What it teaches.
    kind: Coded<TrainingKind>,
    /// Hours in all, if known.
    hours: Option<u16>,
    /// The partner who gives it or found it.
    partner: Option<Uuid>,
}

impl Content for TrainingStartedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(TrainingStarted {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            training: ids.or(self.training, "training", 0),
            kind: self.kind.0,
            hours: self.hours,
            partner: self.partner.map(PartnerId),
        }
        .into())
    }
}

/// The end of a course; `occurredOn` is its last day.
#[derive(InputObject)]
pub(crate) struct TrainingEndedContent {
    /// The household.
    household: Uuid,
    /// The course.
    training: Uuid,
    /// How.
    result: Asked<TrainingResult>,
}

impl Content for TrainingEndedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(TrainingEnded {
            household: HouseholdId(self.household),
            training: TrainingId(self.training),
            result: self.result.0,
        }
        .into())
    }
}

/// What one source pays in a month.
#[derive(InputObject)]
pub(crate) struct IncomeAmountInput {
    /// The source.
    source: Coded<IncomeSource>,
    /// Monthly amount, if known.
    amount: Option<Decimal>,
    /// Why the amount is missing, if it is.
    missing: Option<Missing>,
}

/// A monthly income.
#[derive(InputObject)]
pub(crate) struct IncomeRecordedContent {
    /// The household.
    household: Uuid,
    /// Whose.
    person: Uuid,
    /// On which occasion.
    stage: Coded<IncomeStage>,
    /// All sources together; zero means no income. When it is missing but sources are given, there
    /// is income and nobody knows how much.
    total: Option<Decimal>,
    /// Why the total is missing, when there is income and nobody knows how much.
    total_missing: Option<Missing>,
    /// What each source pays.
    #[graphql(default)]
    sources: Vec<IncomeAmountInput>,
    /// Why the answer is missing, when nothing of the above is given.
    missing: Option<Missing>,
}

impl Content for IncomeRecordedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        let given =
            self.total.is_some() || self.total_missing.is_some() || !self.sources.is_empty();
        let income = given.then(|| Income {
            total: Missing::answer(self.total, self.total_missing),
            sources: self
                .sources
                .iter()
                .map(|part| IncomeAmount {
                    source: part.source.0,
                    amount: Missing::answer(part.amount, part.missing),
                })
                .collect(),
        });
        Ok(IncomeRecorded {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            stage: self.stage.0,
            income: Missing::answer(income, self.missing),
        }
        .into())
    }
}

/// A child begins school or child care, or was there already on the day of entry.
#[derive(InputObject)]
pub(crate) struct SchoolingStartedContent {
    /// The household.
    household: Uuid,
    /// The child.
    person: Uuid,
    /// Where.
    kind: Coded<SchoolingKind>,
}

impl Content for SchoolingStartedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(SchoolingStarted {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            kind: self.kind.0,
        }
        .into())
    }
}
