//! 27: network breadth.

use std::collections::{BTreeMap, BTreeSet};

use events::{PartnerId, Position};

use super::bands::Bands;
use super::service_intensity::residents;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 27,
    code: "network_breadth",
    version: 1,
    it: "Ampiezza della rete",
    en: "Network breadth",
    unit: Unit::Households,
    formula: "households with a night in the period by how many different partners took part in a contact (visit or service) with them in the period, from the day of their admission to that of their exit: 0, 1, 2, 3, 4 or more; groups: each of these; active_partners: partners that took part in any contact with any household in the period / partners that had joined by its end, whether they left or not; excluded there: contacts of partners that never joined",
    compute,
};

const PARTNERS: [&str; 5] = [
    "partners_0",
    "partners_1",
    "partners_2",
    "partners_3",
    "partners_4_or_more",
];

fn compute(context: &Context<'_>) -> Outcome {
    let mut bands = Bands::new(PARTNERS);
    for resident in residents(context) {
        let mut partners: BTreeSet<PartnerId> = BTreeSet::new();
        let mut positions = resident.positions.clone();
        for contact in resident.contacts(context) {
            partners.extend(&contact.partners);
            positions.push(contact.position);
        }
        bands.at(partners.len()).add(resident.subject(), positions);
    }
    let value = bands.value();
    let parts = Parts::of(bands.all());
    let mut groups = bands.groups();
    groups.push(active(context));
    Outcome {
        value,
        parts,
        groups,
    }
}

fn active(context: &Context<'_>) -> Group {
    // A partner that joined twice is one: what it is about is the first of these facts.
    let mut joined: BTreeMap<PartnerId, Vec<Position>> = BTreeMap::new();
    for partner in &context.snapshot.pilot.partners {
        if context.has_come(partner.on) {
            let facts = joined.entry(partner.partner).or_default();
            facts.push(partner.position);
        }
    }
    let mut contacts: BTreeMap<PartnerId, Vec<Position>> = BTreeMap::new();
    let mut strangers = Tally::default();
    for row in context.snapshot.network.values() {
        for contact in row.contacts.iter().filter(|c| context.in_period(c.on)) {
            for partner in &contact.partners {
                contacts.entry(*partner).or_default().push(contact.position);
            }
            if contact.partners.iter().any(|of| !joined.contains_key(of)) {
                strangers.add(Subject::Household(row.household), [contact.position]);
            }
        }
    }
    let (mut active, mut all) = (Tally::default(), Tally::default());
    for (partner, facts) in joined {
        let Some(first) = facts.iter().min() else {
            continue;
        };
        let subject = Subject::Fact(*first);
        all.add(subject, facts.iter().copied());
        if let Some(contacts) = contacts.get(&partner) {
            active.add(subject, facts.iter().chain(contacts).copied());
        }
    }
    let parts = Parts {
        denominator: all.into(),
        excluded: strangers.into(),
        ..Parts::of(active)
    };
    Group {
        code: "active_partners",
        value: parts.ratio(),
        parts,
    }
}
