//! The pilot, its partners, its money.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{Currency, ExpenseLine, PartnerKind, Phase};
use events::{
    Event, ExpenseRecorded, NotSealed, PartnerId, PartnerJoined, PhaseStarted, PilotOpened, Seal,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::content::{Content, NewIds};
use crate::graphql::codes::Coded;

/// The pilot.
#[derive(InputObject)]
pub(crate) struct PilotOpenedContent {
    /// What it is called in public.
    title: String,
    /// Municipality or area.
    place: String,
    /// Short name: lower-case letters, digits and hyphens.
    code: String,
    /// The one currency of its amounts.
    currency: Coded<Currency>,
}

impl Content for PilotOpenedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Result<Event, NotSealed> {
        Ok(PilotOpened {
            title: self.title.clone(),
            place: self.place.clone(),
            code: self.code.clone(),
            currency: self.currency.0,
            hmis_project: None,
        }
        .into())
    }
}

/// A phase.
#[derive(InputObject)]
pub(crate) struct PhaseStartedContent {
    /// The phase.
    phase: Coded<Phase>,
    /// Last day as planned.
    planned_end: Option<NaiveDate>,
}

impl Content for PhaseStartedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Result<Event, NotSealed> {
        Ok(PhaseStarted {
            phase: self.phase.0,
            planned_end: self.planned_end,
        }
        .into())
    }
}

/// An organisation.
#[derive(InputObject)]
pub(crate) struct PartnerJoinedContent {
    /// Its id, if it is not to be made from the command's.
    partner: Option<Uuid>,
    /// What it is.
    kind: Coded<PartnerKind>,
    /// Public name.
    name: String,
}

impl Content for PartnerJoinedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Result<Event, NotSealed> {
        Ok(PartnerJoined {
            partner: ids.or(self.partner, "partner", 0),
            kind: self.kind.0,
            name: self.name.clone(),
        }
        .into())
    }
}

/// Money spent.
#[derive(InputObject)]
pub(crate) struct ExpenseRecordedContent {
    /// Its id, if it is not to be made from the command's.
    expense: Option<Uuid>,
    /// Budget line.
    line: Coded<ExpenseLine>,
    /// The partner whose money it is.
    source: Option<Uuid>,
    /// Amount in the pilot's currency.
    amount: Decimal,
    /// What it was spent on; never about a person.
    description: String,
}

impl Content for ExpenseRecordedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Result<Event, NotSealed> {
        Ok(ExpenseRecorded {
            expense: ids.or(self.expense, "expense", 0),
            line: self.line.0,
            source: self.source.map(PartnerId),
            amount: self.amount,
            description: self.description.clone(),
        }
        .into())
    }
}
