//! Bearer tokens.

use app::access::Role;
use chrono::TimeDelta;
use clap::Subcommand;
use uuid::Uuid;

use super::stand::{Manner, Place, Stand};
use super::{Ended, NotThere, say, say_json};

/// The longest a token may last, in days.
const MAX_DAYS: u32 = 3650;

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token. It is shown once.
    Create {
        /// What its holder is: coordinator, evaluator, committee_member, auditor, administrator …
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Id, short name or HMIS project id; may be repeated. Every pilot when none is given.
        #[arg(long)]
        pilot: Vec<String>,
        /// What it is for; never a person's name.
        #[arg(long)]
        label: String,
        /// Days until it ends by itself.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_DAYS)))]
        days: u32,
    },
    /// Lists the tokens, not what they are.
    List {
        /// Answer in JSON, for machines.
        #[arg(long)]
        json: bool,
    },
    /// Ends a token now.
    Revoke {
        /// The id shown by `list`.
        id: Uuid,
    },
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.into_iter().map(Role::code).collect();
        format!("`{text}` is no role: use one of {}", known.join(", "))
    })
}

pub(crate) async fn token(place: Place, command: TokenCommand) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = act(&stand, command).await;
    stand.close().await?;
    done
}

async fn act(stand: &Stand, command: TokenCommand) -> anyhow::Result<Ended> {
    let app = &stand.app;
    match command {
        TokenCommand::Create {
            role,
            pilot,
            label,
            days,
        } => {
            let mut pilots = Vec::new();
            for name in &pilot {
                pilots.push(stand.find(name).await?);
            }
            let pilots = (!pilots.is_empty()).then_some(pilots.as_slice());
            let expires = app.now() + TimeDelta::days(i64::from(days));
            say(&app
                .create_token(&label, role, pilots, Some(expires))
                .await?);
        }
        TokenCommand::List { json: true } => say_json(&app.tokens().await?)?,
        TokenCommand::List { json: false } => {
            for token in app.tokens().await? {
                let state = if token.revoked_at.is_some() {
                    "revoked"
                } else if token.expires_at.is_some_and(|end| end <= app.now()) {
                    "expired"
                } else {
                    "good"
                };
                let scope = token.pilots.map_or("every pilot".to_owned(), |own| {
                    own.iter()
                        .map(Uuid::to_string)
                        .collect::<Vec<_>>()
                        .join(" ")
                });
                say(&format!(
                    "{}  {:<8} {:<24} {}  ({scope})",
                    token.id, state, token.role, token.label
                ));
            }
        }
        TokenCommand::Revoke { id } => {
            if !app.revoke_token(id).await? {
                return Err(NotThere(format!("there is no good token {id}")).into());
            }
        }
    }
    Ok(Ended::Well)
}
