//! Signing in.
//!
//! Whoever is unknown, disabled, or wrong is refused in the same way, after a hash was computed, and
//! counted in the same way.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::account::normal_name;
use crate::factors::factors_of;
use crate::oidc::{FromProvider, Mapped};
use crate::password::Verified;
use crate::secret::digest;
use crate::sessions::end_others;
use crate::throttle::Attempt;
use crate::{
    AccountId, Crossed, Error, Factors, Identity, Opened, Password, Refusal, Secret, Session,
    Strength, TryLater, Visit,
};

/// How long half a sign-in is kept, in minutes.
pub const STEP_MINUTES: i64 = 10;

/// Tries of a second factor in one sign-in; then it starts again.
pub const MAX_STEP_TRIES: u32 = 5;

/// Sign-ins of one account that are half done at the same time.
const MAX_STEPS: u32 = 10;

/// What becomes of an attempt to show who one is.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// A session is open, or has a new secret.
    Done(Box<Opened>),
    /// That was right; now the second factor.
    SecondFactor(Step),
    /// Not right. Whether there is such an account, it is disabled, or it is another's: all the same.
    Refused(Refused),
    /// Too many tries. Nothing was looked at.
    TryLater(TryLater),
    /// It took too long, was done before, or had too many tries: from the beginning.
    StartAgain,
}

/// Not right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Thresholds that were crossed: for the access log, never for the page.
    pub crossed: Vec<Crossed>,
}

/// Half a sign-in. Its secret is no session's and never becomes one.
#[derive(Clone, Debug)]
pub struct Step {
    /// The value of a cookie, until the second factor is shown.
    pub secret: Secret,
    /// What can be shown.
    pub factors: Factors,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// A step as it is kept.
pub(crate) struct Half {
    pub(crate) account: AccountId,
    pub(crate) provider: Option<FromProvider>,
    pub(crate) mapped: Vec<Mapped>,
}

/// What the password of a name is looked up for.
struct Candidate {
    account: AccountId,
    hash: Option<String>,
    changed_at: Option<DateTime<Utc>>,
    enabled: bool,
}

/// A password that was right, as of a moment.
#[derive(Clone, Copy)]
struct Right {
    account: AccountId,
    /// When it was set.
    changed_at: Option<DateTime<Utc>>,
}

impl Identity {
    /// Signs in with a password.
    ///
    /// # Errors
    /// Faults only.
    pub async fn sign_in(
        &self,
        visit: &Visit<'_>,
        name: &str,
        password: &Password,
    ) -> Result<SignIn, Error> {
        // What cannot be a name is nobody's; it is counted and hashed for like any other.
        let name = normal_name(name).unwrap_or_default();
        let attempt = match self.attempt_name(visit, &name).await? {
            Ok(attempt) => attempt,
            Err(later) => return Ok(SignIn::TryLater(later)),
        };
        let candidate = self.candidate(&name).await?;
        let right = match self.right(candidate.as_ref(), password, &attempt).await? {
            Ok(right) => right,
            Err(other) => return Ok(other),
        };
        let account = right.account;
        let mut tx = self.pool().begin().await?;
        // Whoever sets a password anew waits for us, or we find hers.
        if !holds(&mut tx, right).await? {
            return Ok(refused(&attempt, Some(account)));
        }
        let factors = factors_of(&mut tx, account).await?;
        let outcome = if factors.any() {
            let step = self.new_step(&mut tx, visit, account, None, &[]).await?;
            SignIn::SecondFactor(Step { factors, ..step })
        } else {
            let opened = self.open(&mut tx, visit, account, Strength::Password, None);
            let Some((id, secret)) = opened.await? else {
                return Ok(refused(&attempt, Some(account)));
            };
            SignIn::Done(Box::new(Opened {
                session: self.session_of(&mut tx, visit.now, id).await?,
                secret,
                device: Some(self.device(visit.now, &name)?),
                mapped: Vec::new(),
            }))
        };
        tx.commit().await?;
        // Half of it is no reason to forget earlier failures.
        self.take_back(&attempt, !factors.any()).await?;
        Ok(outcome)
    }

    /// Confirms who she is with her password: unlocks a session, and stands for setting up other
    /// factors. The session has a new secret.
    ///
    /// # Errors
    /// [`Refusal::SignedOut`], faults.
    pub async fn confirm_with_password(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        password: &Password,
    ) -> Result<SignIn, Error> {
        let right = match self.shown_again(visit, session, password).await? {
            Ok(right) => right,
            Err(other) => return Ok(other),
        };
        let mut tx = self.pool().begin().await?;
        if !holds(&mut tx, right).await? {
            return Err(Refusal::SignedOut.into());
        }
        let opened = self.confirm(&mut tx, visit.now, session, Strength::Password);
        let opened = opened.await?;
        tx.commit().await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// Changes a password. Every other session of hers ends, and this one has a new secret.
    ///
    /// # Errors
    /// [`Refusal::Password`], [`Refusal::Locked`], [`Refusal::NotStrong`], [`Refusal::SignedOut`],
    /// faults.
    pub async fn change_password(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        current: &Password,
        new: &Password,
    ) -> Result<SignIn, Error> {
        if session.locked {
            return Err(Refusal::Locked.into());
        }
        if session.strength < Strength::Strong && self.factors(session.account).await?.any() {
            return Err(Refusal::NotStrong.into());
        }
        let right = match self.shown_again(visit, session, current).await? {
            Ok(right) => right,
            Err(other) => return Ok(other),
        };
        let about = [session.name.as_str(), session.display_name.as_str()];
        let renewed = self.taken(new, &about).await?;
        let mut tx = self.pool().begin().await?;
        if !holds(&mut tx, right).await? {
            return Err(Refusal::SignedOut.into());
        }
        sqlx::query(
            "update identity.account set password = $2, password_changed_at = $3 where id = $1",
        )
        .bind(right.account.0)
        .bind(renewed)
        .bind(visit.now)
        .execute(&mut *tx)
        .await?;
        for statement in [
            "delete from identity.step where account = $1",
            "delete from identity.invitation where account = $1",
        ] {
            sqlx::query(statement)
                .bind(right.account.0)
                .execute(&mut *tx)
                .await?;
        }
        end_others(&mut tx, session).await?;
        let opened = self.confirm(&mut tx, visit.now, session, Strength::Password);
        let opened = opened.await?;
        tx.commit().await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// What a half sign-in asks for, while it is good.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn step(&self, now: DateTime<Utc>, step: &str) -> Result<Option<Factors>, Error> {
        match self.half(now, digest(step)).await? {
            Some(half) => Ok(Some(self.factors(half.account).await?)),
            None => Ok(None),
        }
    }

    /// The password of a session's holder, once more.
    async fn shown_again(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        password: &Password,
    ) -> Result<Result<Right, SignIn>, Error> {
        let attempt = match self.attempt_name(visit, &session.name).await? {
            Ok(attempt) => attempt,
            Err(later) => return Ok(Err(SignIn::TryLater(later))),
        };
        let candidate = self.candidate(&session.name).await?;
        let candidate = candidate.filter(|it| it.account == session.account);
        let right = self.right(candidate.as_ref(), password, &attempt).await?;
        if right.is_ok() {
            self.take_back(&attempt, true).await?;
        }
        Ok(right)
    }

    async fn candidate(&self, name: &str) -> Result<Option<Candidate>, Error> {
        let row = sqlx::query(
            "select id, password, password_changed_at, disabled_at is null as enabled
             from identity.account where name = $1",
        )
        .bind(name)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Candidate {
            account: AccountId(row.try_get("id")?),
            hash: row.try_get("password")?,
            changed_at: row.try_get("password_changed_at")?,
            enabled: row.try_get("enabled")?,
        }))
    }

    /// The account whose password this is. One hash is computed in any case.
    async fn right(
        &self,
        candidate: Option<&Candidate>,
        password: &Password,
        attempt: &Attempt,
    ) -> Result<Result<Right, SignIn>, Error> {
        let usable = candidate.filter(|it| it.enabled);
        let hash = usable.and_then(|it| it.hash.clone());
        let verified = self.hasher().verify(password, hash.clone()).await?;
        match (verified, usable) {
            (Verified::Right { renew }, Some(found)) => {
                if renew {
                    self.rehash(found.account, password, hash).await?;
                }
                Ok(Ok(Right {
                    account: found.account,
                    changed_at: found.changed_at,
                }))
            }
            (Verified::Busy, _) => {
                self.take_back(attempt, false).await?;
                Ok(Err(SignIn::TryLater(TryLater { seconds: 1 })))
            }
            _ => Ok(Err(refused(attempt, candidate.map(|it| it.account)))),
        }
    }

    /// Keeps a password under what is asked for now; at another time when too many hash.
    async fn rehash(
        &self,
        account: AccountId,
        password: &Password,
        old: Option<String>,
    ) -> Result<(), Error> {
        if let Some(new) = self.hasher().hash(password).await? {
            sqlx::query(
                "update identity.account set password = $3 where id = $1 and password = $2",
            )
            .bind(account.0)
            .bind(old)
            .bind(new)
            .execute(self.pool())
            .await?;
        }
        Ok(())
    }

    /// Begins the second half of a sign-in.
    pub(crate) async fn new_step(
        &self,
        tx: &mut PgConnection,
        visit: &Visit<'_>,
        account: AccountId,
        provider: Option<&FromProvider>,
        mapped: &[Mapped],
    ) -> Result<Step, Error> {
        let secret = Secret::chance()?;
        let digest = secret.digest();
        let expires_at = visit.now + TimeDelta::minutes(STEP_MINUTES);
        let token = match provider {
            Some(provider) => Some(self.seal_token(&digest, provider)?),
            None => None,
        };
        sqlx::query(
            "insert into identity.step
                 (digest, account, provider, token, mapped, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(digest)
        .bind(account.0)
        .bind(provider.map(|it| it.provider.as_str()))
        .bind(token)
        .bind(serde_json::to_value(mapped).map_err(Error::Stored)?)
        .bind(visit.now)
        .bind(expires_at)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from identity.step where account = $1 and digest <> $2 and digest not in (
                 select digest from identity.step where account = $1 and digest <> $2
                 order by created_at desc limit $3)",
        )
        .bind(account.0)
        .bind(digest)
        .bind(i64::from(MAX_STEPS) - 1)
        .execute(tx)
        .await?;
        Ok(Step {
            secret,
            factors: Factors::default(),
            expires_at,
        })
    }

    /// A half sign-in, while it is good.
    pub(crate) async fn half(
        &self,
        now: DateTime<Utc>,
        digest: [u8; 32],
    ) -> Result<Option<Half>, Error> {
        let row = sqlx::query(
            "select s.account, s.provider, s.token, s.mapped
             from identity.step s join identity.account a on a.id = s.account
             where s.digest = $1 and s.expires_at > $2 and s.tries < $3
               and a.disabled_at is null",
        )
        .bind(digest)
        .bind(now)
        .bind(i32::try_from(MAX_STEP_TRIES).unwrap_or(i32::MAX))
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let provider: Option<String> = row.try_get("provider")?;
        let provider = match provider {
            Some(provider) => Some(self.open_token(&digest, provider, row.try_get("token")?)?),
            None => None,
        };
        Ok(Some(Half {
            account: AccountId(row.try_get("account")?),
            provider,
            mapped: serde_json::from_value(row.try_get("mapped")?).map_err(Error::Stored)?,
        }))
    }

    /// Counts one try of a half sign-in. False when it has had its tries, or is gone.
    pub(crate) async fn try_step(
        &self,
        now: DateTime<Utc>,
        digest: [u8; 32],
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update identity.step set tries = tries + 1
             where digest = $1 and expires_at > $2 and tries < $3",
        )
        .bind(digest)
        .bind(now)
        .bind(i32::try_from(MAX_STEP_TRIES).unwrap_or(i32::MAX))
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a sign-in whose second factor was right: the step goes, a session of its own comes.
    /// `tx` is left to be committed.
    pub(crate) async fn finish(
        &self,
        tx: &mut PgConnection,
        visit: &Visit<'_>,
        digest: [u8; 32],
        half: Half,
    ) -> Result<Option<Opened>, Error> {
        let (account, provider) = (half.account, half.provider.as_ref());
        let opened = self.open(tx, visit, account, Strength::Strong, provider);
        let Some((id, secret)) = opened.await? else {
            return Ok(None);
        };
        let used = sqlx::query("delete from identity.step where digest = $1 and expires_at > $2")
            .bind(digest)
            .bind(visit.now)
            .execute(&mut *tx)
            .await?;
        if used.rows_affected() != 1 {
            return Ok(None);
        }
        let session = self.session_of(tx, visit.now, id).await?;
        let device = match half.provider {
            Some(_) => None,
            None => Some(self.device(visit.now, &session.name)?),
        };
        Ok(Some(Opened {
            session,
            secret,
            device,
            mapped: half.mapped,
        }))
    }
}

pub(crate) fn refused(attempt: &Attempt, account: Option<AccountId>) -> SignIn {
    SignIn::Refused(Refused {
        crossed: attempt.crossed(account),
    })
}

/// Locks an account's row. False when its password was set anew since it was verified, or the account
/// is disabled.
async fn holds(tx: &mut PgConnection, right: Right) -> Result<bool, Error> {
    let found: Option<Uuid> = sqlx::query_scalar(
        "select id from identity.account
         where id = $1 and password is not null and password_changed_at is not distinct from $2
           and disabled_at is null for update",
    )
    .bind(right.account.0)
    .bind(right.changed_at)
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}
