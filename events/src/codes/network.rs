//! Contacts and services.

use super::code_list;

code_list! {
    /// How a contact took place.
    VisitKind {
        Home = "home", "Visita nell'alloggio", "Home visit";
        Office = "office", "Colloquio in sede", "At the office";
        Phone = "phone", "Telefonata", "Phone call";
        Video = "video", "Videochiamata", "Video call";
        Accompaniment = "accompaniment", "Accompagnamento", "Accompaniment";
    }
}

code_list! {
    /// What a contact was for.
    VisitPurpose {
        Welcome = "welcome", "Accoglienza", "Welcome";
        Plan = "plan", "Progetto personalizzato", "Personal plan";
        Support = "support", "Sostegno", "Support";
        Children = "children", "Figli", "Children";
        Housing = "housing", "Alloggio", "Housing";
        Work = "work", "Lavoro", "Work";
        Administration = "administration", "Pratiche amministrative", "Paperwork";
        Safety = "safety", "Sicurezza", "Safety";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What a partner provided.
    Service {
        Counselling = "counselling", "Sostegno psicologico", "Counselling or psychological support";
        Legal = "legal", "Assistenza legale", "Legal advice";
        JobOrientation = "job_orientation", "Orientamento al lavoro", "Job orientation";
        Training = "training", "Formazione", "Training";
        Mediation = "mediation", "Mediazione linguistico-culturale", "Linguistic and cultural mediation";
        Parenting = "parenting", "Sostegno alla genitorialità", "Parenting support";
        ChildSupport = "child_support", "Sostegno ai figli", "Child support";
        HousingSearch = "housing_search", "Ricerca di una casa", "Housing search";
        Accompaniment = "accompaniment", "Accompagnamento", "Accompaniment";
        Health = "health", "Assistenza sanitaria", "Health";
        EconomicSupport = "economic_support", "Sostegno economico", "Economic support";
        CaseManagement = "case_management", "Coordinamento del caso", "Case management";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What came of a referral to a service.
    ReferralResult {
        Attained = "attained", "Servizio ottenuto", "Attained";
        NotAttained = "not_attained", "Servizio non ottenuto", "Not attained";
        Unknown = "unknown", "Esito non noto", "Not known";
    }
}
