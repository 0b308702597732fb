//! The one door: everything is asked of an [`Identity`].

use std::sync::Arc;

use sqlx::PgPool;
use url::Url;
use webauthn_rs::prelude::{Webauthn, WebauthnBuilder};

use crate::oidc::{self, Provider};
use crate::password::Hasher;
use crate::{CsrfToken, Error, Key};

/// What this installation is to browsers, and whom it trusts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers reach it: scheme, host and port, no path. Passkeys belong to its host name, for
    /// good.
    pub origin: Url,
    /// What authenticator apps and passkey dialogs call it.
    pub service_name: String,
    /// Identity providers.
    pub providers: Vec<Provider>,
}

/// Who is asking. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    pool: PgPool,
    key: Key,
    service_name: String,
    hasher: Arc<Hasher>,
    /// None where there is no host name.
    webauthn: Option<Webauthn>,
    providers: oidc::Providers,
}

impl Identity {
    /// Over a pool of [`Database::pool`](crate::Database::pool), with the installation's key.
    ///
    /// # Errors
    /// [`Error::Settings`], no random bytes.
    pub fn new(pool: PgPool, key: Key, settings: Settings) -> Result<Self, Error> {
        let Settings {
            origin,
            service_name,
            providers,
        } = settings;
        if !matches!(origin.scheme(), "http" | "https") || origin.path() != "/" {
            return Err(Error::Settings(String::from(
                "the origin is a scheme, a host and perhaps a port, without a path",
            )));
        }
        Ok(Self(Arc::new(Inner {
            hasher: Hasher::new(&key)?,
            webauthn: webauthn(&origin, &service_name)?,
            providers: oidc::Providers::new(&origin, providers)?,
            service_name,
            pool,
            key,
        })))
    }

    /// Can passkeys be used? Not where this service is reached by an address instead of a name.
    pub fn has_passkeys(&self) -> bool {
        self.0.webauthn.is_some()
    }

    /// How many password hashes this process has computed.
    pub fn hashes(&self) -> u64 {
        self.0.hasher.computed()
    }

    /// A token against forged requests for a form before anybody is signed in, bound to the value of a
    /// cookie.
    pub fn csrf_for(&self, cookie: &str) -> CsrfToken {
        CsrfToken::from_digest(self.0.key.digest("csrf cookie", &[cookie.as_bytes()]))
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0.key
    }

    pub(crate) fn hasher(&self) -> &Arc<Hasher> {
        &self.0.hasher
    }

    pub(crate) fn service_name(&self) -> &str {
        &self.0.service_name
    }

    pub(crate) fn webauthn(&self) -> Result<&Webauthn, Error> {
        self.0
            .webauthn
            .as_ref()
            .ok_or(crate::Refusal::NoPasskeys.into())
    }

    pub(crate) fn oidc(&self) -> &oidc::Providers {
        &self.0.providers
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

fn webauthn(origin: &Url, name: &str) -> Result<Option<Webauthn>, Error> {
    let Some(host) = origin.domain() else {
        return Ok(None);
    };
    let built = WebauthnBuilder::new(host, origin).and_then(|it| it.rp_name(name).build());
    built.map(Some).map_err(Error::Passkey)
}
