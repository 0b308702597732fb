//! Roles, emergencies and the rights of persons: recorded in access logs.

use app::{Error, Forgot};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use events::access::{Holder, RoleGranted};
use events::codes::{BreakGlassFinding, BreakGlassReason, ErasureReason, RestrictionReason, Role};
use events::{HouseholdId, PartnerId, PersonId, PilotId};
use policy::{Action, Object as PolicyObject, Reach, Scope, decide};
use uuid::Uuid;

use super::{Conflict, Hindrance, Refused, hindrance};
use crate::graphql::codes::Coded;
use crate::graphql::roots::{allow, find, find_pilot, unknown_household};
use crate::graphql::{asked, bad_input, coded, fault};

/// How something about access was answered.
#[derive(Union)]
pub(crate) enum AccessPayload {
    /// It is in the access log now.
    Done(Done),
    /// A rule is against it.
    Refused(Refused),
    /// It cannot be done as asked.
    Conflict(Conflict),
}

/// It is in the access log now.
#[derive(SimpleObject)]
pub(crate) struct Done {
    /// Place in the access log.
    position: i64,
}

/// How the opening of a household was answered that is not shared.
#[derive(Union)]
pub(crate) enum BreakGlassPayload {
    /// It is open.
    GlassBroken(GlassBroken),
    /// A rule is against it.
    Refused(Refused),
    /// It cannot be done as asked.
    Conflict(Conflict),
}

/// A household stands open that is not shared. The data protection officer will look at it.
#[derive(SimpleObject)]
pub(crate) struct GlassBroken {
    /// Place in the access log.
    position: i64,
    /// The household.
    household: ID,
    /// When it closes again.
    until: DateTime<Utc>,
}

/// How forgetting was answered.
#[derive(Union)]
pub(crate) enum ForgetPayload {
    /// Her text opens to nobody any more.
    Forgotten(Forgotten),
    /// A rule is against it.
    Refused(Refused),
    /// It cannot be done as asked.
    Conflict(Conflict),
}

/// Her text opens to nobody any more.
#[derive(SimpleObject)]
pub(crate) struct Forgotten {
    /// Who was forgotten: she, and her children if they were to be.
    persons: Vec<ID>,
    /// The households whose notes went with her, as their head.
    notes_of: Vec<ID>,
    /// Was the old master key destroyed by the program? Otherwise the operator has to.
    master_key_destroyed: bool,
}

impl From<Forgot> for Forgotten {
    fn from(forgot: Forgot) -> Self {
        let persons = forgot.persons.iter();
        let notes_of = forgot.notes_of.iter();
        Self {
            persons: persons.map(|it| it.to_string().into()).collect(),
            notes_of: notes_of.map(|it| it.to_string().into()).collect(),
            master_key_destroyed: forgot.rotated.old == vault::Destroyed::Gone,
        }
    }
}

macro_rules! hindered {
    ($( $payload:ident )+) => { $(
        impl From<Hindrance> for $payload {
            fn from(hindrance: Hindrance) -> Self {
                match hindrance {
                    Hindrance::Refused(refused) => Self::Refused(refused),
                    Hindrance::Conflict(conflict) => Self::Conflict(conflict),
                }
            }
        }
    )+ };
}
hindered!(AccessPayload BreakGlassPayload ForgetPayload);

impl AccessPayload {
    fn of(recorded: Result<i64, Error>) -> async_graphql::Result<Self> {
        match recorded {
            Ok(position) => Ok(Self::Done(Done { position })),
            Err(error) => Ok(hindrance(error)?.into()),
        }
    }
}

/// A rule of these mutations' own.
fn refused(code: &str, message: &str, field: Option<&str>) -> Hindrance {
    Hindrance::Refused(Refused {
        code: code.to_owned(),
        message: message.to_owned(),
        field: field.map(str::to_owned),
    })
}

/// A household that is not shared, and why it has to be opened.
#[derive(InputObject)]
pub(crate) struct BreakGlassInput {
    /// Made by whoever asks, new for every command; repeating it repeats the answer.
    command_id: Uuid,
    /// Id, short name or HMIS project id of the pilot.
    pilot: ID,
    /// The household.
    household: Uuid,
    /// Why.
    reason: Coded<BreakGlassReason>,
}

/// A review of such an opening.
#[derive(InputObject)]
pub(crate) struct ReviewBreakGlassInput {
    /// Made by whoever asks, new for every command; repeating it repeats the answer.
    command_id: Uuid,
    /// Id, short name or HMIS project id of the pilot.
    pilot: ID,
    /// Place of the opening in the access log.
    position: i64,
    /// What was found.
    finding: Coded<BreakGlassFinding>,
}

/// A restriction against forgetting.
#[derive(InputObject)]
pub(crate) struct PlaceRestrictionInput {
    /// Id, short name or HMIS project id of the pilot.
    pilot: ID,
    /// About whom.
    person: Uuid,
    /// Why.
    reason: Coded<RestrictionReason>,
}

/// The end of a restriction.
#[derive(InputObject)]
pub(crate) struct LiftRestrictionInput {
    /// Id, short name or HMIS project id of the pilot.
    pilot: ID,
    /// About whom.
    person: Uuid,
}

/// Somebody who is to be forgotten. It may be repeated after it was cut short.
#[derive(InputObject)]
pub(crate) struct ForgetPersonInput {
    /// Id, short name or HMIS project id of a pilot that speaks of her.
    pilot: ID,
    /// Who.
    person: Uuid,
    /// Her id once more: it cannot be taken back.
    confirm: Uuid,
    /// Why.
    reason: Coded<ErasureReason>,
    /// Those too who came to her households as her children?
    with_children: bool,
}

/// A role for somebody.
#[derive(InputObject)]
pub(crate) struct GrantRoleInput {
    /// Made by whoever asks, new for every command; repeating it repeats the answer.
    command_id: Uuid,
    /// Id, short name or HMIS project id; every pilot and the installation when none is given.
    pilot: Option<ID>,
    /// To whom: `account:ID` or `token:ID`.
    holder: String,
    /// Which.
    role: Coded<Role>,
    /// The organisation in whose name a partner's operator acts.
    partner: Option<Uuid>,
    /// When it ends by itself.
    until: Option<DateTime<Utc>>,
    /// Give an evaluator dates as days since admission?
    #[graphql(default)]
    relative_dates: bool,
}

/// A role that somebody no longer has.
#[derive(InputObject)]
pub(crate) struct RevokeRoleInput {
    /// Made by whoever asks, new for every command; repeating it repeats the answer.
    command_id: Uuid,
    /// Id, short name or HMIS project id; that for every pilot when none is given.
    pilot: Option<ID>,
    /// From whom: `account:ID` or `token:ID`.
    holder: String,
    /// Which.
    role: Coded<Role>,
}

fn holder(text: &str) -> async_graphql::Result<Holder> {
    text.parse()
        .map_err(|_| bad_input("holder: write account:ID or token:ID"))
}

/// Where a role counts, if the asker may give or take it there.
async fn scope(
    ctx: &Context<'_>,
    pilot: Option<&ID>,
    holder: Holder,
    role: Role,
) -> async_graphql::Result<Scope> {
    let object = |scope| PolicyObject::Grant {
        scope,
        holder,
        role,
    };
    match pilot {
        Some(name) => {
            let pilot = find(ctx, name, |pilot| object(Scope::Pilot(pilot))).await?;
            Ok(Scope::Pilot(pilot))
        }
        None => {
            allow(ctx, &object(Scope::EveryPilot))?;
            Ok(Scope::EveryPilot)
        }
    }
}

/// The pilot, if the asker may do this to a person that it speaks of.
async fn of_person(
    ctx: &Context<'_>,
    name: &ID,
    person: PersonId,
) -> async_graphql::Result<PilotId> {
    let (app, _) = asked(ctx)?;
    let pilot = find(ctx, name, |pilot| PolicyObject::Person { pilot, person }).await?;
    let persons = app.persons(pilot).await.map_err(fault)?;
    match persons.contains_key(&person) {
        true => Ok(pilot),
        false => Err(coded("NOT_FOUND", format!("there is no person `{person}`"))),
    }
}

/// Is it shared with the asker's organisation today?
async fn is_shared(
    ctx: &Context<'_>,
    pilot: PilotId,
    household: HouseholdId,
) -> async_graphql::Result<bool> {
    let (app, subject) = asked(ctx)?;
    let now = app.now();
    let mut reach = match policy::reach(subject, Action::SeeHouseholds, pilot, now) {
        Ok(reach) => reach,
        Err(_) => return Ok(false),
    };
    // What stands open because she opened it is not shared.
    if let Reach::Own { open, .. } = &mut reach {
        open.clear();
    }
    let part = app.visible(pilot, &reach, now.date_naive()).await;
    let part = part.map_err(fault)?;
    Ok(part.is_none_or(|part| part.contains_key(&household)))
}

/// Roles, emergencies and the rights of persons.
#[derive(Default)]
pub(crate) struct AccessCommands;

#[Object]
impl AccessCommands {
    /// Opens a household that is not shared with one's organisation, for an hour and in an emergency.
    /// It is recorded before it opens, and the data protection officer looks at each.
    async fn break_glass(
        &self,
        ctx: &Context<'_>,
        input: BreakGlassInput,
    ) -> async_graphql::Result<BreakGlassPayload> {
        let (app, subject) = asked(ctx)?;
        let household = HouseholdId(input.household);
        let pilot = find_pilot(ctx, &input.pilot).await?;
        let there = projections::households::one(&app.source(), pilot.0, household)
            .await
            .map_err(|error| fault(error.into()))?;
        if there.is_none() {
            return Err(unknown_household(&household.to_string()));
        }
        if is_shared(ctx, pilot, household).await? {
            let shared = "the household is shared with your organisation: nothing has to be opened";
            return Ok(refused("shared", shared, Some("household")).into());
        }
        let (holder, reason) = (subject.holder, input.reason.0);
        let broken = app.break_glass(holder, input.command_id, pilot, household, reason);
        match broken.await {
            Ok(glass) => Ok(BreakGlassPayload::GlassBroken(GlassBroken {
                position: glass.position,
                household: glass.household.to_string().into(),
                until: glass.until,
            })),
            Err(error) => Ok(hindrance(error)?.into()),
        }
    }

    /// Records what a review of such an opening found.
    async fn review_break_glass(
        &self,
        ctx: &Context<'_>,
        input: ReviewBreakGlassInput,
    ) -> async_graphql::Result<AccessPayload> {
        let (app, subject) = asked(ctx)?;
        let pilot = find_pilot(ctx, &input.pilot).await?;
        let reviewed = app.review_break_glass(
            subject.holder,
            input.command_id,
            pilot,
            input.position,
            input.finding.0,
        );
        AccessPayload::of(reviewed.await)
    }

    /// From now on a person must not be forgotten.
    async fn place_restriction(
        &self,
        ctx: &Context<'_>,
        input: PlaceRestrictionInput,
    ) -> async_graphql::Result<AccessPayload> {
        let (app, subject) = asked(ctx)?;
        let person = PersonId(input.person);
        let pilot = of_person(ctx, &input.pilot, person).await?;
        let actor = subject.actor();
        let placed = app.restrict(pilot, &actor, person, input.reason.0).await;
        AccessPayload::of(placed)
    }

    /// She may be forgotten again.
    async fn lift_restriction(
        &self,
        ctx: &Context<'_>,
        input: LiftRestrictionInput,
    ) -> async_graphql::Result<AccessPayload> {
        let (app, subject) = asked(ctx)?;
        let person = PersonId(input.person);
        let pilot = of_person(ctx, &input.pilot, person).await?;
        let lifted = app.lift_restriction(pilot, &subject.actor(), person).await;
        match lifted.transpose() {
            Some(lifted) => AccessPayload::of(lifted),
            None => {
                let none = "there is no restriction on this person: there is nothing to lift";
                Ok(refused("no_restriction", none, Some("person")).into())
            }
        }
    }

    /// Forgets a person in every pilot, for good: what was sealed about her opens to nobody any more.
    /// Facts, proofs, figures and published reports stay as they are.
    async fn forget_person(
        &self,
        ctx: &Context<'_>,
        input: ForgetPersonInput,
    ) -> async_graphql::Result<ForgetPayload> {
        let (app, subject) = asked(ctx)?;
        let person = PersonId(input.person);
        of_person(ctx, &input.pilot, person).await?;
        if input.confirm != input.person {
            let twice = "forgetting cannot be taken back: give her id a second time, in `confirm`";
            return Ok(refused("not_confirmed", twice, Some("confirm")).into());
        }
        // Her key is the same in every pilot: whoever forgets her has to be trusted with that in each.
        let pilots = app.pilots_of(person, input.with_children).await;
        for pilot in pilots.map_err(fault)? {
            let object = PolicyObject::Person { pilot, person };
            let purpose = events::codes::ReadPurpose::LegalDuty;
            let decided = decide(subject, Action::ForgetPerson, &object, purpose, app.now());
            if decided.is_err() {
                let elsewhere = "she is spoken of in another pilot too: the data protection officer of \
                                 every pilot that speaks of her has to do it";
                return Ok(refused("in_another_pilot", elsewhere, Some("person")).into());
            }
        }
        let actor = subject.actor();
        let forgot = app.forget(&actor, person, input.reason.0, input.with_children);
        match forgot.await {
            Ok(forgot) => Ok(ForgetPayload::Forgotten(forgot.into())),
            Err(error) => Ok(hindrance(error)?.into()),
        }
    }

    /// Grants a role to somebody else.
    async fn grant_role(
        &self,
        ctx: &Context<'_>,
        input: GrantRoleInput,
    ) -> async_graphql::Result<AccessPayload> {
        let (app, subject) = asked(ctx)?;
        let holder = holder(&input.holder)?;
        let scope = scope(ctx, input.pilot.as_ref(), holder, input.role.0).await?;
        let granted = RoleGranted {
            holder,
            role: input.role.0,
            partner: input.partner.map(PartnerId),
            until: input.until,
            relative_dates: input.relative_dates,
            bound_to: None,
        };
        let actor = subject.actor();
        AccessPayload::of(app.grant(&actor, input.command_id, scope, granted).await)
    }

    /// Revokes a role: every grant of it in the pilot, or those for every pilot.
    async fn revoke_role(
        &self,
        ctx: &Context<'_>,
        input: RevokeRoleInput,
    ) -> async_graphql::Result<AccessPayload> {
        let (app, subject) = asked(ctx)?;
        let (holder, role) = (holder(&input.holder)?, input.role.0);
        let scope = scope(ctx, input.pilot.as_ref(), holder, role).await?;
        let actor = subject.actor();
        let revoked = app.revoke(&actor, input.command_id, scope, holder, role);
        match revoked.await.transpose() {
            Some(revoked) => AccessPayload::of(revoked),
            None => {
                let none = "the role is not granted there: there is nothing to revoke";
                Ok(refused("no_such_role", none, Some("role")).into())
            }
        }
    }
}
