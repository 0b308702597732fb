//! Commands: one mutation each. What a rule refuses is an answer, not an error.

mod content;
mod dwelling;
mod household;
mod input;
mod pilot;
mod record;

use std::sync::Arc;
use std::time::Duration;

use app::access::Permission;
use app::{Error, Proposal};
use async_graphql::{Context, Enum, ID, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use eventlog::Invalid;
use events::{NotSealed, PilotId};

use content::{Content, NewIds};
use input::*;

use super::event::Event;
use super::{asked, bad_input, fault, find_pilot};

/// How long an answer waits for the read models to show the fact. It is recorded all the same.
const VISIBLE_WITHIN: Duration = Duration::from_secs(2);

/// What can be recorded.
pub struct Mutation;

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
    let (app, subject) = asked(ctx)?;
    let pilot = find_pilot(app, subject, Permission::Record, &about.pilot).await?;
    execute(ctx, pilot, about.command_id, about.occurred_on, content).await
}

async fn execute(
    ctx: &Context<'_>,
    pilot: PilotId,
    command: uuid::Uuid,
    occurred_on: chrono::NaiveDate,
    content: impl Content,
) -> async_graphql::Result<RecordPayload> {
    let (app, subject) = asked(ctx)?;
    let ids = NewIds::new(app.vault(), command);
    let content = Arc::new(content);
    let proposal = Proposal::sealing(command, occurred_on, move |seal| {
        content.event(occurred_on, seal, &ids)
    });
    let done = match app.execute(pilot, &subject.actor(), &proposal).await {
        Ok(done) => done,
        Err(error) => return answer(error),
    };
    let visible = app
        .wait_for(pilot, done.position, VISIBLE_WITHIN)
        .await
        .unwrap_or(false);
    let fact = app
        .log()
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

fn answer(error: Error) -> async_graphql::Result<RecordPayload> {
    let message = error.to_string();
    Ok(match error {
        Error::Refused(refusal) => RecordPayload::Refused(Refused {
            code: refusal.code().to_owned(),
            message,
            field: refusal.field().map(camel_case),
        }),
        Error::CodeTaken { .. } => RecordPayload::Refused(Refused {
            code: "code_taken".to_owned(),
            message,
            field: Some("code".to_owned()),
        }),
        Error::Forgotten { .. } => RecordPayload::Refused(Refused {
            code: "person_forgotten".to_owned(),
            message,
            field: None,
        }),
        Error::Busy => RecordPayload::Conflict(Conflict {
            kind: ConflictKind::Busy,
            message,
        }),
        Error::CommandReused { .. } => RecordPayload::Conflict(Conflict {
            kind: ConflictKind::CommandReused,
            message,
        }),
        Error::NotSealed(NotSealed::NotWritable) => return Err(bad_input(message)),
        Error::Log(eventlog::Error::Invalid(Invalid::PayloadBytes { .. })) => {
            return Err(bad_input("the fact is too long: shorten its texts"));
        }
        other => return Err(fault(other)),
    })
}

#[Object]
impl Mutation {
    /// Opens a pilot, with a log of its own. The token must be for every pilot.
    async fn open_pilot(
        &self,
        ctx: &Context<'_>,
        input: OpenPilotInput,
    ) -> async_graphql::Result<RecordPayload> {
        let (app, subject) = asked(ctx)?;
        let id = input.pilot.as_ref().map(|id| uuid::Uuid::parse_str(id));
        let id = id.transpose().map_err(|_| bad_input("pilot: not an id"))?;
        let pilot = PilotId(
            id.unwrap_or_else(|| NewIds::new(app.vault(), input.command_id).id("pilot", 0)),
        );
        if !subject.may(Permission::Record, pilot) {
            return Err(super::rules::forbidden());
        }
        execute(
            ctx,
            pilot,
            input.command_id,
            input.occurred_on,
            input.content,
        )
        .await
    }

    /// A phase of the pilot begins.
    async fn start_phase(
        &self,
        ctx: &Context<'_>,
        input: StartPhaseInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// An organisation takes part.
    async fn add_partner(
        &self,
        ctx: &Context<'_>,
        input: AddPartnerInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// Money was spent.
    async fn record_expense(
        &self,
        ctx: &Context<'_>,
        input: RecordExpenseInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A dwelling becomes part of the pilot.
    async fn register_dwelling(
        &self,
        ctx: &Context<'_>,
        input: RegisterDwellingInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A dwelling can be lived in.
    async fn make_dwelling_available(
        &self,
        ctx: &Context<'_>,
        input: MakeDwellingAvailableInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A dwelling cannot be given to a household.
    async fn make_dwelling_unavailable(
        &self,
        ctx: &Context<'_>,
        input: MakeDwellingUnavailableInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// Somebody asks for a place for a household.
    async fn receive_referral(
        &self,
        ctx: &Context<'_>,
        input: ReceiveReferralInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A referral is decided.
    async fn decide_admission(
        &self,
        ctx: &Context<'_>,
        input: DecideAdmissionInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A household enters.
    async fn admit(
        &self,
        ctx: &Context<'_>,
        input: AdmitInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// Somebody joins a household.
    async fn add_member(
        &self,
        ctx: &Context<'_>,
        input: AddMemberInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// Somebody leaves while the rest of the household stays.
    async fn record_member_left(
        &self,
        ctx: &Context<'_>,
        input: RecordMemberLeftInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A household moves to another dwelling, or into its first one.
    async fn change_dwelling(
        &self,
        ctx: &Context<'_>,
        input: ChangeDwellingInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A personal plan is agreed.
    async fn agree_plan(
        &self,
        ctx: &Context<'_>,
        input: AgreePlanInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A goal is set.
    async fn set_goal(
        &self,
        ctx: &Context<'_>,
        input: SetGoalInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A goal is looked at again.
    async fn review_goal(
        &self,
        ctx: &Context<'_>,
        input: ReviewGoalInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// The coordinator or an operator was in contact with the household.
    async fn record_visit(
        &self,
        ctx: &Context<'_>,
        input: RecordVisitInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A service was provided.
    async fn record_service(
        &self,
        ctx: &Context<'_>,
        input: RecordServiceInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A member started a job.
    async fn place_in_job(
        &self,
        ctx: &Context<'_>,
        input: PlaceInJobInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A job ended.
    async fn end_job(
        &self,
        ctx: &Context<'_>,
        input: EndJobInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// The monthly income of a member is known.
    async fn record_income(
        &self,
        ctx: &Context<'_>,
        input: RecordIncomeInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// The household left.
    async fn record_exit(
        &self,
        ctx: &Context<'_>,
        input: RecordExitInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// The household was asked again, or the attempt failed.
    async fn record_follow_up(
        &self,
        ctx: &Context<'_>,
        input: RecordFollowUpInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A recorded fact was wrong: says what it should have said. The original stays in the log.
    async fn correct_record(
        &self,
        ctx: &Context<'_>,
        input: CorrectRecordInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }

    /// A recorded fact does not count any more. It stays in the log.
    async fn retract_record(
        &self,
        ctx: &Context<'_>,
        input: RetractRecordInput,
    ) -> async_graphql::Result<RecordPayload> {
        record(ctx, input.about, input.content).await
    }
}
