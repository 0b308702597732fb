//! Facts of access logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AccountId;

/// Signing in failed so often that further tries have to wait. In the installation's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInFailed {
    /// As whom, when there is such an account.
    pub account: Option<AccountId>,
    /// How many tries failed one after another.
    pub failures: u32,
}
