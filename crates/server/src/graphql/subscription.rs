//! Facts as they are recorded.

use app::access::SignedIn;
use async_graphql::{Context, ID, Subscription};
use events::PilotId;
use events::codes::ReadPurpose;
use futures_util::{Stream, StreamExt, stream};
use policy::{Action, Naming, Object, decide};

use super::event::Event;
use super::roots::{denied, enter, unknown_pilot};
use super::rules::unauthenticated;
use super::{asked, fault, find_pilot, given};

/// What is told as it happens.
pub struct Subscription;

#[Subscription]
impl Subscription {
    /// Every fact of a pilot after a position, in order, without a gap and without a repeat; first
    /// those already recorded, then each as it is recorded. It ends after an error, and when the sign-in
    /// or the role ends.
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
        let name = pilot;
        let pilot = find_pilot(ctx, &name).await?;
        let naming = policy::naming(subject, pilot, app.now());
        if given::names_in(ctx, pilot)?.tells_days() {
            return Err(given::days_only());
        }
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
        let signed_in = ctx.data::<SignedIn>()?.clone();
        let following = app.reader().subscribe(pilot.0, after);
        // An error ends it: whoever still wants to know asks again after the last fact she has.
        let batches = stream::unfold(Some(following), move |following| {
            let (signed_in, name) = (signed_in.clone(), name.clone());
            async move {
                let mut following = following?;
                let facts = following.next().await;
                // She was signed in and allowed when the subscription began.
                let facts = match still(&signed_in, pilot, &name, naming).await {
                    Ok(()) => facts.map_err(|error| fault(error.into())),
                    Err(error) => Err(error),
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

/// May she still follow the pilot's log, and under the names that she began with?
async fn still(
    signed_in: &SignedIn,
    pilot: PilotId,
    name: &str,
    naming: Naming,
) -> async_graphql::Result<()> {
    let (subject, fenced) = enter(signed_in).await?;
    let (object, now) = (Object::Pilot(pilot), fenced.now());
    decide(&subject, Action::SeeLog, &object, ReadPurpose::Care, now)
        .map_err(|why| denied(why, || unknown_pilot(name)))?;
    match policy::naming(&subject, pilot, now) == naming {
        true => Ok(()),
        false => Err(unauthenticated()),
    }
}
