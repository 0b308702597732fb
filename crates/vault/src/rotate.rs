//! A new master key for the old one, which is destroyed.

use events::PersonId;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use crate::vault::Wrapped;
use crate::{Destroyed, Error, KeyId, KeysError, Vault};

/// As many keys are wrapped anew in one transaction.
pub const REWRAPPED_AT_ONCE: i64 = 500;

/// Held by the one process that rotates. An arbitrary number, its own.
const ADVISORY_LOCK: i64 = 0x7661_756c_7472_6f74;

/// PostgreSQL's code for a lock that was not to be had in time.
const TIMED_OUT: &str = "55P03";

/// One step of a rotation. After each the vault is whole: a rotation that ends between two, however
/// it ends, leaves nothing that does not open, and the next one finishes it first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is a new master key, which wraps nothing yet.
    Added(KeyId),
    /// From now on everybody wraps under the new one.
    Switched(KeyId),
    /// So many persons' keys were wrapped anew.
    Rewrapped(usize),
    /// Nothing is wrapped under an older master key, and the older ones are destroyed.
    Destroyed(Destroyed),
}

/// How a rotation went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// What wrapped before.
    pub from: KeyId,
    /// What wraps now.
    pub to: KeyId,
    /// How many persons' keys were wrapped anew.
    pub rewrapped: usize,
    /// Persons whose keys could not be unwrapped: their master key had been destroyed before, or the
    /// rows were changed. They did not open before either.
    pub dead: Vec<PersonId>,
    /// What became of the older master keys.
    pub old: Destroyed,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// Finish what an earlier one left.
    FinishEarlier {
        after: Option<Uuid>,
    },
    DestroyEarlier,
    Add,
    Switch(KeyId),
    Rewrap {
        after: Option<Uuid>,
    },
    Destroy,
    Nothing,
}

/// A rotation under way: the only one in the database while it lives.
pub struct Rotation {
    vault: Vault,
    /// Holds the lock.
    connection: PgConnection,
    from: KeyId,
    current: KeyId,
    next: Next,
    rewrapped: usize,
    dead: Vec<PersonId>,
    old: Destroyed,
}

impl Vault {
    /// Puts a new master key in the place of the old one, wraps every person's key anew, and destroys
    /// the old one. Finishes what an earlier call left first. Others read and write meanwhile.
    ///
    /// # Errors
    /// [`Error::Rotating`], [`Error::Master`], faults of the database. Repeat it then: nothing is
    /// lost.
    pub async fn rotate(&self) -> Result<Rotated, Error> {
        let mut rotation = self.rotation().await?;
        while rotation.step().await?.is_some() {}
        rotation.close().await
    }

    /// A rotation, to be taken step by step.
    ///
    /// # Errors
    /// [`Error::Rotating`], [`Error::Master`], faults of the database.
    pub async fn rotation(&self) -> Result<Rotation, Error> {
        let mut connection = self.pool().acquire().await?.detach();
        // Waits a while: of a process that died in the middle, the server may not know it yet.
        sqlx::query("set lock_timeout = '30s'")
            .execute(&mut connection)
            .await?;
        let locked = sqlx::query("select pg_advisory_lock($1)")
            .bind(ADVISORY_LOCK)
            .execute(&mut connection)
            .await;
        match locked {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(TIMED_OUT) => {
                return Err(Error::Rotating);
            }
            locked => _ = locked?,
        }
        let current = self.current_on(&mut connection).await?;
        Ok(Rotation {
            vault: self.clone(),
            connection,
            from: current.clone(),
            current,
            next: Next::FinishEarlier { after: None },
            rewrapped: 0,
            dead: Vec::new(),
            old: Destroyed::Gone,
        })
    }
}

impl Rotation {
    /// Takes the next step; none when all are taken.
    ///
    /// # Errors
    /// [`Error::Master`], faults of the database. The same step may be tried again.
    pub async fn step(&mut self) -> Result<Option<Step>, Error> {
        Ok(Some(match self.next.clone() {
            Next::FinishEarlier { after } => {
                let (step, last) = self.rewrap(after).await?;
                self.next = last.map_or(Next::DestroyEarlier, |last| Next::FinishEarlier {
                    after: Some(last),
                });
                step
            }
            Next::DestroyEarlier => {
                let step = self.destroy()?;
                self.next = Next::Add;
                step
            }
            Next::Add => {
                let new = self.vault.masters().newer(&self.current)?;
                self.next = Next::Switch(new.clone());
                Step::Added(new)
            }
            Next::Switch(new) => {
                // Waits for whoever is adding a key under the old one.
                sqlx::query("update vault.current_key set key = $1, since = clock_timestamp()")
                    .bind(new.as_str())
                    .execute(&mut self.connection)
                    .await?;
                self.current = new.clone();
                self.dead.clear();
                self.next = Next::Rewrap { after: None };
                Step::Switched(new)
            }
            Next::Rewrap { after } => {
                let (step, last) = self.rewrap(after).await?;
                self.next = last.map_or(Next::Destroy, |last| Next::Rewrap { after: Some(last) });
                step
            }
            Next::Destroy => {
                let step = self.destroy()?;
                self.next = Next::Nothing;
                step
            }
            Next::Nothing => return Ok(None),
        }))
    }

    /// Ends in order and says how it went.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn close(self) -> Result<Rotated, Error> {
        self.connection.close().await?;
        Ok(Rotated {
            from: self.from,
            to: self.current,
            rewrapped: self.rewrapped,
            dead: self.dead,
            old: self.old,
        })
    }

    /// Wraps the next keys that are not under the current master key. Gives the last person looked
    /// at, or none when there are no more.
    async fn rewrap(&mut self, after: Option<Uuid>) -> Result<(Step, Option<Uuid>), Error> {
        let mut tx = self.connection.begin().await?;
        let rows = sqlx::query(
            "select person, wrapped, wrapping_key, commitment from vault.person_key
             where wrapping_key <> $1 and ($2::uuid is null or person > $2)
             order by person limit $3 for update",
        )
        .bind(self.current.as_str())
        .bind(after)
        .bind(REWRAPPED_AT_ONCE)
        .fetch_all(&mut *tx)
        .await?;
        let (mut persons, mut wrapped, mut last) = (Vec::new(), Vec::new(), None);
        for row in rows {
            let row = Wrapped {
                person: PersonId(row.try_get("person")?),
                wrapped: row.try_get("wrapped")?,
                by: KeyId::of_text(row.try_get("wrapping_key")?),
                commitment: row.try_get("commitment")?,
            };
            last = Some(row.person.0);
            match self.vault.unwrap(&row) {
                Ok(plain) => {
                    let anew = self.vault.wrapped(row.person, &plain, &self.current)?;
                    persons.push(row.person.0);
                    wrapped.push(anew.wrapped);
                }
                // It opens nothing any more, whatever is done; it must not keep others from being
                // forgotten.
                Err(Error::KeyDamaged { .. } | Error::Master(KeysError::Gone { .. })) => {
                    self.dead.push(row.person);
                }
                Err(error) => return Err(error),
            }
        }
        sqlx::query(
            "update vault.person_key k set wrapped = u.wrapped, wrapping_key = $3
             from unnest($1::uuid[], $2::bytea[]) as u (person, wrapped)
             where k.person = u.person",
        )
        .bind(&persons)
        .bind(wrapped)
        .bind(self.current.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.rewrapped += persons.len();
        Ok((Step::Rewrapped(persons.len()), last))
    }

    fn destroy(&mut self) -> Result<Step, Error> {
        self.old = self.vault.masters().destroy_older(&self.current)?;
        Ok(Step::Destroyed(self.old))
    }
}

impl std::fmt::Debug for Rotation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rotation({:?})", self.next)
    }
}
