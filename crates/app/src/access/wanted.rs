//! Tokens with a role from the start, as the command line makes them.

use chrono::{DateTime, Utc};
use events::access::{Holder, RoleGranted};
use events::codes::Role;
use events::{PartnerId, TokenId};
use policy::Scope;

use crate::{App, Error};

/// The role that a new token is to have.
#[derive(Clone, Debug)]
pub struct Wanted {
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

impl App {
    /// Makes a token and grants it a role. A role that is refused leaves no token that is good.
    ///
    /// # Errors
    /// [`Error::NotGranted`], [`Error::UnknownPilot`], faults.
    pub async fn create_token_for(
        &self,
        actor: &str,
        label: &str,
        wanted: &Wanted,
    ) -> Result<(TokenId, String), Error> {
        let (id, token) = self.create_token(label, wanted.until).await?;
        for scope in &wanted.scopes {
            let granted = RoleGranted {
                holder: Holder::Token(id),
                role: wanted.role,
                partner: wanted.partner,
                until: wanted.until,
                relative_dates: wanted.relative_dates,
                bound_to: None,
            };
            if let Err(error) = self.grant(actor, self.new_id(), *scope, granted).await {
                self.revoke_token(id).await?;
                return Err(error);
            }
        }
        Ok((id, token))
    }
}
