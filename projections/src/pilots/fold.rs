//! Stream `pilot` → [`PilotRow`].

use events::{EffectiveRef, Event, Fact, PilotId, Stream};

use super::*;
use crate::history::{amends, effective_of, folded, further, insert, whole};

folded!(PilotRow, pilot: PilotId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 3;

/// Takes one fact in; facts of other streams change nothing. The order of days does not matter.
pub fn evolve(row: Option<PilotRow>, fact: &EffectiveRef<'_>, pilot: PilotId) -> Option<PilotRow> {
    if fact.event.stream() != Some(Stream::Pilot) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| PilotRow::new(pilot));
    match &fact.event {
        Event::PhaseStarted(_) | Event::PhaseExtended(_) => phase(&mut row, fact),
        Event::PartnerJoined(_) | Event::PartnerLeft(_) | Event::AgreementAdopted(_) => {
            partner(&mut row, fact);
        }
        Event::ReportPublished(_) | Event::ReportRestated(_) => report(&mut row, fact),
        _ => frame(&mut row, fact),
    }
    Some(row)
}

fn frame(row: &mut PilotRow, fact: &EffectiveRef<'_>) {
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::PilotOpened(opened) => {
            row.opening = Some(OpeningRow {
                position,
                on,
                title: opened.title.clone(),
                place: opened.place.clone(),
                code: opened.code.clone(),
                currency: opened.currency,
                hmis_project: opened.hmis_project.clone(),
            });
        }
        Event::RulesSet(set) => {
            insert(&mut row.rules, RulesRow::new(fact, set), |row| {
                (row.on, row.position)
            });
        }
        Event::TargetSet(set) => {
            let target = TargetRow {
                position,
                on,
                indicator: set.indicator,
                value: set.value,
                direction: set.direction,
                due: set.due,
                set_by: set.set_by,
            };
            insert(&mut row.targets, target, |row| (row.on, row.position));
        }
        Event::PeriodClosed(closed) => {
            insert(&mut row.closures, ClosureRow::new(fact, closed), |row| {
                (row.on, row.position)
            });
        }
        Event::PilotClosed(closed) => {
            row.closing = Some(ClosingRow {
                position,
                on,
                end: closed.end,
            });
        }
        _ => {}
    }
}

fn phase(row: &mut PilotRow, fact: &EffectiveRef<'_>) {
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::PhaseStarted(started) => {
            let phase = PhaseRow {
                position,
                on,
                phase: started.phase,
                planned_end: started.planned_end,
                extensions: Vec::new(),
            };
            insert(&mut row.phases, phase, |row| (row.on, row.position));
        }
        Event::PhaseExtended(extended) => {
            let extension = PhaseExtensionRow {
                position,
                on,
                planned_end: extended.planned_end,
                decision: extended.decision,
            };
            let mut phases = row.phases.iter_mut();
            if let Some(phase) = phases.find(|phase| phase.phase == extended.phase) {
                insert(&mut phase.extensions, extension, |row| {
                    (row.on, row.position)
                });
            }
        }
        _ => {}
    }
}

fn partner(row: &mut PilotRow, fact: &EffectiveRef<'_>) {
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::PartnerJoined(joined) => {
            let partner = PartnerRow {
                position,
                on,
                partner: joined.partner,
                kind: joined.kind,
                name: joined.name.clone(),
                left: None,
            };
            insert(&mut row.partners, partner, |row| (row.on, row.position));
        }
        Event::PartnerLeft(left) => {
            let mut partners = row.partners.iter_mut();
            if let Some(partner) = partners.find(|partner| partner.partner == left.partner) {
                partner.left = Some(PartnerLeftRow {
                    position,
                    on,
                    reason: left.reason,
                });
            }
        }
        Event::AgreementAdopted(adopted) => {
            let agreement = AgreementRow {
                position,
                on,
                agreement: adopted.agreement,
                kind: adopted.kind,
                title: adopted.title.clone(),
                partners: adopted.partners.clone(),
                valid_until: adopted.valid_until,
            };
            insert(&mut row.agreements, agreement, |row| (row.on, row.position));
        }
        _ => {}
    }
}

fn report(row: &mut PilotRow, fact: &EffectiveRef<'_>) {
    let (position, on) = (fact.position, fact.occurred_on);
    let report = match &fact.event {
        Event::ReportPublished(published) => ReportRow {
            position,
            on,
            report: published.report,
            restates: None,
            frame: Some(ReportFrameRow {
                from: published.from,
                to: published.to,
                language: published.language,
                audience: published.audience,
            }),
            definitions: published.definitions,
            evaluated: published.position,
            artefacts: published.artefacts.clone(),
        },
        Event::ReportRestated(restated) => ReportRow {
            position,
            on,
            report: restated.report,
            restates: Some(RestatesRow {
                report: restated.restates,
                reason: restated.reason,
                causes: restated.causes.clone(),
            }),
            frame: row
                .reports
                .iter()
                .find(|before| before.report == restated.restates)
                .and_then(|before| before.frame.clone()),
            definitions: restated.definitions,
            evaluated: restated.position,
            artefacts: restated.artefacts.clone(),
        },
        _ => return,
    };
    insert(&mut row.reports, report, |row| (row.on, row.position));
}

/// Must the row be folded from its whole history when this fact arrives?
pub fn needs_history(event: &Event) -> bool {
    amends(event)
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(pilot: PilotId, entries: &[&Fact]) -> Option<PilotRow> {
    let history = effective_of(entries);
    whole(pilot, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: PilotRow, entries: &[&Fact]) -> PilotRow {
    further(row, entries, evolve)
}
