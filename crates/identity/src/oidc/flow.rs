//! To the provider and back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreAuthenticationFlow, CoreJwsSigningAlgorithm};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, CsrfToken, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, Scope, SignatureVerificationError, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Row};
use subtle::ConstantTimeEq;
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::claims::{Claims, InfoClaims, TokenClaims, leaves_open};
use super::discovery::{Endpoint, Known, SignedToken};
use super::{FromProvider, Provision};
use crate::account;
use crate::database::broke;
use crate::factors::{factors_of, may_set_up};
use crate::passkey::Belongs;
use crate::secret::digest;
use crate::{
    AccountId, Error, Identity, Language, NewAccount, Opened, Refusal, Refused, Secret, Session,
    SessionId, SignIn, Step, Strength, Visit,
};

/// How far the provider's clock may be from ours, in seconds.
const SKEW_SECONDS: i64 = 60;

/// A token was issued no longer ago than this, in minutes.
const ISSUED_MINUTES: i64 = 10;

/// The longest of the texts that a browser brings back, in bytes.
const MAX_ANSWER: usize = 4096;

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

/// The seals of this file are for nothing else.
const PURPOSE: &str = "provider token";

/// Where the browser goes, and what it has to bring back.
#[derive(Clone, Debug)]
pub struct OidcStart {
    /// Where it goes.
    pub url: Url,
    /// The value of a cookie, sent along when the provider sends the browser back (`SameSite=Lax`).
    pub browser: Secret,
}

/// What the provider sent the browser back with.
#[derive(Clone, Default, Deserialize)]
pub struct Answer {
    /// What a token is had for.
    #[serde(default)]
    pub code: Option<String>,
    /// What the visit began with.
    #[serde(default)]
    pub state: Option<String>,
    /// Who answers.
    #[serde(default)]
    pub iss: Option<String>,
    /// Why not.
    #[serde(default)]
    pub error: Option<String>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

/// What is kept while the browser is away.
#[derive(Serialize, Deserialize)]
struct Away {
    provider: String,
    /// Digest of the browser's cookie.
    browser: [u8; 32],
    /// The session that is to be linked, instead of signing in.
    link: Option<SessionId>,
}

impl Identity {
    /// Sends a browser to a provider.
    ///
    /// # Errors
    /// [`Refusal::UnknownProvider`], [`Refusal::TryLater`], [`Error::Provider`], faults.
    pub async fn start_oidc(&self, visit: &Visit<'_>, provider: &str) -> Result<OidcStart, Error> {
        self.away(visit, provider, None).await
    }

    /// The same, to link the account there with the one that is signed in here.
    ///
    /// # Errors
    /// Those of [`Identity::start_oidc`], [`Refusal::Locked`], [`Refusal::ConfirmFirst`],
    /// [`Refusal::NotStrong`], [`Refusal::SignedOut`].
    pub async fn start_oidc_link(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        provider: &str,
    ) -> Result<OidcStart, Error> {
        let mut tx = self.pool().begin().await?;
        may_set_up(&mut tx, visit.now, session).await?;
        tx.commit().await?;
        self.away(visit, provider, Some(session)).await
    }

    async fn away(
        &self,
        visit: &Visit<'_>,
        provider: &str,
        link: Option<&Session>,
    ) -> Result<OidcStart, Error> {
        let endpoint = self.endpoint(provider)?;
        let known = endpoint.known(visit.now).await?;
        let (state, browser) = (Secret::chance()?, Secret::chance()?);
        let away = Away {
            provider: provider.to_owned(),
            browser: browser.digest(),
            link: link.map(|it| it.id),
        };
        let belongs = match link {
            Some(session) => Belongs::of(session),
            None => Belongs::default(),
        };
        let kept = serde_json::to_value(&away).map_err(Error::Stored)?;
        self.keep(visit, "provider", belongs, &state, kept).await?;
        let verifier = self.derived("pkce", &browser, &state);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(
            verifier.to_string(),
        ));
        let nonce = self.derived("nonce", &browser, &state).to_string();
        let state = state.expose().to_owned();
        let client = endpoint.relying_party(&known.metadata);
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        let scopes = endpoint.settings().scopes.iter().cloned().map(Scope::new);
        let (url, _, _) = request
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        Ok(OidcStart { url, browser })
    }

    /// Takes back a browser from a provider: signs in, or links. `browser` is the cookie's value.
    ///
    /// # Errors
    /// [`Refusal::UnknownProvider`], [`Refusal::StartAgain`] when the visit is over, was another
    /// browser's or another provider's, [`Refusal::ProviderRefused`], [`Refusal::ProviderAnswer`] when
    /// what it says does not hold, [`Refusal::NotInvited`], [`Refusal::LinkedElsewhere`],
    /// [`Error::Provider`], faults.
    pub async fn finish_oidc(
        &self,
        visit: &Visit<'_>,
        provider: &str,
        browser: &str,
        answer: &Answer,
    ) -> Result<SignIn, Error> {
        let endpoint = self.endpoint(provider)?;
        let state = bounded(answer.state.as_deref()).ok_or(Refusal::StartAgain)?;
        let taken = self.take(visit.now, state, &["provider"], None).await?;
        let away: Away = taken.ok_or(Refusal::StartAgain)?.into_state()?;
        let same_browser = bool::from(away.browser.ct_eq(&digest(browser)));
        if away.provider != provider || !same_browser {
            return Err(Refusal::StartAgain.into());
        }
        let known = endpoint.known(visit.now).await?;
        let more = known.metadata.additional_metadata();
        match answer.iss.as_deref() {
            Some(iss) if iss != endpoint.issuer() => return Err(Refusal::ProviderAnswer.into()),
            None if more.authorization_response_iss_parameter_supported => {
                return Err(Refusal::ProviderAnswer.into());
            }
            _ => {}
        }
        let code = match (&answer.error, bounded(answer.code.as_deref())) {
            (None, Some(code)) => code,
            (Some(_), _) => return Err(Refusal::ProviderRefused.into()),
            (None, None) => return Err(Refusal::ProviderAnswer.into()),
        };
        let (browser, state) = (Secret::new(browser.into()), Secret::new(state.into()));
        let verifier = self.derived("pkce", &browser, &state);
        let nonce = Nonce::new(self.derived("nonce", &browser, &state).to_string());
        let (claims, token) = endpoint
            .exchanged(visit.now, known, code, &verifier, &nonce)
            .await?;
        let from = FromProvider {
            provider: provider.to_owned(),
            token,
        };
        match away.link {
            Some(session) => self.link(visit, endpoint, session, &claims).await,
            None => self.arrive(visit, endpoint, claims, from).await,
        }
    }

    /// Signs in whoever the provider says it is.
    async fn arrive(
        &self,
        visit: &Visit<'_>,
        endpoint: &Endpoint,
        claims: Claims,
        from: FromProvider,
    ) -> Result<SignIn, Error> {
        let who = self.who(endpoint, &claims.subject);
        let mut tx = self.pool().begin().await?;
        let known: Option<Uuid> =
            sqlx::query_scalar("select account from identity.provider_account where digest = $1")
                .bind(who)
                .fetch_optional(&mut *tx)
                .await?;
        let account = match known {
            Some(account) => AccountId(account),
            None => {
                let account = first_time(&mut tx, visit.now, endpoint, &claims).await?;
                put_link(&mut tx, visit.now, endpoint, who, account).await?;
                account
            }
        };
        let factors = factors_of(&mut tx, account).await?;
        if factors.any() && claims.strength < Strength::Strong {
            let mapped = &claims.mapped;
            let step = self
                .new_step(&mut tx, visit, account, Some(&from), mapped)
                .await?;
            tx.commit().await?;
            return Ok(SignIn::SecondFactor(Step { factors, ..step }));
        }
        let opened = self
            .open(&mut tx, visit, account, claims.strength, Some(&from))
            .await?;
        let Some((id, secret)) = opened else {
            return Ok(SignIn::Refused(Refused::default()));
        };
        let session = self.session_of(&mut tx, visit.now, id).await?;
        tx.commit().await?;
        Ok(SignIn::Done(Box::new(Opened {
            session,
            secret,
            device: None,
            mapped: claims.mapped,
        })))
    }

    /// Links who the provider says it is with the account that set out.
    async fn link(
        &self,
        visit: &Visit<'_>,
        endpoint: &Endpoint,
        session: SessionId,
        claims: &Claims,
    ) -> Result<SignIn, Error> {
        let who = self.who(endpoint, &claims.subject);
        let mut tx = self.pool().begin().await?;
        let session = self.session_of(&mut tx, visit.now, session).await?;
        may_set_up(&mut tx, visit.now, &session).await?;
        let known: Option<Uuid> =
            sqlx::query_scalar("select account from identity.provider_account where digest = $1")
                .bind(who)
                .fetch_optional(&mut *tx)
                .await?;
        match known {
            Some(account) if account == session.account.0 => {}
            Some(_) => return Err(Refusal::LinkedElsewhere.into()),
            None => put_link(&mut tx, visit.now, endpoint, who, session.account).await?,
        }
        let opened = self
            .confirm(&mut tx, visit.now, &session, Strength::Password)
            .await?;
        tx.commit().await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// Where a browser signs out of a provider. None where that cannot be done: she is signed out here
    /// all the same.
    pub(crate) async fn provider_logout(
        &self,
        now: DateTime<Utc>,
        session: SessionId,
        provider: &str,
        sealed: Vec<u8>,
    ) -> Option<Url> {
        let endpoint = self.oidc().get(provider)?;
        let known = endpoint.known(now).await.ok()?;
        let more = known.metadata.additional_metadata();
        let mut url = more.end_session_endpoint.clone()?;
        let token = self.open_token(session.0.as_bytes(), provider.to_owned(), sealed);
        url.query_pairs_mut()
            .append_pair("id_token_hint", &token.ok()?.token)
            .append_pair("client_id", &endpoint.settings().client_id)
            .append_pair("post_logout_redirect_uri", self.oidc().signed_out.as_str());
        Some(url)
    }

    /// Seals a provider's token for the row that it is kept in.
    pub(crate) fn seal_token(&self, row: &[u8], from: &FromProvider) -> Result<Vec<u8>, Error> {
        self.key().seal(PURPOSE, row, from.token.as_bytes())
    }

    pub(crate) fn open_token(
        &self,
        row: &[u8],
        provider: String,
        sealed: Vec<u8>,
    ) -> Result<FromProvider, Error> {
        let plain = self.key().open(PURPOSE, row, &sealed)?;
        let token = std::str::from_utf8(&plain).map_err(|_| Error::Damaged)?;
        Ok(FromProvider {
            provider,
            token: Zeroizing::new(token.to_owned()),
        })
    }

    fn endpoint(&self, key: &str) -> Result<&Endpoint, Error> {
        Ok(self.oidc().get(key).ok_or(Refusal::UnknownProvider)?)
    }

    /// What is kept of somebody's identity at a provider.
    fn who(&self, endpoint: &Endpoint, subject: &str) -> [u8; 32] {
        let parts = [endpoint.issuer().as_bytes(), subject.as_bytes()];
        self.key().digest("provider account", &parts)
    }

    /// A secret of one visit, which nobody can make without the browser's cookie.
    fn derived(&self, purpose: &str, browser: &Secret, state: &Secret) -> Zeroizing<String> {
        let parts = [
            purpose.as_bytes(),
            browser.expose().as_bytes(),
            state.expose().as_bytes(),
        ];
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.key().digest("oidc", &parts)))
    }
}

impl Endpoint {
    /// Exchanges a code for a token, verifies it, and asks for what it leaves open.
    async fn exchanged(
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
            openidconnect::RequestTokenError::Request(_) => self.fault("it does not answer"),
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
        client: &super::discovery::RelyingParty,
        access: &openidconnect::AccessToken,
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

fn bounded(text: Option<&str>) -> Option<&str> {
    text.filter(|it| !it.is_empty() && it.len() <= MAX_ANSWER)
}

/// The account of somebody who comes for the first time: one that waits under the address that the
/// provider has verified, or a new one where anybody may come. Never one that somebody has taken:
/// that is linked from inside.
async fn first_time(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    endpoint: &Endpoint,
    claims: &Claims,
) -> Result<AccountId, Error> {
    let email = claims.email.as_deref().ok_or(Refusal::NotInvited)?;
    let row = sqlx::query(
        "select a.id,
                a.password is null and a.disabled_at is null
                and exists (select from identity.invitation i
                            where i.account = a.id and i.expires_at > $2)
                and not exists (select from identity.passkey p where p.account = a.id)
                and not exists (select from identity.totp t
                                where t.account = a.id and t.confirmed_at is not null)
                and not exists (select from identity.provider_account l where l.account = a.id)
                    as waiting
         from identity.account a where a.name = $1 for update",
    )
    .bind(email)
    .bind(now)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(row) = row {
        if !row.try_get::<bool, _>("waiting")? {
            return Err(Refusal::NotInvited.into());
        }
        let account = AccountId(row.try_get("id")?);
        sqlx::query("delete from identity.invitation where account = $1")
            .bind(account.0)
            .execute(tx)
            .await?;
        return Ok(account);
    }
    if endpoint.settings().provision == Provision::Invited {
        return Err(Refusal::NotInvited.into());
    }
    let new = NewAccount {
        name: email,
        display_name: claims.name.as_deref().unwrap_or(email),
        language: Language::default(),
    };
    match account::insert(tx, now, &new, false).await {
        // Somebody was made of the same name meanwhile.
        Err(Error::Refused(Refusal::NameTaken)) => Err(Refusal::NotInvited.into()),
        other => other,
    }
}

async fn put_link(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    endpoint: &Endpoint,
    who: [u8; 32],
    account: AccountId,
) -> Result<(), Error> {
    let put = sqlx::query(
        "insert into identity.provider_account (digest, account, issuer, linked_at)
         values ($1, $2, $3, $4)",
    )
    .bind(who)
    .bind(account.0)
    .bind(endpoint.issuer())
    .bind(now)
    .execute(tx)
    .await;
    match put {
        Ok(_) => Ok(()),
        Err(error) if broke(&error, "provider_account_pkey") => {
            Err(Refusal::LinkedElsewhere.into())
        }
        Err(error) => Err(error.into()),
    }
}
