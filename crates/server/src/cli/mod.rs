//! The command line. One executable, subcommands; what a command answers goes to standard output,
//! everything else to standard error.
//!
//! Exit codes: 0 done (an import says in its report what did not go over); 1 a fault; 2 wrong
//! arguments; 3 done, but damage was found; 4 what was asked for is not there.

mod account;
mod bundle;
mod catalogue;
mod checkpoint;
mod day;
mod demo;
mod demo_staff;
mod import;
mod key;
mod person;
mod proof;
mod reach;
mod reports;
mod role;
mod serve;
mod stand;
mod token;
mod upkeep;
mod witness;

pub(crate) use person::known;

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use evaluation::Period;
use events::Position;

use crate::chain;

/// Who acts on the command line: whoever may run it has the keys anyway.
const ACTOR: &str = "operator";
/// The address `serve` listens on when none is given.
const DEFAULT_ADDRESS: &str = "127.0.0.1:8017";
/// Its port.
const DEFAULT_PORT: u16 = 8017;

/// Records a social pilot as it happens, and tells what it achieved.
#[derive(Parser)]
#[command(name = "inrete", version, max_term_width = 100)]
pub struct Arguments {
    /// The data directory: keys, and the embedded database.
    #[arg(long, env = "INRETE_DATA", default_value = "./data", global = true)]
    data: PathBuf,
    /// A PostgreSQL 15 or later to use instead of the embedded one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    /// The database of the keys that personal text is sealed under; the other one's name with
    /// `_vault` after it when not given.
    #[arg(
        long,
        env = "VAULT_DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    vault_database_url: Option<String>,
    /// The master keys, when they are not in files: `ids:KEY master:KEY`. From the environment only.
    #[arg(
        long = "master-keys",
        env = "INRETE_KEYS",
        hide = true,
        hide_env_values = true,
        global = true
    )]
    master_keys: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves pages and GraphQL until it is stopped.
    Serve(reach::Reach),
    /// Brings the database up to date.
    Migrate,
    /// Loads the demonstration pilot and serves it.
    Demo(demo::DemoArguments),
    /// Lists the pilots.
    Pilots(Json),
    /// Lists every fact with its shapes.
    Catalogue(Json),
    /// Records what another system's files say, or puts an exported log back.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Writes a pilot's log, or a range of it, as one file that proves itself.
    Export(bundle::ExportArguments),
    /// Writes a pilot's log as a directory of ranges, or adds those that are new.
    Archive(bundle::ArchiveArguments),
    /// Evaluates a pilot.
    Indicators(reports::IndicatorsArguments),
    /// Lists what is to be done for a pilot and its households.
    Agenda(day::AgendaArguments),
    /// Tells what a pilot's money comes to, by source, line and month.
    Ledger(day::LedgerArguments),
    /// Writes a report: canonical JSON and CSV, or the tables of HUD's HMIS.
    Report(reports::ReportArguments),
    /// Folds read models anew from the log.
    Rebuild(upkeep::RebuildArguments),
    /// Checks logs and read models; with --bundle or --archive, files and no database.
    Verify(upkeep::VerifyArguments),
    /// Signs what a pilot's log is: its size and the root of its Merkle tree.
    Checkpoint(checkpoint::CheckpointArguments),
    /// Asks witnesses to cosign a checkpoint, and keeps what they answer.
    #[command(subcommand)]
    Cosignature(checkpoint::CosignatureCommand),
    /// Proves to an outsider that a fact is in a pilot's log.
    Proof(proof::ProofArguments),
    /// The keys that checkpoints are signed with.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// The persons that are spoken of: lists them by id, writes out what is held about one, forgets.
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Is a witness of its own, of logs here or elsewhere. Needs no database.
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// Who has which role: grants, revokes, lists, also as it was on a past day.
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// The accounts that people sign in with: lists them, and lets in again who lost every way.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Bearer tokens.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Tells what an authenticator app shows now that has this key: for trying out the demonstration.
    Code {
        /// The key, in base 32.
        key: String,
    },
}

/// How to answer.
#[derive(Args)]
struct Json {
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// What of a pilot is looked at.
#[derive(Args)]
struct Scope {
    /// Id, short name or HMIS project id.
    #[arg(long)]
    pilot: String,
    /// First and last day, as FROM..TO, or a year, or a month.
    #[arg(long, value_parser = parse_period, required_unless_present_all = ["from", "to"], conflicts_with_all = ["from", "to"])]
    period: Option<Period>,
    /// First day, instead of --period.
    #[arg(long, requires = "to")]
    from: Option<NaiveDate>,
    /// Last day, instead of --period.
    #[arg(long, requires = "from")]
    to: Option<NaiveDate>,
    /// The position of the log that is looked at; its head when none is given.
    #[arg(long)]
    as_of: Option<Position>,
}

impl Scope {
    fn period(&self) -> anyhow::Result<Period> {
        match (self.period, self.from, self.to) {
            (Some(period), ..) => Ok(period),
            (None, Some(from), Some(to)) => Ok(Period::new(from, to)?),
            _ => anyhow::bail!("say which --period"),
        }
    }
}

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    /// Something was found that needs a look.
    WithFindings,
}

/// What was asked for is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotThere(String);

/// What was asked for makes no sense, and only the command itself could see that.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongArguments(String);

/// Runs the command; the answer is the process's exit code.
pub fn run(arguments: Arguments) -> ExitCode {
    crate::logging::to_standard_error();
    // A service has no use for root. Short commands stay who they are, for the files they are given;
    // PostgreSQL never runs as root.
    let embedded = arguments.database_url.is_none();
    let gives_up = match &arguments.command {
        Command::Serve(_) | Command::Demo(_) => embedded,
        // What it makes is there before the service, and belongs to it.
        Command::Key(key::KeyCommand::Create { .. }) => embedded,
        Command::Witness(_) => true,
        _ => false,
    };
    if gives_up && let Err(error) = cluster::give_up_root(&arguments.data) {
        return failed(&error.into());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("cannot start")),
    };
    let ended = runtime.block_on(Box::pin(dispatch(arguments)));
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::WithFindings) => ExitCode::from(3),
        Err(error) => failed(&error),
    }
}

async fn dispatch(arguments: Arguments) -> anyhow::Result<Ended> {
    let place = stand::Place {
        data: arguments.data,
        url: arguments.database_url,
        vault_url: arguments.vault_database_url,
        keys: arguments.master_keys,
    };
    match arguments.command {
        Command::Serve(given) => serve::serve(place, &given).await,
        Command::Migrate => upkeep::migrate(place).await,
        Command::Demo(given) => demo::demo(place, given).await,
        Command::Pilots(given) => upkeep::pilots(place, given.json).await,
        Command::Catalogue(given) => catalogue::catalogue(given.json),
        Command::Import(given) => import::import(place, given).await,
        Command::Export(given) => bundle::export(place, given).await,
        Command::Archive(given) => bundle::archive(place, given).await,
        Command::Indicators(given) => reports::indicators(place, given).await,
        Command::Agenda(given) => day::agenda(place, given).await,
        Command::Ledger(given) => day::ledger(place, given).await,
        Command::Report(given) => reports::report(place, given).await,
        Command::Rebuild(given) => upkeep::rebuild(place, given).await,
        Command::Verify(given) => upkeep::verify(place, given).await,
        Command::Checkpoint(given) => checkpoint::checkpoint(place, given).await,
        Command::Cosignature(given) => checkpoint::cosignature(place, given).await,
        Command::Proof(given) => proof::proof(place, given).await,
        Command::Key(given) => key::key(place, given).await,
        Command::Person(given) => person::person(place, given).await,
        Command::Witness(given) => witness::witness(place, given).await,
        Command::Role(given) => role::role(place, given).await,
        Command::Account(given) => account::account(place, given).await,
        Command::Token(given) => token::token(place, given).await,
        Command::Code { key } => demo::code(&key),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // The chain, each cause once: some errors say their cause themselves.
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if !line.ends_with(&cause) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&cause);
        }
    }
    tell(&format!("inrete: {line}"));
    let not_there = error.chain().any(|cause| {
        cause.is::<NotThere>()
            || matches!(
                cause.downcast_ref::<app::Error>(),
                Some(
                    app::Error::UnknownPilot { .. }
                        | app::Error::UnknownPerson { .. }
                        | app::Error::BeyondHead { .. }
                )
            )
    });
    let wrong_arguments = error.chain().any(|cause| {
        cause.is::<WrongArguments>()
            || matches!(
                cause.downcast_ref::<app::Error>(),
                Some(app::Error::Unprovable(
                    app::Unprovable::OutsideSize { .. }
                        | app::Unprovable::Shrunk { .. }
                        | app::Unprovable::NoWitness { .. }
                ))
            )
            || matches!(
                cause.downcast_ref::<identity::Error>(),
                Some(identity::Error::Refused(identity::Refusal::LabelNotValid))
            )
    });
    ExitCode::from(match (not_there, wrong_arguments) {
        (true, _) => 4,
        (false, true) => 2,
        (false, false) => 1,
    })
}

/// Writes a line of the answer.
fn say(line: &str) {
    use std::io::Write;
    // Whoever reads may have heard enough; that is no fault.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes an answer that has its own line feeds, exactly.
fn say_text(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a line beside the answer.
fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Answers in JSON.
fn say_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A period from `FROM..TO`, `YYYY` or `YYYY-MM`.
fn parse_period(text: &str) -> Result<Period, String> {
    let wrong = || format!("`{text}` is no period: write 2024-10-01..2025-09-30, 2025 or 2025-03");
    let day = |text: &str| text.trim().parse::<NaiveDate>().map_err(|_| wrong());
    // An ISO 8601 interval is written with a slash.
    let (from, to) = if let Some((from, to)) = text.split_once("..").or(text.split_once('/')) {
        (day(from)?, day(to)?)
    } else if let Ok(month) = text.parse::<events::Month>() {
        let from = day(&format!("{month}-01"))?;
        let next = from
            .checked_add_months(chrono::Months::new(1))
            .ok_or_else(wrong)?;
        (from, next.pred_opt().ok_or_else(wrong)?)
    } else {
        let year: i32 = text.parse().map_err(|_| wrong())?;
        (
            NaiveDate::from_ymd_opt(year, 1, 1).ok_or_else(wrong)?,
            NaiveDate::from_ymd_opt(year, 12, 31).ok_or_else(wrong)?,
        )
    };
    Period::new(from, to).map_err(|error| chain(&error))
}
