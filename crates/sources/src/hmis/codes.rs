//! HUD's numbers (HMIS Data Standards FY2022) in the house's words.

use events::Answer;
use events::codes::{
    Completion, EmploymentStatus, IncomeSource, IncomeStage, LivingSituation, ReferralSource,
    Relation, Safety, Service,
};

/// An answer given as a number; none when the number is in no list. Empty means nobody asked.
pub(super) fn answer<T>(code: &str, known: impl Fn(&str) -> Option<T>) -> Option<Answer<T>> {
    match code {
        "" | "99" => Some(Answer::NotCollected),
        "8" => Some(Answer::DoesNotKnow),
        "9" => Some(Answer::PrefersNotToAnswer),
        code => known(code).map(Answer::Known),
    }
}

/// 3.15 Relationship to head of household.
pub(super) fn relation(code: &str) -> Option<Answer<Relation>> {
    answer(code, |code| {
        Some(match code {
            "1" => Relation::Head,
            "2" => Relation::Child,
            "3" => Relation::Partner,
            "4" => Relation::OtherRelative,
            "5" => Relation::NotRelated,
            _ => return None,
        })
    })
}

/// 3.917 Living situation and 3.12 Destination.
pub(super) fn living_situation(code: &str) -> Option<Answer<LivingSituation>> {
    use LivingSituation as S;
    answer(code, |code| {
        Some(match code {
            "1" => S::EmergencyShelter,
            "16" => S::PlaceNotMeantForHabitation,
            "18" => S::SafeHaven,
            "2" => S::TransitionalHousing,
            "4" => S::PsychiatricHospital,
            "5" => S::SubstanceTreatment,
            "6" => S::Hospital,
            "7" => S::Prison,
            "15" => S::FosterCare,
            "25" => S::LongTermCare,
            "29" => S::HalfwayHouse,
            "32" => S::HostHome,
            "27" => S::HopwaTransitional,
            "26" => S::HopwaPermanent,
            "14" => S::Hotel,
            "12" => S::FamilyTemporarily,
            "13" => S::FriendsTemporarily,
            "35" => S::Family,
            "36" => S::Friends,
            "22" => S::FamilyPermanently,
            "23" => S::FriendsPermanently,
            "10" => S::Rented,
            "20" => S::RentedSupported,
            "33" => S::RentedVoucher,
            "31" => S::RentedRapidRehousing,
            "19" => S::RentedVash,
            "28" => S::RentedGpdTip,
            "34" => S::PublicHousing,
            "11" => S::Owned,
            "21" => S::OwnedSupported,
            "3" => S::PermanentSupportive,
            "24" => S::Deceased,
            "17" => S::Other,
            "30" => S::NoExitInterview,
            _ => return None,
        })
    })
}

/// R6 Employment: `Employed` and, if not, `NotEmployedReason`.
pub(super) fn employment(employed: &str, reason: &str) -> Option<Answer<EmploymentStatus>> {
    answer(employed, |employed| {
        Some(match (employed, reason) {
            ("1", _) => EmploymentStatus::Employed,
            ("0", "1") => EmploymentStatus::Looking,
            ("0", "2") => EmploymentStatus::Unable,
            ("0", "3") => EmploymentStatus::NotLooking,
            ("0", _) => EmploymentStatus::NotEmployed,
            _ => return None,
        })
    })
}

/// R17 Project completion status.
pub(super) fn completion(code: &str) -> Option<Answer<Completion>> {
    answer(code, |code| {
        Some(match code {
            "1" => Completion::Completed,
            "2" => Completion::LeftEarly,
            "3" => Completion::AskedToLeave,
            _ => return None,
        })
    })
}

/// R19 Safe and appropriate exit.
pub(super) fn safety(code: &str) -> Option<Answer<Safety>> {
    answer(code, |code| {
        Some(match code {
            "0" => Safety::Unsafe,
            "1" => Safety::Safe,
            _ => return None,
        })
    })
}

/// R1 Referral source. The second part tells whether the number has a word of its own here.
pub(super) fn referral_source(code: &str) -> Option<(Answer<ReferralSource>, bool)> {
    let own = matches!(
        code,
        "" | "99" | "8" | "9" | "1" | "2" | "30" | "35" | "37" | "39"
    );
    let source = answer(code, |code| {
        Some(match code {
            "1" => ReferralSource::Oneself,
            "2" => ReferralSource::RelativesOrFriends,
            "30" => ReferralSource::SocialServices,
            "35" => ReferralSource::Police,
            "37" => ReferralSource::Health,
            "7" | "11" | "18" | "28" | "34" | "38" | "39" => ReferralSource::Other,
            _ => return None,
        })
    });
    source.map(|source| (source, own))
}

/// 5.03.1 Data collection stage of an income.
pub(super) fn income_stage(code: &str) -> Option<IncomeStage> {
    Some(match code {
        "1" => IncomeStage::Entry,
        "2" => IncomeStage::Update,
        "3" => IncomeStage::Exit,
        "5" => IncomeStage::Annual,
        _ => return None,
    })
}

/// 4.02 Income sources: the yes/no column, the amount's column, the source.
pub(super) const INCOME_SOURCES: [(&str, &str, IncomeSource); 15] = [
    ("Earned", "EarnedAmount", IncomeSource::Earned),
    (
        "Unemployment",
        "UnemploymentAmount",
        IncomeSource::Unemployment,
    ),
    ("SSI", "SSIAmount", IncomeSource::Ssi),
    ("SSDI", "SSDIAmount", IncomeSource::Ssdi),
    (
        "VADisabilityService",
        "VADisabilityServiceAmount",
        IncomeSource::VaServiceConnected,
    ),
    (
        "VADisabilityNonService",
        "VADisabilityNonServiceAmount",
        IncomeSource::VaPension,
    ),
    (
        "PrivateDisability",
        "PrivateDisabilityAmount",
        IncomeSource::PrivateDisability,
    ),
    (
        "WorkersComp",
        "WorkersCompAmount",
        IncomeSource::WorkersCompensation,
    ),
    ("TANF", "TANFAmount", IncomeSource::Tanf),
    ("GA", "GAAmount", IncomeSource::GeneralAssistance),
    (
        "SocSecRetirement",
        "SocSecRetirementAmount",
        IncomeSource::SocialSecurityRetirement,
    ),
    ("Pension", "PensionAmount", IncomeSource::Pension),
    (
        "ChildSupport",
        "ChildSupportAmount",
        IncomeSource::ChildSupport,
    ),
    ("Alimony", "AlimonyAmount", IncomeSource::Alimony),
    (
        "OtherIncomeSource",
        "OtherIncomeAmount",
        IncomeSource::Other,
    ),
];

/// Record type of a bed night: a night slept, not a service.
pub(super) const BED_NIGHT: &str = "200";

/// Record type of a PATH referral.
pub(super) const PATH_REFERRAL: &str = "161";

/// The service that a record type and its type number stand for; none when the number has no word
/// of its own here and goes to [`Service::Other`].
pub(super) fn service(record: &str, kind: &str) -> Option<Service> {
    use Service as S;
    Some(match (record, kind) {
        // P1 PATH services.
        ("141", "3" | "5" | "14") => S::Health,
        ("141", "4") => S::Counselling,
        ("141", "6") => S::CaseManagement,
        ("141", "9" | "10") => S::HousingSearch,
        ("141", "11" | "12") => S::EconomicSupport,
        // R14 RHY service connections.
        ("142", "5") => S::Training,
        ("142", "6") => S::JobOrientation,
        ("142", "7") => S::Legal,
        ("142", "8") => S::Training,
        ("142", "10") => S::Parenting,
        ("142", "12" | "13" | "14" | "17" | "18" | "27" | "28") => S::Health,
        // W1 HOPWA services.
        ("143", "2") => S::CaseManagement,
        ("143", "3") => S::ChildSupport,
        ("143", "4") => S::Legal,
        ("143", "5" | "9") => S::Training,
        ("143", "6") => S::JobOrientation,
        ("143", "8" | "12") => S::Health,
        ("143", "10") => S::Counselling,
        ("143", "13") => S::Accompaniment,
        // V2 SSVF services.
        ("144", "2" | "3" | "4" | "5") => S::CaseManagement,
        // W2 HOPWA and V3 SSVF financial assistance.
        ("151" | "152", _) => S::EconomicSupport,
        // P2 PATH referrals.
        (PATH_REFERRAL, "1") => S::Counselling,
        (PATH_REFERRAL, "2" | "3") => S::Health,
        (PATH_REFERRAL, "4" | "9") => S::JobOrientation,
        (PATH_REFERRAL, "5") => S::Training,
        (PATH_REFERRAL, "6" | "7" | "11") => S::HousingSearch,
        // C2 Moving on assistance.
        ("300", "1" | "3" | "4") => S::HousingSearch,
        ("300", "2") => S::EconomicSupport,
        _ => return None,
    })
}

/// Record types that are known, whatever their types.
pub(super) fn is_service(record: &str) -> bool {
    matches!(
        record,
        "141" | "142" | "143" | "144" | "151" | "152" | PATH_REFERRAL | "210" | "300"
    )
}
