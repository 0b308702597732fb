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
        Helpline1522 = "helpline_1522", "Numero antiviolenza 1522", "1522 helpline";
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
        NotLeavingViolence = "not_leaving_violence", "Assenza dei requisiti", "Outside the target group";
        OtherPlacement = "other_placement", "Altra collocazione", "Placed elsewhere";
        HouseholdTooLarge = "household_too_large", "Nucleo troppo numeroso", "Household too large";
        CareNeeds = "care_needs", "Bisogni assistenziali prevalenti", "Prevailing care needs";
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
        AdultEducation = "adult_education", "Istruzione e formazione degli adulti", "Adult education";
        HealthCoverage = "health_coverage", "Assistenza sanitaria", "Health coverage";
        LifeSkills = "life_skills", "Autonomia nella vita quotidiana", "Life skills";
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
        PathAbandoned = "path_abandoned", "Abbandono del percorso", "Path abandoned";
        ReturnedToAbuser = "returned_to_abuser", "Ritorno dal maltrattante", "Returned to the abuser";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// How the programme ended for the household (HMIS R17).
    Completion {
        Completed = "completed", "Percorso completato", "Completed";
        LeftEarly = "left_early", "Uscita anticipata volontaria", "Left early by choice";
        AskedToLeave = "asked_to_leave", "Dimissione decisa dal servizio", "Asked to leave";
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
        Refused = "refused", "Ha rifiutato", "Refused";
    }
}

code_list! {
    /// Does the pilot suit the household?
    Suitability {
        Suitable = "suitable", "Idonea", "Suitable";
        NotSuitable = "not_suitable", "Non idonea", "Not suitable";
        MoreInformation = "more_information", "Servono altre informazioni", "More has to be known";
    }
}

code_list! {
    /// Why a referral was taken back.
    ReferralWithdrawalReason {
        HerDecision = "her_decision", "Decisione della donna", "Her decision";
        OtherPlacement = "other_placement", "Altra collocazione", "Placed elsewhere";
        ReturnedToAbuser = "returned_to_abuser", "Ritorno dal maltrattante", "Returned to the abuser";
        Unreachable = "unreachable", "Irreperibile", "Unreachable";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// What a consent is for.
    ConsentPurpose {
        SharingWithPartners = "sharing_with_partners", "Condivisione con i partner", "Sharing with partners";
        Evaluation = "evaluation", "Valutazione", "Evaluation";
        ReleaseOfFigures = "release_of_figures", "Pubblicazione di dati che possono renderla riconoscibile", "Release of figures that may identify her";
        FollowUpContact = "follow_up_contact", "Contatto dopo l'uscita", "Contact after the exit";
        Photographs = "photographs", "Fotografie e immagini", "Photographs";
    }
}

code_list! {
    /// How a consent was given.
    ConsentForm {
        Written = "written", "Scritta", "In writing";
        Oral = "oral", "Orale", "Orally";
        Digital = "digital", "Digitale", "Digitally";
    }
}

code_list! {
    /// Why a stay was extended.
    ExtensionReason {
        PlanNotFinished = "plan_not_finished", "Progetto da completare", "Plan not finished";
        NoHousing = "no_housing", "Mancanza di una soluzione abitativa", "No housing found";
        Work = "work", "Motivi di lavoro", "Work";
        SchoolYear = "school_year", "Anno scolastico", "School year";
        Proceedings = "proceedings", "Procedimento giudiziario in corso", "Court proceedings";
        Health = "health", "Motivi di salute", "Health";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// Why a goal was given up.
    GoalWithdrawalReason {
        NoLongerHers = "no_longer_hers", "Non più sentito come proprio", "No longer hers";
        NotAttainable = "not_attainable", "Non raggiungibile", "Not attainable";
        Replaced = "replaced", "Sostituito", "Replaced by another";
        PathEnded = "path_ended", "Percorso concluso", "The path ended";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// Why a household was asked to leave.
    DismissalReason {
        HouseRules = "house_rules", "Violazione del regolamento", "Broke the house rules";
        PlanNotFollowed = "plan_not_followed", "Mancata adesione al progetto", "Did not follow the plan";
        AddressDisclosed = "address_disclosed", "Indirizzo rivelato", "Disclosed the address";
        Violence = "violence", "Violenza nell'alloggio", "Violence in the house";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// On which occasion somebody was assessed.
    AssessmentStage {
        Entry = "entry", "All'ingresso", "At entry";
        Interim = "interim", "Durante il percorso", "On the way";
        Exit = "exit", "All'uscita", "At exit";
        FollowUp = "follow_up", "Al follow-up", "At a follow-up";
    }
}

code_list! {
    /// Citizenship, collected only if the pilot says so.
    Citizenship {
        Italian = "italian", "Italiana", "Italian";
        Eu = "eu", "Unione europea", "European Union";
        NonEu = "non_eu", "Extra UE", "Outside the European Union";
        Stateless = "stateless", "Apolide", "Stateless";
    }
}

code_list! {
    /// School or child care.
    SchoolingKind {
        Nursery = "nursery", "Nido d'infanzia", "Nursery";
        Preschool = "preschool", "Scuola dell'infanzia", "Preschool";
        Primary = "primary", "Scuola primaria", "Primary school";
        LowerSecondary = "lower_secondary", "Scuola secondaria di primo grado", "Lower secondary school";
        UpperSecondary = "upper_secondary", "Scuola secondaria di secondo grado", "Upper secondary school";
        Vocational = "vocational", "Istruzione e formazione professionale", "Vocational training";
        Other = "other", "Altro", "Other";
    }
}

code_list! {
    /// Age in completed years, in the bands of reports.
    AgeBand {
        From0To2 = "0_2", "0–2 anni", "0 to 2";
        From3To5 = "3_5", "3–5 anni", "3 to 5";
        From6To10 = "6_10", "6–10 anni", "6 to 10";
        From11To13 = "11_13", "11–13 anni", "11 to 13";
        From14To17 = "14_17", "14–17 anni", "14 to 17";
        From18To24 = "18_24", "18–24 anni", "18 to 24";
        From25To34 = "25_34", "25–34 anni", "25 to 34";
        From35To44 = "35_44", "35–44 anni", "35 to 44";
        From45To54 = "45_54", "45–54 anni", "45 to 54";
        From55To64 = "55_64", "55–64 anni", "55 to 64";
        From65 = "65_plus", "65 anni e oltre", "65 and older";
    }
}

impl AgeBand {
    /// The band of an age in completed years.
    pub fn of(age: u16) -> Self {
        match age {
            0..=2 => Self::From0To2,
            3..=5 => Self::From3To5,
            6..=10 => Self::From6To10,
            11..=13 => Self::From11To13,
            14..=17 => Self::From14To17,
            18..=24 => Self::From18To24,
            25..=34 => Self::From25To34,
            35..=44 => Self::From35To44,
            45..=54 => Self::From45To54,
            55..=64 => Self::From55To64,
            65.. => Self::From65,
        }
    }
}
