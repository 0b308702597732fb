//! Upkeep: migrations, rebuilding, checking.

use app::App;
use clap::Args;
use events::PilotId;
use indicatif::HumanDuration;
use projections::Model;
use proof::checkpoint::{self, Checkpoint};
use proof::note::VerifierKey;
use serde_json::json;

use super::bundle::{self, CheckArguments};
use super::stand::{Manner, Place, Stand};
use super::{Ended, person, say, say_json, tell};

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
    for pilot in stand.app.pilot_logs().await? {
        stand.app.catch_up(pilot).await?;
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
    /// One read model only: the name of its folder, such as pilots or households.
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
    let pilots = chosen(stand, given.pilot.as_deref()).await?;
    for pilot in &pilots {
        match app.catch_up(*pilot).await {
            // Nothing can be brought up to date before it is built.
            Err(app::Error::Unavailable(why)) if unsettled(why.as_ref()) => {}
            caught_up => {
                caught_up?;
            }
        }
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "how long it took is told, nothing is decided by it"
    )]
    let started = std::time::SystemTime::now();
    let mut shown = crate::progress::Progress::new("rebuilding", 0);
    let told = |progress: projections::Progress| {
        shown.grow(usize::try_from(progress.of).unwrap_or(0));
        shown.tell(format!("rebuilding, {:.0} facts/s", progress.rate));
        shown.at(usize::try_from(progress.position).unwrap_or(0));
    };
    let builder = stand.database.builder();
    let built = match (&given.pilot, &pilots[..]) {
        (Some(_), [pilot]) => {
            builder
                .rebuild_log(app.whole(), pilot.0, models, told)
                .await
        }
        _ => builder.rebuild(app.whole(), models, told).await,
    };
    shown.end();
    let names: Vec<&str> = built?.iter().map(|model| model.name()).collect();
    let took = started.elapsed().unwrap_or_default();
    for pilot in pilots {
        let position = projections::position(app.models(), pilot.0).await?;
        say(&format!("{pilot}  rebuilt to position {position}"));
    }
    say(&format!("{} in {}", names.join(", "), HumanDuration(took)));
    Ok(Ended::Well)
}

fn unsettled(why: &(dyn std::error::Error + 'static)) -> bool {
    let why = why.downcast_ref::<projections::Error>();
    matches!(why, Some(projections::Error::Unsettled(_)))
}

/// The pilot that was named, or all.
async fn chosen(stand: &Stand, name: Option<&str>) -> anyhow::Result<Vec<PilotId>> {
    match name {
        Some(name) => Ok(vec![stand.find(name).await?]),
        None => Ok(stand.app.pilot_logs().await?),
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
    #[command(flatten)]
    check: CheckArguments,
}

pub(super) async fn verify(place: Place, given: VerifyArguments) -> anyhow::Result<Ended> {
    if let Some(ended) = given.check.run(given.json) {
        return ended;
    }
    let stand = place.open(Manner::Passing).await?;
    let done = verify_all(&stand, &given).await;
    stand.close().await?;
    done
}

async fn verify_all(stand: &Stand, given: &VerifyArguments) -> anyhow::Result<Ended> {
    let app = &stand.app;
    let more_keys = bundle::keys(&given.check.keys)?;
    let mut found = false;
    let mut answers = Vec::new();
    for pilot in chosen(stand, given.pilot.as_deref()).await? {
        let log = app.log().verify(pilot.0).await?;
        let signed = signatures(app, pilot, &more_keys).await?;
        let root = app.log().root(pilot.0, log.position).await.ok();
        let unreadable = unreadable(app, pilot).await?;
        let differences = if unreadable.is_empty() {
            app.catch_up(pilot).await?;
            projections::compare(app.models(), app.whole(), pilot.0).await?
        } else {
            Vec::new()
        };
        let findings: Vec<String> = log
            .findings
            .iter()
            .map(ToString::to_string)
            .chain(signed.findings)
            .chain(unreadable)
            .chain(person::findings(app, pilot).await?)
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
            if let Some(root) = root {
                say(&format!(
                    "  root at size {}: {root}; {} signed checkpoints",
                    log.position, signed.checkpoints
                ));
            }
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
            "root": root.map(|root| root.to_string()),
            "checkpoints": signed.checkpoints,
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

/// The facts that do not open.
async fn unreadable(app: &App, pilot: PilotId) -> anyhow::Result<Vec<String>> {
    let mut unreadable = Vec::new();
    let mut after = 0;
    loop {
        let batch = app.log().read(pilot.0, after, eventlog::READ_BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(unreadable);
        };
        after = last.position;
        unreadable.extend(
            batch
                .iter()
                .filter_map(|fact| projections::decode(fact).err())
                .map(|error| crate::chain(&error)),
        );
    }
}

/// What was looked at of a log's checkpoints.
struct Signatures {
    /// How many are signed by a key that counts.
    checkpoints: u64,
    findings: Vec<String>,
}

/// Whether the checkpoints that are kept were signed by the installation, or by one of `more` keys.
/// What they say of the facts is the log's own check.
async fn signatures(app: &App, pilot: PilotId, more: &[VerifierKey]) -> anyhow::Result<Signatures> {
    let mut signed = Signatures {
        checkpoints: 0,
        findings: Vec::new(),
    };
    let kept = match app.log().checkpoints(pilot.0).await {
        Err(broken @ eventlog::Error::Tree { .. }) => {
            let what = format!("the checkpoints that are kept cannot be read: {broken}");
            signed.findings.push(what);
            return Ok(signed);
        }
        kept => kept?,
    };
    let keys = app.keys()?;
    let origin = keys.origin(pilot.0);
    let mut vkeys = keys.vkeys(pilot.0);
    vkeys.extend_from_slice(more);
    for note in kept {
        let Ok(Checkpoint {
            size, origin: of, ..
        }) = Checkpoint::of(&note)
        else {
            // Found by the log's own check.
            continue;
        };
        match checkpoint::verify(&note, &vkeys, &[]) {
            Ok(_) => signed.checkpoints += 1,
            Err(why) if of == origin => signed.findings.push(format!(
                "the checkpoint of {size} facts is not signed by this installation: {why}"
            )),
            Err(why) => signed.findings.push(format!(
                "the checkpoint of {size} facts is not signed by this installation but is that of \
                 `{of}`: {why} (if the log was brought over from there, give its keys with --key)"
            )),
        }
    }
    Ok(signed)
}
