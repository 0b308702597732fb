//! What must hold among the pilot, its partners and its committee.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use events::codes::{AdmissionDecision, Phase};
use events::*;

fn find(history: &[Effective], is: impl Fn(&Event) -> bool) -> Option<&Effective> {
    history.iter().find(|fact| is(&fact.event))
}

/// What is wrong with the pilot's own stream, the money's and the committee's.
pub(super) fn wrong(history: &[Effective]) -> Vec<String> {
    let mut wrong = Vec::new();
    if find(history, |event| matches!(event, Event::PilotOpened(_))).is_none() {
        wrong.push("no opening".to_owned());
    }
    let own = [Stream::Pilot, Stream::Funding, Stream::Committee];
    for fact in history.iter().filter(|fact| own.contains(&fact.stream)) {
        wrong.extend(against_the_pilot(history, fact));
        if !committee_fits(history, fact) {
            wrong.push(format!("{} names what is not", fact.event.kind()));
        }
    }
    wrong.extend(phases(history));
    wrong.extend(periods(history));
    wrong.extend(reports(history));
    wrong
}

/// What facts of dwellings and households say against the pilot's stream. A change of the pilot's
/// own does not look at them; nothing else may add to it.
pub(crate) fn relying_on_the_pilot(facts: &[Fact]) -> BTreeSet<(Position, String, NaiveDate)> {
    let history = effective(facts);
    let mut found = BTreeSet::new();
    for fact in &history {
        if !matches!(fact.stream, Stream::Dwelling(_) | Stream::Household(_)) {
            continue;
        }
        let day = fact.occurred_on;
        let mut note = |what: String| {
            found.insert((fact.position, what, day));
        };
        for problem in against_the_pilot(&history, fact) {
            note(problem);
        }
        let rules = rules_on(&history, day);
        if let Event::Admission(admission) = &fact.event
            && rules.is_some_and(|rules| rules.confirm_admission)
            && !is_confirmed(facts, &history, admission.household, day)
        {
            note("not confirmed".to_owned());
        }
        let members = match &fact.event {
            Event::Admission(admission) => admission.members.as_slice(),
            Event::HouseholdMemberJoined(joined) => std::slice::from_ref(&joined.member),
            _ => &[],
        };
        let told = members
            .iter()
            .any(|member| member.citizenship != Answer::NotCollected);
        if told && !rules.is_some_and(|rules| rules.ask_citizenship) {
            note("citizenship not asked".to_owned());
        }
    }
    found
}

fn rules_on(history: &[Effective], day: NaiveDate) -> Option<&RulesSet> {
    let set = history.iter().filter_map(|fact| match &fact.event {
        Event::RulesSet(rules) if fact.occurred_on <= day => {
            Some(((fact.occurred_on, fact.position), rules))
        }
        _ => None,
    });
    set.max_by_key(|(at, _)| *at).map(|(_, rules)| rules)
}

fn is_confirmed(
    facts: &[Fact],
    history: &[Effective],
    household: HouseholdId,
    entry: NaiveDate,
) -> bool {
    let acceptance = find(history, |event| {
        matches!(event, Event::AdmissionDecided(d)
            if d.household == household && d.decision == AdmissionDecision::Accepted)
    });
    let Some(confirmation) = acceptance.and_then(|acceptance| acceptance.confirmed_by) else {
        // Without an acceptance something else is wrong.
        return acceptance.is_none();
    };
    facts
        .iter()
        .any(|fact| fact.position == confirmation && fact.occurred_on <= entry)
}

/// Too early, too late, or with a partner who was not there.
fn against_the_pilot(history: &[Effective], fact: &Effective) -> Vec<String> {
    let mut wrong = Vec::new();
    let day = fact.occurred_on;
    let kind = fact.event.kind();
    let opening = find(history, |event| matches!(event, Event::PilotOpened(_)));
    let closing = find(history, |event| matches!(event, Event::PilotClosed(_)));
    let prepares = match &fact.event {
        Event::PilotOpened(_) => true,
        Event::PhaseStarted(f) => f.phase == Phase::Preparation,
        Event::PhaseExtended(f) => f.phase == Phase::Preparation,
        Event::PeriodClosed(_)
        | Event::ReportPublished(_)
        | Event::ReportRestated(_)
        | Event::PilotClosed(_) => false,
        _ => !matches!(fact.stream, Stream::Household(_)),
    };
    if !prepares && opening.is_none_or(|opening| day < opening.occurred_on) {
        wrong.push(format!("{kind} before the opening"));
    }
    let follows = fact.stream == Stream::Funding
        || matches!(
            fact.event,
            Event::FollowUpRecorded(_)
                | Event::ReferralOutcome(_)
                | Event::ConsentWithdrawn(_)
                | Event::NoteAdded(_)
                | Event::PeriodClosed(_)
                | Event::ReportPublished(_)
                | Event::ReportRestated(_)
        );
    let is_opening = matches!(fact.event, Event::PilotOpened(_));
    if !follows && !is_opening && closing.is_some_and(|closing| closing.occurred_on < day) {
        wrong.push(format!("{kind} after the closing"));
    }
    let (partners, is_source) = named(&fact.event);
    for partner in partners {
        let joined = find(
            history,
            |event| matches!(event, Event::PartnerJoined(f) if f.partner == partner),
        );
        let left = find(
            history,
            |event| matches!(event, Event::PartnerLeft(f) if f.partner == partner),
        );
        if joined.is_none_or(|joined| day < joined.occurred_on)
            || (!is_source && left.is_some_and(|left| left.occurred_on < day))
        {
            wrong.push(format!("{kind} with a partner who was not there"));
        }
    }
    wrong
}

/// The partners that a fact names; does it name them as sources of money?
fn named(event: &Event) -> (Vec<PartnerId>, bool) {
    let list = |partner: &Option<PartnerId>| partner.iter().copied().collect::<Vec<_>>();
    match event {
        Event::PartnerLeft(f) => (vec![f.partner], true),
        Event::FundingPledged(f) => (vec![f.source], true),
        Event::FundingReceived(f) => (vec![f.source], true),
        Event::BudgetAllocated(f) => (list(&f.source), true),
        Event::ExpenseRecorded(f) => (list(&f.source), true),
        Event::AgreementAdopted(f) => (f.partners.clone(), false),
        Event::TargetSet(f) => (list(&f.set_by), false),
        Event::MeetingHeld(f) => (f.attendance.iter().map(|a| a.partner).collect(), false),
        Event::DecisionTaken(f) => (list(&f.responsible), false),
        Event::ConsentGiven(f) => (f.recipients.clone(), false),
        Event::Visit(f) => (f.partners.clone(), false),
        Event::ServiceProvided(f) => (list(&f.partner), false),
        Event::ServiceReferred(f) => (vec![f.partner], false),
        Event::JobPlacement(f) => (list(&f.partner), false),
        Event::TrainingStarted(f) => (list(&f.partner), false),
        _ => (Vec::new(), false),
    }
}

fn committee_fits(history: &[Effective], fact: &Effective) -> bool {
    let by_then = |is: &dyn Fn(&Event) -> bool| {
        find(history, is).is_some_and(|other| other.occurred_on <= fact.occurred_on)
    };
    match &fact.event {
        Event::DecisionTaken(taken) => taken.meeting.is_none_or(|meeting| {
            by_then(&|event| matches!(event, Event::MeetingHeld(m) if m.meeting == meeting))
        }),
        Event::DecisionClosed(closed) => by_then(
            &|event| matches!(event, Event::DecisionTaken(d) if d.decision == closed.decision),
        ),
        Event::PhaseExtended(extended) => extended.decision.is_none_or(|decision| {
            by_then(&|event| matches!(event, Event::DecisionTaken(d) if d.decision == decision))
        }),
        _ => true,
    }
}

fn phases(history: &[Effective]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut phases = Vec::new();
    for fact in history {
        if let Event::PhaseStarted(started) = &fact.event {
            phases.push((started.phase, fact.occurred_on));
        }
    }
    phases.sort();
    if phases
        .windows(2)
        .any(|two| two[0].0 == two[1].0 || two[0].1 > two[1].1)
    {
        wrong.push("phases out of order".to_owned());
    }
    for fact in history {
        if let Event::PhaseExtended(extended) = &fact.event {
            let begun: Vec<_> = phases
                .iter()
                .filter(|(_, start)| *start <= fact.occurred_on)
                .collect();
            let runs = begun.last().filter(|(phase, _)| *phase == extended.phase);
            if runs.is_none_or(|(_, start)| extended.planned_end <= *start) {
                wrong.push("a phase extended that does not run".to_owned());
            }
        }
    }
    wrong
}

fn periods(history: &[Effective]) -> Vec<String> {
    let mut wrong = Vec::new();
    let opening = find(history, |event| matches!(event, Event::PilotOpened(_)));
    let mut days = BTreeSet::new();
    for fact in history {
        if let Event::PeriodClosed(period) = &fact.event {
            if period.to > fact.occurred_on
                || opening.is_some_and(|opening| period.from < opening.occurred_on)
            {
                wrong.push("a period closed too early".to_owned());
            }
            let mut closed = period.from.iter_days().take_while(|day| *day <= period.to);
            if !closed.all(|day| days.insert(day)) {
                wrong.push("a day closed twice".to_owned());
            }
        }
    }
    wrong
}

fn reports(history: &[Effective]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut editions: Vec<(ReportId, NaiveDate)> = Vec::new();
    for fact in history {
        let report = match &fact.event {
            Event::ReportPublished(edition) => edition.report,
            Event::ReportRestated(edition) => {
                let replaced = |(report, on): &(ReportId, NaiveDate)| {
                    *report == edition.restates && *on <= fact.occurred_on
                };
                if !editions.iter().any(replaced) {
                    wrong.push("restates nothing".to_owned());
                }
                edition.report
            }
            _ => continue,
        };
        if editions.iter().any(|(other, _)| *other == report) {
            wrong.push("an edition twice".to_owned());
        }
        editions.push((report, fact.occurred_on));
    }
    wrong
}
