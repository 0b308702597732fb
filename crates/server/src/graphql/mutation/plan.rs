//! The personal plan: goals, assessments, risk.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{AssessmentStage, GoalDomain, GoalWithdrawalReason, RiskLevel};
use events::{
    AssessmentScored, GoalId, GoalReviewed, GoalRevised, GoalSet, GoalWithdrawn, HouseholdId,
    PersonId, PlanAgreed, RiskAssessed, Score, Seal,
};
use uuid::Uuid;

use super::content::{Content, Made, NewIds, seal_note};
use crate::graphql::codes::{Asked, Coded};

/// A personal plan.
#[derive(InputObject)]
pub(crate) struct PlanAgreedContent {
    /// The household.
    household: Uuid,
    /// The day by which it is to be reviewed.
    review_due: Option<NaiveDate>,
}

impl Content for PlanAgreedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PlanAgreed {
            household: HouseholdId(self.household),
            review_due: self.review_due,
        }
        .into())
    }
}

/// A goal.
#[derive(InputObject)]
pub(crate) struct GoalSetContent {
    /// The household.
    household: Uuid,
    /// The goal's id, if it is not to be made from the command's.
    goal: Option<Uuid>,
    /// What it is about.
    domain: Coded<GoalDomain>,
    /// The day by which it is to be reached.
    due: Option<NaiveDate>,
    /// The goal in her words. Sealed.
    text: Option<String>,
}

impl Content for GoalSetContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Made {
        Ok(GoalSet {
            household: HouseholdId(self.household),
            goal: ids.or(self.goal, "goal", 0),
            domain: self.domain.0,
            due: self.due,
            text: seal_note(seal, self.household, self.text.as_ref())?,
        }
        .into())
    }
}

/// A change of a goal. What is given takes the place of what was.
#[derive(InputObject)]
pub(crate) struct GoalRevisedContent {
    /// The household.
    household: Uuid,
    /// The goal.
    goal: Uuid,
    /// What it is about from now on.
    domain: Coded<GoalDomain>,
    /// The day by which it is to be reached from now on.
    due: Option<NaiveDate>,
    /// The goal in her words, if they changed. Sealed.
    text: Option<String>,
}

impl Content for GoalRevisedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(GoalRevised {
            household: HouseholdId(self.household),
            goal: GoalId(self.goal),
            domain: self.domain.0,
            due: self.due,
            text: seal_note(seal, self.household, self.text.as_ref())?,
        }
        .into())
    }
}

/// A goal is looked at again.
#[derive(InputObject)]
pub(crate) struct GoalReviewedContent {
    /// The household.
    household: Uuid,
    /// The goal.
    goal: Uuid,
    /// −2 much less than expected … +2 much more.
    attainment: i8,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for GoalReviewedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(GoalReviewed {
            household: HouseholdId(self.household),
            goal: GoalId(self.goal),
            attainment: self.attainment,
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }
}

/// A goal that is given up.
#[derive(InputObject)]
pub(crate) struct GoalWithdrawnContent {
    /// The household.
    household: Uuid,
    /// The goal.
    goal: Uuid,
    /// Why.
    reason: Asked<GoalWithdrawalReason>,
}

impl Content for GoalWithdrawnContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(GoalWithdrawn {
            household: HouseholdId(self.household),
            goal: GoalId(self.goal),
            reason: self.reason.0,
        }
        .into())
    }
}

/// A score in one area of an instrument.
#[derive(InputObject)]
pub(crate) struct ScoreInput {
    /// The area, as the instrument has it.
    area: String,
    /// Within the instrument's range; none when the area does not apply to her.
    score: Option<u8>,
}

/// The scores of an assessment. Item texts are never recorded.
#[derive(InputObject)]
pub(crate) struct AssessmentScoredContent {
    /// The household.
    household: Uuid,
    /// The member.
    person: Uuid,
    /// The instrument's code.
    instrument: String,
    /// The instrument's version.
    version: u16,
    /// On which occasion.
    stage: Coded<AssessmentStage>,
    /// The scores, each area once.
    scores: Vec<ScoreInput>,
}

impl Content for AssessmentScoredContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        let scores = self.scores.iter();
        Ok(AssessmentScored {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            instrument: self.instrument.clone(),
            version: self.version,
            stage: self.stage.0,
            scores: scores
                .map(|score| Score {
                    area: score.area.clone(),
                    score: score.score,
                })
                .collect(),
        }
        .into())
    }
}

/// The level of risk that a member lives with.
#[derive(InputObject)]
pub(crate) struct RiskAssessedContent {
    /// The household.
    household: Uuid,
    /// The member.
    person: Uuid,
    /// The instrument's code.
    instrument: String,
    /// The instrument's version.
    version: u16,
    /// On which occasion.
    stage: Coded<AssessmentStage>,
    /// The level.
    level: Coded<RiskLevel>,
}

impl Content for RiskAssessedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(RiskAssessed {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            instrument: self.instrument.clone(),
            version: self.version,
            stage: self.stage.0,
            level: self.level.0,
        }
        .into())
    }
}
