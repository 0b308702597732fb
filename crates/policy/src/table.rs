//! What each role may do: one line for each action.

use events::codes::Role;

/// How far a role may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// Not at all.
    No,
    /// To what is her organisation's: households shared with it, texts that it recorded.
    Own,
    /// Wherever she has the role.
    Yes,
}

macro_rules! table {
    (
        [ $( $role:ident )+ ]
        $( $(#[$doc:meta])+ $action:ident: $( $held:ident )+; )+
    ) => {
        /// Something that may be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $( $(#[$doc])+ $action, )+
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[ $( Self::$action, )+ ];

            /// The word for it.
            pub fn name(self) -> &'static str {
                match self { $( Self::$action => stringify!($action), )+ }
            }
        }

        /// The columns of [`TABLE`].
        const ROLES: &[Role] = &[ $( Role::$role, )+ ];

        /// Role by role, in the order of the code list, what may be done and how far.
        pub const TABLE: &[(Action, &[Held])] = &[
            $( (Action::$action, &[ $( table!(@held $held), )+ ]), )+
        ];
    };
    (@held yes) => { Held::Yes };
    (@held own) => { Held::Own };
    (@held no) => { Held::No };
}

table! {
    [ Coordinator PartnerOperator CommitteeMember Evaluator Funder Auditor DataProtectionOfficer Administrator ]

    //                coord. partner cttee. eval.  funder audit. DPO    admin.

    /// See that a pilot is there: id, short name, title.
    ListPilots:       yes    yes     yes    yes    yes    yes    yes    yes;
    /// See its frame: phases, partners, targets, agreements, rules, closed periods, its end.
    SeeFrame:         yes    yes     yes    yes    yes    no     no     no;
    /// See which editions of reports were published.
    SeeReports:       yes    no      yes    yes    yes    no     no     no;
    /// See the steering committee: meetings, attendance, decisions.
    SeeCommittee:     yes    no      yes    yes    no     no     no     no;
    /// See dwellings, their works, and when they were free.
    SeeDwellings:     yes    no      yes    yes    no     no     no     no;
    /// See whether a dwelling is occupied, not by whom.
    SeeOccupancy:     yes    no      yes    yes    no     no     no     no;
    /// See money by source and line.
    SeeBudget:        yes    no      yes    no     yes    no     no     no;
    /// See each expense.
    SeeMoney:         yes    no      no     no     no     no     no     no;
    /// See what is due for the pilot. What is due for a household takes `SeeHouseholds` as well.
    SeeAgenda:        yes    no      yes    yes    no     no     no     no;
    /// See how late, how completely and how consistently was recorded.
    SeeQuality:       yes    no      no     yes    no     no     no     no;
    /// See households: histories without names and texts.
    SeeHouseholds:    yes    own     no     yes    no     no     no     no;
    /// See households and persons under their own ids. Who may not is given pseudonyms.
    SeeOwnIds:        yes    own     no     no     no     no     no     no;
    /// See indicators and the evidence behind them.
    SeeIndicators:    yes    no      no     yes    no     no     no     no;
    /// See that facts were recorded: position, time, actor.
    SeeLog:           yes    no      no     yes    no     yes    no     no;
    /// See what a fact says; what is sealed stays sealed.
    SeeContent:       yes    no      no     yes    no     no     no     no;
    /// Have checkpoints of logs, and proofs that a fact is in one.
    SeeProofs:        no     no      no     no     no     yes    no     no;

    /// Open names, birth dates and contacts.
    OpenIdentity:     yes    own     no     no     no     no     no     no;
    /// Open notes and other texts.
    OpenText:         yes    own     no     no     no     no     no     no;

    /// Open a pilot.
    OpenPilot:        yes    no      no     no     no     no     no     yes;
    /// Record any fact.
    Record:           yes    no      no     no     no     no     no     no;
    /// Record a visit to a household or a service given to it.
    RecordContact:    yes    own     no     no     no     no     no     no;
    /// Record what became of a referral to a service.
    RecordOutcome:    yes    own     no     no     no     no     no     no;

    /// See consents: purposes, recipients, form, expiry.
    SeeConsents:      yes    no      no     no     no     no     yes    no;
    /// See who read what of whom, when and why.
    SeeAccessLog:     no     no      no     no     no     yes    yes    no;
    /// See the ids of the persons that a pilot speaks of.
    ListPersons:      no     no      no     no     no     no     yes    no;
    /// Take a copy of everything held about one person.
    ExportPerson:     no     no      no     no     no     no     yes    no;
    /// Forget a person.
    ForgetPerson:     no     no      no     no     no     no     yes    no;
    /// Place and lift restrictions against forgetting.
    RestrictPerson:   no     no      no     no     no     no     yes    no;
    /// Open a household that is not shared, for a short time and a reason.
    BreakGlass:       no     yes     no     no     no     no     no     no;
    /// See such openings and review them.
    ReviewBreakGlass: no     no      no     no     no     no     yes    no;

    /// See who has and had which role.
    SeeGrants:        no     no      no     no     no     yes    yes    yes;
    /// Grant roles: to others, never to oneself.
    GrantRoles:       no     no      no     no     no     no     no     yes;
    /// Revoke roles.
    RevokeRoles:      no     no      no     no     no     no     no     yes;
    /// Make, lock and mend accounts.
    ManageAccounts:   no     no      no     no     no     no     no     yes;
    /// See and revoke tokens.
    ManageTokens:     no     no      no     no     no     no     no     yes;
    /// Make a token for oneself, with a role that one has and that sees no personal data.
    MakeOwnToken:     no     no      yes    yes    yes    yes    no     no;
}

/// How far a role may do something.
pub fn held(role: Role, action: Action) -> Held {
    let line = TABLE.iter().find(|(of, _)| *of == action);
    let column = ROLES.iter().position(|of| *of == role);
    match (line, column) {
        (Some((_, line)), Some(column)) => line.get(column).copied().unwrap_or(Held::No),
        _ => Held::No,
    }
}

#[cfg(test)]
mod tests {
    use events::CodeList;

    use super::*;

    #[test]
    fn every_role_is_a_column_and_every_action_a_whole_line() {
        let roles: Vec<Role> = Role::ENTRIES.iter().map(|entry| entry.value).collect();
        assert_eq!(ROLES, roles);
        let lines: Vec<Action> = TABLE.iter().map(|(action, _)| *action).collect();
        assert_eq!(lines, Action::ALL);
        for (action, line) in TABLE {
            assert_eq!(line.len(), roles.len(), "{action:?}");
        }
    }

    #[test]
    fn only_a_partner_has_something_of_her_own() {
        for (action, line) in TABLE {
            for (role, held) in ROLES.iter().zip(*line) {
                let own = *held == Held::Own;
                assert!(
                    !own || *role == Role::PartnerOperator,
                    "{role:?} {action:?}"
                );
            }
        }
    }

    #[test]
    fn what_opens_text_is_held_by_roles_that_take_a_second_factor() {
        for action in [Action::OpenIdentity, Action::OpenText, Action::ExportPerson] {
            for role in ROLES {
                let opens = held(*role, action) != Held::No;
                assert!(!opens || role.sees_personal_data(), "{role:?} {action:?}");
            }
        }
    }
}
