//! Checking bundles without a database: what `inrete-verify bundle` does, in its words.

use std::path::PathBuf;

use clap::Args;
use inrete_verify::{Fails, Outcome, input};
use proof::bundle::Trusted;
use proof::note::VerifierKey;

use super::archive;
use crate::cli::{Ended, WrongArguments, say, tell};

/// What is checked instead of the database, and by what.
#[derive(Args)]
pub(crate) struct CheckArguments {
    /// Check this bundle, and nothing in the database. `-` is standard input.
    #[arg(long, value_name = "FILE", group = "offline", conflicts_with = "pilot")]
    bundle: Option<String>,
    /// Check the bundles of this archive, and that they follow each other; nothing in the database.
    #[arg(long, value_name = "DIR", group = "offline", conflicts_with = "pilot")]
    archive: Option<PathBuf>,
    /// A key the log signs with, as you know it from elsewhere (name+id+base64, or @FILE). Of a
    /// database, a key that counts besides the installation's own.
    #[arg(long = "key", value_name = "VKEY|@FILE")]
    pub(in crate::cli) keys: Vec<String>,
    /// The key of a witness that must have cosigned the bundle (name+id+base64, or @FILE).
    #[arg(long = "witness", value_name = "VKEY|@FILE", requires = "bundle")]
    witnesses: Vec<String>,
    /// A checkpoint you kept: the history in the bundle or archive must lead through it.
    #[arg(long = "checkpoint", value_name = "NOTEFILE", requires = "offline")]
    checkpoints: Vec<String>,
    /// A bundle you kept: nothing of it may have changed.
    #[arg(long, value_name = "OLDBUNDLE", requires = "bundle")]
    earlier: Option<String>,
    /// The position that the archive begins with, where earlier ranges are kept elsewhere.
    #[arg(long, value_name = "N", requires = "archive", value_parser = clap::value_parser!(u64).range(1..))]
    first: Option<u64>,
}

impl CheckArguments {
    /// Checks a bundle or an archive; none when neither was given.
    pub(in crate::cli) fn run(&self, as_json: bool) -> Option<anyhow::Result<Ended>> {
        let outcome = match (&self.bundle, &self.archive) {
            (Some(file), _) => self.bundle(file),
            (None, Some(folder)) => self.archive(folder),
            (None, None) => return None,
        };
        Some(told(outcome, as_json))
    }

    fn trusted(&self) -> Result<Trusted, Fails> {
        let held = self.checkpoints.iter().map(|path| input::note(path));
        Ok(Trusted {
            keys: input::keys(&self.keys)?,
            witnesses: input::keys(&self.witnesses)?,
            held: held.collect::<Result<_, _>>()?,
        })
    }

    fn archive(&self, folder: &std::path::Path) -> Outcome {
        archive::check(folder, self.trusted()?, self.first.unwrap_or(1))
    }

    fn bundle(&self, file: &str) -> Outcome {
        inrete_verify::bundle::run(file, self.trusted()?, self.earlier.as_deref())
    }
}

/// Keys, each given itself, or as `@` and a file that has one on each line.
pub(in crate::cli) fn keys(given: &[String]) -> anyhow::Result<Vec<VerifierKey>> {
    input::keys(given).map_err(|fails| WrongArguments(fails.to_string()).into())
}

/// Answers, and how the command ends.
fn told(outcome: Outcome, as_json: bool) -> anyhow::Result<Ended> {
    match outcome {
        Ok(holds) => {
            if as_json {
                say(&holds.json.to_string());
            } else {
                holds.lines.iter().for_each(|line| say(line));
            }
            Ok(Ended::Well)
        }
        Err(fails) => {
            if as_json {
                say(&fails.json().to_string());
            }
            match fails {
                Fails::Refused { .. } => {
                    tell(&format!("inrete: {fails}"));
                    Ok(Ended::WithFindings)
                }
                Fails::Unusable(why) => Err(WrongArguments(why).into()),
            }
        }
    }
}
