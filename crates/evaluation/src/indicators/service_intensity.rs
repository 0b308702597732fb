//! 26: service intensity. Which households were there, and which contacts fell into their stays, is shared
//! with the other indicators over stays of households.

use chrono::NaiveDate;
use events::Position;
use projections::households::HouseholdRow;
use projections::network::ContactRow;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Undefined, Value, Weekly};

pub(super) const DEFINITION: Definition = Definition {
    number: 26,
    code: "service_intensity",
    version: 1,
    it: "Intensità dei contatti",
    en: "Service intensity",
    unit: Unit::ContactsWeekly,
    formula: "contacts (visits and services, each once, whoever took part) / weeks of nights of households in the period, over the households with a night in it and the contacts from the day of their admission to that of their exit; excluded: contacts in the period outside of such a stay; groups: hours_per_week, over the contacts whose minutes are known, the others unknown; zero_contact: households without any contact in the period / households with a night in it",
    compute,
};

const DAYS_A_WEEK: u64 = 7;
/// Decimal places of what comes to a week.
const PLACES: u32 = 2;

/// A household with a night in the period.
pub(super) struct Resident<'a> {
    pub(super) household: &'a HouseholdRow,
    entry: NaiveDate,
    /// The day it left, if it had.
    pub(super) exit: Option<NaiveDate>,
    /// Nights in the period.
    pub(super) nights: u64,
    /// The facts that began and ended its stay.
    pub(super) positions: Vec<Position>,
}

/// The households with a night in the period.
pub(super) fn residents<'a>(context: &Context<'a>) -> Vec<Resident<'a>> {
    let snapshot = context.snapshot;
    let resident = |household: &'a HouseholdRow| {
        let admission = household.admission.as_ref()?;
        let exit = household
            .exit
            .as_ref()
            .filter(|exit| context.has_come(exit.on));
        let nights = context.nights(admission.on, exit.map(|exit| exit.on));
        let nights = nights.count() as u64;
        (nights > 0).then(|| Resident {
            household,
            entry: admission.on,
            exit: exit.map(|exit| exit.on),
            nights,
            positions: [admission.position]
                .into_iter()
                .chain(exit.map(|exit| exit.position))
                .collect(),
        })
    };
    snapshot.households.values().filter_map(resident).collect()
}

impl<'a> Resident<'a> {
    pub(super) fn subject(&self) -> Subject {
        Subject::Household(self.household.household)
    }

    /// Its contacts of the period during the stay.
    pub(super) fn contacts(
        &self,
        context: &Context<'a>,
    ) -> impl Iterator<Item = &'a ContactRow> + use<'a> {
        let (entry, exit) = (self.entry, self.exit);
        let (from, last) = (context.period.from().max(entry), context.last_day());
        let snapshot = context.snapshot;
        let row = snapshot.network.get(&self.household.household);
        row.into_iter()
            .flat_map(|row| &row.contacts)
            .filter(move |contact| from <= contact.on && contact.on <= last)
            .filter(move |contact| exit.is_none_or(|exit| contact.on <= exit))
    }
}

fn a_week(of: Weekly, total: u64, nights: u64) -> Value {
    if nights == 0 {
        return Value::Undefined(Undefined::NothingToMeasure);
    }
    let weekly = Decimal::from(total) * Decimal::from(DAYS_A_WEEK)
        / (Decimal::from(nights) * Decimal::from(of.unit()));
    Value::Weekly {
        of,
        total,
        nights,
        weekly: weekly
            .round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero)
            .normalize(),
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let (mut contacts, mut nights, mut outside) =
        (Tally::default(), Tally::default(), Tally::default());
    let (mut minutes, mut without_minutes) = (Tally::default(), Tally::default());
    let (mut households, mut zero) = (Tally::default(), Tally::default());
    for resident in residents(context) {
        let subject = resident.subject();
        let stay = || resident.positions.iter().copied();
        nights.add_many(resident.nights, subject, stay());
        let seen: Vec<&ContactRow> = resident.contacts(context).collect();
        households.add(subject, stay().chain(seen.iter().map(|c| c.position)));
        if seen.is_empty() {
            zero.add(subject, stay());
        }
        for contact in seen {
            contacts.add(subject, [contact.position]);
            match contact.minutes {
                Some(known) => minutes.add_many(u64::from(known), subject, [contact.position]),
                None => without_minutes.add(subject, [contact.position]),
            }
        }
    }
    for row in context.snapshot.network.values() {
        let of_period = row.contacts.iter().filter(|c| context.in_period(c.on));
        for contact in of_period.filter(|contact| !contacts.contains(contact.position)) {
            outside.add(Subject::Household(row.household), [contact.position]);
        }
    }
    let hours = Parts {
        denominator: nights.clone().into(),
        unknown: without_minutes.into(),
        ..Parts::of(minutes.clone())
    };
    let without = Parts {
        denominator: households.into(),
        ..Parts::of(zero)
    };
    Outcome {
        value: a_week(Weekly::Contacts, contacts.count(), nights.count()),
        groups: vec![
            Group {
                code: "hours_per_week",
                value: a_week(Weekly::Hours, minutes.count(), nights.count()),
                parts: hours,
            },
            Group {
                code: "zero_contact",
                value: without.ratio(),
                parts: without,
            },
        ],
        parts: Parts {
            denominator: nights.into(),
            excluded: outside.into(),
            ..Parts::of(contacts)
        },
    }
}
