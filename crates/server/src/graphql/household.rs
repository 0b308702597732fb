//! Households: where they stand, who is in them, how they came and how they left, and what else is
//! known of them.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{
    AdmissionDecision, Citizenship, Completion, ConsentForm, ConsentPurpose, DecisionReason,
    DismissalReason, EmploymentStatus, ExitReason, ExtensionReason, FollowUpMonth, FollowUpResult,
    LivingSituation, MoveReason, ReferralSource, ReferralWithdrawalReason, Relation, Safety,
    Suitability, Urgency,
};
use policy::Object as PolicyObject;
use projections::households::{
    AgreementRow, ConsentRow, ExtensionRow, HouseholdRow, HouseholdStatus, MemberRow, NoteRow,
    ReferralAssessmentRow,
};

use super::agenda::{self, AgendaItem};
use super::codes::{Asked, Coded, Missing, YesNoAnswer};
use super::network::{Contact, PartnerContribution, ServiceReferral};
use super::opening::{open_sealed, open_text};
use super::page::{self, PageInfo};
use super::plan::{self, Assessment, Goal, Plan};
use super::quality::Quality;
use super::safety::{Breach, Incident, Risk};
use super::timeline::{TimelineConnection, TimelineEdge, TimelineEntry};
use super::together::Together;
use super::words::{AgendaKind, AgendaState, ConsentState};
use super::work::Work;
use super::{asked, day, fault};

/// Where a household stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "HouseholdStatus", name = "HouseholdStatus")]
pub(crate) enum Status {
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

/// A household from its referral to its last follow-up.
pub(crate) struct Household {
    /// The households that were asked for with it.
    pub(crate) together: Arc<Together>,
    /// What it is to the policy.
    pub(crate) object: PolicyObject,
    pub(crate) row: HouseholdRow,
}

#[Object]
impl Household {
    /// Its id.
    async fn id(&self) -> ID {
        self.row.household.to_string().into()
    }

    /// Where it stands.
    async fn status(&self) -> Status {
        self.row.status().into()
    }

    /// The referral.
    async fn referral(&self) -> Option<Referral> {
        self.row.referral.as_ref().map(|row| Referral {
            position: row.position,
            on: row.on,
            source: Asked(row.source),
            adults: row.adults,
            children: row.children,
            urgency: Asked(row.urgency),
        })
    }

    /// Decisions on the referral, in order of time.
    async fn decisions(&self) -> Vec<Decision> {
        let decisions = self.row.decisions.iter();
        decisions
            .map(|row| Decision {
                position: row.position,
                on: row.on,
                decision: Coded(row.decision),
                reason: row.reason.map(Coded),
                confirmed_by: row.confirmed_by,
            })
            .collect()
    }

    /// What was found when the referral was looked into, in order of time.
    async fn referral_assessments(&self) -> Vec<ReferralAssessment<'_>> {
        let of = &self.object;
        let rows = self.row.referral_assessments.iter();
        rows.map(|row| ReferralAssessment { of, row }).collect()
    }

    /// The referral was taken back before anybody entered.
    async fn withdrawal(&self) -> Option<ReferralWithdrawal> {
        self.row.withdrawal.as_ref().map(|row| ReferralWithdrawal {
            position: row.position,
            on: row.on,
            reason: Asked(row.reason),
        })
    }

    /// Consents, whether they stand or not, in order of time.
    async fn consents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day that `state` speaks of; today when none is given.")] on: Option<
            NaiveDate,
        >,
    ) -> async_graphql::Result<Vec<Consent<'_>>> {
        let on = day(ctx, on)?;
        let rows = self.row.consents.iter();
        Ok(rows.map(|row| Consent { row, on }).collect())
    }

    /// Day of entry.
    async fn entered_on(&self) -> Option<NaiveDate> {
        self.row.admission.as_ref().map(|admission| admission.on)
    }

    /// Position of the confirmation of the entry by somebody else, if there is one.
    async fn entry_confirmed_by(&self) -> Option<i64> {
        let admission = self.row.admission.as_ref();
        admission.and_then(|admission| admission.confirmed_by)
    }

    /// Agreements of hospitality, in order of time.
    async fn agreements(&self) -> Vec<HospitalityAgreement> {
        let agreements = self.row.agreements.iter();
        agreements.map(HospitalityAgreement::from).collect()
    }

    /// Extensions of the stay, in order of time.
    async fn extensions(&self) -> Vec<StayExtension> {
        self.row
            .extensions
            .iter()
            .map(StayExtension::from)
            .collect()
    }

    /// Until when it may stay, and what says so; nothing without an agreement.
    async fn hospitality_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As agreed by this day; today when none is given.")] on: Option<NaiveDate>,
    ) -> async_graphql::Result<Option<HospitalityEnd>> {
        let end = self.row.hospitality_end(day(ctx, on)?);
        Ok(end.map(|end| HospitalityEnd {
            until: end.until,
            position: end.position,
            extended: end.extended,
        }))
    }

    /// Day of exit: that night it no longer slept there.
    async fn left_on(&self) -> Option<NaiveDate> {
        self.row.exit.as_ref().map(|exit| exit.on)
    }

    /// Everybody who ever was in the household.
    async fn members(&self) -> Vec<Member<'_>> {
        self.row
            .members
            .iter()
            .map(|row| Member {
                of: &self.object,
                row,
            })
            .collect()
    }

    /// Where it lived.
    async fn occupancies(&self) -> Vec<Occupancy> {
        let occupancies = self.row.occupancies.iter();
        occupancies
            .map(|row| Occupancy {
                position: row.position,
                dwelling: row.dwelling.to_string().into(),
                first_night: row.from,
                until: row.until,
                reason: row.reason.map(Coded),
            })
            .collect()
    }

    /// The personal plan.
    async fn plan(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Plan<'_>>> {
        let of = &self.object;
        let row = self.together.plans(ctx, self.row.household).await?;
        let agreed = row.filter(|row| !row.plans.is_empty());
        Ok(agreed.map(|row| Plan { of, row }))
    }

    /// Goals, those given up included.
    async fn goals(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Goal<'_>>> {
        let row = self.together.plans(ctx, self.row.household).await?;
        Ok(row
            .map(|row| plan::goals(&self.object, row))
            .unwrap_or_default())
    }

    /// Scores with an instrument, in order of time.
    async fn assessments(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Assessment>> {
        let row = self.together.plans(ctx, self.row.household).await?;
        let rows = row.map(|row| row.assessments.as_slice());
        let rows = rows.unwrap_or_default().iter();
        Ok(rows.map(Assessment::from).collect())
    }

    /// Visits and services, in order of time.
    async fn contacts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Contact<'_>>> {
        let of = &self.object;
        let row = self.together.network(ctx, self.row.household).await?;
        let rows = row.map(|row| row.contacts.as_slice());
        let rows = rows.unwrap_or_default().iter();
        Ok(rows.map(|row| Contact { of, row }).collect())
    }

    /// The last visit or service.
    async fn last_contact(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By this day; today when none is given.")] on: Option<NaiveDate>,
    ) -> async_graphql::Result<Option<Contact<'_>>> {
        let of = &self.object;
        let on = day(ctx, on)?;
        let row = self.together.network(ctx, self.row.household).await?;
        let last = row.and_then(|row| row.last_contact(on));
        Ok(last.map(|row| Contact { of, row }))
    }

    /// Referrals to services of partners, in order of time.
    async fn service_referrals(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Vec<ServiceReferral>> {
        let row = self.together.network(ctx, self.row.household).await?;
        let rows = row.map(|row| row.referrals.as_slice());
        let rows = rows.unwrap_or_default().iter();
        Ok(rows.map(ServiceReferral::from).collect())
    }

    /// What each partner did for it, ordered by id: those that did nothing, too.
    async fn network(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "By this day; today when none is given.")] on: Option<NaiveDate>,
    ) -> async_graphql::Result<Vec<PartnerContribution>> {
        let on = day(ctx, on)?;
        let pilot = self.together.pilot_row(ctx).await?;
        let row = self.together.network(ctx, self.row.household).await?;
        let work = projections::network::by_partner(row, pilot, on);
        Ok(work.into_iter().map(PartnerContribution::from).collect())
    }

    /// Jobs, courses, income, schooling.
    async fn work(&self, ctx: &Context<'_>) -> async_graphql::Result<Work<'_>> {
        let row = self.together.work(ctx, self.row.household).await?;
        Ok(Work(row))
    }

    /// Levels of risk, in order of time.
    async fn risks(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Risk>> {
        let row = self.together.safety(ctx, self.row.household).await?;
        let rows = row.map(|row| row.risks.as_slice());
        let rows = rows.unwrap_or_default().iter();
        Ok(rows.map(Risk::from).collect())
    }

    /// Incidents, in order of time.
    async fn incidents(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Incident<'_>>> {
        let of = &self.object;
        let row = self.together.safety(ctx, self.row.household).await?;
        let rows = row.map(|row| row.incidents.as_slice());
        let rows = rows.unwrap_or_default().iter();
        Ok(rows.map(|row| Incident { of, row }).collect())
    }

    /// When its protection was broken, in order of time.
    async fn breaches(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Breach<'_>>> {
        let of = &self.object;
        let row = self.together.safety(ctx, self.row.household).await?;
        let rows = row.map(|row| row.breaches.as_slice());
        let rows = rows.unwrap_or_default().iter();
        Ok(rows.map(|row| Breach { of, row }).collect())
    }

    /// Notes, in order of time.
    async fn notes(&self) -> Vec<Note<'_>> {
        let of = &self.object;
        let notes = self.row.notes.iter();
        notes.map(|row| Note { of, row }).collect()
    }

    /// What is to be done for it, in order of the days by which, and how that stands on a day.
    async fn agenda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As it stands on this day; today when none is given.")] on: Option<
            NaiveDate,
        >,
        #[graphql(desc = "Only what stands so.")] states: Option<Vec<AgendaState>>,
        #[graphql(desc = "Only these kinds.")] kinds: Option<Vec<AgendaKind>>,
    ) -> async_graphql::Result<Vec<AgendaItem>> {
        let on = day(ctx, on)?;
        let id = self.row.household;
        let own = self.together.pilot_agenda(ctx).await?;
        let row = self.together.agenda(ctx, id).await?;
        let filter = agenda::filter(states, kinds, Some(id));
        Ok(agenda::items(own, row, on, &filter))
    }

    /// How its facts were recorded.
    async fn quality(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As it stands on this day; today when none is given.")] on: Option<
            NaiveDate,
        >,
    ) -> async_graphql::Result<Quality> {
        Ok(Quality {
            together: Arc::clone(&self.together),
            of: vec![self.row.household],
            on: day(ctx, on)?,
        })
    }

    /// The exit.
    async fn exit(&self) -> Option<ExitEntry> {
        self.row.exit.as_ref().map(|row| ExitEntry {
            position: row.position,
            on: row.on,
            reason: Asked(row.reason),
            completion: Asked(row.completion),
            client_safety: Asked(row.client_safety),
            worker_safety: Asked(row.worker_safety),
            dismissal_reason: row.dismissal_reason.map(Coded),
            safety_plan: row.safety_plan.into(),
            confirmed_by: row.confirmed_by,
        })
    }

    /// Follow-ups, in order of time.
    async fn follow_ups(&self) -> Vec<FollowUp> {
        let follow_ups = self.row.follow_ups.iter();
        follow_ups
            .map(|row| FollowUp {
                position: row.position,
                on: row.on,
                month: Coded(row.month),
                result: Coded(row.result),
                housing: Asked(row.housing),
                employment: Asked(row.employment),
                new_violence: row.new_violence.into(),
                safety: Asked(row.safety),
            })
            .collect()
    }

    /// Every fact of the household in the order of recording, corrections shown.
    #[graphql(complexity = "page::cost(first) * child_complexity")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most; 200 is the limit.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
    ) -> async_graphql::Result<TimelineConnection> {
        let (app, _) = asked(ctx)?;
        let size = page::size(first)?;
        let after = page::position(after.as_deref())?;
        let mut rows = projections::timeline::page(
            &app.reader(),
            self.together.pilot.0,
            self.row.household,
            after,
            size + 1,
        )
        .await
        .map_err(|error| fault(error.into()))?;
        let more = rows.len() > size;
        rows.truncate(size);
        let edges: Vec<TimelineEdge> = rows
            .into_iter()
            .map(|row| TimelineEdge {
                cursor: row.position.to_string(),
                node: TimelineEntry {
                    row,
                    together: Arc::clone(&self.together),
                },
            })
            .collect();
        let page_info = PageInfo::new(edges.iter().map(|edge| &edge.cursor), more);
        Ok(TimelineConnection { edges, page_info })
    }

    /// Position of the last fact shown here, corrections included.
    async fn position(&self) -> i64 {
        self.row.position
    }
}

/// A page of households.
#[derive(SimpleObject)]
pub(crate) struct HouseholdConnection {
    pub(crate) edges: Vec<HouseholdEdge>,
    pub(crate) page_info: PageInfo,
}

/// A household in a page.
#[derive(SimpleObject)]
pub(crate) struct HouseholdEdge {
    pub(crate) cursor: String,
    pub(crate) node: Household,
}

/// Somebody asked for a place for the household.
#[derive(SimpleObject)]
pub(crate) struct Referral {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Who asked.
    source: Asked<ReferralSource>,
    /// Adults.
    adults: u16,
    /// Minor children.
    children: u16,
    /// How soon a place is needed.
    urgency: Asked<Urgency>,
}

/// A decision on the referral.
#[derive(SimpleObject)]
pub(crate) struct Decision {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// What was decided.
    decision: Coded<AdmissionDecision>,
    /// Why.
    reason: Option<Coded<DecisionReason>>,
    /// Position of the confirmation by somebody else, if there is one.
    confirmed_by: Option<i64>,
}

/// A person in the household.
pub(crate) struct Member<'a> {
    of: &'a PolicyObject,
    row: &'a MemberRow,
}

#[Object]
impl Member<'_> {
    /// The person's id, the same in every household of the installation.
    async fn person(&self) -> ID {
        self.row.person.to_string().into()
    }

    /// Position of the fact she entered by.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// Who she is; null when she was forgotten.
    async fn identity(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Identity>> {
        let opened = open_sealed(ctx, self.of, self.row.holder, &self.row.identity).await?;
        Ok(opened.map(|opened| Identity {
            given_name: opened.given_name,
            family_name: opened.family_name,
            born_on: opened.born_on,
            contact: opened.contact,
        }))
    }

    /// What she was to the head of the household when she entered.
    async fn relation(&self) -> Asked<Relation> {
        Asked(self.row.relation)
    }

    /// Is she, or was she at the end, the head?
    async fn head(&self) -> bool {
        self.row.head
    }

    /// Completed years when she entered.
    async fn age_at_entry(&self) -> Option<u16> {
        self.row.birth.known().map(|birth| birth.age_at_entry)
    }

    /// Why her age is missing, if it is.
    async fn age_missing(&self) -> Option<Missing> {
        Missing::of(&self.row.birth)
    }

    /// Her own day of entry.
    async fn entered_on(&self) -> NaiveDate {
        self.row.entered_on
    }

    /// Where she lived before.
    async fn prior_living_situation(&self) -> Asked<LivingSituation> {
        Asked(self.row.prior_living_situation)
    }

    /// Was she working when she entered?
    async fn employment(&self) -> Asked<EmploymentStatus> {
        Asked(self.row.employment)
    }

    /// Since when she had been without a home when she entered, if it is known.
    async fn without_home_since(&self) -> Option<NaiveDate> {
        self.row.without_home_since.known().copied()
    }

    /// Her citizenship, if the pilot asks.
    async fn citizenship(&self) -> Asked<Citizenship> {
        Asked(self.row.citizenship)
    }

    /// How she left, if she did.
    async fn left(&self) -> Option<MemberLeft> {
        self.row.left.as_ref().map(|row| MemberLeft {
            position: row.position,
            on: row.on,
            destination: Asked(row.destination),
            employment: Asked(row.employment),
        })
    }
}

/// Who a person is. Opened for this answer; sealed everywhere else.
#[derive(SimpleObject)]
pub(crate) struct Identity {
    /// First and middle names.
    given_name: String,
    /// Family name.
    family_name: String,
    /// Birth date.
    born_on: Option<NaiveDate>,
    /// How to reach her safely.
    contact: Option<String>,
}

/// How a person left.
#[derive(SimpleObject)]
pub(crate) struct MemberLeft {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Where she went.
    destination: Asked<LivingSituation>,
    /// Was she working?
    employment: Asked<EmploymentStatus>,
}

/// A time in one dwelling: nights n with from ≤ n < until.
#[derive(SimpleObject)]
pub(crate) struct Occupancy {
    /// Position of the fact that began it.
    position: i64,
    /// The dwelling.
    dwelling: ID,
    /// First night.
    #[graphql(name = "from")]
    first_night: NaiveDate,
    /// The day it ended, if it did.
    until: Option<NaiveDate>,
    /// Why it moved there.
    reason: Option<Coded<MoveReason>>,
}

/// How the household left. Where each member went is said with the member.
#[derive(SimpleObject)]
pub(crate) struct ExitEntry {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Why the stay ended.
    reason: Asked<ExitReason>,
    /// How the programme ended for them.
    completion: Asked<Completion>,
    /// Is the destination safe, as she sees it?
    client_safety: Asked<Safety>,
    /// Is the destination safe, as the worker sees it?
    worker_safety: Asked<Safety>,
    /// Why they were asked to leave, if they were.
    dismissal_reason: Option<Coded<DismissalReason>>,
    /// Was a safety plan agreed?
    safety_plan: YesNoAnswer,
    /// Position of the confirmation by somebody else, if there is one.
    confirmed_by: Option<i64>,
}

/// The household was asked again after its exit.
#[derive(SimpleObject)]
pub(crate) struct FollowUp {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Which follow-up it is.
    month: Coded<FollowUpMonth>,
    /// What came of it.
    result: Coded<FollowUpResult>,
    /// Where she lives.
    housing: Asked<LivingSituation>,
    /// Is she working?
    employment: Asked<EmploymentStatus>,
    /// Was there new violence?
    new_violence: YesNoAnswer,
    /// Is she safe?
    safety: Asked<Safety>,
}

/// What was found when a referral was looked into.
pub(crate) struct ReferralAssessment<'a> {
    of: &'a PolicyObject,
    row: &'a ReferralAssessmentRow,
}

#[Object]
impl ReferralAssessment<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// Does the pilot suit the household?
    async fn suitability(&self) -> Coded<Suitability> {
        Coded(self.row.suitability)
    }

    /// Is there immediate danger?
    async fn immediate_danger(&self) -> YesNoAnswer {
        self.row.immediate_danger.into()
    }

    /// Remarks.
    async fn note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, self.row.note.as_ref()).await
    }
}

/// A referral was taken back.
#[derive(SimpleObject)]
pub(crate) struct ReferralWithdrawal {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Why.
    reason: Asked<ReferralWithdrawalReason>,
}

/// A consent.
pub(crate) struct Consent<'a> {
    pub(crate) row: &'a ConsentRow,
    pub(crate) on: NaiveDate,
}

#[Object]
impl Consent<'_> {
    /// Its id.
    async fn id(&self) -> ID {
        self.row.consent.to_string().into()
    }

    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day it was given.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// About whom, if not the whole household.
    async fn person(&self) -> Option<ID> {
        self.row.person.map(|person| person.to_string().into())
    }

    /// For what.
    async fn purposes(&self) -> Vec<Coded<ConsentPurpose>> {
        self.row.purposes.iter().copied().map(Coded).collect()
    }

    /// Partners to whom it allows to pass something on.
    async fn recipients(&self) -> Vec<ID> {
        let recipients = self.row.recipients.iter();
        recipients.map(|it| it.to_string().into()).collect()
    }

    /// Numbers of the indicators it is about.
    async fn indicators(&self) -> &[u16] {
        &self.row.indicators
    }

    /// How it was given.
    async fn form(&self) -> Coded<ConsentForm> {
        Coded(self.row.form)
    }

    /// Its last day, if it has one.
    async fn expires_on(&self) -> Option<NaiveDate> {
        self.row.expires_on
    }

    /// The day it was taken back, if it was.
    async fn withdrawn_on(&self) -> Option<NaiveDate> {
        self.row.withdrawn.as_ref().map(|withdrawn| withdrawn.on)
    }

    /// Position of the fact by which it was taken back.
    async fn withdrawn_at(&self) -> Option<i64> {
        let withdrawn = self.row.withdrawn.as_ref();
        withdrawn.map(|withdrawn| withdrawn.position)
    }

    /// Where it stands on the day asked for; nothing before it was given.
    async fn state(&self) -> Option<ConsentState> {
        self.row.state_on(self.on).map(ConsentState::from)
    }
}

/// An agreement of hospitality was signed.
#[derive(SimpleObject)]
pub(crate) struct HospitalityAgreement {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// The last day of the hospitality.
    ends_on: NaiveDate,
}

impl From<&AgreementRow> for HospitalityAgreement {
    fn from(row: &AgreementRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            ends_on: row.ends_on,
        }
    }
}

/// A stay was extended.
#[derive(SimpleObject)]
pub(crate) struct StayExtension {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// The new last day.
    until: NaiveDate,
    /// Why.
    reason: Coded<ExtensionReason>,
}

impl From<&ExtensionRow> for StayExtension {
    fn from(row: &ExtensionRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            until: row.until,
            reason: Coded(row.reason),
        }
    }
}

/// Until when a household may stay.
#[derive(SimpleObject)]
pub(crate) struct HospitalityEnd {
    /// The last day.
    until: NaiveDate,
    /// Position of the agreement or extension that says so.
    position: i64,
    /// Is it an extension?
    extended: bool,
}

/// A note about the household or one of its members.
pub(crate) struct Note<'a> {
    of: &'a PolicyObject,
    row: &'a NoteRow,
}

#[Object]
impl Note<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// About whom, if not the whole household.
    async fn person(&self) -> Option<ID> {
        self.row.person.map(|person| person.to_string().into())
    }

    /// What was noted.
    async fn text(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.of, self.row.holder, Some(&self.row.note)).await
    }
}
