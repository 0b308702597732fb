//! Who may do what in the database, held against the list in `roles.txt`; and nobody is two of them.

use std::collections::BTreeMap;

use cluster::testing::TestDatabase;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use crate::house::{migrate, vault_pool};

const EXPECTED: &str = include_str!("roles.txt");

/// In the order of the list's columns.
const ROLES: [&str; 6] = [
    eventlog::APPEND_ROLE,
    eventlog::PROJECT_ROLE,
    eventlog::READ_ROLE,
    eventlog::REPORT_ROLE,
    identity::SERVICE_ROLE,
    vault::SERVICE_ROLE,
];

const NOT_ALLOWED: &str = "42501";

/// What each role may do with a thing, in the order of [`ROLES`].
type Matrix = BTreeMap<String, Vec<String>>;

fn expected() -> Matrix {
    let lines = EXPECTED.lines().filter(|line| !line.starts_with('#'));
    let mut lines = lines.filter(|line| !line.trim().is_empty());
    let roles: Vec<String> = lines
        .next()
        .expect("a line of roles")
        .split_whitespace()
        .map(|role| format!("inrete_{role}"))
        .collect();
    assert_eq!(roles, ROLES);
    lines
        .map(|line| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let (thing, rights) = words.split_at(2);
            assert_eq!(rights.len(), ROLES.len(), "{line}");
            (thing.join(" "), rights.to_vec())
        })
        .collect()
}

async fn set_up() -> TestDatabase {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    // Roles belong to the cluster: with the vault beside it its own is there.
    vault_pool(&database).await.close().await;
    database
}

async fn superuser(database: &TestDatabase) -> PgConnection {
    database.options().connect().await.expect("connected")
}

/// Everything there is, but for what PostgreSQL comes with, and what the role may do with it.
async fn rights(conn: &mut PgConnection, role: &str) -> Vec<(String, String)> {
    sqlx::query_as(
        "with space as (
             select oid, nspname from pg_namespace
             where nspname !~ '^pg_' and nspname <> 'information_schema')
         select 'schema ' || nspname,
                case when has_schema_privilege($1, oid, 'usage') then 'x' else '' end
                || case when has_schema_privilege($1, oid, 'create') then 'C' else '' end
         from space
         union all
         select 'table ' || s.nspname || '.' || c.relname, (
             select coalesce(string_agg(case
                 when has_table_privilege($1, c.oid, p.name) then p.mark
                 when p.name in ('select', 'insert', 'update', 'references')
                     and has_any_column_privilege($1, c.oid, p.name) then '(' || p.mark || ')'
                 end, '' order by p.place), '')
             from (values (1, 'select', 's'), (2, 'insert', 'i'), (3, 'update', 'u'),
                 (4, 'delete', 'd'), (5, 'truncate', 'T'), (6, 'references', 'R'),
                 (7, 'trigger', 'G')) as p (place, name, mark))
         from pg_class as c join space as s on s.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'f')
         union all
         select 'sequence ' || s.nspname || '.' || c.relname,
                case when has_sequence_privilege($1, c.oid, 'usage, select, update')
                    then 'x' else '' end
         from pg_class as c join space as s on s.oid = c.relnamespace where c.relkind = 'S'
         union all
         select 'function ' || s.nspname || '.' || p.proname,
                case when has_function_privilege($1, p.oid, 'execute') then 'x' else '' end
         from pg_proc as p join space as s on s.oid = p.pronamespace
         order by 1",
    )
    .bind(role)
    .fetch_all(conn)
    .await
    .expect("rights")
}

#[tokio::test]
async fn each_role_may_do_what_is_written_and_no_more() {
    let database = set_up().await;
    let mut conn = superuser(&database).await;
    let mut found = Matrix::new();
    for role in ROLES {
        for (thing, rights) in rights(&mut conn, role).await {
            let rights = if rights.is_empty() {
                "-".to_owned()
            } else {
                rights
            };
            found.entry(thing).or_default().push(rights);
        }
    }
    let expected = expected();
    let differ: Vec<String> = expected
        .keys()
        .chain(found.keys())
        .filter(|thing| expected.get(*thing) != found.get(*thing))
        .map(|thing| {
            let (written, found) = (expected.get(thing), found.get(thing));
            format!("{thing}: written {written:?}, found {found:?}")
        })
        .collect();
    assert!(differ.is_empty(), "{differ:#?}");
    let public = rights(&mut conn, "public").await;
    let public = public.into_iter().filter(|(_, rights)| !rights.is_empty());
    assert_eq!(
        public.collect::<Vec<_>>(),
        [("schema public".to_owned(), "x".to_owned())],
        "for everybody"
    );
}

/// What a statement was refused with, if it was.
async fn tried(conn: &mut PgConnection, statement: String) -> Option<String> {
    let mut tx = conn.begin().await.expect("a transaction");
    let done = sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut *tx)
        .await;
    tx.rollback().await.expect("rolled back");
    match done {
        Ok(_) => None,
        Err(sqlx::Error::Database(error)) => error.code().map(|code| code.into_owned()),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_is_not_written_is_refused_when_it_is_tried() {
    let database = set_up().await;
    let mut admin = superuser(&database).await;
    for (thing, rights) in expected() {
        let Some(table) = thing.strip_prefix("table ") else {
            continue;
        };
        let column: String = sqlx::query_scalar(
            "select attname::text from pg_attribute where attrelid = $1::regclass and attnum = 1",
        )
        .bind(table)
        .fetch_one(&mut admin)
        .await
        .expect("a column");
        for (role, rights) in ROLES.into_iter().zip(rights) {
            let options = database.options().options([("role", role)]);
            let mut conn = options.connect().await.expect("connected");
            for (right, statement) in [
                ('s', format!("select from {table} limit 0")),
                ('i', format!("insert into {table} default values")),
                (
                    'u',
                    format!("update {table} set {column} = default where false"),
                ),
                ('d', format!("delete from {table} where false")),
                ('T', format!("truncate {table}")),
            ] {
                let rights = rights.replace("(u)", "");
                let refused = tried(&mut conn, statement.clone()).await;
                // What may be done may fail for other reasons.
                let is_refused = refused.as_deref() == Some(NOT_ALLOWED);
                assert_eq!(
                    is_refused,
                    !rights.contains(right),
                    "{role}: {statement}: {refused:?}"
                );
            }
            conn.close().await.expect("closed");
        }
    }
}

#[tokio::test]
async fn nobody_logs_in_as_a_role_or_becomes_another() {
    let database = set_up().await;
    let mut admin = superuser(&database).await;
    let all = || ROLES.into_iter().chain([eventlog::OWNER_ROLE]);
    let able: Vec<String> = sqlx::query_scalar(
        "select rolname::text from pg_roles where rolname = any ($1)
         and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)",
    )
    .bind(all().collect::<Vec<_>>())
    .fetch_all(&mut admin)
    .await
    .expect("roles");
    assert_eq!(able, Vec::<String>::new());
    let between: Vec<(String, String)> = sqlx::query_as(
        "select member::regrole::text, roleid::regrole::text from pg_auth_members
         where member::regrole::text = any ($1)",
    )
    .bind(all().collect::<Vec<_>>())
    .fetch_all(&mut admin)
    .await
    .expect("members");
    assert_eq!(between, [], "no role is a member of another");
    for role in all() {
        let refused = database.options().username(role).connect().await;
        let refused = refused.expect_err("nobody logs in as it");
        let code = refused.as_database_error().and_then(|error| error.code());
        // Or the password is asked for first, where there is one.
        assert!(
            matches!(code.as_deref(), Some("28000" | "28P01")),
            "{role}: {refused}"
        );

        // Whoever was given one of them, and nothing else, has that one.
        let member = format!("member_{}_{role}", database.name());
        for statement in [
            format!("create role {member} login"),
            format!("grant {role} to {member}"),
        ] {
            let done = sqlx::raw_sql(AssertSqlSafe(statement));
            done.execute(&mut admin).await.expect("granted");
        }
        let mut conn = superuser(&database).await;
        let taken = format!("set session authorization {member}; set role {role}");
        let taken = sqlx::raw_sql(AssertSqlSafe(taken)).execute(&mut conn);
        taken.await.expect("a member");
        for other in all() {
            let refused = tried(&mut conn, format!("set role {other}")).await;
            let expected = (other != role).then_some(NOT_ALLOWED);
            assert_eq!(refused.as_deref(), expected, "{role} becomes {other}");
        }
        conn.close().await.expect("closed");
        let gone = format!("drop role {member}");
        let gone = sqlx::raw_sql(AssertSqlSafe(gone)).execute(&mut admin);
        gone.await.expect("dropped");
    }
}

/// As the embedded database has it: each pool logs in as somebody who is nobody else.
#[tokio::test]
async fn a_login_of_its_own_leaves_no_way_to_another_role() {
    let server = cluster::testing::Throwaway::start().await.expect("started");
    let options = server.options("postgres");
    let administrator = options.get_username().to_owned();
    let database = app::Database::new(options.clone()).with_logins();
    let accounts = identity::Database::new(options.clone()).with_login();
    // As at every start.
    for _ in 0..2 {
        database.migrate().await.expect("migrated");
        accounts.migrate().await.expect("migrated");
    }
    let mut admin = options.connect().await.expect("connected");
    let vault = sqlx::raw_sql("create role inrete_vault nologin").execute(&mut admin);
    vault.await.expect("created");
    admin.close().await.expect("closed");
    let app = app::App::new(database.pools().await.expect("connections"), no_vault());
    assert_eq!(app.pilots().await.expect("no fault").len(), 0);
    let accounts = accounts.pool().await.expect("connections");
    let tokens: i64 = sqlx::query_scalar("select count(*) from identity.token")
        .fetch_one(&accounts)
        .await
        .expect("no fault");
    assert_eq!(tokens, 0);
    let login: String = sqlx::query_scalar("select session_user::text")
        .fetch_one(&accounts)
        .await
        .expect("no fault");
    assert_eq!(login, format!("{}_login", identity::SERVICE_ROLE));
    accounts.close().await;
    for role in ROLES
        .into_iter()
        .filter(|role| *role != vault::SERVICE_ROLE)
    {
        let options = options.clone().username(&format!("{role}_login"));
        let options = options.options([("role", role)]);
        let mut conn = options.connect().await.expect("connected");
        for other in ROLES
            .into_iter()
            .chain([eventlog::OWNER_ROLE, &administrator])
        {
            for word in ["role", "session authorization"] {
                let refused = tried(&mut conn, format!("set {word} {other}")).await;
                let expected = (other != role || word != "role").then_some(NOT_ALLOWED);
                assert_eq!(refused.as_deref(), expected, "{role}: set {word} {other}");
            }
        }
        for outside in [
            "copy (select 1) to program 'true'",
            "create role mine",
            "alter role inrete_owner login",
            "grant inrete_owner to current_user",
            "select pg_read_file('PG_VERSION')",
        ] {
            let refused = tried(&mut conn, outside.to_owned()).await;
            assert_eq!(refused.as_deref(), Some(NOT_ALLOWED), "{role}: {outside}");
        }
        // Its own name has no more rights than the role.
        let refused = tried(
            &mut conn,
            "set role none; create table public.mine ()".to_owned(),
        );
        assert_eq!(refused.await.as_deref(), Some(NOT_ALLOWED), "{role}");
    }
    app.close().await;
    server.stop().await.expect("stopped");
}

/// A vault that is never asked.
fn no_vault() -> vault::Vault {
    let keys = "ids:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc= \
                master:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";
    let (masters, secret) = vault::KeyVariable::parse(keys.to_owned()).expect("keys");
    let pool = sqlx::postgres::PgPoolOptions::new()
        .connect_lazy_with(sqlx::postgres::PgConnectOptions::new());
    vault::Vault::new(pool, masters, secret)
}
