//! ExpenseRecorded, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::ExpenseLine;
use crate::{ExpenseId, Money, PartnerId};

/// Money was spent on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpenseRecorded {
    /// The expense.
    pub expense: ExpenseId,
    /// Budget line.
    pub line: ExpenseLine,
    /// The partner whose money it is, if it is known.
    pub source: Option<PartnerId>,
    /// Amount in the pilot's currency, more than zero.
    #[schemars(with = "crate::values::MoneyText")]
    pub amount: Money,
    /// What it was spent on; never about a person.
    pub description: String,
}
