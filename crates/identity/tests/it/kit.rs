//! An identity of one test, and people in it.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use cluster::testing::TestDatabase;
use identity::oidc::Provider;
use identity::{
    Acceptance, AccountId, Activity, Database, Enrolled, Entered, Identity, Key, Language,
    NewAccount, Opened, Password, Secret, Session, Settings, SignIn, Step, Visit,
};
use sqlx::PgPool;
use totp_rs::{Builder, Totp};
use url::Url;

/// A password that is taken.
pub(crate) const PASSWORD: &str = "lampada quercia vento mattone";

/// Another one.
pub(crate) const OTHER_PASSWORD: &str = "sentiero nebbia forchetta undici";

/// Where browsers reach the service.
pub(crate) const ORIGIN: &str = "http://localhost:8080";

pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) identity: Identity,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(Vec::new()).await
    }

    pub(crate) async fn with(providers: Vec<Provider>) -> Self {
        let database = cluster::testing::database().await;
        let migrated = Database::new(database.options()).migrate().await;
        migrated.expect("migrations");
        let identity = identity(&database, 7, providers).await;
        Self { database, identity }
    }

    /// The same as another process has it.
    pub(crate) async fn neighbour(&self) -> Identity {
        identity(&self.database, 7, Vec::new()).await
    }

    /// The same with other identity providers.
    pub(crate) async fn neighbour_with(&self, providers: Vec<Provider>) -> Identity {
        identity(&self.database, 7, providers).await
    }

    /// The same database under another installation's key.
    pub(crate) async fn other_key(&self) -> Identity {
        identity(&self.database, 8, Vec::new()).await
    }

    pub(crate) async fn superuser(&self) -> PgPool {
        self.database.pool().await
    }

    /// An account with [`PASSWORD`].
    pub(crate) async fn account(&self, name: &str) -> AccountId {
        let new = NewAccount {
            name,
            display_name: "Anna Rossi",
            language: Language::Italian,
        };
        let link = self.identity.invite(noon(), &new).await.expect("a link");
        let accepted = self.accept(link.secret.expose(), PASSWORD).await;
        accepted.expect("accepted")
    }

    pub(crate) async fn accept(
        &self,
        link: &str,
        password: &str,
    ) -> Result<AccountId, identity::Error> {
        let password = Password::from(password);
        let acceptance = Acceptance {
            password: &password,
            name: None,
            display_name: None,
            language: None,
        };
        (self.identity)
            .accept_invitation(noon(), link, &acceptance)
            .await
    }

    pub(crate) async fn try_password(
        &self,
        now: DateTime<Utc>,
        name: &str,
        password: &str,
    ) -> SignIn {
        let tried = self
            .identity
            .sign_in(&visit(now), name, &Password::from(password))
            .await;
        tried.expect("an outcome")
    }

    /// Signs in with a password alone.
    pub(crate) async fn sign_in(&self, now: DateTime<Utc>, name: &str) -> Opened {
        done(self.try_password(now, name, PASSWORD).await)
    }

    /// The first half of signing in.
    pub(crate) async fn half(&self, now: DateTime<Utc>, name: &str) -> Step {
        match self.try_password(now, name, PASSWORD).await {
            SignIn::SecondFactor(step) => step,
            other => panic!("no step: {other:?}"),
        }
    }

    /// The session of a cookie's value, for somebody at the keyboard.
    pub(crate) async fn enter(&self, now: DateTime<Utc>, secret: &Secret) -> Option<Entered> {
        let entered = self
            .identity
            .session(&visit(now), secret.expose(), Activity::Person)
            .await;
        entered.expect("an outcome")
    }

    /// Sets up an authenticator app; gives it, and what setting it up gave.
    pub(crate) async fn app(&self, now: DateTime<Utc>, session: &Session) -> (Totp, Enrolled) {
        let setup = self.identity.start_totp(now, session).await.expect("a key");
        let app = app(setup.key.expose());
        let enrolled = self
            .identity
            .finish_totp(&visit(now), session, &code(&app, now))
            .await;
        (app, enrolled.expect("set up"))
    }
}

async fn identity(database: &TestDatabase, key: u8, providers: Vec<Provider>) -> Identity {
    let pool = Database::new(database.options()).pool().await;
    let settings = Settings {
        origin: Url::parse(ORIGIN).expect("an address"),
        service_name: "In Rete".into(),
        providers,
    };
    Identity::new(pool.expect("a pool"), Key::from_bytes([key; 32]), settings).expect("an identity")
}

/// When tests begin.
pub(crate) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_504_000, 0).expect("a time")
}

/// So many minutes later.
pub(crate) fn minute(minutes: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minutes)
}

/// So many seconds later.
pub(crate) fn second(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

pub(crate) fn visit(now: DateTime<Utc>) -> Visit<'static> {
    from(now, "192.0.2.10")
}

pub(crate) fn from(now: DateTime<Utc>, address: &str) -> Visit<'static> {
    let address: IpAddr = address.parse().expect("an address");
    Visit {
        now,
        address,
        agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        device: None,
    }
}

pub(crate) fn done(outcome: SignIn) -> Opened {
    match outcome {
        SignIn::Done(opened) => *opened,
        other => panic!("not signed in: {other:?}"),
    }
}

pub(crate) fn is_refused(outcome: &SignIn) -> bool {
    matches!(outcome, SignIn::Refused(_))
}

/// The authenticator app with this key.
pub(crate) fn app(key: &str) -> Totp {
    let secret = totp_rs::Secret::try_from_base32(key).expect("a key");
    Builder::new().with_secret(secret).build().expect("an app")
}

/// What the app shows.
pub(crate) fn code(app: &Totp, now: DateTime<Utc>) -> String {
    let seconds = u64::try_from(now.timestamp()).expect("a time after 1970");
    app.generate(seconds).to_string()
}

/// The reason that something was refused for.
pub(crate) fn refusal<T: std::fmt::Debug>(
    outcome: Result<T, identity::Error>,
) -> identity::Refusal {
    match outcome {
        Err(identity::Error::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
