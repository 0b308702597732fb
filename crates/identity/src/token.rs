//! Bearer tokens of programs. What a token may do, and where, is granted to `token:<id>` elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::account::line;
use crate::factors::MAX_LABEL;
use crate::secret::{SECRET_BYTES, chance, closed, digest};
use crate::{AccountId, Error, Identity, Refusal, Secret, TokenId, ids};

/// What every token begins with, so that one that leaked is recognised for what it is.
pub const TOKEN_PREFIX: &str = "inrete_";

/// A token that somebody made for herself lasts at most so many days.
pub const MAX_TOKEN_DAYS: i64 = 90;

/// Tokens of one account that are good at the same time.
pub const MAX_TOKENS: u32 = 20;

/// That a token was used is written down once in so many seconds at most.
pub const USE_SECONDS: i64 = 60;

/// A token that is to be made.
#[derive(Clone, Copy)]
pub struct NewToken<'a> {
    /// What it is for.
    pub label: &'a str,
    /// Whose; none when it is made on the command line.
    pub owner: Option<AccountId>,
    /// When it ends by itself. It has to, within [`MAX_TOKEN_DAYS`], when somebody owns it.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A good token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Id; what grants are given to, and what facts name as their actor.
    pub id: TokenId,
    /// Whose.
    pub owner: Option<AccountId>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token as listed. The token itself was shown once, when it was made.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedToken {
    /// Id.
    pub id: TokenId,
    /// What it is for.
    pub label: String,
    /// Whose; none when it was made on the command line.
    pub owner: Option<AccountId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for NewToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewToken")
    }
}

closed!(ListedToken);

impl Identity {
    /// Makes a token; the answer is the only time it is seen.
    ///
    /// # Errors
    /// [`Refusal::LabelNotValid`], [`Refusal::TokenTooLong`], [`Refusal::TooMany`],
    /// [`Refusal::UnknownAccount`], faults.
    pub async fn create_token(
        &self,
        now: DateTime<Utc>,
        new: &NewToken<'_>,
    ) -> Result<(TokenId, Secret), Error> {
        let label = line(new.label, MAX_LABEL).ok_or(Refusal::LabelNotValid)?;
        let longest = now + TimeDelta::days(MAX_TOKEN_DAYS);
        let bounded = match (new.owner, new.expires_at) {
            (_, Some(end)) if end <= now => false,
            (Some(_), Some(end)) => end <= longest,
            (Some(_), None) => false,
            (None, _) => true,
        };
        if !bounded {
            let days = u32::try_from(MAX_TOKEN_DAYS).unwrap_or_default();
            return Err(Refusal::TokenTooLong { days }.into());
        }
        let mut tx = self.pool().begin().await?;
        if let Some(owner) = new.owner {
            let held: Option<Uuid> = sqlx::query_scalar(
                "select id from identity.account where id = $1 and disabled_at is null for update",
            )
            .bind(owner.0)
            .fetch_optional(&mut *tx)
            .await?;
            held.ok_or(Refusal::UnknownAccount)?;
            let good: i64 = sqlx::query_scalar(
                "select count(*) from identity.token
                 where owner = $1 and revoked_at is null and expires_at > $2",
            )
            .bind(owner.0)
            .bind(now)
            .fetch_one(&mut *tx)
            .await?;
            if good >= i64::from(MAX_TOKENS) {
                return Err(Refusal::TooMany { limit: MAX_TOKENS }.into());
            }
        }
        let (id, secret) = (TokenId(ids::new(now)?), token()?);
        sqlx::query(
            "insert into identity.token (id, digest, label, owner, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.0)
        .bind(secret.digest())
        .bind(label)
        .bind(new.owner.map(|it| it.0))
        .bind(now)
        .bind(new.expires_at)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok((id, secret))
    }

    /// The token of a bearer's text, if it is good: not revoked, not ended, its owner enabled.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn token(&self, now: DateTime<Utc>, text: &str) -> Result<Option<Token>, Error> {
        let row = sqlx::query(
            "select t.id, t.owner, t.expires_at, t.last_used_at
             from identity.token t left join identity.account a on a.id = t.owner
             where t.digest = $1 and t.revoked_at is null
               and (t.expires_at is null or t.expires_at > $2) and a.disabled_at is null",
        )
        .bind(digest(text))
        .bind(now)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let id = TokenId(row.try_get("id")?);
        let last: Option<DateTime<Utc>> = row.try_get("last_used_at")?;
        if last.is_none_or(|last| last + TimeDelta::seconds(USE_SECONDS) <= now) {
            sqlx::query(
                "update identity.token set last_used_at = $2
                 where id = $1 and (last_used_at is null or last_used_at < $2)",
            )
            .bind(id.0)
            .bind(now)
            .execute(self.pool())
            .await?;
        }
        Ok(Some(Token {
            id,
            owner: row.try_get::<Option<Uuid>, _>("owner")?.map(AccountId),
            expires_at: row.try_get("expires_at")?,
        }))
    }

    /// Is the token of this id still good? For connections that last.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn token_is_good(&self, now: DateTime<Utc>, token: TokenId) -> Result<bool, Error> {
        let good = sqlx::query_scalar(
            "select exists (
                 select from identity.token t left join identity.account a on a.id = t.owner
                 where t.id = $1 and t.revoked_at is null
                   and (t.expires_at is null or t.expires_at > $2) and a.disabled_at is null)",
        )
        .bind(token.0)
        .bind(now)
        .fetch_one(self.pool())
        .await?;
        Ok(good)
    }

    /// Every token, the newest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn tokens(&self) -> Result<Vec<ListedToken>, Error> {
        self.select_tokens(None).await
    }

    /// Every token of an account, the newest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn tokens_of(&self, owner: AccountId) -> Result<Vec<ListedToken>, Error> {
        self.select_tokens(Some(owner)).await
    }

    async fn select_tokens(&self, owner: Option<AccountId>) -> Result<Vec<ListedToken>, Error> {
        let rows = sqlx::query(
            "select id, label, owner, created_at, expires_at, revoked_at, last_used_at
             from identity.token where $1::uuid is null or owner = $1
             order by created_at desc, id desc",
        )
        .bind(owner.map(|it| it.0))
        .fetch_all(self.pool())
        .await?;
        Ok(rows.iter().map(listed).collect::<Result<_, _>>()?)
    }

    /// Revokes a token. False when there is none with this id that is not revoked already.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_token(&self, now: DateTime<Utc>, token: TokenId) -> Result<bool, Error> {
        let done = sqlx::query(
            "update identity.token set revoked_at = $2 where id = $1 and revoked_at is null",
        )
        .bind(token.0)
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The same, of one's own.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_token_of(
        &self,
        now: DateTime<Utc>,
        owner: AccountId,
        token: TokenId,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "update identity.token set revoked_at = $3
             where id = $1 and owner = $2 and revoked_at is null",
        )
        .bind(token.0)
        .bind(owner.0)
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Revokes every token that was made on the command line with this label.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_label(&self, now: DateTime<Utc>, label: &str) -> Result<u64, Error> {
        let done = sqlx::query(
            "update identity.token set revoked_at = $2
             where label = $1 and owner is null and revoked_at is null",
        )
        .bind(label)
        .bind(now)
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected())
    }
}

fn listed(row: &PgRow) -> Result<ListedToken, sqlx::Error> {
    Ok(ListedToken {
        id: TokenId(row.try_get("id")?),
        label: row.try_get("label")?,
        owner: row.try_get::<Option<Uuid>, _>("owner")?.map(AccountId),
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
        last_used_at: row.try_get("last_used_at")?,
    })
}

fn token() -> Result<Secret, Error> {
    let mut token = String::with_capacity(TOKEN_PREFIX.len() + 2 * SECRET_BYTES);
    token.push_str(TOKEN_PREFIX);
    for byte in *chance::<SECRET_BYTES>()? {
        token.push_str(&format!("{byte:02x}"));
    }
    Ok(Secret::new(token))
}
