//! What of a request's body nobody reads.
//!
//! Who is refused while she still sends would see her connection break before she sees why: the answer is
//! thrown away with what was not read. So what still comes is read and forgotten, up to a limit.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use poem::Body;

/// So much of a body is read only to be forgotten, at most, in bytes.
const MAX_FORGOTTEN_BYTES: usize = 16 * 1024 * 1024;
/// And for so long, at most.
const FORGET_TIMEOUT: Duration = Duration::from_secs(10);

/// The same body; what of it nobody read when it is dropped is read then.
pub(super) fn read_to_its_end(body: Body) -> Body {
    match body.is_empty() {
        true => body,
        false => Body::from_bytes_stream(Rest(Some(Box::pin(body.into_bytes_stream())))),
    }
}

/// What of a body was not read yet; none when it came to its end.
struct Rest<S, B>(Option<Pin<Box<S>>>)
where
    S: Stream<Item = io::Result<B>> + Send + 'static,
    B: AsRef<[u8]> + Send + 'static;

impl<S, B> Stream for Rest<S, B>
where
    S: Stream<Item = io::Result<B>> + Send + 'static,
    B: AsRef<[u8]> + Send + 'static,
{
    type Item = io::Result<B>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(rest) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let next = ready!(rest.poll_next_unpin(context));
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(next)
    }
}

impl<S, B> Drop for Rest<S, B>
where
    S: Stream<Item = io::Result<B>> + Send + 'static,
    B: AsRef<[u8]> + Send + 'static,
{
    fn drop(&mut self) {
        let (Some(rest), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(tokio::time::timeout(FORGET_TIMEOUT, forget(rest)));
    }
}

async fn forget<B: AsRef<[u8]>>(mut rest: impl Stream<Item = io::Result<B>> + Unpin) {
    let mut forgotten = 0;
    while let Some(Ok(bytes)) = rest.next().await {
        forgotten += bytes.as_ref().len();
        if forgotten > MAX_FORGOTTEN_BYTES {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;

    use super::*;

    /// A body in pieces of a thousand bytes, with the number of those that were asked for.
    fn body(pieces: usize) -> (Body, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let pieces = stream::iter(0..pieces).map(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            io::Result::Ok(vec![b'x'; 1000])
        });
        (Body::from_bytes_stream(pieces), asked)
    }

    async fn settled() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_is_read_is_what_was_sent() {
        let (body, asked) = body(3);
        let read = read_to_its_end(body).into_vec().await;
        assert_eq!(read.map(|it| it.len()).ok(), Some(3000));
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn what_was_not_read_is_read_when_nobody_wants_it() {
        let (body, asked) = body(30);
        let read = read_to_its_end(body).into_bytes_limit(10_000).await;
        assert!(read.is_err());
        settled().await;
        assert_eq!(asked.load(Ordering::SeqCst), 30);
    }

    #[tokio::test]
    async fn nobody_is_read_for_ever() {
        let (body, asked) = body(usize::MAX);
        drop(read_to_its_end(body));
        settled().await;
        assert_eq!(asked.load(Ordering::SeqCst), MAX_FORGOTTEN_BYTES / 1000 + 1);
    }
}
