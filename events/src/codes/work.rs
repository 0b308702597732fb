//! Work and income.

use super::code_list;

code_list! {
    /// Is she working?
    EmploymentStatus {
        Employed = "employed", "Occupata", "Employed";
        Looking = "looking", "In cerca di lavoro", "Looking for work";
        Unable = "unable", "Impossibilitata a lavorare", "Unable to work";
        NotLooking = "not_looking", "Non in cerca di lavoro", "Not looking for work";
        NotEmployed = "not_employed", "Non occupata", "Not employed, reason not stated";
    }
}

code_list! {
    /// Kind of contract.
    Contract {
        Permanent = "permanent", "Tempo indeterminato", "Permanent";
        FixedTerm = "fixed_term", "Tempo determinato", "Fixed-term";
        Seasonal = "seasonal", "Stagionale", "Seasonal";
        Agency = "agency", "Somministrazione", "Agency";
        Apprenticeship = "apprenticeship", "Apprendistato", "Apprenticeship";
        Traineeship = "traineeship", "Tirocinio", "Traineeship";
        Domestic = "domestic", "Lavoro domestico", "Domestic work";
        SelfEmployed = "self_employed", "Lavoro autonomo", "Self-employed";
        OnCall = "on_call", "Lavoro a chiamata", "On call" [2];
        Occasional = "occasional", "Lavoro occasionale", "Occasional";
        Irregular = "irregular", "Lavoro irregolare", "Irregular";
    }
}

code_list! {
    /// Why a job ended.
    JobEndReason {
        ContractEnded = "contract_ended", "Fine del contratto", "Contract ended";
        Resigned = "resigned", "Dimissioni", "Resigned";
        Dismissed = "dismissed", "Licenziamento", "Dismissed";
        BetterJob = "better_job", "Lavoro migliore", "Left for a better job";
        Care = "care", "Carichi di cura", "Care duties";
        Health = "health", "Motivi di salute", "Health";
        Safety = "safety", "Motivi di sicurezza", "Safety";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// Where income comes from. The second half are the sources of HUD's HMIS that have no Italian
    /// counterpart; imports keep them apart so that nothing is lost.
    IncomeSource {
        Earned = "earned", "Lavoro", "Earned";
        Unemployment = "unemployment", "Indennità di disoccupazione", "Unemployment insurance";
        // Abolished on 1 January 2024: what was recorded of it opens, and nobody chooses it any more.
        CitizenshipIncome = "citizenship_income", "Reddito di cittadinanza", "Citizenship income" [1..2];
        InclusionBenefit = "inclusion_benefit", "Assegno di inclusione", "Inclusion benefit";
        FreedomIncome = "freedom_income", "Reddito di libertà", "Freedom income";
        SingleChildAllowance = "single_child_allowance", "Assegno unico e universale", "Single child allowance";
        ChildSupport = "child_support", "Mantenimento dei figli", "Child support";
        Alimony = "alimony", "Mantenimento del coniuge", "Alimony or spousal support";
        Pension = "pension", "Pensione da lavoro", "Pension from a former job";
        PensionDisability = "pension_disability", "Pensione o assegno di invalidità", "Pension or disability";
        Other = "other", "Altro", "Other";
        Ssi = "us_ssi", "SSI (USA)", "Supplemental Security Income (US)";
        Ssdi = "us_ssdi", "SSDI (USA)", "Social Security Disability Insurance (US)";
        VaServiceConnected = "us_va_service_connected", "Invalidità per servizio dei veterani (USA)", "VA service-connected disability (US)";
        VaPension = "us_va_pension", "Pensione dei veterani (USA)", "VA non-service-connected pension (US)";
        PrivateDisability = "private_disability", "Assicurazione privata di invalidità", "Private disability insurance";
        WorkersCompensation = "workers_compensation", "Indennizzo per infortunio sul lavoro", "Workers' compensation";
        Tanf = "us_tanf", "TANF (USA)", "Temporary Assistance for Needy Families (US)";
        GeneralAssistance = "us_general_assistance", "Assistenza economica generale (USA)", "General assistance (US)";
        SocialSecurityRetirement = "us_social_security_retirement", "Pensione Social Security (USA)", "Social Security retirement (US)";
    }
}

code_list! {
    /// On which occasion an income was recorded.
    IncomeStage {
        Entry = "entry", "All'ingresso", "At entry";
        Update = "update", "Aggiornamento", "Update";
        Annual = "annual", "Verifica annuale", "Annual assessment";
        Exit = "exit", "All'uscita", "At exit";
    }
}

code_list! {
    /// What a course teaches.
    TrainingKind {
        Language = "language", "Lingua italiana", "Italian language";
        Vocational = "vocational", "Qualifica professionale", "Vocational";
        SchoolCertificate = "school_certificate", "Titolo di studio", "School certificate";
        Digital = "digital", "Competenze digitali", "Digital skills";
        DrivingLicence = "driving_licence", "Patente di guida", "Driving licence";
        Entrepreneurship = "entrepreneurship", "Autoimprenditorialità", "Starting a business";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// How a course ended.
    TrainingResult {
        Certified = "certified", "Completato con attestato", "Completed with a certificate";
        Completed = "completed", "Completato", "Completed";
        DroppedOut = "dropped_out", "Interrotto", "Dropped out";
    }
}
