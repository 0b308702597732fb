//! The households: fifteen referrals, nine stays. All of it is made up.
//!
//! The dates are those around which chance moves them by a few days. A flat's stays lie so far
//! apart that they never meet.

use chrono::NaiveDate;
use events::Answer;
use events::Answer::{DoesNotKnow, Known, NotCollected, PrefersNotToAnswer};
use events::codes::{
    AdmissionDecision, Citizenship, Completion, Contract, DecisionReason, DismissalReason,
    EmploymentStatus, ExitReason, FollowUpMonth, FollowUpResult, GoalDomain, IncomeSource,
    JobEndReason, LivingSituation, MoveReason, ReferralSource, ReferralWithdrawalReason, Relation,
    Safety, Suitability, UnavailableReason, Urgency,
};

use super::calendar::date;
use super::frame::Who;

/// A household as it was referred.
pub(super) struct Household {
    pub(super) code: &'static str,
    pub(super) source: Answer<ReferralSource>,
    pub(super) urgency: Answer<Urgency>,
    pub(super) adults: u16,
    pub(super) children: u16,
    pub(super) referred: NaiveDate,
    /// Does the pilot suit it, and is it in immediate danger?
    pub(super) assessed: (Suitability, bool),
    /// Taken back: days after the referral, why.
    pub(super) withdrawn: Option<(i64, Answer<ReferralWithdrawalReason>)>,
    /// Days after the referral, decision, reason.
    pub(super) decisions: &'static [(i64, AdmissionDecision, Option<DecisionReason>)],
    pub(super) stay: Option<Stay>,
}

/// How it went for those who came in.
pub(super) struct Stay {
    /// Which flat, from 0.
    pub(super) flat: usize,
    pub(super) entry: NaiveDate,
    pub(super) family_name: &'static str,
    pub(super) citizenship: Answer<Citizenship>,
    /// Who came in; the first is the head.
    pub(super) members: &'static [Person],
    /// Who came later, and when.
    pub(super) joined: &'static [(NaiveDate, Person)],
    /// Who left before the others: which member, when, where to, working or not.
    pub(super) left: &'static [(usize, NaiveDate, LivingSituation, EmploymentStatus)],
    /// Another flat of the pilot: when, which, why.
    pub(super) moved: Option<(NaiveDate, usize, MoveReason)>,
    /// Days from the entry to the plan, and to its renewal.
    pub(super) plans: &'static [i64],
    pub(super) goals: &'static [GoalDomain],
    pub(super) outlook: Outlook,
    pub(super) jobs: &'static [Job],
    pub(super) incomes: &'static [IncomeNote],
    pub(super) exit: Option<Leaving>,
}

/// Somebody of a household.
#[derive(Clone, Copy)]
pub(super) struct Person {
    pub(super) given_name: &'static str,
    pub(super) relation: Relation,
    /// Completed years at the entry; none when the birth was not asked for.
    pub(super) age: Option<i64>,
    pub(super) before: Answer<LivingSituation>,
    /// How many days before the entry she lost her home.
    pub(super) homeless_for: Answer<i64>,
    pub(super) employment: Answer<EmploymentStatus>,
}

/// How the goals turn out.
#[derive(Clone, Copy)]
pub(super) enum Outlook {
    Good,
    Mixed,
    Poor,
}

/// A job, in days after the entry.
pub(super) struct Job {
    pub(super) who: usize,
    pub(super) from: i64,
    pub(super) contract: Answer<Contract>,
    pub(super) hours: Option<u16>,
    pub(super) through: Option<Who>,
    pub(super) ended: Option<(i64, Answer<JobEndReason>)>,
}

/// An income, in days after the entry, or in days before the exit.
pub(super) struct IncomeNote {
    pub(super) who: usize,
    pub(super) when: When,
    /// Sources with euros a month.
    pub(super) income: Answer<&'static [(IncomeSource, i64)]>,
}

/// On which occasion.
#[derive(Clone, Copy)]
pub(super) enum When {
    Entry,
    Update(i64),
    Exit,
}

/// The end of a stay.
pub(super) struct Leaving {
    pub(super) on: NaiveDate,
    pub(super) destination: LivingSituation,
    pub(super) employment: Answer<EmploymentStatus>,
    pub(super) reason: ExitReason,
    pub(super) completion: Completion,
    /// Why it was asked to leave, if it was.
    pub(super) dismissal: Option<DismissalReason>,
    /// Was there a plan for her safety?
    pub(super) safety_plan: Answer<bool>,
    /// Did somebody else confirm the exit?
    pub(super) confirmed: bool,
    pub(super) client_safety: Answer<Safety>,
    pub(super) worker_safety: Answer<Safety>,
    pub(super) follow_ups: &'static [FollowUp],
    /// The flat could not be used afterwards: from, until, why.
    pub(super) flat_closed: Option<(NaiveDate, NaiveDate, UnavailableReason)>,
}

/// A follow-up.
pub(super) struct FollowUp {
    pub(super) month: FollowUpMonth,
    pub(super) result: FollowUpResult,
    pub(super) housing: Answer<LivingSituation>,
    pub(super) employment: Answer<EmploymentStatus>,
    pub(super) new_violence: Answer<bool>,
    pub(super) safety: Answer<Safety>,
}

const fn head(
    given_name: &'static str,
    age: i64,
    before: LivingSituation,
    homeless_for: Answer<i64>,
    employment: EmploymentStatus,
) -> Person {
    Person {
        given_name,
        relation: Relation::Head,
        age: Some(age),
        before: Known(before),
        homeless_for,
        employment: Known(employment),
    }
}

const fn child(given_name: &'static str, age: Option<i64>, before: LivingSituation) -> Person {
    Person {
        given_name,
        relation: Relation::Child,
        age,
        before: Known(before),
        homeless_for: NotCollected,
        employment: NotCollected,
    }
}

const fn job(
    who: usize,
    from: i64,
    contract: Answer<Contract>,
    hours: Option<u16>,
    through: Option<Who>,
    ended: Option<(i64, Answer<JobEndReason>)>,
) -> Job {
    Job {
        who,
        from,
        contract,
        hours,
        through,
        ended,
    }
}

const fn income(
    who: usize,
    when: When,
    income: Answer<&'static [(IncomeSource, i64)]>,
) -> IncomeNote {
    IncomeNote { who, when, income }
}

const fn reached(
    month: FollowUpMonth,
    housing: LivingSituation,
    employment: EmploymentStatus,
    new_violence: Answer<bool>,
    safety: Safety,
) -> FollowUp {
    FollowUp {
        month,
        result: FollowUpResult::Reached,
        housing: Known(housing),
        employment: Known(employment),
        new_violence,
        safety: Known(safety),
    }
}

const fn not_reached(month: FollowUpMonth, result: FollowUpResult) -> FollowUp {
    FollowUp {
        month,
        result,
        housing: NotCollected,
        employment: NotCollected,
        new_violence: NotCollected,
        safety: NotCollected,
    }
}

/// Referred, and not (or not yet) admitted.
const fn turned_away(
    code: &'static str,
    referred: NaiveDate,
    source: ReferralSource,
    urgency: Urgency,
    (adults, children): (u16, u16),
    assessed: (Suitability, bool),
    decisions: &'static [(i64, AdmissionDecision, Option<DecisionReason>)],
) -> Household {
    let (source, urgency) = (Known(source), Known(urgency));
    Household {
        code,
        source,
        urgency,
        adults,
        children,
        assessed,
        withdrawn: None,
        referred,
        decisions,
        stay: None,
    }
}

const LOOKING: EmploymentStatus = EmploymentStatus::Looking;
const EMPLOYED: EmploymentStatus = EmploymentStatus::Employed;

/// Everybody who was referred, in an order in which each flat is left before the next move in.
pub(super) const HOUSEHOLDS: &[Household] = &[
    FIRST,
    SECOND,
    THIRD,
    FOURTH,
    FIFTH,
    SIXTH,
    SEVENTH,
    EIGHTH,
    NINTH,
    IN_DANGER,
    WENT_ELSEWHERE,
    NO_ROOM,
    TOO_LARGE,
    WAITING,
    CHANGED_HER_MIND,
];

const CHANGED_HER_MIND: Household = Household {
    withdrawn: Some((26, Known(ReferralWithdrawalReason::HerDecision))),
    ..turned_away(
        "X6",
        date(2025, 3, 4),
        ReferralSource::AntiViolenceCentre,
        Urgency::Planned,
        (1, 1),
        (Suitability::Suitable, false),
        &[(
            9,
            AdmissionDecision::Waiting,
            Some(DecisionReason::NoDwellingFree),
        )],
    )
};

#[rustfmt::skip]
const IN_DANGER: Household = turned_away(
    "X1", date(2024, 11, 28), ReferralSource::Police, Urgency::Immediate, (1, 1), (Suitability::NotSuitable, true),
    &[(1, AdmissionDecision::Declined, Some(DecisionReason::ImmediateDanger))],
);

#[rustfmt::skip]
const WENT_ELSEWHERE: Household = turned_away(
    "X2", date(2025, 1, 8), ReferralSource::Health, Urgency::WithinWeeks, (1, 2), (Suitability::Suitable, false),
    &[
        (6, AdmissionDecision::Waiting, Some(DecisionReason::NoDwellingFree)),
        (41, AdmissionDecision::Declined, Some(DecisionReason::OtherPlacement)),
    ],
);

#[rustfmt::skip]
const NO_ROOM: Household = turned_away(
    "X3", date(2025, 2, 20), ReferralSource::SocialServices, Urgency::WithinWeeks, (1, 1), (Suitability::Suitable, false),
    &[(8, AdmissionDecision::Declined, Some(DecisionReason::NoDwellingFree))],
);

#[rustfmt::skip]
const TOO_LARGE: Household = turned_away(
    "X4", date(2025, 5, 6), ReferralSource::Helpline1522, Urgency::WithinWeeks, (1, 5), (Suitability::NotSuitable, false),
    &[(9, AdmissionDecision::Declined, Some(DecisionReason::HouseholdTooLarge))],
);

#[rustfmt::skip]
const WAITING: Household = turned_away(
    "X5", date(2025, 7, 15), ReferralSource::RelativesOrFriends, Urgency::Planned, (1, 0), (Suitability::MoreInformation, false),
    &[(10, AdmissionDecision::Waiting, Some(DecisionReason::NoDwellingFree))],
);

/// A mother with two children, through to a public-housing flat of her own.
#[rustfmt::skip]
const FIRST: Household = Household {
    code: "H1",
    source: Known(ReferralSource::SocialServices),
    urgency: Known(Urgency::Planned),
    adults: 1,
    children: 2,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2024, 9, 12),
    decisions: &[(14, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 1,
        entry: date(2024, 10, 8),
        family_name: "Fittiziani",
        citizenship: Known(Citizenship::Italian),
        members: &[
            head("Fittilda", 34, LivingSituation::Refuge, Known(190), LOOKING),
            child("Fittella", Some(8), LivingSituation::Refuge),
            child("Fittino", Some(5), LivingSituation::Refuge),
        ],
        joined: &[],
        left: &[],
        moved: None,
        plans: &[17, 120],
        goals: &[
            GoalDomain::Housing, GoalDomain::Employment, GoalDomain::ChildCare,
            GoalDomain::Legal, GoalDomain::ChildrensEducation,
        ],
        outlook: Outlook::Good,
        jobs: &[
            job(0, 48, Known(Contract::Traineeship), Some(20), Some(Who::Impiego), Some((140, Known(JobEndReason::ContractEnded)))),
            job(0, 155, Known(Contract::Permanent), Some(24), Some(Who::Impiego), None),
        ],
        incomes: &[
            income(0, When::Entry, Known(&[(IncomeSource::FreedomIncome, 500), (IncomeSource::SingleChildAllowance, 398)])),
            income(0, When::Update(75), Known(&[(IncomeSource::Earned, 500), (IncomeSource::SingleChildAllowance, 398)])),
            income(0, When::Update(185), Known(&[(IncomeSource::Earned, 870), (IncomeSource::SingleChildAllowance, 403)])),
            income(0, When::Exit, Known(&[(IncomeSource::Earned, 910), (IncomeSource::SingleChildAllowance, 403), (IncomeSource::ChildSupport, 200)])),
        ],
        exit: Some(Leaving {
            on: date(2025, 6, 5),
            destination: LivingSituation::PublicHousing,
            employment: Known(EMPLOYED),
            reason: ExitReason::GoalsReached,
            completion: Completion::Completed,
            dismissal: None,
            safety_plan: Known(true),
            confirmed: true,
            client_safety: Known(Safety::Safe),
            worker_safety: Known(Safety::Safe),
            follow_ups: &[
                reached(FollowUpMonth::Month3, LivingSituation::PublicHousing, EMPLOYED, Known(false), Safety::Safe),
                reached(FollowUpMonth::Month6, LivingSituation::PublicHousing, EMPLOYED, Known(false), Safety::Safe),
            ],
            flat_closed: None,
        }),
    }),
};

/// A woman alone who left early and went back.
#[rustfmt::skip]
const SECOND: Household = Household {
    code: "H2",
    source: Known(ReferralSource::AntiViolenceCentre),
    urgency: Known(Urgency::WithinWeeks),
    adults: 1,
    children: 0,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2024, 9, 24),
    decisions: &[(9, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 0,
        entry: date(2024, 10, 15),
        family_name: "Esempiucci",
        citizenship: Known(Citizenship::Eu),
        members: &[head("Esempia", 27, LivingSituation::FriendsTemporarily, DoesNotKnow, LOOKING)],
        joined: &[],
        left: &[],
        moved: None,
        plans: &[36],
        goals: &[GoalDomain::Safety, GoalDomain::Employment, GoalDomain::MentalHealth],
        outlook: Outlook::Poor,
        jobs: &[],
        incomes: &[
            income(0, When::Entry, Known(&[])),
            income(0, When::Update(40), Known(&[(IncomeSource::FreedomIncome, 500)])),
        ],
        exit: Some(Leaving {
            on: date(2024, 12, 17),
            destination: LivingSituation::ReturnedToAbuser,
            employment: Known(LOOKING),
            reason: ExitReason::ReturnedToAbuser,
            completion: Completion::LeftEarly,
            dismissal: None,
            safety_plan: Known(false),
            confirmed: true,
            client_safety: PrefersNotToAnswer,
            worker_safety: Known(Safety::Unsafe),
            follow_ups: &[
                not_reached(FollowUpMonth::Month3, FollowUpResult::Unreachable),
                not_reached(FollowUpMonth::Month6, FollowUpResult::Refused),
                reached(FollowUpMonth::Month12, LivingSituation::FamilyTemporarily, LOOKING, Known(true), Safety::PartlySafe),
            ],
            flat_closed: None,
        }),
    }),
};

/// A working mother with a daughter in secondary school, on to another semi-protected flat.
#[rustfmt::skip]
const THIRD: Household = Household {
    code: "H3",
    source: Known(ReferralSource::Refuge),
    urgency: Known(Urgency::Planned),
    adults: 1,
    children: 1,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2024, 9, 30),
    decisions: &[(11, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 2,
        entry: date(2024, 10, 22),
        family_name: "Provaletti",
        citizenship: Known(Citizenship::Italian),
        members: &[
            head("Provalia", 41, LivingSituation::Refuge, Known(310), EMPLOYED),
            child("Provalina", Some(14), LivingSituation::Refuge),
        ],
        joined: &[],
        left: &[],
        moved: None,
        plans: &[24],
        goals: &[GoalDomain::Housing, GoalDomain::Legal, GoalDomain::Parenting, GoalDomain::Mobility],
        outlook: Outlook::Mixed,
        jobs: &[job(0, 66, PrefersNotToAnswer, None, None, None)],
        incomes: &[
            income(0, When::Entry, Known(&[(IncomeSource::Earned, 780), (IncomeSource::SingleChildAllowance, 199)])),
            income(0, When::Update(90), Known(&[(IncomeSource::Earned, 940), (IncomeSource::SingleChildAllowance, 199)])),
            income(0, When::Exit, Known(&[(IncomeSource::Earned, 960), (IncomeSource::SingleChildAllowance, 201)])),
        ],
        exit: Some(Leaving {
            on: date(2025, 4, 16),
            destination: LivingSituation::SecondStage,
            employment: Known(EMPLOYED),
            reason: ExitReason::Moved,
            completion: Completion::Completed,
            dismissal: None,
            safety_plan: Known(true),
            confirmed: true,
            client_safety: Known(Safety::Safe),
            worker_safety: Known(Safety::PartlySafe),
            // Nobody tried again after six months.
            follow_ups: &[reached(FollowUpMonth::Month3, LivingSituation::SecondStage, EMPLOYED, Known(false), Safety::Safe)],
            flat_closed: Some((date(2025, 4, 28), date(2025, 5, 20), UnavailableReason::Damage)),
        }),
    }),
};

/// A mother with a small child, who found work and a rented flat.
#[rustfmt::skip]
const FOURTH: Household = Household {
    code: "H4",
    source: Known(ReferralSource::SocialServices),
    urgency: Known(Urgency::WithinWeeks),
    adults: 1,
    children: 1,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2024, 10, 8),
    decisions: &[(15, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 3,
        entry: date(2024, 11, 5),
        family_name: "Inventoni",
        citizenship: Known(Citizenship::NonEu),
        members: &[
            head("Inventilde", 31, LivingSituation::EmergencyShelter, Known(75), LOOKING),
            child("Inventino", Some(3), LivingSituation::EmergencyShelter),
        ],
        joined: &[],
        left: &[],
        moved: None,
        plans: &[21],
        goals: &[GoalDomain::Employment, GoalDomain::Housing, GoalDomain::ChildCare, GoalDomain::Income],
        outlook: Outlook::Good,
        jobs: &[
            job(0, 33, Known(Contract::Agency), Some(30), Some(Who::Consorzio), Some((82, Known(JobEndReason::BetterJob)))),
            job(0, 84, Known(Contract::FixedTerm), Some(36), None, None),
        ],
        incomes: &[
            income(0, When::Entry, Known(&[(IncomeSource::InclusionBenefit, 480), (IncomeSource::SingleChildAllowance, 199)])),
            income(0, When::Update(60), Known(&[(IncomeSource::Earned, 880), (IncomeSource::SingleChildAllowance, 199)])),
            income(0, When::Exit, Known(&[(IncomeSource::Earned, 1180), (IncomeSource::SingleChildAllowance, 201)])),
        ],
        exit: Some(Leaving {
            on: date(2025, 3, 25),
            destination: LivingSituation::Rented,
            employment: Known(EMPLOYED),
            reason: ExitReason::GoalsReached,
            completion: Completion::Completed,
            dismissal: None,
            safety_plan: Known(true),
            confirmed: true,
            client_safety: Known(Safety::Safe),
            worker_safety: Known(Safety::Safe),
            follow_ups: &[
                reached(FollowUpMonth::Month3, LivingSituation::Rented, EMPLOYED, Known(false), Safety::Safe),
                not_reached(FollowUpMonth::Month6, FollowUpResult::Unreachable),
            ],
            flat_closed: None,
        }),
    }),
};

/// A mother who waited for a flat, got a second child back and moved to a larger one.
#[rustfmt::skip]
const FIFTH: Household = Household {
    code: "H5",
    source: Known(ReferralSource::AntiViolenceCentre),
    urgency: Known(Urgency::WithinWeeks),
    adults: 1,
    children: 1,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2024, 12, 2),
    decisions: &[
        (8, AdmissionDecision::Waiting, Some(DecisionReason::NoDwellingFree)),
        (35, AdmissionDecision::Accepted, None),
    ],
    stay: Some(Stay {
        flat: 0,
        entry: date(2025, 1, 21),
        family_name: "Simulanti",
        citizenship: Known(Citizenship::NonEu),
        members: &[
            head("Simulinda", 36, LivingSituation::Refuge, Known(420), EmploymentStatus::NotEmployed),
            child("Simulino", Some(6), LivingSituation::Refuge),
        ],
        joined: &[(date(2025, 4, 30), child("Simulella", Some(10), LivingSituation::FosterCare))],
        left: &[],
        moved: Some((date(2025, 6, 17), 1, MoveReason::HouseholdSize)),
        plans: &[27, 150],
        goals: &[
            GoalDomain::FamilyRelations, GoalDomain::Housing, GoalDomain::Employment,
            GoalDomain::Parenting, GoalDomain::AdultEducation,
        ],
        outlook: Outlook::Good,
        jobs: &[
            job(0, 58, Known(Contract::Domestic), Some(15), None, Some((112, Known(JobEndReason::Care)))),
            job(0, 171, Known(Contract::FixedTerm), Some(25), Some(Who::Impiego), None),
        ],
        incomes: &[
            income(0, When::Entry, PrefersNotToAnswer),
            income(0, When::Update(20), Known(&[(IncomeSource::InclusionBenefit, 560), (IncomeSource::SingleChildAllowance, 201)])),
            income(0, When::Update(196), Known(&[(IncomeSource::Earned, 890), (IncomeSource::SingleChildAllowance, 402)])),
            income(0, When::Exit, Known(&[(IncomeSource::Earned, 930), (IncomeSource::SingleChildAllowance, 402), (IncomeSource::Alimony, 150)])),
        ],
        exit: Some(Leaving {
            on: date(2025, 11, 6),
            destination: LivingSituation::RentedSupported,
            employment: Known(EMPLOYED),
            reason: ExitReason::GoalsReached,
            completion: Completion::Completed,
            dismissal: None,
            safety_plan: Known(true),
            confirmed: false,
            client_safety: Known(Safety::Safe),
            worker_safety: Known(Safety::Safe),
            follow_ups: &[],
            flat_closed: None,
        }),
    }),
};

/// A mother with a grown-up daughter, who left first, and a son; the plan was not kept to.
#[rustfmt::skip]
const SIXTH: Household = Household {
    code: "H6",
    source: Known(ReferralSource::Refuge),
    urgency: NotCollected,
    adults: 2,
    children: 1,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2025, 2, 27),
    decisions: &[(20, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 3,
        entry: date(2025, 4, 8),
        family_name: "Ipotetti",
        citizenship: Known(Citizenship::Italian),
        members: &[
            head("Ipotesina", 47, LivingSituation::Refuge, PrefersNotToAnswer, EmploymentStatus::Unable),
            Person {
                given_name: "Ipotesia",
                relation: Relation::Child,
                age: Some(19),
                before: Known(LivingSituation::FamilyTemporarily),
                homeless_for: NotCollected,
                employment: Known(LOOKING),
            },
            child("Ipotesino", Some(12), LivingSituation::Refuge),
        ],
        joined: &[],
        left: &[(1, date(2025, 7, 9), LivingSituation::FriendsPermanently, EMPLOYED)],
        moved: None,
        plans: &[26],
        goals: &[GoalDomain::Disability, GoalDomain::HealthCoverage, GoalDomain::Housing, GoalDomain::Community],
        outlook: Outlook::Mixed,
        jobs: &[job(1, 34, Known(Contract::Apprenticeship), Some(38), Some(Who::Impiego), None)],
        incomes: &[
            income(0, When::Entry, Known(&[(IncomeSource::PensionDisability, 336), (IncomeSource::SingleChildAllowance, 201)])),
            income(1, When::Entry, Known(&[])),
            income(1, When::Update(55), Known(&[(IncomeSource::Earned, 820)])),
            income(0, When::Update(80), DoesNotKnow),
            income(0, When::Exit, Known(&[(IncomeSource::PensionDisability, 336), (IncomeSource::InclusionBenefit, 410), (IncomeSource::SingleChildAllowance, 201)])),
        ],
        exit: Some(Leaving {
            on: date(2025, 8, 27),
            destination: LivingSituation::FamilyTemporarily,
            employment: Known(EmploymentStatus::Unable),
            reason: ExitReason::PathAbandoned,
            completion: Completion::AskedToLeave,
            dismissal: Some(DismissalReason::PlanNotFollowed),
            safety_plan: Known(true),
            confirmed: true,
            client_safety: DoesNotKnow,
            worker_safety: Known(Safety::PartlySafe),
            follow_ups: &[reached(FollowUpMonth::Month3, LivingSituation::Family, EmploymentStatus::Unable, PrefersNotToAnswer, Safety::PartlySafe)],
            flat_closed: None,
        }),
    }),
};

/// A young woman who gave birth in the summer; still there.
#[rustfmt::skip]
const SEVENTH: Household = Household {
    code: "H7",
    source: Known(ReferralSource::AntiViolenceCentre),
    urgency: Known(Urgency::WithinWeeks),
    adults: 1,
    children: 0,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2025, 4, 22),
    decisions: &[(13, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 2,
        entry: date(2025, 5, 29),
        family_name: "Finzionari",
        citizenship: Known(Citizenship::NonEu),
        members: &[head("Finzia", 24, LivingSituation::FamilyTemporarily, Known(45), EmploymentStatus::NotLooking)],
        joined: &[(date(2025, 8, 18), child("Finziola", Some(0), LivingSituation::Hospital))],
        left: &[],
        moved: None,
        plans: &[19, 130],
        goals: &[GoalDomain::HealthCoverage, GoalDomain::Parenting, GoalDomain::Safety, GoalDomain::LifeSkills],
        outlook: Outlook::Mixed,
        jobs: &[],
        incomes: &[
            income(0, When::Entry, Known(&[(IncomeSource::FreedomIncome, 500)])),
            income(0, When::Update(115), Known(&[(IncomeSource::FreedomIncome, 500), (IncomeSource::SingleChildAllowance, 227)])),
        ],
        exit: None,
    }),
};

/// A woman who came by herself; seasonal work, then a traineeship; still there,
/// in another flat since the address was given away.
#[rustfmt::skip]
const EIGHTH: Household = Household {
    code: "H8",
    source: Known(ReferralSource::Oneself),
    urgency: DoesNotKnow,
    adults: 1,
    children: 0,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2025, 5, 20),
    decisions: &[(16, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 0,
        entry: date(2025, 6, 26),
        family_name: "Immaginucci",
        citizenship: PrefersNotToAnswer,
        members: &[head("Immaginella", 52, LivingSituation::Rented, NotCollected, LOOKING)],
        joined: &[],
        left: &[],
        moved: Some((date(2025, 11, 24), 1, MoveReason::Safety)),
        plans: &[39],
        goals: &[GoalDomain::Employment, GoalDomain::Income, GoalDomain::Community, GoalDomain::Food],
        outlook: Outlook::Mixed,
        jobs: &[
            job(0, 22, Known(Contract::Seasonal), Some(35), Some(Who::Impiego), Some((78, Known(JobEndReason::ContractEnded)))),
            job(0, 104, Known(Contract::Traineeship), Some(20), Some(Who::Consorzio), None),
        ],
        incomes: &[
            income(0, When::Entry, Known(&[(IncomeSource::Unemployment, 430)])),
            income(0, When::Update(48), Known(&[(IncomeSource::Earned, 990)])),
            income(0, When::Update(125), Known(&[(IncomeSource::Earned, 500), (IncomeSource::Unemployment, 210)])),
        ],
        exit: None,
    }),
};

/// A mother with two children who came in as the experimental phase ended; still there.
#[rustfmt::skip]
const NINTH: Household = Household {
    code: "H9",
    source: Known(ReferralSource::SocialServices),
    urgency: Known(Urgency::WithinWeeks),
    adults: 1,
    children: 2,
    assessed: (Suitability::Suitable, false),
    withdrawn: None,
    referred: date(2025, 8, 5),
    decisions: &[(21, AdmissionDecision::Accepted, None)],
    stay: Some(Stay {
        flat: 3,
        entry: date(2025, 9, 10),
        family_name: "Bozzettari",
        citizenship: Known(Citizenship::NonEu),
        members: &[
            head("Bozzaria", 29, LivingSituation::Hotel, Known(28), LOOKING),
            child("Bozzarina", Some(4), LivingSituation::Hotel),
            child("Bozzaretto", None, LivingSituation::Hotel),
        ],
        joined: &[],
        left: &[],
        moved: None,
        plans: &[20],
        goals: &[GoalDomain::Housing, GoalDomain::ChildCare, GoalDomain::Employment],
        outlook: Outlook::Mixed,
        jobs: &[job(0, 41, Known(Contract::Occasional), Some(8), None, Some((69, DoesNotKnow)))],
        incomes: &[
            income(0, When::Entry, NotCollected),
            income(0, When::Update(30), Known(&[(IncomeSource::FreedomIncome, 500), (IncomeSource::SingleChildAllowance, 402)])),
        ],
        exit: None,
    }),
};
