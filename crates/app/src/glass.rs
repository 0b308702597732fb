//! Opening, in an emergency, what is not shared; and looking at it afterwards.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::Recorded;
use events::access::{
    AccessEvent, AccessStream, BreakGlassReviewed, BreakGlassUsed, Holder, log_of,
};
use events::codes::{BreakGlassFinding, BreakGlassReason};
use events::{HouseholdId, PilotId, Position};

use crate::{App, Error};

/// A household that was opened in an emergency stays open for so many minutes.
pub const BREAK_GLASS_MINUTES: u32 = 60;

impl App {
    /// Opens a household for somebody with whom it is not shared, for [`BREAK_GLASS_MINUTES`]: recorded,
    /// and so open from the next request on. Callers have checked that she may. Until when it is open.
    ///
    /// # Errors
    /// [`Error::UnknownHousehold`], faults.
    pub async fn break_glass(
        &self,
        pilot: PilotId,
        holder: Holder,
        household: HouseholdId,
        reason: BreakGlassReason,
    ) -> Result<DateTime<Utc>, Error> {
        let rows = self.snapshot(pilot, None).await?;
        if !rows.households.contains_key(&household) {
            return Err(Error::UnknownHousehold { household });
        }
        let until = self.now() + TimeDelta::minutes(i64::from(BREAK_GLASS_MINUTES));
        let used = BreakGlassUsed {
            holder,
            household,
            reason,
            until,
        };
        self.record_access(pilot, &holder.to_string(), self.new_id(), &[used.into()])
            .await?;
        Ok(until)
    }

    /// Openings that nobody has looked at yet, in their order.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`].
    pub async fn glasses_to_review(
        &self,
        pilot: PilotId,
    ) -> Result<Vec<(Recorded, AccessEvent)>, Error> {
        let mut entries = self.glasses(pilot).await?;
        let reviewed: BTreeSet<Position> = entries
            .iter()
            .filter_map(|(_, event)| match event {
                AccessEvent::BreakGlassReviewed(review) => Some(review.position),
                _ => None,
            })
            .collect();
        entries.retain(|(recorded, event)| {
            matches!(event, AccessEvent::BreakGlassUsed(_))
                && !reviewed.contains(&recorded.position)
        });
        Ok(entries)
    }

    /// Records what somebody found who looked at an opening. Callers have checked that she may.
    ///
    /// # Errors
    /// [`Error::UnknownOpening`] when there is none at this position that is to be looked at; faults.
    pub async fn review_glass(
        &self,
        pilot: PilotId,
        actor: &str,
        position: Position,
        finding: BreakGlassFinding,
    ) -> Result<(), Error> {
        let open = self.glasses_to_review(pilot).await?;
        let found = open.into_iter().find(|(it, _)| it.position == position);
        let Some((_, AccessEvent::BreakGlassUsed(used))) = found else {
            return Err(Error::UnknownOpening { position });
        };
        let reviewed = BreakGlassReviewed {
            position,
            holder: used.holder,
            household: used.household,
            finding,
        };
        self.record_access(pilot, actor, self.new_id(), &[reviewed.into()])
            .await?;
        Ok(())
    }

    /// Everything about openings, in order.
    async fn glasses(&self, pilot: PilotId) -> Result<Vec<(Recorded, AccessEvent)>, Error> {
        let stream = AccessStream::BreakGlass.to_string();
        let recorded = match self.log().stream(log_of(pilot), &stream).await {
            Err(eventlog::Error::UnknownLog { .. }) => Vec::new(),
            recorded => recorded?,
        };
        let decode = |recorded: Recorded| {
            let data = recorded.payload.value();
            let event = AccessEvent::decode(&recorded.kind, recorded.shape, data)?;
            Ok((recorded, event))
        };
        let decoded: Result<_, events::DecodeError> = recorded.into_iter().map(decode).collect();
        decoded.map_err(Error::AccessLog)
    }
}
