//! Codes of authenticator apps (RFC 6238). No code is taken twice, nor one older than the newest taken.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, Row};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::factors::may_set_up;
use crate::secret::{chance, digest};
use crate::sign_in::refused;
use crate::{
    AccountId, Enrolled, Error, Identity, Refusal, Secret, Session, SignIn, Strength, Visit,
};

/// An app that was shown its key and did not prove it is forgotten after so many hours.
pub const TOTP_SETUP_HOURS: i64 = 1;

/// A code is good for so long.
pub const TOTP_STEP_SECONDS: u64 = 30;

/// Steps that a clock may be wrong by.
pub const TOTP_SKEW: u16 = 1;

/// Digits of a code.
pub const TOTP_DIGITS: u8 = 6;

/// Bytes of an app's key: as many as SHA-1 takes, which is what every app can.
const KEY_BYTES: usize = 20;

/// The seals of this file are for nothing else.
const PURPOSE: &str = "totp";

/// What an authenticator app needs.
#[derive(Clone, Debug)]
pub struct TotpSetup {
    /// For a QR code: `otpauth://…`.
    pub uri: Secret,
    /// To be typed: base 32.
    pub key: Secret,
}

impl Identity {
    /// Makes a key for an authenticator app. It counts for nothing until [`Identity::finish_totp`]; an
    /// app that was set up before stays good until then.
    ///
    /// # Errors
    /// [`Refusal::Locked`], [`Refusal::ConfirmFirst`], [`Refusal::NotStrong`], [`Refusal::SignedOut`],
    /// faults.
    pub async fn start_totp(
        &self,
        now: DateTime<Utc>,
        session: &Session,
    ) -> Result<TotpSetup, Error> {
        let key = chance::<KEY_BYTES>()?;
        let sealed = self
            .key()
            .seal(PURPOSE, session.account.0.as_bytes(), &*key)?;
        let mut tx = self.pool().begin().await?;
        may_set_up(&mut tx, now, session).await?;
        sqlx::query(
            "insert into identity.totp (account, next_secret, next_at) values ($1, $2, $3)
             on conflict on constraint totp_pkey
             do update set next_secret = excluded.next_secret, next_at = excluded.next_at",
        )
        .bind(session.account.0)
        .bind(sealed)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        let totp = self.totp(&*key, Some(&session.name))?;
        Ok(TotpSetup {
            uri: Secret::new(totp.to_url().map_err(|_| Error::Damaged)?),
            key: Secret::new(totp.secret().to_base32()),
        })
    }

    /// Sets up the app, when it shows the right code. The session is strong from now on.
    ///
    /// # Errors
    /// [`Refusal::CodeNotRight`], [`Refusal::StartAgain`], [`Refusal::TryLater`] and those of
    /// [`Identity::start_totp`].
    pub async fn finish_totp(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        code: &str,
    ) -> Result<Enrolled, Error> {
        let attempt = match self.attempt_factor(visit, session.account).await? {
            Ok(attempt) => attempt,
            Err(later) => {
                let seconds = later.seconds;
                return Err(Refusal::TryLater { seconds }.into());
            }
        };
        let mut tx = self.pool().begin().await?;
        let before = may_set_up(&mut tx, visit.now, session).await?;
        let sealed: Option<Option<Vec<u8>>> = sqlx::query_scalar(
            "select next_secret from identity.totp
             where account = $1 and next_at > $2 for update",
        )
        .bind(session.account.0)
        .bind(visit.now - TimeDelta::hours(TOTP_SETUP_HOURS))
        .fetch_optional(&mut *tx)
        .await?;
        let sealed = sealed.flatten().ok_or(Refusal::StartAgain)?;
        let step = self.matching(session.account, &sealed, code, visit.now)?;
        let step = step.ok_or(Refusal::CodeNotRight)?;
        sqlx::query(
            "update identity.totp
             set secret = next_secret, confirmed_at = $2, last_step = $3, next_secret = null,
                 next_at = null
             where account = $1",
        )
        .bind(session.account.0)
        .bind(visit.now)
        .bind(step)
        .execute(&mut *tx)
        .await?;
        let enrolled = self.enrolled(&mut tx, visit.now, session, before).await?;
        tx.commit().await?;
        self.take_back(&attempt, true).await?;
        Ok(enrolled)
    }

    /// Removes the authenticator app. False when there is none.
    ///
    /// # Errors
    /// [`Refusal::LastFactor`] when there is no passkey, and those of [`Identity::start_totp`].
    pub async fn remove_totp(&self, now: DateTime<Utc>, session: &Session) -> Result<bool, Error> {
        let mut tx = self.pool().begin().await?;
        let factors = may_set_up(&mut tx, now, session).await?;
        if factors.totp && !factors.passkey {
            return Err(Refusal::LastFactor.into());
        }
        let done = sqlx::query("delete from identity.totp where account = $1")
            .bind(session.account.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(factors.totp && done.rows_affected() == 1)
    }

    /// Ends a sign-in with a code.
    ///
    /// # Errors
    /// Faults only.
    pub async fn finish_with_totp(
        &self,
        visit: &Visit<'_>,
        step: &str,
        code: &str,
    ) -> Result<SignIn, Error> {
        let step = digest(step);
        let Some(half) = self.half(visit.now, step).await? else {
            return Ok(SignIn::StartAgain);
        };
        let account = half.account;
        let attempt = match self.attempt_factor(visit, account).await? {
            Ok(attempt) => attempt,
            Err(later) => return Ok(SignIn::TryLater(later)),
        };
        if !self.try_step(visit.now, step).await? {
            return Ok(SignIn::StartAgain);
        }
        let mut tx = self.pool().begin().await?;
        let Some(opened) = self.finish(&mut tx, visit, step, half).await? else {
            return Ok(SignIn::StartAgain);
        };
        if !self.use_code(&mut tx, account, code, visit.now).await? {
            tx.rollback().await?;
            return Ok(refused(&attempt, Some(account)));
        }
        tx.commit().await?;
        self.take_back(&attempt, true).await?;
        self.forget_failures(visit, &opened.session.name).await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// Confirms who she is with a code: makes an unlocked session strong. It does not unlock.
    ///
    /// # Errors
    /// [`Refusal::Locked`], [`Refusal::SignedOut`], faults.
    pub async fn confirm_with_totp(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        code: &str,
    ) -> Result<SignIn, Error> {
        if session.locked {
            return Err(Refusal::Locked.into());
        }
        let attempt = match self.attempt_factor(visit, session.account).await? {
            Ok(attempt) => attempt,
            Err(later) => return Ok(SignIn::TryLater(later)),
        };
        let mut tx = self.pool().begin().await?;
        let opened = self.confirm(&mut tx, visit.now, session, Strength::Strong);
        let opened = opened.await?;
        if !self
            .use_code(&mut tx, session.account, code, visit.now)
            .await?
        {
            tx.rollback().await?;
            return Ok(refused(&attempt, Some(session.account)));
        }
        tx.commit().await?;
        self.take_back(&attempt, true).await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// Is this code right, and not used before? It is used up then. Of two at the same moment the
    /// second waits for the first's row, and finds its step taken.
    async fn use_code(
        &self,
        tx: &mut PgConnection,
        account: AccountId,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let row = sqlx::query(
            "select secret from identity.totp where account = $1 and confirmed_at is not null",
        )
        .bind(account.0)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let sealed: Vec<u8> = row.try_get("secret")?;
        let Some(step) = self.matching(account, &sealed, code, now)? else {
            return Ok(false);
        };
        let done = sqlx::query(
            "update identity.totp set last_step = $2
             where account = $1 and (last_step is null or last_step < $2)",
        )
        .bind(account.0)
        .bind(step)
        .execute(tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The step that a code is right for.
    fn matching(
        &self,
        account: AccountId,
        sealed: &[u8],
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>, Error> {
        let key = self.key().open(PURPOSE, account.0.as_bytes(), sealed)?;
        // As apps show it, in two groups.
        let digits: String = code
            .chars()
            .take(32)
            .filter(|c| !c.is_whitespace())
            .collect();
        let digits = Zeroizing::new(digits);
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let step = self.totp(&key, None)?.check(&digits, seconds);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }

    fn totp(&self, key: &[u8], name: Option<&str>) -> Result<Totp, Error> {
        // A colon parts the two in what the app is given.
        let plain = |text: &str| text.replace(':', " ");
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(TOTP_DIGITS)
            .with_skew(TOTP_SKEW)
            .with_step_duration(TOTP_STEP_SECONDS)
            .with_secret(key.to_vec())
            .with_issuer(Some(plain(self.service_name())))
            .with_account_name(plain(name.unwrap_or_default()))
            .build()
            .map_err(|_| Error::Damaged)
    }
}
