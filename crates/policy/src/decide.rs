//! The decision.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use events::access::Holder;
use events::codes::{ReadPurpose, Role};
use events::{HouseholdId, PartnerId, PilotId};

use crate::{Action, Grant, Held, Object, Scope, Sharing, Strength, Subject, held};

/// What everything held about one person may be copied for.
pub const PURPOSES_OF_AN_EXPORT: [ReadPurpose; 2] =
    [ReadPurpose::HerRequest, ReadPurpose::LegalDuty];

/// Why something is not allowed. The later one tells more, and is the one that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Denied {
    /// She has no role there. She is told that it does not exist.
    #[error("there is nothing of this kind")]
    Outside,
    /// None of her roles may do it.
    #[error("none of your roles may do this")]
    Role,
    /// It is not shared with her organisation. She is told that it does not exist.
    #[error("there is nothing of this kind")]
    NotShared,
    /// It was not recorded by her organisation.
    #[error("it was not recorded in the name of your organisation")]
    OthersText,
    /// It would be done in the name of another organisation.
    #[error("you act in the name of your own organisation only")]
    InAnothersName,
    /// Not for this purpose.
    #[error("not for this purpose")]
    Purpose,
    /// Her role takes a second factor.
    #[error("this takes a sign-in with a second factor")]
    SecondFactor,
    /// Such a role is not given to a token by somebody who signed in.
    #[error("a token has a role that sees no personal data, and does not administer")]
    NotForTokens,
    /// Nobody grants a role to herself.
    #[error("nobody gives a role to herself: ask another administrator")]
    Herself,
}

impl Denied {
    /// Is she told that it does not exist, in the same words as for what does not?
    pub fn is_not_found(self) -> bool {
        matches!(self, Self::Outside | Self::NotShared)
    }
}

/// How far somebody may do something in a pilot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To everything in it.
    All,
    /// To households that are shared with one of these partners, and to those that stand open to her.
    Own {
        /// Her organisations.
        partners: BTreeSet<PartnerId>,
        /// What she opened though it is not shared.
        open: BTreeSet<HouseholdId>,
    },
}

impl Reach {
    /// Is this household within it?
    pub fn includes(&self, household: HouseholdId, shared: &Sharing) -> bool {
        match self {
            Self::All => true,
            Self::Own { partners, open } => {
                open.contains(&household) || shared.with.iter().any(|it| partners.contains(it))
            }
        }
    }
}

/// May this be done? A denial says why.
///
/// # Errors
/// [`Denied`].
pub fn decide(
    subject: &Subject,
    action: Action,
    object: &Object,
    purpose: ReadPurpose,
    now: DateTime<Utc>,
) -> Result<(), Denied> {
    let mut why = Denied::Outside;
    for grant in in_reach(subject, object.scope(), now) {
        match by(grant, subject, action, object, purpose, now) {
            Ok(()) => return Ok(()),
            Err(denied) => why = why.max(denied),
        }
    }
    Err(why)
}

/// How far somebody may do something in a pilot: for lists, of which everybody gets her own part.
///
/// # Errors
/// [`Denied`], when nothing of it is hers.
pub fn reach(
    subject: &Subject,
    action: Action,
    pilot: PilotId,
    now: DateTime<Utc>,
) -> Result<Reach, Denied> {
    let mut why = Denied::Outside;
    let mut partners = BTreeSet::new();
    for grant in in_reach(subject, Scope::Pilot(pilot), now) {
        let denied = match held(grant.role, action) {
            Held::No => Denied::Role,
            _ if is_too_weak(subject, grant.role) => Denied::SecondFactor,
            Held::Yes => return Ok(Reach::All),
            Held::Own => {
                partners.extend(grant.partner);
                continue;
            }
        };
        why = why.max(denied);
    }
    if partners.is_empty() {
        return Err(why);
    }
    let open = subject.grants.open_glasses(now);
    let open = open.filter(|glass| glass.pilot == pilot);
    Ok(Reach::Own {
        partners,
        open: open.map(|glass| glass.household).collect(),
    })
}

/// May somebody do something anywhere at all? What she then does it to is a question of its own.
///
/// # Errors
/// [`Denied`].
pub fn within_reach(subject: &Subject, action: Action, now: DateTime<Utc>) -> Result<(), Denied> {
    let mut why = Denied::Outside;
    for grant in subject.grants.standing_at(now) {
        let denied = match held(grant.role, action) {
            Held::No => Denied::Role,
            _ if is_too_weak(subject, grant.role) => Denied::SecondFactor,
            _ => return Ok(()),
        };
        why = why.max(denied);
    }
    Err(why)
}

/// What somebody reads personal data for when she does not say.
pub fn default_purpose(subject: &Subject, pilot: PilotId, now: DateTime<Utc>) -> ReadPurpose {
    let mut cares = false;
    let mut protects = false;
    for grant in in_reach(subject, Scope::Pilot(pilot), now) {
        cares |= matches!(grant.role, Role::Coordinator | Role::PartnerOperator);
        protects |= grant.role == Role::DataProtectionOfficer;
    }
    match protects && !cares {
        true => ReadPurpose::HerRequest,
        false => ReadPurpose::Care,
    }
}

/// Her grants that stand and count there.
fn in_reach(subject: &Subject, there: Scope, now: DateTime<Utc>) -> impl Iterator<Item = &Grant> {
    let standing = subject.grants.standing_at(now);
    standing.filter(move |grant| grant.scope.covers(there))
}

/// Roles that see personal data count only with a second factor.
pub(crate) fn is_too_weak(subject: &Subject, role: Role) -> bool {
    role.sees_personal_data() && subject.strength == Strength::Weak
}

/// The decision on one grant's strength.
fn by(
    grant: &Grant,
    subject: &Subject,
    action: Action,
    object: &Object,
    purpose: ReadPurpose,
    now: DateTime<Utc>,
) -> Result<(), Denied> {
    let far = held(grant.role, action);
    if far == Held::No {
        return Err(Denied::Role);
    }
    if is_too_weak(subject, grant.role) {
        return Err(Denied::SecondFactor);
    }
    if far == Held::Own {
        is_own(grant, subject, object, now)?;
    }
    if !purposes(grant.role, action).contains(&purpose) {
        return Err(Denied::Purpose);
    }
    is_no_gift_to_herself(grant, subject, action, object)
}

/// Is it her organisation's?
fn is_own(
    grant: &Grant,
    subject: &Subject,
    object: &Object,
    now: DateTime<Utc>,
) -> Result<(), Denied> {
    // Without an organisation nothing is its.
    let own = grant.partner.ok_or(Denied::NotShared)?;
    let (pilot, household, shared) = match object {
        Object::Household {
            pilot,
            household,
            shared,
        }
        | Object::Text {
            pilot,
            household,
            shared,
            ..
        }
        | Object::Contact {
            pilot,
            household,
            shared,
            ..
        } => (*pilot, *household, shared),
        // Of a pilot as a whole she has a part, which `reach` tells.
        _ => return Err(Denied::Role),
    };
    let open = subject.grants.is_glass_open(pilot, household, now);
    if !open && !shared.with.contains(&own) {
        return Err(Denied::NotShared);
    }
    match object {
        Object::Text { by, .. } if !by.contains(&own) => Err(Denied::OthersText),
        Object::Contact { partner, .. } if *partner != Some(own) => Err(Denied::InAnothersName),
        _ => Ok(()),
    }
}

/// What a role may do something for; anything for what opens no personal data.
fn purposes(role: Role, action: Action) -> &'static [ReadPurpose] {
    use ReadPurpose as P;
    const EVERY: &[ReadPurpose] = &[
        P::Care,
        P::HerRequest,
        P::LegalDuty,
        P::Upkeep,
        P::Emergency,
    ];
    match (action, role) {
        (Action::OpenIdentity | Action::OpenText, Role::PartnerOperator) => {
            &[P::Care, P::Emergency]
        }
        (Action::OpenIdentity | Action::OpenText, _) => {
            &[P::Care, P::HerRequest, P::LegalDuty, P::Emergency]
        }
        (Action::ExportPerson, _) => &PURPOSES_OF_AN_EXPORT,
        _ => EVERY,
    }
}

/// Roles that whoever signed in may give to a token. Any other takes the command line.
const FOR_TOKENS: [Role; 4] = [
    Role::CommitteeMember,
    Role::Evaluator,
    Role::Funder,
    Role::Auditor,
];

/// Nobody gives a role to herself; a token gets none that sees personal data; whoever gives such a one
/// signed in with a second factor; and a token that somebody makes for herself has a role that she has.
fn is_no_gift_to_herself(
    grant: &Grant,
    subject: &Subject,
    action: Action,
    object: &Object,
) -> Result<(), Denied> {
    let own_token = action == Action::MakeOwnToken;
    if !own_token && action != Action::GrantRoles {
        return Ok(());
    }
    // Nothing else can be given.
    let Object::Grant { holder, role, .. } = object else {
        return Err(Denied::Role);
    };
    let token = matches!(holder, Holder::Token(_));
    if *holder == subject.holder {
        Err(Denied::Herself)
    } else if own_token && (!token || *role != grant.role) {
        Err(Denied::Role)
    } else if token && !FOR_TOKENS.contains(role) {
        Err(Denied::NotForTokens)
    } else if role.sees_personal_data() && subject.strength == Strength::Weak {
        Err(Denied::SecondFactor)
    } else {
        Ok(())
    }
}
