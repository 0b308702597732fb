//! A person as she enters, and what is known of her work.

use chrono::{Months, NaiveDate};
use domain::limits::{MAX_AGE, MAX_MONTHS_UNBORN};
use events::codes::{Contract, EmploymentStatus, LivingSituation, Relation};
use events::{Answer, Birth, Identity, Member, Month, NotSealed, PersonId, Seal};

use super::findings::{At, Notes};
use super::read::{EMPLOYMENT, ENROLLMENT, Source};
use super::rows::{EmploymentRow, Enrolment};

/// A member before her identity is sealed. Not `Debug`: it holds a name.
#[derive(Clone)]
pub(super) struct NewMember {
    person: PersonId,
    identity: Identity,
    relation: Answer<Relation>,
    birth: Answer<Birth>,
    prior_living_situation: Answer<LivingSituation>,
    without_home_since: Answer<NaiveDate>,
    employment: Answer<EmploymentStatus>,
}

impl NewMember {
    /// The person of an enrolment.
    pub(super) fn of(
        source: &Source,
        enrolment: &Enrolment,
        person: PersonId,
        relation: Answer<Relation>,
        notes: &mut Notes,
    ) -> Self {
        let at = |field| At {
            file: ENROLLMENT,
            line: enrolment.line,
            field,
        };
        let client = source.clients.get(&enrolment.person);
        if client.is_none() {
            notes.broken(
                at("PersonalID"),
                "not in Client.csv: the person has no name and no age",
                None,
            );
        }
        let birth = match client.map(|client| (client.born_on, client.unborn)) {
            None => Answer::NotCollected,
            Some((None, unborn)) => unborn,
            Some((Some(born), _)) => match Birth::on_entry(born, enrolment.entry) {
                Some(birth) if birth.age_at_entry <= MAX_AGE => Answer::Known(birth),
                Some(_) => {
                    let reason = "an age nobody reaches: the age is taken as not collected";
                    notes.broken(at("EntryDate"), reason, None);
                    Answer::NotCollected
                }
                None => Answer::Known(born_later(born, enrolment.entry, |reason| {
                    notes.assumed_here(at("EntryDate"), reason, None);
                })),
            },
        };
        Self {
            person,
            identity: client.map_or_else(Identity::default, |client| Identity {
                given_name: client.given_name.clone(),
                family_name: client.family_name.clone(),
                born_on: client.born_on,
                contact: None,
            }),
            relation,
            birth,
            prior_living_situation: enrolment.prior,
            without_home_since: enrolment.without_home_since,
            employment: at_entry(enrolment),
        }
    }

    /// The member, sealed.
    pub(super) fn seal(&self, seal: &dyn Seal) -> Result<Member, NotSealed> {
        Ok(Member {
            person: self.person,
            identity: seal.seal(self.person, &self.identity)?,
            relation: self.relation,
            birth: self.birth,
            prior_living_situation: self.prior_living_situation,
            without_home_since: self.without_home_since,
            employment: self.employment,
            citizenship: Answer::NotCollected,
        })
    }
}

/// Stage of a row that was collected at the entry.
const AT_ENTRY: &str = "1";

/// Stage of a row that was collected at the exit.
const AT_EXIT: &str = "3";

/// Was she working when she entered? The row of the day of entry counts, else the earliest.
fn at_entry(enrolment: &Enrolment) -> Answer<EmploymentStatus> {
    enrolment
        .employments
        .iter()
        .filter(|row| row.stage == AT_ENTRY)
        .min_by_key(|row| (row.on != enrolment.entry, row.on, &row.id))
        .map_or(Answer::NotCollected, |row| row.status)
}

/// Was she working when she left? The row of the day of exit counts, else the latest.
pub(super) fn at_exit(enrolment: &Enrolment) -> Answer<EmploymentStatus> {
    let exit = enrolment.exit.as_ref().map(|exit| exit.on);
    enrolment
        .employments
        .iter()
        .filter(|row| row.stage == AT_EXIT)
        .max_by_key(|row| (Some(row.on) == exit, row.on, &row.id))
        .map_or(Answer::NotCollected, |row| row.status)
}

/// Something that happened to her work.
pub(super) enum Work<'e> {
    /// A job began.
    Began {
        /// The row it is known from; its key is the job's.
        row: &'e EmploymentRow,
        /// Kind of contract.
        contract: Answer<Contract>,
    },
    /// A job that began here ended.
    Ended {
        /// The row it is known from.
        row: &'e EmploymentRow,
        /// The job: the row it began with.
        job: &'e EmploymentRow,
    },
}

/// Jobs that began and ended between the rows of one enrolment.
pub(super) fn work<'e>(enrolment: &'e Enrolment, notes: &mut Notes) -> Vec<Work<'e>> {
    let at = |row: &EmploymentRow, field| At {
        file: EMPLOYMENT,
        line: row.line,
        field,
    };
    let mut rows: Vec<&EmploymentRow> = Vec::new();
    for row in &enrolment.employments {
        if enrolment.covers(row.on) {
            rows.push(row);
        } else {
            notes.broken(
                at(row, "InformationDate"),
                "outside of the enrolment: tells nothing about jobs during it",
                None,
            );
        }
    }
    rows.sort_by_key(|row| (row.on, row.stage == AT_EXIT, row.stage != AT_ENTRY, &row.id));
    let mut worked = None;
    let mut job: Option<&EmploymentRow> = None;
    let mut happened = Vec::new();
    for row in rows {
        let Some(works) = row.works() else { continue };
        match (worked, works) {
            (Some(false), true) => {
                notes.assumed(
                    at(row, "Employed"),
                    "began to work since the last time it was collected: the day it was collected is taken as the first",
                );
                job = Some(row);
                let contract = if row.seasonal {
                    Answer::Known(Contract::Seasonal)
                } else {
                    Answer::NotCollected
                };
                happened.push(Work::Began { row, contract });
            }
            (Some(true), false) => match job.take() {
                Some(job) => happened.push(Work::Ended { row, job }),
                None => notes.not_mapped(
                    at(row, "Employed"),
                    "a job that was there at the entry ended: only jobs that began here have an end here",
                    None,
                ),
            },
            _ => {}
        }
        worked = Some(works);
    }
    happened
}

/// A child who was enrolled before she was born counts as a child, as in HUD's tables, which know
/// no age only where there is no birth date.
fn born_later(born: NaiveDate, entry: NaiveDate, note: impl FnOnce(&'static str)) -> Birth {
    let expected_by = entry.checked_add_months(Months::new(MAX_MONTHS_UNBORN));
    let month = if expected_by.is_some_and(|last| born <= last) {
        note("before the person's birth: she is taken as an expected child");
        Month::of(born)
    } else {
        note("long before the person's birth: she is taken as born in the month of entry");
        Month::of(entry)
    };
    Birth {
        month,
        age_at_entry: 0,
    }
}
