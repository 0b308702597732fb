//! The open registry of instruments: what may be scored, and within which bounds. Item texts are
//! licensed or secret, and never shipped.

use crate::codes::{CodeList, GoalDomain, RiskLevel};

/// An instrument in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Its word in facts.
    pub code: &'static str,
    /// Its version.
    pub version: u16,
    /// Its name.
    pub name: &'static str,
    /// Under which terms it may be used.
    pub licence: &'static str,
    /// What it gives.
    pub gives: Gives,
}

/// What an instrument gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A score for each of its areas, both bounds included.
    Scores {
        /// Its areas.
        areas: &'static [&'static str],
        /// Lowest score.
        lowest: u8,
        /// Highest score.
        highest: u8,
    },
    /// A level of risk.
    Levels(&'static [RiskLevel]),
}

/// Code of the self-sufficiency matrix.
pub const SELF_SUFFICIENCY_MATRIX: &str = "self_sufficiency_matrix";

/// Every instrument that may be used.
pub const INSTRUMENTS: &[Instrument] = &[
    Instrument {
        code: SELF_SUFFICIENCY_MATRIX,
        version: 1,
        name: "Arizona Self-Sufficiency Matrix",
        licence: "public domain",
        gives: Gives::Scores {
            areas: &goal_domains(),
            lowest: 1,
            highest: 5,
        },
    },
    Instrument {
        code: "empowerment_star",
        version: 1,
        name: "Empowerment Star",
        licence: "licensed by Triangle Consulting Social Enterprise: scores only",
        gives: Gives::Scores {
            areas: &[
                "safety",
                "accommodation",
                "support_networks",
                "legal_issues",
                "health_and_wellbeing",
                "money",
                "children",
                "work_and_learning",
                "empowerment_and_self_esteem",
            ],
            lowest: 1,
            highest: 10,
        },
    },
    Instrument {
        code: "sara_s",
        version: 1,
        name: "SARA-S (Spousal Assault Risk Assessment, screening)",
        licence: "licensed: level only",
        gives: Gives::Levels(&[RiskLevel::Low, RiskLevel::Medium, RiskLevel::High]),
    },
    Instrument {
        code: "danger_assessment",
        version: 1,
        name: "Danger Assessment",
        licence: "certified users only: level only",
        gives: Gives::Levels(&[
            RiskLevel::Low,
            RiskLevel::Medium,
            RiskLevel::High,
            RiskLevel::Extreme,
        ]),
    },
];

/// How many domains a goal can have.
const DOMAINS: usize = GoalDomain::ENTRIES.len();

const fn goal_domains() -> [&'static str; DOMAINS] {
    let mut codes = [""; DOMAINS];
    let mut index = 0;
    while index < DOMAINS {
        codes[index] = GoalDomain::ENTRIES[index].code;
        index += 1;
    }
    codes
}

/// The instrument of this code and version.
pub fn instrument(code: &str, version: u16) -> Option<&'static Instrument> {
    INSTRUMENTS
        .iter()
        .find(|instrument| instrument.code == code && instrument.version == version)
}
