//! Households: where they stand, who is in them, plan, work, exit, history.

use app::App;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use events::codes::{
    AdmissionDecision, Completion, Contract, DecisionReason, EmploymentStatus, ExitReason,
    FollowUpMonth, FollowUpResult, GoalDomain, IncomeSource, IncomeStage, JobEndReason,
    LivingSituation, MoveReason, ReferralSource, Relation, Safety, Service, Urgency, VisitKind,
    VisitPurpose,
};
use events::{FreeText, PilotId, Sealed};
use projections::households::{
    ContactKind, ContactRow, GoalRow, HouseholdRow, HouseholdStatus, IncomeRow, JobRow, MemberRow,
    ReviewRow,
};
use projections::timeline::TimelineRow;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::codes::{Asked, Coded, Missing, YesNoAnswer};
use super::page::{self, PageInfo};
use super::{asked, fault};

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
    /// Accepted, not yet in.
    Accepted,
    /// Lives in the pilot.
    Resident,
    /// Left.
    Left,
}

/// A household from its referral to its last follow-up.
pub(crate) struct Household {
    pub(crate) pilot: PilotId,
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
            })
            .collect()
    }

    /// Day of entry.
    async fn entered_on(&self) -> Option<NaiveDate> {
        self.row.admission.as_ref().map(|admission| admission.on)
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
                pilot: self.pilot,
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
    async fn plan(&self) -> Option<Plan<'_>> {
        if self.row.plans.is_empty() {
            None
        } else {
            Some(Plan(self))
        }
    }

    /// Visits and services, in order of time.
    async fn contacts(&self) -> Vec<Contact<'_>> {
        self.row
            .contacts
            .iter()
            .map(|row| Contact {
                pilot: self.pilot,
                row,
            })
            .collect()
    }

    /// Jobs and income.
    async fn work(&self) -> Work<'_> {
        Work(&self.row)
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
            app.pool(),
            app.log(),
            self.pilot.0,
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
                node: TimelineEntry(row),
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
}

/// A person in the household.
pub(crate) struct Member<'a> {
    pilot: PilotId,
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

    /// Who she is.
    async fn identity(&self, ctx: &Context<'_>) -> async_graphql::Result<Identity> {
        let (app, _) = asked(ctx)?;
        let opened = app
            .open_sealed(self.pilot, self.row.holder, &self.row.identity)
            .map_err(fault)?;
        Ok(Identity {
            given_name: opened.given_name,
            family_name: opened.family_name,
            born_on: opened.born_on,
            contact: opened.contact,
        })
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

/// The personal plan as it stands.
pub(crate) struct Plan<'a>(&'a Household);

#[Object]
impl Plan<'_> {
    /// When a plan was first agreed.
    async fn first_agreed_on(&self) -> Option<NaiveDate> {
        self.0.row.plans.first().map(|plan| plan.on)
    }

    /// When the plan that stands was agreed.
    async fn agreed_on(&self) -> Option<NaiveDate> {
        self.0.row.plans.last().map(|plan| plan.on)
    }

    /// The day by which it is to be reviewed.
    async fn review_due(&self) -> Option<NaiveDate> {
        self.0.row.plans.last().and_then(|plan| plan.review_due)
    }

    /// Positions of the facts by which plans were agreed.
    async fn positions(&self) -> Vec<i64> {
        self.0.row.plans.iter().map(|plan| plan.position).collect()
    }

    /// Goals.
    async fn goals(&self) -> Vec<Goal<'_>> {
        self.0
            .row
            .goals
            .iter()
            .map(|row| Goal {
                pilot: self.0.pilot,
                row,
            })
            .collect()
    }
}

/// A goal.
pub(crate) struct Goal<'a> {
    pilot: PilotId,
    row: &'a GoalRow,
}

#[Object]
impl Goal<'_> {
    /// Its id.
    async fn id(&self) -> ID {
        self.row.goal.to_string().into()
    }

    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// When it was set.
    async fn set_on(&self) -> NaiveDate {
        self.row.on
    }

    /// What it is about.
    async fn domain(&self) -> Coded<GoalDomain> {
        Coded(self.row.domain)
    }

    /// The day by which it is to be reached.
    async fn due(&self) -> Option<NaiveDate> {
        self.row.due
    }

    /// The goal in her words.
    async fn text(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.pilot, self.row.holder, self.row.text.as_ref())
    }

    /// Reviews, in order of time.
    async fn reviews(&self) -> Vec<GoalReview<'_>> {
        self.row
            .reviews
            .iter()
            .map(|row| GoalReview {
                pilot: self.pilot,
                row,
            })
            .collect()
    }
}

/// A goal was looked at again.
pub(crate) struct GoalReview<'a> {
    pilot: PilotId,
    row: &'a ReviewRow,
}

#[Object]
impl GoalReview<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// −2 much less than expected … +2 much more.
    async fn attainment(&self) -> i8 {
        self.row.attainment
    }

    /// Remarks.
    async fn note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.pilot, self.row.holder, self.row.note.as_ref())
    }
}

fn open_text(
    ctx: &Context<'_>,
    pilot: PilotId,
    holder: Uuid,
    sealed: Option<&Sealed<FreeText>>,
) -> async_graphql::Result<Option<String>> {
    let app = ctx.data::<App>()?;
    match sealed {
        None => Ok(None),
        Some(sealed) => Ok(Some(
            app.open_sealed(pilot, holder, sealed).map_err(fault)?.0,
        )),
    }
}

/// A visit or a service.
pub(crate) struct Contact<'a> {
    pilot: PilotId,
    row: &'a ContactRow,
}

#[Object]
impl Contact<'_> {
    /// Position of the fact.
    async fn position(&self) -> i64 {
        self.row.position
    }

    /// The day.
    async fn on(&self) -> NaiveDate {
        self.row.on
    }

    /// How it took place, for a visit.
    async fn kind(&self) -> Option<Coded<VisitKind>> {
        match self.row.what {
            ContactKind::Visit(kind, _) => Some(Coded(kind)),
            ContactKind::Service(_) => None,
        }
    }

    /// What it was for, for a visit.
    async fn purpose(&self) -> Option<Coded<VisitPurpose>> {
        match self.row.what {
            ContactKind::Visit(_, purpose) => Some(Coded(purpose)),
            ContactKind::Service(_) => None,
        }
    }

    /// What was provided, for a service.
    async fn service(&self) -> Option<Coded<Service>> {
        match self.row.what {
            ContactKind::Service(service) => Some(Coded(service)),
            ContactKind::Visit(..) => None,
        }
    }

    /// Minutes, if known.
    async fn minutes(&self) -> Option<u16> {
        self.row.minutes
    }

    /// Partners who took part or provided it.
    async fn partners(&self) -> Vec<ID> {
        self.row
            .partners
            .iter()
            .map(|partner| partner.to_string().into())
            .collect()
    }

    /// What it was worth, for economic support.
    async fn amount(&self) -> Option<Decimal> {
        self.row.amount
    }

    /// Remarks.
    async fn note(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        open_text(ctx, self.pilot, self.row.holder, self.row.note.as_ref())
    }
}

/// Jobs and income of the household's members.
pub(crate) struct Work<'a>(&'a HouseholdRow);

#[Object]
impl Work<'_> {
    /// Jobs, in order of their start.
    async fn jobs(&self) -> Vec<Job> {
        self.0.jobs.iter().map(Job::from).collect()
    }

    /// Incomes, in order of time.
    async fn incomes(&self) -> Vec<IncomeEntry> {
        self.0.incomes.iter().map(IncomeEntry::from).collect()
    }
}

/// A job.
#[derive(SimpleObject)]
pub(crate) struct Job {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// Whose.
    person: ID,
    /// First day.
    started_on: NaiveDate,
    /// Kind of contract.
    contract: Asked<Contract>,
    /// Hours a week.
    weekly_hours: Option<u16>,
    /// The partner through whom she found it.
    partner: Option<ID>,
    /// Its end.
    ended: Option<JobEnd>,
}

/// The end of a job.
#[derive(SimpleObject)]
pub(crate) struct JobEnd {
    /// Position of the fact.
    position: i64,
    /// Last day.
    on: NaiveDate,
    /// Why.
    reason: Asked<JobEndReason>,
}

impl From<&JobRow> for Job {
    fn from(row: &JobRow) -> Self {
        Self {
            id: row.job.to_string().into(),
            position: row.position,
            person: row.person.to_string().into(),
            started_on: row.started_on,
            contract: Asked(row.contract),
            weekly_hours: row.weekly_hours,
            partner: row.partner.map(|partner| partner.to_string().into()),
            ended: row.ended.as_ref().map(|ended| JobEnd {
                position: ended.position,
                on: ended.on,
                reason: Asked(ended.reason),
            }),
        }
    }
}

/// A monthly income.
#[derive(SimpleObject)]
pub(crate) struct IncomeEntry {
    /// Position of the fact.
    position: i64,
    /// The day it was recorded for.
    on: NaiveDate,
    /// Whose.
    person: ID,
    /// On which occasion.
    stage: Coded<IncomeStage>,
    /// All sources together, if known.
    total: Option<Decimal>,
    /// What each source pays.
    sources: Vec<IncomeAmount>,
    /// Why the answer is missing, if it is.
    missing: Option<Missing>,
}

/// What one source pays in a month.
#[derive(SimpleObject)]
pub(crate) struct IncomeAmount {
    /// The source.
    source: Coded<IncomeSource>,
    /// Monthly amount, if known.
    amount: Option<Decimal>,
}

impl From<&IncomeRow> for IncomeEntry {
    fn from(row: &IncomeRow) -> Self {
        let known = row.income.known();
        Self {
            position: row.position,
            on: row.on,
            person: row.person.to_string().into(),
            stage: Coded(row.stage),
            total: known.and_then(|income| income.total.known().copied()),
            sources: known
                .map(|income| {
                    let sources = income.sources.iter();
                    sources
                        .map(|part| IncomeAmount {
                            source: Coded(part.source),
                            amount: part.amount.known().copied(),
                        })
                        .collect()
                })
                .unwrap_or_default(),
            missing: Missing::of(&row.income),
        }
    }
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

/// A page of a household's history.
#[derive(SimpleObject)]
pub(crate) struct TimelineConnection {
    edges: Vec<TimelineEdge>,
    page_info: PageInfo,
}

/// A fact in a page.
#[derive(SimpleObject)]
pub(crate) struct TimelineEdge {
    cursor: String,
    node: TimelineEntry,
}

/// A fact of the household as it was recorded, and what became of it.
pub(crate) struct TimelineEntry(TimelineRow);

#[Object]
impl TimelineEntry {
    /// Position in the log.
    async fn position(&self) -> i64 {
        self.0.position
    }

    /// The fact's type.
    async fn kind(&self) -> &'static str {
        self.0.event.kind()
    }

    /// The type's Italian label.
    async fn label(&self) -> &'static str {
        events::labels(self.0.event.kind()).map_or("", |(it, _)| it)
    }

    /// When it happened.
    async fn occurred_on(&self) -> NaiveDate {
        self.0.occurred_on
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.recorded_at
    }

    /// When it was first written down elsewhere, if it was brought over.
    async fn entered_at(&self) -> Option<DateTime<Utc>> {
        self.0.entered_at
    }

    /// Who recorded it.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// What it says; what is sealed stays sealed.
    async fn data(&self) -> async_graphql::Result<async_graphql::Json<serde_json::Value>> {
        let encoded = self
            .0
            .event
            .encode()
            .map_err(|error| fault(app::Error::Encoding(error)))?;
        Ok(async_graphql::Json(encoded.data))
    }

    /// Positions of corrections that name it.
    async fn corrected_by(&self) -> &[i64] {
        &self.0.corrected_by
    }

    /// Positions of retractions that name it.
    async fn retracted_by(&self) -> &[i64] {
        &self.0.retracted_by
    }
}
