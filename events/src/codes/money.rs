//! Money.

use super::code_list;

code_list! {
    /// Budget line of an expense.
    ExpenseLine {
        Coordinator = "coordinator", "Coordinatrice e tutor", "Coordinator and tutor";
        Furniture = "furniture", "Arredi e attrezzature", "Furniture and equipment";
        CommonSpaces = "common_spaces", "Spazi comuni", "Common spaces";
        Utilities = "utilities", "Utenze", "Utilities";
        Maintenance = "maintenance", "Manutenzione", "Maintenance";
        Training = "training", "Formazione", "Training";
        Communication = "communication", "Comunicazione", "Communication";
        HouseholdSupport = "household_support", "Sostegno ai nuclei", "Support to households";
        Renovation = "renovation", "Ristrutturazione", "Renovation";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What money was promised for.
    FundingPurpose {
        Management = "management", "Gestione", "Management";
        Renovation = "renovation", "Ristrutturazione", "Renovation";
        Furnishing = "furnishing", "Arredi", "Furnishing";
        HouseholdSupport = "household_support", "Sostegno ai nuclei", "Support to households";
        Any = "any", "Senza vincolo", "Anything";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// Why an expense came back.
    ReversalReason {
        Refund = "refund", "Rimborso", "Refund";
        NotEligible = "not_eligible", "Non ammissibile", "Not eligible";
        Cancelled = "cancelled", "Annullata", "Cancelled";
        NotApproved = "not_approved", "Non approvata", "Not approved";
        Other = "other", "Altro", "Other";
    }
}
