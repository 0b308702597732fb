//! What must hold of a whole log, looked at night by night, without any of the rules' own ideas.

mod money;
mod network;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use events::codes::{AdmissionDecision, AssessmentStage, Relation};
use events::*;
use uuid::Uuid;

pub(crate) use network::relying_on_the_pilot;

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
    let nights = eventful(&history);
    for &night in nights.iter().filter(|night| **night <= last) {
        homes_and_beds(&stories, night, &mut wrong);
    }
    for (household, story) in &stories {
        for problem in one_story(story, &history) {
            wrong.push(format!("{problem} in household {household}"));
        }
    }
    works(&history, &stories, &nights, &mut wrong);
    wrong.extend(twice(&history));
    wrong.extend(network::wrong(&history));
    wrong.extend(money::wrong(facts, &history));
    wrong
}

/// The nights after which somebody may sleep elsewhere than before. A stay of one day lasts a night.
fn eventful(history: &[Effective]) -> BTreeSet<NaiveDate> {
    let days = history.iter().filter(|fact| {
        matches!(
            fact.event,
            Event::Admission(_)
                | Event::HouseholdMemberJoined(_)
                | Event::HouseholdMemberLeft(_)
                | Event::DwellingChanged(_)
                | Event::Exit(_)
        )
    });
    days.flat_map(|fact| fact.occurred_on.iter_days().take(2))
        .collect()
}

fn homes_and_beds(
    stories: &BTreeMap<HouseholdId, Story<'_>>,
    night: NaiveDate,
    wrong: &mut Vec<String>,
) {
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
        wrong.extend(out_of_bounds(story, fact));
        let named: Vec<PersonId> = match &fact.event {
            Event::Visit(visit) => visit.present.clone(),
            Event::ServiceProvided(service) => service.person.into_iter().collect(),
            Event::ServiceReferred(sent) if story.entry().is_some_and(|entry| entry <= day) => {
                sent.person.into_iter().collect()
            }
            Event::JobPlacement(placement) => vec![placement.person],
            Event::TrainingStarted(training) => vec![training.person],
            Event::SchoolingStarted(schooling) => vec![schooling.person],
            Event::AssessmentScored(f) if f.stage != AssessmentStage::FollowUp => vec![f.person],
            Event::RiskAssessed(f) if f.stage != AssessmentStage::FollowUp => vec![f.person],
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
        Event::GoalReviewed(GoalReviewed { goal, .. })
        | Event::GoalRevised(GoalRevised { goal, .. })
        | Event::GoalWithdrawn(GoalWithdrawn { goal, .. }) => {
            let set = story.day_of(|event| matches!(event, Event::GoalSet(s) if s.goal == *goal));
            let end =
                story.day_of(|event| matches!(event, Event::GoalWithdrawn(w) if w.goal == *goal));
            say(
                set.is_none_or(|set| set > day) || end.is_some_and(|end| end < day),
                "a goal that is not pursued",
            )
        }
        Event::TrainingEnded(end) => {
            let begun = |event: &Event| matches!(event, Event::TrainingStarted(t) if t.training == end.training);
            say(
                story.day_of(begun).is_none_or(|begun| begun > day),
                "course ended wrongly",
            )
        }
        Event::ConsentWithdrawn(end) => {
            let given =
                |event: &Event| matches!(event, Event::ConsentGiven(c) if c.consent == end.consent);
            say(
                story.day_of(given).is_none_or(|given| given > day),
                "consent withdrawn wrongly",
            )
        }
        Event::ConsentGiven(ConsentGiven {
            person: Some(person),
            ..
        }) => {
            let is_known = story.entry().is_some_and(|entry| entry <= day);
            say(
                is_known && !story.persons().contains(person),
                "consent of a stranger",
            )
        }
        Event::NoteAdded(NoteAdded {
            person: Some(person),
            ..
        }) => say(!story.persons().contains(person), "note about a stranger"),
        Event::AssessmentScored(AssessmentScored { person, .. })
        | Event::RiskAssessed(RiskAssessed { person, .. }) => say(
            story.entered(*person).iter().all(|&entered| entered > day),
            "assessed before she came",
        ),
        Event::ReferralOutcome(outcome) => {
            let sent = |event: &Event| matches!(event, Event::ServiceReferred(r) if r.referral == outcome.referral);
            say(
                story.day_of(sent).is_none_or(|sent| sent > day),
                "outcome of no referral",
            )
        }
        Event::ProtectionBreached(ProtectionBreached {
            incident: Some(incident),
            ..
        }) => {
            let reported = |event: &Event| matches!(event, Event::IncidentReported(i) if i.incident == *incident);
            say(story.day_of(reported).is_none(), "breach in no incident")
        }
        Event::ReferralAssessed(_) => {
            let decided = story.day_of(|event| {
                matches!(event, Event::AdmissionDecided(d) if d.decision != AdmissionDecision::Waiting)
            });
            say(
                decided.is_some_and(|decided| decided < day),
                "assessed after the decision",
            )
        }
        Event::AgreementSigned(signed) => say(
            story.entry().is_none_or(|entry| signed.ends_on <= entry),
            "agreement of no stay",
        ),
        Event::ExtensionGranted(granted) => {
            let end = end_before(story, fact);
            say(
                end.is_none_or(|end| granted.until <= end),
                "extension of nothing",
            )
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

/// The end of the stay as agreed before an extension.
fn end_before(story: &Story<'_>, extension: &Effective) -> Option<NaiveDate> {
    let mut last: Option<((NaiveDate, bool, Position), NaiveDate)> = None;
    let before = (extension.occurred_on, true, extension.position);
    for fact in &story.facts {
        let (at, end) = match &fact.event {
            Event::AgreementSigned(f) => ((fact.occurred_on, false, fact.position), f.ends_on),
            Event::ExtensionGranted(f) => ((fact.occurred_on, true, fact.position), f.until),
            _ => continue,
        };
        if at < before && last.is_none_or(|(other, _)| other < at) {
            last = Some((at, end));
        }
    }
    last.map(|(_, end)| end)
}

/// Too early or too late in the household's life?
fn out_of_bounds(story: &Story<'_>, fact: &Effective) -> Vec<String> {
    let mut wrong = Vec::new();
    let day = fact.occurred_on;
    let follows_exit = match &fact.event {
        Event::FollowUpRecorded(_)
        | Event::ReferralOutcome(_)
        | Event::ConsentGiven(_)
        | Event::ConsentWithdrawn(_)
        | Event::NoteAdded(_) => true,
        Event::AssessmentScored(assessed) => assessed.stage == AssessmentStage::FollowUp,
        Event::RiskAssessed(assessed) => assessed.stage == AssessmentStage::FollowUp,
        _ => false,
    };
    if !follows_exit && story.exit().is_some_and(|exit| exit < day) {
        wrong.push("after the exit".to_owned());
    }
    let is_follow_up = matches!(fact.event, Event::FollowUpRecorded(_));
    if is_follow_up && story.exit().is_none_or(|exit| day <= exit) {
        wrong.push("follow-up before the exit".to_owned());
    }
    let precedes_entry = matches!(
        fact.event,
        Event::ReferralReceived(_)
            | Event::ReferralAssessed(_)
            | Event::AdmissionDecided(_)
            | Event::ReferralWithdrawn(_)
            | Event::ConsentGiven(_)
            | Event::ConsentWithdrawn(_)
            | Event::Visit(_)
            | Event::ServiceProvided(_)
            | Event::ServiceReferred(_)
            | Event::ReferralOutcome(_)
            | Event::IncidentReported(_)
            | Event::ProtectionBreached(_)
            | Event::NoteAdded(_)
    );
    if !precedes_entry && story.entry().is_none_or(|entry| day < entry) {
        wrong.push("before the entry".to_owned());
    }
    let taken_back = story.day_of(|event| matches!(event, Event::ReferralWithdrawn(_)));
    if let Some(taken_back) = taken_back {
        let follows = matches!(fact.event, Event::ConsentWithdrawn(_) | Event::NoteAdded(_));
        if (day > taken_back && !follows) || story.entry().is_some() {
            wrong.push("taken back, and yet".to_owned());
        }
    }
    wrong
}

/// What a dwelling is, step by step.
#[derive(Clone, Copy, PartialEq)]
enum Home {
    Nothing,
    Free,
    Shut,
    Works,
}

/// A dwelling's own facts in the order of time; its withdrawal comes last on its day.
fn of_dwelling(history: &[Effective], home: DwellingId) -> Vec<&Effective> {
    let mut facts: Vec<&Effective> = history
        .iter()
        .filter(|fact| fact.stream == Stream::Dwelling(home))
        .collect();
    let is_last = |fact: &Effective| matches!(fact.event, Event::DwellingWithdrawn(_));
    facts.sort_by_key(|fact| (fact.occurred_on, is_last(fact), fact.position));
    facts
}

fn state(history: &[Effective], home: DwellingId, day: NaiveDate) -> Home {
    let mut state = Home::Nothing;
    for fact in of_dwelling(history, home) {
        if fact.occurred_on <= day {
            state = match fact.event {
                Event::DwellingAvailable(_) => Home::Free,
                Event::DwellingUnavailable(_) | Event::WorksCompleted(_) => Home::Shut,
                Event::WorksStarted(_) => Home::Works,
                Event::DwellingWithdrawn(_) => Home::Nothing,
                _ => state,
            };
        }
    }
    state
}

fn can_be_lived_in(history: &[Effective], home: DwellingId, day: NaiveDate) -> bool {
    let registered = of_dwelling(history, home)
        .into_iter()
        .any(|fact| matches!(fact.event, Event::DwellingRegistered(_)) && fact.occurred_on <= day);
    registered && state(history, home, day) == Home::Free
}

/// Notes works and withdrawals that do not fit the dwelling, or whoever sleeps in it.
fn works(
    history: &[Effective],
    stories: &BTreeMap<HouseholdId, Story<'_>>,
    nights: &BTreeSet<NaiveDate>,
    wrong: &mut Vec<String>,
) {
    let homes: BTreeSet<DwellingId> = history
        .iter()
        .filter_map(|fact| match fact.stream {
            Stream::Dwelling(home) => Some(home),
            _ => None,
        })
        .collect();
    let sleeps = |home, night| {
        let mut stories = stories.values();
        stories.any(|story| story.home(night) == Some(home))
    };
    for home in homes {
        let facts = of_dwelling(history, home);
        let registered = facts
            .iter()
            .find(|fact| matches!(fact.event, Event::DwellingRegistered(_)))
            .map(|fact| fact.occurred_on);
        let mut state = Home::Nothing;
        let mut gone = None;
        for fact in facts {
            let day = fact.occurred_on;
            let is_early = registered.is_none_or(|registered| day < registered);
            if is_early || gone.is_some_and(|gone| gone < day) {
                wrong.push(format!("{} of no dwelling", fact.event.kind()));
            }
            let (fits, next) = match fact.event {
                Event::DwellingAvailable(_) => {
                    (matches!(state, Home::Nothing | Home::Shut), Home::Free)
                }
                Event::DwellingUnavailable(_) => {
                    (matches!(state, Home::Nothing | Home::Free), Home::Shut)
                }
                Event::WorksStarted(_) => (state != Home::Works && !sleeps(home, day), Home::Works),
                Event::WorksCompleted(_) => (state == Home::Works, Home::Shut),
                Event::DwellingWithdrawn(_) => {
                    gone = Some(day);
                    let mut nights = nights.range(day..);
                    let is_empty = !sleeps(home, day) && !nights.any(|&night| sleeps(home, night));
                    (is_empty, state)
                }
                _ => (true, state),
            };
            if !fits {
                wrong.push(format!("{} of dwelling {home} on {day}", fact.event.kind()));
            }
            state = next;
        }
    }
}

/// What happens once, by the id of what it happens to.
fn happens_once(event: &Event) -> Option<Uuid> {
    Some(match event {
        Event::PilotOpened(_) | Event::PilotClosed(_) => Uuid::nil(),
        Event::PartnerJoined(f) => f.partner.0,
        Event::PartnerLeft(f) => f.partner.0,
        Event::AgreementAdopted(f) => f.agreement.0,
        Event::ReportPublished(f) => f.report.0,
        Event::ReportRestated(f) => f.restates.0,
        Event::FundingPledged(f) => f.pledge.0,
        Event::ExpenseRecorded(f) => f.expense.0,
        Event::MeetingPlanned(f) => f.meeting.0,
        Event::MeetingHeld(f) => f.meeting.0,
        Event::DecisionTaken(f) => f.decision.0,
        Event::DecisionClosed(f) => f.decision.0,
        Event::DwellingRegistered(f) => f.dwelling.0,
        Event::DwellingWithdrawn(f) => f.dwelling.0,
        Event::ReferralWithdrawn(_) => Uuid::nil(),
        Event::ConsentGiven(f) => f.consent.0,
        Event::ConsentWithdrawn(f) => f.consent.0,
        Event::GoalWithdrawn(f) => f.goal.0,
        Event::ServiceReferred(f) => f.referral.0,
        Event::IncidentReported(f) => f.incident.0,
        Event::TrainingStarted(f) => f.training.0,
        Event::TrainingEnded(f) => f.training.0,
        _ => return None,
    })
}

fn twice(history: &[Effective]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for fact in history {
        if let Some(id) = happens_once(&fact.event)
            && !seen.insert((fact.event.kind(), fact.event.household(), id))
        {
            wrong.push(format!("{} twice", fact.event.kind()));
        }
    }
    wrong
}
