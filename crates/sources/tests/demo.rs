//! The demonstration: repeatable, varied, and nothing in it that a decider refuses.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{Command, Context, Proposal, View};
use events::codes::{ExpenseLine, FollowUpResult};
use events::{
    CATALOGUE, Event, Fact, Money, NotSealed, PersonId, PilotId, Position, Seal, SealedBytes,
    Stream, effective,
};
use sources::{Ids, demo};
use uuid::Uuid;

/// Ids from the parts themselves (FNV-1a, twice).
struct Plainly;

impl Ids for Plainly {
    fn id(&self, purpose: &str, parts: &[&str]) -> Uuid {
        let text = format!("{purpose}\u{1f}{}", parts.join("\u{1f}"));
        let hash = |start: u64| {
            text.bytes().fold(start, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        };
        Uuid::from_u64_pair(hash(0xcbf2_9ce4_8422_2325), hash(0x6c62_272e_07bb_0142))
    }
}

/// Seals by hiding nothing, so that contents can be compared.
struct Openly;

impl Seal for Openly {
    fn seal_bytes(&self, person: PersonId, plain: &[u8]) -> Result<SealedBytes, NotSealed> {
        Ok(SealedBytes {
            person,
            key: String::new(),
            nonce: String::new(),
            text: String::from_utf8_lossy(plain).into_owned(),
        })
    }
}

/// Seals by throwing away.
struct Blindly;

impl Seal for Blindly {
    fn seal_bytes(&self, person: PersonId, _: &[u8]) -> Result<SealedBytes, NotSealed> {
        let empty = String::new;
        Ok(SealedBytes {
            person,
            key: empty(),
            nonce: empty(),
            text: empty(),
        })
    }
}

fn event(proposal: &Proposal, sealer: &dyn Seal) -> Event {
    (proposal.draft)(sealer).expect("the test's sealers never fail")
}

fn json(event: &Event) -> String {
    event.encode().expect("encodes").data.to_string()
}

type Content = (Uuid, NaiveDate, Option<DateTime<Utc>>, Event);

fn content(seed: u64) -> Vec<Content> {
    let plan = demo::plan(seed, &Plainly);
    plan.iter()
        .map(|p| (p.command, p.occurred_on, p.entered_at, event(p, &Openly)))
        .collect()
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

/// The last day of the demonstration.
fn today() -> NaiveDate {
    day(2025, 12, 31)
}

fn several_seeds() -> impl Iterator<Item = u64> {
    (0..24).chain([demo::SEED, u64::MAX])
}

/// Days from the event to its entry in the register.
fn delays(plan: &[Proposal]) -> Vec<i64> {
    plan.iter()
        .map(|p| (p.entered_at.expect("entered").date_naive() - p.occurred_on).num_days())
        .collect()
}

/// A log in memory, recorded a minute a fact.
fn record(plan: &[Proposal], pilot: PilotId) -> Vec<Fact> {
    let context = Context { today: today() };
    let mut log: Vec<Fact> = Vec::new();
    for (position, proposal) in (1..).zip(plan) {
        let command = Command {
            occurred_on: proposal.occurred_on,
            event: event(proposal, &Openly),
        };
        let view = view(&log, pilot, &command);
        let decided = domain::decide(&view, &command, &context).unwrap_or_else(|refusal| {
            panic!(
                "{position}: {refusal:?}\n{} {}",
                command.occurred_on,
                json(&command.event)
            )
        });
        let recorded_at = today().and_hms_opt(0, 0, 0).expect("midnight").and_utc()
            + TimeDelta::minutes(position);
        log.push(Fact {
            position,
            id: Plainly.id("fact", &[&position.to_string()]),
            stream: decided.stream,
            also: decided.also,
            occurred_on: decided.occurred_on,
            recorded_at,
            entered_at: proposal.entered_at,
            actor: "demo".to_owned(),
            command: proposal.command,
            cause: None,
            event: decided.event,
        });
    }
    log
}

fn view(log: &[Fact], pilot: PilotId, command: &Command) -> View {
    let mut view = View::new(pilot);
    let mut next = target(&command.event);
    while let Some(fact) = next.and_then(|position| at(log, position)) {
        next = target(&fact.event);
        view.add_target(fact.clone());
    }
    loop {
        let missing = view.missing(command);
        if missing.is_empty() {
            return view;
        }
        for stream in missing {
            view.insert(stream, entries(log, stream));
        }
    }
}

fn target(event: &Event) -> Option<Position> {
    match event {
        Event::RecordCorrected(correction) => Some(correction.position),
        Event::RecordRetracted(retraction) => Some(retraction.position),
        _ => None,
    }
}

fn at(log: &[Fact], position: Position) -> Option<&Fact> {
    log.get(usize::try_from(position - 1).ok()?)
}

fn entries(log: &[Fact], stream: Stream) -> Vec<Fact> {
    let concerned = |fact: &&Fact| fact.stream == stream || fact.also.contains(&stream);
    log.iter().filter(concerned).cloned().collect()
}

#[test]
fn every_proposal_is_accepted_under_every_seed() {
    let pilot = demo::pilot_id(&Plainly);
    for seed in several_seeds() {
        let plan = demo::plan(seed, &Plainly);
        assert_eq!(record(&plan, pilot).len(), plan.len(), "seed {seed}");
    }
}

#[test]
fn a_seed_tells_one_story() {
    assert_eq!(content(demo::SEED), content(demo::SEED));
    assert_ne!(content(demo::SEED), content(demo::SEED + 1));
}

#[test]
fn there_are_some_five_hundred_facts_of_every_kind() {
    for seed in several_seeds() {
        let content = content(seed);
        assert!(
            (400..=600).contains(&content.len()),
            "seed {seed}: {}",
            content.len()
        );
        let kinds: BTreeSet<_> = content.iter().map(|(.., event)| event.kind()).collect();
        let all: BTreeSet<_> = CATALOGUE.iter().map(|shape| shape.kind).collect();
        assert_eq!(kinds, all, "seed {seed}");
    }
}

#[test]
fn every_command_has_an_id_of_its_own() {
    let content = content(demo::SEED);
    let commands: BTreeSet<_> = content.iter().map(|(command, ..)| *command).collect();
    assert_eq!(commands.len(), content.len());
}

#[test]
fn facts_come_in_the_order_in_which_they_were_written_down() {
    for seed in several_seeds() {
        let plan = demo::plan(seed, &Plainly);
        assert!(
            plan.is_sorted_by_key(|proposal| proposal.entered_at),
            "seed {seed}"
        );
        // Which is not the order in which they happened.
        assert!(
            !plan.is_sorted_by_key(|proposal| proposal.occurred_on),
            "seed {seed}"
        );
        assert!(delays(&plan).iter().all(|&days| days >= 0), "seed {seed}");
        let last = plan.iter().filter_map(|proposal| proposal.entered_at).max();
        assert!(
            last.is_some_and(|last| last.date_naive() < today()),
            "seed {seed}"
        );
    }
}

#[test]
fn some_facts_fall_in_every_band_of_timeliness() {
    for seed in several_seeds() {
        let delays = delays(&demo::plan(seed, &Plainly));
        let share = |from: i64, to: i64| {
            let within = delays
                .iter()
                .filter(|days| (from..=to).contains(days))
                .count();
            100 * within / delays.len()
        };
        assert!(
            (40..=75).contains(&share(0, 0)),
            "seed {seed}: {}",
            share(0, 0)
        );
        for (from, to) in [(1, 3), (4, 6), (7, 10), (11, i64::MAX)] {
            assert!(
                (2..=40).contains(&share(from, to)),
                "seed {seed}: {}",
                share(from, to)
            );
        }
    }
}

#[test]
fn some_facts_came_after_the_experimental_phase_they_belong_to() {
    let end = day(2025, 9, 30);
    let plan = demo::plan(demo::SEED, &Plainly);
    let late = plan
        .iter()
        .filter(|p| p.occurred_on <= end && p.entered_at.is_some_and(|at| at.date_naive() > end));
    assert!(late.count() >= 3);
}

#[test]
fn nothing_personal_is_in_the_clear() {
    let plan = demo::plan(demo::SEED, &Plainly);
    let texts = demo::sealed_texts();
    let all = |sealer: &dyn Seal| {
        plan.iter()
            .map(|p| json(&event(p, sealer)))
            .collect::<Vec<_>>()
            .join("\n")
            .to_lowercase()
    };
    let (open, sealed) = (all(&Openly), all(&Blindly));
    for text in &texts {
        assert!(
            !sealed.contains(&text.to_lowercase()),
            "in the clear: {text}"
        );
    }
    let found = texts
        .iter()
        .filter(|text| open.contains(&text.to_lowercase()))
        .count();
    assert!(
        found >= 40,
        "only {found} of {} texts are used",
        texts.len()
    );
}

#[test]
fn the_money_is_the_published_money() {
    let log = record(&demo::plan(demo::SEED, &Plainly), demo::pilot_id(&Plainly));
    let mut spent: BTreeMap<(&str, bool), Money> = BTreeMap::new();
    let marcegaglia = Plainly.id("demo partner", &["Fondazione Marcegaglia"]);
    let gal = Plainly.id("demo partner", &["GAL Terre del Po"]);
    for fact in effective(&log) {
        let Event::ExpenseRecorded(expense) = fact.event else {
            continue;
        };
        let renovation = expense.line == ExpenseLine::Renovation;
        let source = match expense.source.map(|partner| partner.0) {
            Some(id) if id == marcegaglia => "marcegaglia",
            Some(id) if id == gal => "gal",
            _ => "others",
        };
        *spent.entry((source, renovation)).or_default() += expense.amount;
    }
    assert_eq!(spent[&("gal", true)], Money::new(3_762_040, 2));
    assert_eq!(
        spent[&("others", true)],
        Money::new(5_173_739 - 3_762_040, 2)
    );
    let management = spent[&("marcegaglia", false)];
    let granted = Money::new(2_950_000, 2);
    assert!(management <= granted && management * Money::from(10) >= granted * Money::from(9));
}

#[test]
fn the_year_is_varied() {
    let log = record(&demo::plan(demo::SEED, &Plainly), demo::pilot_id(&Plainly));
    let history: Vec<Event> = effective(&log).into_iter().map(|fact| fact.event).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &history {
        *counts.entry(event.kind()).or_default() += 1;
    }
    assert_eq!(
        (
            counts["ReferralReceived"],
            counts["Admission"],
            counts["Exit"]
        ),
        (14, 9, 6)
    );
    assert!(
        (150..=220).contains(&counts["Visit"]),
        "{} visits",
        counts["Visit"]
    );
    assert!(
        (80..=120).contains(&counts["ServiceProvided"]),
        "{counts:?}"
    );
    let attainments: BTreeSet<i8> = history
        .iter()
        .filter_map(|event| match event {
            Event::GoalReviewed(review) => Some(review.attainment),
            _ => None,
        })
        .collect();
    assert_eq!(attainments, (-2..=2).collect());
    let results: BTreeSet<FollowUpResult> = history
        .iter()
        .filter_map(|event| match event {
            Event::FollowUpRecorded(follow_up) => Some(follow_up.result),
            _ => None,
        })
        .collect();
    assert_eq!(results.len(), 3);
    let visits: BTreeSet<_> = history
        .iter()
        .filter_map(|event| match event {
            Event::Visit(visit) => Some(visit.kind),
            _ => None,
        })
        .collect();
    assert_eq!(visits.len(), 5, "visits of every kind");
    let purposes: BTreeSet<_> = history
        .iter()
        .filter_map(|event| match event {
            Event::Visit(visit) => Some(visit.purpose),
            _ => None,
        })
        .collect();
    assert_eq!(purposes.len(), 9, "visits for every purpose");
}

#[test]
fn a_correction_was_itself_corrected() {
    let content = content(demo::SEED);
    let kind_at = |position: Position| {
        let index = usize::try_from(position - 1).expect("a position");
        content[index].3.kind()
    };
    let targets: Vec<(&str, Position)> = content
        .iter()
        .filter_map(|(.., event)| target(event).map(|position| (event.kind(), position)))
        .collect();
    let again = |(kind, position): &&(&str, Position)| {
        *kind == "RecordCorrected" && kind_at(*position) == "RecordCorrected"
    };
    assert_eq!(targets.iter().filter(again).count(), 1);
    assert_eq!(
        targets
            .iter()
            .filter(|(kind, _)| *kind == "RecordRetracted")
            .count(),
        2
    );
    assert_eq!(targets.len(), 10);
}
