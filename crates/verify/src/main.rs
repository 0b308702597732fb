//! Checks bundles and proofs of a log, offline.
//!
//! Exit codes: 0 all holds; 1 refused, history does not hold; 2 wrong usage, or what is given cannot be
//! read as what it should be.

mod bundle;
mod checkpoint;
mod input;
mod proof;

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use serde_json::{Value, json};

/// Checks what a log says about itself, without trusting whoever keeps it. Nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(
    name = "inrete-verify",
    version,
    after_help = "A file called - is standard input.\n\
                  Exit codes: 0 all holds, 1 refused, 2 wrong usage or not readable."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a whole bundle, and that history leads through what was kept from earlier.
    Bundle(bundle::Args),
    /// Check the proof of one fact: a C2SP tlog-proof, or the JSON object of the interface.
    Proof(proof::Args),
    /// Check the signatures under a checkpoint.
    Checkpoint(checkpoint::Args),
}

/// What holds: for people, and for programs.
struct Holds {
    lines: Vec<String>,
    json: Value,
}

/// What does not.
#[derive(Debug)]
enum Fails {
    /// History does not hold: between the positions, where they are known.
    Refused {
        why: String,
        positions: Option<(u64, u64)>,
    },
    /// There was nothing to check, or nothing to check it by.
    Unusable(String),
}

type Outcome = Result<Holds, Fails>;

impl Fails {
    /// A refusal, with the whole chain of what led to it.
    fn refused(error: &dyn std::error::Error) -> Self {
        let (why, positions) = (chain(error), None);
        Self::Refused { why, positions }
    }

    /// Something that cannot be used, with the whole chain of what led to it.
    fn unusable(what: impl fmt::Display, error: &dyn std::error::Error) -> Self {
        Self::Unusable(format!("{what}: {}", chain(error)))
    }

    fn json(&self) -> Value {
        match self {
            Self::Refused { why, positions } => json!({
                "holds": false,
                "refused": true,
                "error": why,
                "first": positions.map(|(first, _)| first),
                "last": positions.map(|(_, last)| last),
            }),
            Self::Unusable(why) => json!({"holds": false, "refused": false, "error": why}),
        }
    }
}

impl fmt::Display for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { why, .. } => write!(f, "refused: {why}"),
            Self::Unusable(why) => f.write_str(why),
        }
    }
}

fn main() -> ExitCode {
    let (json, outcome) = match Cli::parse().command {
        Command::Bundle(args) => (args.json, bundle::run(&args)),
        Command::Proof(args) => (args.json, proof::run(&args)),
        Command::Checkpoint(args) => (args.json, checkpoint::run(&args)),
    };
    let (out, code) = match &outcome {
        Ok(holds) if json => (format!("{}\n", holds.json), 0),
        Ok(holds) => (
            holds.lines.iter().map(|line| format!("{line}\n")).collect(),
            0,
        ),
        Err(fails) => {
            let code = if matches!(fails, Fails::Refused { .. }) {
                1
            } else {
                2
            };
            // Who does not listen any more has the exit code.
            let _ = writeln!(io::stderr().lock(), "inrete-verify: {fails}");
            (
                if json {
                    format!("{}\n", fails.json())
                } else {
                    String::new()
                },
                code,
            )
        }
    };
    let _ = io::stdout().lock().write_all(out.as_bytes());
    ExitCode::from(code)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        // Some errors repeat what they are made of.
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}
