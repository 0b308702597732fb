//! What is due for the pilot, its money and its committee; its phases and the months of its
//! experimental phase.

pub mod fold;
mod phases;
mod rows;

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate};
use events::codes::Phase;
use events::{ExpenseId, Money};

pub use phases::{
    EXPERIMENTAL_MONTHS, Extension, Month, PhaseTimes, experimental_month, phase_now, phases,
};
pub use rows::*;

crate::document::by_pilot!(
    AgendaOfPilots, PilotAgenda, "agenda_pilot",
    events::Stream::Pilot | events::Stream::Funding | events::Stream::Committee
        => [Pilot, Funding, Committee]
);

use super::item::{after_days, after_months};
use super::{Done, Item, Kind, Mark, Outcome, Subject};
use crate::pilots::{RulesRow, rules_on};

/// Days from an expense within which it is to be approved, if it has to be.
pub const APPROVAL_WITHIN_DAYS: u64 = 14;
/// Days from the end of a quarter within which it is to be closed and reported on.
pub const QUARTER_WITHIN_DAYS: u64 = 30;
/// The most quarters looked at: twenty years.
pub const MAX_QUARTERS: usize = 80;

/// What is to be done for the pilot, as its facts up to `today` say, in order of the days by which.
pub fn items(row: &PilotAgenda, rules: &[RulesRow], today: NaiveDate) -> Vec<Item> {
    let known = Known { row, rules, today };
    let mut items = Vec::new();
    known.expenses(&mut items);
    known.meetings(&mut items);
    known.decisions(&mut items);
    known.targets(&mut items);
    known.quarters(&mut items);
    known.phases(&mut items);
    items.sort_by_key(|item| (item.due, item.kind, item.subject, item.from));
    items
}

/// The pilot's last day, when it was closed by `today`.
pub fn closing(row: &PilotAgenda, today: NaiveDate) -> Option<Mark> {
    let known = Known {
        row,
        rules: &[],
        today,
    };
    known.closing()
}

/// A pilot's facts up to a day.
struct Known<'a> {
    row: &'a PilotAgenda,
    rules: &'a [RulesRow],
    today: NaiveDate,
}

impl<'a> Known<'a> {
    fn marks(&self) -> impl DoubleEndedIterator<Item = &'a PilotMark> + use<'a> {
        let today = self.today;
        let marks = self.row.marks.iter();
        marks.filter(move |mark| mark.on <= today)
    }

    fn first(&self, is: impl Fn(&Happened) -> bool) -> Option<&'a PilotMark> {
        self.marks().find(|mark| is(&mark.what))
    }

    fn closing(&self) -> Option<Mark> {
        self.first(|what| *what == Happened::PilotClosed)
            .map(PilotMark::mark)
    }

    fn expenses(&self, items: &mut Vec<Item>) {
        for expense in &self.row.expenses {
            let rules = rules_on(self.rules, expense.on);
            if expense.on > self.today
                || !rules.is_some_and(|rules| rules.needs_approval(expense.amount))
            {
                continue;
            }
            let from = Mark {
                on: expense.on,
                position: expense.position,
            };
            let due = after_days(expense.on, APPROVAL_WITHIN_DAYS);
            let subject = Subject::Expense(expense.expense);
            let mut item = Item::new(Kind::ExpenseApproval, subject, from, due);
            item.done = self.approval(expense).map(|mark| done(mark, None));
            item.dropped = self.reversed(expense.expense, expense.amount);
            items.push(item);
        }
    }

    /// An approval by another than who stated what the expense says now.
    fn approval(&self, expense: &ExpenseMark) -> Option<&'a PilotMark> {
        self.marks().find(|mark| match &mark.what {
            Happened::ExpenseApproved { expense: of, by } => {
                *of == expense.expense
                    && *by != expense.by
                    && !expense.void.contains(&mark.position)
            }
            _ => false,
        })
    }

    /// The reversal with which all of an expense had come back.
    fn reversed(&self, expense: ExpenseId, amount: Money) -> Option<Mark> {
        let mut back = Money::ZERO;
        self.marks()
            .find(|mark| match mark.what {
                Happened::ExpenseReversed {
                    expense: of,
                    amount: some,
                } if of == expense => {
                    back += some;
                    back >= amount
                }
                _ => false,
            })
            .map(PilotMark::mark)
    }

    fn meetings(&self, items: &mut Vec<Item>) {
        for mark in self.marks() {
            let Happened::MeetingPlanned {
                meeting,
                planned_for,
            } = mark.what
            else {
                continue;
            };
            let subject = Subject::Meeting(meeting);
            let mut item = Item::new(Kind::Meeting, subject, mark.mark(), planned_for);
            let held = self.first(|what| *what == Happened::MeetingHeld(meeting));
            item.done = held.map(|mark| done(mark, None));
            item.ended = self.closing();
            items.push(item);
        }
    }

    fn decisions(&self, items: &mut Vec<Item>) {
        for mark in self.marks() {
            let Happened::DecisionTaken {
                decision,
                due: Some(due),
            } = mark.what
            else {
                continue;
            };
            let subject = Subject::Decision(decision);
            let mut item = Item::new(Kind::CommitteeDecision, subject, mark.mark(), due);
            item.done = self.marks().find_map(|mark| match mark.what {
                Happened::DecisionClosed {
                    decision: of,
                    outcome,
                } if of == decision => Some(done(mark, Some(Outcome::Decision(outcome)))),
                _ => None,
            });
            item.ended = self.closing();
            items.push(item);
        }
    }

    /// A target is looked at in the first report whose period reaches the day it is due; without a
    /// day of its own it is due at the planned end of the pilot, if one is known.
    fn targets(&self, items: &mut Vec<Item>) {
        let end = phases(self.row, self.today)
            .last()
            .and_then(|phase| phase.planned_end);
        for mark in self.marks() {
            let Happened::TargetSet { indicator, due } = mark.what else {
                continue;
            };
            let Some(due) = due.or(end) else { continue };
            let subject = Subject::Indicator(indicator);
            let mut item = Item::new(Kind::Target, subject, mark.mark(), due);
            let reported = self
                .first(|what| matches!(what, Happened::ReportPublished { to, .. } if *to >= due));
            item.done = reported.map(|mark| done(mark, None));
            let replaced = self.marks().find(|later| {
                later.mark() > mark.mark()
                    && matches!(later.what, Happened::TargetSet { indicator: of, .. } if of == indicator)
            });
            item.dropped = replaced.map(PilotMark::mark);
            items.push(item);
        }
    }

    /// Each quarter that began by today is to be closed and reported on, from that of the opening to
    /// that of the closing.
    fn quarters(&self, items: &mut Vec<Item>) {
        let Some(opened) = self.first(|what| *what == Happened::PilotOpened) else {
            return;
        };
        let last = self.closing().map_or(self.today, |closing| closing.on);
        let mut first = opened.on;
        for _ in 0..MAX_QUARTERS {
            if first > last.min(self.today) {
                return;
            }
            let end = quarter_end(first);
            let to = self.closing().map_or(end, |closing| end.min(closing.on));
            let subject = Subject::Period(first, to);
            let due = after_days(to, QUARTER_WITHIN_DAYS);
            let mut closing = Item::new(Kind::PeriodClosing, subject, opened.mark(), due);
            closing.done = self.closed(first, to);
            items.push(closing);
            let mut report = Item::new(Kind::Report, subject, opened.mark(), due);
            let published = self.first(|what| {
                matches!(what, Happened::ReportPublished { from, to: until } if *from <= first && to <= *until)
            });
            report.done = published.map(|mark| done(mark, None));
            items.push(report);
            first = after_days(end, 1);
        }
    }

    /// The closure with which every day of a run was in a closed period.
    fn closed(&self, from: NaiveDate, to: NaiveDate) -> Option<Done> {
        let mut open: BTreeSet<NaiveDate> = from.iter_days().take_while(|day| *day <= to).collect();
        self.marks()
            .find(|mark| match mark.what {
                Happened::PeriodClosed { from, to } => {
                    open.retain(|day| *day < from || to < *day);
                    open.is_empty()
                }
                _ => false,
            })
            .map(|mark| done(mark, None))
    }

    /// The planned end of each phase, the months of the experimental one, and the pilot's closing.
    fn phases(&self, items: &mut Vec<Item>) {
        let phases = phases(self.row, self.today);
        let closing = self.closing();
        for (index, phase) in phases.iter().enumerate() {
            let next = phases.get(index + 1).map(|next| next.started);
            let ended = next.or(closing);
            if let (Some(due), Some(laid_down)) = (phase.planned_end, phase.laid_down) {
                let subject = Subject::Phase(phase.phase);
                let mut item = Item::new(Kind::PhaseEnd, subject, laid_down, due);
                item.done = ended.map(settled);
                items.push(item);
            }
            if phase.phase == Phase::Experimental {
                items.extend(months(phase, ended, self.today));
            }
        }
        let Some(last) = phases.last() else { return };
        if let (Some(due), Some(laid_down)) = (last.planned_end, last.laid_down) {
            let mut item = Item::new(Kind::PilotClosing, Subject::Pilot, laid_down, due);
            item.done = closing.map(settled);
            items.push(item);
        }
    }
}

/// The months of the experimental phase: each is over when its last day has passed. Nothing is to be
/// recorded for it, so the phase's beginning stands behind it.
fn months(phase: &PhaseTimes, ended: Option<Mark>, today: NaiveDate) -> Vec<Item> {
    (1..=EXPERIMENTAL_MONTHS)
        .map(|month| {
            let next = after_months(phase.started.on, month);
            let due = next.checked_sub_days(Days::new(1)).unwrap_or(next);
            let subject = Subject::Month(phase.phase, month);
            let mut item = Item::new(Kind::PhaseMonth, subject, phase.started, due);
            let lasted = ended.is_none_or(|ended| due < ended.on);
            if lasted && due < today {
                item.done = Some(Done {
                    on: next,
                    position: phase.started.position,
                    result: None,
                });
            } else {
                item.dropped = ended.filter(|_| !lasted);
            }
            item
        })
        .collect()
}

fn quarter_end(day: NaiveDate) -> NaiveDate {
    // The first month of the quarter, and its first day.
    let month = (day.month0() / 3) * 3 + 1;
    let first = NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day);
    let next = after_months(first, 3);
    next.checked_sub_days(Days::new(1)).unwrap_or(next)
}

fn done(mark: &PilotMark, result: Option<Outcome>) -> Done {
    Done {
        on: mark.on,
        position: mark.position,
        result,
    }
}

fn settled(mark: Mark) -> Done {
    Done {
        on: mark.on,
        position: mark.position,
        result: None,
    }
}
