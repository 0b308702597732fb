//! Opening, in an emergency, what is not shared: with a reason, for a short time, and not unseen.

use app::access::BREAK_GLASS_LASTS;
use askama::Template;
use events::codes::{BreakGlassReason, ReadPurpose};
use events::{CodeList, HouseholdId};
use poem::Response;
use poem::http::StatusCode;
use policy::{Action, Object, Sharing};

use super::asked::Asked;
use super::layout::{Field, Kind, Page, html};
use super::pilots::{self, Pilot};
use super::when;
use super::wrong::Wrong;

pub(crate) async fn pilots(asked: &mut Asked) -> Result<Response, Wrong> {
    let action = Action::BreakGlass;
    pilots::choose(asked, action, "nav-break-glass", "glass-pilots-lead").await
}

#[derive(Template)]
#[template(path = "break-glass.html")]
struct Glass {
    page: Page,
    pilot: Pilot,
    minutes: usize,
    open: Vec<(String, String)>,
    fields: Vec<Field>,
    summary: Vec<(&'static str, String)>,
    opened: Option<String>,
}

pub(crate) async fn show(asked: &mut Asked) -> Result<Response, Wrong> {
    let pilot = pilots::named(asked, Action::BreakGlass).await?;
    page(asked, pilot, Vec::new(), None)
}

fn page(
    asked: &mut Asked,
    pilot: Pilot,
    summary: Vec<(&'static str, String)>,
    opened: Option<String>,
) -> Result<Response, Wrong> {
    let glasses = asked.subject()?.grants.open_glasses(asked.now);
    let open = glasses
        .filter(|glass| glass.pilot == pilot.id)
        .map(|glass| (glass.household.to_string(), when::time(glass.until)))
        .collect();
    let page = asked.page().titled("nav-break-glass");
    let reasons = BreakGlassReason::ENTRIES.iter().map(|entry| {
        let label = page.label((entry.it, entry.en));
        (entry.code.to_owned(), label.to_owned())
    });
    let error = |field: &str| {
        let about = summary.iter().find(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let fields = vec![
        Field::new("household", page.t("household-id"), Kind::Text)
            .value(asked.form.text("household"))
            .error(error("household")),
        Field::new("reason", page.t("reason"), Kind::Choice(reasons.collect()))
            .value(asked.form.text("reason")),
        Field::new("known", page.t("glass-known"), Kind::Tick).error(error("known")),
    ];
    let status = match summary.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let shown = Glass {
        minutes: usize::try_from(BREAK_GLASS_LASTS.num_minutes()).unwrap_or(0),
        page,
        pilot,
        open,
        fields,
        summary,
        opened,
    };
    html(status, &shown)
}

pub(crate) async fn open(asked: &mut Asked) -> Result<Response, Wrong> {
    let pilot = pilots::named(asked, Action::BreakGlass).await?;
    let household: Option<HouseholdId> = asked.form.parsed("household");
    let Some(household) = household else {
        let text = asked.t("household-id-missing");
        return page(asked, pilot, vec![("household", text)], None);
    };
    if !asked.form.ticked("known") {
        let text = asked.t("glass-known-missing");
        return page(asked, pilot, vec![("known", text)], None);
    }
    let code = asked.form.text("reason");
    let reason = BreakGlassReason::ENTRIES.iter().find(|it| it.code == code);
    let reason = reason.ok_or(Wrong::NotFound)?.value;
    let object = Object::Household {
        pilot: pilot.id,
        household,
        shared: Sharing::default(),
    };
    let subject = asked.subject()?;
    let purpose = ReadPurpose::Emergency;
    policy::decide(subject, Action::BreakGlass, &object, purpose, asked.now)
        .map_err(|denied| super::denied(&denied))?;
    // Of a household that is not there nothing is recorded, and nothing opens.
    let there = asked.fenced()?.snapshot(pilot.id, None).await?;
    if !there.households.contains_key(&household) {
        let text = asked.t("household-id-missing");
        return page(asked, pilot, vec![("household", text)], None);
    }
    let opened = asked
        .app()
        .break_glass(subject.holder, crate::new_id(), pilot.id, household, reason)
        .await?;
    let until = when::time(opened.until);
    page(asked, pilot, Vec::new(), Some(until))
}
