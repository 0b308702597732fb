//! Facts as they are recorded.

use app::access::Permission;
use async_graphql::{Context, ID, Subscription};
use futures_util::{Stream, StreamExt, stream};

use super::event::Event;
use super::{asked, fault, find_pilot};

/// What is told as it happens.
pub struct Subscription;

#[Subscription]
impl Subscription {
    /// Every fact of a pilot after a position, in order, without a gap and without a repeat; first
    /// those already recorded, then each as it is recorded.
    async fn fact_recorded(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id, short name or HMIS project id.")] pilot: ID,
        #[graphql(
            desc = "The last position already known; the head of the log when none is given."
        )]
        after: Option<i64>,
    ) -> async_graphql::Result<impl Stream<Item = async_graphql::Result<Event>> + 'static> {
        let (app, subject) = asked(ctx)?;
        let pilot = find_pilot(app, subject, Permission::SeeLog, &pilot).await?;
        let after = match after {
            Some(after) => after.max(0),
            None => {
                app.log()
                    .head(pilot.0)
                    .await
                    .map_err(|error| fault(error.into()))?
                    .position
            }
        };
        let batches = app.log().subscribe(pilot.0, after).into_stream();
        Ok(batches.flat_map(|batch| match batch {
            Ok(facts) => stream::iter(
                facts
                    .into_iter()
                    .map(|fact| Ok(Event(fact)))
                    .collect::<Vec<_>>(),
            ),
            Err(error) => stream::iter(vec![Err(fault(error.into()))]),
        }))
    }
}
