//! The sessions of an account: listed, and ended.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Row};

use crate::session::is_locked;
use crate::{AccountId, Error, Identity, Session, SessionId, Strength};

/// A session as its holder sees it in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Id.
    pub id: SessionId,
    /// "Firefox, Linux".
    pub agent: String,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was last in use.
    pub last_seen_at: DateTime<Utc>,
    /// How sure it is who uses it.
    pub strength: Strength,
    /// Is it locked?
    pub locked: bool,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

impl Identity {
    /// The sessions of an account, the last used first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn sessions(
        &self,
        now: DateTime<Utc>,
        account: AccountId,
    ) -> Result<Vec<Listed>, Error> {
        let rows = sqlx::query(
            "select id, agent, created_at, last_seen_at, strength, locked_at, ends_at
             from identity.session where account = $1 and ends_at > $2
             order by last_seen_at desc, id",
        )
        .bind(account.0)
        .bind(now)
        .fetch_all(self.pool())
        .await?;
        let listed = rows.into_iter().map(|row| {
            let last_seen_at = row.try_get("last_seen_at")?;
            Ok(Listed {
                id: SessionId(row.try_get("id")?),
                agent: row.try_get("agent")?,
                created_at: row.try_get("created_at")?,
                last_seen_at,
                strength: Strength::from_code(row.try_get("strength")?),
                locked: is_locked(now, last_seen_at, row.try_get("locked_at")?),
                ends_at: row.try_get("ends_at")?,
            })
        });
        listed.collect()
    }

    /// Ends one session of an account. False when there is no such session.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_session(
        &self,
        account: AccountId,
        session: SessionId,
    ) -> Result<bool, Error> {
        let done = sqlx::query("delete from identity.session where id = $1 and account = $2")
            .bind(session.0)
            .bind(account.0)
            .execute(self.pool())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends every other session of its account.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_other_sessions(&self, session: &Session) -> Result<u64, Error> {
        let mut connection = self.pool().acquire().await?;
        end_others(&mut connection, session).await
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_sessions(&self, account: AccountId) -> Result<u64, Error> {
        let done = sqlx::query("delete from identity.session where account = $1")
            .bind(account.0)
            .execute(self.pool())
            .await?;
        Ok(done.rows_affected())
    }
}

/// Ends every other session of its account.
pub(crate) async fn end_others(
    connection: &mut PgConnection,
    session: &Session,
) -> Result<u64, Error> {
    let done = sqlx::query("delete from identity.session where account = $1 and id <> $2")
        .bind(session.account.0)
        .bind(session.id.0)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
