//! The answer to one append: how its caller is told, and when.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::queue::GoesOn;
use crate::{Appended, Error};

/// What a caller is told, and what ends when it goes on.
type Message = (Result<Appended, Error>, GoesOn);

/// When a caller is woken that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Now.
    AtOnce,
    /// When the thread that tells has nothing else to do. For one of many: woken one by one, each would be
    /// taken over at once by another thread, which has nothing to do then and is woken again for the next.
    WithTheOthers,
}

/// A place for an answer, and its two ends.
pub(crate) fn place() -> (Teller, Asker) {
    let place = Arc::new(Place(Mutex::new(State::Awaited(None))));
    (Teller(place.clone()), Asker(place))
}

/// Tells one caller. When it ends without having told, the caller learns that nobody will.
#[derive(Debug)]
pub(crate) struct Teller(Arc<Place>);

/// Waits for the answer; `None` when nobody will tell. When it ends before, nobody waits any more.
#[derive(Debug)]
pub(crate) struct Asker(Arc<Place>);

#[derive(Debug)]
struct Place(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Somebody waits for it, and is woken by this.
    Awaited(Option<Waker>),
    Told(Message),
    /// One end is gone, or the answer was taken.
    Over,
}

impl Place {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Teller {
    /// Whether nobody waits any more.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(*self.0.state(), State::Over)
    }

    /// Tells. To be called by a task: what is put off is woken by the thread that runs it.
    pub(crate) fn tell(self, message: Message, when: When) {
        let before = {
            let mut state = self.0.state();
            if matches!(*state, State::Over) {
                return;
            }
            std::mem::replace(&mut *state, State::Told(message))
        };
        let State::Awaited(Some(caller)) = before else {
            return;
        };
        match when {
            When::AtOnce => caller.wake(),
            When::WithTheOthers => {
                // Who yields is woken like that.
                let yielding = pin!(tokio::task::yield_now());
                if yielding.poll(&mut Context::from_waker(&caller)).is_ready() {
                    caller.wake();
                }
            }
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let State::Awaited(caller) = &mut *state {
            let caller = caller.take();
            *state = State::Over;
            drop(state);
            if let Some(caller) = caller {
                caller.wake();
            }
        }
    }
}

impl Future for Asker {
    type Output = Option<Message>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.state();
        if let State::Awaited(caller) = &mut *state {
            match caller {
                Some(caller) => caller.clone_from(cx.waker()),
                None => *caller = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        match std::mem::replace(&mut *state, State::Over) {
            State::Told(message) => Poll::Ready(Some(message)),
            State::Over | State::Awaited(_) => Poll::Ready(None),
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let state = std::mem::replace(&mut *self.0.state(), State::Over);
        // What it holds has something to do when it ends: not while the lock is held.
        drop(state);
    }
}
