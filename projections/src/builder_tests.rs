//! Tables built beside those that are read, on a real PostgreSQL.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cluster::testing::TestDatabase;
use eventlog::{LogId, Reader, Source};
use events::Position;
use sqlx::{Connection, PgConnection};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use crate::builder::stale;
use crate::document::{Document, Table, table};
use crate::fixtures::*;
use crate::table_tests::{House, LOG, PATIENCE, named, stories, visits};
use crate::{Error, Model, Snapshot, catch_up, document, households, migrate, pilots};

/// All rows of the read models as text, in order.
async fn texts(house: &House) -> Vec<String> {
    let mut rows = Vec::new();
    for sql in [
        "select 'pilot ' || t::text from projections.pilot as t order by 1",
        "select 'dwelling ' || t::text from projections.dwelling as t order by 1",
        "select 'household ' || t::text from projections.household as t order by 1",
        "select 'timeline ' || t::text from projections.timeline as t order by 1",
        "select 'checkpoint ' || t::text from projections.checkpoint as t order by 1",
    ] {
        let found = sqlx::query_scalar::<_, String>(sql).fetch_all(&house.pool);
        rows.extend(found.await.expect("rows"));
    }
    rows
}

/// Tables, indexes and constraints of the read models, with what they are and who may do what.
async fn forms(database: &TestDatabase) -> Vec<String> {
    let mut conn = PgConnection::connect_with(&database.options())
        .await
        .expect("a connection");
    sqlx::query_scalar(
        "select 'table ' || n.nspname || '.' || c.relname || ' ' || coalesce(c.relacl::text, '')
                || ' ' || c.relrowsecurity
         from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
         where n.nspname like 'projections%' and c.relkind = 'r'
         union all
         select 'policy ' || p::text from pg_policies as p where schemaname like 'projections%'
         union all
         select 'index ' || indexdef from pg_indexes where schemaname like 'projections%'
         union all
         select 'constraint ' || conrelid::regclass || ' ' || conname || ' '
                || pg_get_constraintdef(oid)
         from pg_constraint where connamespace::regnamespace::text like 'projections%'
         order by 1",
    )
    .fetch_all(&mut conn)
    .await
    .expect("names")
}

async fn folded(house: &House) -> Position {
    catch_up(&house.pool, &house.log, LOG)
        .await
        .expect("caught up")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_model_has_its_table_its_rights_and_its_place() {
    let house = House::new().await;
    for model in Model::ALL {
        assert_eq!(model.name().parse(), Ok(model));
        assert!(model.version() > 0, "{model}");
        let definition = model.definition();
        let table = format!("create table projections.{} (", model.table());
        assert!(definition.contains(&table), "{model}: {table}");
        let others = definition.matches("projections.").count();
        assert_eq!(
            definition.matches(" projections.").count(),
            others,
            "{model}: the table is named after a space everywhere, so that it can be made elsewhere"
        );
        let key: String = sqlx::query_scalar(
            "select pg_get_constraintdef(oid) from pg_constraint
             where conname = $1 || '_pkey' and conrelid = ('projections.' || $1)::regclass",
        )
        .bind(model.table())
        .fetch_one(&house.pool)
        .await
        .expect("a table with a key");
        assert!(key.starts_with("PRIMARY KEY (log_id"), "{model}: {key}");
        rights_are_as_written(&house, model).await;
    }
    // Tables that took the others' places have them too.
    house.append(&visits(20).facts).await;
    folded(&house).await;
    let table = async || -> i64 {
        let table = "select 'projections.household'::regclass::oid::bigint";
        let table = sqlx::query_scalar(table).fetch_one(&house.pool).await;
        table.expect("a table")
    };
    let before = table().await;
    house.rebuild(&Model::ALL).await.expect("rebuilt");
    assert_ne!(table().await, before, "another table");
    for model in Model::ALL {
        rights_are_as_written(&house, model).await;
    }
    // Every model's rows are in the snapshot: each has a field more than position and time, but for
    // the timeline, which is not written.
    let snapshot = serde_json::to_value(Snapshot::empty(PILOT)).expect("JSON");
    let fields = snapshot.as_object().expect("fields").len();
    assert_eq!(fields, Model::ALL.len() + 1);
}

async fn rights_are_as_written(house: &House, model: Model) {
    let table = model.table();
    let rights: Vec<(String, String)> = sqlx::query_as(
        "select grantee::text, string_agg(privilege_type, ' ' order by privilege_type)
         from information_schema.role_table_grants
         where table_schema = 'projections' and table_name = $1 and grantee <> 'inrete_owner'
         group by 1 order by 1",
    )
    .bind(table)
    .fetch_all(&house.pool)
    .await
    .expect("rights");
    let expected = [
        ("inrete_project", "DELETE INSERT SELECT UPDATE"),
        ("inrete_read", "SELECT"),
    ];
    assert_eq!(
        rights,
        expected.map(|(role, rights)| (role.to_owned(), rights.to_owned())),
        "{model}"
    );
    let policies: Vec<(String, String)> = sqlx::query_as(
        "select p.policyname::text, array_to_string(p.roles, ' ') from pg_policies as p
         join pg_class as c on c.oid = ('projections.' || $1)::regclass and c.relrowsecurity
         where p.schemaname = 'projections' and p.tablename = $1 order by 1",
    )
    .bind(table)
    .fetch_all(&house.pool)
    .await
    .expect("policies");
    let expected = [("every_log", "inrete_project"), ("own_logs", "inrete_read")];
    assert_eq!(
        policies,
        expected.map(|(policy, role)| (policy.to_owned(), role.to_owned())),
        "{model}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_never_missing_while_tables_are_exchanged() {
    let house = House::new().await;
    for some in visits(1_500).facts.chunks(500) {
        house.append(some).await;
    }
    let head = folded(&house).await;
    let forms_before = forms(&house.database).await;
    let runner = house.runner().await;
    let done = AtomicBool::new(false);
    let read = AtomicU64::new(0);

    let reading = async {
        let service = house.database.options();
        let service = service.options([("role", eventlog::PROJECT_ROLE)]);
        let pool = sqlx::PgPool::connect_with(service).await.expect("a pool");
        let mut least = head;
        while !done.load(Ordering::Relaxed) {
            let rows = Snapshot::load(&pool, LOG).await.expect("rows");
            assert!(rows.position >= least, "{} after {least}", rows.position);
            least = rows.position;
            assert_eq!(rows.households.len(), 9);
            assert_eq!(rows.dwellings.len(), 9);
            assert!(rows.timeline.entries.len() >= 1_500);
            let page = households::page(&pool, LOG, None, None, 99).await;
            assert_eq!(page.expect("rows").len(), 9);
            let one = pilots::one(&pool, LOG).await.expect("a row");
            assert!(one.is_some());
            read.fetch_add(1, Ordering::Relaxed);
        }
    };
    let recording = async {
        let mut last = head;
        let mut n = 0;
        while !done.load(Ordering::Relaxed) {
            n += 1;
            last = house.append_new(vec![named(n)]).await;
            assert!(runner.wait_for(LOG, last, PATIENCE).await.expect("waited"));
        }
        last
    };
    let building = async {
        for models in [&Model::ALL[..], &[Model::Timeline], &[Model::Households]] {
            let built = house.rebuild(models).await;
            assert_eq!(built.expect("built"), Model::together(models));
        }
        done.store(true, Ordering::Relaxed);
    };
    let ((), last, ()) = tokio::join!(reading, recording, building);
    assert!(read.load(Ordering::Relaxed) > 3, "hardly read");
    assert!(last > head + 3, "hardly recorded");
    runner.stop().await;
    house.assert_warm_at(last).await;
    assert_eq!(forms(&house.database).await, forms_before);
    // As text, too, the rows are what a fold from the first fact makes.
    let warm = texts(&house).await;
    house.rebuild(&Model::ALL).await.expect("built");
    assert!(texts(&house).await == warm, "the rows came back different");
}

/// As a busy day would be, and more: 200 facts and 50 questions a second, while everything is built anew
/// again and again. The pace is aimed at and told, not asserted: what is asserted is that nothing goes
/// wrong in it.
#[tokio::test(flavor = "multi_thread")]
async fn built_anew_while_200_facts_and_50_questions_come_a_second() {
    const FACTS_AT_ONCE: u64 = 5;
    let house = House::new().await;
    for some in visits(3_000).facts.chunks(500) {
        house.append(some).await;
    }
    let head = folded(&house).await;
    let runner = house.runner().await;
    let pool = house.pool.clone();
    let done = AtomicBool::new(false);
    let (read, built) = (AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();

    let reading = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        while !done.load(Ordering::Relaxed) {
            pace.tick().await;
            let page = households::page(&pool, LOG, None, None, 99).await;
            assert_eq!(page.expect("rows").len(), 9);
            let history = crate::timeline::page(&house.log, LOG, household(1), 0, 50);
            assert_eq!(history.await.expect("facts").len(), 50);
            read.fetch_add(2, Ordering::Relaxed);
        }
    };
    let recording = async {
        let mut pace = tokio::time::interval(Duration::from_millis(25));
        let (mut last, mut n) = (head, 0);
        while !done.load(Ordering::Relaxed) {
            pace.tick().await;
            let facts = (0..FACTS_AT_ONCE)
                .map(|more| named(u128::from(n + more)))
                .collect();
            n += FACTS_AT_ONCE;
            last = house.append_new(facts).await;
        }
        last
    };
    let building = async {
        while begun.elapsed() < Duration::from_secs(5) {
            let built_now = house.rebuild(&Model::ALL).await;
            assert_eq!(built_now.expect("built"), Model::ALL);
            built.fetch_add(1, Ordering::Relaxed);
        }
        done.store(true, Ordering::Relaxed);
    };
    let ((), last, ()) = tokio::join!(reading, recording, building);
    let seconds = begun.elapsed().as_secs_f64();
    assert!(built.load(Ordering::Relaxed) > 0 && read.load(Ordering::Relaxed) > 0);
    assert!(last > head, "nothing was recorded");
    // No reader is left behind for ever.
    assert!(runner.wait_for(LOG, last, PATIENCE).await.expect("waited"));
    runner.stop().await;
    let a_second = |count: u64| count as f64 / seconds;
    println!(
        "built {} times, {:.0} questions and {:.0} facts a second",
        built.load(Ordering::Relaxed),
        a_second(read.load(Ordering::Relaxed)),
        a_second((last - head).unsigned_abs())
    );
    house.assert_warm_at(last).await;
    let warm = texts(&house).await;
    house.rebuild(&Model::ALL).await.expect("built");
    assert!(texts(&house).await == warm, "the rows came back different");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_was_killed_leaves_the_old_rows_and_the_next_one_succeeds() {
    let house = House::new().await;
    house.append(&visits(900).facts).await;
    let head = folded(&house).await;
    house
        .execute("update projections.household set row = jsonb_set(row, '{contacts}', '[]')")
        .await;
    let before = (texts(&house).await, forms(&house.database).await);

    // Dropped.
    let begun = Notify::new();
    let builder = house.builder();
    let building = builder.rebuild(&house.log, &Model::ALL, |_| begun.notify_one());
    tokio::select! {
        biased;
        () = begun.notified() => {}
        built = building => panic!("too fast: {built:?}"),
    }
    assert!(texts(&house).await == before.0);

    // Its connection killed, at the first word of progress.
    let mut building = Box::pin(builder.rebuild(&house.log, &Model::ALL, |_| begun.notify_one()));
    tokio::select! {
        biased;
        () = begun.notified() => {}
        built = &mut building => panic!("too fast: {built:?}"),
    }
    house
        .execute(
            "select pg_terminate_backend(pid) from pg_locks
             where locktype = 'advisory' and granted and pid <> pg_backend_pid()
               and database = (select oid from pg_database where datname = current_database())",
        )
        .await;
    let built = building.await;
    assert!(
        matches!(built, Err(Error::Unavailable(_) | Error::Database(_))),
        "{built:?}"
    );
    assert!(texts(&house).await == before.0);

    // What they left is cleared away, and the next one succeeds.
    house.rebuild(&Model::ALL).await.expect("built");
    assert_eq!(forms(&house.database).await, before.1);
    assert!(texts(&house).await != before.0);
    house.assert_warm_at(head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_builds_and_another_says_so() {
    let house = House::new().await;
    house.append(&visits(900).facts).await;
    let head = folded(&house).await;
    let begun = Notify::new();
    let builder = house.builder();
    let mut first = Box::pin(builder.rebuild(&house.log, &Model::ALL, |_| begun.notify_one()));
    tokio::select! {
        biased;
        () = begun.notified() => {}
        built = &mut first => panic!("too fast: {built:?}"),
    }
    let second = house.rebuild(&Model::ALL).await;
    assert!(matches!(second, Err(Error::Building)), "{second:?}");
    assert_eq!(first.await.expect("built"), Model::ALL);
    house.rebuild(&Model::ALL).await.expect("built");
    house.assert_warm_at(head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_reader_holds_the_exchange_up_and_nobody_else() {
    let house = House::new().await;
    house.append(&visits(300).facts).await;
    let head = folded(&house).await;
    let runner = house.runner().await;
    let mut long = house.pool.begin().await.expect("a transaction");
    sqlx::query("select count(*) from projections.household")
        .execute(&mut *long)
        .await
        .expect("a look");
    let mut building = Box::pin(async { house.rebuild(&Model::ALL).await });
    let meanwhile = async {
        let mut last = head;
        for n in 0..40 {
            let rows = Snapshot::load(&house.pool, LOG).await.expect("rows");
            assert_eq!(rows.households.len(), 9);
            last = house.append_new(vec![named(n)]).await;
            assert!(runner.wait_for(LOG, last, PATIENCE).await.expect("waited"));
        }
        last
    };
    let last = tokio::select! {
        built = &mut building => panic!("exchanged under a reader: {built:?}"),
        last = meanwhile => last,
    };
    long.commit().await.expect("the end of a long look");
    building.await.expect("built");
    runner.stop().await;
    house.assert_warm_at(last).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_another_version_are_read_until_new_ones_are_there_for_every_log() {
    let house = House::new().await;
    house.append(&visits(300).facts).await;
    let head = folded(&house).await;
    let others: Vec<LogId> = (0xA..0xD).map(Uuid::from_u128).collect();
    for (n, other) in others.iter().enumerate() {
        house.log.create_log(*other).await.expect("a log");
        let facts = visits(n * 40).facts;
        let facts = facts.iter().map(new_fact).collect();
        house
            .log
            .append(append(*other, facts))
            .await
            .expect("appended");
        let folded = catch_up(&house.pool, &house.log, *other).await;
        folded.expect("caught up");
    }
    let as_it_should_be = forms(&house.database).await;
    // An earlier version had no status, and there was no timeline at all.
    house
        .execute(
            "drop index projections.household_status_idx;
             alter table projections.household drop column status;
             update projections.definition set mark = 7 where model = 'households';
             update projections.checkpoint set table_mark = 7 where model = 'households';
             drop table projections.timeline;
             delete from projections.definition where model = 'timeline';
             delete from projections.checkpoint where model = 'timeline'",
        )
        .await;
    let mut conn = house.pool.acquire().await.expect("a connection");
    migrate(&mut conn).await.expect("migrated");
    let wanting = [Model::Census, Model::Households, Model::Timeline];
    assert_eq!(stale(&mut conn).await.expect("models"), wanting);
    drop(conn);

    // What can be answered is; what cannot says why. The others are kept warm.
    let one = households::one(&house.pool, LOG, household(1)).await;
    assert!(one.expect("an old row").is_some());
    let page = crate::timeline::page(&house.log, LOG, household(1), 0, 9).await;
    assert!(matches!(page, Err(Error::Unsettled(_))), "{page:?}");
    let counts = households::counts(&house.pool, LOG).await;
    assert!(matches!(counts, Err(Error::Unsettled(_))), "{counts:?}");
    let all = Snapshot::load(&house.pool, LOG).await;
    assert!(matches!(all, Err(Error::Unsettled(_))), "{all:?}");
    let more = house.append_new(vec![named(1)]).await;
    assert_eq!(folded(&house).await, more);
    assert_eq!(more, head + 1);

    // A server builds by itself.
    let runner = house.runner().await;
    house.settled().await;
    runner.stop().await;
    house.assert_warm_at(more).await;
    for other in others {
        let head = house.log.head(other).await.expect("a log").position;
        let warm = Snapshot::load(&house.pool, other).await.expect("rows");
        assert_eq!(warm.position, head);
        let differences = crate::compare(&house.pool, &house.log, other).await;
        assert_eq!(differences.expect("compared"), []);
    }
    let forms = forms(&house.database).await;
    assert_eq!(forms, as_it_should_be);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_warm_stands_still_and_holds_nothing_up() {
    let house = House::new().await;
    house.append(&visits(200).facts).await;
    let head = folded(&house).await;
    // Rows of an earlier fold of households, without a field that today's must have. The census is
    // of an earlier fold too, so that its rows are of no use to anybody but readers.
    house
        .execute(
            "update projections.household set row = row - 'members';
             update projections.checkpoint set fold_version = 0 where model = 'census'",
        )
        .await;
    let one = households::one(&house.pool, LOG, household(1)).await;
    assert!(matches!(one, Err(Error::Unsettled(_))), "{one:?}");
    let more = house.append_new(vec![named(1)]).await;
    assert_eq!(more, head + 1);
    // Without a builder the others go on.
    let pool = house.database.pool().await;
    let runner = crate::Runner::start(pool.clone(), Reader::new(Source::whole(pool)), None);
    assert!(runner.wait_for(LOG, more, PATIENCE).await.expect("waited"));
    runner.stop().await;
    house.rebuild(&[]).await.expect("built");
    house.assert_warm_at(more).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_little_memory_as_with_much() {
    let house = House::new().await;
    let mut story = stories(1, 400).remove(0);
    story.facts.truncate(390);
    house.append(&story.facts).await;
    let head = folded(&house).await;
    let warm = texts(&house).await;
    for held in [0, 1, 40] {
        let builder = house.builder().holding(held, 17);
        let built = builder.rebuild(&house.log, &Model::ALL, |_| {}).await;
        assert_eq!(built.expect("built"), Model::ALL);
        assert!(
            texts(&house).await == warm,
            "with {held} the rows are different"
        );
    }
    house.assert_warm_at(head).await;
}

/// A model in the usual form.
struct Toy;

impl Document for Toy {
    type Key = events::HouseholdId;
    type Row = crate::households::HouseholdRow;
    type Past = ();
    const MODEL: Model = Model::Households;
    const TABLE: Table = table!("toy", "household");
    fn key(row: &Self::Row) -> Self::Key {
        row.household
    }
    fn id(key: Self::Key) -> Uuid {
        key.0
    }
    fn position(row: &Self::Row) -> Position {
        row.position
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_usual_form_takes_no_more_than_its_name() {
    let house = House::new().await;
    house
        .execute(
            "create table projections.toy (
                 log_id uuid not null, household uuid not null, position bigint not null,
                 row jsonb not null,
                 plans integer generated always as (jsonb_array_length(row -> 'plans')) stored,
                 constraint toy_pkey primary key (log_id, household)
             )",
        )
        .await;
    let rows = Snapshot::fold(PILOT, &visits(20).facts).households;
    let mut conn = house.pool.acquire().await.expect("a connection");
    let place = document::Place::Served;
    let all: Vec<_> = rows.iter().map(|(id, row)| (*id, Some(row))).collect();
    for _ in 0..2 {
        let saved = document::save::<Toy>(&mut conn, place, LOG, &all).await;
        saved.expect("saved");
    }
    let found = document::all::<Toy>(&mut *conn, LOG).await.expect("rows");
    assert_eq!(found, rows.values().cloned().collect::<Vec<_>>());
    let one = document::one::<Toy>(&mut *conn, LOG, household(3)).await;
    assert_eq!(one.expect("a row").as_ref(), rows.get(&household(3)));
    let gone = [(household(3), None)];
    document::save::<Toy>(&mut conn, place, LOG, &gone)
        .await
        .expect("removed");
    let keys = [household(2), household(3)];
    let some = document::load::<Toy>(&mut conn, place, LOG, &keys).await;
    assert_eq!(some.expect("rows"), [rows[&household(2)].clone()]);
}
