//! The rows that are used, in the house's own values.

use chrono::{DateTime, NaiveDate, Utc};
use events::codes::{
    Completion, EmploymentStatus, IncomeStage, LivingSituation, ReferralSource, Relation, Safety,
    Service,
};
use events::{Answer, Birth, Income, IncomeAmount, Money};

use super::codes;
use super::findings::Notes;
use super::table::Row;

/// A project, with what is said about it elsewhere.
#[derive(Clone, Debug)]
pub(super) struct ProjectRow {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) organization: String,
    pub(super) organization_name: String,
    pub(super) name: String,
    pub(super) started: Option<NaiveDate>,
    pub(super) kind: Option<u8>,
    pub(super) housing: Option<u8>,
    pub(super) tracking: Option<u8>,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) place: Option<String>,
    pub(super) inventory: Vec<InventoryRow>,
    /// Indices of its enrolments.
    pub(super) enrolments: Vec<usize>,
}

/// Units and beds of a project.
#[derive(Clone, Debug)]
pub(super) struct InventoryRow {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) without_children: bool,
    pub(super) units: u32,
    pub(super) beds: u32,
    pub(super) from: Option<NaiveDate>,
    pub(super) until: Option<NaiveDate>,
    pub(super) created: Option<DateTime<Utc>>,
}

/// A person. The only rows with names in them; they leave this module sealed.
#[derive(Clone)]
pub(super) struct ClientRow {
    pub(super) given_name: String,
    pub(super) family_name: String,
    pub(super) born_on: Option<NaiveDate>,
    /// What was answered instead of a birth date.
    pub(super) unborn: Answer<Birth>,
}

/// An enrolment, with the rows that hang on it.
#[derive(Clone)]
pub(super) struct Enrolment {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) person: String,
    pub(super) household: String,
    pub(super) entry: NaiveDate,
    pub(super) relation: Answer<Relation>,
    pub(super) prior: Answer<LivingSituation>,
    pub(super) without_home_since: Answer<NaiveDate>,
    pub(super) move_in: Option<NaiveDate>,
    pub(super) referral: Answer<ReferralSource>,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) exit: Option<ExitRow>,
    pub(super) incomes: Vec<IncomeRow>,
    pub(super) employments: Vec<EmploymentRow>,
    pub(super) services: Vec<ServiceRow>,
}

/// The end of an enrolment.
#[derive(Clone, Debug)]
pub(super) struct ExitRow {
    pub(super) line: u64,
    pub(super) on: NaiveDate,
    pub(super) destination: Answer<LivingSituation>,
    pub(super) completion: Answer<Completion>,
    pub(super) client_safety: Answer<Safety>,
    pub(super) worker_safety: Answer<Safety>,
    pub(super) created: Option<DateTime<Utc>>,
}

/// An income.
#[derive(Clone, Debug)]
pub(super) struct IncomeRow {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) on: NaiveDate,
    pub(super) stage: IncomeStage,
    pub(super) income: Answer<Income>,
    pub(super) created: Option<DateTime<Utc>>,
}

/// Whether somebody was working.
#[derive(Clone, Debug)]
pub(super) struct EmploymentRow {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) on: NaiveDate,
    pub(super) stage: String,
    pub(super) status: Answer<EmploymentStatus>,
    pub(super) seasonal: bool,
    pub(super) created: Option<DateTime<Utc>>,
}

/// A service.
#[derive(Clone, Debug)]
pub(super) struct ServiceRow {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) on: NaiveDate,
    pub(super) service: Service,
    pub(super) amount: Option<Money>,
    pub(super) created: Option<DateTime<Utc>>,
}

const NO_CODE: &str = "not a number of this list: taken as not collected";
const NO_DATE: &str = "not a date";
const NO_DATE_ROW: &str = "no date, or not a date: the row is left out";
const NO_AMOUNT: &str = "not an amount of money with at most two decimals: left out";

/// A coded answer.
pub(super) fn coded<T>(
    row: &Row<'_>,
    column: &'static str,
    notes: &mut Notes,
    read: impl Fn(&str) -> Option<Answer<T>>,
) -> Answer<T> {
    let text = row.text(column);
    read(text).unwrap_or_else(|| {
        notes.broken(row.at(column), NO_CODE, Some(text));
        Answer::NotCollected
    })
}

/// A date that may be missing.
pub(super) fn date(row: &Row<'_>, column: &str, notes: &mut Notes) -> Option<NaiveDate> {
    row.date(column).unwrap_or_else(|_| {
        notes.broken(row.at(column), NO_DATE, None);
        None
    })
}

/// A date without which the row means nothing.
pub(super) fn needed_date(row: &Row<'_>, column: &str, notes: &mut Notes) -> Option<NaiveDate> {
    let date = row.date(column).ok().flatten();
    if date.is_none() {
        notes.broken(row.at(column), NO_DATE_ROW, None);
    }
    date
}

/// When the row was first written down in the source.
pub(super) fn created(row: &Row<'_>, notes: &mut Notes) -> Option<DateTime<Utc>> {
    let time = row.time("DateCreated").ok().flatten();
    if time.is_none() {
        notes.broken(
            row.at("DateCreated"),
            "no time, or not a time: when it was first written down is not known",
            None,
        );
    }
    time
}

/// A whole number that may be missing.
pub(super) fn number<T: std::str::FromStr>(
    row: &Row<'_>,
    column: &str,
    notes: &mut Notes,
) -> Option<T> {
    row.number(column).unwrap_or_else(|_| {
        notes.broken(row.at(column), "not a number", None);
        None
    })
}

fn money(row: &Row<'_>, column: &str, notes: &mut Notes) -> Option<Money> {
    row.money(column).unwrap_or_else(|_| {
        notes.broken(row.at(column), NO_AMOUNT, None);
        None
    })
}

impl InventoryRow {
    pub(super) fn read(row: &Row<'_>, notes: &mut Notes) -> Self {
        Self {
            line: row.line,
            id: row.text("InventoryID").to_owned(),
            without_children: row.text("HouseholdType") == "1",
            units: number(row, "UnitInventory", notes).unwrap_or(0),
            beds: number(row, "BedInventory", notes).unwrap_or(0),
            from: date(row, "InventoryStartDate", notes),
            until: date(row, "InventoryEndDate", notes),
            created: created(row, notes),
        }
    }
}

impl ClientRow {
    pub(super) fn read(row: &Row<'_>, notes: &mut Notes) -> Self {
        let joined = |first: &str, second: &str| {
            [row.text(first), row.text(second)]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let quality = row.text("DOBDataQuality");
        let born_on = date(row, "DOB", notes);
        if born_on.is_some() && !matches!(quality, "1") {
            notes.assumed(
                row.at("DOBDataQuality"),
                "a birth date that is said to be approximate or unknown is taken as it stands",
            );
        }
        Self {
            given_name: joined("FirstName", "MiddleName"),
            family_name: joined("LastName", "NameSuffix"),
            born_on,
            unborn: match quality {
                "8" => Answer::DoesNotKnow,
                "9" => Answer::PrefersNotToAnswer,
                _ => Answer::NotCollected,
            },
        }
    }
}

impl Enrolment {
    pub(super) fn read(row: &Row<'_>, notes: &mut Notes) -> Option<Self> {
        let entry = needed_date(row, "EntryDate", notes)?;
        let id = row.text("EnrollmentID").to_owned();
        let mut household = row.text("HouseholdID").to_owned();
        if household.is_empty() {
            notes.broken(
                row.at("HouseholdID"),
                "empty: taken as a household of its own",
                None,
            );
            household = format!("enrolment {id}");
        }
        let mut since = date(row, "DateToStreetESSH", notes);
        if since.is_some_and(|since| since > entry) {
            notes.broken(
                row.at("DateToStreetESSH"),
                "after the entry: taken as not collected",
                None,
            );
            since = None;
        }
        Some(Self {
            line: row.line,
            person: row.text("PersonalID").to_owned(),
            household,
            entry,
            relation: coded(row, "RelationshipToHoH", notes, codes::relation),
            prior: coded(row, "LivingSituation", notes, codes::living_situation),
            without_home_since: since.map_or(Answer::NotCollected, Answer::Known),
            move_in: date(row, "MoveInDate", notes),
            referral: referral(row, notes),
            created: created(row, notes),
            exit: None,
            incomes: Vec::new(),
            employments: Vec::new(),
            services: Vec::new(),
            id,
        })
    }

    /// Whether somebody is in the household on a day, the days of entry and exit included.
    pub(super) fn covers(&self, day: NaiveDate) -> bool {
        self.entry <= day && self.exit.as_ref().is_none_or(|exit| day <= exit.on)
    }
}

fn referral(row: &Row<'_>, notes: &mut Notes) -> Answer<ReferralSource> {
    let code = row.text("ReferralSource");
    match codes::referral_source(code) {
        Some((source, own)) => {
            if !own {
                notes.not_mapped(
                    row.at("ReferralSource"),
                    "has no word of its own here: taken as other",
                    Some(code),
                );
            }
            source
        }
        None => {
            notes.broken(row.at("ReferralSource"), NO_CODE, Some(code));
            Answer::NotCollected
        }
    }
}

impl ExitRow {
    pub(super) fn read(row: &Row<'_>, entry: NaiveDate, notes: &mut Notes) -> Option<Self> {
        let on = needed_date(row, "ExitDate", notes)?;
        if on < entry {
            notes.broken(
                row.at("ExitDate"),
                "before the entry: the exit is left out and the stay stays open",
                None,
            );
            return None;
        }
        Some(Self {
            line: row.line,
            on,
            destination: coded(row, "Destination", notes, codes::living_situation),
            completion: coded(row, "ProjectCompletionStatus", notes, codes::completion),
            client_safety: coded(row, "DestinationSafeClient", notes, codes::safety),
            worker_safety: coded(row, "DestinationSafeWorker", notes, codes::safety),
            created: created(row, notes),
        })
    }
}

impl IncomeRow {
    pub(super) fn read(row: &Row<'_>, notes: &mut Notes) -> Option<Self> {
        let on = needed_date(row, "InformationDate", notes)?;
        let code = row.text("DataCollectionStage");
        let Some(stage) = codes::income_stage(code) else {
            notes.broken(
                row.at("DataCollectionStage"),
                "not a stage at which incomes are recorded here: the row is left out",
                Some(code),
            );
            return None;
        };
        Some(Self {
            line: row.line,
            id: row.text("IncomeBenefitsID").to_owned(),
            on,
            stage,
            income: income(row, notes),
            created: created(row, notes),
        })
    }
}

/// The income of a row, by HUD's order of precedence for total income (reporting glossary): a total
/// above zero; else the sum of the flagged amounts above zero; else zero, if the answer is no, or if
/// it is yes or missing and the total says zero; else nobody knows. The flagged sources are kept
/// whatever the first answer says, because sources are counted by their own flags.
fn income(row: &Row<'_>, notes: &mut Notes) -> Answer<Income> {
    let any = row.text("IncomeFromAnySource");
    let answered = coded(row, "IncomeFromAnySource", notes, |code| {
        codes::answer(code, |code| match code {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        })
    });
    let stated = money(row, "TotalMonthlyIncome", notes);
    let sources = sources(row, notes);
    let sum: Money = sources
        .iter()
        .filter_map(|source| source.amount.known().copied())
        .sum();
    let total = match stated {
        Some(total) if total > Money::ZERO => Some(total),
        _ if sum > Money::ZERO => Some(sum),
        _ if answered == Answer::Known(false) => Some(Money::new(0, 2)),
        Some(_) if answered == Answer::Known(true) || any.is_empty() => Some(Money::new(0, 2)),
        _ => None,
    };
    let has = !sources.is_empty() || total.is_some_and(|total| total > Money::ZERO);
    if has && answered != Answer::Known(true) {
        notes.assumed_here(
            row.at("IncomeFromAnySource"),
            "contradicts the amounts or sources of its row: these are kept",
            Some(any),
        );
    }
    if !has && answered == Answer::Known(true) {
        notes.assumed_here(
            row.at("IncomeFromAnySource"),
            "says that there is an income, but no source and no amount is given: kept as HUD's glossary reads it",
            Some(any),
        );
    }
    let has_total = total.is_some();
    let total = Answer::stated(total);
    match answered {
        Answer::Known(_) => Answer::Known(Income { total, sources }),
        _ if has || has_total => Answer::Known(Income { total, sources }),
        missing => missing.map(|_| Income::default()),
    }
}

fn sources(row: &Row<'_>, notes: &mut Notes) -> Vec<IncomeAmount> {
    let mut sources = Vec::new();
    for (flag, column, source) in codes::INCOME_SOURCES {
        let amount = money(row, column, notes);
        if amount.is_some_and(|amount| amount < Money::ZERO) {
            notes.broken(
                row.at(column),
                "less than zero: the amount is left out",
                None,
            );
        }
        let amount = amount.filter(|amount| *amount >= Money::ZERO);
        if row.text(flag) == "1" {
            let amount = Answer::stated(amount);
            sources.push(IncomeAmount { source, amount });
        } else if amount.is_some_and(|amount| amount > Money::ZERO) {
            notes.broken(
                row.at(column),
                "an amount whose source is not flagged: left out",
                None,
            );
        } else if !matches!(row.text(flag), "" | "0" | "8" | "9" | "99") {
            notes.broken(row.at(flag), "not a number of this list: taken as no", None);
        }
    }
    sources
}

impl EmploymentRow {
    pub(super) fn read(row: &Row<'_>, notes: &mut Notes) -> Option<Self> {
        let on = needed_date(row, "InformationDate", notes)?;
        let reason = row.text("NotEmployedReason");
        let status = coded(row, "Employed", notes, |employed| {
            codes::employment(employed, reason)
        });
        let kind = row.text("EmploymentType");
        if status == Answer::Known(EmploymentStatus::Employed) && matches!(kind, "1" | "2") {
            notes.not_mapped(
                row.at("EmploymentType"),
                "full-time and part-time are hours a week here, which the export does not say",
                Some(kind),
            );
        }
        Some(Self {
            line: row.line,
            id: row.text("EmploymentEducationID").to_owned(),
            on,
            stage: row.text("DataCollectionStage").to_owned(),
            status,
            seasonal: kind == "3",
            created: created(row, notes),
        })
    }

    /// Was she working? None when nobody knows.
    pub(super) fn works(&self) -> Option<bool> {
        self.status
            .known()
            .map(|status| *status == EmploymentStatus::Employed)
    }
}

impl ServiceRow {
    pub(super) fn read(row: &Row<'_>, notes: &mut Notes) -> Option<Self> {
        let record = row.text("RecordType");
        let kind = row.text("TypeProvided");
        if record == codes::BED_NIGHT {
            notes.not_mapped(
                row.at("RecordType"),
                "a bed night is no service; night-by-night shelters are outside of what is counted here",
                Some(record),
            );
            return None;
        }
        if !codes::is_service(record) {
            notes.broken(
                row.at("RecordType"),
                "not a record type of services: the row is left out",
                Some(record),
            );
            return None;
        }
        let on = needed_date(row, "DateProvided", notes)?;
        let service = codes::service(record, kind).unwrap_or_else(|| {
            notes.not_mapped(row.at("TypeProvided"), folded(record), Some(kind));
            Service::Other
        });
        if record == codes::PATH_REFERRAL {
            notes.assumed(
                row.at("RecordType"),
                "a PATH referral is taken as a service; its outcome is not kept",
            );
        }
        let mut amount = money(row, "FAAmount", notes);
        if amount.is_some_and(|amount| amount <= Money::ZERO) {
            notes.broken(row.at("FAAmount"), "not above zero: left out", None);
            amount = None;
        }
        if amount.is_some() && service != Service::EconomicSupport {
            notes.broken(
                row.at("FAAmount"),
                "an amount on a service that is no financial assistance: left out",
                None,
            );
            amount = None;
        }
        Some(Self {
            line: row.line,
            id: row.text("ServicesID").to_owned(),
            on,
            service,
            amount,
            created: created(row, notes),
        })
    }
}

fn folded(record: &str) -> &'static str {
    match record {
        "141" => "a PATH service (141) without a word of its own here: taken as other",
        "142" => "an RHY service (142) without a word of its own here: taken as other",
        "143" => "a HOPWA service (143) without a word of its own here: taken as other",
        "144" => "an SSVF service (144) without a word of its own here: taken as other",
        "161" => "a PATH referral (161) without a word of its own here: taken as other",
        "210" => "a HUD-VASH voucher's tracking (210): taken as another service",
        _ => "moving-on assistance (300) without a word of its own here: taken as other",
    }
}
