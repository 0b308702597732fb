//! What is measured on the way: the self-sufficiency matrix, the star, risk; courses and school.

use chrono::NaiveDate;
use events::codes::{
    AssessmentStage, CodeList, GoalDomain, RiskLevel, SchoolingKind, TrainingKind, TrainingResult,
};
use events::instruments::SELF_SUFFICIENCY_MATRIX;
use events::{
    Answer, AssessmentScored, RiskAssessed, SchoolingStarted, Score, TrainingEnded, TrainingId,
    TrainingStarted,
};

use super::calendar::{plus, working_day};
use super::frame::Who;
use super::households::Outlook;
use super::register::{Key, Pace, plain};
use super::stay::{Home, Resident, Telling};

/// The areas of the matrix that the coordinator scores.
const AREAS: &[GoalDomain] = &[
    GoalDomain::Housing,
    GoalDomain::Employment,
    GoalDomain::Income,
    GoalDomain::Food,
    GoalDomain::ChildCare,
    GoalDomain::ChildrensEducation,
    GoalDomain::AdultEducation,
    GoalDomain::HealthCoverage,
    GoalDomain::LifeSkills,
    GoalDomain::FamilyRelations,
    GoalDomain::Mobility,
    GoalDomain::Community,
    GoalDomain::Legal,
    GoalDomain::MentalHealth,
    GoalDomain::Safety,
];
const HIGHEST: i64 = 5;

/// The star, and the areas of it that one woman filled in.
const STAR: &str = "empowerment_star";
const STAR_AREAS: &[&str] = &[
    "safety",
    "accommodation",
    "support_networks",
    "legal_issues",
    "health_and_wellbeing",
    "money",
    "children",
    "work_and_learning",
    "empowerment_and_self_esteem",
];
/// Who did, and after how many days each time.
const STARS: (&str, &[(i64, AssessmentStage, i64)]) = (
    "H5",
    &[
        (24, AssessmentStage::Entry, 3),
        (155, AssessmentStage::Interim, 6),
    ],
);

const SARA: &str = "sara_s";
const DANGER: &str = "danger_assessment";

/// Whose risk, by which instrument, after how many days, how high; the last one of those who left
/// is at the exit.
type Risk = (
    &'static str,
    &'static str,
    &'static [(i64, RiskLevel)],
    Option<RiskLevel>,
);

#[rustfmt::skip]
const RISKS: &[Risk] = &[
    ("H1", SARA, &[(3, RiskLevel::High), (110, RiskLevel::Medium)], Some(RiskLevel::Low)),
    ("H2", SARA, &[(2, RiskLevel::Medium), (51, RiskLevel::High)], None),
    ("H2", DANGER, &[(51, RiskLevel::Extreme)], None),
    ("H3", SARA, &[(4, RiskLevel::Medium)], Some(RiskLevel::Low)),
    ("H4", SARA, &[(5, RiskLevel::High), (70, RiskLevel::Medium)], Some(RiskLevel::Medium)),
    ("H5", SARA, &[(3, RiskLevel::High), (120, RiskLevel::Medium)], Some(RiskLevel::Low)),
    ("H6", SARA, &[(6, RiskLevel::Medium)], Some(RiskLevel::Medium)),
    ("H7", SARA, &[(4, RiskLevel::Medium), (56, RiskLevel::Medium)], None),
    ("H8", SARA, &[(3, RiskLevel::Low), (143, RiskLevel::High)], None),
    ("H9", SARA, &[(5, RiskLevel::High)], None),
];

/// Whose course, which member, from when, what, how many hours, through whom, how it ended when.
type Course = (
    &'static str,
    usize,
    i64,
    TrainingKind,
    Option<u16>,
    Option<Who>,
    Option<(i64, Answer<TrainingResult>)>,
);

#[rustfmt::skip]
const COURSES: &[Course] = &[
    ("H1", 0, 30, TrainingKind::DrivingLicence, Some(40), None, Some((118, Answer::Known(TrainingResult::Certified)))),
    ("H5", 0, 60, TrainingKind::SchoolCertificate, Some(150), None, Some((225, Answer::Known(TrainingResult::Certified)))),
    ("H6", 1, 20, TrainingKind::Digital, Some(24), Some(Who::Impiego), Some((62, Answer::Known(TrainingResult::Completed)))),
    ("H7", 0, 25, TrainingKind::Vocational, Some(80), Some(Who::Impiego), Some((64, Answer::Known(TrainingResult::DroppedOut)))),
    ("H8", 0, 30, TrainingKind::Digital, Some(30), Some(Who::Impiego), Some((84, Answer::DoesNotKnow))),
    ("H9", 0, 35, TrainingKind::Language, Some(100), Some(Who::Consorzio), None),
];

/// Whose child found no place in a preschool.
const WAITS_FOR_A_PLACE: &str = "H4";

impl Telling<'_> {
    /// Scores, levels, courses, school.
    pub(super) fn progress(&mut self, home: &Home) {
        self.matrix(home);
        self.star(home);
        self.risk(home);
        self.courses(home);
        self.schooling(home);
    }

    /// At entry, half way of a long stay, and at the exit of those who did not leave early.
    fn matrix(&mut self, home: &Home) {
        let early = matches!(home.stay.outlook, Outlook::Poor);
        let days = (home.last_day() - home.entry).num_days();
        let mut scores: Vec<Option<i64>> = AREAS
            .iter()
            .map(|area| self.first_score(home, *area))
            .collect();
        let on = working_day(plus(home.entry, self.chance.between(4, 9)));
        self.score_matrix(home, on, AssessmentStage::Entry, &scores);
        if days > 120 {
            self.go_on(home, &mut scores);
            let on = working_day(plus(home.entry, days / 2));
            self.score_matrix(home, on, AssessmentStage::Interim, &scores);
        }
        if home.exit.is_some() && !early {
            self.go_on(home, &mut scores);
            self.score_matrix(home, home.last_day(), AssessmentStage::Exit, &scores);
        }
    }

    /// What is about children does not apply to who has none.
    fn first_score(&mut self, home: &Home, area: GoalDomain) -> Option<i64> {
        let about_children = matches!(area, GoalDomain::ChildCare | GoalDomain::ChildrensEducation);
        let children = home.present(home.entry).any(Resident::is_minor);
        let score = self.chance.between(1, 3);
        (children || !about_children).then_some(score)
    }

    /// How scores change until the next time.
    fn go_on(&mut self, home: &Home, scores: &mut [Option<i64>]) {
        let least = match home.stay.outlook {
            Outlook::Good => 0,
            Outlook::Mixed | Outlook::Poor => -1,
        };
        for score in scores.iter_mut().flatten() {
            *score = (*score + self.chance.between(least, 2)).clamp(1, HIGHEST);
        }
    }

    fn score_matrix(
        &mut self,
        home: &Home,
        on: NaiveDate,
        stage: AssessmentStage,
        scores: &[Option<i64>],
    ) {
        let scores = AREAS.iter().zip(scores).map(|(area, score)| Score {
            area: area.code().to_owned(),
            score: score.map(whole),
        });
        self.score(home, on, SELF_SUFFICIENCY_MATRIX, stage, scores.collect());
    }

    fn star(&mut self, home: &Home) {
        let (code, times) = STARS;
        if code != home.household.code {
            return;
        }
        for &(days, stage, around) in times {
            let scores = STAR_AREAS
                .iter()
                .map(|area| Score {
                    area: (*area).to_owned(),
                    score: Some(whole(around + self.chance.between(-1, 2))),
                })
                .collect();
            let on = working_day(plus(home.entry, days));
            self.score(home, on, STAR, stage, scores);
        }
    }

    fn score(
        &mut self,
        home: &Home,
        on: NaiveDate,
        instrument: &str,
        stage: AssessmentStage,
        scores: Vec<Score>,
    ) {
        let scored = plain(AssessmentScored {
            household: home.id,
            person: home.head().id,
            instrument: instrument.to_owned(),
            version: 1,
            stage,
            scores,
        });
        self.register
            .write(on, Pace::Usual, &[home.head().key], scored);
    }

    fn risk(&mut self, home: &Home) {
        let of_hers = RISKS.iter().filter(|row| row.0 == home.household.code);
        for &(_, instrument, levels, at_exit) in of_hers {
            for (number, &(days, level)) in levels.iter().enumerate() {
                let stage = if number == 0 {
                    AssessmentStage::Entry
                } else {
                    AssessmentStage::Interim
                };
                self.level(home, plus(home.entry, days), instrument, stage, level);
            }
            if let Some(level) = at_exit {
                let stage = AssessmentStage::Exit;
                self.level(home, home.last_day(), instrument, stage, level);
            }
        }
    }

    fn level(
        &mut self,
        home: &Home,
        on: NaiveDate,
        instrument: &str,
        stage: AssessmentStage,
        level: RiskLevel,
    ) {
        let assessed = plain(RiskAssessed {
            household: home.id,
            person: home.head().id,
            instrument: instrument.to_owned(),
            version: 1,
            stage,
            level,
        });
        self.register
            .write(on, Pace::Usual, &[home.head().key], assessed);
    }

    fn courses(&mut self, home: &Home) {
        let of_theirs = COURSES.iter().filter(|row| row.0 == home.household.code);
        for &(code, who, from, kind, hours, through, ended) in of_theirs {
            let learner = &home.residents[who];
            let training = TrainingId(self.ids.id("demo training", &[code]));
            let through = through.map(|who| self.frame.partner(who));
            let mut after = vec![learner.key];
            after.extend(through.map(|partner| partner.key));
            let started = plain(TrainingStarted {
                household: home.id,
                person: learner.id,
                training,
                kind,
                hours,
                partner: through.map(|partner| partner.id),
            });
            let on = working_day(plus(home.entry, from));
            let started: Key = self.register.write(on, Pace::Usual, &after, started);
            if let Some((days, result)) = ended {
                let ended = plain(TrainingEnded {
                    household: home.id,
                    training,
                    result,
                });
                let on = plus(home.entry, days);
                self.register.write(on, Pace::Usual, &[started], ended);
            }
        }
    }

    /// School or nursery, for whose age is known and who is no new-born. One boy waits for a place.
    fn schooling(&mut self, home: &Home) {
        if home.household.code == WAITS_FOR_A_PLACE {
            return;
        }
        for who in &home.residents {
            let Some(kind) = who.person.age.and_then(school) else {
                continue;
            };
            let on = working_day(plus(who.from, self.chance.between(3, 16)));
            let started = plain(SchoolingStarted {
                household: home.id,
                person: who.id,
                kind,
            });
            self.register.write(on, Pace::Usual, &[who.key], started);
        }
    }
}

/// Where a child of so many years goes.
fn school(age: i64) -> Option<SchoolingKind> {
    match age {
        1..=2 => Some(SchoolingKind::Nursery),
        3..=5 => Some(SchoolingKind::Preschool),
        6..=10 => Some(SchoolingKind::Primary),
        11..=13 => Some(SchoolingKind::LowerSecondary),
        14..=17 => Some(SchoolingKind::UpperSecondary),
        _ => None,
    }
}

/// A score as facts hold it.
fn whole(score: i64) -> u8 {
    u8::try_from(score).unwrap_or(1)
}
