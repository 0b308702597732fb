//! Every field that can be asked for, asked for over HTTP, of a pilot in which everything happened.

use std::collections::{BTreeMap, BTreeSet};

use app::Names;
use async_graphql::parser::types::{
    BaseType, Selection, SelectionSet, Type, TypeKind, TypeSystemDefinition,
};
use events::access::Holder;
use events::codes::{Audience, Language, ReportFormat, RestatementReason, Role};
use events::{Artefact, Event, HouseholdId, PilotId, ReportId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{House, list};
use crate::logs::{Book, heard};
use crate::mutations::{self, NOTES, Said, by_somebody_else, say, tell_the_stay};
use crate::story::{self, *};

/// The day that is asked about: the household lives there.
const DAY: &str = "2024-06-15";
/// A day after everything.
const LATER: &str = "2025-12-31";

/// The pilot's frame, committee, agenda and quality, and the dwellings: nothing about a household.
pub(crate) const FRAME: &str = "query($pilot: ID!, $on: NaiveDate!) {
    pilots { id }
    pilot(id: $pilot) {
        id code title place currency openedOn
        hmisProject { projectId projectType }
        phases(on: $on) {
            position startedOn phase firstPlannedEnd plannedEnd endedOn
            extensions { position on plannedEnd decision }
        }
        month(on: $on) { number of extendedTo }
        partners { id position name kind joinedOn left { position on reason } }
        rules {
            position on approveExpensesAbove confirmAdmission confirmExit askCitizenship
            unseenAfterDays retention { afterExitMonths afterRefusalMonths }
        }
        targets { position on indicator value direction due setBy }
        agreements { id position on kind title partners validUntil }
        closures { position on from to }
        reports {
            id position on restates { report reason causes } from to language audience definitions
            evaluated artefacts { format sha256 }
        }
        closing { position on end }
        committee {
            meetings {
                id planned { position on plannedFor }
                held { position on attendance { partner attendance } }
            }
            decisions {
                id position on meeting title responsible due closed { position on outcome }
            }
        }
        agenda(on: $on) {
            kind state since position due windowOpens windowCloses positions
            subject { expense meeting decision indicator from to phase month }
            done { position on decision }
            dropped { position on } ended { position on }
        }
        quality(on: $on) {
            timeliness { bands { band count } before slow }
            completeness { element known doesNotKnow prefersNotToAnswer notCollected }
            contradictions { check positions }
            lateFacts { position on closure about }
        }
    }
    dwellings(pilot: $pilot, on: $on) {
        id label rooms beds stepFree available occupied
        availability { position from available reason }
        works { position on kind plannedEnd completedOn completedAt }
        withdrawal { position on reason }
    }
}";

/// The money.
pub(crate) const MONEY: &str = "query($pilot: ID!, $on: NaiveDate!) { pilot(id: $pilot) {
    expenses(on: $on) { id standing }
    ledger {
        pledges { id position on source amount purpose }
        receipts { position on source pledge amount }
        allocations { position on line source amount }
        expenses(on: $on) {
            id position on line source amount description correctedBy needsApproval standing net
            approvals { position on counts } reversals { position on amount reason }
        }
        balance(on: $on) {
            all { pledged received allocated committed spent residual }
            bySource { source sums { spent } }
            byLine { line sums { residual } }
            byMonth { month sums { received } }
        }
    }
} }";

/// The households, without anything that is sealed.
pub(crate) const HOUSEHOLDS: &str = "query($pilot: ID!, $on: NaiveDate!, $household: ID!) {
    pilot(id: $pilot) {
        agenda(on: $on) {
            kind state
            subject { household goal followUp consent serviceReferral }
            done { admission attainment followUp service }
        }
        quality(on: $on) { households {
            timeliness { bands { count } }
            completeness {
                element known doesNotKnow prefersNotToAnswer notCollected notYetDue
            }
            answers(states: [NOT_COLLECTED]) {
                household element person month state settledOn positions
            }
            contradictions { check household person positions }
            lateFacts { position closure }
        } }
    }
    dwellings(pilot: $pilot, on: $on) { occupancies { position household from until } }
    unseen(pilot: $pilot, on: $on, days: 30) { household { id } lastContact since days }
    unseenByTheRules: unseen(pilot: $pilot, on: $on) { days }
    household(pilot: $pilot, id: $household) {
        id status
        referral { position on source adults children urgency }
        referralAssessments { position on suitability immediateDanger }
        withdrawal { position on reason }
        decisions { position on decision reason confirmedBy }
        consents(on: $on) {
            id position on person purposes recipients indicators form expiresOn withdrawnOn
            withdrawnAt state
        }
        enteredOn entryConfirmedBy leftOn position
        agreements { position on endsOn }
        extensions { position on until reason }
        hospitalityEnd(on: $on) { until position extended }
        members {
            person position relation head ageAtEntry ageMissing enteredOn priorLivingSituation
            withoutHomeSince employment citizenship left { position on destination employment }
        }
        occupancies { position dwelling from until reason }
        plan { firstAgreedOn agreedOn reviewDue positions goals { id } }
        goals {
            id position setOn domain due
            terms { position on domain due } revisions { position }
            reviews { position on attainment }
            withdrawn { position on reason }
        }
        assessments {
            position on person instrument version stage scores { area score }
        }
        contacts { position on kind purpose service minutes persons partners amount }
        lastContact(on: $on) { position }
        serviceReferrals {
            id position on person partner service outcomes { position on outcome }
        }
        network(on: $on) {
            partner joined contacts minutes withoutMinutes services { service count }
            attained notAttained unknown open lastContact
        }
        work {
            jobs {
                id position person startedOn contract weeklyHours partner
                ended { position on reason }
            }
            trainings {
                id position person startedOn kind hours partner ended { position on result }
            }
            incomes {
                position on person stage total totalMissing missing
                sources { source amount missing }
            }
            schoolings { position on person kind }
        }
        risks { position on person instrument version stage level }
        incidents { id position on kind severity }
        breaches { position on kind incident }
        agenda(on: $on, kinds: [GOAL, CONSENT_EXPIRY]) { kind state }
        quality(on: $on) { contradictions { check } lateFacts { position closure } }
        later: quality(on: \"2025-12-31\") { contradictions { check } }
        exit {
            position on reason completion clientSafety workerSafety dismissalReason safetyPlan
            confirmedBy
        }
        followUps { position on month result housing employment newViolence safety }
        timeline(first: 200) {
            edges { cursor node {
                position kind label occurredOn recordedAt enteredAt actor data correctedBy
                retractedBy confirmedBy late
            } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }
    households(pilot: $pilot, first: 10) {
        edges { cursor node { id status withdrawal { reason } plan { agreedOn } goals { id } } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
    histories(pilot: $pilot, first: 5) {
        edges { cursor node {
            household origin
            entries { day on position kind label data corrected confirmed late }
        } }
        pageInfo { hasNextPage }
    }
    events(pilot: $pilot, first: 3) {
        edges { cursor node {
            id position stream version also kind label shape occurredOn recordedAt enteredAt actor
            command data
        } }
        pageInfo { hasNextPage }
        head
    }
    indicators(
        pilot: $pilot, period: { from: \"2024-01-01\", to: \"2024-12-31\" }, definitions: 2
    ) {
        pilot from to position recordedAt definitionsVersion
        indicators {
            number code version title englishTitle formula text value numerator denominator
            interval { method level low high } excluded unknown parts groups evidence
        }
    }
}";

/// What is sealed.
pub(crate) const OPENED: &str = "query($pilot: ID!, $household: ID!) {
    household(pilot: $pilot, id: $household) {
        members { identity { givenName familyName bornOn contact } }
        referralAssessments { note }
        goals { text terms { text } reviews { note } }
        contacts { note }
        incidents { note }
        breaches { note }
        notes { position on person text }
    }
}";

/// Access, persons, proofs.
const ACCESS: &str = "query($pilot: ID!) {
    consents(pilot: $pilot) { household consent {
        id position on person purposes recipients indicators form expiresOn withdrawnOn withdrawnAt
        state
    } }
    persons(pilot: $pilot) { id households heads forgotten restricted }
    accessLog(pilot: $pilot, first: 100) {
        edges { cursor node {
            position recordedAt actor kind label person group purpose facts holder role until
            emergency finding
        } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        head
    }
    breakGlassUses(pilot: $pilot) {
        position at holder household reason until finding reviewedAt
    }
    holders(pilot: $pilot) {
        holder roles { role pilot partner since until stands relativeDates boundTo }
    }
    checkpoint(pilot: $pilot) { note size }
    proof(pilot: $pilot, position: 3, since: 2) {
        position leaf inclusion note vkey since { size root consistency }
    }
}";

/// All that is asked, so that every field is.
pub(crate) const QUERIES: [&str; 5] = [FRAME, MONEY, HOUSEHOLDS, OPENED, ACCESS];

/// Everything that happened in the story and beside it, and two editions of a report; how many facts. What
/// else is said comes after the story's stay.
pub(crate) async fn tell_everything(house: &House, token: &str, more: &[Said]) -> i64 {
    tell_the_stay(house, token).await;
    for (n, one) in more.iter().enumerate() {
        say(house, token, 300 + n, one).await;
    }
    let second = house.token(Role::Coordinator, None).await;
    let mut said = mutations::said();
    let contact = json!({ "household": HOUSEHOLD, "month": "MONTH_3", "result": "REACHED" });
    let closing = said.len() - 2;
    said.insert(closing, ("recordFollowUp", "2024-10-01", contact));
    let mut head = 0;
    for (n, one) in said.iter().enumerate() {
        let by_second = n < by_somebody_else().len();
        head = say(house, if by_second { &second } else { token }, n, one).await;
    }
    publish(house, head).await
}

/// Publishes an edition and restates it; where the log then ends.
async fn publish(house: &House, evaluated: i64) -> i64 {
    let artefacts = vec![Artefact {
        format: ReportFormat::Csv,
        sha256: "0".repeat(64),
    }];
    let report = ReportId(Uuid::from_u128(0xa01));
    let published = events::ReportPublished {
        report,
        from: day("2024-01-10"),
        to: day("2024-03-31"),
        definitions: 2,
        position: evaluated,
        language: Language::It,
        audience: Audience::Funder,
        figures: "{}".to_owned(),
        artefacts: artefacts.clone(),
    };
    let restated = events::ReportRestated {
        report: ReportId(Uuid::from_u128(0xa02)),
        restates: report,
        definitions: 2,
        position: evaluated,
        reason: RestatementReason::LateFact,
        causes: vec![2],
        figures: "{}".to_owned(),
        artefacts,
    };
    let facts = [Event::from(published), Event::from(restated)];
    let mut head = evaluated;
    for (n, fact) in facts.into_iter().enumerate() {
        let command = story::command(900 + n);
        let proposal = domain::Proposal::plain(command, day("2025-06-30"), fact);
        let pilot = PilotId(PILOT);
        let done = house.app.execute(pilot, "service", &proposal).await;
        done.expect("it is recorded");
        head = house.app.catch_up(pilot).await.expect("no fault");
    }
    head
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().expect("a day")
}

fn variables(on: &str) -> Value {
    json!({ "pilot": PILOT, "household": HOUSEHOLD, "on": on })
}

// ---- how often the database is asked ----

#[test]
fn each_model_is_asked_once_for_all_households() {
    const QUERY: &str = "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
        plan { agreedOn } goals { id } assessments { position }
        contacts { position } lastContact { position } serviceReferrals { id }
        network { partner }
        work { jobs { id } incomes { position } }
        risks { level } incidents { id } breaches { position }
        agenda { kind } quality { completeness { known } contradictions { check } }
        timeline { edges { node { late } } }
    } } } }";
    let book = Book::default();
    heard(&book, async {
        let house = House::open().await;
        let token = house.token(Role::Coordinator, None).await;
        tell_everything(&house, &token, &[]).await;
        book.page().clear();
        let found = house.data(&token, QUERY, json!({ "pilot": PILOT })).await;
        assert_eq!(list(&found["households"]["edges"]).len(), 2);
        let text = String::from_utf8_lossy(&book.page()).into_owned();
        for table in [
            "household",
            "plans",
            "work",
            "safety",
            "network",
            "agenda_household",
            "quality_household",
            "pilot",
            "agenda_pilot",
            "quality_pilot",
        ] {
            let statement = format!("summary=\"select row from projections.{table} ");
            assert_eq!(text.matches(&statement).count(), 1, "{table}: {text}");
        }
        house.close().await;
    });
}

// ---- what is asked ----

/// Fields by type, each with the type of its value.
pub(crate) type Fields = BTreeMap<String, BTreeMap<String, String>>;

pub(crate) fn fields() -> Fields {
    let document = async_graphql::parser::parse_schema(server::graphql::sdl());
    let mut all = Fields::new();
    for definition in document.expect("a schema").definitions {
        if let TypeSystemDefinition::Type(defined) = definition
            && let TypeKind::Object(object) = defined.node.kind
        {
            let fields = object.fields.into_iter().map(|field| {
                let of = named(&field.node.ty.node);
                (field.node.name.node.to_string(), of)
            });
            all.insert(defined.node.name.node.to_string(), fields.collect());
        }
    }
    all
}

fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => named(of),
    }
}

/// The fields that can be come to from a question.
fn reachable(fields: &Fields) -> BTreeSet<(String, String)> {
    let mut reached = BTreeSet::new();
    let mut types = vec!["Query".to_owned()];
    while let Some(name) = types.pop() {
        for (field, of) in fields.get(&name).into_iter().flatten() {
            if reached.insert((name.clone(), field.clone())) {
                types.push(of.clone());
            }
        }
    }
    reached
}

/// The fields that a request asks for.
fn asked(fields: &Fields, query: &str) -> BTreeSet<(String, String)> {
    let document = async_graphql::parser::parse_query(query).expect("GraphQL");
    let mut asked = BTreeSet::new();
    for (_, operation) in document.operations.iter() {
        ask(
            fields,
            "Query",
            &operation.node.selection_set.node,
            &mut asked,
        );
    }
    asked
}

fn ask(fields: &Fields, of: &str, set: &SelectionSet, asked: &mut BTreeSet<(String, String)>) {
    for selection in &set.items {
        let Selection::Field(field) = &selection.node else {
            panic!("no fragments here");
        };
        let name = field.node.name.node.to_string();
        if let Some(next) = fields[of].get(&name) {
            asked.insert((of.to_owned(), name));
            ask(fields, next, &field.node.selection_set.node, asked);
        }
    }
}

#[test]
fn every_field_is_asked_for() {
    let fields = fields();
    let all: BTreeSet<_> = QUERIES
        .into_iter()
        .flat_map(|query| asked(&fields, query))
        .collect();
    let missing: Vec<_> = reachable(&fields).difference(&all).cloned().collect();
    assert_eq!(missing, [], "they are asked for nowhere");
}

// ---- what is answered ----

/// Is there an element whose members are these?
fn has(found: &Value, place: &str, members: Value) {
    let elements = found.pointer(place).unwrap_or(&Value::Null);
    let elements = match elements {
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let wanted = members.as_object().expect("members");
    let fits = |element: &Value| {
        let mut members = wanted.iter();
        members.all(|(name, value)| element.get(name) == Some(value))
    };
    assert!(
        elements.iter().any(fits),
        "{place} has nothing with {members}: {elements:#?}"
    );
}

#[tokio::test]
async fn what_happened_is_found_where_it_is_asked_for() {
    let house = House::open().await;
    let token = house.token(Role::Coordinator, None).await;
    let head = tell_everything(&house, &token, &[]).await;
    let frame = house.data(&token, FRAME, variables(DAY)).await;
    the_frame(&frame);
    let money = house.data(&token, MONEY, variables(DAY)).await;
    the_money(&money);
    let households = house.data(&token, HOUSEHOLDS, variables(DAY)).await;
    the_household(&households);
    what_is_due(&frame, &households);
    what_came_late(&households, head);
    let opened = house.data(&token, OPENED, variables(DAY)).await;
    has(
        &opened,
        "/household/notes",
        json!({ "text": NOTES[1], "person": PERSONS[0] }),
    );
    has(&opened, "/household/incidents", json!({ "note": NOTES[0] }));
    has(&opened, "/household/breaches", json!({ "note": NOTES[0] }));
    has(
        &opened,
        "/household/referralAssessments",
        json!({ "note": NOTES[0] }),
    );
    // Words revised, and words as they were.
    has(&opened, "/household/goals", json!({ "text": NOTES[0] }));
    has(
        &opened,
        "/household/goals/0/terms",
        json!({ "text": GOAL_TEXT }),
    );
    others_see_less(&house, &households).await;
    house.close().await;
}

fn the_frame(frame: &Value) {
    has(
        frame,
        "/pilot/phases",
        json!({
            "firstPlannedEnd": "2025-01-09", "plannedEnd": "2025-06-30", "endedOn": "2025-07-01",
        }),
    );
    assert_eq!(
        frame["pilot"]["month"],
        json!({ "number": 6, "of": 12, "extendedTo": 18 })
    );
    has(
        frame,
        "/pilot/partners/1/left",
        json!({ "on": "2025-06-01", "reason": "AGREEMENT_ENDED" }),
    );
    has(
        frame,
        "/pilot/rules",
        json!({
            "approveExpensesAbove": "1000", "unseenAfterDays": 30,
            "retention": { "afterExitMonths": 24, "afterRefusalMonths": 6 },
        }),
    );
    has(
        frame,
        "/pilot/targets",
        json!({ "indicator": 1, "value": "12" }),
    );
    has(
        frame,
        "/pilot/agreements",
        json!({ "title": "Protocollo d'intesa" }),
    );
    has(frame, "/pilot/closures", json!({ "to": "2024-03-31" }));
    has(
        frame,
        "/pilot/reports",
        json!({ "from": "2024-01-10", "restates": null }),
    );
    has(
        frame,
        "/pilot/reports/1/restates",
        json!({ "report": Uuid::from_u128(0xa01), "causes": [2] }),
    );
    has(frame, "/pilot/closing", json!({ "end": "AS_PLANNED" }));
    has(
        frame,
        "/pilot/committee/meetings/0/held/attendance",
        json!({ "attendance": "EXCUSED" }),
    );
    has(
        frame,
        "/pilot/committee/decisions/0/closed",
        json!({ "outcome": "CARRIED_OUT" }),
    );
    has(
        frame,
        "/dwellings/2/works",
        json!({ "kind": "ACCESSIBILITY", "completedOn": "2024-04-02" }),
    );
    has(
        frame,
        "/dwellings/2/withdrawal",
        json!({ "reason": "END_OF_LEASE" }),
    );
    has(
        frame,
        "/pilot/quality/completeness",
        json!({ "element": "EXPENSE_SOURCE", "known": 1 }),
    );
}

fn the_money(money: &Value) {
    let ledger = "/pilot/ledger";
    let at = |place: &str| format!("{ledger}{place}");
    has(money, &at("/pledges"), json!({ "amount": "50000" }));
    has(money, &at("/receipts"), json!({ "amount": "20000" }));
    has(money, &at("/allocations"), json!({ "line": "FURNITURE" }));
    has(
        money,
        &at("/expenses"),
        json!({ "needsApproval": true, "standing": "SPENT", "net": "1200.00" }),
    );
    has(
        money,
        &at("/expenses/0/approvals"),
        json!({ "on": "2024-01-23", "counts": true }),
    );
    has(
        money,
        &at("/expenses/0/reversals"),
        json!({ "amount": "34.50" }),
    );
    assert_eq!(
        money["pilot"]["ledger"]["balance"]["all"],
        json!({
            "pledged": "50000", "received": "20000", "allocated": "5000", "committed": "0",
            "spent": "1200.00", "residual": "3800.00",
        })
    );
    has(
        money,
        &at("/balance/byMonth"),
        json!({ "month": "2024-01" }),
    );
    has(money, "/pilot/expenses", json!({ "standing": "SPENT" }));
}

fn the_household(found: &Value) {
    let household = |place: &str, members: Value| {
        has(found, &format!("/household{place}"), members);
    };
    household("/referralAssessments", json!({ "suitability": "SUITABLE" }));
    household(
        "/consents",
        json!({ "state": "WITHDRAWN", "withdrawnOn": "2024-06-01", "indicators": [1, 2] }),
    );
    household("/agreements", json!({ "endsOn": "2024-05-31" }));
    household("/extensions", json!({ "until": "2024-07-31" }));
    household(
        "/hospitalityEnd",
        json!({ "until": "2024-07-31", "extended": true }),
    );
    household(
        "/members",
        json!({ "person": PERSONS[0], "ageAtEntry": 36 }),
    );
    household("/members/3", json!({ "citizenship": "NON_EU" }));
    household(
        "/goals",
        json!({ "due": "2025-03-31", "domain": "EMPLOYMENT" }),
    );
    household("/goals/0/terms", json!({ "due": "2024-12-31" }));
    household("/goals/0/withdrawn", json!({ "reason": "NO_LONGER_HERS" }));
    household(
        "/assessments/0/scores",
        json!({ "area": "employment", "score": null }),
    );
    household("/assessments/0/scores", json!({ "score": 2 }));
    household("/contacts", json!({ "persons": [PERSONS[0]] }));
    household(
        "/serviceReferrals/0/outcomes",
        json!({ "outcome": "ATTAINED" }),
    );
    household(
        "/network",
        json!({ "partner": PARTNER, "joined": true, "contacts": 2, "attained": 1 }),
    );
    household(
        "/network/0/services",
        json!({ "service": "LEGAL", "count": 1 }),
    );
    household(
        "/work/trainings/0/ended",
        json!({ "on": "2024-05-30", "result": "CERTIFIED" }),
    );
    household("/work/schoolings", json!({ "kind": "PRIMARY" }));
    household(
        "/work/incomes",
        json!({ "total": "812.34", "totalMissing": null, "missing": null }),
    );
    household("/risks", json!({ "level": "MEDIUM" }));
    household("/incidents", json!({ "kind": "THREAT_BY_ABUSER" }));
    household("/breaches", json!({ "kind": "ABUSER_AT_DOOR" }));
    household(
        "/exit",
        json!({ "dismissalReason": "HOUSE_RULES", "safetyPlan": "YES" }),
    );
    // The decision was confirmed by somebody else, and it shows in the history too.
    let confirmed = &found["household"]["decisions"][0]["confirmedBy"];
    assert!(confirmed.is_i64(), "{confirmed}");
    let timeline = list(&found["household"]["timeline"]["edges"]).iter();
    let mut decided = timeline.filter(|edge| edge["node"]["kind"] == "AdmissionDecided");
    let decided = decided.next().expect("the decision");
    assert_eq!(decided["node"]["confirmedBy"], json!([confirmed]));
    has(
        found,
        "/household/later/contradictions",
        json!({ "check": "ASKED_TO_LEAVE_WITH_GOALS_REACHED" }),
    );
    // Last seen in March, a hundred days before; the pilot's rules say thirty.
    has(found, "/unseen", json!({ "lastContact": "2024-03-06" }));
    assert_eq!(found["unseen"][0]["household"]["id"], json!(HOUSEHOLD));
    assert_eq!(
        found["unseenByTheRules"],
        json!([{ "days": found["unseen"][0]["days"] }])
    );
    let others = list(&found["households"]["edges"]);
    let withdrawn = others
        .iter()
        .filter(|it| it["node"]["status"] == "WITHDRAWN");
    assert_eq!(withdrawn.count(), 1, "{others:#?}");
    let figures = &found["indicators"];
    assert_eq!(figures["definitionsVersion"], 2);
    assert_eq!(list(&figures["indicators"]).len(), 40);
}

/// What is to be done: the pilot's own, and with the households'.
fn what_is_due(frame: &Value, households: &Value) {
    let all = list(&frame["pilot"]["agenda"]).len();
    assert_eq!(all, list(&households["pilot"]["agenda"]).len());
    has(
        frame,
        "/pilot/agenda",
        json!({ "kind": "EXPENSE_APPROVAL", "state": "DONE" }),
    );
    has(frame, "/pilot/agenda", json!({ "kind": "TARGET" }));
    has(
        households,
        "/pilot/agenda",
        json!({ "kind": "HOSPITALITY_END", "state": "NOT_YET_DUE" }),
    );
    let own = list(&households["household"]["agenda"]);
    let kinds: BTreeSet<_> = own.iter().filter_map(|it| it["kind"].as_str()).collect();
    assert_eq!(kinds, ["CONSENT_EXPIRY", "GOAL"].into());
    has(
        households,
        "/household/agenda",
        json!({ "kind": "GOAL", "state": "DONE" }),
    );
}

/// What was recorded after its period was closed says so, wherever it is asked for.
fn what_came_late(found: &Value, head: i64) {
    let late: BTreeMap<i64, i64> = list(&found["household"]["timeline"]["edges"])
        .iter()
        .filter_map(|edge| {
            let entry = &edge["node"];
            Some((entry["position"].as_i64()?, entry["late"].as_i64()?))
        })
        .collect();
    assert!(late.len() > 5, "{late:?}");
    for edge in list(&found["household"]["timeline"]["edges"]) {
        let entry = &edge["node"];
        let position = entry["position"].as_i64().expect("a position");
        let on = entry["occurredOn"].as_str().expect("a day");
        let expected = late.values().any(|closure| *closure < position)
            && ("2024-01-10"..="2024-03-31").contains(&on);
        assert_eq!(late.contains_key(&position), expected, "{entry:#}");
        assert!(position <= head);
    }
    for place in [
        "/household/quality/lateFacts",
        "/pilot/quality/households/lateFacts",
    ] {
        let rows = list(found.pointer(place).expect("a list")).iter();
        let rows: BTreeMap<i64, i64> = rows
            .filter_map(|row| Some((row["position"].as_i64()?, row["closure"].as_i64()?)))
            .collect();
        assert_eq!(rows, late, "{place}");
    }
}

/// Who may see households sees the same without names; who may not sees the pilot's own.
async fn others_see_less(house: &House, seen: &Value) {
    let pilots = [PilotId(PILOT)];
    let forbidden = |answer: &crate::house::Answer, what: &str| {
        let codes = answer.codes();
        assert!(
            !codes.is_empty() && codes.iter().all(|code| code == "FORBIDDEN"),
            "{what}: {}",
            answer.text
        );
    };
    let evaluator = house.token(Role::Evaluator, Some(&pilots)).await;
    // She asks for the household by the name that she is given for it.
    let holder = Holder::Token(house.token_id(&evaluator).await);
    let names = Names::pseudonyms(PilotId(PILOT), house.app.vault(), holder, false);
    let mut asked = variables(DAY);
    asked["household"] = json!(names.household(HouseholdId(HOUSEHOLD)));
    let theirs = house.ask(&evaluator, HOUSEHOLDS, asked).await;
    assert_eq!(theirs.codes(), Vec::<String>::new(), "{}", theirs.text);
    assert!(!theirs.text.contains(&HOUSEHOLD.to_string()));
    let body = theirs.json();
    let data = &body["data"];
    for place in ["status", "enteredOn", "work/incomes/0/stage", "exit/reason"] {
        let place = format!("/household/{place}");
        assert_eq!(data.pointer(&place), seen.pointer(&place), "{place}");
    }
    for sealed in SEALED.iter().chain(&NOTES) {
        assert!(!theirs.text.contains(sealed), "{sealed}");
    }
    for query in [OPENED, MONEY] {
        let mut asked = variables(DAY);
        asked["household"] = json!(names.household(HouseholdId(HOUSEHOLD)));
        let refused = house.ask(&evaluator, query, asked).await;
        forbidden(&refused, query);
        for sealed in SEALED.iter().chain(&NOTES) {
            assert!(!refused.text.contains(sealed), "{sealed}");
        }
    }

    let member = house.token(Role::CommitteeMember, Some(&pilots)).await;
    let agenda =
        "query($pilot: ID!, $on: NaiveDate!) { pilot(id: $pilot) { agenda(on: $on) { kind } } }";
    let own = house.data(&member, agenda, variables(LATER)).await;
    let entries = list(&own["pilot"]["agenda"]);
    assert!(!entries.is_empty());
    let of_the_pilot = [
        "EXPENSE_APPROVAL",
        "MEETING",
        "COMMITTEE_DECISION",
        "TARGET",
        "PERIOD_CLOSING",
        "REPORT",
        "PHASE_END",
        "PHASE_MONTH",
        "PILOT_CLOSING",
    ];
    for entry in entries {
        let kind = entry["kind"].as_str().expect("a kind");
        assert!(of_the_pilot.contains(&kind), "{entry:#}");
    }
    let refused = house.ask(&member, HOUSEHOLDS, variables(DAY)).await;
    forbidden(&refused, "households");
    assert!(!refused.text.contains(&HOUSEHOLD.to_string()));
    forbidden(&house.ask(&member, MONEY, variables(DAY)).await, "money");
}
