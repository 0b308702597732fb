//! What the facts come to.

use async_graphql::{Context, ID, Json, Object};
use chrono::{DateTime, NaiveDate, Utc};
use evaluation::interval::LEVEL;
use evaluation::{Definition, DefinitionSet, Period, Survival, Value, Weekly};
use projections::Snapshot;
use rust_decimal::{Decimal, RoundingStrategy};

use super::given;

/// The indicators of a pilot in a period, as they stood at a position of its log.
pub(crate) struct Evaluation {
    set: &'static DefinitionSet,
    pilot: ID,
    period: Period,
    position: i64,
    recorded_at: Option<DateTime<Utc>>,
    indicators: Vec<evaluation::Indicator>,
}

impl Evaluation {
    /// Evaluates what was known.
    pub(crate) fn of(set: &'static DefinitionSet, snapshot: &Snapshot, period: Period) -> Self {
        Self {
            set,
            pilot: snapshot.pilot.pilot.to_string().into(),
            period,
            position: snapshot.position,
            recorded_at: snapshot.recorded_at,
            indicators: evaluation::evaluate_with(set, snapshot, period),
        }
    }
}

#[Object]
impl Evaluation {
    /// The pilot.
    async fn pilot(&self) -> &ID {
        &self.pilot
    }

    /// First day of the period.
    async fn from(&self) -> NaiveDate {
        self.period.from()
    }

    /// Last day of the period.
    async fn to(&self) -> NaiveDate {
        self.period.to()
    }

    /// The position of the log that was looked at.
    async fn position(&self) -> i64 {
        self.position
    }

    /// When the fact at that position was recorded.
    async fn recorded_at(&self) -> Option<DateTime<Utc>> {
        self.recorded_at
    }

    /// Version of the set of definitions.
    async fn definitions_version(&self) -> u16 {
        self.set.version
    }

    /// The indicators, by number; all when none are named.
    async fn indicators(&self, numbers: Option<Vec<u16>>) -> Vec<Indicator<'_>> {
        self.indicators
            .iter()
            .filter(|one| {
                numbers
                    .as_ref()
                    .is_none_or(|numbers| numbers.contains(&one.number))
            })
            .map(Indicator)
            .collect()
    }
}

/// One indicator with its parts and the facts behind it.
pub(crate) struct Indicator<'a>(&'a evaluation::Indicator);

#[Object]
impl Indicator<'_> {
    /// Its number in the catalogue of indicators.
    async fn number(&self) -> u16 {
        self.0.number
    }

    /// Its name.
    async fn code(&self) -> &str {
        self.0.code
    }

    /// Version of its definition.
    async fn version(&self) -> u16 {
        self.0.version
    }

    /// Italian title.
    async fn title(&self) -> &str {
        self.definition().map_or("", |definition| definition.it)
    }

    /// English title.
    async fn english_title(&self) -> &str {
        self.definition().map_or("", |definition| definition.en)
    }

    /// How it is computed.
    async fn formula(&self) -> &str {
        self.definition()
            .map_or("", |definition| definition.formula)
    }

    /// The figure for a person to read; a word when there is none, never a zero.
    async fn text(&self) -> String {
        text(&self.0.value)
    }

    /// The figure for a machine, with its kind.
    async fn value(&self) -> Json<&Value> {
        Json(&self.0.value)
    }

    /// What was counted or measured.
    async fn numerator(&self) -> u64 {
        self.0.parts.numerator.count
    }

    /// Of how many; nothing when the figure is no share.
    async fn denominator(&self) -> Option<u64> {
        matches!(
            self.0.value,
            Value::Ratio { .. } | Value::Rate { .. } | Value::Undefined(_)
        )
        .then_some(self.0.parts.denominator.count)
    }

    /// How far a share of so few cases may be from what it stands for; nothing when the figure is no
    /// share of cases, as with nights. It says how much is not known, and nothing about significance.
    async fn interval(&self) -> Option<Interval> {
        self.0.value.interval().map(Interval)
    }

    /// What the definition leaves out.
    async fn excluded(&self) -> u64 {
        self.0.parts.excluded.count
    }

    /// What would decide otherwise if it were known.
    async fn unknown(&self) -> u64 {
        self.0.parts.unknown.count
    }

    /// The parts in full: counts, whom or what they are about, positions.
    async fn parts(&self, ctx: &Context<'_>) -> async_graphql::Result<Json<evaluation::Parts>> {
        let names = given::names(ctx)?;
        Ok(Json(given::parts(&names, &self.0.parts)))
    }

    /// The same for the groups of its definition.
    async fn groups(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Json<Vec<evaluation::Group>>> {
        let names = given::names(ctx)?;
        Ok(Json(given::groups(&names, &self.0.groups)))
    }

    /// Positions of the facts behind the figure.
    async fn evidence(&self) -> &[i64] {
        &self.0.evidence
    }
}

impl Indicator<'_> {
    /// The definition it was evaluated with.
    fn definition(&self) -> Option<&'static Definition> {
        evaluation::definition_of(self.0.number, self.0.version)
    }
}

/// The interval of a share.
pub(crate) struct Interval(evaluation::Interval);

#[Object]
impl Interval {
    /// How it was made: `clopper_pearson`, the exact one, or `wilson`.
    async fn method(&self) -> &str {
        self.0.method.code()
    }

    /// How often such an interval is meant to hold what it is about.
    async fn level(&self) -> Decimal {
        self.0.level
    }

    /// Its lower end, rounded half up to four places.
    async fn low(&self) -> Decimal {
        self.0.low
    }

    /// Its upper end, rounded half up to four places.
    async fn high(&self) -> Decimal {
        self.0.high
    }
}

/// What a list of nothing is called.
const NONE: &str = "none";

/// Things in a row, or the word for nothing.
fn listed(things: impl Iterator<Item = String>) -> String {
    let things = things.collect::<Vec<_>>().join(", ");
    match things.is_empty() {
        true => NONE.to_owned(),
        false => things,
    }
}

/// A figure in words and digits: counts first, then how far they may be from what they stand for.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Ratio {
            numerator,
            denominator,
        } => {
            let counts = format!("{numerator} of {denominator}");
            match value.interval() {
                Some(it) => format!(
                    "{counts} ({} {}–{})",
                    confidence(),
                    two(it.low),
                    two(it.high)
                ),
                None => counts,
            }
        }
        Value::Rate {
            numerator,
            denominator,
        } => format!("{numerator} of {denominator}"),
        Value::Days(days) => format!("{days} days"),
        Value::Money(amount) => amount.to_string(),
        Value::Distribution(shares) => {
            let shares = shares.iter().filter(|share| share.count > 0);
            listed(shares.map(|share| format!("{} {}", share.code, share.count)))
        }
        Value::Amounts(amounts) => {
            let amounts = amounts.iter();
            listed(amounts.map(|one| format!("{} {}", one.key, one.amount)))
        }
        Value::Survival(survival) => median(survival),
        Value::Weekly {
            of, total, weekly, ..
        } => {
            let (unit, counted) = match of {
                Weekly::Contacts => ("contacts", "in all"),
                Weekly::Hours => ("hours", "minutes in all"),
            };
            format!("{weekly} {unit} a week ({total} {counted})")
        }
        Value::Undefined(reason) => format!("undefined ({})", reason.code()),
    }
}

/// A median and its interval, either of which may have no end.
fn median(survival: &Survival) -> String {
    let day = |day: Option<i64>| day.map_or("not reached".to_owned(), |day| day.to_string());
    let estimate = match survival.median {
        Some(days) => format!("median {days} days"),
        None => "median not reached".to_owned(),
    };
    match survival.median_lower {
        // Neither end has come: there is nothing to say.
        None => estimate,
        lower => format!(
            "{estimate} ({} {} to {})",
            confidence(),
            day(lower),
            day(survival.median_upper)
        ),
    }
}

/// A share with two places, rounded half up.
fn two(share: Decimal) -> String {
    let rounded = share.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.2}")
}

/// What an interval is called, with its level.
fn confidence() -> String {
    format!("{} % CI", (LEVEL * Decimal::ONE_HUNDRED).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_before_their_interval() {
        let share = Value::Ratio {
            numerator: 7,
            denominator: 9,
        };
        assert_eq!(text(&share), "7 of 9 (95 % CI 0.40–0.97)");
        let nights = Value::Rate {
            numerator: 7,
            denominator: 9,
        };
        assert_eq!(text(&nights), "7 of 9");
    }

    #[test]
    fn nothing_has_a_word_and_a_week_its_unit() {
        assert_eq!(text(&Value::Distribution(Vec::new())), "none");
        assert_eq!(text(&Value::Amounts(Vec::new())), "none");
        let weekly = |of| {
            text(&Value::Weekly {
                of,
                total: 150,
                nights: 70,
                weekly: Decimal::new(15, 0),
            })
        };
        assert_eq!(weekly(Weekly::Contacts), "15 contacts a week (150 in all)");
        assert_eq!(
            weekly(Weekly::Hours),
            "15 hours a week (150 minutes in all)"
        );
    }

    #[test]
    fn an_interval_of_a_median_may_be_open() {
        let of = |median, median_lower, median_upper| {
            text(&Value::Survival(Survival {
                median,
                median_lower,
                median_upper,
                curve: Vec::new(),
            }))
        };
        assert_eq!(
            of(Some(30), Some(12), Some(90)),
            "median 30 days (95 % CI 12 to 90)"
        );
        assert_eq!(
            of(None, Some(12), None),
            "median not reached (95 % CI 12 to not reached)"
        );
        assert_eq!(of(None, None, None), "median not reached");
    }
}
