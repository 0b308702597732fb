//! Two pilots in which things happened, and somebody of each role in each standing.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use app::access::{MAX_PERSONAL_TOKEN_DAYS, Still};
use app::{App, LogKeys, Names};
use chrono::{DateTime, TimeDelta, Utc};
use events::access::{Holder, RoleGranted};
use events::codes::{BreakGlassReason, Role};
use events::{AccountId, CodeList, HouseholdId, PartnerId, PilotId, TokenId};
use policy::Scope;
use serde_json::{Value, json};
use server::tokens::Wanted;
use uuid::Uuid;

use crate::house::{Answer, House, migrate, pools, vault};
use crate::story::{self, *};
use crate::walk_fields::tell_everything;

/// Another pilot, and its short name.
pub(crate) const OTHER: Uuid = Uuid::from_u128(0x1ff);
pub(crate) const OTHER_CODE: &str = "altrove";
/// A pilot that does not exist, under a short name that nobody has.
pub(crate) const NOBODYS: Uuid = Uuid::from_u128(0x1ee);
pub(crate) const NOBODYS_CODE: &str = "nessuno";
/// A household that is shared with nobody.
pub(crate) const UNSHARED: Uuid = Uuid::from_u128(0x401);
/// A household that does not exist.
pub(crate) const NO_HOUSEHOLD: Uuid = Uuid::from_u128(0x4ee);
/// A partner with whom nothing is shared.
pub(crate) const STRANGER: Uuid = Uuid::from_u128(0x202);
/// The consent by which the first household is shared with the first partner.
const SHARING: Uuid = Uuid::from_u128(0x90a);
/// How long until a role ends that is to be over.
const SOON: TimeDelta = TimeDelta::milliseconds(400);

/// How somebody stands to the pilot that she asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// She has the role in it.
    Own,
    /// She has the role in another.
    Other,
    /// She had it.
    Ended,
    /// It was taken from her.
    Revoked,
    /// She has no role.
    None,
    /// Her token has expired.
    TokenExpired,
    /// Her token was revoked.
    TokenRevoked,
    /// She has the role, and signed in with one factor.
    OneFactor,
}

impl Standing {
    pub(crate) const ALL: [Self; 8] = [
        Self::Own,
        Self::Other,
        Self::Ended,
        Self::Revoked,
        Self::None,
        Self::TokenExpired,
        Self::TokenRevoked,
        Self::OneFactor,
    ];
}

/// Two pilots, and who asks.
pub(crate) struct Site {
    pub(crate) house: House,
    /// Tokens, by role and standing. Who signed in with one factor has none.
    tokens: BTreeMap<(Role, Standing), String>,
    /// Who has those tokens.
    holders: BTreeMap<(Role, Standing), Holder>,
    _keys: tempfile::TempDir,
}

/// A sign-in that nothing ends.
struct Always;

impl Still for Always {
    fn is_good(&self) -> Pin<Box<dyn Future<Output = Result<bool, app::Error>> + Send + '_>> {
        Box::pin(async { Ok(true) })
    }
}

/// Every role.
pub(crate) fn roles() -> impl Iterator<Item = Role> {
    Role::ENTRIES.iter().map(|entry| entry.value)
}

/// The account of whoever signed in with one factor.
pub(crate) fn account(role: Role) -> AccountId {
    AccountId(Uuid::from_u128(0xacc0 + role as u128))
}

impl Site {
    /// Opens it: everything happened in the pilot, the story alone in the other.
    pub(crate) async fn open() -> Self {
        let database = cluster::testing::database().await;
        migrate(&database).await;
        let app = App::serving(pools(&database).await, vault(&database).await);
        let keys = tempfile::tempdir().expect("a directory");
        let signing = LogKeys::open_or_create(&keys.path().join("log.key")).expect("keys");
        let house = House::over(database, app.with_keys(signing)).await;
        let installer = house.token(Role::Coordinator, None).await;
        tell_everything(&house, &installer, &[stranger(), shared()]).await;
        for (n, mut step) in story().into_iter().enumerate() {
            if step.kind == "PilotOpened" {
                step.content["code"] = json!(OTHER_CODE);
            }
            let input = input(story::command(3000 + n), OTHER, step.on, step.content);
            let payload = record(&house, &installer, step.mutation, input).await;
            assert_eq!(payload["__typename"], "Recorded", "{payload}");
        }
        let mut site = Self {
            house,
            tokens: BTreeMap::new(),
            holders: BTreeMap::new(),
            _keys: keys,
        };
        site.hand_out().await;
        site.look().await;
        site
    }

    /// Somebody of each role in each standing.
    async fn hand_out(&mut self) {
        let app = self.house.app.clone();
        let week = app.now() + TimeDelta::days(MAX_PERSONAL_TOKEN_DAYS) - TimeDelta::minutes(1);
        for role in roles() {
            for standing in Standing::ALL {
                let until = match standing {
                    Standing::Ended => app.now() + SOON,
                    _ => week,
                };
                let pilot = PilotId(if standing == Standing::Other {
                    OTHER
                } else {
                    PILOT
                });
                if standing == Standing::OneFactor {
                    let holder = Holder::Account(account(role));
                    grant(&app, holder, role, pilot, until).await;
                    continue;
                }
                let (made, ends) = match standing {
                    Standing::TokenExpired => (
                        app.now() - TimeDelta::hours(1),
                        Some(app.now() - TimeDelta::seconds(1)),
                    ),
                    _ => (app.now(), None),
                };
                let (id, token) = self.house.bare_token(made, ends).await;
                if standing != Standing::None {
                    grant(&app, Holder::Token(id), role, pilot, until).await;
                }
                self.spoil(standing, id, role).await;
                self.tokens.insert((role, standing), token);
                self.holders.insert((role, standing), Holder::Token(id));
            }
        }
        tokio::time::sleep(SOON.to_std().unwrap_or(Duration::ZERO)).await;
    }

    async fn spoil(&self, standing: Standing, id: TokenId, role: Role) {
        let app = &self.house.app;
        match standing {
            Standing::Revoked => {
                let (scope, holder) = (Scope::Pilot(PilotId(PILOT)), Holder::Token(id));
                let revoked = app.revoke("test", app.new_id(), scope, holder, role).await;
                assert!(revoked.expect("no fault").is_some());
            }
            Standing::TokenRevoked => self.house.revoke_token(id).await,
            _ => {}
        }
    }

    /// Somebody looks at names, and somebody opens what is not shared with her organisation: so there is
    /// something in the access log.
    async fn look(&self) {
        let query = "query($pilot: ID!) { households(pilot: $pilot) { edges { node {
            members { identity { givenName } } notes { text }
        } } } }";
        let token = self.token(Role::Coordinator, Standing::Own);
        self.house
            .data(token, query, json!({ "pilot": PILOT }))
            .await;
        let app = &self.house.app;
        let wanted = Wanted {
            owner: None,
            role: Role::PartnerOperator,
            scopes: vec![Scope::Pilot(PilotId(PILOT))],
            partner: Some(PartnerId(PARTNER)),
            relative_dates: false,
            until: Some(app.now() + TimeDelta::hours(1)),
        };
        let holder = Holder::Token(self.house.token_for(&wanted).await.0);
        for household in [UNSHARED, HOUSEHOLD] {
            let (pilot, household) = (PilotId(PILOT), HouseholdId(household));
            let (command, reason) = (app.new_id(), BreakGlassReason::DangerToLife);
            let broken = app.break_glass(holder, command, pilot, household, reason);
            broken.await.expect("it is recorded");
        }
    }

    /// The token of somebody.
    pub(crate) fn token(&self, role: Role, standing: Standing) -> &str {
        let token = self.tokens.get(&(role, standing));
        token.unwrap_or_else(|| panic!("no token for {role:?}, {standing:?}"))
    }

    /// Asks as somebody. Who has an account and no token asks without HTTP. Who evaluates asks for a
    /// household by the name that she is given for it.
    pub(crate) async fn ask(
        &self,
        role: Role,
        standing: Standing,
        query: &str,
        mut variables: Value,
    ) -> Answer {
        let household = variables["household"].as_str();
        if let (Role::Evaluator, Some(Ok(id))) = (role, household.map(Uuid::parse_str)) {
            let holder = self.holders.get(&(role, standing)).copied();
            let holder = holder.unwrap_or(Holder::Account(account(role)));
            let pilot = PilotId(PILOT);
            let names = Names::pseudonyms(pilot, self.house.app.vault(), holder, false);
            variables["household"] = json!(names.household(HouseholdId(id)));
        }
        if standing == Standing::OneFactor {
            let holder = Holder::Account(account(role));
            return self.ask_with_one_factor(holder, query, variables).await;
        }
        let token = self.token(role, standing);
        self.house.ask(token, query, variables).await
    }

    async fn ask_with_one_factor(&self, holder: Holder, query: &str, variables: Value) -> Answer {
        let (app, weak) = (&self.house.app, policy::Strength::Weak);
        let signed_in = app.signed_in(holder, weak, Arc::new(Always));
        let request = async_graphql::Request::new(query)
            .variables(async_graphql::Variables::from_json(variables))
            .data(signed_in);
        let answered = server::graphql::schema().execute(request).await;
        Answer {
            status: reqwest::StatusCode::OK,
            media: "application/json".to_owned(),
            text: serde_json::to_string(&answered).expect("JSON"),
        }
    }

    /// Where both pilots' logs and access logs end.
    pub(crate) async fn heads(&self) -> Vec<i64> {
        let mut heads = Vec::new();
        for pilot in [PILOT, OTHER] {
            let access = events::access::log_of(PilotId(pilot));
            for log in [pilot, access] {
                let head = self.house.app.whole().head(log).await.expect("a head");
                heads.push(head.position);
            }
        }
        heads
    }
}

/// A further organisation takes part.
fn stranger() -> crate::mutations::Said {
    let joined =
        json!({ "partner": STRANGER, "kind": "EMPLOYMENT_SERVICE", "name": "Centro lavoro" });
    ("addPartner", "2024-01-20", joined)
}

/// The household consents to be shared with the story's partner.
fn shared() -> crate::mutations::Said {
    let consent = json!({
        "household": HOUSEHOLD, "consent": SHARING, "form": "WRITTEN",
        "purposes": ["SHARING_WITH_PARTNERS"], "recipients": [PARTNER],
    });
    ("recordConsent", "2024-02-02", consent)
}

async fn grant(app: &App, holder: Holder, role: Role, pilot: PilotId, until: DateTime<Utc>) {
    let granted = RoleGranted {
        holder,
        role,
        partner: (role == Role::PartnerOperator).then_some(PartnerId(PARTNER)),
        until: Some(until),
        relative_dates: false,
        bound_to: None,
    };
    let scope = Scope::Pilot(pilot);
    let granted = app.grant("test", app.new_id(), scope, granted).await;
    granted.expect("it is granted");
}
