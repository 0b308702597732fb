//! What holds for whatever was granted, revoked and asked.

use chrono::{DateTime, TimeDelta, Utc};
use events::access::{AccessEvent, BreakGlassUsed, Holder, RoleGranted, RoleRevoked};
use events::codes::{BreakGlassReason, ReadPurpose, Role};
use events::{AccountId, CodeList, HouseholdId, PartnerId, PersonId, PilotId, TokenId};
use policy::{
    Action, Denied, Grants, Held, Object, Reach, Scope, Sharing, Strength, Subject, decide, held,
    reach, within_reach,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

/// As many of everything: enough to meet and to miss each other.
const FEW: u128 = 2;
/// The hours that a story lasts.
const HOURS: i64 = 48;

/// A fact, where it was recorded, when and by whom.
type Told = (Scope, DateTime<Utc>, String, AccessEvent);

fn hour(hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
}

fn id() -> impl Strategy<Value = Uuid> {
    (1..=FEW).prop_map(Uuid::from_u128)
}

fn account() -> impl Strategy<Value = AccountId> {
    id().prop_map(AccountId)
}

fn holder() -> impl Strategy<Value = Holder> {
    prop_oneof![
        3 => account().prop_map(Holder::Account),
        1 => id().prop_map(|id| Holder::Token(TokenId(id))),
    ]
}

fn pilot() -> impl Strategy<Value = PilotId> {
    id().prop_map(PilotId)
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        1 => Just(Scope::EveryPilot),
        4 => pilot().prop_map(Scope::Pilot),
    ]
}

fn role() -> impl Strategy<Value = Role> {
    let roles: Vec<Role> = Role::ENTRIES.iter().map(|entry| entry.value).collect();
    // The one about which there is most to say comes oftenest.
    prop_oneof![1 => Just(Role::PartnerOperator), 2 => select(roles)]
}

fn purpose() -> impl Strategy<Value = ReadPurpose> {
    let purposes: Vec<ReadPurpose> = ReadPurpose::ENTRIES.iter().map(|it| it.value).collect();
    select(purposes)
}

fn action() -> impl Strategy<Value = Action> {
    let own: Vec<Action> = Action::ALL
        .iter()
        .copied()
        .filter(|action| held(Role::PartnerOperator, *action) == Held::Own)
        .collect();
    prop_oneof![1 => select(own), 2 => select(Action::ALL)]
}

fn partner() -> impl Strategy<Value = PartnerId> {
    id().prop_map(PartnerId)
}

fn event() -> impl Strategy<Value = AccessEvent> {
    let granted = (
        holder(),
        role(),
        proptest::option::weighted(0.9, partner()),
        proptest::option::of(0..HOURS),
        any::<bool>(),
    );
    let granted = granted.prop_map(|(holder, role, partner, until, relative_dates)| {
        AccessEvent::from(RoleGranted {
            holder,
            role,
            partner,
            until: until.map(hour),
            relative_dates,
            bound_to: None,
        })
    });
    let revoked = (holder(), role());
    let revoked = revoked.prop_map(|(holder, role)| RoleRevoked { holder, role }.into());
    let opened = (holder(), id(), 0..HOURS).prop_map(|(holder, household, until)| {
        AccessEvent::from(BreakGlassUsed {
            holder,
            household: HouseholdId(household),
            reason: BreakGlassReason::DangerToLife,
            until: hour(until),
        })
    });
    prop_oneof![6 => granted, 2 => revoked, 1 => opened]
}

/// Facts in the order in which they were recorded.
fn story() -> impl Strategy<Value = Vec<Told>> {
    let actor = prop_oneof![
        4 => Just("operator".to_owned()),
        1 => holder().prop_map(|it| it.to_string()),
    ];
    let told = (scope(), 0..HOURS, actor, event());
    vec(told, 0..12).prop_map(|mut facts| {
        facts.sort_by_key(|fact| fact.1);
        let facts = facts.into_iter();
        facts
            .map(|(scope, at, actor, event)| (scope, hour(at), actor, event))
            .collect()
    })
}

fn sharing() -> impl Strategy<Value = Sharing> {
    vec(partner(), 0..3).prop_map(Sharing::with)
}

fn object_in(pilot: PilotId) -> impl Strategy<Value = Object> {
    let household = (
        id(),
        sharing(),
        vec(partner(), 0..2),
        proptest::option::of(partner()),
    );
    let of_household = move |(household, shared, by, partner)| {
        let household = HouseholdId(household);
        [
            Object::Household {
                pilot,
                household,
                shared: Sharing::clone(&shared),
            },
            Object::Text {
                pilot,
                household,
                shared: Sharing::clone(&shared),
                by,
            },
            Object::Contact {
                pilot,
                household,
                shared,
                partner,
            },
        ]
    };
    prop_oneof![
        1 => Just(Object::Pilot(pilot)),
        3 => household.prop_map(of_household).prop_flat_map(|some| select(some.to_vec())),
        1 => id().prop_map(move |id| Object::Person { pilot, person: PersonId(id) }),
        1 => (holder(), role()).prop_map(move |(holder, role)| Object::Grant {
            scope: Scope::Pilot(pilot),
            holder,
            role,
        }),
    ]
}

fn object() -> impl Strategy<Value = Object> {
    prop_oneof![
        1 => Just(Object::Installation),
        8 => pilot().prop_flat_map(object_in),
        1 => (holder(), role()).prop_map(|(holder, role)| Object::Grant {
            scope: Scope::EveryPilot,
            holder,
            role,
        }),
    ]
}

fn strength() -> impl Strategy<Value = Strength> {
    select(vec![Strength::Weak, Strength::Strong])
}

fn grants(holder: Holder, story: &[Told], as_of: DateTime<Utc>) -> Grants {
    let facts = story
        .iter()
        .map(|(scope, at, actor, event)| (*scope, *at, actor.as_str(), event));
    Grants::fold(holder, facts, as_of)
}

fn subject(holder: Holder, strength: Strength, story: &[Told], as_of: DateTime<Utc>) -> Subject {
    Subject {
        holder,
        strength,
        grants: grants(holder, story, as_of),
    }
}

/// A strategy for a question: who asks, what she does to what, for what, and when.
#[derive(Clone, Debug)]
struct Question {
    holder: Holder,
    strength: Strength,
    action: Action,
    object: Object,
    purpose: ReadPurpose,
    now: DateTime<Utc>,
}

impl Question {
    fn answer(&self, story: &[Told]) -> Result<(), Denied> {
        let subject = subject(self.holder, self.strength, story, self.now);
        decide(&subject, self.action, &self.object, self.purpose, self.now)
    }
}

fn question() -> impl Strategy<Value = Question> {
    (
        holder(),
        strength(),
        action(),
        object(),
        purpose(),
        0..=HOURS,
    )
        .prop_map(
            |(holder, strength, action, object, purpose, now)| Question {
                holder,
                strength,
                action,
                object,
                purpose,
                now: hour(now),
            },
        )
}

/// What shows nothing that a pilot holds.
const NO_CONTENT: &[Action] = &[
    Action::ListPilots,
    Action::OpenPilot,
    Action::SeeGrants,
    Action::GrantRoles,
    Action::RevokeRoles,
    Action::ManageAccounts,
    Action::ManageTokens,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn without_a_grant_that_stands_nothing_is_allowed(story in story(), question in question()) {
        // The same story, with every grant of hers over before the question is asked.
        let over: Vec<Told> = story
            .into_iter()
            .map(|(scope, at, actor, event)| match event {
                AccessEvent::RoleGranted(mut fact) => {
                    fact.until = Some(question.now.min(fact.until.unwrap_or(question.now)));
                    (scope, at, actor, fact.into())
                }
                other => (scope, at, actor, other),
            })
            .collect();
        prop_assert_eq!(question.answer(&over), Err(Denied::Outside));
    }

    #[test]
    fn what_was_revoked_allows_nothing(story in story(), question in question()) {
        let scopes = (1..=FEW).map(|id| Scope::Pilot(PilotId(Uuid::from_u128(id))));
        let scopes = scopes.chain([Scope::EveryPilot]);
        let mut revoked: Vec<Told> = story;
        revoked.retain(|fact| fact.1 <= question.now);
        for scope in scopes {
            for entry in Role::ENTRIES {
                let fact = RoleRevoked { holder: question.holder, role: entry.value };
                revoked.push((scope, question.now, "operator".to_owned(), fact.into()));
            }
        }
        prop_assert_eq!(question.answer(&revoked), Err(Denied::Outside));
    }

    #[test]
    fn a_grant_in_another_pilot_never_helps(
        story in story(),
        question in question(),
        elsewhere in vec((event(), 0..HOURS), 0..8),
    ) {
        let own = question.object.scope();
        let mut more = story.clone();
        for (event, at) in elsewhere {
            let other = Scope::Pilot(PilotId(Uuid::from_u128(99)));
            prop_assert_ne!(own, other);
            more.push((other, hour(at), "operator".to_owned(), event));
        }
        prop_assert_eq!(question.answer(&more), question.answer(&story));
    }

    #[test]
    fn a_further_grant_takes_nothing_away(
        story in story(),
        question in question(),
        further in (scope(), 0..HOURS, event()),
    ) {
        let (scope, at, event) = further;
        prop_assume!(!matches!(event, AccessEvent::RoleRevoked(_)));
        let mut more = story.clone();
        more.push((scope, hour(at), "operator".to_owned(), event));
        if question.answer(&story).is_ok() {
            prop_assert_eq!(question.answer(&more), Ok(()));
        }
    }

    #[test]
    fn an_administrator_alone_sees_nothing_of_a_pilot(story in story(), question in question()) {
        let alone: Vec<Told> = story
            .into_iter()
            .map(|(scope, at, actor, event)| match event {
                AccessEvent::RoleGranted(mut fact) => {
                    fact.role = Role::Administrator;
                    (scope, at, actor, fact.into())
                }
                other => (scope, at, actor, other),
            })
            .collect();
        if question.answer(&alone).is_ok() {
            prop_assert!(NO_CONTENT.contains(&question.action), "{:?}", question.action);
        }
    }

    #[test]
    fn with_one_factor_nobody_gets_personal_data(story in story(), question in question()) {
        let opens = [Action::OpenIdentity, Action::OpenText, Action::ExportPerson];
        for action in opens {
            let weak = Question { action, strength: Strength::Weak, ..question.clone() };
            prop_assert!(weak.answer(&story).is_err(), "{:?}", action);
        }
        // Nor does she give a role that does.
        let weak = Question {
            action: Action::GrantRoles,
            strength: Strength::Weak,
            ..question
        };
        if let Object::Grant { role, .. } = &weak.object
            && role.sees_personal_data()
        {
            prop_assert!(weak.answer(&story).is_err());
        }
    }

    #[test]
    fn a_second_factor_takes_nothing_away(story in story(), question in question()) {
        let weak = Question { strength: Strength::Weak, ..question.clone() };
        let strong = Question { strength: Strength::Strong, ..question };
        if weak.answer(&story).is_ok() {
            prop_assert_eq!(strong.answer(&story), Ok(()));
        }
    }

    #[test]
    fn nobody_gives_a_role_to_herself(
        story in story(),
        question in question(),
        scope in scope(),
        role in role(),
    ) {
        let holder = question.holder;
        for action in [Action::GrantRoles, Action::MakeOwnToken] {
            let object = Object::Grant { scope, holder, role };
            let herself = Question { action, object, ..question.clone() };
            prop_assert!(herself.answer(&story).is_err());
        }
        // Found in a log all the same, it does not count.
        let mut more = story.clone();
        let fact = RoleGranted {
            holder,
            role,
            partner: None,
            until: None,
            relative_dates: false,
            bound_to: None,
        };
        more.push((scope, hour(0), holder.to_string(), fact.into()));
        prop_assert_eq!(grants(holder, &more, question.now), grants(holder, &story, question.now));
    }

    #[test]
    fn what_is_recorded_later_changes_nothing_before(story in story(), question in question()) {
        let known: Vec<Told> = story.iter().filter(|it| it.1 <= question.now).cloned().collect();
        prop_assert_eq!(question.answer(&story), question.answer(&known));
    }

    #[test]
    fn a_partner_sees_of_households_what_is_shared_with_it_or_stands_open(
        story in story(),
        question in question(),
    ) {
        let Object::Household { pilot, household, shared } = &question.object else {
            return Ok(());
        };
        let subject = subject(question.holder, question.strength, &story, question.now);
        let standing: Vec<_> = subject
            .grants
            .standing_at(question.now)
            .filter(|it| it.scope.covers(Scope::Pilot(*pilot)))
            .collect();
        prop_assume!(standing.iter().all(|it| it.role == Role::PartnerOperator));
        let hers = standing
            .iter()
            .any(|it| it.partner.is_some_and(|own| shared.with.contains(&own)));
        let open = subject.grants.is_glass_open(*pilot, *household, question.now);
        let sees = decide(
            &subject,
            Action::SeeHouseholds,
            &question.object,
            question.purpose,
            question.now,
        );
        if sees.is_ok() {
            prop_assert!(hers || open);
            prop_assert_eq!(subject.strength, Strength::Strong);
        } else if !standing.is_empty() && subject.strength == Strength::Strong {
            prop_assert_eq!(sees, Err(Denied::NotShared));
        }
    }

    #[test]
    fn a_list_holds_what_its_elements_allow(story in story(), question in question()) {
        let Object::Household { pilot, household, shared } = &question.object else {
            return Ok(());
        };
        let subject = subject(question.holder, question.strength, &story, question.now);
        for action in [Action::SeeHouseholds, Action::SeeOwnIds, Action::RecordContact] {
            let far = reach(&subject, action, *pilot, question.now);
            let listed = far.is_ok_and(|far| far.includes(*household, shared));
            let object = Object::Household {
                pilot: *pilot,
                household: *household,
                shared: shared.clone(),
            };
            let allowed = decide(&subject, action, &object, ReadPurpose::Care, question.now);
            prop_assert_eq!(listed, allowed.is_ok(), "{:?}", action);
        }
    }

    #[test]
    fn what_may_be_done_to_something_may_be_done_at_all(story in story(), question in question()) {
        if question.answer(&story).is_ok() {
            let subject = subject(question.holder, question.strength, &story, question.now);
            prop_assert_eq!(within_reach(&subject, question.action, question.now), Ok(()));
        }
    }

    #[test]
    fn of_a_pilot_as_a_whole_only_what_is_wholly_hers(story in story(), question in question()) {
        let Object::Pilot(pilot) = question.object else { return Ok(()) };
        let subject = subject(question.holder, question.strength, &story, question.now);
        if question.answer(&story).is_ok() {
            let far = reach(&subject, question.action, pilot, question.now);
            prop_assert_eq!(far, Ok(Reach::All), "{:?}", question.action);
        }
    }
}

/// The stories and questions above are worth their while: a good part of the answers is yes, and every
/// reason to deny is met that has to do with what is seen.
#[test]
fn the_answers_are_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    const ASKED: usize = 8_000;
    let mut runner = TestRunner::deterministic();
    let mut answers = std::collections::BTreeMap::new();
    for _ in 0..ASKED {
        let story = story().new_tree(&mut runner).unwrap().current();
        let question = question().new_tree(&mut runner).unwrap().current();
        *answers
            .entry(question.answer(&story).err())
            .or_insert(0_usize) += 1;
    }
    assert!(answers[&None] > ASKED / 100, "{answers:?}");
    for denied in [
        Denied::Outside,
        Denied::Role,
        Denied::NotShared,
        Denied::OthersText,
        Denied::InAnothersName,
        Denied::Purpose,
        Denied::SecondFactor,
    ] {
        assert!(
            answers.contains_key(&Some(denied)),
            "{denied:?}: {answers:?}"
        );
    }
}

/// What is given to whom: nothing to oneself, and to a token nothing that sees personal data or gives.
#[test]
fn some_roles_are_not_for_everybody() {
    let administrator = Holder::Account(AccountId(Uuid::from_u128(1)));
    let other = Holder::Account(AccountId(Uuid::from_u128(2)));
    let token = Holder::Token(TokenId(Uuid::from_u128(3)));
    let granted = |role| RoleGranted {
        holder: administrator,
        role,
        partner: None,
        until: None,
        relative_dates: false,
        bound_to: None,
    };
    let story: Vec<Told> = [Role::Administrator, Role::Evaluator]
        .map(|role| {
            let actor = "operator".to_owned();
            (Scope::EveryPilot, hour(0), actor, granted(role).into())
        })
        .into();
    let ask = |strength, action, holder, role| {
        let subject = subject(administrator, strength, &story, hour(1));
        let object = Object::Grant {
            scope: Scope::Pilot(PilotId(Uuid::from_u128(9))),
            holder,
            role,
        };
        decide(&subject, action, &object, ReadPurpose::Care, hour(1))
    };
    use Action::{GrantRoles, MakeOwnToken, RevokeRoles};
    use Strength::{Strong, Weak};
    for entry in Role::ENTRIES {
        let role = entry.value;
        let personal = role.sees_personal_data();
        let gives = role == Role::Administrator;
        assert_eq!(
            ask(Strong, GrantRoles, administrator, role),
            Err(Denied::Herself)
        );
        assert_eq!(ask(Strong, GrantRoles, other, role), Ok(()));
        let weakly = if personal {
            Err(Denied::SecondFactor)
        } else {
            Ok(())
        };
        assert_eq!(ask(Weak, GrantRoles, other, role), weakly);
        let to_token = match personal || gives {
            true => Err(Denied::NotForTokens),
            false => Ok(()),
        };
        assert_eq!(ask(Strong, GrantRoles, token, role), to_token);
        // What should not be there can be taken away at any time.
        for holder in [administrator, other, token] {
            assert_eq!(ask(Weak, RevokeRoles, holder, role), Ok(()));
        }
        // A token of her own has a role that she has.
        let own = match role {
            Role::Evaluator => Ok(()),
            _ => Err(Denied::Role),
        };
        assert_eq!(ask(Weak, MakeOwnToken, token, role), own);
        assert!(ask(Strong, MakeOwnToken, other, role).is_err());
    }
}

/// A token that is bound to an account has a role no longer than the account has it.
#[test]
fn a_bound_token_ends_with_its_account() {
    let owner = AccountId(Uuid::from_u128(1));
    let token = Holder::Token(TokenId(Uuid::from_u128(2)));
    let scope = Scope::Pilot(PilotId(Uuid::from_u128(3)));
    let grant = |holder, bound_to| {
        AccessEvent::from(RoleGranted {
            holder,
            role: Role::Evaluator,
            partner: None,
            until: None,
            relative_dates: false,
            bound_to,
        })
    };
    let account = Holder::Account(owner);
    let revoked = RoleRevoked {
        holder: account,
        role: Role::Evaluator,
    };
    let story: Vec<Told> = [
        (hour(1), grant(account, None)),
        (hour(2), grant(token, Some(owner))),
        (hour(3), revoked.into()),
    ]
    .map(|(at, event)| (scope, at, "operator".to_owned(), event))
    .into();

    let at = |now| {
        let own = grants(token, &story, now);
        assert!(now < hour(2) || own.bound_to().contains(&owner));
        let owners = grants(account, &story, now);
        own.bounded(|of| (of == owner).then_some(&owners), now)
    };
    assert_eq!(at(hour(2)).standing_at(hour(2)).count(), 1);
    assert_eq!(at(hour(3)).standing_at(hour(3)).count(), 0);
    let unknown = grants(token, &story, hour(2)).bounded(|_| None, hour(2));
    assert_eq!(unknown.all(), []);
}

/// A glass that somebody broke shows her the household, and closes by itself; the texts of others stay
/// closed.
#[test]
fn a_broken_glass_shows_one_household_for_a_time() {
    let pilot = PilotId(Uuid::from_u128(1));
    let household = HouseholdId(Uuid::from_u128(2));
    let own = PartnerId(Uuid::from_u128(3));
    let holder = Holder::Account(AccountId(Uuid::from_u128(4)));
    let granted = RoleGranted {
        holder,
        role: Role::PartnerOperator,
        partner: Some(own),
        until: None,
        relative_dates: false,
        bound_to: None,
    };
    let used = BreakGlassUsed {
        holder,
        household,
        reason: BreakGlassReason::DangerToLife,
        until: hour(3),
    };
    let story: Vec<Told> = [(hour(1), granted.into()), (hour(2), used.into())]
        .map(|(at, event)| (Scope::Pilot(pilot), at, "operator".to_owned(), event))
        .into();
    let ask = |now: DateTime<Utc>, action, object: &Object| {
        let subject = subject(holder, Strength::Strong, &story, now);
        decide(&subject, action, object, ReadPurpose::Emergency, now)
    };
    let shared = Sharing::default();
    let it = Object::Household {
        pilot,
        household,
        shared: shared.clone(),
    };
    assert_eq!(
        ask(hour(1), Action::OpenIdentity, &it),
        Err(Denied::NotShared)
    );
    assert_eq!(ask(hour(2), Action::OpenIdentity, &it), Ok(()));
    assert_eq!(
        ask(hour(3), Action::OpenIdentity, &it),
        Err(Denied::NotShared)
    );
    let text = |by| Object::Text {
        pilot,
        household,
        shared: shared.clone(),
        by,
    };
    assert_eq!(ask(hour(2), Action::OpenText, &text(vec![own])), Ok(()));
    let others = text(vec![PartnerId(Uuid::from_u128(9))]);
    assert_eq!(
        ask(hour(2), Action::OpenText, &others),
        Err(Denied::OthersText)
    );
    let elsewhere = Object::Household {
        pilot: PilotId(Uuid::from_u128(9)),
        household,
        shared,
    };
    assert_eq!(
        ask(hour(2), Action::OpenIdentity, &elsewhere),
        Err(Denied::Outside)
    );
}
