//! RulesSet, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Money;

/// The pilot's own rules, from `occurred_on` until they are set anew. Without any, nothing needs a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesSet {
    /// An expense of more than this needs the approval of somebody else than who recorded it; none: no expense does.
    #[schemars(with = "Option<crate::values::MoneyText>")]
    pub approve_expenses_above: Option<Money>,
    /// Must a household's acceptance be confirmed by somebody else before it enters?
    pub confirm_admission: bool,
    /// Is an exit to be confirmed by somebody else?
    pub confirm_exit: bool,
    /// Is citizenship asked?
    pub ask_citizenship: bool,
    /// Days without a contact after which a household counts as not seen.
    pub unseen_after_days: u16,
}

impl RulesSet {
    /// Does an expense of `amount` need the approval of somebody else?
    pub fn needs_approval(&self, amount: Money) -> bool {
        self.approve_expenses_above
            .is_some_and(|above| amount > above)
    }
}
