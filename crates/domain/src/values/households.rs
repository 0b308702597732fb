//! Facts of a household.

use chrono::{Datelike, NaiveDate};
use events::codes::{Completion, ConsentPurpose, FollowUpResult, Relation};
use events::{
    Admission, Answer, Birth, ConsentGiven, Exit, FollowUpRecorded, HouseholdMemberJoined, Income,
    Member, PersonId, ServiceProvided, Visit,
};
use rust_decimal::Decimal;

use super::checks::{each_once, money, not_empty, number, planned_day};
use crate::Refusal;
use crate::limits::*;

/// What a purpose needs is given, and nothing that no purpose needs.
pub(super) fn consented(consent: &ConsentGiven, on: NaiveDate) -> Result<(), Refusal> {
    not_empty("purposes", &consent.purposes)?;
    each_once("purposes", consent.purposes.iter(), usize::MAX)?;
    let sharing = ConsentPurpose::SharingWithPartners;
    needed_by(consent, sharing, "recipients", &consent.recipients)?;
    each_once("recipients", consent.recipients.iter(), MAX_PARTNERS)?;
    let release = ConsentPurpose::ReleaseOfFigures;
    needed_by(consent, release, "indicators", &consent.indicators)?;
    let indicators = consent.indicators.iter();
    each_once("indicators", indicators.clone(), usize::from(INDICATORS))?;
    for &indicator in indicators {
        number("indicators", indicator, 1, INDICATORS)?;
    }
    planned_day("expires_on", consent.expires_on, on)
}

fn needed_by<T>(
    consent: &ConsentGiven,
    purpose: ConsentPurpose,
    named: &'static str,
    list: &[T],
) -> Result<(), Refusal> {
    if consent.purposes.contains(&purpose) {
        not_empty(named, list)
    } else if list.is_empty() {
        Ok(())
    } else {
        Err(Refusal::PurposeMissing { named, purpose })
    }
}

pub(super) fn admitted(admission: &Admission, on: NaiveDate) -> Result<(), Refusal> {
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

pub(super) fn joined(joined: &HouseholdMemberJoined, on: NaiveDate) -> Result<(), Refusal> {
    if joined.member.relation == Answer::Known(Relation::Head) {
        return Err(Refusal::JoinsAsHead);
    }
    member(&joined.member, on)
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

pub(super) fn visited(visit: &Visit) -> Result<(), Refusal> {
    number("minutes", visit.minutes, 1, MAX_MINUTES)?;
    each_once("present", visit.present.iter(), MAX_MEMBERS)?;
    each_once("partners", visit.partners.iter(), MAX_PARTNERS)
}

pub(super) fn provided(service: &ServiceProvided) -> Result<(), Refusal> {
    if let Some(minutes) = service.minutes {
        number("minutes", minutes, 1, MAX_MINUTES)?;
    }
    service
        .amount
        .map_or(Ok(()), |amount| money("amount", amount, Decimal::ZERO))
}

pub(super) fn income(income: &Income) -> Result<(), Refusal> {
    let sources = income.sources.iter();
    each_once(
        "sources",
        sources.clone().map(|part| part.source),
        usize::MAX,
    )?;
    let amounts = sources.map(|part| &part.amount).chain([&income.total]);
    amounts
        .filter_map(Answer::known)
        .try_for_each(|&amount| money("income", amount, Decimal::ZERO))
}

pub(super) fn left(exit: &Exit) -> Result<(), Refusal> {
    each_once(
        "members",
        exit.members.iter().map(|member| member.person),
        MAX_MEMBERS,
    )?;
    let was_asked = exit.completion == Answer::Known(Completion::AskedToLeave);
    if exit.dismissal_reason.is_some() && !was_asked {
        return Err(Refusal::DismissalReasonNotNeeded);
    }
    Ok(())
}

pub(super) fn followed_up(follow_up: &FollowUpRecorded) -> Result<(), Refusal> {
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
