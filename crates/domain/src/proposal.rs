//! What somebody wants recorded, with personal values still in the clear.

use chrono::{DateTime, NaiveDate, Utc};
use events::{Event, NotSealed, Seal};
use uuid::Uuid;

/// Makes the fact, sealing personal values as it goes. Called more than once: it must make the same
/// fact of the same sealer's answers every time.
pub type Draft = Box<dyn Fn(&dyn Seal) -> Result<Event, NotSealed> + Send + Sync>;

/// A command: one fact that somebody wants recorded.
pub struct Proposal {
    /// The command's id, made by whoever asks; a retry under the same id is answered with the first
    /// outcome.
    pub command: Uuid,
    /// When it happened.
    pub occurred_on: NaiveDate,
    /// When it was first written down in the system it is brought over from, if it is.
    pub entered_at: Option<DateTime<Utc>>,
    /// By whom, where one load brings what several recorded; none for whoever asks.
    pub actor: Option<String>,
    /// The fact.
    pub draft: Draft,
}

impl Proposal {
    /// A proposal whose fact holds nothing personal, or is sealed already.
    pub fn plain(command: Uuid, occurred_on: NaiveDate, event: impl Into<Event>) -> Self {
        let event = event.into();
        Self {
            command,
            occurred_on,
            entered_at: None,
            actor: None,
            draft: Box::new(move |_| Ok(event.clone())),
        }
    }

    /// A proposal whose fact is made while sealing.
    pub fn sealing(
        command: Uuid,
        occurred_on: NaiveDate,
        draft: impl Fn(&dyn Seal) -> Result<Event, NotSealed> + Send + Sync + 'static,
    ) -> Self {
        Self {
            command,
            occurred_on,
            entered_at: None,
            actor: None,
            draft: Box::new(draft),
        }
    }

    /// The same, first written down elsewhere at `entered_at`.
    pub fn entered_at(mut self, entered_at: DateTime<Utc>) -> Self {
        self.entered_at = Some(entered_at);
        self
    }

    /// The same, recorded by `actor`.
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }
}
