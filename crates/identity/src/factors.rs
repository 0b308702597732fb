//! Second factors: which there are, what has to be so to set one up, and recovery codes.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::secret::{Key, chance, digest};
use crate::sessions::end_others;
use crate::sign_in::refused;
use crate::{
    AccountId, CONFIRMATION_MINUTES, Error, Identity, Opened, Refusal, Secret, Session, SignIn,
    Strength, Visit,
};

/// The longest label of a passkey or a token, in characters.
pub const MAX_LABEL: usize = 100;

/// Recovery codes of one account.
pub const RECOVERY_CODES: usize = 10;

/// Bytes of chance in a recovery code. Its digest is keyed, and tries are counted.
const RECOVERY_BYTES: usize = 10;

/// The digits of recovery codes: Crockford's, without the letters that are mistaken for others.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters between two dashes of a recovery code.
const GROUP: usize = 4;

/// What an account can show as a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    /// A code of an authenticator app.
    pub totp: bool,
    /// A passkey.
    pub passkey: bool,
    /// A recovery code.
    pub recovery_code: bool,
    /// There is one, though it may not be usable: a passkey that was copied still has to be replaced.
    required: bool,
}

impl Factors {
    /// Is a second factor asked for? Recovery codes alone are none: they stand for one that was lost.
    pub fn any(self) -> bool {
        self.required
    }
}

/// A second factor is set up.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The session, strong now, with a new secret.
    pub opened: Opened,
    /// With the first second factor: codes for the day it is lost. Shown this once.
    pub recovery_codes: Vec<Secret>,
}

impl Identity {
    /// What an account can show as a second factor.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn factors(&self, account: AccountId) -> Result<Factors, Error> {
        let mut connection = self.pool().acquire().await?;
        factors_of(&mut connection, account).await
    }

    /// Ends a sign-in with a recovery code, which is used up.
    ///
    /// # Errors
    /// Faults only.
    pub async fn finish_with_recovery_code(
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
        let used =
            sqlx::query("delete from identity.recovery_code where account = $1 and digest = $2")
                .bind(account.0)
                .bind(recovery_digest(self.key(), account, code))
                .execute(&mut *tx)
                .await?;
        if used.rows_affected() != 1 {
            tx.rollback().await?;
            return Ok(refused(&attempt, Some(account)));
        }
        tx.commit().await?;
        self.take_back(&attempt, true).await?;
        self.forget_failures(visit, &opened.session.name).await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// New recovery codes; the ones before are void.
    ///
    /// # Errors
    /// [`Refusal::Locked`], [`Refusal::ConfirmFirst`], [`Refusal::NotStrong`],
    /// [`Refusal::NoSuchFactor`] without a second factor, [`Refusal::SignedOut`], faults.
    pub async fn new_recovery_codes(
        &self,
        now: DateTime<Utc>,
        session: &Session,
    ) -> Result<Vec<Secret>, Error> {
        let mut tx = self.pool().begin().await?;
        let factors = may_set_up(&mut tx, now, session).await?;
        if !factors.any() {
            return Err(Refusal::NoSuchFactor.into());
        }
        let codes = self
            .put_recovery_codes(&mut tx, now, session.account)
            .await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// What follows when a factor was proven: the session is strong, sessions that know nothing of it
    /// end, and with the first one there are recovery codes.
    pub(crate) async fn enrolled(
        &self,
        tx: &mut PgConnection,
        now: DateTime<Utc>,
        session: &Session,
        before: Factors,
    ) -> Result<Enrolled, Error> {
        let mut recovery_codes = Vec::new();
        if !before.any() {
            end_others(tx, session).await?;
            sqlx::query("delete from identity.step where account = $1")
                .bind(session.account.0)
                .execute(&mut *tx)
                .await?;
            recovery_codes = self.put_recovery_codes(tx, now, session.account).await?;
        }
        Ok(Enrolled {
            opened: self.confirm(tx, now, session, Strength::Strong).await?,
            recovery_codes,
        })
    }

    async fn put_recovery_codes(
        &self,
        tx: &mut PgConnection,
        now: DateTime<Utc>,
        account: AccountId,
    ) -> Result<Vec<Secret>, Error> {
        sqlx::query("delete from identity.recovery_code where account = $1")
            .bind(account.0)
            .execute(&mut *tx)
            .await?;
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            let code = recovery_code()?;
            sqlx::query(
                "insert into identity.recovery_code (account, digest, created_at)
                 values ($1, $2, $3)",
            )
            .bind(account.0)
            .bind(recovery_digest(self.key(), account, code.expose()))
            .bind(now)
            .execute(&mut *tx)
            .await?;
            codes.push(code);
        }
        Ok(codes)
    }
}

/// The same, in a transaction.
pub(crate) async fn factors_of(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Factors, Error> {
    let row = sqlx::query(
        "select exists (select from identity.totp
                        where account = $1 and confirmed_at is not null) as totp,
                exists (select from identity.passkey
                        where account = $1 and copied_at is null) as passkey,
                exists (select from identity.passkey where account = $1) as any_passkey,
                exists (select from identity.recovery_code where account = $1) as recovery_code",
    )
    .bind(account.0)
    .fetch_one(connection)
    .await?;
    let (totp, any_passkey): (bool, bool) = (row.try_get("totp")?, row.try_get("any_passkey")?);
    Ok(Factors {
        totp,
        required: totp || any_passkey,
        passkey: row.try_get("passkey")?,
        recovery_code: row.try_get("recovery_code")?,
    })
}

/// May this session set up or remove what its holder signs in with? Looks at the session as it is now,
/// and holds the account until the transaction ends. Gives the factors that there are.
pub(crate) async fn may_set_up(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    session: &Session,
) -> Result<Factors, Error> {
    if session.locked {
        return Err(Refusal::Locked.into());
    }
    let account: Option<Uuid> = sqlx::query_scalar(
        "select id from identity.account where id = $1 and disabled_at is null for update",
    )
    .bind(session.account.0)
    .fetch_optional(&mut *tx)
    .await?;
    let row = sqlx::query(
        "select confirmed_at, locked_at, strength = 'strong' as strong from identity.session
         where id = $1 and account = $2 and ends_at > $3 for update",
    )
    .bind(session.id.0)
    .bind(account)
    .bind(now)
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Refusal::SignedOut)?;
    if row
        .try_get::<Option<DateTime<Utc>>, _>("locked_at")?
        .is_some()
    {
        return Err(Refusal::Locked.into());
    }
    let confirmed_at: DateTime<Utc> = row.try_get("confirmed_at")?;
    if confirmed_at + TimeDelta::minutes(CONFIRMATION_MINUTES) <= now {
        return Err(Refusal::ConfirmFirst.into());
    }
    let factors = factors_of(tx, session.account).await?;
    if factors.any() && !row.try_get::<bool, _>("strong")? {
        return Err(Refusal::NotStrong.into());
    }
    Ok(factors)
}

fn recovery_code() -> Result<Secret, Error> {
    let bytes = chance::<RECOVERY_BYTES>()?;
    let mut code = String::new();
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in *bytes {
        bits = (bits << 8) | u32::from(byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            let digit = (bits >> held) & 31;
            if code.len() % (GROUP + 1) == GROUP {
                code.push('-');
            }
            code.push(char::from(DIGITS[digit as usize]));
        }
    }
    Ok(Secret::new(code))
}

/// What is kept of a recovery code, however it was typed.
fn recovery_digest(key: &Key, account: AccountId, typed: &str) -> [u8; 32] {
    let bounded = typed.chars().take(64);
    let digits = bounded.filter_map(|c| match c.to_ascii_uppercase() {
        'O' => Some('0'),
        'I' | 'L' => Some('1'),
        c if c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    });
    let normal = zeroize::Zeroizing::new(digits.collect::<String>());
    key.digest("recovery code", &[account.0.as_bytes(), normal.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_right_however_it_is_typed() {
        let key = Key::from_bytes([1; 32]);
        let (one, two) = (AccountId(Uuid::from_u128(1)), AccountId(Uuid::from_u128(2)));
        let code = recovery_code().expect("a code");
        let code = code.expose();
        assert_eq!(code.len(), 19);
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 4]);
        let kept = recovery_digest(&key, one, code);
        let spaced = code.to_lowercase().replace('-', " ");
        assert_eq!(recovery_digest(&key, one, &spaced), kept);
        let mistaken = code.replace('0', "o").replace('1', "l");
        assert_eq!(recovery_digest(&key, one, &mistaken), kept);
        assert_ne!(recovery_digest(&key, two, code), kept);
        assert_ne!(recovery_digest(&key, one, &code[1..]), kept);
        assert_ne!(recovery_code().expect("a code").expose(), code);
    }
}
