//! Corrections and retractions.

use std::collections::BTreeSet;

use events::{Event, Fact, PersonId, Position, RecordCorrected, Replacement, Stream, effective};
use uuid::Uuid;

use crate::decide::{check_day, check_holds, check_not_too_many, decided, target};
use crate::view::Target;
use crate::{Command, Context, Decided, Refusal, View, values};

/// Decides the correction of a fact.
pub(crate) fn correct(
    view: &View,
    command: &Command,
    correction: &RecordCorrected,
    context: &Context,
) -> Result<Decided, Refusal> {
    let target = target(view, correction.position)?;
    let original = target.original;
    let position = original.position;
    check_correctable(target)?;
    let history = view.facts(original.stream);
    if retracted(history).contains(&position) {
        return Err(Refusal::AlreadyRetracted { position });
    }
    let replacement = &correction.replacement;
    check_same_record(original, &replacement.event)?;
    check_day(replacement.occurred_on, context)?;
    values::check(&replacement.event, replacement.occurred_on)?;
    check_changes(history, position, replacement)?;

    // A correction of a correction corrects the original.
    let event = Event::RecordCorrected(RecordCorrected {
        position,
        ..correction.clone()
    });
    let decided = decided(view, command, event, original.stream, Some(&original.event));
    check_holds(view, &decided, position, context)?;
    check_not_too_many(view, &decided)?;
    Ok(decided)
}

/// Decides the retraction of a fact, of a correction, of a confirmation or of a retraction.
pub(crate) fn retract(
    view: &View,
    command: &Command,
    position: Position,
    context: &Context,
) -> Result<Decided, Refusal> {
    let target = target(view, position)?;
    let Target { named, original } = target;
    let gone = retracted(view.facts(original.stream));
    if gone.contains(&position) {
        return Err(Refusal::AlreadyRetracted { position });
    }
    let hangs_on_original = matches!(
        named.event,
        Event::RecordCorrected(_) | Event::RecordConfirmed(_)
    );
    if hangs_on_original && gone.contains(&original.position) {
        return Err(Refusal::AlreadyRetracted {
            position: original.position,
        });
    }
    if matches!(named.event, Event::PilotOpened(_)) {
        return Err(Refusal::OpeningStays { position });
    }
    check_not_published(original)?;
    let decided = decided(
        view,
        command,
        command.event.clone(),
        original.stream,
        view.changed_by(position),
    );
    check_holds(view, &decided, original.position, context)?;
    Ok(decided)
}

fn check_correctable(target: Target<'_>) -> Result<(), Refusal> {
    let position = target.named.position;
    match target.named.event {
        Event::RecordRetracted(_) => Err(Refusal::RetractionNotCorrectable { position }),
        Event::RecordConfirmed(_) => Err(Refusal::ConfirmationNotCorrectable { position }),
        _ => check_not_published(target.original),
    }
}

/// What was published stays what it was.
fn check_not_published(original: &Fact) -> Result<(), Refusal> {
    match original.event {
        Event::ReportPublished(_) | Event::ReportRestated(_) => Err(Refusal::ReportStays {
            position: original.position,
        }),
        _ => Ok(()),
    }
}

/// Positions of the facts that stand retracted.
pub(crate) fn retracted(facts: &[Fact]) -> BTreeSet<Position> {
    let mut gone = BTreeSet::new();
    // Last to first: a retraction that was itself retracted does nothing.
    for fact in facts.iter().rev() {
        if let Event::RecordRetracted(retraction) = &fact.event
            && !gone.contains(&fact.position)
        {
            gone.insert(retraction.position);
        }
    }
    gone
}

fn check_changes(
    history: &[Fact],
    position: Position,
    replacement: &Replacement,
) -> Result<(), Refusal> {
    let stands = effective(history)
        .into_iter()
        .find(|fact| fact.position == position);
    match stands {
        Some(fact)
            if fact.occurred_on == replacement.occurred_on && fact.event == *replacement.event =>
        {
            Err(Refusal::NothingChanges { position })
        }
        _ => Ok(()),
    }
}

fn check_same_record(original: &Fact, replacement: &Event) -> Result<(), Refusal> {
    let position = original.position;
    if original.event.kind() != replacement.kind() {
        return Err(Refusal::KindDiffers {
            position,
            recorded: original.event.kind(),
            given: replacement.kind(),
        });
    }
    let pairs = identity(&original.event)
        .into_iter()
        .zip(identity(replacement));
    for ((field, recorded), (_, given)) in pairs {
        if recorded != given {
            return Err(Refusal::AnotherRecord { position, field });
        }
    }
    Ok(())
}

/// The ids that say which record a fact is; the same fields for every fact of a kind.
fn identity(event: &Event) -> Vec<(&'static str, Uuid)> {
    let mut ids: Vec<(&'static str, Uuid)> = Vec::new();
    ids.extend(event.household().map(|id| ("household", id.0)));
    if let Some(Stream::Dwelling(id)) = event.stream() {
        ids.push(("dwelling", id.0));
    }
    ids.extend(person(event).map(|id| ("person", id.0)));
    ids.extend(thing(event));
    ids
}

/// The person that a fact is about and no other.
fn person(event: &Event) -> Option<PersonId> {
    match event {
        Event::HouseholdMemberJoined(fact) => Some(fact.member.person),
        Event::HouseholdMemberLeft(fact) => Some(fact.person),
        Event::AssessmentScored(fact) => Some(fact.person),
        Event::RiskAssessed(fact) => Some(fact.person),
        Event::JobPlacement(fact) => Some(fact.person),
        Event::TrainingStarted(fact) => Some(fact.person),
        Event::IncomeRecorded(fact) => Some(fact.person),
        Event::SchoolingStarted(fact) => Some(fact.person),
        _ => None,
    }
}

/// The thing that a fact begins, goes on with or ends.
fn thing(event: &Event) -> Option<(&'static str, Uuid)> {
    match event {
        Event::PartnerJoined(fact) => Some(("partner", fact.partner.0)),
        Event::PartnerLeft(fact) => Some(("partner", fact.partner.0)),
        Event::AgreementAdopted(fact) => Some(("agreement", fact.agreement.0)),
        Event::FundingPledged(fact) => Some(("pledge", fact.pledge.0)),
        Event::ExpenseRecorded(fact) => Some(("expense", fact.expense.0)),
        Event::ExpenseApproved(fact) => Some(("expense", fact.expense.0)),
        Event::ExpenseReversed(fact) => Some(("expense", fact.expense.0)),
        Event::MeetingPlanned(fact) => Some(("meeting", fact.meeting.0)),
        Event::MeetingHeld(fact) => Some(("meeting", fact.meeting.0)),
        Event::DecisionTaken(fact) => Some(("decision", fact.decision.0)),
        Event::DecisionClosed(fact) => Some(("decision", fact.decision.0)),
        Event::ConsentGiven(fact) => Some(("consent", fact.consent.0)),
        Event::ConsentWithdrawn(fact) => Some(("consent", fact.consent.0)),
        Event::GoalSet(fact) => Some(("goal", fact.goal.0)),
        Event::GoalRevised(fact) => Some(("goal", fact.goal.0)),
        Event::GoalReviewed(fact) => Some(("goal", fact.goal.0)),
        Event::GoalWithdrawn(fact) => Some(("goal", fact.goal.0)),
        Event::ServiceReferred(fact) => Some(("referral", fact.referral.0)),
        Event::ReferralOutcome(fact) => Some(("referral", fact.referral.0)),
        Event::IncidentReported(fact) => Some(("incident", fact.incident.0)),
        Event::JobPlacement(fact) => Some(("job", fact.job.0)),
        Event::JobEnded(fact) => Some(("job", fact.job.0)),
        Event::TrainingStarted(fact) => Some(("training", fact.training.0)),
        Event::TrainingEnded(fact) => Some(("training", fact.training.0)),
        _ => None,
    }
}
