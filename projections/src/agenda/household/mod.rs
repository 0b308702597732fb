//! What is due in a household.

pub mod fold;
mod rows;

use chrono::{Days, NaiveDate};
use events::codes::{AdmissionDecision, CodeList, FollowUpMonth, FollowUpResult};
use events::{ConsentId, GoalId, ServiceReferralId};

pub use rows::*;

crate::document::by_household!(AgendaOfHouseholds, HouseholdAgenda, "agenda_household");

use super::item::{after_days, after_months};
use super::{Done, Item, Kind, Mark, Outcome, Subject, Window};
use crate::pilots::{RulesRow, rules_on};

/// Days from the referral within which it is to be decided.
pub const DECISION_WITHIN_DAYS: u64 = 14;
/// Days from an acceptance or an exit within which it is to be confirmed.
pub const CONFIRMATION_WITHIN_DAYS: u64 = 7;
/// Days from the entry within which the agreement of hospitality is to be signed.
pub const AGREEMENT_WITHIN_DAYS: u64 = 7;
/// Days from the entry within which a plan is to be agreed.
pub const PLAN_WITHIN_DAYS: u64 = 30;
/// Days before the end of the hospitality by which its extension is to be decided.
pub const EXTENSION_NOTICE_DAYS: u64 = 30;
/// Months before and after the day of a follow-up in which it can be done.
pub const FOLLOW_UP_WINDOW_MONTHS: u32 = 1;
/// Days from a referral to a service within which its outcome is to be known.
pub const SERVICE_OUTCOME_WITHIN_DAYS: u64 = 60;

/// Attainment from which a goal is reached.
const AS_EXPECTED: i8 = 0;

/// What is to be done in a household, as its facts up to `today` say, in order of the days by which.
/// `rules` are the pilot's own: they say whether an acceptance or an exit is to be confirmed.
pub fn items(row: &HouseholdAgenda, rules: &[RulesRow], today: NaiveDate) -> Vec<Item> {
    let known = Known { row, rules, today };
    let mut items = Vec::new();
    known.before_entry(&mut items);
    known.confirmations(&mut items);
    known.stay(&mut items);
    known.plans(&mut items);
    known.goals(&mut items);
    items.extend(known.follow_ups());
    known.consents(&mut items);
    known.services(&mut items);
    items.sort_by_key(|item| (item.due, item.kind, item.subject, item.from));
    items
}

/// The follow-ups of a household that had left by `today`: one for each month at which it is to be
/// asked again, whether it was or not. Only what happened within its window settles one. When
/// somebody was asked more than once for the same month, the first time she was reached counts,
/// else the last attempt.
pub fn follow_ups(row: &HouseholdAgenda, today: NaiveDate) -> Vec<Item> {
    let known = Known {
        row,
        rules: &[],
        today,
    };
    known.follow_ups()
}

/// A household's facts up to a day.
struct Known<'a> {
    row: &'a HouseholdAgenda,
    rules: &'a [RulesRow],
    today: NaiveDate,
}

impl<'a> Known<'a> {
    fn marks(&self) -> impl DoubleEndedIterator<Item = &'a HouseholdMark> + use<'a> {
        let today = self.today;
        let marks = self.row.marks.iter();
        marks.filter(move |mark| mark.on <= today)
    }

    /// The first fact of some kind.
    fn first(&self, is: impl Fn(&Happened) -> bool) -> Option<&'a HouseholdMark> {
        self.marks().find(|mark| is(&mark.what))
    }

    fn admission(&self) -> Option<&'a HouseholdMark> {
        self.first(|what| *what == Happened::Admission)
    }

    /// After it nothing of the stay can be done.
    fn exit(&self) -> Option<&'a HouseholdMark> {
        self.first(|what| matches!(what, Happened::Exit { .. }))
    }

    fn ended(&self) -> Option<Mark> {
        self.exit().map(HouseholdMark::mark)
    }

    fn item(&self, kind: Kind, from: &HouseholdMark, due: NaiveDate) -> Item {
        let subject = Subject::Household(self.row.household);
        Item::new(kind, subject, from.mark(), due)
    }

    /// Any decision will do: who has to wait knows that she does.
    fn before_entry(&self, items: &mut Vec<Item>) {
        let Some(referral) = self.first(|what| *what == Happened::ReferralReceived) else {
            return;
        };
        let due = after_days(referral.on, DECISION_WITHIN_DAYS);
        let mut item = self.item(Kind::ReferralDecision, referral, due);
        item.done = self.marks().find_map(|mark| match mark.what {
            Happened::AdmissionDecided(decision) => {
                Some(done(mark, Some(Outcome::Admission(decision))))
            }
            Happened::Admission => Some(done(mark, None)),
            _ => None,
        });
        item.dropped = self
            .first(|what| *what == Happened::ReferralWithdrawn)
            .map(HouseholdMark::mark);
        items.push(item);
    }

    fn confirmations(&self, items: &mut Vec<Item>) {
        let accepted = self
            .marks()
            .rev()
            .find(|mark| mark.what == Happened::AdmissionDecided(AdmissionDecision::Accepted));
        let admission = self.admission();
        // What counts is what the rules say on the day of the entry: today, as long as there is none.
        let entry = admission.map_or(self.today, |mark| mark.on);
        let asked = |day, of: fn(&RulesRow) -> bool| rules_on(self.rules, day).is_some_and(of);
        if let Some(accepted) = accepted.filter(|_| asked(entry, |rules| rules.confirm_admission)) {
            let mut item = self.confirmation(accepted);
            let withdrawn = self.first(|what| *what == Happened::ReferralWithdrawn);
            item.dropped = withdrawn.map(HouseholdMark::mark);
            items.push(item);
        }
        let exit = self.exit();
        if let Some(exit) = exit.filter(|exit| asked(exit.on, |rules| rules.confirm_exit)) {
            items.push(self.confirmation(exit));
        }
    }

    fn confirmation(&self, of: &HouseholdMark) -> Item {
        let due = after_days(of.on, CONFIRMATION_WITHIN_DAYS);
        let mut item = self.item(Kind::Confirmation, of, due);
        item.done = of
            .confirmed
            .filter(|confirmed| confirmed.on <= self.today)
            .map(|confirmed| Done {
                on: confirmed.on,
                position: confirmed.position,
                result: None,
            });
        item
    }

    /// The agreement, and each end of the hospitality: of the agreement and of each extension.
    fn stay(&self, items: &mut Vec<Item>) {
        let ends: Vec<(&HouseholdMark, NaiveDate)> = self
            .marks()
            .filter_map(|mark| match mark.what {
                Happened::AgreementSigned { ends_on } => Some((mark, ends_on)),
                Happened::ExtensionGranted { until } => Some((mark, until)),
                _ => None,
            })
            .collect();
        if let Some(admission) = self.admission() {
            let due = after_days(admission.on, AGREEMENT_WITHIN_DAYS);
            let mut item = self.item(Kind::AgreementSigning, admission, due);
            let signed = self.first(|what| matches!(what, Happened::AgreementSigned { .. }));
            item.done = signed.map(|mark| done(mark, None));
            item.ended = self.ended();
            items.push(item);
        }
        for (index, (mark, end)) in ends.iter().enumerate() {
            let next = ends.get(index + 1).map(|(next, _)| *next);
            let notice = end.checked_sub_days(Days::new(EXTENSION_NOTICE_DAYS));
            let notice = notice.unwrap_or(*end).max(mark.on);
            let mut decision = self.item(Kind::ExtensionDecision, mark, notice);
            decision.done = next.map(|next| done(next, None));
            decision.ended = self.ended();
            items.push(decision);
            let mut hospitality = self.item(Kind::HospitalityEnd, mark, *end);
            hospitality.dropped = next.map(HouseholdMark::mark);
            hospitality.done = self.exit().map(|exit| done(exit, None));
            // Extended, it did not end on that day, however it ended later.
            if hospitality.dropped.is_some() {
                hospitality.done = None;
            }
            items.push(hospitality);
        }
    }

    fn plans(&self, items: &mut Vec<Item>) {
        let plans: Vec<(&HouseholdMark, Option<NaiveDate>)> = self
            .marks()
            .filter_map(|mark| match mark.what {
                Happened::PlanAgreed { review_due } => Some((mark, review_due)),
                _ => None,
            })
            .collect();
        if let Some(admission) = self.admission() {
            let due = after_days(admission.on, PLAN_WITHIN_DAYS);
            let mut item = self.item(Kind::Plan, admission, due);
            item.done = plans.first().map(|(plan, _)| done(plan, None));
            item.ended = self.ended();
            items.push(item);
        }
        for (index, (plan, review_due)) in plans.iter().enumerate() {
            let Some(due) = review_due else { continue };
            let mut item = self.item(Kind::PlanReview, plan, *due);
            // A plan is reviewed by agreeing on the next.
            item.done = plans.get(index + 1).map(|(next, _)| done(next, None));
            item.ended = self.ended();
            items.push(item);
        }
    }

    fn goals(&self, items: &mut Vec<Item>) {
        for mark in self.marks() {
            let Happened::GoalSet { goal, .. } = mark.what else {
                continue;
            };
            let Some((from, due)) = self.goal_due(goal) else {
                continue;
            };
            let subject = Subject::Goal(self.row.household, goal);
            let mut item = Item::new(Kind::Goal, subject, from, due);
            // Looked at when it was due or later, or seen to be reached before.
            item.done = self.marks().find_map(|mark| match mark.what {
                Happened::GoalReviewed {
                    goal: of,
                    attainment,
                } if of == goal && (mark.on >= due || attainment >= AS_EXPECTED) => {
                    Some(done(mark, Some(Outcome::Goal(attainment))))
                }
                _ => None,
            });
            let withdrawn = self.first(|what| *what == Happened::GoalWithdrawn(goal));
            item.dropped = withdrawn.map(HouseholdMark::mark);
            item.ended = self.ended();
            items.push(item);
        }
    }

    /// The day by which a goal is to be reached, as last laid down, and the fact that says so.
    fn goal_due(&self, goal: GoalId) -> Option<(Mark, NaiveDate)> {
        let (mark, due) = self.marks().rev().find_map(|mark| match mark.what {
            Happened::GoalSet { goal: of, due } | Happened::GoalRevised { goal: of, due }
                if of == goal =>
            {
                Some((mark, due))
            }
            _ => None,
        })?;
        Some((mark.mark(), due?))
    }

    fn follow_ups(&self) -> Vec<Item> {
        let Some(exit) = self.exit() else {
            return Vec::new();
        };
        let died = self.death();
        let months = FollowUpMonth::ENTRIES.iter().map(|entry| entry.value);
        months
            .map(|month| {
                let due = after_months(exit.on, month.months());
                let window = Window::around(due, FOLLOW_UP_WINDOW_MONTHS);
                let subject = Subject::FollowUp(self.row.household, month);
                let mut item = Item::new(Kind::FollowUp, subject, exit.mark(), due);
                item.window = Some(window);
                item.done = self.asked(month, window);
                // The dead are not asked; what was missed before stays missed.
                item.dropped = died.filter(|died| died.on <= window.closes);
                item
            })
            .collect()
    }

    /// When and how it was asked for that month.
    fn asked(&self, month: FollowUpMonth, window: Window) -> Option<Done> {
        let attempts = self.marks().filter_map(|mark| match mark.what {
            Happened::FollowUpRecorded {
                month: of, result, ..
            } if of == month && window.contains(mark.on) => Some((mark, result)),
            _ => None,
        });
        let attempts: Vec<(&HouseholdMark, FollowUpResult)> = attempts.collect();
        let reached = attempts
            .iter()
            .find(|(_, result)| *result == FollowUpResult::Reached);
        let (mark, result) = reached.or(attempts.last())?;
        Some(done(mark, Some(Outcome::FollowUp(*result))))
    }

    /// The fact that says that nobody is left to ask.
    fn death(&self) -> Option<Mark> {
        let fact = self.first(|what| {
            matches!(
                what,
                Happened::Exit { all_deceased: true }
                    | Happened::FollowUpRecorded { deceased: true, .. }
            )
        });
        fact.map(HouseholdMark::mark)
    }

    fn consents(&self, items: &mut Vec<Item>) {
        for mark in self.marks() {
            let Happened::ConsentGiven {
                consent,
                expires_on: Some(due),
                ..
            } = mark.what
            else {
                continue;
            };
            let subject = Subject::Consent(self.row.household, consent);
            let mut item = Item::new(Kind::ConsentExpiry, subject, mark.mark(), due);
            item.done = self.renewal(mark, due).map(|next| done(next, None));
            item.dropped = self.withdrawn(consent).map(HouseholdMark::mark);
            items.push(item);
        }
    }

    /// A later consent about the same person, for at least the same purposes, that lasts longer.
    fn renewal(&self, of: &HouseholdMark, expires: NaiveDate) -> Option<&'a HouseholdMark> {
        let Happened::ConsentGiven {
            person, purposes, ..
        } = &of.what
        else {
            return None;
        };
        let later = self.marks().filter(|mark| mark.mark() > of.mark());
        let mut renewing = later.filter(|mark| match &mark.what {
            Happened::ConsentGiven {
                consent,
                person: about,
                purposes: granted,
                expires_on,
            } => {
                about == person
                    && purposes.iter().all(|purpose| granted.contains(purpose))
                    && expires_on.is_none_or(|day| day > expires)
                    && self.withdrawn(*consent).is_none()
            }
            _ => false,
        });
        renewing.next()
    }

    fn withdrawn(&self, consent: ConsentId) -> Option<&'a HouseholdMark> {
        self.first(|what| *what == Happened::ConsentWithdrawn(consent))
    }

    fn services(&self, items: &mut Vec<Item>) {
        for mark in self.marks() {
            let Happened::ServiceReferred(referral) = mark.what else {
                continue;
            };
            let subject = Subject::ServiceReferral(self.row.household, referral);
            let due = after_days(mark.on, SERVICE_OUTCOME_WITHIN_DAYS);
            let mut item = Item::new(Kind::ServiceOutcome, subject, mark.mark(), due);
            item.done = self.outcome(referral);
            items.push(item);
        }
    }

    /// The last outcome: it takes the place of those before.
    fn outcome(&self, of: ServiceReferralId) -> Option<Done> {
        self.marks().rev().find_map(|mark| match mark.what {
            Happened::ReferralOutcome { referral, outcome } if referral == of => {
                Some(done(mark, Some(Outcome::Service(outcome))))
            }
            _ => None,
        })
    }
}

fn done(mark: &HouseholdMark, result: Option<Outcome>) -> Done {
    Done {
        on: mark.on,
        position: mark.position,
        result,
    }
}
