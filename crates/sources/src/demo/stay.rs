//! From the referral to the last follow-up: the facts that everything else hangs on.

use chrono::{Days, Months, NaiveDate};
use events::codes::{
    AdmissionDecision, Citizenship, FollowUpMonth, FollowUpResult, LivingSituation, MoveReason,
    Relation, Suitability, UnavailableReason, WorksKind,
};
use events::{
    Admission, AdmissionDecided, Answer, Birth, DwellingAvailable, DwellingChanged,
    DwellingUnavailable, Exit, FollowUpRecorded, FreeText, HouseholdId, HouseholdMemberJoined,
    HouseholdMemberLeft, Identity, Member, MemberExit, NotSealed, PersonId, ReferralAssessed,
    ReferralReceived, ReferralWithdrawn, Seal, WorksCompleted, WorksStarted,
};

use super::calendar::{LAST_CONTACT, LAST_FOLLOW_UP, months_after, plus, working_day};
use super::chance::Chance;
use super::frame::Frame;
use super::households::{FollowUp, Household, Leaving, Person, Stay};
use super::register::{Key, Pace, Register, plain, sealing};
use super::words::{self, MAIL_DOMAIN};
use crate::Ids;

/// How far chance moves a referral with its entry, or an exit, in days.
const SHIFT: i64 = 3;

/// What the parts of one household's story are written with.
pub(super) struct Telling<'a> {
    pub(super) register: &'a mut Register,
    pub(super) frame: &'a mut Frame,
    pub(super) ids: &'a dyn Ids,
    pub(super) chance: Chance,
}

/// A household that came in.
pub(super) struct Home {
    pub(super) household: &'static Household,
    pub(super) stay: &'static Stay,
    pub(super) id: HouseholdId,
    pub(super) entry: NaiveDate,
    pub(super) exit: Option<NaiveDate>,
    /// In the order of the table: those who entered, then those who joined.
    pub(super) residents: Vec<Resident>,
    /// Entries without which the exit makes no sense.
    settled: Vec<Key>,
    /// The flat it lives in last.
    flat: usize,
    /// The exit as written, once it is.
    pub(super) left: Option<(Key, Exit)>,
}

/// Somebody who lives there.
#[derive(Clone)]
pub(super) struct Resident {
    pub(super) id: PersonId,
    pub(super) person: Person,
    identity: Identity,
    birth: Answer<Birth>,
    citizenship: Answer<Citizenship>,
    pub(super) from: NaiveDate,
    /// The first night she is no longer there.
    pub(super) until: Option<NaiveDate>,
    /// The entry by which she came in.
    pub(super) key: Key,
}

impl Resident {
    pub(super) fn is_minor(&self) -> bool {
        self.person.age.is_none_or(|age| age < 18)
    }

    fn member(&self, sealer: &dyn Seal) -> Result<Member, NotSealed> {
        let person = &self.person;
        Ok(Member {
            person: self.id,
            identity: sealer.seal(self.id, &self.identity)?,
            relation: Answer::Known(person.relation),
            birth: self.birth,
            prior_living_situation: person.before,
            without_home_since: person.homeless_for.map(|days| plus(self.from, -days)),
            employment: person.employment,
            citizenship: self.citizenship,
        })
    }
}

impl Home {
    pub(super) fn head(&self) -> &Resident {
        &self.residents[0]
    }

    /// Those who live there on a day and the night after it.
    pub(super) fn present(&self, day: NaiveDate) -> impl Iterator<Item = &Resident> {
        self.residents
            .iter()
            .filter(move |who| who.from <= day && who.until.is_none_or(|until| day < until))
    }

    /// The last day of the story that lies before the exit.
    pub(super) fn last_day(&self) -> NaiveDate {
        self.exit.map_or(LAST_CONTACT, |exit| plus(exit, -1))
    }
}

impl Telling<'_> {
    /// Referral and decisions; then, for those who come in, everything up to living there.
    pub(super) fn arrive(&mut self, household: &'static Household) -> Option<Home> {
        let id = HouseholdId(self.ids.id("demo household", &[household.code]));
        let shift = self.chance.between(-SHIFT, SHIFT);
        let decided = self.refer(household, id, shift);
        let stay = household.stay.as_ref()?;
        let entry = working_day(plus(stay.entry, shift));
        let exit = stay
            .exit
            .as_ref()
            .map(|leaving| working_day(plus(leaving.on, self.chance.between(-SHIFT, SHIFT))));
        let mut home = Home {
            household,
            stay,
            id,
            entry,
            exit,
            residents: Vec::new(),
            settled: Vec::new(),
            flat: stay.flat,
            left: None,
        };
        self.admit(&mut home, decided);
        for &(on, person) in stay.joined {
            self.join(&mut home, on, person);
        }
        for &(who, on, destination, employment) in stay.left {
            let person = home.residents[who].id;
            let fact = HouseholdMemberLeft {
                household: id,
                person,
                destination: Answer::Known(destination),
                employment: Answer::Known(employment),
                new_head: None,
            };
            let key = self
                .register
                .write(on, Pace::Prompt, &home.settled, plain(fact));
            home.residents[who].until = Some(on);
            home.settled.push(key);
        }
        if let Some((on, flat, reason)) = stay.moved {
            self.change_flat(&mut home, on, flat, reason);
        }
        Some(home)
    }

    /// The exit, what became of the flat, and the follow-ups.
    pub(super) fn leave(&mut self, home: &mut Home) {
        let (Some(leaving), Some(on)) = (&home.stay.exit, home.exit) else {
            return;
        };
        let exit = Exit {
            household: home.id,
            members: home
                .present(plus(on, -1))
                .map(|who| exit_of(who, leaving.destination, leaving))
                .collect(),
            reason: Answer::Known(leaving.reason),
            completion: Answer::Known(leaving.completion),
            dismissal_reason: leaving.dismissal,
            client_safety: leaving.client_safety,
            worker_safety: leaving.worker_safety,
            safety_plan: leaving.safety_plan,
        };
        let key = self
            .register
            .write(on, Pace::Prompt, &home.settled, plain(exit.clone()));
        home.left = Some((key, exit));
        if leaving.confirmed {
            self.register.confirm(key, 2);
        }
        self.vacate(home.flat, key, leaving);
        for follow_up in leaving.follow_ups {
            self.follow_up(home.id, on, key, follow_up);
        }
    }

    fn refer(&mut self, household: &Household, id: HouseholdId, shift: i64) -> Key {
        let referred = working_day(plus(household.referred, shift));
        let fact = ReferralReceived {
            household: id,
            source: household.source,
            adults: household.adults,
            children: household.children,
            urgency: household.urgency,
        };
        let received =
            self.register
                .write(referred, Pace::Prompt, &[self.frame.opened], plain(fact));
        let mut last = self.assess(household, id, referred, received);
        for &(days, decision, reason) in household.decisions {
            let fact = AdmissionDecided {
                household: id,
                decision,
                reason,
            };
            let on = working_day(plus(referred, days));
            last = self.register.write(on, Pace::Prompt, &[last], plain(fact));
            if decision == AdmissionDecision::Accepted {
                last = self.register.confirm(last, 1);
            }
        }
        if let Some((days, reason)) = household.withdrawn {
            let fact = ReferralWithdrawn {
                household: id,
                reason,
            };
            let on = working_day(plus(referred, days));
            last = self.register.write(on, Pace::Prompt, &[last], plain(fact));
        }
        last
    }

    /// Before anything is decided.
    fn assess(
        &mut self,
        household: &Household,
        id: HouseholdId,
        referred: NaiveDate,
        received: Key,
    ) -> Key {
        let first = household.decisions.first().map_or(0, |(days, ..)| *days);
        let on = working_day(plus(referred, first.min(4)));
        let (suitability, danger) = household.assessed;
        let immediate_danger = Answer::Known(danger);
        let head = household.stay.as_ref().map(|_| {
            let id = self.person(household.code, 0);
            let note = self.chance.one(words::ASSESSMENTS);
            (id, FreeText(note.to_owned()))
        });
        let making = sealing(move |sealer| {
            let note = head
                .as_ref()
                .map(|(person, text)| sealer.seal(*person, text))
                .transpose()?;
            Ok(ReferralAssessed {
                household: id,
                suitability,
                immediate_danger,
                note,
            }
            .into())
        });
        let key = self.register.write(on, Pace::Prompt, &[received], making);
        if suitability == Suitability::MoreInformation {
            let better = plain(ReferralAssessed {
                household: id,
                suitability: Suitability::Suitable,
                immediate_danger,
                note: None,
            });
            let on = working_day(plus(referred, first));
            return self.register.write(on, Pace::Prompt, &[key], better);
        }
        key
    }

    /// Ids are made of numbers, never of names: a name could be tried until it gives the id.
    fn person(&self, code: &str, number: usize) -> PersonId {
        PersonId(self.ids.id("demo person", &[code, &number.to_string()]))
    }

    fn admit(&mut self, home: &mut Home, decided: Key) {
        let flat = self.frame.flats[home.flat];
        let members = home.stay.members.iter().enumerate();
        let residents: Vec<Resident> = members
            .map(|(number, person)| self.resident(home, number, *person, home.entry))
            .collect();
        let (household, dwelling, entering) = (home.id, flat.id, residents.clone());
        let making = sealing(move |sealer| {
            let members = entering
                .iter()
                .map(|who| who.member(sealer))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Admission {
                household,
                dwelling: Some(dwelling),
                members,
            }
            .into())
        });
        let key = self
            .register
            .write(home.entry, Pace::Prompt, &[decided, flat.free], making);
        home.residents = residents
            .into_iter()
            .map(|who| Resident { key, ..who })
            .collect();
        home.settled.push(key);
    }

    fn join(&mut self, home: &mut Home, on: NaiveDate, person: Person) {
        let resident = self.resident(home, home.residents.len(), person, on);
        let (household, joining) = (home.id, resident.clone());
        let making = sealing(move |sealer| {
            Ok(HouseholdMemberJoined {
                household,
                member: joining.member(sealer)?,
            }
            .into())
        });
        let key = self.register.write(on, Pace::Prompt, &home.settled, making);
        home.residents.push(Resident { key, ..resident });
        home.settled.push(key);
    }

    /// The `number`th to come into the household.
    fn resident(
        &mut self,
        home: &Home,
        number: usize,
        person: Person,
        from: NaiveDate,
    ) -> Resident {
        let code = home.household.code;
        let born_on = person.age.map(|age| self.birthday(age, from));
        let contact = (person.relation == Relation::Head).then(|| {
            let (given, family) = (person.given_name, home.stay.family_name);
            format!("{given}.{family}@{MAIL_DOMAIN}").to_lowercase()
        });
        Resident {
            id: self.person(code, number),
            person,
            identity: Identity {
                given_name: person.given_name.to_owned(),
                family_name: home.stay.family_name.to_owned(),
                born_on,
                contact,
            },
            birth: born_on
                .and_then(|born| Birth::on_entry(born, from))
                .map_or(Answer::NotCollected, Answer::Known),
            citizenship: home.stay.citizenship,
            from,
            until: home.exit,
            key: 0,
        }
    }

    /// A birth date that makes her `age` on `day`; a child of no years was born days ago.
    fn birthday(&mut self, age: i64, day: NaiveDate) -> NaiveDate {
        let years = Months::new(u32::try_from(age * 12).unwrap_or(0));
        let days = if age == 0 { (2, 4) } else { (10, 350) };
        let days = u64::try_from(self.chance.between(days.0, days.1)).unwrap_or(0);
        day - years - Days::new(days)
    }

    fn change_flat(&mut self, home: &mut Home, on: NaiveDate, flat: usize, reason: MoveReason) {
        let to = self.frame.flats[flat];
        let fact = DwellingChanged {
            household: home.id,
            dwelling: to.id,
            reason,
        };
        let mut after = home.settled.clone();
        after.push(to.free);
        let key = self.register.write(on, Pace::Prompt, &after, plain(fact));
        self.frame.flats[home.flat].free = key;
        if reason == MoveReason::Safety {
            self.close_for_safety(home.flat, on);
        }
        home.flat = flat;
        home.settled.push(key);
    }

    /// Somebody knows the address who should not: nobody moves in there for the time being.
    fn close_for_safety(&mut self, flat: usize, left: NaiveDate) {
        let flat = &mut self.frame.flats[flat];
        let closed = plain(DwellingUnavailable {
            dwelling: flat.id,
            reason: UnavailableReason::AddressDisclosed,
        });
        flat.free = self
            .register
            .write(plus(left, 1), Pace::Prompt, &[flat.free], closed);
    }

    fn vacate(&mut self, flat: usize, exit: Key, leaving: &Leaving) {
        let flat = &mut self.frame.flats[flat];
        flat.free = exit;
        if let Some((from, until, reason)) = leaving.flat_closed {
            let dwelling = flat.id;
            let mut last = exit;
            let mut write = |on, making| {
                last = self.register.write(on, Pace::Prompt, &[last], making);
            };
            write(from, plain(DwellingUnavailable { dwelling, reason }));
            let repaired = plus(until, -4);
            write(
                plus(from, 7),
                plain(WorksStarted {
                    dwelling,
                    kind: WorksKind::Maintenance,
                    planned_end: Some(repaired),
                }),
            );
            write(repaired, plain(WorksCompleted { dwelling }));
            write(until, plain(DwellingAvailable { dwelling }));
            flat.free = last;
        }
    }

    fn follow_up(&mut self, household: HouseholdId, exit: NaiveDate, after: Key, row: &FollowUp) {
        let due = months_after(exit, row.month.months());
        // Nobody is asked about the year before it is over.
        let early = if row.month == FollowUpMonth::Month12 {
            0
        } else {
            -6
        };
        let on = working_day(plus(due, self.chance.between(early, 12))).min(LAST_FOLLOW_UP);
        let fact = FollowUpRecorded {
            household,
            month: row.month,
            result: row.result,
            housing: row.housing,
            employment: row.employment,
            new_violence: row.new_violence,
            safety: row.safety,
        };
        debug_assert!(row.result == FollowUpResult::Reached || row.housing.known().is_none());
        self.register.write(on, Pace::Usual, &[after], plain(fact));
    }
}

/// How somebody leaves with her household.
pub(super) fn exit_of(
    who: &Resident,
    destination: LivingSituation,
    leaving: &Leaving,
) -> MemberExit {
    MemberExit {
        person: who.id,
        destination: Answer::Known(destination),
        employment: if who.is_minor() {
            Answer::NotCollected
        } else {
            leaving.employment
        },
    }
}
