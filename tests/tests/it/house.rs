//! A whole house for one test: a fresh database, the service over it, and the address it answers at.

use std::net::SocketAddr;
use std::sync::Arc;

use app::access::MAX_PERSONAL_TOKEN_DAYS;
use app::{App, Database, Pools};
use chrono::{DateTime, TimeDelta, Utc};
use cluster::testing::TestDatabase;
use events::codes::Role;
use events::{PartnerId, PilotId, TokenId};
use identity::oidc::Provider;
use identity::{Identity, Key, NewToken};
use policy::Scope;
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::http::{Listener, Origin};
use server::tokens::{self, Wanted};
use server::web::{Settings, Site};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vault::{KeyVariable, Vault};

use crate::pages::Visitor;
use crate::story::PARTNER;

/// The keys of every house: tests have nothing to hide, and a second process needs the same.
const KEYS: &str = "ids:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc= \
                    master:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

/// A service on a database of its own.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    /// The service that answers HTTP.
    pub(crate) app: App,
    pub(crate) identity: Identity,
    pub(crate) site: Arc<Site>,
    pub(crate) address: SocketAddr,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// What came back over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) media: String,
    pub(crate) text: String,
}

impl House {
    /// Opens one: migrated, serving, listening.
    pub(crate) async fn open() -> Self {
        let database = cluster::testing::database().await;
        migrate(&database).await;
        let app = App::serving(pools(&database).await, vault(&database).await);
        Self::over(database, app).await
    }

    /// Serves `app` over HTTP.
    pub(crate) async fn over(database: TestDatabase, app: App) -> Self {
        Self::reached(database, app, |settings| settings).await
    }

    /// The same, where accounts and tokens are asked for in a way of their own.
    pub(crate) async fn through(
        database: TestDatabase,
        app: App,
        accounts: PgConnectOptions,
    ) -> Self {
        Self::built(database, app, accounts, |settings| settings).await
    }

    /// The same, reached in another way than usual.
    pub(crate) async fn reached(
        database: TestDatabase,
        app: App,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let accounts = database.options();
        Self::built(database, app, accounts, change).await
    }

    async fn built(
        database: TestDatabase,
        app: App,
        accounts: PgConnectOptions,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let listener = Listener::bind("127.0.0.1:0", None).await;
        let listener = listener.expect("a free port");
        let settings = change(Settings::new(Origin::local(listener.address().port())));
        let identity = identity(accounts, &settings, Vec::new()).await;
        Self::listening(database, app, listener, settings, identity)
    }

    /// One on a port of the test's choice, which somebody may sign in to from elsewhere.
    pub(crate) async fn with_provider(port: u16, provider: Provider) -> Self {
        let database = cluster::testing::database().await;
        migrate(&database).await;
        let app = App::serving(pools(&database).await, vault(&database).await);
        let listener = Listener::bind(&format!("127.0.0.1:{port}"), None).await;
        let settings = Settings::new(Origin::local(port));
        let identity = identity(database.options(), &settings, vec![provider]).await;
        Self::listening(
            database,
            app,
            listener.expect("the port"),
            settings,
            identity,
        )
    }

    fn listening(
        database: TestDatabase,
        app: App,
        listener: Listener,
        settings: Settings,
        identity: Identity,
    ) -> Self {
        let address = listener.address();
        let site = Arc::new(Site::new(app.clone(), identity.clone(), settings));
        let (stop, stopped) = oneshot::channel();
        let until = async move { stopped.await.unwrap_or(()) };
        let serving = server::http::serve(listener, Arc::clone(&site), until);
        Self {
            database,
            app,
            identity,
            site,
            address,
            client: reqwest::Client::new(),
            stop,
            served: tokio::spawn(serving),
        }
    }

    /// Somebody with a browser.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.site.origin().to_string())
    }

    /// The service as another process on the same database has it; `serving` keeps read models warm.
    pub(crate) async fn neighbour(&self, serving: bool) -> App {
        let (pools, vault) = (pools(&self.database).await, vault(&self.database).await);
        match serving {
            true => App::serving(pools, vault),
            false => App::new(pools, vault),
        }
    }

    /// Connections of a superuser, who sees everything.
    pub(crate) async fn superuser(&self) -> PgPool {
        self.database.pool().await
    }

    /// A token for these pilots; for every pilot when none are given.
    pub(crate) async fn token(&self, role: Role, pilots: Option<&[PilotId]>) -> String {
        self.token_until(role, pilots, None).await
    }

    /// The same, ending by itself. A role that sees personal data ends in time, whatever is said, as the
    /// command line has it; an operator acts for the story's partner.
    pub(crate) async fn token_until(
        &self,
        role: Role,
        pilots: Option<&[PilotId]>,
        until: Option<DateTime<Utc>>,
    ) -> String {
        let week =
            self.app.now() + TimeDelta::days(MAX_PERSONAL_TOKEN_DAYS) - TimeDelta::minutes(1);
        let scopes = match pilots {
            None => vec![Scope::EveryPilot],
            Some(pilots) => pilots.iter().copied().map(Scope::Pilot).collect(),
        };
        let wanted = Wanted {
            owner: None,
            role,
            scopes,
            partner: (role == Role::PartnerOperator).then_some(PartnerId(PARTNER)),
            relative_dates: false,
            until: until.or_else(|| role.sees_personal_data().then_some(week)),
        };
        self.token_for(&wanted).await.1
    }

    /// A token with this role.
    pub(crate) async fn token_for(&self, wanted: &Wanted) -> (TokenId, String) {
        let made = tokens::create(&self.app, &self.identity, "test", "test", wanted).await;
        let (id, token) = made.expect("a token");
        (id, token.expose().to_owned())
    }

    /// A token without any role, as if made at a time.
    pub(crate) async fn bare_token(
        &self,
        made: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> (TokenId, String) {
        let new = NewToken {
            label: "test",
            owner: None,
            expires_at: until,
        };
        let made = self.identity.create_token(made, &new).await;
        let (id, token) = made.expect("a token");
        (id, token.expose().to_owned())
    }

    /// Takes a good token back.
    pub(crate) async fn revoke_token(&self, id: TokenId) {
        let revoked = self.identity.revoke_token(self.app.now(), id).await;
        assert!(revoked.expect("no fault"), "it was good");
    }

    /// Which token it is.
    pub(crate) async fn token_id(&self, token: &str) -> TokenId {
        let found = self.identity.token(self.app.now(), token).await;
        found.expect("no fault").expect("a good token").id
    }

    /// Where GraphQL is answered.
    pub(crate) fn graphql(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// A request to any path, for the test to finish.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let address = format!("http://{}{path}", self.address);
        self.client.request(method, address)
    }

    /// Asks GraphQL.
    pub(crate) async fn ask(&self, token: &str, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let request = self.client.post(self.graphql()).bearer_auth(token);
        Answer::of(request.json(&body)).await
    }

    /// Asks GraphQL what it must answer without error; the answer's data.
    pub(crate) async fn data(&self, token: &str, query: &str, variables: Value) -> Value {
        let answer = self.ask(token, query, variables).await;
        let mut body = answer.json();
        assert!(
            answer.status == StatusCode::OK && body.get("errors").is_none(),
            "{} for {query}: {body:#}",
            answer.status
        );
        body["data"].take()
    }

    /// Ends it in order.
    pub(crate) async fn close(self) {
        let _ = self.stop.send(());
        drop(self.client);
        self.served.await.expect("the server did not panic");
        self.app.stop().await;
        self.app.close().await;
    }
}

impl Answer {
    /// Sends a request and reads the answer.
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let media = response.headers().get(reqwest::header::CONTENT_TYPE);
        let media = media.and_then(|media| media.to_str().ok()).unwrap_or("");
        Self {
            media: media.to_owned(),
            status: response.status(),
            text: response.text().await.expect("a text"),
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.text);
        parsed.unwrap_or_else(|error| panic!("not JSON ({error}): {:?}", self.text))
    }

    /// `extensions.code` of every error.
    pub(crate) fn codes(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let code = |error: &Value| match &error["extensions"]["code"] {
            Value::String(code) => code.clone(),
            other => panic!("an error without a code ({other}): {body:#}"),
        };
        errors.iter().map(code).collect()
    }
}

/// Brings a database up to date.
pub(crate) async fn migrate(database: &TestDatabase) {
    let migrated = Database::new(database.options()).migrate().await;
    migrated.expect("migrations");
    let accounts = identity::Database::new(database.options());
    accounts.migrate().await.expect("migrations");
}

/// Connections as the service has them.
pub(crate) async fn pools(database: &TestDatabase) -> Pools {
    let pools = Database::new(database.options()).pools().await;
    pools.expect("connections")
}

/// Who signs in to a house.
async fn identity(
    accounts: PgConnectOptions,
    settings: &Settings,
    providers: Vec<Provider>,
) -> Identity {
    let pool = identity::Database::new(accounts).pool().await;
    let settings = identity::Settings {
        origin: settings.origin.url().clone(),
        service_name: "In Rete".to_owned(),
        providers,
    };
    Identity::new(pool.expect("a pool"), Key::from_bytes([9; 32]), settings).expect("settings")
}

/// Connections under one of the roles.
pub(crate) async fn acting_as(database: &TestDatabase, role: &str) -> PgPool {
    let options = database.options().options([("role", role)]);
    PgPool::connect_with(options).await.expect("a connection")
}

/// The vault of a house, in a database beside its own, as the program has it.
pub(crate) async fn vault(database: &TestDatabase) -> Vault {
    let (masters, secret) = KeyVariable::parse(KEYS.to_owned()).expect("keys");
    Vault::new(vault_pool(database).await, masters, secret)
}

/// The vault's database beside a house's own, brought up to date.
pub(crate) async fn vault_database(database: &TestDatabase) -> vault::Database {
    let beside = format!("{}_vault", database.name());
    let beside = vault::Database::new(database.options().database(&beside));
    beside.ensure().await.expect("a database");
    beside.migrate().await.expect("migrations");
    beside
}

/// Connections to it under the vault's own role.
pub(crate) async fn vault_pool(database: &TestDatabase) -> PgPool {
    let beside = vault_database(database).await;
    beside.pool().await.expect("a pool")
}

/// The elements of a JSON list.
pub(crate) fn list(value: &Value) -> &[Value] {
    let list = value.as_array();
    list.unwrap_or_else(|| panic!("not a list: {value:#}"))
}
