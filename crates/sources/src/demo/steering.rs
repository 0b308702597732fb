//! How the pilot is run: its rules, what the partners agreed on and aim at, the committee, the
//! periods that were closed, the end.

use chrono::NaiveDate;
use events::codes::{AgreementKind, Attendance, DecisionOutcome, Phase, PilotEnd, TargetDirection};
use events::{
    AgreementAdopted, AgreementId, DecisionClosed, DecisionId, DecisionTaken, MeetingHeld,
    MeetingId, MeetingPlanned, Money, PartnerAttendance, PartnerId, PeriodClosed, PhaseExtended,
    PilotClosed, Retention, RulesSet, TargetSet,
};

use super::calendar::{CLOSED, EXPERIMENT, date, plus};
use super::chance::Chance;
use super::frame::{APPROVED_ABOVE, Frame, Who};
use super::register::{Key, Making, Pace, Register, plain};
use crate::Ids;

/// The meeting that adopted the operating regulation, and with it the rules of the experiment.
const REGULATION: NaiveDate = date(2024, 9, 16);

/// Kind, title, day, until when, who; nobody named is everybody who takes part on the day.
type Agreed = (
    AgreementKind,
    &'static str,
    NaiveDate,
    Option<NaiveDate>,
    &'static [Who],
);

#[rustfmt::skip]
const AGREEMENTS: &[Agreed] = &[
    (AgreementKind::Protocol, "Protocollo d'intesa «In rete per l'autonomia»", date(2023, 4, 17), Some(date(2025, 12, 31)), &[]),
    (AgreementKind::Regulation, "Regolamento degli alloggi di accoglienza per l'autonomia", REGULATION, None, &[Who::Comune, Who::Consorzio, Who::Mia]),
    (AgreementKind::Convention, "Convenzione con il Consultorio familiare", date(2025, 1, 14), Some(date(2026, 1, 13)), &[Who::Comune, Who::Consultorio]),
    (AgreementKind::Convention, "Convenzione con l'Istituto comprensivo", date(2025, 2, 4), Some(date(2025, 8, 29)), &[Who::Comune, Who::Scuola]),
];

/// Indicator, value in hundredths, which side is good, whose target, set when.
type Aim = (u16, i64, TargetDirection, Who, NaiveDate);

#[rustfmt::skip]
const TARGETS: &[Aim] = &[
    (2, 50, TargetDirection::AtLeast, Who::Comune, REGULATION),
    (5, 30_00, TargetDirection::AtMost, Who::Comune, REGULATION),
    (7, 80, TargetDirection::AtLeast, Who::Comune, REGULATION),
    (9, 21_00, TargetDirection::AtMost, Who::Comune, REGULATION),
    (14, 60, TargetDirection::AtLeast, Who::Marcegaglia, REGULATION),
    (16, 10, TargetDirection::AtMost, Who::Marcegaglia, REGULATION),
    (19, 3_00, TargetDirection::AtLeast, Who::Marcegaglia, REGULATION),
    (23, 90, TargetDirection::AtLeast, Who::Consorzio, REGULATION),
    // What a year of turnover taught.
    (9, 28_00, TargetDirection::AtMost, Who::Comune, date(2025, 6, 11)),
];

/// Planned when, for when, and when it was held, if it was.
const MEETINGS: &[(NaiveDate, NaiveDate, Option<NaiveDate>)] = &[
    (date(2023, 4, 3), date(2023, 4, 17), Some(date(2023, 4, 17))),
    (
        date(2024, 5, 29),
        date(2024, 6, 12),
        Some(date(2024, 6, 12)),
    ),
    (date(2024, 9, 2), REGULATION, Some(REGULATION)),
    (
        date(2024, 11, 25),
        date(2024, 12, 9),
        Some(date(2024, 12, 11)),
    ),
    (
        date(2025, 2, 24),
        date(2025, 3, 12),
        Some(date(2025, 3, 12)),
    ),
    (
        date(2025, 5, 28),
        date(2025, 6, 11),
        Some(date(2025, 6, 11)),
    ),
    (date(2025, 9, 3), date(2025, 9, 17), Some(date(2025, 9, 17))),
    // Put off, and never held.
    (date(2025, 10, 29), date(2025, 11, 12), None),
    (
        date(2025, 11, 24),
        date(2025, 12, 10),
        Some(date(2025, 12, 10)),
    ),
];

/// At which meeting, what, who sees to it, by when, and what became of it when.
type Decided = (
    usize,
    &'static str,
    Option<Who>,
    Option<NaiveDate>,
    Option<(NaiveDate, DecisionOutcome)>,
);

/// Which of the decisions extends the preparation.
const EXTENSION: usize = 1;

#[rustfmt::skip]
const DECISIONS: &[Decided] = &[
    (0, "Scrivere il regolamento degli alloggi", Some(Who::Consorzio), Some(date(2024, 6, 30)), Some((REGULATION, DecisionOutcome::CarriedOut))),
    (1, "Prorogare la preparazione al 30 settembre 2024", Some(Who::Comune), Some(date(2024, 9, 30)), Some((EXPERIMENT, DecisionOutcome::CarriedOut))),
    (2, "Adottare il regolamento e avviare la sperimentazione", Some(Who::Comune), Some(EXPERIMENT), Some((EXPERIMENT, DecisionOutcome::CarriedOut))),
    (3, "Coinvolgere il Consultorio familiare", Some(Who::Mia), Some(date(2025, 1, 31)), Some((date(2025, 1, 14), DecisionOutcome::CarriedOut))),
    (3, "Cercare un servizio di mediazione in più lingue", Some(Who::Mia), Some(date(2025, 3, 31)), Some((date(2025, 4, 14), DecisionOutcome::CarriedOut))),
    (4, "Allestire un angolo gioco nella sala comune", Some(Who::Consorzio), Some(date(2025, 4, 30)), Some((date(2025, 3, 24), DecisionOutcome::CarriedOut))),
    (4, "Stampare pieghevoli informativi", Some(Who::Comune), Some(date(2025, 4, 30)), Some((date(2025, 4, 22), DecisionOutcome::Dropped))),
    (5, "Cercare alloggi in affitto sul mercato privato", Some(Who::Comune), Some(date(2025, 9, 30)), None),
    (5, "Rivedere i tempi fra un'uscita e l'ingresso seguente", None, None, Some((date(2025, 9, 17), DecisionOutcome::Superseded))),
    (6, "Fissare un calendario dei lavori fra un nucleo e l'altro", Some(Who::Comune), Some(date(2026, 3, 31)), None),
    (8, "Rendere stabile il servizio dal 2026", Some(Who::Comune), Some(date(2026, 1, 31)), None),
];

/// The quarters that were closed: from, to, on which day.
const PERIODS: &[(NaiveDate, NaiveDate, NaiveDate)] = &[
    (date(2024, 10, 1), date(2024, 12, 31), date(2025, 1, 7)),
    (date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 3)),
    (date(2025, 4, 1), date(2025, 6, 30), date(2025, 7, 3)),
    (date(2025, 7, 1), date(2025, 9, 30), date(2025, 10, 6)),
];

/// What the committee and the partners' facts are written with.
pub(super) struct Steering<'a> {
    pub(super) register: &'a mut Register,
    pub(super) frame: &'a Frame,
    pub(super) ids: &'a dyn Ids,
    pub(super) chance: Chance,
}

impl Steering<'_> {
    /// Everything but the households and the money.
    pub(super) fn write(&mut self) {
        self.rules();
        self.agreements();
        self.targets();
        let held = self.meetings();
        self.decisions(&held);
        self.periods();
        let end = PilotClosed {
            end: PilotEnd::BecameService,
        };
        self.pilot(CLOSED, Pace::Prompt, plain(end));
    }

    fn pilot(&mut self, on: NaiveDate, pace: Pace, making: Making) -> Key {
        self.register.write(on, pace, &[self.frame.opened], making)
    }

    /// At first only large expenses are looked at twice; with the regulation come the others, and how
    /// long personal text is kept.
    fn rules(&mut self) {
        let first = RulesSet {
            approve_expenses_above: Some(Money::new(APPROVED_ABOVE, 2)),
            confirm_admission: false,
            confirm_exit: false,
            ask_citizenship: false,
            unseen_after_days: 30,
            retention: None,
        };
        let regulation = RulesSet {
            confirm_admission: true,
            confirm_exit: true,
            ask_citizenship: true,
            unseen_after_days: 14,
            retention: Some(Retention {
                after_exit_months: 24,
                after_refusal_months: 6,
            }),
            ..first.clone()
        };
        self.pilot(date(2023, 4, 17), Pace::Prompt, plain(first));
        self.pilot(REGULATION, Pace::Prompt, plain(regulation));
    }

    fn agreements(&mut self) {
        for &(kind, title, on, valid_until, who) in AGREEMENTS {
            let agreement = AgreementId(self.ids.id("demo agreement", &[title]));
            let partners: Vec<_> = if who.is_empty() {
                self.frame.taking_part(on).collect()
            } else {
                who.iter().map(|&who| self.frame.partner(who)).collect()
            };
            let fact = plain(AgreementAdopted {
                agreement,
                kind,
                title: title.to_owned(),
                partners: partners.iter().map(|partner| partner.id).collect(),
                valid_until,
            });
            let after: Vec<Key> = partners.iter().map(|partner| partner.key).collect();
            self.register.write(on, Pace::Usual, &after, fact);
        }
    }

    fn targets(&mut self) {
        for &(indicator, hundredths, direction, who, on) in TARGETS {
            let partner = self.frame.partner(who);
            let fact = plain(TargetSet {
                indicator,
                value: Money::new(hundredths, 2).normalize(),
                direction,
                due: Some(date(2025, 9, 30)),
                set_by: Some(partner.id),
            });
            self.register.write(on, Pace::Usual, &[partner.key], fact);
        }
    }

    /// Meetings, with the entry that says that each was held.
    fn meetings(&mut self) -> Vec<Option<(MeetingId, NaiveDate, Key)>> {
        let mut held = Vec::new();
        for (number, &(on, planned_for, came)) in MEETINGS.iter().enumerate() {
            let meeting = MeetingId(self.ids.id("demo meeting", &[&number.to_string()]));
            let planned = plain(MeetingPlanned {
                meeting,
                planned_for,
            });
            let key = self.pilot(on, Pace::Prompt, planned);
            held.push(came.map(|day| (meeting, day, self.meet(meeting, day, key))));
        }
        held
    }

    fn meet(&mut self, meeting: MeetingId, on: NaiveDate, planned: Key) -> Key {
        let partners: Vec<_> = self.frame.taking_part(on).collect();
        let attendance = partners
            .iter()
            .map(|partner| PartnerAttendance {
                partner: partner.id,
                attendance: self.attends(partner.id),
            })
            .collect();
        let mut after: Vec<Key> = partners.iter().map(|partner| partner.key).collect();
        after.push(planned);
        let fact = plain(MeetingHeld {
            meeting,
            attendance,
        });
        self.register.write(on, Pace::Usual, &after, fact)
    }

    /// The municipality has the chair.
    fn attends(&mut self, partner: PartnerId) -> Attendance {
        if partner == self.frame.partner(Who::Comune).id {
            return Attendance::Present;
        }
        self.chance.weighted(&[
            (8, Attendance::Present),
            (2, Attendance::Excused),
            (1, Attendance::Absent),
        ])
    }

    fn decisions(&mut self, held: &[Option<(MeetingId, NaiveDate, Key)>]) {
        for (number, &(at, title, who, due, closed)) in DECISIONS.iter().enumerate() {
            let Some((meeting, on, key)) = held[at] else {
                continue;
            };
            let decision = DecisionId(self.ids.id("demo decision", &[title]));
            let responsible = who.map(|who| self.frame.partner(who));
            let mut after = vec![key];
            after.extend(responsible.map(|partner| partner.key));
            let fact = plain(DecisionTaken {
                decision,
                meeting: Some(meeting),
                title: title.to_owned(),
                responsible: responsible.map(|partner| partner.id),
                due,
            });
            let taken = self.register.write(on, Pace::Prompt, &after, fact);
            if number == EXTENSION {
                self.extend_preparation(on, decision, taken);
            }
            if let Some((on, outcome)) = closed {
                let fact = plain(DecisionClosed { decision, outcome });
                self.register.write(on, Pace::Usual, &[taken], fact);
            }
        }
    }

    /// The works took longer than planned.
    fn extend_preparation(&mut self, on: NaiveDate, decision: DecisionId, taken: Key) {
        let fact = plain(PhaseExtended {
            phase: Phase::Preparation,
            planned_end: plus(EXPERIMENT, -1),
            decision: Some(decision),
        });
        let after = [taken, self.frame.preparation];
        self.register.write(on, Pace::Prompt, &after, fact);
    }

    /// What is written down afterwards comes late.
    fn periods(&mut self) {
        for &(from, to, on) in PERIODS {
            self.pilot(on, Pace::Days(0), plain(PeriodClosed { from, to }));
        }
    }
}
