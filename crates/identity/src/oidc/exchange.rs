//! A code becomes a token, and a token is believed or not.

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::{
    AccessToken, AuthorizationCode, ClaimsVerificationError, Nonce, OAuth2TokenResponse as _,
    PkceCodeVerifier, RequestTokenError, SignatureVerificationError, TokenResponse as _,
};
use zeroize::Zeroizing;

use super::claims::{Claims, InfoClaims, TokenClaims, leaves_open};
use super::discovery::{Endpoint, Known, RelyingParty, SignedToken};
use crate::{Error, Refusal};

/// How far the provider's clock may be from ours, in seconds.
const SKEW_SECONDS: i64 = 60;

/// A token was issued no longer ago than this, in minutes.
const ISSUED_MINUTES: i64 = 10;

/// The longest token that is kept for signing out, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// What tokens may be signed with: nothing that a shared secret would do for.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

impl Endpoint {
    /// Exchanges a code for a token, verifies it, and asks for what it leaves open.
    pub(super) async fn exchanged(
        &self,
        now: DateTime<Utc>,
        known: Known,
        code: &str,
        verifier: &str,
        nonce: &Nonce,
    ) -> Result<(Claims, Zeroizing<String>), Error> {
        let client = self.relying_party(&known.metadata);
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| self.fault("it has nothing to exchange a code at"))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        // A code that is wrong or used is refused there, like a service that is not known.
        let exchanged = request.request_async(self.http()).await;
        let exchanged = exchanged.map_err(|error| match error {
            RequestTokenError::Request(_) => self.fault("it does not answer"),
            _ => Refusal::ProviderAnswer.into(),
        })?;
        let token = exchanged.id_token().ok_or(Refusal::ProviderAnswer)?;
        let verified = self.verified(now, known, token, nonce).await?;
        let info = match leaves_open(self.settings(), &verified) {
            true => {
                self.info(&client, exchanged.access_token(), &verified)
                    .await?
            }
            false => None,
        };
        let claims = Claims::of(self.settings(), &verified, info.as_ref());
        let kept = Zeroizing::new(token.to_string());
        if kept.len() > MAX_TOKEN {
            return Err(Refusal::ProviderAnswer.into());
        }
        Ok((claims, kept))
    }

    /// What a token says, when it holds. A key that is not known may be a new one: then the keys are
    /// asked for again.
    async fn verified(
        &self,
        now: DateTime<Utc>,
        known: Known,
        token: &SignedToken,
        nonce: &Nonce,
    ) -> Result<TokenClaims, Error> {
        let first = match self.check(now, &known, token, nonce) {
            Ok(claims) => return Ok(claims),
            Err(error) => error,
        };
        let unknown_key = matches!(
            first,
            ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                    | SignatureVerificationError::AmbiguousKeyId(_)
            )
        );
        if unknown_key && let Some(known) = self.known_anew(now, &known).await? {
            let again = self.check(now, &known, token, nonce);
            return again.map_err(|_| Refusal::ProviderAnswer.into());
        }
        Err(Refusal::ProviderAnswer.into())
    }

    fn check(
        &self,
        now: DateTime<Utc>,
        known: &Known,
        token: &SignedToken,
        nonce: &Nonce,
    ) -> Result<TokenClaims, ClaimsVerificationError> {
        let client = self.relying_party(&known.metadata);
        let skew = TimeDelta::seconds(SKEW_SECONDS);
        let oldest = now - TimeDelta::minutes(ISSUED_MINUTES);
        let settings = self.settings();
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now - skew)
            .set_issue_time_verifier_fn(move |issued| {
                match (oldest..=now + skew).contains(&issued) {
                    true => Ok(()),
                    false => Err(String::from("issued at another time")),
                }
            })
            .set_other_audience_verifier_fn(|other| {
                settings.audiences.iter().any(|it| it == other.as_str())
            });
        let claims = token.claims(&verifier, nonce)?;
        // Not for somebody else who may use it for us.
        match claims.authorized_party() {
            Some(party) if party.as_str() != settings.client_id => Err(
                ClaimsVerificationError::InvalidAudience(String::from("for another party")),
            ),
            _ => Ok(claims.clone()),
        }
    }

    /// What the provider says when asked with the access token, about the same subject.
    async fn info(
        &self,
        client: &RelyingParty,
        access: &AccessToken,
        token: &TokenClaims,
    ) -> Result<Option<InfoClaims>, Error> {
        let subject = token.subject().clone();
        let Ok(request) = client.user_info(access.clone(), Some(subject)) else {
            return Ok(None);
        };
        let info = request.request_async(self.http()).await;
        info.map(Some).map_err(|_| Refusal::ProviderAnswer.into())
    }
}
