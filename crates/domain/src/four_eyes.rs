//! Four eyes: what somebody else than who recorded it has to confirm, and how that is decided.

use events::codes::AdmissionDecision;
use events::{Effective, Event, Fact, Position, effective};

use crate::decide::{decided, target};
use crate::finding::Findings;
use crate::household::Household;
use crate::pilot::Pilot;
use crate::records::retracted;
use crate::{Command, Context, Decided, Refusal, View};

/// Notes an admission on an acceptance that, by the rules of its day, lacks a confirmation.
pub(crate) fn check_admission(
    pilot: &Pilot,
    household: &Household,
    recorded: &[Fact],
    facts: &[Effective],
    found: &mut Findings,
) {
    let Some(admission) = household.admission else {
        return;
    };
    let must_be = pilot
        .rules_on(admission.on)
        .is_some_and(|rules| rules.confirm_admission);
    let Some((AdmissionDecision::Accepted, acceptance)) = household.decided else {
        return;
    };
    let decision = facts
        .iter()
        .find(|fact| fact.position == acceptance.position);
    let confirmed_on = decision
        .and_then(|decision| decision.confirmed_by)
        .and_then(|position| recorded.iter().find(|fact| fact.position == position))
        .map(|confirmation| confirmation.occurred_on);
    if must_be && confirmed_on.is_none_or(|confirmed_on| confirmed_on > admission.on) {
        found.at(
            admission.position,
            Refusal::NotConfirmed {
                household: household.id,
                on: admission.on,
            },
        );
    }
}

/// Decides the confirmation of what stands of the fact at `position`.
pub(crate) fn confirm(
    view: &View,
    command: &Command,
    position: Position,
    context: &Context,
) -> Result<Decided, Refusal> {
    let target = target(view, position)?;
    let (named, original) = (target.named, target.original);
    let is_confirmation_or_retraction = matches!(
        named.event,
        Event::RecordConfirmed(_) | Event::RecordRetracted(_)
    );
    if is_confirmation_or_retraction || !may_be_confirmed(&original.event) {
        return Err(Refusal::NeedsNoConfirmation {
            position,
            kind: named.event.kind(),
        });
    }
    let history = view.facts(original.stream);
    let gone = retracted(history);
    for position in [position, original.position] {
        if gone.contains(&position) {
            return Err(Refusal::AlreadyRetracted { position });
        }
    }
    let history = effective(history);
    let stands = history
        .iter()
        .find(|fact| fact.position == original.position)
        .ok_or(Refusal::NoSuchFact { position })?;
    let by = stands.corrected_by.unwrap_or(original.position);
    if by != position {
        return Err(Refusal::CorrectedSince { position, by });
    }
    if let Some(by) = stands.confirmed_by {
        return Err(Refusal::AlreadyConfirmed { position, by });
    }
    if stands.stated_by == context.actor {
        return Err(Refusal::ConfirmsOwn { position });
    }
    Ok(decided(
        view,
        command,
        command.event.clone(),
        original.stream,
        None,
    ))
}

/// An expense is approved instead; nothing else waits for anybody.
fn may_be_confirmed(event: &Event) -> bool {
    matches!(
        event,
        Event::AdmissionDecided(_) | Event::Admission(_) | Event::Exit(_)
    )
}
