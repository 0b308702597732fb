//! Scores and levels, as the registry of instruments has them.

use events::instruments::{Gives, instrument};
use events::{AssessmentScored, RiskAssessed};

use super::checks::{each_once, not_empty, number};
use crate::Refusal;

pub(super) fn scored(assessed: &AssessmentScored) -> Result<(), Refusal> {
    let Gives::Scores {
        areas,
        lowest,
        highest,
    } = gives(&assessed.instrument, assessed.version)?
    else {
        return Err(Refusal::InstrumentGivesOtherwise { wanted: "scores" });
    };
    not_empty("scores", &assessed.scores)?;
    for score in &assessed.scores {
        if !areas.contains(&score.area.as_str()) {
            return Err(Refusal::AreaUnknown);
        }
        // None: the area does not apply to her.
        if let Some(score) = score.score {
            number("scores", score, lowest, highest)?;
        }
    }
    let named = assessed.scores.iter().map(|score| &score.area);
    each_once("scores", named, areas.len())
}

pub(super) fn risk(assessed: &RiskAssessed) -> Result<(), Refusal> {
    match gives(&assessed.instrument, assessed.version)? {
        Gives::Levels(levels) if levels.contains(&assessed.level) => Ok(()),
        Gives::Levels(_) => Err(Refusal::LevelUnknown),
        Gives::Scores { .. } => Err(Refusal::InstrumentGivesOtherwise { wanted: "a level" }),
    }
}

fn gives(code: &str, version: u16) -> Result<Gives, Refusal> {
    instrument(code, version)
        .map(|instrument| instrument.gives)
        .ok_or(Refusal::InstrumentUnknown { version })
}
