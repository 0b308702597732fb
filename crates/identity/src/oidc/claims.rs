//! What a provider says about somebody, and what follows from it.

use openidconnect::core::CoreGenderClaim;
use openidconnect::{AdditionalClaims, IdTokenClaims, UserInfoClaims};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Mapped, Provider, RoleMap};
use crate::MAX_DISPLAY_NAME;
use crate::Strength;
use crate::account::{line, normal_name};

/// Claims beyond the usual ones.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Extra(Map<String, Value>);

impl AdditionalClaims for Extra {}

impl std::fmt::Debug for Extra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Extra")
    }
}

/// What a verified token says.
pub(super) type TokenClaims = IdTokenClaims<Extra, CoreGenderClaim>;

/// What the provider says when asked with the token.
pub(super) type InfoClaims = UserInfoClaims<Extra, CoreGenderClaim>;

/// What is taken from it.
pub(super) struct Claims {
    /// Who it is there.
    pub(super) subject: String,
    /// An address that the provider has verified, as a sign-in name.
    pub(super) email: Option<String>,
    /// A name to be shown.
    pub(super) name: Option<String>,
    /// How sure the provider is.
    pub(super) strength: Strength,
    /// Roles that it gives.
    pub(super) mapped: Vec<Mapped>,
}

impl Claims {
    /// From a token, and from what was asked for beside it. What the token says goes first; how sure the
    /// provider is, only the signed token says.
    pub(super) fn of(settings: &Provider, token: &TokenClaims, info: Option<&InfoClaims>) -> Self {
        let verified = |email: Option<&openidconnect::EndUserEmail>, verified: Option<bool>| {
            let email = email.filter(|_| verified == Some(true))?;
            normal_name(email.as_str())
        };
        let email = verified(token.email(), token.email_verified()).or_else(|| {
            let info = info?;
            verified(info.email(), info.email_verified())
        });
        let shown = |name: Option<&openidconnect::LocalizedClaim<openidconnect::EndUserName>>| {
            line(name?.get(None)?.as_str(), MAX_DISPLAY_NAME)
        };
        let name = shown(token.name()).or_else(|| shown(info?.name()));
        let mapped = settings.roles.as_ref().map(|map| {
            let own = mapped(map, &token.additional_claims().0);
            match info {
                Some(info) if own.is_empty() => mapped(map, &info.additional_claims().0),
                _ => own,
            }
        });
        Self {
            subject: token.subject().as_str().to_owned(),
            email,
            name,
            strength: strength(
                settings,
                token.auth_context_ref().map(|it| it.as_str()),
                token
                    .auth_method_refs()
                    .into_iter()
                    .flatten()
                    .map(|it| it.as_str()),
            ),
            mapped: mapped.unwrap_or_default(),
        }
    }
}

/// Does the token leave something open that the provider can be asked for?
pub(super) fn leaves_open(settings: &Provider, token: &TokenClaims) -> bool {
    let has_roles = match &settings.roles {
        Some(map) => !values(map, &token.additional_claims().0).is_empty(),
        None => true,
    };
    !has_roles || token.email().is_none() || token.email_verified().is_none()
}

fn strength<'a>(
    settings: &Provider,
    acr: Option<&str>,
    amr: impl Iterator<Item = &'a str>,
) -> Strength {
    let by_acr = acr.is_some_and(|acr| settings.strong_acr.iter().any(|it| it == acr));
    let mut amr = amr;
    match by_acr || amr.any(|method| settings.strong_amr.iter().any(|it| it == method)) {
        true => Strength::Strong,
        false => Strength::Password,
    }
}

fn mapped(map: &RoleMap, claims: &Map<String, Value>) -> Vec<Mapped> {
    let values = values(map, claims);
    let given = map
        .values
        .iter()
        .filter(|it| values.contains(&it.value.as_str()));
    let mut mapped: Vec<Mapped> = Vec::new();
    for rule in given {
        let one = Mapped {
            role: rule.role.clone(),
            pilot: rule.pilot.clone(),
        };
        if !mapped.contains(&one) {
            mapped.push(one);
        }
    }
    mapped
}

/// The values of the claim: a text, or a list of texts. A claim that has the whole name, dots and all,
/// goes before one that is reached by them.
fn values<'a>(map: &RoleMap, claims: &'a Map<String, Value>) -> Vec<&'a str> {
    let found = claims.get(&map.claim).or_else(|| {
        let mut parts = map.claim.split('.');
        let first = claims.get(parts.next()?)?;
        parts.try_fold(first, |inside, part| inside.get(part))
    });
    match found {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(claim: &str) -> RoleMap {
        serde_json::from_value(json!({"claim": claim, "values": [
            {"value": "inrete-coord", "role": "coordinator", "pilot": "torino"},
            {"value": "inrete-audit", "role": "auditor"},
            {"value": "inrete-audit-2", "role": "auditor"},
        ]}))
        .expect("a map")
    }

    #[test]
    fn roles_come_from_one_claim() {
        let of = |claim, claims: Value| {
            let claims = claims.as_object().expect("an object").clone();
            let mapped = mapped(&map(claim), &claims).into_iter();
            let words = mapped.map(|it| format!("{}@{}", it.role, it.pilot.unwrap_or_default()));
            words.collect::<Vec<_>>()
        };
        let all = json!({"groups": ["other", "inrete-audit", "inrete-audit-2", "inrete-coord"]});
        assert_eq!(
            of("groups", all.clone()),
            ["coordinator@torino", "auditor@"]
        );
        assert_eq!(of("role", json!({"role": "inrete-audit"})), ["auditor@"]);
        let inside = json!({"realm_access": {"roles": ["inrete-audit"]}});
        assert_eq!(of("realm_access.roles", inside), ["auditor@"]);
        let whole = json!({"https://example.it/roles": ["inrete-audit"]});
        assert_eq!(of("https://example.it/roles", whole), ["auditor@"]);
        let none: [&str; 0] = [];
        assert_eq!(of("roles", all), none);
        assert_eq!(
            of("groups", json!({"groups": {"inrete-audit": true}})),
            none
        );
        assert_eq!(
            of("groups", json!({"groups": "inrete-audit inrete-coord"})),
            none
        );
    }

    #[test]
    fn only_listed_words_are_strong() {
        let settings: Provider = serde_json::from_value(json!({
            "key": "a", "name": "a", "issuer": "https://a", "client_id": "a",
            "strong_acr": ["https://www.spid.gov.it/SpidL2"], "strong_amr": ["mfa"]
        }))
        .expect("settings");
        let of = |acr, amr: &[&'static str]| strength(&settings, acr, amr.iter().copied());
        assert_eq!(of(None, &[]), Strength::Password);
        assert_eq!(of(Some("urn:x"), &["pwd"]), Strength::Password);
        assert_eq!(
            of(Some("https://www.spid.gov.it/SpidL2"), &[]),
            Strength::Strong
        );
        assert_eq!(of(None, &["pwd", "mfa"]), Strength::Strong);
    }
}
