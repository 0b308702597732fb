//! Identity providers (OpenID Connect): somebody signs in where she already has an account.
//!
//! Authorization code with PKCE. What a visit to the provider belongs to is kept here, is good once and
//! for a few minutes, and only for the browser that set out: nonce and PKCE verifier are derived from
//! its cookie, so that nothing in the database would do instead. Whoever comes back is known by issuer
//! and subject; who comes for the first time needs an invitation, unless the settings say otherwise.
//! Roles that a provider gives are handed to the caller and are nothing until they are facts.

mod claims;
mod discovery;
mod exchange;
mod flow;
mod http;

use serde::{Deserialize, Serialize};
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::{Error, Identity};

pub use flow::{Answer, OidcStart};

use discovery::Endpoint;

/// Where a provider sends the browser back to: this, below the origin, and the provider's key.
pub const REDIRECT_PATH: &str = "/sign-in/oidc/";

/// Where a provider sends the browser after it signed out there, too.
pub const SIGNED_OUT_PATH: &str = "/signed-out";

/// Providers at most.
pub const MAX_PROVIDERS: usize = 20;

/// One identity provider.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name in addresses: small letters, digits and dashes.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// Its issuer, exactly as it writes it itself. With TLS, except on this very machine.
    pub issuer: String,
    /// What this service is to it.
    pub client_id: String,
    /// What this service proves itself to it with, if it is given any.
    #[serde(default)]
    pub client_secret: Option<ClientSecret>,
    /// What is asked for beside `openid`.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// Whom else its tokens may be for, beside this service.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// What it says about roles, if anything.
    #[serde(default)]
    pub roles: Option<RoleMap>,
    /// Who may come for the first time.
    #[serde(default)]
    pub provision: Provision,
    /// Values of `acr` that stand for two factors.
    #[serde(default)]
    pub strong_acr: Vec<String>,
    /// Values of `amr` of which one stands for two factors.
    #[serde(default)]
    pub strong_amr: Vec<String>,
}

fn usual_scopes() -> Vec<String> {
    ["profile", "email"].map(String::from).to_vec()
}

/// What this service proves itself to a provider with.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for ClientSecret {
    fn from(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret")
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Who may come for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provision {
    /// Whoever was invited under the address that the provider has verified.
    #[default]
    Invited,
    /// Anybody with an address that the provider has verified. She gets an account, and no role but
    /// what the provider gives.
    Anyone,
}

/// What a provider says about roles.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleMap {
    /// The claim: a text or a list of texts. A dot goes into an object (`realm_access.roles`).
    pub claim: String,
    /// What its values mean.
    pub values: Vec<RoleRule>,
}

/// What one value of the claim means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// The value.
    pub value: String,
    /// The role's word. Nothing here knows what it means.
    pub role: String,
    /// The pilot's name, where the role is one of a pilot.
    #[serde(default)]
    pub pilot: Option<String>,
}

/// A role that a provider gives, for the caller to make a fact of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// The role's word.
    pub role: String,
    /// The pilot's name.
    pub pilot: Option<String>,
}

/// The provider that somebody came from, and its token, with which she can sign out there, too.
#[derive(Clone)]
pub(crate) struct FromProvider {
    pub(crate) provider: String,
    pub(crate) token: Zeroizing<String>,
}

/// Every provider that is set up.
pub(crate) struct Providers {
    all: Vec<Endpoint>,
    /// Where browsers come from.
    signed_out: Url,
}

impl Providers {
    pub(crate) fn new(origin: &Url, providers: Vec<Provider>) -> Result<Self, Error> {
        let wrong = |what: String| Err(Error::Settings(what));
        if providers.len() > MAX_PROVIDERS {
            return wrong(format!(
                "there are more than {MAX_PROVIDERS} identity providers"
            ));
        }
        let mut all: Vec<Endpoint> = Vec::new();
        for provider in providers {
            let key = &provider.key;
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if key.is_empty() || !key.chars().all(fits) {
                return wrong(format!(
                    "the key `{key}` of an identity provider may have small letters, digits and dashes only"
                ));
            }
            if all.iter().any(|other| other.settings().key == *key) {
                return wrong(format!("two identity providers have the key `{key}`"));
            }
            all.push(Endpoint::new(origin, provider)?);
        }
        let signed_out = joined(origin, SIGNED_OUT_PATH)?;
        Ok(Self { all, signed_out })
    }

    fn get(&self, key: &str) -> Option<&Endpoint> {
        self.all.iter().find(|it| it.settings().key == key)
    }
}

impl Identity {
    /// The identity providers that are set up: key and name.
    pub fn providers(&self) -> Vec<(&str, &str)> {
        let all = self.oidc().all.iter().map(Endpoint::settings);
        all.map(|it| (it.key.as_str(), it.name.as_str())).collect()
    }
}

fn joined(origin: &Url, path: &str) -> Result<Url, Error> {
    let joined = origin.join(path);
    joined.map_err(|_| Error::Settings(String::from("the origin is no address")))
}

/// Is it this very machine?
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// May anything secret go there? With TLS; without, only to this very machine, and only when the
/// provider itself is on it.
fn is_safe(url: &Url, local: bool) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => local && is_loopback(url),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(key: &str, issuer: &str) -> Provider {
        let settings = serde_json::json!({
            "key": key, "name": "Comune", "issuer": issuer, "client_id": "inrete",
            "client_secret": "very secret"
        });
        serde_json::from_value(settings).expect("settings")
    }

    fn providers(providers: Vec<Provider>) -> Result<Providers, Error> {
        let origin = Url::parse("https://inrete.example.it").expect("an address");
        Providers::new(&origin, providers)
    }

    #[test]
    fn without_tls_only_on_this_machine() {
        for good in [
            "https://id.example.it",
            "https://id.example.it/realms/comune",
            "http://localhost:4000",
            "http://127.0.0.1:4000",
            "http://[::1]:4000",
        ] {
            assert!(providers(vec![provider("comune", good)]).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.it",
            "http://localhost.example.it",
            "http://10.0.0.1",
            "ftp://localhost",
            "id.example.it",
        ] {
            assert!(providers(vec![provider("comune", bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_are_plain_and_there_once() {
        let issuer = "https://id.example.it";
        for bad in ["", "Comune", "a/b", "à"] {
            assert!(providers(vec![provider(bad, issuer)]).is_err(), "{bad}");
        }
        let twice = vec![provider("a", issuer), provider("a", issuer)];
        assert!(providers(twice).is_err());
        let many = (0..=MAX_PROVIDERS).map(|n| provider(&format!("p-{n}"), issuer));
        assert!(providers(many.collect()).is_err());
    }

    #[test]
    fn settings_have_usual_values_and_say_no_secret() {
        let provider = provider("comune", "https://id.example.it");
        assert_eq!(provider.scopes, ["profile", "email"]);
        assert_eq!(provider.provision, Provision::Invited);
        let shown = format!("{provider:?} {:?}", provider.client_secret);
        assert!(!shown.contains("secret\""), "{shown}");
        assert!(!shown.contains("very"), "{shown}");
        let unknown = serde_json::from_value::<Provider>(serde_json::json!({
            "key": "a", "name": "a", "issuer": "https://a", "client_id": "a", "clientsecret": "x"
        }));
        assert!(unknown.is_err(), "a mistyped setting is noticed");
    }
}
