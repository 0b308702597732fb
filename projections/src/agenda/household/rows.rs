//! What a household's agenda is derived from.

use chrono::NaiveDate;
use events::codes::{
    AdmissionDecision, ConsentPurpose, FollowUpMonth, FollowUpResult, ReferralResult,
};
use events::{ConsentId, GoalId, HouseholdId, PersonId, Position, ServiceReferralId};
use serde::{Deserialize, Serialize};

use crate::agenda::Mark;

/// What happened in a household that makes something due, or settles it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HouseholdAgenda {
    /// The household.
    pub household: HouseholdId,
    /// What happened, in order of (day, position).
    pub marks: Vec<HouseholdMark>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// One fact, as far as the agenda cares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HouseholdMark {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// The confirmation of its present content by somebody else, if there is one.
    pub confirmed: Option<Mark>,
    /// What happened.
    pub what: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub enum Happened {
    ReferralReceived,
    AdmissionDecided(AdmissionDecision),
    ReferralWithdrawn,
    ConsentGiven {
        consent: ConsentId,
        person: Option<PersonId>,
        purposes: Vec<ConsentPurpose>,
        expires_on: Option<NaiveDate>,
    },
    ConsentWithdrawn(ConsentId),
    Admission,
    AgreementSigned {
        ends_on: NaiveDate,
    },
    ExtensionGranted {
        until: NaiveDate,
    },
    PlanAgreed {
        review_due: Option<NaiveDate>,
    },
    GoalSet {
        goal: GoalId,
        due: Option<NaiveDate>,
    },
    GoalRevised {
        goal: GoalId,
        due: Option<NaiveDate>,
    },
    GoalReviewed {
        goal: GoalId,
        attainment: i8,
    },
    GoalWithdrawn(GoalId),
    ServiceReferred(ServiceReferralId),
    ReferralOutcome {
        referral: ServiceReferralId,
        outcome: ReferralResult,
    },
    Exit {
        /// Did everybody who left die?
        all_deceased: bool,
    },
    FollowUpRecorded {
        month: FollowUpMonth,
        result: FollowUpResult,
        /// Was the answer to where she lives that she died?
        deceased: bool,
    },
}

impl HouseholdAgenda {
    /// A household nothing is known of yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            marks: Vec::new(),
            position: 0,
        }
    }
}

impl HouseholdMark {
    /// Its place and day.
    pub fn mark(&self) -> Mark {
        Mark {
            on: self.on,
            position: self.position,
        }
    }
}
