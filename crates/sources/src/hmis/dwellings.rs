//! Which household lived where. The export does not say: it says how many units a project has.
//!
//! A household is given the lowest-numbered unit that is free; if there is none, or the project has
//! no units of its own, a home of its own, for as long as it stays.
//!
//! The choice is made in the order in which households were written down, each with only what was
//! written down by then: an exit that was recorded later counts as still open. So a later export
//! changes no earlier choice as long as it only adds rows that were written down later. It does when
//! a unit is added with a start in the past (households that had a home of their own would have had
//! the unit), when a move-in is written down after those of later households, and when dates of old
//! rows are changed; then the earlier command comes with another content, is refused, and reported.

use chrono::{DateTime, NaiveDate, Utc};
use domain::limits::MAX_BEDS;

use super::findings::{At, Notes};
use super::read::{ENROLLMENT, INVENTORY, Source};
use super::rows::{InventoryRow, ProjectRow};
use super::stays::{Stay, free_from};
use super::table::midnight;

/// No inventory row stands for more units.
const MAX_UNITS: u32 = 2_000;

/// A dwelling, with what its ids are made from.
#[derive(Clone, Debug)]
pub(super) struct Dwelling {
    /// What its id is made from.
    pub(super) key: Vec<String>,
    /// Its number among the project's units; none for a home of a household's own.
    pub(super) number: Option<usize>,
    pub(super) file: &'static str,
    pub(super) line: u64,
    pub(super) opens: NaiveDate,
    pub(super) closes: Option<NaiveDate>,
    pub(super) beds: u16,
    pub(super) created: Option<DateTime<Utc>>,
}

/// Where a household lived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Home {
    /// Index of the dwelling.
    pub(super) dwelling: usize,
    /// Since when.
    pub(super) from: NaiveDate,
    /// From the admission on, or later, as a move.
    pub(super) at_admission: bool,
}

/// All dwellings, and the home of each stay.
pub(super) struct Homes {
    pub(super) dwellings: Vec<Dwelling>,
    pub(super) of_stay: Vec<Option<Home>>,
}

/// How a project houses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Housing {
    Never,
    FromEntry,
    FromMoveIn,
}

impl Housing {
    fn of(project: &ProjectRow) -> Self {
        const NIGHT_BY_NIGHT: Option<u8> = Some(3);
        match project.kind {
            Some(1) if project.tracking == NIGHT_BY_NIGHT => Self::Never,
            Some(1 | 2 | 8) => Self::FromEntry,
            Some(3 | 9 | 10 | 13) => Self::FromMoveIn,
            _ => Self::Never,
        }
    }
}

/// Whether the project's inventory stands for units that households are given: not where homes are
/// rented one by one.
pub(super) fn has_units(project: &ProjectRow) -> bool {
    const RAPID_REHOUSING: Option<u8> = Some(13);
    const TENANT_BASED: Option<u8> = Some(3);
    Housing::of(project) != Housing::Never
        && project.kind != RAPID_REHOUSING
        && project.housing != TENANT_BASED
        && project.inventory.iter().any(|row| row.units + row.beds > 0)
}

/// Gives every stay its home.
pub(super) fn homes(
    source: &Source,
    project: &ProjectRow,
    stays: &[Stay],
    opened: NaiveDate,
    notes: &mut Notes,
) -> Homes {
    let housing = Housing::of(project);
    unused_columns(source, project, stays, housing, notes);
    let mut dwellings = if has_units(project) {
        units(project, opened, notes)
    } else {
        Vec::new()
    };
    let inventory_units = dwellings.len();
    let mut wishes: Vec<Wish> = stays
        .iter()
        .enumerate()
        .filter_map(|(stay, _)| Wish::of(source, stays, stay, housing, notes))
        .collect();
    wishes.sort_by_key(|wish| (wish.known, wish.from, stays[wish.stay].key.clone()));
    let mut of_stay: Vec<Option<Home>> = vec![None; stays.len()];
    let mut taken: Vec<Vec<Wish>> = vec![Vec::new(); inventory_units];
    for wish in wishes {
        let unit = (0..inventory_units).find(|unit| {
            let dwelling = &dwellings[*unit];
            dwelling.opens <= wish.from
                && dwelling.closes.is_none_or(|closes| wish.from < closes)
                && taken[*unit].iter().all(|other| wish.follows(other))
        });
        let dwelling = unit.unwrap_or_else(|| {
            dwellings.push(own_home(source, &stays[wish.stay], &wish));
            dwellings.len() - 1
        });
        if unit.is_none() {
            let reason = if inventory_units > 0 {
                "no unit of the inventory was free: the household is taken to have had a home of its own for its stay"
            } else {
                "the project has no units of its own: each household is taken to have had a home of its own for its stay"
            };
            notes.assumed(head_at(source, &stays[wish.stay], "HouseholdID"), reason);
        }
        of_stay[wish.stay] = Some(Home {
            dwelling,
            from: wish.from,
            at_admission: wish.at_admission,
        });
        if let Some(unit) = unit {
            taken[unit].push(wish);
        }
    }
    close_when_empty(&mut dwellings[..inventory_units], &taken, notes);
    Homes { dwellings, of_stay }
}

fn head_at<'a>(source: &Source, stay: &Stay, field: &'a str) -> At<'a> {
    At {
        file: ENROLLMENT,
        line: source.enrolments[stay.head].line,
        field,
    }
}

/// A household that needs a home.
#[derive(Clone, Debug)]
struct Wish {
    stay: usize,
    from: NaiveDate,
    /// Lived in from the admission on; where people are housed later, because they were before.
    at_admission: bool,
    /// First night on which it is free again.
    until: Option<NaiveDate>,
    members: Vec<Presence>,
    /// Since when the wish is written down.
    known: DateTime<Utc>,
}

impl Wish {
    fn of(
        source: &Source,
        stays: &[Stay],
        at: usize,
        housing: Housing,
        notes: &mut Notes,
    ) -> Option<Self> {
        let stay = &stays[at];
        let head = &source.enrolments[stay.head];
        let left = left(source, stay);
        let from = match housing {
            Housing::Never => return None,
            Housing::FromEntry => stay.entry,
            Housing::FromMoveIn => {
                let moved = head.move_in?;
                if left.is_some_and(|left| moved > left) {
                    notes.broken(
                        head_at(source, stay, "MoveInDate"),
                        "after the exit: the household is taken never to have moved in",
                        None,
                    );
                    return None;
                }
                if moved < stay.entry {
                    notes.assumed_here(
                        head_at(source, stay, "MoveInDate"),
                        "before the entry: the home is taken to have come with the household",
                        None,
                    );
                }
                moved.max(stay.entry)
            }
        };
        let written = head.created.unwrap_or_else(|| midnight(stay.entry));
        let housed_before = head.move_in.is_some_and(|moved| moved < stay.entry);
        Some(Self {
            stay: at,
            from,
            at_admission: housing == Housing::FromEntry || housed_before,
            until: left.map(|left| free_from(from, left)),
            members: stay
                .members
                .iter()
                .map(|member| &source.enrolments[*member])
                .map(|enrolment| Presence {
                    entered: enrolment.created,
                    left: enrolment
                        .exit
                        .as_ref()
                        .map(|exit| (free_from(from, exit.on), exit.created)),
                })
                .collect(),
            // Nobody knows of a move before it happens.
            known: match housing {
                Housing::FromMoveIn => written.max(midnight(from)),
                _ => written,
            },
        })
    }

    /// The end, as it was written down by then.
    fn until_as_known(&self, by: DateTime<Utc>) -> Option<NaiveDate> {
        let mut until = None;
        for member in self
            .members
            .iter()
            .filter(|member| member.entered <= Some(by))
        {
            let known = member
                .left
                .filter(|(_, known)| known.is_some_and(|known| known <= by));
            until = until.max(Some(known?.0));
        }
        until
    }

    /// Whether a household that was given the unit before has left it by then: as it was written
    /// down when this one was, and in the end. One that comes later does not make room for this one,
    /// even if this one leaves before: it may have been imported before this one was known.
    fn follows(&self, other: &Self) -> bool {
        let gone = |until: Option<NaiveDate>| until.is_some_and(|until| until <= self.from);
        gone(other.until_as_known(self.known)) && gone(other.until)
    }
}

/// When a member came and left, as far as it matters for a home: when each was written down.
#[derive(Clone, Copy, Debug)]
struct Presence {
    entered: Option<DateTime<Utc>>,
    left: Option<(NaiveDate, Option<DateTime<Utc>>)>,
}

/// The day the last member left; none while somebody is there.
fn left(source: &Source, stay: &Stay) -> Option<NaiveDate> {
    let mut left = stay.entry;
    for member in &stay.members {
        left = left.max(source.enrolments[*member].exit.as_ref()?.on);
    }
    Some(left)
}

fn own_home(source: &Source, stay: &Stay, wish: &Wish) -> Dwelling {
    let head = &source.enrolments[stay.head];
    let mut key = vec!["home".to_owned()];
    key.extend(stay.key.iter().cloned());
    Dwelling {
        key,
        number: None,
        file: ENROLLMENT,
        line: head.line,
        opens: wish.from,
        closes: wish.until,
        beds: beds(u32::try_from(stay.admitted.len()).unwrap_or(u32::MAX)),
        created: head
            .created
            .filter(|created| *created >= midnight(wish.from)),
    }
}

/// As many as a dwelling can have, and at least one.
fn beds(beds: u32) -> u16 {
    u16::try_from(beds).unwrap_or(MAX_BEDS).clamp(1, MAX_BEDS)
}

/// The units of the inventory. Numbered in the order in which the inventory was written down, so
/// that a later row does not renumber them.
fn units(project: &ProjectRow, opened: NaiveDate, notes: &mut Notes) -> Vec<Dwelling> {
    let mut rows: Vec<&InventoryRow> = project.inventory.iter().collect();
    rows.sort_by_key(|row| (row.created, &row.id));
    let mut dwellings = Vec::new();
    for row in rows {
        let at = |field| At {
            file: INVENTORY,
            line: row.line,
            field,
        };
        let units = units_of(project, row, notes);
        if units == 0 {
            continue;
        }
        notes.assumed(
            at("UnitInventory"),
            "which household lived in which unit, and how many rooms a unit has, is not in the export: the lowest-numbered free unit and one room are taken, beds are spread evenly",
        );
        if row.from.is_none() {
            notes.assumed(at("InventoryStartDate"), "empty: the first day is taken");
        }
        for unit in 0..units {
            let spread = row.beds / units + u32::from(unit < row.beds % units);
            dwellings.push(Dwelling {
                key: vec!["unit".to_owned(), row.id.clone(), (unit + 1).to_string()],
                number: Some(dwellings.len() + 1),
                file: INVENTORY,
                line: row.line,
                opens: row.from.unwrap_or(opened).max(opened),
                closes: row.until.and_then(|until| until.succ_opt()),
                beds: beds(spread),
                created: row.created,
            });
        }
    }
    dwellings
}

/// How many dwellings an inventory row stands for. In shelters, single people share a room: a bed
/// is a place of its own there.
fn units_of(project: &ProjectRow, row: &InventoryRow, notes: &mut Notes) -> u32 {
    let at = |field| At {
        file: INVENTORY,
        line: row.line,
        field,
    };
    let shelter = matches!(project.kind, Some(1 | 8));
    let units = if shelter && row.without_children && row.beds > row.units {
        notes.assumed_here(
            at("BedInventory"),
            "more beds than units for people without children: each bed is taken as a place of its own",
            None,
        );
        row.beds
    } else if row.units == 0 && row.beds > 0 {
        notes.assumed_here(
            at("UnitInventory"),
            "beds without units: one unit is taken",
            None,
        );
        1
    } else {
        row.units
    };
    if units > MAX_UNITS {
        notes.broken(
            at("UnitInventory"),
            "more units than any project has: the first 2,000 are taken",
            None,
        );
    }
    units.min(MAX_UNITS)
}

/// A unit closes at the end of its inventory row, or once the household that is in it then has left.
fn close_when_empty(units: &mut [Dwelling], taken: &[Vec<Wish>], notes: &mut Notes) {
    for (unit, wishes) in units.iter_mut().zip(taken) {
        let Some(closes) = unit.closes else { continue };
        let still_there = wishes.iter().any(|wish| wish.until.is_none());
        let left = wishes.iter().filter_map(|wish| wish.until).max();
        let empty = left.map_or(closes, |left| left.max(closes));
        if still_there || empty > closes {
            notes.assumed(
                At {
                    file: unit.file,
                    line: unit.line,
                    field: "InventoryEndDate",
                },
                "a household was still in a unit: the unit is taken to close when it leaves",
            );
        }
        unit.closes = (!still_there).then_some(empty);
    }
}

/// Notes columns that this project's way of housing has no use for.
fn unused_columns(
    source: &Source,
    project: &ProjectRow,
    stays: &[Stay],
    housing: Housing,
    notes: &mut Notes,
) {
    for stay in stays {
        for member in &stay.members {
            let enrolment = &source.enrolments[*member];
            let of_head = *member == stay.head && housing == Housing::FromMoveIn;
            if enrolment.move_in.is_some() && !of_head {
                let at = At {
                    file: ENROLLMENT,
                    line: enrolment.line,
                    field: "MoveInDate",
                };
                let reason = "only the head's counts, and only where people are housed after they enter: not used";
                notes.not_mapped(at, reason, None);
            }
        }
    }
    if !has_units(project) {
        for row in &project.inventory {
            let at = At {
                file: INVENTORY,
                line: row.line,
                field: "UnitInventory",
            };
            let reason = "the project has no dwellings of its own that households could be told to live in: not used";
            notes.not_mapped(at, reason, None);
        }
    }
}
