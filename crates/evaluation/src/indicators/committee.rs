//! 37: the steering committee.

use events::codes::Attendance;
use projections::committee::{CommitteeRow, MeetingRow};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Tally, Value, days};
use crate::round::median;

pub(super) const DEFINITION: Definition = Definition {
    number: 37,
    code: "committee",
    version: 1,
    it: "Cabina di regia",
    en: "Steering committee",
    unit: Unit::Meetings,
    formula: "meetings planned for a day of the period that has come and held by then / planned for such a day; held late, after that day, counts as held; groups: held without being planned; attendance = partners present / partners named in the meetings held in the period, excused and absent ones apart; decisions taken in the period; of those taken by its end, open ones and closed ones; median days from decision to closing of those closed in the period",
    compute,
};

fn meetings(committee: &CommitteeRow, context: &Context<'_>) -> (Parts, Group) {
    let (mut planned, mut held, mut unplanned) =
        (Tally::default(), Tally::default(), Tally::default());
    for meeting in &committee.meetings {
        let met = held_by_now(meeting, context);
        let at = met.map(|held| held.position);
        match &meeting.planned {
            Some(plan) if context.in_period(plan.planned_for) => {
                let subject = Subject::Fact(plan.position);
                planned.add(subject, [plan.position].into_iter().chain(at));
                if at.is_some() {
                    held.add(subject, [plan.position].into_iter().chain(at));
                }
            }
            None => {
                if let Some(met) = met.filter(|met| context.in_period(met.on)) {
                    unplanned.add(Subject::Fact(met.position), [met.position]);
                }
            }
            Some(_) => {}
        }
    }
    let parts = Parts {
        denominator: planned.into(),
        ..Parts::of(held)
    };
    let unplanned = Group {
        code: "held_unplanned",
        value: Value::Count(unplanned.count()),
        parts: Parts::of(unplanned),
    };
    (parts, unplanned)
}

fn held_by_now<'a>(
    meeting: &'a MeetingRow,
    context: &Context<'_>,
) -> Option<&'a projections::committee::HeldRow> {
    meeting
        .held
        .as_ref()
        .filter(|held| context.has_come(held.on))
}

fn attendance(committee: &CommitteeRow, context: &Context<'_>) -> Vec<Group> {
    let (mut present, mut named, mut excused, mut absent) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let held = committee
        .meetings
        .iter()
        .filter_map(|meeting| held_by_now(meeting, context))
        .filter(|held| context.in_period(held.on));
    for meeting in held {
        for one in &meeting.attendance {
            let subject = Subject::Partner(one.partner);
            let tally = match one.attendance {
                Attendance::Present => &mut present,
                Attendance::Excused => &mut excused,
                Attendance::Absent => &mut absent,
            };
            tally.add(subject, [meeting.position]);
            named.add(subject, [meeting.position]);
        }
    }
    let parts = Parts {
        denominator: named.into(),
        ..Parts::of(present)
    };
    let count = |code, tally: Tally| Group {
        code,
        value: Value::Count(tally.count()),
        parts: Parts::of(tally),
    };
    vec![
        Group {
            code: "attendance",
            value: parts.rate(),
            parts,
        },
        count("excused", excused),
        count("absent", absent),
    ]
}

fn decisions(committee: &CommitteeRow, context: &Context<'_>) -> Vec<Group> {
    let (mut taken, mut open, mut closed, mut measured) = (
        Tally::default(),
        Tally::default(),
        Tally::default(),
        Tally::default(),
    );
    let mut took = Vec::new();
    for decision in &committee.decisions {
        if !context.has_come(decision.on) {
            continue;
        }
        let subject = Subject::Fact(decision.position);
        if context.in_period(decision.on) {
            taken.add(subject, [decision.position]);
        }
        match decision
            .closed
            .as_ref()
            .filter(|end| context.has_come(end.on))
        {
            None => open.add(subject, [decision.position]),
            Some(end) => {
                closed.add(subject, [decision.position, end.position]);
                if context.in_period(end.on) {
                    took.push(end.on.signed_duration_since(decision.on).num_days());
                    measured.add(subject, [decision.position, end.position]);
                }
            }
        }
    }
    let count = |code, tally: Tally| Group {
        code,
        value: Value::Count(tally.count()),
        parts: Parts::of(tally),
    };
    vec![
        count("decisions_taken", taken),
        count("decisions_open", open),
        count("decisions_closed", closed),
        Group {
            code: "days_to_closing",
            value: days(median(&took)),
            parts: Parts::of(measured),
        },
    ]
}

fn compute(context: &Context<'_>) -> Outcome {
    let committee = &context.snapshot.committee;
    let (parts, unplanned) = meetings(committee, context);
    let mut groups = vec![unplanned];
    groups.extend(attendance(committee, context));
    groups.extend(decisions(committee, context));
    Outcome {
        value: parts.rate(),
        parts,
        groups,
    }
}
