//! PilotOpened, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::Currency;

/// The pilot exists. Belongs to the pilot's stream; `occurred_on` is the day it officially starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PilotOpened {
    /// What the pilot is called in public.
    pub title: String,
    /// Municipality or area it takes place in.
    pub place: String,
    /// Short name used in addresses and on the command line: lower-case letters, digits and hyphens.
    pub code: String,
    /// The one currency of all its amounts.
    pub currency: Currency,
    /// The HMIS project it was imported from, if it was.
    pub hmis_project: Option<HmisProject>,
}

/// An HMIS project (HUD HMIS CSV, `Project.csv`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HmisProject {
    /// `ProjectID`.
    pub project_id: String,
    /// `ProjectType` (2.02.6), the standard's number.
    pub project_type: u8,
    /// `TrackingMethod` (2.02.C): 0 entry/exit, 3 night by night; emergency shelters only.
    pub tracking_method: Option<u8>,
}
