//! A household's history, fact by fact.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use projections::timeline::TimelineRow;

use super::event::without_ciphertext;
use super::fault;
use super::page::PageInfo;
use super::together::Together;

/// A page of a household's history.
#[derive(SimpleObject)]
pub(crate) struct TimelineConnection {
    pub(crate) edges: Vec<TimelineEdge>,
    pub(crate) page_info: PageInfo,
}

/// A fact in a page.
#[derive(SimpleObject)]
pub(crate) struct TimelineEdge {
    pub(crate) cursor: String,
    pub(crate) node: TimelineEntry,
}

/// A fact of the household as it was recorded, and what became of it.
pub(crate) struct TimelineEntry {
    pub(crate) row: TimelineRow,
    pub(crate) together: Arc<Together>,
}

#[Object]
impl TimelineEntry {
    /// Position in the log.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The fact's type.
    async fn kind(&self) -> &'static str {
        self.row.event.kind()
    }

    /// The type's Italian label.
    async fn label(&self) -> &'static str {
        events::labels(self.row.event.kind()).map_or("", |(it, _)| it)
    }

    /// When it happened.
    async fn occurred_on(&self) -> NaiveDate {
        self.row.occurred_on
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.row.recorded_at
    }

    /// When it was first written down elsewhere, if it was brought over.
    async fn entered_at(&self) -> Option<DateTime<Utc>> {
        self.row.entered_at
    }

    /// Who recorded it.
    async fn actor(&self) -> &str {
        &self.row.actor
    }

    /// What it says. Of what is sealed it tells whose it is, and nothing more.
    async fn data(&self) -> async_graphql::Result<async_graphql::Json<serde_json::Value>> {
        let encoded = self
            .row
            .event
            .encode()
            .map_err(|error| fault(app::Error::Encoding(error)))?;
        Ok(async_graphql::Json(without_ciphertext(encoded.data)))
    }

    /// Positions of corrections that name it.
    async fn corrected_by(&self) -> &[i64] {
        &self.row.corrected_by
    }

    /// Positions of retractions that name it.
    async fn retracted_by(&self) -> &[i64] {
        &self.row.retracted_by
    }

    /// Positions of confirmations that name it.
    async fn confirmed_by(&self) -> &[i64] {
        &self.row.confirmed_by
    }

    /// Position of the closing of a period that it came too late for: it is about a day of that period,
    /// and was recorded afterwards. A correction or retraction is late when what it changes is.
    async fn late(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<i64>> {
        let late = self.together.late(ctx, self.row.household).await?;
        let found = late.iter().find(|late| late.position == self.row.position);
        Ok(found.map(|late| late.closure))
    }
}
