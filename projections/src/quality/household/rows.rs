//! What a household's quality of data is derived from.

use chrono::NaiveDate;
use events::codes::{
    Completion, EmploymentStatus, ExitReason, FollowUpMonth, FollowUpResult, IncomeStage,
    LivingSituation, Relation,
};
use events::{Answer, Birth, GoalId, HouseholdId, JobId, PersonId, Position};
use serde::{Deserialize, Serialize};

use crate::quality::Timeliness;

/// Was it answered, and if not, why not. What was answered is not kept.
pub type Asked = Answer<()>;

/// How soon a household's facts were written down, and what is known and what contradicts itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HouseholdQuality {
    /// The household.
    pub household: HouseholdId,
    /// How soon its facts were written down.
    pub timeliness: Timeliness,
    /// The facts that hold required answers or can contradict others, in order of (day, position).
    pub marks: Vec<QualityMark>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// One fact, as far as its answers are required or can contradict others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityMark {
    /// Place of the fact.
    pub position: Position,
    /// The day.
    pub on: NaiveDate,
    /// What it says.
    pub what: Said,
}

/// What a fact says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the facts of the same names document their fields"
)]
pub enum Said {
    ReferralReceived {
        source: Asked,
        urgency: Asked,
    },
    Admission {
        /// Did it move into a dwelling at once?
        housed: bool,
        members: Vec<MemberSaid>,
    },
    HouseholdMemberJoined(MemberSaid),
    HouseholdMemberLeft(LeftSaid),
    DwellingChanged,
    AgreementSigned,
    GoalReviewed {
        goal: GoalId,
        attainment: i8,
    },
    GoalSet(GoalId),
    JobPlacement {
        job: JobId,
        person: PersonId,
        weekly_hours: Option<u16>,
    },
    JobEnded(JobId),
    IncomeRecorded {
        person: PersonId,
        stage: IncomeStage,
        /// Is the total known?
        total: Asked,
        /// Does she earn anything? Not known unless the parts or the total say so.
        earned: Option<bool>,
    },
    Exit {
        members: Vec<LeftSaid>,
        reason: Answer<ExitReason>,
        completion: Answer<Completion>,
        client_safety: Asked,
        worker_safety: Asked,
        safety_plan: Asked,
    },
    FollowUpRecorded {
        month: FollowUpMonth,
        result: FollowUpResult,
        housing: Answer<LivingSituation>,
        employment: Asked,
        new_violence: Asked,
        safety: Asked,
    },
}

/// A person as she enters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "events::Member documents the fields")]
pub struct MemberSaid {
    pub person: PersonId,
    pub relation: Answer<Relation>,
    pub birth: Answer<Birth>,
    pub prior_living_situation: Asked,
    pub employment: Answer<EmploymentStatus>,
    pub citizenship: Asked,
}

/// A person as she leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "events::MemberExit documents the fields")]
pub struct LeftSaid {
    pub person: PersonId,
    pub destination: Answer<LivingSituation>,
    pub employment: Answer<EmploymentStatus>,
}

impl HouseholdQuality {
    /// A household nothing is known of yet.
    pub fn new(household: HouseholdId) -> Self {
        Self {
            household,
            timeliness: Timeliness::default(),
            marks: Vec::new(),
            position: 0,
        }
    }
}
