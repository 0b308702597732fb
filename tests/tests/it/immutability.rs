//! What was recorded through the service stays as it was, whoever is connected.
//!
//! Every statement there is and every right is the log's own test; this is about a database as the
//! service sets it up and fills it.

use app::{App, Strictness};
use eventlog::{SQLSTATE_HEAD_BACKWARDS, SQLSTATE_IMMUTABLE};
use sources::demo;
use sqlx::{Connection, PgConnection};

use crate::house::{acting_as, migrate, pools, vault};

const NOT_ALLOWED: &str = "42501";

const CHANGES: [&str; 9] = [
    "update eventlog.fact set payload = '{}'",
    "delete from eventlog.fact",
    "truncate eventlog.fact cascade",
    "update eventlog.also set stream = 'other'",
    "delete from eventlog.also",
    "update eventlog.node set hash = 'x'",
    "delete from eventlog.node",
    "truncate eventlog.node",
    "delete from eventlog.head",
];

const BACKWARDS: &str = "update eventlog.head set position = position - 1";

#[tokio::test]
async fn neither_the_services_roles_nor_the_owner_changes_what_was_recorded() {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let app = App::new(pools(&database).await, vault(&database).await);
    let pilot = demo::pilot_id(&app);
    let proposals = demo::plan(demo::SEED, &app);
    let some = proposals.iter().take(60);
    let loaded = app.load(pilot, "demo", some, Strictness::Strict, |_| ());
    assert_eq!(loaded.await.expect("no fault").recorded, 60);
    let before = app.log().read(pilot.0, 0, 100).await.expect("read");

    let roles = eventlog::ROLES.into_iter().chain([identity::SERVICE_ROLE]);
    for role in roles.filter(|role| *role != eventlog::OWNER_ROLE) {
        let service = acting_as(&database, role).await;
        let mut service = service.acquire().await.expect("a connection");
        for statement in CHANGES.into_iter().chain([BACKWARDS]) {
            assert_eq!(
                refused(&mut service, statement).await,
                NOT_ALLOWED,
                "{role}: {statement}"
            );
            let reset = "reset role";
            sqlx::raw_sql(reset)
                .execute(&mut *service)
                .await
                .expect(reset);
            assert_eq!(
                refused(&mut service, statement).await,
                NOT_ALLOWED,
                "{role}: {statement}"
            );
        }
    }
    let mut owner = PgConnection::connect_with(&database.options())
        .await
        .expect("connected");
    sqlx::raw_sql("set role inrete_owner")
        .execute(&mut owner)
        .await
        .expect("the owner");
    for statement in CHANGES {
        assert_eq!(
            refused(&mut owner, statement).await,
            SQLSTATE_IMMUTABLE,
            "{statement}"
        );
    }
    assert_eq!(
        refused(&mut owner, BACKWARDS).await,
        SQLSTATE_HEAD_BACKWARDS
    );

    let after = app.log().read(pilot.0, 0, 100).await.expect("read");
    assert_eq!(after, before);
    let verified = app.log().verify(pilot.0).await.expect("verified");
    assert_eq!((verified.facts, verified.findings), (60, Vec::new()));
}

/// The SQLSTATE a statement is refused with.
async fn refused(connection: &mut PgConnection, statement: &'static str) -> String {
    let done = sqlx::raw_sql(statement).execute(connection).await;
    let error = done.expect_err(statement);
    let code = error.as_database_error().and_then(|error| error.code());
    code.expect("refused by the database").into_owned()
}
