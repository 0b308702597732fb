//! TargetSet, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::PartnerId;
use crate::codes::TargetDirection;

/// A target was set for an indicator on `occurred_on`. A later one for the same indicator takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSet {
    /// The indicator's number in the catalogue of indicators.
    pub indicator: u16,
    /// The figure that is aimed at, in the indicator's own unit; of a ratio the share, from 0 to 1.
    #[schemars(with = "crate::values::MoneyText")]
    pub value: Decimal,
    /// Is the figure to be reached, or not to be passed?
    pub direction: TargetDirection,
    /// The day by which; the end of the pilot when there is none.
    pub due: Option<NaiveDate>,
    /// The partner who set it; none when the steering committee did.
    pub set_by: Option<PartnerId>,
}
