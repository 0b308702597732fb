//! Who may see what, who looked at personal data, and what became of it.

use super::code_list;

code_list! {
    /// What of a person was read.
    DataGroup {
        Identity = "identity", "Dati anagrafici e di contatto", "Name, birth date, contact";
        Text = "text", "Note e testi", "Notes and texts";
    }
}

code_list! {
    /// What personal data was read for.
    ReadPurpose {
        Care = "care", "Lavoro con la persona", "Work with her";
        HerRequest = "her_request", "Richiesta della persona", "Her own request";
        LegalDuty = "legal_duty", "Obbligo di legge", "A duty by law";
        Upkeep = "upkeep", "Verifica tecnica", "Technical check";
        Emergency = "emergency", "Emergenza", "An emergency" [2];
    }
}

code_list! {
    /// Why a person was forgotten.
    ErasureReason {
        HerRequest = "her_request", "Richiesta della persona", "Her request";
        ConsentWithdrawn = "consent_withdrawn", "Consenso revocato", "Consent withdrawn";
        RetentionEnded = "retention_ended", "Fine del periodo di conservazione", "The time it may be kept ended";
        RecordedWrongly = "recorded_wrongly", "Registrazione non dovuta", "Should not have been recorded";
        LegalDuty = "legal_duty", "Obbligo di legge", "A duty by law";
    }
}

code_list! {
    /// Why a person must not be forgotten for now.
    RestrictionReason {
        LegalClaim = "legal_claim", "Difesa di un diritto in giudizio", "A legal claim";
        CourtOrder = "court_order", "Ordine dell'autorità giudiziaria", "An order of a court";
        HerRequest = "her_request", "Richiesta della persona", "Her request";
        Audit = "audit", "Controllo in corso", "An audit under way";
    }
}

code_list! {
    /// What somebody is to a pilot, or to the installation.
    Role {
        Coordinator = "coordinator", "Coordinatrice", "Coordinator";
        PartnerOperator = "partner_operator", "Operatrice di un partner", "Partner's operator";
        CommitteeMember = "committee_member", "Componente della cabina di regia", "Steering committee member";
        Evaluator = "evaluator", "Valutatrice", "Evaluator";
        Funder = "funder", "Finanziatore", "Funder";
        Auditor = "auditor", "Revisore", "Auditor";
        DataProtectionOfficer = "data_protection_officer", "Responsabile della protezione dei dati", "Data protection officer";
        Administrator = "administrator", "Amministratrice del servizio", "Administrator";
    }
}

impl Role {
    /// Does it see who somebody is? Such a role counts only for whoever signed in with a second factor.
    pub const fn sees_personal_data(self) -> bool {
        matches!(
            self,
            Self::Coordinator | Self::PartnerOperator | Self::DataProtectionOfficer
        )
    }
}

code_list! {
    /// Why somebody opened what is not shared with her.
    BreakGlassReason {
        DangerToLife = "danger_to_life", "Pericolo per la vita", "Danger to life";
        EmergencyHealth = "emergency_health", "Emergenza sanitaria", "Medical emergency";
        ChildAtRisk = "child_at_risk", "Minore in pericolo", "A child at risk";
        CoordinatorUnreachable = "coordinator_unreachable", "Coordinatrice non raggiungibile", "Coordinator out of reach";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What a review of such an opening found.
    BreakGlassFinding {
        Justified = "justified", "Giustificato", "Justified";
        NotJustified = "not_justified", "Non giustificato", "Not justified";
        Unclear = "unclear", "Da approfondire", "To be looked into further";
    }
}
