//! Bearer tokens.

use app::App;
use app::access::MAX_PERSONAL_TOKEN_DAYS;
use chrono::TimeDelta;
use clap::Subcommand;
use events::access::Holder;
use events::codes::Role;
use events::{CodeList, PartnerId, TokenId};
use identity::ListedToken;
use serde_json::json;

use super::role::{described, row, scopes};
use super::stand::{Manner, Place, Stand};
use super::{ACTOR, Ended, NotThere, say, say_json};
use crate::tokens::{self, Wanted};

/// The longest a token may last, in days.
const MAX_DAYS: u32 = 3650;
/// How long one lasts that sees no personal data when nothing is said, in days.
const DAYS: i64 = 365;

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token. It is shown once.
    Create {
        /// What its holder is: coordinator, evaluator, committee_member, auditor, administrator …
        #[arg(long, value_parser = Role::choose)]
        role: Role,
        /// Id, short name or HMIS project id; may be repeated. Every pilot when none is given.
        #[arg(long)]
        pilot: Vec<String>,
        /// The organisation in whose name a partner_operator acts.
        #[arg(long)]
        partner: Option<PartnerId>,
        /// Give an evaluator dates as days since admission.
        #[arg(long)]
        relative_dates: bool,
        /// What it is for; never a person's name.
        #[arg(long)]
        label: String,
        /// Days until it ends by itself: 365 when nothing is said, but 7, which is the most, for a role
        /// that sees personal data.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_DAYS)))]
        days: Option<u32>,
    },
    /// Lists the tokens, those that people made for themselves too; not what they are.
    List {
        /// Answer in JSON, for machines.
        #[arg(long)]
        json: bool,
    },
    /// Ends a token now.
    Revoke {
        /// The id shown by `list`.
        id: TokenId,
    },
}

pub(crate) async fn token(place: Place, command: TokenCommand) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = act(&stand, command).await;
    stand.close().await?;
    done
}

async fn act(stand: &Stand, command: TokenCommand) -> anyhow::Result<Ended> {
    let (app, identity) = (&stand.app, stand.holders()?);
    match command {
        TokenCommand::Create {
            role,
            pilot,
            partner,
            relative_dates,
            label,
            days,
        } => {
            let usual = match role.sees_personal_data() {
                true => MAX_PERSONAL_TOKEN_DAYS,
                false => DAYS,
            };
            let days = days.map_or(usual, i64::from);
            let wanted = Wanted {
                owner: None,
                role,
                scopes: scopes(stand, &pilot).await?,
                partner,
                relative_dates,
                until: Some(app.now() + TimeDelta::days(days)),
            };
            let (_, token) = tokens::create(app, &identity, ACTOR, &label, &wanted).await?;
            say(token.expose());
        }
        TokenCommand::List { json: true } => {
            let mut rows = Vec::new();
            for token in identity.tokens().await? {
                rows.push(object(app, &token).await?);
            }
            say_json(&rows)?;
        }
        TokenCommand::List { json: false } => {
            for token in identity.tokens().await? {
                say(&line(app, &token).await?);
            }
        }
        TokenCommand::Revoke { id } => {
            if !identity.revoke_token(app.now(), id).await? {
                return Err(NotThere(format!("there is no good token {id}")).into());
            }
        }
    }
    Ok(Ended::Well)
}

/// A token as machines read it.
async fn object(app: &App, token: &ListedToken) -> anyhow::Result<serde_json::Value> {
    let holder = Holder::Token(token.id);
    let grants = app.grants_of(holder, None).await?;
    let roles = grants.all().iter().map(|grant| row(holder, grant));
    Ok(json!({
        "id": token.id,
        "label": token.label,
        "owner": token.owner,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
        "roles": roles.collect::<Vec<_>>(),
    }))
}

/// A token as a line says it.
async fn line(app: &App, token: &ListedToken) -> anyhow::Result<String> {
    let state = if token.revoked_at.is_some() {
        "revoked"
    } else if token.expires_at.is_some_and(|end| end <= app.now()) {
        "expired"
    } else {
        "good"
    };
    let grants = app.grants_of(Holder::Token(token.id), None).await?;
    let roles: Vec<String> = grants.all().iter().map(described).collect();
    let mut said = format!(
        "{}  {state:<8} {}  {}",
        token.id,
        roles.join("; "),
        token.label
    );
    if let Some(owner) = token.owner {
        said.push_str(&format!("  of {}", Holder::Account(owner)));
    }
    said.push_str(&match token.last_used_at {
        Some(at) => format!("  last used {}", at.format("%Y-%m-%d %H:%M UTC")),
        None => "  never used".to_owned(),
    });
    Ok(said)
}
