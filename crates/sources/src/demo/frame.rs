//! The pilot's public frame: who takes part, where, in which phases, with which money.
//!
//! Title, place, named partners and the totals of the two public grants are as published. The
//! generic partners, the flats' sizes and the single expenses are made up.

use chrono::NaiveDate;
use events::codes::{Currency, ExpenseLine, PartnerKind, Phase};
use events::{
    Answer, DwellingAvailable, DwellingId, DwellingRegistered, ExpenseId, ExpenseRecorded, Money,
    PartnerId, PartnerJoined, PhaseStarted, PilotOpened,
};

use super::CODE;
use super::calendar::{EXPERIMENT, date};
use super::register::{Key, Pace, Register, plain};
use crate::Ids;

/// The day the municipal executive approved the project.
const OPENED: NaiveDate = date(2023, 3, 9);

const PHASES: &[(Phase, NaiveDate, NaiveDate)] = &[
    (Phase::Preparation, OPENED, date(2024, 9, 30)),
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
const fn eur(euros: i64, cents: i64) -> i64 {
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
    (date(2025, 5, 19), ExpenseLine::Furniture, Some(Who::Marcegaglia), eur(540, 0), "Sostituzione di materassi"),
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
];

/// A partner as the households meet it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner {
    pub(super) id: PartnerId,
    pub(super) since: NaiveDate,
    pub(super) key: Key,
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
            expenses: vec![],
        };
        frame.write_phases(register);
        frame.write_partners(register, ids);
        frame.write_flats(register, ids);
        frame.write_expenses(register, ids);
        frame
    }

    /// A partner.
    pub(super) fn partner(&self, who: Who) -> Partner {
        let found = self.partners.iter().find(|(other, _)| *other == who);
        found.map_or(self.partners[0].1, |(_, partner)| *partner)
    }

    fn write_phases(&self, register: &mut Register) {
        let mut after = self.opened;
        for &(phase, from, planned_end) in PHASES {
            let fact = PhaseStarted {
                phase,
                planned_end: Some(planned_end),
            };
            after = register.write(from, Pace::Prompt, &[after], plain(fact));
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
            self.partners.push((who, Partner { id, since, key }));
        }
    }

    fn write_flats(&mut self, register: &mut Register, ids: &dyn Ids) {
        for plan in FLATS {
            let id = DwellingId(ids.id("demo dwelling", &[plan.label]));
            let registered = DwellingRegistered {
                dwelling: id,
                label: plan.label.to_owned(),
                rooms: plan.rooms,
                beds: plan.beds,
                step_free: plan.step_free,
            };
            let key = register.write(
                date(2023, 5, 8),
                Pace::Prompt,
                &[self.opened],
                plain(registered),
            );
            let available = plain(DwellingAvailable { dwelling: id });
            let free = register.write(plan.available, Pace::Prompt, &[key], available);
            self.flats.push(Flat { id, free });
        }
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
            self.expenses.push((key, day, fact));
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
