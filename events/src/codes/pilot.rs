//! Phases, partners, currencies.

use super::code_list;

code_list! {
    /// A phase of the pilot.
    Phase {
        Preparation = "preparation", "Preparazione", "Preparation";
        Experimental = "experimental", "Sperimentazione", "Experimental phase";
        Closing = "closing", "Chiusura", "Closing";
    }
}

code_list! {
    /// What an organisation is.
    PartnerKind {
        Municipality = "municipality", "Comune", "Municipality";
        AntiViolenceCentre = "anti_violence_centre", "Centro antiviolenza", "Anti-violence centre";
        SocialServices = "social_services", "Servizi sociali", "Social services";
        Health = "health", "Servizi sanitari", "Health services";
        EmploymentService = "employment_service", "Servizi per il lavoro", "Employment service";
        Police = "police", "Forze dell'ordine", "Police";
        School = "school", "Scuola", "School";
        Foundation = "foundation", "Fondazione", "Foundation";
        Association = "association", "Associazione", "Association";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// ISO 4217 code of the pilot's one currency, in lower case.
    Currency {
        Eur = "eur", "Euro", "Euro";
        Usd = "usd", "Dollaro statunitense", "US dollar";
        Gbp = "gbp", "Sterlina britannica", "Pound sterling";
        Chf = "chf", "Franco svizzero", "Swiss franc";
    }
}

code_list! {
    /// Why an organisation takes part no longer.
    PartnerLeftReason {
        AgreementEnded = "agreement_ended", "Fine dell'accordo", "Its agreement ended";
        Withdrew = "withdrew", "Recesso", "It withdrew";
        Merged = "merged", "Confluenza in altro ente", "Merged into another";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What an agreement between the partners is.
    AgreementKind {
        Protocol = "protocol", "Protocollo d'intesa", "Memorandum of understanding";
        Regulation = "regulation", "Regolamento", "Regulation";
        Convention = "convention", "Convenzione", "Formal agreement";
    }
}

code_list! {
    /// Which side of a target is the good one.
    TargetDirection {
        AtLeast = "at_least", "Almeno", "At least";
        AtMost = "at_most", "Al massimo", "At most";
    }
}

code_list! {
    /// How a pilot ended.
    PilotEnd {
        AsPlanned = "as_planned", "Concluso come previsto", "As planned";
        BecameService = "became_service", "Diventato servizio stabile", "Became a lasting service";
        StoppedEarly = "stopped_early", "Interrotto prima del termine", "Stopped early";
    }
}

code_list! {
    /// A language of reports and pages.
    Language {
        It = "it", "Italiano", "Italian";
        En = "en", "Inglese", "English";
    }
}

code_list! {
    /// Whom a report is for.
    Audience {
        Public = "public", "Pubblico", "The public";
        Funder = "funder", "Finanziatore", "A funder";
        Committee = "committee", "Cabina di regia", "The steering committee";
        Evaluator = "evaluator", "Valutatore", "An evaluator";
    }
}

code_list! {
    /// The format of a report's file.
    ReportFormat {
        Pdf = "pdf", "PDF", "PDF";
        Xlsx = "xlsx", "Foglio di calcolo", "Spreadsheet";
        Csv = "csv", "Pacchetto CSV", "CSV data package";
        Json = "json", "JSON", "JSON";
    }
}

code_list! {
    /// Why a published edition was replaced.
    RestatementReason {
        LateFact = "late_fact", "Registrazioni tardive", "Late facts";
        Correction = "correction", "Correzioni", "Corrections";
        Definition = "definition", "Nuova definizione", "Another version of a definition";
        Error = "error", "Errore nel rapporto", "A mistake in the report";
    }
}
