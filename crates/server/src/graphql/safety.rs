//! Risk, incidents and protection in a household.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{AssessmentStage, BreachKind, IncidentKind, RiskLevel, Severity};
use policy::Object as PolicyObject;
use projections::safety::{BreachRow, IncidentRow, RiskRow};

use super::codes::Coded;
use super::opening::open_text;

/// A level of risk.
#[derive(SimpleObject)]
pub(crate) struct Risk {
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
    /// The level.
    level: Coded<RiskLevel>,
}

impl From<&RiskRow> for Risk {
    fn from(row: &RiskRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            person: row.person.to_string().into(),
            instrument: row.instrument.clone(),
            version: row.version,
            stage: Coded(row.stage),
            level: Coded(row.level),
        }
    }
}

/// An incident.
pub(crate) struct Incident<'a> {
    pub(crate) of: &'a PolicyObject,
    pub(crate) row: &'a IncidentRow,
}

#[Object]
impl Incident<'_> {
    /// Its id.
    async fn id(&self) -> ID {
        self.row.incident.to_string().into()
    }

    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// What.
    async fn kind(&self) -> Coded<IncidentKind> {
        Coded(self.row.kind)
    }

    /// How grave.
    async fn severity(&self) -> Coded<Severity> {
        Coded(self.row.severity)
    }

    /// Remarks.
    async fn note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, self.row.note.as_ref()).await
    }
}

/// Protection was broken.
pub(crate) struct Breach<'a> {
    pub(crate) of: &'a PolicyObject,
    pub(crate) row: &'a BreachRow,
}

#[Object]
impl Breach<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// How.
    async fn kind(&self) -> Coded<BreachKind> {
        Coded(self.row.kind)
    }

    /// The incident it belongs to, if it belongs to one.
    async fn incident(&self) -> Option<ID> {
        self.row
            .incident
            .map(|incident| incident.to_string().into())
    }

    /// Remarks.
    async fn note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, self.row.note.as_ref()).await
    }
}
