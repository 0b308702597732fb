//! How long a household may stay: what was agreed, and how it was extended.

use chrono::NaiveDate;
use events::{Effective, Event};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::Household;
use crate::limits::LATEST_DAY;
use crate::timeline::in_time;

/// Notes agreements that end before the stay begins, and extensions that extend nothing.
pub(crate) fn check(household: &Household, facts: &[Effective], found: &mut Findings) {
    let mut ends_on: Option<NaiveDate> = None;
    for fact in in_time(facts) {
        match &fact.event {
            Event::AgreementSigned(signed) => {
                found.check(fact, check_agreement(household, signed.ends_on, fact));
                ends_on = Some(signed.ends_on);
            }
            Event::ExtensionGranted(granted) => {
                let extends = check_extension(household, ends_on, granted.until, fact);
                if extends.is_ok() {
                    ends_on = Some(granted.until);
                }
                found.check(fact, extends);
            }
            _ => {}
        }
    }
}

fn check_agreement(
    household: &Household,
    ends_on: NaiveDate,
    fact: &Effective,
) -> Result<(), Refusal> {
    household.check_admitted(fact.occurred_on)?;
    match household.admission {
        Some(admission) if ends_on <= admission.on => Err(Refusal::DayOutOfRange {
            field: "ends_on",
            given: ends_on,
            earliest: admission.on.succ_opt().unwrap_or(admission.on),
            latest: LATEST_DAY,
        }),
        _ => Ok(()),
    }
}

fn check_extension(
    household: &Household,
    ends_on: Option<NaiveDate>,
    until: NaiveDate,
    fact: &Effective,
) -> Result<(), Refusal> {
    let on = fact.occurred_on;
    household.check_admitted(on)?;
    let household = household.id;
    match ends_on {
        None => Err(Refusal::NoAgreement { household, on }),
        Some(ends_on) if until <= ends_on => Err(Refusal::NotExtended {
            household,
            until,
            ends_on,
        }),
        Some(_) => Ok(()),
    }
}
