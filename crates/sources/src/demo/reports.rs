//! A report on a quarter as it was published, and as it was published again once the late facts of
//! its last days were in.

use std::fmt::Write;
use std::sync::Arc;

use chrono::NaiveDate;
use events::codes::{Audience, Language, ReportFormat, RestatementReason};
use events::{Artefact, Position, ReportId, ReportPublished, ReportRestated};
use sha2::{Digest, Sha256};

use super::calendar::date;
use super::mistakes::Told;
use super::register::{Key, Register};
use crate::Ids;

/// The quarter.
const FROM: NaiveDate = date(2025, 7, 1);
const TO: NaiveDate = date(2025, 9, 30);
/// The days of the two editions.
const PUBLISHED: NaiveDate = date(2025, 10, 8);
const RESTATED: NaiveDate = date(2025, 11, 12);
/// The definitions by which the figures were made.
const DEFINITIONS: u16 = 1;

/// Writes down both editions. Their figures are the contacts of the quarter, none of which was
/// recorded wrongly.
pub(super) fn write(register: &mut Register, opened: Key, told: &[Told], ids: &dyn Ids) {
    let visits = told.iter().flat_map(|story| &story.visits);
    let contacts: Arc<[Key]> = visits
        .filter(|visit| (FROM..=TO).contains(&visit.occurred_on))
        .map(|visit| visit.key)
        .collect();
    let first = ReportId(ids.id("demo report", &["2025-3", "1"]));
    let second = ReportId(ids.id("demo report", &["2025-3", "2"]));
    let counted = Arc::clone(&contacts);
    let published = register.write_placed(
        PUBLISHED,
        &[opened],
        Arc::new(move |places, own| {
            let (figures, artefacts) = edition(&counted, places, own);
            ReportPublished {
                report: first,
                from: FROM,
                to: TO,
                definitions: DEFINITIONS,
                position: own - 1,
                language: Language::It,
                audience: Audience::Committee,
                figures,
                artefacts,
            }
            .into()
        }),
    );
    register.write_placed(
        RESTATED,
        &[published],
        Arc::new(move |places, own| {
            let (figures, artefacts) = edition(&contacts, places, own);
            let late = places[published]..own;
            let causes = contacts.iter().map(|&key| places[key]);
            let mut causes: Vec<Position> = causes.filter(|at| late.contains(at)).collect();
            causes.sort_unstable();
            ReportRestated {
                report: second,
                restates: first,
                definitions: DEFINITIONS,
                position: own - 1,
                reason: RestatementReason::LateFact,
                causes,
                figures,
                artefacts,
            }
            .into()
        }),
    );
}

/// The figures as known just before the edition's own place, and their one artefact: themselves.
fn edition(contacts: &[Key], places: &[Position], own: Position) -> (String, Vec<Artefact>) {
    let known = contacts.iter().filter(|&&key| places[key] < own).count();
    let figures = format!(r#"{{"contacts":{known},"from":"{FROM}","to":"{TO}"}}"#);
    let artefact = Artefact {
        format: ReportFormat::Json,
        sha256: digest(&figures),
    };
    (figures, vec![artefact])
}

fn digest(text: &str) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(text) {
        // Writing into a text never fails.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
