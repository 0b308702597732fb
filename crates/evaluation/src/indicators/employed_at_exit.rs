//! 19: employed at exit against entry.

use events::Answer;
use events::codes::EmploymentStatus;

use super::exits::distribution;
use super::shares::{Shares, counted, ratio};
use super::{Definition, Unit};
use crate::context::{Context, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally};

pub(super) const DEFINITION: Definition = Definition {
    number: 19,
    code: "employed_at_exit",
    version: 1,
    it: "Occupate all'uscita rispetto all'ingresso",
    en: "Employed at exit against entry",
    unit: Unit::Exits,
    formula: "stays of adults (18 or older at the later of entry and period start) that ended in the period, by the answers on employment at entry and at exit: gained (not employed, then employed), kept (both), lost (employed, then not), never (neither); numerator: stays with both answers known; excluded: children; unknown: either answer missing, or the age; groups: each of the four of all with both answers; employed_at_entry and employed_at_exit of the same; at_entry and at_exit: the answers themselves, of all adults",
    compute,
};

/// The four outcomes, in the order of the distribution.
const CELLS: [&str; 4] = ["gained", "kept", "lost", "never"];

/// Was she employed at entry, and at exit? None when either is not known.
fn pair(stay: &Stay<'_>) -> Option<(bool, bool)> {
    let employed = |answer: Answer<EmploymentStatus>| {
        answer
            .known()
            .map(|status| *status == EmploymentStatus::Employed)
    };
    let left = stay.member.left.as_ref()?;
    employed(stay.member.employment).zip(employed(left.employment))
}

fn cell(pair: (bool, bool)) -> usize {
    match pair {
        (false, true) => 0,
        (true, true) => 1,
        (true, false) => 2,
        (false, false) => 3,
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let mut cells: [Tally; 4] = Default::default();
    let (mut excluded, mut unknown) = (Tally::default(), Tally::default());
    let (mut all, mut before, mut after) = (Tally::default(), Tally::default(), Tally::default());
    let mut shares = Shares::of(CELLS);
    for stay in context.leavers() {
        let pair = match stay.is_adult() {
            Some(false) => {
                excluded.add(stay.subject(), stay.positions());
                continue;
            }
            Some(true) => pair(&stay),
            None => None,
        };
        let Some(pair) = pair else {
            unknown.add(stay.subject(), stay.positions());
            continue;
        };
        shares.add(CELLS[cell(pair)]);
        all.add(stay.subject(), stay.positions());
        cells[cell(pair)].add(stay.subject(), stay.positions());
        for (employed, tally) in [(pair.0, &mut before), (pair.1, &mut after)] {
            if employed {
                tally.add(stay.subject(), stay.positions());
            }
        }
    }
    let of_all = |tally: Tally| Parts {
        denominator: all.clone().into(),
        ..Parts::of(tally)
    };
    let mut groups: Vec<Group> = CELLS
        .into_iter()
        .zip(cells)
        .map(|(code, tally)| Group {
            parts: of_all(tally.clone()),
            ..counted(code, tally)
        })
        .collect();
    groups.extend([
        ratio("employed_at_entry", of_all(before)),
        ratio("employed_at_exit", of_all(after)),
        answers("at_entry", context, |stay| Some(stay.member.employment)),
        answers("at_exit", context, |stay| {
            stay.member.left.as_ref().map(|left| left.employment)
        }),
    ]);
    Outcome {
        value: shares.measured(),
        parts: Parts {
            excluded: excluded.into(),
            unknown: unknown.into(),
            ..Parts::of(all)
        },
        groups,
    }
}

/// What adults who left had answered, the three ways of a missing answer apart.
fn answers(
    code: &'static str,
    context: &Context<'_>,
    answer: fn(&Stay<'_>) -> Option<Answer<EmploymentStatus>>,
) -> Group {
    let adults = context
        .leavers()
        .filter(|stay| stay.is_adult() == Some(true));
    let answers = adults.filter_map(|stay| {
        let positions = stay.positions().collect();
        Some((stay.subject(), positions, answer(&stay)?))
    });
    distribution(code, answers)
}
