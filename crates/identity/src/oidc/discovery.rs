//! What a provider says about itself, kept for a while, and asked anew when it changes its keys.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, Client, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenFields, IssuerUrl,
    ProviderMetadata, RedirectUrl, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::claims::Extra;
use super::http::Http;
use super::{Provider, REDIRECT_PATH, is_loopback, is_safe, joined};
use crate::Error;

/// What a provider says about itself is asked for again after so many minutes.
const KEPT_MINUTES: i64 = 60;

/// An unknown key makes us ask again, but not more often than every so many seconds.
const AGAIN_SECONDS: i64 = 10;

/// What is read beyond the usual.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct More {
    /// Where one signs out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) end_session_endpoint: Option<Url>,
    /// It always says who it is when it answers (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

pub(super) type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

pub(super) type SignedToken =
    IdToken<Extra, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

pub(super) type RelyingParty = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// One provider, and what is known of it.
pub(super) struct Endpoint {
    settings: Provider,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: Http,
    /// The provider is on this very machine.
    local: bool,
    known: RwLock<Option<Known>>,
    /// Held while asking: many who sign in at once ask once.
    asking: tokio::sync::Mutex<()>,
}

/// What a provider said about itself, and when.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) metadata: Arc<Metadata>,
    pub(super) at: DateTime<Utc>,
}

impl Endpoint {
    pub(super) fn new(origin: &Url, settings: Provider) -> Result<Self, Error> {
        let key = &settings.key;
        let wrong =
            |what: &str| Error::Settings(format!("the identity provider `{key}` has {what}"));
        let url =
            Url::parse(&settings.issuer).map_err(|_| wrong("an issuer that is no address"))?;
        let local = is_loopback(&url);
        if !is_safe(&url, local) {
            return Err(wrong(
                "an issuer without TLS (`https`), which only one on this very machine may have",
            ));
        }
        let issuer = IssuerUrl::new(settings.issuer.clone());
        let redirect = joined(origin, REDIRECT_PATH)?.join(key);
        Ok(Self {
            issuer: issuer.map_err(|_| wrong("an issuer that is no address"))?,
            redirect: RedirectUrl::from_url(redirect.map_err(|_| wrong("no good key"))?),
            http: Http::new(local).map_err(|_| wrong("no way to it: TLS cannot be set up"))?,
            local,
            known: RwLock::new(None),
            asking: tokio::sync::Mutex::new(()),
            settings,
        })
    }

    pub(super) fn settings(&self) -> &Provider {
        &self.settings
    }

    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    pub(super) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    pub(super) fn fault(&self, what: &'static str) -> Error {
        Error::Provider {
            provider: self.settings.key.clone(),
            what,
        }
    }

    /// What the provider says about itself, no older than an hour.
    pub(super) async fn known(&self, now: DateTime<Utc>) -> Result<Known, Error> {
        self.asked_since(now, now - TimeDelta::minutes(KEPT_MINUTES))
            .await
    }

    /// The same, newer than what did not have a key; none when that was asked for just now.
    pub(super) async fn known_anew(
        &self,
        now: DateTime<Utc>,
        old: &Known,
    ) -> Result<Option<Known>, Error> {
        if old.at + TimeDelta::seconds(AGAIN_SECONDS) > now {
            return Ok(None);
        }
        self.asked_since(now, old.at).await.map(Some)
    }

    async fn asked_since(&self, now: DateTime<Utc>, since: DateTime<Utc>) -> Result<Known, Error> {
        let fresh = || {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.clone().filter(|it| it.at > since)
        };
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let _asking = self.asking.lock().await;
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let metadata = Metadata::discover_async(self.issuer.clone(), &self.http).await;
        let metadata = metadata.map_err(|_| self.fault("it does not say what it is"))?;
        self.check_places(&metadata)?;
        let known = Known {
            metadata: Arc::new(metadata),
            at: now,
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    /// Browsers and secrets are not sent to where they could be read on the way.
    fn check_places(&self, metadata: &Metadata) -> Result<(), Error> {
        let more = metadata.additional_metadata();
        let places = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(|it| it.url()),
            metadata.userinfo_endpoint().map(|it| it.url()),
            more.end_session_endpoint.as_ref(),
        ];
        match places
            .into_iter()
            .flatten()
            .all(|it| is_safe(it, self.local))
        {
            true => Ok(()),
            false => Err(self.fault("it names an address without TLS")),
        }
    }

    /// This service, as the provider knows it.
    pub(super) fn relying_party(&self, metadata: &Metadata) -> RelyingParty {
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|it| ClientSecret::new(it.expose().to_owned()));
        let client = RelyingParty::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(self.redirect.clone());
        match metadata.token_endpoint_auth_methods_supported() {
            Some(methods)
                if !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                    && methods.contains(&CoreClientAuthMethod::ClientSecretPost) =>
            {
                client.set_auth_type(AuthType::RequestBody)
            }
            _ => client,
        }
    }
}
