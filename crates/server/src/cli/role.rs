//! Who has which role. On the command line acts whoever runs the installation.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use events::access::{Holder, RoleGranted};
use events::codes::Role;
use events::{CodeList, PartnerId};
use policy::{Grant, Scope};
use serde_json::json;

use super::stand::{Manner, Place, Stand};
use super::{ACTOR, Ended, NotThere, say, say_json};

#[derive(Subcommand)]
#[command(after_help = "\
Roles are facts of access logs: what is granted and revoked here stays to be seen, with when and by whom.
Without --pilot a role is for every pilot, present and future, and for the installation itself.")]
pub(crate) enum RoleCommand {
    /// Grants a role.
    Grant(GrantArguments),
    /// Revokes a role: every grant of it in the pilot, or those for every pilot.
    Revoke(RevokeArguments),
    /// Lists who has which role, or had on a day.
    List(ListArguments),
}

#[derive(Args)]
pub(crate) struct GrantArguments {
    /// To whom: account:ID or token:ID.
    holder: Holder,
    /// coordinator, partner_operator, committee_member, evaluator, funder, auditor,
    /// data_protection_officer, administrator.
    #[arg(value_parser = Role::choose)]
    role: Role,
    /// Id, short name or HMIS project id; every pilot when none is given.
    #[arg(long)]
    pilot: Option<String>,
    /// The organisation in whose name a partner_operator acts.
    #[arg(long)]
    partner: Option<PartnerId>,
    /// The last day on which it counts.
    #[arg(long)]
    until: Option<NaiveDate>,
    /// Give an evaluator dates as days since admission.
    #[arg(long)]
    relative_dates: bool,
}

#[derive(Args)]
pub(crate) struct RevokeArguments {
    /// From whom: account:ID or token:ID.
    holder: Holder,
    /// Which.
    #[arg(value_parser = Role::choose)]
    role: Role,
    /// Id, short name or HMIS project id; those for every pilot when none is given.
    #[arg(long)]
    pilot: Option<String>,
}

#[derive(Args)]
pub(crate) struct ListArguments {
    /// Id, short name or HMIS project id: roles in it, and those for every pilot. Roles everywhere when
    /// none is given.
    #[arg(long)]
    pilot: Option<String>,
    /// As it was known at the end of this day.
    #[arg(long)]
    as_of: Option<NaiveDate>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

pub(super) async fn role(place: Place, command: RoleCommand) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = act(&stand, command).await;
    stand.close().await?;
    done
}

async fn act(stand: &Stand, command: RoleCommand) -> anyhow::Result<Ended> {
    let app = &stand.app;
    match command {
        RoleCommand::Grant(given) => {
            let granted = RoleGranted {
                holder: given.holder,
                role: given.role,
                partner: given.partner,
                until: given.until.map(day_after),
                relative_dates: given.relative_dates,
                bound_to: None,
            };
            let scope = scope(stand, given.pilot.as_deref()).await?;
            let position = app.grant(ACTOR, app.new_id(), scope, granted).await?;
            say(&format!("{}  {position}", app::access::access_log(scope)));
        }
        RoleCommand::Revoke(given) => {
            let scope = scope(stand, given.pilot.as_deref()).await?;
            let revoked = app.revoke(ACTOR, app.new_id(), scope, given.holder, given.role);
            let Some(position) = revoked.await? else {
                let none = format!("{} has no such role there", given.holder);
                return Err(NotThere(none).into());
            };
            say(&format!("{}  {position}", app::access::access_log(scope)));
        }
        RoleCommand::List(given) => list(stand, &given).await?,
    }
    Ok(Ended::Well)
}

async fn list(stand: &Stand, given: &ListArguments) -> anyhow::Result<()> {
    let app = &stand.app;
    let mut scopes = vec![Scope::EveryPilot];
    match &given.pilot {
        Some(name) => scopes.push(Scope::Pilot(stand.find(name).await?)),
        None => {
            let pilots = app.pilot_logs().await?;
            scopes.extend(pilots.into_iter().map(Scope::Pilot));
        }
    }
    let as_of = given.as_of.map(day_after);
    let now = as_of.unwrap_or_else(|| app.now());
    let mut rows = Vec::new();
    for scope in scopes {
        for (holder, grants) in app.holders(scope, as_of).await? {
            for grant in grants.standing_at(now) {
                rows.push((holder, grant.clone()));
            }
        }
    }
    if given.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(holder, grant)| row(*holder, grant))
            .collect();
        return say_json(&rows);
    }
    for (holder, grant) in rows {
        say(&format!("{holder}  {}", described(&grant)));
    }
    Ok(())
}

/// A grant as machines read it.
pub(super) fn row(holder: Holder, grant: &Grant) -> serde_json::Value {
    let pilot = match grant.scope {
        Scope::EveryPilot => None,
        Scope::Pilot(pilot) => Some(pilot),
    };
    json!({
        "holder": holder.to_string(),
        "role": grant.role,
        "pilot": pilot,
        "partner": grant.partner,
        "since": grant.since,
        "until": grant.until,
        "relativeDates": grant.relative_dates,
        "boundTo": grant.bound_to,
    })
}

/// A grant as a line says it.
pub(super) fn described(grant: &Grant) -> String {
    let place = match grant.scope {
        Scope::EveryPilot => "in every pilot".to_owned(),
        Scope::Pilot(pilot) => format!("in {pilot}"),
    };
    let mut said = format!("{} {place}", grant.role.entry().code);
    if let Some(partner) = grant.partner {
        said.push_str(&format!(" for {partner}"));
    }
    if let Some(until) = grant.until {
        said.push_str(&format!(" until {}", until.format("%Y-%m-%d %H:%M UTC")));
    }
    said
}

/// Where a role counts: in a pilot, or in every one when none is named.
async fn scope(stand: &Stand, pilot: Option<&str>) -> anyhow::Result<Scope> {
    Ok(match pilot {
        Some(name) => Scope::Pilot(stand.find(name).await?),
        None => Scope::EveryPilot,
    })
}

/// The same for several pilots.
pub(super) async fn scopes(stand: &Stand, pilots: &[String]) -> anyhow::Result<Vec<Scope>> {
    if pilots.is_empty() {
        return Ok(vec![Scope::EveryPilot]);
    }
    let mut scopes = Vec::new();
    for name in pilots {
        scopes.push(scope(stand, Some(name)).await?);
    }
    Ok(scopes)
}

/// When a day is over.
fn day_after(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1)
}
