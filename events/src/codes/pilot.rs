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
        Gbp = "gbp", "Sterlina", "Pound sterling";
        Chf = "chf", "Franco svizzero", "Swiss franc";
    }
}
