//! IncomeRecorded, shape 2.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{IncomeSource, IncomeStage};
use crate::values::MoneyText;
use crate::{Answer, HouseholdId, Income, IncomeAmount, Money, PersonId};

/// The monthly income of a member as known on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncomeRecorded {
    /// The household.
    pub household: HouseholdId,
    /// Whose.
    pub person: PersonId,
    /// On which occasion.
    pub stage: IncomeStage,
    /// The income.
    pub income: Answer<Income>,
}

/// IncomeRecorded, shape 1: of an unknown amount it could not be said why it is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "IncomeRecorded")]
pub(crate) struct IncomeRecordedV1 {
    /// The household.
    pub(crate) household: HouseholdId,
    /// Whose.
    pub(crate) person: PersonId,
    /// On which occasion.
    pub(crate) stage: IncomeStage,
    /// The income.
    pub(crate) income: Answer<IncomeV1>,
}

/// Income in one month, in shape 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Income")]
pub(crate) struct IncomeV1 {
    /// All sources together; zero means no income; none means that there is some and nobody knows how much.
    #[schemars(with = "Option<MoneyText>")]
    pub(crate) total: Option<Money>,
    /// The parts that are known; each source once.
    pub(crate) sources: Vec<IncomeAmountV1>,
}

/// What one source pays in a month, in shape 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "IncomeAmount")]
pub(crate) struct IncomeAmountV1 {
    /// The source.
    pub(crate) source: IncomeSource,
    /// Monthly amount, if known.
    #[schemars(with = "Option<MoneyText>")]
    pub(crate) amount: Option<Money>,
}

impl From<IncomeRecordedV1> for IncomeRecorded {
    fn from(old: IncomeRecordedV1) -> Self {
        Self {
            household: old.household,
            person: old.person,
            stage: old.stage,
            income: old.income.map(Income::from),
        }
    }
}

impl From<IncomeV1> for Income {
    fn from(old: IncomeV1) -> Self {
        let sources = old.sources.into_iter().map(|part| IncomeAmount {
            source: part.source,
            amount: Answer::stated(part.amount),
        });
        Self {
            total: Answer::stated(old.total),
            sources: sources.collect(),
        }
    }
}
