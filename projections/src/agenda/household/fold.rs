//! Stream `household/ID` → [`HouseholdAgenda`].

use events::codes::LivingSituation;
use events::{Answer, EffectiveRef, Event, Fact, HouseholdId};

use super::{Happened, HouseholdAgenda, HouseholdMark};
use crate::agenda::Mark;
use crate::history::{amends, effective_of, folded, further, insert, whole};

folded!(HouseholdAgenda, household: HouseholdId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other households change nothing. The order does not matter. On which
/// day a fact was confirmed is for [`fold`], which has the confirmation itself.
pub fn evolve(
    row: Option<HouseholdAgenda>,
    fact: &EffectiveRef<'_>,
    household: HouseholdId,
) -> Option<HouseholdAgenda> {
    // A correction may have given the fact to another household.
    if fact.event.household() != Some(household) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| HouseholdAgenda::new(household));
    if let Some(what) = happened(fact.event) {
        let mark = HouseholdMark {
            position: fact.position,
            on: fact.occurred_on,
            confirmed: None,
            what,
        };
        insert(&mut row.marks, mark, |mark| (mark.on, mark.position));
    }
    Some(row)
}

/// Must the row be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(household: HouseholdId, entries: &[&Fact]) -> Option<HouseholdAgenda> {
    let history = effective_of(entries);
    let mut row = whole(household, entries, &history, evolve);
    for mark in row.iter_mut().flat_map(|row| &mut row.marks) {
        let fact = history.binary_search_by_key(&mark.position, |fact| fact.position);
        let confirmation = fact.ok().and_then(|at| history[at].confirmed_by);
        let confirmation = confirmation
            .and_then(|at| entries.binary_search_by_key(&at, |fact| fact.position).ok())
            .map(|at| entries[at]);
        mark.confirmed = confirmation.map(|fact| Mark {
            on: fact.occurred_on,
            position: fact.position,
        });
    }
    row
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: HouseholdAgenda, entries: &[&Fact]) -> HouseholdAgenda {
    further(row, entries, evolve)
}

/// What the agenda keeps of a fact; nothing of most.
fn happened(event: &Event) -> Option<Happened> {
    Some(match event {
        Event::ReferralReceived(_) => Happened::ReferralReceived,
        Event::AdmissionDecided(decided) => Happened::AdmissionDecided(decided.decision),
        Event::ReferralWithdrawn(_) => Happened::ReferralWithdrawn,
        Event::ConsentGiven(given) => Happened::ConsentGiven {
            consent: given.consent,
            person: given.person,
            purposes: given.purposes.clone(),
            expires_on: given.expires_on,
        },
        Event::ConsentWithdrawn(withdrawn) => Happened::ConsentWithdrawn(withdrawn.consent),
        Event::Admission(_) => Happened::Admission,
        Event::AgreementSigned(signed) => Happened::AgreementSigned {
            ends_on: signed.ends_on,
        },
        Event::ExtensionGranted(granted) => Happened::ExtensionGranted {
            until: granted.until,
        },
        Event::PlanAgreed(agreed) => Happened::PlanAgreed {
            review_due: agreed.review_due,
        },
        Event::GoalSet(set) => Happened::GoalSet {
            goal: set.goal,
            due: set.due,
        },
        Event::GoalRevised(revised) => Happened::GoalRevised {
            goal: revised.goal,
            due: revised.due,
        },
        Event::GoalReviewed(reviewed) => Happened::GoalReviewed {
            goal: reviewed.goal,
            attainment: reviewed.attainment,
        },
        Event::GoalWithdrawn(withdrawn) => Happened::GoalWithdrawn(withdrawn.goal),
        Event::ServiceReferred(referred) => Happened::ServiceReferred(referred.referral),
        Event::ReferralOutcome(outcome) => Happened::ReferralOutcome {
            referral: outcome.referral,
            outcome: outcome.outcome,
        },
        Event::Exit(exit) => {
            let died = |at: Answer<LivingSituation>| at == DECEASED;
            Happened::Exit {
                // Nobody is not everybody.
                all_deceased: !exit.members.is_empty()
                    && exit.members.iter().all(|member| died(member.destination)),
            }
        }
        Event::FollowUpRecorded(asked) => Happened::FollowUpRecorded {
            month: asked.month,
            result: asked.result,
            deceased: asked.housing == DECEASED,
        },
        _ => return None,
    })
}

const DECEASED: Answer<LivingSituation> = Answer::Known(LivingSituation::Deceased);
