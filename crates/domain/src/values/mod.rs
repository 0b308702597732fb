//! What a fact may say in itself: lengths, ranges, lists without repetition.

mod assessments;
mod checks;
mod households;
mod pilot;

use chrono::NaiveDate;
use events::codes::AdmissionDecision;
use events::{Answer, Event};
use rust_decimal::Decimal;

use crate::Refusal;
use crate::limits::*;
use checks::{money, number, planned_day, text, within};

/// Checks a fact said to have happened on `on`. A correction's replacement is checked by itself.
pub(crate) fn check(event: &Event, on: NaiveDate) -> Result<(), Refusal> {
    match event {
        Event::PilotOpened(opened) => pilot::opened(opened),
        Event::RulesSet(rules) => pilot::rules(rules),
        Event::PhaseStarted(started) => planned_day("planned_end", started.planned_end, on),
        Event::PhaseExtended(extended) => within(
            "planned_end",
            extended.planned_end,
            EARLIEST_DAY,
            LATEST_DAY,
        ),
        Event::PartnerJoined(joined) => text("name", &joined.name, MAX_NAME),
        Event::AgreementAdopted(agreement) => pilot::agreement(agreement, on),
        Event::TargetSet(target) => pilot::target(target, on),
        Event::PeriodClosed(period) => pilot::period(period, on),
        Event::ReportPublished(report) => pilot::published(report),
        Event::ReportRestated(report) => pilot::restated(report),
        Event::FundingPledged(pledged) => money("amount", pledged.amount, MIN_AMOUNT),
        Event::FundingReceived(received) => money("amount", received.amount, MIN_AMOUNT),
        Event::BudgetAllocated(allocated) => money("amount", allocated.amount, Decimal::ZERO),
        Event::ExpenseRecorded(expense) => {
            money("amount", expense.amount, MIN_AMOUNT)?;
            text("description", &expense.description, MAX_DESCRIPTION)
        }
        Event::ExpenseReversed(reversal) => money("amount", reversal.amount, MIN_AMOUNT),
        Event::MeetingPlanned(planned) => planned_day("planned_for", Some(planned.planned_for), on),
        Event::MeetingHeld(held) => pilot::held(held),
        Event::DecisionTaken(decision) => {
            text("title", &decision.title, MAX_TITLE)?;
            planned_day("due", decision.due, on)
        }
        Event::DwellingRegistered(registered) => {
            text("label", &registered.label, MAX_LABEL)?;
            number("rooms", registered.rooms, 1, MAX_ROOMS)?;
            number("beds", registered.beds, 1, MAX_BEDS)
        }
        Event::WorksStarted(works) => planned_day("planned_end", works.planned_end, on),
        Event::ReferralReceived(referral) => {
            number("adults", referral.adults, 0, MAX_REFERRED)?;
            number("children", referral.children, 0, MAX_REFERRED)
        }
        Event::AdmissionDecided(decided) => {
            let needs_reason = decided.decision != AdmissionDecision::Accepted;
            if needs_reason && decided.reason.is_none() {
                return Err(Refusal::ReasonMissing);
            }
            Ok(())
        }
        Event::ConsentGiven(consent) => households::consented(consent, on),
        Event::Admission(admission) => households::admitted(admission, on),
        Event::AgreementSigned(signed) => planned_day("ends_on", Some(signed.ends_on), on),
        Event::HouseholdMemberJoined(joined) => households::joined(joined, on),
        Event::ExtensionGranted(granted) => planned_day("until", Some(granted.until), on),
        Event::PlanAgreed(plan) => planned_day("review_due", plan.review_due, on),
        Event::GoalSet(goal) => planned_day("due", goal.due, on),
        Event::GoalRevised(goal) => planned_day("due", goal.due, on),
        Event::GoalReviewed(review) => number(
            "attainment",
            review.attainment,
            -MAX_ATTAINMENT,
            MAX_ATTAINMENT,
        ),
        Event::AssessmentScored(assessed) => assessments::scored(assessed),
        Event::RiskAssessed(assessed) => assessments::risk(assessed),
        Event::Visit(visit) => households::visited(visit),
        Event::ServiceProvided(service) => households::provided(service),
        Event::JobPlacement(placement) => placement.weekly_hours.map_or(Ok(()), |hours| {
            number("weekly_hours", hours, 1, MAX_WEEKLY_HOURS)
        }),
        Event::TrainingStarted(training) => training.hours.map_or(Ok(()), |hours| {
            number("hours", hours, 1, MAX_TRAINING_HOURS)
        }),
        Event::IncomeRecorded(recorded) => match &recorded.income {
            Answer::Known(income) => households::income(income),
            _ => Ok(()),
        },
        Event::Exit(exit) => households::left(exit),
        Event::FollowUpRecorded(follow_up) => households::followed_up(follow_up),
        Event::PartnerLeft(_)
        | Event::PilotClosed(_)
        | Event::ExpenseApproved(_)
        | Event::DecisionClosed(_)
        | Event::WorksCompleted(_)
        | Event::DwellingAvailable(_)
        | Event::DwellingUnavailable(_)
        | Event::DwellingWithdrawn(_)
        | Event::ReferralAssessed(_)
        | Event::ReferralWithdrawn(_)
        | Event::ConsentWithdrawn(_)
        | Event::HouseholdMemberLeft(_)
        | Event::DwellingChanged(_)
        | Event::GoalWithdrawn(_)
        | Event::ServiceReferred(_)
        | Event::ReferralOutcome(_)
        | Event::IncidentReported(_)
        | Event::ProtectionBreached(_)
        | Event::JobEnded(_)
        | Event::TrainingEnded(_)
        | Event::SchoolingStarted(_)
        | Event::NoteAdded(_)
        | Event::RecordConfirmed(_)
        | Event::RecordCorrected(_)
        | Event::RecordRetracted(_) => Ok(()),
    }
}
