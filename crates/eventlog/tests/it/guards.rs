//! Nothing recorded is changed or removed, whoever is connected.

use eventlog::{
    APPEND_ROLE, OWNER_ROLE, PROJECT_ROLE, READ_ROLE, REPORT_ROLE, ROLES, SQLSTATE_HEAD_BACKWARDS,
    SQLSTATE_IMMUTABLE,
};

use crate::support::{Database, append, fact_also, sqlstate};

const NOT_ALLOWED: &str = "42501";

/// Every way to change or remove what was recorded.
const CHANGES: &[&str] = &[
    "update eventlog.fact set payload = '{}'",
    "update eventlog.fact set payload = payload where false",
    "delete from eventlog.fact",
    "delete from eventlog.fact where false",
    "truncate eventlog.fact cascade",
    "update eventlog.also set stream = 'other'",
    "delete from eventlog.also",
    "truncate eventlog.also",
    "update eventlog.node set hash = 'x'",
    "delete from eventlog.node",
    "truncate eventlog.node",
    "update eventlog.checkpoint set body = 'x'",
    "delete from eventlog.checkpoint",
    "truncate eventlog.checkpoint",
    "update eventlog.signature set name = 'x'",
    "delete from eventlog.signature",
    "truncate eventlog.signature",
    "delete from eventlog.head",
    "truncate eventlog.head cascade",
    "insert into eventlog.also select * from eventlog.also
         on conflict on constraint also_pkey do update set position = 1",
    "merge into eventlog.fact as f using eventlog.fact as g
         on f.position = g.position when matched then delete",
];

const BACKWARDS: &[&str] = &[
    "update eventlog.head set position = position - 1",
    "update eventlog.head set position = position",
    "update eventlog.head set position = position + 1, recorded_at = recorded_at - interval '1 us'",
    "update eventlog.head set position = position + 1, log_id = gen_random_uuid()",
    "update eventlog.head set position = position + 1, created_at = now()",
];

/// Further things that none of the service's roles has any business doing.
const BY_HAND: &[&str] = &[
    "insert into eventlog.head values (gen_random_uuid(), 0, now(), now(), '')",
    "insert into eventlog.node select * from eventlog.node",
    "insert into eventlog.checkpoint select * from eventlog.checkpoint",
    "insert into eventlog.signature select * from eventlog.signature",
    "select eventlog.grow(log_id, position, frontier, '') from eventlog.head",
    "select eventlog.restore(gen_random_uuid(), 1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
         '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    "insert into eventlog.fact select * from eventlog.fact",
    "insert into eventlog.also select * from eventlog.also",
    "update eventlog.head set position = position + 1",
    "select 1 from eventlog.head for update",
    "alter table eventlog.fact disable trigger all",
    "drop trigger fact_refuse on eventlog.fact",
    "alter table eventlog.fact disable row level security",
    "drop policy own_logs on eventlog.fact",
    "create table eventlog.mine ()",
    "delete from eventlog.migration",
    "set session_replication_role = replica",
];

async fn recorded() -> Database {
    let db = Database::new().await;
    let facts = vec![fact_also("a", &["b"]), fact_also("b", &["a"])];
    db.events.append(append(db.log, &[], facts)).await.unwrap();
    db
}

async fn unchanged(db: &Database) {
    let verified = db.events.verify(db.log).await.unwrap();
    assert_eq!(
        (verified.facts, verified.links, verified.commands),
        (2, 2, 1)
    );
    assert_eq!(verified.findings, []);
}

#[tokio::test]
async fn no_role_of_the_service_may() {
    let db = recorded().await;
    for role in ROLES.into_iter().filter(|role| *role != OWNER_ROLE) {
        let mut conn = db.role(role).await;
        // Without the superuser's session behind it, `session_replication_role` would be refused too.
        let mut login = db.member(role).await;
        for &statement in CHANGES.iter().chain(BACKWARDS).chain(BY_HAND) {
            if !statement.starts_with("set ") {
                let refused = sqlx::raw_sql(statement).execute(&mut conn).await;
                assert_eq!(sqlstate(refused), NOT_ALLOWED, "{role}: {statement}");
            }
            let refused = sqlx::raw_sql(statement).execute(&mut login).await;
            assert_eq!(sqlstate(refused), NOT_ALLOWED, "{role}: {statement}");
        }
    }
    unchanged(&db).await;
}

#[tokio::test]
async fn the_owner_and_the_superuser_are_refused() {
    let db = recorded().await;
    let owner = db.acting_as("set role inrete_owner").await;
    let superuser = db.admin().await;
    let replica = db.acting_as("set session_replication_role = replica").await;
    for mut conn in [owner, superuser, replica] {
        for &statement in CHANGES {
            let refused = sqlx::raw_sql(statement).execute(&mut conn).await;
            assert_eq!(sqlstate(refused), SQLSTATE_IMMUTABLE, "{statement}");
        }
        for &statement in BACKWARDS {
            let refused = sqlx::raw_sql(statement).execute(&mut conn).await;
            assert_eq!(sqlstate(refused), SQLSTATE_HEAD_BACKWARDS, "{statement}");
        }
    }
    unchanged(&db).await;
}

#[tokio::test]
async fn rights_are_what_is_written() {
    let db = recorded().await;
    let mut admin = db.admin().await;
    let tables: Vec<(String, String, String)> = sqlx::query_as(
        "select grantee::text, table_name::text, privilege_type::text
         from information_schema.role_table_grants
         where table_schema = 'eventlog' and grantee <> 'inrete_owner' order by 1, 2, 3",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let all: &[&str] = &["also", "checkpoint", "fact", "head", "node", "signature"];
    let facts: &[&str] = &["also", "fact", "head"];
    let expected: Vec<(String, String, String)> = [
        (APPEND_ROLE, all),
        (PROJECT_ROLE, facts),
        (READ_ROLE, all),
        (REPORT_ROLE, facts),
    ]
    .into_iter()
    .flat_map(|(role, tables)| tables.iter().map(move |table| [role, table, "SELECT"]))
    .map(|right| right.map(str::to_owned).into())
    .collect();
    assert_eq!(tables, expected);

    let functions: Vec<(String, String)> = sqlx::query_as(
        "select r.rolname::text, p.proname::text from pg_proc as p cross join (
             select rolname, oid from pg_roles
             where rolname = any ($1) and rolname <> 'inrete_owner'
             union all select 'public', 0) as r
         where p.pronamespace = 'eventlog'::regnamespace
           and has_function_privilege(r.oid, p.oid, 'execute') order by 1, 2",
    )
    .bind(ROLES)
    .fetch_all(&mut admin)
    .await
    .unwrap();
    let expected = [
        "append",
        "append_next",
        "append_one",
        "claim",
        "claimed",
        "create_log",
        "keep_checkpoint",
        "unclaim",
    ];
    assert_eq!(
        functions,
        expected.map(|name| (APPEND_ROLE.to_owned(), name.to_owned()))
    );

    let owners: Vec<(String, bool)> = sqlx::query_as(
        "select distinct r.rolname::text, r.rolcanlogin from pg_class as c
         join pg_roles as r on r.oid = c.relowner
         where c.relnamespace = 'eventlog'::regnamespace",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();
    assert_eq!(owners, [("inrete_owner".to_owned(), false)]);
}

#[tokio::test]
async fn a_callers_own_objects_do_not_stand_in() {
    let db = recorded().await;
    let mut conn = db.service().await;
    // A temporary table comes first on any search path that does not say otherwise.
    for statement in [
        "create temporary table head (log_id uuid, position bigint, recorded_at timestamptz)",
        "create temporary table fact (log_id uuid, stream text, version bigint)",
        "create function pg_temp.cardinality(anyarray) returns integer language sql as 'select 99'",
        "set search_path = pg_temp, pg_catalog",
    ] {
        sqlx::raw_sql(statement).execute(&mut conn).await.unwrap();
    }
    let command = append(db.log, &[("a", 2)], vec![fact_also("a", &[])]);
    let appended = eventlog::EventLog::append_on(&mut conn, &command)
        .await
        .unwrap();
    assert_eq!((appended.first(), appended.last()), (3, 3));
}
