//! Dwellings.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::UnavailableReason;
use events::{
    DwellingAvailable, DwellingId, DwellingRegistered, DwellingUnavailable, Event, NotSealed, Seal,
};
use uuid::Uuid;

use super::content::{Content, NewIds};
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
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Result<Event, NotSealed> {
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

/// A dwelling can be lived in.
#[derive(InputObject)]
pub(crate) struct DwellingAvailableContent {
    /// The dwelling.
    dwelling: Uuid,
}

impl Content for DwellingAvailableContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Result<Event, NotSealed> {
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
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Result<Event, NotSealed> {
        Ok(DwellingUnavailable {
            dwelling: DwellingId(self.dwelling),
            reason: self.reason.0,
        }
        .into())
    }
}
