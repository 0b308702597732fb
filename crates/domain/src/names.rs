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
    "RulesSet", "set_rules", "Fissa le regole del pilota", "Set the pilot's rules";
    "PhaseStarted", "start_phase", "Inizia una fase", "Start a phase";
    "PhaseExtended", "extend_phase", "Proroga una fase", "Extend a phase";
    "PartnerJoined", "add_partner", "Aggiungi un partner", "Add a partner";
    "PartnerLeft", "record_partner_left", "Registra l'uscita di un partner", "Record that a partner left";
    "AgreementAdopted", "adopt_agreement", "Registra un accordo", "Adopt an agreement";
    "TargetSet", "set_target", "Fissa un valore atteso", "Set a target";
    "PeriodClosed", "close_period", "Chiudi un periodo", "Close a period";
    "ReportPublished", "publish_report", "Pubblica un rapporto", "Publish a report";
    "ReportRestated", "restate_report", "Rettifica un rapporto", "Restate a report";
    "PilotClosed", "close_pilot", "Concludi il pilota", "Close the pilot";
    "FundingPledged", "pledge_funding", "Registra un finanziamento promesso", "Record a pledge";
    "FundingReceived", "receive_funding", "Registra un finanziamento ricevuto", "Record funding received";
    "BudgetAllocated", "allocate_budget", "Stanzia una somma", "Allocate a budget";
    "ExpenseRecorded", "record_expense", "Registra una spesa", "Record an expense";
    "ExpenseApproved", "approve_expense", "Approva una spesa", "Approve an expense";
    "ExpenseReversed", "reverse_expense", "Storna una spesa", "Reverse an expense";
    "MeetingPlanned", "plan_meeting", "Convoca una riunione", "Plan a meeting";
    "MeetingHeld", "hold_meeting", "Registra una riunione", "Record a meeting";
    "DecisionTaken", "take_decision", "Registra una decisione", "Record a decision";
    "DecisionClosed", "close_decision", "Chiudi una decisione", "Close a decision";
    "DwellingRegistered", "register_dwelling", "Registra un alloggio", "Register a dwelling";
    "WorksStarted", "start_works", "Registra l'inizio dei lavori", "Record the start of works";
    "WorksCompleted", "complete_works", "Registra la fine dei lavori", "Record the end of works";
    "DwellingAvailable", "make_dwelling_available", "Rendi disponibile l'alloggio", "Make the dwelling available";
    "DwellingUnavailable", "make_dwelling_unavailable", "Rendi indisponibile l'alloggio", "Make the dwelling unavailable";
    "DwellingWithdrawn", "withdraw_dwelling", "Ritira l'alloggio", "Withdraw the dwelling";
    "ReferralReceived", "receive_referral", "Registra una segnalazione", "Receive a referral";
    "ReferralAssessed", "assess_referral", "Valuta una segnalazione", "Assess a referral";
    "AdmissionDecided", "decide_admission", "Decidi l'ammissione", "Decide the admission";
    "ReferralWithdrawn", "withdraw_referral", "Ritira una segnalazione", "Withdraw a referral";
    "ConsentGiven", "record_consent", "Registra un consenso", "Record a consent";
    "ConsentWithdrawn", "withdraw_consent", "Registra la revoca di un consenso", "Record that a consent was withdrawn";
    "Admission", "admit", "Registra l'ingresso", "Admit the household";
    "AgreementSigned", "sign_agreement", "Registra il patto di accoglienza", "Record the signed agreement";
    "HouseholdMemberJoined", "add_member", "Aggiungi un componente", "Add a household member";
    "HouseholdMemberLeft", "record_member_left", "Registra l'uscita di un componente", "Record that a member left";
    "DwellingChanged", "change_dwelling", "Cambia alloggio", "Change the dwelling";
    "ExtensionGranted", "grant_extension", "Concedi una proroga", "Grant an extension";
    "PlanAgreed", "agree_plan", "Registra il progetto condiviso", "Agree a plan";
    "GoalSet", "set_goal", "Fissa un obiettivo", "Set a goal";
    "GoalRevised", "revise_goal", "Modifica un obiettivo", "Revise a goal";
    "GoalReviewed", "review_goal", "Verifica un obiettivo", "Review a goal";
    "GoalWithdrawn", "withdraw_goal", "Abbandona un obiettivo", "Withdraw a goal";
    "AssessmentScored", "score_assessment", "Registra una valutazione", "Score an assessment";
    "RiskAssessed", "assess_risk", "Valuta il rischio", "Assess the risk";
    "Visit", "record_visit", "Registra una visita o un contatto", "Record a visit";
    "ServiceProvided", "record_service", "Registra un servizio", "Record a service";
    "ServiceReferred", "refer_to_service", "Invia a un servizio", "Refer to a service";
    "ReferralOutcome", "record_referral_outcome", "Registra l'esito di un invio", "Record the outcome of a referral";
    "IncidentReported", "report_incident", "Segnala un evento critico", "Report an incident";
    "ProtectionBreached", "report_breach", "Segnala una violazione della protezione", "Report a breach of protection";
    "JobPlacement", "place_in_job", "Registra un inserimento lavorativo", "Record a job placement";
    "JobEnded", "end_job", "Registra la fine di un lavoro", "Record the end of a job";
    "TrainingStarted", "start_training", "Registra l'inizio di un corso", "Record the start of a course";
    "TrainingEnded", "end_training", "Registra la fine di un corso", "Record the end of a course";
    "IncomeRecorded", "record_income", "Rileva il reddito", "Record an income";
    "SchoolingStarted", "start_schooling", "Registra l'inserimento a scuola o al nido", "Record the start of schooling";
    "Exit", "record_exit", "Registra l'uscita del nucleo", "Record the exit";
    "FollowUpRecorded", "record_follow_up", "Registra un follow-up", "Record a follow-up";
    "NoteAdded", "add_note", "Aggiungi una nota", "Add a note";
    "RecordConfirmed", "confirm_record", "Conferma una registrazione", "Confirm a record";
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
        let mut catalogue: Vec<_> = events::CATALOGUE.iter().map(|s| s.kind).collect();
        // Past shapes stand beside today's.
        catalogue.dedup();
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
