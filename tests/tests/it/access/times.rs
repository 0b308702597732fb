//! What is not hers takes as long as what is not there. Each is asked for beside the other, in either
//! order, and it is counted how often the one took longer: half of the time where nobody can tell them
//! apart, however busy the machine is.

use std::time::{Duration, Instant};

use events::codes::Role;
use uuid::Uuid;

use super::asked::variables;
use super::site::{
    NO_HOUSEHOLD, NOBODYS, NOBODYS_CODE, OTHER, OTHER_CODE, Site, Standing, UNSHARED,
};
use crate::story::{HOUSEHOLD, PILOT};

/// Pairs that are asked. By chance alone, of so many a share lies within 0.065 of a half two times of three.
const PAIRS: usize = 60;
/// Each of a pair is asked so often, and its best time counts: what else the machine does only adds.
const TIMES: usize = 4;
/// Within this of a half nothing can be told: four times what chance does.
const TELLING: f64 = 0.27;

const PILOT_QUERY: &str = "query($pilot: ID!) { pilot(id: $pilot) { code } }";
const HOUSEHOLD_QUERY: &str =
    "query($pilot: ID!, $household: ID!) { household(pilot: $pilot, id: $household) { status } }";

/// What reads some rows.
const LIST_QUERY: &str = "query($pilot: ID!) { pilot(id: $pilot) { code } households(pilot: $pilot) {                           edges { node { id status members { person } } } } }";

/// Something that is asked for.
struct Asked<'a> {
    token: &'a str,
    query: &'a str,
    pilot: &'a str,
    household: Uuid,
}

impl Asked<'_> {
    async fn time(&self, site: &Site) -> (String, Duration) {
        let (mut text, mut best) = (String::new(), Duration::MAX);
        for _ in 0..TIMES {
            let variables = variables(self.query, self.pilot, self.household);
            let begun = Instant::now();
            let answer = site.house.ask(self.token, self.query, variables).await;
            best = best.min(begun.elapsed());
            text = answer.text;
        }
        (text, best)
    }
}

/// Of all pairs, the share in which the first took longer.
async fn longer(site: &Site, one: &Asked<'_>, other: &Asked<'_>, same_text: bool) -> f64 {
    let mut longer = 0;
    for n in 0..PAIRS {
        let (first, second) = match n % 2 {
            0 => {
                let first = one.time(site).await;
                (first, other.time(site).await)
            }
            _ => {
                let second = other.time(site).await;
                (one.time(site).await, second)
            }
        };
        assert_eq!(first.0 == second.0, same_text, "{} {}", first.0, second.0);
        longer += usize::from(first.1 > second.1);
    }
    longer as f64 / PAIRS as f64
}

#[tokio::test]
async fn what_is_not_hers_takes_as_long_as_what_is_not_there() {
    let site = Site::open().await;
    // From here on it keeps nothing warm, and does nothing but answer.
    site.house.app.stop().await;
    let token = |role, standing| site.token(role, standing);
    let (own, other, nobodys) = (PILOT.to_string(), OTHER.to_string(), NOBODYS.to_string());
    let asked = |token, query, pilot, household| Asked {
        token,
        query,
        pilot,
        household,
    };
    let coordinator = token(Role::Coordinator, Standing::Own);
    let (evaluator, funder) = (
        token(Role::Evaluator, Standing::Own),
        token(Role::Funder, Standing::Own),
    );
    let partner = token(Role::PartnerOperator, Standing::Own);
    let had = token(Role::Coordinator, Standing::Ended);
    let pairs = [
        (coordinator, PILOT_QUERY, &*other, &*nobodys),
        (coordinator, PILOT_QUERY, OTHER_CODE, NOBODYS_CODE),
        (funder, PILOT_QUERY, &*other, &*nobodys),
        (coordinator, HOUSEHOLD_QUERY, &*other, &*nobodys),
        (evaluator, HOUSEHOLD_QUERY, &*other, &*nobodys),
        (had, HOUSEHOLD_QUERY, &*own, &*nobodys),
    ];
    for (token, query, there, not) in pairs {
        let there = asked(token, query, there, HOUSEHOLD);
        let not = asked(token, query, not, HOUSEHOLD);
        let share = longer(&site, &there, &not, true).await;
        assert!((share - 0.5).abs() < TELLING, "{query}: {share}");
    }
    let unshared = asked(partner, HOUSEHOLD_QUERY, &own, UNSHARED);
    let missing = asked(partner, HOUSEHOLD_QUERY, &own, NO_HOUSEHOLD);
    let share = longer(&site, &unshared, &missing, true).await;
    assert!((share - 0.5).abs() < TELLING, "what is not shared: {share}");
    let guessed = asked(evaluator, HOUSEHOLD_QUERY, &own, HOUSEHOLD);
    let missing = asked(evaluator, HOUSEHOLD_QUERY, &own, NO_HOUSEHOLD);
    let share = longer(&site, &guessed, &missing, true).await;
    assert!((share - 0.5).abs() < TELLING, "an own id: {share}");

    // Where there is a difference, this finds it.
    let hers = asked(coordinator, LIST_QUERY, &own, HOUSEHOLD);
    let missing = asked(coordinator, LIST_QUERY, &nobodys, HOUSEHOLD);
    let share = longer(&site, &hers, &missing, false).await;
    assert!((share - 0.5).abs() > TELLING, "hers: {share}");
    site.house.close().await;
}
