//! ExpenseReversed, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::ReversalReason;
use crate::{ExpenseId, Money};

/// An expense came back, or was not to be paid, on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpenseReversed {
    /// The expense.
    pub expense: ExpenseId,
    /// How much of it, more than zero; all reversals together never more than the expense.
    #[schemars(with = "crate::values::MoneyText")]
    pub amount: Money,
    /// Why.
    pub reason: ReversalReason,
}
