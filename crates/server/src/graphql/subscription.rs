//! Facts as they are recorded.

use app::App;
use async_graphql::{Context, ID, Subscription};
use events::PilotId;
use events::codes::ReadPurpose;
use futures_util::{Stream, StreamExt, stream};
use policy::{Action, Object, decide};

use super::event::Event;
use super::roots::{SignedIn, denied, unknown_pilot};
use super::{asked, fault, find_pilot};

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
        let signed_in = SignedIn {
            holder: subject.holder,
            strength: subject.strength,
        };
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
        let app = app.clone();
        let following = app.log().subscribe(pilot.0, after);
        // An error ends it: whoever still wants to know asks again after the last fact she has.
        let batches = stream::unfold(Some(following), move |following| {
            let (app, name) = (app.clone(), name.clone());
            async move {
                let mut following = following?;
                let facts = following.next().await;
                // She was signed in and allowed when the subscription began.
                let facts = match still(&app, signed_in, pilot, &name).await {
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

/// May she still follow the pilot's log?
async fn still(
    app: &App,
    signed_in: SignedIn,
    pilot: PilotId,
    name: &str,
) -> async_graphql::Result<()> {
    let subject = signed_in.subject(app).await?;
    let object = Object::Pilot(pilot);
    decide(&subject, Action::SeeLog, &object, ReadPurpose::Care, app.now())
        .map_err(|why| denied(why, || unknown_pilot(name)))
}
