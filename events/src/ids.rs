//! Identifiers. Each is a UUID of its own type, so that a dwelling cannot stand where a person belongs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A fact's place in its log: 1…n without gaps, in commit order.
pub type Position = i64;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A pilot; also the id of its log.
    PilotId
);
id!(
    /// One of the pilot's dwellings.
    DwellingId
);
id!(
    /// A household from its referral to its last follow-up. A person who comes back later does so
    /// in a new household.
    HouseholdId
);
id!(
    /// A person, the same in every household and pilot of the installation.
    PersonId
);
id!(
    /// An organisation that takes part.
    PartnerId
);
id!(
    /// One goal of a household's plan.
    GoalId
);
id!(
    /// One job of one person, from placement to end.
    JobId
);
id!(
    /// One expense.
    ExpenseId
);
id!(
    /// One pledge of money.
    PledgeId
);
id!(
    /// One meeting of the steering committee, planned or held.
    MeetingId
);
id!(
    /// One decision of the steering committee.
    DecisionId
);
id!(
    /// One agreement between the partners.
    AgreementId
);
id!(
    /// One edition of a report.
    ReportId
);
id!(
    /// One consent, from its giving to its withdrawal.
    ConsentId
);
id!(
    /// One referral of a household to a partner's service.
    ServiceReferralId
);
id!(
    /// One incident.
    IncidentId
);
id!(
    /// One course of one person, from start to end.
    TrainingId
);
id!(
    /// An account: somebody who can sign in.
    AccountId
);
id!(
    /// A token: a program that can sign in.
    TokenId
);
