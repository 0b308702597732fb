//! What the facts come to.

use async_graphql::{ID, Json, Object};
use chrono::{DateTime, NaiveDate, Utc};
use evaluation::{DEFINITIONS_VERSION, Period, Value};
use projections::Snapshot;

/// The indicators of a pilot in a period, as they stood at a position of its log.
pub(crate) struct Evaluation {
    pilot: ID,
    period: Period,
    position: i64,
    recorded_at: Option<DateTime<Utc>>,
    indicators: Vec<evaluation::Indicator>,
}

impl Evaluation {
    /// Evaluates what was known.
    pub(crate) fn of(snapshot: &Snapshot, period: Period) -> Self {
        Self {
            pilot: snapshot.pilot.pilot.to_string().into(),
            period,
            position: snapshot.position,
            recorded_at: snapshot.recorded_at,
            indicators: evaluation::evaluate(snapshot, period),
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

    /// Version of the definitions.
    async fn definitions_version(&self) -> u16 {
        DEFINITIONS_VERSION
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
        evaluation::definition(self.0.number).map_or("", |definition| definition.it)
    }

    /// How it is computed.
    async fn formula(&self) -> &str {
        evaluation::definition(self.0.number).map_or("", |definition| definition.formula)
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
        matches!(self.0.value, Value::Ratio { .. } | Value::Undefined(_))
            .then_some(self.0.parts.denominator.count)
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
    async fn parts(&self) -> Json<&evaluation::Parts> {
        Json(&self.0.parts)
    }

    /// The same for the groups of its definition.
    async fn groups(&self) -> Json<&[evaluation::Group]> {
        Json(&self.0.groups)
    }

    /// Positions of the facts behind the figure.
    async fn evidence(&self) -> &[i64] {
        &self.0.evidence
    }
}

/// A figure in words and digits.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Ratio {
            numerator,
            denominator,
        } => format!("{numerator} of {denominator}"),
        Value::Days(days) => format!("{days} days"),
        Value::Money(amount) => amount.to_string(),
        Value::Distribution(shares) => shares
            .iter()
            .filter(|share| share.count > 0)
            .map(|share| format!("{} {}", share.code, share.count))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Survival(survival) => match survival.median {
            Some(days) => format!("median {days} days"),
            None => "median not reached".to_owned(),
        },
        Value::Undefined(reason) => format!("undefined ({})", reason.code()),
    }
}
