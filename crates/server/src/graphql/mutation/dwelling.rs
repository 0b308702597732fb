//! Dwellings.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{UnavailableReason, WithdrawalReason, WorksKind};
use events::{
    DwellingAvailable, DwellingId, DwellingRegistered, DwellingUnavailable, DwellingWithdrawn,
    Seal, WorksCompleted, WorksStarted,
};
use uuid::Uuid;

use super::content::{Content, Made, NewIds};
use crate::graphql::codes::{Coded, YesNoAnswer};

/// A dwelling.
#[derive(InputObject)]
pub(crate) struct DwellingRegisteredContent {
    /// Its id, if it is not to be made from the command's.
    dwelling: Option<Uuid>,
    /// What it is called; never its address.
    label: String,
    /// Rooms.
    rooms: u16,
    /// Beds.
    beds: u16,
    /// Can it be reached and lived in without steps?
    #[graphql(default_with = "YesNoAnswer::NotCollected")]
    step_free: YesNoAnswer,
}

impl Content for DwellingRegisteredContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(DwellingRegistered {
            dwelling: ids.or(self.dwelling, "dwelling", 0),
            label: self.label.clone(),
            rooms: self.rooms,
            beds: self.beds,
            step_free: self.step_free.into(),
        }
        .into())
    }
}

/// Works on a dwelling. It is unavailable until they are completed.
#[derive(InputObject)]
pub(crate) struct WorksStartedContent {
    /// The dwelling.
    dwelling: Uuid,
    /// What is done.
    kind: Coded<WorksKind>,
    /// Last day as planned.
    planned_end: Option<NaiveDate>,
}

impl Content for WorksStartedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(WorksStarted {
            dwelling: DwellingId(self.dwelling),
            kind: self.kind.0,
            planned_end: self.planned_end,
        }
        .into())
    }
}

/// The end of works. The dwelling is available when that is recorded.
#[derive(InputObject)]
pub(crate) struct WorksCompletedContent {
    /// The dwelling.
    dwelling: Uuid,
}

impl Content for WorksCompletedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(WorksCompleted {
            dwelling: DwellingId(self.dwelling),
        }
        .into())
    }
}

/// A dwelling can be lived in.
#[derive(InputObject)]
pub(crate) struct DwellingAvailableContent {
    /// The dwelling.
    dwelling: Uuid,
}

impl Content for DwellingAvailableContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(DwellingAvailable {
            dwelling: DwellingId(self.dwelling),
        }
        .into())
    }
}

/// A dwelling cannot be given to a household.
#[derive(InputObject)]
pub(crate) struct DwellingUnavailableContent {
    /// The dwelling.
    dwelling: Uuid,
    /// Why.
    reason: Coded<UnavailableReason>,
}

impl Content for DwellingUnavailableContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(DwellingUnavailable {
            dwelling: DwellingId(self.dwelling),
            reason: self.reason.0,
        }
        .into())
    }
}

/// A dwelling is no part of the pilot any more, for good.
#[derive(InputObject)]
pub(crate) struct DwellingWithdrawnContent {
    /// The dwelling.
    dwelling: Uuid,
    /// Why.
    reason: Coded<WithdrawalReason>,
}

impl Content for DwellingWithdrawnContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(DwellingWithdrawn {
            dwelling: DwellingId(self.dwelling),
            reason: self.reason.0,
        }
        .into())
    }
}
