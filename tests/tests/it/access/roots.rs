//! Root fields: every question, mutation and subscription, with every role in every standing.

use std::collections::BTreeMap;

use events::codes::Role;
use reqwest::StatusCode;
use uuid::Uuid;

use super::asked::{QUESTIONS, given, inputs, mutation, variables};
use super::expected::{Line, Outcome, expected};
use super::outcome;
use super::site::{
    NO_HOUSEHOLD, NOBODYS, NOBODYS_CODE, OTHER, OTHER_CODE, Site, Standing, UNSHARED, roles,
};
use crate::house::Answer;
use crate::story::{CODE, HOUSEHOLD, PILOT};
use crate::subscription::Subscriber;

/// What went otherwise than expected, and how much was tried.
#[derive(Default)]
struct Tried {
    cases: usize,
    unexpected: Vec<String>,
}

impl Tried {
    fn note(&mut self, what: &str, expected: Outcome, answer: &Answer) {
        self.cases += 1;
        let found = outcome(answer);
        if found != Ok(expected) {
            self.unexpected.push(format!(
                "{what}: expected {expected:?}, found {found:?}: {}",
                answer.text
            ));
        }
    }

    fn same(&mut self, what: &str, one: (&Answer, &str), other: (&Answer, &str)) {
        self.cases += 1;
        let plain = |(answer, name): (&Answer, &str)| {
            (
                answer.status,
                answer.media.clone(),
                answer.text.replace(name, "it"),
            )
        };
        let (one, other) = (plain(one), plain(other));
        if one != other {
            self.unexpected
                .push(format!("{what}: {one:?} is not {other:?}"));
        }
    }

    fn end(self, at_least: usize) {
        let Self { cases, unexpected } = self;
        assert!(
            unexpected.is_empty(),
            "{} of {cases} cases were unexpected:\n{}",
            unexpected.len(),
            unexpected.join("\n")
        );
        assert!(cases >= at_least, "only {cases} cases were tried");
    }
}

/// What is expected of somebody; nothing when her sign-in is not good at all.
fn expected_of(line: &Line, role: Role, standing: Standing) -> Option<Outcome> {
    let outside = line
        .outside
        .expect("a root field says what is told outside");
    match standing {
        Standing::Own => Some(line.roles[&role]),
        Standing::Other | Standing::Ended | Standing::Revoked | Standing::None => Some(outside),
        Standing::TokenExpired | Standing::TokenRevoked => None,
        // A list that shows each her own is empty.
        Standing::OneFactor if role.sees_personal_data() => match outside {
            Outcome::Allow => Some(Outcome::Allow),
            _ => Some(Outcome::Deny),
        },
        Standing::OneFactor => Some(line.roles[&role]),
    }
}

fn is_unauthenticated(answer: &Answer) -> bool {
    answer.status == StatusCode::UNAUTHORIZED && answer.codes() == ["UNAUTHENTICATED"]
}

#[tokio::test]
async fn questions() {
    let site = Site::open().await;
    let lines = expected("query");
    let mut tried = Tried::default();
    assert_eq!(QUESTIONS.len(), lines.len());
    for (name, query) in QUESTIONS {
        let line = &lines[*name];
        for role in roles() {
            for standing in Standing::ALL {
                question(&site, line, query, role, standing, &mut tried).await;
            }
        }
    }
    tried.end(QUESTIONS.len() * 8 * 8);
    site.house.close().await;
}

async fn question(
    site: &Site,
    line: &Line,
    query: &str,
    role: Role,
    standing: Standing,
    tried: &mut Tried,
) {
    let what = format!("{} for {role:?}, {standing:?}", line.name);
    let ask = async |pilot: &str, household: Uuid| {
        let variables = variables(query, pilot, household);
        site.ask(role, standing, query, variables).await
    };
    let own = PILOT.to_string();
    for name in [own.as_str(), CODE] {
        let answer = ask(name, HOUSEHOLD).await;
        match expected_of(line, role, standing) {
            None => {
                tried.cases += 1;
                if !is_unauthenticated(&answer) {
                    tried.unexpected.push(format!("{what}: {}", answer.text));
                }
            }
            Some(Outcome::Partial) => {
                tried.note(&what, Outcome::Allow, &answer);
                let (sees, hidden) = (HOUSEHOLD.to_string(), UNSHARED.to_string());
                assert!(answer.text.contains(&sees), "{what}: {}", answer.text);
                assert!(!answer.text.contains(&hidden), "{what}: {}", answer.text);
                if query.contains("$household") {
                    let unshared = ask(name, UNSHARED).await;
                    tried.note(&what, Outcome::NotFound, &unshared);
                    let nothing = ask(name, NO_HOUSEHOLD).await;
                    let no = NO_HOUSEHOLD.to_string();
                    tried.same(&what, (&unshared, &hidden), (&nothing, &no));
                }
            }
            Some(expected) => tried.note(&what, expected, &answer),
        }
    }
    if !query.contains("$pilot") {
        let answer = ask("", HOUSEHOLD).await;
        let told = answer.text.contains(&own);
        let may = standing == Standing::Own
            || standing == Standing::OneFactor && !role.sees_personal_data();
        assert_eq!(told, may, "{what}: {}", answer.text);
        assert!(!answer.text.contains(&OTHER.to_string()) || standing == Standing::Other);
        return;
    }
    // What is not hers is like what is not there, letter by letter: for who has a role in it another
    // pilot, for everybody else this one.
    let foreign = match standing {
        Standing::Own | Standing::OneFactor => (OTHER.to_string(), OTHER_CODE),
        _ => (own.clone(), CODE),
    };
    let nobodys = (NOBODYS.to_string(), NOBODYS_CODE);
    for (its, no) in [
        (foreign.0.as_str(), nobodys.0.as_str()),
        (foreign.1, nobodys.1),
    ] {
        let (there, nowhere) = (ask(its, HOUSEHOLD).await, ask(no, HOUSEHOLD).await);
        tried.same(&what, (&there, its), (&nowhere, no));
        let told = there.text.replace(its, "it");
        for secret in [
            PILOT.to_string(),
            OTHER.to_string(),
            CODE.to_owned(),
            OTHER_CODE.to_owned(),
        ] {
            assert!(!told.contains(&secret), "{what}: {}", there.text);
        }
    }
}

#[tokio::test]
async fn mutations() {
    let site = Site::open().await;
    let lines = expected("mutation");
    let contents = inputs(HOUSEHOLD);
    let tried_all: Vec<&String> = contents.keys().collect();
    assert_eq!(tried_all, lines.keys().collect::<Vec<_>>());
    let mut tried = Tried::default();
    let before = site.heads().await;
    // First what is not to be done, by anybody; then what is.
    for (name, line) in &lines {
        for role in roles() {
            for standing in Standing::ALL {
                let expected = expected_of(line, role, standing);
                if !does(expected) {
                    refused(&site, line, &contents, (role, standing), &mut tried).await;
                }
            }
            foreign(&site, name, &contents, role, &mut tried).await;
        }
    }
    assert_eq!(site.heads().await, before, "something was recorded");
    for (n, (name, line)) in lines.iter().enumerate() {
        for role in roles() {
            for standing in [Standing::Own, Standing::OneFactor] {
                let expected = expected_of(line, role, standing);
                if does(expected) {
                    let n = 10_000 + 100 * n + 10 * (role as usize) + standing as usize;
                    let input = given(name, &contents[name], n, &PILOT.to_string());
                    let query = mutation(name);
                    let variables = serde_json::json!({ "input": input });
                    let answer = site.ask(role, standing, &query, variables).await;
                    let what = format!("{name} for {role:?}, {standing:?}");
                    tried.note(&what, Outcome::Allow, &answer);
                }
            }
        }
    }
    assert_ne!(site.heads().await, before, "nothing was recorded");
    tried.end(lines.len() * 8 * 8);
    site.house.close().await;
}

fn does(expected: Option<Outcome>) -> bool {
    matches!(expected, Some(Outcome::Allow | Outcome::Partial))
}

async fn refused(
    site: &Site,
    line: &Line,
    contents: &BTreeMap<String, serde_json::Value>,
    (role, standing): (Role, Standing),
    tried: &mut Tried,
) {
    let name = &line.name;
    let what = format!("{name} for {role:?}, {standing:?}");
    let query = mutation(name);
    let ask = async |pilot: &str| {
        let input = given(name, &contents[name], 9_000, pilot);
        let variables = serde_json::json!({ "input": input });
        site.ask(role, standing, &query, variables).await
    };
    let own = PILOT.to_string();
    let answer = ask(&own).await;
    match expected_of(line, role, standing) {
        None => {
            tried.cases += 1;
            if !is_unauthenticated(&answer) {
                tried.unexpected.push(format!("{what}: {}", answer.text));
            }
        }
        Some(expected) => {
            tried.note(&what, expected, &answer);
            if expected == Outcome::NotFound {
                let nobodys = NOBODYS.to_string();
                let nowhere = ask(&nobodys).await;
                tried.same(&what, (&answer, &own), (&nowhere, &nobodys));
            }
        }
    }
}

/// Whoever has a role in the pilot does nothing in another.
async fn foreign(
    site: &Site,
    name: &str,
    contents: &BTreeMap<String, serde_json::Value>,
    role: Role,
    tried: &mut Tried,
) {
    let query = mutation(name);
    let ask = async |pilot: Uuid| {
        let input = given(name, &contents[name], 9_000, &pilot.to_string());
        let variables = serde_json::json!({ "input": input });
        site.ask(role, Standing::Own, &query, variables).await
    };
    let what = format!("{name} for {role:?} in another pilot");
    let (there, nowhere) = (ask(OTHER).await, ask(NOBODYS).await);
    // A pilot that is to be opened need not be there.
    let expected = match name {
        "openPilot" => Outcome::Deny,
        _ => Outcome::NotFound,
    };
    tried.note(&what, expected, &there);
    let (its, no) = (OTHER.to_string(), NOBODYS.to_string());
    tried.same(&what, (&there, &its), (&nowhere, &no));
}

#[tokio::test]
async fn subscriptions() {
    let site = Site::open().await;
    let lines = expected("subscription");
    assert_eq!(lines.keys().collect::<Vec<_>>(), ["factRecorded"]);
    let line = &lines["factRecorded"];
    let mut cases = 0;
    for role in roles() {
        for standing in Standing::ALL {
            if standing == Standing::OneFactor {
                continue;
            }
            let what = format!("{role:?}, {standing:?}");
            let token = site.token(role, standing);
            let expected = expected_of(line, role, standing);
            let Some(expected) = expected else {
                let mut turned_away = Subscriber::connect(&site.house, Some(token)).await;
                turned_away
                    .send(serde_json::json!({ "type": "connection_init" }))
                    .await;
                assert!(turned_away.next().await.is_err(), "{what}");
                cases += 1;
                continue;
            };
            for pilot in [
                PILOT.to_string(),
                CODE.to_owned(),
                OTHER.to_string(),
                NOBODYS.to_string(),
            ] {
                let own =
                    standing == Standing::Own && (pilot == PILOT.to_string() || pilot == CODE);
                let others = standing == Standing::Other && pilot == OTHER.to_string();
                let expected = match own {
                    true => expected,
                    false if others => line.roles[&role],
                    false => Outcome::NotFound,
                };
                let mut subscriber = Subscriber::admitted(&site.house, token).await;
                subscriber.follow(&pilot).await;
                match expected {
                    Outcome::Allow => assert_eq!(subscriber.position().await, 1, "{what}"),
                    Outcome::Deny => assert_eq!(subscriber.refused().await, "FORBIDDEN", "{what}"),
                    _ => assert_eq!(subscriber.refused().await, "NOT_FOUND", "{what}"),
                }
                cases += 1;
            }
        }
    }
    assert!(cases > 150, "{cases}");
    site.house.close().await;
}
