//! 25: self-sufficiency change.

use std::cmp::Ordering;

use events::Position;
use events::codes::{AssessmentStage, CodeList, GoalDomain};
use events::instruments::SELF_SUFFICIENCY_MATRIX;
use projections::plans::AssessmentRow;

use super::shares::Shares;
use super::{Definition, Unit};
use crate::context::{Context, Stay};
use crate::indicator::{Group, Outcome, Parts, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 25,
    code: "self_sufficiency_change",
    version: 1,
    it: "Variazione dell'autonomia",
    en: "Self-sufficiency change",
    unit: Unit::Persons,
    formula: "stays that ended in the period with the self-sufficiency matrix scored at entry and at exit, in the same version: the first of stage entry and the last of stage exit within the stay; interim scores stand for neither; groups: for each domain how many scored higher, the same, lower at exit (increased, same, decreased); excluded: children never scored, and in a domain those to whom it does not apply at entry or at exit; unknown: everybody else without both scores",
    compute,
};

/// What a score can have done.
const CHANGES: [&str; 3] = ["increased", "same", "decreased"];

/// A stay that ended, with what was scored in it.
struct Left<'a> {
    stay: Stay<'a>,
    entry: Option<&'a AssessmentRow>,
    exit: Option<&'a AssessmentRow>,
    /// Scored with the matrix at all, on whatever occasion.
    scored: Vec<Position>,
}

impl<'a> Left<'a> {
    fn new(context: &Context<'a>, stay: Stay<'a>) -> Self {
        let plans = context.plans(stay.household.household);
        let all = plans.into_iter().flat_map(|plans| &plans.assessments);
        let hers: Vec<&AssessmentRow> = all
            .filter(|row| row.person == stay.member.person)
            .filter(|row| row.instrument == SELF_SUFFICIENCY_MATRIX)
            .filter(|row| stay.entry <= row.on && stay.exit.is_none_or(|exit| row.on <= exit))
            .collect();
        let at = |stage| hers.iter().copied().filter(move |row| row.stage == stage);
        Self {
            stay,
            entry: at(AssessmentStage::Entry).next(),
            exit: at(AssessmentStage::Exit).next_back(),
            scored: hers.iter().map(|row| row.position).collect(),
        }
    }

    fn pair(&self) -> Option<(&'a AssessmentRow, &'a AssessmentRow)> {
        let pair = self.entry.zip(self.exit);
        pair.filter(|(entry, exit)| entry.version == exit.version)
    }

    /// A child nobody thought of scoring.
    fn is_unscored_child(&self) -> bool {
        self.scored.is_empty() && self.stay.is_adult() == Some(false)
    }

    /// The facts of the stay and of the two scores; without a pair, of all there are.
    fn positions(&self) -> Vec<Position> {
        let scores = match self.pair() {
            Some((entry, exit)) => vec![entry.position, exit.position],
            None => self.scored.clone(),
        };
        self.stay.positions().chain(scores).collect()
    }
}

/// What is known of the change in one domain.
enum Change {
    Known(Ordering),
    DoesNotApply,
    Unknown,
}

fn change(left: &Left<'_>, domain: &str) -> Change {
    let Some((entry, exit)) = left.pair() else {
        return Change::Unknown;
    };
    match (entry.score(domain), exit.score(domain)) {
        (Some(Some(before)), Some(Some(after))) => Change::Known(after.cmp(&before)),
        (Some(None), _) | (_, Some(None)) => Change::DoesNotApply,
        _ => Change::Unknown,
    }
}

fn by_domain(code: &'static str, leavers: &[Left<'_>]) -> Group {
    let (mut paired, mut excluded, mut unknown) =
        (Tally::default(), Tally::default(), Tally::default());
    let mut shares = Shares::of(CHANGES);
    for left in leavers {
        let tally = match change(left, code) {
            _ if left.is_unscored_child() => &mut excluded,
            Change::Known(order) => {
                shares.add(match order {
                    Ordering::Greater => CHANGES[0],
                    Ordering::Equal => CHANGES[1],
                    Ordering::Less => CHANGES[2],
                });
                &mut paired
            }
            Change::DoesNotApply => &mut excluded,
            Change::Unknown => &mut unknown,
        };
        tally.add(left.stay.subject(), left.positions());
    }
    Group {
        code,
        value: shares.measured(),
        parts: Parts {
            excluded: excluded.into(),
            unknown: unknown.into(),
            ..Parts::of(paired)
        },
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let leavers: Vec<Left<'_>> = context
        .leavers()
        .map(|stay| Left::new(context, stay))
        .collect();
    let (mut paired, mut excluded, mut unknown) =
        (Tally::default(), Tally::default(), Tally::default());
    for left in &leavers {
        let tally = match left.pair() {
            Some(_) => &mut paired,
            None if left.is_unscored_child() => &mut excluded,
            None => &mut unknown,
        };
        tally.add(left.stay.subject(), left.positions());
    }
    let domains = GoalDomain::ENTRIES.iter();
    Outcome {
        value: Value::Count(paired.count()),
        parts: Parts {
            excluded: excluded.into(),
            unknown: unknown.into(),
            ..Parts::of(paired)
        },
        groups: domains
            .map(|domain| by_domain(domain.code, &leavers))
            .collect(),
    }
}
