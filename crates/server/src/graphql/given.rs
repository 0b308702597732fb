//! What is given out, and to whom how: ids of households, of their members and of what belongs to them
//! go out through here and nowhere else, and so does what a fact says.
//!
//! [`IDS`] has a line for every field that is an id. A field without one is given to nobody who is given
//! pseudonyms; and a test over the schema wants to see one for each.
//!
//! Whoever is told days since admission and no dates gets nothing of a household that has a date or a
//! position of the log: which fields these are follows from the schema ([`Calendar`]), and the rest is
//! a short list. [`histories`](super::histories) is for her.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use app::{Fenced, Names};
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextResolve, ResolveInfo,
};
use async_graphql::parser::types::{
    BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Context, Json, QueryPathNode, Request, ServerResult, Value};
use evaluation::{Group, Parts, Subject as About};
use events::{DwellingId, HouseholdId, Named, PersonId, PilotId};
use policy::Subject;
use uuid::Uuid;

use super::roots::Roots;
use super::{asked, coded, rules};
use Given::{AsItIs, Of, Stream};

/// How an id is given to whoever is given pseudonyms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// As it is: it belongs to the pilot, or is a name that was given already.
    AsItIs,
    /// Under a pseudonym.
    Of(Named),
    /// The name of a stream, which may hold one.
    Stream,
}

/// (type, field, how it is given).
const IDS: &[(&str, &str, Given)] = &[
    ("AccessEntry", "person", Of(Named::Person)),
    ("AgendaSubject", "household", Of(Named::Household)),
    ("AgendaSubject", "goal", Of(Named::Goal)),
    ("AgendaSubject", "consent", Of(Named::Consent)),
    (
        "AgendaSubject",
        "serviceReferral",
        Of(Named::ServiceReferral),
    ),
    ("AgendaSubject", "expense", AsItIs),
    ("AgendaSubject", "meeting", AsItIs),
    ("AgendaSubject", "decision", AsItIs),
    ("Allocation", "source", AsItIs),
    ("Assessment", "person", Of(Named::Person)),
    ("Breach", "incident", Of(Named::Incident)),
    ("BreakGlassUse", "household", Of(Named::Household)),
    ("CommitteeDecision", "id", AsItIs),
    ("CommitteeDecision", "meeting", AsItIs),
    ("CommitteeDecision", "responsible", AsItIs),
    ("Consent", "id", Of(Named::Consent)),
    ("Consent", "person", Of(Named::Person)),
    ("Consent", "recipients", AsItIs),
    ("Contact", "persons", Of(Named::Person)),
    ("Contact", "partners", AsItIs),
    ("Contradiction", "household", Of(Named::Household)),
    ("Contradiction", "person", Of(Named::Person)),
    ("Dwelling", "id", AsItIs),
    ("DwellingOccupancy", "household", Of(Named::Household)),
    ("Evaluation", "pilot", AsItIs),
    ("Event", "id", Of(Named::Fact)),
    ("Event", "command", Of(Named::Command)),
    ("Event", "stream", Stream),
    ("Event", "also", Stream),
    ("Expense", "id", AsItIs),
    ("Expense", "source", AsItIs),
    ("Forgotten", "persons", Of(Named::Person)),
    ("Forgotten", "notesOf", Of(Named::Household)),
    ("GlassBroken", "household", Of(Named::Household)),
    ("Goal", "id", Of(Named::Goal)),
    ("HeldConsent", "household", Of(Named::Household)),
    ("HeldPerson", "id", Of(Named::Person)),
    ("HeldPerson", "households", Of(Named::Household)),
    ("HeldPerson", "heads", Of(Named::Household)),
    // Named already.
    ("History", "household", AsItIs),
    ("Household", "id", Of(Named::Household)),
    ("Incident", "id", Of(Named::Incident)),
    ("IncomeEntry", "person", Of(Named::Person)),
    ("Job", "id", Of(Named::Job)),
    ("Job", "person", Of(Named::Person)),
    ("Job", "partner", AsItIs),
    ("Meeting", "id", AsItIs),
    ("MeetingAttendance", "partner", AsItIs),
    ("Member", "person", Of(Named::Person)),
    ("Note", "person", Of(Named::Person)),
    ("Occupancy", "dwelling", Of(Named::Dwelling)),
    ("Partner", "id", AsItIs),
    ("PartnerContribution", "partner", AsItIs),
    ("PhaseExtension", "decision", AsItIs),
    ("Pilot", "id", AsItIs),
    ("PilotAgreement", "id", AsItIs),
    ("PilotAgreement", "partners", AsItIs),
    ("Pledge", "id", AsItIs),
    ("Pledge", "source", AsItIs),
    ("Receipt", "source", AsItIs),
    ("Receipt", "pledge", AsItIs),
    ("Recorded", "pilot", AsItIs),
    ("Report", "id", AsItIs),
    ("RequiredAnswer", "household", Of(Named::Household)),
    ("RequiredAnswer", "person", Of(Named::Person)),
    ("Restated", "report", AsItIs),
    ("Risk", "person", Of(Named::Person)),
    ("RoleGrant", "pilot", AsItIs),
    ("RoleGrant", "partner", AsItIs),
    ("RoleGrant", "boundTo", AsItIs),
    ("Schooling", "person", Of(Named::Person)),
    ("ServiceReferral", "id", Of(Named::ServiceReferral)),
    ("ServiceReferral", "person", Of(Named::Person)),
    ("ServiceReferral", "partner", AsItIs),
    ("SourceBalance", "source", AsItIs),
    ("Target", "setBy", AsItIs),
    ("Training", "id", Of(Named::Training)),
    ("Training", "person", Of(Named::Person)),
    ("Training", "partner", AsItIs),
];

/// Types that stand for a household, or are made of it: what can be reached from them is about one.
const HOUSEHOLDS: [&str; 5] = [
    "HeldConsent",
    "Household",
    "HouseholdConnection",
    "DwellingOccupancy",
    "Unseen",
];

/// Fields of those types that are positions of the log, or of facts told by them.
const POSITIONS: &[&str] = &[
    "about",
    "closure",
    "confirmedBy",
    "correctedBy",
    "entryConfirmedBy",
    "late",
    "position",
    "positions",
    "retractedBy",
    "slow",
    "withdrawnAt",
];

/// What else would tell the days of a household, and why.
const TELLS_DAYS: &[(&str, &str)] = &[
    // The log is a calendar: what stands between two facts of the pilot's happened between their days.
    ("Query", "events"),
    ("Subscription", "factRecorded"),
    ("Household", "timeline"),
    // Asked day by day.
    ("Dwelling", "occupied"),
    ("Dwelling", "occupancies"),
    ("PilotQuality", "households"),
    // With a period of one day they name who had it.
    ("Indicator", "parts"),
    ("Indicator", "groups"),
    // With each position in turn it is a list of days.
    ("Evaluation", "recordedAt"),
];

/// The scalars that are dates and times.
const DATES: [&str; 2] = ["NaiveDate", "DateTime"];

/// How a field that holds ids is given; nothing when it is not known.
pub(crate) fn given(parent: &str, field: &str) -> Option<Given> {
    let line = IDS.iter().find(|line| line.0 == parent && line.1 == field);
    line.map(|line| line.2)
}

/// Which fields tell the days of a household.
pub(crate) struct Calendar(BTreeMap<String, BTreeSet<String>>);

impl Calendar {
    /// By a schema: of what can be reached from a household, every date, every position, and whatever is
    /// asked for a date; wherever it is, what is asked for a date and is about households; and the rest of
    /// the list.
    pub(crate) fn of(sdl: &str) -> Self {
        let types = Types::of(sdl);
        let about = types.reached(&HOUSEHOLDS);
        let mut calendar = Self(BTreeMap::new());
        for (parent, field) in TELLS_DAYS {
            calendar.add(parent, field);
        }
        for (parent, field) in types.fields() {
            let name = field.name.node.as_str();
            let within = about.contains(parent);
            let returned = base(&field.ty.node);
            let takes_date = field
                .arguments
                .iter()
                .any(|it| DATES.contains(&base(&it.node.ty.node)));
            let position = returned == "Int" && POSITIONS.contains(&name);
            if within && (DATES.contains(&returned) || position)
                || takes_date && (within || about.contains(returned))
            {
                calendar.add(parent, name);
            }
        }
        calendar
    }

    fn add(&mut self, parent: &str, field: &str) {
        let fields = self.0.entry(parent.to_owned()).or_default();
        fields.insert(field.to_owned());
    }

    fn tells(&self, parent: &str, field: &str) -> bool {
        let fields = self.0.get(parent);
        fields.is_some_and(|fields| fields.contains(field))
    }
}

/// By the schema as it is.
static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::of(&super::sdl()));

/// The object types of a schema.
pub(crate) struct Types(Vec<(String, Vec<FieldDefinition>)>);

impl Types {
    pub(crate) fn of(sdl: &str) -> Self {
        // The schema is the program's own: it parses, and a test holds it so.
        let parsed = async_graphql::parser::parse_schema(sdl);
        let definitions = parsed.map(|it| it.definitions).unwrap_or_default();
        let objects = definitions.into_iter().filter_map(|one| match one {
            TypeSystemDefinition::Type(defined) => {
                let defined = defined.node;
                match defined.kind {
                    TypeKind::Object(object) => {
                        let fields = object.fields.into_iter().map(|field| field.node);
                        Some((defined.name.node.to_string(), fields.collect()))
                    }
                    _ => None,
                }
            }
            _ => None,
        });
        Self(objects.collect())
    }

    /// Every field, with its type.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &FieldDefinition)> {
        self.0
            .iter()
            .flat_map(|(name, fields)| fields.iter().map(move |field| (name.as_str(), field)))
    }

    /// The types that can be reached from some, themselves included.
    pub(crate) fn reached<'a>(&'a self, from: &[&'a str]) -> BTreeSet<&'a str> {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut next: Vec<&str> = from.to_vec();
        while let Some(name) = next.pop() {
            let found = self.0.iter().find(|(known, _)| known == name);
            let Some((name, fields)) = found else {
                continue;
            };
            if reached.insert(name) {
                next.extend(fields.iter().map(|field| base(&field.ty.node)));
            }
        }
        reached
    }
}

/// The type that a type is a list of, or that may be missing.
pub(crate) fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(of) => base(of),
    }
}

/// The names of the request's pilots, as they were first asked for.
#[derive(Default)]
pub(crate) struct Known(Mutex<HashMap<PilotId, Arc<Names>>>);

/// The names that whoever asks is given in a pilot.
pub(crate) fn names_in(ctx: &Context<'_>, pilot: PilotId) -> async_graphql::Result<Arc<Names>> {
    let (app, subject) = asked(ctx)?;
    Ok(known(ctx.data::<Known>()?, app, subject, pilot))
}

/// The same, in the pilot that the field is below.
pub(crate) fn names(ctx: &Context<'_>) -> async_graphql::Result<Arc<Names>> {
    let path = ctx.path_node.as_ref();
    let pilot = path.and_then(|path| ctx.data_opt::<Roots>()?.pilot(path));
    let pilot = pilot.ok_or_else(|| rules::forbidden(policy::Denied::Role))?;
    names_in(ctx, pilot)
}

fn known(known: &Known, app: &Fenced, subject: &Subject, pilot: PilotId) -> Arc<Names> {
    let mut known = known.0.lock().unwrap_or_else(PoisonError::into_inner);
    let names = known
        .entry(pilot)
        .or_insert_with(|| Arc::new(app.names(subject, pilot)));
    Arc::clone(names)
}

/// What a fact says, for whoever asks.
pub(crate) fn data(
    ctx: &Context<'_>,
    kind: &str,
    shape: i16,
    data: serde_json::Value,
) -> async_graphql::Result<Json<serde_json::Value>> {
    Ok(Json(names(ctx)?.data(kind, shape, data)))
}

/// What a figure is made of, for whoever asks.
pub(crate) fn parts(names: &Names, parts: &Parts) -> Parts {
    let mut parts = parts.clone();
    if !names.are_pseudonyms() {
        return parts;
    }
    for part in [
        &mut parts.numerator,
        &mut parts.denominator,
        &mut parts.excluded,
        &mut parts.unknown,
    ] {
        for about in &mut part.subjects {
            *about = subject(names, *about);
        }
        // Their order is that of what they are called.
        part.subjects.sort_unstable();
    }
    parts
}

/// The groups of a figure, for whoever asks.
pub(crate) fn groups(names: &Names, groups: &[Group]) -> Vec<Group> {
    let groups = groups.iter().map(|group| Group {
        parts: parts(names, &group.parts),
        ..group.clone()
    });
    groups.collect()
}

fn subject(names: &Names, about: About) -> About {
    let household = |id| HouseholdId(names.household(id));
    let person = |id| PersonId(names.person(id));
    match about {
        About::Person(id) => About::Person(person(id)),
        About::Stay(of, id) => About::Stay(household(of), person(id)),
        About::Household(id) => About::Household(household(id)),
        About::Dwelling(id) => About::Dwelling(DwellingId(names.id(Named::Dwelling, id.0))),
        About::Partner(_) | About::Fact(_) => about,
    }
}

/// The error for a date of a household, for whoever is not told any.
pub(crate) fn days_only() -> async_graphql::Error {
    coded(
        "RELATIVE_DATES",
        "the days of households are given to you as days since admission: ask for \
         histories(dates: SINCE_ADMISSION)",
    )
}

/// Applies [`IDS`] and [`Calendar`] to every field that is resolved.
pub(crate) struct Masks;

impl ExtensionFactory for Masks {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Masks {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let request = next.run(ctx, request).await?;
        Ok(request.data(Known::default()))
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        // An element of a list is no field: the list is looked at as one.
        let element = info.parent_type.starts_with('[');
        let own = info.parent_type.starts_with("__") || info.name.starts_with("__");
        if element || own {
            return next.run(ctx, info).await;
        }
        let (path, at) = (info.path_node, info.field.name.pos);
        let tells_days = CALENDAR.tells(info.parent_type, info.name);
        let given = given(info.parent_type, info.name);
        let is_id = given.is_some() || info.return_type.trim_matches(['[', ']', '!']) == "ID";
        if !tells_days && !is_id {
            return next.run(ctx, info).await;
        }
        let refused = |error: async_graphql::Error| {
            let mut error = error.into_server_error(at);
            error.path = rules::path(path);
            error
        };
        // Below a root field the pilot is known; of a root field it is known once it was asked for.
        if tells_days && names_at(ctx, path).is_some_and(|names| names.tells_days()) {
            return Err(refused(days_only()));
        }
        let name = format!("{}.{}", info.parent_type, info.name);
        let value = next.run(ctx, info).await?;
        let Some(names) = names_at(ctx, path).filter(|names| names.are_pseudonyms()) else {
            return Ok(value);
        };
        if tells_days && names.tells_days() {
            return Err(refused(days_only()));
        }
        match given {
            _ if !is_id => Ok(value),
            Some(given) => Ok(value.map(|value| masked(&names, given, value))),
            None => {
                tracing::error!(
                    field = name,
                    "an id of which it is not said how it is given"
                );
                Err(refused(rules::forbidden(policy::Denied::Role)))
            }
        }
    }
}

/// The names that whoever asks is given where a field is; nothing where there is no pilot.
fn names_at(ctx: &ExtensionContext<'_>, path: &QueryPathNode<'_>) -> Option<Arc<Names>> {
    let pilot = ctx.data_opt::<Roots>()?.pilot(path)?;
    let (app, subject) = (ctx.data_opt::<Fenced>()?, ctx.data_opt::<Subject>()?);
    Some(known(ctx.data_opt::<Known>()?, app, subject, pilot))
}

/// An id, or a list of them, as it is given.
fn masked(names: &Names, given: Given, value: Value) -> Value {
    match (given, value) {
        (Given::AsItIs, value) => value,
        (_, Value::Null) => Value::Null,
        (_, Value::List(values)) => {
            let values = values.into_iter();
            Value::List(values.map(|it| masked(names, given, it)).collect())
        }
        (Given::Of(named), Value::String(id)) => match Uuid::parse_str(&id) {
            Ok(id) => Value::String(names.id(named, id).to_string()),
            Err(_) => Value::Null,
        },
        (Given::Stream, Value::String(stream)) => Value::String(names.stream(&stream)),
        // Nothing else is an id.
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;
