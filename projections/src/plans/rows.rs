//! What was agreed with a household, and how far it came.

use chrono::NaiveDate;
use events::codes::{AssessmentStage, GoalDomain, GoalWithdrawalReason};
use events::{Answer, FreeText, GoalId, HouseholdId, PersonId, Position, Score, Sealed};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A household's plans, goals and scores. Lists are in order of (day, position); every element names
/// the position of the fact it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlansRow {
    /// The household.
    pub household: HouseholdId,
    /// Personal plans; each takes the place of the one before.
    pub plans: Vec<PlanRow>,
    /// Goals, those given up included.
    pub goals: Vec<GoalRow>,
    /// Scores with an instrument.
    pub assessments: Vec<AssessmentRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::PlanAgreed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PlanRow {
    pub position: Position,
    pub on: NaiveDate,
    pub review_due: Option<NaiveDate>,
}

/// From [`events::GoalSet`] and the facts about the goal that followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoalRow {
    /// Place of the fact that set it.
    pub position: Position,
    /// The goal.
    pub goal: GoalId,
    /// The day it was set.
    pub on: NaiveDate,
    /// What it is about, after the last revision.
    pub domain: GoalDomain,
    /// The day by which it is to be reached, after the last revision.
    pub due: Option<NaiveDate>,
    /// The goal in her words, as last put.
    pub text: Option<Sealed<FreeText>>,
    /// Id of the fact the words were sealed for.
    pub holder: Uuid,
    /// What it was about and when it was due as it was set: the first of its terms.
    pub set: TermsRow,
    /// How it was changed.
    pub revisions: Vec<TermsRow>,
    /// How far it had come.
    pub reviews: Vec<ReviewRow>,
    /// How it was given up, if it was.
    pub withdrawn: Option<GoalWithdrawnRow>,
}

/// From [`events::GoalSet`] or [`events::GoalRevised`]: what holds from that day on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermsRow {
    /// Place of the fact.
    pub position: Position,
    /// First day.
    pub on: NaiveDate,
    /// What the goal is about.
    pub domain: GoalDomain,
    /// The day by which it is to be reached; none: by no day.
    pub due: Option<NaiveDate>,
    /// The goal in her words; none in a revision that left them as they were.
    pub text: Option<Sealed<FreeText>>,
    /// Id of the fact the words were sealed for.
    pub holder: Uuid,
}

/// From [`events::GoalReviewed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReviewRow {
    pub position: Position,
    pub on: NaiveDate,
    pub attainment: i8,
    pub note: Option<Sealed<FreeText>>,
    pub holder: Uuid,
}

/// From [`events::GoalWithdrawn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct GoalWithdrawnRow {
    pub position: Position,
    pub on: NaiveDate,
    pub reason: Answer<GoalWithdrawalReason>,
}

/// From [`events::AssessmentScored`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct AssessmentRow {
    pub position: Position,
    pub on: NaiveDate,
    pub person: PersonId,
    pub instrument: String,
    pub version: u16,
    pub stage: AssessmentStage,
    pub scores: Vec<Score>,
}

impl PlansRow {
    /// A household with which nothing was agreed yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            plans: Vec::new(),
            goals: Vec::new(),
            assessments: Vec::new(),
            position: 0,
        }
    }

    /// The plan that held on `day`: the last one agreed by then.
    pub fn plan_on(&self, day: NaiveDate) -> Option<&PlanRow> {
        self.plans.iter().rev().find(|plan| plan.on <= day)
    }

    /// The first plan agreed, if it was by `day`.
    pub fn first_plan(&self, day: NaiveDate) -> Option<&PlanRow> {
        self.plans.first().filter(|plan| plan.on <= day)
    }

    /// The goals she had on `day`: set by then and not given up by then.
    pub fn goals_on(&self, day: NaiveDate) -> impl Iterator<Item = &GoalRow> {
        self.goals
            .iter()
            .filter(move |goal| goal.on <= day && goal.withdrawn_by(day).is_none())
    }
}

impl GoalRow {
    /// What held on `day`: the last revision by then, or how it was set.
    pub fn terms_on(&self, day: NaiveDate) -> &TermsRow {
        let mut last_first = self.revisions.iter().rev();
        last_first
            .find(|terms| terms.on <= day)
            .unwrap_or(&self.set)
    }

    /// The last review by `day`.
    pub fn review_by(&self, day: NaiveDate) -> Option<&ReviewRow> {
        self.reviews.iter().rev().find(|review| review.on <= day)
    }

    /// How it was given up, if it was by `day`.
    pub fn withdrawn_by(&self, day: NaiveDate) -> Option<&GoalWithdrawnRow> {
        self.withdrawn
            .as_ref()
            .filter(|given_up| given_up.on <= day)
    }
}

impl AssessmentRow {
    /// The score in an area; none when the area was not scored, `Some(None)` when it does not apply
    /// to her.
    pub fn score(&self, area: &str) -> Option<Option<u8>> {
        let found = self.scores.iter().find(|score| score.area == area);
        found.map(|score| score.score)
    }
}
