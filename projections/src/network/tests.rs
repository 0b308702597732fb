use events::codes::{AdmissionDecision, PartnerKind, ReferralResult};
use events::{
    Event, Fact, PartnerJoined, ReferralOutcome, ServiceProvided, ServiceReferralId,
    ServiceReferred, Stream, Visit,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

fn helper(n: u8) -> PartnerId {
    PartnerId(Uuid::from_u128(0x6000 + u128::from(n)))
}

fn referral(n: u8) -> ServiceReferralId {
    ServiceReferralId(Uuid::from_u128(0xb000 + u128::from(n)))
}

fn visited_by(h: u8, partners: &[u8]) -> Event {
    let Event::Visit(alone) = visit(h, 30) else {
        panic!("a visit")
    };
    Visit {
        partners: partners.iter().copied().map(helper).collect(),
        present: vec![person(1)],
        ..alone
    }
    .into()
}

fn helped_by(h: u8, partner: Option<u8>, minutes: Option<u16>) -> Event {
    let Event::ServiceProvided(provided) = service(h) else {
        panic!("a service")
    };
    ServiceProvided {
        partner: partner.map(helper),
        minutes,
        person: Some(person(2)),
        ..provided
    }
    .into()
}

fn sent(h: u8, n: u8, partner: u8) -> Event {
    ServiceReferred {
        household: household(h),
        referral: referral(n),
        person: None,
        partner: helper(partner),
        service: Service::Legal,
    }
    .into()
}

fn told(h: u8, n: u8, outcome: ReferralResult) -> Event {
    ReferralOutcome {
        household: household(h),
        referral: referral(n),
        outcome,
    }
    .into()
}

fn rows(story: &Story) -> BTreeMap<HouseholdId, NetworkRow> {
    Snapshot::fold(PILOT, &story.facts).network
}

fn row(story: &Story) -> NetworkRow {
    rows(story).remove(&household(1)).expect("the household")
}

#[test]
fn contacts_are_in_order_of_days_and_keep_who_was_there() {
    let mut story = Story::default();
    story.record(0, referred(1));
    let second = story.record(9, visited_by(1, &[1, 2]));
    let first = story.record(5, helped_by(1, Some(1), None));
    let last = story.record(6, planned(1));
    let row = row(&story);
    let places: Vec<_> = row
        .contacts
        .iter()
        .map(|contact| contact.position)
        .collect();
    assert_eq!(places, [first, second]);
    assert_eq!(row.contacts[0].persons, [person(2)]);
    assert_eq!(row.contacts[1].persons, [person(1)]);
    assert_eq!(row.contacts[1].partners, [helper(1), helper(2)]);
    assert_eq!(row.position, last);
    let on = |day| row.last_contact(day).map(|contact| contact.on);
    assert_eq!(on(day(4)), None);
    assert_eq!(on(day(8)), Some(day(5)));
    assert_eq!(on(day(9)), Some(day(9)));
}

#[test]
fn the_last_outcome_in_order_of_days_counts_and_all_are_kept() {
    let mut story = Story::default();
    // Told before the referral itself was recorded.
    story.record(20, told(1, 1, ReferralResult::Attained));
    story.record(3, sent(1, 1, 1));
    story.record(10, told(1, 1, ReferralResult::Unknown));
    story.record(10, told(1, 7, ReferralResult::Attained));
    let row = row(&story);
    assert_eq!(row.referrals.len(), 1, "nobody was sent there");
    let sent = &row.referrals[0];
    assert_eq!(sent.outcomes.len(), 2);
    let outcome = |on| sent.outcome_on(day(on)).map(|outcome| outcome.outcome);
    assert_eq!(outcome(9), None);
    assert_eq!(outcome(10), Some(ReferralResult::Unknown));
    assert_eq!(outcome(20), Some(ReferralResult::Attained));
}

#[test]
fn a_visit_moved_to_another_household_leaves_the_first() {
    let mut story = Story::default();
    story.record(0, referred(1));
    story.record(0, referred(2));
    let visited = story.record(5, visit(1, 30));
    let moved = story.correct(visited, 5, visit(2, 30));
    let network = rows(&story);
    assert!(network[&household(1)].contacts.is_empty());
    assert_eq!(network[&household(1)].position, moved);
    assert_eq!(network[&household(2)].contacts[0].position, visited);
    // Sealed for the fact that holds it now.
    assert_eq!(
        network[&household(2)].contacts[0].holder,
        story.facts[moved as usize - 1].id
    );
}

#[test]
fn a_retracted_referral_takes_its_outcome_along() {
    let mut story = Story::default();
    let first = story.record(3, sent(1, 1, 1));
    story.record(9, told(1, 1, ReferralResult::Attained));
    let retraction = story.retract(first);
    assert!(row(&story).referrals.is_empty());
    story.retract(retraction);
    assert_eq!(row(&story).referrals[0].outcomes.len(), 1);
}

fn joins(n: u8) -> Event {
    PartnerJoined {
        partner: helper(n),
        kind: PartnerKind::Association,
        name: format!("Partner {n}"),
    }
    .into()
}

#[test]
fn every_partner_has_its_own_work() {
    let mut story = Story::default();
    story.record(0, joins(1));
    story.record(0, joins(2));
    story.record(30, joins(4));
    // One visit of two partners, of whom one is named twice.
    story.record(5, visited_by(1, &[1, 3, 1]));
    story.record(6, helped_by(1, Some(1), None));
    story.record(7, helped_by(2, Some(1), Some(45)));
    story.record(7, helped_by(2, None, Some(45)));
    story.record(8, sent(1, 1, 3));
    story.record(9, sent(2, 2, 3));
    story.record(9, sent(2, 3, 3));
    story.record(12, told(1, 1, ReferralResult::Unknown));
    story.record(14, told(1, 1, ReferralResult::NotAttained));
    story.record(14, told(2, 3, ReferralResult::Attained));
    let snapshot = Snapshot::fold(PILOT, &story.facts);
    let works = |on| by_partner(snapshot.network.values(), &snapshot.pilot, day(on));
    let now = works(20);
    // The fourth had not joined by then.
    let partners: Vec<_> = now.iter().map(|work| work.partner).collect();
    assert_eq!(partners, [helper(1), helper(2), helper(3)]);
    let first = &now[0];
    assert!(first.joined);
    assert_eq!(
        (first.contacts, first.minutes, first.without_minutes),
        (3, 75, 1)
    );
    assert_eq!(first.households.len(), 2);
    assert_eq!(first.services, BTreeMap::from([(Service::Legal, 2)]));
    assert_eq!(first.last_contact, Some(day(7)));
    assert_eq!(now[1].contacts, 0, "joined, and did nothing");
    assert!(now[1].joined);
    let third = &now[2];
    assert!(!third.joined, "named, and never joined");
    assert_eq!((third.contacts, third.minutes), (1, 30));
    let referrals = Referrals {
        attained: 1,
        not_attained: 1,
        unknown: 0,
        open: 1,
    };
    assert_eq!(third.referrals, referrals);
    assert_eq!(third.referrals.all(), 3);
    // On the thirteenth day less was known.
    let referrals = Referrals {
        attained: 0,
        not_attained: 0,
        unknown: 1,
        open: 2,
    };
    assert_eq!(works(13)[2].referrals, referrals);
}

#[test]
fn who_was_not_seen_is_told_as_of_a_day() {
    let mut story = Story::default();
    for h in 1..=4 {
        story.record(0, referred(h));
        story.record(1, decided(h, AdmissionDecision::Accepted));
    }
    // Seen before she entered, and never since.
    story.record(2, visit(1, 30));
    story.record(3, admitted(1, Some(1), 1, &[]));
    story.record(3, admitted(2, Some(2), 2, &[]));
    story.record(20, visit(2, 30));
    story.record(3, admitted(3, Some(3), 3, &[]));
    story.record(17, exited(3, &[3]));
    // The fourth never enters.
    let snapshot = Snapshot::fold(PILOT, &story.facts);
    let unseen = |after, on| {
        let households = snapshot.households.values();
        let unseen = unseen(households, &snapshot.network, after, day(on));
        let found = unseen.iter().map(|u| (u.household, u.since, u.days));
        found.collect::<Vec<_>>()
    };
    let (first, second, third) = (household(1), household(2), household(3));
    assert_eq!(unseen(14, 16), [], "thirteen days");
    // The fourteenth day counts; who leaves on that day is not looked for any more.
    assert_eq!(unseen(14, 17), [(first, day(3), 14), (second, day(3), 14)]);
    assert_eq!(unseen(13, 16).len(), 3);
    assert!(unseen(13, 16).contains(&(third, day(3), 13)));
    assert_eq!(unseen(14, 33), [(first, day(3), 30)]);
    assert_eq!(unseen(14, 34), [(first, day(3), 31), (second, day(20), 14)]);
    assert_eq!(unseen(0, 2), [], "nobody has entered");
}

/// The facts of a household's stream.
fn entries(story: &Story, h: u8) -> Vec<&Fact> {
    let stream = Stream::Household(household(h));
    let facts = story.facts.iter();
    facts
        .filter(|fact| fact.stream == stream || fact.also.contains(&stream))
        .collect()
}

fn happening() -> impl Strategy<Value = Event> {
    let (h, n, p) = (0..2_u8, 0..3_u8, 0..3_u8);
    let outcome = proptest::sample::select(vec![
        ReferralResult::Attained,
        ReferralResult::NotAttained,
        ReferralResult::Unknown,
    ]);
    prop_oneof![
        h.clone().prop_map(referred),
        (h.clone(), p.clone()).prop_map(|(h, p)| visited_by(h, &[p, p + 1])),
        (h.clone(), proptest::option::of(p.clone())).prop_map(|(h, p)| helped_by(h, p, Some(20))),
        (h.clone(), n.clone(), p).prop_map(|(h, n, p)| sent(h, n, p)),
        (h, n, outcome).prop_map(|(h, n, outcome)| told(h, n, outcome)),
    ]
}

proptest! {
    #[test]
    fn it_does_not_matter_where_a_batch_ends(story in any::story_of(happening, 25), size in 1..5_usize) {
        for h in 0..2 {
            let entries = entries(&story, h);
            let mut kept: Option<NetworkRow> = None;
            for (index, batch) in entries.chunks(size).enumerate() {
                let so_far = &entries[..index * size + batch.len()];
                let asks = batch.iter().any(|fact| fold::needs_history(&fact.event));
                kept = match kept {
                    Some(row) if !asks => Some(fold::advance(row, batch)),
                    _ => fold::fold(household(h), so_far),
                };
                prop_assert_eq!(&kept, &fold::fold(household(h), so_far));
            }
        }
    }
}
