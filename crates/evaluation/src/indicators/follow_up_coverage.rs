//! 32: follow-up coverage at 3, 6 and 12 months.

use std::collections::BTreeSet;

use events::codes::{CodeList, FollowUpMonth, FollowUpResult};
use projections::agenda::household::follow_ups;
use projections::agenda::{Item, Outcome as Came, State, Subject as About};

use super::{Definition, Unit};
use crate::Subject;
use crate::context::Context;
use crate::indicator::{Group, Outcome, Parts, Share, Tally, Value};

pub(super) const DEFINITION: Definition = Definition {
    number: 32,
    code: "follow_up_coverage",
    version: 1,
    it: "Copertura dei follow-up a 3, 6 e 12 mesi",
    en: "Follow-up coverage at 3, 6 and 12 months",
    unit: Unit::FollowUpsShare,
    formula: "follow-ups in which the household was reached / follow-ups settled in the period; three follow-ups of every household that left, 3, 6 and 12 calendar months after the exit, each possible from one month before that day to one month after; settled on the day it was recorded within that window (reached if ever reached, else as last tried: unreachable, refused), or on the day after the window (missed); one recorded outside its window settles nothing; excluded: window open and nothing recorded, not yet due, and no longer needed because nobody is alive; groups: each month as a share and as a distribution",
    compute,
};

/// How a follow-up stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Done,
    Unreachable,
    Refused,
    Missed,
    Open,
    NotYetDue,
    NoLongerNeeded,
}

impl Class {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Done, "done"),
        (Self::Unreachable, "unreachable"),
        (Self::Refused, "refused"),
        (Self::Missed, "missed"),
        (Self::Open, "open"),
        (Self::NotYetDue, "not_yet_due"),
        (Self::NoLongerNeeded, "no_longer_needed"),
    ];

    /// How it stood on the last day that counts; none when it was settled before the period.
    fn of(context: &Context<'_>, item: &Item) -> Option<Self> {
        let (settled, class) = match item.state(context.last_day) {
            State::NotYetDue => return Some(Self::NotYetDue),
            State::Due | State::Overdue => return Some(Self::Open),
            State::NoLongerNeeded => (item.dropped.map(|mark| mark.on), Self::NoLongerNeeded),
            State::Missed => {
                let passed = item.window.and_then(|window| window.closes.succ_opt());
                (passed, Self::Missed)
            }
            State::Done => {
                let class = match item.done.and_then(|done| done.result) {
                    Some(Came::FollowUp(FollowUpResult::Unreachable)) => Self::Unreachable,
                    Some(Came::FollowUp(FollowUpResult::Refused)) => Self::Refused,
                    _ => Self::Done,
                };
                (item.done.map(|done| done.on), class)
            }
        };
        settled
            .is_some_and(|day| context.in_period(day))
            .then_some(class)
    }
}

/// The follow-ups of one month, or of all.
#[derive(Clone, Default)]
struct Followed {
    counts: [u64; Class::ALL.len()],
    done: Tally,
    due: Tally,
    excluded: Tally,
}

impl Followed {
    fn add(&mut self, class: Class, subject: Subject, positions: &BTreeSet<events::Position>) {
        for (count, (of, _)) in self.counts.iter_mut().zip(Class::ALL) {
            *count += u64::from(of == class);
        }
        let positions = || positions.iter().copied();
        match class {
            Class::Open | Class::NotYetDue | Class::NoLongerNeeded => {
                self.excluded.add(subject, positions());
            }
            Class::Done => {
                self.done.add(subject, positions());
                self.due.add(subject, positions());
            }
            Class::Unreachable | Class::Refused | Class::Missed => {
                self.due.add(subject, positions());
            }
        }
    }

    fn parts(&self) -> Parts {
        Parts {
            denominator: self.due.clone().into(),
            excluded: self.excluded.clone().into(),
            ..Parts::of(self.done.clone())
        }
    }

    fn distribution(&self) -> Value {
        let shares = self.counts.iter().zip(Class::ALL);
        Value::Distribution(
            shares
                .map(|(count, (_, code))| Share {
                    code,
                    count: *count,
                })
                .collect(),
        )
    }
}

fn compute(context: &Context<'_>) -> Outcome {
    let mut all = Followed::default();
    let mut months: Vec<(FollowUpMonth, Followed)> = FollowUpMonth::ENTRIES
        .iter()
        .map(|entry| (entry.value, Followed::default()))
        .collect();
    for agenda in context.snapshot.agenda.values() {
        let items = follow_ups(agenda, context.last_day);
        // What settled one follow-up says that it is not missed: it stands behind the others too.
        let positions: BTreeSet<events::Position> =
            items.iter().flat_map(Item::positions).collect();
        for item in &items {
            let About::FollowUp(household, month) = item.subject else {
                continue;
            };
            let Some(class) = Class::of(context, item) else {
                continue;
            };
            let subject = Subject::Household(household);
            all.add(class, subject, &positions);
            let of_month = months.iter_mut().filter(|(of, _)| *of == month);
            for (_, followed) in of_month {
                followed.add(class, subject, &positions);
            }
        }
    }
    let groups = months.iter().flat_map(|(month, followed)| {
        let parts = followed.parts();
        let share = Group {
            code: month.code(),
            value: parts.ratio(),
            parts: parts.clone(),
        };
        let distribution = Group {
            code: match month {
                FollowUpMonth::Month3 => "month_3_by_result",
                FollowUpMonth::Month6 => "month_6_by_result",
                FollowUpMonth::Month12 => "month_12_by_result",
            },
            value: followed.distribution(),
            parts,
        };
        [share, distribution]
    });
    let by_result = Group {
        code: "by_result",
        value: all.distribution(),
        parts: all.parts(),
    };
    let groups = groups.chain([by_result]).collect();
    let parts = all.parts();
    Outcome {
        value: parts.ratio(),
        parts,
        groups,
    }
}
