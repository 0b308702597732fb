//! One-time links: how an account begins, and how a password is set anew.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, Row};

use crate::account::{self, end_everything, language, line, normal_name};
use crate::database::broke;
use crate::secret::digest;
use crate::{
    AccountId, Error, Identity, Language, MAX_DISPLAY_NAME, NewAccount, Password, Refusal, Secret,
    check_password,
};

/// How long a link is good, in hours.
pub const LINK_HOURS: i64 = 72;

/// Held while the first account is made. An arbitrary number, its own.
const FIRST_LOCK: i64 = 0x6669_7273_746c_696e;

/// What the first account is called until somebody takes it.
const FIRST: NewAccount<'static> = NewAccount {
    name: "administrator",
    display_name: "Administrator",
    language: Language::Italian,
};

/// A one-time link, shown once: its secret is nowhere else.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose.
    pub account: AccountId,
    /// What the link carries.
    pub secret: Secret,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// What is set anew with a new link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// The password.
    Password,
    /// The password, and every second factor: she has lost them.
    EveryFactor,
}

/// What a link is for.
#[derive(Clone)]
pub struct Invitation {
    /// Whose.
    pub account: AccountId,
    /// Her sign-in name.
    pub name: String,
    /// What colleagues see.
    pub display_name: String,
    /// What she reads.
    pub language: Language,
    /// The installation's first account: whoever takes it chooses its name.
    pub first: bool,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// What somebody who follows a link chooses.
#[derive(Clone, Copy)]
pub struct Acceptance<'a> {
    /// Her password.
    pub password: &'a Password,
    /// Her sign-in name: taken for the first account only, where there is none before.
    pub name: Option<&'a str>,
    /// What colleagues see; as it is when none.
    pub display_name: Option<&'a str>,
    /// What she reads; as it is when none.
    pub language: Option<Language>,
}

impl std::fmt::Debug for Acceptance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptance")
    }
}

impl Identity {
    /// The link of the installation's first account, as long as nobody has taken it. The account is
    /// there already, so that it can be given its role before anybody follows the link. Several links
    /// may be good at once (each start of a server may make one); the first that is followed voids the
    /// others.
    ///
    /// # Errors
    /// No random bytes, faults of the database.
    pub async fn first_link(&self, now: DateTime<Utc>) -> Result<Option<Link>, Error> {
        let mut tx = self.pool().begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(FIRST_LOCK)
            .execute(&mut *tx)
            .await?;
        let row = sqlx::query(
            "select (select count(*) from identity.account) as accounts,
                    (select a.id from identity.account a
                     where a.first and a.password is null and a.disabled_at is null
                       and a.last_sign_in_at is null) as waiting",
        )
        .fetch_one(&mut *tx)
        .await?;
        let waiting: Option<uuid::Uuid> = row.try_get("waiting")?;
        let account = match (row.try_get::<i64, _>("accounts")?, waiting) {
            (0, _) => account::insert(&mut tx, now, &FIRST, true).await?,
            (1, Some(waiting)) => AccountId(waiting),
            _ => return Ok(None),
        };
        let link = insert(&mut tx, now, account).await?;
        tx.commit().await?;
        Ok(Some(link))
    }

    /// Makes an account, and the link by which she takes it.
    ///
    /// # Errors
    /// [`Refusal::NameTaken`], [`Refusal::NameNotValid`], [`Refusal::DisplayNameNotValid`], faults.
    pub async fn invite(&self, now: DateTime<Utc>, new: &NewAccount<'_>) -> Result<Link, Error> {
        let mut tx = self.pool().begin().await?;
        let account = account::insert(&mut tx, now, new, false).await?;
        let link = insert(&mut tx, now, account).await?;
        tx.commit().await?;
        Ok(link)
    }

    /// A new link for an account: she forgot her password, lost her second factor, or let the first
    /// link expire. What is set anew is void from now on, all her sessions end, and so do earlier
    /// links.
    ///
    /// # Errors
    /// [`Refusal::UnknownAccount`], [`Refusal::Disabled`], faults.
    pub async fn invite_again(
        &self,
        now: DateTime<Utc>,
        account: AccountId,
        reset: Reset,
    ) -> Result<Link, Error> {
        let mut tx = self.pool().begin().await?;
        let row = sqlx::query("select disabled_at from identity.account where id = $1 for update")
            .bind(account.0)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Refusal::UnknownAccount)?;
        if row
            .try_get::<Option<DateTime<Utc>>, _>("disabled_at")?
            .is_some()
        {
            return Err(Refusal::Disabled.into());
        }
        end_everything(&mut tx, account).await?;
        sqlx::query(
            "update identity.account set password = null, password_changed_at = $2 where id = $1",
        )
        .bind(account.0)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if reset == Reset::EveryFactor {
            for statement in [
                "delete from identity.totp where account = $1",
                "delete from identity.passkey where account = $1",
                "delete from identity.recovery_code where account = $1",
            ] {
                sqlx::query(statement)
                    .bind(account.0)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        let link = insert(&mut tx, now, account).await?;
        tx.commit().await?;
        Ok(link)
    }

    /// What a link is for, while it is good. Looking uses nothing up.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn invitation(
        &self,
        now: DateTime<Utc>,
        secret: &str,
    ) -> Result<Option<Invitation>, Error> {
        let row = sqlx::query(
            "select a.id, a.name, a.display_name, a.language, a.first, i.expires_at
             from identity.invitation i join identity.account a on a.id = i.account
             where i.digest = $1 and i.expires_at > $2 and a.disabled_at is null",
        )
        .bind(digest(secret))
        .bind(now)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Invitation {
            account: AccountId(row.try_get("id")?),
            name: row.try_get("name")?,
            display_name: row.try_get("display_name")?,
            language: language(&row)?,
            first: row.try_get("first")?,
            expires_at: row.try_get("expires_at")?,
        }))
    }

    /// Takes an account: sets its password and uses the link up, with every other link of hers. It
    /// signs nobody in.
    ///
    /// # Errors
    /// [`Refusal::LinkNotGood`], [`Refusal::Password`], [`Refusal::NameTaken`] and other names that are
    /// not taken, [`Refusal::TryLater`] when too many are hashed, faults. Only success uses the link
    /// up.
    pub async fn accept_invitation(
        &self,
        now: DateTime<Utc>,
        secret: &str,
        acceptance: &Acceptance<'_>,
    ) -> Result<AccountId, Error> {
        let found = self.invitation(now, secret).await?;
        let invitation = found.ok_or(Refusal::LinkNotGood)?;
        let name = match acceptance.name.filter(|_| invitation.first) {
            Some(typed) => normal_name(typed).ok_or(Refusal::NameNotValid)?,
            None => invitation.name,
        };
        let display_name = match acceptance.display_name {
            Some(typed) => line(typed, MAX_DISPLAY_NAME).ok_or(Refusal::DisplayNameNotValid)?,
            None => invitation.display_name,
        };
        let password = self
            .taken(acceptance.password, &[&name, &display_name])
            .await?;
        let mut tx = self.pool().begin().await?;
        // Whoever is second finds no link any more.
        let used =
            sqlx::query("delete from identity.invitation where digest = $1 and expires_at > $2")
                .bind(digest(secret))
                .bind(now)
                .execute(&mut *tx)
                .await?;
        if used.rows_affected() != 1 {
            return Err(Refusal::LinkNotGood.into());
        }
        end_everything(&mut tx, invitation.account).await?;
        let taken = sqlx::query(
            "update identity.account
             set name = $2, display_name = $3, language = $4, password = $5,
                 password_changed_at = $6
             where id = $1 and disabled_at is null",
        )
        .bind(invitation.account.0)
        .bind(name)
        .bind(display_name)
        .bind(acceptance.language.unwrap_or(invitation.language).code())
        .bind(password)
        .bind(now)
        .execute(&mut *tx)
        .await;
        match taken {
            Ok(done) if done.rows_affected() == 1 => {}
            Ok(_) => return Err(Refusal::LinkNotGood.into()),
            Err(error) if broke(&error, "account_name_key") => {
                return Err(Refusal::NameTaken.into());
            }
            Err(error) => return Err(error.into()),
        }
        tx.commit().await?;
        Ok(invitation.account)
    }

    /// The hash of a new password, if it is taken.
    pub(crate) async fn taken(&self, password: &Password, about: &[&str]) -> Result<String, Error> {
        let mut known: Vec<String> = about.iter().map(|it| (*it).to_owned()).collect();
        known.push(self.service_name().to_owned());
        let candidate = password.clone();
        let check = move || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            check_password(&candidate, &known)
        };
        let checked = tokio::task::spawn_blocking(check).await;
        checked
            .map_err(|_| Error::Hashing)?
            .map_err(Refusal::from)?;
        let hash = self.hasher().hash(password).await?;
        Ok(hash.ok_or(Refusal::TryLater { seconds: 1 })?)
    }
}

async fn insert(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    account: AccountId,
) -> Result<Link, Error> {
    let secret = Secret::chance()?;
    let expires_at = now + TimeDelta::hours(LINK_HOURS);
    sqlx::query(
        "insert into identity.invitation (digest, account, created_at, expires_at)
         values ($1, $2, $3, $4)",
    )
    .bind(secret.digest())
    .bind(account.0)
    .bind(now)
    .bind(expires_at)
    .execute(connection)
    .await?;
    Ok(Link {
        account,
        secret,
        expires_at,
    })
}
