//! Upkeep: migrations, rebuilding, checking.

use clap::Args;
use events::PilotId;
use indicatif::HumanDuration;
use projections::Model;
use serde_json::json;

use super::stand::{Manner, Place, Stand};
use super::{Ended, say, say_json, tell};

pub(super) async fn migrate(place: Place) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    stand.close().await?;
    tell("inrete: the database is up to date");
    Ok(Ended::Well)
}

pub(super) async fn pilots(place: Place, as_json: bool) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let listed = list_pilots(&stand, as_json).await;
    stand.close().await?;
    listed
}

async fn list_pilots(stand: &Stand, as_json: bool) -> anyhow::Result<Ended> {
    for head in stand.app.log().logs().await? {
        stand.app.catch_up(PilotId(head.log)).await?;
    }
    let mut listed = Vec::new();
    for row in stand.app.pilots().await? {
        let head = stand.app.log().head(row.pilot.0).await?.position;
        let opening = row.opening.as_ref();
        let hmis = opening.and_then(|opening| opening.hmis_project.as_ref());
        listed.push(json!({
            "id": row.pilot,
            "code": opening.map(|opening| &opening.code),
            "title": opening.map(|opening| &opening.title),
            "place": opening.map(|opening| &opening.place),
            "hmisProject": hmis.map(|project| &project.project_id),
            "position": head,
        }));
    }
    if as_json {
        say_json(&listed)?;
    } else {
        for row in listed {
            let text = |key: &str| row[key].as_str().unwrap_or("").to_owned();
            say(&format!(
                "{}  {:<16} {:>7} facts  {}",
                text("id"),
                text("code"),
                row["position"],
                text("title")
            ));
        }
    }
    Ok(Ended::Well)
}

/// What to fold anew.
#[derive(Args)]
pub(crate) struct RebuildArguments {
    /// Id, short name or HMIS project id; every pilot when none is given.
    #[arg(long)]
    pilot: Option<String>,
    /// One read model only: pilots, census, households or timeline.
    #[arg(long)]
    model: Option<Model>,
}

pub(super) async fn rebuild(place: Place, given: RebuildArguments) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = rebuild_all(&stand, &given).await;
    stand.close().await?;
    done
}

async fn rebuild_all(stand: &Stand, given: &RebuildArguments) -> anyhow::Result<Ended> {
    let app = &stand.app;
    let one = given.model.map(|model| [model]);
    let models: &[Model] = one.as_ref().map_or(&Model::ALL[..], |one| &one[..]);
    for pilot in chosen(stand, given.pilot.as_deref()).await? {
        app.catch_up(pilot).await?;
        let head = app.log().head(pilot.0).await?.position;
        #[expect(
            clippy::disallowed_methods,
            reason = "how long it took is told, nothing is decided by it"
        )]
        let started = std::time::SystemTime::now();
        let mut shown = crate::progress::Progress::new(
            format!("rebuilding {pilot}"),
            usize::try_from(head).unwrap_or(0),
        );
        let position = projections::rebuild(app.pool(), app.log(), pilot.0, models, |progress| {
            shown.at(usize::try_from(progress.position).unwrap_or(0));
        })
        .await?;
        shown.end();
        let took = started.elapsed().unwrap_or_default();
        say(&format!(
            "{pilot}  rebuilt to position {position} in {}",
            HumanDuration(took)
        ));
    }
    Ok(Ended::Well)
}

/// The pilot that was named, or all.
async fn chosen(stand: &Stand, name: Option<&str>) -> anyhow::Result<Vec<PilotId>> {
    match name {
        Some(name) => Ok(vec![stand.find(name).await?]),
        None => {
            let logs = stand.app.log().logs().await?;
            Ok(logs.into_iter().map(|head| PilotId(head.log)).collect())
        }
    }
}

/// What to check.
#[derive(Args)]
pub(crate) struct VerifyArguments {
    /// Id, short name or HMIS project id; every pilot when none is given.
    #[arg(long)]
    pilot: Option<String>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

pub(super) async fn verify(place: Place, given: VerifyArguments) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = verify_all(&stand, &given).await;
    stand.close().await?;
    done
}

async fn verify_all(stand: &Stand, given: &VerifyArguments) -> anyhow::Result<Ended> {
    let app = &stand.app;
    let mut found = false;
    let mut answers = Vec::new();
    for pilot in chosen(stand, given.pilot.as_deref()).await? {
        let log = app.log().verify(pilot.0).await?;
        let mut unreadable = Vec::new();
        let mut after = 0;
        loop {
            let batch = app.log().read(pilot.0, after, eventlog::READ_BATCH).await?;
            let Some(last) = batch.last() else { break };
            after = last.position;
            unreadable.extend(
                batch
                    .iter()
                    .filter_map(|fact| projections::decode(fact).err())
                    .map(|error| crate::chain(&error)),
            );
        }
        let differences = if unreadable.is_empty() {
            app.catch_up(pilot).await?;
            projections::compare(app.pool(), app.log(), pilot.0).await?
        } else {
            Vec::new()
        };
        let findings: Vec<String> = log
            .findings
            .iter()
            .map(ToString::to_string)
            .chain(unreadable)
            .chain(
                differences
                    .iter()
                    .map(|d| format!("read model {}: row {}: {:?}", d.model, d.key, d.what)),
            )
            .collect();
        found |= !findings.is_empty() || log.unlisted > 0;
        if !given.json {
            let state = if findings.is_empty() {
                "good"
            } else {
                "DAMAGED"
            };
            say(&format!(
                "{pilot}  {state}: {} facts, positions 1 to {}, {} streams, {} commands",
                log.facts, log.position, log.streams, log.commands
            ));
            for finding in &findings {
                say(&format!("  {finding}"));
            }
        }
        answers.push(json!({
            "pilot": pilot,
            "position": log.position,
            "facts": log.facts,
            "streams": log.streams,
            "links": log.links,
            "commands": log.commands,
            "good": findings.is_empty(),
            "findings": findings,
        }));
    }
    if given.json {
        say_json(&answers)?;
    }
    Ok(if found {
        Ended::WithFindings
    } else {
        Ended::Well
    })
}
