//! Questions.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, NaiveDate, Utc};
use evaluation::Period;
use events::{HouseholdId, PersonId, PilotId};
use policy::{Object as PolicyObject, Reach, Scope};
use projections::households::{Filter, HouseholdRow, HouseholdStatus, MAX_PAGE};
use uuid::Uuid;

use super::access::{
    AccessConnection, AccessEdge, AccessEntry, BreakGlassUse, LogOf, PositionProof, RoleHolder,
    SignedCheckpoint,
};
use super::dwelling::Dwelling;
use super::event::{Event, EventConnection, EventEdge};
use super::given;
use super::histories::{self, Dates, HistoryConnection};
use super::household::{Household, HouseholdConnection, HouseholdEdge, Status};
use super::indicator::Evaluation;
use super::page::{self, PageInfo};
use super::persons::{HeldConsent, HeldPerson};
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

/// What can be asked. Whatever opens personal data is recorded with what it was opened for: a request says
/// so once, as `extensions.purpose` with a code of `ReadPurpose`, or in the header `x-purpose`. Who says
/// nothing works with her (`care`); a data-protection officer acts on her own request (`her_request`).
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

    /// Every consent of a pilot's households, by household and in order of time, whether it stands or not.
    #[graphql(complexity = "page::cost(None) * child_complexity")]
    async fn consents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "The day that `state` speaks of; today when none is given.")] on: Option<
            NaiveDate,
        >,
    ) -> async_graphql::Result<Vec<HeldConsent>> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let on = day(ctx, on)?;
        let mut consents = Vec::new();
        let mut after = None;
        loop {
            let (source, all) = (app.source(), Filter::default());
            let page = projections::households::page(&source, pilot.0, all, after, MAX_PAGE)
                .await
                .map_err(|error| fault(error.into()))?;
            after = page.last().map(|row| row.household);
            let last = page.len() < MAX_PAGE;
            for HouseholdRow {
                household,
                consents: rows,
                ..
            } in page
            {
                let rows = rows.into_iter();
                consents.extend(rows.map(|row| HeldConsent { household, row, on }));
            }
            if last {
                return Ok(consents);
            }
        }
    }

    /// Everybody that a pilot speaks of, by id.
    #[graphql(complexity = "page::cost(None) * child_complexity")]
    async fn persons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
    ) -> async_graphql::Result<Vec<HeldPerson>> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let persons = app.persons(pilot).await.map_err(fault)?;
        let ids: Vec<PersonId> = persons.keys().copied().collect();
        let forgotten = app.forgotten(&ids).await.map_err(fault)?;
        let held = persons.into_iter().map(|(person, held)| HeldPerson {
            pilot,
            person,
            held,
            forgotten: forgotten.contains(&person),
        });
        Ok(held.collect())
    }

    /// A pilot's access log, in the order of recording: who may see what, who read whose what, and what
    /// for.
    #[graphql(complexity = "page::cost(first) * child_complexity")]
    async fn access_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "How many at most; 200 is the limit.")] first: Option<i32>,
        #[graphql(desc = "Cursor, or position, to go on after.")] after: Option<String>,
    ) -> async_graphql::Result<AccessConnection> {
        let (app, _) = asked(ctx)?;
        let size = page::size(first)?;
        let after = page::position(after.as_deref())?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let page = app.access_page(pilot, after, size + 1).await;
        let (mut entries, head) = page.map_err(fault)?;
        let more = entries.len() > size;
        entries.truncate(size);
        let edges: Vec<AccessEdge> = entries
            .into_iter()
            .map(|(recorded, event)| AccessEdge {
                cursor: recorded.position.to_string(),
                node: AccessEntry { recorded, event },
            })
            .collect();
        let page_info = PageInfo::new(edges.iter().map(|edge| &edge.cursor), more);
        Ok(AccessConnection {
            edges,
            page_info,
            head,
        })
    }

    /// When somebody opened a household that was not shared with her, in order.
    #[graphql(complexity = "page::cost(None) * child_complexity")]
    async fn break_glass_uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "Only what nobody reviewed yet.", default)] unreviewed: bool,
    ) -> async_graphql::Result<Vec<BreakGlassUse>> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let glasses = app.broken_glasses(pilot).await.map_err(fault)?;
        let wanted = glasses
            .into_iter()
            .filter(|glass| !unreviewed || glass.review.is_none());
        Ok(wanted.map(BreakGlassUse::from).collect())
    }

    /// Who has which role in a pilot, or had as it was known at a time. Roles for every pilot are told
    /// when no pilot is named.
    #[graphql(complexity = "page::cost(None) * child_complexity")]
    async fn holders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: Option<ID>,
        #[graphql(desc = "As it was known then; now when no time is given.")] as_of: Option<
            DateTime<Utc>,
        >,
    ) -> async_graphql::Result<Vec<RoleHolder>> {
        let (app, _) = asked(ctx)?;
        let scope = match &pilot {
            Some(pilot) => Scope::Pilot(find_pilot(ctx, pilot).await?),
            None => {
                roots::allow(ctx, &PolicyObject::Installation)?;
                Scope::EveryPilot
            }
        };
        let now = as_of.unwrap_or_else(|| app.now());
        let holders = app.holders(scope, as_of).await.map_err(fault)?;
        let holders = holders.iter();
        Ok(holders
            .map(|(holder, grants)| RoleHolder::of(*holder, grants, now))
            .collect())
    }

    /// The signed size and root of one of a pilot's logs. It is kept: every later one continues it.
    #[graphql(complexity = "100 + child_complexity")]
    async fn checkpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "Which of its logs.", default_with = "LogOf::Pilot")] log: LogOf,
        #[graphql(desc = "How many facts it is about; all when none is given.")] size: Option<i64>,
    ) -> async_graphql::Result<SignedCheckpoint> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let note = app.checkpoint(pilot, log.into(), size).await;
        Ok(SignedCheckpoint::of(&note.map_err(fault)?))
    }

    /// That a fact is in one of a pilot's logs, without what the fact says.
    #[graphql(complexity = "100 + child_complexity")]
    async fn proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(desc = "The fact's position, from 1.")] position: i64,
        #[graphql(desc = "Which of its logs.", default_with = "LogOf::Pilot")] log: LogOf,
        #[graphql(desc = "Among how many facts; among all when none is given.")] size: Option<i64>,
        #[graphql(desc = "Prove too that so many facts are what these begin with.")] since: Option<
            i64,
        >,
    ) -> async_graphql::Result<PositionProof> {
        let (app, _) = asked(ctx)?;
        let pilot = find_pilot(ctx, &pilot).await?;
        let proven = app.prove(pilot, log.into(), position, size, since).await;
        let (leaf, proven) = proven.map_err(fault)?;
        Ok(PositionProof::of(position, leaf, &proven))
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
