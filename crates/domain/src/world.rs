//! All that is loaded, taken together, and what it breaks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use events::{DwellingId, Effective, Fact, Stream, effective};

use crate::dwelling::Dwelling;
use crate::finding::{Finding, Findings};
use crate::household::Household;
use crate::pilot::{self, Pilot};
use crate::{View, apart, stay};

/// What the loaded histories break, with `proposed` added to the streams it is an entry of.
pub(crate) fn findings(view: &View, proposed: Option<&Fact>) -> Vec<Finding> {
    let mut found = Findings::default();
    let own = own_facts(view, proposed);
    let of = |stream: Stream| own.get(&stream).map_or(&[][..], Vec::as_slice);

    let pilot = Pilot::of(of(Stream::Pilot), &mut found);
    for facts in own.values() {
        pilot.check(facts, &mut found);
    }
    pilot::check_funding(of(Stream::Funding), &mut found);

    let mut dwellings: BTreeMap<DwellingId, Dwelling> = BTreeMap::new();
    let mut households: Vec<Household> = Vec::new();
    for (&stream, facts) in &own {
        match stream {
            Stream::Dwelling(id) => {
                dwellings.insert(id, Dwelling::of(id, facts, &mut found));
            }
            Stream::Household(id) => {
                let household = Household::of(id, facts, &mut found);
                stay::check(&household, facts, &mut found);
                households.push(household);
            }
            _ => {}
        }
    }
    for stay in households.iter().flat_map(|household| &household.stays) {
        if let Some(dwelling) = dwellings.get(&stay.dwelling)
            && let Err(refusal) = dwelling.check_moving_in(stay.from.on)
        {
            found.at(stay.from.position, refusal);
        }
    }
    apart::check_apart(&households.iter().collect::<Vec<_>>(), &mut found);
    found.0
}

/// The effective history of each loaded stream, without the entries that belong to another.
fn own_facts(view: &View, proposed: Option<&Fact>) -> BTreeMap<Stream, Vec<Effective>> {
    let mut own = BTreeMap::new();
    for (stream, facts) in view.streams() {
        let mut facts = Cow::Borrowed(facts);
        if let Some(proposed) = proposed
            && (proposed.stream == stream || proposed.also.contains(&stream))
        {
            facts.to_mut().push(proposed.clone());
        }
        let mut history = effective(&facts);
        history.retain(|fact| fact.stream == stream);
        own.insert(stream, history);
    }
    own
}
