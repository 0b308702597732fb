//! A read model can be deleted at any moment and comes back the same.

use app::{App, Strictness};
use events::PilotId;
use projections::Model;
use sources::demo;
use sqlx::PgPool;

use crate::house::{migrate, pool, vault};
use crate::kit;

/// A service that keeps its read models warm.
async fn house() -> App {
    let database = cluster::testing::database().await;
    migrate(&database).await;
    App::serving(pool(&database).await, vault(&database).await)
}

/// Every row of every table of the read models, checkpoints included, as text.
async fn rows(pool: &PgPool) -> Vec<String> {
    let mut rows = Vec::new();
    for table in [
        "select 'pilot ' || t::text from projections.pilot as t order by 1",
        "select 'dwelling ' || t::text from projections.dwelling as t order by 1",
        "select 'household ' || t::text from projections.household as t order by 1",
        "select 'timeline ' || t::text from projections.timeline as t order by 1",
        "select 'checkpoint ' || t::text from projections.checkpoint as t order by 1",
    ] {
        let table = sqlx::query_scalar::<_, String>(table).fetch_all(pool).await;
        let table = table.expect("a table");
        assert!(!table.is_empty());
        rows.extend(table);
    }
    rows
}

/// The tables are what the log comes to, and stay so when they are folded anew: all of them, one by
/// one, and after they were emptied.
async fn come_back_the_same(app: &App, pilot: PilotId) {
    let head = app.log().head(pilot.0).await.expect("a log").position;
    assert!(
        app.wait_for(pilot, head, kit::PATIENCE)
            .await
            .expect("no fault")
    );
    let warm = rows(app.pool()).await;
    assert_eq!(differences(app, pilot).await, 0);
    let each = Model::ALL.map(|model| vec![model]);
    for models in each.into_iter().chain([Model::ALL.to_vec()]) {
        let rebuilt = projections::rebuild(app.pool(), app.log(), pilot.0, &models, |_| ());
        assert_eq!(rebuilt.await.expect("rebuilt"), head);
        assert!(
            rows(app.pool()).await == warm,
            "{models:?} came back different"
        );
    }
    sqlx::raw_sql(
        "delete from projections.pilot; delete from projections.dwelling;
         delete from projections.household; delete from projections.timeline",
    )
    .execute(app.pool())
    .await
    .expect("emptied");
    assert!(differences(app, pilot).await > 0);
    let rebuilt = projections::rebuild(app.pool(), app.log(), pilot.0, &Model::ALL, |_| ());
    assert_eq!(rebuilt.await.expect("rebuilt"), head);
    assert!(
        rows(app.pool()).await == warm,
        "the rows came back different"
    );
    assert_eq!(differences(app, pilot).await, 0);
}

async fn differences(app: &App, pilot: PilotId) -> usize {
    let compared = projections::compare(app.pool(), app.log(), pilot.0).await;
    compared.expect("compared").len()
}

#[tokio::test]
async fn of_the_demonstration_even_while_facts_are_recorded() {
    let app = house().await;
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
            let rebuilt = projections::rebuild(app.pool(), app.log(), pilot.0, models, |_| ());
            rebuilt.await.expect("rebuilt");
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

    come_back_the_same(&app, pilot).await;
    app.stop().await;
}

#[tokio::test]
async fn of_an_imported_project() {
    let Some(directory) = kit::directory() else {
        return;
    };
    let app = house().await;
    let imported = kit::import(&app, &kit::source(&directory), "1560").await;
    assert!(imported.loaded.recorded > 0);
    come_back_the_same(&app, imported.pilot).await;
    app.stop().await;
}
