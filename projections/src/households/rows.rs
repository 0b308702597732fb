//! What is known about one household.

use chrono::{DateTime, NaiveDate, Utc};
use events::codes::{
    AdmissionDecision, Completion, DecisionReason, EmploymentStatus, ExitReason, FollowUpMonth,
    FollowUpResult, LivingSituation, MoveReason, ReferralSource, Relation, Safety, Service,
    Urgency, VisitKind, VisitPurpose,
};
use events::{
    Answer, Birth, DwellingId, FreeText, HouseholdId, Identity, Money, PartnerId, PersonId,
    Position, Sealed,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a household stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HouseholdStatus {
    /// Referred, not decided.
    Referred,
    /// Has to wait.
    Waiting,
    /// Not admitted.
    Declined,
    /// Accepted, not yet in.
    Accepted,
    /// Lives in the pilot.
    Resident,
    /// Left.
    Left,
}

impl HouseholdStatus {
    /// Every status, in the order a household goes through them.
    pub const ALL: [Self; 6] = [
        Self::Referred,
        Self::Waiting,
        Self::Declined,
        Self::Accepted,
        Self::Resident,
        Self::Left,
    ];

    /// The word for it, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Referred => "referred",
            Self::Waiting => "waiting",
            Self::Declined => "declined",
            Self::Accepted => "accepted",
            Self::Resident => "resident",
            Self::Left => "left",
        }
    }
}

/// Everything known about one household, from its effective history. Lists are in order of
/// (day, position); every element names the position of the fact it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HouseholdRow {
    /// The household.
    pub household: HouseholdId,
    /// The referral; none only if it was retracted or lies outside the history looked at.
    pub referral: Option<ReferralRow>,
    /// Decisions on the referral.
    pub decisions: Vec<DecisionRow>,
    /// The admission.
    pub admission: Option<AdmissionRow>,
    /// Everybody who ever was in the household.
    pub members: Vec<MemberRow>,
    /// Where it lived, without gaps from its first dwelling to its exit.
    pub occupancies: Vec<OccupancyRow>,
    /// Visits and services.
    pub contacts: Vec<ContactRow>,
    /// The exit.
    pub exit: Option<ExitRow>,
    /// Follow-ups.
    pub follow_ups: Vec<FollowUpRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::ReferralReceived`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReferralRow {
    pub position: Position,
    pub on: NaiveDate,
    pub source: Answer<ReferralSource>,
    pub adults: u16,
    pub children: u16,
    pub urgency: Answer<Urgency>,
}

/// From [`events::AdmissionDecided`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct DecisionRow {
    pub position: Position,
    pub on: NaiveDate,
    pub decision: AdmissionDecision,
    pub reason: Option<DecisionReason>,
}

/// From [`events::Admission`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmissionRow {
    /// Place of the fact.
    pub position: Position,
    /// Day of entry.
    pub on: NaiveDate,
    /// When it was first written down: elsewhere if it was brought over, else here.
    pub entered_at: DateTime<Utc>,
}

/// A person in the household, from [`events::Admission`] or [`events::HouseholdMemberJoined`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Place of the fact she entered by.
    pub position: Position,
    /// The person.
    pub person: PersonId,
    /// Who she is, sealed.
    pub identity: Sealed<Identity>,
    /// Id of the fact the identity was sealed for.
    pub holder: Uuid,
    /// What she was to the head of the household when she entered.
    pub relation: Answer<Relation>,
    /// Is she, or was she at the end, the head?
    pub head: bool,
    /// When she was born, coarsely.
    pub birth: Answer<Birth>,
    /// Her own day of entry.
    pub entered_on: NaiveDate,
    /// When her entry was first written down: elsewhere if it was brought over, else here.
    pub entered_at: DateTime<Utc>,
    /// Where she lived before.
    pub prior_living_situation: Answer<LivingSituation>,
    /// Since when she had been without a home when she entered.
    pub without_home_since: Answer<NaiveDate>,
    /// Was she working when she entered?
    pub employment: Answer<EmploymentStatus>,
    /// How she left, if she did.
    pub left: Option<MemberLeftRow>,
}

/// From [`events::HouseholdMemberLeft`] or [`events::Exit`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberLeftRow {
    /// Place of the fact she left by.
    pub position: Position,
    /// The day she left; that night she no longer slept there.
    pub on: NaiveDate,
    /// When it was first written down: elsewhere if it was brought over, else here.
    pub entered_at: DateTime<Utc>,
    /// Where she went.
    pub destination: Answer<LivingSituation>,
    /// Was she working when she left?
    pub employment: Answer<EmploymentStatus>,
}

/// A time in one dwelling: nights n with from ≤ n < until.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OccupancyRow {
    /// Place of the fact that began it ([`events::Admission`] or [`events::DwellingChanged`]).
    pub position: Position,
    /// The dwelling.
    pub dwelling: DwellingId,
    /// First night.
    pub from: NaiveDate,
    /// The day it ended, if it did.
    pub until: Option<NaiveDate>,
    /// Why it moved there; none for the admission itself.
    pub reason: Option<MoveReason>,
}

/// From [`events::Visit`] or [`events::ServiceProvided`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactRow {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// What it was.
    pub what: ContactKind,
    /// Minutes, if known.
    pub minutes: Option<u16>,
    /// Partners who took part or provided it.
    pub partners: Vec<PartnerId>,
    /// What it was worth, for economic support.
    pub amount: Option<Money>,
    /// Remarks, sealed.
    pub note: Option<Sealed<FreeText>>,
    /// Id of the fact the note was sealed for.
    pub holder: Uuid,
}

/// What a contact was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// A visit or call.
    Visit(VisitKind, VisitPurpose),
    /// A service.
    Service(Service),
}

/// From [`events::Exit`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ExitRow {
    pub position: Position,
    pub on: NaiveDate,
    pub reason: Answer<ExitReason>,
    pub completion: Answer<Completion>,
    pub client_safety: Answer<Safety>,
    pub worker_safety: Answer<Safety>,
}

/// From [`events::FollowUpRecorded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct FollowUpRow {
    pub position: Position,
    pub on: NaiveDate,
    pub month: FollowUpMonth,
    pub result: FollowUpResult,
    pub housing: Answer<LivingSituation>,
    pub employment: Answer<EmploymentStatus>,
    pub new_violence: Answer<bool>,
    pub safety: Answer<Safety>,
}

impl HouseholdRow {
    /// A household nothing is known of yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            referral: None,
            decisions: Vec::new(),
            admission: None,
            members: Vec::new(),
            occupancies: Vec::new(),
            contacts: Vec::new(),
            exit: None,
            follow_ups: Vec::new(),
            position: 0,
        }
    }

    /// Where it stands.
    pub fn status(&self) -> HouseholdStatus {
        if self.exit.is_some() {
            return HouseholdStatus::Left;
        }
        if self.admission.is_some() {
            return HouseholdStatus::Resident;
        }
        match self.decisions.last().map(|last| last.decision) {
            None => HouseholdStatus::Referred,
            Some(AdmissionDecision::Waiting) => HouseholdStatus::Waiting,
            Some(AdmissionDecision::Declined) => HouseholdStatus::Declined,
            Some(AdmissionDecision::Accepted) => HouseholdStatus::Accepted,
        }
    }
}
