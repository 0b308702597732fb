//! What was agreed with a household: plans, goals, and scores with instruments.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{AssessmentStage, GoalDomain, GoalWithdrawalReason};
use policy::Object as PolicyObject;
use projections::plans::{AssessmentRow, GoalRow, GoalWithdrawnRow, PlansRow, ReviewRow, TermsRow};

use super::codes::{Asked, Coded};
use super::opening::open_text;

/// The personal plan as it stands.
pub(crate) struct Plan<'a> {
    pub(crate) of: &'a PolicyObject,
    pub(crate) row: &'a PlansRow,
}

#[Object]
impl<'a> Plan<'a> {
    /// When a plan was first agreed.
    async fn first_agreed_on(&self) -> Option<NaiveDate> {
        self.row.plans.first().map(|plan| plan.on)
    }

    /// When the plan that stands was agreed.
    async fn agreed_on(&self) -> Option<NaiveDate> {
        self.row.plans.last().map(|plan| plan.on)
    }

    /// The day by which it is to be reviewed.
    async fn review_due(&self) -> Option<NaiveDate> {
        self.row.plans.last().and_then(|plan| plan.review_due)
    }

    /// Positions of the facts by which plans were agreed.
    async fn positions(&self) -> Vec<i64> {
        self.row.plans.iter().map(|plan| plan.position).collect()
    }

    /// Goals, those given up included.
    async fn goals(&self) -> Vec<Goal<'a>> {
        goals(self.of, self.row)
    }
}

/// The goals of a household.
pub(crate) fn goals<'a>(of: &'a PolicyObject, row: &'a PlansRow) -> Vec<Goal<'a>> {
    row.goals.iter().map(|row| Goal { of, row }).collect()
}

/// A goal.
pub(crate) struct Goal<'a> {
    of: &'a PolicyObject,
    row: &'a GoalRow,
}

#[Object]
impl<'a> Goal<'a> {
    /// Its id.
    async fn id(&self) -> ID {
        self.row.goal.to_string().into()
    }

    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// When it was set.
    async fn set_on(&self) -> NaiveDate {
        self.row.on
    }

    /// What it is about, after the last revision.
    async fn domain(&self) -> Coded<GoalDomain> {
        Coded(self.row.domain)
    }

    /// The day by which it is to be reached, after the last revision.
    async fn due(&self) -> Option<NaiveDate> {
        self.row.due
    }

    /// The goal in her words, as last put.
    async fn text(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, self.row.text.as_ref()).await
    }

    /// What held from when on: as it was set, and each revision, in order of time.
    async fn terms(&self) -> Vec<GoalTerms<'a>> {
        let revisions = self.row.revisions.iter();
        std::iter::once(&self.row.set)
            .chain(revisions)
            .map(|row| GoalTerms { of: self.of, row })
            .collect()
    }

    /// How it was changed, in order of time.
    async fn revisions(&self) -> Vec<GoalTerms<'a>> {
        let revisions = self.row.revisions.iter();
        revisions
            .map(|row| GoalTerms { of: self.of, row })
            .collect()
    }

    /// Reviews, in order of time.
    async fn reviews(&self) -> Vec<GoalReview<'a>> {
        let reviews = self.row.reviews.iter();
        reviews.map(|row| GoalReview { of: self.of, row }).collect()
    }

    /// How it was given up, if it was.
    async fn withdrawn(&self) -> Option<GoalWithdrawn> {
        self.row.withdrawn.as_ref().map(GoalWithdrawn::from)
    }
}

/// What a goal was about and when it was due, from a day on.
pub(crate) struct GoalTerms<'a> {
    of: &'a PolicyObject,
    row: &'a TermsRow,
}

#[Object]
impl GoalTerms<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// First day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// What the goal is about.
    async fn domain(&self) -> Coded<GoalDomain> {
        Coded(self.row.domain)
    }

    /// The day by which it is to be reached.
    async fn due(&self) -> Option<NaiveDate> {
        self.row.due
    }

    /// The goal in her words; nothing in a revision that left them as they were.
    async fn text(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, self.row.text.as_ref()).await
    }
}

/// A goal was looked at again.
pub(crate) struct GoalReview<'a> {
    of: &'a PolicyObject,
    row: &'a ReviewRow,
}

#[Object]
impl GoalReview<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// −2 much less than expected … +2 much more.
    async fn attainment(&self) -> i8 {
        self.row.attainment
    }

    /// Remarks.
    async fn note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, self.row.note.as_ref()).await
    }
}

/// A goal was given up.
#[derive(SimpleObject)]
pub(crate) struct GoalWithdrawn {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Why.
    reason: Asked<GoalWithdrawalReason>,
}

impl From<&GoalWithdrawnRow> for GoalWithdrawn {
    fn from(row: &GoalWithdrawnRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            reason: Asked(row.reason),
        }
    }
}

/// Scores with an instrument.
#[derive(SimpleObject)]
pub(crate) struct Assessment {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Whose.
    person: ID,
    /// The instrument, as the registry has it.
    instrument: String,
    /// Its version.
    version: u16,
    /// On which occasion.
    stage: Coded<AssessmentStage>,
    /// The scores.
    scores: Vec<AreaScore>,
}

/// The score in one area.
#[derive(SimpleObject)]
pub(crate) struct AreaScore {
    /// The area.
    area: String,
    /// Within the instrument's range; nothing when the area does not apply to her.
    score: Option<u8>,
}

impl From<&AssessmentRow> for Assessment {
    fn from(row: &AssessmentRow) -> Self {
        let scores = row.scores.iter().map(|score| AreaScore {
            area: score.area.clone(),
            score: score.score,
        });
        Self {
            position: row.position,
            on: row.on,
            person: row.person.to_string().into(),
            instrument: row.instrument.clone(),
            version: row.version,
            stage: Coded(row.stage),
            scores: scores.collect(),
        }
    }
}
