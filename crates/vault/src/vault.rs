//! The vault: keys kept, found, deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::{PersonId, Sealed, SealedBytes};
use serde::de::DeserializeOwned;
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::cache::Cache;
use crate::master::chance;
use crate::seal::{self, Plaintext, commitment};
use crate::{Database, Error, KeyId, Keys, KeysError, MasterKeys, Place, Plain, Scrubbed, Secret};

/// As many persons' keys are asked for at once.
pub const MAX_PERSONS: usize = 10_000;

/// PostgreSQL's code for a key for somebody who was forgotten; see the table.
const SQLSTATE_FORGOTTEN: &str = "FG001";

/// Keeps persons' keys, opens what was sealed under them, and makes ids and digests with the
/// installation's secret.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    pool: PgPool,
    masters: Box<dyn MasterKeys>,
    secret: Secret,
    cache: Cache,
    /// How files are cleared of deleted keys, which the vault's own role may not.
    clearing: Option<Database>,
}

/// A key as the database has it.
pub(crate) struct Wrapped {
    pub(crate) person: PersonId,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) by: KeyId,
    pub(crate) commitment: String,
}

/// What the vault has of some persons.
#[derive(Default)]
struct Found {
    keys: BTreeMap<PersonId, Wrapped>,
    forgotten: BTreeSet<PersonId>,
    missing: Vec<PersonId>,
}

impl Vault {
    /// A vault over its database, with connections under the vault's own role.
    pub fn new(pool: PgPool, masters: impl MasterKeys + 'static, secret: Secret) -> Self {
        Self::made_of(pool, masters, secret, None)
    }

    /// A vault over a database that can be cleared of deleted keys.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn over(
        database: Database,
        masters: impl MasterKeys + 'static,
        secret: Secret,
    ) -> Result<Self, Error> {
        let pool = database.pool().await?;
        Ok(Self::made_of(pool, masters, secret, Some(database)))
    }

    fn made_of(
        pool: PgPool,
        masters: impl MasterKeys + 'static,
        secret: Secret,
        clearing: Option<Database>,
    ) -> Self {
        Self(Arc::new(Inner {
            pool,
            masters: Box::new(masters),
            secret,
            cache: Cache::default(),
            clearing,
        }))
    }

    /// Clears away what the database's files still have of deleted keys, where that may be done: see
    /// [`Database::scrub`].
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn scrub(&self) -> Result<Scrubbed, Error> {
        match &self.0.clearing {
            Some(database) => database.scrub().await,
            None => Ok(Scrubbed::default()),
        }
    }

    /// The vault's own connections.
    pub fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    /// The master keys.
    pub fn masters(&self) -> &dyn MasterKeys {
        &*self.0.masters
    }

    /// A keyed digest: see [`Secret::digest`].
    pub fn digest(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        self.0.secret.digest(purpose, bytes)
    }

    /// An id that stands for `parts` in this installation: see [`Secret::id`].
    pub fn id(&self, purpose: &str, parts: &[&str]) -> Uuid {
        self.0.secret.id(purpose, parts)
    }

    /// The keys of these persons, made for those who have none yet. Several processes may make the
    /// same at once: all get the same.
    ///
    /// # Errors
    /// [`Error::Forgotten`] for the first of them who was forgotten, [`Error::KeyDamaged`],
    /// [`Error::Master`], [`Error::TooMany`], faults of the database.
    pub async fn keys(&self, persons: &[PersonId]) -> Result<Keys, Error> {
        let mut found = self.find(persons).await?;
        if found.forgotten.is_empty() && !found.missing.is_empty() {
            self.make(&found.missing).await?;
            found = self.find(persons).await?;
        }
        if let Some(&person) = found.forgotten.first() {
            return Err(Error::Forgotten { person });
        }
        // Deleted in this very moment, and not yet seen as forgotten.
        if let Some(&person) = found.missing.first() {
            return Err(Error::NoKey { person });
        }
        found
            .keys
            .into_values()
            .map(|row| Ok((row.person, self.unwrapped(row)?)))
            .collect()
    }

    /// Who of these was forgotten, and who has a key.
    ///
    /// # Errors
    /// [`Error::TooMany`], faults of the database.
    pub async fn known(
        &self,
        persons: &[PersonId],
    ) -> Result<(BTreeSet<PersonId>, BTreeSet<PersonId>), Error> {
        let found = self.find(persons).await?;
        Ok((found.forgotten, found.keys.into_keys().collect()))
    }

    /// Opens a sealed value. Callers record the read first.
    ///
    /// # Errors
    /// [`Error::Forgotten`], [`Error::NoKey`], [`Error::OtherKey`], [`Error::DoesNotOpen`],
    /// [`Error::OtherType`], [`Error::KeyDamaged`], [`Error::Master`], faults of the database.
    pub async fn open<T: DeserializeOwned>(
        &self,
        place: Place,
        sealed: &Sealed<T>,
    ) -> Result<T, Error> {
        let opened = self.open_all(&[(place, sealed.bytes.clone())]).await?;
        let plain = opened.into_iter().next().ok_or(Error::DoesNotOpen)??;
        serde_json::from_slice(&plain).map_err(|_| Error::OtherType)
    }

    /// Opens sealed values, with one look at the database. Each is answered for itself, in order:
    /// its JSON in the clear.
    ///
    /// # Errors
    /// [`Error::TooMany`] and faults of the database; all else is each value's own.
    pub async fn open_all(
        &self,
        sealed: &[(Place, SealedBytes)],
    ) -> Result<Vec<Result<Plaintext, Error>>, Error> {
        let persons: BTreeSet<PersonId> = sealed.iter().map(|(_, bytes)| bytes.person).collect();
        let persons: Vec<PersonId> = persons.into_iter().collect();
        let mut found = self.find(&persons).await?;
        let mut keys = BTreeMap::new();
        let mut opened = Vec::with_capacity(sealed.len());
        for (place, bytes) in sealed {
            let person = bytes.person;
            if let Some(row) = found.keys.remove(&person) {
                match self.unwrapped(row) {
                    Ok(key) => _ = keys.insert(person, key),
                    Err(error) => {
                        opened.push(Err(error));
                        continue;
                    }
                }
            }
            opened.push(match keys.get(&person) {
                Some(key) => seal::open(key, *place, bytes),
                None if found.forgotten.contains(&person) => Err(Error::Forgotten { person }),
                // Not found, or not unwrapped a moment ago.
                None => Err(Error::NoKey { person }),
            });
        }
        Ok(opened)
    }

    /// Deletes these persons' keys, for good: no key will be made for them again. What was sealed
    /// under a key that another copy of the database still has opens until the master key that
    /// wrapped it is destroyed: [`Vault::rotate`] comes next. May be repeated.
    ///
    /// Gives those who had a key.
    ///
    /// # Errors
    /// [`Error::TooMany`], faults of the database.
    pub async fn forget(&self, persons: &[PersonId]) -> Result<Vec<PersonId>, Error> {
        let ids = ids(persons)?;
        let mut tx = self.0.pool.begin().await?;
        // Whoever adds a key at this moment is waited for; whoever comes later sees it.
        sqlx::query("select from vault.current_key for update")
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "insert into vault.forgotten (person) select unnest($1::uuid[])
             on conflict on constraint forgotten_pkey do nothing",
        )
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
        let gone: Vec<Uuid> = sqlx::query_scalar(
            "delete from vault.person_key where person = any ($1) returning person",
        )
        .bind(&ids)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        self.0.cache.drop_all(persons.iter().copied());
        Ok(gone.into_iter().map(PersonId).collect())
    }

    /// The master key that wraps from now on: the newest there is, at the first time.
    ///
    /// # Errors
    /// [`Error::Master`], faults of the database.
    pub async fn current(&self) -> Result<KeyId, Error> {
        let mut connection = self.0.pool.acquire().await?;
        self.current_on(&mut connection).await
    }

    /// The same, held until the end of the transaction that `connection` is in.
    pub(crate) async fn current_on(&self, connection: &mut PgConnection) -> Result<KeyId, Error> {
        let held = "select key from vault.current_key for share";
        let current: Option<String> = sqlx::query_scalar(held)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(current) = current {
            return Ok(KeyId::of_text(current));
        }
        let newest = self.0.masters.all()?.pop().ok_or(KeysError::Variable)?;
        sqlx::query(
            "insert into vault.current_key (key) values ($1)
             on conflict on constraint current_key_pkey do nothing",
        )
        .bind(newest.as_str())
        .execute(&mut *connection)
        .await?;
        let current: String = sqlx::query_scalar(held).fetch_one(connection).await?;
        Ok(KeyId::of_text(current))
    }

    async fn find(&self, persons: &[PersonId]) -> Result<Found, Error> {
        if persons.is_empty() {
            return Ok(Found::default());
        }
        let rows = sqlx::query(
            "select w.person, k.wrapped, k.wrapping_key, k.commitment,
                    f.person is not null as forgotten
             from unnest($1::uuid[]) as w (person)
             left join vault.person_key k on k.person = w.person
             left join vault.forgotten f on f.person = w.person",
        )
        .bind(ids(persons)?)
        .fetch_all(&self.0.pool)
        .await?;
        let mut found = Found::default();
        for row in rows {
            let person = PersonId(row.try_get("person")?);
            let wrapped: Option<Vec<u8>> = row.try_get("wrapped")?;
            if row.try_get("forgotten")? {
                found.forgotten.insert(person);
            } else if let Some(wrapped) = wrapped {
                let row = Wrapped {
                    person,
                    wrapped,
                    by: KeyId::of_text(row.try_get("wrapping_key")?),
                    commitment: row.try_get("commitment")?,
                };
                found.keys.insert(person, row);
            } else {
                found.missing.push(person);
            }
        }
        let gone = found.forgotten.iter().chain(&found.missing).copied();
        self.0.cache.drop_all(gone);
        Ok(found)
    }

    /// Makes keys for persons who have none. Somebody else's, made at the same moment, stays.
    async fn make(&self, persons: &[PersonId]) -> Result<(), Error> {
        let mut tx = self.0.pool.begin().await?;
        let by = self.current_on(&mut tx).await?;
        let (mut people, mut wrapped, mut commitments) = (Vec::new(), Vec::new(), Vec::new());
        for &person in persons {
            let plain = chance()?;
            let row = self.wrapped(person, &plain, &by)?;
            people.push(person.0);
            wrapped.push(row.wrapped);
            commitments.push(row.commitment);
        }
        let made = sqlx::query(
            "insert into vault.person_key (person, wrapped, wrapping_key, commitment)
             select u.person, u.wrapped, $4, u.commitment
             from unnest($1::uuid[], $2::bytea[], $3::text[]) as u (person, wrapped, commitment)
             where not exists (select from vault.forgotten f where f.person = u.person)
             -- Two that make keys for the same persons wait for each other in one order.
             order by u.person
             on conflict on constraint person_key_pkey do nothing",
        )
        .bind(people)
        .bind(wrapped)
        .bind(commitments)
        .bind(by.as_str())
        .execute(&mut *tx)
        .await;
        match made {
            Ok(_) => Ok(tx.commit().await?),
            // The trigger saw what the query could not yet: looking again tells who it was.
            Err(sqlx::Error::Database(error))
                if error.code().as_deref() == Some(SQLSTATE_FORGOTTEN) =>
            {
                Ok(tx.rollback().await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A person's key as the database is to have it.
    pub(crate) fn wrapped(
        &self,
        person: PersonId,
        plain: &Plain,
        by: &KeyId,
    ) -> Result<Wrapped, Error> {
        let commitment = commitment(plain);
        let bound = bound_to(person, by, &commitment);
        let wrapped = self.0.masters.wrap(by, plain, &bound)?;
        Ok(Wrapped {
            person,
            wrapped,
            by: by.clone(),
            commitment,
        })
    }

    fn unwrapped(&self, row: Wrapped) -> Result<Plain, Error> {
        let cached = self.0.cache.get(row.person, &row.wrapped, row.by.as_str());
        if let Some(plain) = cached {
            return Ok(plain);
        }
        let plain = self.unwrap(&row)?;
        let by = row.by.as_str().to_owned();
        self.0.cache.put(row.person, row.wrapped, by, plain.clone());
        Ok(plain)
    }

    pub(crate) fn unwrap(&self, row: &Wrapped) -> Result<Plain, Error> {
        let bound = bound_to(row.person, &row.by, &row.commitment);
        let damaged = Error::KeyDamaged { person: row.person };
        match self.0.masters.unwrap(&row.by, &row.wrapped, &bound) {
            Ok(plain) if commitment(&plain) == row.commitment => Ok(plain),
            Ok(_) | Err(KeysError::DoesNotUnwrap) => Err(damaged),
            Err(error) => Err(error.into()),
        }
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

fn ids(persons: &[PersonId]) -> Result<Vec<Uuid>, Error> {
    if persons.len() > MAX_PERSONS {
        return Err(Error::TooMany { limit: MAX_PERSONS });
    }
    Ok(persons.iter().map(|person| person.0).collect())
}

/// What a wrapped key belongs to: it unwraps for nobody else.
fn bound_to(person: PersonId, by: &KeyId, commitment: &str) -> Vec<u8> {
    let mut bound = b"person key".to_vec();
    bound.extend_from_slice(person.0.as_bytes());
    for part in [by.as_str(), commitment] {
        bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bound.extend_from_slice(part.as_bytes());
    }
    bound
}
