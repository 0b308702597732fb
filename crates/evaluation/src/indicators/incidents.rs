//! 31: incidents and breaches of protection.

use events::codes::{BreachKind, CodeList};
use events::{HouseholdId, Position};
use projections::safety::SafetyRow;

use super::shares::{by_code, counted};
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Outcome, Parts, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 31,
    code: "incidents",
    version: 1,
    it: "Incidenti e violazioni della protezione",
    en: "Incidents and breaches of protection",
    unit: Unit::Incidents,
    formula: "incidents that happened in the period; an incident is one, however many breaches belong to it; groups: severity and kind of the incidents; breaches of protection in the period, whether they belong to an incident or not, in all (breaches) and by breach_kind; address_disclosed: those of the secrecy of the address",
    compute,
};

/// What happened in the period, as one of a household's lists tells it.
fn happened<'a, R, T: CodeList>(
    context: &Context<'a>,
    list: fn(&SafetyRow) -> &[R],
    of: impl Fn(&R) -> (chrono::NaiveDate, Position, T),
) -> Vec<(Subject, Position, T)>
where
    R: 'a,
{
    let households = context.snapshot.safety.values();
    let all = households.flat_map(|row| list(row).iter().map(|item| (row.household, of(item))));
    let told = all.filter(|(_, (on, ..))| context.in_period(*on));
    told.map(|(household, (_, position, code)): (HouseholdId, _)| {
        (Subject::Household(household), position, code)
    })
    .collect()
}

fn tally<'x, T: 'x>(found: impl Iterator<Item = &'x (Subject, Position, T)>) -> Tally {
    let mut tally = Tally::default();
    for (subject, position, _) in found {
        tally.add(*subject, [*position]);
    }
    tally
}

fn compute(context: &Context<'_>) -> Outcome {
    let severities = happened(
        context,
        |row| &row.incidents,
        |incident| (incident.on, incident.position, incident.severity),
    );
    let kinds = happened(
        context,
        |row| &row.incidents,
        |incident| (incident.on, incident.position, incident.kind),
    );
    let breaches = happened(
        context,
        |row| &row.breaches,
        |breach| (breach.on, breach.position, breach.kind),
    );
    let all = tally(severities.iter());
    let address =
        |found: &&(Subject, Position, BreachKind)| found.2 == BreachKind::AddressDisclosed;
    let groups = vec![
        by_code("severity", severities.iter().copied()),
        by_code("kind", kinds.into_iter()),
        counted("breaches", tally(breaches.iter())),
        counted("address_disclosed", tally(breaches.iter().filter(address))),
        by_code("breach_kind", breaches.iter().copied()),
    ];
    Outcome {
        value: Value::Count(all.count()),
        parts: Parts::of(all),
        groups,
    }
}
