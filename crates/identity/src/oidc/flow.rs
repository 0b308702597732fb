//! To the provider and back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Row};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::claims::Claims;
use super::discovery::Endpoint;
use super::{FromProvider, Provision};
use crate::account;
use crate::ceremony::Belongs;
use crate::database::broke;
use crate::factors::{factors_of, may_set_up};
use crate::secret::closed;
use crate::{
    AccountId, Error, Identity, Language, NewAccount, Opened, Refusal, Refused, Secret, Session,
    SessionId, SignIn, Step, Strength, Visit,
};

/// The longest of the texts that a browser brings back, in bytes.
const MAX_ANSWER: usize = 4096;

/// The seals of this file are for nothing else.
const PURPOSE: &str = "provider token";

/// Where the browser goes, and what it has to bring back.
#[derive(Clone)]
pub struct OidcStart {
    /// Where it goes.
    pub url: Url,
    /// The value of a cookie, sent along when the provider sends the browser back (`SameSite=Lax`).
    pub browser: Secret,
}

closed!(OidcStart);

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

closed!(Answer);

/// What is kept while the browser is away.
#[derive(Serialize, Deserialize)]
struct Away {
    provider: String,
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
            link: link.map(|it| it.id),
        };
        let belongs = match link {
            Some(session) => Belongs::of(session),
            None => Belongs::default(),
        };
        let kept = serde_json::to_value(&away).map_err(Error::Stored)?;
        let key = self.kept_under(&browser, &state);
        self.keep(visit, "provider", belongs, &key, kept).await?;
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
        let (browser, state) = (Secret::new(browser.into()), Secret::new(state.into()));
        let key = self.kept_under(&browser, &state);
        let taken = self.take(visit.now, key.expose(), &["provider"], None);
        let taken = taken.await?.ok_or(Refusal::StartAgain)?;
        let away: Away = taken.into_state()?;
        if away.provider != provider {
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

    /// What a visit is kept under: whoever gets hold of the address that a browser comes back with cannot
    /// use the visit up from another browser.
    fn kept_under(&self, browser: &Secret, state: &Secret) -> Secret {
        Secret::new(self.derived("kept", browser, state).to_string())
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
