//! The second fence: what is read for somebody comes from her pilots, whatever is asked, and however the
//! question forgets whose rows it wants.

use app::{App, Fenced, Strictness};
use chrono::NaiveDate;
use cluster::testing::TestDatabase;
use events::PilotId;
use events::access::Holder;
use events::codes::Role;
use policy::{Strength, Subject};
use serde_json::json;
use sources::demo;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

use crate::house::{House, acting_as, migrate};

/// Whose rows are looked for.
const OTHER: PilotId = PilotId(Uuid::from_u128(0x0bad));

/// Tables whose rows belong to a log, and what is wrong with their fences.
async fn unfenced(conn: &mut PgConnection) -> Vec<(String, String)> {
    sqlx::query_as(
        "with readable as (
             select c.oid, c.oid::regclass::text as name, c.relrowsecurity, r.role,
                    exists (select from pg_attribute as a where a.attrelid = c.oid
                            and a.attname = 'log_id' and not a.attisdropped) as of_a_log
             from pg_class as c
             join pg_namespace as n on n.oid = c.relnamespace
             cross join (values ('inrete_read'), ('inrete_report')) as r (role)
             where c.relkind in ('r', 'p', 'v', 'm', 'f')
               and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
               and (has_any_column_privilege(r.role, c.oid, 'select')
                    or exists (select from pg_attribute as a
                               where a.attrelid = c.oid and a.attname = 'log_id')))
         select name, 'row-level security is not enabled' from readable
         where not relrowsecurity group by 1
         union all
         select name, role || ' may read it, and it says of no log' from readable
         where not of_a_log
         union all
         select name, role || ' has ' || count(p.polname) || ' policies'
                || coalesce(': ' || string_agg(pg_get_expr(p.polqual, p.polrelid), ' or '), '')
         from readable
         left join pg_policy as p on p.polrelid = readable.oid
           and (p.polroles @> array[role::regrole::oid] or p.polroles @> array[0::oid])
         where has_any_column_privilege(role, readable.oid, 'select')
         group by name, role
         having count(p.polname) <> 1
             or bool_or(pg_get_expr(p.polqual, p.polrelid) <> case role
                when 'inrete_read' then '(log_id = ANY (( SELECT (NULLIF(current_setting(''inrete.pilots''::text, true), ''''::text))::uuid[] AS \"nullif\")::uuid[]))'
                else '(log_id = ( SELECT (NULLIF(current_setting(''inrete.pilots''::text, true), ''''::text))::uuid AS \"nullif\"))' end)
         order by 1, 2",
    )
    .fetch_all(conn)
    .await
    .expect("tables")
}

#[tokio::test]
async fn every_table_of_a_log_is_fenced_in() {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let superuser = database.pool().await;
    let mut conn = superuser.acquire().await.expect("a connection");
    assert_eq!(unfenced(&mut conn).await, []);
    // It would be seen.
    for (made, names) in [
        (
            "create table projections.forgotten (log_id uuid)",
            "forgotten",
        ),
        (
            "alter table projections.forgotten enable row level security;
             grant select on projections.forgotten to inrete_read",
            "forgotten",
        ),
        (
            "create policy wide on projections.forgotten for select to inrete_read using (true)",
            "forgotten",
        ),
        (
            "drop table projections.forgotten;
             create view projections.overview as select position from eventlog.fact;
             grant select on projections.overview to inrete_report",
            "overview",
        ),
        (
            "drop view projections.overview;
             create policy wide on eventlog.fact for select to public using (true)",
            "fact",
        ),
    ] {
        sqlx::raw_sql(made).execute(&mut *conn).await.expect(made);
        let found = unfenced(&mut conn).await;
        assert!(
            !found.is_empty() && found.iter().all(|(table, _)| table.contains(names)),
            "{made}: {found:?}"
        );
    }
}

/// The demonstration, and another pilot with the same rows in every table that has rows of a log.
async fn two_pilots() -> (House, PilotId, Vec<String>) {
    let house = House::open().await;
    let app = &house.app;
    let pilot = demo::pilot_id(app);
    let proposals = demo::plan(demo::SEED, app);
    let loaded = app.load(pilot, "demo", &proposals, Strictness::Strict, |_| ());
    loaded.await.expect("loaded");
    app.catch_up(pilot).await.expect("read models");
    sign(app, pilot).await;
    let superuser = house.superuser().await;
    let tables = tables(&superuser).await;
    for table in &tables {
        let columns: String = sqlx::query_scalar(
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
             where attrelid = $1::regclass and attnum > 0 and attname <> 'log_id'
               and not attisdropped and attgenerated = ''",
        )
        .bind(table)
        .fetch_one(&superuser)
        .await
        .expect("columns");
        let copy = format!(
            "insert into {table} (log_id, {columns})
             select '{OTHER}', {columns} from {table} where log_id = '{pilot}'"
        );
        let copied = sqlx::raw_sql(AssertSqlSafe(copy)).execute(&superuser).await;
        assert!(
            copied.expect("copied").rows_affected() > 0,
            "{table} is empty"
        );
    }
    (house, pilot, tables)
}

/// Signs a checkpoint.
async fn sign(app: &App, pilot: PilotId) {
    let key = proof::note::SignerKey::from_seed("example.test", [7; 32]).expect("a key");
    let head = app.log().head(pilot.0).await.expect("a head");
    let checkpoint = proof::checkpoint::Checkpoint {
        origin: "example.test".to_owned(),
        size: head.position.unsigned_abs(),
        root: head.root,
        extensions: Vec::new(),
    };
    let note = checkpoint.sign(&key).expect("signed");
    let kept = app.log().keep_checkpoint(pilot.0, &note).await;
    kept.expect("kept");
}

/// Tables whose rows belong to a log and are read: no role has a way to the others (`roles.txt`).
async fn tables(superuser: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class as c
         join pg_attribute as a on a.attrelid = c.oid and a.attname = 'log_id'
         where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text !~ '_(next|old)$'
           and (has_any_column_privilege('inrete_read', c.oid, 'select')
                or has_any_column_privilege('inrete_report', c.oid, 'select'))
         order by 1",
    )
    .fetch_all(superuser)
    .await
    .expect("tables")
}

/// Questions that want another's rows, or all. `{t}` is the table, `{a}` the own pilot, `{b}` the other.
const WRONG: [&str; 9] = [
    "select log_id::text from {t}",
    "select log_id::text from {t} where log_id = '{b}'",
    "select log_id::text from {t} where log_id <> '{a}'",
    "select log_id::text from {t} where log_id = '{a}' or true",
    "select max(log_id::text) from {t} where log_id >= '{b}'",
    "select b.log_id::text from {t} as a join {t} as b on b.log_id <> a.log_id",
    "select log_id::text from {t} where ctid in (select ctid from {t})",
    "select log_id::text from {t} tablesample system (100)",
    "with all_of_them as (table {t}) select distinct log_id::text from all_of_them",
];

async fn ask(pool: &PgPool, fence: Option<&str>, question: &str) -> Vec<String> {
    let mut tx = pool.begin().await.expect("a transaction");
    if let Some(fence) = fence {
        sqlx::query("select set_config('inrete.pilots', $1, true)")
            .bind(fence)
            .execute(&mut *tx)
            .await
            .expect("set");
    }
    let rows = sqlx::query_scalar(AssertSqlSafe(question.to_owned()))
        .fetch_all(&mut *tx)
        .await;
    let rows: Vec<Option<String>> = rows.unwrap_or_else(|error| panic!("{question}: {error}"));
    rows.into_iter().flatten().collect()
}

#[tokio::test]
async fn another_pilots_rows_are_not_there() {
    let (house, pilot, tables) = two_pilots().await;
    no_table_gives_a_row_of_another_pilot(&house, pilot, &tables).await;
    a_resolver_that_forgets_whose_rows_it_wants_gets_the_subjects(&house, pilot).await;
    nothing_is_recorded_outside_the_fence(&house, pilot).await;
    house.close().await;
}

async fn no_table_gives_a_row_of_another_pilot(house: &House, pilot: PilotId, tables: &[String]) {
    let superuser = house.superuser().await;
    let (own, other) = (pilot.to_string(), OTHER.to_string());
    for role in [eventlog::READ_ROLE, eventlog::REPORT_ROLE] {
        let pool = acting_as(&house.database, role).await;
        for table in tables {
            let may = "select has_table_privilege($2, $1, 'select')::text";
            let may: String = sqlx::query_scalar(may)
                .bind(table)
                .bind(role)
                .fetch_one(&superuser)
                .await
                .expect("an answer");
            if may == "false" {
                assert_eq!(role, eventlog::REPORT_ROLE, "{table}");
                continue;
            }
            for question in WRONG {
                let question = question
                    .replace("{t}", table)
                    .replace("{a}", &own)
                    .replace("{b}", &other);
                for unset in [
                    None,
                    Some(""),
                    Some("{00000000-0000-0000-0000-00000000dead}"),
                ] {
                    let rows = ask(&pool, unset, &question).await;
                    assert!(rows.is_empty(), "{role}, {unset:?}: {question}");
                }
                let fence = format!("{{{own}}}");
                let rows = ask(&pool, Some(&fence), &question).await;
                assert!(rows.iter().all(|log| *log == own), "{role}: {question}");
            }
            let (fence, question) = (format!("{{{own}}}"), WRONG[0].replace("{t}", table));
            let all = ask(&pool, Some(&fence), &question).await;
            assert!(!all.is_empty(), "{role}: its own rows of {table}");
        }
        pool.close().await;
    }
}

/// The service as the holder of a token reaches it.
async fn fenced(house: &House, pilots: Option<&[PilotId]>) -> (Fenced, Subject) {
    let token = house.token(Role::Coordinator, pilots).await;
    let holder = Holder::Token(house.token_id(&token).await);
    let subject = house.app.subject(holder, Strength::Strong).await;
    let subject = subject.expect("no fault");
    let fenced = house.app.fenced(&subject).await.expect("no fault");
    (fenced, subject)
}

async fn a_resolver_that_forgets_whose_rows_it_wants_gets_the_subjects(
    house: &House,
    pilot: PilotId,
) {
    let (own, _) = fenced(house, Some(&[pilot])).await;
    let counted = |question: &'static str, fenced: &Fenced| {
        let source = fenced.source();
        async move {
            let counted: i64 = sqlx::query_scalar(question)
                .fetch_one(&source)
                .await
                .expect(question);
            counted
        }
    };
    for question in [
        "select count(distinct log_id) from projections.household",
        "select count(distinct log_id) from projections.pilot",
        "select count(distinct log_id) from eventlog.fact",
        "select count(distinct log_id) from eventlog.head",
    ] {
        assert_eq!(counted(question, &own).await, 1, "{question}");
        let (none, _) = fenced(house, Some(&[])).await;
        assert_eq!(counted(question, &none).await, 0, "{question}");
        let (both, _) = fenced(house, Some(&[pilot, OTHER])).await;
        assert_eq!(counted(question, &both).await, 2, "{question}");
        let (every, _) = fenced(house, None).await;
        assert_eq!(counted(question, &every).await, 2, "{question}");
    }
    // What is in an access log is inside the fence of those alone who look at it.
    let (every, _) = fenced(house, None).await;
    let access = events::access::log_of(pilot);
    house.app.log().ensure_log(access).await.expect("a log");
    assert!(every.reader().head(access).await.is_err());
    assert!(
        fenced(house, None)
            .await
            .0
            .reader()
            .head(access)
            .await
            .is_err()
    );

    // What is asked for another pilot by name.
    let rows = projections::households::page(&own.source(), OTHER.0, None, None, 9).await;
    assert!(rows.expect("no fault").is_empty());
    let row = projections::pilots::one(&own.source(), OTHER.0).await;
    assert!(row.expect("no fault").is_none());
    let facts = own.reader().read(OTHER.0, 0, 9).await;
    assert!(facts.expect("no fault").is_empty());
    for unknown in [OTHER.to_string(), Uuid::nil().to_string(), "nessuno".into()] {
        let found = own.find_pilot(&unknown).await;
        assert!(
            matches!(found, Err(app::Error::UnknownPilot { .. })),
            "{found:?}"
        );
    }
    assert_eq!(own.find_pilot(demo::CODE).await.expect("found"), pilot);
    let snapshot = own.snapshot(OTHER, None).await;
    assert!(matches!(snapshot, Err(app::Error::UnknownPilot { .. })));
    assert!(own.snapshot(pilot, None).await.expect("known").position > 0);
}

async fn nothing_is_recorded_outside_the_fence(house: &House, pilot: PilotId) {
    let (own, subject) = fenced(house, Some(&[pilot])).await;
    let proposals = demo::plan(demo::SEED, &house.app);
    let actor = subject.actor();
    let recorded = own.execute(OTHER, &actor, &proposals[1]).await;
    assert!(matches!(recorded, Err(app::Error::UnknownPilot { .. })));
    let again = own.execute(pilot, &actor, &proposals[1]).await;
    assert!(again.expect("recorded before").already);
}

#[tokio::test]
async fn who_may_see_every_pilot_sees_one_that_is_opened_meanwhile() {
    let house = House::open().await;
    let (every, _) = fenced(&house, None).await;
    let beside = house.neighbour(false).await;
    assert!(every.pilots().await.expect("no fault").is_empty());
    let pilot = demo::pilot_id(&beside);
    let proposals = demo::plan(demo::SEED, &beside);
    let first = proposals.iter().take(2);
    let loaded = beside.load(pilot, "demo", first, Strictness::Strict, |_| ());
    loaded.await.expect("loaded");
    beside.catch_up(pilot).await.expect("read models");
    assert_eq!(every.find_pilot(demo::CODE).await.expect("found"), pilot);
    assert_eq!(every.pilots().await.expect("no fault").len(), 1);
    // And one that she opens herself.
    let token = house.token(Role::Coordinator, None).await;
    let opened = house
        .data(
            &token,
            "mutation($input: OpenPilotInput!) { openPilot(input: $input) {
                __typename ... on Recorded { position event { position } }
                ... on Refused { message } } }",
            json!({ "input": {
                "commandId": Uuid::from_u128(7), "occurredOn": NaiveDate::from_ymd_opt(2026, 3, 2),
                "code": "altrove", "title": "Altrove", "place": "Piadena", "currency": "EUR",
            } }),
        )
        .await;
    assert_eq!(opened["openPilot"]["__typename"], "Recorded", "{opened}");
    beside.close().await;
    house.close().await;
}

/// A database of an earlier form says what to do.
#[tokio::test]
async fn a_database_of_a_form_that_was_never_released_is_told() {
    let database: TestDatabase = cluster::testing::database().await;
    migrate(&database).await;
    let superuser = database.pool().await;
    sqlx::raw_sql("update eventlog.migration set checksum = '\\x00' where version = 5")
        .execute(&superuser)
        .await
        .expect("changed");
    let refused = app::Database::new(database.options()).migrate().await;
    let refused = format!("{:#}", anyhow::Error::from(refused.expect_err("refused")));
    assert!(refused.contains("never released"), "{refused}");
    assert!(refused.contains("make clean"), "{refused}");
}
