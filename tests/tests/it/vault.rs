//! The vault behind the service: retries of commands that speak of the forgotten, reads that are
//! recorded, and who gets into which database.

use app::{App, Error, Reading};
use chrono::NaiveDate;
use domain::Proposal;
use events::access::{AccessEvent, log_of};
use events::codes::{DataGroup, ErasureReason, ReadPurpose};
use events::{FreeText, HouseholdId, NoteAdded, PersonId, PilotId, Position, Sealed};
use serde_json::json;
use sources::demo;
use tempfile::TempDir;
use uuid::Uuid;
use vault::{Destroyed, KeyFiles, Vault};

use crate::house::{House, acting_as, list, migrate, pools, vault, vault_pool};

const ACTOR: &str = "test";

/// The demonstration, on a database of its own, with master keys in files.
async fn house() -> (House, PilotId, TempDir) {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (masters, secret) = KeyFiles::open_or_create(folder.path()).expect("keys");
    let vault = Vault::new(vault_pool(&database).await, masters, secret);
    let app = App::serving(pools(&database).await, vault);
    let house = House::over(database, app).await;
    let pilot = demo::pilot_id(&house.app);
    let proposals = demo::plan(demo::SEED, &house.app);
    let strict = app::Strictness::Strict;
    let loaded = house
        .app
        .load(pilot, ACTOR, &proposals, strict, |_| ())
        .await;
    assert!(loaded.expect("loaded").rejected.is_empty());
    house.app.catch_up(pilot).await.expect("read models");
    (house, pilot, folder)
}

/// A head of a household that was admitted.
async fn head(app: &App, pilot: PilotId) -> Admitted {
    let snapshot = app.snapshot(pilot, None).await.expect("a snapshot");
    let mut admitted = snapshot
        .households
        .clone()
        .into_iter()
        .filter_map(|(household, row)| {
            let she = row.members.iter().find(|member| member.head)?.person;
            let on = row.admission?.on;
            Some(Admitted { she, household, on })
        });
    admitted.next().expect("a household")
}

#[derive(Clone, Copy)]
struct Admitted {
    she: PersonId,
    household: HouseholdId,
    on: NaiveDate,
}

/// A note about somebody; `text` is hers.
fn note(command: u128, of: Admitted, text: &'static str) -> Proposal {
    let (household, person) = (of.household, of.she);
    Proposal::sealing(Uuid::from_u128(command), of.on, move |seal| {
        let note = seal.seal(person, &FreeText(text.to_owned()))?;
        let person = Some(person);
        Ok(NoteAdded {
            household,
            person,
            note,
        }
        .into())
    })
}

#[tokio::test]
async fn a_retry_has_four_outcomes() {
    let (house, pilot, _keys) = house().await;
    let app = &house.app;
    let her = head(app, pilot).await;
    let she = her.she;
    let first = app.execute(pilot, ACTOR, &note(1, her, "a text")).await;
    let first = first.expect("recorded");
    assert!(!first.already && !first.forgotten);
    let again = app.execute(pilot, ACTOR, &note(1, her, "a text")).await;
    let again = again.expect("recorded before");
    assert!(again.already && !again.forgotten);
    assert_eq!(again.position, first.position);
    let other = app.execute(pilot, ACTOR, &note(1, her, "other")).await;
    assert!(matches!(other, Err(Error::CommandReused { .. })));

    let head = app.log().head(pilot.0).await.expect("a head");
    app.forget(ACTOR, she, ErasureReason::HerRequest, false)
        .await
        .expect("forgotten");
    // What she was said to be can be guessed by nobody: both get the same answer.
    for text in ["a text", "other"] {
        let since = app.execute(pilot, ACTOR, &note(1, her, text)).await;
        let since = since.expect("recorded before");
        assert!(since.already && since.forgotten);
        assert_eq!(since.position, first.position);
    }
    // What is not hers is still compared.
    let elsewhere = Admitted {
        household: HouseholdId(Uuid::from_u128(99)),
        ..her
    };
    let other = app
        .execute(pilot, ACTOR, &note(1, elsewhere, "a text"))
        .await;
    assert!(matches!(other, Err(Error::CommandReused { .. })));
    let new = app.execute(pilot, ACTOR, &note(2, her, "a text")).await;
    assert!(matches!(new, Err(Error::Forgotten { person }) if person == she));
    let unchanged = app.log().head(pilot.0).await.expect("a head");
    assert_eq!(unchanged.position, head.position);
    house.close().await;
}

#[tokio::test]
async fn a_forgetting_that_was_cut_short_is_finished() {
    let (house, pilot, _keys) = house().await;
    let app = &house.app;
    let she = head(app, pilot).await.she;
    // Her key is deleted, and nothing more was done.
    app.vault().forget(&[she]).await.expect("deleted");
    let old = app.vault().current().await.expect("a key");
    let forget = || app.forget(ACTOR, she, ErasureReason::HerRequest, false);
    let forgot = forget().await.expect("forgotten");
    assert_eq!(forgot.rotated.from, old);
    assert_eq!(forgot.rotated.old, Destroyed::Gone);
    let again = forget().await.expect("again");
    assert_eq!(again.receipts, forgot.receipts, "one receipt");
    let receipts = app.access_facts(pilot, she).await.expect("facts");
    let [(_, AccessEvent::PersonForgotten(receipt))] = &receipts[..] else {
        panic!("{receipts:?}");
    };
    assert!(receipt.master_key_destroyed && receipt.person == she);
    assert_eq!(app.unforgotten(pilot).await.expect("checked"), []);
    house.close().await;
}

#[tokio::test]
async fn keys_in_a_variable_are_not_half_forgotten() {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let app = App::new(pools(&database).await, vault(&database).await);
    let pilot = demo::pilot_id(&app);
    let proposals = demo::plan(demo::SEED, &app);
    let strict = app::Strictness::Strict;
    let loaded = app.load(pilot, ACTOR, &proposals, strict, |_| ()).await;
    loaded.expect("loaded");
    let she = head(&app, pilot).await.she;
    let refused = app
        .forget(ACTOR, she, ErasureReason::HerRequest, false)
        .await;
    let refused = refused.expect_err("no new key");
    assert!(
        refused.to_string().contains("only you can change"),
        "{refused}"
    );
    let (forgotten, kept) = app.vault().known(&[she]).await.expect("known");
    assert!(
        forgotten.is_empty() && kept.contains(&she),
        "nothing was deleted"
    );
}

/// The last facts of the access log.
async fn access(app: &App, pilot: PilotId, after: Position) -> Vec<AccessEvent> {
    let recorded = app
        .log()
        .read(log_of(pilot), after, 1000)
        .await
        .expect("facts");
    let decode = |one: &eventlog::Recorded| {
        AccessEvent::decode(&one.kind, one.shape, one.payload.value()).expect("a fact")
    };
    recorded.iter().map(decode).collect()
}

async fn access_head(app: &App, pilot: PilotId) -> (Position, usize) {
    let Ok(head) = app.log().head(log_of(pilot)).await else {
        return (0, 0);
    };
    let verified = app.log().verify(log_of(pilot)).await.expect("verified");
    assert!(verified.findings.is_empty());
    (
        head.position,
        usize::try_from(verified.commands).expect("a number"),
    )
}

#[tokio::test]
async fn a_page_of_names_is_one_append_and_says_who_read_whose() {
    let (house, pilot, _keys) = house().await;
    let token = house.token(events::codes::Role::Coordinator, None).await;
    let (before, commands) = access_head(&house.app, pilot).await;
    let query = "query($pilot: ID!) { households(pilot: $pilot, first: 20) { edges { node {
        members { person identity { givenName } } plan { goals { text } } } } } }";
    let answer = house
        .data(&token, query, json!({ "pilot": demo::CODE }))
        .await;
    let mut named = 0;
    for edge in list(&answer["households"]["edges"]) {
        for member in list(&edge["node"]["members"]) {
            assert!(member["identity"]["givenName"].is_string());
            named += 1;
        }
    }
    assert!(named > 4, "{named} names");
    let (_, after) = access_head(&house.app, pilot).await;
    // Names and goals are found at different depths: two appends at most, whatever the page holds.
    assert!(
        (1..=2).contains(&(after - commands)),
        "{} appends",
        after - commands
    );
    let read = access(&house.app, pilot, before).await;
    let names = read.iter().filter(|fact| match fact {
        AccessEvent::PersonalDataRead(read) => {
            assert_eq!(read.purpose, ReadPurpose::Care);
            assert!(!read.facts.is_empty());
            read.group == DataGroup::Identity
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(names.count(), named);
    // An evaluator is refused before anything is opened, and nothing is recorded.
    let evaluator = house.token(events::codes::Role::Evaluator, None).await;
    let refused = house
        .ask(&evaluator, query, json!({ "pilot": demo::CODE }))
        .await;
    assert_eq!(
        refused.codes().first().map(String::as_str),
        Some("FORBIDDEN")
    );
    assert_eq!(access_head(&house.app, pilot).await.1, after);
    house.close().await;
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_opened() {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let app = App::new(pools(&database).await, vault(&database).await);
    let pilot = PilotId(Uuid::from_u128(1));
    let (she, fact) = (PersonId(Uuid::from_u128(2)), Uuid::from_u128(3));
    let keys = app.vault().keys(&[she]).await.expect("keys");
    let sealing = keys.sealing(vault::Place { log: pilot.0, fact });
    let seal: &dyn events::Seal = &sealing;
    let text: Sealed<FreeText> = seal.seal(she, &FreeText("hers".into())).expect("sealed");
    let reading = |actor: &str| Reading {
        pilot,
        actor: actor.to_owned(),
        purpose: ReadPurpose::Care,
    };
    let opened = app.open_sealed(&reading(ACTOR), fact, &text).await;
    assert_eq!(opened.expect("opened").0, "hers");
    // A name that the log does not take.
    let nameless = "x".repeat(eventlog::MAX_ACTOR_BYTES + 1);
    let refused = app.open_sealed(&reading(&nameless), fact, &text).await;
    assert!(matches!(refused, Err(Error::NotRecorded(_))), "{refused:?}");
    assert_eq!(access(&app, pilot, 0).await.len(), 1);
    // Moved to another fact it does not open, and no read is recorded.
    let moved = app
        .open_sealed(&reading(ACTOR), Uuid::from_u128(4), &text)
        .await;
    assert!(
        matches!(moved, Err(Error::Sealed(vault::Error::DoesNotOpen))),
        "{moved:?}"
    );
    assert_eq!(access(&app, pilot, 0).await.len(), 1);
}

#[tokio::test]
async fn each_role_stays_in_its_own_database() {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let keys = vault_pool(&database).await;
    let refused = async |pool: &sqlx::PgPool, statement: &'static str| {
        let error = sqlx::query(statement)
            .execute(pool)
            .await
            .expect_err(statement);
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {error}");
    };
    // The same login, in either database under the other's role.
    for statement in ["select from eventlog.fact", "select from identity.token"] {
        let vault = acting_as(&database, vault::SERVICE_ROLE).await;
        refused(&vault, statement).await;
    }
    let beside = database
        .options()
        .database(&format!("{}_vault", database.name()));
    let strangers = eventlog::ROLES.into_iter().chain([identity::SERVICE_ROLE]);
    for role in strangers.clone() {
        let options = beside.clone().options([("role", role)]);
        let pool = sqlx::PgPool::connect_with(options).await;
        let pool = pool.expect("connected");
        for statement in [
            "select from vault.person_key",
            "delete from vault.forgotten",
            "select from vault.current_key",
        ] {
            refused(&pool, statement).await;
        }
    }
    for role in strangers.clone().filter(|it| *it != eventlog::OWNER_ROLE) {
        let pool = acting_as(&database, role).await;
        refused(&pool, "create schema mine").await;
    }
    refused(&keys, "create schema mine").await;
    let may = "select has_database_privilege($1, current_database(), 'connect')";
    let may = async |role: &str| -> bool {
        let answer = sqlx::query_scalar(may).bind(role).fetch_one(&keys).await;
        answer.expect("an answer")
    };
    assert!(may(vault::SERVICE_ROLE).await);
    for role in strangers {
        assert!(!may(role).await, "{role}");
    }
}
