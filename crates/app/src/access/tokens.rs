//! Bearer tokens: who a request is from. What the token may do is granted to it like to anybody.

use chrono::{DateTime, Utc};
use events::TokenId;
use sha2::{Digest, Sha256};
use sqlx::Row;
use uuid::Uuid;

use crate::{App, Error};

/// Bytes of chance in a token.
const TOKEN_BYTES: usize = 32;
/// What every token begins with, so that one that leaked is recognised for what it is.
const TOKEN_PREFIX: &str = "inrete_";
/// The longest label of a token, in characters.
pub const MAX_LABEL: usize = 100;

/// A token as listed. The token itself is shown once, when it is made.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Listed {
    /// Id.
    pub id: TokenId,
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl App {
    /// Makes a token, which may do nothing yet; the text is seen this one time.
    ///
    /// # Errors
    /// Faults of the database, or no random bytes.
    pub async fn create_token(
        &self,
        label: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<(TokenId, String), Error> {
        let mut bytes = [0u8; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| events::NotSealed::NoRandomness)?;
        let mut token = String::from(TOKEN_PREFIX);
        for byte in bytes {
            token.push_str(&format!("{byte:02x}"));
        }
        let id = TokenId(self.new_id());
        sqlx::query(
            "insert into access.token (id, digest, label, expires_at) values ($1, $2, $3, $4)",
        )
        .bind(id.0)
        .bind(digest(&token))
        .bind(label.chars().take(MAX_LABEL).collect::<String>())
        .bind(expires_at)
        .execute(self.tokens_pool())
        .await?;
        Ok((id, token))
    }

    /// Which token this is, if it is good.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn token(&self, token: &str) -> Result<Option<TokenId>, Error> {
        // Looked up by digest: the time it takes says nothing about any token.
        let id: Option<Uuid> = sqlx::query_scalar(
            "select id from access.token
             where digest = $1 and revoked_at is null
               and (expires_at is null or expires_at > clock_timestamp())",
        )
        .bind(digest(token))
        .fetch_optional(self.tokens_pool())
        .await?;
        Ok(id.map(TokenId))
    }

    /// Is the token of this id still good?
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn is_good(&self, token: TokenId) -> Result<bool, Error> {
        let good = sqlx::query_scalar(
            "select exists (select from access.token
             where id = $1 and revoked_at is null
               and (expires_at is null or expires_at > clock_timestamp()))",
        )
        .bind(token.0)
        .fetch_one(self.tokens_pool())
        .await?;
        Ok(good)
    }

    /// Every token, the newest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn tokens(&self) -> Result<Vec<Listed>, Error> {
        let rows = sqlx::query(
            "select id, label, created_at, expires_at, revoked_at
             from access.token order by created_at desc, id",
        )
        .fetch_all(self.tokens_pool())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Listed {
                    id: TokenId(row.try_get("id")?),
                    label: row.try_get("label")?,
                    created_at: row.try_get("created_at")?,
                    expires_at: row.try_get("expires_at")?,
                    revoked_at: row.try_get("revoked_at")?,
                })
            })
            .collect()
    }

    /// Revokes a token. False when there is none with this id that is not revoked already.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_token(&self, id: TokenId) -> Result<bool, Error> {
        let done = sqlx::query(
            "update access.token set revoked_at = clock_timestamp()
             where id = $1 and revoked_at is null",
        )
        .bind(id.0)
        .execute(self.tokens_pool())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Revokes every token with this label.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn revoke_label(&self, label: &str) -> Result<u64, Error> {
        let done = sqlx::query(
            "update access.token set revoked_at = clock_timestamp()
             where label = $1 and revoked_at is null",
        )
        .bind(label)
        .execute(self.tokens_pool())
        .await?;
        Ok(done.rows_affected())
    }
}

/// A token is 256 bits of chance: a plain digest of it cannot be searched.
fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
