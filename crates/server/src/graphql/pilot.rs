//! Pilots.

use async_graphql::{ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{Currency, ExpenseLine, PartnerKind, Phase};
use projections::ledger::ExpenseRow; // STUB
use projections::pilots::{PartnerRow, PhaseRow, PilotRow};
use rust_decimal::Decimal;

use super::codes::Coded;

/// A time-boxed social pilot.
pub(crate) struct Pilot(pub(crate) PilotRow);

#[Object]
impl Pilot {
    /// The pilot's id; its short name and HMIS project id are accepted wherever an id is asked for.
    async fn id(&self) -> ID {
        self.0.pilot.to_string().into()
    }

    /// Short name.
    async fn code(&self) -> Option<&str> {
        self.0.opening.as_ref().map(|opening| opening.code.as_str())
    }

    /// What it is called in public.
    async fn title(&self) -> Option<&str> {
        self.0
            .opening
            .as_ref()
            .map(|opening| opening.title.as_str())
    }

    /// Municipality or area.
    async fn place(&self) -> Option<&str> {
        self.0
            .opening
            .as_ref()
            .map(|opening| opening.place.as_str())
    }

    /// The one currency of its amounts.
    async fn currency(&self) -> Option<Coded<Currency>> {
        self.0
            .opening
            .as_ref()
            .map(|opening| Coded(opening.currency))
    }

    /// The day it officially started.
    async fn opened_on(&self) -> Option<NaiveDate> {
        self.0.opening.as_ref().map(|opening| opening.on)
    }

    /// The HMIS project it was imported from, if it was.
    async fn hmis_project(&self) -> Option<HmisProject> {
        let project = self.0.opening.as_ref()?.hmis_project.as_ref()?;
        Some(HmisProject {
            project_id: project.project_id.clone(),
            project_type: i32::from(project.project_type),
        })
    }

    /// Phases, in order of time.
    async fn phases(&self) -> Vec<PhaseEntry> {
        self.0.phases.iter().map(PhaseEntry::from).collect()
    }

    /// Organisations that take part.
    async fn partners(&self) -> Vec<Partner> {
        self.0.partners.iter().map(Partner::from).collect()
    }

    /// Money spent.
    async fn expenses(&self) -> Vec<Expense> {
        Vec::new() // STUB
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
    /// Last day as planned.
    planned_end: Option<NaiveDate>,
}

impl From<&PhaseRow> for PhaseEntry {
    fn from(row: &PhaseRow) -> Self {
        Self {
            position: row.position,
            started_on: row.on,
            phase: Coded(row.phase),
            planned_end: row.planned_end,
        }
    }
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
}

impl From<&PartnerRow> for Partner {
    fn from(row: &PartnerRow) -> Self {
        Self {
            id: row.partner.to_string().into(),
            position: row.position,
            name: row.name.clone(),
            kind: Coded(row.kind),
            joined_on: row.on,
        }
    }
}

/// Money spent.
#[derive(SimpleObject)]
pub(crate) struct Expense {
    /// Its id.
    id: ID,
    /// Position of the fact.
    position: i64,
    /// The day.
    on: NaiveDate,
    /// Budget line.
    line: Coded<ExpenseLine>,
    /// The partner whose money it is.
    source: Option<ID>,
    /// Amount in the pilot's currency.
    amount: Decimal,
    /// What it was spent on.
    description: String,
}

impl From<&ExpenseRow> for Expense {
    fn from(row: &ExpenseRow) -> Self {
        Self {
            id: row.expense.to_string().into(),
            position: row.position,
            on: row.on,
            line: Coded(row.line),
            source: row.source.map(|source| source.to_string().into()),
            amount: row.amount,
            description: row.description.clone(),
        }
    }
}
