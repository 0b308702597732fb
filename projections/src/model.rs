//! The read models there are.

use std::fmt;

use crate::{census, households, pilots, timeline};

/// A read model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// The pilot itself.
    Pilots,
    /// Dwellings.
    Census,
    /// Households.
    Households,
    /// Raw histories of households.
    Timeline,
}

impl Model {
    /// Every read model.
    pub const ALL: [Self; 4] = [Self::Pilots, Self::Census, Self::Households, Self::Timeline];

    /// Its name, as of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pilots => "pilots",
            Self::Census => "census",
            Self::Households => "households",
            Self::Timeline => "timeline",
        }
    }

    /// The version of its fold.
    pub fn version(self) -> i32 {
        match self {
            Self::Pilots => pilots::fold::VERSION,
            Self::Census => census::fold::VERSION,
            Self::Households => households::fold::VERSION,
            Self::Timeline => timeline::fold::VERSION,
        }
    }

    /// What makes its table, and makes it anew when it is there.
    pub(crate) fn definition(self) -> &'static str {
        match self {
            Self::Pilots => include_str!("pilots/table.sql"),
            Self::Census => include_str!("census/table.sql"),
            Self::Households => include_str!("households/table.sql"),
            Self::Timeline => include_str!("timeline/table.sql"),
        }
    }

    /// These models and those they cannot be folded without: who lived in a dwelling comes from the
    /// households' rows, so that neither is folded alone.
    pub(crate) fn together(models: &[Self]) -> Vec<Self> {
        let housing = [Self::Census, Self::Households];
        let one = housing.iter().any(|model| models.contains(model));
        let wanted = |model: &Self| models.contains(model) || (one && housing.contains(model));
        Self::ALL.into_iter().filter(wanted).collect()
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Model {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<Self, UnknownModel> {
        let mut all = Self::ALL.into_iter();
        all.find(|model| model.name() == name)
            .ok_or_else(|| UnknownModel(name.to_owned()))
    }
}

/// The word names no read model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no read model: use one of pilots, census, households, timeline")]
pub struct UnknownModel(pub String);
