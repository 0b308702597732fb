//! 14: exits to stable housing, under two named mappings from destination to outcome.

use events::Answer;
use events::codes::{LivingSituation, LivingSituationClass};

use super::{Definition, Unit};
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 14,
    code: "exits_to_stable_housing",
    version: 1,
    it: "Uscite verso un'abitazione stabile",
    en: "Exits to stable housing",
    unit: Unit::ExitsShare,
    formula: "exits of persons in the period to stable housing / exits, less the excluded ones: deceased, hospital, foster care, long-term care (HUD, APR Q23c f2); unknown destinations stay in the denominator; strict (mapping 1): HUD-permanent without permanent housing with support, which is another protected flat; hud_permanent: HUD's permanent destinations",
    compute,
};

/// What a destination amounts to under one of the mappings, version 1.
#[derive(Clone, Copy)]
pub(super) struct Mapping {
    pub(super) code: &'static str,
    pub(super) is_stable: fn(LivingSituation) -> bool,
}

/// Italian funding rules do not take a move into another protected flat for housing autonomy, however
/// permanent. Other semi-protected flats ([`LivingSituation::SecondStage`]) are temporary in both mappings.
pub(super) const STRICT: Mapping = Mapping {
    code: "strict",
    is_stable: |at| {
        (HUD_PERMANENT.is_stable)(at)
            && !matches!(
                at,
                LivingSituation::PermanentSupportive | LivingSituation::HopwaPermanent
            )
    },
};

/// HUD's list of permanent destinations.
pub(super) const HUD_PERMANENT: Mapping = Mapping {
    code: "hud_permanent",
    is_stable: |at| at.class() == LivingSituationClass::Permanent,
};

pub(super) fn is_unknown(destination: Answer<LivingSituation>) -> bool {
    destination
        .known()
        .is_none_or(|at| at.class() == LivingSituationClass::Unknown)
}

fn parts(context: &Context<'_>, mapping: Mapping) -> Parts {
    let (mut stable, mut all, mut excluded, mut unknown) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    for stay in context.leavers() {
        let Some(left) = &stay.member.left else {
            continue;
        };
        let tallies: &mut [&mut Tally] = match left.destination {
            Answer::Known(at) if crate::hmis::is_excluded(at) => &mut [&mut excluded],
            Answer::Known(at) if (mapping.is_stable)(at) => &mut [&mut stable, &mut all],
            destination if is_unknown(destination) => &mut [&mut unknown, &mut all],
            _ => &mut [&mut all],
        };
        for tally in tallies {
            tally.add(stay.subject(), stay.positions());
        }
    }
    Parts {
        denominator: all.into(),
        excluded: excluded.into(),
        unknown: unknown.into(),
        ..Parts::of(stable)
    }
}

/// The parts under the strict mapping.
pub(super) fn strict(context: &Context<'_>) -> Parts {
    parts(context, STRICT)
}

/// The parts under HUD's.
pub(super) fn hud_permanent(context: &Context<'_>) -> Parts {
    parts(context, HUD_PERMANENT)
}

fn compute(context: &Context<'_>) -> Outcome {
    let groups: Vec<Group> = [STRICT, HUD_PERMANENT]
        .into_iter()
        .map(|mapping| {
            let parts = parts(context, mapping);
            Group {
                code: mapping.code,
                value: parts.ratio(),
                parts,
            }
        })
        .collect();
    let strict = strict(context);
    Outcome {
        value: strict.ratio(),
        parts: strict,
        groups,
    }
}
