//! Q16, Q17: cash income of adults at start, at the annual assessment and at exit.

use events::codes::IncomeSource;
use events::{Answer, Income};
use rust_decimal::Decimal;

use super::universe::{Annual, Client, has_source, total};
use super::{Cell, Table, count, row};

const HEADER: [&str; 3] = [
    "Income at start",
    "Income at latest annual assessment for stayers",
    "Income at exit for leavers",
];

/// A row of Q16.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// Upper limits of the rows with an amount, and the row above them all.
    UpTo(Option<i64>),
    DoesNotKnow,
    NotCollected,
}

/// Rows with an income, in whole units of money: each reaches to its limit.
const BRACKETS: [(&str, Option<i64>); 8] = [
    ("a. no income", Some(0)),
    ("b. $1 - $150", Some(150)),
    ("c. $151 - $250", Some(250)),
    ("d. $251 - $500", Some(500)),
    ("e. $501 - $1000", Some(1000)),
    ("f. $1,001 - $1,500", Some(1500)),
    ("g. $1,501 - $2,000", Some(2000)),
    ("h. $2,001+", None),
];

fn bracket(income: Option<&Answer<Income>>) -> Bracket {
    match income {
        Some(Answer::Known(income)) => match total(income) {
            None => Bracket::NotCollected,
            Some(total) => Bracket::UpTo(
                BRACKETS
                    .iter()
                    .filter_map(|(_, limit)| *limit)
                    .find(|limit| total <= Decimal::from(*limit)),
            ),
        },
        Some(Answer::DoesNotKnow | Answer::PrefersNotToAnswer) => Bracket::DoesNotKnow,
        Some(Answer::NotCollected) | None => Bracket::NotCollected,
    }
}

/// Cash Income - Ranges.
pub(super) fn q16(clients: &[Client<'_>]) -> Table {
    let adults = || clients.iter().filter(|c| c.is_adult());
    let start: Vec<_> = adults().map(|c| bracket(c.income_at_start())).collect();
    let stayers: Vec<_> = adults()
        .filter(|c| !c.is_leaver())
        .map(Client::annual)
        .collect();
    let annual: Vec<_> = stayers
        .iter()
        .filter_map(|annual| match annual {
            Annual::Recorded(income) => Some(bracket(Some(income))),
            Annual::NotYetRequired | Annual::Missing => None,
        })
        .collect();
    let exit: Vec<_> = adults()
        .filter(|c| c.is_leaver())
        .map(|c| bracket(c.income_at_exit()))
        .collect();

    let line = |label, wanted: Bracket| {
        let number = |of: &[Bracket]| count(of.iter().filter(|b| **b == wanted).count());
        row(label, vec![number(&start), number(&annual), number(&exit)])
    };
    let only_annual = |label, wanted: Annual<'_>| {
        let number = stayers.iter().filter(|annual| **annual == wanted).count();
        row(label, vec![Cell::Blank, count(number), Cell::Blank])
    };
    let mut rows: Vec<_> = BRACKETS
        .iter()
        .map(|(label, limit)| line(label, Bracket::UpTo(*limit)))
        .collect();
    rows.extend([
        line(
            "i. Client Doesn't Know/Client Refused",
            Bracket::DoesNotKnow,
        ),
        line("j. Data Not Collected", Bracket::NotCollected),
        only_annual(
            "k. Number of adult stayers not yet required to have an annual assessment",
            Annual::NotYetRequired,
        ),
        only_annual(
            "l. Number of adult stayers without required annual assessment",
            Annual::Missing,
        ),
        row(
            "n. Total adults",
            vec![count(start.len()), count(stayers.len()), count(exit.len())],
        ),
    ]);
    Table {
        name: "Q16",
        header: std::iter::once("Income bracket").chain(HEADER).collect(),
        rows,
    }
}

/// Rows of Q17. Sources HUD does not know are other sources.
const SOURCES: [(&str, &[IncomeSource]); 15] = [
    ("a. Earned Income", &[IncomeSource::Earned]),
    ("b. Unemployment Insurance", &[IncomeSource::Unemployment]),
    (
        "c. Supplemental Security Income (SSI)",
        &[IncomeSource::Ssi],
    ),
    (
        "d. Social Security Disability Insurance (SSDI)",
        &[IncomeSource::Ssdi],
    ),
    (
        "e. VA Service-Connected Disability Compensation",
        &[IncomeSource::VaServiceConnected],
    ),
    (
        "f. VA Non-Service Connected Disability Pension",
        &[IncomeSource::VaPension],
    ),
    (
        "g. Private Disability Insurance",
        &[IncomeSource::PrivateDisability],
    ),
    (
        "h. Worker's Compensation",
        &[IncomeSource::WorkersCompensation],
    ),
    (
        "i. Temporary Assistance for Needy Families (TANF)",
        &[IncomeSource::Tanf],
    ),
    (
        "j. General Assistance (GA)",
        &[IncomeSource::GeneralAssistance],
    ),
    (
        "k. Retirement Income from Social Security",
        &[IncomeSource::SocialSecurityRetirement],
    ),
    (
        "l. Pension or retirement income from a former job",
        &[IncomeSource::Pension],
    ),
    ("m. Child Support", &[IncomeSource::ChildSupport]),
    (
        "n. Alimony and other spousal support",
        &[IncomeSource::Alimony],
    ),
    (
        "o. Other source",
        &[
            IncomeSource::Other,
            IncomeSource::InclusionBenefit,
            IncomeSource::FreedomIncome,
            IncomeSource::SingleChildAllowance,
            IncomeSource::PensionDisability,
        ],
    ),
];

/// Cash Income - Sources.
pub(super) fn q17(clients: &[Client<'_>]) -> Table {
    let adults = || clients.iter().filter(|c| c.is_adult());
    let known = |income: Option<&Answer<Income>>| income.is_some_and(|i| i.known().is_some());
    let annual_of = |c: &Client<'_>| match c.annual() {
        Annual::Recorded(income) => income.known().cloned(),
        Annual::NotYetRequired | Annual::Missing => None,
    };
    let start: Vec<_> = adults()
        .filter_map(|c| c.income_at_start()?.known().cloned())
        .collect();
    let annual: Vec<_> = adults()
        .filter(|c| !c.is_leaver())
        .filter_map(annual_of)
        .collect();
    let exit: Vec<_> = adults()
        .filter_map(|c| c.income_at_exit()?.known().cloned())
        .collect();
    let with = |incomes: &[Income], sources: &[IncomeSource]| {
        count(
            incomes
                .iter()
                .filter(|income| has_source(income, sources))
                .count(),
        )
    };
    let mut rows: Vec<_> = SOURCES
        .iter()
        .map(|(label, sources)| {
            row(
                label,
                vec![
                    with(&start, sources),
                    with(&annual, sources),
                    with(&exit, sources),
                ],
            )
        })
        .collect();
    let both = adults().filter(|c| known(c.income_at_start()));
    rows.push(row(
        "p. Adults with Income Information at Start and Annual Assessment/Exit",
        vec![
            Cell::Blank,
            count(
                both.clone()
                    .filter(|c| !c.is_leaver() && annual_of(c).is_some())
                    .count(),
            ),
            count(both.filter(|c| known(c.income_at_exit())).count()),
        ],
    ));
    Table {
        name: "Q17",
        header: std::iter::once("Source").chain(HEADER).collect(),
        rows,
    }
}
