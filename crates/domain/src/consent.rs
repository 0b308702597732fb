//! What a household consented to, and what it took back.

use chrono::NaiveDate;
use events::{ConsentId, Effective, Event};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::Household;
use crate::timeline::{Begun, Missing};

/// Notes consents that exist already, and withdrawals of what was not given or is withdrawn.
pub(crate) fn check(household: &Household, facts: &[Effective], found: &mut Findings) {
    let given = Begun::of(facts, |event| match event {
        Event::ConsentGiven(given) => Some(given.consent),
        _ => None,
    });
    let withdrawn = Begun::of(facts, |event| match event {
        Event::ConsentWithdrawn(withdrawn) => Some(withdrawn.consent),
        _ => None,
    });
    for fact in facts {
        let on = fact.occurred_on;
        match &fact.event {
            Event::ConsentGiven(consented) => {
                let consent = consented.consent;
                let first = given.check_first(consent, fact);
                found.check(
                    fact,
                    first.map_err(|on| Refusal::ConsentExists { consent, on }),
                );
                if let Some(person) = consented.person {
                    found.check(fact, household.check_known(person, on));
                }
            }
            Event::ConsentWithdrawn(withdrawal) => {
                let consent = withdrawal.consent;
                found.check(fact, check_given(household, &given, consent, on));
                let first = withdrawn.check_first(consent, fact);
                found.check(
                    fact,
                    first.map_err(|on| Refusal::ConsentAlreadyWithdrawn { consent, on }),
                );
            }
            _ => {}
        }
    }
}

fn check_given(
    household: &Household,
    given: &Begun<ConsentId>,
    consent: ConsentId,
    on: NaiveDate,
) -> Result<(), Refusal> {
    let begun = given.check_begun(consent, on);
    begun.map_err(|missing| match missing {
        Missing::Unknown => Refusal::ConsentUnknown {
            household: household.id,
            consent,
        },
        Missing::NotYet(given_on) => Refusal::ConsentNotYetGiven {
            consent,
            given_on,
            on,
        },
    })
}
