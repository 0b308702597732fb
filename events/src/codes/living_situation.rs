//! Where people live: one vocabulary for the situation before the entry and for the destination.

use super::code_list;

code_list! {
    /// A living situation. As fine as HUD's HMIS Data Standards (FY2022), so that their tables can
    /// be written from it, with the Italian places that HUD does not know.
    LivingSituation {
        EmergencyShelter = "emergency_shelter", "Accoglienza d'emergenza", "Emergency shelter, or hotel paid for with a voucher";
        PlaceNotMeantForHabitation = "place_not_meant_for_habitation", "Luogo non destinato ad abitazione", "Place not meant for habitation";
        SafeHaven = "safe_haven", "Safe haven (USA)", "Safe haven";
        PsychiatricHospital = "psychiatric_hospital", "Struttura psichiatrica", "Psychiatric hospital or facility";
        SubstanceTreatment = "substance_treatment", "Struttura per dipendenze", "Substance treatment facility";
        Hospital = "hospital", "Ospedale", "Hospital or residential medical facility";
        Prison = "prison", "Istituto penitenziario", "Jail, prison or juvenile detention";
        FosterCare = "foster_care", "Affido o comunità per minori", "Foster care home or group home";
        LongTermCare = "long_term_care", "Lungodegenza o residenza sanitaria", "Long-term care facility or nursing home";
        HalfwayHouse = "halfway_house", "Struttura residenziale di transizione", "Residential project or halfway house";
        Refuge = "refuge", "Casa rifugio", "Refuge";
        TransitionalHousing = "transitional_housing", "Alloggio di transizione per persone senza dimora", "Transitional housing for homeless persons";
        SecondStage = "second_stage", "Altro alloggio semiprotetto", "Another semi-protected flat";
        HostHome = "host_home", "Ospitalità in famiglia (non di emergenza)", "Host home (not for a crisis)";
        HopwaTransitional = "hopwa_transitional", "Alloggio di transizione HOPWA (USA)", "HOPWA-funded transitional housing";
        Hotel = "hotel", "Albergo a proprie spese", "Hotel or motel, not paid for with a voucher";
        Family = "family", "Presso familiari", "With family, tenure not stated";
        Friends = "friends", "Presso amici", "With friends, tenure not stated";
        FamilyTemporarily = "family_temporarily", "Presso familiari, temporaneamente", "With family, temporarily";
        FriendsTemporarily = "friends_temporarily", "Presso amici, temporaneamente", "With friends, temporarily";
        FamilyPermanently = "family_permanently", "Presso familiari, stabilmente", "With family, permanently";
        FriendsPermanently = "friends_permanently", "Presso amici, stabilmente", "With friends, permanently";
        Rented = "rented", "Affitto senza contributo", "Rented, no ongoing subsidy";
        RentedSupported = "rented_supported", "Affitto con contributo", "Rented, with ongoing subsidy";
        RentedVoucher = "rented_voucher", "Affitto con voucher abitativo (USA)", "Rented, with a housing choice voucher";
        RentedRapidRehousing = "rented_rapid_rehousing", "Affitto con rapid re-housing (USA)", "Rented, with a rapid re-housing subsidy";
        RentedVash = "rented_vash", "Affitto con sussidio VASH (USA)", "Rented, with a VASH subsidy";
        RentedGpdTip = "rented_gpd_tip", "Affitto con sussidio GPD TIP (USA)", "Rented, with a GPD TIP subsidy";
        PublicHousing = "public_housing", "Edilizia residenziale pubblica (ERP)", "Public housing";
        Owned = "owned", "Casa di proprietà senza contributo", "Owned, no ongoing subsidy";
        OwnedSupported = "owned_supported", "Casa di proprietà con contributo", "Owned, with ongoing subsidy";
        PermanentSupportive = "permanent_supportive", "Abitazione permanente con accompagnamento", "Permanent supportive housing";
        HopwaPermanent = "hopwa_permanent", "Abitazione permanente HOPWA (USA)", "HOPWA-funded permanent housing";
        ReturnedToAbuser = "returned_to_abuser", "Ritorno dal maltrattante", "Returned to the abuser";
        Deceased = "deceased", "Decesso", "Deceased";
        Other = "other", "Altro", "Other";
        NoExitInterview = "no_exit_interview", "Nessun colloquio di uscita", "No exit interview";
    }
}

code_list! {
    /// What a living situation amounts to.
    LivingSituationClass {
        Homeless = "homeless", "Senza dimora", "Homeless";
        Institutional = "institutional", "In struttura", "Institutional";
        Temporary = "temporary", "Temporanea", "Temporary";
        Permanent = "permanent", "Permanente", "Permanent";
        ReturnedToAbuser = "returned_to_abuser", "Ritorno dal maltrattante", "Returned to the abuser";
        Deceased = "deceased", "Decesso", "Deceased";
        Other = "other", "Altro", "Other";
        Unknown = "unknown", "Non noto", "Unknown";
    }
}

impl LivingSituation {
    /// The class this situation belongs to.
    pub fn class(self) -> LivingSituationClass {
        use LivingSituation as S;
        use LivingSituationClass as C;
        match self {
            S::EmergencyShelter | S::PlaceNotMeantForHabitation | S::SafeHaven => C::Homeless,
            S::PsychiatricHospital
            | S::SubstanceTreatment
            | S::Hospital
            | S::Prison
            | S::FosterCare
            | S::LongTermCare
            | S::HalfwayHouse => C::Institutional,
            S::Refuge
            | S::TransitionalHousing
            | S::SecondStage
            | S::HostHome
            | S::HopwaTransitional
            | S::Hotel
            | S::Family
            | S::Friends
            | S::FamilyTemporarily
            | S::FriendsTemporarily => C::Temporary,
            S::FamilyPermanently
            | S::FriendsPermanently
            | S::Rented
            | S::RentedSupported
            | S::RentedVoucher
            | S::RentedRapidRehousing
            | S::RentedVash
            | S::RentedGpdTip
            | S::PublicHousing
            | S::Owned
            | S::OwnedSupported
            | S::PermanentSupportive
            | S::HopwaPermanent => C::Permanent,
            S::ReturnedToAbuser => C::ReturnedToAbuser,
            S::Deceased => C::Deceased,
            S::Other => C::Other,
            S::NoExitInterview => C::Unknown,
        }
    }
}
