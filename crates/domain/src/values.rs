//! What a fact may say in itself: lengths, ranges, lists without repetition.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use events::codes::{AdmissionDecision, FollowUpResult, Relation};
use events::{
    Admission, Answer, Birth, Event, Exit, FollowUpRecorded, Income, Member, Money, PersonId,
    PilotOpened, ServiceProvided, Visit,
};
use rust_decimal::Decimal;

use crate::Refusal;
use crate::limits::*;

/// Checks a fact said to have happened on `on`. A correction's replacement is checked by itself.
pub(crate) fn check(event: &Event, on: NaiveDate) -> Result<(), Refusal> {
    match event {
        Event::PilotOpened(opened) => pilot_opened(opened),
        Event::PhaseStarted(started) => planned_day("planned_end", started.planned_end, on),
        Event::PartnerJoined(joined) => text("name", &joined.name, MAX_NAME),
        Event::ExpenseRecorded(expense) => {
            money("amount", expense.amount, MIN_EXPENSE)?;
            text("description", &expense.description, MAX_DESCRIPTION)
        }
        Event::DwellingRegistered(registered) => {
            text("label", &registered.label, MAX_LABEL)?;
            number("rooms", registered.rooms, 1, MAX_ROOMS)?;
            number("beds", registered.beds, 1, MAX_BEDS)
        }
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
        Event::Admission(admission) => admitted(admission, on),
        Event::HouseholdMemberJoined(joined) => {
            if joined.member.relation == Answer::Known(Relation::Head) {
                return Err(Refusal::JoinsAsHead);
            }
            member(&joined.member, on)
        }
        Event::PlanAgreed(plan) => planned_day("review_due", plan.review_due, on),
        Event::GoalSet(goal) => planned_day("due", goal.due, on),
        Event::GoalReviewed(review) => number(
            "attainment",
            review.attainment,
            -MAX_ATTAINMENT,
            MAX_ATTAINMENT,
        ),
        Event::Visit(visit) => visited(visit),
        Event::ServiceProvided(service) => provided(service),
        Event::JobPlacement(placement) => match placement.weekly_hours {
            Some(hours) => number("weekly_hours", hours, 1, MAX_WEEKLY_HOURS),
            None => Ok(()),
        },
        Event::IncomeRecorded(recorded) => recorded.income.known().map_or(Ok(()), income),
        Event::Exit(exit) => left(exit),
        Event::FollowUpRecorded(follow_up) => followed_up(follow_up),
        Event::DwellingAvailable(_)
        | Event::DwellingUnavailable(_)
        | Event::HouseholdMemberLeft(_)
        | Event::DwellingChanged(_)
        | Event::JobEnded(_)
        | Event::RecordCorrected(_)
        | Event::RecordRetracted(_) => Ok(()),
    }
}

fn pilot_opened(opened: &PilotOpened) -> Result<(), Refusal> {
    text("title", &opened.title, MAX_TITLE)?;
    text("place", &opened.place, MAX_PLACE)?;
    let code = opened.code.as_bytes();
    let usable = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if code.len() > MAX_CODE
        || !code.first().is_some_and(usable)
        || !code.iter().all(|byte| usable(byte) || *byte == b'-')
    {
        return Err(Refusal::CodeNotUsable);
    }
    match &opened.hmis_project {
        Some(project) => text("hmis_project", &project.project_id, MAX_HMIS_ID),
        None => Ok(()),
    }
}

fn admitted(admission: &Admission, on: NaiveDate) -> Result<(), Refusal> {
    if admission.members.is_empty() {
        return Err(Refusal::NoMembers);
    }
    each_once(
        "members",
        admission.members.iter().map(|member| member.person),
        MAX_MEMBERS,
    )?;
    let is_head = |member: &&Member| member.relation == Answer::Known(Relation::Head);
    let heads = admission.members.iter().filter(is_head).count();
    if heads != 1 {
        return Err(Refusal::NotOneHead { heads });
    }
    admission
        .members
        .iter()
        .try_for_each(|entering| member(entering, on))
}

fn member(member: &Member, entry: NaiveDate) -> Result<(), Refusal> {
    member
        .birth
        .known()
        .map_or(Ok(()), |born| birth(member.person, born, entry))
}

fn birth(person: PersonId, birth: &Birth, entry: NaiveDate) -> Result<(), Refusal> {
    let months = |year: i32, month: u32| i64::from(year) * 12 + i64::from(month);
    let born = months(birth.month.year(), birth.month.month());
    let since = months(entry.year(), entry.month()) - born;
    if since < -i64::from(MAX_MONTHS_UNBORN) {
        return Err(Refusal::BirthAfterEntry { person });
    }
    let age = i64::from(birth.age_at_entry);
    if birth.age_at_entry > MAX_AGE || (age - since.max(0) / 12).abs() > 1 {
        return Err(Refusal::AgeInconsistent { person });
    }
    Ok(())
}

fn visited(visit: &Visit) -> Result<(), Refusal> {
    number("minutes", visit.minutes, 1, MAX_MINUTES)?;
    each_once("present", visit.present.iter(), MAX_MEMBERS)?;
    each_once("partners", visit.partners.iter(), MAX_PARTNERS)
}

fn provided(service: &ServiceProvided) -> Result<(), Refusal> {
    if let Some(minutes) = service.minutes {
        number("minutes", minutes, 1, MAX_MINUTES)?;
    }
    service
        .amount
        .map_or(Ok(()), |amount| money("amount", amount, Decimal::ZERO))
}

fn income(income: &Income) -> Result<(), Refusal> {
    let parts = income.sources.iter();
    each_once("sources", parts.clone().map(|part| part.source), usize::MAX)?;
    income
        .total
        .into_iter()
        .chain(parts.filter_map(|part| part.amount))
        .try_for_each(|amount| money("income", amount, Decimal::ZERO))
}

fn left(exit: &Exit) -> Result<(), Refusal> {
    each_once(
        "members",
        exit.members.iter().map(|member| member.person),
        MAX_MEMBERS,
    )
}

fn followed_up(follow_up: &FollowUpRecorded) -> Result<(), Refusal> {
    if follow_up.result == FollowUpResult::Reached {
        return Ok(());
    }
    let answered = [
        ("housing", follow_up.housing.known().is_some()),
        ("employment", follow_up.employment.known().is_some()),
        ("new_violence", follow_up.new_violence.known().is_some()),
        ("safety", follow_up.safety.known().is_some()),
    ];
    match answered.into_iter().find(|(_, is_known)| *is_known) {
        Some((field, _)) => Err(Refusal::AnswerWithoutContact { field }),
        None => Ok(()),
    }
}

fn text(field: &'static str, text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        Err(Refusal::TextMissing { field })
    } else if text.chars().count() > limit {
        Err(Refusal::TextTooLong { field, limit })
    } else if text.chars().any(char::is_control) {
        Err(Refusal::TextNotPlain { field })
    } else {
        Ok(())
    }
}

fn number<N: Into<i64>>(field: &'static str, given: N, least: N, most: N) -> Result<(), Refusal> {
    let (given, least, most) = (given.into(), least.into(), most.into());
    if (least..=most).contains(&given) {
        Ok(())
    } else {
        Err(Refusal::OutOfRange {
            field,
            given,
            least,
            most,
        })
    }
}

fn money(field: &'static str, amount: Money, least: Money) -> Result<(), Refusal> {
    if amount.normalize().scale() > MAX_DECIMALS {
        Err(Refusal::AmountTooFine { field })
    } else if amount < least || amount > MAX_AMOUNT {
        Err(Refusal::AmountOutOfRange {
            field,
            least,
            most: MAX_AMOUNT,
        })
    } else {
        Ok(())
    }
}

/// A day that lies ahead of `on`, or is it.
fn planned_day(field: &'static str, day: Option<NaiveDate>, on: NaiveDate) -> Result<(), Refusal> {
    match day {
        Some(given) if given < on || given > LATEST_DAY => Err(Refusal::DayOutOfRange {
            field,
            given,
            earliest: on,
            latest: LATEST_DAY,
        }),
        _ => Ok(()),
    }
}

fn each_once<T: Ord>(
    field: &'static str,
    list: impl Iterator<Item = T>,
    limit: usize,
) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for one in list {
        if !seen.insert(one) {
            return Err(Refusal::NamedTwice { field });
        }
        if seen.len() > limit {
            return Err(Refusal::TooMany { field, limit });
        }
    }
    Ok(())
}
