//! Who looked at personal data, and what became of it.

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
