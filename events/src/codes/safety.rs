//! Risk, incidents, protection.

use super::code_list;

code_list! {
    /// The level of a risk, whatever the instrument.
    RiskLevel {
        Low = "low", "Basso", "Low";
        Medium = "medium", "Medio", "Medium";
        High = "high", "Alto", "High";
        Extreme = "extreme", "Estremo", "Extreme";
    }
}

code_list! {
    /// What kind of incident.
    IncidentKind {
        ThreatByAbuser = "threat_by_abuser", "Minacce o molestie del maltrattante", "Threat or harassment by the abuser";
        ViolenceByAbuser = "violence_by_abuser", "Violenza del maltrattante", "Violence by the abuser";
        ViolenceBetweenResidents = "violence_between_residents", "Violenza tra ospiti", "Violence between residents";
        Conflict = "conflict", "Conflitto", "Conflict";
        SelfHarm = "self_harm", "Autolesionismo", "Self-harm";
        Accident = "accident", "Incidente o infortunio", "Accident";
        TheftOrDamage = "theft_or_damage", "Furto o danno", "Theft or damage";
        ChildProtection = "child_protection", "Tutela dei minori", "Child protection";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// How grave an incident is.
    Severity {
        Minor = "minor", "Lieve", "Minor";
        Moderate = "moderate", "Moderata", "Moderate";
        Serious = "serious", "Grave", "Serious";
        Critical = "critical", "Critica", "Critical";
    }
}

code_list! {
    /// How a household's protection was broken.
    BreachKind {
        AddressDisclosed = "address_disclosed", "Indirizzo rivelato", "Address disclosed";
        AbuserAtDoor = "abuser_at_door", "Maltrattante presso l'alloggio", "The abuser came to the house";
        OrderViolated = "order_violated", "Violazione di un ordine di protezione", "A protection order was violated";
        Tracked = "tracked", "Localizzata (telefono, auto, social)", "Tracked by phone, car or network";
        DataLeak = "data_leak", "Diffusione di dati", "Data leaked";
        Other = "other", "Altro", "Other";
    }
}
