//! Code lists. Each code is written as a word, never as a number, and has an Italian and an English
//! label. A code that left its list still opens; it only cannot be chosen any more.

mod dwellings;
mod households;
mod living_situation;
mod money;
mod network;
mod pilot;
mod records;
mod work;

pub use dwellings::*;
pub use households::*;
pub use living_situation::*;
pub use money::*;
pub use network::*;
pub use pilot::*;
pub use records::*;
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
}

/// A closed list of codes.
pub trait CodeList: Copy + Eq + Send + Sync + 'static {
    /// The list's name, as in the schema and in GraphQL.
    const NAME: &'static str;
    /// Every code, in the order in which it is shown.
    const ENTRIES: &'static [CodeEntry<Self>];

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

    /// The value for a word.
    ///
    /// # Errors
    /// [`UnknownCode`], naming the list and what it holds.
    fn from_code(code: &str) -> Result<Self, UnknownCode> {
        Self::ENTRIES
            .iter()
            .find(|entry| entry.code == code)
            .map(|entry| entry.value)
            .ok_or_else(|| UnknownCode {
                list: Self::NAME,
                code: code.to_owned(),
                known: Self::ENTRIES.iter().map(|entry| entry.code).collect(),
            })
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

/// Makes a code list: the enum, its words, its labels.
macro_rules! code_list {
    ($(#[$doc:meta])* $name:ident { $( $variant:ident = $code:literal, $it:literal, $en:literal; )+ }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
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
            const ENTRIES: &'static [$crate::codes::CodeEntry<Self>] = &[
                $( $crate::codes::CodeEntry { value: Self::$variant, code: $code, it: $it, en: $en }, )+
            ];
        }
    };
}
pub(crate) use code_list;

/// Name, and (code, Italian, English) of every entry.
pub type Listing = (
    &'static str,
    Vec<(&'static str, &'static str, &'static str)>,
);

/// Every code list there is.
pub fn all() -> Vec<Listing> {
    fn list<T: CodeList>() -> Listing {
        (
            T::NAME,
            T::ENTRIES.iter().map(|e| (e.code, e.it, e.en)).collect(),
        )
    }
    vec![
        list::<AdmissionDecision>(),
        list::<Completion>(),
        list::<Contract>(),
        list::<CorrectionReason>(),
        list::<Currency>(),
        list::<DecisionReason>(),
        list::<EmploymentStatus>(),
        list::<ExitReason>(),
        list::<ExpenseLine>(),
        list::<FollowUpMonth>(),
        list::<FollowUpResult>(),
        list::<GoalDomain>(),
        list::<IncomeSource>(),
        list::<IncomeStage>(),
        list::<JobEndReason>(),
        list::<LivingSituation>(),
        list::<LivingSituationClass>(),
        list::<MoveReason>(),
        list::<PartnerKind>(),
        list::<Phase>(),
        list::<ReferralSource>(),
        list::<Relation>(),
        list::<Safety>(),
        list::<Service>(),
        list::<UnavailableReason>(),
        list::<Urgency>(),
        list::<VisitKind>(),
        list::<VisitPurpose>(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_list_has_distinct_codes_and_both_labels() {
        for (name, entries) in super::all() {
            let codes: BTreeSet<_> = entries.iter().map(|(code, ..)| *code).collect();
            assert_eq!(codes.len(), entries.len(), "{name} repeats a code");
            for (code, it, en) in entries {
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
