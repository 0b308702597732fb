//! Roles as facts: what was granted and revoked comes to, at any time.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use events::access::{AccessEvent, BreakGlassUsed, Holder, RoleGranted};
use events::codes::Role;
use events::{AccountId, HouseholdId, PartnerId, PilotId};

/// Where a grant counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In every pilot, present and future, and for the installation itself.
    EveryPilot,
    /// In one pilot.
    Pilot(PilotId),
}

impl Scope {
    /// Does a grant that counts here reach there?
    pub fn covers(self, there: Self) -> bool {
        self == Self::EveryPilot || self == there
    }
}

/// A role that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Where it counts.
    pub scope: Scope,
    /// The role.
    pub role: Role,
    /// The organisation in whose name.
    pub partner: Option<PartnerId>,
    /// When it was granted.
    pub since: DateTime<Utc>,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// Are dates given as days since admission?
    pub relative_dates: bool,
    /// The account that has to have the role too.
    pub bound_to: Option<AccountId>,
}

impl Grant {
    /// Has it not ended yet? It was granted before: what is not known yet at a time is not folded.
    pub fn stands(&self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A household that somebody opened though it is not shared with her.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glass {
    /// The pilot.
    pub pilot: PilotId,
    /// The household.
    pub household: HouseholdId,
    /// When it was opened.
    pub since: DateTime<Utc>,
    /// When it closes again.
    pub until: DateTime<Utc>,
}

impl Glass {
    /// Is it still open at a time?
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        now < self.until
    }
}

/// In which pilots somebody has any role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In every pilot there is and will be.
    Every,
    /// In these.
    Some(BTreeSet<PilotId>),
}

impl Standing {
    /// In this one?
    pub fn includes(&self, pilot: PilotId) -> bool {
        match self {
            Self::Every => true,
            Self::Some(pilots) => pilots.contains(&pilot),
        }
    }
}

/// A fact of an access log, with what the log says about it.
#[derive(Clone, Copy, Debug)]
struct Told<'a> {
    scope: Scope,
    recorded_at: DateTime<Utc>,
    actor: &'a str,
    event: &'a AccessEvent,
}

/// Everything that one holder was granted and that was not revoked, as it was known at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    grants: Vec<Grant>,
    glasses: Vec<Glass>,
}

impl Grants {
    /// What facts of access logs come to for a holder, as known at `as_of`. For each fact: where its log
    /// counts, when it was recorded, by whom, and what it says; those of one log in their order.
    ///
    /// A role that somebody granted to herself does not count, however it got into the log.
    pub fn fold<'a>(
        holder: Holder,
        facts: impl IntoIterator<Item = (Scope, DateTime<Utc>, &'a str, &'a AccessEvent)>,
        as_of: DateTime<Utc>,
    ) -> Self {
        let own = holder.to_string();
        let facts = facts.into_iter();
        let known = facts
            .map(|(scope, recorded_at, actor, event)| Told {
                scope,
                recorded_at,
                actor,
                event,
            })
            .filter(|told| told.recorded_at <= as_of);
        known.fold(Self::default(), |mut grants, told| {
            match told.event {
                AccessEvent::RoleGranted(fact) if fact.holder == holder && told.actor != own => {
                    grants.grants.push(granted(&told, fact));
                }
                AccessEvent::RoleRevoked(fact) if fact.holder == holder => {
                    let ended = |it: &Grant| it.scope == told.scope && it.role == fact.role;
                    grants.grants.retain(|it| !ended(it));
                }
                AccessEvent::BreakGlassUsed(fact) if fact.holder == holder => {
                    grants.glasses.extend(opened(&told, fact));
                }
                _ => {}
            }
            grants
        })
    }

    /// Those of a token's that count, given what the accounts have that they are bound to.
    #[must_use]
    pub fn bounded<'a>(
        mut self,
        of: impl Fn(AccountId) -> Option<&'a Self>,
        now: DateTime<Utc>,
    ) -> Self {
        self.grants.retain(|grant| match grant.bound_to {
            None => true,
            Some(account) => of(account).is_some_and(|owner| owner.covers(grant, now)),
        });
        self
    }

    /// The accounts that some of these are bound to.
    pub fn bound_to(&self) -> BTreeSet<AccountId> {
        self.grants.iter().filter_map(|it| it.bound_to).collect()
    }

    /// Is there a grant here that stands and gives at least what another one gives?
    fn covers(&self, other: &Grant, now: DateTime<Utc>) -> bool {
        self.standing_at(now).any(|own| {
            own.role == other.role
                && own.scope.covers(other.scope)
                && own.partner == other.partner
                && (other.relative_dates || !own.relative_dates)
        })
    }

    /// Every grant that was not revoked, ended ones included.
    pub fn all(&self) -> &[Grant] {
        &self.grants
    }

    /// Those that stand at a time.
    pub fn standing_at(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.stands(now))
    }

    /// In which pilots any of them counts.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        let mut pilots = BTreeSet::new();
        for grant in self.standing_at(now) {
            match grant.scope {
                Scope::EveryPilot => return Standing::Every,
                Scope::Pilot(pilot) => _ = pilots.insert(pilot),
            }
        }
        Standing::Some(pilots)
    }

    /// Households that are open to her though they are not shared with her.
    pub fn open_glasses(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Glass> {
        self.glasses.iter().filter(move |glass| glass.is_open(now))
    }

    /// Is it so for this household?
    pub fn is_glass_open(
        &self,
        pilot: PilotId,
        household: HouseholdId,
        now: DateTime<Utc>,
    ) -> bool {
        self.open_glasses(now)
            .any(|glass| glass.pilot == pilot && glass.household == household)
    }
}

fn granted(told: &Told<'_>, fact: &RoleGranted) -> Grant {
    Grant {
        scope: told.scope,
        role: fact.role,
        partner: fact.partner,
        since: told.recorded_at,
        until: fact.until,
        relative_dates: fact.relative_dates,
        bound_to: fact.bound_to,
    }
}

/// Nothing is opened in every pilot at once.
fn opened(told: &Told<'_>, fact: &BreakGlassUsed) -> Option<Glass> {
    match told.scope {
        Scope::EveryPilot => None,
        Scope::Pilot(pilot) => Some(Glass {
            pilot,
            household: fact.household,
            since: told.recorded_at,
            until: fact.until,
        }),
    }
}
