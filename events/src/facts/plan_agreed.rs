//! PlanAgreed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::HouseholdId;
use chrono::NaiveDate;

/// A personal plan was agreed with her on `occurred_on`. A later one takes the place of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanAgreed {
    /// The household.
    pub household: HouseholdId,
    /// The day by which it is to be reviewed.
    pub review_due: Option<NaiveDate>,
}
