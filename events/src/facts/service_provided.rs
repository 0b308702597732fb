//! ServiceProvided, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::Service;
use crate::{FreeText, HouseholdId, Money, PartnerId, PersonId, Sealed};

/// A service was provided to the household on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceProvided {
    /// The household.
    pub household: HouseholdId,
    /// The member it was for, if it was for one.
    pub person: Option<PersonId>,
    /// The partner who provided it; none when the pilot itself did or it is not known.
    pub partner: Option<PartnerId>,
    /// What it was.
    pub service: Service,
    /// How long, in minutes, if known.
    pub minutes: Option<u16>,
    /// What it was worth in the pilot's currency, for economic support.
    #[schemars(with = "Option<crate::values::MoneyText>")]
    pub amount: Option<Money>,
    /// Remarks.
    pub note: Option<Sealed<FreeText>>,
}
