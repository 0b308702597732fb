//! A log's facts, opened, in chunks, ahead of who takes them.

use eventlog::{LogId, Reader, Recorded};
use events::{Fact, Position};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::{Error, decode};

/// Batches that are opened at once, on threads of their own.
const OPENED_AT_ONCE: usize = 2;

/// Reads a log and opens its facts, in chunks of so many, one ahead of who takes them.
pub(crate) fn chunks(
    events: &Reader,
    log: LogId,
    after: Position,
    upto: Position,
    size: usize,
) -> mpsc::Receiver<Result<Vec<Fact>, Error>> {
    let (send, receive) = mpsc::channel(1);
    let batches = events.range(log, after, upto);
    let mut opened = batches
        .map(|batch| async move {
            let batch = batch?;
            let opened = spawn_blocking(move || open(&batch)).await;
            opened.map_err(|_| Error::Database(sqlx::Error::WorkerCrashed))?
        })
        .buffered(OPENED_AT_ONCE);
    tokio::spawn(async move {
        let mut facts = Vec::new();
        // Ends when nobody takes them any more.
        while let Some(batch) = opened.next().await {
            match batch {
                Ok(more) => facts.extend(more),
                Err(error) => {
                    let _ = send.send(Err(error)).await;
                    return;
                }
            }
            while facts.len() >= size {
                let rest = facts.split_off(size);
                let chunk = std::mem::replace(&mut facts, rest);
                if send.send(Ok(chunk)).await.is_err() {
                    return;
                }
            }
        }
        if !facts.is_empty() {
            let _ = send.send(Ok(facts)).await;
        }
    });
    receive
}

fn open(batch: &[Recorded]) -> Result<Vec<Fact>, Error> {
    batch.iter().map(decode).collect()
}
