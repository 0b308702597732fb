//! The vault on a real database: keys made, found, moved, deleted, wrapped anew.

use std::path::Path;
use std::time::Duration;

use cluster::testing::TestDatabase;
use events::{FreeText, PersonId, Seal, Sealed};
use sqlx::PgPool;
use tempfile::TempDir;
use uuid::Uuid;
use vault::{
    Database, Destroyed, Error, KeyFiles, KeysError, Place, REWRAPPED_AT_ONCE, Step, Vault,
};

/// A vault of one test, and what it stands on.
struct House {
    database: TestDatabase,
    folder: TempDir,
    vault: Vault,
}

impl House {
    async fn open() -> Self {
        let database = cluster::testing::database().await;
        Database::new(database.options())
            .migrate()
            .await
            .expect("migrations");
        let folder = tempfile::tempdir().expect("a folder");
        let vault = vault(&database, folder.path()).await;
        Self {
            database,
            folder,
            vault,
        }
    }

    /// The same vault as another process has it.
    async fn neighbour(&self) -> Vault {
        vault(&self.database, self.folder.path()).await
    }

    async fn superuser(&self) -> PgPool {
        self.database.pool().await
    }
}

async fn vault(database: &TestDatabase, folder: &Path) -> Vault {
    let pool = Database::new(database.options()).pool().await;
    let (masters, secret) = KeyFiles::open_or_create(&folder.join("keys")).expect("keys");
    Vault::new(pool.expect("a pool"), masters, secret)
}

fn person(n: usize) -> PersonId {
    PersonId(Uuid::from_u128(n as u128))
}

const PLACE: Place = Place {
    log: Uuid::from_u128(1),
    fact: Uuid::from_u128(2),
};

/// A text about a person, sealed.
async fn sealed(vault: &Vault, person: PersonId, text: &str) -> Sealed<FreeText> {
    let keys = vault.keys(&[person]).await.expect("keys");
    let sealing = keys.sealing(PLACE);
    let seal: &dyn Seal = &sealing;
    seal.seal(person, &FreeText(text.into())).expect("sealed")
}

async fn opens(vault: &Vault, sealed: &Sealed<FreeText>) -> Result<String, Error> {
    vault.open(PLACE, sealed).await.map(|text| text.0)
}

#[tokio::test]
async fn processes_that_make_the_same_keys_get_the_same() {
    let house = House::open().await;
    let other = house.neighbour().await;
    let persons: Vec<PersonId> = (1..=40).map(person).collect();
    let reversed: Vec<PersonId> = persons.iter().rev().copied().collect();
    let (one, two) = tokio::join!(house.vault.keys(&persons), other.keys(&reversed));
    let (one, two) = (one.expect("keys"), two.expect("keys"));
    for she in persons {
        let digest = |keys: &vault::Keys| {
            let digesting = keys.digesting();
            digesting.seal_bytes(she, b"a text").expect("a digest")
        };
        assert_eq!(digest(&one), digest(&two));
    }
}

#[tokio::test]
async fn a_key_moved_to_another_person_does_not_open() {
    let house = House::open().await;
    let (one, two) = (
        sealed(&house.vault, person(1), "hers").await,
        sealed(&house.vault, person(2), "another's").await,
    );
    let superuser = house.superuser().await;
    let swap = "update vault.person_key k set wrapped = o.wrapped, commitment = o.commitment
                from vault.person_key o where o.person <> k.person";
    sqlx::query(swap).execute(&superuser).await.expect("moved");
    // Also where the key is still in memory.
    for vault in [&house.vault, &house.neighbour().await] {
        for text in [&one, &two] {
            let refused = opens(vault, text).await;
            assert!(
                matches!(refused, Err(Error::KeyDamaged { .. })),
                "{refused:?}"
            );
        }
    }
    // The commitment alone, changed, is noticed too; and so is the name of the wrapping key.
    sqlx::query(swap).execute(&superuser).await.expect("back");
    assert_eq!(opens(&house.vault, &one).await.expect("opens"), "hers");
    for change in [
        "update vault.person_key set commitment = 'other'",
        "update vault.person_key set wrapped = wrapped || '\\x00'",
    ] {
        sqlx::query(change)
            .execute(&superuser)
            .await
            .expect("changed");
        let refused = opens(&house.neighbour().await, &one).await;
        assert!(
            matches!(refused, Err(Error::KeyDamaged { .. })),
            "{refused:?}"
        );
    }
    sqlx::query("update vault.person_key set wrapping_key = 'other'")
        .execute(&superuser)
        .await
        .expect("changed");
    let refused = opens(&house.neighbour().await, &one).await;
    assert!(
        matches!(refused, Err(Error::Master(KeysError::Gone { .. }))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn who_is_forgotten_is_forgotten_everywhere_at_once() {
    let house = House::open().await;
    let other = house.neighbour().await;
    let (she, another) = (person(1), person(2));
    let hers = sealed(&house.vault, she, "hers").await;
    let others = sealed(&house.vault, another, "another's").await;
    assert_eq!(opens(&other, &hers).await.expect("opens"), "hers");

    assert_eq!(house.vault.forget(&[she]).await.expect("forgotten"), [she]);
    assert_eq!(house.vault.forget(&[she]).await.expect("again"), []);
    // The other process had her key in memory.
    for vault in [&house.vault, &other] {
        let refused = opens(vault, &hers).await;
        assert!(matches!(refused, Err(Error::Forgotten { person }) if person == she));
        let refused = vault.keys(&[another, she]).await;
        assert!(matches!(refused, Err(Error::Forgotten { person }) if person == she));
        assert_eq!(opens(vault, &others).await.expect("opens"), "another's");
    }
    let (forgotten, kept) = other.known(&[she, another]).await.expect("known");
    assert!(forgotten.contains(&she) && kept.contains(&another) && kept.len() == 1);
    // Nobody makes her a key past the program.
    let made = "insert into vault.person_key (person, wrapped, wrapping_key, commitment)
                values ($1, '', '', '')";
    let refused = sqlx::query(made)
        .bind(she.0)
        .execute(&house.superuser().await)
        .await;
    let refused = refused.expect_err("refused");
    let code = refused.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("FG001"));
}

#[tokio::test]
async fn many_texts_are_opened_with_one_look_and_each_is_answered() {
    let house = House::open().await;
    let (she, another, stranger) = (person(1), person(2), person(3));
    let hers = sealed(&house.vault, she, "hers").await.bytes;
    let others = sealed(&house.vault, another, "another's").await.bytes;
    let mut strangers = hers.clone();
    strangers.person = stranger;
    house.vault.forget(&[another]).await.expect("forgotten");
    let elsewhere = Place {
        fact: Uuid::from_u128(3),
        ..PLACE
    };
    let all = [
        (PLACE, hers.clone()),
        (PLACE, others),
        (elsewhere, hers.clone()),
        (PLACE, strangers),
        (PLACE, hers),
    ];
    let opened = house.vault.open_all(&all).await.expect("looked");
    let [one, forgotten, moved, unknown, same] = &opened[..] else {
        panic!("{} answers", opened.len());
    };
    assert_eq!(one.as_ref().expect("opens"), same.as_ref().expect("opens"));
    assert!(matches!(forgotten, Err(Error::Forgotten { .. })));
    assert!(matches!(moved, Err(Error::DoesNotOpen)));
    assert!(matches!(unknown, Err(Error::NoKey { person }) if *person == stranger));
}

#[tokio::test]
async fn a_rotation_cut_short_anywhere_is_finished_by_the_next() {
    let house = House::open().await;
    let mut texts = Vec::new();
    for n in 1..=3 {
        texts.push(sealed(&house.vault, person(n), &n.to_string()).await);
    }
    let mut steps = 0;
    loop {
        let first = house.vault.current().await.expect("a key");
        let mut rotation = house.vault.rotation().await.expect("a rotation");
        let mut taken = Vec::new();
        for _ in 0..steps {
            taken.extend(rotation.step().await.expect("a step"));
        }
        let was_whole = taken.len() < steps;
        // As a process that dies: nothing is closed, the server finds out.
        drop(rotation);
        let next = house.neighbour().await;
        for (n, text) in (1..).zip(&texts) {
            assert_eq!(
                opens(&next, text).await.expect("opens"),
                n.to_string(),
                "after {taken:?}"
            );
        }
        texts.push(
            sealed(
                &next,
                person(texts.len() + 1),
                &(texts.len() + 1).to_string(),
            )
            .await,
        );

        let rotated = next.rotate().await.expect("rotated");
        assert_eq!(rotated.old, Destroyed::Gone);
        assert!(rotated.dead.is_empty());
        assert_ne!(rotated.to, first);
        assert_eq!(
            next.masters().all().expect("keys"),
            std::slice::from_ref(&rotated.to),
            "after {taken:?}"
        );
        let others: i64 =
            sqlx::query_scalar("select count(*) from vault.person_key where wrapping_key <> $1")
                .bind(rotated.to.as_str())
                .fetch_one(&house.superuser().await)
                .await
                .expect("a count");
        assert_eq!(others, 0);
        for (n, text) in (1..).zip(&texts) {
            assert_eq!(
                opens(&house.vault, text).await.expect("opens"),
                n.to_string()
            );
        }
        if was_whole {
            assert!(taken.iter().any(|step| matches!(step, Step::Switched(_))));
            break;
        }
        steps += 1;
    }
    assert!(steps > 6, "{steps} steps");
}

#[tokio::test]
async fn keys_made_during_a_rotation_open_after_it() {
    let house = House::open().await;
    let many = usize::try_from(REWRAPPED_AT_ONCE).expect("a number") + 3;
    let first: Vec<PersonId> = (0..many).map(|n| person(10_000 + n)).collect();
    house.vault.keys(&first).await.expect("keys");
    let other = house.neighbour().await;
    let making = async {
        let mut texts = Vec::new();
        for n in 1..60 {
            texts.push(sealed(&other, person(n), "hers").await);
            tokio::task::yield_now().await;
        }
        texts
    };
    let rotating = async {
        for _ in 0..3 {
            house.vault.rotate().await.expect("rotated");
        }
    };
    let (texts, ()) = tokio::join!(making, rotating);
    let last = house.vault.rotate().await.expect("rotated");
    assert_eq!(last.rewrapped, many + texts.len());
    let next = house.neighbour().await;
    for text in &texts {
        assert_eq!(opens(&next, text).await.expect("opens"), "hers");
    }
}

#[tokio::test]
async fn two_rotations_wait_for_each_other() {
    let house = House::open().await;
    let other = house.neighbour().await;
    let text = sealed(&house.vault, person(1), "hers").await;
    let both = async { tokio::join!(house.vault.rotate(), other.rotate()) };
    let (one, two) = tokio::time::timeout(Duration::from_secs(60), both)
        .await
        .expect("both end");
    let (one, two) = (one.expect("rotated"), two.expect("rotated"));
    assert!(one.to == two.from || two.to == one.from);
    assert_eq!(opens(&house.vault, &text).await.expect("opens"), "hers");
}

#[tokio::test]
async fn an_older_copy_of_the_vault_opens_nothing() {
    let house = House::open().await;
    let (she, another) = (person(1), person(2));
    let hers = sealed(&house.vault, she, "hers").await;
    let others = sealed(&house.vault, another, "another's").await;
    // What a backup would have.
    let older = House::open().await;
    copy(&house.superuser().await, &older.superuser().await).await;
    house.vault.forget(&[she]).await.expect("forgotten");
    house.vault.rotate().await.expect("rotated");

    // The older rows, and the key files as they are now.
    let restored = vault(&older.database, house.folder.path()).await;
    for text in [&hers, &others] {
        let refused = opens(&restored, text).await;
        assert!(
            matches!(refused, Err(Error::Master(KeysError::Gone { .. }))),
            "{refused:?}"
        );
    }
    let refused = restored.keys(&[person(3)]).await;
    assert!(matches!(
        refused,
        Err(Error::Master(KeysError::Gone { .. }))
    ));
    assert!(restored.rotate().await.is_err());
    assert_eq!(
        opens(&house.vault, &others).await.expect("opens"),
        "another's"
    );
}

/// The rows of one vault into another, whose own go.
async fn copy(from: &PgPool, to: &PgPool) {
    sqlx::query("delete from vault.current_key")
        .execute(to)
        .await
        .expect("emptied");
    let current: String = sqlx::query_scalar("select key from vault.current_key")
        .fetch_one(from)
        .await
        .expect("a row");
    sqlx::query("insert into vault.current_key (key) values ($1)")
        .bind(current)
        .execute(to)
        .await
        .expect("put in");
    let rows: Vec<(Uuid, Vec<u8>, String, String)> =
        sqlx::query_as("select person, wrapped, wrapping_key, commitment from vault.person_key")
            .fetch_all(from)
            .await
            .expect("rows");
    for (person, wrapped, by, commitment) in rows {
        sqlx::query(
            "insert into vault.person_key (person, wrapped, wrapping_key, commitment)
             values ($1, $2, $3, $4)",
        )
        .bind(person)
        .bind(wrapped)
        .bind(by)
        .bind(commitment)
        .execute(to)
        .await
        .expect("put in");
    }
}

#[tokio::test]
async fn scrubbing_clears_the_files_of_deleted_keys() {
    let house = House::open().await;
    sealed(&house.vault, person(1), "hers").await;
    let file = "select pg_relation_filepath('vault.person_key')";
    let superuser = house.superuser().await;
    let before: String = sqlx::query_scalar(file)
        .fetch_one(&superuser)
        .await
        .expect("a file");
    house.vault.forget(&[person(1)]).await.expect("forgotten");
    let database = Database::new(house.database.options());
    let scrubbed = database.scrub().await.expect("scrubbed");
    assert!(scrubbed.rewritten && scrubbed.log_switched);
    let after: String = sqlx::query_scalar(file)
        .fetch_one(&superuser)
        .await
        .expect("a file");
    assert_ne!(before, after);
}

#[tokio::test]
async fn the_role_may_do_what_it_needs_and_nothing_else() {
    let house = House::open().await;
    sealed(&house.vault, person(1), "hers").await;
    for forbidden in [
        "delete from vault.forgotten",
        "update vault.forgotten set forgotten_at = now()",
        "update vault.person_key set person = gen_random_uuid()",
        "update vault.person_key set commitment = ''",
        "truncate vault.person_key",
        "delete from vault.current_key",
        "alter table vault.person_key disable trigger all",
        "create table vault.copy as select * from vault.person_key",
        "create table public.copy as select * from vault.person_key",
    ] {
        let refused = sqlx::query(forbidden).execute(house.vault.pool()).await;
        let refused = refused.expect_err(forbidden);
        let code = refused.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {refused}");
    }
}
