//! The keys that checkpoints are signed with, and the master key that persons' keys are wrapped by.

use app::LogKeys;
use app::keys::{Error, Listed};
use clap::{Args, Subcommand};
use serde_json::json;
use vault::Destroyed;

use super::stand::{KeyFolder, Manner, Place, Stand, make_private};
use super::{Ended, NotThere, WrongArguments, say, say_json, tell};

#[derive(Subcommand)]
#[command(after_help = "\
The keys are in DATA/keys/log.key, outside the database. Without that file nothing can be signed any more
as the same log: keep a copy of it. A service that is running takes a change up when it is started again.")]
pub(crate) enum KeyCommand {
    /// Makes the first key, to choose the name it has. Without this, one is made at the first use.
    Create {
        /// What the installation is called in everything it signs, for good: best like an address,
        /// `registers.example.org`. `inrete-` and chance when not given.
        #[arg(long)]
        name: Option<String>,
    },
    /// Prints the public keys of a pilot's log, one a line: hand them to whoever verifies.
    Show(ShowArguments),
    /// Makes a new key, which signs first. Those before it sign beside it until they are retired.
    Rotate,
    /// Puts a new master key in the place of the one that persons' keys are wrapped by, and destroys
    /// the old one. An earlier run that was cut short is finished first.
    RotateMaster,
    /// Ends all keys but the first: they sign nothing more. What they signed stays good.
    Retire,
}

/// Whose keys.
#[derive(Args)]
pub(crate) struct ShowArguments {
    /// Id, short name or HMIS project id. Without, the installation's name and key ids are printed.
    #[arg(long)]
    pilot: Option<String>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

pub(super) async fn key(place: Place, command: KeyCommand) -> anyhow::Result<Ended> {
    let folder = KeyFolder::of(&place.data);
    match command {
        KeyCommand::Create { name } => {
            make_private(&place.data)?;
            let keys = LogKeys::create(&folder.log, name.as_deref()).map_err(told)?;
            folder.hand_over(&place.data)?;
            say(keys.name());
        }
        KeyCommand::Show(ShowArguments { pilot: None, json }) => {
            show_own(&LogKeys::open(&folder.log).map_err(told)?, json)?;
        }
        KeyCommand::Show(ShowArguments {
            pilot: Some(pilot),
            json,
        }) => {
            let stand = place.open(Manner::Passing).await?;
            let shown = show(&stand, &pilot, json).await;
            stand.close().await?;
            shown?;
        }
        KeyCommand::Rotate => {
            let keys = LogKeys::rotate(&folder.log).map_err(told)?;
            folder.hand_over(&place.data)?;
            changed(&keys);
        }
        KeyCommand::RotateMaster => {
            let stand = place.open(Manner::Passing).await?;
            let rotated = stand.app.vault().rotate().await;
            stand.close().await?;
            master_changed(&rotated?);
        }
        KeyCommand::Retire => {
            let keys = LogKeys::retire(&folder.log).map_err(told)?;
            folder.hand_over(&place.data)?;
            changed(&keys);
        }
    }
    Ok(Ended::Well)
}

async fn show(stand: &Stand, pilot: &str, as_json: bool) -> anyhow::Result<()> {
    let pilot = stand.find(pilot).await?;
    let keys = stand.app.keys()?;
    let listed = keys.listed(pilot.0);
    if as_json {
        let object = |one: &Listed| json!({"vkey": one.vkey.to_string(), "signs": one.signs});
        let vkeys: Vec<_> = listed.iter().map(object).collect();
        return say_json(&json!({"origin": keys.origin(pilot.0), "keys": vkeys}));
    }
    for one in listed {
        say(&one.vkey.to_string());
    }
    Ok(())
}

fn show_own(keys: &LogKeys, as_json: bool) -> anyhow::Result<()> {
    let id = |one: &Listed| format!("{:08x}", one.vkey.id());
    if as_json {
        let object = |one: &Listed| json!({"id": id(one), "signs": one.signs});
        let ids: Vec<_> = keys.own().iter().map(object).collect();
        return say_json(&json!({"name": keys.name(), "keys": ids}));
    }
    say(keys.name());
    for one in keys.own() {
        let state = if one.signs { "signs" } else { "retired" };
        say(&format!("{}  {state}", id(&one)));
    }
    Ok(())
}

fn changed(keys: &LogKeys) {
    let signing = keys.own().iter().filter(|one| one.signs).count();
    tell(&format!(
        "inrete: {signing} of {} keys sign from now on; hand out what `inrete key show --pilot P` prints, and restart a service that is running",
        keys.own().len()
    ));
}

/// Says what became of the master keys, and of what depends on them.
pub(super) fn master_changed(rotated: &vault::Rotated) {
    tell(&format!(
        "inrete: {} persons' keys are wrapped by master key {} from now on (before: {})",
        rotated.rewrapped, rotated.to, rotated.from
    ));
    match rotated.old {
        Destroyed::Gone => tell(
            "inrete: the old master key is destroyed here; back up the key folder and the vault's database anew, and destroy older copies of the key folder",
        ),
        Destroyed::LeftToOperator => tell(
            "inrete: NOT DONE YET: take every `master:` but the last out of the variable INRETE_KEYS and out of wherever it is kept, and restart what runs with it",
        ),
    }
    if !rotated.dead.is_empty() {
        tell(&format!(
            "inrete: {} keys in the vault do not unwrap: their master key was destroyed before, or they were changed",
            rotated.dead.len()
        ));
    }
}

/// What of a key file's errors is the fault of who asked.
fn told(error: Error) -> anyhow::Error {
    match error {
        Error::Missing { .. } | Error::OnlyOne => NotThere(error.to_string()).into(),
        Error::Name { .. } => WrongArguments(error.to_string()).into(),
        other => other.into(),
    }
}
