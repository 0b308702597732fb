//! What is known about the pilot itself.

use chrono::NaiveDate;
use events::codes::{
    AgreementKind, Audience, Currency, Language, PartnerKind, PartnerLeftReason, Phase, PilotEnd,
    RestatementReason, TargetDirection,
};
use events::{
    AgreementId, Answer, Artefact, DecisionId, EffectiveRef, HmisProject, Money, PartnerId,
    PeriodClosed, PilotId, Position, ReportId, Retention, RulesSet,
};
use serde::{Deserialize, Serialize};

/// The pilot: its frame, phases, partners, rules, targets, closed periods and reports. Lists in order
/// of (day, position).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PilotRow {
    /// The pilot.
    pub pilot: PilotId,
    /// Its opening; none only before the first fact.
    pub opening: Option<OpeningRow>,
    /// Phases.
    pub phases: Vec<PhaseRow>,
    /// Partners.
    pub partners: Vec<PartnerRow>,
    /// Its own rules; those set last on or before a day hold on it.
    #[serde(default)]
    pub rules: Vec<RulesRow>,
    /// Agreements between the partners.
    #[serde(default)]
    pub agreements: Vec<AgreementRow>,
    /// Targets; of one indicator the last one holds.
    #[serde(default)]
    pub targets: Vec<TargetRow>,
    /// Closed periods.
    #[serde(default)]
    pub closures: Vec<ClosureRow>,
    /// Published editions of reports, restated ones included.
    #[serde(default)]
    pub reports: Vec<ReportRow>,
    /// Its end.
    #[serde(default)]
    pub closing: Option<ClosingRow>,
    /// Position of the last fact folded in, corrections included.
    pub position: Position,
}

/// From [`events::PilotOpened`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct OpeningRow {
    pub position: Position,
    pub on: NaiveDate,
    pub title: String,
    pub place: String,
    pub code: String,
    pub currency: Currency,
    pub hmis_project: Option<HmisProject>,
}

/// From [`events::PhaseStarted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PhaseRow {
    pub position: Position,
    pub on: NaiveDate,
    pub phase: Phase,
    pub planned_end: Option<NaiveDate>,
    #[serde(default)]
    pub extensions: Vec<PhaseExtensionRow>,
}

/// From [`events::PartnerJoined`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PartnerRow {
    pub position: Position,
    pub on: NaiveDate,
    pub partner: PartnerId,
    pub kind: PartnerKind,
    pub name: String,
    #[serde(default)]
    pub left: Option<PartnerLeftRow>,
}

/// From [`events::PhaseExtended`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PhaseExtensionRow {
    pub position: Position,
    pub on: NaiveDate,
    pub planned_end: NaiveDate,
    pub decision: Option<DecisionId>,
}

/// From [`events::PartnerLeft`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct PartnerLeftRow {
    pub position: Position,
    pub on: NaiveDate,
    pub reason: Answer<PartnerLeftReason>,
}

/// From [`events::RulesSet`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct RulesRow {
    pub position: Position,
    pub on: NaiveDate,
    pub approve_expenses_above: Option<Money>,
    pub confirm_admission: bool,
    pub confirm_exit: bool,
    pub ask_citizenship: bool,
    pub unseen_after_days: u16,
    #[serde(default)]
    pub retention: Option<Retention>,
}

/// From [`events::AgreementAdopted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct AgreementRow {
    pub position: Position,
    pub on: NaiveDate,
    pub agreement: AgreementId,
    pub kind: AgreementKind,
    pub title: String,
    pub partners: Vec<PartnerId>,
    pub valid_until: Option<NaiveDate>,
}

/// From [`events::TargetSet`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct TargetRow {
    pub position: Position,
    pub on: NaiveDate,
    pub indicator: u16,
    pub value: Money,
    pub direction: TargetDirection,
    pub due: Option<NaiveDate>,
    pub set_by: Option<PartnerId>,
}

/// From [`events::PeriodClosed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ClosureRow {
    pub position: Position,
    pub on: NaiveDate,
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// From [`events::ReportPublished`] or [`events::ReportRestated`]. The figures stay in the fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportRow {
    /// Place of the fact.
    pub position: Position,
    /// The day it was published.
    pub on: NaiveDate,
    /// The edition.
    pub report: ReportId,
    /// What it restates, if it does.
    pub restates: Option<RestatesRow>,
    /// First and last day of the period, language and audience; of a restated edition those of the
    /// edition it restates, none when that one is not known.
    pub frame: Option<ReportFrameRow>,
    /// Version of the definitions.
    pub definitions: u16,
    /// The position of the log that was evaluated.
    pub evaluated: Position,
    /// What was written.
    pub artefacts: Vec<Artefact>,
}

/// What an edition restates, from [`events::ReportRestated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct RestatesRow {
    pub report: ReportId,
    pub reason: RestatementReason,
    pub causes: Vec<Position>,
}

/// What stays the same over the editions of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ReportFrameRow {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub language: Language,
    pub audience: Audience,
}

/// From [`events::PilotClosed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fact of the same name documents its fields"
)]
pub struct ClosingRow {
    pub position: Position,
    pub on: NaiveDate,
    pub end: PilotEnd,
}

impl PilotRow {
    /// A pilot nothing is known of yet.
    pub fn new(pilot: PilotId) -> Self {
        Self {
            pilot,
            opening: None,
            phases: Vec::new(),
            partners: Vec::new(),
            rules: Vec::new(),
            agreements: Vec::new(),
            targets: Vec::new(),
            closures: Vec::new(),
            reports: Vec::new(),
            closing: None,
            position: 0,
        }
    }

    /// The rules that hold on a day; none before any were set.
    pub fn rules_on(&self, day: NaiveDate) -> Option<&RulesRow> {
        rules_on(&self.rules, day)
    }

    /// The last day of a phase, if it is over: the day before the next one, or the pilot's last.
    pub fn ended_on(&self, phase: &PhaseRow) -> Option<NaiveDate> {
        let next = self.phases.iter().find(|next| next.phase > phase.phase);
        let before = next.and_then(|next| next.on.pred_opt());
        before.or(self.closing.as_ref().map(|closing| closing.on))
    }
}

impl PhaseRow {
    /// Its last day as planned on `day`: extensions granted by then count.
    pub fn planned_end_on(&self, day: NaiveDate) -> Option<NaiveDate> {
        let granted = self.extensions.iter().rev();
        granted
            .filter(|extension| extension.on <= day)
            .map(|extension| extension.planned_end)
            .next()
            .or(self.planned_end)
    }
}

/// The rules that hold on a day, of those in order of days; none before any were set.
pub fn rules_on(rules: &[RulesRow], day: NaiveDate) -> Option<&RulesRow> {
    rules.iter().rev().find(|rules| rules.on <= day)
}

impl RulesRow {
    /// What the fact says, with its place and day.
    pub(crate) fn new(fact: &EffectiveRef<'_>, set: &RulesSet) -> Self {
        Self {
            position: fact.position,
            on: fact.occurred_on,
            approve_expenses_above: set.approve_expenses_above,
            confirm_admission: set.confirm_admission,
            confirm_exit: set.confirm_exit,
            ask_citizenship: set.ask_citizenship,
            unseen_after_days: set.unseen_after_days,
            retention: set.retention,
        }
    }

    /// Does an expense of so much need the approval of a second person?
    pub fn needs_approval(&self, amount: Money) -> bool {
        let above = self.approve_expenses_above;
        above.is_some_and(|above| amount > above)
    }
}

impl ClosureRow {
    /// What the fact says, with its place and day.
    pub(crate) fn new(fact: &EffectiveRef<'_>, closed: &PeriodClosed) -> Self {
        Self {
            position: fact.position,
            on: fact.occurred_on,
            from: closed.from,
            to: closed.to,
        }
    }
}
