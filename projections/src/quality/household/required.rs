//! Completeness: of every answer that is required, whether it is there, and if not, why not.

use chrono::{Days, NaiveDate};
use events::codes::{FollowUpMonth, FollowUpResult, IncomeStage, LivingSituation};
use events::{Answer, PersonId, Position};
use serde::{Deserialize, Serialize};

use super::{Asked, HouseholdQuality, Membership, QualityMark, Said, exit, memberships};
use crate::agenda::{HouseholdAgenda, Item, Outcome, State, Subject, household::follow_ups};
use crate::pilots::{RulesRow, rules_on};

/// Days from the entry, and from the exit, within which the income is to be recorded.
pub const INCOME_WITHIN_DAYS: u64 = 30;

/// A required answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// Who referred the household.
    ReferralSource,
    /// How soon a place was needed.
    Urgency,
    /// What a member is to the head.
    Relation,
    /// When a member was born.
    Birth,
    /// Where a member lived before.
    PriorLivingSituation,
    /// Was an adult working when she entered?
    EmploymentAtEntry,
    /// A member's citizenship, where the pilot asks for it.
    Citizenship,
    /// An adult's income at entry.
    IncomeAtEntry,
    /// Where a member went.
    Destination,
    /// Was an adult working when she left?
    EmploymentAtExit,
    /// An adult's income at exit.
    IncomeAtExit,
    /// Why the stay ended.
    ExitReason,
    /// How the programme ended.
    Completion,
    /// Is the destination safe, as she sees it?
    ClientSafety,
    /// Is the destination safe, as the worker sees it?
    WorkerSafety,
    /// Was a safety plan agreed?
    SafetyPlan,
    /// Where she lives at a follow-up.
    FollowUpHousing,
    /// Is she working at a follow-up?
    FollowUpEmployment,
    /// Was there new violence by a follow-up?
    NewViolence,
    /// Is she safe at a follow-up?
    FollowUpSafety,
}

impl Element {
    /// Every element, in the order of a stay.
    pub const ALL: [Self; 20] = [
        Self::ReferralSource,
        Self::Urgency,
        Self::Relation,
        Self::Birth,
        Self::PriorLivingSituation,
        Self::EmploymentAtEntry,
        Self::Citizenship,
        Self::IncomeAtEntry,
        Self::Destination,
        Self::EmploymentAtExit,
        Self::IncomeAtExit,
        Self::ExitReason,
        Self::Completion,
        Self::ClientSafety,
        Self::WorkerSafety,
        Self::SafetyPlan,
        Self::FollowUpHousing,
        Self::FollowUpEmployment,
        Self::NewViolence,
        Self::FollowUpSafety,
    ];

    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::ReferralSource => "referral_source",
            Self::Urgency => "urgency",
            Self::Relation => "relation",
            Self::Birth => "birth",
            Self::PriorLivingSituation => "prior_living_situation",
            Self::EmploymentAtEntry => "employment_at_entry",
            Self::Citizenship => "citizenship",
            Self::IncomeAtEntry => "income_at_entry",
            Self::Destination => "destination",
            Self::EmploymentAtExit => "employment_at_exit",
            Self::IncomeAtExit => "income_at_exit",
            Self::ExitReason => "exit_reason",
            Self::Completion => "completion",
            Self::ClientSafety => "client_safety",
            Self::WorkerSafety => "worker_safety",
            Self::SafetyPlan => "safety_plan",
            Self::FollowUpHousing => "follow_up_housing",
            Self::FollowUpEmployment => "follow_up_employment",
            Self::NewViolence => "new_violence",
            Self::FollowUpSafety => "follow_up_safety",
        }
    }
}

/// Whether a required answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// It is.
    Known,
    /// She was asked and does not know.
    DoesNotKnow,
    /// She was asked and prefers not to answer.
    PrefersNotToAnswer,
    /// Nobody asked, though it was time.
    NotCollected,
    /// It is not time to ask yet: neither there nor missing.
    NotYetDue,
}

impl Completeness {
    /// Every class.
    pub const ALL: [Self; 5] = [
        Self::Known,
        Self::DoesNotKnow,
        Self::PrefersNotToAnswer,
        Self::NotCollected,
        Self::NotYetDue,
    ];

    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::DoesNotKnow => "does_not_know",
            Self::PrefersNotToAnswer => "prefers_not_to_answer",
            Self::NotCollected => "not_collected",
            Self::NotYetDue => "not_yet_due",
        }
    }

    fn of(answer: Asked) -> Self {
        match answer {
            Answer::Known(()) => Self::Known,
            Answer::DoesNotKnow => Self::DoesNotKnow,
            Answer::PrefersNotToAnswer => Self::PrefersNotToAnswer,
            Answer::NotCollected => Self::NotCollected,
        }
    }
}

/// One required answer of one household, as it stood on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// Which.
    pub element: Element,
    /// Whose, when it is one member's.
    pub person: Option<PersonId>,
    /// At which follow-up, when at one.
    pub month: Option<FollowUpMonth>,
    /// Is it there?
    pub answer: Completeness,
    /// The first day on which it was there or missing; none when it is not yet due.
    pub settled: Option<NaiveDate>,
    /// The facts that say so, ascending.
    pub positions: Vec<Position>,
}

/// Every answer required of a household up to `today`: those it gave, those that are missing, and
/// those whose time has not come. `rules` are the pilot's own: they say whether citizenship is asked.
pub fn completeness(
    row: &HouseholdQuality,
    agenda: &HouseholdAgenda,
    rules: &[RulesRow],
    today: NaiveDate,
) -> Vec<Required> {
    let marks = row.known(today);
    let mut answers = Answers {
        today,
        required: Vec::new(),
    };
    for mark in &marks {
        if let Said::ReferralReceived { source, urgency } = mark.what {
            answers.given(Element::ReferralSource, None, mark, source);
            answers.given(Element::Urgency, None, mark, urgency);
        }
    }
    for membership in memberships(&marks) {
        let rules = rules_on(rules, membership.entered.on);
        answers.entry(&membership, &marks, rules);
        answers.departure(&membership, &marks);
    }
    answers.exit(&marks);
    for item in follow_ups(agenda, today) {
        answers.follow_up(&item, &marks);
    }
    answers.required
}

struct Answers {
    today: NaiveDate,
    required: Vec<Required>,
}

impl Answers {
    fn given(
        &mut self,
        element: Element,
        person: Option<PersonId>,
        mark: &QualityMark,
        answer: Asked,
    ) {
        self.required.push(Required {
            element,
            person,
            month: None,
            answer: Completeness::of(answer),
            settled: Some(mark.on),
            positions: vec![mark.position],
        });
    }

    fn not_yet_due(&mut self, element: Element, person: Option<PersonId>, because: Position) {
        self.required.push(Required {
            element,
            person,
            month: None,
            answer: Completeness::NotYetDue,
            settled: None,
            positions: vec![because],
        });
    }

    fn entry(&mut self, of: &Membership<'_>, marks: &[&QualityMark], rules: Option<&RulesRow>) {
        let (member, entered) = (of.member, of.entered);
        let person = Some(member.person);
        let relation = member.relation.map(|_| ());
        self.given(Element::Relation, person, entered, relation);
        self.given(Element::Birth, person, entered, member.birth.map(|_| ()));
        let prior = member.prior_living_situation;
        self.given(Element::PriorLivingSituation, person, entered, prior);
        if rules.is_some_and(|rules| rules.ask_citizenship) {
            self.given(Element::Citizenship, person, entered, member.citizenship);
        }
        // The rules say so, or say that it is not asked.
        if let (Some(rules), Some(last)) = (rules, self.required.last_mut()) {
            last.positions.push(rules.position);
            last.positions.sort_unstable();
        }
        if of.is_adult() {
            let employment = member.employment.map(|_| ());
            self.given(Element::EmploymentAtEntry, person, entered, employment);
            let stage = (Element::IncomeAtEntry, IncomeStage::Entry);
            self.income(stage, member.person, entered, marks);
        }
    }

    fn departure(&mut self, of: &Membership<'_>, marks: &[&QualityMark]) {
        let person = Some(of.member.person);
        let Some((mark, left)) = of.left else {
            self.not_yet_due(Element::Destination, person, of.entered.position);
            if of.is_adult() {
                self.not_yet_due(Element::EmploymentAtExit, person, of.entered.position);
                self.not_yet_due(Element::IncomeAtExit, person, of.entered.position);
            }
            return;
        };
        let destination = left.destination.map(|_| ());
        self.given(Element::Destination, person, mark, destination);
        // The dead are asked nothing.
        if of.is_adult() && left.destination != DECEASED {
            let employment = left.employment.map(|_| ());
            self.given(Element::EmploymentAtExit, person, mark, employment);
            let stage = (Element::IncomeAtExit, IncomeStage::Exit);
            self.income(stage, of.member.person, mark, marks);
        }
        // Her own entry says that she is asked at all.
        for required in self.required.iter_mut().rev() {
            if required.person != person || required.positions.contains(&of.entered.position) {
                break;
            }
            required.positions.push(of.entered.position);
            required.positions.sort_unstable();
        }
    }

    /// The income on an occasion, to be recorded within some days of it.
    fn income(
        &mut self,
        (element, stage): (Element, IncomeStage),
        person: PersonId,
        occasion: &QualityMark,
        marks: &[&QualityMark],
    ) {
        let records = marks.iter().filter_map(|mark| match mark.what {
            Said::IncomeRecorded {
                person: of,
                stage: at,
                total,
                ..
            } if of == person && at == stage => Some((*mark, total)),
            _ => None,
        });
        let records: Vec<(&QualityMark, Asked)> = records.collect();
        let last = occasion.on.checked_add_days(Days::new(INCOME_WITHIN_DAYS));
        let last = last.unwrap_or(occasion.on);
        let passed = last.succ_opt().unwrap_or(last);
        let (answer, settled) = match (records.first(), records.last()) {
            // It was there when it was first recorded; what counts is what was recorded last.
            (Some((first, _)), Some((_, total))) => {
                (Completeness::of(*total), Some(first.on.min(passed)))
            }
            _ if self.today <= last => (Completeness::NotYetDue, None),
            _ => (Completeness::NotCollected, Some(passed)),
        };
        let mut positions = vec![occasion.position];
        positions.extend(records.iter().map(|(mark, _)| mark.position));
        positions.sort_unstable();
        self.required.push(Required {
            element,
            person: Some(person),
            month: None,
            answer,
            settled,
            positions,
        });
    }

    fn exit(&mut self, marks: &[&QualityMark]) {
        let Some(exit) = exit(marks) else {
            let mut marks = marks.iter();
            let admission = marks.find(|mark| matches!(mark.what, Said::Admission { .. }));
            for element in OF_EXITS {
                if let Some(admission) = admission {
                    self.not_yet_due(element, None, admission.position);
                }
            }
            return;
        };
        let Said::Exit {
            reason,
            completion,
            client_safety,
            worker_safety,
            safety_plan,
            ..
        } = exit.what
        else {
            return;
        };
        let answers = [
            reason.map(|_| ()),
            completion.map(|_| ()),
            client_safety,
            worker_safety,
            safety_plan,
        ];
        for (element, answer) in OF_EXITS.into_iter().zip(answers) {
            self.given(element, None, exit, answer);
        }
    }

    /// What is asked at a follow-up. Who refused prefers not to answer; of whom nobody reached,
    /// nothing was collected.
    fn follow_up(&mut self, item: &Item, marks: &[&QualityMark]) {
        let Subject::FollowUp(_, month) = item.subject else {
            return;
        };
        let missing = |answer| OF_FOLLOW_UPS.map(|element| (element, answer)).to_vec();
        let answers = match (
            item.state(self.today),
            item.done.and_then(|done| done.result),
        ) {
            (State::NoLongerNeeded, _) => return,
            (State::Done, Some(Outcome::FollowUp(FollowUpResult::Refused))) => {
                missing(Completeness::PrefersNotToAnswer)
            }
            (State::Done, Some(Outcome::FollowUp(FollowUpResult::Reached))) => {
                let done = item.done.map(|done| done.position);
                reached(marks.iter().find(|mark| Some(mark.position) == done))
            }
            (State::Done | State::Missed, _) => missing(Completeness::NotCollected),
            (State::Due | State::Overdue | State::NotYetDue, _) => missing(Completeness::NotYetDue),
        };
        let missed = item.window.and_then(|window| window.closes.succ_opt());
        let settled = item.done.map(|done| done.on).or(missed);
        for (element, answer) in answers {
            self.required.push(Required {
                element,
                person: None,
                month: Some(month),
                answer,
                settled: settled.filter(|_| answer != Completeness::NotYetDue),
                positions: item.positions(),
            });
        }
    }
}

/// What a follow-up that reached her answered. Of the dead nothing else is asked.
fn reached(mark: Option<&&QualityMark>) -> Vec<(Element, Completeness)> {
    let Some(Said::FollowUpRecorded {
        housing,
        employment,
        new_violence,
        safety,
        ..
    }) = mark.map(|mark| &mark.what)
    else {
        return Vec::new();
    };
    let answers = [housing.map(|_| ()), *employment, *new_violence, *safety];
    let asked = if *housing == DECEASED {
        1
    } else {
        answers.len()
    };
    OF_FOLLOW_UPS
        .into_iter()
        .zip(answers.map(Completeness::of))
        .take(asked)
        .collect()
}

const DECEASED: Answer<LivingSituation> = Answer::Known(LivingSituation::Deceased);

const OF_EXITS: [Element; 5] = [
    Element::ExitReason,
    Element::Completion,
    Element::ClientSafety,
    Element::WorkerSafety,
    Element::SafetyPlan,
];

const OF_FOLLOW_UPS: [Element; 4] = [
    Element::FollowUpHousing,
    Element::FollowUpEmployment,
    Element::NewViolence,
    Element::FollowUpSafety,
];
