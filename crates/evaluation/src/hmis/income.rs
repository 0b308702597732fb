//! Q16, Q17, Q18 and, of youth, Q27g and Q27h: cash income of adults at start, at the annual assessment and at exit.

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
            IncomeSource::CitizenshipIncome,
            IncomeSource::InclusionBenefit,
            IncomeSource::FreedomIncome,
            IncomeSource::SingleChildAllowance,
            IncomeSource::PensionDisability,
        ],
    ),
];

/// Cash Income - Sources.
pub(super) fn q17(clients: &[Client<'_>]) -> Table {
    sources("Q17", clients)
}

/// Cash Income - Sources - Youth.
pub(super) fn q27g(youth: &[Client<'_>]) -> Table {
    sources("Q27g", youth)
}

fn sources(name: &'static str, clients: &[Client<'_>]) -> Table {
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
        name,
        header: std::iter::once("Source").chain(HEADER).collect(),
        rows,
    }
}

/// A row of Q18.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Category {
    OnlyEarned,
    OnlyOther,
    Both,
    None,
    DoesNotKnow,
    Missing,
}

fn category(income: Option<&Answer<Income>>) -> Category {
    match income {
        Some(Answer::Known(income)) => {
            let earned = has_source(income, &[IncomeSource::Earned]);
            let other = income
                .sources
                .iter()
                .any(|part| part.source != IncomeSource::Earned);
            match (earned, other) {
                (true, true) => Category::Both,
                (true, false) => Category::OnlyEarned,
                (false, true) => Category::OnlyOther,
                // Without a source the total decides: some income of no stated source is missing detail.
                (false, false) => match total(income) {
                    Some(total) if total.is_zero() => Category::None,
                    _ => Category::Missing,
                },
            }
        }
        Some(Answer::DoesNotKnow | Answer::PrefersNotToAnswer) => Category::DoesNotKnow,
        Some(Answer::NotCollected) | None => Category::Missing,
    }
}

/// Labels of Q18: the rows from top to bottom, and the header.
struct Labels {
    name: &'static str,
    header: [&'static str; 4],
    rows: [&'static str; 11],
}

const OF_ADULTS: Labels = Labels {
    name: "Q18",
    header: [
        "Category",
        "Number of adults at start",
        "Number of adults at annual assessment (stayers)",
        "Number of adults at exit (leavers)",
    ],
    rows: [
        "a. Adults with only earned income (i.e., employment income)",
        "b. Adults with only other income",
        "c. Adults with both earned and other income",
        "d. Adults with no income",
        "e. Adults with Client Doesn't Know/Client Refused income information",
        "f. Adults with missing income information",
        "g. Number of adult stayers not yet required to have an annual assessment",
        "h. Number of adult stayers without required annual assessment",
        "i. Total adults",
        "j. 1 or more source of income",
        "k. Adults with income information at start AND follow-up/exit",
    ],
};

const OF_YOUTH: Labels = Labels {
    name: "Q27h",
    header: [
        "Category",
        "Number of youth at start",
        "Number of youth at annual assessment (stayers)",
        "Number of youth at exit (leavers)",
    ],
    rows: [
        "a. Youth with only earned income (i.e., employment income)",
        "b. Youth with only other income",
        "c. Youth with both earned and other income",
        "d. Youth with no income",
        "e. Youth with Client Doesn't Know/Client Refused income information",
        "f. Youth with missing income information",
        "g. Number of Youth stayers not yet required to have an annual assessment",
        "h. Number of Youth stayers without required annual assessment",
        "i. Total Youth",
        "j. 1 or more source of income",
        "k. Youth with income information at start AND follow-up/exit",
    ],
};

/// Client Cash Income Category - Earned/Other Income Category - by Start and Annual Assessment/Exit
/// Status.
pub(super) fn q18(clients: &[Client<'_>]) -> Table {
    categories(&OF_ADULTS, clients)
}

/// The same of youth.
pub(super) fn q27h(youth: &[Client<'_>]) -> Table {
    categories(&OF_YOUTH, youth)
}

fn categories(labels: &Labels, clients: &[Client<'_>]) -> Table {
    use Category as C;
    let adults = || clients.iter().filter(|c| c.is_adult());
    let start: Vec<_> = adults().map(|c| category(c.income_at_start())).collect();
    let stayers: Vec<_> = adults().filter(|c| !c.is_leaver()).collect();
    let annual: Vec<_> = stayers
        .iter()
        .filter_map(|c| match c.annual() {
            Annual::Recorded(income) => Some(category(Some(income))),
            Annual::NotYetRequired | Annual::Missing => None,
        })
        .collect();
    let leavers: Vec<_> = adults().filter(|c| c.is_leaver()).collect();
    let exit: Vec<_> = leavers
        .iter()
        .map(|c| category(c.income_at_exit()))
        .collect();

    let any = |wanted: &[C], of: &[C]| count(of.iter().filter(|c| wanted.contains(c)).count());
    let line = |label, wanted: &[C]| {
        let cells = [&start, &annual, &exit].map(|of| any(wanted, of));
        row(label, cells.to_vec())
    };
    let without = |label, wanted: Annual<'_>| {
        let number = stayers.iter().filter(|c| c.annual() == wanted).count();
        row(label, vec![Cell::Blank, count(number), Cell::Blank])
    };
    // What was asked and answered, with or without an income.
    let told = |of: C| matches!(of, C::OnlyEarned | C::OnlyOther | C::Both | C::None);
    let both = |those: &[&Client<'_>], then: &dyn Fn(&Client<'_>) -> Category| {
        let those = those.iter().filter(|c| told(category(c.income_at_start())));
        count(those.filter(|c| told(then(c))).count())
    };
    let [
        earned,
        other,
        both_kinds,
        none,
        refused,
        missing,
        early,
        due,
        all,
        one,
        informed,
    ] = labels.rows;
    let rows = vec![
        line(earned, &[C::OnlyEarned]),
        line(other, &[C::OnlyOther]),
        line(both_kinds, &[C::Both]),
        line(none, &[C::None]),
        line(refused, &[C::DoesNotKnow]),
        line(missing, &[C::Missing]),
        without(early, Annual::NotYetRequired),
        without(due, Annual::Missing),
        row(
            all,
            vec![count(start.len()), count(stayers.len()), count(exit.len())],
        ),
        line(one, &[C::OnlyEarned, C::OnlyOther, C::Both]),
        row(
            informed,
            vec![
                Cell::Blank,
                both(&stayers, &|c| match c.annual() {
                    Annual::Recorded(income) => category(Some(income)),
                    Annual::NotYetRequired | Annual::Missing => C::Missing,
                }),
                both(&leavers, &|c| category(c.income_at_exit())),
            ],
        ),
    ];
    Table {
        name: labels.name,
        header: labels.header.to_vec(),
        rows,
    }
}
