//! Pilots.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{
    AgreementKind, Audience, Currency, Language, PartnerKind, PartnerLeftReason, Phase, PilotEnd,
    ReportFormat, RestatementReason, TargetDirection,
};
use policy::Action;
use projections::agenda::pilot::experimental_month;
use projections::committee::CommitteeRow;
use projections::ledger::LedgerRow;
use projections::pilots::{
    AgreementRow, ClosureRow, PartnerRow, PhaseRow, PilotRow, ReportRow, RulesRow, TargetRow,
};
use rust_decimal::Decimal;
use tokio::sync::OnceCell;

use super::agenda::{self, AgendaItem};
use super::codes::{Asked, Coded};
use super::committee::Committee;
use super::ledger::{self, Expense, Ledger};
use super::quality::PilotQuality;
use super::together::Together;
use super::words::{AgendaKind, AgendaState};
use super::{asked, day, fault, page, roots};

/// A time-boxed social pilot.
pub(crate) struct Pilot {
    row: PilotRow,
    together: Arc<Together>,
    ledger: OnceCell<Arc<LedgerRow>>,
}

impl From<PilotRow> for Pilot {
    fn from(row: PilotRow) -> Self {
        Self {
            together: Arc::new(Together::of(row.pilot, Vec::new())),
            ledger: OnceCell::new(),
            row,
        }
    }
}

#[Object]
impl Pilot {
    /// The pilot's id; its short name and HMIS project id are accepted wherever an id is asked for.
    async fn id(&self) -> ID {
        self.row.pilot.to_string().into()
    }

    /// Short name.
    async fn code(&self) -> Option<&str> {
        self.row
            .opening
            .as_ref()
            .map(|opening| opening.code.as_str())
    }

    /// What it is called in public.
    async fn title(&self) -> Option<&str> {
        self.row
            .opening
            .as_ref()
            .map(|opening| opening.title.as_str())
    }

    /// Municipality or area.
    async fn place(&self) -> Option<&str> {
        self.row
            .opening
            .as_ref()
            .map(|opening| opening.place.as_str())
    }

    /// The one currency of its amounts.
    async fn currency(&self) -> Option<Coded<Currency>> {
        self.row
            .opening
            .as_ref()
            .map(|opening| Coded(opening.currency))
    }

    /// The day it officially started.
    async fn opened_on(&self) -> Option<NaiveDate> {
        self.row.opening.as_ref().map(|opening| opening.on)
    }

    /// The HMIS project it was imported from, if it was.
    async fn hmis_project(&self) -> Option<HmisProject> {
        let project = self.row.opening.as_ref()?.hmis_project.as_ref()?;
        Some(HmisProject {
            project_id: project.project_id.clone(),
            project_type: i32::from(project.project_type),
        })
    }

    /// Phases, in order of time.
    async fn phases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day that `plannedEnd` speaks of; today when none is given.")]
        on: Option<NaiveDate>,
    ) -> async_graphql::Result<Vec<PhaseEntry>> {
        let on = day(ctx, on)?;
        let phases = self.row.phases.iter();
        Ok(phases
            .map(|phase| PhaseEntry::of(&self.row, phase, on))
            .collect())
    }

    /// In which month the experimental phase is; nothing when the pilot is in another.
    async fn month(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "On this day; today when none is given.")] on: Option<NaiveDate>,
    ) -> async_graphql::Result<Option<ExperimentalMonth>> {
        let on = day(ctx, on)?;
        let month = experimental_month(self.together.pilot_agenda(ctx).await?, on);
        Ok(month.map(|month| ExperimentalMonth {
            number: month.number,
            of: month.of,
            extended_to: month.extended_to,
        }))
    }

    /// Organisations that take part, or took part.
    async fn partners(&self) -> Vec<Partner> {
        self.row.partners.iter().map(Partner::from).collect()
    }

    /// Its own rules, in order of time; those set last on or before a day hold on it.
    async fn rules(&self) -> Vec<PilotRules> {
        self.row.rules.iter().map(PilotRules::from).collect()
    }

    /// Targets, in order of time; of one indicator the last one holds.
    async fn targets(&self) -> Vec<Target> {
        self.row.targets.iter().map(Target::from).collect()
    }

    /// Agreements between the partners, in order of time.
    async fn agreements(&self) -> Vec<PilotAgreement> {
        self.row
            .agreements
            .iter()
            .map(PilotAgreement::from)
            .collect()
    }

    /// Closed periods, in order of time.
    async fn closures(&self) -> Vec<Closure> {
        self.row.closures.iter().map(Closure::from).collect()
    }

    /// Published editions of reports, restated ones included, in order of time.
    async fn reports(&self) -> Vec<Report> {
        self.row.reports.iter().map(Report::from).collect()
    }

    /// Its end, if it has come.
    async fn closing(&self) -> Option<Closing> {
        self.row.closing.as_ref().map(|row| Closing {
            position: row.position,
            on: row.on,
            end: Coded(row.end),
        })
    }

    /// Money spent, in order of time.
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day that `standing` and `net` speak of; today when none is given.")]
        on: Option<NaiveDate>,
    ) -> async_graphql::Result<Vec<Expense>> {
        let on = day(ctx, on)?;
        let row = self.ledger_row(ctx).await?;
        Ok(ledger::expenses(&row, on))
    }

    /// Its money.
    async fn ledger(&self, ctx: &Context<'_>) -> async_graphql::Result<Ledger> {
        Ok(Ledger(self.ledger_row(ctx).await?))
    }

    /// Its steering committee.
    async fn committee(&self, ctx: &Context<'_>) -> async_graphql::Result<Committee> {
        let (app, _) = asked(ctx)?;
        let row = projections::committee::one(&app.source(), self.row.pilot.0)
            .await
            .map_err(|error| fault(error.into()))?;
        Ok(Committee(
            row.unwrap_or_else(|| CommitteeRow::new(self.row.pilot)),
        ))
    }

    /// What is to be done for the pilot and its households, in order of the days by which, and how that
    /// stands on a day. What is about a household is only there for who may see households.
    #[graphql(complexity = "page::cost(None) * child_complexity")]
    async fn agenda(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As it stands on this day; today when none is given.")] on: Option<
            NaiveDate,
        >,
        #[graphql(desc = "Only what stands so.")] states: Option<Vec<AgendaState>>,
        #[graphql(desc = "Only these kinds.")] kinds: Option<Vec<AgendaKind>>,
    ) -> async_graphql::Result<Vec<AgendaItem>> {
        let (app, _) = asked(ctx)?;
        let on = day(ctx, on)?;
        let pilot = self.row.pilot;
        let own = self.together.pilot_agenda(ctx).await?;
        let households = match roots::may(ctx, Action::SeeHouseholds, pilot)? {
            true => projections::agenda::household::all(&app.source(), pilot.0)
                .await
                .map_err(|error| fault(error.into()))?,
            false => Vec::new(),
        };
        let filter = agenda::filter(states, kinds, None);
        Ok(agenda::items(own, &households, on, &filter))
    }

    /// How its own facts were recorded: frame, money, committee.
    async fn quality(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As it stands on this day; today when none is given.")] on: Option<
            NaiveDate,
        >,
    ) -> async_graphql::Result<PilotQuality> {
        Ok(PilotQuality {
            together: Arc::clone(&self.together),
            on: day(ctx, on)?,
        })
    }
}

impl Pilot {
    /// The row of its money, asked for once.
    async fn ledger_row(&self, ctx: &Context<'_>) -> async_graphql::Result<Arc<LedgerRow>> {
        let row = self.ledger.get_or_try_init(|| async {
            let (app, _) = asked(ctx)?;
            let row = projections::ledger::one(&app.source(), self.row.pilot.0)
                .await
                .map_err(|error| fault(error.into()))?;
            let row = row.unwrap_or_else(|| LedgerRow::new(self.row.pilot));
            Ok::<_, async_graphql::Error>(Arc::new(row))
        });
        row.await.cloned()
    }
}

/// A project of a homeless management information system.
#[derive(SimpleObject)]
pub(crate) struct HmisProject {
    /// `ProjectID`.
    project_id: String,
    /// `ProjectType`.
    project_type: i32,
}

/// A phase of the pilot.
#[derive(SimpleObject)]
pub(crate) struct PhaseEntry {
    /// Position of the fact.
    position: i64,
    /// First day.
    started_on: NaiveDate,
    /// The phase.
    phase: Coded<Phase>,
    /// Last day as planned when it began.
    first_planned_end: Option<NaiveDate>,
    /// Last day as planned on the day asked for, extensions included.
    planned_end: Option<NaiveDate>,
    /// Last day, if it is over: the day before the next phase, or the pilot's last.
    ended_on: Option<NaiveDate>,
    /// Extensions, in order of time.
    extensions: Vec<PhaseExtension>,
}

impl PhaseEntry {
    fn of(pilot: &PilotRow, row: &PhaseRow, on: NaiveDate) -> Self {
        let extensions = row.extensions.iter().map(|row| PhaseExtension {
            position: row.position,
            on: row.on,
            planned_end: row.planned_end,
            decision: row.decision.map(|decision| decision.to_string().into()),
        });
        Self {
            position: row.position,
            started_on: row.on,
            phase: Coded(row.phase),
            first_planned_end: row.planned_end,
            planned_end: row.planned_end_on(on),
            ended_on: pilot.ended_on(row),
            extensions: extensions.collect(),
        }
    }
}

/// A phase was extended.
#[derive(SimpleObject)]
pub(crate) struct PhaseExtension {
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Last day as planned from then on.
    planned_end: NaiveDate,
    /// The committee's decision it follows from, if there is one.
    decision: Option<ID>,
}

/// A month of the experimental phase.
#[derive(SimpleObject)]
pub(crate) struct ExperimentalMonth {
    /// Which one, from 1.
    number: u32,
    /// Of how many, as planned at first.
    of: u32,
    /// Of how many with the extensions.
    extended_to: u32,
}

/// An organisation that takes part.
#[derive(SimpleObject)]
pub(crate) struct Partner {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// Public name.
    name: String,
    /// What it is.
    kind: Coded<PartnerKind>,
    /// Since when.
    joined_on: NaiveDate,
    /// How it left, if it did.
    left: Option<PartnerLeft>,
}

/// An organisation left.
#[derive(SimpleObject)]
pub(crate) struct PartnerLeft {
    /// Position of the fact.
    position: i64,
    /// Its last day.
    on: NaiveDate,
    /// Why.
    reason: Asked<PartnerLeftReason>,
}

impl From<&PartnerRow> for Partner {
    fn from(row: &PartnerRow) -> Self {
        Self {
            id: row.partner.to_string().into(),
            position: row.position,
            name: row.name.clone(),
            kind: Coded(row.kind),
            joined_on: row.on,
            left: row.left.as_ref().map(|left| PartnerLeft {
                position: left.position,
                on: left.on,
                reason: Asked(left.reason),
            }),
        }
    }
}

/// The pilot's own rules from a day on.
#[derive(SimpleObject)]
pub(crate) struct PilotRules {
    /// Position of the fact.
    position: i64,
    /// First day.
    on: NaiveDate,
    /// An expense of more than this needs the approval of a second person; nothing: none does.
    approve_expenses_above: Option<Decimal>,
    /// Is an acceptance to be confirmed by somebody else?
    confirm_admission: bool,
    /// Is an exit to be confirmed by somebody else?
    confirm_exit: bool,
    /// Is citizenship asked for?
    ask_citizenship: bool,
    /// Days without contact after which a household counts as unseen.
    unseen_after_days: u16,
}

impl From<&RulesRow> for PilotRules {
    fn from(row: &RulesRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            approve_expenses_above: row.approve_expenses_above,
            confirm_admission: row.confirm_admission,
            confirm_exit: row.confirm_exit,
            ask_citizenship: row.ask_citizenship,
            unseen_after_days: row.unseen_after_days,
        }
    }
}

/// What an indicator is to reach.
#[derive(SimpleObject)]
pub(crate) struct Target {
    /// Position of the fact.
    position: i64,
    /// The day it was set.
    on: NaiveDate,
    /// Number of the indicator.
    indicator: u16,
    /// The value.
    value: Decimal,
    /// Is at least or at most as much wanted?
    direction: Coded<TargetDirection>,
    /// The day by which.
    due: Option<NaiveDate>,
    /// The partner that set it, if one did.
    set_by: Option<ID>,
}

impl From<&TargetRow> for Target {
    fn from(row: &TargetRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            indicator: row.indicator,
            value: row.value,
            direction: Coded(row.direction),
            due: row.due,
            set_by: row.set_by.map(|partner| partner.to_string().into()),
        }
    }
}

/// An agreement between partners.
#[derive(SimpleObject)]
pub(crate) struct PilotAgreement {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// What it is.
    kind: Coded<AgreementKind>,
    /// What it is called.
    title: String,
    /// Who adopted it.
    partners: Vec<ID>,
    /// Its last day, if it has one.
    valid_until: Option<NaiveDate>,
}

impl From<&AgreementRow> for PilotAgreement {
    fn from(row: &AgreementRow) -> Self {
        let partners = row.partners.iter();
        Self {
            id: row.agreement.to_string().into(),
            position: row.position,
            on: row.on,
            kind: Coded(row.kind),
            title: row.title.clone(),
            partners: partners.map(|it| it.to_string().into()).collect(),
            valid_until: row.valid_until,
        }
    }
}

/// A period was closed.
#[derive(SimpleObject)]
pub(crate) struct Closure {
    /// Position of the fact.
    position: i64,
    /// The day it was closed.
    on: NaiveDate,
    /// First day of the period.
    #[graphql(name = "from")]
    first_day: NaiveDate,
    /// Last day of the period.
    to: NaiveDate,
}

impl From<&ClosureRow> for Closure {
    fn from(row: &ClosureRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            first_day: row.from,
            to: row.to,
        }
    }
}

/// A published edition of a report.
#[derive(SimpleObject)]
pub(crate) struct Report {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// The day it was published.
    on: NaiveDate,
    /// What it restates, if it does.
    restates: Option<Restated>,
    /// First day of the period.
    #[graphql(name = "from")]
    first_day: Option<NaiveDate>,
    /// Last day of the period.
    to: Option<NaiveDate>,
    /// Its language.
    language: Option<Coded<Language>>,
    /// For whom it is.
    audience: Option<Coded<Audience>>,
    /// Version of the set of definitions.
    definitions: u16,
    /// The position of the log that was evaluated.
    evaluated: i64,
    /// What was written.
    artefacts: Vec<ReportArtefact>,
}

/// What an edition restates, and why.
#[derive(SimpleObject)]
pub(crate) struct Restated {
    /// The edition.
    report: ID,
    /// Why.
    reason: Coded<RestatementReason>,
    /// Positions of the facts it was restated for.
    causes: Vec<i64>,
}

/// A file of an edition.
#[derive(SimpleObject)]
pub(crate) struct ReportArtefact {
    /// Its format.
    format: Coded<ReportFormat>,
    /// SHA-256 of its bytes, in lower-case hexadecimal.
    sha256: String,
}

impl From<&ReportRow> for Report {
    fn from(row: &ReportRow) -> Self {
        let frame = row.frame.as_ref();
        let artefacts = row.artefacts.iter().map(|artefact| ReportArtefact {
            format: Coded(artefact.format),
            sha256: artefact.sha256.clone(),
        });
        Self {
            id: row.report.to_string().into(),
            position: row.position,
            on: row.on,
            restates: row.restates.as_ref().map(|restates| Restated {
                report: restates.report.to_string().into(),
                reason: Coded(restates.reason),
                causes: restates.causes.clone(),
            }),
            first_day: frame.map(|frame| frame.from),
            to: frame.map(|frame| frame.to),
            language: frame.map(|frame| Coded(frame.language)),
            audience: frame.map(|frame| Coded(frame.audience)),
            definitions: row.definitions,
            evaluated: row.evaluated,
            artefacts: artefacts.collect(),
        }
    }
}

/// The pilot's end.
#[derive(SimpleObject)]
pub(crate) struct Closing {
    /// Position of the fact.
    position: i64,
    /// Its last day.
    on: NaiveDate,
    /// How it ended.
    end: Coded<PilotEnd>,
}
