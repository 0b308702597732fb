//! Who asks, what for, and what was decided about each root field of a request: everything below it is
//! asked of the same pilot.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use app::access::SignedIn;
use app::{Error, Fenced};
use async_graphql::parser::types::OperationType;
use async_graphql::{Context, ID, QueryPathNode, QueryPathSegment, Request, Value};
use chrono::{DateTime, Utc};
use events::codes::ReadPurpose;
use events::{CodeList, PilotId};
use policy::{Action, Denied, Object, Reach, Scope, Subject, decide, reach};
use projections::pilots::PilotRow;

use super::rules::{Rule, forbidden, rule, unauthenticated};
use super::{asked, bad_input, coded, fault};

/// Who somebody who signed in is now, and the service as far as it is for her.
pub(super) async fn enter(signed_in: &SignedIn) -> async_graphql::Result<(Subject, Fenced)> {
    let entered = signed_in.enter().await.map_err(fault)?;
    entered.ok_or_else(unauthenticated)
}

/// The key of a request's extension that says what personal data is read for.
const PURPOSE: &str = "purpose";

/// What personal data is read for, if it was said.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Purpose(pub(crate) Option<ReadPurpose>);

impl Purpose {
    /// What a request says.
    pub(crate) fn of(request: &Request) -> async_graphql::Result<Self> {
        match request.extensions.get(PURPOSE) {
            None | Some(Value::Null) => Ok(Self(None)),
            Some(Value::String(code)) => match ReadPurpose::choose(&code.to_ascii_lowercase()) {
                Ok(purpose) => Ok(Self(Some(purpose))),
                Err(_) => Err(bad_purpose()),
            },
            Some(_) => Err(bad_purpose()),
        }
    }

    /// Says it in a request that does not say it itself.
    pub(crate) fn say(request: &mut Request, purpose: &str) {
        let said = Value::String(purpose.to_owned());
        request
            .extensions
            .0
            .entry(PURPOSE.to_owned())
            .or_insert(said);
    }

    /// For who reads in a pilot.
    pub(crate) fn for_whom(
        self,
        subject: &Subject,
        pilot: PilotId,
        now: DateTime<Utc>,
    ) -> ReadPurpose {
        self.0
            .unwrap_or_else(|| policy::default_purpose(subject, pilot, now))
    }
}

fn bad_purpose() -> async_graphql::Error {
    let known: Vec<&str> = ReadPurpose::offered().map(|entry| entry.code).collect();
    bad_input(format!(
        "extensions.purpose: say what personal data is read for: {}",
        known.join(", ")
    ))
}

/// What a root field was allowed for.
#[derive(Clone, Debug)]
enum Root {
    /// A pilot, and all of it that she may see.
    Pilot(PilotId),
    /// A pilot, and of its households only those within her reach: nothing else is below this field.
    Part(PilotId),
    /// Pilots, by their places in the list.
    Pilots(Vec<PilotId>),
    /// The installation.
    Installation,
}

/// What was decided about a request's root fields, by their keys in the answer.
#[derive(Default)]
pub(crate) struct Roots(Mutex<HashMap<String, Root>>);

impl Roots {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Root>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Was anything decided about it?
    pub(crate) fn has(&self, key: &str) -> bool {
        self.all().contains_key(key)
    }

    /// The pilot that a field is below; nothing where there is none, or before it was asked for.
    pub(crate) fn pilot(&self, path: &QueryPathNode<'_>) -> Option<PilotId> {
        match self.all().get(&root_key(path))? {
            Root::Pilot(pilot) | Root::Part(pilot) => Some(*pilot),
            Root::Pilots(pilots) => pilots.get(index(path)?).copied(),
            Root::Installation => None,
        }
    }

    fn note(&self, key: String, root: Root) {
        self.all().insert(key, root);
    }

    /// May somebody do something to what is below a root field?
    pub(crate) fn check(
        &self,
        subject: &Subject,
        action: Action,
        path: &QueryPathNode<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), Denied> {
        let root = self.all().get(&root_key(path)).cloned();
        let pilot = match root {
            None => return Err(Denied::Role),
            Some(Root::Installation) => {
                let object = Object::Installation;
                return decide(subject, action, &object, ReadPurpose::Care, now);
            }
            Some(Root::Pilots(pilots)) => {
                let found = index(path).and_then(|index| pilots.get(index).copied());
                found.ok_or(Denied::Role)?
            }
            Some(Root::Part(pilot)) => {
                // What is below was chosen by her reach.
                return reach(subject, action, pilot, now).map(|_| ());
            }
            Some(Root::Pilot(pilot)) => pilot,
        };
        match reach(subject, action, pilot, now)? {
            Reach::All => Ok(()),
            Reach::Own { .. } => Err(Denied::Role),
        }
    }
}

/// The key of the root field that a field is below.
pub(crate) fn root_key(path: &QueryPathNode<'_>) -> String {
    let mut key = String::new();
    let mut next = Some(path);
    while let Some(node) = next {
        if let QueryPathSegment::Name(name) = node.segment {
            name.clone_into(&mut key);
        }
        next = node.parent;
    }
    key
}

/// The place in the root field's list.
fn index(path: &QueryPathNode<'_>) -> Option<usize> {
    let mut found = None;
    let mut next = Some(path);
    while let Some(node) = next {
        if let QueryPathSegment::Index(index) = node.segment {
            found = Some(index);
        }
        next = node.parent;
    }
    found
}

/// What the root field that is being answered takes, by the table of rules.
fn action(ctx: &Context<'_>) -> async_graphql::Result<Action> {
    let parent = match ctx.query_env.operation.node.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    match rule(parent, ctx.item.node.name.node.as_str()) {
        Some(Rule::May(action)) => Ok(action),
        _ => Err(forbidden(Denied::Role)),
    }
}

fn note(ctx: &Context<'_>, root: Root) -> async_graphql::Result<()> {
    let key = ctx.item.node.response_key().node.to_string();
    ctx.data::<Roots>()?.note(key, root);
    Ok(())
}

/// What personal data is read for in a pilot, as was said or as her role has it.
pub(super) fn purpose(ctx: &Context<'_>, pilot: PilotId) -> async_graphql::Result<ReadPurpose> {
    let (app, subject) = asked(ctx)?;
    let said = ctx.data_opt::<Purpose>().copied().unwrap_or_default();
    Ok(said.for_whom(subject, pilot, app.now()))
}

/// The answer for a pilot that is not there, or is another's.
pub(super) fn unknown_pilot(name: &str) -> async_graphql::Error {
    fault(Error::UnknownPilot {
        name: name.to_owned(),
    })
}

/// The answer for what is denied: as for what is not there, to whoever may not know that it is.
pub(super) fn denied(
    denied: Denied,
    unknown: impl FnOnce() -> async_graphql::Error,
) -> async_graphql::Error {
    match denied.is_not_found() {
        true => unknown(),
        false => forbidden(denied),
    }
}

/// The pilot of a name, whoever's it is. What it takes to find out is the same for each, and for none.
async fn named(app: &Fenced, name: &str) -> async_graphql::Result<Option<PilotId>> {
    match app.find_pilot(name).await {
        Ok(pilot) => Ok(Some(pilot)),
        Err(Error::UnknownPilot { .. }) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

/// The pilot of this id, short name or HMIS project id, if the root field may be asked of it as a whole.
/// Another's pilot is answered like one that does not exist.
pub(super) async fn find_pilot(ctx: &Context<'_>, name: &ID) -> async_graphql::Result<PilotId> {
    find(ctx, name, Object::Pilot).await
}

/// The same, asked of something in the pilot.
pub(super) async fn find(
    ctx: &Context<'_>,
    name: &ID,
    object: impl FnOnce(PilotId) -> Object,
) -> async_graphql::Result<PilotId> {
    let (app, subject) = asked(ctx)?;
    let action = action(ctx)?;
    let pilot = named(app, name).await?.ok_or_else(|| unknown_pilot(name))?;
    let purpose = purpose(ctx, pilot)?;
    let object = object(pilot);
    decide(subject, action, &object, purpose, app.now())
        .map_err(|why| denied(why, || unknown_pilot(name)))?;
    note(ctx, Root::Pilot(pilot))?;
    Ok(pilot)
}

/// The same where she may have a part of it, and how far she reaches.
pub(super) async fn find_part(
    ctx: &Context<'_>,
    name: &ID,
) -> async_graphql::Result<(PilotId, Reach)> {
    let (app, subject) = asked(ctx)?;
    let action = action(ctx)?;
    let pilot = named(app, name).await?.ok_or_else(|| unknown_pilot(name))?;
    let far = reach(subject, action, pilot, app.now())
        .map_err(|why| denied(why, || unknown_pilot(name)))?;
    let root = match far {
        Reach::All => Root::Pilot(pilot),
        Reach::Own { .. } => Root::Part(pilot),
    };
    note(ctx, root)?;
    Ok((pilot, far))
}

/// Asks for the root field about something that is in no pilot yet, or in none.
pub(super) fn allow(ctx: &Context<'_>, object: &Object) -> async_graphql::Result<()> {
    let (app, subject) = asked(ctx)?;
    let action = action(ctx)?;
    decide(subject, action, object, ReadPurpose::Care, app.now()).map_err(forbidden)?;
    let root = match object.scope() {
        Scope::EveryPilot => Root::Installation,
        Scope::Pilot(pilot) => Root::Pilot(pilot),
    };
    note(ctx, root)
}

/// Those of some pilots that the root field may be asked of.
pub(super) fn own_pilots(
    ctx: &Context<'_>,
    rows: Vec<PilotRow>,
) -> async_graphql::Result<Vec<PilotRow>> {
    let (app, subject) = asked(ctx)?;
    let action = action(ctx)?;
    let now = app.now();
    let own = |row: &PilotRow| reach(subject, action, row.pilot, now) == Ok(Reach::All);
    let rows: Vec<PilotRow> = rows.into_iter().filter(own).collect();
    let pilots = rows.iter().map(|row| row.pilot).collect();
    note(ctx, Root::Pilots(pilots))?;
    Ok(rows)
}

/// May she do something in a pilot as a whole? For what is left out of an answer otherwise.
pub(super) fn may(
    ctx: &Context<'_>,
    action: Action,
    pilot: PilotId,
) -> async_graphql::Result<bool> {
    let (app, subject) = asked(ctx)?;
    Ok(reach(subject, action, pilot, app.now()) == Ok(Reach::All))
}

/// May she do what the root field does to this? The field was noted before, by [`find_part`].
pub(super) fn may_do(ctx: &Context<'_>, object: &Object) -> Result<(), Denied> {
    let asked = (asked(ctx), action(ctx));
    let (Ok((app, subject)), Ok(action)) = asked else {
        return Err(Denied::Role);
    };
    decide(subject, action, object, ReadPurpose::Care, app.now())
}

/// An error for a household that is not there, is not shared, or has another name for whoever asks: it is
/// the same for each, to the letter.
pub(super) fn unknown_household() -> async_graphql::Error {
    coded("NOT_FOUND", "there is no such household")
}
