//! Pilots as pages speak of them: by short name in addresses, by title in lists.

use askama::Template;
use events::PilotId;
use events::codes::ReadPurpose;
use poem::Response;
use poem::http::StatusCode;
use policy::{Action, Object};

use super::asked::Asked;
use super::layout::{Page, go, html};
use super::wrong::Wrong;

/// A pilot.
#[derive(Clone)]
pub(crate) struct Pilot {
    pub(crate) id: PilotId,
    pub(crate) code: String,
    pub(crate) title: String,
}

/// Every pilot that she may see anything of, by short name.
pub(crate) async fn all(asked: &Asked) -> Result<Vec<Pilot>, Wrong> {
    let rows = asked.fenced()?.pilots().await?;
    let pilots = rows.into_iter().filter_map(|row| {
        let opening = row.opening?;
        Some(Pilot {
            id: row.pilot,
            code: opening.code,
            title: opening.title,
        })
    });
    Ok(pilots.collect())
}

/// Those in which she may do this.
pub(crate) async fn within(asked: &Asked, action: Action) -> Result<Vec<Pilot>, Wrong> {
    let mut pilots = all(asked).await?;
    pilots.retain(|pilot| may(asked, action, pilot.id).is_ok());
    Ok(pilots)
}

/// May she do this in that pilot?
pub(crate) fn may(asked: &Asked, action: Action, pilot: PilotId) -> Result<(), Wrong> {
    let subject = asked.subject()?;
    let object = Object::Pilot(pilot);
    // None of these opens text; what does asks with a purpose of its own.
    policy::decide(subject, action, &object, ReadPurpose::HerRequest, asked.now)
        .map_err(|denied| super::denied(&denied))
}

/// The pilot that the address names, if she may do this there. Another's is answered like one that does
/// not exist.
pub(crate) async fn named(asked: &Asked, action: Action) -> Result<Pilot, Wrong> {
    let code = asked.named("pilot");
    let found = all(asked).await?.into_iter().find(|it| it.code == code);
    let pilot = found.ok_or(Wrong::NotFound)?;
    may(asked, action, pilot.id)?;
    Ok(pilot)
}

#[derive(Template)]
#[template(path = "pilots.html")]
struct Choose {
    page: Page,
    lead: String,
    folder: &'static str,
    pilots: Vec<Pilot>,
}

/// The page that asks which pilot; not where there is only one.
pub(crate) async fn choose(
    asked: &mut Asked,
    action: Action,
    title: &str,
    lead: &str,
) -> Result<Response, Wrong> {
    let folder = asked.line.path;
    let pilots = within(asked, action).await?;
    if let [only] = &pilots[..] {
        return Ok(go(&format!("{folder}/{}", only.code)));
    }
    let page = asked.page().titled(title);
    let shown = Choose {
        lead: page.t(lead),
        page,
        folder,
        pilots,
    };
    html(StatusCode::OK, &shown)
}
