//! Risk, incidents and protection in a household.

use chrono::NaiveDate;
use events::codes::{AssessmentStage, BreachKind, IncidentKind, RiskLevel, Severity};
use events::{FreeText, HouseholdId, IncidentId, PersonId, Position, Sealed};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is known of a household's safety. Lists are in order of (day, position); every element names
/// the position of the fact it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SafetyRow {
    /// The household.
    pub household: HouseholdId,
    /// Levels of risk.
    pub risks: Vec<RiskRow>,
    /// Incidents.
    pub incidents: Vec<IncidentRow>,
    /// When its protection was broken.
    pub breaches: Vec<BreachRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::RiskAssessed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct RiskRow {
    pub position: Position,
    pub on: NaiveDate,
    pub person: PersonId,
    pub instrument: String,
    pub version: u16,
    pub stage: AssessmentStage,
    pub level: RiskLevel,
}

/// From [`events::IncidentReported`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// The incident.
    pub incident: IncidentId,
    /// What.
    pub kind: IncidentKind,
    /// How grave.
    pub severity: Severity,
    /// Remarks, sealed.
    pub note: Option<Sealed<FreeText>>,
    /// Id of the fact the note was sealed for.
    pub holder: Uuid,
}

/// From [`events::ProtectionBreached`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreachRow {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// How.
    pub kind: BreachKind,
    /// The incident it belongs to, if it belongs to one.
    pub incident: Option<IncidentId>,
    /// Remarks, sealed.
    pub note: Option<Sealed<FreeText>>,
    /// Id of the fact the note was sealed for.
    pub holder: Uuid,
}

impl SafetyRow {
    /// A household of whose safety nothing is known yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            risks: Vec::new(),
            incidents: Vec::new(),
            breaches: Vec::new(),
            position: 0,
        }
    }

    /// Her levels of risk by `day`, in order.
    pub fn risks_of(&self, person: PersonId, day: NaiveDate) -> impl Iterator<Item = &RiskRow> {
        self.risks
            .iter()
            .filter(move |risk| risk.person == person && risk.on <= day)
    }

    /// The first level recorded at her entry, by `day`.
    pub fn level_at_entry(&self, person: PersonId, day: NaiveDate) -> Option<&RiskRow> {
        self.risks_of(person, day)
            .find(|risk| risk.stage == AssessmentStage::Entry)
    }

    /// Her last level by `day`, whatever the instrument.
    pub fn latest_level(&self, person: PersonId, day: NaiveDate) -> Option<&RiskRow> {
        self.risks_of(person, day).last()
    }

    /// The breaches that belong to an incident.
    pub fn breaches_of(&self, incident: IncidentId) -> impl Iterator<Item = &BreachRow> {
        self.breaches
            .iter()
            .filter(move |breach| breach.incident == Some(incident))
    }
}
