//! What a browser was asked to do, and has not yet done: kept here until it answers, once, within
//! [`CEREMONY_MINUTES`].

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::Row;
use uuid::Uuid;

use crate::database::broke;
use crate::secret::{closed, digest};
use crate::{AccountId, Error, Identity, Refusal, Secret, Session, Visit};

/// What a browser is asked is good for so many minutes.
pub const CEREMONY_MINUTES: i64 = 5;

/// Browsers of one address that are asked something at the same time. A whole office may be behind it.
pub const MAX_OPEN_CEREMONIES: u32 = 100;

/// What a browser is asked.
#[derive(Clone)]
pub struct Ceremony {
    /// To come back with the answer.
    pub secret: Secret,
    /// For `navigator.credentials`: an object with `publicKey`, bytes in base64url.
    pub options: Value,
}

closed!(Ceremony);

/// What a ceremony belongs to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Belongs {
    pub(crate) account: Option<AccountId>,
    pub(crate) session: Option<Uuid>,
    pub(crate) step: Option<[u8; 32]>,
}

/// A ceremony that is used up.
pub(crate) struct Taken {
    pub(crate) account: Option<AccountId>,
    pub(crate) step: Option<Vec<u8>>,
    pub(crate) state: Value,
}

impl Identity {
    /// Keeps what a browser is asked until it answers.
    pub(crate) async fn ceremony(
        &self,
        visit: &Visit<'_>,
        kind: &'static str,
        belongs: Belongs,
        challenge: &impl serde::Serialize,
        state: &impl serde::Serialize,
    ) -> Result<Ceremony, Error> {
        let secret = Secret::chance()?;
        let state = serde_json::to_value(state).map_err(Error::Stored)?;
        self.keep(visit, kind, belongs, &secret, state).await?;
        Ok(Ceremony {
            secret,
            options: serde_json::to_value(challenge).map_err(Error::Stored)?,
        })
    }

    /// Keeps a ceremony under a secret, unless its address has too many.
    pub(crate) async fn keep(
        &self,
        visit: &Visit<'_>,
        kind: &'static str,
        belongs: Belongs,
        secret: &Secret,
        state: Value,
    ) -> Result<(), Error> {
        let put = sqlx::query(
            "insert into identity.ceremony
                 (digest, kind, account, session, step, address, state, created_at, expires_at)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9
             where (select count(*) from identity.ceremony
                    where address = $6 and expires_at > $8) < $10",
        )
        .bind(secret.digest())
        .bind(kind)
        .bind(belongs.account.map(|it| it.0))
        .bind(belongs.session)
        .bind(belongs.step)
        .bind(self.network(visit))
        .bind(state)
        .bind(visit.now)
        .bind(visit.now + TimeDelta::minutes(CEREMONY_MINUTES))
        .bind(i64::from(MAX_OPEN_CEREMONIES))
        .execute(self.pool())
        .await;
        match put {
            Ok(done) if done.rows_affected() == 1 => Ok(()),
            Ok(_) => Err(Refusal::TryLater { seconds: 60 }.into()),
            // What it belongs to has ended meanwhile.
            Err(error) if broke(&error, "ceremony_session_fkey") => Err(Refusal::SignedOut.into()),
            Err(error) if broke(&error, "ceremony_step_fkey") => Err(Refusal::StartAgain.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Uses a ceremony up. With a session, only one of its own.
    pub(crate) async fn take(
        &self,
        now: DateTime<Utc>,
        secret: &str,
        kinds: &[&str],
        session: Option<&Session>,
    ) -> Result<Option<Taken>, Error> {
        let row = sqlx::query(
            "delete from identity.ceremony
             where digest = $1 and kind = any ($2) and expires_at > $3
               and ($4::uuid is null or session = $4)
             returning account, step, state",
        )
        .bind(digest(secret))
        .bind(kinds)
        .bind(now)
        .bind(session.map(|it| it.id.0))
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Taken {
            account: row.try_get::<Option<Uuid>, _>("account")?.map(AccountId),
            step: row.try_get("step")?,
            state: row.try_get("state")?,
        }))
    }
}

impl Belongs {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            account: Some(session.account),
            session: Some(session.id.0),
            step: None,
        }
    }
}

impl Taken {
    /// What was kept.
    pub(crate) fn into_state<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_value(self.state).map_err(Error::Stored)
    }
}
