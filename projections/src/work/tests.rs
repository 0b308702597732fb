use events::codes::{JobEndReason, TrainingResult};
use events::{Answer, JobEnded};

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn row(story: &Story) -> WorkRow {
    let mut work = Snapshot::fold(PILOT, &story.facts).work;
    work.remove(&household(1)).expect("the household")
}

/// Jobs of person 1 by number: first and last day.
fn jobs(jobs: &[(u8, u64, Option<u64>)]) -> Story {
    let mut story = Story::default();
    for (n, from, until) in jobs {
        // The end may be told before the beginning.
        if let Some(until) = until {
            story.record(*until, job_ended(1, *n));
        }
        story.record(*from, placed(1, *n));
    }
    story
}

fn spells_of(story: &Story) -> Vec<(NaiveDate, Option<NaiveDate>, usize)> {
    let spells = spells(&row(story), person(1)).into_iter();
    spells.map(|s| (s.from, s.until, s.jobs.len())).collect()
}

#[test]
fn a_job_counts_from_its_first_to_its_last_day() {
    let row = row(&jobs(&[(1, 5, Some(9))]));
    let works = |n| row.employed_on(person(1), day(n)).is_some();
    assert_eq!([4, 5, 9, 10].map(works), [false, true, true, false]);
    assert!(row.employed_on(person(2), day(7)).is_none());
}

#[test]
fn of_two_jobs_on_one_day_the_first_is_named() {
    let row = row(&jobs(&[(2, 7, None), (1, 5, Some(9))]));
    let which = |n| row.employed_on(person(1), day(n)).map(|row| row.job);
    assert_eq!([8, 10].map(which), [Some(job(1)), Some(job(2))]);
}

#[test]
fn jobs_that_overlap_or_follow_at_once_are_one_spell() {
    let story = jobs(&[
        (1, 0, Some(9)),
        (2, 5, Some(7)),
        (3, 10, Some(12)),
        // A day without work between.
        (4, 14, Some(15)),
        (5, 15, None),
        (6, 40, Some(41)),
    ]);
    let expected = [(day(0), Some(day(12)), 3), (day(14), None, 3)];
    assert_eq!(spells_of(&story), expected);
    assert_eq!(spells(&row(&story), person(9)), []);
}

#[test]
fn a_job_said_to_end_before_it_began_has_one_day() {
    assert_eq!(
        spells_of(&jobs(&[(1, 9, Some(3))])),
        [(day(9), Some(day(9)), 1)]
    );
}

#[test]
fn a_job_ends_once_and_a_retracted_end_did_not_happen() {
    let mut story = jobs(&[(1, 0, Some(30))]);
    let better = JobEnded {
        household: household(1),
        job: job(1),
        reason: Answer::Known(JobEndReason::BetterJob),
    };
    let end = story.record(20, better);
    let ended = row(&story).jobs.remove(0).ended.expect("an end");
    assert_eq!((ended.position, ended.on), (end, day(20)));
    story.retract(end);
    let ended = row(&story).jobs.remove(0).ended.expect("an end");
    assert_eq!(ended.on, day(30));
}

#[test]
fn what_is_not_there_does_not_end() {
    let mut story = Story::default();
    story.record(1, job_ended(1, 7));
    story.record(1, training_ended(1, 7, TrainingResult::Completed));
    let row = row(&story);
    assert!(row.jobs.is_empty() && row.trainings.is_empty());
}

#[test]
fn courses_have_a_start_an_end_and_a_result() {
    let mut story = Story::default();
    let end = story.record(40, training_ended(1, 1, TrainingResult::Certified));
    let start = story.record(10, training_started(1, 1));
    story.record(12, training_started(1, 2));
    let row = row(&story);
    let [first, second] = row.trainings.as_slice() else {
        panic!("two courses")
    };
    assert_eq!((first.position, first.started_on), (start, day(10)));
    let ended = first.ended.as_ref().expect("an end");
    assert_eq!((ended.position, ended.on), (end, day(40)));
    assert_eq!(ended.result, Answer::Known(TrainingResult::Certified));
    assert_eq!(second.ended, None);
}

#[test]
fn incomes_and_schools_are_in_order_of_days() {
    let mut story = Story::default();
    story.record(9, income(1));
    story.record(4, income(1));
    let wrong = story.record(9, schooled(1, 2));
    story.record(4, schooled(1, 3));
    story.correct(wrong, 2, schooled(1, 2));
    let row = row(&story);
    let days: Vec<_> = row.incomes.iter().map(|income| income.on).collect();
    assert_eq!(days, [day(4), day(9)]);
    let schools: Vec<_> = row.schoolings.iter().map(|s| (s.person, s.on)).collect();
    assert_eq!(schools, [(person(2), day(2)), (person(3), day(4))]);
}
