//! 10: length of stay of those who left. How lengths are summed up is shared with those who stayed.

use super::{Definition, Unit};
use crate::Subject;
use crate::context::{Context, HouseholdStay, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally, days};
use crate::round;

pub(super) const DEFINITION: Definition = Definition {
    number: 10,
    code: "length_of_stay_leavers",
    version: 1,
    it: "Durata della permanenza di chi è uscito",
    en: "Length of stay, leavers",
    unit: Unit::Days,
    formula: "median of exit - entry over the stays of persons that ended in the period; groups: the mean, and both over households (from the admission to the exit of the household)",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let persons: Vec<_> = context.leavers().collect();
    let households: Vec<_> = context
        .household_stays()
        .filter(|stay| stay.exit.is_some_and(|day| context.in_period(day)))
        .collect();
    lengths(&persons, &households)
}

/// Median and mean of the stays of persons and of households.
pub(super) fn lengths(persons: &[Stay<'_>], households: &[HouseholdStay]) -> Outcome {
    let (mut of_persons, mut of_households) = (Tally::default(), Tally::default());
    for stay in persons {
        of_persons.add(stay.subject(), stay.positions());
    }
    for stay in households {
        of_households.add(
            Subject::Household(stay.household),
            stay.positions.iter().copied(),
        );
    }
    let persons: Vec<i64> = persons.iter().map(|stay| stay.days).collect();
    let households: Vec<i64> = households.iter().map(|stay| stay.days).collect();
    let (of_persons, of_households) = (Parts::of(of_persons), Parts::of(of_households));
    let group = |code, value, parts: &Parts| Group {
        code,
        value: days(value),
        parts: parts.clone(),
    };
    Outcome {
        value: days(round::median(&persons)),
        groups: vec![
            group("persons_median", round::median(&persons), &of_persons),
            group("persons_mean", round::mean(&persons), &of_persons),
            group(
                "households_median",
                round::median(&households),
                &of_households,
            ),
            group("households_mean", round::mean(&households), &of_households),
        ],
        parts: of_persons,
    }
}
