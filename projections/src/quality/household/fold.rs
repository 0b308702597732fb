//! Stream `household/ID` → [`HouseholdQuality`].

use events::codes::IncomeSource;
use events::{Answer, EffectiveRef, Event, Fact, HouseholdId, Income, Member, Money};

use super::{Asked, HouseholdQuality, LeftSaid, MemberSaid, QualityMark, Said};
use crate::history::{amends, effective_of, entered_at, folded, further, insert, whole};
use crate::quality::written::delay;

folded!(HouseholdQuality, household: HouseholdId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other households change nothing. The order of days does not matter.
pub fn evolve(
    row: Option<HouseholdQuality>,
    fact: &EffectiveRef<'_>,
    household: HouseholdId,
) -> Option<HouseholdQuality> {
    // A correction may have given the fact to another household.
    if fact.event.household() != Some(household) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| HouseholdQuality::new(household));
    let days = delay(fact.occurred_on, entered_at(fact));
    row.timeliness.add(fact.position, days);
    if let Some(what) = said(fact.event) {
        let mark = QualityMark {
            position: fact.position,
            on: fact.occurred_on,
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
pub fn fold(household: HouseholdId, entries: &[&Fact]) -> Option<HouseholdQuality> {
    let history = effective_of(entries);
    whole(household, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: HouseholdQuality, entries: &[&Fact]) -> HouseholdQuality {
    further(row, entries, evolve)
}

/// What is kept of a fact; nothing of most.
fn said(event: &Event) -> Option<Said> {
    Some(match event {
        Event::ReferralReceived(received) => Said::ReferralReceived {
            source: asked(received.source),
            urgency: asked(received.urgency),
        },
        Event::Admission(admission) => Said::Admission {
            housed: admission.dwelling.is_some(),
            members: admission.members.iter().map(member).collect(),
        },
        Event::HouseholdMemberJoined(joined) => Said::HouseholdMemberJoined(member(&joined.member)),
        Event::HouseholdMemberLeft(left) => Said::HouseholdMemberLeft(LeftSaid {
            person: left.person,
            destination: left.destination,
            employment: left.employment,
        }),
        Event::DwellingChanged(_) => Said::DwellingChanged,
        Event::AgreementSigned(_) => Said::AgreementSigned,
        Event::GoalSet(set) => Said::GoalSet(set.goal),
        Event::GoalReviewed(reviewed) => Said::GoalReviewed {
            goal: reviewed.goal,
            attainment: reviewed.attainment,
        },
        Event::JobPlacement(placed) => Said::JobPlacement {
            job: placed.job,
            person: placed.person,
            weekly_hours: placed.weekly_hours,
        },
        Event::JobEnded(ended) => Said::JobEnded(ended.job),
        Event::IncomeRecorded(recorded) => Said::IncomeRecorded {
            person: recorded.person,
            stage: recorded.stage,
            total: total(&recorded.income),
            earned: recorded.income.known().and_then(earned),
        },
        Event::Exit(exit) => Said::Exit {
            members: exit.members.iter().map(left).collect(),
            reason: exit.reason,
            completion: exit.completion,
            client_safety: asked(exit.client_safety),
            worker_safety: asked(exit.worker_safety),
            safety_plan: asked(exit.safety_plan),
        },
        Event::FollowUpRecorded(recorded) => Said::FollowUpRecorded {
            month: recorded.month,
            result: recorded.result,
            housing: recorded.housing,
            employment: asked(recorded.employment),
            new_violence: asked(recorded.new_violence),
            safety: asked(recorded.safety),
        },
        _ => return None,
    })
}

fn asked<T>(answer: Answer<T>) -> Asked {
    answer.map(|_| ())
}

fn member(member: &Member) -> MemberSaid {
    MemberSaid {
        person: member.person,
        relation: member.relation,
        birth: member.birth,
        prior_living_situation: asked(member.prior_living_situation),
        employment: member.employment,
        citizenship: asked(member.citizenship),
    }
}

fn left(member: &events::MemberExit) -> LeftSaid {
    LeftSaid {
        person: member.person,
        destination: member.destination,
        employment: member.employment,
    }
}

/// Is her total income known? Having been asked for it counts as having been asked.
fn total(income: &Answer<Income>) -> Asked {
    match income {
        Answer::Known(income) => income.total.map(|_| ()),
        Answer::DoesNotKnow => Answer::DoesNotKnow,
        Answer::PrefersNotToAnswer => Answer::PrefersNotToAnswer,
        Answer::NotCollected => Answer::NotCollected,
    }
}

/// Does she earn anything? No income at all is none earned, and so is a list of known parts that come
/// to the total without any.
fn earned(income: &Income) -> Option<bool> {
    let wages: Vec<_> = income
        .sources
        .iter()
        .filter(|part| part.source == IncomeSource::Earned)
        .collect();
    if let Some(part) = wages.first() {
        return part.amount.known().map(|amount| *amount > Money::ZERO);
    }
    let total = income.total.known()?;
    let parts: Option<Vec<Money>> = income
        .sources
        .iter()
        .map(|part| part.amount.known().copied())
        .collect();
    let known: Money = parts?.into_iter().sum();
    (known == *total).then_some(false)
}
