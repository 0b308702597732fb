//! What has run out goes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Error, Identity, TOTP_SETUP_HOURS, WINDOW_HOURS};

/// How many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Sessions that had ended.
    pub sessions: u64,
    /// One-time links that had expired.
    pub links: u64,
    /// Sign-ins that were left half done.
    pub steps: u64,
    /// Questions to browsers that were not answered.
    pub ceremonies: u64,
    /// Counts of failures whose window is over.
    pub attempts: u64,
    /// Authenticator apps that were never confirmed.
    pub setups: u64,
}

impl Identity {
    /// Deletes what has run out by itself. Nothing depends on it being done; an hour is often enough.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn prune(&self, now: DateTime<Utc>) -> Result<Pruned, Error> {
        let gone = async |statement: &'static str, before: DateTime<Utc>| {
            let done = sqlx::query(statement).bind(before).execute(self.pool());
            Ok::<u64, Error>(done.await?.rows_affected())
        };
        let window = now - TimeDelta::hours(WINDOW_HOURS);
        let setup = now - TimeDelta::hours(TOTP_SETUP_HOURS);
        // A key that was shown and not proven, beside one that is in use.
        gone(
            "update identity.totp set next_secret = null, next_at = null
             where next_at <= $1 and secret is not null",
            setup,
        )
        .await?;
        Ok(Pruned {
            sessions: gone("delete from identity.session where ends_at <= $1", now).await?,
            links: gone(
                "delete from identity.invitation where expires_at <= $1",
                now,
            )
            .await?,
            steps: gone("delete from identity.step where expires_at <= $1", now).await?,
            ceremonies: gone("delete from identity.ceremony where expires_at <= $1", now).await?,
            attempts: gone("delete from identity.attempt where since <= $1", window).await?,
            setups: gone(
                "delete from identity.totp where secret is null and next_at <= $1",
                setup,
            )
            .await?,
        })
    }
}
