//! All that is loaded, taken together, and what it breaks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use events::{DwellingId, Effective, Fact, Stream, effective};

use crate::committee::Committee;
use crate::dwelling::Dwelling;
use crate::finding::{Finding, Findings};
use crate::household::Household;
use crate::pilot::Pilot;
use crate::{View, apart, consent, four_eyes, funding, goals, hospitality, phases, stay, work};

/// A stream's own facts: those that belong to it, without the entries that belong to another.
struct Own<'a> {
    /// All entries as recorded.
    recorded: Cow<'a, [Fact]>,
    /// Its own, as they count.
    facts: Vec<Effective>,
}

/// What the loaded histories break, with `proposed` added to the streams it is an entry of.
pub(crate) fn findings(view: &View, proposed: Option<&Fact>) -> Vec<Finding> {
    let mut found = Findings::default();
    let own = own_facts(view, proposed);
    let of = |stream: Stream| own.get(&stream).map_or(&[][..], |own| own.facts.as_slice());

    let pilot = Pilot::of(of(Stream::Pilot), &mut found);
    for own in own.values() {
        pilot.check(&own.facts, &mut found);
    }

    let mut dwellings: BTreeMap<DwellingId, Dwelling> = BTreeMap::new();
    let mut households: Vec<Household> = Vec::new();
    for (&stream, Own { recorded, facts }) in &own {
        match stream {
            Stream::Funding => funding::check(recorded, facts, &mut found),
            Stream::Committee => {
                let committee = Committee::of(facts, &mut found);
                phases::check_decisions(of(Stream::Pilot), &committee, &mut found);
            }
            Stream::Dwelling(id) => {
                dwellings.insert(id, Dwelling::of(id, facts, &mut found));
            }
            Stream::Household(id) => {
                let household = Household::of(id, facts, &mut found);
                check_household(&household, facts, &mut found);
                four_eyes::check_admission(&pilot, &household, recorded, facts, &mut found);
                households.push(household);
            }
            Stream::Pilot | Stream::Person(_) => {}
        }
    }
    check_homes(&dwellings, &households, &mut found);
    apart::check_apart(&households.iter().collect::<Vec<_>>(), &mut found);
    found.0
}

/// What the fold of a household does not look at: each idea by itself.
fn check_household(household: &Household, facts: &[Effective], found: &mut Findings) {
    consent::check(household, facts, found);
    hospitality::check(household, facts, found);
    goals::check(household, facts, found);
    stay::check(household, facts, found);
    work::check(household, facts, found);
}

/// Whoever moves in finds the dwelling available, and whoever lives there is not driven out.
fn check_homes(
    dwellings: &BTreeMap<DwellingId, Dwelling>,
    households: &[Household],
    found: &mut Findings,
) {
    for household in households {
        for stay in &household.stays {
            let Some(dwelling) = dwellings.get(&stay.dwelling) else {
                continue;
            };
            if let Err(refusal) = dwelling.check_moving_in(stay.from.on) {
                found.at(stay.from.position, refusal);
            }
            dwelling.check_empty(household.id, stay, found);
        }
    }
}

/// Each loaded stream's own facts.
fn own_facts<'a>(view: &'a View, proposed: Option<&Fact>) -> BTreeMap<Stream, Own<'a>> {
    let mut own = BTreeMap::new();
    for (stream, facts) in view.streams() {
        let mut recorded = Cow::Borrowed(facts);
        if let Some(proposed) = proposed
            && (proposed.stream == stream || proposed.also.contains(&stream))
        {
            recorded.to_mut().push(proposed.clone());
        }
        let mut facts = effective(&recorded);
        facts.retain(|fact| fact.stream == stream);
        own.insert(stream, Own { recorded, facts });
    }
    own
}
