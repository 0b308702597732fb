//! ExpenseApproved, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ExpenseId;

/// Somebody else than who recorded it approved an expense on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpenseApproved {
    /// The expense.
    pub expense: ExpenseId,
}
