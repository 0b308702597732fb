//! Whose personal text has been kept as long as the pilot's own rules say. A proposal: somebody
//! decides, and nobody is forgotten by a rule.
//!
//! A household's time begins on the day it left, or on the day its referral was declined or taken back;
//! while it is waiting, accepted or lives there, it has none. After an exit it does not end before the
//! last follow-up is over. A member who left earlier goes with her household: what is noted about the
//! others speaks of her too. Who was in several households is proposed when the last of them is over.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use events::{HouseholdId, PersonId, Retention};
use serde::{Deserialize, Serialize};

use crate::Snapshot;
use crate::agenda::household::follow_ups;
use crate::agenda::{HouseholdAgenda, after_months};
use crate::households::{HouseholdRow, HouseholdStatus};
use crate::pilots::rules_on;

#[cfg(test)]
mod tests;

/// Why a time began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The household left.
    Left,
    /// Its referral was declined or taken back.
    NotAdmitted,
}

impl Why {
    /// The word for it, as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::NotAdmitted => "not_admitted",
        }
    }
}

/// How long personal text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// For now; nobody can say until when.
    Open,
    /// From `since` on, and on `over` no longer.
    Ends {
        /// First day on which it is over.
        over: NaiveDate,
        /// The day it began.
        since: NaiveDate,
        /// Why it began.
        why: Why,
    },
}

/// Somebody whose time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Who; of a household that nobody was admitted of, the id that its notes are sealed under.
    pub person: PersonId,
    /// Her households.
    pub households: BTreeSet<HouseholdId>,
    /// Why the time of the last of them began.
    pub why: Why,
    /// The day it began.
    pub since: NaiveDate,
    /// First day on which it was over.
    pub over: NaiveDate,
}

impl Term {
    /// The longer of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            (Self::Ends { over: one, .. }, Self::Ends { over: two, .. }) if two > one => other,
            _ => self,
        }
    }
}

/// How long the text of each household of a pilot is kept, as its rules are on `today`. Without rules
/// about it, every term is open.
pub fn terms(pilot: &Snapshot, today: NaiveDate) -> BTreeMap<HouseholdId, Term> {
    let rules = rules_on(&pilot.pilot.rules, today);
    let kept = rules.and_then(|rules| rules.retention);
    let of = pilot.households.iter().map(|(household, row)| {
        let agenda = pilot.agenda.get(household);
        let term = kept.map(|kept| term(row, agenda, kept, today));
        (*household, term.unwrap_or(Term::Open))
    });
    of.collect()
}

fn term(
    row: &HouseholdRow,
    agenda: Option<&HouseholdAgenda>,
    kept: Retention,
    today: NaiveDate,
) -> Term {
    let (since, why) = match row.status() {
        HouseholdStatus::Left => (row.exit.as_ref().map(|exit| exit.on), Why::Left),
        HouseholdStatus::Declined => (
            row.decisions.last().map(|decision| decision.on),
            Why::NotAdmitted,
        ),
        HouseholdStatus::Withdrawn => (
            row.withdrawal.as_ref().map(|withdrawal| withdrawal.on),
            Why::NotAdmitted,
        ),
        HouseholdStatus::Referred
        | HouseholdStatus::Waiting
        | HouseholdStatus::Accepted
        | HouseholdStatus::Resident => return Term::Open,
    };
    let Some(since) = since else {
        return Term::Open;
    };
    let months = match why {
        Why::Left => kept.after_exit_months,
        Why::NotAdmitted => kept.after_refusal_months,
    };
    let asked = agenda.and_then(|agenda| followed_up(agenda, today.max(since)));
    let over = after_months(since, months.into());
    let over = asked
        .filter(|_| why == Why::Left)
        .map_or(over, |asked| over.max(asked));
    Term::Ends { over, since, why }
}

/// The day on which nothing more is to be asked after an exit.
fn followed_up(agenda: &HouseholdAgenda, today: NaiveDate) -> Option<NaiveDate> {
    let items = follow_ups(agenda, today);
    let settled = items.into_iter().map(|item| {
        let done = item.done.map(|done| done.on);
        let dropped = item.dropped.map(|dropped| dropped.on);
        let closed = item.window.map_or(item.due, |window| window.closes);
        let after = closed.checked_add_days(Days::new(1)).unwrap_or(closed);
        done.or(dropped).unwrap_or(after)
    });
    settled.max()
}

/// Those whose time is over on `today`, of all whose text is held (`held`: each with the households
/// that it is about), without those who are spared: who was forgotten, or must not be. A household
/// without a term has an open one.
pub fn due(
    held: &BTreeMap<PersonId, BTreeSet<HouseholdId>>,
    terms: &BTreeMap<HouseholdId, Term>,
    spared: &BTreeSet<PersonId>,
    today: NaiveDate,
) -> Vec<Due> {
    let asked = held.iter().filter(|(person, _)| !spared.contains(person));
    let due = asked.filter_map(|(person, households)| {
        let of = |household| terms.get(household).copied().unwrap_or(Term::Open);
        let term = households.iter().map(of).reduce(Term::and)?;
        match term {
            Term::Ends { over, since, why } if over <= today => Some(Due {
                person: *person,
                households: households.clone(),
                why,
                since,
                over,
            }),
            Term::Open | Term::Ends { .. } => None,
        }
    });
    due.collect()
}
