//! WorksStarted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::DwellingId;
use crate::codes::WorksKind;

/// Works on a dwelling began on `occurred_on`. It is unavailable until they are completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorksStarted {
    /// The dwelling.
    pub dwelling: DwellingId,
    /// What is done.
    pub kind: WorksKind,
    /// Last day as planned.
    pub planned_end: Option<NaiveDate>,
}
