//! Who lived with whom, from when to when: the enrolments of a project as households.
//!
//! A household is everybody with one `HouseholdID`, as long as at least one of them is there; who
//! comes back comes as a new one, because nobody enters the same household twice. Those
//! who came with the head, entered by the same stroke (same entry date, same `DateCreated`), are its
//! admission; everybody else joins. In the same way those whose exit was written down together with
//! the head's are its exit, and everybody else leaves on her own, so that the time from each entry
//! and exit to its record survives.
//!
//! What a later export adds leaves the earlier commands as they are, except where the source was
//! written down in another order than it happened, between two imports:
//! * a member added with an entry before the household's first day, or a head added after the
//!   others: the admission would be another;
//! * a member added to a household of which everybody had left: the exit would be another;
//! * exits of one last day that were written down before and after the earlier export: those who
//!   were left in the first one have a head of their own by then;
//! * employment at entry or exit written down after the entry or exit itself.
//!
//! Then the later command is refused, and so reported, and somebody corrects the record.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use events::Answer;
use events::codes::Relation;

use super::findings::{At, Notes};
use super::read::{ENROLLMENT, EXIT, Source};
use super::rows::{Enrolment, ExitRow};

/// Completed years from which a person is an adult.
const ADULT_YEARS: u32 = 18;

/// One household from the day its first member entered to the day its last one left.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    /// What its ids are made from: the `HouseholdID`, and the first enrolment if it is not the
    /// first household of that id.
    pub(super) key: Vec<String>,
    /// Day of the first entry.
    pub(super) entry: NaiveDate,
    /// Everybody, by entry. Indices of enrolments, like all below.
    pub(super) members: Vec<usize>,
    /// Head at the admission.
    pub(super) head: usize,
    /// Who entered by the same stroke as the head, the head first.
    pub(super) admitted: Vec<usize>,
    /// What each is to the head.
    pub(super) relations: BTreeMap<usize, Answer<Relation>>,
    /// Who left, in order.
    pub(super) leavings: Vec<Leaving>,
}

/// One leaving.
#[derive(Clone, Debug)]
pub(super) enum Leaving {
    /// One person left, others stayed.
    One {
        /// Who.
        enrolment: usize,
        /// Who is the head from now on.
        new_head: Option<usize>,
    },
    /// Everybody who was still there left. The first is the head, whose answers stand for all.
    All {
        /// Who.
        enrolments: Vec<usize>,
    },
}

/// Age, as far as it decides something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    /// An adult.
    Adult,
    /// Nobody knows.
    Unknown,
    /// A minor.
    Minor,
}

/// The households of a project, in order of their entries.
pub(super) fn stays(source: &Source, project: usize, notes: &mut Notes) -> Vec<Stay> {
    let mut households: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in &source.projects[project].enrolments {
        let household = source.enrolments[*at].household.as_str();
        households.entry(household).or_default().push(*at);
    }
    let mut stays = Vec::new();
    for (household, mut members) in households {
        members.sort_by(|a, b| entering(source, *a).cmp(&entering(source, *b)));
        let members = without_doubles(source, members, notes);
        for (number, members) in episodes(source, members).into_iter().enumerate() {
            let mut key = vec![household.to_owned()];
            if number > 0 {
                let first = &source.enrolments[members[0]];
                key.push(first.id.clone());
                let reason = "somebody came back, or came after everybody had left: taken as a new household, because nobody enters the same one twice";
                notes.assumed_here(at(first, "HouseholdID"), reason, None);
            }
            stays.push(stay(source, key, members, notes));
        }
    }
    stays.sort_by(|a, b| {
        (a.entry, entering(source, a.head), &a.key).cmp(&(
            b.entry,
            entering(source, b.head),
            &b.key,
        ))
    });
    overlaps(source, project, notes);
    stays
}

/// Age on a day.
pub(super) fn age(source: &Source, enrolment: usize, day: NaiveDate) -> Age {
    let born = source
        .clients
        .get(&source.enrolments[enrolment].person)
        .and_then(|client| client.born_on);
    match born.map(|born| day.years_since(born)) {
        None => Age::Unknown,
        Some(Some(years)) if years >= ADULT_YEARS => Age::Adult,
        Some(_) => Age::Minor,
    }
}

fn at<'a>(enrolment: &Enrolment, field: &'a str) -> At<'a> {
    At {
        file: ENROLLMENT,
        line: enrolment.line,
        field,
    }
}

/// Order of entering.
fn entering(source: &Source, at: usize) -> (NaiveDate, Option<DateTime<Utc>>, &str) {
    let enrolment = &source.enrolments[at];
    (enrolment.entry, enrolment.created, &enrolment.id)
}

fn left_on(source: &Source, at: usize) -> Option<NaiveDate> {
    source.enrolments[at].exit.as_ref().map(|exit| exit.on)
}

/// Leaves out an enrolment during which the same person is enrolled in the same household already:
/// nobody can be in one place twice.
fn without_doubles(source: &Source, members: Vec<usize>, notes: &mut Notes) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for member in members {
        let enrolment = &source.enrolments[member];
        let double = kept.iter().any(|other| {
            let other = &source.enrolments[*other];
            other.person == enrolment.person && together(other, enrolment)
        });
        if double {
            let reason = "the same person is enrolled in this household at the same time: left out with all that hangs on it";
            notes.broken(at(enrolment, "PersonalID"), reason, None);
        } else {
            kept.push(member);
        }
    }
    kept
}

/// Whether two enrolments share a night.
fn together(a: &Enrolment, b: &Enrolment) -> bool {
    let until = |e: &Enrolment| e.exit.as_ref().map(|exit| free_from(e.entry, exit.on));
    until(a).is_none_or(|until| b.entry < until) && until(b).is_none_or(|until| a.entry < until)
}

/// The first night on which somebody who left is no longer there: a stay that ends on the day it
/// began counts one night.
pub(super) fn free_from(entry: NaiveDate, exit: NaiveDate) -> NaiveDate {
    if exit > entry {
        exit
    } else {
        entry.succ_opt().unwrap_or(entry)
    }
}

/// Splits members, in order of entry, where nobody was there; whoever comes back does so with those
/// who come back with her.
fn episodes(source: &Source, members: Vec<usize>) -> Vec<Vec<usize>> {
    let mut episodes: Vec<Vec<usize>> = Vec::new();
    let mut coming = members;
    while !coming.is_empty() {
        let mut persons = BTreeSet::new();
        let (first, again): (Vec<usize>, Vec<usize>) = coming
            .into_iter()
            .partition(|member| persons.insert(source.enrolments[*member].person.as_str()));
        split_at_gaps(source, first, &mut episodes);
        coming = again;
    }
    episodes
}

fn split_at_gaps(source: &Source, members: Vec<usize>, episodes: &mut Vec<Vec<usize>>) {
    let mut episode: Vec<usize> = Vec::new();
    // The day the last of the present episode left; none while somebody is there.
    let mut ended: Option<NaiveDate> = None;
    for member in members {
        let left = left_on(source, member);
        let gap = ended.is_some_and(|ended| source.enrolments[member].entry > ended);
        if gap && !episode.is_empty() {
            episodes.push(std::mem::take(&mut episode));
        }
        ended = if episode.is_empty() {
            left
        } else {
            ended.and_then(|ended| left.map(|left| left.max(ended)))
        };
        episode.push(member);
    }
    episodes.extend((!episode.is_empty()).then_some(episode));
}

fn stay(source: &Source, key: Vec<String>, members: Vec<usize>, notes: &mut Notes) -> Stay {
    let entry = source.enrolments[members[0]].entry;
    let first_day: Vec<usize> = members
        .iter()
        .copied()
        .filter(|member| source.enrolments[*member].entry == entry)
        .collect();
    let is_head =
        |member: &usize| source.enrolments[*member].relation == Answer::Known(Relation::Head);
    let head = match first_day.iter().copied().find(is_head) {
        Some(head) => head,
        None => {
            let chosen = eldest(source, &first_day, entry).unwrap_or(members[0]);
            let reason = if members.iter().any(is_head) {
                "the head entered after another member: the eldest of those who entered first is taken as head, the head's relation as not collected"
            } else {
                "no head of household: the eldest adult of those who entered first is taken as head, else somebody of unknown age, else the eldest"
            };
            notes.broken(
                at(&source.enrolments[chosen], "RelationshipToHoH"),
                reason,
                None,
            );
            chosen
        }
    };
    let relations = relations(source, &members, head, notes);
    let admitted = admitted(source, &first_day, head);
    let leavings = leavings(source, &members, head, notes);
    Stay {
        key,
        entry,
        members,
        head,
        admitted,
        relations,
        leavings,
    }
}

fn relations(
    source: &Source,
    members: &[usize],
    head: usize,
    notes: &mut Notes,
) -> BTreeMap<usize, Answer<Relation>> {
    members
        .iter()
        .map(|member| {
            let enrolment = &source.enrolments[*member];
            let relation = match enrolment.relation {
                _ if *member == head => Answer::Known(Relation::Head),
                Answer::Known(Relation::Head) => {
                    let reason =
                        "a second head of household: her relation is taken as not collected";
                    notes.broken(at(enrolment, "RelationshipToHoH"), reason, Some("1"));
                    Answer::NotCollected
                }
                other => other,
            };
            (*member, relation)
        })
        .collect()
}

/// The head and everybody who was entered with her.
fn admitted(source: &Source, first_day: &[usize], head: usize) -> Vec<usize> {
    let written = source.enrolments[head].created;
    let others = first_day.iter().copied().filter(|member| *member != head);
    std::iter::once(head)
        .chain(others.filter(|member| source.enrolments[*member].created == written))
        .collect()
}

/// The eldest adult; else somebody of unknown age; else the eldest.
fn eldest(source: &Source, of: &[usize], day: NaiveDate) -> Option<usize> {
    let born = |member: usize| {
        source
            .clients
            .get(&source.enrolments[member].person)
            .and_then(|client| client.born_on)
    };
    of.iter().copied().min_by_key(|member| {
        (
            age(source, *member, day),
            born(*member),
            entering(source, *member),
        )
    })
}

fn leavings(source: &Source, members: &[usize], head: usize, notes: &mut Notes) -> Vec<Leaving> {
    let mut by_day: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
    let mut open = false;
    for member in members {
        match left_on(source, *member) {
            Some(day) => by_day.entry(day).or_default().push(*member),
            None => open = true,
        }
    }
    let last = by_day.keys().next_back().copied().filter(|_| !open);
    let mut head = head;
    let mut leavings = Vec::new();
    for (day, mut leaving) in by_day {
        leaving.sort_by_key(|member| {
            (
                exit(source, *member).and_then(|e| e.created),
                entering(source, *member),
            )
        });
        if Some(day) == last {
            let (with_head, before): (Vec<usize>, Vec<usize>) =
                leaving.iter().partition(|member| {
                    exit(source, **member).map(|e| e.created)
                        == exit(source, head).map(|e| e.created)
                });
            one_by_one(source, &mut leavings, &before, notes);
            let mut enrolments = with_head;
            enrolments.sort_by_key(|member| *member != head);
            unsaid(source, Some(head), &enrolments, notes);
            leavings.push(Leaving::All { enrolments });
            break;
        }
        let others: Vec<usize> = leaving.iter().copied().filter(|m| *m != head).collect();
        one_by_one(source, &mut leavings, &others, notes);
        if others.len() < leaving.len() {
            let new_head = next_head(source, members, day, notes, head);
            unsaid(source, None, &[head], notes);
            leavings.push(Leaving::One {
                enrolment: head,
                new_head,
            });
            head = new_head.unwrap_or(head);
        }
    }
    leavings
}

fn one_by_one(source: &Source, leavings: &mut Vec<Leaving>, who: &[usize], notes: &mut Notes) {
    unsaid(source, None, who, notes);
    leavings.extend(who.iter().map(|enrolment| Leaving::One {
        enrolment: *enrolment,
        new_head: None,
    }));
}

fn exit(source: &Source, at: usize) -> Option<&ExitRow> {
    source.enrolments[at].exit.as_ref()
}

fn next_head(
    source: &Source,
    members: &[usize],
    day: NaiveDate,
    notes: &mut Notes,
    head: usize,
) -> Option<usize> {
    let staying: Vec<usize> = members
        .iter()
        .copied()
        .filter(|member| {
            source.enrolments[*member].entry <= day
                && left_on(source, *member).is_none_or(|left| left > day)
        })
        .collect();
    let new_head = eldest(source, &staying, day);
    let line = exit(source, head).map_or(0, |exit| exit.line);
    let at = At {
        file: EXIT,
        line,
        field: "ExitDate",
    };
    if new_head.is_some_and(|new_head| age(source, new_head, day) == Age::Minor) {
        notes.broken(
            at,
            "the head left and only minors stayed: the eldest is taken as head",
            None,
        );
    } else {
        notes.assumed_here(
            at,
            "the head left before the others: the eldest adult who stayed is taken as head, else somebody of unknown age",
            None,
        );
    }
    new_head
}

/// Notes completion and safety answers of `others` for which there is no place: a household has
/// them once, at its exit, and they are the head's.
fn unsaid(source: &Source, head: Option<usize>, others: &[usize], notes: &mut Notes) {
    let head = head.and_then(|head| exit(source, head));
    for row in others.iter().filter_map(|other| exit(source, *other)) {
        let completion = |row: &ExitRow| row.completion;
        let client = |row: &ExitRow| row.client_safety;
        let worker = |row: &ExitRow| row.worker_safety;
        for (field, is_unsaid) in [
            ("ProjectCompletionStatus", is_unsaid(head, row, completion)),
            ("DestinationSafeClient", is_unsaid(head, row, client)),
            ("DestinationSafeWorker", is_unsaid(head, row, worker)),
        ] {
            if is_unsaid {
                let at = At {
                    file: EXIT,
                    line: row.line,
                    field,
                };
                let reason = "asked of every member in the source, once of the household here: another answer than the head's, or of somebody who left alone, is not kept";
                notes.not_mapped(at, reason, None);
            }
        }
    }
}

/// Whether an answer was given that is not the head's too.
fn is_unsaid<T: PartialEq>(
    head: Option<&ExitRow>,
    row: &ExitRow,
    answer: impl Fn(&ExitRow) -> Answer<T>,
) -> bool {
    let given = answer(row);
    given != Answer::NotCollected && head.map(answer) != Some(given)
}

/// Notes who is enrolled in two households of the project on one night: the later one is proposed
/// all the same, and refused.
fn overlaps(source: &Source, project: usize, notes: &mut Notes) {
    let mut of_person: BTreeMap<&str, Vec<&Enrolment>> = BTreeMap::new();
    for at in &source.projects[project].enrolments {
        let enrolment = &source.enrolments[*at];
        of_person
            .entry(enrolment.person.as_str())
            .or_default()
            .push(enrolment);
    }
    for mut enrolments in of_person.into_values() {
        enrolments.sort_by_key(|enrolment| (enrolment.entry, enrolment.created));
        for (number, later) in enrolments.iter().enumerate() {
            let twice = enrolments[..number]
                .iter()
                .any(|first| first.household != later.household && together(first, later));
            if twice {
                let reason = "the same person is enrolled in another household of this project at the same time: it will be refused";
                notes.broken(at(later, "PersonalID"), reason, None);
            }
        }
    }
}
