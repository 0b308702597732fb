//! Bringing histories over from other systems.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use app::Strictness;
use clap::Subcommand;
use serde_json::json;
use sources::hmis::{Finding, Plan, Severity, Source};

use super::stand::{Manner, Place, Stand};
use super::{Ended, NotThere, bundle, say, say_json, tell};
use crate::progress::Progress;

/// Who brings over what.
const ACTOR: &str = "import:hmis-csv";

#[derive(Subcommand)]
pub(crate) enum ImportCommand {
    /// An HMIS CSV export (HUD, FY2022): one pilot for each project.
    HmisCsv {
        /// The folder with Export.csv, Project.csv, Enrollment.csv …
        dir: PathBuf,
        /// `ProjectID`; may be repeated.
        #[arg(long, required = true)]
        project: Vec<String>,
        /// End at the first row that cannot be recorded; without, it is reported and the rest goes on.
        #[arg(long)]
        strict: bool,
        /// Answer in JSON, for machines.
        #[arg(long)]
        json: bool,
    },
    /// A bundle: puts the log back that `inrete export` wrote.
    Bundle(bundle::ImportArguments),
}

pub(super) async fn import(place: Place, command: ImportCommand) -> anyhow::Result<Ended> {
    let (dir, project, strict, json) = match command {
        ImportCommand::Bundle(given) => return bundle::import(place, given).await,
        ImportCommand::HmisCsv {
            dir,
            project,
            strict,
            json,
        } => (dir, project, strict, json),
    };
    // Read before anything is started: a wrong folder is told at once.
    let source = Source::read(&dir).with_context(|| format!("reading {}", dir.display()))?;
    let known: Vec<String> = source
        .projects()
        .into_iter()
        .map(|project| project.id)
        .collect();
    for wanted in &project {
        if !known.contains(wanted) {
            return Err(NotThere(format!(
                "the export has no project `{wanted}`: it has {}",
                known.join(", ")
            ))
            .into());
        }
    }
    let stand = place.open(Manner::Passing).await?;
    let done = all(&stand, &source, &project, strict, json).await;
    stand.close().await?;
    done
}

/// How the import of one project went.
struct Went {
    recorded: usize,
    already: usize,
    /// File, line, kind of fact, what, and why it was not recorded.
    rejected: Vec<(String, u64, String, String, String)>,
    stopped: bool,
}

async fn all(
    stand: &Stand,
    source: &Source,
    projects: &[String],
    strict: bool,
    as_json: bool,
) -> anyhow::Result<Ended> {
    let mut answers = Vec::new();
    for project in projects {
        let plan = source.plan(project, &stand.app)?;
        let broken = plan
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Broken);
        if strict && broken {
            report_findings(&plan.findings);
            anyhow::bail!(
                "project {project} has broken rows; nothing of it was recorded (--strict)"
            );
        }
        let went = one(stand, project, &plan, strict).await?;
        if as_json {
            let rejected: Vec<_> = went
                .rejected
                .iter()
                .map(|(file, line, kind, what, why)| {
                    json!({ "file": file, "line": line, "kind": kind, "what": what, "reason": why })
                })
                .collect();
            answers.push(json!({
                "project": project,
                "pilot": plan.pilot,
                "recorded": went.recorded,
                "already": went.already,
                "rejected": rejected,
                "findings": plan.findings,
            }));
        } else {
            say(&format!(
                "project {project}: pilot {}: {} facts recorded, {} were there before, {} refused, {} findings",
                plan.pilot,
                went.recorded,
                went.already,
                went.rejected.len(),
                plan.findings.len()
            ));
            for (file, line, kind, what, why) in &went.rejected {
                say(&format!(
                    "  refused     {file}:{line}  {kind} ({what}): {why}"
                ));
            }
            report_findings(&plan.findings);
        }
        if went.stopped {
            if as_json {
                say_json(&json!({ "projects": answers, "export": source.findings() }))?;
            }
            anyhow::bail!(
                "project {project}: stopped at the first row that cannot be recorded (--strict)"
            );
        }
    }
    let of_export = source.findings();
    if as_json {
        say_json(&json!({ "projects": answers, "export": of_export }))?;
    } else if !of_export.is_empty() {
        say("the export as a whole:");
        report_findings(&of_export);
    }
    // What did not go over is in the report: that is an import's ordinary end.
    Ok(Ended::Well)
}

async fn one(stand: &Stand, project: &str, plan: &Plan, strict: bool) -> anyhow::Result<Went> {
    let strictness = if strict {
        Strictness::Strict
    } else {
        Strictness::Lenient
    };
    let mut progress = Progress::new(format!("project {project}"), plan.proposals.len());
    let proposals = plan.proposals.iter().map(|planned| &planned.proposal);
    let loaded = stand
        .app
        .load(plan.pilot, ACTOR, proposals, strictness, |done| {
            progress.at(done)
        })
        .await?;
    progress.end();
    stand.app.catch_up(plan.pilot).await.ok();
    let rejected = loaded
        .rejected
        .iter()
        .filter_map(|rejected| {
            let planned = plan.proposals.get(rejected.index)?;
            Some((
                planned.file.to_owned(),
                planned.line,
                planned.kind.to_owned(),
                planned.what.to_string(),
                rejected.error.to_string(),
            ))
        })
        .collect();
    Ok(Went {
        recorded: loaded.recorded,
        already: loaded.already,
        rejected,
        stopped: loaded.stopped,
    })
}

/// The import report: what did not go over as it stands.
fn report_findings(findings: &[Finding]) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in findings {
        let severity = match finding.severity {
            Severity::NotMapped => "not mapped",
            Severity::Assumed => "assumed",
            Severity::Broken => "broken",
        };
        *counts.entry(severity).or_default() += finding.count;
        let value = finding
            .value
            .as_ref()
            .map_or(String::new(), |value| format!(" = {value}"));
        let times = if finding.count > 1 {
            format!(" ({} rows)", finding.count)
        } else {
            String::new()
        };
        say(&format!(
            "  {severity:<11} {}:{}  {}{value}: {}{times}",
            finding.file, finding.line, finding.field, finding.reason
        ));
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(severity, n)| format!("{n} {severity}"))
        .collect();
    tell(&format!("inrete: import report: {}", counts.join(", ")));
}
