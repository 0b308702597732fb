//! What was written down wrongly, and put right later. In the register stands first the mistake and
//! later the truth.

use events::codes::{CorrectionReason, IncomeSource, LivingSituation};
use events::{Answer, IncomeRecorded, Money};

use super::calendar::plus;
use super::contacts::{PlainService, PlainVisit, Written};
use super::frame::{Frame, MATTRESSES, approve};
use super::path::{Noted, income};
use super::register::{Pace, Register, plain};
use super::stay::Home;

/// A household with all that was written about it.
pub(super) struct Told {
    pub(super) home: Home,
    pub(super) visits: Vec<Written<PlainVisit>>,
    pub(super) services: Vec<Written<PlainService>>,
    pub(super) incomes: Vec<Noted>,
}

/// Makes the mistakes.
pub(super) fn make(register: &mut Register, frame: &Frame, told: &[Told]) {
    for story in told {
        match story.home.household.code {
            "H1" => {
                minutes_of_a_visit(register, story);
                visit_written_twice(register, story);
            }
            "H3" => {
                date_of_a_visit(register, story);
                destination(register, story);
            }
            "H4" => {
                minutes_of_a_service(register, story);
                visit_that_was_after_all(register, story);
            }
            "H5" => {
                person_of_a_visit(register, story);
                income_corrected_twice(register, story);
            }
            "H8" => service_that_was_not(register, story),
            _ => {}
        }
    }
    amount_of_an_expense(register, frame);
}

/// One digit too many, though not so many minutes that nobody would believe them.
fn minutes_of_a_visit(register: &mut Register, story: &Told) {
    let mut later = story.visits.iter().skip(2);
    let Some(truth) = later.find(|visit| visit.what.minutes <= 90) else {
        return;
    };
    let mut wrong = truth.what.clone();
    wrong.minutes *= 10;
    register.spoil(truth.key, truth.occurred_on, wrong.making());
    let right = truth.what.clone().making();
    register.correct(
        truth.key,
        6,
        truth.occurred_on,
        right,
        CorrectionReason::TypingError,
    );
}

/// The same visit, once from the calendar and once from memory.
fn visit_written_twice(register: &mut Register, story: &Told) {
    let Some(truth) = story.visits.get(8) else {
        return;
    };
    let again = truth.what.clone().making();
    let pace = Pace::Days(5);
    let second = register.write(truth.occurred_on, pace, &[truth.key], again);
    register.retract(second, 3, CorrectionReason::Duplicate);
}

/// A week too early.
fn date_of_a_visit(register: &mut Register, story: &Told) {
    let Some(truth) = story.visits.get(6) else {
        return;
    };
    // Somebody who is in the house on both days.
    let mut visit = truth.what.clone();
    visit.present = vec![story.home.head().id];
    register.spoil(
        truth.key,
        plus(truth.occurred_on, -7),
        visit.clone().making(),
    );
    let right = visit.making();
    register.correct(
        truth.key,
        9,
        truth.occurred_on,
        right,
        CorrectionReason::WrongDate,
    );
}

/// It was the child who was there, thought the coordinator.
fn person_of_a_visit(register: &mut Register, story: &Told) {
    let (Some(truth), Some(child)) = (story.visits.get(4), story.home.residents.get(1)) else {
        return;
    };
    let (mut wrong, mut right) = (truth.what.clone(), truth.what.clone());
    wrong.present = vec![child.id];
    right.present = vec![story.home.head().id];
    register.spoil(truth.key, truth.occurred_on, wrong.making());
    let right = right.making();
    register.correct(
        truth.key,
        2,
        truth.occurred_on,
        right,
        CorrectionReason::WrongPerson,
    );
}

/// Six minutes for sixty.
fn minutes_of_a_service(register: &mut Register, story: &Told) {
    let Some(truth) = story
        .services
        .iter()
        .find(|service| service.what.minutes.is_some())
    else {
        return;
    };
    let (mut wrong, mut right) = (truth.what.clone(), truth.what.clone());
    (wrong.minutes, right.minutes) = (Some(6), Some(60));
    register.spoil(truth.key, truth.occurred_on, wrong.making());
    let right = right.making();
    register.correct(
        truth.key,
        12,
        truth.occurred_on,
        right,
        CorrectionReason::TypingError,
    );
}

/// The service was called off.
fn service_that_was_not(register: &mut Register, story: &Told) {
    if let Some(called_off) = story.services.get(3) {
        register.retract(called_off.key, 4, CorrectionReason::DidNotHappen);
    }
}

/// The visit was thought to be another's, until the other's was found too.
fn visit_that_was_after_all(register: &mut Register, story: &Told) {
    if let Some(visit) = story.visits.get(7) {
        let gone = register.retract(visit.key, 5, CorrectionReason::WrongPerson);
        register.retract(gone, 6, CorrectionReason::BetterKnowledge);
    }
}

/// The wage was misread; so was the correction, which had to be corrected.
fn income_corrected_twice(register: &mut Register, story: &Told) {
    let Some(truth) = story.incomes.get(2) else {
        return;
    };
    let with_wage = |euros: i64| {
        let sources = [
            (IncomeSource::Earned, euros),
            (IncomeSource::SingleChildAllowance, 402),
        ]
        .into_iter();
        plain(IncomeRecorded {
            income: Answer::Known(income(sources)),
            ..truth.fact.clone()
        })
    };
    register.spoil(truth.key, truth.occurred_on, with_wage(1890));
    let (on, reason) = (truth.occurred_on, CorrectionReason::TypingError);
    let first = register.correct(truth.key, 7, on, with_wage(980), reason);
    let better = CorrectionReason::BetterKnowledge;
    register.correct(first, 15, on, with_wage(890), better);
}

/// The flat was thought to be a rented one with support; it is semi-protected, like the pilot's.
fn destination(register: &mut Register, story: &Told) {
    let (Some((key, truth)), Some(on)) = (&story.home.left, story.home.exit) else {
        return;
    };
    let mut wrong = truth.clone();
    for member in &mut wrong.members {
        member.destination = Answer::Known(LivingSituation::RentedSupported);
    }
    register.spoil(*key, on, plain(wrong));
    let right = plain(truth.clone());
    let corrected = register.correct(*key, 26, on, right, CorrectionReason::BetterKnowledge);
    // What had been confirmed was the mistake.
    register.confirm(corrected, 3);
}

/// Two digits changed places. What is right now is more than may be spent without approval.
fn amount_of_an_expense(register: &mut Register, frame: &Frame) {
    let mut expenses = frame.expenses.iter();
    let Some((key, on, truth)) = expenses.find(|(.., fact)| fact.description == MATTRESSES) else {
        return;
    };
    let mut wrong = truth.clone();
    wrong.amount = Money::new(45_000, 2);
    register.spoil(*key, *on, plain(wrong));
    let right = plain(truth.clone());
    let corrected = register.correct(*key, 20, *on, right, CorrectionReason::TypingError);
    approve(register, corrected, truth);
}
