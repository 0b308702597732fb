//! Households, from the referral to the last follow-up.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{
    AdmissionDecision, Citizenship, Completion, ConsentForm, ConsentPurpose, DecisionReason,
    DismissalReason, EmploymentStatus, ExitReason, ExtensionReason, FollowUpMonth, FollowUpResult,
    LivingSituation, MoveReason, ReferralSource, ReferralWithdrawalReason, Relation, Safety,
    Suitability, Urgency,
};
use events::{
    Admission, AdmissionDecided, AgreementSigned, Birth, ConsentGiven, ConsentId, ConsentWithdrawn,
    DwellingChanged, DwellingId, Exit, ExtensionGranted, FollowUpRecorded, HouseholdId,
    HouseholdMemberJoined, HouseholdMemberLeft, Identity, Member, MemberExit, Month, NotSealed,
    PersonId, ReferralAssessed, ReferralReceived, ReferralWithdrawn, Seal,
};
use uuid::Uuid;

use super::content::{Content, Made, NewIds, not_collected, partners, seal_note};
use crate::graphql::codes::{Asked, Coded, Missing, YesNoAnswer};

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

/// A look into a referral, before the decision.
#[derive(InputObject)]
pub(crate) struct ReferralAssessedContent {
    /// The household.
    household: Uuid,
    /// Does the pilot suit the household?
    suitability: Coded<Suitability>,
    /// Is she in immediate danger? Then a refuge is the place, not a flat.
    #[graphql(default_with = "YesNoAnswer::NotCollected")]
    immediate_danger: YesNoAnswer,
    /// Remarks. Sealed.
    note: Option<String>,
}

impl Content for ReferralAssessedContent {
    fn event(&self, _: NaiveDate, seal: &dyn Seal, _: &NewIds) -> Made {
        Ok(ReferralAssessed {
            household: HouseholdId(self.household),
            suitability: self.suitability.0,
            immediate_danger: self.immediate_danger.into(),
            note: seal_note(seal, self.household, self.note.as_ref())?,
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

/// A referral that is taken back before anybody entered.
#[derive(InputObject)]
pub(crate) struct ReferralWithdrawnContent {
    /// The household.
    household: Uuid,
    /// Why.
    reason: Asked<ReferralWithdrawalReason>,
}

impl Content for ReferralWithdrawnContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(ReferralWithdrawn {
            household: HouseholdId(self.household),
            reason: self.reason.0,
        }
        .into())
    }
}

/// A consent.
#[derive(InputObject)]
pub(crate) struct ConsentGivenContent {
    /// The household.
    household: Uuid,
    /// The consent's id, if it is not to be made from the command's.
    consent: Option<Uuid>,
    /// Whose data it is about, if about one member's only.
    person: Option<Uuid>,
    /// What for; at least one purpose, each once.
    purposes: Vec<Coded<ConsentPurpose>>,
    /// The partners with whom data may be shared, each once.
    #[graphql(default)]
    recipients: Vec<Uuid>,
    /// The indicators whose figures may be released though her household can be told from them.
    #[graphql(default)]
    indicators: Vec<u16>,
    /// How it was given.
    form: Coded<ConsentForm>,
    /// Its last day, if it has one.
    expires_on: Option<NaiveDate>,
}

impl Content for ConsentGivenContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(ConsentGiven {
            household: HouseholdId(self.household),
            consent: ids.or(self.consent, "consent", 0),
            person: self.person.map(PersonId),
            purposes: self.purposes.iter().map(|purpose| purpose.0).collect(),
            recipients: partners(&self.recipients),
            indicators: self.indicators.clone(),
            form: self.form.0,
            expires_on: self.expires_on,
        }
        .into())
    }
}

/// A consent that is taken back.
#[derive(InputObject)]
pub(crate) struct ConsentWithdrawnContent {
    /// The household.
    household: Uuid,
    /// The consent.
    consent: Uuid,
}

impl Content for ConsentWithdrawnContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(ConsentWithdrawn {
            household: HouseholdId(self.household),
            consent: ConsentId(self.consent),
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
    /// Her citizenship; asked only if the pilot's rules say so.
    #[graphql(default_with = "not_collected()")]
    citizenship: Asked<Citizenship>,
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
            citizenship: self.citizenship.0,
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

/// The agreement of hospitality and the house rules.
#[derive(InputObject)]
pub(crate) struct AgreementSignedContent {
    /// The household.
    household: Uuid,
    /// The last day of hospitality as agreed.
    ends_on: NaiveDate,
}

impl Content for AgreementSignedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(AgreementSigned {
            household: HouseholdId(self.household),
            ends_on: self.ends_on,
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

/// A longer stay.
#[derive(InputObject)]
pub(crate) struct ExtensionGrantedContent {
    /// The household.
    household: Uuid,
    /// The last day of hospitality from now on.
    until: NaiveDate,
    /// Why.
    reason: Coded<ExtensionReason>,
}

impl Content for ExtensionGrantedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(ExtensionGranted {
            household: HouseholdId(self.household),
            until: self.until,
            reason: self.reason.0,
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
    /// Why they were asked to leave; given only if they were.
    dismissal_reason: Option<Coded<DismissalReason>>,
    /// Is the destination safe, as she sees it?
    #[graphql(default_with = "not_collected()")]
    client_safety: Asked<Safety>,
    /// Is the destination safe, as the worker sees it?
    #[graphql(default_with = "not_collected()")]
    worker_safety: Asked<Safety>,
    /// Was a safety plan for the time after agreed with her?
    #[graphql(default_with = "YesNoAnswer::NotCollected")]
    safety_plan: YesNoAnswer,
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
            dismissal_reason: self.dismissal_reason.map(|reason| reason.0),
            client_safety: self.client_safety.0,
            worker_safety: self.worker_safety.0,
            safety_plan: self.safety_plan.into(),
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
