//! Who has which role: facts of access logs, written and read here. What a role may do is decided by
//! [`policy`], and by nothing else.

mod fenced;
mod glass;
mod households;

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use eventlog::{LogId, Recorded};
use events::access::{
    AccessEvent, AccessStream, Holder, RoleGranted, RoleRevoked, SignInFailed, installation_log,
    log_of, without_access_logs,
};
use events::codes::Role;
use events::{AccountId, PartnerId, PilotId, Position};
use policy::{Grants, Scope, Strength, Subject};
use uuid::Uuid;

use crate::{App, Error, Fenced};

pub use fenced::LogOf;
pub use glass::{BREAK_GLASS_LASTS, BrokenGlass, NotBroken};

/// The longest that a token may have a role that sees personal data, in days: it has no second factor.
pub const MAX_PERSONAL_TOKEN_DAYS: i64 = 7;

/// Who signs in, as facts name it when nobody did.
const SIGN_IN: &str = "sign-in";

/// Why a role is not granted. Each sentence says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// Nobody gives herself a role.
    #[error("nobody gives a role to herself: ask another administrator")]
    Herself,
    /// A partner's operator acts for a partner.
    #[error(
        "a partner's operator acts in the name of an organisation: say which, and in which pilot"
    )]
    PartnerNeeded,
    /// Nobody else does.
    #[error("only a partner's operator acts in the name of an organisation: leave the partner out")]
    NoPartner,
    /// It is not in the pilot.
    #[error("the pilot has no partner {partner} today")]
    UnknownPartner {
        /// Which was named.
        partner: PartnerId,
    },
    /// It would be over before it begins.
    #[error("it would have ended already: give a later time")]
    Over,
    /// Dates are only hidden from evaluators.
    #[error("dates as days since admission are for evaluators")]
    RelativeDates,
    /// Too long for a token.
    #[error(
        "a token has a role that sees personal data for {MAX_PERSONAL_TOKEN_DAYS} days at most: give an earlier end"
    )]
    TooLongForToken,
    /// Only tokens act for an account.
    #[error("only a token acts for an account")]
    NotBound,
}

impl NotGranted {
    /// The word for it, which stays the same.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Herself => "own_role",
            Self::PartnerNeeded => "partner_needed",
            Self::NoPartner => "no_partner",
            Self::UnknownPartner { .. } => "unknown_partner",
            Self::Over => "over",
            Self::RelativeDates => "relative_dates",
            Self::TooLongForToken => "too_long_for_token",
            Self::NotBound => "not_bound",
        }
    }
}

/// Says whether a sign-in is still good, which is kept elsewhere: a session, a token.
pub trait Still: Send + Sync {
    /// Is it?
    fn is_good(&self) -> Pin<Box<dyn Future<Output = Result<bool, Error>> + Send + '_>>;
}

/// Somebody who signed in. What she may is looked up at every request.
#[derive(Clone)]
pub struct SignedIn {
    app: App,
    holder: Holder,
    strength: Strength,
    still: Arc<dyn Still>,
}

impl SignedIn {
    /// Who she is now, and the service as far as it is for her. None when the sign-in is no longer good.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`].
    pub async fn enter(&self) -> Result<Option<(Subject, Fenced)>, Error> {
        if !self.still.is_good().await? {
            return Ok(None);
        }
        let subject = self.app.subject(self.holder, self.strength).await?;
        let fenced = self.app.fenced(&subject).await?;
        Ok(Some((subject, fenced)))
    }
}

/// A fact of an access log: where it counts, how it was recorded, what it says.
pub(crate) type Told = (Scope, Recorded, AccessEvent);

/// The access log of a scope.
pub fn access_log(scope: Scope) -> LogId {
    match scope {
        Scope::EveryPilot => installation_log(),
        Scope::Pilot(pilot) => log_of(pilot),
    }
}

impl App {
    /// Somebody who signed in, as long as `still` says so.
    pub fn signed_in(&self, holder: Holder, strength: Strength, still: Arc<dyn Still>) -> SignedIn {
        SignedIn {
            app: self.clone(),
            holder,
            strength,
            still,
        }
    }

    /// Somebody who signed in, with the roles she has now: what was revoked a moment ago is gone.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`].
    pub async fn subject(&self, holder: Holder, strength: Strength) -> Result<Subject, Error> {
        let grants = self.grants_of(holder, None).await?;
        Ok(Subject {
            holder,
            strength,
            grants,
        })
    }

    /// The roles that somebody has, or had as it was known at a time. Those of a token that is for an
    /// account are no more than the account's own.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`].
    pub async fn grants_of(
        &self,
        holder: Holder,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Grants, Error> {
        // Everything recorded so far: the database's clock may be ahead of this process's.
        let known = as_of.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let grants = folded(holder, &self.told_of(holder).await?, known);
        let mut owners: BTreeMap<AccountId, Grants> = BTreeMap::new();
        for account in grants.bound_to() {
            let owner = Holder::Account(account);
            owners.insert(account, folded(owner, &self.told_of(owner).await?, known));
        }
        let now = as_of.unwrap_or_else(|| self.now());
        Ok(grants.bounded(|account| owners.get(&account), now))
    }

    /// Everybody who has a role there, or had as it was known at a time: with what is granted there, ended
    /// grants included. What is granted in every pilot is not repeated for each.
    ///
    /// # Errors
    /// Faults of the database; [`Error::AccessLog`].
    pub async fn holders(
        &self,
        scope: Scope,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Vec<(Holder, Grants)>, Error> {
        let stream = AccessStream::Roles.to_string();
        let recorded = self.access_stream(scope, &stream).await?;
        let known = as_of.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let mut holders: BTreeMap<Holder, Vec<Told>> = BTreeMap::new();
        for (recorded, event) in recorded {
            let holder = match &event {
                AccessEvent::RoleGranted(fact) => fact.holder,
                AccessEvent::RoleRevoked(fact) => fact.holder,
                _ => continue,
            };
            let of = holders.entry(holder).or_default();
            of.push((scope, recorded, event));
        }
        let folded = holders.into_iter().map(|(holder, told)| {
            let grants = folded(holder, &told, known);
            (holder, grants)
        });
        Ok(folded
            .filter(|(_, grants)| !grants.all().is_empty())
            .collect())
    }

    /// Grants a role. Callers have checked that `actor` may; that nobody gives one to herself is
    /// checked here too.
    ///
    /// # Errors
    /// [`Error::NotGranted`]; [`Error::UnknownPilot`]; [`Error::CommandReused`]; faults.
    pub async fn grant(
        &self,
        actor: &str,
        command: Uuid,
        scope: Scope,
        granted: RoleGranted,
    ) -> Result<Position, Error> {
        if let Scope::Pilot(pilot) = scope {
            // A grant in a pilot that is not there would count as soon as somebody opens one.
            self.log().head(pilot.0).await?;
        }
        self.check_grant(actor, scope, &granted).await?;
        let recorded = self
            .record_in(access_log(scope), actor, command, &[granted.into()])
            .await?;
        Ok(recorded.last())
    }

    async fn check_grant(
        &self,
        actor: &str,
        scope: Scope,
        granted: &RoleGranted,
    ) -> Result<(), Error> {
        let now = self.now();
        let operates = granted.role == Role::PartnerOperator;
        let is_token = matches!(granted.holder, Holder::Token(_));
        let latest = now + TimeDelta::days(MAX_PERSONAL_TOKEN_DAYS);
        let within = granted.until.is_some_and(|until| until <= latest);
        let why = if actor == granted.holder.to_string() {
            NotGranted::Herself
        } else if granted.until.is_some_and(|until| until <= now) {
            NotGranted::Over
        } else if granted.relative_dates && granted.role != Role::Evaluator {
            NotGranted::RelativeDates
        } else if granted.bound_to.is_some() && !is_token {
            NotGranted::NotBound
        } else if is_token && granted.role.sees_personal_data() && !within {
            NotGranted::TooLongForToken
        } else {
            match (granted.partner, scope) {
                (None, _) if !operates => return Ok(()),
                (Some(_), _) if !operates => NotGranted::NoPartner,
                (Some(partner), Scope::Pilot(pilot)) => {
                    let today = now.date_naive();
                    let partners = households::partners_on(self.models(), pilot, today).await?;
                    if partners.contains(&partner) {
                        return Ok(());
                    }
                    NotGranted::UnknownPartner { partner }
                }
                _ => NotGranted::PartnerNeeded,
            }
        };
        Err(why.into())
    }

    /// Revokes a role: every grant of it that the scope's log holds for her. None when there is none.
    ///
    /// # Errors
    /// [`Error::CommandReused`]; faults.
    pub async fn revoke(
        &self,
        actor: &str,
        command: Uuid,
        scope: Scope,
        holder: Holder,
        role: Role,
    ) -> Result<Option<Position>, Error> {
        let stream = AccessStream::from(holder).to_string();
        let told = self.access_stream(scope, &stream).await?;
        let before = told
            .iter()
            .find(|(recorded, _)| recorded.command == command);
        if before.is_none() {
            let told: Vec<Told> = told
                .into_iter()
                .map(|(recorded, event)| (scope, recorded, event))
                .collect();
            let grants = folded(holder, &told, DateTime::<Utc>::MAX_UTC);
            if !grants.all().iter().any(|grant| grant.role == role) {
                return Ok(None);
            }
        }
        let revoked = RoleRevoked { holder, role };
        let recorded = self
            .record_in(access_log(scope), actor, command, &[revoked.into()])
            .await?;
        Ok(Some(recorded.last()))
    }

    /// Records that signing in failed so often that further tries wait.
    ///
    /// # Errors
    /// Faults.
    pub async fn sign_in_failed(
        &self,
        account: Option<AccountId>,
        failures: u32,
    ) -> Result<Position, Error> {
        let failed = SignInFailed { account, failures };
        let recorded = self
            .record_in(installation_log(), SIGN_IN, self.new_id(), &[failed.into()])
            .await?;
        Ok(recorded.last())
    }

    /// What the access logs say in a holder's own stream, each log's in order. Only the installation's
    /// and those of pilots that are there count: a log of another kind says nothing about roles.
    async fn told_of(&self, holder: Holder) -> Result<Vec<Told>, Error> {
        let stream = AccessStream::from(holder).to_string();
        let logs = self.whole().everywhere(&stream).await?;
        let ids: Vec<LogId> = logs.iter().map(|(log, _)| *log).collect();
        let pilots = without_access_logs(&ids).into_iter().map(PilotId);
        let mut scopes: HashMap<LogId, Scope> = pilots
            .map(|pilot| (log_of(pilot), Scope::Pilot(pilot)))
            .collect();
        scopes.insert(installation_log(), Scope::EveryPilot);
        let mut told = Vec::new();
        for (log, entries) in logs {
            let Some(scope) = scopes.get(&log) else {
                continue;
            };
            for recorded in entries {
                let event = decode(&recorded)?;
                told.push((*scope, recorded, event));
            }
        }
        Ok(told)
    }

    /// A stream of an access log, in order; empty when there is no such log yet.
    pub(crate) async fn access_stream(
        &self,
        scope: Scope,
        stream: &str,
    ) -> Result<Vec<(Recorded, AccessEvent)>, Error> {
        let recorded = match self.whole().stream(access_log(scope), stream).await {
            Err(eventlog::Error::UnknownLog { .. }) => Vec::new(),
            recorded => recorded?,
        };
        let opened = recorded.into_iter().map(|recorded| {
            let event = decode(&recorded)?;
            Ok((recorded, event))
        });
        opened.collect()
    }
}

/// Opens a fact of an access log.
///
/// # Errors
/// [`Error::AccessLog`].
pub(crate) fn decode(recorded: &Recorded) -> Result<AccessEvent, Error> {
    let data = recorded.payload.value();
    AccessEvent::decode(&recorded.kind, recorded.shape, data).map_err(Error::AccessLog)
}

fn folded(holder: Holder, told: &[Told], as_of: DateTime<Utc>) -> Grants {
    let facts = told.iter().map(|(scope, recorded, event)| {
        (*scope, recorded.recorded_at, recorded.actor.as_str(), event)
    });
    Grants::fold(holder, facts, as_of)
}
