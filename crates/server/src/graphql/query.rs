//! Questions.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;
use evaluation::Period;
use events::{HouseholdId, PilotId};
use policy::Reach;
use projections::households::{HouseholdRow, HouseholdStatus};
use uuid::Uuid;

use super::dwelling::Dwelling;
use super::event::{Event, EventConnection, EventEdge};
use super::given;
use super::histories::{self, Dates, HistoryConnection};
use super::household::{Household, HouseholdConnection, HouseholdEdge, Status};
use super::indicator::Evaluation;
use super::page::{self, PageInfo};
use super::pilot::Pilot;
use super::together::{Part, Together};
use super::unseen::{self, Unseen};
use super::{asked, bad_input, day, fault, find_part, find_pilot, roots};

/// What can be asked.
pub struct Query;

/// A period, both days included.
#[derive(InputObject)]
pub(crate) struct PeriodInput {
    /// First day.
    from: NaiveDate,
    /// Last day.
    to: NaiveDate,
}

#[Object]
impl Query {
    /// The pilots in which the asker has a role.
    async fn pilots(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Pilot>> {
        let (app, _) = asked(ctx)?;
        let pilots = app.pilots().await.map_err(fault)?;
        let own = roots::own_pilots(ctx, pilots)?;
        Ok(own.into_iter().map(Pilot::from).collect())
    }

    /// One pilot.
    async fn pilot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] id: ID,
    ) -> async_graphql::Result<Pilot> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &id).await?;
        let row = projections::pilots::one(&app.source(), pilot.0)
            .await
            .map_err(|error| fault(error.into()))?;
        row.map(Pilot::from).ok_or_else(|| {
            fault(app::Error::UnknownPilot {
                name: id.to_string(),
            })
        })
    }

    /// The pilot's dwellings.
    async fn dwellings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(
            desc = "The day that `available` and `occupied` speak of; today when none is given."
        )]
        on: Option<NaiveDate>,
    ) -> async_graphql::Result<Vec<Dwelling>> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let on = day(ctx, on)?;
        let rows = projections::census::all(&app.source(), pilot.0)
            .await
            .map_err(|error| fault(error.into()))?;
        Ok(rows.into_iter().map(|row| Dwelling { row, on }).collect())
    }

    /// The pilot's households, without names unless the token may open them.
    #[graphql(complexity = "page::cost(first) * child_complexity")]
    async fn households(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "Only households that stand here.")] status: Option<Status>,
        #[graphql(desc = "How many at most; 200 is the limit.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
    ) -> async_graphql::Result<HouseholdConnection> {
        let (app, _) = asked(ctx)?;
        let size = page::size(first)?;
        let (pilot, reach) = find_part(ctx, &pilot).await?;
        let names = given::names_in(ctx, pilot)?;
        let after = after
            .map(|cursor| Uuid::parse_str(&cursor))
            .transpose()
            .map_err(|_| bad_input("after: not a cursor of this connection"))?;
        let status = status.map(HouseholdStatus::from);
        let part = part(ctx, pilot, &reach).await?;
        let mut rows = match &part {
            None => app.households_named(&names, status, after, size + 1).await,
            Some(part) => {
                let ids: Vec<HouseholdId> = part.keys().copied().collect();
                let some = projections::households::some(&app.source(), pilot.0, &ids).await;
                let some = some.map_err(app::Error::from);
                some.map(|rows| {
                    let rows = rows.into_iter();
                    let wanted = |row: &HouseholdRow| {
                        after.is_none_or(|after| row.household.0 > after)
                            && status.is_none_or(|status| row.status() == status)
                    };
                    rows.filter(wanted).take(size + 1).collect()
                })
            }
        }
        .map_err(fault)?;
        let more = rows.len() > size;
        rows.truncate(size);
        let edges: Vec<HouseholdEdge> = Together::households(pilot, rows, part.as_ref())
            .into_iter()
            .map(|node| HouseholdEdge {
                cursor: names.household(node.row.household).to_string(),
                node,
            })
            .collect();
        let page_info = PageInfo::new(edges.iter().map(|edge| &edge.cursor), more);
        Ok(HouseholdConnection { edges, page_info })
    }

    /// One household.
    async fn household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id of its pilot.")] pilot: ID,
        #[graphql(desc = "The household's id, as the asker is given it.")] id: ID,
    ) -> async_graphql::Result<Household> {
        let (app, _) = asked(ctx)?;
        let (pilot, reach) = find_part(ctx, &pilot).await?;
        let names = given::names_in(ctx, pilot)?;
        // What is no id is looked for like one that is nobody's.
        let name = Uuid::parse_str(&id).unwrap_or_default();
        // What is not shared is not looked for: it cannot be told from what is not there.
        let part = part(ctx, pilot, &reach).await?;
        if part
            .as_ref()
            .is_some_and(|part| !part.contains_key(&HouseholdId(name)))
        {
            return Err(roots::unknown_household());
        }
        let row = app.household_named(&names, name).await.map_err(fault)?;
        let mut found = Together::households(pilot, row.into_iter().collect(), part.as_ref());
        found.pop().ok_or_else(roots::unknown_household)
    }

    /// The households that lived in the pilot and with which nobody had been in contact for a number of
    /// days, the longest first.
    #[graphql(complexity = "page::cost(None) * child_complexity")]
    async fn unseen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "How many days at least; as the pilot's rules say when none is given.")]
        days: Option<u16>,
        #[graphql(desc = "As it stood on this day; today when none is given.")] on: Option<
            NaiveDate,
        >,
    ) -> async_graphql::Result<Vec<Unseen>> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let on = day(ctx, on)?;
        unseen::of(app, pilot, days, on).await.map_err(fault)
    }

    /// The histories of the pilot's households: what counts of each, without anything that is sealed, in the
    /// order of the days. By the calendar, or in days since each one's admission.
    #[graphql(complexity = "histories::cost(first) * child_complexity")]
    async fn histories(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(
            desc = "How days are told: by the calendar when it is not said, and since admission to whoever \
                    is told no dates."
        )]
        dates: Option<Dates>,
        #[graphql(desc = "How many at most; 50 is the limit.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
    ) -> async_graphql::Result<HistoryConnection> {
        let pilot = find_pilot(ctx, &pilot).await?;
        histories::of(ctx, pilot, dates, first, after).await
    }

    /// The indicators of a period, as they stood at a position.
    #[graphql(complexity = "100 + child_complexity")]
    async fn indicators(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        period: PeriodInput,
        #[graphql(
            desc = "The position of the log that is looked at; its head when none is given."
        )]
        as_of: Option<i64>,
        #[graphql(desc = "Version of the set of definitions; the newest when none is given.")]
        definitions: Option<u16>,
    ) -> async_graphql::Result<Evaluation> {
        let (app, _) = asked(ctx)?;
        let set = match definitions {
            None => evaluation::newest_set(),
            Some(version) => evaluation::definition_set(version)
                .ok_or_else(|| bad_input(format!("definitions: there is no set {version}")))?,
        };
        let period = Period::new(period.from, period.to)
            .map_err(|error| bad_input(format!("period: {error}")))?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let snapshot = app.snapshot(pilot, as_of).await.map_err(fault)?;
        Ok(Evaluation::of(set, &snapshot, period))
    }

    /// The log, in the order of recording.
    #[graphql(complexity = "page::cost(first) * child_complexity")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "How many at most; 200 is the limit.")] first: Option<i32>,
        #[graphql(desc = "Cursor, or position, to go on after.")] after: Option<String>,
    ) -> async_graphql::Result<EventConnection> {
        let (app, _) = asked(ctx)?;
        let size = page::size(first)?;
        let after = page::position(after.as_deref())?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let log = app.reader();
        let head = log
            .head(pilot.0)
            .await
            .map_err(|error| fault(error.into()))?
            .position;
        let mut facts = log
            .read(pilot.0, after, size + 1)
            .await
            .map_err(|error| fault(error.into()))?;
        let more = facts.len() > size;
        facts.truncate(size);
        let edges: Vec<EventEdge> = facts
            .into_iter()
            .map(|fact| EventEdge {
                cursor: fact.position.to_string(),
                node: Event(fact),
            })
            .collect();
        let page_info = PageInfo::new(edges.iter().map(|edge| &edge.cursor), more);
        Ok(EventConnection {
            edges,
            page_info,
            head,
        })
    }
}

/// The households that are within somebody's reach today, and with whom each is shared; nothing when all
/// of them are.
async fn part(
    ctx: &Context<'_>,
    pilot: PilotId,
    reach: &Reach,
) -> async_graphql::Result<Option<Part>> {
    let (app, _) = asked(ctx)?;
    let today = app.now().date_naive();
    app.visible(pilot, reach, today).await.map_err(fault)
}
