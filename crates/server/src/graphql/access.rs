//! Access logs: who may see what, who looked, and what became of it. They hold ids and codes, no text.

use async_graphql::{Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use eventlog::Recorded;
use events::access::{AccessEvent, Holder, labels};
use events::codes::{BreakGlassFinding, BreakGlassReason, DataGroup, ReadPurpose, Role};
use policy::{Grant, Grants, Scope};

use super::codes::Coded;
use super::page::PageInfo;

/// Which of a pilot's two logs.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "app::access::LogOf", name = "LogOf")]
pub(crate) enum LogOf {
    /// What happened.
    Pilot,
    /// Who may see it and who looked.
    Access,
}

/// A page of an access log.
#[derive(SimpleObject)]
pub(crate) struct AccessConnection {
    pub(crate) edges: Vec<AccessEdge>,
    pub(crate) page_info: PageInfo,
    /// Where the log ended when this was read.
    pub(crate) head: i64,
}

/// An entry in a page.
#[derive(SimpleObject)]
pub(crate) struct AccessEdge {
    pub(crate) cursor: String,
    pub(crate) node: AccessEntry,
}

/// An entry of an access log.
pub(crate) struct AccessEntry {
    pub(crate) recorded: Recorded,
    pub(crate) event: AccessEvent,
}

#[Object]
impl AccessEntry {
    /// Place in the access log: 1…n without gaps.
    async fn position(&self) -> i64 {
        self.recorded.position
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.recorded.recorded_at
    }

    /// Who did it: `account:ID`, `token:ID`, or the command line. Never a name.
    async fn actor(&self) -> &str {
        &self.recorded.actor
    }

    /// The entry's type.
    async fn kind(&self) -> &'static str {
        self.event.kind()
    }

    /// The type's Italian label.
    async fn label(&self) -> &'static str {
        labels(self.event.kind()).map_or("", |(it, _)| it)
    }

    /// Whom it is about; a household by its id.
    async fn person(&self) -> Option<ID> {
        self.event.person().map(|person| person.to_string().into())
    }

    /// What of her was read.
    async fn group(&self) -> Option<Coded<DataGroup>> {
        match &self.event {
            AccessEvent::PersonalDataRead(fact) => Some(Coded(fact.group)),
            _ => None,
        }
    }

    /// What it was read, or copied, for.
    async fn purpose(&self) -> Option<Coded<ReadPurpose>> {
        match &self.event {
            AccessEvent::PersonalDataRead(fact) => Some(Coded(fact.purpose)),
            AccessEvent::ExportTaken(fact) => Some(Coded(fact.purpose)),
            _ => None,
        }
    }

    /// In how many facts it was read, or how many were copied.
    async fn facts(&self) -> Option<u32> {
        match &self.event {
            AccessEvent::PersonalDataRead(fact) => {
                Some(u32::try_from(fact.facts.len()).unwrap_or(u32::MAX))
            }
            AccessEvent::ExportTaken(fact) => Some(fact.facts),
            _ => None,
        }
    }

    /// Who holds the role, or opened what is not shared.
    async fn holder(&self) -> Option<String> {
        let holder = match &self.event {
            AccessEvent::RoleGranted(fact) => fact.holder,
            AccessEvent::RoleRevoked(fact) => fact.holder,
            AccessEvent::BreakGlassUsed(fact) => fact.holder,
            AccessEvent::BreakGlassReviewed(fact) => fact.holder,
            _ => return None,
        };
        Some(holder.to_string())
    }

    /// The role that was granted or revoked.
    async fn role(&self) -> Option<Coded<Role>> {
        match &self.event {
            AccessEvent::RoleGranted(fact) => Some(Coded(fact.role)),
            AccessEvent::RoleRevoked(fact) => Some(Coded(fact.role)),
            _ => None,
        }
    }

    /// When it ends by itself.
    async fn until(&self) -> Option<DateTime<Utc>> {
        match &self.event {
            AccessEvent::RoleGranted(fact) => fact.until,
            AccessEvent::BreakGlassUsed(fact) => Some(fact.until),
            _ => None,
        }
    }

    /// Why what is not shared was opened.
    async fn emergency(&self) -> Option<Coded<BreakGlassReason>> {
        match &self.event {
            AccessEvent::BreakGlassUsed(fact) => Some(Coded(fact.reason)),
            _ => None,
        }
    }

    /// What a review of that found.
    async fn finding(&self) -> Option<Coded<BreakGlassFinding>> {
        match &self.event {
            AccessEvent::BreakGlassReviewed(fact) => Some(Coded(fact.finding)),
            _ => None,
        }
    }
}

/// Somebody opened a household that is not shared with her.
#[derive(SimpleObject)]
pub(crate) struct BreakGlassUse {
    /// Place in the access log.
    position: i64,
    /// When.
    at: DateTime<Utc>,
    /// Who: `account:ID` or `token:ID`.
    holder: String,
    /// Which household.
    household: ID,
    /// Why.
    reason: Coded<BreakGlassReason>,
    /// When it closed, or will.
    until: DateTime<Utc>,
    /// What the last review found; nothing when nobody looked yet.
    finding: Option<Coded<BreakGlassFinding>>,
    /// Place of that review in the access log.
    reviewed_at: Option<i64>,
}

impl From<app::access::BrokenGlass> for BreakGlassUse {
    fn from(glass: app::access::BrokenGlass) -> Self {
        Self {
            position: glass.position,
            at: glass.at,
            holder: glass.holder.to_string(),
            household: glass.household.to_string().into(),
            reason: Coded(glass.reason),
            until: glass.until,
            finding: glass.review.map(|(_, finding)| Coded(finding)),
            reviewed_at: glass.review.map(|(position, _)| position),
        }
    }
}

/// Somebody who has or had a role.
#[derive(SimpleObject)]
pub(crate) struct RoleHolder {
    /// Who: `account:ID` or `token:ID`.
    holder: String,
    /// Her roles.
    roles: Vec<RoleGrant>,
}

/// A role that somebody has.
#[derive(SimpleObject)]
pub(crate) struct RoleGrant {
    /// The role.
    role: Coded<Role>,
    /// The pilot; nothing when it is for every pilot.
    pilot: Option<ID>,
    /// The organisation in whose name.
    partner: Option<ID>,
    /// Since when.
    since: DateTime<Utc>,
    /// When it ends by itself.
    until: Option<DateTime<Utc>>,
    /// Does it count at the time asked for?
    stands: bool,
    /// Are dates given as days since admission?
    relative_dates: bool,
    /// The account that has to have the role too.
    bound_to: Option<ID>,
}

impl RoleHolder {
    /// As it stands at a time.
    pub(crate) fn of(holder: Holder, grants: &Grants, now: DateTime<Utc>) -> Self {
        let roles = grants.all().iter();
        Self {
            holder: holder.to_string(),
            roles: roles.map(|grant| RoleGrant::of(grant, now)).collect(),
        }
    }
}

impl RoleGrant {
    fn of(grant: &Grant, now: DateTime<Utc>) -> Self {
        Self {
            role: Coded(grant.role),
            pilot: match grant.scope {
                Scope::EveryPilot => None,
                Scope::Pilot(pilot) => Some(pilot.to_string().into()),
            },
            partner: grant.partner.map(|partner| partner.to_string().into()),
            since: grant.since,
            until: grant.until,
            stands: grant.stands(now),
            relative_dates: grant.relative_dates,
            bound_to: grant.bound_to.map(|account| account.to_string().into()),
        }
    }
}

/// The size and root of a log, signed.
#[derive(SimpleObject)]
pub(crate) struct SignedCheckpoint {
    /// The signed note (c2sp.org/tlog-checkpoint).
    note: String,
    /// How many facts it is about.
    size: i64,
}

/// That a fact is in a log, without what the fact says.
#[derive(SimpleObject)]
pub(crate) struct PositionProof {
    /// The fact's position.
    position: i64,
    /// The leaf: the hash of the fact's record, in lower-case hexadecimal.
    leaf: String,
    /// The proof of RFC 9162 section 2.1.3: hashes in lower-case hexadecimal.
    inclusion: Vec<String>,
    /// The signed note whose root it leads to.
    note: String,
    /// The key that the note is verified with. Whoever doubts the log has it from elsewhere.
    vkey: String,
    /// That an older log is the beginning of this one, when that was asked for.
    since: Option<SinceProof>,
}

/// That a log is the beginning of a later one.
#[derive(SimpleObject)]
pub(crate) struct SinceProof {
    /// How many facts it had.
    size: i64,
    /// Its root, in lower-case hexadecimal.
    root: String,
    /// The proof of RFC 9162 section 2.1.4: hashes in lower-case hexadecimal.
    consistency: Vec<String>,
}

impl SignedCheckpoint {
    pub(crate) fn of(note: &proof::note::Note) -> Self {
        let checkpoint = proof::checkpoint::Checkpoint::of(note);
        Self {
            note: note.to_string(),
            size: checkpoint.map_or(0, |it| count(it.size)),
        }
    }
}

impl PositionProof {
    pub(crate) fn of(position: i64, leaf: proof::merkle::Hash, proven: &app::FactProof) -> Self {
        let hex = |hashes: &[proof::merkle::Hash]| hashes.iter().map(ToString::to_string).collect();
        Self {
            position,
            leaf: leaf.to_string(),
            inclusion: hex(&proven.proof.inclusion),
            note: proven.proof.note.to_string(),
            vkey: proven.vkey.to_string(),
            since: proven.since.as_ref().map(|since| SinceProof {
                size: count(since.size),
                root: since.root.to_string(),
                consistency: hex(&since.consistency),
            }),
        }
    }
}

fn count(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
