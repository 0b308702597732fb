//! Work, courses, incomes and schooling in a household.

use chrono::NaiveDate;
use events::codes::{
    Contract, IncomeStage, JobEndReason, SchoolingKind, TrainingKind, TrainingResult,
};
use events::{Answer, HouseholdId, Income, JobId, PartnerId, PersonId, Position, TrainingId};
use serde::{Deserialize, Serialize};

/// What is known of the work, courses, incomes and schooling in a household. Lists are in order of
/// (day, position); every element names the position of the fact it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkRow {
    /// The household.
    pub household: HouseholdId,
    /// Jobs, those that ended included.
    pub jobs: Vec<JobRow>,
    /// Courses, those that ended included.
    pub trainings: Vec<TrainingRow>,
    /// Incomes.
    pub incomes: Vec<IncomeRow>,
    /// Schools and child care begun.
    pub schoolings: Vec<SchoolingRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::JobPlacement`] and [`events::JobEnded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub struct JobRow {
    pub position: Position,
    pub job: JobId,
    pub person: PersonId,
    pub started_on: NaiveDate,
    pub contract: Answer<Contract>,
    pub weekly_hours: Option<u16>,
    pub partner: Option<PartnerId>,
    pub ended: Option<JobEndRow>,
}

/// From [`events::JobEnded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct JobEndRow {
    pub position: Position,
    pub on: NaiveDate,
    pub reason: Answer<JobEndReason>,
}

/// From [`events::TrainingStarted`] and [`events::TrainingEnded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub struct TrainingRow {
    pub position: Position,
    pub training: TrainingId,
    pub person: PersonId,
    pub started_on: NaiveDate,
    pub kind: TrainingKind,
    pub hours: Option<u16>,
    pub partner: Option<PartnerId>,
    pub ended: Option<TrainingEndRow>,
}

/// From [`events::TrainingEnded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct TrainingEndRow {
    pub position: Position,
    pub on: NaiveDate,
    pub result: Answer<TrainingResult>,
}

/// From [`events::IncomeRecorded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct IncomeRow {
    pub position: Position,
    pub on: NaiveDate,
    pub person: PersonId,
    pub stage: IncomeStage,
    pub income: Answer<Income>,
}

/// From [`events::SchoolingStarted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct SchoolingRow {
    pub position: Position,
    pub on: NaiveDate,
    pub person: PersonId,
    pub kind: SchoolingKind,
}

impl WorkRow {
    /// A household of whose work nothing is known yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            jobs: Vec::new(),
            trainings: Vec::new(),
            incomes: Vec::new(),
            schoolings: Vec::new(),
            position: 0,
        }
    }

    /// Her jobs, in the order in which they began.
    pub fn jobs_of(&self, person: PersonId) -> impl Iterator<Item = &JobRow> {
        self.jobs.iter().filter(move |job| job.person == person)
    }

    /// The job she had on `day`; of several the one that began first.
    pub fn employed_on(&self, person: PersonId, day: NaiveDate) -> Option<&JobRow> {
        self.jobs_of(person).find(|job| job.runs_on(day))
    }
}

impl JobRow {
    /// Was it hers on `day`? The first and the last day count.
    pub fn runs_on(&self, day: NaiveDate) -> bool {
        self.started_on <= day && self.last_day().is_none_or(|last| day <= last)
    }

    /// Its last day, if it ended; never before its first.
    pub fn last_day(&self) -> Option<NaiveDate> {
        let ended = self.ended.as_ref();
        ended.map(|ended| ended.on.max(self.started_on))
    }
}
