//! The demonstration: repeatable, varied, and nothing in it that a decider refuses.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{Command, Context, Proposal, View, named_position};
use evaluation::{Indicator, Period, Value, evaluate, newest_set};
use events::codes::{BreachKind, ExpenseLine, FollowUpResult, MoveReason};
use events::{
    CATALOGUE, Event, Fact, Money, NotSealed, PersonId, PilotId, Position, Seal, SealedBytes,
    Stream, effective,
};
use projections::Snapshot;
use projections::ledger::Standing;
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

/// Fewer, for what takes longer.
fn some_seeds() -> impl Iterator<Item = u64> {
    [demo::SEED, 0, 7, 13, 19, u64::MAX].into_iter()
}

/// Days from the event to its entry in the register.
fn delays(plan: &[Proposal]) -> Vec<i64> {
    plan.iter()
        .map(|p| (p.entered_at.expect("entered").date_naive() - p.occurred_on).num_days())
        .collect()
}

/// A log in memory, recorded a minute a fact.
fn record(plan: &[Proposal], pilot: PilotId) -> Vec<Fact> {
    let mut log: Vec<Fact> = Vec::new();
    for (position, proposal) in (1..).zip(plan) {
        let actor = proposal.actor.as_deref().unwrap_or("demo").to_owned();
        let context = Context {
            today: today(),
            actor: actor.clone(),
        };
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
            actor,
            command: proposal.command,
            cause: None,
            event: decided.event,
        });
    }
    log
}

fn view(log: &[Fact], pilot: PilotId, command: &Command) -> View {
    let mut view = View::new(pilot);
    let mut next = named_position(&command.event);
    while let Some(fact) = next.and_then(|position| at(log, position)) {
        next = named_position(&fact.event);
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
fn there_are_some_eight_hundred_facts_of_every_kind() {
    for seed in several_seeds() {
        let content = content(seed);
        assert!(
            (750..=950).contains(&content.len()),
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
        (15, 9, 6)
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
        .filter_map(|(.., event)| named_position(event).map(|position| (event.kind(), position)))
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
        4
    );
    let confirmed = |(kind, _): &&(&str, Position)| *kind == "RecordConfirmed";
    assert_eq!(targets.iter().filter(confirmed).count(), 15);
    assert_eq!(targets.len(), 12 + 15);
}

/// Indicators without a figure at the end of the demonstration, and why.
const UNDEFINED: &[(u16, &str)] = &[];

/// The quarters of the demonstration.
fn quarters() -> [Period; 5] {
    let period = |from, to| Period::new(from, to).expect("a period");
    [
        period(day(2024, 10, 1), day(2024, 12, 31)),
        period(day(2025, 1, 1), day(2025, 3, 31)),
        period(day(2025, 4, 1), day(2025, 6, 30)),
        period(day(2025, 7, 1), day(2025, 9, 30)),
        period(day(2025, 10, 1), today()),
    ]
}

/// One line for each indicator, to be read when a test fails.
fn table(indicators: &[Indicator]) -> String {
    let row = |indicator: &Indicator| {
        let (number, code) = (indicator.number, indicator.code);
        format!("{number:>2} {code:<24} {:?}\n", indicator.value)
    };
    indicators.iter().map(row).collect()
}

#[test]
fn every_indicator_has_a_figure_at_the_end() {
    let pilot = demo::pilot_id(&Plainly);
    for seed in some_seeds() {
        let log = record(&demo::plan(seed, &Plainly), pilot);
        let snapshot = Snapshot::fold(pilot, &log);
        let whole = Period::new(day(2024, 10, 1), today()).expect("a period");
        for period in quarters().into_iter().chain([whole]) {
            let numbers = evaluate(&snapshot, period);
            let numbers = numbers.iter().map(|indicator| indicator.number);
            let all = newest_set().members.iter().map(|(number, _)| *number);
            assert!(numbers.eq(all), "seed {seed}, {period:?}");
        }
        let indicators = evaluate(&snapshot, whole);
        let is_undefined = |one: &&Indicator| matches!(one.value, Value::Undefined(_));
        let undefined: BTreeSet<u16> = indicators
            .iter()
            .filter(is_undefined)
            .map(|one| one.number)
            .collect();
        let expected: BTreeSet<u16> = UNDEFINED.iter().map(|(number, _)| *number).collect();
        assert_eq!(undefined, expected, "seed {seed}\n{}", table(&indicators));
    }
}

/// The recorded facts of one kind, each with its place.
fn recorded<'a, T: 'a>(
    log: &'a [Fact],
    which: impl Fn(&'a Event) -> Option<&'a T> + 'a,
) -> impl Iterator<Item = (&'a Fact, &'a T)> {
    log.iter()
        .filter_map(move |fact| Some((fact, which(&fact.event)?)))
}

#[test]
fn four_eyes_have_seen_everything_but_what_still_waits() {
    let pilot = demo::pilot_id(&Plainly);
    for seed in some_seeds() {
        let log = record(&demo::plan(seed, &Plainly), pilot);
        let actors: BTreeSet<&str> = log.iter().map(|fact| fact.actor.as_str()).collect();
        assert_eq!(actors.len(), 2, "seed {seed}");

        let history = effective(&log);
        let exits = history
            .iter()
            .filter(|fact| matches!(fact.event, Event::Exit(_)));
        let waiting = exits.clone().filter(|exit| exit.confirmed_by.is_none());
        assert_eq!(waiting.count(), 1, "seed {seed}");
        let corrected_and_confirmed =
            |exit: &&events::Effective| exit.corrected_by.is_some() && exit.confirmed_by.is_some();
        assert_eq!(
            exits.filter(corrected_and_confirmed).count(),
            1,
            "seed {seed}"
        );

        let ledger = Snapshot::fold(pilot, &log).ledger;
        let standing = ledger
            .expenses
            .iter()
            .map(|expense| ledger.standing(expense, today()));
        let (mut committed, mut approved) = (0, 0);
        for standing in standing {
            match standing {
                Standing::Committed => committed += 1,
                Standing::Spent(Some(_)) => approved += 1,
                Standing::Spent(None) => {}
            }
        }
        assert_eq!(committed, 1, "seed {seed}");
        assert!(approved >= 15, "seed {seed}: {approved}");
    }
}

#[test]
fn every_closed_period_has_late_facts() {
    let pilot = demo::pilot_id(&Plainly);
    for seed in some_seeds() {
        let log = record(&demo::plan(seed, &Plainly), pilot);
        let closed = recorded(&log, |event| match event {
            Event::PeriodClosed(period) => Some(period),
            _ => None,
        });
        let mut periods = 0;
        for (closing, period) in closed {
            periods += 1;
            let is_late = |fact: &Fact| {
                let within = (period.from..=period.to).contains(&fact.occurred_on);
                within && fact.position > closing.position
            };
            assert!(
                log.iter().any(is_late),
                "seed {seed}, {} to {}",
                period.from,
                period.to
            );
        }
        assert_eq!(periods, 4, "seed {seed}");
    }
}

#[test]
fn late_facts_have_a_report_restated() {
    let pilot = demo::pilot_id(&Plainly);
    for seed in some_seeds() {
        let log = record(&demo::plan(seed, &Plainly), pilot);
        let published = recorded(&log, |event| match event {
            Event::ReportPublished(report) => Some(report),
            _ => None,
        });
        let (_, published) = published.last().expect("a report");
        let restated = recorded(&log, |event| match event {
            Event::ReportRestated(report) => Some(report),
            _ => None,
        });
        let (_, restated) = restated.last().expect("a restated report");
        assert_eq!(restated.restates, published.report);
        let contacts = |figures: &str| {
            let figures: serde_json::Value = serde_json::from_str(figures).expect("figures");
            figures["contacts"].as_u64().expect("a number")
        };
        let late: Vec<&Fact> = log
            .iter()
            .filter(|fact| {
                let within = (published.from..=published.to).contains(&fact.occurred_on);
                let between =
                    published.position < fact.position && fact.position < restated.position;
                within && between && matches!(fact.event, Event::Visit(_))
            })
            .collect();
        assert!(!late.is_empty(), "seed {seed}");
        let places: Vec<Position> = late.iter().map(|fact| fact.position).collect();
        assert_eq!(restated.causes, places, "seed {seed}");
        let more = contacts(&restated.figures) - contacts(&published.figures);
        assert_eq!(more, places.len() as u64, "seed {seed}");
        // The figures are those of the effective history at the time.
        let visits = effective(&log[..at_index(published.position)])
            .into_iter()
            .filter(|fact| (published.from..=published.to).contains(&fact.occurred_on))
            .filter(|fact| matches!(fact.event, Event::Visit(_)));
        assert_eq!(
            contacts(&published.figures),
            visits.count() as u64,
            "seed {seed}"
        );
    }
}

fn at_index(position: Position) -> usize {
    usize::try_from(position).expect("a position")
}

#[test]
fn life_goes_on_when_the_pilot_has_closed() {
    for seed in several_seeds() {
        let content = content(seed);
        let closed = content
            .iter()
            .find(|(.., event)| matches!(event, Event::PilotClosed(_)))
            .expect("a closing");
        let after: BTreeSet<&str> = content
            .iter()
            .filter(|(_, on, ..)| *on > closed.1)
            .map(|(.., event)| event.kind())
            .collect();
        for kind in ["FollowUpRecorded", "FundingReceived", "NoteAdded"] {
            assert!(after.contains(kind), "seed {seed}: {kind}");
        }
    }
}

#[test]
fn a_breach_of_the_address_leads_to_a_move() {
    for seed in several_seeds() {
        let content = content(seed);
        let breach = content.iter().find_map(|(_, on, _, event)| match event {
            Event::ProtectionBreached(breach) if breach.kind == BreachKind::AddressDisclosed => {
                Some((breach.household, *on))
            }
            _ => None,
        });
        let (household, on) = breach.expect("a breach");
        let moved = content.iter().any(|(_, moved, _, event)| {
            matches!(event, Event::DwellingChanged(change)
                if change.household == household && change.reason == MoveReason::Safety)
                && *moved >= on
                && (*moved - on).num_days() <= 14
        });
        assert!(moved, "seed {seed}");
    }
}
