//! The rights of a person: what is held about her, a copy of it, restriction, forgetting. Persons are
//! ids here; whose they are is asked of whoever works with them.

use std::collections::BTreeMap;

use askama::Template;
use chrono::NaiveDate;
use events::codes::{ErasureReason, ReadPurpose, RestrictionReason};
use events::{CodeList, PersonId, PilotId};
use poem::Response;
use poem::http::StatusCode;
use poem::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use policy::{Action, Object};

use crate::readable;

use super::asked::Asked;
use super::layout::{Field, Kind, Page, html};
use super::pilots::{self, Pilot};
use super::when;
use super::wrong::Wrong;

pub(crate) async fn pilots(asked: &mut Asked) -> Result<Response, Wrong> {
    let action = Action::ListPersons;
    pilots::choose(asked, action, "nav-persons", "persons-pilots-lead").await
}

#[derive(Template)]
#[template(path = "persons.html")]
struct Persons {
    page: Page,
    pilot: Pilot,
    /// How many were kept as long as the pilot's rules say.
    due: usize,
    rows: Vec<PersonRow>,
}

struct PersonRow {
    id: String,
    what: String,
    households: usize,
    key: Key,
    restricted: bool,
    /// The day from which on her texts need not be kept any more, if it has come.
    due: Option<String>,
}

/// What became of her key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    There,
    None,
    Forgotten,
}

async fn keys(asked: &Asked, ids: &[PersonId]) -> Result<Vec<Key>, Wrong> {
    let mut keys = Vec::with_capacity(ids.len());
    for ids in ids.chunks(vault::MAX_PERSONS) {
        let known = asked.app().vault().known(ids).await;
        let (forgotten, kept) = known.map_err(app::Error::from)?;
        keys.extend(
            ids.iter()
                .map(|id| match (forgotten.contains(id), kept.contains(id)) {
                    (true, _) => Key::Forgotten,
                    (false, true) => Key::There,
                    (false, false) => Key::None,
                }),
        );
    }
    Ok(keys)
}

fn what(page: &Page, held: &app::Held) -> String {
    match (held.households.is_empty(), held.heads.is_empty()) {
        (true, _) => page.t("person-notes"),
        (false, true) => page.t("person-member"),
        (false, false) => page.t("person-head"),
    }
}

pub(crate) async fn list(asked: &mut Asked) -> Result<Response, Wrong> {
    let pilot = pilots::named(asked, Action::ListPersons).await?;
    let held = asked.fenced()?.persons(pilot.id).await?;
    let ids: Vec<PersonId> = held.keys().copied().collect();
    let keys = keys(asked, &ids).await?;
    let today = asked.now.date_naive();
    let due = asked.app().due(pilot.id, today).await?.into_iter();
    let due: BTreeMap<PersonId, NaiveDate> = due.map(|due| (due.person, due.over)).collect();
    let page = asked.page().titled("nav-persons");
    let mut rows = Vec::with_capacity(ids.len());
    for ((person, held), key) in held.iter().zip(keys) {
        rows.push(PersonRow {
            id: person.to_string(),
            what: what(&page, held),
            households: held.households.len(),
            key,
            restricted: asked.app().is_restricted(pilot.id, *person).await?,
            due: due.get(person).map(|over| when::date(*over)),
        });
    }
    // What somebody has to decide comes first.
    rows.sort_by_key(|row| row.due.is_none());
    let shown = Persons {
        due: due.len(),
        page,
        pilot,
        rows,
    };
    html(StatusCode::OK, &shown)
}

#[derive(Template)]
#[template(path = "person.html")]
struct One {
    page: Page,
    pilot: Pilot,
    id: String,
    what: String,
    households: Vec<String>,
    sealed: usize,
    forgotten: bool,
    restricted: bool,
    purpose: Field,
    restriction: Field,
    erasure: Field,
    children: Field,
    has_children: bool,
    wrong: Option<String>,
    done: Option<String>,
}

/// The person that the form names, and her pilot, if she may do this with her. A person that is not
/// spoken of there is not found, whoever she is elsewhere.
async fn named(
    asked: &Asked,
    action: Action,
    purpose: ReadPurpose,
) -> Result<(Pilot, PersonId, app::Held), Wrong> {
    let pilot = pilots::named(asked, Action::ListPersons).await?;
    let person: PersonId = asked.form.parsed("person").ok_or(Wrong::NotFound)?;
    let mut held = asked.fenced()?.persons(pilot.id).await?;
    let held = held.remove(&person).ok_or(Wrong::NotFound)?;
    decide(asked, action, pilot.id, person, purpose)?;
    Ok((pilot, person, held))
}

fn decide(
    asked: &Asked,
    action: Action,
    pilot: PilotId,
    person: PersonId,
    purpose: ReadPurpose,
) -> Result<(), Wrong> {
    let object = Object::Person { pilot, person };
    policy::decide(asked.subject()?, action, &object, purpose, asked.now)
        .map_err(|denied| super::denied(&denied))
}

/// What is done with everything held about a person is done in every pilot that speaks of her: so she
/// has to be allowed to in each.
async fn everywhere(
    asked: &Asked,
    action: Action,
    person: PersonId,
    purpose: ReadPurpose,
) -> Result<bool, Wrong> {
    for pilot in asked.app().pilot_logs().await? {
        let allowed = decide(asked, action, pilot, person, purpose).is_ok();
        if !allowed && asked.app().persons(pilot).await?.contains_key(&person) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(crate) async fn one(asked: &mut Asked) -> Result<Response, Wrong> {
    let found = named(asked, Action::ListPersons, ReadPurpose::HerRequest).await?;
    one_page(asked, found, None, None).await
}

fn choices<T: CodeList>(page: &Page) -> Kind {
    let entries = T::ENTRIES.iter().filter(|entry| entry.until.is_none());
    let labelled = entries.map(|entry| {
        let label = page.label((entry.it, entry.en));
        (entry.code.to_owned(), label.to_owned())
    });
    Kind::Choice(labelled.collect())
}

fn chosen<T: CodeList>(asked: &Asked, field: &str) -> Result<T, Wrong> {
    let code = asked.form.text(field);
    let found = T::ENTRIES.iter().find(|entry| entry.code == code);
    Ok(found.ok_or(Wrong::NotFound)?.value)
}

async fn one_page(
    asked: &mut Asked,
    (pilot, person, held): (Pilot, PersonId, app::Held),
    wrong: Option<&str>,
    done: Option<&str>,
) -> Result<Response, Wrong> {
    let restricted = asked.app().is_restricted(pilot.id, person).await?;
    let keys = keys(asked, &[person]).await?;
    let page = asked.page().titled("person");
    let purposes = policy::PURPOSES_OF_AN_EXPORT.map(|purpose| {
        let entry = purpose.entry();
        let label = page.label((entry.it, entry.en));
        (entry.code.to_owned(), label.to_owned())
    });
    let status = match wrong {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let shown = One {
        id: person.to_string(),
        what: what(&page, &held),
        sealed: held.sealed_in.len(),
        forgotten: keys == [Key::Forgotten],
        restricted,
        purpose: Field::new(
            "purpose",
            page.t("export-purpose"),
            Kind::Choice(purposes.to_vec()),
        ),
        restriction: Field::new(
            "restriction",
            page.t("reason"),
            choices::<RestrictionReason>(&page),
        ),
        erasure: Field::new("erasure", page.t("reason"), choices::<ErasureReason>(&page)),
        children: Field::new("children", page.t("forget-children"), Kind::Tick),
        has_children: !held.heads.is_empty(),
        households: held.households.iter().map(|id| id.to_string()).collect(),
        wrong: wrong.map(|key| page.t(key)),
        done: done.map(|key| page.t(key)),
        pilot,
        page,
    };
    html(status, &shown)
}

/// A copy of everything held about her: a text to read, with the same for machines behind it.
pub(crate) async fn export(asked: &mut Asked) -> Result<Response, Wrong> {
    let purpose: ReadPurpose = chosen(asked, "purpose")?;
    let found = named(asked, Action::ExportPerson, purpose).await?;
    let person = found.1;
    if !everywhere(asked, Action::ExportPerson, person, purpose).await? {
        return one_page(asked, found, Some("person-elsewhere"), None).await;
    }
    let actor = asked.subject()?.actor();
    let export = match asked.app().export_person(&actor, purpose, person).await {
        Err(app::Error::Forgotten { .. }) => {
            return one_page(asked, found, Some("person-is-forgotten"), None).await;
        }
        export => export?,
    };
    let json = asked.form.text("format") == "json";
    let (body, media, ending) = match json {
        true => {
            let written = serde_json::to_string_pretty(&export);
            let written = written.map_err(|error| Wrong::fault("an export", &error))?;
            (written, "application/json; charset=utf-8", "json")
        }
        false => {
            let known = crate::cli::known(asked.app(), &export).await?;
            let language = match asked.language {
                identity::Language::Italian => readable::Language::It,
                identity::Language::English => readable::Language::En,
            };
            let document = readable::document(&export, known, language);
            (document, "text/markdown; charset=utf-8", "md")
        }
    };
    // The file's name tells nothing of whose it is.
    let day = asked.now.format("%Y-%m-%d");
    let disposition = format!("attachment; filename=\"export-{day}.{ending}\"");
    Ok(Response::builder()
        .header(CONTENT_TYPE, media)
        .header(CONTENT_DISPOSITION, disposition)
        .body(body))
}

pub(crate) async fn restrict(asked: &mut Asked) -> Result<Response, Wrong> {
    let reason: RestrictionReason = chosen(asked, "restriction")?;
    let found = named(asked, Action::RestrictPerson, ReadPurpose::HerRequest).await?;
    let actor = asked.subject()?.actor();
    let (pilot, person) = (found.0.id, found.1);
    match asked.app().restrict(pilot, &actor, person, reason).await {
        Err(app::Error::Forgotten { .. }) => {
            one_page(asked, found, Some("person-is-forgotten"), None).await
        }
        placed => {
            placed?;
            one_page(asked, found, None, Some("said-restricted")).await
        }
    }
}

pub(crate) async fn lift(asked: &mut Asked) -> Result<Response, Wrong> {
    let found = named(asked, Action::RestrictPerson, ReadPurpose::HerRequest).await?;
    let actor = asked.subject()?.actor();
    let (pilot, person) = (found.0.id, found.1);
    asked.app().lift_restriction(pilot, &actor, person).await?;
    one_page(asked, found, None, Some("said-lifted")).await
}

#[derive(Template)]
#[template(path = "forget.html")]
struct Sure {
    page: Page,
    pilot: Pilot,
    person: String,
    reason: &'static str,
    erasure: String,
    children: bool,
    sure: Field,
    wrong: bool,
}

/// Asks whether it is meant: it cannot be taken back.
pub(crate) async fn forget(asked: &mut Asked) -> Result<Response, Wrong> {
    let found = named(asked, Action::ForgetPerson, ReadPurpose::HerRequest).await?;
    sure(asked, found.0, found.1, false)
}

fn sure(asked: &mut Asked, pilot: Pilot, person: PersonId, wrong: bool) -> Result<Response, Wrong> {
    let reason: ErasureReason = chosen(asked, "erasure")?;
    let page = asked.page().titled("forget");
    let entry = reason.entry();
    let error = wrong.then(|| page.t("forget-not-sure"));
    let shown = Sure {
        person: person.to_string(),
        reason: page.label((entry.it, entry.en)),
        erasure: entry.code.to_owned(),
        children: asked.form.ticked("children"),
        sure: Field::new("sure", page.t("forget-sure"), Kind::Tick).error(error),
        wrong,
        pilot,
        page,
    };
    let status = match wrong {
        false => StatusCode::OK,
        true => StatusCode::UNPROCESSABLE_ENTITY,
    };
    html(status, &shown)
}

#[derive(Template)]
#[template(path = "forgotten.html")]
struct Forgotten {
    page: Page,
    pilot: Pilot,
    persons: Vec<String>,
    receipts: Vec<(String, i64)>,
    left: bool,
    cleared: bool,
    time: String,
}

pub(crate) async fn forget_for_good(asked: &mut Asked) -> Result<Response, Wrong> {
    let reason: ErasureReason = chosen(asked, "erasure")?;
    let found = named(asked, Action::ForgetPerson, ReadPurpose::HerRequest).await?;
    let person = found.1;
    if !asked.form.ticked("sure") {
        return sure(asked, found.0, person, true);
    }
    let purpose = ReadPurpose::HerRequest;
    if !everywhere(asked, Action::ForgetPerson, person, purpose).await? {
        return one_page(asked, found, Some("person-elsewhere"), None).await;
    }
    let children = asked.form.ticked("children");
    let actor = asked.subject()?.actor();
    let forgot = asked.app().forget(&actor, person, reason, children).await;
    let forgot = match forgot {
        Err(app::Error::Restricted { .. }) => {
            return one_page(asked, found, Some("person-is-restricted"), None).await;
        }
        // Nothing was deleted: only the operator can replace the master key.
        Err(app::Error::Sealed(vault::Error::Master(vault::KeysError::Fixed))) => {
            return one_page(asked, found, Some("person-keys-are-fixed"), None).await;
        }
        forgot => forgot?,
    };
    let page = asked.page().titled("forgotten");
    let shown = Forgotten {
        pilot: found.0,
        persons: forgot.persons.iter().map(|id| id.to_string()).collect(),
        receipts: forgot
            .receipts
            .iter()
            .map(|receipt| (receipt.person.to_string(), receipt.position))
            .collect(),
        cleared: forgot.scrubbed.rewritten && forgot.scrubbed.log_switched,
        left: forgot.rotated.old != vault::Destroyed::Gone,
        time: when::time(asked.now),
        page,
    };
    html(StatusCode::OK, &shown)
}
