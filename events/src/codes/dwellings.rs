//! Dwellings.

use super::code_list;

code_list! {
    /// Why a dwelling cannot be given to a household.
    UnavailableReason {
        Works = "works", "Lavori", "Works";
        Damage = "damage", "Danni", "Damage";
        Hygiene = "hygiene", "Sanificazione o disinfestazione", "Cleaning or disinfestation";
        AddressDisclosed = "address_disclosed", "Indirizzo non più riservato", "Address no longer secret";
        Administrative = "administrative", "Motivi amministrativi", "Administrative";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// Why a household moved to another dwelling of the pilot, or into its first one.
    MoveReason {
        MovedIn = "moved_in", "Ingresso nell'alloggio", "Moved in";
        HouseholdSize = "household_size", "Composizione del nucleo", "Size of the household";
        Accessibility = "accessibility", "Accessibilità", "Accessibility";
        Works = "works", "Lavori", "Works";
        Safety = "safety", "Sicurezza", "Safety";
        Conflict = "conflict", "Convivenza difficile", "Conflict";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What is done to a dwelling.
    WorksKind {
        Renovation = "renovation", "Ristrutturazione", "Renovation";
        Maintenance = "maintenance", "Manutenzione", "Maintenance";
        Accessibility = "accessibility", "Abbattimento di barriere architettoniche", "Accessibility";
    }
}

code_list! {
    /// Why a dwelling is no part of the pilot any more.
    WithdrawalReason {
        EndOfLease = "end_of_lease", "Fine della disponibilità", "No longer at disposal";
        Unsafe = "unsafe", "Non più sicuro", "No longer safe";
        OtherUse = "other_use", "Destinazione ad altro uso", "Other use";
        Other = "other", "Altro", "Other";
    }
}
