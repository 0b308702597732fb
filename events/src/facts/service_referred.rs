//! ServiceReferred, shape 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::Service;
use crate::{HouseholdId, PartnerId, PersonId, ServiceReferralId};

/// The household was sent to a partner's service on `occurred_on`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceReferred {
    /// The household.
    pub household: HouseholdId,
    /// The referral.
    pub referral: ServiceReferralId,
    /// The member it is for, if it is for one.
    pub person: Option<PersonId>,
    /// The partner.
    pub partner: PartnerId,
    /// The service.
    pub service: Service,
}
