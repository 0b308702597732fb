//! The indicators, one file each.

mod bed_occupancy;
mod completeness;
mod dwelling_occupancy;
mod exits;
mod follow_up_coverage;
mod income_change;
mod late_facts;
mod people_served;
mod stable_housing;
mod stay_leavers;
mod stay_stayers;
mod time_to_first_job;
mod timeliness;

use crate::context::Context;
use crate::indicator::Outcome;

/// What an indicator counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Persons.
    Persons,
    /// A share of nights.
    NightsShare,
    /// Days.
    Days,
    /// A share of exits.
    ExitsShare,
    /// Exits.
    Exits,
    /// Money a month.
    MoneyMonthly,
    /// Facts.
    Facts,
    /// A share of follow-ups.
    FollowUpsShare,
    /// A share of required answers.
    AnswersShare,
}

/// What an indicator means. A changed meaning is a new version.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Number in the catalogue.
    pub number: u16,
    /// Name in snake case.
    pub code: &'static str,
    /// Version of the definition.
    pub version: u16,
    /// Italian title.
    pub it: &'static str,
    /// English title.
    pub en: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// How it is computed.
    pub formula: &'static str,
    pub(crate) compute: fn(&Context<'_>) -> Outcome,
}

/// Every definition there is, by number and version: a changed one stands beside what it was.
pub const DEFINITIONS: &[Definition] = &[
    people_served::DEFINITION,
    dwelling_occupancy::DEFINITION,
    bed_occupancy::DEFINITION,
    stay_leavers::DEFINITION,
    stay_stayers::DEFINITION,
    stable_housing::DEFINITION,
    exits::DEFINITION,
    time_to_first_job::DEFINITION,
    income_change::DEFINITION,
    follow_up_coverage::DEFINITION,
    timeliness::DEFINITION,
    timeliness::DEFINITION_2,
    completeness::DEFINITION,
    late_facts::DEFINITION,
];
