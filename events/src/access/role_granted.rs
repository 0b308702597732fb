//! Facts of access logs.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Holder;
use crate::codes::Role;
use crate::{AccountId, PartnerId};

/// Somebody got a role. In a pilot's access log it counts in that pilot; in the installation's, in
/// every pilot there is and will be. A role may be granted several times: each grant stands for itself,
/// and [`RoleRevoked`](super::RoleRevoked) ends them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGranted {
    /// Who.
    pub holder: Holder,
    /// Which role.
    pub role: Role,
    /// The organisation in whose name she acts; a partner's operator has one.
    pub partner: Option<PartnerId>,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Are the dates of households given to her as days since their admission?
    pub relative_dates: bool,
    /// The account that this token is for: the grant counts only while the account itself has the role.
    pub bound_to: Option<AccountId>,
}
