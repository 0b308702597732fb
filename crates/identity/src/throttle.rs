//! How often somebody may try. Counted in the database, for all processes together, by keyed digests:
//! nobody reads a name or an address there.
//!
//! An attempt is counted as failed before it is looked at, and taken back when it was right. So many
//! at the same moment are no way around, and whoever is sent away has cost no hash.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::secret::Key;
use crate::{AccountId, Error, Identity, Visit};

/// Failures are counted for so long, in hours, from the first.
pub const WINDOW_HOURS: i64 = 24;

/// The delay after the first failure too many, in seconds. It doubles with every further one.
pub const FIRST_DELAY: u32 = 4;

/// The longest delay before the ceiling, in seconds.
pub const LONGEST_DELAY: u32 = 15 * 60;

/// Failures for one name (and for one known device of hers, and for one second factor) that cost
/// nothing.
pub const FREE_BY_NAME: u32 = 5;

/// Failures for one name in a window; then nothing more is looked at until it ends.
pub const CEILING_BY_NAME: u32 = 40;

/// The same for one address. A whole office may be behind it.
pub const FREE_BY_ADDRESS: u32 = 30;

/// See [`FREE_BY_ADDRESS`].
pub const CEILING_BY_ADDRESS: u32 = 200;

/// How long a browser that somebody signed in with is known, in days.
pub const DEVICE_DAYS: i64 = 180;

/// What failures are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossedBy {
    /// The sign-in name, whether there is such an account or not.
    Name,
    /// The address.
    Address,
    /// The second factor of an account.
    Factor,
    /// A passkey whose counter went back: somebody has a copy of it. It is not taken any more.
    CopiedPasskey,
}

/// Failures became so many that the next try is delayed, or that none is looked at for the rest of a
/// day; or a passkey was copied. For the access log; never for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// What they were counted by.
    pub of: CrossedBy,
    /// The account that was meant, if there is one.
    pub account: Option<AccountId>,
    /// How many in a row, or in a day.
    pub failures: u32,
}

/// Wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryLater {
    /// So many seconds.
    pub seconds: u32,
}

impl TryLater {
    fn until(until: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let seconds = u32::try_from((until - now).num_seconds().max(0)).unwrap_or(u32::MAX);
        Self {
            seconds: seconds.saturating_add(1),
        }
    }
}

/// What an attempt is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Address,
    Name,
    Device,
    Factor,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Name => "name",
            Self::Device => "device",
            Self::Factor => "factor",
        }
    }

    fn free(self) -> u32 {
        match self {
            Self::Address => FREE_BY_ADDRESS,
            _ => FREE_BY_NAME,
        }
    }

    fn ceiling(self) -> u32 {
        match self {
            Self::Address => CEILING_BY_ADDRESS,
            _ => CEILING_BY_NAME,
        }
    }

    fn crossed(self) -> CrossedBy {
        match self {
            Self::Address => CrossedBy::Address,
            Self::Name | Self::Device => CrossedBy::Name,
            Self::Factor => CrossedBy::Factor,
        }
    }
}

/// Until when nothing is looked at after so many failures.
fn blocked_until(
    kind: Kind,
    failures: u32,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if failures >= kind.ceiling() {
        return Some(since + TimeDelta::hours(WINDOW_HOURS));
    }
    let too_many = failures.checked_sub(kind.free())?;
    let delay = FIRST_DELAY.saturating_mul(1u32.checked_shl(too_many).unwrap_or(u32::MAX));
    Some(now + TimeDelta::seconds(delay.min(LONGEST_DELAY).into()))
}

/// One attempt, counted as failed.
#[derive(Debug)]
pub(crate) struct Attempt {
    counted: Vec<Counted>,
}

#[derive(Debug)]
struct Counted {
    kind: Kind,
    digest: [u8; 32],
    failures: u32,
    /// Until when this very attempt blocks.
    until: Option<DateTime<Utc>>,
}

impl Attempt {
    /// The thresholds that this attempt crossed, now that it is known to be wrong.
    pub(crate) fn crossed(&self, account: Option<AccountId>) -> Vec<Crossed> {
        let on_it = |it: &&Counted| [it.kind.free(), it.kind.ceiling()].contains(&it.failures);
        let crossed = self.counted.iter().filter(on_it).map(|it| Crossed {
            of: it.kind.crossed(),
            account,
            failures: it.failures,
        });
        crossed.collect()
    }
}

impl Identity {
    /// Counts an attempt on a name, from an address. Where the browser is one that this name signed in
    /// with before, its own count stands for the name's: so nobody is locked out by what others do
    /// with her name from elsewhere.
    pub(crate) async fn attempt_name(
        &self,
        visit: &Visit<'_>,
        name: &str,
    ) -> Result<Result<Attempt, TryLater>, Error> {
        self.attempt(visit, self.by_name(visit, name)).await
    }

    /// Counts an attempt on the second factor of an account, from an address.
    pub(crate) async fn attempt_factor(
        &self,
        visit: &Visit<'_>,
        account: AccountId,
    ) -> Result<Result<Attempt, TryLater>, Error> {
        let digest = self.key().digest("factor", &[account.0.as_bytes()]);
        self.attempt(visit, (Kind::Factor, digest)).await
    }

    async fn attempt(
        &self,
        visit: &Visit<'_>,
        other: (Kind, [u8; 32]),
    ) -> Result<Result<Attempt, TryLater>, Error> {
        let address = (Kind::Address, self.network(visit));
        // Most of a flood ends here, with one look and without waiting for anybody.
        let blocked: Option<DateTime<Utc>> = sqlx::query_scalar(
            "select max(blocked_until) from identity.attempt
             where (kind = $1 and digest = $2 or kind = $3 and digest = $4)
               and blocked_until > $5 and since > $6",
        )
        .bind(address.0.code())
        .bind(address.1)
        .bind(other.0.code())
        .bind(other.1)
        .bind(visit.now)
        .bind(visit.now - TimeDelta::hours(WINDOW_HOURS))
        .fetch_one(self.pool())
        .await?;
        if let Some(until) = blocked {
            return Ok(Err(TryLater::until(until, visit.now)));
        }
        let mut tx = self.pool().begin().await?;
        let mut counted = Vec::new();
        // Always in this order: two attempts wait for each other, and never both.
        for (kind, digest) in [address, other] {
            match count(&mut tx, kind, digest, visit.now).await? {
                Ok(one) => counted.push(one),
                Err(later) => return Ok(Err(later)),
            }
        }
        tx.commit().await?;
        Ok(Ok(Attempt { counted }))
    }

    /// What is kept of an address.
    pub(crate) fn network(&self, visit: &Visit<'_>) -> [u8; 32] {
        self.key().digest("address", &[&visit.network()])
    }

    /// Takes an attempt back: it was right. With `forget`, so are the earlier ones on the name; those of
    /// the address stay, so that whoever has one account here cannot clear away what he tried on others.
    pub(crate) async fn take_back(&self, attempt: &Attempt, forget: bool) -> Result<(), Error> {
        for it in &attempt.counted {
            if forget && it.kind != Kind::Address {
                sqlx::query("delete from identity.attempt where kind = $1 and digest = $2")
                    .bind(it.kind.code())
                    .bind(it.digest)
                    .execute(self.pool())
                    .await?;
                continue;
            }
            sqlx::query(
                "update identity.attempt
                 set failures = greatest(failures - 1, 0),
                     blocked_until = case when blocked_until = $3 then null else blocked_until end
                 where kind = $1 and digest = $2",
            )
            .bind(it.kind.code())
            .bind(it.digest)
            .bind(it.until)
            .execute(self.pool())
            .await?;
        }
        Ok(())
    }

    /// Forgets earlier failures on a name: she has shown every factor.
    pub(crate) async fn forget_failures(&self, visit: &Visit<'_>, name: &str) -> Result<(), Error> {
        let (kind, digest) = self.by_name(visit, name);
        sqlx::query("delete from identity.attempt where kind = $1 and digest = $2")
            .bind(kind.code())
            .bind(digest)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    fn by_name(&self, visit: &Visit<'_>, name: &str) -> (Kind, [u8; 32]) {
        match self.known_device(visit, name) {
            Some(device) => (Kind::Device, device),
            None => (Kind::Name, self.key().digest("name", &[name.as_bytes()])),
        }
    }

    /// A token for the browser that somebody just signed in with.
    pub(crate) fn device(&self, now: DateTime<Utc>, name: &str) -> Result<crate::Secret, Error> {
        device::issue(self.key(), now, name)
    }

    fn known_device(&self, visit: &Visit<'_>, name: &str) -> Option<[u8; 32]> {
        device::known(self.key(), visit.now, name, visit.device?)
    }
}

async fn count(
    connection: &mut PgConnection,
    kind: Kind,
    digest: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Result<Counted, TryLater>, Error> {
    sqlx::query(
        "insert into identity.attempt (kind, digest, failures, since) values ($1, $2, 0, $3)
         on conflict on constraint attempt_pkey do nothing",
    )
    .bind(kind.code())
    .bind(digest)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    let row = sqlx::query(
        "select failures, since, blocked_until from identity.attempt
         where kind = $1 and digest = $2 for update",
    )
    .bind(kind.code())
    .bind(digest)
    .fetch_one(&mut *connection)
    .await?;
    let mut since: DateTime<Utc> = row.try_get("since")?;
    let mut failures = u32::try_from(row.try_get::<i32, _>("failures")?).unwrap_or(u32::MAX);
    if since + TimeDelta::hours(WINDOW_HOURS) <= now {
        (since, failures) = (now, 0);
    } else if let Some(until) = row.try_get::<Option<DateTime<Utc>>, _>("blocked_until")?
        && until > now
    {
        return Ok(Err(TryLater::until(until, now)));
    }
    failures = failures.saturating_add(1);
    let until = blocked_until(kind, failures, since, now);
    sqlx::query(
        "update identity.attempt set failures = $3, since = $4, blocked_until = $5
         where kind = $1 and digest = $2",
    )
    .bind(kind.code())
    .bind(digest)
    .bind(i32::try_from(failures).unwrap_or(i32::MAX))
    .bind(since)
    .bind(until)
    .execute(connection)
    .await?;
    Ok(Ok(Counted {
        kind,
        digest,
        failures,
        until,
    }))
}

/// Browsers that somebody signed in with. The token is the browser's alone and is kept nowhere: it is
/// right when it has the mark of the installation's key.
mod device {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use subtle::ConstantTimeEq;

    use super::{DEVICE_DAYS, DateTime, Error, Key, TimeDelta, Utc, Uuid};
    use crate::Secret;
    use crate::secret::chance;

    /// Number of the device, seconds, mark.
    const LENGTH: usize = 16 + 8 + 32;

    pub(super) fn issue(key: &Key, now: DateTime<Utc>, name: &str) -> Result<Secret, Error> {
        let number = Uuid::from_bytes(*chance::<16>()?);
        let since = now.timestamp().to_be_bytes();
        let mut token = Vec::with_capacity(LENGTH);
        token.extend_from_slice(number.as_bytes());
        token.extend_from_slice(&since);
        token.extend_from_slice(&mark(key, number.as_bytes(), &since, name));
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(token)))
    }

    /// What stands for the device, when the token is right for this name.
    pub(super) fn known(
        key: &Key,
        now: DateTime<Utc>,
        name: &str,
        token: &str,
    ) -> Option<[u8; 32]> {
        if token.len() > 2 * LENGTH {
            return None;
        }
        let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (number, rest) = bytes.split_first_chunk::<16>()?;
        let (since, given) = rest.split_first_chunk::<8>()?;
        let right = mark(key, number, since, name);
        let issued = DateTime::from_timestamp(i64::from_be_bytes(*since), 0)?;
        let fresh = issued <= now && now - issued < TimeDelta::days(DEVICE_DAYS);
        (bool::from(right.ct_eq(given)) && fresh).then(|| key.digest("device count", &[number]))
    }

    fn mark(key: &Key, number: &[u8], since: &[u8], name: &str) -> [u8; 32] {
        key.digest("device", &[number, since, name.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_ceiling() {
        let (since, now) = (
            DateTime::UNIX_EPOCH,
            DateTime::UNIX_EPOCH + TimeDelta::hours(1),
        );
        let after = |kind, failures| {
            let until = blocked_until(kind, failures, since, now)?;
            Some((until - now).num_seconds())
        };
        assert_eq!(after(Kind::Name, FREE_BY_NAME - 1), None);
        let delays: Vec<_> = (FREE_BY_NAME..FREE_BY_NAME + 10)
            .map(|failures| after(Kind::Name, failures).expect("a delay"))
            .collect();
        assert_eq!(delays, [4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(after(Kind::Name, CEILING_BY_NAME - 1), Some(900));
        assert_eq!(after(Kind::Name, CEILING_BY_NAME), Some(23 * 3600));
        assert_eq!(after(Kind::Name, u32::MAX), Some(23 * 3600));
        assert_eq!(after(Kind::Address, FREE_BY_ADDRESS - 1), None);
        assert_eq!(after(Kind::Address, FREE_BY_ADDRESS), Some(4));
    }

    #[test]
    fn a_device_is_known_for_one_name_and_a_while() {
        let key = Key::from_bytes([1; 32]);
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1000);
        let token = device::issue(&key, now, "anna").expect("a token");
        let known = |key: &Key, days, name, token: &str| {
            device::known(key, now + TimeDelta::days(days), name, token)
        };
        let token = token.expose();
        assert!(known(&key, 0, "anna", token).is_some());
        assert_eq!(
            known(&key, 0, "anna", token),
            known(&key, 100, "anna", token)
        );
        assert!(known(&key, 0, "berta", token).is_none(), "another's");
        assert!(known(&key, DEVICE_DAYS, "anna", token).is_none(), "too old");
        assert!(known(&key, -1, "anna", token).is_none(), "not issued yet");
        let other = Key::from_bytes([2; 32]);
        assert!(known(&other, 0, "anna", token).is_none(), "another house's");
        for bad in ["", "x", &token[1..], &"A".repeat(10_000)] {
            assert!(known(&key, 0, "anna", bad).is_none(), "{bad:.20}");
        }
    }
}
