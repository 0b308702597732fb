//! A read model can be deleted at any moment and comes back the same.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use app::{App, Database, Strictness};
use events::PilotId;
use projections::{Builder, Model, Snapshot};
use sources::demo;
use sqlx::PgPool;

use crate::house::{migrate, pools, vault};
use crate::kit;

/// A service that keeps its read models warm, and what builds them anew.
async fn house() -> (App, Builder) {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    let builder = Database::new(database.options()).builder();
    (
        App::serving(pools(&database).await, vault(&database).await),
        builder,
    )
}

/// Every row of every table of the read models, checkpoints included, as text.
async fn rows(pool: &PgPool) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, query) in [
        (
            "checkpoint",
            "select t::text from projections.checkpoint as t order by 1",
        ),
        (
            "pilot",
            "select t::text from projections.pilot as t order by 1",
        ),
        (
            "dwelling",
            "select t::text from projections.dwelling as t order by 1",
        ),
        (
            "household",
            "select t::text from projections.household as t order by 1",
        ),
        (
            "plans",
            "select t::text from projections.plans as t order by 1",
        ),
        (
            "work",
            "select t::text from projections.work as t order by 1",
        ),
        (
            "safety",
            "select t::text from projections.safety as t order by 1",
        ),
        (
            "network",
            "select t::text from projections.network as t order by 1",
        ),
        (
            "ledger",
            "select t::text from projections.ledger as t order by 1",
        ),
        (
            "committee",
            "select t::text from projections.committee as t order by 1",
        ),
        (
            "agenda_household",
            "select t::text from projections.agenda_household as t order by 1",
        ),
        (
            "agenda_pilot",
            "select t::text from projections.agenda_pilot as t order by 1",
        ),
        (
            "quality_household",
            "select t::text from projections.quality_household as t order by 1",
        ),
        (
            "quality_pilot",
            "select t::text from projections.quality_pilot as t order by 1",
        ),
        (
            "timeline",
            "select t::text from projections.timeline as t order by 1",
        ),
    ] {
        let found = sqlx::query_scalar::<_, String>(query).fetch_all(pool).await;
        let found = found.expect("a table");
        // An imported project has no committee, and nothing in it was ever amended.
        let may_be_empty = ["committee", "timeline"].contains(&table);
        assert!(may_be_empty || !found.is_empty(), "{table}");
        rows.extend(found.into_iter().map(|row| format!("{table} {row}")));
    }
    rows
}

/// The tables are what the log comes to, and stay so when they are folded anew: all of them, one by
/// one, and after they were emptied.
async fn come_back_the_same(app: &App, builder: &Builder, pilot: PilotId) {
    let head = app.log().head(pilot.0).await.expect("a log").position;
    assert!(
        app.wait_for(pilot, head, kit::PATIENCE)
            .await
            .expect("no fault")
    );
    let warm = rows(app.models()).await;
    assert_eq!(differences(app, pilot).await, 0);
    let each = Model::ALL.map(|model| vec![model]);
    for models in each.into_iter().chain([Model::ALL.to_vec()]) {
        let rebuilt = builder.rebuild(app.log(), &models, |_| ()).await;
        assert!(
            models
                .iter()
                .all(|it| rebuilt.as_ref().expect("rebuilt").contains(it))
        );
        assert!(
            rows(app.models()).await == warm,
            "{models:?} came back different"
        );
    }
    sqlx::raw_sql(
        "delete from projections.pilot; delete from projections.dwelling;
         delete from projections.household; delete from projections.plans;
         delete from projections.work; delete from projections.safety;
         delete from projections.network; delete from projections.ledger;
         delete from projections.committee; delete from projections.agenda_household;
         delete from projections.agenda_pilot; delete from projections.quality_household;
         delete from projections.quality_pilot; delete from projections.timeline",
    )
    .execute(app.models())
    .await
    .expect("emptied");
    assert!(differences(app, pilot).await > 0);
    let rebuilt = builder.rebuild_log(app.log(), pilot.0, &Model::ALL, |_| ());
    assert_eq!(rebuilt.await.expect("rebuilt"), Model::ALL);
    assert!(
        rows(app.models()).await == warm,
        "the rows came back different"
    );
    assert_eq!(differences(app, pilot).await, 0);
}

async fn differences(app: &App, pilot: PilotId) -> usize {
    let compared = projections::compare(app.models(), app.whole(), pilot.0).await;
    compared.expect("compared").len()
}

#[tokio::test]
async fn of_the_demonstration_even_while_facts_are_recorded() {
    let (app, builder) = house().await;
    let pilot = demo::pilot_id(&app);
    let proposals = demo::plan(demo::SEED, &app);
    let (first, rest) = proposals.split_at(proposals.len() / 3);
    let loaded = app.load(pilot, "demo", first, Strictness::Strict, |_| ());
    assert_eq!(loaded.await.expect("no fault").recorded, first.len());

    // Recording, folding on and folding anew at once; what is read in between is never torn.
    let recording = app.load(pilot, "demo", rest, Strictness::Strict, |_| ());
    let mut recording = std::pin::pin!(recording);
    let mut rebuilds = 0;
    let loaded = loop {
        let models = [&Model::ALL[..], &[Model::Census], &[Model::Timeline]][rebuilds % 3];
        let anew = async {
            let rebuilt = builder.rebuild(app.log(), models, |_| ()).await;
            rebuilt.expect("rebuilt");
            assert_eq!(differences(&app, pilot).await, 0);
        };
        let mut anew = std::pin::pin!(anew);
        let ended = tokio::select! {
            loaded = &mut recording => Some(loaded),
            () = &mut anew => None,
        };
        match ended {
            Some(loaded) => {
                anew.await;
                break loaded;
            }
            None => rebuilds += 1,
        }
    };
    assert_eq!(loaded.expect("no fault").recorded, rest.len());
    assert!(
        rebuilds > 3,
        "only {rebuilds} rebuilds while facts were recorded"
    );
    println!(
        "{rebuilds} rebuilds while {} facts were recorded",
        rest.len()
    );

    come_back_the_same(&app, &builder, pilot).await;
    app.stop().await;
}

/// Who reads meets rows all the time, each log's at one position that never goes back.
#[tokio::test(flavor = "multi_thread")]
async fn while_facts_are_recorded_and_questions_asked_all_the_time() {
    let (app, builder) = house().await;
    let pilot = demo::pilot_id(&app);
    let proposals = demo::plan(demo::SEED, &app);
    let (first, rest) = proposals.split_at(proposals.len() / 3);
    let loaded = app.load(pilot, "demo", first, Strictness::Strict, |_| ());
    assert_eq!(loaded.await.expect("no fault").recorded, first.len());
    let head = app.log().head(pilot.0).await.expect("a log").position;
    assert!(
        app.wait_for(pilot, head, kit::PATIENCE)
            .await
            .expect("no fault")
    );

    let done = AtomicBool::new(false);
    let begun = std::time::Instant::now();
    let (built, read) = (AtomicU64::new(0), AtomicU64::new(0));
    let recording = async {
        let loaded = app.load(pilot, "demo", rest, Strictness::Strict, |_| ());
        assert_eq!(loaded.await.expect("no fault").recorded, rest.len());
        done.store(true, Ordering::Relaxed);
    };
    let building = async {
        while !done.load(Ordering::Relaxed) {
            let rebuilt = builder.rebuild(app.log(), &Model::ALL, |_| ()).await;
            assert_eq!(rebuilt.expect("rebuilt"), Model::ALL);
            built.fetch_add(1, Ordering::Relaxed);
        }
    };
    let reading = async {
        let mut least = 0;
        let (mut households, mut facts) = (0, 0);
        while !done.load(Ordering::Relaxed) {
            let rows = Snapshot::load(app.models(), pilot.0).await.expect("rows");
            assert!(rows.position >= least, "{} after {least}", rows.position);
            let told = rows.timeline.entries.len();
            assert!(rows.households.len() >= households && told >= facts);
            (least, households, facts) = (rows.position, rows.households.len(), told);
            let page = projections::households::page(app.models(), pilot.0, None, None, 500).await;
            assert!(page.expect("rows").len() >= households);
            read.fetch_add(1, Ordering::Relaxed);
        }
    };
    tokio::join!(recording, building, reading);
    let (built, read) = (built.into_inner(), read.into_inner());
    assert!(
        built > 1 && read > 10,
        "built {built} times, read {read} times"
    );
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "built {built} times, read {:.0} times and recorded {:.0} facts a second",
        read as f64 / seconds,
        rest.len() as f64 / seconds
    );
    let head = app.log().head(pilot.0).await.expect("a log").position;
    assert!(
        app.wait_for(pilot, head, kit::PATIENCE)
            .await
            .expect("no fault")
    );
    assert_eq!(differences(&app, pilot).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn of_an_imported_project() {
    let Some(directory) = kit::directory() else {
        return;
    };
    let (app, builder) = house().await;
    let imported = kit::import(&app, &kit::source(&directory), "1560").await;
    assert!(imported.loaded.recorded > 0);
    come_back_the_same(&app, &builder, imported.pilot).await;
    app.stop().await;
}
