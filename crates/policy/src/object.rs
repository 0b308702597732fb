//! What something is done to.

use events::access::Holder;
use events::codes::Role;
use events::{HouseholdId, PartnerId, PersonId, PilotId};

use crate::Scope;

/// To which organisations something belongs beside the pilot's own coordinators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// Those with whom it is shared.
    pub with: Vec<PartnerId>,
}

impl Sharing {
    /// With these.
    pub fn with(partners: impl IntoIterator<Item = PartnerId>) -> Self {
        Self {
            with: partners.into_iter().collect(),
        }
    }
}

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// The installation: what is no pilot's.
    Installation,
    /// A pilot as a whole.
    Pilot(PilotId),
    /// A household, or one of its members.
    Household {
        /// Its pilot.
        pilot: PilotId,
        /// Which one.
        household: HouseholdId,
        /// The partners with whom it is shared, by a consent that stands today.
        shared: Sharing,
    },
    /// A sealed text about a household.
    Text {
        /// Its pilot.
        pilot: PilotId,
        /// About which household.
        household: HouseholdId,
        /// The partners with whom the household is shared.
        shared: Sharing,
        /// The partners in whose name it was recorded.
        by: Vec<PartnerId>,
    },
    /// A fact that is recorded about a household, in the name of a partner.
    Contact {
        /// Its pilot.
        pilot: PilotId,
        /// About which household.
        household: HouseholdId,
        /// The partners with whom the household is shared.
        shared: Sharing,
        /// In whose name.
        partner: Option<PartnerId>,
    },
    /// Everything held about a person in a pilot.
    Person {
        /// The pilot.
        pilot: PilotId,
        /// Who.
        person: PersonId,
    },
    /// A role that is given to somebody or taken from her.
    Grant {
        /// Where.
        scope: Scope,
        /// To whom.
        holder: Holder,
        /// Which.
        role: Role,
    },
}

impl Object {
    /// Where it is.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Installation => Scope::EveryPilot,
            Self::Pilot(pilot)
            | Self::Household { pilot, .. }
            | Self::Text { pilot, .. }
            | Self::Contact { pilot, .. }
            | Self::Person { pilot, .. } => Scope::Pilot(*pilot),
            Self::Grant { scope, .. } => *scope,
        }
    }

    /// The household that it is, or that it is about.
    pub fn household(&self) -> Option<HouseholdId> {
        match self {
            Self::Household { household, .. }
            | Self::Text { household, .. }
            | Self::Contact { household, .. } => Some(*household),
            _ => None,
        }
    }
}
