//! Contradictions: facts that cannot all be true, or that leave one wondering. Nothing is refused
//! because of them; somebody looks at them again.

use chrono::{Days, NaiveDate};
use events::codes::{
    Completion, EmploymentStatus, ExitReason, FollowUpResult, IncomeStage, LivingSituation,
    Relation,
};
use events::{Answer, JobId, PersonId, Position};
use serde::{Deserialize, Serialize};

use super::{ADULT, HouseholdQuality, Membership, QualityMark, Said, exit, memberships};
use crate::agenda::household::{AGREEMENT_WITHIN_DAYS, FOLLOW_UP_WINDOW_MONTHS};
use crate::agenda::{Window, after_months};

/// Hours a week that nobody works in all her jobs together.
pub const MOST_WEEKLY_HOURS: u32 = 60;

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Said to be working at entry, but without a job then and without earned income.
    EmployedWithoutJobOrIncome,
    /// Said not to be working at entry, but with earned income.
    NotEmployedButEarning,
    /// Said to be working at exit, but every job had ended, or there never was one.
    EmployedAtExitWithoutJob,
    /// Several jobs at once with more hours than a week allows.
    JobsOverlap,
    /// The reason of the exit is the return to the abuser, but everybody went elsewhere.
    ReturnedReasonElsewhere,
    /// Somebody returned to the abuser, but the reason of the exit is another.
    ReturnedForAnotherReason,
    /// Left because the goals were reached, but none was.
    GoalsReachedWithoutAttainment,
    /// Asked to leave because the goals were reached.
    AskedToLeaveWithGoalsReached,
    /// A goal was reviewed after the exit.
    GoalReviewedAfterExit,
    /// The head is a child.
    ChildAsHead,
    /// Not exactly one head entered.
    NotOneHead,
    /// Lives in a dwelling without having signed the agreement in time.
    HousedWithoutAgreement,
    /// Said to have died, but reached later.
    ReachedAfterDeath,
    /// A follow-up outside the days on which it can be done.
    FollowUpOutsideWindow,
    /// Reached at a follow-up, but nothing was asked.
    ReachedButNothingAsked,
}

impl Check {
    /// Every check.
    pub const ALL: [Self; 15] = [
        Self::EmployedWithoutJobOrIncome,
        Self::NotEmployedButEarning,
        Self::EmployedAtExitWithoutJob,
        Self::JobsOverlap,
        Self::ReturnedReasonElsewhere,
        Self::ReturnedForAnotherReason,
        Self::GoalsReachedWithoutAttainment,
        Self::AskedToLeaveWithGoalsReached,
        Self::GoalReviewedAfterExit,
        Self::ChildAsHead,
        Self::NotOneHead,
        Self::HousedWithoutAgreement,
        Self::ReachedAfterDeath,
        Self::FollowUpOutsideWindow,
        Self::ReachedButNothingAsked,
    ];

    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::EmployedWithoutJobOrIncome => "employed_without_job_or_income",
            Self::NotEmployedButEarning => "not_employed_but_earning",
            Self::EmployedAtExitWithoutJob => "employed_at_exit_without_job",
            Self::JobsOverlap => "jobs_overlap",
            Self::ReturnedReasonElsewhere => "returned_reason_elsewhere",
            Self::ReturnedForAnotherReason => "returned_for_another_reason",
            Self::GoalsReachedWithoutAttainment => "goals_reached_without_attainment",
            Self::AskedToLeaveWithGoalsReached => "asked_to_leave_with_goals_reached",
            Self::GoalReviewedAfterExit => "goal_reviewed_after_exit",
            Self::ChildAsHead => "child_as_head",
            Self::NotOneHead => "not_one_head",
            Self::HousedWithoutAgreement => "housed_without_agreement",
            Self::ReachedAfterDeath => "reached_after_death",
            Self::FollowUpOutsideWindow => "follow_up_outside_window",
            Self::ReachedButNothingAsked => "reached_but_nothing_asked",
        }
    }
}

/// Facts that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Contradiction {
    /// What was looked for.
    pub check: Check,
    /// Whom it is about, if about one member.
    pub person: Option<PersonId>,
    /// The facts, ascending.
    pub positions: Vec<Position>,
}

/// What contradicts itself in a household's facts up to `today`, in order of the checks.
pub fn contradictions(row: &HouseholdQuality, today: NaiveDate) -> Vec<Contradiction> {
    let marks = row.known(today);
    let mut found = Vec::new();
    let members = memberships(&marks);
    for member in &members {
        at_entry(&mut found, member, &marks);
        at_exit(&mut found, member, &marks);
        overlapping(&mut found, member.member.person, &marks, today);
    }
    heads(&mut found, &members);
    if let Some(exit) = exit(&marks) {
        leaving(&mut found, exit, &marks);
        afterwards(&mut found, exit, &marks);
    }
    housed(&mut found, &marks, today);
    found.sort();
    found.dedup();
    found
}

fn note(
    found: &mut Vec<Contradiction>,
    check: Check,
    person: Option<PersonId>,
    positions: impl IntoIterator<Item = Position>,
) {
    let mut positions: Vec<Position> = positions.into_iter().collect();
    positions.sort_unstable();
    positions.dedup();
    found.push(Contradiction {
        check,
        person,
        positions,
    });
}

/// One job as it was at the end of the known facts.
struct Job {
    position: Position,
    from: NaiveDate,
    ended: Option<(Position, NaiveDate)>,
    weekly_hours: Option<u16>,
}

fn jobs(marks: &[&QualityMark], of: PersonId) -> Vec<Job> {
    let end = |of: JobId| {
        marks.iter().find_map(|mark| match mark.what {
            Said::JobEnded(job) if job == of => Some((mark.position, mark.on)),
            _ => None,
        })
    };
    let placed = marks.iter().filter_map(|mark| match mark.what {
        Said::JobPlacement {
            job,
            person,
            weekly_hours,
        } if person == of => Some(Job {
            position: mark.position,
            from: mark.on,
            ended: end(job),
            weekly_hours,
        }),
        _ => None,
    });
    placed.collect()
}

/// What she said of work when she entered, against her jobs and her income then.
fn at_entry(found: &mut Vec<Contradiction>, of: &Membership<'_>, marks: &[&QualityMark]) {
    let person = of.member.person;
    let income = marks.iter().find_map(|mark| match mark.what {
        Said::IncomeRecorded {
            person: whose,
            stage: IncomeStage::Entry,
            earned: Some(earned),
            ..
        } if whose == person => Some((mark.position, earned)),
        _ => None,
    });
    let (Some((income, earned)), Answer::Known(status)) = (income, of.member.employment) else {
        return;
    };
    let positions = [of.entered.position, income];
    let working = status == EmploymentStatus::Employed;
    let had_job = jobs(marks, person)
        .iter()
        .any(|job| job.from <= of.entered.on);
    if working && !earned && !had_job {
        note(
            found,
            Check::EmployedWithoutJobOrIncome,
            Some(person),
            positions,
        );
    }
    if !working && earned {
        note(found, Check::NotEmployedButEarning, Some(person), positions);
    }
}

/// What she said of work when she left, against her jobs. Who was working when she entered may have
/// kept a job that was never recorded.
fn at_exit(found: &mut Vec<Contradiction>, of: &Membership<'_>, marks: &[&QualityMark]) {
    const EMPLOYED: Answer<EmploymentStatus> = Answer::Known(EmploymentStatus::Employed);
    let Some((left, how)) = of.left else { return };
    let not_before = of.member.employment.known().is_some() && of.member.employment != EMPLOYED;
    let jobs = jobs(marks, of.member.person);
    let ended = |job: &Job| job.ended.is_some_and(|(_, on)| on < left.on);
    if how.employment == EMPLOYED && not_before && jobs.iter().all(ended) {
        let jobs = jobs
            .iter()
            .flat_map(|job| [Some(job.position), job.ended.map(|(position, _)| position)]);
        let positions = jobs.flatten().chain([of.entered.position, left.position]);
        let person = Some(of.member.person);
        note(found, Check::EmployedAtExitWithoutJob, person, positions);
    }
}

/// Jobs of one person on one day whose known hours come to more than a week allows. Only the
/// beginning of a job can bring that about.
fn overlapping(
    found: &mut Vec<Contradiction>,
    person: PersonId,
    marks: &[&QualityMark],
    today: NaiveDate,
) {
    let jobs = jobs(marks, person);
    for job in jobs.iter().filter(|job| job.from <= today) {
        let then: Vec<&Job> = jobs
            .iter()
            .filter(|other| {
                let lasts = other.ended.is_none_or(|(_, last)| job.from <= last);
                other.from <= job.from && lasts
            })
            .collect();
        let hours = then.iter().filter_map(|job| job.weekly_hours);
        if then.len() > 1 && hours.map(u32::from).sum::<u32>() > MOST_WEEKLY_HOURS {
            let positions = then.iter().map(|job| job.position);
            note(found, Check::JobsOverlap, Some(person), positions);
        }
    }
}

fn heads(found: &mut Vec<Contradiction>, members: &[Membership<'_>]) {
    let heads: Vec<&Membership<'_>> = members
        .iter()
        .filter(|member| member.member.relation == Answer::Known(Relation::Head))
        .collect();
    for head in &heads {
        let entered = head.entered;
        if let Answer::Known(birth) = head.member.birth
            && birth.age_on(entered.on, entered.on) < ADULT
        {
            let person = Some(head.member.person);
            note(found, Check::ChildAsHead, person, [entered.position]);
        }
    }
    if heads.len() != 1 && !members.is_empty() {
        let positions = members.iter().map(|member| member.entered.position);
        note(found, Check::NotOneHead, None, positions);
    }
}

/// Destination, reason, completion and goals are told apart: here they are held against each other.
fn leaving(found: &mut Vec<Contradiction>, exit: &QualityMark, marks: &[&QualityMark]) {
    const RETURNED: LivingSituation = LivingSituation::ReturnedToAbuser;
    let Said::Exit {
        members,
        reason: Answer::Known(reason),
        completion,
        ..
    } = &exit.what
    else {
        return;
    };
    let returned = |to: Answer<LivingSituation>| to == Answer::Known(RETURNED);
    let elsewhere = |to: Answer<LivingSituation>| to.known().is_some_and(|at| *at != RETURNED);
    if *reason == ExitReason::ReturnedToAbuser {
        if !members.is_empty() && members.iter().all(|member| elsewhere(member.destination)) {
            note(found, Check::ReturnedReasonElsewhere, None, [exit.position]);
        }
    } else if members.iter().any(|member| returned(member.destination)) {
        note(
            found,
            Check::ReturnedForAnotherReason,
            None,
            [exit.position],
        );
    }
    if *reason != ExitReason::GoalsReached {
        return;
    }
    if *completion == Answer::Known(Completion::AskedToLeave) {
        note(
            found,
            Check::AskedToLeaveWithGoalsReached,
            None,
            [exit.position],
        );
    }
    let goals: Vec<Position> = marks
        .iter()
        .filter(|mark| matches!(mark.what, Said::GoalSet(_)))
        .map(|mark| mark.position)
        .collect();
    let attained = marks
        .iter()
        .any(|mark| matches!(mark.what, Said::GoalReviewed { attainment, .. } if attainment >= 0));
    if !goals.is_empty() && !attained {
        let positions = goals.into_iter().chain([exit.position]);
        note(found, Check::GoalsReachedWithoutAttainment, None, positions);
    }
}

/// What was recorded of the time after the exit.
fn afterwards(found: &mut Vec<Contradiction>, exit: &QualityMark, marks: &[&QualityMark]) {
    const DECEASED: Answer<LivingSituation> = Answer::Known(LivingSituation::Deceased);
    let mut died = match &exit.what {
        Said::Exit { members, .. } if !members.is_empty() => members
            .iter()
            .all(|member| member.destination == DECEASED)
            .then_some(exit.position),
        _ => None,
    };
    for mark in marks {
        match mark.what {
            Said::GoalReviewed { .. } if mark.on > exit.on => {
                let positions = [exit.position, mark.position];
                note(found, Check::GoalReviewedAfterExit, None, positions);
            }
            Said::FollowUpRecorded {
                month,
                result,
                housing,
                employment,
                new_violence,
                safety,
            } => {
                let due = after_months(exit.on, month.months());
                if !Window::around(due, FOLLOW_UP_WINDOW_MONTHS).contains(mark.on) {
                    let positions = [exit.position, mark.position];
                    note(found, Check::FollowUpOutsideWindow, None, positions);
                }
                if result != FollowUpResult::Reached {
                    continue;
                }
                if let Some(died) = died
                    && housing != DECEASED
                {
                    note(found, Check::ReachedAfterDeath, None, [died, mark.position]);
                }
                let answers = [housing.map(|_| ()), employment, new_violence, safety];
                if answers.iter().all(|answer| *answer == Answer::NotCollected) {
                    note(found, Check::ReachedButNothingAsked, None, [mark.position]);
                }
                died = died.or((housing == DECEASED).then_some(mark.position));
            }
            _ => {}
        }
    }
}

/// Who moves in signs within days; who left before that had not to.
fn housed(found: &mut Vec<Contradiction>, marks: &[&QualityMark], today: NaiveDate) {
    let moved_in = marks.iter().find(|mark| {
        matches!(
            mark.what,
            Said::Admission { housed: true, .. } | Said::DwellingChanged
        )
    });
    let Some(moved_in) = moved_in else { return };
    let last = moved_in
        .on
        .checked_add_days(Days::new(AGREEMENT_WITHIN_DAYS));
    let last = last.unwrap_or(moved_in.on);
    let signed = marks.iter().find(|mark| mark.what == Said::AgreementSigned);
    let in_time = signed.is_some_and(|signed| signed.on <= last);
    let left = exit(marks);
    if in_time || today <= last || left.is_some_and(|exit| exit.on <= last) {
        return;
    }
    let positions = [Some(moved_in.position), signed.map(|mark| mark.position)];
    note(
        found,
        Check::HousedWithoutAgreement,
        None,
        positions.into_iter().flatten(),
    );
}
