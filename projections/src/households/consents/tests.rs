use std::collections::BTreeMap;

use events::codes::ConsentForm;
use events::{ConsentGiven, ConsentId, ConsentWithdrawn, Event};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Snapshot;
use crate::fixtures::*;

/// Days the tests look at.
const DAYS: u64 = 12;
/// Partners the tests share with.
const PARTNERS: u8 = 4;

/// One consent as somebody might tell it.
#[derive(Clone, Debug)]
struct Told {
    on: u64,
    whole: bool,
    purposes: BTreeSet<ConsentPurpose>,
    recipients: BTreeSet<u8>,
    last_day: Option<u64>,
    withdrawn: BTreeSet<u64>,
}

fn told() -> impl Strategy<Value = Told> {
    let purpose = prop_oneof![
        3 => Just(ConsentPurpose::SharingWithPartners),
        1 => Just(ConsentPurpose::Evaluation),
        1 => Just(ConsentPurpose::FollowUpContact),
    ];
    (
        0..DAYS,
        prop::bool::weighted(0.8),
        btree_set(purpose, 1..3),
        btree_set(0..PARTNERS, 0..4),
        option::of(0..DAYS),
        btree_set(0..DAYS, 0..3),
    )
        .prop_map(
            |(on, whole, purposes, recipients, last_day, withdrawn)| Told {
                on,
                whole,
                purposes,
                recipients,
                last_day,
                withdrawn,
            },
        )
}

fn consent(n: usize) -> ConsentId {
    ConsentId(Uuid::from_u128(0xa000 + n as u128))
}

fn partner(n: u8) -> PartnerId {
    PartnerId(Uuid::from_u128(0x6000 + u128::from(n)))
}

fn given(n: usize, told: &Told) -> Event {
    ConsentGiven {
        household: household(1),
        consent: consent(n),
        person: (!told.whole).then(|| person(1)),
        purposes: told.purposes.iter().copied().collect(),
        recipients: told.recipients.iter().map(|n| partner(*n)).collect(),
        indicators: Vec::new(),
        form: ConsentForm::Written,
        expires_on: told.last_day.map(day),
    }
    .into()
}

fn taken_back(n: usize) -> Event {
    ConsentWithdrawn {
        household: household(1),
        consent: consent(n),
    }
    .into()
}

fn row(told: &[Told]) -> HouseholdRow {
    let mut story = Story::default();
    story.record(0, referred(1));
    for (n, consent) in told.iter().enumerate() {
        story.record(consent.on, given(n, consent));
        for on in &consent.withdrawn {
            story.record(*on, taken_back(n));
        }
    }
    let mut households = Snapshot::fold(PILOT, &story.facts).households;
    households.remove(&household(1)).expect("the household")
}

/// The same by living through the days one after the other: each morning what is taken back that day
/// ends, each evening what has its last day ends.
fn lived(told: &[Told]) -> BTreeMap<u64, BTreeSet<PartnerId>> {
    let mut days = BTreeMap::new();
    let mut over: BTreeSet<usize> = BTreeSet::new();
    for today in 0..DAYS + 2 {
        let mut shared = BTreeSet::new();
        for (n, consent) in told.iter().enumerate() {
            if consent.withdrawn.contains(&today) {
                over.insert(n);
            }
            let sharing = consent
                .purposes
                .contains(&ConsentPurpose::SharingWithPartners);
            if consent.on <= today && !over.contains(&n) && sharing && consent.whole {
                shared.extend(consent.recipients.iter().map(|n| partner(*n)));
            }
            if consent.last_day == Some(today) {
                over.insert(n);
            }
        }
        days.insert(today, shared);
    }
    days
}

proptest! {
    #[test]
    fn a_household_is_shared_with_whom_it_consented_to_while_that_holds(
        told in vec(told(), 0..6)
    ) {
        let row = row(&told);
        for (today, expected) in lived(&told) {
            let shared = row.shared_with(day(today));
            prop_assert_eq!(&shared, &expected, "on day {}", today);
            for n in 0..PARTNERS {
                let partner = partner(n);
                prop_assert_eq!(row.is_shared_with(partner, day(today)), shared.contains(&partner));
            }
        }
    }

    #[test]
    fn taking_everything_back_ends_all_sharing(mut told in vec(told(), 1..6), on in 0..DAYS) {
        for consent in &mut told {
            consent.withdrawn.insert(on);
        }
        let row = row(&told);
        for today in on..DAYS + 2 {
            prop_assert!(row.shared_with(day(today)).is_empty());
        }
    }
}

#[test]
fn a_consent_about_one_member_opens_the_household_to_nobody() {
    let mut one = Told {
        on: 1,
        whole: false,
        purposes: [ConsentPurpose::SharingWithPartners].into(),
        recipients: [1].into(),
        last_day: None,
        withdrawn: BTreeSet::new(),
    };
    assert!(row(&[one.clone()]).shared_with(day(2)).is_empty());
    one.whole = true;
    assert_eq!(row(&[one]).shared_with(day(2)), [partner(1)].into());
}
