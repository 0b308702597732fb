//! What somebody might do: careful most of the time, and careless often enough.

use chrono::NaiveDate;
use events::codes::*;
use events::*;
use proptest::prelude::*;

use crate::facts::*;
use crate::invariants::{Story, stories};
use crate::log::{Log, Step};

const HOUSEHOLDS: u8 = 3;
pub(super) const DWELLINGS: u8 = 3;
const PERSONS: u8 = 7;
/// The last day of the pilot that anything happens on.
pub(super) const LAST: u64 = 180;

/// What somebody does, before it is known what is there to do it to.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    kind: u8,
    household: u8,
    dwelling: u8,
    person: u8,
    other: u8,
    day: u64,
    pick: usize,
    /// Does she look at what is recorded first?
    careful: bool,
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    let who = (1..=HOUSEHOLDS, 1..=DWELLINGS, 1..=PERSONS, 1..=PERSONS);
    // More of what a household's life begins with.
    let kind = prop_oneof![
        8 => 0..KINDS,
        2 => 7..13u8,
        2 => 13..23u8,
        5 => 46..64u8,
        2 => 23..25u8
    ];
    (
        kind,
        who,
        0..=LAST,
        any::<u16>(),
        proptest::bool::weighted(0.8),
    )
        .prop_map(
            |(kind, (household, dwelling, person, other), day, pick, careful)| Deed {
                kind,
                household,
                dwelling,
                person,
                other,
                day,
                pick: usize::from(pick),
                careful,
            },
        )
}

/// Kinds of deeds: one a fact.
const KINDS: u8 = 65;
/// Deeds about households.
fn is_about_household(kind: u8) -> bool {
    matches!(kind, 7..=22 | 46..=63)
}

/// Days of the pilot up to `on`.
fn number(on: NaiveDate) -> u64 {
    u64::try_from((on - day(0)).num_days()).unwrap_or(0)
}

impl Deed {
    pub(super) fn step(&self, log: &Log) -> Step {
        let history = effective(&log.facts);
        let stories = stories(&history);
        let nobody = Story { facts: Vec::new() };
        let story = stories.get(&household(self.household)).unwrap_or(&nobody);
        let known = Known {
            log,
            history: &history,
            story,
        };
        let kind = self.kind(&known);
        let when = self.when(kind, &known);
        let actor = ["anna", "bea", "carla"][self.pick % 3];
        let step = on(when, self.event(kind, &known, when)).by(actor);
        if self.careful && !self.day.is_multiple_of(4) {
            self.not_her_own(step, &known)
        } else {
            step
        }
    }

    /// A careful one lets somebody else confirm and approve.
    fn not_her_own(&self, step: Step, known: &Known<'_>) -> Step {
        let stated_by = |is: &dyn Fn(&Effective) -> bool| {
            let fact = known.history.iter().find(|fact| is(fact));
            fact.map(|fact| fact.stated_by.clone())
        };
        let first = match &step.event {
            Event::RecordConfirmed(f) => {
                stated_by(&|fact| fact.corrected_by.unwrap_or(fact.position) == f.position)
            }
            Event::ExpenseApproved(f) => stated_by(
                &|fact| matches!(&fact.event, Event::ExpenseRecorded(e) if e.expense == f.expense),
            ),
            _ => None,
        };
        match first.as_deref() {
            Some("anna") => step.by("bea"),
            Some(_) => step.by("anna"),
            None => step,
        }
    }

    /// A careful one does first what must come first, and does not begin what is under way.
    fn kind(&self, known: &Known<'_>) -> u8 {
        let story = known.story;
        let is_rare = self.pick.is_multiple_of(4);
        match self.kind {
            // What ends something is so seldom that most pilots do without.
            33 | 45 | 47 if self.pick % 4 != 1 => 16,
            kind if !self.careful => kind,
            kind if is_about_household(kind) && kind != 7 && story.referral().is_none() => 7,
            kind if needs_entry(kind) && story.accepted().is_none() => 8,
            kind if needs_entry(kind) && story.entry().is_none() => {
                if known.must_confirm(self.household) {
                    64
                } else {
                    9
                }
            }
            7..=9 if story.entry().is_some() => 10 + self.kind % 3,
            // To be assessed is for who is not yet decided on.
            46 if story.accepted().is_some() => 63,
            8 if story.accepted().is_none() && self.pick.is_multiple_of(3) => 46,
            47 if story.entry().is_some() => 48,
            21 if is_rare => 16,
            24 if !is_rare => 23,
            4..=6 | 43 | 44 => known.next_of_dwelling(self.dwelling, self.kind),
            kind => known.first_things_first(kind),
        }
    }

    /// A careful one goes on from what was recorded last, or stays within what has ended.
    fn when(&self, kind: u8, known: &Known<'_>) -> u64 {
        let story = known.story;
        if kind == 33 {
            return if self.careful {
                LAST
            } else {
                LAST - self.day % 20
            };
        }
        if !self.careful {
            return self.day;
        }
        if let Some(begun) = known.begun(kind) {
            let latest = story
                .exit()
                .filter(|_| is_about_household(kind) && kind != 57);
            let latest = latest.map_or(LAST, number);
            return (number(begun) + self.day % 20).min(latest.max(number(begun)));
        }
        if let 5 | 6 | 43 | 44 = kind {
            let (last, _) = known.dwelling(self.dwelling);
            return last
                .map_or(self.day, |last| number(last) + self.day % 12)
                .min(LAST);
        }
        if let 27 | 45 = kind {
            return LAST - self.day % 40;
        }
        if !is_about_household(kind) {
            return self.day;
        }
        let step = self.day % 5;
        let last = story
            .facts
            .last()
            .map_or(self.day / 4, |fact| number(fact.occurred_on) + step);
        let when = match (story.exit(), story.entry()) {
            (Some(exit), _) if kind == 22 => number(exit) + 60 + self.day % 40,
            (Some(exit), Some(entry)) => {
                let length = number(exit) - number(entry);
                number(entry) + self.day.checked_rem(length + 1).unwrap_or(0)
            }
            (None, Some(entry)) if self.pick.is_multiple_of(3) => number(entry) + self.day % 20,
            _ => last,
        };
        when.min(LAST)
    }

    fn event(&self, kind: u8, known: &Known<'_>, when: u64) -> Event {
        match kind {
            0..=6 | 25..=45 => self.network(kind, known, when),
            46..=63 => self.later_life(kind, known, when),
            _ => self.life(kind, known, when),
        }
    }

    fn someone(&self, present: &[u8]) -> u8 {
        if self.careful && !present.is_empty() {
            present[self.pick % present.len()]
        } else {
            self.person
        }
    }

    /// A partner; a careful one takes one who takes part on that day.
    fn partner(&self, known: &Known<'_>, when: u64) -> Option<u8> {
        let there = (1..=PERSONS).filter(|&n| known.takes_part(n, day(when)));
        let there: Vec<u8> = there.collect();
        if !self.careful {
            return self.pick.is_multiple_of(2).then_some(self.other);
        }
        there.get(self.pick % there.len().max(1)).copied()
    }

    /// What happens to the pilot, its money, its committee and its dwellings.
    fn network(&self, kind: u8, known: &Known<'_>, when: u64) -> Event {
        let partner_there = self.partner(known, when);
        let (one, two) = (self.person, self.other);
        let source = partner_there.unwrap_or(one);
        let listed: Vec<u8> = partner_there.into_iter().collect();
        let amount = i64::try_from(self.day).unwrap_or(0) + 1;
        let is_odd = !self.pick.is_multiple_of(2);
        match kind {
            0 => opened().into(),
            1 => phase(Phase::ENTRIES[self.pick % 3].value).into(),
            2 => joined_as_partner(one).into(),
            3 => ExpenseRecorded {
                amount: euros(amount),
                source: partner_there.map(partner),
                ..expense(one * 10 + two)
            }
            .into(),
            4 => registered(self.dwelling).into(),
            5 => available(self.dwelling).into(),
            6 => unavailable(self.dwelling).into(),
            25 => RulesSet {
                confirm_admission: self.pick.is_multiple_of(3),
                ask_citizenship: is_odd,
                ..rules()
            }
            .into(),
            26 => {
                // Sometimes one that nobody took, or not yet.
                let looks = self.careful && !self.day.is_multiple_of(3);
                let decision = known.decision(when).filter(|_| looks);
                let decision = decision.or((!looks && is_odd).then_some(two));
                let runs = known.phase(when).filter(|_| self.careful);
                let other = Phase::ENTRIES[self.pick % 3].value;
                extended(runs.unwrap_or(other), self.day + 30, decision).into()
            }
            27 => partner_left(source).into(),
            28 => adopted(one, if self.careful { &listed } else { &[1, 2] }).into(),
            29 => TargetSet {
                set_by: partner_there.map(partner),
                ..target_set(u16::from(one))
            }
            .into(),
            30 => period(when.saturating_sub(20), when.saturating_sub(self.day % 20)).into(),
            31 => published(one * 10 + two).into(),
            32 => {
                let known = known.edition().filter(|_| self.careful);
                restated(100 + one * 10 + two, known.unwrap_or(one)).into()
            }
            33 => closed().into(),
            34 => pledged(one, source, 200).into(),
            35 => {
                let pledge = known.pledge().filter(|_| self.careful);
                let (pledge, source) = pledge.unwrap_or((one, source));
                received(source, is_odd.then_some(pledge), amount).into()
            }
            36 => allocated(amount).into(),
            37 => approved(self.expense(known)).into(),
            38 => reversed(self.expense(known), amount / 4 + 1).into(),
            39 => meeting_planned(one * 10 + two, when + 14).into(),
            40 => meeting_held(one * 10 + two, &listed).into(),
            41 => {
                let meeting = known.meeting(when).filter(|_| self.careful);
                taken(one * 10 + two, meeting.or((!self.careful).then_some(one))).into()
            }
            42 => {
                let open = known.open_decision().filter(|_| self.careful);
                decision_closed(open.unwrap_or(one)).into()
            }
            43 => works(self.dwelling).into(),
            44 => works_done(self.dwelling).into(),
            _ => {
                let unused = known.unused_dwelling().filter(|_| self.careful);
                dwelling_withdrawn(unused.unwrap_or(self.dwelling)).into()
            }
        }
    }

    /// What happens in a household's life, in the order of its story; and records about records.
    fn life(&self, kind: u8, known: &Known<'_>, when: u64) -> Event {
        let (h, story) = (self.household, known.story);
        let present: Vec<u8> = story.asleep(day(when)).into_iter().map(small).collect();
        let someone = self.someone(&present);
        let with = self.partner(known, when);
        match kind {
            7 => referred(h).into(),
            8 if self.careful || self.pick.is_multiple_of(2) => accepted(h).into(),
            8 => decided(h, AdmissionDecision::ENTRIES[self.pick % 3].value).into(),
            9 => {
                let home = (!self.pick.is_multiple_of(3)).then_some(self.dwelling);
                let mut entering = admission(h, home, &self.two());
                let asked = known.asks_citizenship(when);
                if asked || (!self.careful && self.pick.is_multiple_of(5)) {
                    entering.members[0].citizenship = Answer::DoesNotKnow;
                }
                entering.into()
            }
            10 => joined(h, self.person).into(),
            11 => self.leaving(story, someone, &present, when).into(),
            12 => moved(h, self.dwelling).into(),
            13 => plan(h).into(),
            14 => goal_set(h, self.person).into(),
            15 => reviewed(h, self.goal(known)).into(),
            16 => {
                let present = (!present.is_empty()).then_some(someone);
                Visit {
                    partners: with.into_iter().map(partner).collect(),
                    ..visit(h, present.as_slice())
                }
                .into()
            }
            17 => ServiceProvided {
                partner: with.map(partner),
                ..service(h, self.pick.is_multiple_of(2).then_some(someone))
            }
            .into(),
            18 => placed(h, someone, self.other).into(),
            19 => job_ended(h, self.job(story)).into(),
            20 => income(h, someone).into(),
            21 => exit(h, &self.staying(story)).into(),
            22 if self.careful => follow_up(h, FollowUpMonth::Month3).into(),
            22 => follow_up(h, FollowUpMonth::ENTRIES[self.pick % 3].value).into(),
            23 => self.correction(known.log, known.history).into(),
            64 => confirmed(self.confirmable(known)).into(),
            _ => retracted(self.position(known.log)).into(),
        }
    }

    fn later_life(&self, kind: u8, known: &Known<'_>, when: u64) -> Event {
        let (h, story) = (self.household, known.story);
        let present: Vec<u8> = story.asleep(day(when)).into_iter().map(small).collect();
        let someone = self.someone(&present);
        let who = (self.pick.is_multiple_of(2) && (!self.careful || !present.is_empty()))
            .then_some(someone);
        let stage = if self.pick.is_multiple_of(3) {
            AssessmentStage::FollowUp
        } else {
            AssessmentStage::Interim
        };
        let what = self.other;
        let chosen = |known: Option<u8>| known.filter(|_| self.careful).unwrap_or(what);
        match kind {
            46 => assessed_referral(h).into(),
            47 => referral_withdrawn(h).into(),
            48 => {
                let mut consent = consented(h, what, who);
                if let Some(to) = self.partner(known, when) {
                    consent.purposes = vec![ConsentPurpose::SharingWithPartners];
                    consent.recipients = vec![partner(to)];
                }
                consent.into()
            }
            49 => consent_withdrawn(h, chosen(known.open_consent())).into(),
            50 => signed(h, when + 60).into(),
            51 => granted(h, known.agreed_until().unwrap_or(when) + self.day % 12).into(),
            52 => revised(h, self.goal(known)).into(),
            53 => given_up(h, self.goal(known)).into(),
            54 => scored(h, someone, stage).into(),
            55 => risk(h, someone, stage).into(),
            56 => service_referred(h, what, who, self.partner(known, when).unwrap_or(what)).into(),
            57 => outcome(h, chosen(known.service_referral())).into(),
            58 => incident(h, what).into(),
            59 => breach(h, known.incident().filter(|_| self.careful).or(who)).into(),
            60 => TrainingStarted {
                partner: self.partner(known, when).map(partner),
                ..training(h, someone, what)
            }
            .into(),
            61 => training_ended(h, chosen(known.open_training())).into(),
            62 => schooling(h, someone).into(),
            _ => noted(h, who).into(),
        }
    }

    fn expense(&self, known: &Known<'_>) -> u8 {
        let spent = known.expenses();
        let chosen = spent.get(self.pick % spent.len().max(1)).copied();
        chosen.filter(|_| self.careful).unwrap_or(self.person)
    }

    fn confirmable(&self, known: &Known<'_>) -> Position {
        known
            .waiting(self.household)
            .filter(|_| self.careful)
            .unwrap_or_else(|| self.position(known.log))
    }

    fn two(&self) -> Vec<u8> {
        if self.person == self.other {
            vec![self.person]
        } else {
            vec![self.person, self.other]
        }
    }

    fn leaving(
        &self,
        story: &Story<'_>,
        who: u8,
        present: &[u8],
        when: u64,
    ) -> HouseholdMemberLeft {
        let is_head = story.head(day(when)) == Some(person(who));
        let heir = present
            .iter()
            .copied()
            .find(|&other| other != who)
            .filter(|_| is_head);
        left(
            self.household,
            who,
            if self.careful { heir } else { Some(self.other) },
        )
    }

    fn goal(&self, known: &Known<'_>) -> u8 {
        let open = known.open_goal();
        open.filter(|_| self.careful).unwrap_or(self.other)
    }

    fn job(&self, story: &Story<'_>) -> u8 {
        let open = (1..=PERSONS).find(|&n| {
            let started = |e: &Event| matches!(e, Event::JobPlacement(f) if f.job == job(n));
            let ended = |e: &Event| matches!(e, Event::JobEnded(f) if f.job == job(n));
            story.day_of(started).is_some() && story.day_of(ended).is_none()
        });
        open.filter(|_| self.careful).unwrap_or(self.other)
    }

    fn staying(&self, story: &Story<'_>) -> Vec<u8> {
        if self.careful {
            story.asleep(day(LAST)).into_iter().map(small).collect()
        } else {
            self.two()
        }
    }

    fn position(&self, log: &Log) -> Position {
        // Sometimes one too far.
        Position::try_from(1 + self.pick % (log.facts.len() + 1)).expect("a short log")
    }

    /// Another day, and sometimes other contents, for what is recorded somewhere.
    fn correction(&self, log: &Log, history: &[Effective]) -> RecordCorrected {
        let position = self.position(log);
        let Some(stands) = history
            .iter()
            .find(|fact| fact.position == position || fact.corrected_by == Some(position))
        else {
            return corrected(position, on(self.day, visit(self.household, &[])));
        };
        let mut event = stands.event.clone();
        match &mut event {
            Event::ExpenseRecorded(expense) if self.pick.is_multiple_of(2) => {
                expense.amount = euros(i64::from(self.other) * 20);
            }
            Event::FundingPledged(pledged) if self.pick.is_multiple_of(2) => {
                pledged.amount = euros(i64::from(self.other) * 40);
            }
            Event::PeriodClosed(period) if self.pick.is_multiple_of(2) => {
                period.from = day(self.day.min(number(period.to)));
            }
            Event::Admission(admission) if self.pick.is_multiple_of(2) => {
                admission.dwelling = Some(dwelling(self.dwelling));
            }
            Event::Admission(fact) if self.pick.is_multiple_of(3) => {
                let HouseholdId(id) = fact.household;
                *fact = admission(small(HouseholdId(id)), None, &self.two());
            }
            Event::DwellingChanged(fact) if self.pick.is_multiple_of(2) => {
                fact.dwelling = dwelling(self.dwelling);
            }
            Event::Exit(exit) if self.pick.is_multiple_of(2) => {
                exit.members.pop();
            }
            Event::HouseholdMemberLeft(left) if self.pick.is_multiple_of(3) => {
                left.new_head = Some(person(self.other));
            }
            _ => {}
        }
        let shift = self.day % 9;
        let when = (number(stands.occurred_on) + shift)
            .saturating_sub(4)
            .min(LAST);
        corrected(position, on(when, event))
    }
}

/// The number an id was made of.
fn small(id: impl Into<Small>) -> u8 {
    id.into().0
}

struct Small(u8);

impl From<PersonId> for Small {
    fn from(id: PersonId) -> Self {
        Self(id.0.as_bytes()[15])
    }
}

impl From<HouseholdId> for Small {
    fn from(id: HouseholdId) -> Self {
        Self(id.0.as_bytes()[15])
    }
}

/// Does nothing of this kind happen before the entry?
fn needs_entry(kind: u8) -> bool {
    matches!(kind, 9..=15 | 18..=22 | 50..=55 | 60..=62)
}

/// The stream that `step` would belong to.
pub(super) fn stream_of(step: &Step, log: &Log) -> Option<Stream> {
    let mut event = &step.event;
    while let Some(position) = domain::named_position(event) {
        let fact = log.facts.iter().find(|fact| fact.position == position)?;
        event = &fact.event;
    }
    event.stream()
}

/// What somebody sees who looks first.
struct Known<'a> {
    log: &'a Log,
    history: &'a [Effective],
    story: &'a Story<'a>,
}

/// The number of the first thing that one fact began and no other ended.
macro_rules! open {
    ($facts:expr, $begun:ident, $ended:ident, $id:ident) => {{
        let ended = |id| {
            let mut facts = $facts.iter();
            facts.any(|fact| matches!(&fact.event, Event::$ended(f) if f.$id == id))
        };
        $facts.iter().find_map(|fact| match &fact.event {
            Event::$begun(f) if !ended(f.$id) => Some((tail(f.$id.0), fact.occurred_on)),
            _ => None,
        })
    }};
}

/// The number of the first thing that a fact began.
macro_rules! begun {
    ($facts:expr, $begun:ident, $id:ident) => {
        $facts.iter().find_map(|fact| match &fact.event {
            Event::$begun(f) => Some((tail(f.$id.0), fact.occurred_on)),
            _ => None,
        })
    };
}

fn tail(id: uuid::Uuid) -> u8 {
    id.as_bytes()[15]
}

type Thing = Option<(u8, NaiveDate)>;

impl Known<'_> {
    /// The day of what a deed of this kind goes on from, if it goes on from something.
    fn begun(&self, kind: u8) -> Option<NaiveDate> {
        let story = &self.story.facts;
        let thing: Thing = match kind {
            15 | 52 | 53 => open!(story, GoalSet, GoalWithdrawn, goal),
            19 => open!(story, JobPlacement, JobEnded, job),
            49 => open!(story, ConsentGiven, ConsentWithdrawn, consent),
            57 => begun!(story, ServiceReferred, referral),
            61 => open!(story, TrainingStarted, TrainingEnded, training),
            32 => self.latest_edition(),
            35 => begun!(self.history, FundingPledged, pledge),
            37 | 38 => self.latest_expense(),
            41 => begun!(self.history, MeetingHeld, meeting),
            42 => open!(self.history, DecisionTaken, DecisionClosed, decision),
            51 => begun!(story, AgreementSigned, household),
            64 => self.latest_decision(),
            _ => None,
        };
        thing.map(|(_, on)| on)
    }

    /// Begins what is to be gone on with.
    fn first_things_first(&self, kind: u8) -> u8 {
        if self.begun(kind).is_some() {
            return kind;
        }
        let plan = self
            .story
            .day_of(|event| matches!(event, Event::PlanAgreed(_)));
        match kind {
            14 | 15 | 52 | 53 if plan.is_none() => 13,
            15 | 52 | 53 => 14,
            19 => 18,
            22 if self.story.exit().is_none() => 21,
            49 => 48,
            51 => 50,
            57 => 56,
            61 => 60,
            32 => 31,
            35 => 34,
            37 | 38 => 3,
            42 => 41,
            26 if self.phase(LAST).is_none() => 1,
            27 | 28 | 34 | 56 if !(1..8).any(|n| self.takes_part(n, day(LAST))) => 2,
            _ => kind,
        }
    }

    fn takes_part(&self, n: u8, on: NaiveDate) -> bool {
        let joined = |fact: &&Effective| matches!(&fact.event, Event::PartnerJoined(f) if f.partner == partner(n));
        let left = |fact: &&Effective| matches!(&fact.event, Event::PartnerLeft(f) if f.partner == partner(n));
        let joined = self.history.iter().find(joined);
        let left = self.history.iter().find(left);
        joined.is_some_and(|joined| joined.occurred_on <= on)
            && left.is_none_or(|left| on <= left.occurred_on)
    }

    fn asks_citizenship(&self, when: u64) -> bool {
        self.rules(when).is_some_and(|rules| rules.ask_citizenship)
    }

    fn rules(&self, when: u64) -> Option<&RulesSet> {
        let set = self.history.iter().filter_map(|fact| match &fact.event {
            Event::RulesSet(rules) if number(fact.occurred_on) <= when => {
                Some((fact.occurred_on, rules))
            }
            _ => None,
        });
        set.max_by_key(|(on, _)| *on).map(|(_, rules)| rules)
    }

    /// Is the household's acceptance to be confirmed, and is not?
    fn must_confirm(&self, n: u8) -> bool {
        let strict =
            |fact: &Effective| matches!(&fact.event, Event::RulesSet(r) if r.confirm_admission);
        self.history.iter().any(strict) && self.waiting(n).is_some()
    }

    /// Where what waits for a confirmation is said.
    fn waiting(&self, n: u8) -> Option<Position> {
        let waits = |fact: &&Effective| {
            let is_kind = matches!(
                fact.event,
                Event::AdmissionDecided(_) | Event::Admission(_) | Event::Exit(_)
            );
            is_kind && fact.confirmed_by.is_none()
        };
        let own = |fact: &&Effective| fact.event.household() == Some(household(n));
        let all = || self.history.iter().filter(waits);
        let fact = all().find(own).or_else(|| all().next());
        fact.map(|fact| fact.corrected_by.unwrap_or(fact.position))
    }

    fn latest_decision(&self) -> Thing {
        let decided = |fact: &&&Effective| matches!(fact.event, Event::AdmissionDecided(_));
        let decision = self.story.facts.iter().rfind(decided);
        decision.map(|fact| (0, fact.occurred_on))
    }

    fn phase(&self, when: u64) -> Option<Phase> {
        let begun = self.history.iter().filter_map(|fact| match &fact.event {
            Event::PhaseStarted(f) if number(fact.occurred_on) <= when => Some(f.phase),
            _ => None,
        });
        begun.max()
    }

    fn decision(&self, when: u64) -> Option<u8> {
        let (n, on): (u8, NaiveDate) = begun!(self.history, DecisionTaken, decision)?;
        (number(on) <= when).then_some(n)
    }

    fn meeting(&self, when: u64) -> Option<u8> {
        let (n, on): (u8, NaiveDate) = begun!(self.history, MeetingHeld, meeting)?;
        (number(on) <= when).then_some(n)
    }

    fn open_decision(&self) -> Option<u8> {
        let thing: Thing = open!(self.history, DecisionTaken, DecisionClosed, decision);
        thing.map(|(n, _)| n)
    }

    fn latest_edition(&self) -> Thing {
        let replaced = |report| {
            let mut facts = self.history.iter();
            facts
                .any(|fact| matches!(&fact.event, Event::ReportRestated(f) if f.restates == report))
        };
        self.history.iter().find_map(|fact| match &fact.event {
            Event::ReportPublished(f) if !replaced(f.report) => {
                Some((tail(f.report.0), fact.occurred_on))
            }
            Event::ReportRestated(f) if !replaced(f.report) => {
                Some((tail(f.report.0), fact.occurred_on))
            }
            _ => None,
        })
    }

    fn edition(&self) -> Option<u8> {
        self.latest_edition().map(|(n, _)| n)
    }

    fn pledge(&self) -> Option<(u8, u8)> {
        self.history.iter().find_map(|fact| match &fact.event {
            Event::FundingPledged(f) => Some((tail(f.pledge.0), tail(f.source.0))),
            _ => None,
        })
    }

    fn expenses(&self) -> Vec<u8> {
        let expenses = self.history.iter().filter_map(|fact| match &fact.event {
            Event::ExpenseRecorded(f) => Some(tail(f.expense.0)),
            _ => None,
        });
        expenses.collect()
    }

    fn latest_expense(&self) -> Thing {
        let spent = self.history.iter().filter_map(|fact| match &fact.event {
            Event::ExpenseRecorded(f) => Some((tail(f.expense.0), fact.occurred_on)),
            _ => None,
        });
        spent.max_by_key(|(_, on)| *on)
    }

    /// The last day of a dwelling, and what happened then; its withdrawal apart.
    fn dwelling(&self, n: u8) -> (Option<NaiveDate>, Option<&Event>) {
        let own = self.history.iter().filter(|fact| {
            fact.stream == Stream::Dwelling(dwelling(n))
                && !matches!(fact.event, Event::DwellingWithdrawn(_))
        });
        let last = own.max_by_key(|fact| (fact.occurred_on, fact.position));
        last.map(|fact| (fact.occurred_on, &fact.event)).unzip()
    }

    /// A dwelling that nobody ever lived in.
    fn unused_dwelling(&self) -> Option<u8> {
        let is_lived_in = |n: &u8| {
            let mut facts = self.history.iter();
            facts.any(|fact| {
                fact.event.household().is_some() && fact.event.dwelling() == Some(dwelling(*n))
            })
        };
        (1..=DWELLINGS).find(|n| !is_lived_in(n) && self.dwelling(*n).1.is_some())
    }

    /// What can happen to a dwelling after that, `kind` if it can.
    fn next_of_dwelling(&self, n: u8, kind: u8) -> u8 {
        match (self.dwelling(n).1, kind) {
            (None, _) => 4,
            (Some(Event::WorksStarted(_)), _) => 44,
            (Some(Event::DwellingAvailable(_)), 4 | 5 | 44) => 6,
            (Some(Event::DwellingUnavailable(_) | Event::WorksCompleted(_)), 4 | 6 | 44) => 5,
            (_, 4 | 44) => 43,
            (_, kind) => kind,
        }
    }

    fn open_consent(&self) -> Option<u8> {
        let thing: Thing = open!(self.story.facts, ConsentGiven, ConsentWithdrawn, consent);
        thing.map(|(n, _)| n)
    }

    fn open_goal(&self) -> Option<u8> {
        let thing: Thing = open!(self.story.facts, GoalSet, GoalWithdrawn, goal);
        thing.map(|(n, _)| n)
    }

    fn open_training(&self) -> Option<u8> {
        let thing: Thing = open!(self.story.facts, TrainingStarted, TrainingEnded, training);
        thing.map(|(n, _)| n)
    }

    fn service_referral(&self) -> Option<u8> {
        let thing: Thing = begun!(self.story.facts, ServiceReferred, referral);
        thing.map(|(n, _)| n)
    }

    fn incident(&self) -> Option<u8> {
        let thing: Thing = begun!(self.story.facts, IncidentReported, incident);
        thing.map(|(n, _)| n)
    }

    /// The day up to which the household may stay.
    fn agreed_until(&self) -> Option<u64> {
        let ends = self
            .story
            .facts
            .iter()
            .filter_map(|fact| match &fact.event {
                Event::AgreementSigned(f) => Some(f.ends_on),
                Event::ExtensionGranted(f) => Some(f.until),
                _ => None,
            });
        ends.max().map(number)
    }
}
