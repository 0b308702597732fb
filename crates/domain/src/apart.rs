//! Two households share neither a dwelling on one night nor a person at one time.

use chrono::NaiveDate;
use events::{DwellingId, PersonId};

use crate::Refusal;
use crate::finding::Findings;
use crate::household::Household;
use crate::timeline::Dated;

/// A time of one household, in a dwelling or of a person.
struct Span<'a> {
    household: &'a Household,
    from: Dated,
    until: Option<NaiveDate>,
}

impl Span<'_> {
    /// Is there a night in both? One of no nights meets nothing.
    fn meets(&self, other: &Self) -> bool {
        let end = |span: &Self| span.until.unwrap_or(NaiveDate::MAX);
        self.from.on.max(other.from.on) < end(self).min(end(other))
    }
}

/// Notes where two households are in one dwelling, or have one member, at the same time. Of the two
/// facts it is the one recorded later that is against the other.
pub(crate) fn check_apart(households: &[&Household], found: &mut Findings) {
    let mut stays: Vec<(DwellingId, Span<'_>)> = Vec::new();
    let mut memberships: Vec<(PersonId, Span<'_>)> = Vec::new();
    for &household in households {
        for stay in &household.stays {
            let span = Span {
                household,
                from: stay.from,
                until: stay.until,
            };
            stays.push((stay.dwelling, span));
        }
        for (&person, membership) in &household.memberships {
            let span = Span {
                household,
                from: membership.entered,
                until: membership.left,
            };
            memberships.push((person, span));
        }
    }
    each_meeting(&mut stays, |dwelling, earlier, later| {
        let (from, to) = (earlier.from.on, earlier.until);
        let by = earlier.household.id;
        found.at(
            later.from.position,
            Refusal::DwellingOccupied {
                dwelling,
                by,
                from,
                to,
            },
        );
    });
    each_meeting(&mut memberships, |person, earlier, later| {
        let (from, to) = (earlier.from.on, earlier.until);
        let household = earlier.household.id;
        found.at(
            later.from.position,
            Refusal::PersonElsewhere {
                person,
                household,
                from,
                to,
            },
        );
    });
}

/// Every two spans of different households that share a place and a night.
fn each_meeting<K: Copy + Ord>(
    spans: &mut [(K, Span<'_>)],
    mut met: impl FnMut(K, &Span<'_>, &Span<'_>),
) {
    spans.sort_by_key(|(key, span)| (*key, span.from.position));
    for group in spans.chunk_by(|(one, _), (other, _)| one == other) {
        for (index, (key, later)) in group.iter().enumerate() {
            for (_, earlier) in &group[..index] {
                if earlier.household.id != later.household.id && earlier.meets(later) {
                    met(*key, earlier, later);
                }
            }
        }
    }
}
