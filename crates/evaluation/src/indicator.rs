//! What an indicator is made of.

use std::collections::BTreeSet;

use events::{DwellingId, HouseholdId, Money, PartnerId, PersonId, Position};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::interval::{Interval, IntervalMethod};

/// One indicator of one pilot in one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Indicator {
    /// Its number in the catalogue of indicators.
    pub number: u16,
    /// Its name in snake case.
    pub code: &'static str,
    /// Version of its definition.
    pub version: u16,
    /// The figure.
    pub value: Value,
    /// What the figure is made of.
    pub parts: Parts,
    /// The same for the groups its definition names, in that order.
    pub groups: Vec<Group>,
    /// Places of the facts behind all of this, ascending, each once. A corrected fact is named with the
    /// correction that stands.
    pub evidence: Vec<Position>,
}

/// One of an indicator's groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Its name in snake case.
    pub code: &'static str,
    /// The figure.
    pub value: Value,
    /// What the figure is made of.
    pub parts: Parts,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// How many. Zero is an answer.
    Count(u64),
    /// A share of cases that each could have been one of them or not: counts first, never a bare
    /// percentage. It always comes with its [interval](Value::interval), which takes each case for a draw of
    /// its own; a mother and her children leave together, so that it may be too narrow for persons.
    #[serde(serialize_with = "with_interval")]
    Ratio {
        /// How many of them.
        numerator: u64,
        /// Of how many; never zero.
        denominator: u64,
    },
    /// So many for so many where nothing is drawn by chance, like nights of nights: it has no interval.
    Rate {
        /// How many.
        numerator: u64,
        /// For how many; never zero.
        denominator: u64,
    },
    /// Whole days, rounded half up.
    Days(i64),
    /// An amount, rounded half away from zero to cents.
    Money(Money),
    /// How many of each, in the order of the list; the three ways of a missing answer at its end.
    Distribution(Vec<Share>),
    /// How much of each, ascending by key.
    Amounts(Vec<Amount>),
    /// A Kaplan–Meier estimate.
    Survival(Survival),
    /// There is no figure. Never shown as 0.
    Undefined(Undefined),
    /// So much a week, over the nights in which it could have been.
    Weekly {
        /// Of what.
        of: Weekly,
        /// How much in all: contacts, or minutes of hours.
        total: u64,
        /// In how many nights; never zero.
        nights: u64,
        /// What that comes to a week, rounded half up to two places.
        weekly: Decimal,
    },
}

/// What is reckoned by the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekly {
    /// Contacts.
    Contacts,
    /// Hours.
    Hours,
}

impl Weekly {
    /// The unit as one word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Contacts => "contacts_weekly",
            Self::Hours => "hours_weekly",
        }
    }

    /// How much of the total makes one.
    pub(crate) fn unit(self) -> u64 {
        const MINUTES_AN_HOUR: u64 = 60;
        match self {
            Self::Contacts => 1,
            Self::Hours => MINUTES_AN_HOUR,
        }
    }
}

impl Value {
    /// The interval of a share, by Clopper and Pearson; none of anything else.
    pub fn interval(&self) -> Option<Interval> {
        match self {
            Self::Ratio {
                numerator,
                denominator,
            } => Interval::of(IntervalMethod::ClopperPearson, *numerator, *denominator),
            _ => None,
        }
    }
}

/// A share is never written without its interval.
fn with_interval<S: Serializer>(
    numerator: &u64,
    denominator: &u64,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Ratio {
        numerator: u64,
        denominator: u64,
        interval: Option<Interval>,
    }
    let (numerator, denominator) = (*numerator, *denominator);
    let value = Value::Ratio {
        numerator,
        denominator,
    };
    Ratio {
        numerator,
        denominator,
        interval: value.interval(),
    }
    .serialize(serializer)
}

/// How many of one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The code.
    pub code: &'static str,
    /// How many.
    pub count: u64,
}

/// How much of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// What it is of: a code, an id, a month, or `none` where that is not laid down.
    pub key: String,
    /// The amount.
    pub amount: Money,
}

/// The curve of a Kaplan–Meier estimate, and its median. The bands are those of
/// [`LEVEL`](crate::interval::LEVEL).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survival {
    /// First day on which half or fewer are still without the event; none when the curve stays above.
    pub median: Option<i64>,
    /// Where the interval of the median begins: the first day on which the lower end of the band is a half
    /// or less; none when it stays above.
    pub median_lower: Option<i64>,
    /// Where it ends: the first day on which the upper end is; none when it stays above, and the interval
    /// has no end.
    pub median_upper: Option<i64>,
    /// One step for each day on which something was seen, ascending.
    pub curve: Vec<Step>,
}

/// One day of a Kaplan–Meier curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Days since the beginning.
    pub day: i64,
    /// How many were still observed without the event just before.
    pub at_risk: u64,
    /// How many had it on this day.
    pub events: u64,
    /// How many were last seen without it on this day.
    pub censored: u64,
    /// Estimated share without the event after this day, rounded half up to six places.
    pub survival: Decimal,
    /// Lower end of its band, rounded likewise; none where the share is 1 or 0, which has no band.
    pub lower: Option<Decimal>,
    /// Upper end of its band.
    pub upper: Option<Decimal>,
}

/// Why there is no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// A share of nothing.
    NoDenominator,
    /// A mean or median of nothing.
    NothingToMeasure,
}

impl Undefined {
    /// The reason as one word.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoDenominator => "no_denominator",
            Self::NothingToMeasure => "nothing_to_measure",
        }
    }
}

/// What a figure is made of. A figure that is no share has an empty denominator.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Parts {
    /// What was counted or measured.
    pub numerator: Part,
    /// Of what.
    pub denominator: Part,
    /// What the definition leaves out.
    pub excluded: Part,
    /// What would decide otherwise if it were known.
    pub unknown: Part,
}

/// A number of things, which ones they are, and the facts that say so.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Part {
    /// How many.
    pub count: u64,
    /// About whom or what, ascending, each once. Not for publication.
    pub subjects: Vec<Subject>,
    /// Places of the facts, ascending, each once.
    pub positions: Vec<Position>,
}

/// Whom or what a number is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A person.
    Person(PersonId),
    /// A person's stay with a household.
    Stay(HouseholdId, PersonId),
    /// A household.
    Household(HouseholdId),
    /// A dwelling.
    Dwelling(DwellingId),
    /// A partner.
    Partner(PartnerId),
    /// A fact.
    Fact(Position),
}

/// Collects a [`Part`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    count: u64,
    subjects: BTreeSet<Subject>,
    positions: BTreeSet<Position>,
}

impl Tally {
    /// One more, about `subject`, known from the facts at `positions`.
    pub(crate) fn add(&mut self, subject: Subject, positions: impl IntoIterator<Item = Position>) {
        self.add_many(1, subject, positions);
    }

    /// So many more.
    pub(crate) fn add_many(
        &mut self,
        number: u64,
        subject: Subject,
        positions: impl IntoIterator<Item = Position>,
    ) {
        self.count += number;
        self.subjects.insert(subject);
        self.positions.extend(positions);
    }

    /// All of another's.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.subjects.extend(&other.subjects);
        self.positions.extend(&other.positions);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Is the fact at this place among those named?
    pub(crate) fn contains(&self, position: Position) -> bool {
        self.positions.contains(&position)
    }
}

impl From<Tally> for Part {
    fn from(tally: Tally) -> Self {
        Self {
            count: tally.count,
            subjects: tally.subjects.into_iter().collect(),
            positions: tally.positions.into_iter().collect(),
        }
    }
}

impl Parts {
    /// Only a numerator.
    pub(crate) fn of(numerator: Tally) -> Self {
        Self {
            numerator: numerator.into(),
            ..Self::default()
        }
    }

    /// The share these parts make, of cases counted one by one: it has an interval.
    pub(crate) fn ratio(&self) -> Value {
        match self.denominator.count {
            0 => Value::Undefined(Undefined::NoDenominator),
            denominator => Value::Ratio {
                numerator: self.numerator.count,
                denominator,
            },
        }
    }

    /// The rate these parts make, which has no interval.
    pub(crate) fn rate(&self) -> Value {
        match self.denominator.count {
            0 => Value::Undefined(Undefined::NoDenominator),
            denominator => Value::Rate {
                numerator: self.numerator.count,
                denominator,
            },
        }
    }

    /// Every place named in any of the parts.
    pub(crate) fn positions(&self) -> impl Iterator<Item = Position> {
        [
            &self.numerator,
            &self.denominator,
            &self.excluded,
            &self.unknown,
        ]
        .into_iter()
        .flat_map(|part| part.positions.iter().copied())
    }
}

/// What an indicator's own code computes; number, version and evidence are added for all alike.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) value: Value,
    pub(crate) parts: Parts,
    pub(crate) groups: Vec<Group>,
}

/// Days, or nothing to measure.
pub(crate) fn days(days: Option<i64>) -> Value {
    days.map_or(Value::Undefined(Undefined::NothingToMeasure), Value::Days)
}
