//! The persons that a pilot speaks of: by id, and never by name.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use app::{App, Error, Export, Held};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use events::access::log_of;
use events::codes::{ErasureReason, ReadPurpose, RestrictionReason};
use events::{CodeList, HouseholdId, PersonId, PilotId};
use serde_json::{Value, json};

use super::key::master_changed;
use super::stand::{Manner, Place, Stand, make_private};
use super::{ACTOR, Ended, NotThere, WrongArguments, say, say_json, tell};
use crate::readable::{self, Known, Language};

#[derive(Subcommand)]
#[command(after_help = "\
Forgetting deletes the key that a person's text is sealed under, in every pilot, and replaces and destroys
the master key that had wrapped it. It cannot be taken back. The log, its proofs, the figures and every
published report stay as they are. What it promises and what not: docs/sealing.md.")]
pub(crate) enum PersonCommand {
    /// Lists the persons by id, and whether their keys are there.
    List(ListArguments),
    /// Writes everything held about one person into a directory: as a text in Italian and in English,
    /// and as JSON.
    Export(ExportArguments),
    /// Forgets a person, for good.
    Forget(ForgetArguments),
    /// Places a restriction: she must not be forgotten until it is lifted.
    Restrict(RestrictArguments),
    /// Lifts a restriction.
    Lift(LiftArguments),
    /// Lists whose text has been kept as long as the pilot's rules say. Forgets nobody.
    Due(DueArguments),
}

#[derive(Args)]
pub(crate) struct ListArguments {
    /// Id, short name or HMIS project id; every pilot when none is given.
    #[arg(long)]
    pilot: Option<String>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// Who.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whom {
    /// The person's id.
    #[arg(long)]
    person: Option<PersonId>,
    /// The id of the household that she heads.
    #[arg(long)]
    household: Option<HouseholdId>,
}

#[derive(Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    whom: Whom,
    /// A directory, which is made; nobody else can enter it.
    #[arg(long)]
    to: PathBuf,
    /// What for.
    #[arg(long, default_value = "her_request", value_parser = ReadPurpose::choose)]
    purpose: ReadPurpose,
}

#[derive(Args)]
pub(crate) struct ForgetArguments {
    #[command(flatten)]
    whom: Whom,
    /// Why: her_request, consent_withdrawn, retention_ended, recorded_wrongly, legal_duty.
    #[arg(long, value_parser = ErasureReason::choose)]
    reason: ErasureReason,
    /// Forget those too who came to her households as her children.
    #[arg(long)]
    with_children: bool,
    /// Do it. Without this it is only said who would be forgotten.
    #[arg(long)]
    yes: bool,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct DueArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// The day; today when none is given.
    #[arg(long)]
    on: Option<NaiveDate>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct RestrictArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    #[command(flatten)]
    whom: Whom,
    /// Why: legal_claim, court_order, her_request, audit.
    #[arg(long, value_parser = RestrictionReason::choose)]
    reason: RestrictionReason,
}

#[derive(Args)]
pub(crate) struct LiftArguments {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    #[command(flatten)]
    whom: Whom,
}

pub(super) async fn person(place: Place, command: PersonCommand) -> anyhow::Result<Ended> {
    let stand = place.open(Manner::Passing).await?;
    let done = act(&stand, &place, command).await;
    stand.close().await?;
    done
}

async fn act(stand: &Stand, place: &Place, command: PersonCommand) -> anyhow::Result<Ended> {
    let app = &stand.app;
    match command {
        PersonCommand::List(given) => list(stand, given).await,
        PersonCommand::Export(given) => {
            let person = whom(app, &given.whom).await?;
            export(app, person, &given).await
        }
        PersonCommand::Forget(given) => {
            let person = whom(app, &given.whom).await?;
            forget(stand, place, person, &given).await
        }
        PersonCommand::Restrict(given) => {
            let pilot = stand.find(&given.pilot).await?;
            let person = whom(app, &given.whom).await?;
            let position = app.restrict(pilot, ACTOR, person, given.reason).await?;
            say(&format!("{}  {position}", log_of(pilot)));
            Ok(Ended::Well)
        }
        PersonCommand::Lift(given) => {
            let pilot = stand.find(&given.pilot).await?;
            let person = whom(app, &given.whom).await?;
            let Some(position) = app.lift_restriction(pilot, ACTOR, person).await? else {
                let none = format!("there is no restriction on person {person}");
                return Err(NotThere(none).into());
            };
            say(&format!("{}  {position}", log_of(pilot)));
            Ok(Ended::Well)
        }
        PersonCommand::Due(given) => due(stand, given).await,
    }
}

async fn due(stand: &Stand, given: DueArguments) -> anyhow::Result<Ended> {
    let pilot = stand.find(&given.pilot).await?;
    let on = given.on.unwrap_or_else(|| stand.app.now().date_naive());
    let due = stand.app.due(pilot, on).await?;
    if given.json {
        say_json(&json!({ "pilot": pilot, "on": on, "due": due }))?;
        return Ok(Ended::Well);
    }
    for one in &due {
        say(&format!(
            "{}  {:<12}  since {}  over {}",
            one.person,
            one.why.code(),
            one.since,
            one.over
        ));
    }
    tell(&format!(
        "inrete: kept as long as the rules say, as of {on}: {}; whether they are to be forgotten is yours to decide (inrete person forget --reason retention_ended)",
        due.len()
    ));
    Ok(Ended::Well)
}

/// The person that was named, or the head of the household that was.
async fn whom(app: &App, whom: &Whom) -> anyhow::Result<PersonId> {
    let Some(household) = whom.household else {
        let person = whom.person;
        return person.context("say which --person or --household");
    };
    for pilot in app.pilot_logs().await? {
        let persons = app.persons(pilot).await?;
        let heads = persons
            .iter()
            .filter(|(_, it)| it.heads.contains(&household));
        let heads: Vec<PersonId> = heads.map(|(person, _)| *person).collect();
        match heads[..] {
            [] => {}
            [head] => return Ok(head),
            _ => {
                let several = "several persons headed this household: name one with --person";
                return Err(WrongArguments(several.to_owned()).into());
            }
        }
    }
    let person = PersonId(household.0);
    Err(Error::UnknownPerson { person }.into())
}

async fn list(stand: &Stand, given: ListArguments) -> anyhow::Result<Ended> {
    let app = &stand.app;
    let pilots = match &given.pilot {
        Some(name) => vec![stand.find(name).await?],
        None => app.pilot_logs().await?,
    };
    let mut rows = Vec::new();
    for pilot in pilots {
        let persons = app.persons(pilot).await?;
        let ids: Vec<PersonId> = persons.keys().copied().collect();
        for ids in ids.chunks(vault::MAX_PERSONS) {
            let (forgotten, kept) = app.vault().known(ids).await?;
            for person in ids {
                let key = match (forgotten.contains(person), kept.contains(person)) {
                    (true, _) => "forgotten",
                    (false, true) => "key",
                    (false, false) => "no key",
                };
                rows.push((pilot, *person, key, &persons[person]).row(app).await?);
            }
        }
    }
    if given.json {
        say_json(&rows)?;
        return Ok(Ended::Well);
    }
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let households = row["households"].as_array().map_or(0, Vec::len);
        let heads = row["heads"].as_array().map_or(0, Vec::len);
        let what = match (households, heads) {
            (0, 0) => "household's notes",
            (_, 0) => "member",
            _ => "head",
        };
        let restricted = if row["restricted"] == true {
            "  restricted"
        } else {
            ""
        };
        say(&format!(
            "{}  {}  {:<9}  {what}{restricted}",
            text("pilot"),
            text("person"),
            text("key")
        ));
    }
    Ok(Ended::Well)
}

/// One line of the list.
trait Row {
    async fn row(self, app: &App) -> anyhow::Result<Value>;
}

impl Row for (PilotId, PersonId, &'static str, &Held) {
    async fn row(self, app: &App) -> anyhow::Result<Value> {
        let (pilot, person, key, held) = self;
        Ok(json!({
            "pilot": pilot,
            "person": person,
            "key": key,
            "households": held.households,
            "heads": held.heads,
            "sealedFacts": held.sealed_in.len(),
            "restricted": app.is_restricted(pilot, person).await?,
        }))
    }
}

async fn export(app: &App, person: PersonId, given: &ExportArguments) -> anyhow::Result<Ended> {
    if given.to.exists() {
        let there = format!("{} is there already", given.to.display());
        return Err(WrongArguments(there).into());
    }
    let export = app.export_person(ACTOR, given.purpose, person).await?;
    make_private(&given.to)?;
    let mut document = serde_json::to_string_pretty(&export)?;
    document.push('\n');
    write(&given.to.join("data.json"), &document)?;
    for (name, language) in [("data.md", Language::It), ("data.en.md", Language::En)] {
        let document = readable::document(&export, known(app, &export).await?, language);
        write(&given.to.join(name), &document)?;
    }
    tell(&format!(
        "inrete: written to {}: it is hers, and in the clear; hand it over and delete it",
        given.to.display()
    ));
    Ok(Ended::Well)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
    .with_context(|| format!("writing {}", path.display()))
}

/// What the facts about her name: organisations and flats, never people.
pub(crate) async fn known(app: &App, export: &Export) -> Result<Known, Error> {
    let mut known = Known::default();
    for log in &export.pilots {
        let pilot = app.snapshot(log.pilot, None).await?;
        let partners = pilot.pilot.partners.iter();
        let partners = partners.map(|row| (row.partner.to_string(), row.name.clone()));
        let dwellings = pilot.dwellings.iter().filter_map(|(id, row)| {
            let label = row.registration.as_ref()?.label.clone();
            Some((id.to_string(), label))
        });
        known.names.extend(partners.chain(dwellings));
    }
    Ok(known)
}

async fn forget(
    stand: &Stand,
    place: &Place,
    person: PersonId,
    given: &ForgetArguments,
) -> anyhow::Result<Ended> {
    if !given.yes {
        let children = if given.with_children {
            " and her children"
        } else {
            ""
        };
        let not_yet = format!(
            "person {person}{children} would be forgotten in every pilot, for good: say --yes"
        );
        return Err(WrongArguments(not_yet).into());
    }
    let app = &stand.app;
    let forgot = app
        .forget(ACTOR, person, given.reason, given.with_children)
        .await?;
    let scrubbed = forgot.scrubbed;
    if given.json {
        say_json(&json!({
            "persons": forgot.persons,
            "notesOf": forgot.notes_of,
            "receipts": forgot.receipts,
            "masterKeyDestroyed": forgot.rotated.old == vault::Destroyed::Gone,
            "vaultRewritten": scrubbed.rewritten,
            "walSwitched": scrubbed.log_switched,
        }))?;
    } else {
        for receipt in &forgot.receipts {
            say(&format!(
                "{}  {}  position {} of {}",
                receipt.pilot,
                receipt.person,
                receipt.position,
                log_of(receipt.pilot)
            ));
        }
    }
    master_changed(&forgot.rotated);
    if !scrubbed.rewritten || !scrubbed.log_switched {
        tell(
            "inrete: the database's user may not clear the vault's files and write-ahead log; what is left there is wrapped by the old master key",
        );
    }
    if place.url.is_some() {
        tell("inrete: back-ups of the vault from before open nothing without the old master key");
    }
    Ok(Ended::Well)
}

/// What is wrong with a pilot's access log, and with what it says.
pub(super) async fn findings(app: &App, pilot: PilotId) -> anyhow::Result<Vec<String>> {
    let log = log_of(pilot);
    let checked = match app.log().verify(log).await {
        Err(eventlog::Error::UnknownLog { .. }) => return Ok(Vec::new()),
        checked => checked?,
    };
    let mut findings: Vec<String> = checked
        .findings
        .iter()
        .map(|finding| format!("access log {log}: {finding}"))
        .collect();
    match app.unforgotten(pilot).await {
        Ok(persons) => findings.extend(persons.into_iter().map(|person| {
            format!("person {person} was forgotten and has a key in the vault: forget her again")
        })),
        Err(Error::AccessLog(error)) => {
            findings.push(format!("access log {log}: {}", crate::chain(&error)));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(findings)
}
