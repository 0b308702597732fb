//! Figures as text: one line each.

use std::collections::BTreeSet;

use evaluation::interval::LEVEL;
use evaluation::{Indicator, Parts, Survival, Undefined, Value, definition_of};
use events::{Money, Position};
use rust_decimal::Decimal;
use serde_json::json;

use crate::{Error, Request};

/// A median that more than half have not come to, and the open end of its interval.
pub(crate) const NOT_REACHED: &str = "not_reached";

/// How the bands of survival curves and the intervals of their medians are made.
pub(crate) const LOG_LOG: &str = "log_log";

const HEADER: [&str; 23] = [
    "indicator",
    "code",
    "version",
    "group",
    "item",
    "value",
    "unit",
    "numerator",
    "denominator",
    "interval",
    "level",
    "low",
    "high",
    "excluded",
    "unknown",
    "evidence",
    "pilot",
    "period_from",
    "period_to",
    "position",
    "definitions_version",
    "format",
    "digest",
];

/// Name of the group of an indicator's own figure.
const ALL: &str = "all";

/// One line for each figure, with the parameters of the run on each.
pub(crate) fn csv(request: Request<'_>, digest: &str) -> Result<Vec<u8>, Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let run = [
        request.code.to_owned(),
        request.period.from().to_string(),
        request.period.to().to_string(),
        request.position.to_string(),
        request.definitions_version.to_string(),
        crate::FORMAT.to_owned(),
        digest.to_owned(),
    ];
    for indicator in request.indicators {
        for figure in figures(indicator) {
            writer.write_record(figure.iter().chain(&run))?;
        }
    }
    Ok(writer
        .into_inner()
        .map_err(|fault| csv::Error::from(fault.into_error()))?)
}

/// One figure of a value: what it is about, what it says, in what, and of how many.
struct Figure {
    item: String,
    text: String,
    /// Its own unit, where it is not the indicator's.
    unit: Option<&'static str>,
    numerator: u64,
    denominator: Option<u64>,
    /// The interval around it, if it has one.
    interval: Option<Ends>,
}

/// An interval as text.
struct Ends {
    method: &'static str,
    low: String,
    high: String,
}

/// Unit of a share.
const SHARE: &str = "share";

/// The lines of one indicator: its own figure, then its groups'.
fn figures(indicator: &Indicator) -> Vec<[String; 16]> {
    let own_unit = definition_of(indicator.number, indicator.version)
        .and_then(|definition| json!(definition.unit).as_str().map(str::to_owned))
        .unwrap_or_default();
    let mut lines = Vec::new();
    let mut add = |group: &str, value: &Value, parts: &Parts, evidence: String| {
        for figure in items(value, parts) {
            // What has no interval says nothing about one.
            let [method, level, low, high] = figure.interval.map_or_else(Default::default, |it| {
                [it.method.to_owned(), LEVEL.to_string(), it.low, it.high]
            });
            lines.push([
                indicator.number.to_string(),
                indicator.code.to_owned(),
                indicator.version.to_string(),
                group.to_owned(),
                figure.item,
                figure.text,
                figure.unit.map_or_else(|| own_unit.clone(), str::to_owned),
                figure.numerator.to_string(),
                // What is no share is of nothing, which is not 0.
                figure
                    .denominator
                    .map(|number| number.to_string())
                    .unwrap_or_default(),
                method,
                level,
                low,
                high,
                parts.excluded.count.to_string(),
                parts.unknown.count.to_string(),
                evidence.clone(),
            ]);
        }
    };
    add(
        ALL,
        &indicator.value,
        &indicator.parts,
        places(indicator.evidence.iter().copied()),
    );
    for group in &indicator.groups {
        add(
            group.code,
            &group.value,
            &group.parts,
            places(behind(&group.parts).into_iter()),
        );
    }
    lines
}

/// Every place named in the parts, ascending, each once.
fn behind(parts: &Parts) -> BTreeSet<Position> {
    [
        &parts.numerator,
        &parts.denominator,
        &parts.excluded,
        &parts.unknown,
    ]
    .into_iter()
    .flat_map(|part| part.positions.iter().copied())
    .collect()
}

fn places(positions: impl Iterator<Item = Position>) -> String {
    positions
        .map(|position| position.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The figures of a value, each with the item it is about, if it is about one of several.
fn items(value: &Value, parts: &Parts) -> Vec<Figure> {
    let numerator = parts.numerator.count;
    let denominator = Some(parts.denominator.count).filter(|number| *number > 0);
    let figure = |item: &str, text: String| Figure {
        item: item.to_owned(),
        text,
        unit: None,
        numerator,
        denominator,
        interval: None,
    };
    let share = |item: &str, text| Figure {
        unit: Some(SHARE),
        ..figure(item, text)
    };
    match value {
        Value::Count(count) => vec![figure("", count.to_string())],
        Value::Ratio {
            numerator,
            denominator,
        } => vec![Figure {
            interval: value.interval().map(|it| Ends {
                method: it.method.code(),
                low: self::share(it.low),
                high: self::share(it.high),
            }),
            ..share("", quotient(*numerator, *denominator))
        }],
        Value::Rate {
            numerator,
            denominator,
        } => vec![share("", quotient(*numerator, *denominator))],
        Value::Days(days) => vec![figure("", days.to_string())],
        Value::Money(amount) => vec![figure("", money(amount))],
        Value::Weekly { of, weekly, .. } => vec![Figure {
            unit: Some(of.code()),
            ..figure("", weekly.to_string())
        }],
        Value::Distribution(shares) => shares
            .iter()
            .map(|share| Figure {
                numerator: share.count,
                denominator: Some(shares.iter().map(|share| share.count).sum()),
                ..figure(share.code, share.count.to_string())
            })
            .collect(),
        Value::Amounts(amounts) => amounts
            .iter()
            .map(|one| figure(&one.key, money(&one.amount)))
            .collect(),
        Value::Survival(of) => survived(of, figure),
        Value::Undefined(reason) => {
            let none = figure("", format!("undefined_{}", reason.code()));
            vec![match reason {
                Undefined::NoDenominator => Figure {
                    unit: Some(SHARE),
                    denominator: Some(0),
                    ..none
                },
                Undefined::NothingToMeasure => none,
            }]
        }
    }
}

/// The median of a survival curve, then the curve.
fn survived(of: &Survival, figure: impl Fn(&str, String) -> Figure) -> Vec<Figure> {
    let day = |day: Option<i64>| day.map_or(NOT_REACHED.to_owned(), |day| day.to_string());
    let median = Figure {
        interval: Some(Ends {
            method: LOG_LOG,
            low: day(of.median_lower),
            high: day(of.median_upper),
        }),
        ..figure("median", day(of.median))
    };
    let steps = of.curve.iter().map(|step| Figure {
        unit: Some(SHARE),
        interval: step.lower.zip(step.upper).map(|(lower, upper)| Ends {
            method: LOG_LOG,
            low: survival(lower),
            high: survival(upper),
        }),
        ..figure(&format!("day_{}", step.day), survival(step.survival))
    });
    std::iter::once(median).chain(steps).collect()
}

/// A share with four places, rounded half up; its counts stand beside it.
fn quotient(numerator: u64, denominator: u64) -> String {
    let (numerator, denominator) = (u128::from(numerator), u128::from(denominator.max(1)));
    let scaled = (20_000 * numerator + denominator) / (2 * denominator);
    format!("{}.{:04}", scaled / 10_000, scaled % 10_000)
}

/// An amount with two places.
pub(crate) fn money(amount: &Money) -> String {
    format!("{amount:.2}")
}

/// A survival, or an end of its band, with six places.
pub(crate) fn survival(share: Decimal) -> String {
    format!("{share:.6}")
}

/// An end of a share's interval with four places.
pub(crate) fn share(end: Decimal) -> String {
    format!("{end:.4}")
}
