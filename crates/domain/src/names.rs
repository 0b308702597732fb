//! The commands' names.

/// How the command that proposes a fact is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandName {
    /// Type name of the fact.
    pub kind: &'static str,
    /// Name of the command: snake case, imperative.
    pub name: &'static str,
    /// Italian label.
    pub it: &'static str,
    /// English label.
    pub en: &'static str,
}

macro_rules! commands {
    ($( $kind:literal, $name:literal, $it:literal, $en:literal; )+) => {
        /// Every command, in the order of the facts' catalogue.
        pub const COMMANDS: &[CommandName] = &[
            $( CommandName { kind: $kind, name: $name, it: $it, en: $en }, )+
        ];
    };
}

commands! {
    "PilotOpened", "open_pilot", "Avvia il pilota", "Open the pilot";
    "PhaseStarted", "start_phase", "Inizia una fase", "Start a phase";
    "PartnerJoined", "add_partner", "Aggiungi un partner", "Add a partner";
    "ExpenseRecorded", "record_expense", "Registra una spesa", "Record an expense";
    "DwellingRegistered", "register_dwelling", "Registra un alloggio", "Register a dwelling";
    "DwellingAvailable", "make_dwelling_available", "Rendi disponibile l'alloggio", "Make the dwelling available";
    "DwellingUnavailable", "make_dwelling_unavailable", "Rendi indisponibile l'alloggio", "Make the dwelling unavailable";
    "ReferralReceived", "receive_referral", "Registra una segnalazione", "Receive a referral";
    "AdmissionDecided", "decide_admission", "Decidi l'ammissione", "Decide the admission";
    "Admission", "admit", "Registra l'ingresso", "Admit the household";
    "HouseholdMemberJoined", "add_member", "Aggiungi un componente", "Add a household member";
    "HouseholdMemberLeft", "record_member_left", "Registra l'uscita di un componente", "Record that a member left";
    "DwellingChanged", "change_dwelling", "Cambia alloggio", "Change the dwelling";
    "PlanAgreed", "agree_plan", "Registra il progetto condiviso", "Agree a plan";
    "GoalSet", "set_goal", "Fissa un obiettivo", "Set a goal";
    "GoalReviewed", "review_goal", "Verifica un obiettivo", "Review a goal";
    "Visit", "record_visit", "Registra una visita o un contatto", "Record a visit";
    "ServiceProvided", "record_service", "Registra un servizio", "Record a service";
    "JobPlacement", "place_in_job", "Registra un inserimento lavorativo", "Record a job placement";
    "JobEnded", "end_job", "Registra la fine di un lavoro", "Record the end of a job";
    "IncomeRecorded", "record_income", "Rileva il reddito", "Record an income";
    "Exit", "record_exit", "Registra l'uscita del nucleo", "Record the exit";
    "FollowUpRecorded", "record_follow_up", "Registra un follow-up", "Record a follow-up";
    "RecordCorrected", "correct_record", "Correggi una registrazione", "Correct a record";
    "RecordRetracted", "retract_record", "Ritira una registrazione", "Retract a record";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::COMMANDS;

    #[test]
    fn every_kind_of_fact_has_one_command() {
        let kinds: Vec<_> = COMMANDS.iter().map(|c| c.kind).collect();
        let catalogue: Vec<_> = events::CATALOGUE.iter().map(|s| s.kind).collect();
        assert_eq!(kinds, catalogue);
        let names: BTreeSet<_> = COMMANDS.iter().map(|c| c.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
        for name in names {
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{name}"
            );
        }
    }
}
