//! The coordinator's paper register: what she wrote down, and when.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::Proposal;
use events::codes::CorrectionReason;
use events::{
    Event, NotSealed, Position, RecordConfirmed, RecordCorrected, RecordRetracted, Replacement,
    Seal,
};

use super::calendar::{BOOKS_CLOSE, plus, working_day};
use super::chance::Chance;
use crate::Ids;

/// Makes a fact; shared because a correction may repeat what the original said.
pub(super) type Making = Arc<dyn Fn(&dyn Seal) -> Result<Event, NotSealed> + Send + Sync>;

/// Makes a fact that says where others are: of the place of each entry, and its own.
pub(super) type Placing = Arc<dyn Fn(&[Position], Position) -> Event + Send + Sync>;

/// Who confirms and approves what the coordinator wrote down.
const SECOND: &str = "demo-second";

/// Which entry, in the order in which they were made up, not in which they were written down.
pub(super) type Key = usize;

/// How soon something was written down.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// The things that others wait for: the same day or within two.
    Prompt,
    /// Everyday matters: mostly the same day, now and then weeks later.
    Usual,
    /// Exactly so many days later, or on the Monday after.
    Days(i64),
}

/// How often a delay of so many days happens in a hundred entries, at [`Pace::Usual`].
const DELAYS: &[(u32, (i64, i64))] = &[
    (56, (0, 0)),
    (27, (1, 3)),
    (8, (4, 6)),
    (5, (7, 10)),
    (4, (11, 18)),
];

/// The office day, in minutes after midnight UTC: 8 to 17 hours in Italy, in summer 9 to 18.
const OFFICE: (i64, i64) = (7 * 60, 16 * 60);

/// A fact without anything personal in it.
pub(super) fn plain(event: impl Into<Event>) -> Making {
    let event = event.into();
    Arc::new(move |_| Ok(event.clone()))
}

/// A fact that is made while sealing.
pub(super) fn sealing(
    make: impl Fn(&dyn Seal) -> Result<Event, NotSealed> + Send + Sync + 'static,
) -> Making {
    Arc::new(make)
}

enum Content {
    Fact(Making),
    Correction {
        of: Key,
        to: NaiveDate,
        making: Making,
        reason: CorrectionReason,
    },
    Retraction {
        of: Key,
        reason: CorrectionReason,
    },
    Confirmation {
        of: Key,
    },
    Placed(Placing),
}

struct Entry {
    occurred_on: NaiveDate,
    entered_at: DateTime<Utc>,
    /// Did somebody else than the coordinator write it?
    by_second: bool,
    content: Content,
}

/// The register.
pub(super) struct Register {
    entries: Vec<Entry>,
    chance: Chance,
}

impl Register {
    pub(super) fn new(chance: Chance) -> Self {
        Self {
            entries: Vec::new(),
            chance,
        }
    }

    /// Writes down what happened on a day, after the entries that it builds on.
    pub(super) fn write(
        &mut self,
        occurred_on: NaiveDate,
        pace: Pace,
        after: &[Key],
        making: Making,
    ) -> Key {
        self.push(occurred_on, pace, after, Content::Fact(making))
    }

    /// Writes down what says where other entries are, all of which are in `after`.
    pub(super) fn write_placed(
        &mut self,
        occurred_on: NaiveDate,
        after: &[Key],
        placing: Placing,
    ) -> Key {
        self.push(occurred_on, Pace::Days(0), after, Content::Placed(placing))
    }

    /// Has somebody else confirm an entry, or a correction, `days` after it was written.
    pub(super) fn confirm(&mut self, of: Key, days: i64) -> Key {
        let day = self.noticed(of, days);
        let key = self.push(day, Pace::Days(0), &[of], Content::Confirmation { of });
        self.entries[key].by_second = true;
        key
    }

    /// Has somebody else write a fact about an entry, `days` after it was written.
    pub(super) fn second(&mut self, of: Key, days: i64, making: Making) -> Key {
        let day = self.noticed(of, days);
        let key = self.push(day, Pace::Days(0), &[of], Content::Fact(making));
        self.entries[key].by_second = true;
        key
    }

    /// Turns an entry into a mistake: what was really written at the time.
    pub(super) fn spoil(&mut self, key: Key, occurred_on: NaiveDate, making: Making) {
        let entry = &mut self.entries[key];
        entry.occurred_on = occurred_on;
        entry.content = Content::Fact(making);
    }

    /// Corrects an entry, or a correction, `days` after it was written.
    pub(super) fn correct(
        &mut self,
        of: Key,
        days: i64,
        to: NaiveDate,
        making: Making,
        reason: CorrectionReason,
    ) -> Key {
        let day = self.noticed(of, days);
        self.push(
            day,
            Pace::Days(0),
            &[of],
            Content::Correction {
                of,
                to,
                making,
                reason,
            },
        )
    }

    /// Takes an entry back, `days` after it was written.
    pub(super) fn retract(&mut self, of: Key, days: i64, reason: CorrectionReason) -> Key {
        let day = self.noticed(of, days);
        self.push(
            day,
            Pace::Days(0),
            &[of],
            Content::Retraction { of, reason },
        )
    }

    /// The proposals, in the order in which they were written down.
    pub(super) fn into_proposals(self, ids: &dyn Ids) -> Vec<Proposal> {
        let mut order: Vec<Key> = (0..self.entries.len()).collect();
        order.sort_by_key(|&key| (self.entries[key].entered_at, key));
        let mut positions: Vec<Position> = vec![0; order.len()];
        for (position, &key) in (1..).zip(&order) {
            positions[key] = position;
        }
        order
            .iter()
            .map(|&key| {
                let entry = &self.entries[key];
                let command = ids.id("demo command", &[&positions[key].to_string()]);
                let proposal = entry
                    .content
                    .proposal(command, entry.occurred_on, &positions, positions[key])
                    .entered_at(entry.entered_at);
                if entry.by_second {
                    proposal.by(SECOND)
                } else {
                    proposal
                }
            })
            .collect()
    }

    fn noticed(&self, of: Key, days: i64) -> NaiveDate {
        working_day(plus(self.entries[of].entered_at.date_naive(), days)).min(BOOKS_CLOSE)
    }

    fn push(&mut self, occurred_on: NaiveDate, pace: Pace, after: &[Key], content: Content) -> Key {
        let entered_at = self.entered_at(occurred_on, pace, after);
        self.entries.push(Entry {
            occurred_on,
            entered_at,
            by_second: false,
            content,
        });
        self.entries.len() - 1
    }

    fn entered_at(&mut self, occurred_on: NaiveDate, pace: Pace, after: &[Key]) -> DateTime<Utc> {
        let delay = match pace {
            Pace::Prompt => self.chance.weighted(&[(7, 0), (2, 1), (1, 2)]),
            Pace::Usual => {
                let (least, most) = self.chance.weighted(DELAYS);
                self.chance.between(least, most)
            }
            Pace::Days(days) => days,
        };
        let day = working_day(plus(occurred_on, delay)).min(BOOKS_CLOSE);
        let minute = self.chance.between(OFFICE.0, OFFICE.1);
        let wished = day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(minute);
        after
            .iter()
            .map(|&key| self.entries[key].entered_at + TimeDelta::minutes(2))
            .fold(wished, DateTime::max)
    }
}

impl Content {
    fn proposal(
        &self,
        command: uuid::Uuid,
        occurred_on: NaiveDate,
        positions: &[Position],
        own: Position,
    ) -> Proposal {
        match self {
            Self::Fact(making) => {
                let making = Arc::clone(making);
                Proposal::sealing(command, occurred_on, move |sealer| making(sealer))
            }
            Self::Correction {
                of,
                to,
                making,
                reason,
            } => {
                let (position, to, reason) = (positions[*of], *to, *reason);
                let making = Arc::clone(making);
                Proposal::sealing(command, occurred_on, move |sealer| {
                    let event = Box::new(making(sealer)?);
                    let replacement = Replacement {
                        occurred_on: to,
                        event,
                    };
                    Ok(RecordCorrected {
                        position,
                        replacement,
                        reason,
                    }
                    .into())
                })
            }
            Self::Retraction { of, reason } => {
                let (position, reason) = (positions[*of], *reason);
                Proposal::plain(command, occurred_on, RecordRetracted { position, reason })
            }
            Self::Confirmation { of } => {
                let position = positions[*of];
                Proposal::plain(command, occurred_on, RecordConfirmed { position })
            }
            Self::Placed(placing) => Proposal::plain(command, occurred_on, placing(positions, own)),
        }
    }
}
