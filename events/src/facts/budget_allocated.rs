//! BudgetAllocated, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::ExpenseLine;
use crate::{Money, PartnerId};

/// So much may be spent on a budget line, from `occurred_on`. A later allocation of the same line and source takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetAllocated {
    /// Budget line.
    pub line: ExpenseLine,
    /// The partner whose money it is, if that is laid down.
    pub source: Option<PartnerId>,
    /// Amount in the pilot's currency; zero takes the allocation back.
    #[schemars(with = "crate::values::MoneyText")]
    pub amount: Money,
}
