//! Under which names somebody is given households and persons.

use chrono::{DateTime, Utc};
use events::PilotId;
use events::access::Holder;

use crate::decide::is_too_weak;
use crate::{Action, Grant, Held, Reach, Scope, Subject, held, reach};

/// What shows households, each by itself, however they are named.
const SHOWS_HOUSEHOLDS: [Action; 4] = [
    Action::SeeHouseholds,
    Action::SeeContent,
    Action::SeeIndicators,
    Action::SeeQuality,
];

/// Under which names somebody is given the households of a pilot, and what belongs to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Under their own ids.
    Own,
    /// Under pseudonyms.
    Pseudonyms {
        /// Whom these are for: an account, also when it asks through a token that is bound to it, or a
        /// token that is bound to none.
        evaluator: Holder,
        /// Is she told days since admission, and no dates?
        relative_dates: bool,
    },
}

/// Under which names somebody is given the households of a pilot.
///
/// Whoever sees all of them, and not all under their own ids, is given pseudonyms of all: who evaluates
/// and also works for a partner signs in as one or the other.
pub fn naming(subject: &Subject, pilot: PilotId, now: DateTime<Utc>) -> Naming {
    let mut shows = SHOWS_HOUSEHOLDS.iter();
    let sees_all = shows.any(|action| reach(subject, *action, pilot, now) == Ok(Reach::All));
    let own = reach(subject, Action::SeeOwnIds, pilot, now) == Ok(Reach::All);
    if own || !sees_all {
        return Naming::Own;
    }
    let grants: Vec<&Grant> = subject
        .grants
        .standing_at(now)
        .filter(|grant| grant.scope.covers(Scope::Pilot(pilot)))
        .filter(|grant| !is_too_weak(subject, grant.role))
        .filter(|grant| {
            let mut shows = SHOWS_HOUSEHOLDS.iter();
            shows.any(|action| held(grant.role, *action) == Held::Yes)
        })
        .collect();
    // A token may be for several accounts, in theory: it is given the names of one of them.
    let bound = grants.iter().filter_map(|grant| grant.bound_to).min();
    Naming::Pseudonyms {
        evaluator: bound.map_or(subject.holder, Holder::Account),
        relative_dates: grants.iter().all(|grant| grant.relative_dates),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use events::access::{AccessEvent, RoleGranted};
    use events::codes::Role;
    use events::{AccountId, CodeList, PartnerId, TokenId};
    use uuid::Uuid;

    use super::*;
    use crate::{Grants, Strength};

    const PILOT: PilotId = PilotId(Uuid::from_u128(1));
    const OTHER: PilotId = PilotId(Uuid::from_u128(2));
    const ACCOUNT: AccountId = AccountId(Uuid::from_u128(3));
    const TOKEN: TokenId = TokenId(Uuid::from_u128(4));

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn grant(holder: Holder, role: Role) -> RoleGranted {
        RoleGranted {
            holder,
            role,
            partner: (role == Role::PartnerOperator).then_some(PartnerId(Uuid::from_u128(5))),
            until: None,
            relative_dates: false,
            bound_to: None,
        }
    }

    fn relative(holder: Holder) -> RoleGranted {
        RoleGranted {
            relative_dates: true,
            ..grant(holder, Role::Evaluator)
        }
    }

    fn subject(holder: Holder, granted: &[(Scope, RoleGranted)]) -> Subject {
        let before = now() - TimeDelta::days(1);
        let events: Vec<(Scope, AccessEvent)> = granted
            .iter()
            .map(|(scope, fact)| (*scope, AccessEvent::from(fact.clone())))
            .collect();
        let facts = events
            .iter()
            .map(|(scope, event)| (*scope, before, "operator:test", event));
        Subject {
            holder,
            strength: Strength::Strong,
            grants: Grants::fold(holder, facts, now()),
        }
    }

    fn pseudonyms(evaluator: Holder, relative_dates: bool) -> Naming {
        Naming::Pseudonyms {
            evaluator,
            relative_dates,
        }
    }

    #[test]
    fn evaluators_are_given_pseudonyms_and_nobody_else() {
        let holder = Holder::Account(ACCOUNT);
        for role in Role::ENTRIES.iter().map(|entry| entry.value) {
            let asks = subject(holder, &[(Scope::Pilot(PILOT), grant(holder, role))]);
            let expected = match role {
                Role::Evaluator => pseudonyms(holder, false),
                _ => Naming::Own,
            };
            assert_eq!(naming(&asks, PILOT, now()), expected, "{role:?}");
        }
    }

    #[test]
    fn who_sees_the_own_ids_of_all_is_given_them() {
        let holder = Holder::Account(ACCOUNT);
        let pilot = Scope::Pilot(PILOT);
        let with = |role| {
            let grants = [
                (pilot, grant(holder, Role::Evaluator)),
                (pilot, grant(holder, role)),
            ];
            naming(&subject(holder, &grants), PILOT, now())
        };
        assert_eq!(with(Role::Coordinator), Naming::Own);
        // She sees own ids of a part, and all households.
        assert_eq!(with(Role::PartnerOperator), pseudonyms(holder, false));
        // Without the second factor she is an evaluator only.
        let grants = [
            (pilot, relative(holder)),
            (pilot, grant(holder, Role::Coordinator)),
        ];
        let mut weak = subject(holder, &grants);
        assert_eq!(naming(&weak, PILOT, now()), Naming::Own);
        weak.strength = Strength::Weak;
        assert_eq!(naming(&weak, PILOT, now()), pseudonyms(holder, true));
    }

    #[test]
    fn a_token_is_given_the_names_of_the_account_that_it_is_bound_to() {
        let token = Holder::Token(TOKEN);
        let bound = RoleGranted {
            bound_to: Some(ACCOUNT),
            ..grant(token, Role::Evaluator)
        };
        let asks = subject(token, &[(Scope::Pilot(PILOT), bound)]);
        let expected = pseudonyms(Holder::Account(ACCOUNT), false);
        assert_eq!(naming(&asks, PILOT, now()), expected);
        let free = subject(
            token,
            &[(Scope::Pilot(PILOT), grant(token, Role::Evaluator))],
        );
        assert_eq!(naming(&free, PILOT, now()), pseudonyms(token, false));
    }

    #[test]
    fn dates_are_relative_where_every_grant_that_reaches_says_so() {
        let holder = Holder::Account(ACCOUNT);
        let grants = [
            (Scope::Pilot(PILOT), relative(holder)),
            (Scope::Pilot(OTHER), grant(holder, Role::Evaluator)),
        ];
        let asks = subject(holder, &grants);
        assert_eq!(naming(&asks, PILOT, now()), pseudonyms(holder, true));
        assert_eq!(naming(&asks, OTHER, now()), pseudonyms(holder, false));
        let everywhere = [
            grants[0].clone(),
            (Scope::EveryPilot, grant(holder, Role::Evaluator)),
            (Scope::Pilot(PILOT), grant(holder, Role::CommitteeMember)),
        ];
        let asks = subject(holder, &everywhere[..1]);
        assert_eq!(naming(&asks, PILOT, now()), pseudonyms(holder, true));
        let asks = subject(holder, &everywhere);
        assert_eq!(naming(&asks, PILOT, now()), pseudonyms(holder, false));
    }
}
