//! Histories of households for whoever evaluates: what counts of each, in the order in which it happened,
//! under the names she is given, on days of the calendar or so many days after the admission.
//!
//! Nothing that is sealed is in them, for nobody.

use chrono::NaiveDate;
use eventlog::LogId;
use events::{EffectiveRef, Event, Fact, HouseholdId, Position, Stream, effective_refs, masked};
use projections::quality::{self, LateRow};
use projections::timeline;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::pseudonyms::Names;
use crate::{Error, Fenced};

/// The most histories given at once.
pub const MAX_PAGE: usize = 50;

/// How days are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// By the calendar, with the positions of the facts.
    Calendar,
    /// As days since the household's admission. No date, month, position or time of recording is given.
    SinceAdmission,
}

/// What the days of a history are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The day it entered.
    Admission,
    /// The day it was referred: it did not enter, or not yet.
    Referral,
    /// The day of the first thing that is known of it.
    FirstEntry,
}

/// What is known of one household.
#[derive(Clone, Debug, Serialize)]
pub struct History {
    /// Its name to whoever asks.
    pub household: Uuid,
    /// What days are counted from.
    pub origin: Origin,
    /// What happened, in order of days.
    pub entries: Vec<Entry>,
}

/// Something that happened, as it counts today: corrected where it was, and not retracted.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Days after the history's origin; before it they are negative.
    pub day: i64,
    /// The day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Position of the fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The fact's type.
    pub kind: &'static str,
    /// What it says. Told since admission, a day is the number of days and a month the number of months
    /// from the origin.
    pub data: Value,
    /// Was it corrected?
    pub corrected: bool,
    /// Was it confirmed by somebody else?
    pub confirmed: bool,
    /// Did it, or its correction, come after the closing of a period that it is about?
    pub late: bool,
}

impl Fenced {
    /// Histories in the order of the households' names to whoever asks: those after `after`, at most
    /// `limit` and never more than [`MAX_PAGE`].
    ///
    /// # Errors
    /// Faults of the database, and a fact that does not open.
    pub async fn histories(
        &self,
        names: &Names,
        dates: Dates,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<History>, Error> {
        let log: LogId = names.pilot().0;
        let all = projections::households::Filter::default();
        let page = self
            .page_named(names, all, after, limit.min(MAX_PAGE))
            .await?;
        let ids: Vec<HouseholdId> = page.iter().map(|(_, id)| *id).collect();
        let facts = timeline::facts_of(&self.reader(), log, &ids).await?;
        let pilot = quality::pilot::one(&self.source(), log).await?;
        let closures = pilot.map(|pilot| pilot.closures).unwrap_or_default();
        let late = quality::late(&closures, &facts.iter().collect::<Vec<_>>());
        let told = page.into_iter().map(|(name, household)| {
            let entries = history_of(household, &facts);
            told(name, &entries, names, dates, &late)
        });
        told.collect()
    }
}

/// What counts of a household's facts, in order of days.
fn history_of(household: HouseholdId, facts: &[Fact]) -> Vec<EffectiveRef<'_>> {
    let stream = Stream::Household(household);
    let own: Vec<&Fact> = facts
        .iter()
        .filter(|fact| fact.stream == stream || fact.also.contains(&stream))
        .collect();
    let mut history = effective_refs(own);
    history.retain(|fact| fact.event.household() == Some(household));
    history.sort_by_key(|fact| (fact.occurred_on, fact.position));
    history
}

/// What the days of a history are counted from, and that day.
fn origin_of(history: &[EffectiveRef<'_>]) -> (Origin, NaiveDate) {
    let first = |is: fn(&Event) -> bool| {
        let mut found = history.iter().filter(|fact| is(fact.event));
        found.next().map(|fact| fact.occurred_on)
    };
    let entered = first(|event| matches!(event, Event::Admission(_)));
    let referred = first(|event| matches!(event, Event::ReferralReceived(_)));
    match (entered, referred) {
        (Some(day), _) => (Origin::Admission, day),
        (None, Some(day)) => (Origin::Referral, day),
        (None, None) => {
            let first = history.first().map(|fact| fact.occurred_on);
            (Origin::FirstEntry, first.unwrap_or_default())
        }
    }
}

fn told(
    household: Uuid,
    history: &[EffectiveRef<'_>],
    names: &Names,
    dates: Dates,
    late: &[LateRow],
) -> Result<History, Error> {
    let (origin, day) = origin_of(history);
    let since = names.since(day);
    let is_late = |position: Position| late.iter().any(|late| late.position == position);
    let mut entries = Vec::with_capacity(history.len());
    for fact in history {
        let said = fact.event.encode().map_err(Error::Encoding)?;
        let (on, position, data) = match dates {
            Dates::Calendar => (
                Some(fact.occurred_on),
                Some(fact.position),
                masked(&said.kind, said.shape, &said.data, names),
            ),
            Dates::SinceAdmission => (
                None,
                None,
                masked(&said.kind, said.shape, &said.data, &since),
            ),
        };
        entries.push(Entry {
            day: since.days(fact.occurred_on),
            on,
            position,
            kind: fact.event.kind(),
            data,
            corrected: fact.corrected_by.is_some(),
            confirmed: fact.confirmed_by.is_some(),
            late: is_late(fact.position) || fact.corrected_by.is_some_and(is_late),
        });
    }
    if dates == Dates::SinceAdmission {
        // Of what happened on one day the order of recording is not told.
        entries.sort_by(|one, other| {
            let key = |entry: &Entry| (entry.day, entry.kind, entry.data.to_string());
            key(one).cmp(&key(other))
        });
    }
    Ok(History {
        household,
        origin,
        entries,
    })
}
