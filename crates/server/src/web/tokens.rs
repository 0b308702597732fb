//! API tokens: one's own, and everybody's.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use events::access::Holder;
use events::codes::{ReadPurpose, Role};
use events::{CodeList, TokenId};
use identity::{ListedToken, MAX_TOKEN_DAYS, Refusal};
use poem::Response;
use poem::http::StatusCode;
use policy::{Action, Object, Scope};

use super::asked::Asked;
use super::layout::{Field, Kind, Page, go, html};
use super::pilots::{self, Pilot};
use super::when;
use super::wrong::{Wrong, sentence};
use crate::tokens::{self, NotMade, Wanted};

/// Days a token lasts when nothing else is asked for.
const USUAL_DAYS: i64 = 30;

#[derive(Template)]
#[template(path = "tokens.html")]
struct Tokens {
    page: Page,
    lead: String,
    rows: Vec<TokenRow>,
    /// Where one is revoked.
    revoke: &'static str,
    /// Everybody's, with whose each is.
    all: bool,
    fields: Vec<Field>,
    summary: Vec<(&'static str, String)>,
}

struct TokenRow {
    id: String,
    label: String,
    whose: String,
    roles: String,
    made: String,
    ends: String,
    used: String,
    good: bool,
    state: String,
}

#[derive(Template)]
#[template(path = "secret.html")]
pub(crate) struct SecretPage {
    pub(crate) page: Page,
    pub(crate) lead: String,
    pub(crate) secret: String,
    pub(crate) ends: Option<String>,
    pub(crate) back: (&'static str, String),
}

async fn rows(
    asked: &Asked,
    page: &Page,
    tokens: Vec<ListedToken>,
    pilots: &[Pilot],
) -> Result<Vec<TokenRow>, Wrong> {
    let owners: Vec<_> = tokens.iter().filter_map(|token| token.owner).collect();
    let names = asked.identity().names(&owners).await?;
    let never = page.t("never");
    let mut rows = Vec::with_capacity(tokens.len());
    for token in tokens {
        let holder = Holder::Token(token.id);
        let grants = asked.app().grants_of(holder, None).await?;
        let roles: Vec<String> = grants
            .all()
            .iter()
            .map(|grant| grant_text(page, grant.role, grant.scope, pilots))
            .collect();
        let ended = token.expires_at.is_some_and(|end| end <= asked.now);
        let (good, state) = match (token.revoked_at, ended) {
            (Some(_), _) => (false, page.t("token-revoked")),
            (None, true) => (false, page.t("token-ended")),
            (None, false) => (true, page.t("token-good")),
        };
        let time = |time: Option<DateTime<Utc>>| time.map_or(never.clone(), when::time);
        rows.push(TokenRow {
            id: token.id.0.to_string(),
            whose: match token.owner {
                Some(owner) => names.get(&owner).cloned().unwrap_or_default(),
                None => page.t("token-of-the-command-line"),
            },
            label: token.label,
            roles: roles.join(", "),
            made: when::day(token.created_at),
            ends: time(token.expires_at),
            used: time(token.last_used_at),
            good,
            state,
        });
    }
    Ok(rows)
}

/// A role and where it counts.
pub(crate) fn grant_text(page: &Page, role: Role, scope: Scope, pilots: &[Pilot]) -> String {
    let entry = role.entry();
    let role = page.label((entry.it, entry.en));
    format!("{role} – {}", scope_text(page, scope, pilots))
}

/// Where a role counts.
pub(crate) fn scope_text(page: &Page, scope: Scope, pilots: &[Pilot]) -> String {
    match scope {
        Scope::EveryPilot => page.t("every-pilot"),
        Scope::Pilot(id) => {
            let found = pilots.iter().find(|pilot| pilot.id == id);
            found.map_or_else(|| id.0.to_string(), |pilot| pilot.title.clone())
        }
    }
}

pub(crate) async fn own(asked: &mut Asked) -> Result<Response, Wrong> {
    own_page(asked, Vec::new()).await
}

/// What of her own roles she may give to a token, each with the text for it and whether its dates are
/// relative.
async fn offers(asked: &Asked, pilots: &[Pilot]) -> Result<Vec<Offer>, Wrong> {
    let subject = asked.subject()?;
    let mut offers: Vec<Offer> = Vec::new();
    for grant in subject.grants.standing_at(asked.now) {
        let object = Object::Grant {
            scope: grant.scope,
            // Any: the token is not made yet.
            holder: Holder::Token(TokenId(uuid::Uuid::nil())),
            role: grant.role,
        };
        let allowed = policy::decide(
            subject,
            Action::MakeOwnToken,
            &object,
            ReadPurpose::Upkeep,
            asked.now,
        );
        if allowed.is_err() {
            continue;
        }
        let place = match grant.scope {
            Scope::EveryPilot => String::new(),
            Scope::Pilot(id) => id.0.to_string(),
        };
        let value = format!("{} {place}", grant.role.entry().code);
        if offers.iter().all(|offer| offer.value != value) {
            offers.push(Offer {
                value,
                role: grant.role,
                scope: grant.scope,
                relative_dates: grant.relative_dates,
                known: pilots.iter().any(|it| Scope::Pilot(it.id) == grant.scope),
            });
        }
    }
    // Of a pilot that nobody has opened there is nothing to ask.
    offers.retain(|offer| offer.known || offer.scope == Scope::EveryPilot);
    Ok(offers)
}

struct Offer {
    value: String,
    role: Role,
    scope: Scope,
    relative_dates: bool,
    known: bool,
}

async fn own_page(
    asked: &mut Asked,
    summary: Vec<(&'static str, String)>,
) -> Result<Response, Wrong> {
    let account = asked.session()?.account;
    let tokens = asked.identity().tokens_of(account).await?;
    let pilots = pilots::all(asked).await?;
    let offers = offers(asked, &pilots).await?;
    let page = asked.page().titled("own-tokens");
    let rows = rows(asked, &page, tokens, &pilots).await?;
    let error = |field: &str| {
        let about = summary.iter().find(|(of, _)| *of == field);
        about.map(|(_, text)| text.clone())
    };
    let mut fields = Vec::new();
    if !offers.is_empty() {
        let choices = offers.iter().map(|offer| {
            let text = grant_text(&page, offer.role, offer.scope, &pilots);
            (offer.value.clone(), text)
        });
        fields.push(
            Field::new("label", page.t("token-label"), Kind::Text)
                .hint(page.t("token-label-hint"))
                .value(asked.form.text("label"))
                .spelled()
                .error(error("label")),
        );
        fields.push(Field::new(
            "role",
            page.t("role"),
            Kind::Choice(choices.collect()),
        ));
        let days = match asked.form.text("days") {
            "" => USUAL_DAYS.to_string(),
            typed => typed.to_owned(),
        };
        fields.push(
            Field::new("days", page.t("token-days"), Kind::Number)
                .hint(page.n("token-days-hint", MAX_TOKEN_DAYS as usize))
                .value(&days)
                .error(error("days")),
        );
    }
    let status = match summary.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let shown = Tokens {
        lead: page.t("own-tokens-lead"),
        page,
        rows,
        revoke: "/account/tokens/revoke",
        all: false,
        fields,
        summary,
    };
    html(status, &shown)
}

pub(crate) async fn make(asked: &mut Asked) -> Result<Response, Wrong> {
    let account = asked.session()?.account;
    let pilots = pilots::all(asked).await?;
    let chosen = asked.form.typed("role").to_owned();
    let offers = offers(asked, &pilots).await?;
    let offer = offers.into_iter().find(|offer| offer.value == chosen);
    let offer = offer.ok_or(Wrong::Forbidden)?;
    let days = asked.form.parsed::<u16>("days").unwrap_or(0);
    let until = asked.now + TimeDelta::days(i64::from(days));
    let wanted = Wanted {
        owner: Some(account),
        role: offer.role,
        scopes: vec![offer.scope],
        partner: None,
        relative_dates: offer.relative_dates,
        until: Some(until),
    };
    let actor = asked.subject()?.actor();
    let (app, identity) = (asked.app(), asked.identity());
    let label = asked.form.text("label");
    let secret = match tokens::create(app, identity, &actor, label, &wanted).await {
        Ok((_, secret)) => secret,
        Err(NotMade::Token(identity::Error::Refused(refusal))) => {
            let field = match refusal {
                Refusal::TokenTooLong { .. } => "days",
                Refusal::LabelNotValid | Refusal::TooMany { .. } => "label",
                other => return Err(other.into()),
            };
            let text = sentence(asked.language, &refusal);
            return own_page(asked, vec![(field, text)]).await;
        }
        Err(NotMade::Token(error)) => return Err(error.into()),
        Err(NotMade::Role(error)) => return Err(error.into()),
    };
    let page = asked.page().titled("token-made");
    let shown = SecretPage {
        lead: page.t("token-made-lead"),
        secret: secret.expose().to_owned(),
        ends: Some(when::time(until)),
        back: ("/account/tokens", page.t("to-own-tokens")),
        page,
    };
    html(StatusCode::OK, &shown)
}

fn id(asked: &Asked) -> Result<TokenId, Wrong> {
    let id = asked.form.parsed("id").map(TokenId);
    id.ok_or(Wrong::NotFound)
}

pub(crate) async fn revoke_own(asked: &mut Asked) -> Result<Response, Wrong> {
    let (account, id) = (asked.session()?.account, id(asked)?);
    let identity = asked.identity();
    match identity.revoke_token_of(asked.now, account, id).await? {
        true => asked.say("said-token-revoked"),
        false => return Err(Wrong::NotFound),
    }
    Ok(go("/account/tokens"))
}

pub(crate) async fn all(asked: &mut Asked) -> Result<Response, Wrong> {
    let tokens = asked.identity().tokens().await?;
    let pilots = pilots::all(asked).await?;
    let page = asked.page().titled("nav-tokens");
    let rows = rows(asked, &page, tokens, &pilots).await?;
    let shown = Tokens {
        lead: page.t("tokens-lead"),
        page,
        rows,
        revoke: "/tokens/revoke",
        all: true,
        fields: Vec::new(),
        summary: Vec::new(),
    };
    html(StatusCode::OK, &shown)
}

pub(crate) async fn revoke_any(asked: &mut Asked) -> Result<Response, Wrong> {
    let id = id(asked)?;
    match asked.identity().revoke_token(asked.now, id).await? {
        true => asked.say("said-token-revoked"),
        false => return Err(Wrong::NotFound),
    }
    Ok(go("/tokens"))
}
