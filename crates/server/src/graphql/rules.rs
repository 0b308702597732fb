//! Who may see which field. One table; a field without a line in it is seen by nobody.

use std::sync::Arc;

use Permission as P;
use app::access::{Permission, Subject};
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo,
};
use async_graphql::{
    ErrorExtensions, PathSegment, QueryPathNode, QueryPathSegment, ServerResult, Value,
};

/// (type, field, what it takes). `*` stands for every field of the type that has no line of its own.
/// Whether a pilot is one of the subject's own is checked where the pilot is named (`find_pilot`).
pub(crate) const RULES: &[(&str, &str, Permission)] = &[
    ("Query", "pilots", P::SeePilots),
    ("Query", "pilot", P::SeePilots),
    ("Query", "dwellings", P::SeeDwellings),
    ("Query", "households", P::SeeHouseholds),
    ("Query", "household", P::SeeHouseholds),
    ("Query", "unseen", P::SeeHouseholds),
    ("Query", "indicators", P::SeeIndicators),
    ("Query", "events", P::SeeLog),
    ("Mutation", "*", P::Record),
    ("Subscription", "factRecorded", P::SeeLog),
    ("Pilot", "*", P::SeePilots),
    ("Pilot", "expenses", P::SeeMoney),
    ("Pilot", "ledger", P::SeeMoney),
    ("HmisProject", "*", P::SeePilots),
    ("PhaseEntry", "*", P::SeePilots),
    ("PhaseExtension", "*", P::SeePilots),
    ("ExperimentalMonth", "*", P::SeePilots),
    ("Partner", "*", P::SeePilots),
    ("PartnerLeft", "*", P::SeePilots),
    ("PilotRules", "*", P::SeePilots),
    ("Retention", "*", P::SeePilots),
    ("Target", "*", P::SeePilots),
    ("PilotAgreement", "*", P::SeePilots),
    ("Closure", "*", P::SeePilots),
    ("Report", "*", P::SeePilots),
    ("Restated", "*", P::SeePilots),
    ("ReportArtefact", "*", P::SeePilots),
    ("Closing", "*", P::SeePilots),
    ("Ledger", "*", P::SeeMoney),
    ("Pledge", "*", P::SeeMoney),
    ("Receipt", "*", P::SeeMoney),
    ("Allocation", "*", P::SeeMoney),
    ("Expense", "*", P::SeeMoney),
    ("Approval", "*", P::SeeMoney),
    ("Reversal", "*", P::SeeMoney),
    ("LedgerBalance", "*", P::SeeMoney),
    ("SourceBalance", "*", P::SeeMoney),
    ("LineBalance", "*", P::SeeMoney),
    ("MonthBalance", "*", P::SeeMoney),
    ("LedgerSums", "*", P::SeeMoney),
    ("Committee", "*", P::SeePilots),
    ("Meeting", "*", P::SeePilots),
    ("MeetingPlan", "*", P::SeePilots),
    ("MeetingHeld", "*", P::SeePilots),
    ("MeetingAttendance", "*", P::SeePilots),
    ("CommitteeDecision", "*", P::SeePilots),
    ("DecisionClosed", "*", P::SeePilots),
    // What is about a household is left out of the list for who may not see households.
    ("AgendaItem", "*", P::SeePilots),
    ("AgendaSubject", "*", P::SeePilots),
    ("AgendaSubject", "household", P::SeeHouseholds),
    ("AgendaSubject", "goal", P::SeeHouseholds),
    ("AgendaSubject", "followUp", P::SeeHouseholds),
    ("AgendaSubject", "consent", P::SeeHouseholds),
    ("AgendaSubject", "serviceReferral", P::SeeHouseholds),
    ("AgendaMark", "*", P::SeePilots),
    ("AgendaDone", "*", P::SeePilots),
    ("AgendaDone", "admission", P::SeeHouseholds),
    ("AgendaDone", "attainment", P::SeeHouseholds),
    ("AgendaDone", "followUp", P::SeeHouseholds),
    ("AgendaDone", "service", P::SeeHouseholds),
    ("PilotQuality", "*", P::SeePilots),
    ("PilotQuality", "households", P::SeeHouseholds),
    ("PilotCompleteness", "*", P::SeePilots),
    ("PilotContradiction", "*", P::SeePilots),
    ("Timeliness", "*", P::SeePilots),
    ("DelayCount", "*", P::SeePilots),
    ("LateFact", "*", P::SeePilots),
    ("Quality", "*", P::SeeHouseholds),
    ("ElementCompleteness", "*", P::SeeHouseholds),
    ("RequiredAnswer", "*", P::SeeHouseholds),
    ("Contradiction", "*", P::SeeHouseholds),
    ("Unseen", "*", P::SeeHouseholds),
    ("Dwelling", "*", P::SeeDwellings),
    ("Dwelling", "occupancies", P::SeeHouseholds),
    ("Availability", "*", P::SeeDwellings),
    ("Works", "*", P::SeeDwellings),
    ("DwellingWithdrawal", "*", P::SeeDwellings),
    ("DwellingOccupancy", "*", P::SeeHouseholds),
    ("HouseholdConnection", "*", P::SeeHouseholds),
    ("HouseholdEdge", "*", P::SeeHouseholds),
    ("Household", "*", P::SeeHouseholds),
    ("Household", "notes", P::OpenSealed),
    ("Referral", "*", P::SeeHouseholds),
    ("ReferralAssessment", "*", P::SeeHouseholds),
    ("ReferralAssessment", "note", P::OpenSealed),
    ("ReferralWithdrawal", "*", P::SeeHouseholds),
    ("Decision", "*", P::SeeHouseholds),
    ("Consent", "*", P::SeeHouseholds),
    ("HospitalityAgreement", "*", P::SeeHouseholds),
    ("StayExtension", "*", P::SeeHouseholds),
    ("HospitalityEnd", "*", P::SeeHouseholds),
    ("Note", "*", P::OpenSealed),
    ("Member", "*", P::SeeHouseholds),
    ("Member", "identity", P::OpenSealed),
    ("Identity", "*", P::OpenSealed),
    ("MemberLeft", "*", P::SeeHouseholds),
    ("Occupancy", "*", P::SeeHouseholds),
    ("Plan", "*", P::SeeHouseholds),
    ("Goal", "*", P::SeeHouseholds),
    ("Goal", "text", P::OpenSealed),
    ("GoalTerms", "*", P::SeeHouseholds),
    ("GoalTerms", "text", P::OpenSealed),
    ("GoalWithdrawn", "*", P::SeeHouseholds),
    ("Assessment", "*", P::SeeHouseholds),
    ("AreaScore", "*", P::SeeHouseholds),
    ("Risk", "*", P::SeeHouseholds),
    ("Incident", "*", P::SeeHouseholds),
    ("Incident", "note", P::OpenSealed),
    ("Breach", "*", P::SeeHouseholds),
    ("Breach", "note", P::OpenSealed),
    ("GoalReview", "*", P::SeeHouseholds),
    ("GoalReview", "note", P::OpenSealed),
    ("Contact", "*", P::SeeHouseholds),
    ("Contact", "note", P::OpenSealed),
    ("ServiceReferral", "*", P::SeeHouseholds),
    ("ServiceOutcome", "*", P::SeeHouseholds),
    ("PartnerContribution", "*", P::SeeHouseholds),
    ("ServiceCount", "*", P::SeeHouseholds),
    ("Work", "*", P::SeeHouseholds),
    ("Training", "*", P::SeeHouseholds),
    ("TrainingEnd", "*", P::SeeHouseholds),
    ("Schooling", "*", P::SeeHouseholds),
    ("Job", "*", P::SeeHouseholds),
    ("JobEnd", "*", P::SeeHouseholds),
    ("IncomeEntry", "*", P::SeeHouseholds),
    ("IncomeAmount", "*", P::SeeHouseholds),
    ("ExitEntry", "*", P::SeeHouseholds),
    ("FollowUp", "*", P::SeeHouseholds),
    ("TimelineConnection", "*", P::SeeHouseholds),
    ("TimelineEdge", "*", P::SeeHouseholds),
    ("TimelineEntry", "*", P::SeeHouseholds),
    ("TimelineEntry", "data", P::SeeContent),
    ("Evaluation", "*", P::SeeIndicators),
    ("Indicator", "*", P::SeeIndicators),
    ("Interval", "*", P::SeeIndicators),
    ("EventConnection", "*", P::SeeLog),
    ("EventEdge", "*", P::SeeLog),
    ("Event", "*", P::SeeLog),
    ("Event", "stream", P::SeeContent),
    ("Event", "also", P::SeeContent),
    ("Event", "kind", P::SeeContent),
    ("Event", "label", P::SeeContent),
    ("Event", "occurredOn", P::SeeContent),
    ("Event", "data", P::SeeContent),
    ("PageInfo", "*", P::SeePilots),
    ("Recorded", "*", P::Record),
    ("Refused", "*", P::Record),
    ("Conflict", "*", P::Record),
];

/// What it takes to see a field; nothing when nobody may.
pub(crate) fn rule(parent: &str, field: &str) -> Option<Permission> {
    RULES
        .iter()
        .find(|line| line.0 == parent && line.1 == field)
        .or_else(|| RULES.iter().find(|line| line.0 == parent && line.1 == "*"))
        .map(|line| line.2)
}

/// The error for what is not allowed; says no more than that.
pub(crate) fn forbidden() -> async_graphql::Error {
    async_graphql::Error::new("this token may not do that")
        .extend_with(|_, extensions| extensions.set("code", "FORBIDDEN"))
}

/// The error for a token that is no longer good.
pub(crate) fn unauthenticated() -> async_graphql::Error {
    async_graphql::Error::new("this token is no longer good: sign in with another")
        .extend_with(|_, extensions| extensions.set("code", "UNAUTHENTICATED"))
}

/// Applies [`RULES`] to every field that is resolved.
pub(crate) struct Rules;

impl ExtensionFactory for Rules {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Rules {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        // An element of a list is no field: the list was checked when it was one.
        let element = info.parent_type.starts_with('[');
        let allowed = element
            || info.parent_type.starts_with("__")
            || info.name.starts_with("__")
            || ctx.data_opt::<Subject>().is_some_and(|subject| {
                rule(info.parent_type, info.name).is_some_and(|needed| subject.role.may(needed))
            });
        if !allowed {
            let mut error = forbidden().into_server_error(info.field.name.pos);
            error.path = path(info.path_node);
            return Err(error);
        }
        next.run(ctx, info).await
    }
}

/// From the root to a field.
fn path(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let mut path = Vec::new();
    let mut next = Some(node);
    while let Some(node) = next {
        path.push(match node.segment {
            QueryPathSegment::Index(index) => PathSegment::Index(index),
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
        });
        next = node.parent;
    }
    path.reverse();
    path
}

/// Fields of the schema that no rule speaks of. Must be empty; a test holds it so.
pub fn visible_to_nobody(schema: &super::Schema) -> Vec<String> {
    use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
    let Ok(document) = async_graphql::parser::parse_schema(schema.sdl()) else {
        return vec!["the schema does not parse".to_owned()];
    };
    let mut unruled = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(defined) = definition else {
            continue;
        };
        let TypeKind::Object(object) = &defined.node.kind else {
            continue;
        };
        let parent = defined.node.name.node.as_str();
        let fields = object
            .fields
            .iter()
            .map(|field| field.node.name.node.as_str());
        unruled.extend(
            fields
                .filter(|field| rule(parent, field).is_none())
                .map(|field| format!("{parent}.{field}")),
        );
    }
    unruled
}
