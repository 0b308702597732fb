//! Corrections.

use super::code_list;

code_list! {
    /// Why a record was corrected or taken back.
    CorrectionReason {
        TypingError = "typing_error", "Errore di digitazione", "Typing error";
        WrongDate = "wrong_date", "Data sbagliata", "Wrong date";
        WrongPerson = "wrong_person", "Persona o nucleo sbagliato", "Wrong person or household";
        BetterKnowledge = "better_knowledge", "Nuove informazioni", "Known better since";
        Duplicate = "duplicate", "Registrazione doppia", "Recorded twice";
        DidNotHappen = "did_not_happen", "Non è avvenuto", "Did not happen";
        Other = "other", "Altro", "Other";
    }
}
