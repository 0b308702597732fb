//! Who is counted: each person once, by her latest stay (HMIS Standard Reporting Terminology
//! Glossary: Active Clients, Age, Household Types, Project Leavers and Stayers, Annual Assessment).

use std::borrow::Borrow;
use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use events::codes::{IncomeSource, IncomeStage, Relation};
use events::{Answer, Income, IncomeAmount, PersonId};
use projections::Snapshot;
use projections::households::{HouseholdRow, MemberRow};
use projections::work::IncomeRow;

use super::Gap;
use crate::Period;

/// Types of HMIS project (2.02.6) that the rules tell apart.
pub(crate) mod project_type {
    pub(crate) const EMERGENCY_SHELTER: u8 = 1;
    pub(crate) const TRANSITIONAL_HOUSING: u8 = 2;
    pub(crate) const PERMANENT_SUPPORTIVE: u8 = 3;
    pub(crate) const STREET_OUTREACH: u8 = 4;
    pub(crate) const SAFE_HAVEN: u8 = 8;
    pub(crate) const PERMANENT_HOUSING: u8 = 9;
    pub(crate) const RAPID_REHOUSING: u8 = 13;
}

/// `TrackingMethod` of a shelter that counts single bed-nights.
const NIGHT_BY_NIGHT: u8 = 3;

/// Age from which a person is an adult.
const ADULT: u16 = 18;

/// Ages of youth (Glossary: Youth Households).
const YOUTH: std::ops::RangeInclusive<u16> = 12..=24;

/// Stay of a head from which her household is a long one.
const LONG_STAY_DAYS: i64 = 365;

/// An annual assessment may lie this many days before or after the anniversary.
const ANNUAL_WINDOW_DAYS: u64 = 30;

/// Who a household is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HouseholdKind {
    WithoutChildren,
    ChildrenAndAdults,
    OnlyChildren,
    Unknown,
}

/// An annual assessment: is one due, and what does it say?
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Annual<'a> {
    NotYetRequired,
    Missing,
    Recorded(&'a Answer<Income>),
}

/// One person, by her latest stay in the period.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client<'a> {
    pub(crate) project_type: u8,
    pub(crate) member: &'a MemberRow,
    /// Incomes of everybody in the household.
    incomes: &'a [IncomeRow],
    /// Day she left, if she did by the end of the period.
    pub(crate) left_on: Option<NaiveDate>,
    pub(crate) age: Answer<u16>,
    pub(crate) kind: HouseholdKind,
    /// Days from entry to exit, or to the end of the period and one.
    pub(crate) days: i64,
    /// How she moved into housing, if she did by the end of the period.
    pub(crate) move_in: Option<MoveIn>,
    /// In a household without a member known to be 25 or older?
    youth_household: bool,
    /// A child of the head's under 18 in the household?
    with_child: bool,
    /// First day of anyone in the household.
    household_start: NaiveDate,
    /// The head is a stayer of 365 days or more.
    long_household: bool,
    period: Period,
}

/// Everybody to count, in order of their ids.
pub(crate) fn clients<S: Borrow<Snapshot>>(snapshots: &[S], period: Period) -> Vec<Client<'_>> {
    let mut latest: BTreeMap<PersonId, (&Snapshot, &HouseholdRow, &MemberRow)> = BTreeMap::new();
    for snapshot in snapshots.iter().map(Borrow::borrow) {
        for household in snapshot.households.values() {
            for member in active(household, period) {
                let kept = latest
                    .entry(member.person)
                    .or_insert((snapshot, household, member));
                if rank(member, household) > rank(kept.2, kept.1) {
                    *kept = (snapshot, household, member);
                }
            }
        }
    }
    latest
        .into_values()
        .map(|(snapshot, household, member)| client(snapshot, household, member, period))
        .collect()
}

/// Why the figures of these pilots cannot be computed at all, if they cannot.
pub(crate) fn gap<S: Borrow<Snapshot>>(snapshots: &[S]) -> Option<Gap> {
    snapshots
        .iter()
        .map(Borrow::borrow)
        .filter_map(|snapshot| snapshot.pilot.opening.as_ref()?.hmis_project.as_ref())
        .find_map(|project| match project.project_type {
            project_type::STREET_OUTREACH => Some(Gap::Engagement),
            project_type::EMERGENCY_SHELTER if project.tracking_method == Some(NIGHT_BY_NIGHT) => {
                Some(Gap::BedNights)
            }
            _ => None,
        })
}

/// The latest stay is the one that began last; of two that began on one day the one that lasts
/// longer, then the one recorded later.
fn rank(member: &MemberRow, household: &HouseholdRow) -> impl Ord + use<> {
    let end = member.left.as_ref().map_or(NaiveDate::MAX, |left| left.on);
    (member.entered_on, end, member.position, household.household)
}

/// Members who were there in the period (Glossary: Active Clients, method 1).
fn active(household: &HouseholdRow, period: Period) -> impl Iterator<Item = &MemberRow> {
    household.members.iter().filter(move |member| {
        member.entered_on <= period.to()
            && member
                .left
                .as_ref()
                .is_none_or(|left| left.on >= period.from())
    })
}

/// Age on the day of entry or the first day of the period, whichever is later.
fn age(member: &MemberRow, period: Period) -> Answer<u16> {
    let day = member.entered_on.max(period.from());
    member
        .birth
        .map(|birth| birth.age_on(day, member.entered_on))
}

fn client<'a>(
    snapshot: &'a Snapshot,
    household: &'a HouseholdRow,
    member: &'a MemberRow,
    period: Period,
) -> Client<'a> {
    let project_type = snapshot
        .pilot
        .opening
        .as_ref()
        .and_then(|opening| opening.hmis_project.as_ref())
        .map_or(super::DEFAULT_PROJECT_TYPE, |project| project.project_type);
    let left_on = member
        .left
        .as_ref()
        .map(|left| left.on)
        .filter(|on| *on <= period.to());
    let end = left_on.unwrap_or(period.end());
    let ages: Vec<_> = active(household, period)
        .map(|m| (m, age(m, period)))
        .collect();
    let head = household.members.iter().find(|m| is_head(m));
    let head_stays = head.is_some_and(|h| h.left.as_ref().is_none_or(|left| left.on > period.to()));
    // The stay of the first head, whoever is the head now; it is the days between its start and the end of
    // the period (Glossary: Annual Assessment, 1 and 2), one less than a stayer's length of stay.
    let household_start = household
        .members
        .iter()
        .map(|m| m.entered_on)
        .min()
        .unwrap_or(member.entered_on);
    let lasted = period
        .to()
        .signed_duration_since(household_start)
        .num_days();
    let known = |test: fn(u16) -> bool| {
        ages.iter()
            .any(|(_, age)| age.known().is_some_and(|age| test(*age)))
    };
    Client {
        project_type,
        member,
        incomes: snapshot
            .work
            .get(&household.household)
            .map_or(&[], |work| work.incomes.as_slice()),
        left_on,
        age: age(member, period),
        kind: kind(ages.iter().map(|(_, age)| age)),
        days: end.signed_duration_since(member.entered_on).num_days(),
        move_in: move_in(household, member).filter(|moved| moved.is_by(period.to())),
        youth_household: !known(|age| age > *YOUTH.end()),
        with_child: ages.iter().any(|(m, age)| {
            m.relation.known() == Some(&Relation::Child)
                && m.person != member.person
                && age.known().is_some_and(|age| *age < ADULT)
        }),
        household_start,
        long_household: head_stays && lasted >= LONG_STAY_DAYS,
        period,
    }
}

/// Glossary: Household Types, in its order.
fn kind<'a>(ages: impl Iterator<Item = &'a Answer<u16>>) -> HouseholdKind {
    let (mut adults, mut children, mut unknown) = (false, false, false);
    for age in ages {
        match age.known() {
            Some(age) if *age >= ADULT => adults = true,
            Some(_) => children = true,
            None => unknown = true,
        }
    }
    match (adults, children, unknown) {
        (true, true, _) => HouseholdKind::ChildrenAndAdults,
        (true, false, false) => HouseholdKind::WithoutChildren,
        (false, true, false) => HouseholdKind::OnlyChildren,
        _ => HouseholdKind::Unknown,
    }
}

/// How somebody came to live in her housing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MoveIn {
    /// She lived there when the project took her in: there is no time to housing.
    Before,
    /// She moved in on this day of her stay.
    On(NaiveDate),
}

impl MoveIn {
    /// Had she moved in by `day`?
    pub(crate) fn is_by(self, day: NaiveDate) -> bool {
        match self {
            Self::Before => true,
            Self::On(moved) => moved <= day,
        }
    }

    /// The day, if it lies within the stay.
    pub(crate) fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Before => None,
            Self::On(day) => Some(day),
        }
    }
}

/// Who was there before the household's move-in, and still was on it, moved in with the head; who
/// came later moved in on her own first day. A dwelling that came with the admission was lived in
/// before it: one that was found afterwards is a move of its own.
fn move_in(household: &HouseholdRow, member: &MemberRow) -> Option<MoveIn> {
    let first = household
        .occupancies
        .iter()
        .min_by_key(|o| (o.from, o.position))?;
    if !is_head(member) {
        if member.entered_on > first.from {
            return Some(MoveIn::On(member.entered_on));
        }
        if member
            .left
            .as_ref()
            .is_some_and(|left| left.on < first.from)
        {
            return None;
        }
    }
    Some(if first.reason.is_none() {
        MoveIn::Before
    } else {
        MoveIn::On(first.from)
    })
}

/// The head is who was recorded as the head on entering; who succeeds her later rewrites no table.
pub(crate) fn is_head(member: &MemberRow) -> bool {
    member.relation == Answer::Known(Relation::Head)
}

impl<'a> Client<'a> {
    pub(crate) fn is_adult(&self) -> bool {
        self.age.known().is_some_and(|age| *age >= ADULT)
    }

    pub(crate) fn is_child(&self) -> bool {
        self.age.known().is_some_and(|age| *age < ADULT)
    }

    pub(crate) fn is_head(&self) -> bool {
        is_head(self.member)
    }

    pub(crate) fn is_leaver(&self) -> bool {
        self.left_on.is_some()
    }

    /// Youth: 12 to 24 in a household where nobody is known to be older.
    pub(crate) fn is_youth(&self) -> bool {
        self.youth_household && self.age.known().is_some_and(|age| YOUTH.contains(age))
    }

    /// A youth who is the head or an adult, with a child of the head's in the household.
    pub(crate) fn is_parenting_youth(&self) -> bool {
        self.is_youth() && self.with_child && (self.is_head() || self.is_adult())
    }

    /// A stayer whose head's stay has lasted 365 days or more, herself the head or an adult.
    pub(crate) fn is_long_stayer(&self) -> bool {
        self.long_household && !self.is_leaver() && (self.is_adult() || self.is_head())
    }

    /// In permanent supportive housing or rapid re-housing?
    pub(crate) fn is_psh_or_rrh(&self) -> bool {
        matches!(
            self.project_type,
            project_type::PERMANENT_SUPPORTIVE | project_type::RAPID_REHOUSING
        )
    }

    /// Income at project start: recorded for the stage, on the day of entry.
    pub(crate) fn income_at_start(&self) -> Option<&'a Answer<Income>> {
        self.income(
            IncomeStage::Entry,
            self.member.entered_on,
            self.member.entered_on,
        )
    }

    /// Income at project exit: recorded for the stage, on the day she left.
    pub(crate) fn income_at_exit(&self) -> Option<&'a Answer<Income>> {
        let day = self.left_on?;
        self.income(IncomeStage::Exit, day, day)
    }

    /// Glossary: Annual Assessment.
    pub(crate) fn annual(&self) -> Annual<'a> {
        let Some(years) = self
            .period
            .to()
            .years_since(self.household_start)
            .filter(|y| *y > 0)
        else {
            return Annual::NotYetRequired;
        };
        let start = self.household_start;
        let year = start.year().saturating_add_unsigned(years);
        // 29 February has its anniversary on the 28th in common years.
        let anniversary = start
            .with_year(year)
            .or_else(|| NaiveDate::from_ymd_opt(year, 2, 28))
            .unwrap_or(start);
        if self.member.entered_on > anniversary {
            return Annual::NotYetRequired;
        }
        let window = Days::new(ANNUAL_WINDOW_DAYS);
        let from = anniversary.checked_sub_days(window).unwrap_or(anniversary);
        let to = anniversary
            .checked_add_days(window)
            .unwrap_or(anniversary)
            .min(self.period.to());
        match self.income(IncomeStage::Annual, from, to) {
            Some(income) => Annual::Recorded(income),
            None => Annual::Missing,
        }
    }

    /// The last income recorded for a stage between two days.
    fn income(
        &self,
        stage: IncomeStage,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Option<&'a Answer<Income>> {
        self.incomes
            .iter()
            .filter(|row| row.person == self.member.person && row.stage == stage)
            .filter(|row| from <= row.on && row.on <= to)
            .max_by_key(|row| (row.on, row.position))
            .map(|row| &row.income)
    }
}

/// Glossary: Determining Total and Earned Income, rounded half up to whole units of money. None when
/// there is an income and nobody knows how much.
pub(crate) fn total(income: &Income) -> Option<rust_decimal::Decimal> {
    use rust_decimal::{Decimal, RoundingStrategy};
    let sum = || {
        let mut known = income
            .sources
            .iter()
            .filter_map(|source| source.amount.known().copied())
            .peekable();
        known.peek().is_some().then(|| known.sum::<Decimal>())
    };
    let total = match income.total.known().copied() {
        Some(total) if total > Decimal::ZERO => Some(total),
        total => sum().or(total),
    };
    total.map(|total| total.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
}

/// Does she have income from one of these sources? An amount of zero is none; an unknown amount is some.
pub(crate) fn has_source(income: &Income, sources: &[IncomeSource]) -> bool {
    income
        .sources
        .iter()
        .any(|IncomeAmount { source, .. }| sources.contains(source))
}
