//! Commands: one mutation each. What a rule refuses is an answer, not an error.

mod access;
mod care;
mod commands;
mod committee;
mod content;
mod dwelling;
mod funding;
mod household;
mod pilot;
mod plan;
mod record;
mod work;

use std::sync::Arc;
use std::time::Duration;

use app::{Error, Proposal};
use async_graphql::{Context, Enum, ID, MergedObject, SimpleObject, Union};
use chrono::{DateTime, Utc};
use eventlog::Invalid;
use events::{NotSealed, PilotId};
use policy::Object;

use access::AccessCommands;
use commands::{
    About, CareCommands, CommitteeCommands, DwellingCommands, FundingCommands, HouseholdCommands,
    OpeningCommands, PilotCommands, RecordCommands,
};
use content::{By, ByOrganisation, Content, NewIds};

use super::event::Event;
use super::roots::{self, denied, unknown_household};
use super::{asked, bad_input, fault, find_part, find_pilot};

/// How long an answer waits for the read models to show the fact. It is recorded all the same.
const VISIBLE_WITHIN: Duration = Duration::from_secs(2);

/// What can be recorded.
#[derive(MergedObject, Default)]
pub struct Mutation(
    OpeningCommands,
    PilotCommands,
    FundingCommands,
    CommitteeCommands,
    DwellingCommands,
    HouseholdCommands,
    CareCommands,
    RecordCommands,
    AccessCommands,
);

/// How a command was answered.
#[derive(Union)]
pub(crate) enum RecordPayload {
    /// It is a fact now.
    Recorded(Box<Recorded>),
    /// A rule is against it.
    Refused(Refused),
    /// It cannot be decided as asked.
    Conflict(Conflict),
}

/// The command was recorded.
#[derive(SimpleObject)]
pub(crate) struct Recorded {
    /// Place of the fact in the log.
    position: i64,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// Was it recorded by an earlier request with the same command id?
    already: bool,
    /// Do queries show it yet? When not, they will shortly.
    visible: bool,
    /// The pilot.
    pilot: ID,
    /// The fact.
    event: Event,
}

/// A rule is against it; nothing was recorded.
#[derive(SimpleObject)]
pub(crate) struct Refused {
    /// The rule, as a word that stays the same.
    code: String,
    /// What it says, and what to do.
    message: String,
    /// The field it is about, if it is about one.
    field: Option<String>,
}

/// The command cannot be decided as asked; nothing was recorded.
#[derive(SimpleObject)]
pub(crate) struct Conflict {
    /// What happened.
    kind: ConflictKind,
    /// What to do.
    message: String,
}

/// What stands against deciding.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ConflictKind {
    /// Others kept changing the same records: try again, with the same command id.
    Busy,
    /// The command id was used before for something else.
    CommandReused,
}

/// Executes one command.
async fn record(
    ctx: &Context<'_>,
    about: About,
    content: impl Content,
) -> async_graphql::Result<RecordPayload> {
    let pilot = match content.by_organisation() {
        None => find_pilot(ctx, &about.pilot).await?,
        Some(of) => may_contact(ctx, &about.pilot, &of).await?,
    };
    execute(ctx, pilot, about.command_id, about.occurred_on, content).await
}

/// The pilot, if the asker may record this contact: any there, or one with a household that is shared
/// with her organisation and in its name.
async fn may_contact(
    ctx: &Context<'_>,
    name: &ID,
    of: &ByOrganisation,
) -> async_graphql::Result<PilotId> {
    let (app, _) = asked(ctx)?;
    let (pilot, reach) = find_part(ctx, name).await?;
    let today = app.now().date_naive();
    let Some(part) = app.visible(pilot, &reach, today).await.map_err(fault)? else {
        return Ok(pilot);
    };
    // Asked for whether the household is shared or not, there or not.
    let partners = match of.by {
        By::Partners(ref partners) => partners.clone(),
        By::Referral(referral) => app
            .referred_to(pilot, of.household, referral)
            .await
            .map_err(fault)?
            .into_iter()
            .collect(),
    };
    let partner = match partners[..] {
        [one] => Some(one),
        _ => None,
    };
    let object = Object::Contact {
        pilot,
        household: of.household,
        shared: part.get(&of.household).cloned().unwrap_or_default(),
        partner,
    };
    roots::may_do(ctx, &object)
        .map_err(|why| denied(why, || unknown_household(&of.household.to_string())))?;
    Ok(pilot)
}

async fn execute(
    ctx: &Context<'_>,
    pilot: PilotId,
    command: uuid::Uuid,
    occurred_on: chrono::NaiveDate,
    content: impl Content,
) -> async_graphql::Result<RecordPayload> {
    let (app, subject) = asked(ctx)?;
    let ids = NewIds::new(app, command);
    let content = Arc::new(content);
    let proposal = Proposal::sealing(command, occurred_on, move |seal| {
        content.event(occurred_on, seal, &ids)
    });
    let done = match app.execute(pilot, &subject.actor(), &proposal).await {
        Ok(done) => done,
        Err(error) => return Ok(hindrance(error)?.into()),
    };
    let visible = app
        .wait_for(pilot, done.position, VISIBLE_WITHIN)
        .await
        .unwrap_or(false);
    let fact = app
        .reader()
        .at(pilot.0, done.position)
        .await
        .map_err(|error| fault(error.into()))?;
    let fact = fact.ok_or_else(|| {
        fault(Error::BeyondHead {
            position: done.position,
            head: 0,
        })
    })?;
    Ok(RecordPayload::Recorded(Box::new(Recorded {
        position: done.position,
        recorded_at: done.recorded_at,
        already: done.already,
        visible,
        pilot: pilot.to_string().into(),
        event: Event(fact),
    })))
}

/// A field's name as inputs have it.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or("").to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// What stands against a command.
pub(crate) enum Hindrance {
    /// A rule is against it.
    Refused(Refused),
    /// It cannot be decided as asked.
    Conflict(Conflict),
}

impl From<Hindrance> for RecordPayload {
    fn from(hindrance: Hindrance) -> Self {
        match hindrance {
            Hindrance::Refused(refused) => Self::Refused(refused),
            Hindrance::Conflict(conflict) => Self::Conflict(conflict),
        }
    }
}

/// What stands against a command, as an answer; or an error for what is no answer.
fn hindrance(error: Error) -> async_graphql::Result<Hindrance> {
    let message = error.to_string();
    let refused = |code: &str, field: Option<String>| {
        Hindrance::Refused(Refused {
            code: code.to_owned(),
            message: message.clone(),
            field,
        })
    };
    let conflict = |kind| {
        Hindrance::Conflict(Conflict {
            kind,
            message: message.clone(),
        })
    };
    Ok(match error {
        Error::Refused(refusal) => refused(refusal.code(), refusal.field().map(camel_case)),
        Error::CodeTaken { .. } => refused("code_taken", Some("code".to_owned())),
        Error::Forgotten { .. } => refused("person_forgotten", None),
        Error::Restricted { .. } => refused("restricted", Some("person".to_owned())),
        Error::NotGranted(why) => refused(why.code(), None),
        Error::NotBroken(why) => refused(why.code(), None),
        Error::Busy => conflict(ConflictKind::Busy),
        Error::CommandReused { .. } => conflict(ConflictKind::CommandReused),
        Error::NotSealed(NotSealed::NotWritable) => return Err(bad_input(message)),
        Error::Log(eventlog::Error::Invalid(Invalid::PayloadBytes { .. })) => {
            return Err(bad_input("the fact is too long: shorten its texts"));
        }
        other => return Err(fault(other)),
    })
}
