//! What it means: indicators with their parts and the facts behind them.
//!
//! Pure: snapshots and a period in, numbers out. No clock, no database, no files. What was not known,
//! what was left out and which facts made a number are part of the number.
//!
//! Conventions of every indicator: a night n belongs to a stay if entry ≤ n < exit; a stay that began and
//! ended on one day has that night; an open stay ends on the day of the last fact or on the day after the
//! period, whichever is earlier. What happened after the period does not count in it: who left later was
//! still there. Days are rounded half up. A share of cases comes with its exact interval, since cases are
//! few; nothing is called significant. Adults are 18 or older at the later of entry and period start.

mod context;
pub mod hmis;
mod indicator;
mod indicators;
pub mod interval;
mod late;
mod period;
mod round;
mod sets;
pub mod survival;

pub use indicator::{
    Amount, Group, Indicator, Part, Parts, Share, Step, Subject, Survival, Undefined, Value, Weekly,
};
pub use indicators::{DEFINITIONS, Definition, Unit};
pub use interval::{Interval, IntervalMethod};
pub use late::{LateFact, MOST_REFOLDED_FACTS, late_facts, late_facts_of};
pub use period::{BadPeriod, Period};
pub use sets::{DEFINITION_SETS, DefinitionSet, definition_set, newest_set};

use projections::Snapshot;

/// Version of the newest set of definitions: grows whenever one of them does.
pub const DEFINITIONS_VERSION: u16 = sets::NEWEST.version;

/// The newest definition of the indicator with this number.
pub fn definition(number: u16) -> Option<&'static Definition> {
    // Versions of one number stand in order.
    DEFINITIONS
        .iter()
        .rev()
        .find(|definition| definition.number == number)
}

/// This version of the definition of the indicator with this number: what an indicator was evaluated
/// with.
pub fn definition_of(number: u16, version: u16) -> Option<&'static Definition> {
    DEFINITIONS
        .iter()
        .find(|definition| (definition.number, definition.version) == (number, version))
}

/// Every indicator of a pilot in a period, by number, as known at the snapshot's position and as the
/// newest definitions have it.
pub fn evaluate(snapshot: &Snapshot, period: Period) -> Vec<Indicator> {
    evaluate_with(newest_set(), snapshot, period)
}

/// The same as the definitions of another set have it: what a report said then, it says again.
pub fn evaluate_with(set: &DefinitionSet, snapshot: &Snapshot, period: Period) -> Vec<Indicator> {
    let context = context::Context::new(set, snapshot, period);
    set.definitions()
        .map(|definition| compute(&context, definition))
        .collect()
}

/// One indicator.
fn compute(context: &context::Context<'_>, definition: &Definition) -> Indicator {
    let outcome = (definition.compute)(context);
    let positions = outcome.parts.positions().chain(
        outcome
            .groups
            .iter()
            .flat_map(|group| group.parts.positions()),
    );
    Indicator {
        number: definition.number,
        code: definition.code,
        version: definition.version,
        evidence: context.evidence(positions),
        value: outcome.value,
        parts: outcome.parts,
        groups: outcome.groups,
    }
}
