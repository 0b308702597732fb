//! Who may see which field. One table; a field without a line in it is seen by nobody.

use std::any::TypeId;
use std::sync::Arc;

use Action as A;
use Rule::{AsAsked, May};
use app::Fenced;
use app::access::SignedIn;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextResolve, ResolveInfo,
};
use async_graphql::{
    ErrorExtensions, PathSegment, QueryPathNode, QueryPathSegment, Request, ServerError,
    ServerResult, Value,
};
use policy::{Action, Denied, Subject};

use super::roots::{Purpose, Roots, enter, root_key};

/// What it takes to see a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// To be allowed this, in the pilot that the root field was asked of. A root field asks for it
    /// itself, with all that it knows of what it is asked; one that did not is answered to nobody.
    May(Action),
    /// Nothing beyond what it took to see what it is a field of.
    AsAsked,
}

/// (type, field, what it takes). `*` stands for every field of the type that has no line of its own.
const RULES: &[(&str, &str, Rule)] = &[
    ("Query", "pilots", May(A::ListPilots)),
    ("Query", "pilot", May(A::ListPilots)),
    ("Query", "dwellings", May(A::SeeDwellings)),
    ("Query", "households", May(A::SeeHouseholds)),
    ("Query", "household", May(A::SeeHouseholds)),
    ("Query", "unseen", May(A::SeeHouseholds)),
    ("Query", "indicators", May(A::SeeIndicators)),
    ("Query", "events", May(A::SeeLog)),
    ("Query", "histories", May(A::SeeContent)),
    ("Query", "consents", May(A::SeeConsents)),
    ("Query", "persons", May(A::ListPersons)),
    ("Query", "accessLog", May(A::SeeAccessLog)),
    ("Query", "breakGlassUses", May(A::ReviewBreakGlass)),
    ("Query", "holders", May(A::SeeGrants)),
    ("Query", "checkpoint", May(A::SeeProofs)),
    ("Query", "proof", May(A::SeeProofs)),
    ("Mutation", "*", May(A::Record)),
    ("Mutation", "openPilot", May(A::OpenPilot)),
    ("Mutation", "recordVisit", May(A::RecordContact)),
    ("Mutation", "recordService", May(A::RecordContact)),
    ("Mutation", "recordReferralOutcome", May(A::RecordOutcome)),
    ("Mutation", "breakGlass", May(A::BreakGlass)),
    ("Mutation", "reviewBreakGlass", May(A::ReviewBreakGlass)),
    ("Mutation", "placeRestriction", May(A::RestrictPerson)),
    ("Mutation", "liftRestriction", May(A::RestrictPerson)),
    ("Mutation", "forgetPerson", May(A::ForgetPerson)),
    ("Mutation", "grantRole", May(A::GrantRoles)),
    ("Mutation", "revokeRole", May(A::RevokeRoles)),
    ("Subscription", "factRecorded", May(A::SeeLog)),
    ("Pilot", "*", May(A::SeeFrame)),
    ("Pilot", "id", May(A::ListPilots)),
    ("Pilot", "code", May(A::ListPilots)),
    ("Pilot", "title", May(A::ListPilots)),
    ("Pilot", "reports", May(A::SeeReports)),
    ("Pilot", "expenses", May(A::SeeMoney)),
    ("Pilot", "ledger", May(A::SeeBudget)),
    ("Pilot", "committee", May(A::SeeCommittee)),
    ("Pilot", "agenda", May(A::SeeAgenda)),
    ("Pilot", "quality", May(A::SeeQuality)),
    ("HmisProject", "*", May(A::SeeFrame)),
    ("PhaseEntry", "*", May(A::SeeFrame)),
    ("PhaseExtension", "*", May(A::SeeFrame)),
    ("ExperimentalMonth", "*", May(A::SeeFrame)),
    ("Partner", "*", May(A::SeeFrame)),
    ("PartnerLeft", "*", May(A::SeeFrame)),
    ("PilotRules", "*", May(A::SeeFrame)),
    ("Retention", "*", May(A::SeeFrame)),
    ("Target", "*", May(A::SeeFrame)),
    ("PilotAgreement", "*", May(A::SeeFrame)),
    ("Closure", "*", May(A::SeeFrame)),
    ("Report", "*", May(A::SeeReports)),
    ("Restated", "*", May(A::SeeReports)),
    ("ReportArtefact", "*", May(A::SeeReports)),
    ("Closing", "*", May(A::SeeFrame)),
    ("Ledger", "*", May(A::SeeBudget)),
    ("Ledger", "expenses", May(A::SeeMoney)),
    ("Pledge", "*", May(A::SeeBudget)),
    ("Receipt", "*", May(A::SeeBudget)),
    ("Allocation", "*", May(A::SeeBudget)),
    ("Expense", "*", May(A::SeeMoney)),
    ("Approval", "*", May(A::SeeMoney)),
    ("Reversal", "*", May(A::SeeMoney)),
    ("LedgerBalance", "*", May(A::SeeBudget)),
    ("SourceBalance", "*", May(A::SeeBudget)),
    ("LineBalance", "*", May(A::SeeBudget)),
    ("MonthBalance", "*", May(A::SeeBudget)),
    ("LedgerSums", "*", May(A::SeeBudget)),
    ("Committee", "*", May(A::SeeCommittee)),
    ("Meeting", "*", May(A::SeeCommittee)),
    ("MeetingPlan", "*", May(A::SeeCommittee)),
    ("MeetingHeld", "*", May(A::SeeCommittee)),
    ("MeetingAttendance", "*", May(A::SeeCommittee)),
    ("CommitteeDecision", "*", May(A::SeeCommittee)),
    ("DecisionClosed", "*", May(A::SeeCommittee)),
    // What is about a household is left out of the list for who may not see households.
    ("AgendaItem", "*", May(A::SeeAgenda)),
    ("AgendaSubject", "*", May(A::SeeAgenda)),
    ("AgendaSubject", "household", May(A::SeeHouseholds)),
    ("AgendaSubject", "goal", May(A::SeeHouseholds)),
    ("AgendaSubject", "followUp", May(A::SeeHouseholds)),
    ("AgendaSubject", "consent", May(A::SeeHouseholds)),
    ("AgendaSubject", "serviceReferral", May(A::SeeHouseholds)),
    ("AgendaMark", "*", May(A::SeeAgenda)),
    ("AgendaDone", "*", May(A::SeeAgenda)),
    ("AgendaDone", "admission", May(A::SeeHouseholds)),
    ("AgendaDone", "attainment", May(A::SeeHouseholds)),
    ("AgendaDone", "followUp", May(A::SeeHouseholds)),
    ("AgendaDone", "service", May(A::SeeHouseholds)),
    ("PilotQuality", "*", May(A::SeeQuality)),
    ("PilotQuality", "households", May(A::SeeHouseholds)),
    ("PilotCompleteness", "*", May(A::SeeQuality)),
    ("PilotContradiction", "*", May(A::SeeQuality)),
    ("Timeliness", "*", May(A::SeeQuality)),
    ("DelayCount", "*", May(A::SeeQuality)),
    ("LateFact", "*", May(A::SeeQuality)),
    ("Quality", "*", May(A::SeeQuality)),
    ("ElementCompleteness", "*", May(A::SeeQuality)),
    ("RequiredAnswer", "*", May(A::SeeQuality)),
    ("Contradiction", "*", May(A::SeeQuality)),
    ("Unseen", "*", May(A::SeeHouseholds)),
    ("Dwelling", "*", May(A::SeeDwellings)),
    ("Dwelling", "occupied", May(A::SeeOccupancy)),
    ("Dwelling", "occupancies", May(A::SeeHouseholds)),
    ("Availability", "*", May(A::SeeDwellings)),
    ("Works", "*", May(A::SeeDwellings)),
    ("DwellingWithdrawal", "*", May(A::SeeDwellings)),
    ("DwellingOccupancy", "*", May(A::SeeHouseholds)),
    ("HouseholdConnection", "*", May(A::SeeHouseholds)),
    ("HouseholdEdge", "*", May(A::SeeHouseholds)),
    ("Household", "*", May(A::SeeHouseholds)),
    ("Household", "agenda", May(A::SeeAgenda)),
    ("Household", "quality", May(A::SeeQuality)),
    ("Household", "timeline", May(A::SeeContent)),
    ("Household", "notes", May(A::OpenText)),
    ("Referral", "*", May(A::SeeHouseholds)),
    ("ReferralAssessment", "*", May(A::SeeHouseholds)),
    ("ReferralAssessment", "note", May(A::OpenText)),
    ("ReferralWithdrawal", "*", May(A::SeeHouseholds)),
    ("Decision", "*", May(A::SeeHouseholds)),
    // Of a household, or of a pilot for its data protection officer.
    ("Consent", "*", AsAsked),
    ("HeldConsent", "*", May(A::SeeConsents)),
    ("HospitalityAgreement", "*", May(A::SeeHouseholds)),
    ("StayExtension", "*", May(A::SeeHouseholds)),
    ("HospitalityEnd", "*", May(A::SeeHouseholds)),
    ("Note", "*", May(A::OpenText)),
    ("Member", "*", May(A::SeeHouseholds)),
    ("Member", "identity", May(A::OpenIdentity)),
    ("Identity", "*", May(A::OpenIdentity)),
    ("MemberLeft", "*", May(A::SeeHouseholds)),
    ("Occupancy", "*", May(A::SeeHouseholds)),
    ("Plan", "*", May(A::SeeHouseholds)),
    ("Goal", "*", May(A::SeeHouseholds)),
    ("Goal", "text", May(A::OpenText)),
    ("GoalTerms", "*", May(A::SeeHouseholds)),
    ("GoalTerms", "text", May(A::OpenText)),
    ("GoalWithdrawn", "*", May(A::SeeHouseholds)),
    ("Assessment", "*", May(A::SeeHouseholds)),
    ("AreaScore", "*", May(A::SeeHouseholds)),
    ("Risk", "*", May(A::SeeHouseholds)),
    ("Incident", "*", May(A::SeeHouseholds)),
    ("Incident", "note", May(A::OpenText)),
    ("Breach", "*", May(A::SeeHouseholds)),
    ("Breach", "note", May(A::OpenText)),
    ("GoalReview", "*", May(A::SeeHouseholds)),
    ("GoalReview", "note", May(A::OpenText)),
    ("Contact", "*", May(A::SeeHouseholds)),
    ("Contact", "note", May(A::OpenText)),
    ("ServiceReferral", "*", May(A::SeeHouseholds)),
    ("ServiceOutcome", "*", May(A::SeeHouseholds)),
    ("PartnerContribution", "*", May(A::SeeHouseholds)),
    ("ServiceCount", "*", May(A::SeeHouseholds)),
    ("Work", "*", May(A::SeeHouseholds)),
    ("Training", "*", May(A::SeeHouseholds)),
    ("TrainingEnd", "*", May(A::SeeHouseholds)),
    ("Schooling", "*", May(A::SeeHouseholds)),
    ("Job", "*", May(A::SeeHouseholds)),
    ("JobEnd", "*", May(A::SeeHouseholds)),
    ("IncomeEntry", "*", May(A::SeeHouseholds)),
    ("IncomeAmount", "*", May(A::SeeHouseholds)),
    ("ExitEntry", "*", May(A::SeeHouseholds)),
    ("FollowUp", "*", May(A::SeeHouseholds)),
    ("TimelineConnection", "*", May(A::SeeContent)),
    ("TimelineEdge", "*", May(A::SeeContent)),
    ("TimelineEntry", "*", May(A::SeeContent)),
    ("HistoryConnection", "*", May(A::SeeContent)),
    ("HistoryEdge", "*", May(A::SeeContent)),
    ("History", "*", May(A::SeeContent)),
    ("HistoryEntry", "*", May(A::SeeContent)),
    ("Evaluation", "*", May(A::SeeIndicators)),
    ("Indicator", "*", May(A::SeeIndicators)),
    ("Interval", "*", May(A::SeeIndicators)),
    ("EventConnection", "*", May(A::SeeLog)),
    ("EventEdge", "*", May(A::SeeLog)),
    ("Event", "*", May(A::SeeLog)),
    ("Event", "stream", May(A::SeeContent)),
    ("Event", "also", May(A::SeeContent)),
    ("Event", "kind", May(A::SeeContent)),
    ("Event", "label", May(A::SeeContent)),
    ("Event", "occurredOn", May(A::SeeContent)),
    ("Event", "data", May(A::SeeContent)),
    ("PageInfo", "*", AsAsked),
    // Whoever is answered so was allowed to ask.
    ("Recorded", "*", AsAsked),
    ("Refused", "*", AsAsked),
    ("Conflict", "*", AsAsked),
    ("Done", "*", AsAsked),
    ("GlassBroken", "*", AsAsked),
    ("Forgotten", "*", AsAsked),
    ("HeldPerson", "*", May(A::ListPersons)),
    ("AccessConnection", "*", May(A::SeeAccessLog)),
    ("AccessEdge", "*", May(A::SeeAccessLog)),
    ("AccessEntry", "*", May(A::SeeAccessLog)),
    ("BreakGlassUse", "*", May(A::ReviewBreakGlass)),
    ("RoleHolder", "*", May(A::SeeGrants)),
    ("RoleGrant", "*", May(A::SeeGrants)),
    ("SignedCheckpoint", "*", May(A::SeeProofs)),
    ("PositionProof", "*", May(A::SeeProofs)),
    ("SinceProof", "*", May(A::SeeProofs)),
];

/// What it takes to see a field; nothing when nobody may.
pub fn rule(parent: &str, field: &str) -> Option<Rule> {
    RULES
        .iter()
        .find(|line| line.0 == parent && line.1 == field)
        .or_else(|| RULES.iter().find(|line| line.0 == parent && line.1 == "*"))
        .map(|line| line.2)
}

/// The error for what is not allowed: the reason, and no word of what it is about.
pub(crate) fn forbidden(denied: Denied) -> async_graphql::Error {
    let reason = match denied {
        Denied::SecondFactor => "SECOND_FACTOR",
        Denied::Purpose => "PURPOSE",
        Denied::OthersText => "OTHERS_TEXT",
        Denied::InAnothersName => "IN_ANOTHERS_NAME",
        Denied::Herself => "HERSELF",
        Denied::NotForTokens => "NOT_FOR_TOKENS",
        Denied::Outside | Denied::NotShared | Denied::Role => "ROLE",
    };
    // What there is nothing of cannot be told from what is not hers.
    let said = match denied {
        Denied::Outside | Denied::NotShared => Denied::Role,
        denied => denied,
    };
    async_graphql::Error::new(said.to_string()).extend_with(|_, extensions| {
        extensions.set("code", "FORBIDDEN");
        extensions.set("reason", reason);
    })
}

/// The error for a sign-in that is no longer good.
pub(crate) fn unauthenticated() -> async_graphql::Error {
    async_graphql::Error::new("this sign-in is no longer good: sign in again")
        .extend_with(|_, extensions| extensions.set("code", "UNAUTHENTICATED"))
}

/// Is this a root field?
fn is_root(parent: &str) -> bool {
    matches!(parent, "Query" | "Mutation" | "Subscription")
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
    /// Every request, those over a connection that stays open too, is asked by who somebody is now.
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let mut request = next.run(ctx, request).await?;
        let at = |error: async_graphql::Error| error.into_server_error(Default::default());
        let purpose = Purpose::of(&request).map_err(at)?;
        let given = request.data.get(&TypeId::of::<SignedIn>());
        let given = given.and_then(|it| it.downcast_ref::<SignedIn>()).cloned();
        let signed_in = given.or_else(|| ctx.data_opt::<SignedIn>().cloned());
        // Whoever comes over HTTP was looked up there, before her request was read.
        if !request.data.contains_key(&TypeId::of::<Subject>())
            && let Some(signed_in) = signed_in
        {
            let (subject, fenced) = enter(&signed_in).await.map_err(at)?;
            request = request.data(signed_in).data(subject).data(fenced);
        }
        Ok(request.data(Roots::default()).data(purpose))
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        // An element of a list is no field: the list was checked when it was one.
        let element = info.parent_type.starts_with('[');
        let own = info.parent_type.starts_with("__") || info.name.starts_with("__");
        if element || own {
            return next.run(ctx, info).await;
        }
        let refused = |denied: Denied| {
            let mut error = forbidden(denied).into_server_error(info.field.name.pos);
            error.path = path(info.path_node);
            error
        };
        let rule = rule(info.parent_type, info.name).ok_or_else(|| refused(Denied::Role))?;
        if is_root(info.parent_type) {
            let key = root_key(info.path_node);
            let unasked = refused(Denied::Role);
            let answer = next.run(ctx, info).await?;
            let decided = ctx.data_opt::<Roots>().is_some_and(|roots| roots.has(&key));
            return if decided {
                Ok(answer)
            } else {
                Err(undecided(&key, unasked))
            };
        }
        if let May(action) = rule {
            self.check(ctx, action, info.path_node).map_err(refused)?;
        }
        next.run(ctx, info).await
    }
}

impl Rules {
    /// May she, in the pilot that was asked for at the root?
    fn check(
        &self,
        ctx: &ExtensionContext<'_>,
        action: Action,
        path: &QueryPathNode<'_>,
    ) -> Result<(), Denied> {
        let asked = (
            ctx.data_opt::<Fenced>(),
            ctx.data_opt::<Subject>(),
            ctx.data_opt::<Roots>(),
        );
        match asked {
            (Some(app), Some(subject), Some(roots)) => {
                roots.check(subject, action, path, app.now())
            }
            _ => Err(Denied::Role),
        }
    }
}

/// A root field that asked the policy nothing is a mistake in it, and tells nothing.
fn undecided(field: &str, error: ServerError) -> ServerError {
    tracing::error!(field, "answered without asking whether it may be");
    error
}

/// From the root to a field.
pub(crate) fn path(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
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
