//! The pilot: its rules, phases, partners, targets, end.

use async_graphql::InputObject;
use chrono::NaiveDate;
use events::codes::{
    AgreementKind, Currency, PartnerKind, PartnerLeftReason, Phase, PilotEnd, TargetDirection,
};
use events::{
    AgreementAdopted, DecisionId, PartnerId, PartnerJoined, PartnerLeft, PeriodClosed,
    PhaseExtended, PhaseStarted, PilotClosed, PilotOpened, Retention, RulesSet, Seal, TargetSet,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::content::{Content, Made, NewIds, partners};
use crate::graphql::codes::{Asked, Coded};

/// The pilot.
#[derive(InputObject)]
pub(crate) struct PilotOpenedContent {
    /// What it is called in public.
    title: String,
    /// Municipality or area.
    place: String,
    /// Short name: lower-case letters, digits and hyphens.
    code: String,
    /// The one currency of its amounts.
    currency: Coded<Currency>,
}

impl Content for PilotOpenedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PilotOpened {
            title: self.title.clone(),
            place: self.place.clone(),
            code: self.code.clone(),
            currency: self.currency.0,
            hmis_project: None,
        }
        .into())
    }
}

/// The pilot's own rules. Each must be said: they take the place of all that held before.
#[derive(InputObject)]
pub(crate) struct RulesSetContent {
    /// An expense of more than this needs the approval of somebody else than who recorded it; none: no
    /// expense does.
    approve_expenses_above: Option<Decimal>,
    /// Must a household's acceptance be confirmed by somebody else before it enters?
    confirm_admission: bool,
    /// Is an exit to be confirmed by somebody else?
    confirm_exit: bool,
    /// Is citizenship asked?
    ask_citizenship: bool,
    /// Days without a contact after which a household counts as not seen.
    unseen_after_days: u16,
    /// How long personal text is kept; none: nobody is ever proposed for being forgotten.
    retention: Option<RetentionContent>,
}

/// How long personal text is kept. When the time is over, somebody decides.
#[derive(InputObject)]
pub(crate) struct RetentionContent {
    /// Months after a household left.
    after_exit_months: u16,
    /// Months after a referral was declined or taken back.
    after_refusal_months: u16,
}

impl From<&RetentionContent> for Retention {
    fn from(content: &RetentionContent) -> Self {
        Self {
            after_exit_months: content.after_exit_months,
            after_refusal_months: content.after_refusal_months,
        }
    }
}

impl Content for RulesSetContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(RulesSet {
            approve_expenses_above: self.approve_expenses_above,
            confirm_admission: self.confirm_admission,
            confirm_exit: self.confirm_exit,
            ask_citizenship: self.ask_citizenship,
            unseen_after_days: self.unseen_after_days,
            retention: self.retention.as_ref().map(Retention::from),
        }
        .into())
    }
}

/// A phase.
#[derive(InputObject)]
pub(crate) struct PhaseStartedContent {
    /// The phase.
    phase: Coded<Phase>,
    /// Last day as planned.
    planned_end: Option<NaiveDate>,
}

impl Content for PhaseStartedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PhaseStarted {
            phase: self.phase.0,
            planned_end: self.planned_end,
        }
        .into())
    }
}

/// A phase's new planned end.
#[derive(InputObject)]
pub(crate) struct PhaseExtendedContent {
    /// The phase.
    phase: Coded<Phase>,
    /// Last day of the phase as planned from now on.
    planned_end: NaiveDate,
    /// The committee's decision it follows from, if there is one.
    decision: Option<Uuid>,
}

impl Content for PhaseExtendedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PhaseExtended {
            phase: self.phase.0,
            planned_end: self.planned_end,
            decision: self.decision.map(DecisionId),
        }
        .into())
    }
}

/// An organisation.
#[derive(InputObject)]
pub(crate) struct PartnerJoinedContent {
    /// Its id, if it is not to be made from the command's.
    partner: Option<Uuid>,
    /// What it is.
    kind: Coded<PartnerKind>,
    /// Public name.
    name: String,
}

impl Content for PartnerJoinedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(PartnerJoined {
            partner: ids.or(self.partner, "partner", 0),
            kind: self.kind.0,
            name: self.name.clone(),
        }
        .into())
    }
}

/// An organisation that takes part no longer; `occurredOn` is its last day.
#[derive(InputObject)]
pub(crate) struct PartnerLeftContent {
    /// The partner.
    partner: Uuid,
    /// Why.
    reason: Asked<PartnerLeftReason>,
}

impl Content for PartnerLeftContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PartnerLeft {
            partner: PartnerId(self.partner),
            reason: self.reason.0,
        }
        .into())
    }
}

/// An agreement between the partners.
#[derive(InputObject)]
pub(crate) struct AgreementAdoptedContent {
    /// Its id, if it is not to be made from the command's.
    agreement: Option<Uuid>,
    /// What it is.
    kind: Coded<AgreementKind>,
    /// Its public title.
    title: String,
    /// Who signed it.
    partners: Vec<Uuid>,
    /// Its last day, if it has one.
    valid_until: Option<NaiveDate>,
}

impl Content for AgreementAdoptedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, ids: &NewIds) -> Made {
        Ok(AgreementAdopted {
            agreement: ids.or(self.agreement, "agreement", 0),
            kind: self.kind.0,
            title: self.title.clone(),
            partners: partners(&self.partners),
            valid_until: self.valid_until,
        }
        .into())
    }
}

/// A target of an indicator. A later one for the same indicator takes its place.
#[derive(InputObject)]
pub(crate) struct TargetSetContent {
    /// The indicator's number in the catalogue of indicators.
    indicator: u16,
    /// The figure that is aimed at, in the indicator's own unit; of a ratio the share, from 0 to 1.
    value: Decimal,
    /// Is the figure to be reached, or not to be passed?
    direction: Coded<TargetDirection>,
    /// The day by which; the end of the pilot when there is none.
    due: Option<NaiveDate>,
    /// The partner who set it; none when the steering committee did.
    set_by: Option<Uuid>,
}

impl Content for TargetSetContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(TargetSet {
            indicator: self.indicator,
            value: self.value,
            direction: self.direction.0,
            due: self.due,
            set_by: self.set_by.map(PartnerId),
        }
        .into())
    }
}

/// A period that is closed: what is recorded about it from now on is late.
#[derive(InputObject)]
pub(crate) struct PeriodClosedContent {
    /// First day of the period.
    from: NaiveDate,
    /// Its last day.
    to: NaiveDate,
}

impl Content for PeriodClosedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PeriodClosed {
            from: self.from,
            to: self.to,
        }
        .into())
    }
}

/// The pilot's end; `occurredOn` is its last day.
#[derive(InputObject)]
pub(crate) struct PilotClosedContent {
    /// How it ended.
    end: Coded<PilotEnd>,
}

impl Content for PilotClosedContent {
    fn event(&self, _: NaiveDate, _: &dyn Seal, _: &NewIds) -> Made {
        Ok(PilotClosed { end: self.end.0 }.into())
    }
}
