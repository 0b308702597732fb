//! The pilot's public frame: who takes part, where, in which phases, with which money.
//!
//! Title, place, named partners and the totals of the two public grants are as published. The
//! generic partners, the flats' sizes and the single expenses are made up.

use chrono::NaiveDate;
use events::codes::{
    Currency, ExpenseLine, PartnerKind, PartnerLeftReason, Phase, WithdrawalReason, WorksKind,
};
use events::{
    Answer, DwellingAvailable, DwellingId, DwellingRegistered, DwellingWithdrawn, ExpenseApproved,
    ExpenseId, ExpenseRecorded, Money, PartnerId, PartnerJoined, PartnerLeft, PhaseStarted,
    PilotOpened, WorksCompleted, WorksStarted,
};

use super::CODE;
use super::calendar::{EXPERIMENT, date};
use super::register::{Key, Pace, Register, plain};
use crate::Ids;

/// The day the municipal executive approved the project.
pub(super) const OPENED: NaiveDate = date(2023, 3, 9);

const PHASES: &[(Phase, NaiveDate, NaiveDate)] = &[
    (Phase::Preparation, OPENED, date(2024, 6, 30)),
    (Phase::Experimental, EXPERIMENT, date(2025, 9, 30)),
    (Phase::Closing, date(2025, 10, 1), date(2025, 12, 31)),
];

/// The partners, by the short names that the rest of the demonstration calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Comune,
    Consorzio,
    Mia,
    Marcegaglia,
    Gal,
    Impiego,
    Consultorio,
    Scuola,
}

#[rustfmt::skip]
const PARTNERS: &[(Who, PartnerKind, &str, NaiveDate)] = &[
    (Who::Comune, PartnerKind::Municipality, "Comune di Casalmaggiore", OPENED),
    (Who::Consorzio, PartnerKind::SocialServices, "Consorzio Casalasco Servizi Sociali", OPENED),
    (Who::Mia, PartnerKind::AntiViolenceCentre, "M.I.A. – Movimento Incontro Ascolto ODV", OPENED),
    (Who::Marcegaglia, PartnerKind::Foundation, "Fondazione Marcegaglia", OPENED),
    (Who::Gal, PartnerKind::Other, "GAL Terre del Po", OPENED),
    (Who::Impiego, PartnerKind::EmploymentService, "Centro per l'impiego", date(2024, 10, 14)),
    (Who::Consultorio, PartnerKind::Health, "Consultorio familiare", date(2025, 1, 13)),
    (Who::Scuola, PartnerKind::School, "Istituto comprensivo", date(2025, 2, 3)),
];

/// The school's agreement ended with the school year.
const LEFT: &[(Who, NaiveDate, PartnerLeftReason)] = &[(
    Who::Scuola,
    date(2025, 8, 29),
    PartnerLeftReason::AgreementEnded,
)];

/// The works: from when, until when they were to last, until when they did.
const WORKS: (NaiveDate, NaiveDate, NaiveDate) =
    (date(2023, 9, 4), date(2024, 5, 31), date(2024, 7, 24));

/// The day the dwellings were registered.
const REGISTERED: NaiveDate = date(2023, 5, 8);

/// A fifth flat was considered, and given to another use before the works began.
const FIFTH: (FlatPlan, NaiveDate) = (
    flat("Alloggio 5", 1, 2, Answer::Known(false), date(2023, 7, 3)),
    date(2023, 7, 3),
);

struct FlatPlan {
    label: &'static str,
    rooms: u16,
    beds: u16,
    step_free: Answer<bool>,
    available: NaiveDate,
}

const FLATS: &[FlatPlan] = &[
    flat("Alloggio 1", 2, 2, Answer::Known(true), date(2024, 9, 30)),
    flat("Alloggio 2", 3, 4, Answer::Known(true), date(2024, 9, 30)),
    flat("Alloggio 3", 3, 4, Answer::Known(false), date(2024, 9, 30)),
    flat("Alloggio 4", 2, 3, Answer::NotCollected, date(2024, 10, 21)),
];

/// An amount in cents.
pub(super) const fn eur(euros: i64, cents: i64) -> i64 {
    euros * 100 + cents
}

const fn flat(
    label: &'static str,
    rooms: u16,
    beds: u16,
    step_free: Answer<bool>,
    available: NaiveDate,
) -> FlatPlan {
    FlatPlan {
        label,
        rooms,
        beds,
        step_free,
        available,
    }
}

/// Day, line, whose money, cents, what for.
type Spending = (NaiveDate, ExpenseLine, Option<Who>, i64, &'static str);

/// The renovation: EUR 37,620.40 from GAL Terre del Po, EUR 14,116.99 from the municipality.
#[rustfmt::skip]
const RENOVATION: &[Spending] = &[
    (date(2023, 10, 20), ExpenseLine::Renovation, Some(Who::Gal), eur(11_286, 12), "Opere edili, primo stato di avanzamento"),
    (date(2023, 10, 20), ExpenseLine::Renovation, Some(Who::Comune), eur(4_235, 10), "Opere edili, primo stato di avanzamento, quota comunale"),
    (date(2024, 4, 12), ExpenseLine::Renovation, Some(Who::Gal), eur(18_810, 20), "Impianti e serramenti, secondo stato di avanzamento"),
    (date(2024, 4, 12), ExpenseLine::Renovation, Some(Who::Comune), eur(7_058, 50), "Impianti e serramenti, secondo stato di avanzamento, quota comunale"),
    (date(2024, 7, 26), ExpenseLine::Renovation, Some(Who::Gal), eur(7_524, 8), "Finiture e collaudo, saldo"),
    (date(2024, 7, 26), ExpenseLine::Renovation, Some(Who::Comune), eur(2_823, 39), "Finiture e collaudo, saldo, quota comunale"),
];

/// Management: EUR 28,160.00 spent of the EUR 29,500 from Fondazione Marcegaglia.
#[rustfmt::skip]
const MANAGEMENT: &[Spending] = &[
    (date(2024, 9, 9), ExpenseLine::Furniture, Some(Who::Marcegaglia), eur(2_480, 0), "Letti, armadi e tavoli per quattro alloggi"),
    (date(2024, 9, 16), ExpenseLine::Furniture, Some(Who::Marcegaglia), eur(3_120, 0), "Elettrodomestici per quattro alloggi"),
    (date(2024, 9, 23), ExpenseLine::CommonSpaces, Some(Who::Marcegaglia), eur(1_950, 0), "Lavanderia comune"),
    (date(2024, 10, 31), ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(2_700, 0), "Coordinamento e tutoraggio, settembre e ottobre 2024"),
    (date(2024, 12, 20), ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(2_700, 0), "Coordinamento e tutoraggio, novembre e dicembre 2024"),
    (date(2025, 2, 28), ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(2_700, 0), "Coordinamento e tutoraggio, gennaio e febbraio 2025"),
    (date(2025, 3, 17), ExpenseLine::CommonSpaces, Some(Who::Marcegaglia), eur(870, 0), "Sala comune: sedie, scaffali, angolo gioco"),
    (date(2025, 4, 30), ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(2_700, 0), "Coordinamento e tutoraggio, marzo e aprile 2025"),
    (date(2025, 5, 19), ExpenseLine::Furniture, Some(Who::Marcegaglia), eur(540, 0), MATTRESSES),
    (date(2025, 6, 30), ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(2_700, 0), "Coordinamento e tutoraggio, maggio e giugno 2025"),
    (date(2025, 8, 29), ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(2_700, 0), "Coordinamento e tutoraggio, luglio e agosto 2025"),
    (date(2025, 9, 22), ExpenseLine::CommonSpaces, Some(Who::Marcegaglia), eur(300, 0), "Panca e piante per il cortile"),
    (date(2025, 10, 31), ExpenseLine::Coordinator, Some(Who::Marcegaglia), eur(2_700, 0), "Coordinamento e tutoraggio, settembre e ottobre 2025"),
];

/// What the municipality and the consortium pay for as it comes.
#[rustfmt::skip]
const RUNNING: &[Spending] = &[
    (date(2025, 1, 15), ExpenseLine::Utilities, Some(Who::Comune), eur(684, 30), "Utenze delle parti comuni, quarto trimestre 2024"),
    (date(2025, 4, 15), ExpenseLine::Utilities, Some(Who::Comune), eur(812, 75), "Utenze delle parti comuni, primo trimestre 2025"),
    (date(2025, 5, 16), ExpenseLine::Maintenance, Some(Who::Comune), eur(640, 0), "Riparazione di una perdita nell'alloggio 3"),
    (date(2025, 7, 15), ExpenseLine::Utilities, Some(Who::Comune), eur(455, 20), "Utenze delle parti comuni, secondo trimestre 2025"),
    (date(2025, 6, 4), ExpenseLine::HouseholdSupport, Some(Who::Consorzio), eur(900, 0), "Contributo per un deposito cauzionale"),
    (date(2025, 3, 10), ExpenseLine::Training, None, eur(240, 0), "Incontro di formazione per le operatrici"),
    (date(2025, 4, 3), ExpenseLine::Communication, Some(Who::Comune), eur(366, 0), CANCELLED),
    (date(2025, 10, 15), ExpenseLine::Utilities, Some(Who::Comune), eur(498, 60), "Utenze delle parti comuni, terzo trimestre 2025"),
    (date(2025, 12, 5), ExpenseLine::Maintenance, Some(Who::Comune), eur(1_180, 0), WAITING),
];

/// An expense that was written down wrongly.
pub(super) const MATTRESSES: &str = "Sostituzione di materassi";
/// An expense that was called off.
pub(super) const CANCELLED: &str = "Stampa di pieghevoli informativi";
/// An expense that nobody has approved yet.
const WAITING: &str = "Sostituzione della caldaia dell'alloggio 1";
/// Expenses above so many cents are approved by somebody else.
pub(super) const APPROVED_ABOVE: i64 = eur(500, 0);

/// A partner as the households meet it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner {
    pub(super) id: PartnerId,
    pub(super) since: NaiveDate,
    /// Its last day.
    pub(super) until: Option<NaiveDate>,
    pub(super) key: Key,
}

impl Partner {
    /// Does it take part on `day`?
    pub(super) fn takes_part(&self, day: NaiveDate) -> bool {
        self.since <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// A flat, and the last entry that left it free.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flat {
    pub(super) id: DwellingId,
    pub(super) free: Key,
}

/// What the households' stories build on.
pub(super) struct Frame {
    partners: Vec<(Who, Partner)>,
    pub(super) flats: Vec<Flat>,
    pub(super) opened: Key,
    /// The first phase.
    pub(super) preparation: Key,
    /// The expenses that were written down, with what they truly were.
    pub(super) expenses: Vec<(Key, NaiveDate, ExpenseRecorded)>,
}

impl Frame {
    /// Writes the frame into the register.
    pub(super) fn write(register: &mut Register, ids: &dyn Ids) -> Self {
        let opened = register.write(OPENED, Pace::Prompt, &[], plain(opening()));
        let mut frame = Self {
            partners: vec![],
            flats: vec![],
            opened,
            preparation: opened,
            expenses: vec![],
        };
        frame.write_phases(register);
        frame.write_partners(register, ids);
        frame.write_flats(register, ids);
        frame.write_fifth_flat(register, ids);
        frame.write_expenses(register, ids);
        frame
    }

    /// A partner.
    pub(super) fn partner(&self, who: Who) -> Partner {
        let found = self.partners.iter().find(|(other, _)| *other == who);
        found.map_or(self.partners[0].1, |(_, partner)| *partner)
    }

    /// Everybody who takes part on a day.
    pub(super) fn taking_part(&self, day: NaiveDate) -> impl Iterator<Item = Partner> {
        let all = self.partners.iter().map(|(_, partner)| *partner);
        all.filter(move |partner| partner.takes_part(day))
    }

    fn write_phases(&mut self, register: &mut Register) {
        let mut after = self.opened;
        for &(phase, from, planned_end) in PHASES {
            let fact = PhaseStarted {
                phase,
                planned_end: Some(planned_end),
            };
            after = register.write(from, Pace::Prompt, &[after], plain(fact));
            if phase == Phase::Preparation {
                self.preparation = after;
            }
        }
    }

    fn write_partners(&mut self, register: &mut Register, ids: &dyn Ids) {
        for &(who, kind, name, since) in PARTNERS {
            let id = PartnerId(ids.id("demo partner", &[name]));
            let fact = PartnerJoined {
                partner: id,
                kind,
                name: name.to_owned(),
            };
            let key = register.write(since, Pace::Prompt, &[self.opened], plain(fact));
            let until = LEFT.iter().find(|(other, ..)| *other == who);
            if let Some(&(_, on, reason)) = until {
                let reason = Answer::Known(reason);
                let left = plain(PartnerLeft {
                    partner: id,
                    reason,
                });
                register.write(on, Pace::Prompt, &[key], left);
            }
            let partner = Partner {
                id,
                since,
                until: until.map(|&(_, on, _)| on),
                key,
            };
            self.partners.push((who, partner));
        }
    }

    fn write_flats(&mut self, register: &mut Register, ids: &dyn Ids) {
        let (from, planned, completed) = WORKS;
        for plan in FLATS {
            let id = DwellingId(ids.id("demo dwelling", &[plan.label]));
            let registered = plain(plan.registration(id));
            let key = register.write(REGISTERED, Pace::Prompt, &[self.opened], registered);
            let started = plain(WorksStarted {
                dwelling: id,
                kind: WorksKind::Renovation,
                planned_end: Some(planned),
            });
            let key = register.write(from, Pace::Usual, &[key], started);
            let done = plain(WorksCompleted { dwelling: id });
            let key = register.write(completed, Pace::Usual, &[key], done);
            let available = plain(DwellingAvailable { dwelling: id });
            let free = register.write(plan.available, Pace::Prompt, &[key], available);
            self.flats.push(Flat { id, free });
        }
    }

    fn write_fifth_flat(&self, register: &mut Register, ids: &dyn Ids) {
        let (plan, withdrawn) = FIFTH;
        let id = DwellingId(ids.id("demo dwelling", &[plan.label]));
        let registered = plain(plan.registration(id));
        let key = register.write(REGISTERED, Pace::Prompt, &[self.opened], registered);
        let fact = plain(DwellingWithdrawn {
            dwelling: id,
            reason: WithdrawalReason::OtherUse,
        });
        register.write(withdrawn, Pace::Usual, &[key], fact);
    }

    fn write_expenses(&mut self, register: &mut Register, ids: &dyn Ids) {
        let all = RENOVATION.iter().chain(MANAGEMENT).chain(RUNNING);
        for (number, &(day, line, source, cents, description)) in (1..).zip(all) {
            let source = source.map(|who| self.partner(who));
            let fact = ExpenseRecorded {
                expense: ExpenseId(ids.id("demo expense", &[&format!("{number}")])),
                line,
                source: source.map(|partner| partner.id),
                amount: Money::new(cents, 2),
                description: description.to_owned(),
            };
            let after = source.map_or(self.opened, |partner| partner.key);
            // One invoice lay about until the phase it belongs to was over.
            let late = description.starts_with("Panca");
            let pace = if late { Pace::Days(28) } else { Pace::Usual };
            let key = register.write(day, pace, &[after], plain(fact.clone()));
            // Of the mattresses too little was written down at first: they are approved later.
            let waits = description == WAITING || description == MATTRESSES;
            if cents > APPROVED_ABOVE && !waits {
                approve(register, key, &fact);
            }
            self.expenses.push((key, day, fact));
        }
    }
}

/// Somebody else approves what was written down.
pub(super) fn approve(register: &mut Register, written: Key, expense: &ExpenseRecorded) -> Key {
    let approval = ExpenseApproved {
        expense: expense.expense,
    };
    register.second(written, 2, plain(approval))
}

impl FlatPlan {
    fn registration(&self, dwelling: DwellingId) -> DwellingRegistered {
        DwellingRegistered {
            dwelling,
            label: self.label.to_owned(),
            rooms: self.rooms,
            beds: self.beds,
            step_free: self.step_free,
        }
    }
}

fn opening() -> PilotOpened {
    PilotOpened {
        title: "In rete per l'autonomia".to_owned(),
        place: "Casalmaggiore".to_owned(),
        code: CODE.to_owned(),
        currency: Currency::Eur,
        hmis_project: None,
    }
}
