//! The demonstration.

use std::path::PathBuf;
use std::sync::Arc;

use app::Strictness;
use app::access::MAX_PERSONAL_TOKEN_DAYS;
use chrono::TimeDelta;
use clap::Args;
use events::codes::Role;
use policy::Scope;
use sources::demo;

use super::demo_staff::{self, Person};
use super::reach::{Reach, graphql};
use super::serve::{stop_signal, until_stopped};
use super::stand::{Manner, Place, Stand};
use super::{Ended, say, tell};
use crate::http::Listener;
use crate::progress::Progress;
use crate::tokens::{self, Wanted};
use crate::web::Site;

/// Who recorded the demonstration.
const ACTOR: &str = "demo";
/// Marks the tokens of a demonstration; those of the last start end with the next.
const LABEL: &str = "demonstration";
/// Days a demonstration's tokens last.
const TOKEN_DAYS: i64 = MAX_PERSONAL_TOKEN_DAYS;

/// How to demonstrate.
#[derive(Args)]
pub(crate) struct DemoArguments {
    /// Load the pilot and end.
    #[arg(long)]
    load_only: bool,
    #[command(flatten)]
    reach: Reach,
    /// Seed of the fictional year.
    #[arg(long, default_value_t = demo::SEED)]
    seed: u64,
}

pub(super) async fn demo(place: Place, given: DemoArguments) -> anyhow::Result<Ended> {
    let stop = stop_signal()?;
    if given.load_only {
        let stand = place.open(Manner::Passing).await?;
        let loaded = load(&stand, given.seed).await;
        stand.close().await?;
        loaded?;
        return Ok(Ended::Well);
    }
    let stand = place.open(Manner::Serving).await?;
    let (listener, site) = match prepare(&stand, &given).await {
        Ok(prepared) => prepared,
        Err(error) => {
            stand.close().await?;
            return Err(error);
        }
    };
    until_stopped(stand, listener, site, stop).await
}

/// What an authenticator app shows now.
pub(super) fn code(key: &str) -> anyhow::Result<Ended> {
    #[expect(
        clippy::disallowed_methods,
        reason = "an authenticator app has a clock"
    )]
    let now = chrono::Utc::now();
    say(&demo_staff::code(key, now)?);
    Ok(Ended::Well)
}

async fn prepare(stand: &Stand, given: &DemoArguments) -> anyhow::Result<(Listener, Arc<Site>)> {
    let listener = given.reach.listen().await?;
    load(stand, given.seed).await?;
    let site = given.reach.site(stand, &listener, true)?;
    let pilot = demo::pilot_id(&stand.app);
    let people = demo_staff::hire(stand, site.identity(), pilot).await?;
    introduce(&site, &graphql(&listener)).await?;
    introduce_people(&site, &people);
    tell(&format!(
        "inrete: serving GraphQL at {}",
        graphql(&listener)
    ));
    Ok((listener, site))
}

/// How this program is called from where it was called.
fn this_program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from);
    called.map_or_else(|| "inrete".to_owned(), |path| path.display().to_string())
}

/// Says where the pages are, and whom to sign in as.
fn introduce_people(site: &Site, people: &[Person]) {
    let mut lines = Vec::new();
    for person in people {
        let mut line = format!("  {:<16} {}", person.name, person.password);
        if let Some((key, codes)) = &person.factor {
            let code = codes.first().map_or("", String::as_str);
            line.push_str(&format!("\n  {:<16} key {key}, or once {code}", ""));
        }
        lines.push(line);
    }
    tell(&format!(
        "
Pages, in a browser on this machine:

  {}

Whom to sign in as, with these passwords, which are new at every start. Where there is a key, a code is
asked for: `{} code KEY` tells it, or an authenticator app with that key; or use the other code, once.

{}

Ctrl-C stops everything.",
        site.origin(),
        this_program(),
        lines.join("\n")
    ));
}

async fn load(stand: &Stand, seed: u64) -> anyhow::Result<()> {
    let app = &stand.app;
    let pilot = demo::pilot_id(app);
    let proposals = demo::plan(seed, app);
    let mut progress = Progress::new("recording the demonstration pilot", proposals.len());
    let loaded = app
        .load(pilot, ACTOR, &proposals, Strictness::Strict, |done| {
            progress.at(done)
        })
        .await?;
    progress.end();
    if let Some(rejected) = loaded.rejected.first() {
        anyhow::bail!(
            "the demonstration pilot is there already, from another seed or changed since (fact {}: {}); remove the data directory or leave out --seed",
            rejected.index + 1,
            rejected.error
        );
    }
    app.catch_up(pilot).await?;
    tell(&format!(
        "inrete: demonstration pilot `{}`: {} facts recorded now, {} before",
        demo::CODE,
        loaded.recorded,
        loaded.already
    ));
    Ok(())
}

/// Says where it answers, with which tokens, and what to try.
async fn introduce(site: &Site, address: &str) -> anyhow::Result<()> {
    let (app, identity) = (site.app(), site.identity());
    identity.revoke_label(app.now(), LABEL).await?;
    let until = Some(app.now() + TimeDelta::days(TOKEN_DAYS));
    let pilot = Scope::Pilot(demo::pilot_id(app));
    let token = async |role, scope| {
        let wanted = Wanted {
            owner: None,
            role,
            scopes: vec![scope],
            partner: None,
            relative_dates: false,
            until,
        };
        let made = tokens::create(app, identity, super::ACTOR, LABEL, &wanted).await;
        made.map(|(_, token)| token.expose().to_owned())
    };
    let coordinator = token(Role::Coordinator, Scope::EveryPilot).await?;
    let evaluator = token(Role::Evaluator, pilot).await?;
    let auditor = token(Role::Auditor, pilot).await?;
    let ask = |token: &str, query: &str| {
        let body = serde_json::json!({ "query": query }).to_string();
        format!(
            "  curl -s {address} -H 'content-type: application/json' \\\n    -H 'authorization: Bearer {token}' \\\n    -d '{body}'"
        )
    };
    let code = demo::CODE;
    let flats = ask(
        &coordinator,
        &format!(
            "{{ dwellings(pilot: \"{code}\") {{ label beds occupied }} pilot(id: \"{code}\") {{ title partners {{ name kind }} }} }}"
        ),
    );
    let people = ask(
        &coordinator,
        &format!(
            "{{ households(pilot: \"{code}\", status: RESIDENT, first: 2) {{ edges {{ node {{ id enteredOn members {{ identity {{ givenName }} head }} plan {{ goals {{ domain due }} }} }} }} }} }}"
        ),
    );
    let figures = ask(
        &evaluator,
        &format!(
            "{{ indicators(pilot: \"{code}\", period: {{from: \"2024-10-01\", to: \"2025-09-30\"}}) {{ position indicators {{ number code text numerator denominator evidence }} }} }}"
        ),
    );
    tell(&format!(
        "
In Rete is running with invented data. Nobody in it is real; these tokens are for trying out and end
after {TOKEN_DAYS} days or with the next start.

  GraphQL      {address}
  coordinator  {coordinator}
  evaluator    {evaluator}
  auditor      {auditor}

Three questions to try, in another terminal:

1. The flats and the partners, as the coordinator:
{flats}

2. Who lives there and what each plan aims at, as the coordinator:
{people}

3. What it comes to, with the facts behind each number, as an evaluator (no names):
{figures}"
    ));
    Ok(())
}
