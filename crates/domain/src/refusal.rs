//! Why a command is refused.

use chrono::NaiveDate;
use events::codes::{ConsentPurpose, FollowUpMonth, Phase};
use events::{
    AgreementId, CodeList, ConsentId, DecisionId, DwellingId, ExpenseId, GoalId, HouseholdId,
    IncidentId, JobId, MeetingId, PartnerId, PersonId, PledgeId, Position, ReportId,
    ServiceReferralId, TrainingId,
};
use rust_decimal::Decimal;

macro_rules! refusals {
    ($(
        $code:literal $(in $field:literal)?
        #[doc = $doc:literal]
        #[error($($error:tt)+)]
        $name:ident $({ $( #[doc = $member_doc:literal] $member:ident: $type:ty, )+ })?
    )+) => {
        /// What a rule says against a command: what is so in the world, and what can be done about
        /// it. Holds ids, days and positions, never anything personal.
        #[derive(Clone, Debug, PartialEq, thiserror::Error)]
        pub enum Refusal {
            $(
                #[doc = $doc]
                #[error($($error)+)]
                $name $({ $( #[doc = $member_doc] $member: $type, )+ })?,
            )+
            /// A text is empty.
            #[error("{field} is empty: fill it in")]
            TextMissing {
                /// The field.
                field: &'static str,
            },
            /// A text is too long.
            #[error("{field} is longer than {limit} characters: shorten it")]
            TextTooLong {
                /// The field.
                field: &'static str,
                /// Characters it may have.
                limit: usize,
            },
            /// A text holds line breaks or other control characters.
            #[error("{field} holds line breaks or other control characters: write it on one line")]
            TextNotPlain {
                /// The field.
                field: &'static str,
            },
            /// A number is out of its range.
            #[error("{field} is {given}: give a number from {least} to {most}")]
            OutOfRange {
                /// The field.
                field: &'static str,
                /// What was given.
                given: i64,
                /// The least it may be.
                least: i64,
                /// The most it may be.
                most: i64,
            },
            /// An amount of money is out of its range.
            #[error("{field} is not between {least} and {most}: give an amount within")]
            AmountOutOfRange {
                /// The field.
                field: &'static str,
                /// The least it may be.
                least: Decimal,
                /// The most it may be.
                most: Decimal,
            },
            /// An amount of money, or a target, has too many decimals.
            #[error("{field} has more than {decimals} decimals: round it")]
            AmountTooFine {
                /// The field.
                field: &'static str,
                /// Decimals it may have.
                decimals: u32,
            },
            /// A day named in the fact is too early or too late.
            #[error("{field} is {given}: give a day from {earliest} to {latest}")]
            DayOutOfRange {
                /// The field.
                field: &'static str,
                /// What was given.
                given: NaiveDate,
                /// The first day it may be.
                earliest: NaiveDate,
                /// The last day it may be.
                latest: NaiveDate,
            },
            /// A list names something twice.
            #[error("{field} names the same one twice: name each once")]
            NamedTwice {
                /// The field.
                field: &'static str,
            },
            /// A list that must name something is empty.
            #[error("{field} names nothing: name at least one")]
            ListEmpty {
                /// The field.
                field: &'static str,
            },
            /// A list is too long.
            #[error("{field} names more than {limit}: name fewer")]
            TooMany {
                /// The field.
                field: &'static str,
                /// How many it may name.
                limit: usize,
            },
            /// Nobody was reached, and yet there is an answer.
            #[error("the follow-up reached nobody, so there is no answer to {field}: leave it out, or record the household as reached")]
            AnswerWithoutContact {
                /// The field.
                field: &'static str,
            },
            /// The correction would change which record this is.
            #[error("{field} says which record this is and cannot be corrected: retract the fact at position {position} and record the right one")]
            AnotherRecord {
                /// The original.
                position: Position,
                /// The field.
                field: &'static str,
            },
            /// A fact already recorded would break a rule.
            #[error("the fact already recorded at position {position} would not hold any more: {refusal}; correct or retract that one first, or give another day")]
            RecordedFactBreaks {
                /// The fact already recorded.
                position: Position,
                /// The rule it would break.
                refusal: Box<Refusal>,
            },
            /// After the correction or retraction a fact would break a rule.
            #[error("after this the fact at position {position} would not hold: {refusal}")]
            CorrectionBreaks {
                /// The fact that would break a rule, possibly the corrected one.
                position: Position,
                /// The rule it would break.
                refusal: Box<Refusal>,
            },
        }

        impl Refusal {
            /// The refusal's stable name.
            pub fn code(&self) -> &'static str {
                match self {
                    $( Self::$name { .. } => $code, )+
                    Self::TextMissing { .. } => "text_missing",
                    Self::TextTooLong { .. } => "text_too_long",
                    Self::TextNotPlain { .. } => "text_not_plain",
                    Self::OutOfRange { .. } => "out_of_range",
                    Self::AmountOutOfRange { .. } => "amount_out_of_range",
                    Self::AmountTooFine { .. } => "amount_too_fine",
                    Self::DayOutOfRange { .. } => "day_out_of_range",
                    Self::NamedTwice { .. } => "named_twice",
                    Self::ListEmpty { .. } => "list_empty",
                    Self::TooMany { .. } => "too_many",
                    Self::AnswerWithoutContact { .. } => "answer_without_contact",
                    Self::AnotherRecord { .. } => "another_record",
                    Self::RecordedFactBreaks { .. } => "recorded_fact_breaks",
                    Self::CorrectionBreaks { .. } => "correction_breaks",
                }
            }

            /// The field of the command that the refusal is about, when it is about one. `None`
            /// also when the rule is broken by another fact than the proposed one.
            pub fn field(&self) -> Option<&'static str> {
                match self {
                    $( Self::$name { .. } => refusals!(@field $($field)?), )+
                    Self::TextMissing { field }
                    | Self::TextTooLong { field, .. }
                    | Self::TextNotPlain { field }
                    | Self::OutOfRange { field, .. }
                    | Self::AmountOutOfRange { field, .. }
                    | Self::AmountTooFine { field, .. }
                    | Self::DayOutOfRange { field, .. }
                    | Self::NamedTwice { field }
                    | Self::ListEmpty { field }
                    | Self::TooMany { field, .. }
                    | Self::AnswerWithoutContact { field }
                    | Self::AnotherRecord { field, .. } => Some(field),
                    Self::RecordedFactBreaks { .. } | Self::CorrectionBreaks { .. } => None,
                }
            }

            /// Code of every refusal.
            pub const CODES: &[&str] = &[
                $( $code, )+
                "text_missing", "text_too_long", "text_not_plain", "out_of_range",
                "amount_out_of_range", "amount_too_fine", "day_out_of_range", "named_twice",
                "list_empty", "too_many", "answer_without_contact", "another_record", "recorded_fact_breaks",
                "correction_breaks",
            ];
        }
    };
    (@field) => { None };
    (@field $field:literal) => { Some($field) };
}

refusals! {
    "in_the_future" in "occurred_on"
    /// The day has not come yet.
    #[error("{on} has not come yet (today is {today}): record it when it has happened")]
    InTheFuture {
        /// The day given.
        on: NaiveDate,
        /// Today.
        today: NaiveDate,
    }

    "too_long_ago" in "occurred_on"
    /// The day is before all records.
    #[error("{on} is before {earliest}: check the year")]
    TooLongAgo {
        /// The day given.
        on: NaiveDate,
        /// The earliest day there is.
        earliest: NaiveDate,
    }

    "code_not_usable" in "code"
    /// The pilot's code is not of the right form.
    #[error("the code must be 1 to 40 lower-case letters, digits and hyphens, and begin with a letter or a digit")]
    CodeNotUsable

    "pilot_not_opened"
    /// The pilot does not exist yet.
    #[error("the pilot has not been opened: open it first")]
    PilotNotOpened

    "pilot_already_opened"
    /// The pilot exists already.
    #[error("the pilot was opened on {on}: correct that record instead")]
    PilotAlreadyOpened {
        /// Its first day.
        on: NaiveDate,
    }

    "before_opening" in "occurred_on"
    /// The pilot had not begun on that day.
    #[error("{on} is before the pilot's first day, {opened_on}: give a later day, or correct the opening")]
    BeforeOpening {
        /// The day given.
        on: NaiveDate,
        /// The pilot's first day.
        opened_on: NaiveDate,
    }

    "phase_already_started" in "phase"
    /// Every phase starts once.
    #[error("the phase `{}` started on {on}: correct that record instead", phase.code())]
    PhaseAlreadyStarted {
        /// The phase.
        phase: Phase,
        /// When it started.
        on: NaiveDate,
    }

    "phase_out_of_order" in "occurred_on"
    /// Phases follow each other.
    #[error("the phase `{}` cannot start on {on}: `{}` starts on {other_on}; preparation, experimental phase and closing follow each other", phase.code(), other.code())]
    PhaseOutOfOrder {
        /// The phase.
        phase: Phase,
        /// The day given.
        on: NaiveDate,
        /// The phase it would be out of order with.
        other: Phase,
        /// When that one starts.
        other_on: NaiveDate,
    }

    "phase_not_started" in "phase"
    /// Only a phase that runs is extended.
    #[error("the phase `{}` had not started on {on}: record its start first", phase.code())]
    PhaseNotStarted {
        /// The phase.
        phase: Phase,
        /// The day given.
        on: NaiveDate,
    }

    "phase_over" in "phase"
    /// A phase ends when the next one starts.
    #[error("the phase `{}` ended when `{}` started on {next_on}: it cannot be extended after that", phase.code(), next.code())]
    PhaseOver {
        /// The phase.
        phase: Phase,
        /// The phase that followed.
        next: Phase,
        /// When that one started.
        next_on: NaiveDate,
    }

    "pilot_already_closed"
    /// A pilot ends once.
    #[error("the pilot ended on {on}: correct that record instead")]
    PilotAlreadyClosed {
        /// Its last day.
        on: NaiveDate,
    }

    "after_closing" in "occurred_on"
    /// The pilot was over on that day.
    #[error("{on} is after the pilot's last day, {closed_on}: after it only follow-ups, outcomes, notes, money and reports are recorded; check both days")]
    AfterClosing {
        /// The day given.
        on: NaiveDate,
        /// The pilot's last day.
        closed_on: NaiveDate,
    }

    "partner_already_joined" in "partner"
    /// A partner joins once.
    #[error("partner {partner} joined on {on}: correct that record instead")]
    PartnerAlreadyJoined {
        /// The partner.
        partner: PartnerId,
        /// When it joined.
        on: NaiveDate,
    }

    "partner_unknown" in "partner"
    /// No such partner takes part.
    #[error("no partner {partner} takes part in this pilot: record that it joined first")]
    PartnerUnknown {
        /// The partner.
        partner: PartnerId,
    }

    "partner_not_yet_joined" in "partner"
    /// The partner did not take part yet.
    #[error("partner {partner} joined on {joined_on}, after {on}: check both days")]
    PartnerNotYetJoined {
        /// The partner.
        partner: PartnerId,
        /// When it joined.
        joined_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "partner_already_left" in "partner"
    /// A partner leaves once.
    #[error("partner {partner} left on {on}: correct that record instead")]
    PartnerAlreadyLeft {
        /// The partner.
        partner: PartnerId,
        /// Its last day.
        on: NaiveDate,
    }

    "partner_left" in "partner"
    /// The partner takes part no longer.
    #[error("partner {partner} left on {left_on}, before {on}: name another, or check both days")]
    PartnerGone {
        /// The partner.
        partner: PartnerId,
        /// Its last day.
        left_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "agreement_exists" in "agreement"
    /// Every agreement has an id of its own.
    #[error("agreement {agreement} was adopted on {on}: give the new one an id of its own, or correct that record")]
    AgreementExists {
        /// The agreement.
        agreement: AgreementId,
        /// When it was adopted.
        on: NaiveDate,
    }

    "period_overlaps" in "from"
    /// No day is closed twice.
    #[error("the period from {from} to {to} is closed already: close what is not in it, or retract that closing")]
    PeriodOverlaps {
        /// First day of the closed period.
        from: NaiveDate,
        /// Its last day.
        to: NaiveDate,
    }

    "report_exists" in "report"
    /// Every edition has an id of its own.
    #[error("report {report} was published on {on}: give the new edition an id of its own")]
    ReportExists {
        /// The edition.
        report: ReportId,
        /// When it was published.
        on: NaiveDate,
    }

    "report_unknown" in "restates"
    /// No such edition.
    #[error("no report {report} is published: name the edition to be replaced")]
    ReportUnknown {
        /// The edition.
        report: ReportId,
    }

    "report_not_yet_published" in "occurred_on"
    /// An edition is replaced before it is published.
    #[error("report {report} was published on {published_on}, after {on}: check both days")]
    ReportNotYetPublished {
        /// The edition.
        report: ReportId,
        /// When it was published.
        published_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "report_already_restated" in "restates"
    /// An edition is replaced once.
    #[error("report {report} was replaced by {by}: restate that one")]
    ReportAlreadyRestated {
        /// The edition.
        report: ReportId,
        /// The edition that replaced it.
        by: ReportId,
    }

    "report_stays" in "position"
    /// What was published is neither corrected nor retracted.
    #[error("the report published at position {position} stays what it is: restate it instead")]
    ReportStays {
        /// The publication.
        position: Position,
    }

    "figures_not_usable" in "figures"
    /// The figures are no JSON object.
    #[error("figures must be the text of one JSON object: write them as such")]
    FiguresNotUsable

    "figures_too_long" in "figures"
    /// The figures do not fit into a fact.
    #[error("figures take more than {limit} bytes: leave something out")]
    FiguresTooLong {
        /// Bytes they may take.
        limit: usize,
    }

    "digest_not_usable" in "artefacts"
    /// A digest is not of the right form.
    #[error("a digest must be {digits} lower-case hexadecimal digits: give the SHA-256 of the file")]
    DigestNotUsable {
        /// Digits it has.
        digits: usize,
    }

    "not_ascending" in "causes"
    /// The causes are not in order.
    #[error("causes must be positions in ascending order, each once: sort them")]
    NotAscending

    "expense_exists" in "expense"
    /// Every expense has an id of its own.
    #[error("expense {expense} is recorded already: give the new one an id of its own, or correct that record")]
    ExpenseExists {
        /// The expense.
        expense: ExpenseId,
    }

    "expense_unknown" in "expense"
    /// No such expense.
    #[error("no expense {expense} is recorded: record it first")]
    ExpenseUnknown {
        /// The expense.
        expense: ExpenseId,
    }

    "before_expense" in "occurred_on"
    /// Something happens to an expense before it was made.
    #[error("expense {expense} was made on {recorded_on}, after {on}: check both days")]
    BeforeExpense {
        /// The expense.
        expense: ExpenseId,
        /// When it was made.
        recorded_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "expense_already_approved" in "expense"
    /// An expense is approved once.
    #[error("expense {expense} was approved on {on}: nothing to record")]
    ExpenseAlreadyApproved {
        /// The expense.
        expense: ExpenseId,
        /// When it was approved.
        on: NaiveDate,
    }

    "approves_own" in "expense"
    /// Nobody approves her own expense.
    #[error("expense {expense} is approved by somebody else than who recorded or last corrected it: ask a colleague")]
    ApprovesOwn {
        /// The expense.
        expense: ExpenseId,
    }

    "reversal_exceeds" in "amount"
    /// More comes back than was spent.
    #[error("of expense {expense} {left} can come back at most: check the amount and the earlier reversals")]
    ReversalExceeds {
        /// The expense.
        expense: ExpenseId,
        /// What has not come back yet.
        left: Decimal,
    }

    "pledge_exists" in "pledge"
    /// Every pledge has an id of its own.
    #[error("pledge {pledge} was made on {on}: give the new one an id of its own, or correct that record")]
    PledgeExists {
        /// The pledge.
        pledge: PledgeId,
        /// When it was made.
        on: NaiveDate,
    }

    "pledge_unknown" in "pledge"
    /// No such pledge.
    #[error("no pledge {pledge} is recorded: record it first, or leave it out")]
    PledgeUnknown {
        /// The pledge.
        pledge: PledgeId,
    }

    "pledge_not_yet_made" in "occurred_on"
    /// Money arrives for a pledge that was not made yet.
    #[error("pledge {pledge} was made on {made_on}, after {on}: check both days")]
    PledgeNotYetMade {
        /// The pledge.
        pledge: PledgeId,
        /// When it was made.
        made_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "pledge_of_another" in "source"
    /// The money comes from somebody else than the promise.
    #[error("pledge {pledge} was made by partner {source_of_pledge}: name that partner, or leave the pledge out")]
    PledgeOfAnother {
        /// The pledge.
        pledge: PledgeId,
        /// Who made it.
        source_of_pledge: PartnerId,
    }

    "pledge_exceeded" in "amount"
    /// More arrives than was promised.
    #[error("of pledge {pledge} {left} is still to come: record what goes beyond it without the pledge")]
    PledgeExceeded {
        /// The pledge.
        pledge: PledgeId,
        /// What has not arrived yet.
        left: Decimal,
    }

    "meeting_already_planned" in "meeting"
    /// A meeting is called once.
    #[error("meeting {meeting} was called on {on}: correct that record, or give the new one an id of its own")]
    MeetingAlreadyPlanned {
        /// The meeting.
        meeting: MeetingId,
        /// When it was called.
        on: NaiveDate,
    }

    "meeting_already_held" in "meeting"
    /// A meeting is held once.
    #[error("meeting {meeting} was held on {on}: correct that record, or give the new one an id of its own")]
    MeetingAlreadyHeld {
        /// The meeting.
        meeting: MeetingId,
        /// When it was held.
        on: NaiveDate,
    }

    "meeting_not_held" in "meeting"
    /// Nothing is decided in a meeting that was not held.
    #[error("meeting {meeting} had not been held on {on}: record it first, or leave it out")]
    MeetingNotHeld {
        /// The meeting.
        meeting: MeetingId,
        /// The day given.
        on: NaiveDate,
    }

    "decision_exists" in "decision"
    /// Every decision has an id of its own.
    #[error("decision {decision} was taken on {on}: give the new one an id of its own, or correct that record")]
    DecisionExists {
        /// The decision.
        decision: DecisionId,
        /// When it was taken.
        on: NaiveDate,
    }

    "decision_unknown" in "decision"
    /// No such decision.
    #[error("no decision {decision} of the committee is recorded: record it first")]
    DecisionUnknown {
        /// The decision.
        decision: DecisionId,
    }

    "decision_not_yet_taken" in "occurred_on"
    /// Something follows from a decision before it was taken.
    #[error("decision {decision} was taken on {taken_on}, after {on}: check both days")]
    DecisionNotYetTaken {
        /// The decision.
        decision: DecisionId,
        /// When it was taken.
        taken_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "decision_already_closed" in "decision"
    /// A decision is closed once.
    #[error("decision {decision} was closed on {on}: correct that record instead")]
    DecisionAlreadyClosed {
        /// The decision.
        decision: DecisionId,
        /// When it was closed.
        on: NaiveDate,
    }

    "dwelling_unknown" in "dwelling"
    /// No such dwelling is registered.
    #[error("no dwelling {dwelling} is registered in this pilot: register it first")]
    DwellingUnknown {
        /// The dwelling.
        dwelling: DwellingId,
    }

    "dwelling_already_registered" in "dwelling"
    /// A dwelling is registered once.
    #[error("dwelling {dwelling} was registered on {on}: correct that record instead")]
    DwellingAlreadyRegistered {
        /// The dwelling.
        dwelling: DwellingId,
        /// When it was registered.
        on: NaiveDate,
    }

    "before_registration" in "occurred_on"
    /// The dwelling was not part of the pilot on that day.
    #[error("{on} is before {registered_on}, when dwelling {dwelling} was registered: check both days")]
    BeforeRegistration {
        /// The dwelling.
        dwelling: DwellingId,
        /// The day given.
        on: NaiveDate,
        /// When it was registered.
        registered_on: NaiveDate,
    }

    "already_available"
    /// The dwelling is available as it is.
    #[error("dwelling {dwelling} is available since {since}: nothing to record, or correct that day")]
    AlreadyAvailable {
        /// The dwelling.
        dwelling: DwellingId,
        /// Since when.
        since: NaiveDate,
    }

    "already_unavailable"
    /// The dwelling is unavailable as it is.
    #[error("dwelling {dwelling} is unavailable since {since}: nothing to record, or correct that day")]
    AlreadyUnavailable {
        /// The dwelling.
        dwelling: DwellingId,
        /// Since when.
        since: NaiveDate,
    }

    "dwelling_not_available" in "dwelling"
    /// Nobody can move into the dwelling on that day.
    #[error("dwelling {dwelling} is not available on {on}: choose another, or record that it is")]
    DwellingNotAvailable {
        /// The dwelling.
        dwelling: DwellingId,
        /// The day of moving in.
        on: NaiveDate,
    }

    "works_under_way"
    /// The dwelling is worked on.
    #[error("works on dwelling {dwelling} are under way since {since}: record first that they are completed")]
    WorksUnderWay {
        /// The dwelling.
        dwelling: DwellingId,
        /// Since when.
        since: NaiveDate,
    }

    "no_works_under_way" in "occurred_on"
    /// Nothing is worked on.
    #[error("no works on dwelling {dwelling} are under way on {on}: record first that they started")]
    NoWorks {
        /// The dwelling.
        dwelling: DwellingId,
        /// The day given.
        on: NaiveDate,
    }

    "dwelling_already_withdrawn" in "dwelling"
    /// A dwelling is withdrawn once.
    #[error("dwelling {dwelling} was withdrawn on {on}: correct that record instead")]
    DwellingAlreadyWithdrawn {
        /// The dwelling.
        dwelling: DwellingId,
        /// When it was withdrawn.
        on: NaiveDate,
    }

    "dwelling_withdrawn" in "dwelling"
    /// The dwelling is no part of the pilot any more.
    #[error("dwelling {dwelling} was withdrawn on {withdrawn_on}, so nothing happens with it on {on}: choose another, or check both days")]
    DwellingGone {
        /// The dwelling.
        dwelling: DwellingId,
        /// When it was withdrawn.
        withdrawn_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "dwelling_inhabited" in "occurred_on"
    /// Somebody lives in the dwelling.
    #[error("household {by} lives in dwelling {dwelling} on {on}: record first that it moved or left, or give another day")]
    DwellingInhabited {
        /// The dwelling.
        dwelling: DwellingId,
        /// The household that lives there.
        by: HouseholdId,
        /// The day given.
        on: NaiveDate,
    }

    "dwelling_occupied" in "dwelling"
    /// Another household lives in the dwelling.
    #[error("dwelling {dwelling} is taken by household {by} from {from}{}: choose another dwelling or other days", until(*to))]
    DwellingOccupied {
        /// The dwelling.
        dwelling: DwellingId,
        /// The household that lives there.
        by: HouseholdId,
        /// Since when.
        from: NaiveDate,
        /// The first night it does not, if there is one.
        to: Option<NaiveDate>,
    }

    "same_dwelling" in "dwelling"
    /// The household lives there already.
    #[error("household {household} lives in dwelling {dwelling} already on {on}: choose another, or nothing is to be recorded")]
    SameDwelling {
        /// The household.
        household: HouseholdId,
        /// The dwelling.
        dwelling: DwellingId,
        /// The day given.
        on: NaiveDate,
    }

    "too_many_dwellings" in "dwelling"
    /// The household moved more often than is kept track of.
    #[error("household {household} cannot have more than {limit} dwellings: record a new household")]
    TooManyDwellings {
        /// The household.
        household: HouseholdId,
        /// How many it may have.
        limit: usize,
    }

    "no_referral"
    /// Nobody referred the household.
    #[error("no referral of household {household} is recorded: record it first")]
    NoReferral {
        /// The household.
        household: HouseholdId,
    }

    "already_referred" in "household"
    /// A household is referred once.
    #[error("household {household} was referred on {on}: correct that record, or record a new household")]
    AlreadyReferred {
        /// The household.
        household: HouseholdId,
        /// When it was referred.
        on: NaiveDate,
    }

    "before_referral" in "occurred_on"
    /// Nothing happens before the referral.
    #[error("{on} is before household {household} was referred, {referred_on}: check both days")]
    BeforeReferral {
        /// The household.
        household: HouseholdId,
        /// The day given.
        on: NaiveDate,
        /// When it was referred.
        referred_on: NaiveDate,
    }

    "already_decided"
    /// Accepted and declined are final.
    #[error("the referral of household {household} was decided on {on}: correct that record instead")]
    AlreadyDecided {
        /// The household.
        household: HouseholdId,
        /// When it was decided.
        on: NaiveDate,
    }

    "reason_missing" in "reason"
    /// Declining, and letting wait, has a reason.
    #[error("a household that is not accepted is told why: give a reason")]
    ReasonMissing

    "not_accepted" in "occurred_on"
    /// The household was not accepted by that day.
    #[error("household {household} had not been accepted on {on}: record the decision first")]
    NotAccepted {
        /// The household.
        household: HouseholdId,
        /// The day given.
        on: NaiveDate,
    }

    "referral_already_withdrawn" in "household"
    /// A referral is taken back once.
    #[error("the referral of household {household} was taken back on {on}: correct that record instead")]
    ReferralAlreadyWithdrawn {
        /// The household.
        household: HouseholdId,
        /// When it was taken back.
        on: NaiveDate,
    }

    "after_withdrawal" in "occurred_on"
    /// The referral had been taken back.
    #[error("the referral of household {household} was taken back on {withdrawn_on}, before {on}: only notes and withdrawn consents come after that; record a new household, or check both days")]
    AfterWithdrawal {
        /// The household.
        household: HouseholdId,
        /// When it was taken back.
        withdrawn_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "admitted_not_withdrawn" in "household"
    /// Who has entered is not taken back.
    #[error("household {household} entered on {admitted_on}, so its referral cannot be taken back: record its exit")]
    AdmittedNotWithdrawn {
        /// The household.
        household: HouseholdId,
        /// When it entered.
        admitted_on: NaiveDate,
    }

    "not_confirmed" in "occurred_on"
    /// The rules want the acceptance confirmed by somebody else.
    #[error("by the pilot's rules the acceptance of household {household} must be confirmed by somebody else by {on}: have it confirmed first")]
    NotConfirmed {
        /// The household.
        household: HouseholdId,
        /// The day of the entry.
        on: NaiveDate,
    }

    "citizenship_not_asked" in "citizenship"
    /// The pilot does not ask for citizenship.
    #[error("by the pilot's rules of {on} citizenship is not asked: leave out that of person {person}")]
    CitizenshipNotAsked {
        /// The person.
        person: PersonId,
        /// The day given.
        on: NaiveDate,
    }

    "consent_exists" in "consent"
    /// Every consent has an id of its own.
    #[error("consent {consent} was given on {on}: give the new one an id of its own, or correct that record")]
    ConsentExists {
        /// The consent.
        consent: ConsentId,
        /// When it was given.
        on: NaiveDate,
    }

    "consent_unknown" in "consent"
    /// No such consent.
    #[error("household {household} gave no consent {consent}: record it first")]
    ConsentUnknown {
        /// The household.
        household: HouseholdId,
        /// The consent.
        consent: ConsentId,
    }

    "consent_not_yet_given" in "occurred_on"
    /// A consent is withdrawn before it was given.
    #[error("consent {consent} was given on {given_on}, after {on}: check both days")]
    ConsentNotYetGiven {
        /// The consent.
        consent: ConsentId,
        /// When it was given.
        given_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "consent_already_withdrawn" in "consent"
    /// A consent is withdrawn once.
    #[error("consent {consent} was withdrawn on {on}: correct that record instead")]
    ConsentAlreadyWithdrawn {
        /// The consent.
        consent: ConsentId,
        /// When it was withdrawn.
        on: NaiveDate,
    }

    "purpose_missing" in "purposes"
    /// Something is named that no purpose of the consent asks for.
    #[error("{named} are named, and the consent is not for `{}`: add that purpose, or leave them out", purpose.code())]
    PurposeMissing {
        /// The field that is filled in.
        named: &'static str,
        /// The purpose it needs.
        purpose: ConsentPurpose,
    }

    "already_admitted" in "household"
    /// A household enters once.
    #[error("household {household} entered on {on}: correct that record, or record a new household")]
    AlreadyAdmitted {
        /// The household.
        household: HouseholdId,
        /// When it entered.
        on: NaiveDate,
    }

    "no_members" in "members"
    /// A household without anybody.
    #[error("somebody must enter: name the members")]
    NoMembers

    "not_one_head" in "members"
    /// A household has one head.
    #[error("{heads} members are the head of the household: mark exactly one")]
    NotOneHead {
        /// How many are marked.
        heads: usize,
    }

    "birth_after_entry" in "birth"
    /// Nobody enters before she is born, but for a child who is expected.
    #[error("person {person} is born long after the month of entry: check the birth and the day")]
    BirthAfterEntry {
        /// The person.
        person: PersonId,
    }

    "age_inconsistent" in "birth"
    /// Age and month of birth contradict each other.
    #[error("the age of person {person} at entry does not fit her month of birth: check both")]
    AgeInconsistent {
        /// The person.
        person: PersonId,
    }

    "not_admitted" in "occurred_on"
    /// The household was not in on that day.
    #[error("household {household} had not entered on {on}: record its admission first, or give a later day")]
    NotAdmitted {
        /// The household.
        household: HouseholdId,
        /// The day given.
        on: NaiveDate,
    }

    "after_exit" in "occurred_on"
    /// After the exit little happens.
    #[error("household {household} left on {exit}, before {on}: after the exit only follow-ups, outcomes of referrals, consents and notes are recorded; check both days")]
    AfterExit {
        /// The household.
        household: HouseholdId,
        /// The day of the exit.
        exit: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "person_elsewhere" in "person"
    /// The person is in another household.
    #[error("person {person} is in household {household} from {from}{}: record first that she left it, or check the days", until(*to))]
    PersonElsewhere {
        /// The person.
        person: PersonId,
        /// The household she is in.
        household: HouseholdId,
        /// Since when.
        from: NaiveDate,
        /// The day she leaves it, if she does.
        to: Option<NaiveDate>,
    }

    "already_member" in "person"
    /// The person is or was in the household.
    #[error("person {person} has been a member of household {household} since {since}, and joins it once: correct that record instead")]
    AlreadyMember {
        /// The person.
        person: PersonId,
        /// The household.
        household: HouseholdId,
        /// Since when.
        since: NaiveDate,
    }

    "joins_as_head" in "relation"
    /// Who joins is not the head.
    #[error("who joins a household is not its head: say what she is to the head")]
    JoinsAsHead

    "household_full"
    /// The household has too many members.
    #[error("household {household} cannot have more than {limit} members at a time")]
    HouseholdFull {
        /// The household.
        household: HouseholdId,
        /// How many it may have.
        limit: usize,
    }

    "too_many_persons"
    /// The household ever had too many members.
    #[error("household {household} cannot name more than {limit} persons over time: record a new household")]
    TooManyPersons {
        /// The household.
        household: HouseholdId,
        /// How many it may name.
        limit: usize,
    }

    "not_a_member" in "person"
    /// The person is not in the household on that day.
    #[error("person {person} is not in household {household} on {on}: leave her out, or check her entry and the day")]
    NotAMember {
        /// The person.
        person: PersonId,
        /// The household.
        household: HouseholdId,
        /// The day given.
        on: NaiveDate,
    }

    "never_a_member" in "person"
    /// The person never was in the household.
    #[error("person {person} never was a member of household {household}: leave her out, or record first that she joined")]
    NeverAMember {
        /// The person.
        person: PersonId,
        /// The household.
        household: HouseholdId,
    }

    "dismissal_reason_not_needed" in "dismissal_reason"
    /// A dismissal has a reason, nothing else.
    #[error("a reason for dismissal is given, and the household was not asked to leave: leave it out, or say that it was asked to leave")]
    DismissalReasonNotNeeded

    "last_member" in "person"
    /// The last one does not leave alone.
    #[error("person {person} is the last one in household {household}: record the household's exit instead")]
    LastMember {
        /// The person.
        person: PersonId,
        /// The household.
        household: HouseholdId,
    }

    "new_head_missing" in "new_head"
    /// The head left and nobody took her place.
    #[error("person {person} is the head of household {household}: name the new head")]
    NewHeadMissing {
        /// Who leaves.
        person: PersonId,
        /// The household.
        household: HouseholdId,
    }

    "new_head_not_a_member" in "new_head"
    /// The new head is not in the household after this.
    #[error("person {person} is not in household {household} after {on}: name a member who stays as the new head")]
    NewHeadNotAMember {
        /// Who would be the head.
        person: PersonId,
        /// The household.
        household: HouseholdId,
        /// The day given.
        on: NaiveDate,
    }

    "new_head_not_needed" in "new_head"
    /// A new head is named, and the head stays.
    #[error("person {head} stays the head of household {household}: leave the new head out")]
    NewHeadNotNeeded {
        /// The head.
        head: PersonId,
        /// The household.
        household: HouseholdId,
    }

    "already_exited" in "household"
    /// A household leaves once.
    #[error("household {household} left on {on}: correct that record instead")]
    AlreadyExited {
        /// The household.
        household: HouseholdId,
        /// When it left.
        on: NaiveDate,
    }

    "exit_members_differ" in "members"
    /// The exit does not name exactly those who are still in.
    #[error("the exit of household {household} must name everybody still in: {}", differences(missing, extra))]
    ExitMembersDiffer {
        /// The household.
        household: HouseholdId,
        /// Still in, and not named.
        missing: Vec<PersonId>,
        /// Named, and not in any more.
        extra: Vec<PersonId>,
    }

    "not_exited" in "household"
    /// A follow-up without an exit.
    #[error("household {household} has not left: follow-ups come after the exit")]
    NotExited {
        /// The household.
        household: HouseholdId,
    }

    "follow_up_too_early" in "occurred_on"
    /// The follow-up comes too soon.
    #[error("the follow-up `{}` of household {household} is not before {earliest}: check the day, or which follow-up it is", month.code())]
    FollowUpTooEarly {
        /// The household.
        household: HouseholdId,
        /// Which follow-up it is.
        month: FollowUpMonth,
        /// The first day it may take place.
        earliest: NaiveDate,
    }

    "no_plan"
    /// A goal without a plan.
    #[error("household {household} has no plan on {on}: record the plan first")]
    NoPlan {
        /// The household.
        household: HouseholdId,
        /// The day given.
        on: NaiveDate,
    }

    "goal_exists" in "goal"
    /// Every goal has an id of its own.
    #[error("goal {goal} was set on {on}: give the new one an id of its own, or correct that record")]
    GoalExists {
        /// The goal.
        goal: GoalId,
        /// When it was set.
        on: NaiveDate,
    }

    "goal_unknown" in "goal"
    /// No such goal.
    #[error("household {household} has no goal {goal}: set it first")]
    GoalUnknown {
        /// The household.
        household: HouseholdId,
        /// The goal.
        goal: GoalId,
    }

    "goal_not_yet_set" in "occurred_on"
    /// A review before the goal.
    #[error("goal {goal} was set on {set_on}, after {on}: check both days")]
    GoalNotYetSet {
        /// The goal.
        goal: GoalId,
        /// When it was set.
        set_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "no_agreement"
    /// Nothing to extend.
    #[error("household {household} has signed no agreement by {on}: record it first")]
    NoAgreement {
        /// The household.
        household: HouseholdId,
        /// The day given.
        on: NaiveDate,
    }

    "extension_not_longer" in "until"
    /// The extension ends no later than what it extends.
    #[error("household {household} may stay until {ends_on} anyway, so {until} extends nothing: give a later day")]
    NotExtended {
        /// The household.
        household: HouseholdId,
        /// The day given.
        until: NaiveDate,
        /// The end without the extension.
        ends_on: NaiveDate,
    }

    "goal_withdrawn" in "goal"
    /// The goal was given up.
    #[error("goal {goal} was given up on {withdrawn_on}, before {on}: set a new one, or check both days")]
    GoalGone {
        /// The goal.
        goal: GoalId,
        /// When it was given up.
        withdrawn_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "goal_already_withdrawn" in "goal"
    /// A goal is given up once.
    #[error("goal {goal} was given up on {on}: correct that record instead")]
    GoalAlreadyWithdrawn {
        /// The goal.
        goal: GoalId,
        /// When it was given up.
        on: NaiveDate,
    }

    "instrument_unknown" in "instrument"
    /// The instrument is not in the registry.
    #[error("there is no such instrument in version {version}: choose one of the registry")]
    InstrumentUnknown {
        /// The version given.
        version: u16,
    }

    "instrument_gives_otherwise" in "instrument"
    /// The instrument gives scores, or a level, and the other was recorded.
    #[error("this instrument does not give {wanted}: choose another, or record what it gives")]
    InstrumentGivesOtherwise {
        /// What the fact records.
        wanted: &'static str,
    }

    "area_unknown" in "scores"
    /// The instrument has no such area.
    #[error("a score is in an area that the instrument does not have: name its own areas")]
    AreaUnknown

    "level_unknown" in "level"
    /// The instrument gives no such level.
    #[error("the instrument does not know this level: choose one of its own")]
    LevelUnknown

    "service_referral_exists" in "referral"
    /// Every referral to a service has an id of its own.
    #[error("referral {referral} was made on {on}: give the new one an id of its own, or correct that record")]
    ServiceReferralExists {
        /// The referral.
        referral: ServiceReferralId,
        /// When it was made.
        on: NaiveDate,
    }

    "service_referral_unknown" in "referral"
    /// No such referral to a service.
    #[error("household {household} has no referral {referral} to a service: record it first")]
    ServiceReferralUnknown {
        /// The household.
        household: HouseholdId,
        /// The referral.
        referral: ServiceReferralId,
    }

    "service_referral_not_yet_made" in "occurred_on"
    /// An outcome before the referral.
    #[error("referral {referral} was made on {referred_on}, after {on}: check both days")]
    ServiceReferralNotYetMade {
        /// The referral.
        referral: ServiceReferralId,
        /// When it was made.
        referred_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "incident_exists" in "incident"
    /// Every incident has an id of its own.
    #[error("incident {incident} happened on {on}: give the new one an id of its own, or correct that record")]
    IncidentExists {
        /// The incident.
        incident: IncidentId,
        /// When it happened.
        on: NaiveDate,
    }

    "incident_unknown" in "incident"
    /// No such incident.
    #[error("household {household} has no incident {incident}: record it first, or leave it out")]
    IncidentUnknown {
        /// The household.
        household: HouseholdId,
        /// The incident.
        incident: IncidentId,
    }

    "training_exists" in "training"
    /// Every course has an id of its own.
    #[error("course {training} began on {on}: give the new one an id of its own, or correct that record")]
    TrainingExists {
        /// The course.
        training: TrainingId,
        /// When it began.
        on: NaiveDate,
    }

    "training_unknown" in "training"
    /// No such course.
    #[error("household {household} has no course {training}: record its start first")]
    TrainingUnknown {
        /// The household.
        household: HouseholdId,
        /// The course.
        training: TrainingId,
    }

    "training_not_yet_started" in "occurred_on"
    /// A course ends before it starts.
    #[error("course {training} began on {started_on}, after {on}: check both days")]
    TrainingNotYetStarted {
        /// The course.
        training: TrainingId,
        /// When it began.
        started_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "training_already_ended" in "training"
    /// A course ends once.
    #[error("course {training} ended on {on}: correct that record instead")]
    TrainingAlreadyEnded {
        /// The course.
        training: TrainingId,
        /// When it ended.
        on: NaiveDate,
    }

    "not_of_school_age" in "person"
    /// Grown-ups do not go to school.
    #[error("person {person} is too old for school or child care on {on}: record a course instead, or check her birth")]
    NotOfSchoolAge {
        /// The person.
        person: PersonId,
        /// The day given.
        on: NaiveDate,
    }

    "job_exists" in "job"
    /// Every job has an id of its own.
    #[error("job {job} started on {on}: give the new one an id of its own, or correct that record")]
    JobExists {
        /// The job.
        job: JobId,
        /// When it started.
        on: NaiveDate,
    }

    "job_unknown" in "job"
    /// No such job.
    #[error("household {household} has no job {job}: record the placement first")]
    JobUnknown {
        /// The household.
        household: HouseholdId,
        /// The job.
        job: JobId,
    }

    "job_not_yet_started" in "occurred_on"
    /// A job ends before it starts.
    #[error("job {job} started on {started_on}, after {on}: check both days")]
    JobNotYetStarted {
        /// The job.
        job: JobId,
        /// When it started.
        started_on: NaiveDate,
        /// The day given.
        on: NaiveDate,
    }

    "job_already_ended" in "job"
    /// A job ends once.
    #[error("job {job} ended on {on}: correct that record instead")]
    JobAlreadyEnded {
        /// The job.
        job: JobId,
        /// When it ended.
        on: NaiveDate,
    }

    "confirmation_not_correctable" in "position"
    /// Confirmations are taken back, not corrected.
    #[error("the fact at position {position} is a confirmation: retract it and confirm anew")]
    ConfirmationNotCorrectable {
        /// The confirmation.
        position: Position,
    }

    "needs_no_confirmation" in "position"
    /// Nobody has to confirm this.
    #[error("the fact at position {position} is a {kind}, which needs no confirmation: nothing to record")]
    NeedsNoConfirmation {
        /// The fact.
        position: Position,
        /// What it is.
        kind: &'static str,
    }

    "corrected_since" in "position"
    /// What is confirmed does not stand any more.
    #[error("what the fact at position {position} says does not stand: look at position {by} and confirm that one")]
    CorrectedSince {
        /// The fact named.
        position: Position,
        /// The fact that says what stands.
        by: Position,
    }

    "already_confirmed" in "position"
    /// What stands is confirmed once.
    #[error("the fact at position {position} was confirmed at position {by}: nothing to record")]
    AlreadyConfirmed {
        /// The fact.
        position: Position,
        /// The confirmation.
        by: Position,
    }

    "confirms_own" in "position"
    /// Nobody confirms what she recorded.
    #[error("the fact at position {position} is confirmed by somebody else than who recorded it: ask a colleague")]
    ConfirmsOwn {
        /// The fact.
        position: Position,
    }

    "no_such_fact" in "position"
    /// There is nothing at that position.
    #[error("there is no fact at position {position}: look the position up in the history")]
    NoSuchFact {
        /// The position given.
        position: Position,
    }

    "already_retracted" in "position"
    /// The fact does not count any more.
    #[error("the fact at position {position} is retracted: record it anew, or retract the retraction")]
    AlreadyRetracted {
        /// The retracted fact.
        position: Position,
    }

    "kind_differs" in "replacement"
    /// A correction keeps the type of the fact.
    #[error("the fact at position {position} is a {recorded}, not a {given}: retract it and record the right one")]
    KindDiffers {
        /// The original.
        position: Position,
        /// What it is.
        recorded: &'static str,
        /// What was given.
        given: &'static str,
    }

    "retraction_not_correctable" in "position"
    /// Retractions are taken back, not corrected.
    #[error("the fact at position {position} is a retraction: retract it to take it back")]
    RetractionNotCorrectable {
        /// The retraction.
        position: Position,
    }

    "nothing_changes" in "replacement"
    /// The correction says what stands.
    #[error("the fact at position {position} says this already: nothing to correct")]
    NothingChanges {
        /// The original.
        position: Position,
    }

    "opening_stays" in "position"
    /// The opening of a pilot is not retracted.
    #[error("the opening of a pilot, at position {position}, cannot be retracted: correct it instead")]
    OpeningStays {
        /// The opening.
        position: Position,
    }
}

fn until(to: Option<NaiveDate>) -> String {
    to.map_or_else(|| " on".to_owned(), |day| format!(" to {day}"))
}

fn differences(missing: &[PersonId], extra: &[PersonId]) -> String {
    let list = |ids: &[PersonId]| {
        ids.iter()
            .map(PersonId::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (missing.is_empty(), extra.is_empty()) {
        (false, true) => format!("add {}", list(missing)),
        (true, false) => format!("leave out {}", list(extra)),
        _ => format!("add {}; leave out {}", list(missing), list(extra)),
    }
}
