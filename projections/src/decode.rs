//! From the log's bytes to a fact.

use events::{Event, Fact, Stream};

use crate::Error;

/// Opens a recorded fact.
///
/// # Errors
/// [`Error::Stream`] and [`Error::Payload`].
pub fn decode(recorded: &eventlog::Recorded) -> Result<Fact, Error> {
    let position = recorded.position;
    let stream = |text: &String| {
        text.parse::<Stream>()
            .map_err(|source| Error::Stream { position, source })
    };
    Ok(Fact {
        position,
        id: recorded.id,
        stream: stream(&recorded.stream)?,
        also: recorded.also.iter().map(stream).collect::<Result<_, _>>()?,
        occurred_on: recorded.occurred_on,
        recorded_at: recorded.recorded_at,
        entered_at: recorded.entered_at,
        actor: recorded.actor.clone(),
        command: recorded.command,
        cause: recorded.cause,
        event: Event::decode_text(&recorded.kind, recorded.shape, recorded.payload.text())
            .map_err(|source| Error::Payload { position, source })?,
    })
}
