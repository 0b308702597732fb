//! Sets of definitions: which version of each indicator a report of a time was made with.

use chrono::NaiveDate;

use crate::{DEFINITIONS, Definition};

/// The definitions that go together. A set that was ever evaluated never changes: a changed meaning or
/// a new indicator makes a new set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefinitionSet {
    /// Its version, from 1.
    pub version: u16,
    /// The first day on which reports were made with it.
    pub since: NaiveDate,
    /// Number and version of each definition, by number.
    pub members: &'static [(u16, u16)],
}

/// Every set there was, the newest last.
pub const DEFINITION_SETS: &[DefinitionSet] = &[FIRST, NEWEST];

/// The ten indicators that were there first.
const FIRST: DefinitionSet = DefinitionSet {
    version: 1,
    since: day(2026, 11, 22),
    members: &[
        (6, 1),
        (7, 1),
        (8, 1),
        (10, 1),
        (11, 1),
        (14, 1),
        (15, 1),
        (18, 1),
        (22, 1),
        (38, 1),
    ],
};

/// All forty; timeliness over the pilot's own facts too.
pub(crate) const NEWEST: DefinitionSet = DefinitionSet {
    version: 2,
    since: day(2026, 11, 22),
    members: &[
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
        (5, 1),
        (6, 1),
        (7, 1),
        (8, 1),
        (9, 1),
        (10, 1),
        (11, 1),
        (12, 1),
        (13, 1),
        (14, 1),
        (15, 1),
        (16, 1),
        (17, 1),
        (18, 1),
        (19, 1),
        (20, 1),
        (21, 1),
        (22, 1),
        (23, 1),
        (24, 1),
        (25, 1),
        (26, 1),
        (27, 1),
        (28, 1),
        (29, 1),
        (30, 1),
        (31, 1),
        (32, 1),
        (33, 1),
        (34, 1),
        (35, 1),
        (36, 1),
        (37, 1),
        (38, 2),
        (39, 1),
        (40, 1),
    ],
};

/// The newest set.
pub fn newest_set() -> &'static DefinitionSet {
    &NEWEST
}

/// The set with this version.
pub fn definition_set(version: u16) -> Option<&'static DefinitionSet> {
    DEFINITION_SETS.iter().find(|set| set.version == version)
}

impl DefinitionSet {
    /// Its definitions, by number.
    pub fn definitions(&self) -> impl Iterator<Item = &'static Definition> + use<> {
        let members = self.members;
        DEFINITIONS
            .iter()
            .filter(move |definition| members.contains(&(definition.number, definition.version)))
    }

    /// Its definition of the indicator with this number.
    pub fn definition(&self, number: u16) -> Option<&'static Definition> {
        self.definitions()
            .find(|definition| definition.number == number)
    }
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::definition;

    #[test]
    fn definitions_stand_in_order_and_each_once() {
        let keys: Vec<(u16, u16)> = DEFINITIONS.iter().map(|d| (d.number, d.version)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    }

    #[test]
    fn every_member_of_every_set_is_defined_and_each_number_once() {
        for set in DEFINITION_SETS {
            let keys: Vec<_> = set.definitions().map(|d| (d.number, d.version)).collect();
            assert_eq!(keys, set.members, "set {}", set.version);
            let numbers: BTreeSet<u16> = set.members.iter().map(|(number, _)| *number).collect();
            assert_eq!(numbers.len(), set.members.len(), "set {}", set.version);
        }
    }

    #[test]
    fn sets_follow_each_other_and_the_newest_has_the_newest_of_everything() {
        let versions: Vec<u16> = DEFINITION_SETS.iter().map(|set| set.version).collect();
        let expected: Vec<u16> = (1..=versions.len() as u16).collect();
        assert_eq!(versions, expected);
        assert_eq!(DEFINITION_SETS.last(), Some(newest_set()));
        for d in DEFINITIONS {
            let newest = definition(d.number).map(|newest| newest.version);
            let member = newest_set().definition(d.number).map(|d| d.version);
            assert_eq!(member, newest, "indicator {}", d.number);
        }
    }
}
