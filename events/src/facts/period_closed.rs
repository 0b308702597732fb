//! PeriodClosed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

/// A period was closed on `occurred_on`: what is recorded about it from now on is late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodClosed {
    /// First day of the period.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
}
