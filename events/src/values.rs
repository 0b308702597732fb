//! Values that facts are made of.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::PersonId;
use crate::codes::IncomeSource;

/// An amount of money in the pilot's currency; two decimals at most. Travels as a string.
pub type Money = Decimal;

/// How money is written, for the schemas: the decoder takes no JSON number.
pub(crate) struct MoneyText;

impl JsonSchema for MoneyText {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$" })
    }
}

/// An answer that may be missing, and why it is. The three ways of missing stay apart everywhere:
/// not knowing is not refusing, and neither is never having been asked.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Answer<T> {
    /// She answered, or the worker knows.
    Known(T),
    /// She was asked and does not know.
    DoesNotKnow,
    /// She was asked and prefers not to answer.
    PrefersNotToAnswer,
    /// Nobody asked.
    #[default]
    NotCollected,
}

impl<T> Answer<T> {
    /// The answer, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// A known answer when there is one, else [`Answer::NotCollected`]: for sources that do not say why
    /// something is missing.
    pub fn stated(value: Option<T>) -> Self {
        value.map_or(Self::NotCollected, Self::Known)
    }

    /// Applies `f` to a known answer; the ways of missing pass through.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Known(value) => Answer::Known(f(value)),
            Self::DoesNotKnow => Answer::DoesNotKnow,
            Self::PrefersNotToAnswer => Answer::PrefersNotToAnswer,
            Self::NotCollected => Answer::NotCollected,
        }
    }

    /// The same answer, borrowed.
    pub fn as_ref(&self) -> Answer<&T> {
        match self {
            Self::Known(value) => Answer::Known(value),
            Self::DoesNotKnow => Answer::DoesNotKnow,
            Self::PrefersNotToAnswer => Answer::PrefersNotToAnswer,
            Self::NotCollected => Answer::NotCollected,
        }
    }
}

/// A calendar month, written `YYYY-MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    month: u32,
}

/// The text is no month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no month: write it as YYYY-MM")]
pub struct BadMonth(pub String);

impl Month {
    /// The month that `day` lies in.
    pub fn of(day: NaiveDate) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// Calendar year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// Month of the year, 1 to 12.
    pub fn month(self) -> u32 {
        self.month
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = BadMonth;

    fn from_str(text: &str) -> Result<Self, BadMonth> {
        let bad = || BadMonth(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        // Numbers may carry a sign when parsed; a month never does.
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(bad());
        }
        let year: i32 = year.parse().map_err(|_| bad())?;
        let month: u32 = month.parse().map_err(|_| bad())?;
        // chrono knows the calendar's limits.
        NaiveDate::from_ymd_opt(year, month, 1)
            .map(Self::of)
            .ok_or_else(bad)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Month {
    fn schema_name() -> Cow<'static, str> {
        "Month".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" })
    }
}

/// When a person was born, as coarse as the indicators allow: the birth date itself is sealed with
/// her identity.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Birth {
    /// The month she was born in.
    pub month: Month,
    /// Completed years on the day she entered the household, counted from the sealed birth date.
    pub age_at_entry: u16,
}

impl Birth {
    /// From a birth date, on the day of entry. None when the birth lies after the entry: an expected
    /// child is recorded with her month of birth and age 0.
    pub fn on_entry(born: NaiveDate, entry: NaiveDate) -> Option<Self> {
        let age_at_entry = u16::try_from(entry.years_since(born)?).ok()?;
        Some(Self {
            month: Month::of(born),
            age_at_entry,
        })
    }

    /// Completed years on `day`; `entry` is the day `age_at_entry` was counted on. Exact on the day
    /// of entry and in every month but the birth month; on a later day within a birth month the
    /// birthday counts as reached from the 16th.
    pub fn age_on(&self, day: NaiveDate, entry: NaiveDate) -> u16 {
        if day <= entry {
            return self.age_at_entry;
        }
        let years = day.year() - self.month.year();
        let reached = (day.month(), day.day()) >= (self.month.month(), 16)
            || day.month() > self.month.month();
        let age = if reached { years } else { years - 1 };
        // Never younger than she was when she entered.
        u16::try_from(age).unwrap_or(0).max(self.age_at_entry)
    }
}

/// Who a person is. Only ever recorded sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// First and middle names.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Exact birth date, if known.
    pub born_on: Option<NaiveDate>,
    /// Telephone, mail, or how else to reach her safely.
    pub contact: Option<String>,
}

/// Free text about people: notes, descriptions. Only ever recorded sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FreeText(pub String);

/// What sealing makes of a value, whatever its type.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct SealedBytes {
    /// Whose key it is sealed under.
    pub person: PersonId,
    /// Commitment to that key, base64: the text opens under no other.
    pub key: String,
    /// Nonce, base64.
    pub nonce: String,
    /// Ciphertext with its tag, base64.
    pub text: String,
}

/// A `T` that nobody reads without its key. Facts hold personal values in no other form.
pub struct Sealed<T> {
    /// The sealed bytes.
    pub bytes: SealedBytes,
    of: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// Declares that `bytes` seal a `T`. For the vault; anything else opens to an error.
    pub fn new(bytes: SealedBytes) -> Self {
        Self {
            bytes,
            of: PhantomData,
        }
    }
}

// Written out because a derive would ask the same of `T`, which is never there.
impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self::new(self.bytes.clone())
    }
}

impl<T> PartialEq for Sealed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Sealed<T> {}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({})", self.bytes.person)
    }
}

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.bytes.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SealedBytes::deserialize(deserializer).map(Self::new)
    }
}

impl<T: JsonSchema> JsonSchema for Sealed<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Sealed{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SealedBytes::json_schema(generator);
        // The mark that the catalogue's guard against personal text in the clear looks for.
        schema.insert("x-sealed".into(), true.into());
        schema
    }
}

/// Income in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Income {
    /// All sources together; zero means no income. When it is not known there may be some.
    #[schemars(with = "Answer<MoneyText>")]
    pub total: Answer<Money>,
    /// The parts that are known; each source once.
    pub sources: Vec<IncomeAmount>,
}

/// What one source pays in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncomeAmount {
    /// The source.
    pub source: IncomeSource,
    /// Monthly amount.
    #[schemars(with = "Answer<MoneyText>")]
    pub amount: Answer<Money>,
}

#[cfg(test)]
mod tests;
