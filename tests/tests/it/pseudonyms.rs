//! Whoever evaluates is given pseudonyms: the same whenever she asks, nobody else's, and no own id of a
//! household in anything that she can ask.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use app::{App, Names, Strictness};
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use events::access::{Holder, RoleGranted};
use events::codes::Role;
use events::{Event, HouseholdId, PilotId};
use policy::{Action, Held, Scope, held};
use serde_json::{Value, json};
use server::graphql::{Rule, rule};
use sources::demo;
use uuid::Uuid;

use crate::house::{House, list};
use crate::story::{self, *};

/// Another pilot.
const OTHER: Uuid = Uuid::from_u128(0x1ff);

/// Types of ids that are the pilot's and no household's.
const KEPT: [&str; 9] = [
    "PilotId",
    "DwellingId",
    "PartnerId",
    "ExpenseId",
    "PledgeId",
    "MeetingId",
    "DecisionId",
    "AgreementId",
    "ReportId",
];

/// Somebody who evaluates a pilot.
struct Evaluator {
    holder: Holder,
    token: String,
}

impl Evaluator {
    async fn of(house: &House, pilots: &[PilotId], relative_dates: bool) -> Self {
        let app = &house.app;
        let (id, token) = house.bare_token(app.now(), None).await;
        let holder = Holder::Token(id);
        for pilot in pilots {
            let granted = RoleGranted {
                holder,
                role: Role::Evaluator,
                partner: None,
                until: None,
                relative_dates,
                bound_to: None,
            };
            let scope = Scope::Pilot(*pilot);
            let granted = app.grant("test", app.new_id(), scope, granted).await;
            granted.expect("it is granted");
        }
        Self { holder, token }
    }

    fn names(&self, house: &House, pilot: PilotId) -> Names {
        Names::pseudonyms(pilot, house.app.vault(), self.holder, false)
    }
}

/// A house with the whole demonstration in it.
async fn with_demo() -> (House, PilotId) {
    let house = House::open().await;
    let pilot = demo::pilot_id(&house.app);
    let plan = demo::plan(demo::SEED, &house.app);
    let loaded = house
        .app
        .load(pilot, "demo", &plan, Strictness::Strict, |_| ())
        .await
        .expect("no fault");
    assert!(loaded.rejected.is_empty(), "{:?}", loaded.rejected);
    house.app.catch_up(pilot).await.expect("no fault");
    (house, pilot)
}

/// What a log really says: ids with their types as `Debug` writes them, and more that must not be told.
struct Truth {
    /// By type.
    ids: BTreeSet<(String, Uuid)>,
    /// Ids of facts and commands.
    facts: BTreeSet<Uuid>,
    /// Sealed bytes.
    sealed: BTreeSet<String>,
    /// Days of facts of households, and those of the pilot's own.
    days: BTreeSet<String>,
    own_days: BTreeSet<String>,
}

impl Truth {
    async fn of(app: &App, pilot: PilotId) -> Self {
        let mut truth = Self {
            ids: BTreeSet::new(),
            facts: BTreeSet::new(),
            sealed: BTreeSet::new(),
            days: BTreeSet::new(),
            own_days: BTreeSet::new(),
        };
        let recorded = app.whole().read(pilot.0, 0, 100_000).await.expect("facts");
        for fact in recorded {
            let data = fact.payload.value();
            let event = Event::decode(&fact.kind, fact.shape, data.clone()).expect("it opens");
            truth.ids.extend(ids_in(&format!("{event:?}")));
            truth.facts.extend([fact.id, fact.command]);
            let mut texts = Vec::new();
            sealed_in(&data, &mut texts);
            truth.sealed.extend(texts);
            let days = match fact.stream.starts_with("household/") {
                true => &mut truth.days,
                false => &mut truth.own_days,
            };
            days.insert(fact.occurred_on.to_string());
            // The frame speaks of other days too: when something is due, planned, or closed.
            if !fact.stream.starts_with("household/") {
                truth.own_days.extend(days_in(&data));
            }
        }
        truth
    }

    /// Ids that nobody is told who is given pseudonyms.
    fn hidden(&self) -> BTreeSet<Uuid> {
        let own = self.ids.iter();
        let own = own.filter(|(kind, _)| !KEPT.contains(&kind.as_str()));
        own.map(|(_, id)| *id).chain(self.facts.clone()).collect()
    }

    fn kept(&self) -> BTreeSet<Uuid> {
        let own = self.ids.iter();
        let own = own.filter(|(kind, _)| KEPT.contains(&kind.as_str()));
        own.map(|(_, id)| *id).collect()
    }
}

/// Every day that a payload names.
fn days_in(data: &Value) -> BTreeSet<String> {
    match data {
        Value::String(text) if text.parse::<chrono::NaiveDate>().is_ok() => {
            BTreeSet::from([text.clone()])
        }
        Value::Array(items) => items.iter().flat_map(days_in).collect(),
        Value::Object(map) => map.values().flat_map(days_in).collect(),
        _ => BTreeSet::new(),
    }
}

/// `Type(uuid)`, wherever it is written.
fn ids_in(text: &str) -> BTreeSet<(String, Uuid)> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('(') {
        let id = text
            .get(at + 1..at + 37)
            .and_then(|id| Uuid::parse_str(id).ok());
        let name = text[..at]
            .rsplit(|c: char| !c.is_ascii_alphanumeric())
            .next();
        if let (Some(id), Some(name)) = (id, name) {
            found.insert((name.to_owned(), id));
        }
    }
    found
}

fn sealed_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) if map.contains_key("nonce") => {
            let texts = ["key", "nonce", "text"].into_iter();
            found.extend(texts.filter_map(|name| map[name].as_str().map(str::to_owned)));
        }
        Value::Object(map) => map.values().for_each(|it| sealed_in(it, found)),
        Value::Array(values) => values.iter().for_each(|it| sealed_in(it, found)),
        _ => {}
    }
}

/// Every UUID in a text.
fn uuids(text: &str) -> BTreeSet<Uuid> {
    let mut found = BTreeSet::new();
    for at in 0..text.len().saturating_sub(35) {
        let id = text.get(at..at + 36).filter(|id| id.as_bytes()[8] == b'-');
        found.extend(id.and_then(|id| Uuid::parse_str(id).ok()));
    }
    found
}

/// Fields of objects, by type: the field, what it returns, its arguments that must be given.
type Fields = BTreeMap<String, Vec<(String, String, bool)>>;

fn schema() -> Fields {
    fn base(ty: &Type) -> String {
        match &ty.base {
            BaseType::Named(name) => name.to_string(),
            BaseType::List(of) => base(of),
        }
    }
    let document = async_graphql::parser::parse_schema(server::graphql::sdl()).expect("a schema");
    let mut fields = Fields::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(defined) = definition else {
            continue;
        };
        let TypeKind::Object(object) = &defined.node.kind else {
            continue;
        };
        let of = object.fields.iter().map(|field| {
            let field = &field.node;
            let pages = field
                .arguments
                .iter()
                .any(|it| it.node.name.node == "first");
            (field.name.node.to_string(), base(&field.ty.node), pages)
        });
        fields.insert(defined.node.name.node.to_string(), of.collect());
    }
    fields
}

/// Everything below a type that an evaluator may ask, as a selection.
fn everything(fields: &Fields, of: &str, before: &mut Vec<String>) -> String {
    let mut selection = String::from("__typename");
    for (field, returned, pages) in &fields[of] {
        let may = match rule(of, field) {
            Some(Rule::May(action)) => held(Role::Evaluator, action) == Held::Yes,
            Some(Rule::AsAsked) => true,
            None => false,
        };
        if !may || before.contains(returned) {
            continue;
        }
        let arguments = if *pages { "(first: 200)" } else { "" };
        if fields.contains_key(returned) {
            before.push(returned.clone());
            let below = everything(fields, returned, before);
            before.pop();
            selection.push_str(&format!(" {field}{arguments} {{ {below} }}"));
        } else {
            selection.push_str(&format!(" {field}"));
        }
    }
    selection
}

/// All answers to all that an evaluator can ask of a pilot, one text each; errors are answers too.
async fn whole_view(house: &House, token: &str, pilot: PilotId) -> Vec<String> {
    let fields = schema();
    let below = |of: &str| everything(&fields, of, &mut vec![of.to_owned()]);
    let mut answers = Vec::new();
    let mut questions: Vec<String> = vec![
        format!("pilots {{ {} }}", below("Pilot")),
        format!("pilot(id: $pilot) {{ {} }}", below("Pilot")),
        format!("dwellings(pilot: $pilot) {{ {} }}", below("Dwelling")),
        "unseen(pilot: $pilot, days: 0, on: \"2025-01-15\") { household { id } since days }"
            .to_owned(),
    ];
    let period = "period: { from: \"2024-01-01\", to: \"2026-12-31\" }";
    let evaluation = below("Evaluation");
    questions.push(format!(
        "indicators(pilot: $pilot, {period}) {{ {evaluation} }}"
    ));
    let history = below("HistoryConnection");
    for dates in ["CALENDAR", "SINCE_ADMISSION"] {
        questions.push(format!(
            "histories(pilot: $pilot, dates: {dates}, first: 20) {{ {history} }}"
        ));
    }
    for question in questions {
        let declared = if question.contains("$pilot") {
            "($pilot: ID!)"
        } else {
            ""
        };
        let query = format!("query{declared} {{ {question} }}");
        let answer = house.ask(token, &query, json!({ "pilot": pilot })).await;
        answers.push(answer.text);
    }
    answers.extend(log_view(house, token, pilot).await);
    let query = "query($pilot: ID!) { households(pilot: $pilot, first: 200) {
        edges { cursor node { id } } pageInfo { startCursor endCursor }
    } }";
    let listed = house.data(token, query, json!({ "pilot": pilot })).await;
    answers.push(listed.to_string());
    for edge in list(&listed["households"]["edges"]) {
        assert_eq!(edge["cursor"], edge["node"]["id"]);
        let query = format!(
            "query($pilot: ID!, $id: ID!) {{ household(pilot: $pilot, id: $id) {{ {} }} }}",
            below("Household")
        );
        let variables = json!({ "pilot": pilot, "id": edge["node"]["id"] });
        answers.push(house.ask(token, &query, variables).await.text);
    }
    answers
}

async fn log_view(house: &House, token: &str, pilot: PilotId) -> Vec<String> {
    let query =
        "query($pilot: ID!, $after: String) { events(pilot: $pilot, first: 200, after: $after) {
        edges { cursor node {
            id position stream version also kind label shape occurredOn recordedAt enteredAt actor
            command data
        } }
        pageInfo { hasNextPage endCursor }
    } }";
    let (mut answers, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "pilot": pilot, "after": after });
        let answer = house.ask(token, query, variables).await;
        let body = answer.json();
        answers.push(answer.text);
        let page = &body["data"]["events"]["pageInfo"];
        if page["hasNextPage"] != true {
            return answers;
        }
        after = page["endCursor"].clone();
    }
}

#[tokio::test]
async fn no_own_id_and_nothing_sealed_is_in_any_answer_and_two_views_share_no_id() {
    let (house, pilot) = with_demo().await;
    let truth = Truth::of(&house.app, pilot).await;
    let (hidden, mut kept) = (truth.hidden(), truth.kept());
    kept.insert(pilot.0);
    for kind in [
        "HouseholdId",
        "PersonId",
        "GoalId",
        "JobId",
        "ConsentId",
        "TrainingId",
    ] {
        assert!(truth.ids.iter().any(|(of, _)| of == kind), "no {kind}");
    }
    let mut views: Vec<BTreeSet<Uuid>> = Vec::new();
    for _ in 0..2 {
        let evaluator = Evaluator::of(&house, &[pilot], false).await;
        let mut seen = BTreeSet::new();
        for text in whole_view(&house, &evaluator.token, pilot).await {
            assert!(text.len() > 100, "{text}");
            let body: Value = serde_json::from_str(&text).expect("JSON");
            assert!(body.get("errors").is_none(), "{:#}", body["errors"]);
            let told = uuids(&text);
            let own: Vec<_> = told.intersection(&hidden).collect();
            assert!(own.is_empty(), "{own:?} in {}", &text[..200]);
            for sealed in &truth.sealed {
                assert!(!text.contains(sealed), "{sealed}");
            }
            seen.extend(told);
        }
        views.push(seen);
    }
    // What both see is the pilot's.
    let both: Vec<_> = views[0].intersection(&views[1]).collect();
    let shared: Vec<_> = both.into_iter().filter(|id| !kept.contains(id)).collect();
    assert!(shared.is_empty(), "{shared:?}");
    assert!(views[0].difference(&kept).count() > 100);
    house.close().await;
}

#[tokio::test]
async fn what_is_not_hers_is_answered_like_what_does_not_exist() {
    let (house, pilot) = with_demo().await;
    let (one, other) = (
        Evaluator::of(&house, &[pilot], false).await,
        Evaluator::of(&house, &[pilot], false).await,
    );
    let truth = Truth::of(&house.app, pilot).await;
    let (_, own) = truth
        .ids
        .iter()
        .find(|(kind, _)| kind == "HouseholdId")
        .expect("one");
    let own = HouseholdId(*own);
    let query = "query($pilot: ID!, $id: ID!) { household(pilot: $pilot, id: $id) { id status } }";
    let ask = async |token: &str, id: String| {
        let began = Instant::now();
        let answer = house
            .ask(token, query, json!({ "pilot": pilot, "id": id }))
            .await;
        (answer.text, began.elapsed())
    };
    let hers = one.names(&house, pilot).household(own);
    let (found, _) = ask(&one.token, hers.to_string()).await;
    let found: Value = serde_json::from_str(&found).expect("JSON");
    assert_eq!(found["data"]["household"]["id"], json!(hers), "{found}");

    let classes = [
        ("an own id", own.to_string()),
        (
            "another's name",
            other.names(&house, pilot).household(own).to_string(),
        ),
        (
            "a name elsewhere",
            one.names(&house, PilotId(OTHER)).household(own).to_string(),
        ),
        (
            "a guess",
            Uuid::from_u128(0x018f_ffff_0000_7000_8000_0000_0000_0001).to_string(),
        ),
        ("no id", "nobody".to_owned()),
    ];
    let (expected, _) = ask(&one.token, Uuid::from_u128(1).to_string()).await;
    assert!(expected.contains("NOT_FOUND"), "{expected}");
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for _ in 0..200 {
        for (class, id) in &classes {
            let (text, took) = ask(&one.token, id.clone()).await;
            assert_eq!(text, expected, "{class}");
            times.entry(class).or_default().push(took);
        }
    }
    let medians: BTreeMap<&str, Duration> = times
        .into_iter()
        .map(|(class, mut took)| {
            took.sort_unstable();
            (class, took[took.len() / 2])
        })
        .collect();
    let (least, most) = (
        medians.values().min().unwrap(),
        medians.values().max().unwrap(),
    );
    // One more row read and decoded would show.
    assert!(
        most.as_secs_f64() < least.as_secs_f64() * 1.25,
        "{medians:?}"
    );
    house.close().await;
}

#[tokio::test]
async fn names_stay_and_are_others_in_another_pilot() {
    let house = House::open().await;
    let installer = house.token(Role::Coordinator, None).await;
    tell(&house, &installer).await;
    for (n, mut step) in story().into_iter().enumerate() {
        if step.kind == "PilotOpened" {
            step.content["code"] = json!("altrove");
        }
        let input = input(story::command(500 + n), OTHER, step.on, step.content);
        let payload = record(&house, &installer, step.mutation, input).await;
        assert_eq!(payload["__typename"], "Recorded", "{payload}");
    }
    let pilots = [PilotId(PILOT), PilotId(OTHER)];
    let evaluator = Evaluator::of(&house, &pilots, false).await;
    let query = "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
        id members { person } goals { id } work { jobs { id person } }
    } } } }";
    let view = async |house: &House, pilot: PilotId| {
        let found = house.data(&evaluator.token, query, json!({ "pilot": pilot }));
        found.await
    };
    let here = view(&house, pilots[0]).await;
    let there = view(&house, pilots[1]).await;
    let (ours, theirs) = (uuids(&here.to_string()), uuids(&there.to_string()));
    assert!(ours.len() > 3, "{here}");
    assert!(ours.is_disjoint(&theirs), "{here} {there}");
    // Another process with the same keys says the same.
    let neighbour = house.neighbour(true).await;
    let neighbour = House::over(house.database.clone(), neighbour).await;
    assert_eq!(view(&neighbour, pilots[0]).await, here);
    neighbour.close().await;
    house.close().await;
}

#[tokio::test]
async fn in_her_own_view_everything_joins() {
    let (house, pilot) = with_demo().await;
    let evaluator = Evaluator::of(&house, &[pilot], false).await;
    let query = "query($pilot: ID!, $status: HouseholdStatus, $after: String) {
        households(pilot: $pilot, first: 3, status: $status, after: $after) {
            edges { cursor node { id members { person } assessments { person } } }
            pageInfo { hasNextPage endCursor }
        }
    }";
    let mut pages: Vec<(String, BTreeSet<String>)> = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "pilot": pilot, "after": after });
        let page = house.data(&evaluator.token, query, variables).await["households"].take();
        for edge in list(&page["edges"]) {
            let text = |value: &Value| value.as_str().expect("an id").to_owned();
            let persons = |of: &str| -> BTreeSet<String> {
                let of = list(&edge["node"][of]).iter();
                of.map(|it| text(&it["person"])).collect()
            };
            let members = persons("members");
            assert!(persons("assessments").is_subset(&members), "{edge:#}");
            pages.push((text(&edge["node"]["id"]), members));
        }
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let ids: Vec<&String> = pages.iter().map(|(id, _)| id).collect();
    assert!(ids.is_sorted() && ids.len() > 3, "{ids:?}");
    let streams: BTreeSet<String> = log_view(&house, &evaluator.token, pilot)
        .await
        .iter()
        .flat_map(|text| {
            let body: Value = serde_json::from_str(text).expect("JSON");
            let edges = list(&body["data"]["events"]["edges"]).to_vec();
            edges.into_iter().filter_map(|edge| {
                let stream = edge["node"]["stream"].as_str()?;
                Some(stream.strip_prefix("household/")?.to_owned())
            })
        })
        .collect();
    assert_eq!(streams, ids.into_iter().cloned().collect());
    house.close().await;
}

#[tokio::test]
async fn who_is_told_days_is_told_no_date_of_a_household() {
    let (house, pilot) = with_demo().await;
    let truth = Truth::of(&house.app, pilot).await;
    let strict = Evaluator::of(&house, &[pilot], true).await;
    let mut refused = 0;
    for text in whole_view(&house, &strict.token, pilot).await {
        let body: Value = serde_json::from_str(&text).expect("JSON");
        for error in body["errors"].as_array().into_iter().flatten() {
            assert_eq!(error["extensions"]["code"], "RELATIVE_DATES", "{error}");
            refused += 1;
        }
        for day in truth.days.difference(&truth.own_days) {
            assert!(!text.contains(day), "{day} in {}", &text[..200]);
        }
    }
    assert!(refused > 50, "{refused}");
    let query = "query($pilot: ID!, $dates: Dates) { histories(pilot: $pilot, dates: $dates) {
        edges { node { household origin entries { day on position kind data } } }
    } }";
    let variables = json!({ "pilot": pilot });
    let found = house.data(&strict.token, query, variables).await;
    let mut admitted = 0;
    for edge in list(&found["histories"]["edges"]) {
        for entry in list(&edge["node"]["entries"]) {
            assert!(
                entry["on"].is_null() && entry["position"].is_null(),
                "{entry}"
            );
            if entry["kind"] == "Admission" && edge["node"]["origin"] == "ADMISSION" {
                assert_eq!(entry["day"], 0, "{entry}");
                admitted += 1;
            }
        }
    }
    assert!(admitted > 2, "{admitted}");
    let calendar = json!({ "pilot": pilot, "dates": "CALENDAR" });
    let answer = house.ask(&strict.token, query, calendar).await;
    assert_eq!(answer.codes(), ["RELATIVE_DATES"], "{}", answer.text);
    house.close().await;
}

#[test]
fn only_evaluators_see_households_without_their_own_ids() {
    use events::CodeList;
    let roles = Role::ENTRIES.iter().map(|entry| entry.value);
    let found = roles.filter(|role| {
        held(*role, Action::SeeHouseholds) == Held::Yes
            && held(*role, Action::SeeOwnIds) != Held::Yes
    });
    assert_eq!(found.collect::<Vec<_>>(), [Role::Evaluator]);
}
