//! RulesSet, shape 2.

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
    /// How long personal text is kept; none: nobody is ever proposed for being forgotten.
    pub retention: Option<Retention>,
}

/// How long personal text is kept. When the time is over, somebody decides: nobody is forgotten by a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Months after a household left.
    pub after_exit_months: u16,
    /// Months after a referral was declined or taken back.
    pub after_refusal_months: u16,
}

/// RulesSet, shape 1: it did not say how long personal text is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RulesSet")]
pub(crate) struct RulesSetV1 {
    /// An expense of more than this needs the approval of somebody else than who recorded it; none: no expense does.
    #[schemars(with = "Option<crate::values::MoneyText>")]
    pub(crate) approve_expenses_above: Option<Money>,
    /// Must a household's acceptance be confirmed by somebody else before it enters?
    pub(crate) confirm_admission: bool,
    /// Is an exit to be confirmed by somebody else?
    pub(crate) confirm_exit: bool,
    /// Is citizenship asked?
    pub(crate) ask_citizenship: bool,
    /// Days without a contact after which a household counts as not seen.
    pub(crate) unseen_after_days: u16,
}

impl From<RulesSetV1> for RulesSet {
    fn from(old: RulesSetV1) -> Self {
        Self {
            approve_expenses_above: old.approve_expenses_above,
            confirm_admission: old.confirm_admission,
            confirm_exit: old.confirm_exit,
            ask_citizenship: old.ask_citizenship,
            unseen_after_days: old.unseen_after_days,
            retention: None,
        }
    }
}

impl RulesSet {
    /// Does an expense of `amount` need the approval of somebody else?
    pub fn needs_approval(&self, amount: Money) -> bool {
        self.approve_expenses_above
            .is_some_and(|above| amount > above)
    }
}
