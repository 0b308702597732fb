//! The GraphQL API: newtypes over rows, one mutation per command, one rule per field.

mod access;
mod agenda;
mod codes;
mod committee;
mod dwelling;
mod errors;
mod event;
mod household;
mod indicator;
mod ledger;
mod mutation;
mod network;
mod opening;
mod page;
mod persons;
mod pilot;
mod plan;
mod quality;
mod query;
mod roots;
mod rules;
mod safety;
mod subscription;
mod timeline;
mod together;
mod unseen;
mod words;
mod work;

use app::{Error, Fenced};
use async_graphql::{Context, ErrorExtensions};
use chrono::NaiveDate;
use policy::{Denied, Subject};

pub(crate) use indicator::text;
pub(crate) use roots::Purpose;
use roots::{find_part, find_pilot};
pub use rules::{Rule, rule, visible_to_nobody};

/// The whole API.
pub type Schema =
    async_graphql::Schema<query::Query, mutation::Mutation, subscription::Subscription>;

/// The schema. What it reads comes through the [`Fenced`] that a request or connection has with it,
/// beside its subject: there is no other way from here to the database.
pub fn schema() -> Schema {
    builder().finish()
}

/// The schema's text, as committed beside the code.
pub fn sdl() -> String {
    schema().sdl()
}

fn builder()
-> async_graphql::SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    async_graphql::Schema::build(
        query::Query,
        mutation::Mutation::default(),
        subscription::Subscription,
    )
    .extension(errors::Errors)
    .extension(rules::Rules)
}

/// The service, as far as it is for who asks, and who that is.
fn asked<'a>(ctx: &Context<'a>) -> async_graphql::Result<(&'a Fenced, &'a Subject)> {
    let subject = ctx.data::<Subject>();
    let subject = subject.map_err(|_| rules::forbidden(Denied::Role))?;
    Ok((ctx.data::<Fenced>()?, subject))
}

/// The day that is asked about: today when none is given.
fn day(ctx: &Context<'_>, on: Option<NaiveDate>) -> async_graphql::Result<NaiveDate> {
    let (app, _) = asked(ctx)?;
    Ok(on.unwrap_or_else(|| app.now().date_naive()))
}

/// A typed error for what went wrong. What the asker can mend is said; a fault is logged with a
/// request id, once, and only the id is told.
pub(crate) fn fault(error: Error) -> async_graphql::Error {
    let code = match &error {
        Error::UnknownPilot { .. } | Error::UnknownPerson { .. } => "NOT_FOUND",
        Error::BeyondHead { .. } | Error::Unprovable(_) => "BAD_USER_INPUT",
        Error::Unavailable(_) => "UNAVAILABLE",
        _ => "INTERNAL",
    };
    match code {
        "NOT_FOUND" | "BAD_USER_INPUT" => coded(code, error.to_string()),
        _ => {
            let request = crate::new_id();
            tracing::error!(%request, error = %crate::chain(&error), "fault");
            coded(code, error.to_string())
                .extend_with(|_, extensions| extensions.set("requestId", request.to_string()))
        }
    }
}

/// An error with a code.
fn coded(code: &'static str, message: impl Into<String>) -> async_graphql::Error {
    async_graphql::Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// What was given makes no sense.
fn bad_input(message: impl Into<String>) -> async_graphql::Error {
    coded("BAD_USER_INPUT", message)
}
