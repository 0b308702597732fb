//! Setting the schema up: again, at once, and by a user with few rights.

use eventlog::{Error, EventLog, migrate};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};

use crate::support::{append, fact, id};

async fn run(conn: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(conn)
        .await
        .unwrap();
}

#[tokio::test]
async fn servers_that_start_at_once_migrate_once() {
    let database = cluster::testing::database().await;
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let options = database.options();
        tasks.push(tokio::spawn(async move {
            let mut conn = options.connect().await.unwrap();
            migrate(&mut conn).await.unwrap();
            migrate(&mut conn).await.unwrap();
            let user: bool = sqlx::query_scalar("select current_user = session_user")
                .fetch_one(&mut conn)
                .await
                .unwrap();
            assert!(user, "the connection has its own role again");
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut conn = database.options().connect().await.unwrap();
    let (done, locks): (i64, i64) = sqlx::query_as(
        "select (select count(*) from eventlog.migration where success),
                (select count(*) from pg_locks where locktype = 'advisory'
                 and database = (select oid from pg_database where datname = current_database()))",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!((done, locks), (6, 0));
}

#[tokio::test]
async fn a_user_without_rights_is_told_which() {
    let database = cluster::testing::database().await;
    let name = database.name().to_owned();
    let mut admin = database.options().connect().await.unwrap();
    // The roles must be there for `plain` to have too few rights whichever test comes first.
    eventlog::ensure_roles(&mut admin).await.unwrap();
    run(&mut admin, format!("create role plain_{name} login")).await;
    run(
        &mut admin,
        format!("create role maker_{name} login createrole"),
    )
    .await;
    run(
        &mut admin,
        format!("grant create on database {name} to plain_{name}, maker_{name}"),
    )
    .await;

    let mut conn = database.options().connect().await.unwrap();
    run(&mut conn, format!("set session authorization plain_{name}")).await;
    let refused = migrate(&mut conn).await;
    assert!(matches!(refused, Err(Error::Roles(_))), "{refused:?}");

    // Whoever may create roles, or was given them, can do it all, and then work as the service.
    // (PostgreSQL 16 narrowed what may be granted to roles one created: there, an administrator
    // grants them.)
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::integer")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    if version >= 160_000 {
        run(
            &mut admin,
            format!("grant {} to maker_{name}", eventlog::ROLES.join(", ")),
        )
        .await;
    }
    let mut conn = database.options().connect().await.unwrap();
    run(&mut conn, format!("set session authorization maker_{name}")).await;
    migrate(&mut conn).await.unwrap();
    migrate(&mut conn).await.unwrap();
    run(&mut conn, "set role inrete_append".to_owned()).await;
    let log = id();
    sqlx::query("select eventlog.create_log($1)")
        .bind(log)
        .execute(&mut conn)
        .await
        .unwrap();
    let appended = EventLog::append_on(&mut conn, &append(log, &[], vec![fact("a")]))
        .await
        .unwrap();
    assert_eq!(appended.last(), 1);
    drop(conn);

    run(
        &mut admin,
        format!("revoke create on database {name} from plain_{name}, maker_{name}"),
    )
    .await;
    run(&mut admin, format!("drop role plain_{name}, maker_{name}")).await;
}
