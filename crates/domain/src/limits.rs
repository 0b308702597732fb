//! How long, how many, how much.

use chrono::NaiveDate;
use rust_decimal::Decimal;

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

/// Nothing happened before this day.
pub const EARLIEST_DAY: NaiveDate = day(1900, 1, 1);
/// Nothing is planned for a day after this one.
pub const LATEST_DAY: NaiveDate = day(2199, 12, 31);

/// Characters of a pilot's title.
pub const MAX_TITLE: usize = 200;
/// Characters of a pilot's place.
pub const MAX_PLACE: usize = 200;
/// Characters of a pilot's code.
pub const MAX_CODE: usize = 40;
/// Characters of the id of an HMIS project.
pub const MAX_HMIS_ID: usize = 64;
/// Characters of a dwelling's label.
pub const MAX_LABEL: usize = 80;
/// Characters of a partner's name.
pub const MAX_NAME: usize = 200;
/// Characters of an expense's description.
pub const MAX_DESCRIPTION: usize = 500;

/// Bytes of a published report's figures. Escaped in the fact's payload they take twice as many at
/// most, which with the rest of the fact stays below what the log takes.
pub const MAX_FIGURES_BYTES: usize = 120 * 1024;
/// Facts named as causes of a restatement.
pub const MAX_CAUSES: usize = 500;
/// Artefacts of one edition.
pub const MAX_ARTEFACTS: usize = 20;
/// Hexadecimal digits of a SHA-256 digest.
pub const DIGEST_DIGITS: usize = 64;

/// Indicators in the catalogue, numbered from 1.
pub const INDICATORS: u16 = 40;
/// Decimals of a target, which may be a share.
pub const MAX_TARGET_DECIMALS: u32 = 6;
/// Days after which a household counts as not seen.
pub const MAX_UNSEEN_DAYS: u16 = 365;
/// Months for which personal text may be kept after a household left at most: twenty years.
pub const MAX_RETENTION_MONTHS: u16 = 240;

/// Minutes of one contact or service: a day.
pub const MAX_MINUTES: u16 = 24 * 60;
/// Hours a week of one job.
pub const MAX_WEEKLY_HOURS: u16 = 80;
/// Hours of one course, all together.
pub const MAX_TRAINING_HOURS: u16 = 5000;
/// Completed years of the oldest who goes to school.
pub const MAX_SCHOOL_AGE: u16 = 18;
/// Goal attainment scaling goes this far either way.
pub const MAX_ATTAINMENT: i8 = 2;
/// Rooms of a dwelling.
pub const MAX_ROOMS: u16 = 50;
/// Beds of a dwelling.
pub const MAX_BEDS: u16 = 100;
/// Adults, and children, of a referred household.
pub const MAX_REFERRED: u16 = 100;
/// Completed years of a person as she enters.
pub const MAX_AGE: u16 = 130;
/// One amount of money.
pub const MAX_AMOUNT: Decimal = Decimal::from_parts(100_000_000, 0, 0, false, 0);
/// The least that an expense, a pledge, a payment amounts to.
pub const MIN_AMOUNT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// Decimals of an amount.
pub const MAX_DECIMALS: u32 = 2;

/// Members of a household at one time.
pub const MAX_MEMBERS: usize = 20;
/// Persons that a household's facts ever name. With [`MAX_DWELLINGS`], what keeps the streams that
/// a fact concerns within [`MAX_ALSO`].
pub const MAX_PERSONS: usize = 40;
/// Dwellings that a household's facts ever name.
pub const MAX_DWELLINGS: usize = 24;
/// Further streams that one fact may concern.
pub const MAX_ALSO: usize = 64;
/// Partners named in one fact.
pub const MAX_PARTNERS: usize = 40;

/// Months by which a child may be born after her entry: an expected child may be recorded with her
/// mother's household.
pub const MAX_MONTHS_UNBORN: u32 = 10;

const _: () = assert!(MAX_PERSONS + MAX_DWELLINGS <= MAX_ALSO);
