//! Small histories of one pilot, as facts, for tests.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use events::codes::*;
use events::*;
use projections::Snapshot;
use uuid::Uuid;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub(crate) fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(0x1000 + number))
}

pub(crate) fn household(number: u128) -> HouseholdId {
    HouseholdId(Uuid::from_u128(0x2000 + number))
}

pub(crate) fn dwelling(number: u128) -> DwellingId {
    DwellingId(Uuid::from_u128(0x3000 + number))
}

pub(crate) const PILOT: PilotId = PilotId(Uuid::from_u128(1));

/// A pilot's facts so far.
#[derive(Clone, Default)]
pub(crate) struct History {
    pub(crate) facts: Vec<Fact>,
    streams: BTreeMap<Position, (Stream, Vec<Stream>)>,
    lives_in: BTreeMap<HouseholdId, DwellingId>,
}

impl History {
    /// A pilot with `dwellings` flats of three beds, available from the start of 2024.
    pub(crate) fn with_dwellings(dwellings: u128) -> Self {
        let mut history = Self::default();
        let start = day("2024-01-01");
        history.record(
            start,
            PilotOpened {
                title: "Prova".into(),
                place: "Casalmaggiore".into(),
                code: "prova".into(),
                currency: Currency::Eur,
                hmis_project: None,
            },
        );
        for number in 0..dwellings {
            let dwelling = dwelling(number);
            history.record(
                start,
                DwellingRegistered {
                    dwelling,
                    label: format!("Alloggio {number}"),
                    rooms: 2,
                    beds: 3,
                    step_free: Answer::NotCollected,
                },
            );
            history.record(start, DwellingAvailable { dwelling });
        }
        history
    }

    /// Recorded at noon of the day it happened, or of the last fact's if that is later.
    pub(crate) fn record(&mut self, on: NaiveDate, event: impl Into<Event>) -> Position {
        self.record_late(on, on, event)
    }

    /// Recorded on another day than it happened.
    pub(crate) fn record_late(
        &mut self,
        on: NaiveDate,
        recorded: NaiveDate,
        event: impl Into<Event>,
    ) -> Position {
        let event = event.into();
        let noon: DateTime<Utc> = recorded.and_hms_opt(12, 0, 0).expect("noon").and_utc();
        let recorded_at = self
            .facts
            .last()
            .map_or(noon, |last| last.recorded_at.max(noon));
        let position = self.facts.len() as Position + 1;
        let (stream, also) = self.streams(&event);
        self.streams.insert(position, (stream, also.clone()));
        self.facts.push(Fact {
            position,
            id: Uuid::from_u128(0x4000 + position as u128),
            stream,
            also,
            occurred_on: on,
            recorded_at,
            entered_at: None,
            actor: "test".into(),
            command: Uuid::from_u128(0x5000 + position as u128),
            cause: None,
            event,
        });
        position
    }

    fn streams(&mut self, event: &Event) -> (Stream, Vec<Stream>) {
        if let Event::RecordRetracted(RecordRetracted { position, .. }) = event {
            return self.streams[position].clone();
        }
        let stream = event.stream().expect("a stream");
        let mut also: BTreeSet<Stream> =
            event.dwelling().map(Stream::Dwelling).into_iter().collect();
        if let Some(household) = event.household() {
            also.extend(
                self.lives_in
                    .get(&household)
                    .map(|id| Stream::Dwelling(*id)),
            );
            if let Some(dwelling) = event.dwelling() {
                self.lives_in.insert(household, dwelling);
            }
        }
        also.remove(&stream);
        (stream, also.into_iter().collect())
    }

    /// A woman of 30, working or not, with so many children of 5, moves in.
    pub(crate) fn admit(
        &mut self,
        on: NaiveDate,
        number: u128,
        flat: u128,
        children: u128,
        employment: Answer<EmploymentStatus>,
    ) -> Position {
        let head = member(number * 10, Relation::Head, known_age(30, on), employment);
        let young = (1..=children).map(|child| {
            member(
                number * 10 + child,
                Relation::Child,
                known_age(5, on),
                Answer::NotCollected,
            )
        });
        self.record(
            on,
            Admission {
                household: household(number),
                dwelling: Some(dwelling(flat)),
                members: std::iter::once(head).chain(young).collect(),
            },
        )
    }

    /// Everybody of that household leaves for one destination.
    pub(crate) fn leave(
        &mut self,
        on: NaiveDate,
        number: u128,
        children: u128,
        to: Answer<LivingSituation>,
    ) -> Position {
        self.leave_recorded(on, on, number, children, to)
    }

    pub(crate) fn leave_recorded(
        &mut self,
        on: NaiveDate,
        recorded: NaiveDate,
        number: u128,
        children: u128,
        to: Answer<LivingSituation>,
    ) -> Position {
        let members = (0..=children)
            .map(|child| MemberExit {
                person: person(number * 10 + child),
                destination: to,
                employment: Answer::NotCollected,
            })
            .collect();
        self.record_late(
            on,
            recorded,
            Exit {
                household: household(number),
                members,
                reason: Answer::Known(ExitReason::GoalsReached),
                completion: Answer::Known(Completion::Completed),
                dismissal_reason: None,
                client_safety: Answer::DoesNotKnow,
                worker_safety: Answer::NotCollected,
                safety_plan: Answer::NotCollected,
            },
        )
    }

    pub(crate) fn income(
        &mut self,
        on: NaiveDate,
        number: u128,
        earned: i64,
        other: i64,
    ) -> Position {
        let source = |source, amount: i64| IncomeAmount {
            source,
            amount: Answer::Known(Money::from(amount)),
        };
        let mut sources = vec![source(IncomeSource::InclusionBenefit, other)];
        if earned > 0 {
            sources.push(source(IncomeSource::Earned, earned));
        }
        self.record(
            on,
            IncomeRecorded {
                household: household(number),
                person: person(number * 10),
                stage: IncomeStage::Update,
                income: Answer::Known(Income {
                    total: Answer::Known(Money::from(earned + other)),
                    sources,
                }),
            },
        )
    }

    pub(crate) fn job(&mut self, on: NaiveDate, number: u128) -> Position {
        let job = JobId(Uuid::from_u128(0x6000 + self.facts.len() as u128));
        self.record(
            on,
            JobPlacement {
                household: household(number),
                person: person(number * 10),
                job,
                contract: Answer::Known(Contract::FixedTerm),
                weekly_hours: Some(20),
                partner: None,
            },
        )
    }

    pub(crate) fn visit(&mut self, on: NaiveDate, recorded: NaiveDate, number: u128) -> Position {
        self.record_late(
            on,
            recorded,
            Visit {
                household: household(number),
                kind: VisitKind::Home,
                purpose: VisitPurpose::Support,
                minutes: 30,
                present: Vec::new(),
                partners: Vec::new(),
                note: None,
            },
        )
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::fold(PILOT, &self.facts)
    }

    /// What is known once nothing has been recorded until noon of that day.
    pub(crate) fn known_on(&self, day: NaiveDate) -> Snapshot {
        let mut snapshot = self.snapshot();
        snapshot.recorded_at = Some(day.and_hms_opt(12, 0, 0).expect("noon").and_utc());
        snapshot
    }
}

pub(crate) fn known_age(age: u64, on: NaiveDate) -> Answer<Birth> {
    let born = on - Days::new(age * 366);
    Birth::on_entry(born, on).map_or(Answer::NotCollected, Answer::Known)
}

pub(crate) fn member(
    number: u128,
    relation: Relation,
    birth: Answer<Birth>,
    employment: Answer<EmploymentStatus>,
) -> Member {
    let person = person(number);
    Member {
        person,
        identity: Sealed::new(SealedBytes {
            person,
            key: String::new(),
            nonce: String::new(),
            text: String::new(),
        }),
        relation: Answer::Known(relation),
        birth,
        prior_living_situation: Answer::Known(LivingSituation::Refuge),
        without_home_since: Answer::NotCollected,
        employment,
        citizenship: Answer::NotCollected,
    }
}
