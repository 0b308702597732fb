//! Passkeys (WebAuthn). Each verifies its user, so that one is two factors: it ends a sign-in that
//! began with a password, and does for a sign-in of its own.
//!
//! A passkey's counter may only rise; where it does not, somebody has a copy, and the passkey is not taken any
//! more.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::{PgConnection, Row};
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey as Credential, PasskeyAuthentication,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, WebauthnError,
};

use crate::account::line;
use crate::ceremony::{Belongs, Taken};
use crate::database::broke;
use crate::factors::{MAX_LABEL, may_set_up};
use crate::secret::{closed, digest};
use crate::{
    AccountId, Ceremony, Crossed, CrossedBy, Enrolled, Error, Identity, Opened, PasskeyId, Refusal,
    Refused, Session, SignIn, Strength, Visit, ids,
};

/// Passkeys of one account at most.
pub const MAX_PASSKEYS: u32 = 10;

/// The longest answer of a browser, in bytes. Those of authenticators have a few hundred.
const MAX_ANSWER: usize = 16 * 1024;

/// What a passkey is shown for.
#[derive(Clone, Copy, Debug)]
pub enum For<'a> {
    /// A sign-in without anything else: the browser knows whose it is.
    SignIn,
    /// The second half of a sign-in.
    Step(&'a str),
    /// Unlocking a session, making it strong, or standing for other factors to be set up.
    Session(&'a Session),
}

/// A passkey as its holder sees it in a list.
#[derive(Clone)]
pub struct Passkey {
    /// Id.
    pub id: PasskeyId,
    /// What she calls it.
    pub label: String,
    /// When it was set up.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was found that somebody has a copy. It is not taken any more.
    pub copied_at: Option<DateTime<Utc>>,
}

closed!(Passkey);

impl Identity {
    /// Asks a browser for a passkey.
    ///
    /// # Errors
    /// [`Refusal::NoPasskeys`], [`Refusal::NoSuchFactor`], [`Refusal::StartAgain`] when the step is
    /// gone, [`Refusal::TryLater`], faults.
    pub async fn start_passkey(
        &self,
        visit: &Visit<'_>,
        what_for: For<'_>,
    ) -> Result<Ceremony, Error> {
        let webauthn = self.webauthn()?;
        let (kind, belongs) = match what_for {
            For::SignIn => {
                let started = webauthn.start_discoverable_authentication();
                let (mut challenge, state) = started.map_err(Error::Passkey)?;
                // Asked for by a button, not offered while a name is typed.
                challenge.mediation = None;
                return self
                    .ceremony(visit, "sign_in", Belongs::default(), &challenge, &state)
                    .await;
            }
            For::Step(step) => {
                let step = digest(step);
                let half = self.half(visit.now, step).await?;
                let account = half.ok_or(Refusal::StartAgain)?.account;
                let belongs = Belongs {
                    account: Some(account),
                    step: Some(step),
                    ..Belongs::default()
                };
                ("step", belongs)
            }
            For::Session(session) => ("session", Belongs::of(session)),
        };
        let credentials = match belongs.account {
            Some(account) => self.credentials(account, true).await?,
            None => Vec::new(),
        };
        if credentials.is_empty() {
            return Err(Refusal::NoSuchFactor.into());
        }
        let started = webauthn.start_passkey_authentication(&credentials);
        let (challenge, state) = started.map_err(Error::Passkey)?;
        self.ceremony(visit, kind, belongs, &challenge, &state)
            .await
    }

    /// Ends a sign-in with a passkey: one that began with it ([`For::SignIn`]) or with something else
    /// ([`For::Step`]). `answer` is the browser's, as JSON.
    ///
    /// # Errors
    /// [`Refusal::NoPasskeys`], faults.
    pub async fn finish_with_passkey(
        &self,
        visit: &Visit<'_>,
        ceremony: &str,
        answer: &str,
    ) -> Result<SignIn, Error> {
        let taken = self
            .take(visit.now, ceremony, &["sign_in", "step"], None)
            .await?;
        let (Some(taken), Some(answer)) = (taken, parsed::<PublicKeyCredential>(answer)) else {
            return Ok(SignIn::StartAgain);
        };
        let step: Option<[u8; 32]> = taken.step.as_deref().and_then(|it| it.try_into().ok());
        let (account, checked) = match taken.account {
            Some(account) => (account, self.checked(&taken, &answer)?),
            None => match self.discovered(&taken, &answer).await? {
                Some(found) => found,
                None => return Ok(SignIn::Refused(Refused::default())),
            },
        };
        let result = match checked {
            Ok(result) => result,
            Err(failed) => return self.failed(visit.now, account, &answer, &failed).await,
        };
        let half = match step {
            Some(step) => match self.half(visit.now, step).await? {
                Some(half) => Some((step, half)),
                None => return Ok(SignIn::StartAgain),
            },
            None => None,
        };
        let mut tx = self.pool().begin().await?;
        let opened = match half {
            Some((step, half)) => self.finish(&mut tx, visit, step, half).await?,
            None => self.open_strong(&mut tx, visit, account).await?,
        };
        let Some(opened) = opened else {
            return Ok(SignIn::Refused(Refused::default()));
        };
        if !use_passkey(&mut tx, visit.now, account, &result).await? {
            tx.rollback().await?;
            let failed = WebauthnError::CredentialPossibleCompromise;
            return self.failed(visit.now, account, &answer, &failed).await;
        }
        tx.commit().await?;
        self.forget_failures(visit, &opened.session.name).await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// Confirms who she is with a passkey ([`For::Session`]): unlocks a session and makes it strong. It
    /// has a new secret.
    ///
    /// # Errors
    /// [`Refusal::NoPasskeys`], [`Refusal::SignedOut`], faults.
    pub async fn confirm_with_passkey(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        ceremony: &str,
        answer: &str,
    ) -> Result<SignIn, Error> {
        let taken = self
            .take(visit.now, ceremony, &["session"], Some(session))
            .await?;
        let (Some(taken), Some(answer)) = (taken, parsed::<PublicKeyCredential>(answer)) else {
            return Ok(SignIn::StartAgain);
        };
        let account = session.account;
        let result = match self.checked(&taken, &answer)? {
            Ok(result) => result,
            Err(failed) => return self.failed(visit.now, account, &answer, &failed).await,
        };
        let mut tx = self.pool().begin().await?;
        let opened = self.confirm(&mut tx, visit.now, session, Strength::Strong);
        let opened = opened.await?;
        if !use_passkey(&mut tx, visit.now, account, &result).await? {
            tx.rollback().await?;
            let failed = WebauthnError::CredentialPossibleCompromise;
            return self.failed(visit.now, account, &answer, &failed).await;
        }
        tx.commit().await?;
        Ok(SignIn::Done(Box::new(opened)))
    }

    /// Asks a browser to make a passkey.
    ///
    /// # Errors
    /// [`Refusal::NoPasskeys`], [`Refusal::TooMany`], [`Refusal::Locked`], [`Refusal::ConfirmFirst`],
    /// [`Refusal::NotStrong`], [`Refusal::SignedOut`], [`Refusal::TryLater`], faults.
    pub async fn start_passkey_registration(
        &self,
        visit: &Visit<'_>,
        session: &Session,
    ) -> Result<Ceremony, Error> {
        let webauthn = self.webauthn()?;
        let mut tx = self.pool().begin().await?;
        may_set_up(&mut tx, visit.now, session).await?;
        tx.commit().await?;
        let known = self.credentials(session.account, false).await?;
        if known.len() >= MAX_PASSKEYS as usize {
            return Err(Refusal::TooMany {
                limit: MAX_PASSKEYS,
            }
            .into());
        }
        let known = known.iter().map(|it| it.cred_id().clone()).collect();
        let started = webauthn.start_passkey_registration(
            session.account.0,
            &session.name,
            &session.display_name,
            Some(known),
        );
        let (challenge, state) = started.map_err(Error::Passkey)?;
        let belongs = Belongs::of(session);
        let mut ceremony = self
            .ceremony(visit, "register", belongs, &challenge, &state)
            .await?;
        // Where the authenticator can, it shall know whose the passkey is: then it does for a sign-in of
        // its own. It is asked to, and one that cannot is as good a second factor.
        if let Some(selection) = ceremony
            .options
            .pointer_mut("/publicKey/authenticatorSelection")
            .and_then(Value::as_object_mut)
        {
            selection.insert("residentKey".into(), "preferred".into());
        }
        Ok(ceremony)
    }

    /// Sets up the passkey that a browser made. The session is strong from now on.
    ///
    /// # Errors
    /// [`Refusal::LabelNotValid`], [`Refusal::StartAgain`], [`Refusal::PasskeyNotRight`],
    /// [`Refusal::PasskeyKnown`], and those of [`Identity::start_passkey_registration`].
    pub async fn finish_passkey_registration(
        &self,
        visit: &Visit<'_>,
        session: &Session,
        ceremony: &str,
        answer: &str,
        label: &str,
    ) -> Result<Enrolled, Error> {
        let webauthn = self.webauthn()?;
        let label = line(label, MAX_LABEL).ok_or(Refusal::LabelNotValid)?;
        let taken = self
            .take(visit.now, ceremony, &["register"], Some(session))
            .await?;
        let state: PasskeyRegistration =
            serde_json::from_value(taken.ok_or(Refusal::StartAgain)?.state)
                .map_err(Error::Stored)?;
        let answer: RegisterPublicKeyCredential = parsed(answer).ok_or(Refusal::PasskeyNotRight)?;
        let made = webauthn.finish_passkey_registration(&answer, &state);
        let made = made.map_err(|_| Refusal::PasskeyNotRight)?;
        let mut tx = self.pool().begin().await?;
        let before = may_set_up(&mut tx, visit.now, session).await?;
        let put = sqlx::query(
            "insert into identity.passkey
                 (id, account, credential_id, credential, label, created_at)
             select $1, $2, $3, $4, $5, $6
             where (select count(*) from identity.passkey where account = $2) < $7",
        )
        .bind(ids::new(visit.now)?)
        .bind(session.account.0)
        .bind(made.cred_id().as_slice())
        .bind(serde_json::to_value(&made).map_err(Error::Stored)?)
        .bind(label)
        .bind(visit.now)
        .bind(i64::from(MAX_PASSKEYS))
        .execute(&mut *tx)
        .await;
        match put {
            Ok(done) if done.rows_affected() == 1 => {}
            Ok(_) => {
                return Err(Refusal::TooMany {
                    limit: MAX_PASSKEYS,
                }
                .into());
            }
            Err(error) if broke(&error, "passkey_credential_id_key") => {
                return Err(Refusal::PasskeyKnown.into());
            }
            Err(error) => return Err(error.into()),
        }
        let enrolled = self.enrolled(&mut tx, visit.now, session, before).await?;
        tx.commit().await?;
        Ok(enrolled)
    }

    /// The passkeys of an account, the oldest first.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn passkeys(&self, account: AccountId) -> Result<Vec<Passkey>, Error> {
        let rows = sqlx::query(
            "select id, label, created_at, last_used_at, copied_at from identity.passkey
             where account = $1 order by created_at, id",
        )
        .bind(account.0)
        .fetch_all(self.pool())
        .await?;
        let passkeys = rows.into_iter().map(|row| {
            Ok(Passkey {
                id: PasskeyId(row.try_get("id")?),
                label: row.try_get("label")?,
                created_at: row.try_get("created_at")?,
                last_used_at: row.try_get("last_used_at")?,
                copied_at: row.try_get("copied_at")?,
            })
        });
        passkeys.collect()
    }

    /// Removes a passkey. False when she has no such passkey.
    ///
    /// # Errors
    /// [`Refusal::LastFactor`] when nothing else is set up, [`Refusal::Locked`],
    /// [`Refusal::ConfirmFirst`], [`Refusal::NotStrong`], [`Refusal::SignedOut`], faults.
    pub async fn remove_passkey(
        &self,
        now: DateTime<Utc>,
        session: &Session,
        passkey: PasskeyId,
    ) -> Result<bool, Error> {
        let mut tx = self.pool().begin().await?;
        may_set_up(&mut tx, now, session).await?;
        let done = sqlx::query("delete from identity.passkey where id = $1 and account = $2")
            .bind(passkey.0)
            .bind(session.account.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let left = crate::factors::factors_of(&mut tx, session.account).await?;
        if !left.totp && !left.passkey {
            return Err(Refusal::LastFactor.into());
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn credentials(
        &self,
        account: AccountId,
        usable: bool,
    ) -> Result<Vec<Credential>, Error> {
        let stored: Vec<Value> = sqlx::query_scalar(
            "select credential from identity.passkey
             where account = $1 and (copied_at is null or not $2) order by created_at, id",
        )
        .bind(account.0)
        .bind(usable)
        .fetch_all(self.pool())
        .await?;
        let credentials = stored.into_iter().map(serde_json::from_value);
        credentials.collect::<Result<_, _>>().map_err(Error::Stored)
    }

    fn checked(
        &self,
        taken: &Taken,
        answer: &PublicKeyCredential,
    ) -> Result<Result<AuthenticationResult, WebauthnError>, Error> {
        let state: PasskeyAuthentication =
            serde_json::from_value(taken.state.clone()).map_err(Error::Stored)?;
        let checked = (self.webauthn()?).finish_passkey_authentication(answer, &state);
        Ok(verified(checked))
    }

    /// Whose passkey answers a sign-in that began with it, and whether it is right. None when it is
    /// nobody's.
    async fn discovered(
        &self,
        taken: &Taken,
        answer: &PublicKeyCredential,
    ) -> Result<Option<(AccountId, Result<AuthenticationResult, WebauthnError>)>, Error> {
        let webauthn = self.webauthn()?;
        let Ok((account, id)) = webauthn.identify_discoverable_authentication(answer) else {
            return Ok(None);
        };
        let stored: Option<Value> = sqlx::query_scalar(
            "select p.credential from identity.passkey p
             join identity.account a on a.id = p.account
             where p.credential_id = $1 and p.account = $2 and p.copied_at is null
               and a.disabled_at is null",
        )
        .bind(id)
        .bind(account)
        .fetch_optional(self.pool())
        .await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let credential: Credential = serde_json::from_value(stored).map_err(Error::Stored)?;
        let state: DiscoverableAuthentication =
            serde_json::from_value(taken.state.clone()).map_err(Error::Stored)?;
        let checked = webauthn.finish_discoverable_authentication_v2(answer, state, &credential);
        Ok(Some((AccountId(account), verified(checked))))
    }

    async fn open_strong(
        &self,
        tx: &mut PgConnection,
        visit: &Visit<'_>,
        account: AccountId,
    ) -> Result<Option<Opened>, Error> {
        let opened = self
            .open(tx, visit, account, Strength::Strong, None)
            .await?;
        let Some((id, secret)) = opened else {
            return Ok(None);
        };
        let session = self.session_of(tx, visit.now, id).await?;
        Ok(Some(Opened {
            device: Some(self.device(visit.now, &session.name)?),
            session,
            secret,
            mapped: Vec::new(),
        }))
    }

    /// An answer that is not right. Where it shows that there is a copy, the passkey is not taken any
    /// more.
    async fn failed(
        &self,
        now: DateTime<Utc>,
        account: AccountId,
        answer: &PublicKeyCredential,
        failed: &WebauthnError,
    ) -> Result<SignIn, Error> {
        let mut crossed = Vec::new();
        if matches!(failed, WebauthnError::CredentialPossibleCompromise) {
            sqlx::query(
                "update identity.passkey set copied_at = $3
                 where credential_id = $1 and account = $2 and copied_at is null",
            )
            .bind(answer.get_credential_id())
            .bind(account.0)
            .bind(now)
            .execute(self.pool())
            .await?;
            crossed.push(Crossed {
                of: CrossedBy::CopiedPasskey,
                account: Some(account),
                failures: 1,
            });
        }
        Ok(SignIn::Refused(Refused { crossed }))
    }
}

/// A passkey that did not verify its user is one factor, and none of ours.
fn verified(
    checked: Result<AuthenticationResult, WebauthnError>,
) -> Result<AuthenticationResult, WebauthnError> {
    match checked {
        Ok(result) if !result.user_verified() => Err(WebauthnError::UserNotVerified),
        checked => checked,
    }
}

fn parsed<T: DeserializeOwned>(answer: &str) -> Option<T> {
    if answer.len() > MAX_ANSWER {
        return None;
    }
    serde_json::from_str(answer).ok()
}

/// Writes down that a passkey was used. False when its counter did not rise since the one that is
/// stored now, which two answers to two challenges may have found out of date.
async fn use_passkey(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    account: AccountId,
    result: &AuthenticationResult,
) -> Result<bool, Error> {
    let counter = i64::from(result.counter());
    let row = sqlx::query(
        "select id, credential from identity.passkey
         where credential_id = $1 and account = $2 and copied_at is null
           and (counter < $3 or (counter = 0 and $3 = 0)) for update",
    )
    .bind(result.cred_id().as_slice())
    .bind(account.0)
    .bind(counter)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let stored: Value = row.try_get("credential")?;
    let mut credential: Credential = serde_json::from_value(stored).map_err(Error::Stored)?;
    credential.update_credential(result);
    sqlx::query(
        "update identity.passkey set credential = $2, counter = $3, last_used_at = $4 where id = $1",
    )
    .bind(row.try_get::<Uuid, _>("id")?)
    .bind(serde_json::to_value(&credential).map_err(Error::Stored)?)
    .bind(counter)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(true)
}
