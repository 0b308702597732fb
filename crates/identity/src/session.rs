//! Sessions: one signed-in browser each.
//!
//! A cookie carries 256 bits of chance, of which there is a digest. The secret is another one every
//! [`ROTATE_MINUTES`], and whenever the session gets stronger or its holder confirms who she is. The
//! one before is good for [`GRACE_SECONDS`] more, for requests under way, and until the new one has
//! come back from the browser, so that an answer lost on the way signs nobody out. Presented after
//! that it was copied: the session ends.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use url::Url;
use uuid::Uuid;

use crate::account::language;
use crate::oidc::{FromProvider, Mapped};
use crate::secret::{closed, digest};
use crate::{
    AccountId, CsrfToken, Error, Identity, Language, Refusal, Secret, SessionId, Visit, ids,
};

/// An idle session locks after so many minutes.
pub const IDLE_MINUTES: i64 = 15;

/// A session ends after so many hours, whatever happens: a working day.
pub const SESSION_HOURS: i64 = 10;

/// The secret of a session in use is another one after so many minutes.
pub const ROTATE_MINUTES: i64 = 15;

/// The secret before is good for so many seconds more.
pub const GRACE_SECONDS: i64 = 30;

/// That a session is in use is written down once in so many seconds at most.
pub const TOUCH_SECONDS: i64 = 30;

/// How long a shown credential stands for setting up others, in minutes.
pub const CONFIRMATION_MINUTES: i64 = 15;

/// Sessions of one account at most; the oldest end when there are more.
pub const MAX_SESSIONS: u32 = 20;

/// How sure it is who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// One factor.
    Password,
    /// Two factors, or a passkey that verified its user.
    Strong,
}

impl Strength {
    fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Strong => "strong",
        }
    }

    pub(crate) fn from_code(code: &str) -> Self {
        match code {
            "strong" => Self::Strong,
            _ => Self::Password,
        }
    }
}

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Somebody did something.
    Person,
    /// A page asked by itself: that keeps no session awake.
    Background,
}

/// One signed-in browser.
#[derive(Clone)]
pub struct Session {
    /// Id, safe to show.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// Her sign-in name.
    pub name: String,
    /// What colleagues see.
    pub display_name: String,
    /// What she reads.
    pub language: Language,
    /// How sure it is that it is her.
    pub strength: Strength,
    /// It was idle, or she locked it: she has to confirm who she is, and until then may nothing.
    pub locked: bool,
    /// What her forms carry. Another one when the session gets stronger.
    pub csrf: CsrfToken,
    /// When she signed in.
    pub created_at: DateTime<Utc>,
    /// When she last showed a credential.
    pub confirmed_at: DateTime<Utc>,
    /// When it locks unless she does something.
    pub idle_ends_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("strength", &self.strength)
            .field("locked", &self.locked)
            .finish_non_exhaustive()
    }
}

/// A session that was opened, or given a new secret.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The session.
    pub session: Session,
    /// The value of its cookie from now on. An earlier one is good for nothing any more.
    pub secret: Secret,
    /// After a sign-in with a password: the value of a cookie by which this browser is known for
    /// [`DEVICE_DAYS`](crate::DEVICE_DAYS). It opens nothing; it keeps others from locking her out by
    /// failing with her name elsewhere. To be kept when she signs out.
    pub device: Option<Secret>,
    /// After a sign-in at an identity provider: roles that it gives her.
    pub mapped: Vec<Mapped>,
}

/// A session that a request belongs to.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The session.
    pub session: Session,
    /// The value of its cookie from now on, when it is another one.
    pub renewed: Option<Secret>,
}

/// Signed out.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// Where the browser goes to sign out of the identity provider, too.
    pub provider_logout: Option<Url>,
}

closed!(SignedOut);

/// A row of the table, with its account.
struct Found {
    session: Session,
    digest: Vec<u8>,
    rotated_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    arrived: bool,
}

impl Identity {
    /// The session of a cookie's value, if there is one and its account is enabled. A locked session is
    /// given as such. Where there is none the cookie need not be cleared: a request that was under way
    /// while the secret changed may well be answered so.
    ///
    /// # Errors
    /// No random bytes, faults of the database.
    pub async fn session(
        &self,
        visit: &Visit<'_>,
        secret: &str,
        activity: Activity,
    ) -> Result<Option<Entered>, Error> {
        let (now, presented) = (visit.now, digest(secret));
        let row = sqlx::query(
            "select s.*, a.name, a.display_name, a.language
             from identity.session s join identity.account a on a.id = s.account
             where (s.digest = $1 or s.previous = $1) and s.ends_at > $2
               and a.disabled_at is null",
        )
        .bind(presented)
        .bind(now)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let row = self.row(now, &row)?;
        let id = row.session.id;
        let is_current = row.digest == presented;
        let is_late = row.rotated_at + TimeDelta::seconds(GRACE_SECONDS) <= now;
        let mut renewed = None;
        match (is_current, row.arrived) {
            (true, true) => {}
            (true, false) => self.arrived(id, presented).await?,
            (false, true) if is_late => {
                self.remove(id).await?;
                return Ok(None);
            }
            (false, false) if is_late && !row.session.locked => {
                // The new secret never came back: another one is made in its place.
                renewed = self.renew(now, id, &row.digest, presented).await?;
            }
            (false, _) => {}
        }
        if activity == Activity::Person && !row.session.locked {
            if row.last_seen_at + TimeDelta::seconds(TOUCH_SECONDS) <= now {
                self.touch(now, id).await?;
            }
            let is_due = row.rotated_at + TimeDelta::minutes(ROTATE_MINUTES) <= now;
            if is_current && is_due {
                renewed = self.renew(now, id, &row.digest, presented).await?;
            }
        }
        Ok(Some(Entered {
            session: row.session,
            renewed,
        }))
    }

    /// Is the session of this id open: not ended, not locked, its account enabled? For connections that
    /// last.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn is_open(&self, now: DateTime<Utc>, session: SessionId) -> Result<bool, Error> {
        let open = sqlx::query_scalar(
            "select exists (
                 select from identity.session s join identity.account a on a.id = s.account
                 where s.id = $1 and s.ends_at > $2 and s.locked_at is null
                   and s.last_seen_at > $3 and a.disabled_at is null)",
        )
        .bind(session.0)
        .bind(now)
        .bind(now - TimeDelta::minutes(IDLE_MINUTES))
        .fetch_one(self.pool())
        .await?;
        Ok(open)
    }

    /// Locks a session.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn lock(&self, now: DateTime<Utc>, session: &Session) -> Result<(), Error> {
        sqlx::query(
            "update identity.session set locked_at = $2 where id = $1 and locked_at is null",
        )
        .bind(session.id.0)
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Ends the session of a cookie's value.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn sign_out(&self, now: DateTime<Utc>, secret: &str) -> Result<SignedOut, Error> {
        let row = sqlx::query(
            "select s.id, p.provider, p.token
             from identity.session s left join identity.provider_session p on p.session = s.id
             where s.digest = $1 or s.previous = $1",
        )
        .bind(digest(secret))
        .fetch_optional(self.pool())
        .await?;
        let mut provider_logout = None;
        if let Some(row) = row {
            let id = SessionId(row.try_get("id")?);
            self.remove(id).await?;
            let provider: Option<&str> = row.try_get("provider")?;
            if let Some(provider) = provider {
                let sealed = row.try_get("token")?;
                provider_logout = self.provider_logout(now, id, provider, sealed).await;
            }
        }
        Ok(SignedOut { provider_logout })
    }

    /// Opens a session; none when the account is disabled. The account's row is locked from here on: it
    /// comes before all others.
    pub(crate) async fn open(
        &self,
        tx: &mut PgConnection,
        visit: &Visit<'_>,
        account: AccountId,
        strength: Strength,
        provider: Option<&FromProvider>,
    ) -> Result<Option<(SessionId, Secret)>, Error> {
        let known = sqlx::query(
            "update identity.account set last_sign_in_at = $2
             where id = $1 and disabled_at is null",
        )
        .bind(account.0)
        .bind(visit.now)
        .execute(&mut *tx)
        .await?;
        if known.rows_affected() == 0 {
            return Ok(None);
        }
        let id = SessionId(ids::new(visit.now)?);
        let secret = Secret::chance()?;
        sqlx::query(
            "insert into identity.session
                 (id, account, digest, rotated_at, arrived, strength, agent, created_at,
                  last_seen_at, confirmed_at, ends_at)
             values ($1, $2, $3, $4, true, $5, $6, $4, $4, $4, $7)",
        )
        .bind(id.0)
        .bind(account.0)
        .bind(secret.digest())
        .bind(visit.now)
        .bind(strength.code())
        .bind(visit.family())
        .bind(visit.now + TimeDelta::hours(SESSION_HOURS))
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from identity.session where account = $1 and id <> $2 and id not in (
                 select id from identity.session where account = $1 and id <> $2
                 order by created_at desc, id desc limit $3)",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(i64::from(MAX_SESSIONS) - 1)
        .execute(&mut *tx)
        .await?;
        if let Some(provider) = provider {
            let sealed = self.seal_token(id.0.as_bytes(), provider)?;
            sqlx::query(
                "insert into identity.provider_session (session, provider, token)
                 values ($1, $2, $3)",
            )
            .bind(id.0)
            .bind(&provider.provider)
            .bind(sealed)
            .execute(tx)
            .await?;
        }
        Ok(Some((id, secret)))
    }

    /// Gives a session a new secret, at once and without grace: its holder showed a credential. With
    /// `Strong` it is strong from now on.
    pub(crate) async fn confirm(
        &self,
        tx: &mut PgConnection,
        now: DateTime<Utc>,
        session: &Session,
        shown: Strength,
    ) -> Result<Opened, Error> {
        let secret = Secret::chance()?;
        let stronger = shown > session.strength;
        let done = sqlx::query(
            "update identity.session
             set digest = $4, previous = null, rotated_at = $3, arrived = true, last_seen_at = $3,
                 confirmed_at = $3, locked_at = null,
                 strength = case when $5 then 'strong' else strength end,
                 elevation = elevation + case when $5 then 1 else 0 end
             where id = $1 and account = $2 and ends_at > $3",
        )
        .bind(session.id.0)
        .bind(session.account.0)
        .bind(now)
        .bind(secret.digest())
        .bind(stronger)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Refusal::SignedOut.into());
        }
        Ok(Opened {
            session: self.session_of(tx, now, session.id).await?,
            secret,
            device: None,
            mapped: Vec::new(),
        })
    }

    /// A session that is there.
    pub(crate) async fn session_of(
        &self,
        connection: &mut PgConnection,
        now: DateTime<Utc>,
        id: SessionId,
    ) -> Result<Session, Error> {
        let row = sqlx::query(
            "select s.*, a.name, a.display_name, a.language
             from identity.session s join identity.account a on a.id = s.account where s.id = $1",
        )
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
        Ok(self.row(now, &row.ok_or(Refusal::SignedOut)?)?.session)
    }

    fn row(&self, now: DateTime<Utc>, row: &PgRow) -> Result<Found, Error> {
        let id: Uuid = row.try_get("id")?;
        let elevation: i32 = row.try_get("elevation")?;
        let last_seen_at: DateTime<Utc> = row.try_get("last_seen_at")?;
        let ends_at: DateTime<Utc> = row.try_get("ends_at")?;
        let csrf = (self.key()).digest("csrf session", &[id.as_bytes(), &elevation.to_be_bytes()]);
        let idle_ends_at = last_seen_at + TimeDelta::minutes(IDLE_MINUTES);
        Ok(Found {
            session: Session {
                id: SessionId(id),
                account: AccountId(row.try_get("account")?),
                name: row.try_get("name")?,
                display_name: row.try_get("display_name")?,
                language: language(row)?,
                strength: Strength::from_code(row.try_get("strength")?),
                locked: is_locked(now, last_seen_at, row.try_get("locked_at")?),
                csrf: CsrfToken::from_digest(csrf),
                created_at: row.try_get("created_at")?,
                confirmed_at: row.try_get("confirmed_at")?,
                idle_ends_at: idle_ends_at.min(ends_at),
                ends_at,
            },
            digest: row.try_get("digest")?,
            rotated_at: row.try_get("rotated_at")?,
            last_seen_at,
            arrived: row.try_get("arrived")?,
        })
    }

    /// Puts a new secret in the place of `current`. None when somebody else just did.
    async fn renew(
        &self,
        now: DateTime<Utc>,
        id: SessionId,
        current: &[u8],
        presented: [u8; 32],
    ) -> Result<Option<Secret>, Error> {
        let secret = Secret::chance()?;
        let done = sqlx::query(
            "update identity.session
             set digest = $2, previous = $3, rotated_at = $4, arrived = false
             where id = $1 and digest = $5 and locked_at is null
               and (digest = $3 or (previous = $3 and not arrived))",
        )
        .bind(id.0)
        .bind(secret.digest())
        .bind(presented)
        .bind(now)
        .bind(current)
        .execute(self.pool())
        .await?;
        Ok((done.rows_affected() == 1).then_some(secret))
    }

    async fn arrived(&self, id: SessionId, presented: [u8; 32]) -> Result<(), Error> {
        sqlx::query("update identity.session set arrived = true where id = $1 and digest = $2")
            .bind(id.0)
            .bind(presented)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// An idle session is not woken by a request that was slower than the limit.
    async fn touch(&self, now: DateTime<Utc>, id: SessionId) -> Result<(), Error> {
        sqlx::query(
            "update identity.session set last_seen_at = $2
             where id = $1 and last_seen_at < $2 and last_seen_at > $3 and locked_at is null",
        )
        .bind(id.0)
        .bind(now)
        .bind(now - TimeDelta::minutes(IDLE_MINUTES))
        .execute(self.pool())
        .await?;
        Ok(())
    }

    async fn remove(&self, id: SessionId) -> Result<(), Error> {
        sqlx::query("delete from identity.session where id = $1")
            .bind(id.0)
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

/// Was it locked, or idle?
pub(crate) fn is_locked(
    now: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    locked_at: Option<DateTime<Utc>>,
) -> bool {
    locked_at.is_some() || last_seen_at + TimeDelta::minutes(IDLE_MINUTES) <= now
}
