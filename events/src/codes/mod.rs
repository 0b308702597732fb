//! Code lists. Each code is written as a word, never as a number, and has an Italian and an English
//! label. A code that left its list still opens; it only cannot be chosen any more.

mod access;
mod committee;
mod dwellings;
mod households;
mod living_situation;
mod money;
mod network;
mod pilot;
mod records;
mod safety;
mod work;

pub use access::*;
pub use committee::*;
pub use dwellings::*;
pub use households::*;
pub use living_situation::*;
pub use money::*;
pub use network::*;
pub use pilot::*;
pub use records::*;
pub use safety::*;
pub use work::*;

/// One code of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeEntry<T: 'static> {
    /// The value.
    pub value: T,
    /// The word that stands for it in facts, queries and files.
    pub code: &'static str,
    /// Italian label.
    pub it: &'static str,
    /// English label.
    pub en: &'static str,
    /// The version of the list in which it can first be chosen.
    pub since: u16,
    /// The version from which it cannot be chosen any more, if there is one.
    pub until: Option<u16>,
}

/// A closed list of codes.
///
/// A list grows and loses codes by versions: the committed `catalogue/codes/` says what each version
/// holds. What was ever recorded with a code opens with it, whether the code left the list or not.
pub trait CodeList: Copy + Eq + Send + Sync + 'static {
    /// The list's name, as in the schema and in GraphQL.
    const NAME: &'static str;
    /// Every code there ever was, in the order in which it is shown.
    const ENTRIES: &'static [CodeEntry<Self>];
    /// The version of the list: the highest in which a code came or went.
    const VERSION: u16;

    /// This value's entry.
    fn entry(self) -> &'static CodeEntry<Self> {
        // The list is made by one macro from the variants: every value is in it.
        Self::ENTRIES
            .iter()
            .find(|entry| entry.value == self)
            .unwrap_or(&Self::ENTRIES[0])
    }

    /// The word for this value.
    fn code(self) -> &'static str {
        self.entry().code
    }

    /// Can it be chosen today?
    fn is_offered(self) -> bool {
        self.entry().until.is_none()
    }

    /// The codes that can be chosen today.
    fn offered() -> impl Iterator<Item = &'static CodeEntry<Self>> {
        Self::ENTRIES.iter().filter(|entry| entry.until.is_none())
    }

    /// The value for a word that was recorded, whether it can still be chosen or not.
    ///
    /// # Errors
    /// [`UnknownCode`], naming the list and what it holds.
    fn from_code(code: &str) -> Result<Self, UnknownCode> {
        Self::ENTRIES
            .iter()
            .find(|entry| entry.code == code)
            .map(|entry| entry.value)
            .ok_or_else(|| UnknownCode::of::<Self>(code))
    }

    /// The value for a word that somebody chooses now.
    ///
    /// # Errors
    /// [`UnknownCode`], also for a code that left the list.
    fn choose(code: &str) -> Result<Self, UnknownCode> {
        Self::from_code(code)
            .ok()
            .filter(|value| value.is_offered())
            .ok_or_else(|| UnknownCode::of::<Self>(code))
    }
}

/// A word that is in no place of its list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{code}` is no {list}: use one of {}", known.join(", "))]
pub struct UnknownCode {
    /// The list.
    pub list: &'static str,
    /// What was given.
    pub code: String,
    /// What the list holds.
    pub known: Vec<&'static str>,
}

impl UnknownCode {
    fn of<T: CodeList>(code: &str) -> Self {
        Self {
            list: T::NAME,
            code: code.to_owned(),
            known: T::offered().map(|entry| entry.code).collect(),
        }
    }
}

/// How a code is written, for the schemas: which codes there are is said by its list, which grows.
pub(crate) fn code_schema(list: &'static str) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "pattern": "^[a-z0-9][a-z0-9_]*$",
        "x-code-list": list
    })
}

/// The highest of some versions.
pub(crate) const fn highest(versions: &[u16]) -> u16 {
    let (mut highest, mut index) = (1, 0);
    while index < versions.len() {
        if versions[index] > highest {
            highest = versions[index];
        }
        index += 1;
    }
    highest
}

/// Makes a code list: the enum, its words, its labels. A code may be followed by the version it came
/// with, and the one it left with: `[2]`, `[1..2]`.
macro_rules! code_list {
    ($(#[$doc:meta])* $name:ident {
        $( $variant:ident = $code:literal, $it:literal, $en:literal $([$since:literal $(.. $until:literal)?])?; )+
    }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $(
                #[doc = $en]
                #[serde(rename = $code)]
                $variant,
            )+
        }

        impl $crate::codes::CodeList for $name {
            const NAME: &'static str = stringify!($name);
            const VERSION: u16 = $crate::codes::highest(&[$( $($since, $($until,)?)? )+]);
            const ENTRIES: &'static [$crate::codes::CodeEntry<Self>] = &[
                $( $crate::codes::CodeEntry {
                    value: Self::$variant,
                    code: $code,
                    it: $it,
                    en: $en,
                    since: $crate::codes::highest(&[$($since)?]),
                    until: $crate::codes::withdrawn(&[$($($until)?)?]),
                }, )+
            ];
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::codes::code_schema(stringify!($name))
            }
        }
    };
}
pub(crate) use code_list;

/// The one version of the list, if there is one.
pub(crate) const fn withdrawn(versions: &[u16]) -> Option<u16> {
    match versions {
        [] => None,
        [first, ..] => Some(*first),
    }
}

/// A list with its codes, for whoever has to know them all.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Listing {
    /// Name.
    pub name: &'static str,
    /// Version.
    pub version: u16,
    /// Codes, in the order in which they are shown.
    pub codes: Vec<ListedCode>,
}

/// A code of a [`Listing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ListedCode {
    /// The word.
    pub code: &'static str,
    /// Italian label.
    pub it: &'static str,
    /// English label.
    pub en: &'static str,
    /// The version in which it can first be chosen.
    pub since: u16,
    /// The version from which it cannot be chosen any more.
    pub until: Option<u16>,
}

/// Every code list there is.
pub fn all() -> Vec<Listing> {
    fn list<T: CodeList>() -> Listing {
        Listing {
            name: T::NAME,
            version: T::VERSION,
            codes: T::ENTRIES
                .iter()
                .map(|entry| ListedCode {
                    code: entry.code,
                    it: entry.it,
                    en: entry.en,
                    since: entry.since,
                    until: entry.until,
                })
                .collect(),
        }
    }
    vec![
        list::<AdmissionDecision>(),
        list::<AgeBand>(),
        list::<AgreementKind>(),
        list::<AssessmentStage>(),
        list::<Attendance>(),
        list::<Audience>(),
        list::<BreachKind>(),
        list::<BreakGlassFinding>(),
        list::<BreakGlassReason>(),
        list::<Citizenship>(),
        list::<Completion>(),
        list::<ConsentForm>(),
        list::<ConsentPurpose>(),
        list::<Contract>(),
        list::<CorrectionReason>(),
        list::<Currency>(),
        list::<DataGroup>(),
        list::<DecisionOutcome>(),
        list::<DecisionReason>(),
        list::<DismissalReason>(),
        list::<EmploymentStatus>(),
        list::<ErasureReason>(),
        list::<ExitReason>(),
        list::<ExpenseLine>(),
        list::<ExtensionReason>(),
        list::<FollowUpMonth>(),
        list::<FollowUpResult>(),
        list::<FundingPurpose>(),
        list::<GoalDomain>(),
        list::<GoalWithdrawalReason>(),
        list::<IncidentKind>(),
        list::<IncomeSource>(),
        list::<IncomeStage>(),
        list::<JobEndReason>(),
        list::<Language>(),
        list::<LivingSituation>(),
        list::<LivingSituationClass>(),
        list::<MoveReason>(),
        list::<PartnerKind>(),
        list::<PartnerLeftReason>(),
        list::<Phase>(),
        list::<PilotEnd>(),
        list::<ReadPurpose>(),
        list::<ReferralResult>(),
        list::<ReferralSource>(),
        list::<ReferralWithdrawalReason>(),
        list::<Relation>(),
        list::<ReportFormat>(),
        list::<RestatementReason>(),
        list::<RestrictionReason>(),
        list::<ReversalReason>(),
        list::<RiskLevel>(),
        list::<Role>(),
        list::<Safety>(),
        list::<SchoolingKind>(),
        list::<Service>(),
        list::<Severity>(),
        list::<Suitability>(),
        list::<TargetDirection>(),
        list::<TrainingKind>(),
        list::<TrainingResult>(),
        list::<UnavailableReason>(),
        list::<Urgency>(),
        list::<VisitKind>(),
        list::<VisitPurpose>(),
        list::<WithdrawalReason>(),
        list::<WorksKind>(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_list_has_distinct_codes_and_both_labels() {
        for list in super::all() {
            let name = list.name;
            let codes: BTreeSet<_> = list.codes.iter().map(|entry| entry.code).collect();
            assert_eq!(codes.len(), list.codes.len(), "{name} repeats a code");
            for super::ListedCode {
                code,
                it,
                en,
                since,
                until,
            } in list.codes
            {
                assert!(
                    since >= 1 && until.is_none_or(|until| until > since && until <= list.version)
                );
                assert!(
                    !it.is_empty() && !en.is_empty(),
                    "{name}.{code} lacks a label"
                );
                assert!(
                    code.chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                    "{name}.{code} is not in snake case"
                );
            }
        }
    }

    #[test]
    fn a_code_and_its_json_are_the_same_word() {
        use super::CodeList;
        for entry in super::LivingSituation::ENTRIES {
            assert_eq!(
                serde_json::json!(entry.value),
                serde_json::json!(entry.code)
            );
            assert_eq!(
                super::LivingSituation::from_code(entry.code),
                Ok(entry.value)
            );
        }
    }
}
