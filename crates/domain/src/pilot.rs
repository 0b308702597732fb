//! The pilot: its opening and closing, its rules, and what they say to the facts of every stream.

use chrono::NaiveDate;
use events::codes::Phase;
use events::{Answer, Effective, Event, Member, RulesSet};

use crate::Refusal;
use crate::finding::Findings;
use crate::partners::Partners;
use crate::timeline::{Dated, first, in_time};
use crate::{partners, periods, phases, reports};

/// The pilot as its stream leaves it.
#[derive(Debug)]
pub(crate) struct Pilot {
    opening: Option<Dated>,
    closing: Option<Dated>,
    partners: Partners,
    /// In the order of time.
    rules: Vec<(NaiveDate, RulesSet)>,
}

impl Pilot {
    /// Folds the pilot's stream and notes what it breaks.
    pub(crate) fn of(facts: &[Effective], found: &mut Findings) -> Self {
        let rules = in_time(facts)
            .into_iter()
            .filter_map(|fact| match &fact.event {
                Event::RulesSet(rules) => Some((fact.occurred_on, rules.clone())),
                _ => None,
            });
        let pilot = Self {
            opening: first(facts, |event| matches!(event, Event::PilotOpened(_))),
            closing: first(facts, |event| matches!(event, Event::PilotClosed(_))),
            partners: Partners::of(facts, found),
            rules: rules.collect(),
        };
        phases::check(facts, found);
        partners::check_agreements(facts, found);
        periods::check(facts, pilot.opening.map(|opening| opening.on), found);
        reports::check(facts, found);
        pilot
    }

    /// The rules in force on `day`, if any were set by then.
    pub(crate) fn rules_on(&self, day: NaiveDate) -> Option<&RulesSet> {
        let by_then = self.rules.iter().rev().find(|(since, _)| *since <= day);
        by_then.map(|(_, rules)| rules)
    }

    /// Notes where facts of any loaded stream are against the pilot's own. A decision on the
    /// pilot's stream looks at the money and the committee, never at households: moving the
    /// opening, a partner's joining or the rules does not look at what was recorded of households
    /// relying on the old day.
    pub(crate) fn check(&self, facts: &[Effective], found: &mut Findings) {
        for fact in facts {
            found.check(fact, self.check_day(fact));
            self.partners.check_named(fact, found);
            for member in entering(&fact.event) {
                found.check(fact, self.check_citizenship(member, fact.occurred_on));
            }
        }
    }

    fn check_day(&self, fact: &Effective) -> Result<(), Refusal> {
        let on = fact.occurred_on;
        let opening = self.opening.ok_or(Refusal::PilotNotOpened)?;
        if matches!(fact.event, Event::PilotOpened(_)) {
            return if fact.position == opening.position {
                Ok(())
            } else {
                Err(Refusal::PilotAlreadyOpened { on: opening.on })
            };
        }
        if on < opening.on && !may_precede_opening(&fact.event) {
            return Err(Refusal::BeforeOpening {
                on,
                opened_on: opening.on,
            });
        }
        let Some(closing) = self.closing else {
            return Ok(());
        };
        if matches!(fact.event, Event::PilotClosed(_)) && fact.position != closing.position {
            return Err(Refusal::PilotAlreadyClosed { on: closing.on });
        }
        if on > closing.on && !may_follow_closing(&fact.event) {
            return Err(Refusal::AfterClosing {
                on,
                closed_on: closing.on,
            });
        }
        Ok(())
    }

    fn check_citizenship(&self, member: &Member, on: NaiveDate) -> Result<(), Refusal> {
        let asked = self.rules_on(on).is_some_and(|rules| rules.ask_citizenship);
        if asked || member.citizenship == Answer::NotCollected {
            Ok(())
        } else {
            Err(Refusal::CitizenshipNotAsked {
                person: member.person,
                on,
            })
        }
    }
}

fn entering(event: &Event) -> &[Member] {
    match event {
        Event::Admission(admission) => &admission.members,
        Event::HouseholdMemberJoined(joined) => std::slice::from_ref(&joined.member),
        _ => &[],
    }
}

/// What is got ready before the pilot officially starts.
fn may_precede_opening(event: &Event) -> bool {
    match event {
        Event::PhaseStarted(started) => started.phase == Phase::Preparation,
        Event::PhaseExtended(extended) => extended.phase == Phase::Preparation,
        Event::RulesSet(_)
        | Event::PartnerJoined(_)
        | Event::PartnerLeft(_)
        | Event::AgreementAdopted(_)
        | Event::TargetSet(_)
        | Event::FundingPledged(_)
        | Event::FundingReceived(_)
        | Event::BudgetAllocated(_)
        | Event::ExpenseRecorded(_)
        | Event::ExpenseApproved(_)
        | Event::ExpenseReversed(_)
        | Event::MeetingPlanned(_)
        | Event::MeetingHeld(_)
        | Event::DecisionTaken(_)
        | Event::DecisionClosed(_)
        | Event::DwellingRegistered(_)
        | Event::WorksStarted(_)
        | Event::WorksCompleted(_)
        | Event::DwellingAvailable(_)
        | Event::DwellingUnavailable(_)
        | Event::DwellingWithdrawn(_) => true,
        _ => false,
    }
}

/// What is still to be done when the pilot is over: asking people how they are, paying, reporting.
fn may_follow_closing(event: &Event) -> bool {
    matches!(
        event,
        Event::FollowUpRecorded(_)
            | Event::ReferralOutcome(_)
            | Event::ConsentWithdrawn(_)
            | Event::NoteAdded(_)
            | Event::FundingPledged(_)
            | Event::FundingReceived(_)
            | Event::BudgetAllocated(_)
            | Event::ExpenseRecorded(_)
            | Event::ExpenseApproved(_)
            | Event::ExpenseReversed(_)
            // The last period is closed when it is over.
            | Event::PeriodClosed(_)
            | Event::ReportPublished(_)
            | Event::ReportRestated(_)
    )
}
