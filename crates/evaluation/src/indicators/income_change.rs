//! 22: income change.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::codes::IncomeSource;
use events::{Answer, Income, Money, PersonId, Position};
use projections::work::IncomeRow;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::{Context, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally, Undefined, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 22,
    code: "income_change",
    version: 1,
    it: "Variazione del reddito",
    en: "Income change",
    unit: Unit::MoneyMonthly,
    formula: "median of last - first known total monthly income, over persons with a night in the period and two or more known incomes by its end; groups: total and earned, each with the share whose income increased; earned income is nil when the known sources without it make up the total, else not known; excluded: children without any income recorded; unknown: everybody else with fewer than two known incomes",
    compute,
};

/// All sources together, if known.
fn total(income: &Income) -> Option<Money> {
    income.total.known().copied()
}

/// From work, if known.
fn earned(income: &Income) -> Option<Money> {
    if let Some(source) = income
        .sources
        .iter()
        .find(|s| s.source == IncomeSource::Earned)
    {
        return source.amount.known().copied();
    }
    let others = income
        .sources
        .iter()
        .map(|s| s.amount.known().copied())
        .sum::<Option<Money>>()?;
    (income.total == Answer::Known(others)).then_some(Decimal::ZERO)
}

/// The median, rounded half away from zero to cents; none of nothing.
fn median(mut values: Vec<Money>) -> Option<Money> {
    values.sort_unstable();
    let upper = values.get(values.len() / 2)?;
    let lower = values.get(values.len().checked_sub(1)? / 2)?;
    let middle = upper.checked_add(*lower)? / Decimal::TWO;
    Some(
        middle
            .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
            .normalize(),
    )
}

struct Person<'a> {
    stays: Vec<Stay<'a>>,
    incomes: Vec<&'a IncomeRow>,
}

/// Everybody served, with the incomes recorded by the end of the period.
fn people<'a>(context: &Context<'a>) -> BTreeMap<PersonId, Person<'a>> {
    let mut people: BTreeMap<PersonId, Person<'a>> = BTreeMap::new();
    for stay in context.served() {
        let person = people.entry(stay.member.person).or_insert(Person {
            stays: Vec::new(),
            incomes: Vec::new(),
        });
        let work = context.work(stay.household.household);
        let incomes = work.into_iter().flat_map(|work| &work.incomes);
        person
            .incomes
            .extend(incomes.filter(|i| i.person == stay.member.person && context.has_come(i.on)));
        person.stays.push(stay);
    }
    for person in people.values_mut() {
        person
            .incomes
            .sort_by_key(|income| (income.on, income.position));
        // She may have been in one household twice.
        person.incomes.dedup_by_key(|income| income.position);
    }
    people
}

fn change(
    context: &Context<'_>,
    amount: fn(&Income) -> Option<Money>,
) -> (Vec<Money>, Parts, Parts) {
    let (mut measured, mut increased, mut excluded, mut unknown) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let mut changes = Vec::new();
    for (id, person) in people(context) {
        let known: Vec<(NaiveDate, Position, Money)> = person
            .incomes
            .iter()
            .filter_map(|row| Some((row.on, row.position, amount(row.income.known()?)?)))
            .collect();
        let stays = person.stays.iter().flat_map(Stay::positions);
        let all = stays.chain(person.incomes.iter().map(|income| income.position));
        let subject = Subject::Person(id);
        match known.as_slice() {
            [first, .., last] => {
                changes.push(last.2 - first.2);
                measured.add(subject, all);
                if last.2 > first.2 {
                    increased.add(subject, [first.1, last.1]);
                }
            }
            _ if person.incomes.is_empty()
                && person
                    .stays
                    .iter()
                    .all(|stay| stay.is_adult() == Some(false)) =>
            {
                excluded.add(subject, all);
            }
            _ => unknown.add(subject, all),
        }
    }
    let share = Parts {
        denominator: measured.clone().into(),
        excluded: excluded.clone().into(),
        unknown: unknown.clone().into(),
        ..Parts::of(increased)
    };
    let parts = Parts {
        excluded: excluded.into(),
        unknown: unknown.into(),
        ..Parts::of(measured)
    };
    (changes, parts, share)
}

fn compute(context: &Context<'_>) -> Outcome {
    let money = |changes: Vec<Money>| {
        median(changes).map_or(Value::Undefined(Undefined::NothingToMeasure), Value::Money)
    };
    let (total_changes, total_parts, total_share) = change(context, total);
    let (earned_changes, earned_parts, earned_share) = change(context, earned);
    let total_value = money(total_changes);
    let share = |code, parts: Parts| Group {
        code,
        value: parts.ratio(),
        parts,
    };
    Outcome {
        value: total_value.clone(),
        parts: total_parts.clone(),
        groups: vec![
            Group {
                code: "total",
                value: total_value,
                parts: total_parts,
            },
            Group {
                code: "earned",
                value: money(earned_changes),
                parts: earned_parts,
            },
            share("total_increased", total_share),
            share("earned_increased", earned_share),
        ],
    }
}
