//! Tokens with a role from the start. Who holds a token is kept with the accounts, what it may do in the
//! access logs.

use app::App;
use chrono::{DateTime, Utc};
use events::access::{Holder, RoleGranted};
use events::codes::Role;
use events::{AccountId, PartnerId, TokenId};
use identity::{Identity, NewToken, Secret};
use policy::Scope;

/// The role that a new token is to have.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose; nobody's when it is made on the command line. Somebody's may do what she may, and no more.
    pub owner: Option<AccountId>,
    /// The role.
    pub role: Role,
    /// Where.
    pub scopes: Vec<Scope>,
    /// In whose name, for a partner's operator.
    pub partner: Option<PartnerId>,
    /// Are dates given as days since admission?
    pub relative_dates: bool,
    /// When token and role end by themselves.
    pub until: Option<DateTime<Utc>>,
}

/// Why there is no such token.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The token itself is refused, or a fault.
    #[error("no token was made")]
    Token(#[from] identity::Error),
    /// Its role is refused, or a fault.
    #[error("no token was made")]
    Role(#[from] app::Error),
}

/// Makes a token and grants it a role; its text is seen this one time. A role that is refused leaves no
/// token that is good.
///
/// # Errors
/// [`identity::Error::Refused`], [`app::Error::NotGranted`], [`app::Error::UnknownPilot`], faults.
pub async fn create(
    app: &App,
    identity: &Identity,
    actor: &str,
    label: &str,
    wanted: &Wanted,
) -> Result<(TokenId, Secret), NotMade> {
    let new = NewToken {
        label,
        owner: wanted.owner,
        expires_at: wanted.until,
    };
    let (id, secret) = identity.create_token(app.now(), &new).await?;
    for scope in &wanted.scopes {
        let granted = RoleGranted {
            holder: Holder::Token(id),
            role: wanted.role,
            partner: wanted.partner,
            until: wanted.until,
            relative_dates: wanted.relative_dates,
            bound_to: wanted.owner,
        };
        if let Err(error) = app.grant(actor, app.new_id(), *scope, granted).await {
            identity.revoke_token(app.now(), id).await?;
            return Err(error.into());
        }
    }
    Ok((id, secret))
}
