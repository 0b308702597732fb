//! Histories for whoever evaluates: under the names she is given, by the calendar or in days.

use app::histories::{Dates as HowTold, Entry, History as Told, MAX_PAGE, Origin as CountedFrom};
use async_graphql::{Context, Enum, ID, Json, Object, SimpleObject};
use chrono::NaiveDate;
use events::PilotId;
use uuid::Uuid;

use super::page::{self, PageInfo};
use super::{asked, bad_input, fault, given};

/// What an entry counts for in the cost of a request, for each history: as many as most have.
const ENTRIES: usize = 20;

/// How days are told.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Dates {
    /// By the calendar, with the positions of the facts.
    Calendar,
    /// As days since the household's admission. There is no date, position or time of recording in it.
    SinceAdmission,
}

/// What the days of a history are counted from.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "CountedFrom")]
pub(crate) enum HistoryOrigin {
    /// The day the household entered.
    Admission,
    /// The day it was referred: it did not enter, or not yet.
    Referral,
    /// The day of the first thing that is known of it.
    FirstEntry,
}

/// A page of histories.
#[derive(SimpleObject)]
pub(crate) struct HistoryConnection {
    pub(crate) edges: Vec<HistoryEdge>,
    pub(crate) page_info: PageInfo,
}

/// A history in a page.
#[derive(SimpleObject)]
pub(crate) struct HistoryEdge {
    pub(crate) cursor: String,
    pub(crate) node: History,
}

/// What is known of one household.
pub(crate) struct History(Told);

#[Object]
impl History {
    /// The household.
    async fn household(&self) -> ID {
        self.0.household.to_string().into()
    }

    /// What days are counted from.
    async fn origin(&self) -> HistoryOrigin {
        self.0.origin.into()
    }

    /// What happened, in order of days: as it counts now, corrected where it was, and not retracted.
    async fn entries(&self) -> Vec<HistoryEntry<'_>> {
        self.0.entries.iter().map(HistoryEntry).collect()
    }
}

/// Something that happened.
pub(crate) struct HistoryEntry<'a>(&'a Entry);

#[Object]
impl HistoryEntry<'_> {
    /// Days since the origin; negative before it.
    async fn day(&self) -> i64 {
        self.0.day
    }

    /// The day, by the calendar.
    async fn on(&self) -> Option<NaiveDate> {
        self.0.on
    }

    /// Position of the fact, where the days are told by the calendar.
    async fn position(&self) -> Option<i64> {
        self.0.position
    }

    /// The fact's type.
    async fn kind(&self) -> &'static str {
        self.0.kind
    }

    /// The type's Italian label.
    async fn label(&self) -> &'static str {
        events::labels(self.0.kind).map_or("", |(it, _)| it)
    }

    /// What it says, in today's shape; of what is sealed only that it is. Told since admission, days are
    /// numbers of days and months numbers of months from the origin.
    async fn data(&self) -> Json<&serde_json::Value> {
        Json(&self.0.data)
    }

    /// Was it corrected?
    async fn corrected(&self) -> bool {
        self.0.corrected
    }

    /// Was it confirmed by somebody else?
    async fn confirmed(&self) -> bool {
        self.0.confirmed
    }

    /// Did it, or its correction, come after the closing of a period that it is about?
    async fn late(&self) -> bool {
        self.0.late
    }
}

/// What a page counts for in the cost of a request.
pub(crate) fn cost(first: Option<i32>) -> usize {
    page::cost(first).min(MAX_PAGE).saturating_mul(ENTRIES)
}

/// A page of a pilot's histories.
pub(crate) async fn of(
    ctx: &Context<'_>,
    pilot: PilotId,
    dates: Option<Dates>,
    first: Option<i32>,
    after: Option<String>,
) -> async_graphql::Result<HistoryConnection> {
    let (app, _) = asked(ctx)?;
    let size = page::size(first)?;
    if size > MAX_PAGE {
        return Err(bad_input(format!(
            "first: {size} is not between 1 and {MAX_PAGE}"
        )));
    }
    let after = after
        .map(|cursor| Uuid::parse_str(&cursor))
        .transpose()
        .map_err(|_| bad_input("after: not a cursor of this connection"))?;
    let names = given::names_in(ctx, pilot)?;
    let dates = match (names.tells_days(), dates) {
        (true, Some(Dates::Calendar)) => return Err(given::days_only()),
        (true, _) | (false, Some(Dates::SinceAdmission)) => HowTold::SinceAdmission,
        (false, _) => HowTold::Calendar,
    };
    let mut found = app
        .histories(&names, dates, after, size + 1)
        .await
        .map_err(fault)?;
    let more = found.len() > size;
    found.truncate(size);
    let edges: Vec<HistoryEdge> = found
        .into_iter()
        .map(|told| HistoryEdge {
            cursor: told.household.to_string(),
            node: History(told),
        })
        .collect();
    let page_info = PageInfo::new(edges.iter().map(|edge| &edge.cursor), more);
    Ok(HistoryConnection { edges, page_info })
}
