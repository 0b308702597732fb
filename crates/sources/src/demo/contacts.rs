//! Visits and services: what happens week by week.

use chrono::NaiveDate;
use events::codes::{Service, VisitKind, VisitPurpose};
use events::{FreeText, HouseholdId, Money, PartnerId, PersonId, ServiceProvided, Visit};

use super::calendar::{date, plus, working_day};
use super::frame::{Partner, Who};
use super::register::{Key, Making, Pace, sealing};
use super::stay::{Home, Resident, Telling};
use super::words;

/// Days to the next visit in the first month, and later.
const FIRST_MONTH: (i64, i64) = (4, 8);
const LATER: (i64, i64) = (7, 14);
/// Days to the next service.
const SERVICES: (i64, i64) = (9, 22);
/// The last days of a quarter are busy: from, to, and from when on they were written up.
const BUSY: &[(NaiveDate, NaiveDate, NaiveDate)] = &[
    (date(2024, 12, 23), date(2024, 12, 31), date(2025, 1, 8)),
    (date(2025, 3, 19), date(2025, 3, 31), date(2025, 4, 7)),
    (date(2025, 6, 18), date(2025, 6, 30), date(2025, 7, 7)),
    (date(2025, 9, 22), date(2025, 9, 30), date(2025, 10, 8)),
];

/// How, and how long: the shortest, the minutes of a step, at most so many steps more.
type Length = (VisitKind, i64, i64, i64);

/// How often, how, how long.
const KINDS: &[(u32, Length)] = &[
    (42, (VisitKind::Home, 45, 15, 4)),
    (20, (VisitKind::Office, 30, 15, 3)),
    (20, (VisitKind::Phone, 5, 5, 4)),
    (6, (VisitKind::Video, 15, 5, 5)),
    (12, (VisitKind::Accompaniment, 60, 30, 6)),
];

const PURPOSES: &[(u32, VisitPurpose)] = &[
    (24, VisitPurpose::Support),
    (18, VisitPurpose::Plan),
    (14, VisitPurpose::Work),
    (12, VisitPurpose::Administration),
    (11, VisitPurpose::Housing),
    (10, VisitPurpose::Children),
    (7, VisitPurpose::Safety),
    (4, VisitPurpose::Other),
];

/// Who provides what. What is for children is left out where there are none.
const MENU: &[(u32, (Option<Who>, Service))] = &[
    (17, (Some(Who::Mia), Service::Counselling)),
    (8, (Some(Who::Mia), Service::Legal)),
    (7, (Some(Who::Mia), Service::Mediation)),
    (6, (Some(Who::Mia), Service::Parenting)),
    (8, (Some(Who::Consorzio), Service::EconomicSupport)),
    (6, (Some(Who::Consorzio), Service::ChildSupport)),
    (7, (Some(Who::Comune), Service::HousingSearch)),
    (3, (Some(Who::Comune), Service::Accompaniment)),
    (10, (Some(Who::Impiego), Service::JobOrientation)),
    (5, (Some(Who::Impiego), Service::Training)),
    (8, (Some(Who::Consultorio), Service::Health)),
    (4, (Some(Who::Scuola), Service::ChildSupport)),
    (5, (None, Service::CaseManagement)),
];

/// Something that was written down, with what it truly was.
pub(super) struct Written<T> {
    pub(super) key: Key,
    pub(super) occurred_on: NaiveDate,
    pub(super) what: T,
}

/// A note, and whose it is.
type Note = Option<(PersonId, FreeText)>;

/// A visit before it is sealed.
#[derive(Clone)]
pub(super) struct PlainVisit {
    household: HouseholdId,
    kind: VisitKind,
    purpose: VisitPurpose,
    pub(super) minutes: u16,
    pub(super) present: Vec<PersonId>,
    partners: Vec<PartnerId>,
    note: Note,
}

impl PlainVisit {
    pub(super) fn making(self) -> Making {
        sealing(move |sealer| {
            let note = self.note.as_ref();
            Ok(Visit {
                household: self.household,
                kind: self.kind,
                purpose: self.purpose,
                minutes: self.minutes,
                present: self.present.clone(),
                partners: self.partners.clone(),
                note: note
                    .map(|(person, text)| sealer.seal(*person, text))
                    .transpose()?,
            }
            .into())
        })
    }
}

/// A service before it is sealed.
#[derive(Clone)]
pub(super) struct PlainService {
    household: HouseholdId,
    person: Option<PersonId>,
    partner: Option<PartnerId>,
    service: Service,
    pub(super) minutes: Option<u16>,
    amount: Option<Money>,
    note: Note,
}

impl PlainService {
    pub(super) fn making(self) -> Making {
        sealing(move |sealer| {
            let note = self.note.as_ref();
            Ok(ServiceProvided {
                household: self.household,
                person: self.person,
                partner: self.partner,
                service: self.service,
                minutes: self.minutes,
                amount: self.amount,
                note: note
                    .map(|(person, text)| sealer.seal(*person, text))
                    .transpose()?,
            }
            .into())
        })
    }
}

impl Telling<'_> {
    /// Visits from the day of the entry on.
    pub(super) fn visits(&mut self, home: &Home) -> Vec<Written<PlainVisit>> {
        let mut visits = Vec::new();
        let mut day = home.entry;
        while day <= home.last_day() {
            visits.push(self.visit(home, day));
            let early = day < plus(home.entry, 30);
            let (least, most) = if early { FIRST_MONTH } else { LATER };
            day = working_day(plus(day, self.chance.between(least, most)));
        }
        visits
    }

    /// Services from the first weeks on.
    pub(super) fn services(&mut self, home: &Home) -> Vec<Written<PlainService>> {
        let mut services = Vec::new();
        let mut day = working_day(plus(home.entry, self.chance.between(3, 12)));
        while day <= home.last_day() {
            services.push(self.service(home, day));
            day = working_day(plus(day, self.chance.between(SERVICES.0, SERVICES.1)));
        }
        services
    }

    fn visit(&mut self, home: &Home, day: NaiveDate) -> Written<PlainVisit> {
        let welcome = day == home.entry;
        let (kind, shortest, step, steps) = if welcome {
            KINDS[0].1
        } else {
            self.chance.weighted(KINDS)
        };
        let purpose = if welcome {
            VisitPurpose::Welcome
        } else {
            self.purpose(home, day)
        };
        let minutes = shortest + step * self.chance.between(0, steps);
        let company = self.company(home, day, kind);
        let partner = self.chance.percent(15).then(|| {
            let who = self.chance.one(&[Who::Mia, Who::Consorzio, Who::Comune]);
            self.frame.partner(who)
        });
        let visit = PlainVisit {
            household: home.id,
            kind,
            purpose,
            minutes: whole(minutes),
            present: company.iter().map(|who| who.id).collect(),
            partners: partner.iter().map(|partner| partner.id).collect(),
            note: self.note(home, words::visit_notes(purpose), 45),
        };
        let mut after = vec![home.head().key];
        after.extend(company.iter().map(|who| who.key));
        after.extend(partner.map(|partner| partner.key));
        let pace = self.pace(day);
        let key = self
            .register
            .write(day, pace, &after, visit.clone().making());
        Written {
            key,
            occurred_on: day,
            what: visit,
        }
    }

    /// What a visit was for; about children only where there are any.
    fn purpose(&mut self, home: &Home, day: NaiveDate) -> VisitPurpose {
        let purpose = self.chance.weighted(PURPOSES);
        let children = home.present(day).any(Resident::is_minor);
        if purpose == VisitPurpose::Children && !children {
            VisitPurpose::Support
        } else {
            purpose
        }
    }

    /// Who of the household was there: mostly the head, sometimes all of them, sometimes not noted.
    fn company(&mut self, home: &Home, day: NaiveDate, kind: VisitKind) -> Vec<Resident> {
        let at_home = kind == VisitKind::Home;
        let roll = self.chance.between(1, 100);
        let present = home.present(day);
        match roll {
            1..=40 if at_home => present.cloned().collect(),
            91..=100 => Vec::new(),
            _ => present.take(1).cloned().collect(),
        }
    }

    fn service(&mut self, home: &Home, day: NaiveDate) -> Written<PlainService> {
        let child = home.present(day).find(|who| who.is_minor()).cloned();
        let offered: Vec<_> = MENU
            .iter()
            .filter(|(_, (who, service))| {
                let joined = who.is_none_or(|who| self.frame.partner(who).takes_part(day));
                joined && (child.is_some() || !is_about_children(*service))
            })
            .copied()
            .collect();
        let (who, service) = self.chance.weighted(&offered);
        let partner: Option<Partner> = who.map(|who| self.frame.partner(who));
        let person = match (service, &child) {
            (Service::ChildSupport, Some(child)) => Some(child),
            (Service::HousingSearch | Service::CaseManagement, _) => None,
            _ => Some(home.head()),
        };
        let support = service == Service::EconomicSupport;
        let minutes = whole(30 + 15 * self.chance.between(0, 6));
        let euros = 10 * self.chance.between(4, 25);
        let provided = PlainService {
            household: home.id,
            person: person.map(|person| person.id),
            partner: partner.map(|partner| partner.id),
            service,
            minutes: (!support && self.chance.percent(88)).then_some(minutes),
            amount: support.then(|| Money::new(euros * 100, 2)),
            note: self.note(home, words::SERVICE_NOTES, 25),
        };
        let mut after = vec![home.head().key];
        after.extend(person.map(|person| person.key));
        after.extend(partner.map(|partner| partner.key));
        let pace = self.pace(day);
        let key = self
            .register
            .write(day, pace, &after, provided.clone().making());
        Written {
            key,
            occurred_on: day,
            what: provided,
        }
    }

    fn note(&mut self, home: &Home, from: &[&'static str], percent: i64) -> Note {
        let template = self
            .chance
            .percent(percent)
            .then(|| self.chance.one(from))?;
        let head = home.head();
        Some((
            head.id,
            FreeText(words::about(template, head.person.given_name)),
        ))
    }

    fn pace(&mut self, day: NaiveDate) -> Pace {
        let busy = BUSY
            .iter()
            .find(|(from, to, _)| (*from..=*to).contains(&day));
        match busy {
            Some((.., written_up)) => {
                let wait = (*written_up - day).num_days();
                Pace::Days(wait + self.chance.between(0, 10))
            }
            None => Pace::Usual,
        }
    }
}

fn is_about_children(service: Service) -> bool {
    matches!(service, Service::ChildSupport | Service::Parenting)
}

/// Minutes as facts hold them.
fn whole(minutes: i64) -> u16 {
    u16::try_from(minutes).unwrap_or(1)
}
