//! Who read what of whom, when and why: for auditors, for data protection officers and, printed, for
//! the woman herself.

use std::collections::BTreeMap;

use app::watch::{Watch, Watched};
use askama::Template;
use eventlog::Recorded;
use events::access::{AccessEvent, Holder, labels};
use events::codes::{BreakGlassFinding, ReadPurpose};
use events::{AccountId, CodeList, PersonId, Position};
use poem::Response;
use poem::http::StatusCode;
use policy::{Action, Object};

use super::asked::Asked;
use super::layout::{Field, Kind, Page, html};
use super::pilots::{self, Pilot};
use super::when;
use super::wrong::Wrong;

/// Entries on one page.
const ON_A_PAGE: usize = 100;
/// Entries on the page that is printed for a person.
const ON_PAPER: usize = 5_000;

pub(crate) async fn pilots(asked: &mut Asked) -> Result<Response, Wrong> {
    let action = Action::SeeAccessLog;
    pilots::choose(asked, action, "nav-access", "access-pilots-lead").await
}

#[derive(Template)]
#[template(path = "access.html")]
struct Log {
    page: Page,
    pilot: Pilot,
    rows: Vec<Entry>,
    filters: Vec<Field>,
    /// What was asked for, to go on from there.
    kept: Vec<(&'static str, String)>,
    before: Option<Position>,
    notices: Vec<Notice>,
    findings: Vec<(&'static str, &'static str)>,
    about: Field,
}

/// One entry.
struct Entry {
    position: Position,
    time: String,
    who: String,
    what: &'static str,
    whose: Option<String>,
    group: Option<&'static str>,
    purpose: Option<&'static str>,
    facts: Option<usize>,
}

/// An opening of what was not shared, to be looked at.
struct Notice {
    position: Position,
    time: String,
    who: String,
    household: String,
    reason: &'static str,
    until: String,
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    let pilot = pilots::named(asked, Action::SeeAccessLog).await?;
    log(asked, pilot, &Watch::default()).await
}

/// Filters come in the body: who is asked about is in no address.
pub(crate) async fn filter(asked: &mut Asked) -> Result<Response, Wrong> {
    let pilot = pilots::named(asked, Action::SeeAccessLog).await?;
    let watch = Watch {
        person: asked.form.parsed("person"),
        actor: Some(asked.form.text("actor").to_owned()).filter(|it| !it.is_empty()),
        from: asked.form.parsed("from"),
        to: asked.form.parsed("to"),
        before: asked.form.parsed("before"),
    };
    log(asked, pilot, &watch).await
}

async fn log(asked: &mut Asked, pilot: Pilot, watch: &Watch) -> Result<Response, Wrong> {
    let Watched { entries, before } = asked.fenced()?.watch(pilot.id, watch, ON_A_PAGE).await?;
    let reviews = pilots::may(asked, Action::ReviewBreakGlass, pilot.id).is_ok();
    let open = match reviews {
        true => asked.fenced()?.broken_glasses(pilot.id).await?,
        false => Vec::new(),
    };
    let openers = open.iter().map(|it| it.holder.to_string());
    let others = entries.iter().filter_map(|(_, event)| holder(event));
    let holders: Vec<String> = openers.chain(others).collect();
    let actors = entries.iter().map(|(it, _)| it.actor.as_str());
    let actors = actors.chain(holders.iter().map(String::as_str));
    let names = names(asked, actors).await?;
    let page = asked.page().titled("nav-access");
    let rows = entries.iter().map(|it| entry(&page, &names, it)).collect();
    let notices = open.iter().filter(|glass| glass.review.is_none());
    let notices = notices.map(|glass| {
        let reason = glass.reason.entry();
        Notice {
            position: glass.position,
            time: when::time(glass.at),
            who: who(&names, &glass.holder.to_string()),
            household: glass.household.to_string(),
            reason: page.label((reason.it, reason.en)),
            until: when::time(glass.until),
        }
    });
    let notices = notices.collect();
    let typed = |name: &str| asked.form.text(name).to_owned();
    let filters = vec![
        Field::new("person", page.t("person-id"), Kind::Text)
            .value(&typed("person"))
            .optional(),
        Field::new("actor", page.t("access-actor"), Kind::Text)
            .hint(page.t("access-actor-hint"))
            .value(&typed("actor"))
            .optional(),
        Field::new("from", page.t("from-day"), Kind::Day)
            .value(&typed("from"))
            .optional(),
        Field::new("to", page.t("to-day"), Kind::Day)
            .value(&typed("to"))
            .optional(),
    ];
    let kept = ["person", "actor", "from", "to"].map(|name| (name, typed(name)));
    let findings = BreakGlassFinding::ENTRIES.iter();
    let findings = findings.map(|entry| (entry.code, page.label((entry.it, entry.en))));
    let shown = Log {
        findings: findings.collect(),
        about: Field::new("about", page.t("person-id"), Kind::Text),
        pilot,
        rows,
        filters,
        kept: kept.to_vec(),
        before,
        notices,
        page,
    };
    html(StatusCode::OK, &shown)
}

/// What those are called that facts name as their actors.
async fn names<'a>(
    asked: &Asked,
    actors: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>, Wrong> {
    let accounts: BTreeMap<AccountId, String> = actors
        .filter_map(|actor| match actor.parse() {
            Ok(Holder::Account(id)) => Some((id, actor.to_owned())),
            _ => None,
        })
        .collect();
    let ids: Vec<AccountId> = accounts.keys().copied().collect();
    let names = asked.identity().names(&ids).await?;
    let named = accounts.into_iter();
    let named = named.filter_map(|(id, actor)| Some((actor, names.get(&id)?.clone())));
    Ok(named.collect())
}

/// Whose roles it is about, when it is.
fn holder(event: &AccessEvent) -> Option<String> {
    match event {
        AccessEvent::RoleGranted(granted) => Some(granted.holder.to_string()),
        AccessEvent::RoleRevoked(revoked) => Some(revoked.holder.to_string()),
        _ => None,
    }
}

fn who(names: &BTreeMap<String, String>, actor: &str) -> String {
    match names.get(actor) {
        Some(name) => format!("{name} ({actor})"),
        None => actor.to_owned(),
    }
}

fn entry(
    page: &Page,
    names: &BTreeMap<String, String>,
    (recorded, event): &(Recorded, AccessEvent),
) -> Entry {
    let label = |(it, en)| page.label((it, en));
    let of_purpose = |purpose: ReadPurpose| label((purpose.entry().it, purpose.entry().en));
    let (group, purpose, facts) = match event {
        AccessEvent::PersonalDataRead(read) => {
            let group = read.group.entry();
            (
                Some(label((group.it, group.en))),
                Some(of_purpose(read.purpose)),
                Some(read.facts.len()),
            )
        }
        AccessEvent::ExportTaken(taken) => (
            None,
            Some(of_purpose(taken.purpose)),
            Some(taken.facts as usize),
        ),
        AccessEvent::RestrictionPlaced(placed) => {
            let reason = placed.reason.entry();
            (None, Some(label((reason.it, reason.en))), None)
        }
        AccessEvent::PersonForgotten(forgotten) => {
            let reason = forgotten.reason.entry();
            (None, Some(label((reason.it, reason.en))), None)
        }
        AccessEvent::BreakGlassUsed(used) => {
            let reason = used.reason.entry();
            (None, Some(label((reason.it, reason.en))), None)
        }
        AccessEvent::BreakGlassReviewed(reviewed) => {
            let finding = reviewed.finding.entry();
            (None, Some(label((finding.it, finding.en))), None)
        }
        AccessEvent::RoleGranted(granted) => {
            let role = granted.role.entry();
            (Some(label((role.it, role.en))), None, None)
        }
        AccessEvent::RoleRevoked(revoked) => {
            let role = revoked.role.entry();
            (Some(label((role.it, role.en))), None, None)
        }
        _ => (None, None, None),
    };
    let whose = match holder(event) {
        Some(holder) => Some(who(names, &holder)),
        None => event.person().map(|person| person.to_string()),
    };
    Entry {
        position: recorded.position,
        time: when::time(recorded.recorded_at),
        who: who(names, &recorded.actor),
        what: label(labels(event.kind()).unwrap_or(("", ""))),
        whose,
        group,
        purpose,
        facts,
    }
}

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    page: Page,
    pilot: Pilot,
    person: String,
    printed: String,
    rows: Vec<Entry>,
    more: bool,
}

/// "Who read about me": everything in this pilot's access log about one person, to be printed.
pub(crate) async fn about(asked: &mut Asked) -> Result<Response, Wrong> {
    let pilot = pilots::named(asked, Action::SeeAccessLog).await?;
    let person: PersonId = asked.form.parsed("about").ok_or(Wrong::NotFound)?;
    let object = Object::Person {
        pilot: pilot.id,
        person,
    };
    let subject = asked.subject()?;
    let purpose = ReadPurpose::HerRequest;
    policy::decide(subject, Action::SeeAccessLog, &object, purpose, asked.now)
        .map_err(|denied| super::denied(&denied))?;
    let watch = Watch {
        person: Some(person),
        ..Watch::default()
    };
    let watched = asked.fenced()?.watch(pilot.id, &watch, ON_PAPER).await?;
    let actors = watched.entries.iter().map(|(it, _)| it.actor.as_str());
    let names = names(asked, actors).await?;
    let page = asked.page().titled("about-me");
    let rows = watched.entries.iter().map(|it| entry(&page, &names, it));
    let shown = About {
        rows: rows.collect(),
        pilot,
        person: person.to_string(),
        printed: when::time(asked.now),
        more: watched.before.is_some(),
        page,
    };
    html(StatusCode::OK, &shown)
}

/// An opening of what was not shared was looked at.
pub(crate) async fn review(asked: &mut Asked) -> Result<Response, Wrong> {
    let pilot = pilots::named(asked, Action::ReviewBreakGlass).await?;
    let position = asked.form.parsed("position").ok_or(Wrong::NotFound)?;
    let code = asked.form.text("finding");
    let finding = BreakGlassFinding::ENTRIES.iter();
    let finding = finding.clone().find(|entry| entry.code == code);
    let finding = finding.ok_or(Wrong::NotFound)?.value;
    let reviewer = asked.subject()?.holder;
    asked
        .app()
        .review_break_glass(reviewer, crate::new_id(), pilot.id, position, finding)
        .await?;
    asked.say("said-reviewed");
    Ok(super::layout::go(&format!("/access/{}", pilot.code)))
}
