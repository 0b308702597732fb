//! 28: outcomes of referrals to services.

use std::collections::BTreeMap;

use events::codes::{CodeList, ReferralResult, Service};

use super::bands::Bands;
use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts};

pub(super) const DEFINITION: Definition = Definition {
    number: 28,
    code: "referral_outcomes",
    version: 1,
    it: "Esiti degli invii ai servizi",
    en: "Outcomes of referrals to services",
    unit: Unit::ServiceReferrals,
    formula: "referrals of households to services by their outcome: the last one by the period's end in order of days, if its day lies in the period; open: made by then and without an outcome, whenever made, excluded because nothing is known yet; unknown: told that it cannot be known; groups: attained_share: attained / attained or not attained; each service, by outcome",
    compute,
};

const OUTCOMES: [&str; 4] = ["attained", "not_attained", "unknown", "open"];
/// Where the band of an outcome lies.
const UNKNOWN: usize = 2;
const OPEN: usize = 3;

fn place(outcome: ReferralResult) -> usize {
    match outcome {
        ReferralResult::Attained => 0,
        ReferralResult::NotAttained => 1,
        ReferralResult::Unknown => UNKNOWN,
    }
}

fn parts(outcomes: &Bands<4>) -> Parts {
    Parts {
        excluded: outcomes.get(OPEN).clone().into(),
        unknown: outcomes.get(UNKNOWN).clone().into(),
        ..Parts::of(outcomes.first(OPEN))
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let mut all = Bands::new(OUTCOMES);
    let mut services: BTreeMap<Service, Bands<4>> = BTreeMap::new();
    for row in context.snapshot.network.values() {
        let made = row.referrals.iter();
        for referral in made.filter(|referral| context.has_come(referral.on)) {
            let outcome = referral.outcome_on(context.last_day());
            let place = match outcome {
                Some(outcome) if context.in_period(outcome.on) => place(outcome.outcome),
                // Its outcome belongs to an earlier period.
                Some(_) => continue,
                None => OPEN,
            };
            let of_service = services.entry(referral.service);
            for bands in [&mut all, of_service.or_insert_with(|| Bands::new(OUTCOMES))] {
                let positions = outcome.map(|outcome| outcome.position);
                bands.at(place).add(
                    Subject::Household(row.household),
                    [referral.position].into_iter().chain(positions),
                );
            }
        }
    }
    let share = Parts {
        denominator: all.first(UNKNOWN).into(),
        excluded: all.get(OPEN).clone().into(),
        unknown: all.get(UNKNOWN).clone().into(),
        ..Parts::of(all.get(0).clone())
    };
    let mut groups = vec![Group {
        code: "attained_share",
        value: share.ratio(),
        parts: share,
    }];
    for service in Service::ENTRIES {
        let bands = services.remove(&service.value);
        let bands = bands.unwrap_or_else(|| Bands::new(OUTCOMES));
        groups.push(Group {
            code: service.code,
            value: bands.value(),
            parts: parts(&bands),
        });
    }
    Outcome {
        value: all.value(),
        parts: parts(&all),
        groups,
    }
}
