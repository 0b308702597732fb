//! Accounts, for whoever runs the installation: when nobody is left who can sign in and mend them on a
//! page.

use clap::{Args, Subcommand};
use events::access::Holder;
use identity::{Account, Reset};
use serde_json::json;

use super::stand::{Manner, Place, Stand};
use super::{DEFAULT_PORT, Ended, NotThere, say, say_json, tell};
use crate::http::Origin;

#[derive(Subcommand)]
#[command(after_help = "\
Accounts are made, disabled and enabled on the pages of an administrator. What somebody may do is told by
`inrete role list`.")]
pub(crate) enum AccountCommand {
    /// Lists who can sign in, and what with.
    List {
        /// Answer in JSON, for machines.
        #[arg(long)]
        json: bool,
    },
    /// Makes a one-time link for somebody who cannot sign in any more. Her password and every second
    /// factor are void from then on, and her sessions end.
    Link(LinkArguments),
}

#[derive(Args)]
pub(crate) struct LinkArguments {
    /// Her sign-in name.
    name: String,
    /// What browsers know the service by, as `serve` was told. Without it: http://localhost and the
    /// usual port.
    #[arg(long, env = "INRETE_ORIGIN")]
    origin: Option<Origin>,
}

pub(super) async fn account(place: Place, command: AccountCommand) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = act(&stand, command).await;
    stand.close().await?;
    done
}

async fn act(stand: &Stand, command: AccountCommand) -> anyhow::Result<Ended> {
    match command {
        AccountCommand::List { json } => {
            let accounts = stand.holders()?.accounts().await?;
            if json {
                let rows: Vec<_> = accounts.iter().map(row).collect();
                say_json(&rows)?;
            } else {
                accounts.iter().for_each(|account| say(&line(account)));
            }
        }
        AccountCommand::Link(given) => {
            let origin = given.origin.unwrap_or_else(|| Origin::local(DEFAULT_PORT));
            let identity = stand.identity(&origin, Vec::new())?;
            let Some(account) = identity.account_named(&given.name).await? else {
                let none = "there is no account with this sign-in name".to_owned();
                return Err(NotThere(none).into());
            };
            let now = stand.app.now();
            let link = identity.invite_again(now, account.id, Reset::EveryFactor);
            let link = link.await?;
            say(&origin.link(&link));
            tell(&format!(
                "inrete: good once, for {} hours; her password and second factors are void, and her sessions have ended",
                identity::LINK_HOURS
            ));
        }
    }
    Ok(Ended::Well)
}

/// How an account stands.
fn state(account: &Account) -> &'static str {
    match (account.disabled_at, account.waiting) {
        (Some(_), _) => "disabled",
        (None, true) => "waiting",
        (None, false) => "active",
    }
}

/// An account as machines read it.
fn row(account: &Account) -> serde_json::Value {
    json!({
        "id": account.id,
        "name": account.name,
        "display_name": account.display_name,
        "state": state(account),
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
        "last_sign_in_at": account.last_sign_in_at,
        "password": account.has_password,
        "authenticator_app": account.has_totp,
        "passkeys": account.passkeys,
        "recovery_codes": account.recovery_codes,
        "providers": account.providers,
    })
}

/// An account as a line says it.
fn line(account: &Account) -> String {
    let mut factors = Vec::new();
    if account.has_password {
        factors.push("password".to_owned());
    }
    if account.has_totp {
        factors.push("authenticator app".to_owned());
    }
    for (count, what) in [
        (account.passkeys, "passkeys"),
        (account.recovery_codes, "recovery codes"),
        (account.providers, "identity providers"),
    ] {
        if count > 0 {
            factors.push(format!("{what}: {count}"));
        }
    }
    if factors.is_empty() {
        factors.push("nothing to sign in with".to_owned());
    }
    format!(
        "{}  {:<8} {}  {}",
        Holder::Account(account.id),
        state(account),
        account.name,
        factors.join(", ")
    )
}
