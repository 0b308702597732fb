//! The indicators, one file each.

mod admission_rate;
mod bands;
mod bed_occupancy;
mod budget_execution;
mod children;
mod committee;
mod completeness;
mod contract_quality;
mod cost_per_night;
mod cost_per_outcome;
mod days_to_decision;
mod days_to_entry;
mod dwelling_occupancy;
mod employed_at_exit;
mod exits;
mod extension_rate;
mod follow_up_coverage;
mod follow_ups;
mod goal_attainment;
mod housing_kept;
mod incidents;
mod income_change;
mod job_retention;
mod late_facts;
mod network_breadth;
mod new_violence;
mod not_admitted;
mod people_served;
mod plan_in_time;
mod referral_outcomes;
mod referrals_received;
mod returned_to_abuser;
mod risk_change;
mod self_sufficiency;
mod service_intensity;
mod shares;
mod stable_housing;
mod stay_censored;
mod stay_leavers;
mod stay_stayers;
mod time_to_first_job;
mod timeliness;
mod turnover_days;

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
    /// Money.
    Money,
    /// Meetings.
    Meetings,
    /// A share of persons.
    PersonsShare,
    /// Jobs.
    Jobs,
    /// A share of jobs.
    JobsShare,
    /// A share of households.
    HouseholdsShare,
    /// A share of goals.
    GoalsShare,
    /// Incidents.
    Incidents,
    /// Referrals of households to the pilot.
    Referrals,
    /// A share of referrals.
    ReferralsShare,
    /// A share of stays of households.
    StaysShare,
    /// A share of follow-ups.
    FollowUpsShare,
    /// Contacts a week.
    ContactsWeekly,
    /// Households.
    Households,
    /// Referrals of households to services.
    ServiceReferrals,
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
    referrals_received::DEFINITION,
    admission_rate::DEFINITION,
    days_to_decision::DEFINITION,
    not_admitted::DEFINITION,
    days_to_entry::DEFINITION,
    people_served::DEFINITION,
    dwelling_occupancy::DEFINITION,
    bed_occupancy::DEFINITION,
    turnover_days::DEFINITION,
    stay_leavers::DEFINITION,
    stay_stayers::DEFINITION,
    stay_censored::DEFINITION,
    extension_rate::DEFINITION,
    stable_housing::DEFINITION,
    exits::DEFINITION,
    returned_to_abuser::DEFINITION,
    new_violence::DEFINITION,
    time_to_first_job::DEFINITION,
    employed_at_exit::DEFINITION,
    job_retention::DEFINITION,
    contract_quality::DEFINITION,
    income_change::DEFINITION,
    plan_in_time::DEFINITION,
    goal_attainment::DEFINITION,
    self_sufficiency::DEFINITION,
    service_intensity::DEFINITION,
    network_breadth::DEFINITION,
    referral_outcomes::DEFINITION,
    children::DEFINITION,
    risk_change::DEFINITION,
    incidents::DEFINITION,
    follow_up_coverage::DEFINITION,
    housing_kept::DEFINITION,
    cost_per_night::DEFINITION,
    budget_execution::DEFINITION,
    cost_per_outcome::DEFINITION,
    committee::DEFINITION,
    timeliness::DEFINITION,
    timeliness::DEFINITION_2,
    completeness::DEFINITION,
    late_facts::DEFINITION,
];
