//! Recording many proposals, one after the other: imports and the demonstration.

use events::PilotId;

use crate::{App, Done, Error, Proposal};

/// What a refused proposal does to the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// It is reported, and the rest goes on.
    Lenient,
    /// It ends the load.
    Strict,
}

/// How a load went.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Facts recorded now.
    pub recorded: usize,
    /// Facts that an earlier load had recorded.
    pub already: usize,
    /// What was not recorded.
    pub rejected: Vec<Rejected>,
    /// Did a refusal end it early?
    pub stopped: bool,
}

/// A proposal that was not recorded.
#[derive(Debug)]
pub struct Rejected {
    /// Its place among the proposals, from 0.
    pub index: usize,
    /// Why.
    pub error: Error,
}

impl App {
    /// Records proposals in their order, as by `actor` where they do not say by whom. A rule's refusal
    /// or a reused command id concerns that proposal alone; a fault ends the load, which can be
    /// repeated: what is recorded stays recorded once.
    ///
    /// # Errors
    /// Faults only.
    pub async fn load(
        &self,
        pilot: PilotId,
        actor: &str,
        proposals: impl IntoIterator<Item = &Proposal>,
        strictness: Strictness,
        mut progress: impl FnMut(usize),
    ) -> Result<Loaded, Error> {
        let mut loaded = Loaded::default();
        for (index, proposal) in proposals.into_iter().enumerate() {
            let by = proposal.actor.as_deref().unwrap_or(actor);
            match self.execute(pilot, by, proposal).await {
                Ok(Done { already: true, .. }) => loaded.already += 1,
                Ok(_) => loaded.recorded += 1,
                Err(
                    error @ (Error::Refused(_)
                    | Error::CommandReused { .. }
                    | Error::CodeTaken { .. }
                    | Error::Forgotten { .. }),
                ) => {
                    loaded.rejected.push(Rejected { index, error });
                    if strictness == Strictness::Strict {
                        loaded.stopped = true;
                        return Ok(loaded);
                    }
                }
                Err(fault) => return Err(fault),
            }
            progress(index + 1);
        }
        Ok(loaded)
    }
}
