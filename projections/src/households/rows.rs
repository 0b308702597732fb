//! What is known about one household.

use chrono::{DateTime, NaiveDate, Utc};
use events::codes::{
    AdmissionDecision, Citizenship, Completion, ConsentForm, ConsentPurpose, DecisionReason,
    DismissalReason, EmploymentStatus, ExitReason, ExtensionReason, FollowUpMonth, FollowUpResult,
    LivingSituation, MoveReason, ReferralSource, ReferralWithdrawalReason, Relation, Safety,
    Suitability, Urgency,
};
use events::{
    Answer, Birth, ConsentId, DwellingId, FreeText, HouseholdId, Identity, PartnerId, PersonId,
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
    /// The referral was taken back before anybody entered.
    Withdrawn,
    /// Accepted, not yet in.
    Accepted,
    /// Lives in the pilot.
    Resident,
    /// Left.
    Left,
}

impl HouseholdStatus {
    /// Every status, in the order a household goes through them.
    pub const ALL: [Self; 7] = [
        Self::Referred,
        Self::Waiting,
        Self::Declined,
        Self::Withdrawn,
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
            Self::Withdrawn => "withdrawn",
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
    /// What was found when the referral was looked into.
    #[serde(default)]
    pub referral_assessments: Vec<ReferralAssessmentRow>,
    /// Decisions on the referral.
    pub decisions: Vec<DecisionRow>,
    /// The referral's being taken back.
    #[serde(default)]
    pub withdrawal: Option<ReferralWithdrawalRow>,
    /// Consents, whether they stand or not: see [`ConsentRow::state_on`].
    #[serde(default)]
    pub consents: Vec<ConsentRow>,
    /// The admission.
    pub admission: Option<AdmissionRow>,
    /// Agreements of hospitality.
    #[serde(default)]
    pub agreements: Vec<AgreementRow>,
    /// Extensions of the stay.
    #[serde(default)]
    pub extensions: Vec<ExtensionRow>,
    /// Everybody who ever was in the household.
    pub members: Vec<MemberRow>,
    /// Where it lived, without gaps from its first dwelling to its exit.
    pub occupancies: Vec<OccupancyRow>,
    /// The exit.
    pub exit: Option<ExitRow>,
    /// Follow-ups.
    pub follow_ups: Vec<FollowUpRow>,
    /// Notes.
    #[serde(default)]
    pub notes: Vec<NoteRow>,
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

/// From [`events::ReferralAssessed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReferralAssessmentRow {
    pub position: Position,
    pub on: NaiveDate,
    pub suitability: Suitability,
    pub immediate_danger: Answer<bool>,
    pub note: Option<Sealed<FreeText>>,
    /// Id of the fact the note was sealed for.
    pub holder: Uuid,
}

/// From [`events::AdmissionDecided`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// What was decided.
    pub decision: AdmissionDecision,
    /// Why.
    pub reason: Option<DecisionReason>,
    /// Place of the confirmation by somebody else than who stated it, if there is one.
    #[serde(default)]
    pub confirmed_by: Option<Position>,
}

/// From [`events::ReferralWithdrawn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReferralWithdrawalRow {
    pub position: Position,
    pub on: NaiveDate,
    pub reason: Answer<ReferralWithdrawalReason>,
}

/// From [`events::ConsentGiven`] and [`events::ConsentWithdrawn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub struct ConsentRow {
    pub position: Position,
    pub consent: ConsentId,
    pub on: NaiveDate,
    pub person: Option<PersonId>,
    pub purposes: Vec<ConsentPurpose>,
    pub recipients: Vec<PartnerId>,
    pub indicators: Vec<u16>,
    pub form: ConsentForm,
    pub expires_on: Option<NaiveDate>,
    /// Its being taken back, if it was.
    pub withdrawn: Option<ConsentWithdrawnRow>,
}

/// From [`events::ConsentWithdrawn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ConsentWithdrawnRow {
    pub position: Position,
    pub on: NaiveDate,
}

/// From [`events::AgreementSigned`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct AgreementRow {
    pub position: Position,
    pub on: NaiveDate,
    pub ends_on: NaiveDate,
}

/// From [`events::ExtensionGranted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ExtensionRow {
    pub position: Position,
    pub on: NaiveDate,
    pub until: NaiveDate,
    pub reason: ExtensionReason,
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
    /// Place of the confirmation by somebody else than who stated it, if there is one.
    #[serde(default)]
    pub confirmed_by: Option<Position>,
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
    /// Her citizenship, if the pilot asks.
    #[serde(default)]
    pub citizenship: Answer<Citizenship>,
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
    #[serde(default)]
    pub dismissal_reason: Option<DismissalReason>,
    #[serde(default)]
    pub safety_plan: Answer<bool>,
    /// Place of the confirmation by somebody else than who stated it, if there is one.
    #[serde(default)]
    pub confirmed_by: Option<Position>,
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

/// From [`events::NoteAdded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct NoteRow {
    pub position: Position,
    pub on: NaiveDate,
    pub person: Option<PersonId>,
    pub note: Sealed<FreeText>,
    /// Id of the fact the note was sealed for.
    pub holder: Uuid,
}

/// Until when a household may stay, and what says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HospitalityEnd {
    /// The last day.
    pub until: NaiveDate,
    /// Place of the agreement or extension.
    pub position: Position,
    /// Is it an extension?
    pub extended: bool,
}

impl HouseholdRow {
    /// A household nothing is known of yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            referral: None,
            referral_assessments: Vec::new(),
            decisions: Vec::new(),
            withdrawal: None,
            consents: Vec::new(),
            admission: None,
            agreements: Vec::new(),
            extensions: Vec::new(),
            members: Vec::new(),
            occupancies: Vec::new(),
            exit: None,
            follow_ups: Vec::new(),
            notes: Vec::new(),
            position: 0,
        }
    }

    /// Until when it may stay, as of `day`: what the last agreement or extension by then says, in order
    /// of (day, position). None without either.
    pub fn hospitality_end(&self, day: NaiveDate) -> Option<HospitalityEnd> {
        let agreed = self.agreements.iter().map(|agreement| {
            let end = HospitalityEnd {
                until: agreement.ends_on,
                position: agreement.position,
                extended: false,
            };
            (agreement.on, end)
        });
        let extended = self.extensions.iter().map(|extension| {
            let end = HospitalityEnd {
                until: extension.until,
                position: extension.position,
                extended: true,
            };
            (extension.on, end)
        });
        agreed
            .chain(extended)
            .filter(|(on, _)| *on <= day)
            .max_by_key(|(on, end)| (*on, end.position))
            .map(|(_, end)| end)
    }

    /// Where it stands.
    pub fn status(&self) -> HouseholdStatus {
        if self.exit.is_some() {
            return HouseholdStatus::Left;
        }
        if self.admission.is_some() {
            return HouseholdStatus::Resident;
        }
        if self.withdrawal.is_some() {
            return HouseholdStatus::Withdrawn;
        }
        match self.decisions.last().map(|last| last.decision) {
            None => HouseholdStatus::Referred,
            Some(AdmissionDecision::Waiting) => HouseholdStatus::Waiting,
            Some(AdmissionDecision::Declined) => HouseholdStatus::Declined,
            Some(AdmissionDecision::Accepted) => HouseholdStatus::Accepted,
        }
    }
}
