//! Facts of the pilot and its committee.

use chrono::NaiveDate;
use events::{
    AgreementAdopted, Artefact, MeetingHeld, PeriodClosed, PilotOpened, Position, ReportPublished,
    ReportRestated, RulesSet, TargetSet,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::checks::{decimal, each_once, money, not_empty, number, planned_day, text, within};
use crate::Refusal;
use crate::limits::*;

pub(super) fn opened(opened: &PilotOpened) -> Result<(), Refusal> {
    text("title", &opened.title, MAX_TITLE)?;
    text("place", &opened.place, MAX_PLACE)?;
    let code = opened.code.as_bytes();
    let usable = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if code.len() > MAX_CODE
        || !code.first().is_some_and(usable)
        || !code.iter().all(|byte| usable(byte) || *byte == b'-')
    {
        return Err(Refusal::CodeNotUsable);
    }
    match &opened.hmis_project {
        Some(project) => text("hmis_project", &project.project_id, MAX_HMIS_ID),
        None => Ok(()),
    }
}

pub(super) fn rules(rules: &RulesSet) -> Result<(), Refusal> {
    if let Some(amount) = rules.approve_expenses_above {
        money("approve_expenses_above", amount, Decimal::ZERO)?;
    }
    number(
        "unseen_after_days",
        rules.unseen_after_days,
        1,
        MAX_UNSEEN_DAYS,
    )?;
    let Some(kept) = rules.retention else {
        return Ok(());
    };
    for (name, months) in [
        ("after_exit_months", kept.after_exit_months),
        ("after_refusal_months", kept.after_refusal_months),
    ] {
        number(name, months, 1, MAX_RETENTION_MONTHS)?;
    }
    Ok(())
}

pub(super) fn agreement(agreement: &AgreementAdopted, on: NaiveDate) -> Result<(), Refusal> {
    text("title", &agreement.title, MAX_TITLE)?;
    not_empty("partners", &agreement.partners)?;
    each_once("partners", agreement.partners.iter(), MAX_PARTNERS)?;
    planned_day("valid_until", agreement.valid_until, on)
}

pub(super) fn target(target: &TargetSet, on: NaiveDate) -> Result<(), Refusal> {
    number("indicator", target.indicator, 1, INDICATORS)?;
    decimal("value", target.value, Decimal::ZERO, MAX_TARGET_DECIMALS)?;
    planned_day("due", target.due, on)
}

/// A period is closed when it is over.
pub(super) fn period(period: &PeriodClosed, on: NaiveDate) -> Result<(), Refusal> {
    within("from", period.from, EARLIEST_DAY, on)?;
    within("to", period.to, period.from, on)
}

pub(super) fn held(held: &MeetingHeld) -> Result<(), Refusal> {
    let partners = held.attendance.iter().map(|one| one.partner);
    each_once("attendance", partners, MAX_PARTNERS)
}

pub(super) fn published(report: &ReportPublished) -> Result<(), Refusal> {
    within("from", report.from, EARLIEST_DAY, LATEST_DAY)?;
    within("to", report.to, report.from, LATEST_DAY)?;
    edition(
        report.definitions,
        report.position,
        &report.figures,
        &report.artefacts,
    )
}

pub(super) fn restated(report: &ReportRestated) -> Result<(), Refusal> {
    causes(&report.causes)?;
    edition(
        report.definitions,
        report.position,
        &report.figures,
        &report.artefacts,
    )
}

fn causes(causes: &[Position]) -> Result<(), Refusal> {
    if causes.len() > MAX_CAUSES {
        return Err(Refusal::TooMany {
            field: "causes",
            limit: MAX_CAUSES,
        });
    }
    if let Some(&first) = causes.first() {
        number("causes", first, 1, Position::MAX)?;
    }
    if causes.is_sorted_by(|one, next| one < next) {
        Ok(())
    } else {
        Err(Refusal::NotAscending)
    }
}

/// What every edition of a report says.
fn edition(
    definitions: u16,
    position: Position,
    figures: &str,
    artefacts: &[Artefact],
) -> Result<(), Refusal> {
    number("definitions", definitions, 1, u16::MAX)?;
    number("position", position, 1, Position::MAX)?;
    if figures.len() > MAX_FIGURES_BYTES {
        return Err(Refusal::FiguresTooLong {
            limit: MAX_FIGURES_BYTES,
        });
    }
    if serde_json::from_str::<Map<String, Value>>(figures).is_err() {
        return Err(Refusal::FiguresNotUsable);
    }
    let formats = artefacts.iter().map(|artefact| artefact.format);
    each_once("artefacts", formats, MAX_ARTEFACTS)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_digest = |text: &str| text.len() == DIGEST_DIGITS && text.bytes().all(is_digit);
    if artefacts.iter().all(|artefact| is_digest(&artefact.sha256)) {
        Ok(())
    } else {
        Err(Refusal::DigestNotUsable {
            digits: DIGEST_DIGITS,
        })
    }
}
