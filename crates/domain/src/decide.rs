//! The decision.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use events::{Event, Fact, Position, RecordCorrected, Replacement, Stream, effective};
use uuid::Uuid;

use crate::limits::{EARLIEST_DAY, MAX_DWELLINGS, MAX_PERSONS};
use crate::links::{Named, is_about_whereabouts};
use crate::view::Target;
use crate::world::findings;
use crate::{Command, Context, Decided, Refusal, View, values};

/// The place that a proposed fact is imagined at: after all that is recorded.
const PROPOSED: Position = Position::MAX;

/// Decides `command` on `view`, which must lack nothing of what [`View::missing`] asks for.
///
/// # Errors
/// The [`Refusal`] of the first rule that is against it.
pub fn decide(view: &View, command: &Command, context: &Context) -> Result<Decided, Refusal> {
    check_day(command.occurred_on, context)?;
    match &command.event {
        Event::RecordCorrected(correction) => correct(view, command, correction, context),
        Event::RecordRetracted(retraction) => retract(view, command, retraction.position),
        _ => record(view, command),
    }
}

fn check_day(on: NaiveDate, context: &Context) -> Result<(), Refusal> {
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

fn record(view: &View, command: &Command) -> Result<Decided, Refusal> {
    values::check(&command.event, command.occurred_on)?;
    // Only a retraction has no stream of its own, and is decided elsewhere.
    let stream = command.event.stream().unwrap_or(Stream::Pilot);
    let decided = decided(view, command, command.event.clone(), stream, &command.event);
    let new = new_findings(view, &decided);
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

fn correct(
    view: &View,
    command: &Command,
    correction: &RecordCorrected,
    context: &Context,
) -> Result<Decided, Refusal> {
    let target = target(view, correction.position)?;
    let original = target.original;
    let position = original.position;
    if matches!(target.named.event, Event::RecordRetracted(_)) {
        return Err(Refusal::RetractionNotCorrectable {
            position: target.named.position,
        });
    }
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
    let decided = decided(view, command, event, original.stream, &original.event);
    check_holds(view, &decided, position)?;
    check_not_too_many(view, &decided)?;
    Ok(decided)
}

fn retract(view: &View, command: &Command, position: Position) -> Result<Decided, Refusal> {
    let Target { named, original } = target(view, position)?;
    let gone = retracted(view.facts(original.stream));
    if gone.contains(&position) {
        return Err(Refusal::AlreadyRetracted { position });
    }
    if matches!(named.event, Event::RecordCorrected(_)) && gone.contains(&original.position) {
        return Err(Refusal::AlreadyRetracted {
            position: original.position,
        });
    }
    if matches!(named.event, Event::PilotOpened(_)) {
        return Err(Refusal::OpeningStays { position });
    }
    let decided = decided(
        view,
        command,
        command.event.clone(),
        original.stream,
        &original.event,
    );
    check_holds(view, &decided, original.position)?;
    Ok(decided)
}

fn target(view: &View, position: Position) -> Result<Target<'_>, Refusal> {
    view.target(position)
        .map_err(|position| Refusal::NoSuchFact { position })
}

/// The fact as it would be recorded; `subject` is what it says, or what it corrects or retracts.
fn decided(
    view: &View,
    command: &Command,
    event: Event,
    stream: Stream,
    subject: &Event,
) -> Decided {
    let mut also = BTreeSet::new();
    if is_about_whereabouts(subject) {
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
fn check_holds(view: &View, decided: &Decided, original: Position) -> Result<(), Refusal> {
    let new = new_findings(view, decided);
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
fn new_findings(view: &View, decided: &Decided) -> Vec<(Position, Refusal)> {
    let before = findings(view, None);
    let mut after = findings(view, Some(&proposed(decided)));
    after.retain(|finding| !before.contains(finding));
    after
        .into_iter()
        .map(|finding| (finding.position, finding.refusal))
        .collect()
}

fn proposed(decided: &Decided) -> Fact {
    Fact {
        position: PROPOSED,
        id: Uuid::nil(),
        stream: decided.stream,
        also: decided.also.clone(),
        occurred_on: decided.occurred_on,
        recorded_at: DateTime::<Utc>::MAX_UTC,
        entered_at: None,
        actor: String::new(),
        command: Uuid::nil(),
        cause: None,
        event: decided.event.clone(),
    }
}

/// Positions of the facts that stand retracted.
fn retracted(facts: &[Fact]) -> BTreeSet<Position> {
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
    match event {
        Event::PartnerJoined(fact) => ids.push(("partner", fact.partner.0)),
        Event::ExpenseRecorded(fact) => ids.push(("expense", fact.expense.0)),
        Event::DwellingRegistered(fact) => ids.push(("dwelling", fact.dwelling.0)),
        Event::DwellingAvailable(fact) => ids.push(("dwelling", fact.dwelling.0)),
        Event::DwellingUnavailable(fact) => ids.push(("dwelling", fact.dwelling.0)),
        Event::HouseholdMemberJoined(fact) => ids.push(("person", fact.member.person.0)),
        Event::HouseholdMemberLeft(fact) => ids.push(("person", fact.person.0)),
        Event::GoalSet(fact) => ids.push(("goal", fact.goal.0)),
        Event::GoalReviewed(fact) => ids.push(("goal", fact.goal.0)),
        Event::JobPlacement(fact) => {
            ids.extend([("person", fact.person.0), ("job", fact.job.0)]);
        }
        Event::JobEnded(fact) => ids.push(("job", fact.job.0)),
        Event::IncomeRecorded(fact) => ids.push(("person", fact.person.0)),
        _ => {}
    }
    ids
}

/// Keeps what a household's facts ever name within bounds, so that each fits into the log. Only a
/// fact that names somebody or something new is against it: leaving is always possible.
fn check_not_too_many(view: &View, decided: &Decided) -> Result<(), Refusal> {
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
