//! What must hold of a whole log, looked at night by night, without any of the rules' own ideas.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::codes::{AdmissionDecision, Relation};
use events::*;

/// One household, read off the whole log.
pub(crate) struct Story<'a> {
    pub(crate) facts: Vec<&'a Effective>,
}

impl<'a> Story<'a> {
    pub(crate) fn day_of(&self, is: impl Fn(&Event) -> bool) -> Option<NaiveDate> {
        self.facts
            .iter()
            .find(|fact| is(&fact.event))
            .map(|fact| fact.occurred_on)
    }

    pub(crate) fn referral(&self) -> Option<NaiveDate> {
        self.day_of(|event| matches!(event, Event::ReferralReceived(_)))
    }

    pub(crate) fn entry(&self) -> Option<NaiveDate> {
        self.day_of(|event| matches!(event, Event::Admission(_)))
    }

    pub(crate) fn exit(&self) -> Option<NaiveDate> {
        self.day_of(|event| matches!(event, Event::Exit(_)))
    }

    pub(crate) fn accepted(&self) -> Option<NaiveDate> {
        self.day_of(|event| {
            matches!(event, Event::AdmissionDecided(d) if d.decision == AdmissionDecision::Accepted)
        })
    }

    /// Does the household sleep here in the night after `day`?
    fn sleeps(&self, day: NaiveDate) -> bool {
        let Some(entry) = self.entry() else {
            return false;
        };
        match self.exit() {
            Some(exit) if exit == entry => day == entry,
            Some(exit) => entry <= day && day < exit,
            None => entry <= day,
        }
    }

    /// Where, if anywhere: the last dwelling named up to `day`.
    fn home(&self, day: NaiveDate) -> Option<DwellingId> {
        let mut home = None;
        for fact in self.facts.iter().filter(|fact| fact.occurred_on <= day) {
            match &fact.event {
                Event::Admission(admission) => home = home.or(admission.dwelling),
                Event::DwellingChanged(changed) => home = Some(changed.dwelling),
                _ => {}
            }
        }
        home.filter(|_| self.sleeps(day))
    }

    fn entered(&self, person: PersonId) -> Vec<NaiveDate> {
        let entries = self.facts.iter().filter(|fact| match &fact.event {
            Event::Admission(admission) => admission.members.iter().any(|m| m.person == person),
            Event::HouseholdMemberJoined(joined) => joined.member.person == person,
            _ => false,
        });
        entries.map(|fact| fact.occurred_on).collect()
    }

    fn left(&self, person: PersonId) -> Option<NaiveDate> {
        let alone = self.day_of(
            |event| matches!(event, Event::HouseholdMemberLeft(left) if left.person == person),
        );
        alone.or(self.exit())
    }

    fn persons(&self) -> BTreeSet<PersonId> {
        let mut persons = BTreeSet::new();
        for fact in &self.facts {
            match &fact.event {
                Event::Admission(a) => persons.extend(a.members.iter().map(|m| m.person)),
                Event::HouseholdMemberJoined(joined) => {
                    persons.insert(joined.member.person);
                }
                _ => {}
            }
        }
        persons
    }

    /// Who sleeps here in the night after `day`.
    pub(crate) fn asleep(&self, day: NaiveDate) -> BTreeSet<PersonId> {
        let sleeps = |person: &PersonId| {
            let came = self.entered(*person).iter().any(|&entered| entered <= day);
            came && self.left(*person).is_none_or(|left| day < left)
        };
        self.persons().into_iter().filter(sleeps).collect()
    }

    /// Who is here at some time of `day`.
    fn seen(&self, person: PersonId, day: NaiveDate) -> bool {
        self.entered(person).iter().any(|&entered| entered <= day)
            && self.left(person).is_none_or(|left| day <= left)
    }

    /// The head in the night after `day`.
    pub(crate) fn head(&self, day: NaiveDate) -> Option<PersonId> {
        let mut head = None;
        for fact in self.facts.iter().filter(|fact| fact.occurred_on <= day) {
            match &fact.event {
                Event::Admission(admission) => {
                    let is_head = |m: &&Member| m.relation == Answer::Known(Relation::Head);
                    head = head.or(admission.members.iter().find(is_head).map(|m| m.person));
                }
                Event::HouseholdMemberLeft(left) => head = left.new_head.or(head),
                _ => {}
            }
        }
        head
    }
}

/// Every household of a history, facts by day and then as recorded.
pub(crate) fn stories(history: &[Effective]) -> BTreeMap<HouseholdId, Story<'_>> {
    let mut stories: BTreeMap<HouseholdId, Story<'_>> = BTreeMap::new();
    for fact in history {
        if let Some(household) = fact.event.household() {
            stories
                .entry(household)
                .or_insert(Story { facts: Vec::new() })
                .facts
                .push(fact);
        }
    }
    for story in stories.values_mut() {
        story
            .facts
            .sort_by_key(|fact| (fact.occurred_on, fact.position));
    }
    stories
}

/// Everything wrong with a log, up to the night after `last`.
pub(crate) fn violations(facts: &[Fact], last: NaiveDate) -> Vec<String> {
    let history = effective(facts);
    let stories = stories(&history);
    let mut wrong = Vec::new();
    let first = history
        .iter()
        .map(|fact| fact.occurred_on)
        .min()
        .unwrap_or(last);
    for night in first.iter_days().take_while(|night| *night <= last) {
        nights(&stories, night, &mut wrong);
    }
    for (household, story) in &stories {
        for problem in one_story(story, &history) {
            wrong.push(format!("{problem} in household {household}"));
        }
    }
    wrong.extend(pilot(&history));
    wrong
}

fn nights(stories: &BTreeMap<HouseholdId, Story<'_>>, night: NaiveDate, wrong: &mut Vec<String>) {
    let mut homes = BTreeSet::new();
    let mut beds = BTreeSet::new();
    for (household, story) in stories {
        if let Some(home) = story.home(night)
            && !homes.insert(home)
        {
            wrong.push(format!("two households in dwelling {home} on {night}"));
        }
        let asleep = story.asleep(night);
        for person in &asleep {
            if !beds.insert(*person) {
                wrong.push(format!("person {person} in two households on {night}"));
            }
        }
        let stays_on = story.exit().is_none_or(|exit| night < exit);
        if story.sleeps(night) && stays_on {
            match story.head(night) {
                Some(head) if asleep.contains(&head) => {}
                _ => wrong.push(format!("no head of household {household} on {night}")),
            }
        }
    }
}

fn one_story(story: &Story<'_>, history: &[Effective]) -> Vec<String> {
    let mut wrong = Vec::new();
    let count = |is: fn(&Event) -> bool| story.facts.iter().filter(|f| is(&f.event)).count();
    let once = count(|event| matches!(event, Event::ReferralReceived(_))) == 1
        && count(|event| matches!(event, Event::Admission(_))) <= 1
        && count(|event| matches!(event, Event::Exit(_))) <= 1;
    let (Some(referral), true) = (story.referral(), once) else {
        return vec!["something that happens once did not".to_owned()];
    };
    if let Some(entry) = story.entry()
        && story.accepted().is_none_or(|accepted| accepted > entry)
    {
        wrong.push("admitted and not accepted".to_owned());
    }
    if let Some(exit) = story.exit()
        && story.entry().is_none_or(|entry| exit < entry)
    {
        wrong.push("negative stay".to_owned());
    }
    for person in story.persons() {
        let entered = story.entered(person);
        let leavings = story.facts.iter().filter(
            |f| matches!(&f.event, Event::HouseholdMemberLeft(left) if left.person == person),
        );
        if leavings.count() > 1 {
            wrong.push("somebody left twice".to_owned());
        }
        if entered.len() != 1 {
            wrong.push("somebody entered twice".to_owned());
        }
        if story
            .left(person)
            .is_some_and(|left| entered.iter().any(|&entered| left < entered))
        {
            wrong.push("negative membership".to_owned());
        }
    }
    for fact in &story.facts {
        let day = fact.occurred_on;
        if day < referral {
            wrong.push("before the referral".to_owned());
        }
        let is_follow_up = matches!(fact.event, Event::FollowUpRecorded(_));
        match story.exit() {
            Some(exit) if is_follow_up != (day > exit) => {
                wrong.push("on the wrong side of the exit".to_owned());
            }
            None if is_follow_up => wrong.push("follow-up without exit".to_owned()),
            _ => {}
        }
        let needs_entry = !matches!(
            fact.event,
            Event::ReferralReceived(_)
                | Event::AdmissionDecided(_)
                | Event::Visit(_)
                | Event::ServiceProvided(_)
        );
        if needs_entry && story.entry().is_none_or(|entry| day < entry) {
            wrong.push("before the entry".to_owned());
        }
        let named: Vec<PersonId> = match &fact.event {
            Event::Visit(visit) => visit.present.clone(),
            Event::ServiceProvided(service) => service.person.into_iter().collect(),
            Event::JobPlacement(placement) => vec![placement.person],
            Event::IncomeRecorded(income) => vec![income.person],
            Event::HouseholdMemberLeft(left) => vec![left.person],
            _ => Vec::new(),
        };
        if named.iter().any(|&person| !story.seen(person, day)) {
            wrong.push(format!(
                "{} with somebody who was not there",
                fact.event.kind()
            ));
        }
        wrong.extend(references(story, fact, history));
    }
    wrong
}

fn references(story: &Story<'_>, fact: &Effective, history: &[Effective]) -> Option<String> {
    let day = fact.occurred_on;
    let others = || {
        story
            .facts
            .iter()
            .filter(|other| other.position != fact.position)
    };
    let say = |wrong: bool, what: &str| wrong.then(|| what.to_owned());
    match &fact.event {
        Event::GoalSet(set) => {
            let twice =
                others().any(|f| matches!(&f.event, Event::GoalSet(o) if o.goal == set.goal));
            let plan = story.day_of(|event| matches!(event, Event::PlanAgreed(_)));
            say(
                twice || plan.is_none_or(|plan| plan > day),
                "goal twice or without plan",
            )
        }
        Event::GoalReviewed(review) => {
            let set = story
                .day_of(|event| matches!(event, Event::GoalSet(set) if set.goal == review.goal));
            say(set.is_none_or(|set| set > day), "review without goal")
        }
        Event::JobPlacement(placement) => {
            let twice = others()
                .any(|f| matches!(&f.event, Event::JobPlacement(o) if o.job == placement.job));
            say(twice, "job twice")
        }
        Event::JobEnded(end) => {
            let start = story
                .day_of(|event| matches!(event, Event::JobPlacement(job) if job.job == end.job));
            let twice =
                others().any(|f| matches!(&f.event, Event::JobEnded(o) if o.job == end.job));
            say(
                twice || start.is_none_or(|start| start > day),
                "job ended wrongly",
            )
        }
        Event::Exit(exit) => {
            let named: BTreeSet<PersonId> = exit.members.iter().map(|m| m.person).collect();
            let left_alone = |person: &PersonId| {
                others().any(|f| {
                    matches!(&f.event, Event::HouseholdMemberLeft(left) if left.person == *person)
                })
            };
            let mut stayed = story.persons();
            stayed.retain(|person| !left_alone(person));
            say(named != stayed, "exit of the wrong members")
        }
        Event::Admission(Admission {
            dwelling: Some(home),
            ..
        })
        | Event::DwellingChanged(DwellingChanged { dwelling: home, .. }) => say(
            !can_be_lived_in(history, *home, day),
            "moved into what is not available",
        ),
        _ => None,
    }
}

fn can_be_lived_in(history: &[Effective], home: DwellingId, day: NaiveDate) -> bool {
    let mut registered = false;
    let mut last: Option<((NaiveDate, Position), bool)> = None;
    for fact in history.iter().filter(|fact| fact.occurred_on <= day) {
        let available = match &fact.event {
            Event::DwellingRegistered(f) if f.dwelling == home => {
                registered = true;
                continue;
            }
            Event::DwellingAvailable(f) if f.dwelling == home => true,
            Event::DwellingUnavailable(f) if f.dwelling == home => false,
            _ => continue,
        };
        let at = (fact.occurred_on, fact.position);
        if last.is_none_or(|(before, _)| before < at) {
            last = Some((at, available));
        }
    }
    registered && last.is_some_and(|(_, available)| available)
}

fn pilot(history: &[Effective]) -> Vec<String> {
    let mut wrong = Vec::new();
    let openings = history
        .iter()
        .filter(|f| matches!(f.event, Event::PilotOpened(_)))
        .count();
    if openings != 1 {
        wrong.push(format!("{openings} openings"));
    }
    let mut phases = Vec::new();
    for fact in history {
        if let Event::PhaseStarted(started) = &fact.event {
            phases.push((started.phase, fact.occurred_on));
        }
    }
    phases.sort();
    if phases
        .windows(2)
        .any(|two| two[0].0 == two[1].0 || two[0].1 > two[1].1)
    {
        wrong.push("phases out of order".to_owned());
    }
    for fact in history {
        let (Event::DwellingAvailable(DwellingAvailable { dwelling: home })
        | Event::DwellingUnavailable(DwellingUnavailable { dwelling: home, .. })) = &fact.event
        else {
            continue;
        };
        let registers = |other: &&Effective| {
            matches!(&other.event, Event::DwellingRegistered(r) if r.dwelling == *home)
                && other.occurred_on <= fact.occurred_on
        };
        if !history.iter().any(|other| registers(&other)) {
            wrong.push(format!("{} before the registration", fact.event.kind()));
        }
    }
    let mut seen = BTreeSet::new();
    for fact in history {
        let id = match &fact.event {
            Event::PartnerJoined(joined) => joined.partner.0,
            Event::ExpenseRecorded(expense) => expense.expense.0,
            Event::DwellingRegistered(registered) => registered.dwelling.0,
            _ => continue,
        };
        if !seen.insert(id) {
            wrong.push(format!("{} twice", fact.event.kind()));
        }
    }
    wrong
}
