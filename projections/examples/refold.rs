//! How fast read models are built anew, against how fast the log is read.
//!
//! `cargo run --release -p projections --example refold -- [FACTS] [HOUSEHOLDS]` fills a log in a
//! throwaway PostgreSQL with a million facts of two thousand households, unless told otherwise.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement: what it finds is printed, and a fault ends it"
)]

use std::time::Instant;

use chrono::{Days, NaiveDate};
use eventlog::{Append, EventLog, LogId, NewFact};
use events::codes::{
    EmploymentStatus, ExpenseLine, GoalDomain, IncomeStage, LivingSituation, ReferralSource,
    Relation, Service, Urgency, VisitKind, VisitPurpose,
};
use events::*;
use futures_util::StreamExt;
use projections::{Builder, Model, Recall, Recalled, Snapshot, decode};
use uuid::Uuid;

const LOG: LogId = Uuid::from_u128(1);
/// Facts of one command.
const COMMAND: u128 = 500;

#[tokio::main]
async fn main() {
    let mut given = std::env::args().skip(1);
    let mut number = |or: u128| given.next().map_or(or, |n| n.parse().expect("a number"));
    let (facts, households) = (number(1_000_000), number(2_000));

    let database = cluster::testing::database().await;
    let pool = database.pool().await;
    let mut conn = pool.acquire().await.expect("a connection");
    eventlog::migrate(&mut conn)
        .await
        .expect("the log's schema");
    projections::migrate(&mut conn).await.expect("a schema");
    drop(conn);
    let log = EventLog::new(pool.clone());
    log.create_log(LOG).await.expect("a log");
    let begun = Instant::now();
    fill(&log, facts, households).await;
    say("fill the log", facts, begun, None);
    // As if something had been folded up to here, by a fold that is gone.
    sqlx::query(
        "insert into projections.checkpoint (log_id, model, position, fold_version)
         select $1, u.model, $3, 0 from unnest($2::text[]) as u (model)",
    )
    .bind(LOG)
    .bind(Model::ALL.map(Model::name))
    .bind(i64::try_from(facts).expect("a number"))
    .execute(&pool)
    .await
    .expect("checkpoints");
    sqlx::raw_sql("vacuum analyze")
        .execute(&pool)
        .await
        .expect("vacuumed");

    read(&log).await;
    let begun = Instant::now();
    read(&log).await;
    let whole = say("(a) read", facts, begun, None);

    let begun = Instant::now();
    let mut batches = log.read_to(LOG, i64::MAX);
    let mut decoded = Vec::new();
    while let Some(batch) = batches.next().await {
        let batch = batch.expect("facts");
        decoded.extend(batch.iter().map(|fact| decode(fact).expect("a fact")));
    }
    say("(b) read and decode", facts, begun, Some(whole));

    let begun = Instant::now();
    let snapshot = Snapshot::fold(PilotId(LOG), &decoded);
    say(
        "(c) fold in memory, decoded before",
        facts,
        begun,
        Some(whole),
    );

    let builder = Builder::new(database.options());
    // The first time everything: none is there yet.
    builder.rebuild(&log, &[], |_| {}).await.expect("built");
    for (what, models) in [
        ("    timeline alone", &[Model::Timeline][..]),
        ("    households and dwellings alone", &[Model::Households]),
    ] {
        let begun = Instant::now();
        builder.rebuild(&log, models, |_| {}).await.expect("built");
        say(what, facts, begun, Some(whole));
    }
    let begun = Instant::now();
    let built = builder.rebuild(&log, &Model::ALL, |progress| {
        let (position, of, left) = (progress.position, progress.of, progress.left);
        if position % 200_000 == 0 {
            println!(
                "    {position} of {of}, {:.0} facts/s, {left:?} left",
                progress.rate
            );
        }
    });
    built.await.expect("built");
    say("(d) rebuild all read models", facts, begun, Some(whole));
    let warm = Snapshot::load(&pool, LOG).await.expect("rows");
    assert!(warm == snapshot, "the rows are not what the log comes to");
    drop(warm);

    let last = i64::try_from(facts).expect("a number");
    let recall = Recall::default();
    as_of(
        &recall,
        &log,
        "(e) as of 10,000 facts ago, cold",
        last - 10_000,
    )
    .await;
    as_of(&recall, &log, "    the same again", last - 10_000).await;
    as_of(&recall, &log, "    as of now, kept and copied", last).await;
    let recall = Recall::default();
    as_of(&recall, &log, "    cold again", last - 20_000).await;
    as_of(&recall, &log, "    10,000 facts later, kept", last - 10_000).await;
    let now = as_of(&recall, &log, "    10,000 facts later, kept", last).await;
    assert!(*now == snapshot, "it is not what was known");
    as_of(&recall, &log, "    now again", last).await;
}

async fn as_of(recall: &Recall, log: &EventLog, what: &str, position: i64) -> Recalled {
    let begun = Instant::now();
    let known = recall.at(log, PilotId(LOG), position).await.expect("facts");
    println!(
        "{what:<40} {:>10.0} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
    known
}

async fn read(log: &EventLog) {
    let mut batches = log.read_to(LOG, i64::MAX);
    while let Some(batch) = batches.next().await {
        batch.expect("facts");
    }
}

/// Prints facts per second, also as a part of how fast the log is read; returns it.
fn say(what: &str, facts: u128, begun: Instant, whole: Option<f64>) -> f64 {
    let facts = u32::try_from(facts).expect("a number");
    let rate = f64::from(facts) / begun.elapsed().as_secs_f64();
    let part = whole.map_or(String::new(), |whole| format!("{:>8.2}", rate / whole));
    println!("{what:<40} {rate:>10.0} facts/s {part}");
    rate
}

async fn fill(log: &EventLog, facts: u128, households: u128) {
    let all: Vec<u128> = (0..facts).collect();
    let commands = all.chunks(usize::try_from(COMMAND).expect("a number"));
    let appends = commands.map(|some| {
        let facts = some.iter().map(|n| fact(*n, households)).collect();
        log.append(Append {
            log: LOG,
            command: id(9, some[0]),
            digest: vec![1],
            actor: "refold".into(),
            expected: vec![],
            facts,
        })
    });
    let mut appended = futures_util::stream::iter(appends).buffered(8);
    while let Some(appended) = appended.next().await {
        appended.expect("appended");
    }
}

fn id(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128((kind << 100) | n)
}

/// The households take turns.
fn fact(n: u128, households: u128) -> NewFact {
    let (whose, turn) = (n % households, n / households);
    let household = HouseholdId(id(1, whose));
    let dwelling = DwellingId(id(2, whose % 300));
    let event = if n == 0 {
        opened()
    } else {
        event(household, dwelling, turn, whose)
    };
    let stream = event.stream().expect("a stream");
    let also = event.dwelling().map(|id| Stream::Dwelling(id).to_string());
    let encoded = event.encode().expect("JSON");
    let first = NaiveDate::from_ymd_opt(2020, 1, 1).expect("a day");
    NewFact {
        id: id(8, n),
        stream: stream.to_string(),
        also: also.into_iter().collect(),
        kind: encoded.kind,
        shape: encoded.shape,
        occurred_on: first + Days::new(u64::try_from(turn * 3).expect("a number")),
        entered_at: None,
        cause: None,
        payload: encoded.data,
    }
}

fn opened() -> Event {
    PilotOpened {
        title: "Prova".into(),
        place: "Trento".into(),
        code: "prova".into(),
        currency: codes::Currency::Eur,
        hmis_project: None,
    }
    .into()
}

fn event(household: HouseholdId, dwelling: DwellingId, turn: u128, whose: u128) -> Event {
    let person = PersonId(id(3, whose));
    let goal = |turn: u128| GoalId(id(4, (whose << 40) | (turn / 50)));
    match turn {
        0 => ReferralReceived {
            household,
            source: Answer::Known(ReferralSource::Refuge),
            adults: 1,
            children: 0,
            urgency: Answer::Known(Urgency::Planned),
        }
        .into(),
        1 => admission(household, dwelling, person),
        2 => PlanAgreed {
            household,
            review_due: None,
        }
        .into(),
        _ if turn % 50 == 3 => GoalSet {
            household,
            goal: goal(turn),
            domain: GoalDomain::Housing,
            due: None,
            text: Some(sealed(person)),
        }
        .into(),
        _ if turn % 50 == 30 => GoalReviewed {
            household,
            goal: goal(turn),
            attainment: 0,
            note: None,
        }
        .into(),
        _ if turn % 50 == 40 => IncomeRecorded {
            household,
            person,
            stage: IncomeStage::Entry,
            income: Answer::Known(Income::default()),
        }
        .into(),
        _ if turn % 50 == 45 && whose.is_multiple_of(20) => ExpenseRecorded {
            expense: ExpenseId(id(6, (whose << 40) | turn)),
            line: ExpenseLine::Furniture,
            source: None,
            amount: rust_decimal::Decimal::new(1250, 2),
            description: "Letti".into(),
        }
        .into(),
        _ if turn % 5 == 1 => ServiceProvided {
            household,
            person: None,
            partner: None,
            service: Service::Legal,
            minutes: Some(30),
            amount: None,
            note: None,
        }
        .into(),
        _ => Visit {
            household,
            kind: VisitKind::Home,
            purpose: VisitPurpose::Support,
            minutes: 45,
            present: vec![],
            partners: vec![],
            note: Some(sealed(person)),
        }
        .into(),
    }
}

fn admission(household: HouseholdId, dwelling: DwellingId, person: PersonId) -> Event {
    let head = Member {
        person,
        identity: sealed(person),
        relation: Answer::Known(Relation::Head),
        birth: Answer::NotCollected,
        prior_living_situation: Answer::Known(LivingSituation::Refuge),
        without_home_since: Answer::DoesNotKnow,
        employment: Answer::Known(EmploymentStatus::Looking),
        citizenship: Answer::NotCollected,
    };
    Admission {
        household,
        dwelling: Some(dwelling),
        members: vec![head],
    }
    .into()
}

fn sealed<T>(person: PersonId) -> Sealed<T> {
    Sealed::new(SealedBytes {
        person,
        key: "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5".into(),
        nonce: "bm9uY2Vub25jZW5vbmNlbm9uY2Vub25j".into(),
        text: "dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0dGV4dHRleHR0ZXh0"
            .into(),
    })
}
