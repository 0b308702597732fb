//! All read models of one pilot at one position, in memory.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::{DwellingId, HouseholdId, PilotId, Position};
use serde::{Deserialize, Serialize};

use crate::census::DwellingRow;
use crate::households::HouseholdRow;
use crate::pilots::PilotRow;
use crate::timeline::TimelineRow;

/// What was known of a pilot when its log stood at `position`. Equal to the warm tables at the head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Position of the last fact looked at; 0 for an empty log.
    pub position: Position,
    /// When that fact was recorded.
    pub recorded_at: Option<DateTime<Utc>>,
    /// The pilot itself.
    pub pilot: PilotRow,
    /// Its dwellings.
    pub dwellings: BTreeMap<DwellingId, DwellingRow>,
    /// Its households.
    pub households: BTreeMap<HouseholdId, HouseholdRow>,
    /// Every fact of every household.
    pub timeline: BTreeMap<Position, TimelineRow>,
}

impl Snapshot {
    /// A pilot without facts.
    pub fn empty(pilot: PilotId) -> Self {
        Self {
            position: 0,
            recorded_at: None,
            pilot: PilotRow::new(pilot),
            dwellings: BTreeMap::new(),
            households: BTreeMap::new(),
            timeline: BTreeMap::new(),
        }
    }
}
