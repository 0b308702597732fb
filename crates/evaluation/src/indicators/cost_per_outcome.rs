//! 36: cost per outcome.

use super::cost_per_night::{Spend, each};
use super::{Definition, Unit, stable_housing};
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 36,
    code: "cost_per_outcome",
    version: 1,
    it: "Costo per esito",
    en: "Cost per outcome",
    unit: Unit::Money,
    formula: "eligible spend (see 34) in the period / exits of persons to stable housing in the period (see 14, strict); undefined without any, never 0; group: hud_permanent, with HUD's mapping",
    compute,
};

fn compute(context: &Context<'_>) -> Outcome {
    let spend = Spend::of(context, |on| context.in_period(on));
    let cost = |stable: Parts| -> (Value, Parts) {
        let parts = Parts {
            denominator: stable.numerator,
            excluded: spend.excluded.clone().into(),
            unknown: stable.unknown,
            ..Parts::of(spend.counted.clone())
        };
        (each(spend.amount, parts.denominator.count), parts)
    };
    let (value, parts) = cost(stable_housing::strict(context));
    let (of_hud, parts_of_hud) = cost(stable_housing::hud_permanent(context));
    Outcome {
        value,
        parts,
        groups: vec![Group {
            code: "hud_permanent",
            value: of_hud,
            parts: parts_of_hud,
        }],
    }
}
