//! How a household's facts were recorded.

mod checks;
pub mod fold;
mod required;
mod rows;

pub use checks::{Check, Contradiction, MOST_WEEKLY_HOURS, contradictions};
pub use required::{Completeness, Element, INCOME_WITHIN_DAYS, Required, completeness};
pub use rows::*;

crate::document::by_household!(QualityOfHouseholds, HouseholdQuality, "quality_household");

use chrono::NaiveDate;
use events::codes::Relation;
use events::{Answer, PersonId, Position};

/// Age from which a person is an adult.
const ADULT: u16 = 18;

/// A member with her entry and, if she left, how.
#[derive(Clone, Copy)]
struct Membership<'a> {
    entered: &'a QualityMark,
    member: &'a MemberSaid,
    left: Option<(&'a QualityMark, &'a LeftSaid)>,
}

impl Membership<'_> {
    /// Is she asked what adults are asked? Without a birth, the head and her partner are.
    fn is_adult(&self) -> bool {
        match (self.member.birth, self.member.relation) {
            (Answer::Known(birth), _) => birth.age_on(self.entered.on, self.entered.on) >= ADULT,
            (_, Answer::Known(Relation::Head | Relation::Partner)) => true,
            _ => false,
        }
    }
}

impl HouseholdQuality {
    /// Its facts up to `today`.
    fn known(&self, today: NaiveDate) -> Vec<&QualityMark> {
        let marks = self.marks.iter();
        marks.filter(|mark| mark.on <= today).collect()
    }
}

/// Everybody who entered, with the fact by which she left.
fn memberships<'a>(marks: &[&'a QualityMark]) -> Vec<Membership<'a>> {
    let mut memberships = Vec::new();
    for mark in marks {
        let members: &[MemberSaid] = match &mark.what {
            Said::Admission { members, .. } => members,
            Said::HouseholdMemberJoined(member) => std::slice::from_ref(member),
            _ => continue,
        };
        for member in members {
            memberships.push(Membership {
                entered: mark,
                member,
                left: departure(marks, member.person, (mark.on, mark.position)),
            });
        }
    }
    memberships
}

/// The first departure of a person after she entered.
fn departure<'a>(
    marks: &[&'a QualityMark],
    person: PersonId,
    entered: (NaiveDate, Position),
) -> Option<(&'a QualityMark, &'a LeftSaid)> {
    marks.iter().find_map(|mark| {
        let left: &[LeftSaid] = match &mark.what {
            Said::Exit { members, .. } => members,
            Said::HouseholdMemberLeft(left) => std::slice::from_ref(left),
            _ => return None,
        };
        // By day: who left on the day she entered may have been recorded first.
        if mark.on < entered.0 {
            return None;
        }
        let left = left.iter().find(|left| left.person == person)?;
        Some((*mark, left))
    })
}

fn exit<'a>(marks: &[&'a QualityMark]) -> Option<&'a QualityMark> {
    let mut marks = marks.iter().copied();
    marks.find(|mark| matches!(mark.what, Said::Exit { .. }))
}
