//! Code lists as GraphQL enums, made from the lists themselves: the same words, in capitals, with
//! their English labels as descriptions.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{Deprecation, MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType,
    Positioned, ServerResult, Value,
};
use events::{Answer, CodeList};

/// A code of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coded<T>(pub(crate) T);

/// A code of a list, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked<T>(pub(crate) Answer<T>);

/// The three ways of missing: word, and what it says.
const MISSING: [(&str, &str); 3] = [
    ("DOES_NOT_KNOW", "She was asked and does not know."),
    (
        "PREFERS_NOT_TO_ANSWER",
        "She was asked and prefers not to answer.",
    ),
    ("NOT_COLLECTED", "Nobody asked."),
];

/// What is said of a code that its list does not offer any more.
pub(crate) const GONE: &str = "has left its list and cannot be chosen any more";

fn word(code: &str) -> String {
    code.to_ascii_uppercase()
}

fn enum_value(name: String, description: &str) -> (String, MetaEnumValue) {
    let value = MetaEnumValue {
        name: name.clone(),
        description: Some(description.to_owned()),
        deprecation: Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    };
    (name, value)
}

fn enum_type(name: String, enum_values: IndexMap<String, MetaEnumValue>) -> MetaType {
    MetaType::Enum {
        name,
        description: None,
        enum_values,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn list<T: CodeList>() -> IndexMap<String, MetaEnumValue> {
    // Those that left their list too: what was recorded with them is still answered with them.
    T::ENTRIES
        .iter()
        .map(|entry| {
            let (name, mut value) = enum_value(word(entry.code), entry.en);
            if let Some(version) = entry.until {
                value.deprecation = Deprecation::Deprecated {
                    reason: Some(format!(
                        "It has left its list in version {version} and cannot be chosen any more."
                    )),
                };
            }
            (name, value)
        })
        .collect()
}

fn asked<T: CodeList>() -> IndexMap<String, MetaEnumValue> {
    let missing = MISSING
        .iter()
        .map(|(name, says)| enum_value((*name).to_owned(), says));
    list::<T>().into_iter().chain(missing).collect()
}

/// The value of a word that somebody chooses now. `list` is what the asker calls the list.
fn choose<T: CodeList>(given: &str, list: &str) -> Result<T, String> {
    let entry = T::ENTRIES.iter().find(|entry| word(entry.code) == given);
    let entry = entry.ok_or_else(|| format!("`{given}` is no {list}"))?;
    T::choose(entry.code).map_err(|_| format!("`{given}` {GONE}"))
}

fn given(value: Option<Value>) -> Result<String, Value> {
    match value.unwrap_or_default() {
        Value::Enum(name) => Ok(name.to_string()),
        Value::String(text) => Ok(text),
        other => Err(other),
    }
}

impl<T: CodeList> InputType for Coded<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Enum, |_| {
            enum_type(T::NAME.to_owned(), list::<T>())
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let given = given(value).map_err(InputValueError::expected_type)?;
        choose(&given, T::NAME)
            .map(Self)
            .map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::Enum(Name::new(word(self.0.code())))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<T: CodeList> OutputType for Coded<T> {
    fn type_name() -> Cow<'static, str> {
        <Self as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Self as InputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(self.to_value())
    }
}

impl<T: CodeList> InputType for Asked<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Answer", T::NAME))
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Enum, |_| {
            enum_type(format!("{}Answer", T::NAME), asked::<T>())
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let given = given(value).map_err(InputValueError::expected_type)?;
        let answer = match given.as_str() {
            "DOES_NOT_KNOW" => Answer::DoesNotKnow,
            "PREFERS_NOT_TO_ANSWER" => Answer::PrefersNotToAnswer,
            "NOT_COLLECTED" => Answer::NotCollected,
            code => Answer::Known(
                choose(code, &<Self as InputType>::type_name()).map_err(InputValueError::custom)?,
            ),
        };
        Ok(Self(answer))
    }

    fn to_value(&self) -> Value {
        let name = match self.0 {
            Answer::Known(code) => word(code.code()),
            Answer::DoesNotKnow => MISSING[0].0.to_owned(),
            Answer::PrefersNotToAnswer => MISSING[1].0.to_owned(),
            Answer::NotCollected => MISSING[2].0.to_owned(),
        };
        Value::Enum(Name::new(name))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<T: CodeList> OutputType for Asked<T> {
    fn type_name() -> Cow<'static, str> {
        <Self as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Self as InputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(self.to_value())
    }
}

/// A question that is answered with yes or no, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub(crate) enum YesNoAnswer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// She was asked and does not know.
    DoesNotKnow,
    /// She was asked and prefers not to answer.
    PrefersNotToAnswer,
    /// Nobody asked.
    NotCollected,
}

impl From<Answer<bool>> for YesNoAnswer {
    fn from(answer: Answer<bool>) -> Self {
        match answer {
            Answer::Known(true) => Self::Yes,
            Answer::Known(false) => Self::No,
            Answer::DoesNotKnow => Self::DoesNotKnow,
            Answer::PrefersNotToAnswer => Self::PrefersNotToAnswer,
            Answer::NotCollected => Self::NotCollected,
        }
    }
}

impl From<YesNoAnswer> for Answer<bool> {
    fn from(answer: YesNoAnswer) -> Self {
        match answer {
            YesNoAnswer::Yes => Self::Known(true),
            YesNoAnswer::No => Self::Known(false),
            YesNoAnswer::DoesNotKnow => Self::DoesNotKnow,
            YesNoAnswer::PrefersNotToAnswer => Self::PrefersNotToAnswer,
            YesNoAnswer::NotCollected => Self::NotCollected,
        }
    }
}

/// Why an answer is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub(crate) enum Missing {
    /// She was asked and does not know.
    DoesNotKnow,
    /// She was asked and prefers not to answer.
    PrefersNotToAnswer,
    /// Nobody asked.
    NotCollected,
}

impl Missing {
    /// Why this answer is missing; nothing when it is not.
    pub(crate) fn of<T>(answer: &Answer<T>) -> Option<Self> {
        match answer {
            Answer::Known(_) => None,
            Answer::DoesNotKnow => Some(Self::DoesNotKnow),
            Answer::PrefersNotToAnswer => Some(Self::PrefersNotToAnswer),
            Answer::NotCollected => Some(Self::NotCollected),
        }
    }

    /// The answer for a value that may be given; not collected when neither is.
    pub(crate) fn answer<T>(value: Option<T>, missing: Option<Self>) -> Answer<T> {
        match (value, missing) {
            (Some(value), _) => Answer::Known(value),
            (None, Some(Self::DoesNotKnow)) => Answer::DoesNotKnow,
            (None, Some(Self::PrefersNotToAnswer)) => Answer::PrefersNotToAnswer,
            (None, Some(Self::NotCollected) | None) => Answer::NotCollected,
        }
    }
}
