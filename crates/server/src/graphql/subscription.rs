//! Facts as they are recorded.

use app::access::Permission;
use async_graphql::{Context, ID, Subscription};
use futures_util::{Stream, StreamExt, stream};

use super::event::Event;
use super::rules::{forbidden, unauthenticated};
use super::{asked, fault, find_pilot};

/// What is told as it happens.
pub struct Subscription;

#[Subscription]
impl Subscription {
    /// Every fact of a pilot after a position, in order, without a gap and without a repeat; first
    /// those already recorded, then each as it is recorded. It ends after an error, and when the token
    /// does.
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
        if !subject.role.may(Permission::SeeLog) {
            return Err(forbidden());
        }
        let pilot = find_pilot(app, subject, Permission::SeeLog, &pilot).await?;
        let after = match after {
            Some(after) => after.max(0),
            None => {
                app.reader()
                    .head(pilot.0)
                    .await
                    .map_err(|error| fault(error.into()))?
                    .position
            }
        };
        let (app, token) = (app.clone(), subject.token);
        let following = app.reader().subscribe(pilot.0, after);
        // An error ends it: whoever still wants to know asks again after the last fact she has.
        let batches = stream::unfold(Some(following), move |following| {
            let app = app.clone();
            async move {
                let mut following = following?;
                let facts = following.next().await;
                // The token was good when the subscription began.
                let facts = match app.is_good(token).await {
                    Ok(true) => facts.map_err(|error| fault(error.into())),
                    Ok(false) => Err(unauthenticated()),
                    Err(error) => Err(fault(error)),
                };
                let on = facts.is_ok().then_some(following);
                Some((facts, on))
            }
        });
        Ok(batches.flat_map(|facts| {
            stream::iter(match facts {
                Ok(facts) => facts.into_iter().map(|fact| Ok(Event(fact))).collect(),
                Err(error) => vec![Err(error)],
            })
        }))
    }
}
