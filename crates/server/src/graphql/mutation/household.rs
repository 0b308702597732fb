//! Households.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{
    AdmissionDecision, Completion, Contract, DecisionReason, EmploymentStatus, ExitReason,
    FollowUpMonth, FollowUpResult, GoalDomain, IncomeSource, IncomeStage, JobEndReason,
    LivingSituation, MoveReason, ReferralSource, Relation, Safety, Service, Urgency, VisitKind,
    VisitPurpose,
};
use events::{
    Admission, AdmissionDecided, Answer, Birth, DwellingChanged, DwellingId, Event, Exit,
    FollowUpRecorded, FreeText, GoalId, GoalReviewed, GoalSet, HouseholdId, HouseholdMemberJoined,
    HouseholdMemberLeft, Identity, Income, IncomeAmount, IncomeRecorded, JobEnded, JobId,
    JobPlacement, Member, MemberExit, Month, NotSealed, PartnerId, PersonId, PlanAgreed,
    ReferralReceived, Seal, Sealed, ServiceProvided, Visit,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::content::{Content, NewIds, persons};
use crate::graphql::codes::{Asked, Coded, Missing, YesNoAnswer};

type Made = Result<Event, NotSealed>;

/// Remarks about a household are sealed under the household's own key, which goes when its head is
/// forgotten; what is known of one person alone is sealed under hers.
fn seal_note(
    seal: &dyn Seal,
    household: Uuid,
    text: Option<&String>,
) -> Result<Option<Sealed<FreeText>>, NotSealed> {
    text.map(|text| seal.seal(PersonId(household), &FreeText(text.clone())))
        .transpose()
}

fn not_collected<T>() -> Asked<T> {
    Asked(Answer::NotCollected)
}

/// A referral.
#[derive(InputObject)]
pub(crate) struct ReferralReceivedContent {
    /// The household's id, if it is not to be made from the command's.
    household: Option<Uuid>,
    /// Who asked.
    source: Asked<ReferralSource>,
    /// Adults.
    adults: u16,
    /// Minor children.
    children: u16,
    /// How soon a place is needed.
    #[graphql(default_with = "not_collected()")]
    urgency: Asked<Urgency>,
}

impl Content for ReferralReceivedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(ReferralReceived {
            household: ids.or(self.household, "household", 0),
            source: self.source.0,
            adults: self.adults,
            children: self.children,
            urgency: self.urgency.0,
        }
        .into())
    }
}

/// A decision on a referral.
#[derive(InputObject)]
pub(crate) struct AdmissionDecidedContent {
    /// The household.
    household: Uuid,
    /// What was decided.
    decision: Coded<AdmissionDecision>,
    /// Why; required unless accepted.
    reason: Option<Coded<DecisionReason>>,
}

impl Content for AdmissionDecidedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(AdmissionDecided {
            household: HouseholdId(self.household),
            decision: self.decision.0,
            reason: self.reason.map(|reason| reason.0),
        }
        .into())
    }
}

/// Who a person is. Sealed before it is recorded.
#[derive(InputObject)]
pub(crate) struct IdentityInput {
    /// First and middle names.
    given_name: String,
    /// Family name.
    family_name: String,
    /// Birth date.
    born_on: Option<NaiveDate>,
    /// Why there is no birth date.
    born_on_missing: Option<Missing>,
    /// How to reach her safely.
    contact: Option<String>,
}

/// A person as she enters.
#[derive(InputObject)]
pub(crate) struct MemberInput {
    /// Her id, if it is not to be made from the command's. Give it when she was here before.
    person: Option<Uuid>,
    /// Who she is.
    identity: IdentityInput,
    /// What she is to the head of the household; exactly one is the head.
    relation: Asked<Relation>,
    /// Where she lived before.
    #[graphql(default_with = "not_collected()")]
    prior_living_situation: Asked<LivingSituation>,
    /// Since when she had been without a home.
    without_home_since: Option<NaiveDate>,
    /// Is she working? Asked of adults.
    #[graphql(default_with = "not_collected()")]
    employment: Asked<EmploymentStatus>,
}

impl MemberInput {
    fn member(
        &self,
        on: NaiveDate,
        seal: &dyn Seal,
        ids: &NewIds,
        n: usize,
    ) -> Result<Member, NotSealed> {
        let person = ids.or(self.person, "person", n);
        let identity = Identity {
            given_name: self.identity.given_name.clone(),
            family_name: self.identity.family_name.clone(),
            born_on: self.identity.born_on,
            contact: self.identity.contact.clone(),
        };
        // A birth after the entry has no age; the rules refuse its month.
        let birth = self.identity.born_on.map(|born| {
            Birth::on_entry(born, on).unwrap_or(Birth {
                month: Month::of(born),
                age_at_entry: 0,
            })
        });
        Ok(Member {
            person,
            identity: seal.seal(person, &identity)?,
            relation: self.relation.0,
            birth: Missing::answer(birth, self.identity.born_on_missing),
            prior_living_situation: self.prior_living_situation.0,
            without_home_since: Missing::answer(self.without_home_since, None),
            employment: self.employment.0,
            citizenship: events::Answer::NotCollected, // STUB
        })
    }
}

/// A household enters.
#[derive(InputObject)]
pub(crate) struct AdmissionContent {
    /// The household.
    household: Uuid,
    /// The dwelling it moves into; none when it is housed later.
    dwelling: Option<Uuid>,
    /// Everybody who enters.
    members: Vec<MemberInput>,
}

impl Content for AdmissionContent {
    fn event(&self, on: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Made {
        let members = self.members.iter().enumerate();
        Ok(Admission {
            household: HouseholdId(self.household),
            dwelling: self.dwelling.map(DwellingId),
            members: members
                .map(|(n, member)| member.member(on, seal, ids, n))
                .collect::<Result<_, _>>()?,
        }
        .into())
    }
}

/// Somebody joins.
#[derive(InputObject)]
pub(crate) struct HouseholdMemberJoinedContent {
    /// The household.
    household: Uuid,
    /// Who.
    member: MemberInput,
}

impl Content for HouseholdMemberJoinedContent {
    fn event(&self, on: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Made {
        Ok(HouseholdMemberJoined {
            household: HouseholdId(self.household),
            member: self.member.member(on, seal, ids, 0)?,
        }
        .into())
    }
}

/// Somebody leaves while the rest stays.
#[derive(InputObject)]
pub(crate) struct HouseholdMemberLeftContent {
    /// The household.
    household: Uuid,
    /// Who.
    person: Uuid,
    /// Where to.
    destination: Asked<LivingSituation>,
    /// Is she working? Asked of adults.
    #[graphql(default_with = "not_collected()")]
    employment: Asked<EmploymentStatus>,
    /// The head from now on, when it is the head who leaves.
    new_head: Option<Uuid>,
}

impl Content for HouseholdMemberLeftContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(HouseholdMemberLeft {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            destination: self.destination.0,
            employment: self.employment.0,
            new_head: self.new_head.map(PersonId),
        }
        .into())
    }
}

/// A move within the pilot.
#[derive(InputObject)]
pub(crate) struct DwellingChangedContent {
    /// The household.
    household: Uuid,
    /// The dwelling it lives in from now on.
    dwelling: Uuid,
    /// Why.
    reason: Coded<MoveReason>,
}

impl Content for DwellingChangedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(DwellingChanged {
            household: HouseholdId(self.household),
            dwelling: DwellingId(self.dwelling),
            reason: self.reason.0,
        }
        .into())
    }
}

/// A personal plan.
#[derive(InputObject)]
pub(crate) struct PlanAgreedContent {
    /// The household.
    household: Uuid,
    /// The day by which it is to be reviewed.
    review_due: Option<NaiveDate>,
}

impl Content for PlanAgreedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PlanAgreed {
            household: HouseholdId(self.household),
            review_due: self.review_due,
        }
        .into())
    }
}

/// A goal.
#[derive(InputObject)]
pub(crate) struct GoalSetContent {
    /// The household.
    household: Uuid,
    /// The goal's id, if it is not to be made from the command's.
    goal: Option<Uuid>,
    /// What it is about.
    domain: Coded<GoalDomain>,
    /// The day by which it is to be reached.
    due: Option<NaiveDate>,
    /// The goal in her words. Sealed.
    text: Option<String>,
}

impl Content for GoalSetContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, ids: &NewIds) -> Made {
        Ok(GoalSet {
            household: HouseholdId(self.household),
            goal: ids.or(self.goal, "goal", 0),
            domain: self.domain.0,
            due: self.due,
            text: seal_note(seal, self.household, self.text.as_ref())?,
        }
        .into())
    }
}

/// A goal is looked at again.
#[derive(InputObject)]
pub(crate) struct GoalReviewedContent {
    /// The household.
    household: Uuid,
    /// The goal.
    goal: Uuid,
    /// −2 much less than expected … +2 much more.
    attainment: i8,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for GoalReviewedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(GoalReviewed {
            household: HouseholdId(self.household),
            goal: GoalId(self.goal),
            attainment: self.attainment,
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }
}

/// A visit or call.
#[derive(InputObject)]
pub(crate) struct VisitContent {
    /// The household.
    household: Uuid,
    /// How.
    kind: Coded<VisitKind>,
    /// What for.
    purpose: Coded<VisitPurpose>,
    /// Minutes.
    minutes: u16,
    /// Members who were there.
    #[graphql(default)]
    present: Vec<Uuid>,
    /// Partners who were there.
    #[graphql(default)]
    partners: Vec<Uuid>,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for VisitContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(Visit {
            household: HouseholdId(self.household),
            kind: self.kind.0,
            purpose: self.purpose.0,
            minutes: self.minutes,
            present: persons(&self.present),
            partners: self.partners.iter().copied().map(PartnerId).collect(),
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }
}

/// A service.
#[derive(InputObject)]
pub(crate) struct ServiceProvidedContent {
    /// The household.
    household: Uuid,
    /// The member it was for, if it was for one.
    person: Option<Uuid>,
    /// The partner who provided it.
    partner: Option<Uuid>,
    /// What it was.
    service: Coded<Service>,
    /// Minutes, if known.
    minutes: Option<u16>,
    /// What it was worth, for economic support.
    amount: Option<Decimal>,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for ServiceProvidedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(ServiceProvided {
            household: HouseholdId(self.household),
            person: self.person.map(PersonId),
            partner: self.partner.map(PartnerId),
            service: self.service.0,
            minutes: self.minutes,
            amount: self.amount,
            note: seal_note(seal, self.household, self.note.as_ref())?,
        }
        .into())
    }
}

/// A job.
#[derive(InputObject)]
pub(crate) struct JobPlacementContent {
    /// The household.
    household: Uuid,
    /// Who.
    person: Uuid,
    /// The job's id, if it is not to be made from the command's.
    job: Option<Uuid>,
    /// Kind of contract.
    contract: Asked<Contract>,
    /// Hours a week.
    weekly_hours: Option<u16>,
    /// The partner through whom she found it.
    partner: Option<Uuid>,
}

impl Content for JobPlacementContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(JobPlacement {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            job: ids.or(self.job, "job", 0),
            contract: self.contract.0,
            weekly_hours: self.weekly_hours,
            partner: self.partner.map(PartnerId),
        }
        .into())
    }
}

/// The end of a job.
#[derive(InputObject)]
pub(crate) struct JobEndedContent {
    /// The household.
    household: Uuid,
    /// The job.
    job: Uuid,
    /// Why.
    reason: Asked<JobEndReason>,
}

impl Content for JobEndedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(JobEnded {
            household: HouseholdId(self.household),
            job: JobId(self.job),
            reason: self.reason.0,
        }
        .into())
    }
}

/// What one source pays in a month.
#[derive(InputObject)]
pub(crate) struct IncomeAmountInput {
    /// The source.
    source: Coded<IncomeSource>,
    /// Monthly amount, if known.
    amount: Option<Decimal>,
}

/// A monthly income.
#[derive(InputObject)]
pub(crate) struct IncomeRecordedContent {
    /// The household.
    household: Uuid,
    /// Whose.
    person: Uuid,
    /// On which occasion.
    stage: Coded<IncomeStage>,
    /// All sources together; zero means no income. When it is missing but sources are given, there
    /// is income and nobody knows how much.
    total: Option<Decimal>,
    /// What each source pays.
    #[graphql(default)]
    sources: Vec<IncomeAmountInput>,
    /// Why the answer is missing, when neither total nor sources are given.
    missing: Option<Missing>,
}

impl Content for IncomeRecordedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        let given = self.total.is_some() || !self.sources.is_empty();
        let income = given.then(|| Income {
            total: events::Answer::stated(self.total), // STUB
            sources: self
                .sources
                .iter()
                .map(|part| IncomeAmount {
                    source: part.source.0,
                    amount: events::Answer::stated(part.amount), // STUB
                })
                .collect(),
        });
        Ok(IncomeRecorded {
            household: HouseholdId(self.household),
            person: PersonId(self.person),
            stage: self.stage.0,
            income: Missing::answer(income, self.missing),
        }
        .into())
    }
}

/// A person as she leaves.
#[derive(InputObject)]
pub(crate) struct MemberExitInput {
    /// The person.
    person: Uuid,
    /// Where she goes.
    destination: Asked<LivingSituation>,
    /// Is she working? Asked of adults.
    #[graphql(default_with = "not_collected()")]
    employment: Asked<EmploymentStatus>,
}

/// The household leaves.
#[derive(InputObject)]
pub(crate) struct ExitContent {
    /// The household.
    household: Uuid,
    /// Everybody who is still there.
    members: Vec<MemberExitInput>,
    /// Why the stay ends.
    reason: Asked<ExitReason>,
    /// How the programme ended for them.
    #[graphql(default_with = "not_collected()")]
    completion: Asked<Completion>,
    /// Is the destination safe, as she sees it?
    #[graphql(default_with = "not_collected()")]
    client_safety: Asked<Safety>,
    /// Is the destination safe, as the worker sees it?
    #[graphql(default_with = "not_collected()")]
    worker_safety: Asked<Safety>,
}

impl Content for ExitContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        let members = self.members.iter();
        Ok(Exit {
            household: HouseholdId(self.household),
            members: members
                .map(|member| MemberExit {
                    person: PersonId(member.person),
                    destination: member.destination.0,
                    employment: member.employment.0,
                })
                .collect(),
            reason: self.reason.0,
            completion: self.completion.0,
            client_safety: self.client_safety.0,
            worker_safety: self.worker_safety.0,
            dismissal_reason: None,                    // STUB
            safety_plan: events::Answer::NotCollected, // STUB
        }
        .into())
    }
}

/// A follow-up.
#[derive(InputObject)]
pub(crate) struct FollowUpRecordedContent {
    /// The household.
    household: Uuid,
    /// Which follow-up it is.
    month: Coded<FollowUpMonth>,
    /// What came of it.
    result: Coded<FollowUpResult>,
    /// Where she lives.
    #[graphql(default_with = "not_collected()")]
    housing: Asked<LivingSituation>,
    /// Is she working?
    #[graphql(default_with = "not_collected()")]
    employment: Asked<EmploymentStatus>,
    /// Was there new violence?
    #[graphql(default_with = "YesNoAnswer::NotCollected")]
    new_violence: YesNoAnswer,
    /// Is she safe?
    #[graphql(default_with = "not_collected()")]
    safety: Asked<Safety>,
}

impl Content for FollowUpRecordedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(FollowUpRecorded {
            household: HouseholdId(self.household),
            month: self.month.0,
            result: self.result.0,
            housing: self.housing.0,
            employment: self.employment.0,
            new_violence: self.new_violence.into(),
            safety: self.safety.0,
        }
        .into())
    }
}
