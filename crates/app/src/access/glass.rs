//! Opening a household that is not shared, in an emergency: recorded before it opens, over by itself,
//! looked at afterwards.

use chrono::{DateTime, TimeDelta, Utc};
use events::access::{AccessEvent, AccessStream, BreakGlassReviewed, BreakGlassUsed, Holder};
use events::codes::{BreakGlassFinding, BreakGlassReason};
use events::{HouseholdId, PilotId, Position};
use policy::Scope;
use serde_json::json;
use uuid::Uuid;

use super::access_log;
use crate::{App, Error};

/// How long a household stays open that somebody opened though it is not shared with her.
pub const BREAK_GLASS_LASTS: TimeDelta = TimeDelta::minutes(60);

/// Such an opening, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenGlass {
    /// Where in the access log it is recorded.
    pub position: Position,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub holder: Holder,
    /// Which household.
    pub household: HouseholdId,
    /// Why.
    pub reason: BreakGlassReason,
    /// When it closed, or will.
    pub until: DateTime<Utc>,
    /// What the last review found, and where it is recorded; none when nobody looked yet.
    pub review: Option<(Position, BreakGlassFinding)>,
}

/// Why such an opening is not recorded or reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBroken {
    /// There is no such opening.
    #[error("there is no emergency opening at position {position} of the access log")]
    NoOpening {
        /// What was asked for.
        position: Position,
    },
    /// Nobody reviews what she did.
    #[error("nobody reviews her own opening: another data protection officer does")]
    Herself,
}

impl NotBroken {
    /// The word for it, which stays the same.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoOpening { .. } => "no_opening",
            Self::Herself => "own_opening",
        }
    }
}

impl App {
    /// Opens a household that is not shared with `holder` to her, for [`BREAK_GLASS_LASTS`]. Callers have
    /// checked that she may, and that the household is there. Repeating the command opens nothing anew.
    ///
    /// # Errors
    /// [`Error::CommandReused`]; faults.
    pub async fn break_glass(
        &self,
        holder: Holder,
        command: Uuid,
        pilot: PilotId,
        household: HouseholdId,
        reason: BreakGlassReason,
    ) -> Result<BrokenGlass, Error> {
        let used = BreakGlassUsed {
            holder,
            household,
            reason,
            until: self.now() + BREAK_GLASS_LASTS,
        };
        let said = json!({ "household": household, "reason": reason });
        let log = access_log(Scope::Pilot(pilot));
        let actor = holder.to_string();
        let recorded = self
            .record_said(log, &actor, command, &said, &[used.into()])
            .await?;
        let glasses = self.broken_glasses(pilot).await?;
        let mut own = glasses.into_iter();
        own.find(|glass| glass.position == recorded.last())
            .ok_or(Error::Busy)
    }

    /// Every such opening in a pilot, in order, with its last review.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`].
    pub async fn broken_glasses(&self, pilot: PilotId) -> Result<Vec<BrokenGlass>, Error> {
        let stream = AccessStream::BreakGlass.to_string();
        let told = self.access_stream(Scope::Pilot(pilot), &stream).await?;
        let mut glasses: Vec<BrokenGlass> = Vec::new();
        for (recorded, event) in told {
            match event {
                AccessEvent::BreakGlassUsed(fact) => glasses.push(BrokenGlass {
                    position: recorded.position,
                    at: recorded.recorded_at,
                    holder: fact.holder,
                    household: fact.household,
                    reason: fact.reason,
                    until: fact.until,
                    review: None,
                }),
                AccessEvent::BreakGlassReviewed(fact) => {
                    let of = glasses.iter_mut().find(|it| it.position == fact.position);
                    if let Some(glass) = of {
                        glass.review = Some((recorded.position, fact.finding));
                    }
                }
                _ => {}
            }
        }
        Ok(glasses)
    }

    /// Records what a review of an opening found.
    ///
    /// # Errors
    /// [`Error::NotBroken`]; [`Error::CommandReused`]; faults.
    pub async fn review_break_glass(
        &self,
        reviewer: Holder,
        command: Uuid,
        pilot: PilotId,
        position: Position,
        finding: BreakGlassFinding,
    ) -> Result<Position, Error> {
        let mut glasses = self.broken_glasses(pilot).await?.into_iter();
        let glass = glasses
            .find(|glass| glass.position == position)
            .ok_or(NotBroken::NoOpening { position })?;
        if glass.holder == reviewer {
            return Err(NotBroken::Herself.into());
        }
        let reviewed = BreakGlassReviewed {
            position,
            holder: glass.holder,
            household: glass.household,
            finding,
        };
        let log = access_log(Scope::Pilot(pilot));
        let recorded = self
            .record_in(log, &reviewer.to_string(), command, &[reviewed.into()])
            .await?;
        Ok(recorded.last())
    }
}
