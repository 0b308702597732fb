//! 11: length of stay of those who were still there.

use super::stay_leavers::lengths;
use super::{Definition, Unit};
use crate::context::Context;
use crate::indicator::Outcome;

pub(super) const DEFINITION: Definition = Definition {
    number: 11,
    code: "length_of_stay_stayers",
    version: 1,
    it: "Durata della permanenza di chi è presente",
    en: "Length of stay, stayers",
    unit: Unit::Days,
    formula: "median of period end - entry + 1 (or day of the last fact - entry, if that is earlier) over the stays of persons that had not ended by then; groups: the mean, and both over households (from the admission of the household)",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let persons: Vec<_> = context.stayers().collect();
    let households: Vec<_> = context
        .household_stays()
        .filter(|stay| stay.exit.is_none())
        .collect();
    lengths(&persons, &households)
}
