//! Referral, admission, plan, exit, follow-up.

use super::code_list;

code_list! {
    /// Who referred the household.
    ReferralSource {
        AntiViolenceCentre = "anti_violence_centre", "Centro antiviolenza", "Anti-violence centre";
        Refuge = "refuge", "Casa rifugio", "Refuge";
        SocialServices = "social_services", "Servizi sociali territoriali", "Territorial social services";
        Police = "police", "Forze dell'ordine", "Police";
        Health = "health", "Pronto soccorso o servizi sanitari", "Emergency room or health services";
        Helpline1522 = "helpline_1522", "Numero 1522", "1522 helpline";
        RelativesOrFriends = "relatives_or_friends", "Parenti o amici", "Relatives or friends";
        Oneself = "self", "Accesso spontaneo", "Herself";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// How soon a place is needed.
    Urgency {
        Immediate = "immediate", "Immediata", "Immediate";
        WithinWeeks = "within_weeks", "Entro poche settimane", "Within weeks";
        Planned = "planned", "Programmata", "Planned";
    }
}

code_list! {
    /// What was decided about a referral.
    AdmissionDecision {
        Accepted = "accepted", "Accolta", "Accepted";
        Declined = "declined", "Non accolta", "Declined";
        Waiting = "waiting", "In lista d'attesa", "Waiting";
    }
}

code_list! {
    /// Why a household was declined or has to wait.
    DecisionReason {
        NoDwellingFree = "no_dwelling_free", "Nessun alloggio libero", "No dwelling free";
        ImmediateDanger = "immediate_danger", "Pericolo immediato", "In immediate danger";
        NotLeavingViolence = "not_leaving_violence", "Fuori dai requisiti", "Outside the target group";
        OtherPlacement = "other_placement", "Altra collocazione", "Placed elsewhere";
        HouseholdTooLarge = "household_too_large", "Nucleo troppo numeroso", "Household too large";
        CareNeeds = "care_needs", "Bisogni di cura prevalenti", "Prevailing care needs";
        RefusedByHer = "refused_by_her", "Rinuncia della donna", "She decided against it";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What a person is to the head of her household.
    Relation {
        Head = "head", "Intestataria del nucleo", "Head of household";
        Partner = "partner", "Coniuge o partner", "Spouse or partner";
        Child = "child", "Figlia o figlio", "Child";
        OtherRelative = "other_relative", "Altro parente", "Other relative";
        NotRelated = "not_related", "Non parente", "Not related";
    }
}

code_list! {
    /// What a goal is about (18 domains, after the public-domain Arizona Self-Sufficiency Matrix).
    GoalDomain {
        Housing = "housing", "Abitazione", "Housing";
        Employment = "employment", "Lavoro", "Employment";
        Income = "income", "Reddito", "Income";
        Food = "food", "Alimentazione", "Food";
        ChildCare = "child_care", "Cura dei figli", "Child care";
        ChildrensEducation = "childrens_education", "Istruzione dei figli", "Children's education";
        AdultEducation = "adult_education", "Istruzione e formazione", "Adult education";
        HealthCoverage = "health_coverage", "Assistenza sanitaria", "Health coverage";
        LifeSkills = "life_skills", "Competenze di vita", "Life skills";
        FamilyRelations = "family_relations", "Relazioni familiari", "Family relations";
        Mobility = "mobility", "Mobilità", "Mobility";
        Community = "community", "Partecipazione sociale", "Community involvement";
        Parenting = "parenting", "Genitorialità", "Parenting skills";
        Legal = "legal", "Questioni legali", "Legal";
        MentalHealth = "mental_health", "Salute mentale", "Mental health";
        SubstanceUse = "substance_use", "Uso di sostanze", "Substance use";
        Safety = "safety", "Sicurezza", "Safety";
        Disability = "disability", "Disabilità", "Disability";
    }
}

code_list! {
    /// Why the stay ended (ISTAT).
    ExitReason {
        GoalsReached = "goals_reached", "Obiettivi raggiunti", "Goals reached";
        EndOfHosting = "end_of_hosting", "Fine del periodo di ospitalità", "End of the hosting period";
        Moved = "moved", "Trasferimento in altra casa o struttura", "Moved to another home or facility";
        PathAbandoned = "path_abandoned", "Percorso abbandonato", "Path abandoned";
        ReturnedToAbuser = "returned_to_abuser", "Ritorno dal maltrattante", "Returned to the abuser";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// How the programme ended for the household (HMIS R17).
    Completion {
        Completed = "completed", "Percorso completato", "Completed";
        LeftEarly = "left_early", "Uscita anticipata volontaria", "Left early by choice";
        AskedToLeave = "asked_to_leave", "Dimissione", "Asked to leave";
    }
}

code_list! {
    /// Is the place she goes to, or lives in, safe?
    Safety {
        Safe = "safe", "Sicura", "Safe";
        PartlySafe = "partly_safe", "In parte sicura", "Partly safe";
        Unsafe = "unsafe", "Non sicura", "Unsafe";
    }
}

code_list! {
    /// Months after the exit at which the household is asked again.
    FollowUpMonth {
        Month3 = "month_3", "3 mesi", "3 months";
        Month6 = "month_6", "6 mesi", "6 months";
        Month12 = "month_12", "12 mesi", "12 months";
    }
}

impl FollowUpMonth {
    /// Calendar months after the exit.
    pub fn months(self) -> u32 {
        match self {
            Self::Month3 => 3,
            Self::Month6 => 6,
            Self::Month12 => 12,
        }
    }
}

code_list! {
    /// What came of a follow-up.
    FollowUpResult {
        Reached = "reached", "Raggiunta", "Reached";
        Unreachable = "unreachable", "Irreperibile", "Unreachable";
        Refused = "refused", "Rifiuto", "Refused";
    }
}
