//! Stream `household/ID` → [`HouseholdRow`].

use std::cmp::Reverse;
use std::collections::BTreeSet;

use events::codes::Relation;
use events::{
    Admission, Answer, ConsentGiven, ConsentId, EffectiveRef, Event, Exit, Fact, HouseholdId,
    HouseholdMemberLeft, Member, PersonId, Position,
};
use uuid::Uuid;

use super::{
    AdmissionRow, AgreementRow, ConsentRow, ConsentWithdrawnRow, DecisionRow, ExitRow,
    ExtensionRow, FollowUpRow, HouseholdRow, MemberLeftRow, MemberRow, NoteRow, OccupancyRow,
    ReferralAssessmentRow, ReferralRow, ReferralWithdrawalRow,
};
use crate::history::{amends, effective_of, entered_at, folded, further, insert, whole};

folded!(HouseholdRow, household: HouseholdId);

/// Raised when the same facts come to another row: the rows kept are then folded anew.
pub const VERSION: i32 = 2;

/// Takes one fact in; facts of other households change nothing, and neither do facts about a
/// person who is not in the row. The order of days does not matter beyond what
/// [`needs_history`] says.
pub fn evolve(
    row: Option<HouseholdRow>,
    fact: &EffectiveRef<'_>,
    household: HouseholdId,
) -> Option<HouseholdRow> {
    // A correction may have given the fact to another household.
    if fact.event.household() != Some(household) {
        return row;
    }
    let mut row = row.unwrap_or_else(|| HouseholdRow::new(household));
    match &fact.event {
        Event::ReferralReceived(_)
        | Event::ReferralAssessed(_)
        | Event::AdmissionDecided(_)
        | Event::ReferralWithdrawn(_) => entry(&mut row, fact),
        Event::ConsentGiven(given) => consent(&mut row, fact, given),
        Event::ConsentWithdrawn(withdrawn) => withdraw(&mut row, fact, withdrawn.consent),
        Event::AgreementSigned(_) | Event::ExtensionGranted(_) => hospitality(&mut row, fact),
        Event::Admission(admission) => admit(&mut row, fact, admission),
        Event::HouseholdMemberJoined(joined) => join(&mut row, fact, &joined.member),
        Event::HouseholdMemberLeft(left) => leave(&mut row, fact, left),
        Event::DwellingChanged(changed) => {
            let stay = OccupancyRow {
                position: fact.position,
                dwelling: changed.dwelling,
                from: fact.occurred_on,
                until: None,
                reason: Some(changed.reason),
            };
            insert(&mut row.occupancies, stay, |stay| {
                (stay.from, stay.position)
            });
            close_occupancies(&mut row);
        }
        Event::Exit(exit) => leave_all(&mut row, fact, exit),
        Event::FollowUpRecorded(asked) => {
            let follow_up = FollowUpRow {
                position: fact.position,
                on: fact.occurred_on,
                month: asked.month,
                result: asked.result,
                housing: asked.housing,
                employment: asked.employment,
                new_violence: asked.new_violence,
                safety: asked.safety,
            };
            insert(&mut row.follow_ups, follow_up, |row| (row.on, row.position));
        }
        Event::NoteAdded(added) => {
            let note = NoteRow {
                position: fact.position,
                on: fact.occurred_on,
                person: added.person,
                note: added.note.clone(),
                holder: fact.holder,
            };
            insert(&mut row.notes, note, |row| (row.on, row.position));
        }
        // Corrections and retractions are no part of an effective history; the others belong to
        // no household or to another read model.
        _ => {}
    }
    Some(row)
}

/// Must the row be folded from its whole history when this fact arrives? So it must for corrections,
/// retractions and confirmations, for a fact that others may refer to whatever their order (a member, a
/// consent), and for a new head, who is the last one in order of days.
pub fn needs_history(event: &Event) -> bool {
    amends(event) || turn(event) != Turn::Anyhow
}

/// What is remembered of a household's facts while its row stays in memory from the first of them on,
/// so that only few need the history: those that another has referred to before.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Members and consents that any fact has named.
    named: BTreeSet<Uuid>,
    /// There was a new head.
    headed: bool,
}

impl Past {
    /// Must the row be folded from its whole history when this fact arrives? Remembers the fact.
    pub fn asks(&mut self, event: &Event) -> bool {
        match event {
            Event::RecordCorrected(corrected) => {
                self.asks(&corrected.replacement.event);
                return true;
            }
            Event::RecordRetracted(_) | Event::RecordConfirmed(_) => return true,
            _ => {}
        }
        // A member who comes as the head does so before every new head.
        let joins = matches!(event, Event::Admission(_) | Event::HouseholdMemberJoined(_));
        let late = match turn(event) {
            Turn::ReferredTo => (joins && self.headed) || self.knows_one_of(event),
            Turn::NewHead => std::mem::replace(&mut self.headed, true),
            Turn::Anyhow => false,
        };
        self.named.extend(named(event));
        late
    }

    fn knows_one_of(&self, event: &Event) -> bool {
        named(event).iter().any(|id| self.named.contains(id))
    }
}

/// The members and consents that a fact is about or refers to.
fn named(event: &Event) -> Vec<Uuid> {
    match event {
        Event::Admission(f) => f.members.iter().map(|member| member.person.0).collect(),
        Event::HouseholdMemberJoined(f) => vec![f.member.person.0],
        Event::HouseholdMemberLeft(f) => {
            let head = f.new_head.map(|person| person.0);
            [f.person.0].into_iter().chain(head).collect()
        }
        Event::Exit(f) => f.members.iter().map(|member| member.person.0).collect(),
        Event::ConsentGiven(f) => vec![f.consent.0],
        Event::ConsentWithdrawn(f) => vec![f.consent.0],
        _ => Vec::new(),
    }
}

/// The row that the stream's whole history comes to; none without entries.
pub fn fold(household: HouseholdId, entries: &[&Fact]) -> Option<HouseholdRow> {
    let mut history = effective_of(entries);
    history.sort_by_key(|fact| {
        let turn = turn(fact.event);
        let day = (turn == Turn::NewHead).then_some(fact.occurred_on);
        (turn, day, fact.position)
    });
    whole(household, entries, &history, evolve)
}

/// The row with further entries, none of which [`needs_history`].
pub fn advance(row: HouseholdRow, entries: &[&Fact]) -> HouseholdRow {
    further(row, entries, evolve)
}

/// What ended each time in a dwelling: the next move or the exit, whichever came first.
pub(crate) fn endings(row: &HouseholdRow) -> impl Iterator<Item = Option<Position>> {
    let exit = row.exit.as_ref().map(|exit| (exit.on, exit.position));
    let next = row.occupancies.iter().skip(1);
    let next = next.map(|stay| Some((stay.from, stay.position)));
    next.chain([None]).map(move |next| {
        let first = next.into_iter().chain(exit).min();
        first.map(|(_, position)| position)
    })
}

/// When a fact has its turn in a fold of the whole history: what others refer to first, then the
/// heads in order of days, then everything else in order of positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    ReferredTo,
    NewHead,
    Anyhow,
}

fn turn(event: &Event) -> Turn {
    match event {
        Event::Admission(_) | Event::HouseholdMemberJoined(_) | Event::ConsentGiven(_) => {
            Turn::ReferredTo
        }
        Event::HouseholdMemberLeft(left) if left.new_head.is_some() => Turn::NewHead,
        _ => Turn::Anyhow,
    }
}

fn entry(row: &mut HouseholdRow, fact: &EffectiveRef<'_>) {
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::ReferralReceived(received) => {
            row.referral = Some(ReferralRow {
                position,
                on,
                source: received.source,
                adults: received.adults,
                children: received.children,
                urgency: received.urgency,
            });
        }
        Event::ReferralAssessed(assessed) => {
            let assessment = ReferralAssessmentRow {
                position,
                on,
                suitability: assessed.suitability,
                immediate_danger: assessed.immediate_danger,
                note: assessed.note.clone(),
                holder: fact.holder,
            };
            insert(&mut row.referral_assessments, assessment, |row| {
                (row.on, row.position)
            });
        }
        Event::AdmissionDecided(decided) => {
            let decision = DecisionRow {
                position,
                on,
                decision: decided.decision,
                reason: decided.reason,
                confirmed_by: fact.confirmed_by,
            };
            insert(&mut row.decisions, decision, |row| (row.on, row.position));
        }
        Event::ReferralWithdrawn(withdrawn) => {
            row.withdrawal = Some(ReferralWithdrawalRow {
                position,
                on,
                reason: withdrawn.reason,
            });
        }
        _ => {}
    }
}

fn consent(row: &mut HouseholdRow, fact: &EffectiveRef<'_>, given: &ConsentGiven) {
    let consent = ConsentRow {
        position: fact.position,
        consent: given.consent,
        on: fact.occurred_on,
        person: given.person,
        purposes: given.purposes.clone(),
        recipients: given.recipients.clone(),
        indicators: given.indicators.clone(),
        form: given.form,
        expires_on: given.expires_on,
        withdrawn: None,
    };
    insert(&mut row.consents, consent, |row| (row.on, row.position));
}

fn hospitality(row: &mut HouseholdRow, fact: &EffectiveRef<'_>) {
    let (position, on) = (fact.position, fact.occurred_on);
    match &fact.event {
        Event::AgreementSigned(signed) => {
            let agreement = AgreementRow {
                position,
                on,
                ends_on: signed.ends_on,
            };
            insert(&mut row.agreements, agreement, |row| (row.on, row.position));
        }
        Event::ExtensionGranted(granted) => {
            let extension = ExtensionRow {
                position,
                on,
                until: granted.until,
                reason: granted.reason,
            };
            insert(&mut row.extensions, extension, |row| (row.on, row.position));
        }
        _ => {}
    }
}

/// Told twice that she took it back, the first time in order of days counts.
fn withdraw(row: &mut HouseholdRow, fact: &EffectiveRef<'_>, consent: ConsentId) {
    let withdrawn = ConsentWithdrawnRow {
        position: fact.position,
        on: fact.occurred_on,
    };
    if let Some(consent) = row.consents.iter_mut().find(|row| row.consent == consent)
        && consent
            .withdrawn
            .as_ref()
            .is_none_or(|before| (withdrawn.on, withdrawn.position) < (before.on, before.position))
    {
        consent.withdrawn = Some(withdrawn);
    }
}

fn admit(row: &mut HouseholdRow, fact: &EffectiveRef<'_>, admission: &Admission) {
    let (position, on) = (fact.position, fact.occurred_on);
    row.admission = Some(AdmissionRow {
        position,
        on,
        entered_at: entered_at(fact),
        confirmed_by: fact.confirmed_by,
    });
    for member in &admission.members {
        join(row, fact, member);
    }
    if let Some(dwelling) = admission.dwelling {
        let stay = OccupancyRow {
            position,
            dwelling,
            from: on,
            until: None,
            reason: None,
        };
        insert(&mut row.occupancies, stay, |stay| {
            (stay.from, stay.position)
        });
        close_occupancies(row);
    }
}

fn join(row: &mut HouseholdRow, fact: &EffectiveRef<'_>, member: &Member) {
    let member = MemberRow {
        position: fact.position,
        person: member.person,
        identity: member.identity.clone(),
        holder: fact.holder,
        relation: member.relation,
        head: member.relation == Answer::Known(Relation::Head),
        birth: member.birth,
        entered_on: fact.occurred_on,
        entered_at: entered_at(fact),
        prior_living_situation: member.prior_living_situation,
        without_home_since: member.without_home_since,
        employment: member.employment,
        citizenship: member.citizenship,
        left: None,
    };
    insert(&mut row.members, member, |row| {
        (row.entered_on, row.position)
    });
}

fn leave(row: &mut HouseholdRow, fact: &EffectiveRef<'_>, left: &HouseholdMemberLeft) {
    let how = MemberLeftRow {
        position: fact.position,
        on: fact.occurred_on,
        entered_at: entered_at(fact),
        destination: left.destination,
        employment: left.employment,
    };
    member_left(row, left.person, how);
    if let Some(head) = left.new_head
        && row.members.iter().any(|member| member.person == head)
    {
        for member in &mut row.members {
            member.head = member.person == head;
        }
    }
}

fn leave_all(row: &mut HouseholdRow, fact: &EffectiveRef<'_>, exit: &Exit) {
    let (position, on) = (fact.position, fact.occurred_on);
    row.exit = Some(ExitRow {
        position,
        on,
        reason: exit.reason,
        completion: exit.completion,
        client_safety: exit.client_safety,
        worker_safety: exit.worker_safety,
        dismissal_reason: exit.dismissal_reason,
        safety_plan: exit.safety_plan,
        confirmed_by: fact.confirmed_by,
    });
    for member in &exit.members {
        let how = MemberLeftRow {
            position,
            on,
            entered_at: entered_at(fact),
            destination: member.destination,
            employment: member.employment,
        };
        member_left(row, member.person, how);
    }
    close_occupancies(row);
}

/// Told twice that she left, the first time in order of days counts.
fn member_left(row: &mut HouseholdRow, person: PersonId, how: MemberLeftRow) {
    let when = (how.on, how.position);
    let members = row.members.iter_mut().filter(|m| m.person == person);
    // In the last membership that began by then; she has one only, if all is well.
    let member = members.max_by_key(|member| {
        let begun = member.entered_on <= how.on;
        (begun, member.entered_on, Reverse(member.position))
    });
    if let Some(member) = member
        && member
            .left
            .as_ref()
            .is_none_or(|before| when < (before.on, before.position))
    {
        member.left = Some(how);
    }
}

/// Each time in a dwelling ends with the next, the last with the exit.
fn close_occupancies(row: &mut HouseholdRow) {
    let exit = row.exit.as_ref().map(|exit| exit.on);
    let mut next = None;
    for stay in row.occupancies.iter_mut().rev() {
        let until = [next, exit].into_iter().flatten().min();
        stay.until = until.map(|until| until.max(stay.from));
        next = Some(stay.from);
    }
}
