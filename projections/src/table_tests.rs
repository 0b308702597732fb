//! Tables against folds, on a real PostgreSQL.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster::testing::TestDatabase;
use eventlog::{EventLog, LogId, NewFact, Reader, Source};
use events::codes::AdmissionDecision;
use events::{Fact, PilotId, Position};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sqlx::postgres::PgPool;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::builder::stale;
use crate::fixtures::*;
use crate::households::{Filter, HouseholdStatus};
use crate::keeper::{Keeper, Kept, open};
use crate::{
    Builder, Difference, Error, Model, Runner, RunnerHandle, Snapshot, Wrong, catch_up, census,
    compare, decode, households, migrate, pilots, position, timeline, wait_for,
};

/// Long enough for any machine; nothing waits this long when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// For what must not come to pass.
const A_MOMENT: Duration = Duration::from_millis(300);

pub(crate) const LOG: LogId = PILOT.0;

pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) pool: PgPool,
    pub(crate) log: EventLog,
}

impl House {
    pub(crate) async fn new() -> Self {
        let database = cluster::testing::database().await;
        let pool = database.pool().await;
        let mut conn = pool.acquire().await.expect("a connection");
        eventlog::migrate(&mut conn)
            .await
            .expect("the log's schema");
        migrate(&mut conn).await.expect("the read models' schema");
        drop(conn);
        let log = EventLog::new(pool.clone());
        log.create_log(LOG).await.expect("a log");
        Self {
            database,
            pool,
            log,
        }
    }

    /// A process of its own: other connections, another listener.
    pub(crate) async fn runner(&self) -> RunnerHandle {
        let pool = self.database.pool().await;
        let log = Reader::new(Source::whole(pool.clone()));
        Runner::start(pool, log, Some(self.builder()))
    }

    pub(crate) fn builder(&self) -> Builder {
        Builder::new(self.database.options())
    }

    pub(crate) async fn rebuild(&self, models: &[Model]) -> Result<Vec<Model>, Error> {
        self.builder().rebuild(&self.log, models, |_| {}).await
    }

    pub(crate) async fn append(&self, facts: &[Fact]) -> Position {
        self.append_new(facts.iter().map(new_fact).collect()).await
    }

    pub(crate) async fn append_new(&self, facts: Vec<NewFact>) -> Position {
        let appended = self.log.append(append(LOG, facts)).await;
        appended.expect("appended").last()
    }

    /// The log up to a position, folded in memory.
    pub(crate) async fn cold(&self, upto: Position) -> Snapshot {
        let mut facts: Vec<Fact> = Vec::new();
        while let after = facts.last().map_or(0, |fact| fact.position)
            && after < upto
        {
            let wanted = usize::try_from(upto - after).expect("a number");
            let read = self.log.read(LOG, after, wanted).await.expect("facts");
            facts.extend(
                read.iter()
                    .map(|recorded| decode(recorded).expect("a fact")),
            );
        }
        Snapshot::fold_to(PILOT, &facts, upto)
    }

    pub(crate) async fn warm(&self) -> Snapshot {
        Snapshot::load(&self.pool, LOG).await.expect("rows")
    }

    pub(crate) async fn differences(&self) -> Vec<Difference> {
        compare(&self.pool, &self.log, LOG).await.expect("compared")
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.expect(sql);
    }

    /// Waits until nothing is left to be built.
    pub(crate) async fn settled(&self) {
        let settled = async {
            let mut conn = self.pool.acquire().await.expect("a connection");
            while !stale(&mut conn).await.expect("models").is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let settled = tokio::time::timeout(PATIENCE, settled).await;
        settled.expect("nothing stale in the end");
    }

    /// The read models are, at `position`, what the log comes to.
    pub(crate) async fn assert_warm_at(&self, position: Position) {
        let warm = self.warm().await;
        assert_eq!(warm.position, position);
        assert_eq!(warm, self.cold(position).await);
        assert_eq!(self.differences().await, []);
    }
}

/// Random stories, the same in every run.
pub(crate) fn stories(count: usize, steps: usize) -> Vec<Story> {
    let mut runner = TestRunner::deterministic();
    let strategy = any::story(steps);
    let story = |_| strategy.new_tree(&mut runner).expect("a story").current();
    (0..count).map(story).collect()
}

/// A story without corrections, as long as wanted: nothing but visits.
pub(crate) fn visits(count: usize) -> Story {
    let mut story = Story::default();
    story.record(0, opened("prova"));
    for h in 0..9 {
        story.record(1, registered(h));
        story.record(1, referred(h));
        story.record(2, admitted(h, Some(h), h, &[]));
    }
    for n in 0..count {
        story.record(3 + n as u64 % 90, visit((n % 9) as u8, 10));
    }
    story
}

#[tokio::test(flavor = "multi_thread")]
async fn warm_as_cold_and_rebuilt_as_warm() {
    let house = House::new().await;
    // One log with everything that happened in several stories, batch by batch.
    let mut head = 0;
    for story in stories(6, 120) {
        let mut facts = story.facts;
        for fact in &mut facts {
            fact.position += head;
            fact.id = Uuid::from_u128(fact.id.as_u128() + 0x10_0000 * (head as u128 + 1));
            shift(&mut fact.event, head);
        }
        for some in facts.chunks(23) {
            head = house.append(some).await;
            catch_up(&house.pool, &house.log, LOG)
                .await
                .expect("caught up");
            assert_eq!(position(&house.pool, LOG).await.expect("a position"), head);
        }
        house.assert_warm_at(head).await;
    }
    let warm = house.warm().await;
    let sets = [
        vec![Model::Pilots],
        vec![Model::Census],
        vec![Model::Timeline],
        Model::ALL.into(),
    ];
    for models in sets {
        let mut last = 0;
        let builder = house.builder();
        let rebuilt = builder.rebuild(&house.log, &models, |progress| {
            assert!(progress.position > last && progress.position <= progress.of);
            last = progress.position;
        });
        let rebuilt = rebuilt.await;
        assert_eq!(rebuilt.expect("rebuilt"), Model::together(&models));
        assert_eq!(last, head);
        assert_eq!(house.warm().await, warm);
        let one = builder.rebuild_log(&house.log, LOG, &models, |_| {}).await;
        assert_eq!(one.expect("rebuilt"), Model::together(&models));
        assert_eq!(house.warm().await, warm);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_folded_once_and_only_where_it_belongs() {
    let house = House::new().await;
    // All is recorded before anything is folded: later corrections must not show early.
    let story = stories(1, 300).remove(0);
    let head = house.append(&story.facts).await;
    let keepers = [
        Keeper::beside(&house.pool, &house.log),
        Keeper::beside(&house.pool, &house.log),
    ];
    assert_eq!(keepers[0].settle(LOG).await.expect("settled").position, 0);
    let recorded = house.log.read(LOG, 0, 500).await.expect("facts");
    let (facts, error) = open(&recorded);
    assert!(error.is_none());

    let later = keepers[0].keep(LOG, &facts[1..]).await.expect("no fault");
    assert_eq!(later, Kept::Elsewhere);
    for batch in facts.chunks(7) {
        let (one, other) = tokio::join!(keepers[0].keep(LOG, batch), keepers[1].keep(LOG, batch));
        let kept = [one.expect("no fault"), other.expect("no fault")];
        assert!(
            kept.contains(&Kept::Done) && kept.contains(&Kept::Elsewhere),
            "{kept:?}"
        );
        let last = batch.last().expect("a fact").position;
        assert_eq!(house.warm().await, house.cold(last).await);
    }
    house.assert_warm_at(head).await;
}

/// Positions named in a story that begins after another.
fn shift(event: &mut events::Event, by: Position) {
    match event {
        events::Event::RecordCorrected(f) => f.position += by,
        events::Event::RecordRetracted(f) => f.position += by,
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_killed_started_and_competing_lose_and_repeat_nothing() {
    let house = House::new().await;
    let facts = visits(2_000).facts;
    let head = facts.len() as Position;
    let mut killed = house.runner().await;
    for (n, some) in facts.chunks(40).enumerate() {
        house.append(some).await;
        if n % 8 == 3 {
            // In the middle of whatever it is doing.
            drop(std::mem::replace(&mut killed, house.runner().await));
        }
    }
    let (second, third) = (house.runner().await, house.runner().await);
    for runner in [&killed, &second, &third] {
        assert!(runner.wait_for(LOG, head, PATIENCE).await.expect("waited"));
    }
    let mut leaders = 0;
    for runner in [&killed, &second, &third] {
        leaders += usize::from(runner.status(LOG).await.expect("a status").leading);
    }
    assert!(leaders <= 1, "{leaders} leaders");
    drop(killed);
    house.assert_warm_at(head).await;
    // Stopped in order, the lock is free at once.
    let more = house.append_new(vec![named(1)]).await;
    second.stop().await;
    third.stop().await;
    assert_eq!(
        catch_up(&house.pool, &house.log, LOG)
            .await
            .expect("caught up"),
        more
    );
    house.assert_warm_at(more).await;
}

/// A fact like any other, with an id of its own.
pub(crate) fn named(n: u128) -> NewFact {
    let mut story = Story::default();
    story.record(5, visit(1, 10));
    let id = Uuid::from_u128(0xF_0000_0000 + n);
    NewFact {
        id,
        ..new_fact(&story.facts[0])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_created_later_is_found_and_others_are_left_alone() {
    let house = House::new().await;
    let runner = house.runner().await;
    let (later, other) = (Uuid::from_u128(0xA), Uuid::from_u128(0xB));
    house.log.create_log(later).await.expect("a log");
    house.log.create_log(other).await.expect("a log");
    let story = visits(3);
    let facts = story.facts.iter().map(new_fact).collect();
    house
        .log
        .append(append(later, facts))
        .await
        .expect("appended");
    let foreign = NewFact {
        kind: "AccessGranted".into(),
        stream: "access".into(),
        ..named(1)
    };
    house
        .log
        .append(append(other, vec![foreign]))
        .await
        .expect("appended");

    let head = story.facts.len() as Position;
    assert!(
        runner
            .wait_for(later, head, PATIENCE)
            .await
            .expect("waited")
    );
    assert!(
        wait_for(&house.pool, later, head, PATIENCE)
            .await
            .expect("waited")
    );
    let status = runner.status(later).await.expect("a status");
    assert_eq!(
        (status.position, status.head, status.error),
        (head, head, None)
    );
    assert!(status.leading);

    assert!(!runner.wait_for(other, 1, A_MOMENT).await.expect("waited"));
    assert!(
        !wait_for(&house.pool, other, 1, A_MOMENT)
            .await
            .expect("waited")
    );
    let status = runner.status(other).await.expect("a status");
    assert_eq!(
        (status.position, status.leading, status.error),
        (0, false, None)
    );
    assert_eq!(
        Snapshot::load(&house.pool, other).await.expect("rows"),
        Snapshot::empty(PilotId(other))
    );
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_does_not_open_stops_its_log_and_says_so() {
    let house = House::new().await;
    let runner = house.runner().await;
    let story = visits(5);
    let good = house.append(&story.facts).await;
    let unknown = NewFact {
        shape: 7,
        ..named(1)
    };
    house.append_new(vec![named(2), unknown, named(3)]).await;

    // What comes before it is folded, in the same batch or not.
    assert!(
        runner
            .wait_for(LOG, good + 1, PATIENCE)
            .await
            .expect("waited")
    );
    assert!(
        !runner
            .wait_for(LOG, good + 2, PATIENCE)
            .await
            .expect("waited")
    );
    let status = runner.status(LOG).await.expect("a status");
    assert_eq!((status.position, status.head), (good + 1, good + 3));
    let error = status.error.expect("an error");
    assert!(
        error.contains("position") && error.contains("shape 7"),
        "{error}"
    );
    house.assert_warm_at(good + 1).await;
    // Recording goes on, and so do other logs.
    house.append_new(vec![named(4)]).await;
    let other = Uuid::from_u128(0xA);
    house.log.create_log(other).await.expect("a log");
    let facts = story.facts.iter().map(new_fact).collect();
    house
        .log
        .append(append(other, facts))
        .await
        .expect("appended");
    assert!(
        runner
            .wait_for(other, good, PATIENCE)
            .await
            .expect("waited")
    );
    let caught_up = catch_up(&house.pool, &house.log, LOG).await;
    assert!(matches!(caught_up, Err(Error::Payload { position, .. }) if position == good + 2));
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_earlier_fold_are_folded_anew_and_those_of_a_later_one_left_alone() {
    let house = House::new().await;
    let head = house.append(&visits(700).facts).await;
    catch_up(&house.pool, &house.log, LOG)
        .await
        .expect("caught up");
    house
        .execute(
            "update projections.checkpoint set fold_version = 0 where model = 'census';
             update projections.dwelling set row = jsonb_set(row, '{availability}', '[]'),
                 position = 1;
             delete from projections.household",
        )
        .await;
    assert!(matches!(
        Snapshot::load(&house.pool, LOG).await,
        Err(Error::Unsettled(_))
    ));
    let runner = house.runner().await;
    let more = house.append_new(vec![named(1)]).await;
    assert!(runner.wait_for(LOG, more, PATIENCE).await.expect("waited"));
    house.settled().await;
    runner.stop().await;
    assert_eq!(more, head + 1);
    house.assert_warm_at(more).await;

    house
        .execute("update projections.checkpoint set fold_version = 99 where model = 'pilots'")
        .await;
    house.append_new(vec![named(2)]).await;
    let caught_up = catch_up(&house.pool, &house.log, LOG).await;
    assert!(matches!(
        caught_up,
        Err(Error::Newer {
            model: Model::Pilots
        })
    ));
    let rebuilt = house.rebuild(&Model::ALL).await;
    assert!(matches!(rebuilt, Err(Error::Newer { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_table_is_made_anew_and_filled() {
    let house = House::new().await;
    let head = house.append(&visits(5).facts).await;
    catch_up(&house.pool, &house.log, LOG)
        .await
        .expect("caught up");
    let mut conn = house.pool.acquire().await.expect("a connection");
    // Nothing to do: nothing done.
    migrate(&mut conn).await.expect("migrated");
    house.assert_warm_at(head).await;
    house
        .execute(
            "update projections.definition set sql = 'another', mark = 7 where model = 'households';
             update projections.checkpoint set table_mark = 7 where model = 'households';
             alter table projections.household drop column status",
        )
        .await;
    migrate(&mut conn).await.expect("migrated");
    let built = house.builder().renew(&house.log, |_| {}).await;
    assert_eq!(built.expect("built"), [Model::Census, Model::Households]);
    house.assert_warm_at(head).await;
    let built = house.builder().renew(&house.log, |_| {}).await;
    assert_eq!(built.expect("nothing to do"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_the_old_rows_until_a_rebuild_is_done() {
    let house = House::new().await;
    // More than one batch.
    let head = house.append(&visits(900).facts).await;
    catch_up(&house.pool, &house.log, LOG)
        .await
        .expect("caught up");
    house
        .execute("update projections.household set row = jsonb_set(row, '{members}', '[]')")
        .await;
    let before = house.warm().await;

    // Given up half-way.
    let begun = Notify::new();
    let builder = house.builder();
    let rebuilt = builder.rebuild(&house.log, &Model::ALL, |_| begun.notify_one());
    tokio::select! {
        biased;
        () = begun.notified() => {}
        done = rebuilt => panic!("too fast: {done:?}"),
    }
    assert_eq!(house.warm().await, before);

    // Carried through, while a runner folds on and readers read.
    let runner = house.runner().await;
    let reading = async {
        for _ in 0..20 {
            let rows = house.warm().await;
            assert!(rows.position >= head);
            assert_eq!(rows.households.len(), 9);
        }
    };
    let (rebuilt, (), more) = tokio::join!(
        house.rebuild(&Model::ALL),
        reading,
        house.append_new(vec![named(1)]),
    );
    assert_eq!(rebuilt.expect("rebuilt"), Model::ALL);
    assert!(runner.wait_for(LOG, more, PATIENCE).await.expect("waited"));
    house.assert_warm_at(more).await;
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_finds_what_was_tampered_with() {
    let house = House::new().await;
    let mut story = visits(5);
    let visited = story.record(9, visit(1, 30));
    story.correct(visited, 9, visit(1, 40));
    let head = house.append(&story.facts).await;
    catch_up(&house.pool, &house.log, LOG)
        .await
        .expect("caught up");
    house.execute(
        "update projections.pilot set row = jsonb_set(row, '{opening}', 'null');
         delete from projections.timeline where amended_by = (select max(amended_by) from projections.timeline);
         update projections.dwelling set row = jsonb_set(row, '{occupancies}', '[]')
             where dwelling = (select dwelling from projections.dwelling limit 1);
         insert into projections.household
             select log_id, gen_random_uuid(), position, status, admitted_on, exited_on, dwellings,
                    jsonb_set(row, '{household}', to_jsonb(gen_random_uuid()))
             from projections.household limit 1",
    )
    .await;
    let found: BTreeMap<Model, Wrong> = house
        .differences()
        .await
        .into_iter()
        .map(|found| (found.model, found.what))
        .collect();
    let expected = [
        (Model::Pilots, Wrong::Changed),
        (Model::Census, Wrong::Changed),
        (Model::Households, Wrong::Extra),
        (Model::Timeline, Wrong::Missing),
    ];
    assert_eq!(found, expected.into());
    house.rebuild(&Model::ALL).await.expect("rebuilt");
    house.assert_warm_at(head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_lost_its_lock_or_its_connections_goes_on() {
    let house = House::new().await;
    let first = house.runner().await;
    let second = house.runner().await;
    let story = visits(400);
    let mut head = 0;
    for some in story.facts.chunks(50) {
        head = house.append(some).await;
        assert!(first.wait_for(LOG, head, PATIENCE).await.expect("waited"));
        // Every connection to this database but those of the test itself.
        house
            .execute(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid()
                   and pid in (select pid from pg_locks where locktype = 'advisory')",
            )
            .await;
    }
    assert!(second.wait_for(LOG, head, PATIENCE).await.expect("waited"));
    house.assert_warm_at(head).await;
    first.stop().await;
    // Stopping twice does no harm.
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projecting_role_keeps_the_rows_and_can_do_no_more() {
    let house = House::new().await;
    let head = house.append(&visits(5).facts).await;
    let service = house
        .database
        .options()
        .options([("role", eventlog::PROJECT_ROLE)]);
    let pool = PgPool::connect_with(service).await.expect("a pool");
    let log = Reader::new(Source::whole(pool.clone()));
    let role: String = sqlx::query_scalar("select current_user::text")
        .fetch_one(&pool)
        .await
        .expect("a role");
    assert_eq!(role, eventlog::PROJECT_ROLE);
    let runner = Runner::start(pool.clone(), log.clone(), None);
    assert!(runner.wait_for(LOG, head, PATIENCE).await.expect("waited"));
    // What the owner built, the service reads and keeps warm.
    house.rebuild(&Model::ALL).await.expect("rebuilt");
    let more = house.append_new(vec![named(1)]).await;
    assert!(runner.wait_for(LOG, more, PATIENCE).await.expect("waited"));
    assert_eq!(compare(&pool, &log, LOG).await.expect("compared"), []);
    runner.stop().await;
    for refused in [
        "truncate projections.household",
        "drop table projections.household",
        "update projections.definition set sql = ''",
        "delete from projections.checkpoint",
        "alter table projections.household disable row level security",
        "drop policy own_logs on projections.household",
        "create table projections.another (n integer)",
        "create table projections_next.another (n integer)",
        "alter table projections.household set schema projections_old",
    ] {
        let error = sqlx::raw_sql(refused)
            .execute(&pool)
            .await
            .expect_err(refused);
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_to_the_tables() {
    let house = House::new().await;
    let mut story = Story::default();
    story.record(0, opened("prova"));
    story.record(0, registered(1));
    story.record(0, registered(2));
    for h in 1..4 {
        story.record(1, referred(h));
    }
    story.record(2, decided(3, AdmissionDecision::Waiting));
    story.record(2, admitted(1, Some(1), 1, &[]));
    story.record(3, admitted(2, Some(2), 2, &[]));
    story.record(4, moved(2, 1));
    let visited = story.record(4, visit(1, 10));
    story.correct(visited, 4, visit(1, 20));
    story.record(9, exited(1, &[1]));
    house.append(&story.facts).await;
    catch_up(&house.pool, &house.log, LOG)
        .await
        .expect("caught up");
    let cold = Snapshot::fold(PILOT, &story.facts);
    let db = &house.pool;

    assert_eq!(
        pilots::all(db).await.expect("rows"),
        vec![cold.pilot.clone()]
    );
    assert_eq!(
        pilots::one(db, LOG).await.expect("a row"),
        Some(cold.pilot.clone())
    );
    assert_eq!(pilots::by_code(db, "prova").await.expect("rows").len(), 1);
    assert_eq!(
        pilots::by_hmis_project(db, "hmis-prova")
            .await
            .expect("rows")
            .len(),
        1
    );
    assert_eq!(
        pilots::find(db, "hmis-prova").await.expect("a pilot"),
        Some(PILOT)
    );
    assert_eq!(
        pilots::find(db, "prova").await.expect("a pilot"),
        Some(PILOT)
    );
    assert_eq!(pilots::find(db, "altro").await.expect("none"), None);

    assert_eq!(census::all(db, LOG).await.expect("rows").len(), 2);
    let dwelling_row = census::one(db, LOG, dwelling(1))
        .await
        .expect("a row")
        .expect("a dwelling");
    assert_eq!(dwelling_row.occupancies.len(), 2);

    let ids = |rows: Vec<households::HouseholdRow>| -> Vec<_> {
        rows.into_iter().map(|row| row.household).collect()
    };
    let all = households::page(db, LOG, None, None, 9)
        .await
        .expect("rows");
    assert_eq!(ids(all), [household(1), household(2), household(3)]);
    let page = households::page(db, LOG, None, Some(household(1)), 1)
        .await
        .expect("rows");
    assert_eq!(ids(page), [household(2)]);
    let left = households::page(db, LOG, Some(HouseholdStatus::Left), None, 9)
        .await
        .expect("rows");
    assert_eq!(ids(left), [household(1)]);
    let filter = Filter {
        dwelling: Some(dwelling(1)),
        ..Filter::default()
    };
    let there = households::page(db, LOG, filter, None, 9)
        .await
        .expect("rows");
    assert_eq!(ids(there), [household(1), household(2)]);
    let counts = households::counts(db, LOG).await.expect("counts");
    assert_eq!(counts[&HouseholdStatus::Waiting], 1);
    assert_eq!(counts[&HouseholdStatus::Declined], 0);
    let one = households::one(db, LOG, household(3)).await.expect("a row");
    assert_eq!(one.map(|row| row.status()), Some(HouseholdStatus::Waiting));

    let history = timeline::page(&house.log, LOG, household(1), 0, 99)
        .await
        .expect("rows");
    assert_eq!(history.len(), 5);
    let rest = timeline::page(&house.log, LOG, household(1), history[0].position, 2)
        .await
        .expect("rows");
    assert_eq!(rest, history[1..3]);
    let marked = timeline::at(&house.log, LOG, visited)
        .await
        .expect("a row")
        .expect("a visit");
    assert_eq!(marked.corrected_by, [visited + 1]);
}
