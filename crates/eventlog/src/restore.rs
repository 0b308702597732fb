//! Putting facts back that were recorded elsewhere: the other half of an export.

use chrono::{DateTime, NaiveDate, Utc};
use proof::merkle::Hash;
use proof::record::Record;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::append::Ready;
use crate::{Append, Error, Invalid, LogId, NewFact, Position, SQLSTATE_NOT_RECORDED, sql};

/// Whether a record is within the limits that appends keep. [`restore`] does not ask: who reads
/// records from elsewhere does, before the first is put back.
///
/// # Errors
/// The limit that is not kept.
pub fn restorable(record: &Record) -> Result<(), Invalid> {
    let fact = NewFact {
        id: record.id,
        stream: record.stream.clone(),
        also: record.also.clone(),
        kind: record.kind.clone(),
        shape: record.shape,
        occurred_on: record.occurred_on,
        entered_at: record.entered_at,
        cause: record.cause,
        // A record's data is JSON in its canonical form.
        payload: serde_json::from_str(&record.data).unwrap_or_default(),
    };
    let ready = Ready::check(Append {
        log: record.log,
        command: record.command,
        // Only a command's first fact has one.
        digest: record.digest.clone().unwrap_or_else(|| vec![0]),
        actor: record.actor.clone(),
        expected: Vec::new(),
        facts: vec![fact],
    });
    match ready {
        Err(Error::Invalid(invalid)) => Err(invalid),
        _ => Ok(()),
    }
}

/// Puts whole commands back at the end of a log, with their positions, times and leaves; all or none.
/// The log must [exist](crate::EventLog::ensure_log). The records' positions follow each other; each
/// comes with the leaf it must have.
///
/// The connection must act as [`OWNER_ROLE`](crate::OWNER_ROLE): the service may not say when
/// something was recorded.
///
/// # Errors
/// [`Error::NotRecorded`], and faults of the database.
pub async fn restore(
    conn: &mut PgConnection,
    log: LogId,
    facts: &[(Record, Hash)],
) -> Result<(), Error> {
    let Some((first, _)) = facts.first() else {
        return Ok(());
    };
    let first = Position::try_from(first.position).unwrap_or(Position::MAX);
    let wrong = (0..).zip(facts).find(|(place, (record, _))| {
        record.log != log || Position::try_from(record.position) != Ok(first + place)
    });
    if let Some((place, _)) = wrong {
        let position = first + place;
        return Err(Error::NotRecorded { position });
    }
    let column = facts.iter().map(|(record, _)| record);
    let answer = sqlx::query(sql::RESTORE)
        .bind(log)
        .bind(first)
        .bind(column.clone().map(|it| it.command).collect::<Vec<Uuid>>())
        .bind(command_facts(facts))
        .bind(
            column
                .clone()
                .map(|it| it.digest.as_deref())
                .collect::<Vec<Option<&[u8]>>>(),
        )
        .bind(
            column
                .clone()
                .map(|it| it.actor.as_str())
                .collect::<Vec<&str>>(),
        )
        .bind(column.clone().map(|it| it.id).collect::<Vec<Uuid>>())
        .bind(
            column
                .clone()
                .map(|it| it.stream.as_str())
                .collect::<Vec<&str>>(),
        )
        .bind(
            column
                .clone()
                .map(|it| it.kind.as_str())
                .collect::<Vec<&str>>(),
        )
        .bind(column.clone().map(|it| it.shape).collect::<Vec<i16>>())
        .bind(
            column
                .clone()
                .map(|it| it.occurred_on)
                .collect::<Vec<NaiveDate>>(),
        )
        .bind(
            column
                .clone()
                .map(|it| it.entered_at)
                .collect::<Vec<Option<DateTime<Utc>>>>(),
        )
        .bind(
            column
                .clone()
                .map(|it| it.cause)
                .collect::<Vec<Option<Uuid>>>(),
        )
        .bind(
            column
                .clone()
                .map(|it| it.salt.as_slice())
                .collect::<Vec<&[u8]>>(),
        )
        .bind(column.clone().map(also).collect::<Vec<Option<String>>>())
        .bind(
            column
                .clone()
                .map(|it| it.data.as_str())
                .collect::<Vec<&str>>(),
        )
        .bind(
            column
                .map(|it| it.recorded_at)
                .collect::<Vec<DateTime<Utc>>>(),
        )
        .bind(
            facts
                .iter()
                .map(|(_, leaf)| leaf.0.as_slice())
                .collect::<Vec<&[u8]>>(),
        )
        .execute(conn)
        .await;
    match answer {
        Ok(_) => Ok(()),
        Err(error) => Err(refusal(&error).unwrap_or_else(|| error.into())),
    }
}

/// The position that the database's refusal names.
fn refusal(error: &sqlx::Error) -> Option<Error> {
    let error = error.as_database_error()?;
    if error.code()? != SQLSTATE_NOT_RECORDED {
        return None;
    }
    let detail = error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()?
        .detail()?;
    let position = detail.parse().ok()?;
    Some(Error::NotRecorded { position })
}

fn also(record: &Record) -> Option<String> {
    (!record.also.is_empty()).then(|| record.also.join(" "))
}

/// For each command's first fact: how many facts it has.
fn command_facts(facts: &[(Record, Hash)]) -> Vec<Option<i32>> {
    let mut counts = vec![None; facts.len()];
    let mut first = 0;
    for (place, (record, _)) in facts.iter().enumerate() {
        if record.digest.is_some() {
            first = place;
            counts[place] = Some(0);
        }
        if let Some(Some(count)) = counts.get_mut(first) {
            *count += 1;
        }
    }
    counts
}
