//! Published reports: each edition once, and each replaced once at most.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use events::{Effective, Event, ReportId};

use crate::Refusal;
use crate::finding::Findings;

/// Notes editions that exist already, and restatements of what cannot be restated. Editions are
/// never corrected or retracted, so the order of recording is the order in which they came.
pub(crate) fn check(facts: &[Effective], found: &mut Findings) {
    let mut published: BTreeMap<ReportId, NaiveDate> = BTreeMap::new();
    let mut restated: BTreeMap<ReportId, ReportId> = BTreeMap::new();
    for fact in facts {
        let on = fact.occurred_on;
        let report = match &fact.event {
            Event::ReportPublished(edition) => edition.report,
            Event::ReportRestated(edition) => {
                let replaced = edition.restates;
                found.check(fact, check_published(&published, replaced, on));
                match restated.get(&replaced) {
                    Some(&by) => found.note(
                        fact,
                        Refusal::ReportAlreadyRestated {
                            report: replaced,
                            by,
                        },
                    ),
                    None => {
                        restated.insert(replaced, edition.report);
                    }
                }
                edition.report
            }
            _ => continue,
        };
        match published.get(&report) {
            Some(&on) => found.note(fact, Refusal::ReportExists { report, on }),
            None => {
                published.insert(report, on);
            }
        }
    }
}

fn check_published(
    published: &BTreeMap<ReportId, NaiveDate>,
    report: ReportId,
    on: NaiveDate,
) -> Result<(), Refusal> {
    match published.get(&report) {
        None => Err(Refusal::ReportUnknown { report }),
        Some(&published_on) if published_on > on => Err(Refusal::ReportNotYetPublished {
            report,
            published_on,
            on,
        }),
        Some(_) => Ok(()),
    }
}
