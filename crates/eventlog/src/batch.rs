//! One call of the database for the appends of several callers.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

use crate::append::{Ready, ReadyFact};
use crate::next::Edge;
use crate::{Appended, Error, LogId, Position, Version, sql};

/// What the database said.
pub(crate) struct Answers {
    /// For each append, in order.
    pub(crate) appended: Vec<Result<Appended, Error>>,
    /// For each append that was only checked: what stands against it, if anything.
    pub(crate) checked: Vec<Option<Result<Appended, Error>>>,
    /// Where the log stood before.
    pub(crate) before: Option<Position>,
    /// Where it stands now, when anything was recorded.
    pub(crate) edge: Option<Edge>,
}

impl Answers {
    /// All were recorded, and none was only checked.
    pub(crate) fn all(appended: Vec<Appended>) -> Self {
        Self {
            appended: appended.into_iter().map(Ok).collect(),
            checked: Vec::new(),
            before: None,
            edge: None,
        }
    }

    /// All were recorded where the log stood at `before`, so that it stands at `after`.
    pub(crate) fn next(before: &Edge, appended: Vec<Appended>, after: Edge) -> Self {
        Self {
            before: Some(before.position()),
            edge: Some(after),
            ..Self::all(appended)
        }
    }
}

/// Appends the facts of appends to one log, and looks what stands against others to it. The appends
/// do not depend on each other, as `eventlog.append` asks for.
pub(crate) async fn append(
    conn: &mut PgConnection,
    appends: &[&Ready],
    checks: &[&Ready],
    notify: bool,
) -> Result<Answers, Error> {
    let Some(log) = appends.iter().chain(checks).map(|ready| ready.log).next() else {
        return Ok(Answers {
            appended: Vec::new(),
            checked: Vec::new(),
            before: None,
            edge: None,
        });
    };
    let mut columns = Columns::default();
    for ready in appends {
        columns.command(ready);
        columns.facts(ready);
    }
    for ready in checks {
        columns.command(ready);
    }
    let row = columns.send(conn, log, notify).await?;
    Outcome::read(&row)?.answers(log, appends, checks)
}

/// Appends as the database function takes them: by column.
#[derive(Default)]
struct Columns<'a> {
    commands: Vec<Uuid>,
    digests: Vec<&'a [u8]>,
    guard_commands: Vec<i32>,
    guard_streams: Vec<&'a str>,
    guard_versions: Vec<Version>,
    fact_commands: Vec<i32>,
    command_ids: Vec<Uuid>,
    command_facts: Vec<Option<i32>>,
    fact_digests: Vec<Option<&'a [u8]>>,
    actors: Vec<&'a str>,
    ids: Vec<Uuid>,
    streams: Vec<&'a str>,
    versions: Vec<Option<Version>>,
    kinds: Vec<&'a str>,
    shapes: Vec<i16>,
    occurred_on: Vec<NaiveDate>,
    entered_at: Vec<Option<DateTime<Utc>>>,
    causes: Vec<Option<Uuid>>,
    salts: Vec<&'a [u8]>,
    also: Vec<Option<&'a str>>,
    payloads: Vec<&'a str>,
    before_data: Vec<&'a str>,
    before_sequence: Vec<&'a str>,
    before_time: Vec<&'a str>,
    ends: Vec<&'a str>,
    link_facts: Vec<i32>,
    link_streams: Vec<&'a str>,
    link_versions: Vec<Option<Version>>,
}

impl<'a> Columns<'a> {
    fn command(&mut self, ready: &'a Ready) {
        self.commands.push(ready.command);
        self.digests.push(&ready.digest);
        for expected in &ready.expected {
            self.guard_commands.push(place(self.commands.len()));
            self.guard_streams.push(&expected.stream);
            self.guard_versions.push(expected.version);
        }
    }

    /// The facts of the command taken in last.
    fn facts(&mut self, ready: &'a Ready) {
        for (index, fact) in ready.facts.iter().enumerate() {
            let ReadyFact { new, drafted, .. } = fact;
            self.fact_commands.push(place(self.commands.len()));
            self.command_ids.push(ready.command);
            let first = index == 0;
            self.command_facts
                .push(first.then(|| place(ready.facts.len())));
            self.fact_digests
                .push(first.then_some(ready.digest.as_slice()));
            self.actors.push(&ready.actor);
            self.ids.push(new.id);
            self.streams.push(&new.stream);
            self.versions.push(fact.version);
            self.kinds.push(&new.kind);
            self.shapes.push(new.shape);
            self.occurred_on.push(new.occurred_on);
            self.entered_at.push(new.entered_at);
            self.causes.push(new.cause);
            self.salts.push(&fact.salt);
            self.also.push(fact.also.as_deref());
            self.payloads.push(drafted.data());
            self.before_data.push(drafted.before_data());
            self.before_sequence.push(drafted.before_sequence());
            self.before_time.push(drafted.before_time());
            self.ends.push(drafted.end());
            for (stream, version) in new.also.iter().zip(&fact.also_versions) {
                self.link_facts.push(place(self.ids.len()));
                self.link_streams.push(stream);
                self.link_versions.push(*version);
            }
        }
    }

    async fn send(self, conn: &mut PgConnection, log: LogId, notify: bool) -> Result<PgRow, Error> {
        // Kept prepared: the function's own plans are what counts, and those never scan a table.
        Ok(sqlx::query(sql::APPEND)
            .bind(log)
            .bind(notify)
            .bind(self.commands)
            .bind(self.digests)
            .bind(self.guard_commands)
            .bind(self.guard_streams)
            .bind(self.guard_versions)
            .bind(self.fact_commands)
            .bind(self.command_ids)
            .bind(self.command_facts)
            .bind(self.fact_digests)
            .bind(self.actors)
            .bind(self.ids)
            .bind(self.streams)
            .bind(self.versions)
            .bind(self.kinds)
            .bind(self.shapes)
            .bind(self.occurred_on)
            .bind(self.entered_at)
            .bind(self.causes)
            .bind(self.salts)
            .bind(self.also)
            .bind(self.payloads)
            .bind(self.before_data)
            .bind(self.before_sequence)
            .bind(self.before_time)
            .bind(self.ends)
            .bind(self.link_facts)
            .bind(self.link_streams)
            .bind(self.link_versions)
            .fetch_one(conn)
            .await?)
    }
}

/// A place in an array of the database's, from 1. The limits of a batch are far below.
pub(crate) fn place(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The row of `eventlog.append`.
struct Outcome {
    before: Option<Position>,
    at: Option<DateTime<Utc>>,
    /// The frontier, as it is stored.
    after: Option<Vec<u8>>,
    refused: HashMap<i32, Refused>,
}

enum Refused {
    Before(Position, Position, DateTime<Utc>),
    Reused,
    Conflict(String, Version, Version),
    IdTaken(Uuid),
}

impl Outcome {
    fn read(row: &PgRow) -> Result<Self, Error> {
        let mut refused = HashMap::new();
        let places: Option<Vec<i32>> = row.try_get("refused")?;
        if let Some(places) = places {
            let outcomes: Vec<String> = row.try_get("outcome")?;
            let firsts: Vec<Option<Position>> = row.try_get("firsts")?;
            let lasts: Vec<Option<Position>> = row.try_get("lasts")?;
            let ats: Vec<Option<DateTime<Utc>>> = row.try_get("ats")?;
            let mut streams: Vec<Option<String>> = row.try_get("streams")?;
            let expected: Vec<Option<Version>> = row.try_get("expected")?;
            let actual: Vec<Option<Version>> = row.try_get("actual")?;
            let facts: Vec<Option<Uuid>> = row.try_get("facts")?;
            for (index, place) in places.into_iter().enumerate() {
                let outcome = outcomes.get(index).map(String::as_str);
                let what = match outcome {
                    Some("before") => at(&firsts, index)
                        .zip(at(&lasts, index))
                        .zip(at(&ats, index))
                        .map(|((first, last), at)| Refused::Before(first, last, at)),
                    Some("reused") => Some(Refused::Reused),
                    Some("conflict") => streams
                        .get_mut(index)
                        .and_then(Option::take)
                        .zip(at(&expected, index))
                        .zip(at(&actual, index))
                        .map(|((stream, expected), actual)| {
                            Refused::Conflict(stream, expected, actual)
                        }),
                    Some("id_taken") => at(&facts, index).map(Refused::IdTaken),
                    _ => None,
                };
                let what = what.ok_or_else(|| not_understood(outcome))?;
                refused.insert(place, what);
            }
        }
        Ok(Self {
            before: row.try_get("before")?,
            at: row.try_get("at")?,
            after: row.try_get("after")?,
            refused,
        })
    }

    fn answers(
        mut self,
        log: LogId,
        appends: &[&Ready],
        checks: &[&Ready],
    ) -> Result<Answers, Error> {
        let Some((before, recorded_at)) = self.before.zip(self.at) else {
            let unknown = || Err(Error::UnknownLog { log });
            return Ok(Answers {
                appended: appends.iter().map(|_| unknown()).collect(),
                checked: checks.iter().map(|_| Some(unknown())).collect(),
                before: None,
                edge: None,
            });
        };
        let mut last = before;
        let mut places = 1..;
        let mut refused = |ready: &Ready| {
            let place = places.next()?;
            self.refused.remove(&place).map(|why| why.answer(ready))
        };
        let appended = appends.iter().map(|ready| {
            refused(ready).unwrap_or_else(|| {
                let first = last + 1;
                last += Position::from(place(ready.facts.len()));
                Ok(Appended::Now {
                    first,
                    last,
                    recorded_at,
                })
            })
        });
        let appended = appended.collect();
        let checked = checks.iter().map(|ready| refused(ready)).collect();
        let edge = self
            .after
            .and_then(|after| Edge::new(last, recorded_at, &after));
        Ok(Answers {
            appended,
            checked,
            before: Some(before),
            edge,
        })
    }
}

impl Refused {
    fn answer(self, ready: &Ready) -> Result<Appended, Error> {
        match self {
            Self::Before(first, last, recorded_at) => Ok(Appended::Before {
                first,
                last,
                recorded_at,
            }),
            Self::Reused => Err(Error::CommandReused {
                command: ready.command,
            }),
            Self::Conflict(stream, expected, actual) => Err(Error::Conflict {
                stream,
                expected,
                actual,
            }),
            Self::IdTaken(id) => Err(Error::FactExists { id }),
        }
    }
}

fn at<T: Copy>(column: &[Option<T>], index: usize) -> Option<T> {
    column.get(index).copied().flatten()
}

fn not_understood(outcome: Option<&str>) -> Error {
    Error::Database(sqlx::Error::Decode(
        format!("eventlog.append answered {outcome:?}, which this version does not know").into(),
    ))
}
