//! Looking at an access log: who read whose what, when and why.

use chrono::NaiveDate;
use eventlog::Recorded;
use events::access::{AccessEvent, log_of};
use events::{PersonId, PilotId, Position};

use crate::{Error, Fenced};

/// So many entries are looked through for one answer, at most. What lies further back is asked for with
/// [`Watch::before`].
pub const MAX_LOOKED_THROUGH: Position = 50_000;

/// What of an access log is looked for.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Entries about her alone.
    pub person: Option<PersonId>,
    /// What this one did, as facts name her: `account:ID`, `token:ID`, `operator:NAME`.
    pub actor: Option<String>,
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Up to this day.
    pub to: Option<NaiveDate>,
    /// Before this position.
    pub before: Option<Position>,
}

/// What was found, the newest first.
#[derive(Debug)]
pub struct Watched {
    /// The entries.
    pub entries: Vec<(Recorded, AccessEvent)>,
    /// Where to go on, if anything may be left: the next question's [`Watch::before`].
    pub before: Option<Position>,
}

impl Fenced {
    /// Entries of a pilot's access log, the newest first, at most `limit`. Of one outside the fence there
    /// are none.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`] when a fact of it does not open.
    pub async fn watch(
        &self,
        pilot: PilotId,
        watch: &Watch,
        limit: usize,
    ) -> Result<Watched, Error> {
        let (log, reader) = (log_of(pilot), self.reader());
        let head = match reader.head(log).await {
            // Nobody has read anything yet.
            Err(eventlog::Error::UnknownLog { .. }) => 0,
            head => head?.position,
        };
        let mut upto = watch
            .before
            .map_or(head, |before| head.min(before - 1))
            .max(0);
        let last = (upto - MAX_LOOKED_THROUGH).max(0);
        let mut entries = Vec::new();
        let batch = Position::try_from(eventlog::READ_BATCH).unwrap_or(Position::MAX);
        while upto > last {
            let after = (upto - batch).max(last);
            let limit_of_batch = usize::try_from(upto - after).unwrap_or(0);
            let recorded = reader.read(log, after, limit_of_batch).await?;
            for recorded in recorded.into_iter().rev() {
                let position = recorded.position;
                let data = recorded.payload.value();
                let event = AccessEvent::decode(&recorded.kind, recorded.shape, data)
                    .map_err(Error::AccessLog)?;
                if watch.wants(&recorded, &event) {
                    entries.push((recorded, event));
                }
                if entries.len() == limit {
                    let before = (position > 1).then_some(position);
                    return Ok(Watched { entries, before });
                }
            }
            upto = after;
        }
        let before = (last > 0).then_some(last + 1);
        Ok(Watched { entries, before })
    }
}

impl Watch {
    fn wants(&self, recorded: &Recorded, event: &AccessEvent) -> bool {
        let day = recorded.recorded_at.date_naive();
        self.person.is_none_or(|it| event.person() == Some(it))
            && self.actor.as_ref().is_none_or(|it| *it == recorded.actor)
            && self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
    }
}
