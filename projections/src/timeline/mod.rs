//! The raw history of every household, and what became of each fact.
//!
//! The log has the history. The table has what the log does not say of a fact by itself: which later
//! ones name it.

pub mod fold;
mod rows;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeMap;

use eventlog::{LogId, Reader, Recorded, Source};
use events::{Fact, HouseholdId, Position, Stream};
use sqlx::{PgConnection, PgExecutor};

pub use rows::*;
pub use told::{Entry, MOST_FACTS, Standing, Timeline};

use crate::document::Place;
use crate::{Error, checkpoint, decode};

/// The most facts asked for at once.
pub const MAX_PAGE: usize = 500;

/// The facts of a household after a position, in order: at most `limit` and never more than
/// [`MAX_PAGE`]. As far as the read models have come, so that the marks are those of the facts shown.
///
/// # Errors
/// [`Error::Payload`] or [`Error::Stream`] for a fact that does not open; [`Error::Unsettled`], and
/// faults of the database.
pub async fn page(
    events: &Reader,
    log: LogId,
    household: HouseholdId,
    after: Position,
    limit: usize,
) -> Result<Vec<TimelineRow>, Error> {
    let upto = checkpoint::position(events.source(), log).await?;
    let stream = Stream::Household(household).to_string();
    let entries = events.stream(log, &stream).await?;
    let of_page = entries
        .into_iter()
        // What is only linked to the household belongs to another's history.
        .filter(|entry| entry.stream == stream)
        .filter(|entry| after < entry.position && entry.position <= upto);
    let recorded = of_page.take(limit.min(MAX_PAGE)).collect();
    marked(events.source(), log, upto, recorded).await
}

/// All facts of some households that the read models have come to, in order: those of their streams and
/// those linked to them.
///
/// # Errors
/// Those of [`page`].
pub async fn facts_of(
    events: &Reader,
    log: LogId,
    households: &[HouseholdId],
) -> Result<Vec<Fact>, Error> {
    let upto = checkpoint::position(events.source(), log).await?;
    let mut facts = BTreeMap::new();
    for some in households.chunks(STREAMS_PER_READ) {
        let names: Vec<String> = some
            .iter()
            .map(|household| Stream::Household(*household).to_string())
            .collect();
        let entries = events.streams(log, &names).await?.into_values().flatten();
        for entry in entries.filter(|entry| entry.position <= upto) {
            facts.insert(entry.position, decode(&entry)?);
        }
    }
    Ok(facts.into_values().collect())
}

/// How many streams are read at once.
const STREAMS_PER_READ: usize = 100;

/// The fact at a position; none when it belongs to no household.
///
/// # Errors
/// Those of [`page`].
pub async fn at(
    events: &Reader,
    log: LogId,
    position: Position,
) -> Result<Option<TimelineRow>, Error> {
    let upto = checkpoint::position(events.source(), log).await?;
    let recorded = events.at(log, position).await?;
    let known = recorded.filter(|recorded| recorded.position <= upto);
    let mut rows = marked(events.source(), log, upto, known.into_iter().collect()).await?;
    Ok(rows.pop())
}

/// Facts of households, with what was known to have become of them at a position.
async fn marked(
    source: &Source,
    log: LogId,
    upto: Position,
    recorded: Vec<Recorded>,
) -> Result<Vec<TimelineRow>, Error> {
    let positions: Vec<Position> = recorded.iter().map(|fact| fact.position).collect();
    let mut marks = by_position(
        sqlx::query_as(
            "select position, amended_by, how from projections.timeline
             where log_id = $1 and position = any ($2) and amended_by <= $3
             order by amended_by",
        )
        .bind(log)
        .bind(positions)
        .bind(upto)
        .fetch_all(source)
        .await?,
    );
    let mut rows = Vec::with_capacity(recorded.len());
    for recorded in &recorded {
        let fact = decode(recorded)?;
        let marks = marks.remove(&fact.position).unwrap_or_default();
        rows.extend(fold::row(fact, marks));
    }
    Ok(rows)
}

pub(crate) async fn all(
    db: impl PgExecutor<'_>,
    log: LogId,
) -> Result<BTreeMap<Position, Marks>, Error> {
    let rows = sqlx::query_as(
        "select position, amended_by, how from projections.timeline
         where log_id = $1 order by amended_by",
    )
    .bind(log)
    .fetch_all(db)
    .await?;
    Ok(by_position(rows))
}

fn by_position(rows: Vec<(Position, Position, String)>) -> BTreeMap<Position, Marks> {
    let mut found: BTreeMap<Position, Marks> = BTreeMap::new();
    for (position, by, how) in rows {
        if let Some(how) = How::of(&how) {
            found.entry(position).or_default().add(how, by);
        }
    }
    found
}

/// Adds marks. None of them is ever another: nothing recorded changes.
pub(crate) async fn save(
    conn: &mut PgConnection,
    place: Place,
    log: LogId,
    marks: &BTreeMap<Position, Marks>,
) -> Result<(), Error> {
    if marks.is_empty() {
        return Ok(());
    }
    let (mut positions, mut amended_by, mut how) = (Vec::new(), Vec::new(), Vec::new());
    for (position, marks) in marks {
        for (by, what) in marks.all() {
            positions.push(*position);
            amended_by.push(by);
            how.push(what.code());
        }
    }
    let save = "insert into projections.timeline (log_id, position, amended_by, how)
         select $1, u.position, u.amended_by, u.how
         from unnest($2::bigint[], $3::bigint[], $4::text[]) as u (position, amended_by, how)
         on conflict on constraint timeline_pkey do nothing";
    sqlx::query(place.sql(save))
        .bind(log)
        .bind(positions)
        .bind(amended_by)
        .bind(how)
        .execute(conn)
        .await?;
    Ok(())
}
