//! Dwellings.

use async_graphql::{ID, Object, SimpleObject};
use chrono::NaiveDate;
use events::codes::{UnavailableReason, WithdrawalReason, WorksKind};
use projections::census::{AvailabilityRow, DwellingOccupancyRow, DwellingRow, WorksRow};

use super::codes::{Coded, YesNoAnswer};

/// One of the pilot's dwellings.
pub(crate) struct Dwelling {
    pub(crate) row: DwellingRow,
    /// The day that `available` and `occupied` speak of.
    pub(crate) on: NaiveDate,
}

#[Object]
impl Dwelling {
    /// Its id.
    async fn id(&self) -> ID {
        self.row.dwelling.to_string().into()
    }

    /// What it is called; never its address.
    async fn label(&self) -> Option<&str> {
        self.row
            .registration
            .as_ref()
            .map(|registration| registration.label.as_str())
    }

    /// Rooms.
    async fn rooms(&self) -> Option<u16> {
        self.row
            .registration
            .as_ref()
            .map(|registration| registration.rooms)
    }

    /// Beds.
    async fn beds(&self) -> Option<u16> {
        self.row
            .registration
            .as_ref()
            .map(|registration| registration.beds)
    }

    /// Can it be reached and lived in without steps?
    async fn step_free(&self) -> Option<YesNoAnswer> {
        self.row
            .registration
            .as_ref()
            .map(|registration| registration.step_free.into())
    }

    /// Could it be lived in on the day asked for?
    async fn available(&self) -> bool {
        self.row.available_on(self.on)
    }

    /// Did a household live in it in the night of the day asked for?
    async fn occupied(&self) -> bool {
        self.row.occupied_on(self.on).is_some()
    }

    /// When it became available or unavailable.
    async fn availability(&self) -> Vec<Availability> {
        self.row.availability.iter().map(Into::into).collect()
    }

    /// Works on it, in order of time.
    async fn works(&self) -> Vec<Works> {
        self.row.works.iter().map(Works::from).collect()
    }

    /// Its withdrawal from the pilot, if it was withdrawn.
    async fn withdrawal(&self) -> Option<DwellingWithdrawal> {
        self.row.withdrawal.as_ref().map(|row| DwellingWithdrawal {
            position: row.position,
            on: row.on,
            reason: Coded(row.reason),
        })
    }

    /// Which household lived in it when.
    async fn occupancies(&self) -> Vec<DwellingOccupancy> {
        self.row.occupancies.iter().map(Into::into).collect()
    }
}

/// A change of a dwelling's availability.
#[derive(SimpleObject)]
pub(crate) struct Availability {
    /// Position of the fact.
    position: i64,
    /// First day.
    #[graphql(name = "from")]
    first_day: NaiveDate,
    /// Can it be lived in from that day?
    available: bool,
    /// Why not.
    reason: Option<Coded<UnavailableReason>>,
}

impl From<&AvailabilityRow> for Availability {
    fn from(row: &AvailabilityRow) -> Self {
        Self {
            position: row.position,
            first_day: row.on,
            available: row.available,
            reason: row.reason.map(Coded),
        }
    }
}

/// Works on a dwelling.
#[derive(SimpleObject)]
pub(crate) struct Works {
    /// Position of the fact they began by.
    position: i64,
    /// First day.
    on: NaiveDate,
    /// What is done.
    kind: Coded<WorksKind>,
    /// Last day as planned.
    planned_end: Option<NaiveDate>,
    /// The day they were completed, if they were.
    completed_on: Option<NaiveDate>,
    /// Position of the fact that says so.
    completed_at: Option<i64>,
}

impl From<&WorksRow> for Works {
    fn from(row: &WorksRow) -> Self {
        Self {
            position: row.position,
            on: row.on,
            kind: Coded(row.kind),
            planned_end: row.planned_end,
            completed_on: row.completed.map(|(_, on)| on),
            completed_at: row.completed.map(|(position, _)| position),
        }
    }
}

/// A dwelling's withdrawal from the pilot.
#[derive(SimpleObject)]
pub(crate) struct DwellingWithdrawal {
    /// Position of the fact.
    position: i64,
    /// The first day on which it is no longer part of the pilot.
    on: NaiveDate,
    /// Why.
    reason: Coded<WithdrawalReason>,
}

/// A household's time in a dwelling: nights n with from ≤ n < until.
#[derive(SimpleObject)]
pub(crate) struct DwellingOccupancy {
    /// Position of the fact that began it.
    position: i64,
    /// The household.
    household: ID,
    /// First night.
    #[graphql(name = "from")]
    first_night: NaiveDate,
    /// The day it ended, if it did.
    until: Option<NaiveDate>,
}

impl From<&DwellingOccupancyRow> for DwellingOccupancy {
    fn from(row: &DwellingOccupancyRow) -> Self {
        Self {
            position: row.position,
            household: row.household.to_string().into(),
            first_night: row.from,
            until: row.until,
        }
    }
}
