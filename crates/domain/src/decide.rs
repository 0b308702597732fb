//! The decision.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Event, Fact, Position, Stream};
use uuid::Uuid;

use crate::limits::{EARLIEST_DAY, MAX_DWELLINGS, MAX_PERSONS};
use crate::links::{Named, is_about_whereabouts};
use crate::view::Target;
use crate::world::findings;
use crate::{Command, Context, Decided, Refusal, View, four_eyes, records, values};

/// The place that a proposed fact is imagined at: after all that is recorded.
const PROPOSED: Position = Position::MAX;

/// Decides `command` on `view`, which must lack nothing of what [`View::missing`] asks for.
///
/// # Errors
/// The [`Refusal`] of the first rule that is against it.
pub fn decide(view: &View, command: &Command, context: &Context) -> Result<Decided, Refusal> {
    check_day(command.occurred_on, context)?;
    match &command.event {
        Event::RecordConfirmed(confirmation) => {
            four_eyes::confirm(view, command, confirmation.position, context)
        }
        Event::RecordCorrected(correction) => records::correct(view, command, correction, context),
        Event::RecordRetracted(retraction) => {
            records::retract(view, command, retraction.position, context)
        }
        _ => record(view, command, context),
    }
}

pub(crate) fn check_day(on: NaiveDate, context: &Context) -> Result<(), Refusal> {
    if on > context.today {
        return Err(Refusal::InTheFuture {
            on,
            today: context.today,
        });
    }
    if on < EARLIEST_DAY {
        return Err(Refusal::TooLongAgo {
            on,
            earliest: EARLIEST_DAY,
        });
    }
    Ok(())
}

fn record(view: &View, command: &Command, context: &Context) -> Result<Decided, Refusal> {
    values::check(&command.event, command.occurred_on)?;
    // Only retractions and confirmations have no stream of their own, and are decided elsewhere.
    let stream = command.event.stream().unwrap_or(Stream::Pilot);
    let subject = Some(&command.event);
    let decided = decided(view, command, command.event.clone(), stream, subject);
    let new = new_findings(view, &decided, context);
    if let Some(own) = new.iter().find(|(position, _)| *position == PROPOSED) {
        return Err(own.1.clone());
    }
    if let Some((position, refusal)) = new.into_iter().next() {
        return Err(Refusal::RecordedFactBreaks {
            position,
            refusal: Box::new(refusal),
        });
    }
    check_not_too_many(view, &decided)?;
    Ok(decided)
}

pub(crate) fn target(view: &View, position: Position) -> Result<Target<'_>, Refusal> {
    view.target(position)
        .map_err(|position| Refusal::NoSuchFact { position })
}

/// The fact as it would be recorded; `subject` is what it says, or what it corrects or
/// retracts; none when it changes nothing that counts.
pub(crate) fn decided(
    view: &View,
    command: &Command,
    event: Event,
    stream: Stream,
    subject: Option<&Event>,
) -> Decided {
    let mut also = BTreeSet::new();
    if subject.is_some_and(is_about_whereabouts) {
        also = view.also(stream, &event, command.occurred_on);
    }
    Decided {
        event,
        occurred_on: command.occurred_on,
        stream,
        also: also.into_iter().collect(),
    }
}

/// Nothing that held may cease to hold.
pub(crate) fn check_holds(
    view: &View,
    decided: &Decided,
    original: Position,
    context: &Context,
) -> Result<(), Refusal> {
    let new = new_findings(view, decided, context);
    let own = new.iter().find(|(position, _)| *position == original);
    match own.or(new.first()) {
        Some((position, refusal)) => Err(Refusal::CorrectionBreaks {
            position: *position,
            refusal: Box::new(refusal.clone()),
        }),
        None => Ok(()),
    }
}

/// What the histories break with the fact and do not break without it. What is broken already,
/// by rules made since, stands in nobody's way.
fn new_findings(view: &View, decided: &Decided, context: &Context) -> Vec<(Position, Refusal)> {
    let before = findings(view, None);
    let mut after = findings(view, Some(&proposed(decided, context)));
    after.retain(|finding| !before.contains(finding));
    after
        .into_iter()
        .map(|finding| (finding.position, finding.refusal))
        .collect()
}

fn proposed(decided: &Decided, context: &Context) -> Fact {
    Fact {
        position: PROPOSED,
        id: Uuid::nil(),
        stream: decided.stream,
        also: decided.also.clone(),
        occurred_on: decided.occurred_on,
        recorded_at: DateTime::<Utc>::MAX_UTC,
        entered_at: None,
        actor: context.actor.clone(),
        command: Uuid::nil(),
        cause: None,
        event: decided.event.clone(),
    }
}

/// Keeps what a household's facts ever name within bounds, so that each fits into the log. Only a
/// fact that names somebody or something new is against it: leaving is always possible.
pub(crate) fn check_not_too_many(view: &View, decided: &Decided) -> Result<(), Refusal> {
    let Stream::Household(household) = decided.stream else {
        return Ok(());
    };
    let before = Named::ever(view.facts(decided.stream));
    let mut after = before.clone();
    after.add(&decided.event);
    if after.persons.len() > before.persons.len().max(MAX_PERSONS) {
        return Err(Refusal::TooManyPersons {
            household,
            limit: MAX_PERSONS,
        });
    }
    if after.dwellings.len() > before.dwellings.len().max(MAX_DWELLINGS) {
        return Err(Refusal::TooManyDwellings {
            household,
            limit: MAX_DWELLINGS,
        });
    }
    Ok(())
}
