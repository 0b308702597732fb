//! Accounts and the roles they have: for administrators.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use events::access::{Holder, RoleGranted};
use events::codes::{ReadPurpose, Role};
use events::{AccountId, CodeList, PartnerId, PilotId};
use identity::{Account, Language, Link, NewAccount, Refusal, Reset};
use poem::Response;
use poem::http::StatusCode;
use policy::{Action, Object, Scope};

use super::asked::Asked;
use super::layout::{Field, Kind, Page, html};
use super::link::language_field;
use super::pilots::{self, Pilot};
use super::tokens::{SecretPage, scope_text};
use super::when;
use super::wrong::{Wrong, sentence};

/// What a form calls a role that counts in every pilot.
const EVERY_PILOT: &str = "every";

#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts {
    page: Page,
    rows: Vec<AccountRow>,
    fields: Vec<Field>,
    summary: Vec<(&'static str, String)>,
}

struct AccountRow {
    id: String,
    name: String,
    display_name: String,
    state: State,
    last: String,
}

/// How an account stands.
struct State {
    text: String,
    class: &'static str,
    /// Has it a second factor?
    factor: bool,
}

fn state(page: &Page, account: &Account) -> State {
    let (text, class) = match (account.disabled_at, account.waiting) {
        (Some(_), _) => ("account-disabled", "danger"),
        (None, true) => ("account-waiting", "warn"),
        (None, false) => ("account-active", "good"),
    };
    State {
        text: page.t(text),
        class,
        factor: account.has_totp || account.passkeys > 0,
    }
}

pub(crate) async fn list(asked: &mut Asked) -> Result<Response, Wrong> {
    list_page(asked, Vec::new()).await
}

async fn list_page(
    asked: &mut Asked,
    summary: Vec<(&'static str, String)>,
) -> Result<Response, Wrong> {
    let accounts = asked.identity().accounts().await?;
    let page = asked.page().titled("nav-accounts");
    let rows = accounts.into_iter().map(|account| AccountRow {
        id: account.id.0.to_string(),
        state: state(&page, &account),
        last: account
            .last_sign_in_at
            .map_or_else(|| page.t("never"), when::time),
        name: account.name,
        display_name: account.display_name,
    });
    let rows = rows.collect();
    let error = |field: &str| {
        let about = summary.iter().find(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let fields = vec![
        Field::new("name", page.t("sign-in-name"), Kind::Text)
            .hint(page.t("sign-in-name-hint"))
            .value(asked.form.text("name"))
            .error(error("name")),
        Field::new("display-name", page.t("display-name"), Kind::Text)
            .hint(page.t("display-name-hint"))
            .value(asked.form.text("display-name"))
            .error(error("display-name")),
        language_field(&page, Language::Italian),
    ];
    let status = match summary.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let shown = Accounts {
        page,
        rows,
        fields,
        summary,
    };
    html(status, &shown)
}

pub(crate) async fn invite(asked: &mut Asked) -> Result<Response, Wrong> {
    let language = Language::from_code(asked.form.text("language"));
    let new = NewAccount {
        name: asked.form.text("name"),
        display_name: asked.form.text("display-name"),
        language: language.unwrap_or_default(),
    };
    match asked.identity().invite(asked.now, &new).await {
        Ok(link) => show_link(asked, &link),
        Err(identity::Error::Refused(refusal)) => {
            let field = match refusal {
                Refusal::NameTaken | Refusal::NameNotValid => "name",
                Refusal::DisplayNameNotValid => "display-name",
                other => return Err(other.into()),
            };
            let text = sentence(asked.language, &refusal);
            list_page(asked, vec![(field, text)]).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A one-time link, to be handed over by a way that is safe.
fn show_link(asked: &mut Asked, link: &Link) -> Result<Response, Wrong> {
    let secret = asked.site.link(link);
    let page = asked.page().titled("link-made");
    let shown = SecretPage {
        lead: page.t("link-made-lead"),
        secret,
        ends: Some(when::time(link.expires_at)),
        back: ("/accounts", page.t("to-accounts")),
        page,
    };
    html(StatusCode::OK, &shown)
}

#[derive(Template)]
#[template(path = "account-one.html")]
struct One {
    page: Page,
    id: String,
    name: String,
    display_name: String,
    state: State,
    disabled: bool,
    herself: bool,
    last: String,
    grants: Vec<GrantRow>,
    fields: Vec<Field>,
    summary: Vec<(&'static str, String)>,
    done: Option<String>,
}

struct GrantRow {
    role: &'static str,
    code: &'static str,
    scope: String,
    scope_value: String,
    partner: Option<String>,
    since: String,
    until: Option<String>,
    stands: bool,
}

/// The account that the form names.
async fn account(asked: &Asked) -> Result<Account, Wrong> {
    let id = asked.form.parsed("id").map(AccountId);
    let account = asked.identity().account(id.ok_or(Wrong::NotFound)?).await?;
    account.ok_or(Wrong::NotFound)
}

pub(crate) async fn one(asked: &mut Asked) -> Result<Response, Wrong> {
    one_page(asked, Vec::new(), None).await
}

async fn one_page(
    asked: &mut Asked,
    summary: Vec<(&'static str, String)>,
    done: Option<&str>,
) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    let holder = Holder::Account(account.id);
    let grants = asked.app().grants_of(holder, None).await?;
    let pilots = pilots::all(asked).await?;
    let partners = partners(asked).await?;
    let page = asked.page().titled("account-of");
    let rows = grants.all().iter().map(|grant| {
        let entry = grant.role.entry();
        let partner = grant.partner.map(|id| {
            let found = partners.iter().find(|partner| partner.id == id);
            found.map_or_else(|| id.to_string(), |partner| partner.name.clone())
        });
        GrantRow {
            role: page.label((entry.it, entry.en)),
            code: entry.code,
            scope: scope_text(&page, grant.scope, &pilots),
            scope_value: scope_value(grant.scope),
            partner,
            since: when::day(grant.since),
            until: grant.until.map(when::time),
            stands: grant.until.is_none_or(|until| until > asked.now),
        }
    });
    let grants = rows.collect();
    let herself = asked.session()?.account == account.id;
    let status = match summary.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let shown = One {
        fields: grant_fields(asked, &page, &pilots, &partners, &summary),
        id: account.id.0.to_string(),
        state: state(&page, &account),
        disabled: account.disabled_at.is_some(),
        herself,
        last: account
            .last_sign_in_at
            .map_or_else(|| page.t("never"), when::time),
        name: account.name,
        display_name: account.display_name,
        grants,
        summary,
        done: done.map(|key| page.t(key)),
        page,
    };
    html(status, &shown)
}

/// A partner of a pilot.
struct Partner {
    id: PartnerId,
    pilot: PilotId,
    name: String,
}

async fn partners(asked: &Asked) -> Result<Vec<Partner>, Wrong> {
    let rows = asked.app().pilots().await?;
    let partners = rows.into_iter().flat_map(|row| {
        let pilot = row.pilot;
        row.partners.into_iter().map(move |partner| Partner {
            id: partner.partner,
            pilot,
            name: partner.name,
        })
    });
    Ok(partners.collect())
}

fn scope_value(scope: Scope) -> String {
    match scope {
        Scope::EveryPilot => EVERY_PILOT.to_owned(),
        Scope::Pilot(id) => id.0.to_string(),
    }
}

fn grant_fields(
    asked: &Asked,
    page: &Page,
    pilots: &[Pilot],
    partners: &[Partner],
    summary: &[(&'static str, String)],
) -> Vec<Field> {
    let error = |field: &str| {
        let about = summary.iter().find(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let roles = Role::ENTRIES.iter().map(|entry| {
        let label = page.label((entry.it, entry.en));
        (entry.code.to_owned(), label.to_owned())
    });
    let mut scopes: Vec<(String, String)> = pilots
        .iter()
        .map(|pilot| (pilot.id.0.to_string(), pilot.title.clone()))
        .collect();
    scopes.push((EVERY_PILOT.to_owned(), page.t("every-pilot")));
    let mut organisations = vec![(String::new(), page.t("partner-none"))];
    organisations.extend(partners.iter().map(|partner| {
        let pilot = pilots.iter().find(|pilot| pilot.id == partner.pilot);
        let pilot = pilot.map_or("", |pilot| pilot.title.as_str());
        (
            partner.id.to_string(),
            format!("{} – {pilot}", partner.name),
        )
    }));
    vec![
        Field::new("role", page.t("role"), Kind::Choice(roles.collect()))
            .value(asked.form.text("role"))
            .error(error("role")),
        Field::new("scope", page.t("scope"), Kind::Choice(scopes))
            .value(asked.form.text("scope"))
            .error(error("scope")),
        Field::new("partner", page.t("partner"), Kind::Choice(organisations))
            .hint(page.t("partner-hint"))
            .value(asked.form.text("partner"))
            .optional()
            .error(error("partner")),
        Field::new("until", page.t("until"), Kind::Day)
            .hint(page.t("until-hint"))
            .value(asked.form.text("until"))
            .optional()
            .error(error("until")),
        Field::new("relative-dates", page.t("relative-dates"), Kind::Tick)
            .hint(page.t("relative-dates-hint"))
            .value(asked.form.text("relative-dates")),
    ]
}

/// The role and the place that the form names.
fn grant_named(asked: &Asked) -> Result<(Role, Scope), Wrong> {
    let code = asked.form.text("role");
    let role = Role::ENTRIES.iter().find(|entry| entry.code == code);
    let role = role.ok_or(Wrong::NotFound)?.value;
    let scope = match asked.form.text("scope") {
        EVERY_PILOT => Scope::EveryPilot,
        id => Scope::Pilot(PilotId(id.parse().map_err(|_| Wrong::NotFound)?)),
    };
    Ok((role, scope))
}

pub(crate) async fn grant(asked: &mut Asked) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    let (role, scope) = grant_named(asked)?;
    if let Scope::Pilot(id) = scope
        && !pilots::all(asked).await?.iter().any(|pilot| pilot.id == id)
    {
        return Err(Wrong::NotFound);
    }
    let holder = Holder::Account(account.id);
    let object = Object::Grant {
        scope,
        holder,
        role,
    };
    let subject = asked.subject()?;
    let allowed = policy::decide(
        subject,
        Action::GrantRoles,
        &object,
        ReadPurpose::Upkeep,
        asked.now,
    );
    match allowed {
        Err(policy::Denied::Herself) => {
            let text = asked.t("grant-herself");
            return one_page(asked, vec![("role", text)], None).await;
        }
        allowed => allowed.map_err(|denied| super::denied(&denied))?,
    }
    let partner = match partner_named(asked, role, scope).await? {
        Ok(partner) => partner,
        Err(key) => {
            let text = asked.t(key);
            return one_page(asked, vec![("partner", text)], None).await;
        }
    };
    let until = match asked.form.text("until") {
        "" => None,
        typed => match ends(typed, asked.now) {
            Some(until) => Some(until),
            None => {
                let text = asked.t("until-not-right");
                return one_page(asked, vec![("until", text)], None).await;
            }
        },
    };
    let granted = RoleGranted {
        holder,
        role,
        partner,
        until,
        relative_dates: role == Role::Evaluator && asked.form.ticked("relative-dates"),
        bound_to: None,
    };
    let actor = asked.subject()?.actor();
    asked
        .app()
        .grant(&actor, crate::new_id(), scope, granted)
        .await?;
    one_page(asked, Vec::new(), Some("said-granted")).await
}

/// The organisation that the form names: an operator of a partner has one of that pilot, nobody else
/// has any.
async fn partner_named(
    asked: &Asked,
    role: Role,
    scope: Scope,
) -> Result<Result<Option<PartnerId>, &'static str>, Wrong> {
    let typed = asked.form.text("partner");
    if role != Role::PartnerOperator {
        return Ok(match typed {
            "" => Ok(None),
            _ => Err("partner-not-for-this-role"),
        });
    }
    let Scope::Pilot(pilot) = scope else {
        return Ok(Err("partner-takes-a-pilot"));
    };
    let partners = partners(asked).await?;
    let found = partners
        .into_iter()
        .find(|partner| partner.pilot == pilot && partner.id.to_string() == typed);
    Ok(match found {
        Some(partner) => Ok(Some(partner.id)),
        None => Err("partner-missing"),
    })
}

/// The end of a day that is still to come.
fn ends(typed: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let day: NaiveDate = typed.parse().ok()?;
    let end = day.succ_opt()?.and_hms_opt(0, 0, 0)?.and_utc();
    (end > now).then_some(end)
}

pub(crate) async fn revoke(asked: &mut Asked) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    let (role, scope) = grant_named(asked)?;
    let holder = Holder::Account(account.id);
    let object = Object::Grant {
        scope,
        holder,
        role,
    };
    let subject = asked.subject()?;
    policy::decide(
        subject,
        Action::RevokeRoles,
        &object,
        ReadPurpose::Upkeep,
        asked.now,
    )
    .map_err(|denied| super::denied(&denied))?;
    let actor = subject.actor();
    asked
        .app()
        .revoke(&actor, crate::new_id(), scope, holder, role)
        .await?;
    one_page(asked, Vec::new(), Some("said-revoked")).await
}

pub(crate) async fn disable(asked: &mut Asked) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    if account.id == asked.session()?.account {
        return Err(Wrong::Forbidden);
    }
    asked.identity().disable(asked.now, account.id).await?;
    one_page(asked, Vec::new(), Some("account-is-disabled")).await
}

pub(crate) async fn enable(asked: &mut Asked) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    asked.identity().enable(account.id).await?;
    one_page(asked, Vec::new(), Some("account-is-enabled")).await
}

pub(crate) async fn reset(asked: &mut Asked) -> Result<Response, Wrong> {
    let account = account(asked).await?;
    if account.id == asked.session()?.account {
        return Err(Wrong::Forbidden);
    }
    let reset = match asked.form.text("what") {
        "password" => Reset::Password,
        "everything" => Reset::EveryFactor,
        _ => return Err(Wrong::NotFound),
    };
    let identity = asked.identity();
    match identity.invite_again(asked.now, account.id, reset).await {
        Ok(link) => show_link(asked, &link),
        Err(identity::Error::Refused(refusal @ Refusal::Disabled)) => {
            let text = sentence(asked.language, &refusal);
            one_page(asked, vec![("", text)], None).await
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_ends_with_its_last_day() {
        let now: DateTime<Utc> = "2026-11-29T22:00:00Z".parse().unwrap();
        let end = ends("2026-11-29", now).unwrap();
        assert_eq!(end.to_rfc3339(), "2026-11-30T00:00:00+00:00");
        assert_eq!(ends("2026-11-28", now), None);
        assert_eq!(ends("tomorrow", now), None);
    }
}
