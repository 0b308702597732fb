//! 33: housing kept at follow-up, under the mappings of the exits to stable housing.

use events::Answer;
use events::codes::FollowUpMonth;

use super::follow_ups::{Reached, reached};
use super::stable_housing::{HUD_PERMANENT, Mapping, STRICT, is_unknown};
use super::{Definition, Unit};
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 33,
    code: "housing_kept",
    version: 1,
    it: "Casa mantenuta al follow-up",
    en: "Housing kept at follow-up",
    unit: Unit::FollowUpsShare,
    formula: "follow-ups at which the household lives in stable housing / follow-ups at which it was reached, in the period; of several answers for one month the last one in order of days counts; excluded: deceased, hospital, foster care, long-term care, as among the exits to stable housing; unknown: reached, and no answer about housing, who stay in the denominator; groups: strict and hud_permanent, the two mappings of the exits to stable housing, each as a whole and by month",
    compute,
};

/// The groups of one mapping: the whole, then each month.
struct Codes {
    mapping: Mapping,
    months: [(&'static str, FollowUpMonth); 3],
}

const GROUPS: [Codes; 2] = [
    Codes {
        mapping: STRICT,
        months: [
            ("strict_month_3", FollowUpMonth::Month3),
            ("strict_month_6", FollowUpMonth::Month6),
            ("strict_month_12", FollowUpMonth::Month12),
        ],
    },
    Codes {
        mapping: HUD_PERMANENT,
        months: [
            ("hud_permanent_month_3", FollowUpMonth::Month3),
            ("hud_permanent_month_6", FollowUpMonth::Month6),
            ("hud_permanent_month_12", FollowUpMonth::Month12),
        ],
    },
];

fn parts<'a>(mapping: Mapping, follow_ups: impl Iterator<Item = &'a Reached<'a>>) -> Parts {
    let (mut stable, mut all, mut excluded, mut unknown) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    for follow_up in follow_ups {
        let Some(last) = follow_up.answers.last() else {
            continue;
        };
        let tallies: &mut [&mut Tally] = match last.housing {
            Answer::Known(at) if crate::hmis::is_excluded(at) => &mut [&mut excluded],
            Answer::Known(at) if (mapping.is_stable)(at) => &mut [&mut stable, &mut all],
            housing if is_unknown(housing) => &mut [&mut unknown, &mut all],
            _ => &mut [&mut all],
        };
        for tally in tallies {
            tally.add(follow_up.subject(), follow_up.positions());
        }
    }
    Parts {
        denominator: all.into(),
        excluded: excluded.into(),
        unknown: unknown.into(),
        ..Parts::of(stable)
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let follow_ups = reached(context);
    let group = |code, parts: Parts| Group {
        code,
        value: parts.ratio(),
        parts,
    };
    let mut groups = Vec::new();
    for Codes { mapping, months } in GROUPS {
        groups.push(group(mapping.code, parts(mapping, follow_ups.iter())));
        for (code, month) in months {
            let of_month = follow_ups.iter().filter(|of| of.month == month);
            groups.push(group(code, parts(mapping, of_month)));
        }
    }
    let strict = parts(STRICT, follow_ups.iter());
    Outcome {
        value: strict.ratio(),
        parts: strict,
        groups,
    }
}
