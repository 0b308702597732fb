//! AgreementAdopted, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chrono::NaiveDate;

use crate::codes::AgreementKind;
use crate::{AgreementId, PartnerId};

/// The partners adopted an agreement on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementAdopted {
    /// The agreement.
    pub agreement: AgreementId,
    /// What it is.
    pub kind: AgreementKind,
    /// Its public title.
    pub title: String,
    /// Who signed it.
    pub partners: Vec<PartnerId>,
    /// Its last day, if it has one.
    pub valid_until: Option<NaiveDate>,
}
