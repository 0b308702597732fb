//! People with accounts, for tests.

use std::time::{SystemTime, UNIX_EPOCH};

use events::access::{Holder, RoleGranted};
use events::codes::Role;
use events::{AccountId, PartnerId};
use identity::{Acceptance, Language, NewAccount, Password};
use policy::Scope;
use totp_rs::{Builder, Secret};

use super::{Shown, Visitor};
use crate::house::House;

/// A sentence that nobody guesses.
pub(crate) const PASSWORD: &str = "quattro gatti suonano il trombone";

/// Somebody with an account.
pub(crate) struct Staff {
    pub(crate) id: AccountId,
    pub(crate) name: &'static str,
    /// The key of her authenticator app, once she has one.
    pub(crate) key: Option<String>,
    pub(crate) recovery_codes: Vec<String>,
}

impl Staff {
    /// Makes an account with a password, and no more.
    pub(crate) async fn hire(house: &House, name: &'static str) -> Self {
        let now = house.app.now();
        let new = NewAccount {
            name,
            display_name: name,
            language: Language::Italian,
        };
        let link = house.identity.invite(now, &new).await.expect("invited");
        let acceptance = Acceptance {
            password: &Password::from(PASSWORD),
            name: None,
            display_name: None,
            language: None,
        };
        let accepted = house
            .identity
            .accept_invitation(now, link.secret.expose(), &acceptance);
        Self {
            id: accepted.await.expect("accepted"),
            name,
            key: None,
            recovery_codes: Vec::new(),
        }
    }

    pub(crate) fn holder(&self) -> Holder {
        Holder::Account(self.id)
    }

    /// Gives her a role.
    pub(crate) async fn grant(
        &self,
        house: &House,
        scope: Scope,
        role: Role,
        partner: Option<PartnerId>,
    ) {
        let granted = RoleGranted {
            holder: self.holder(),
            role,
            partner,
            until: None,
            relative_dates: false,
            bound_to: None,
        };
        let command = house.app.new_id();
        let granted = house.app.grant("operator:test", command, scope, granted);
        granted.await.expect("granted");
    }

    /// Signs in with all she has.
    pub(crate) async fn enter(&self, house: &House) -> Visitor {
        let mut visitor = house.visitor();
        let shown = visitor.sign_in(self.name, PASSWORD).await;
        if let Some(key) = &self.key {
            shown.is(200, "Secondo fattore");
            // Each code is good once: every sign-in of a test takes the next that is accepted.
            for later in [0, 1, -1] {
                let code = code(key, later);
                let shown = visitor.post("/sign-in/code", &[("code", &code)]).await;
                if shown.path == "/" {
                    return visitor;
                }
            }
            panic!("no code is accepted any more");
        }
        visitor
    }

    /// Signs in, sets up an authenticator app through the pages, and keeps the recovery codes.
    pub(crate) async fn enrol(&mut self, house: &House) -> Visitor {
        let mut visitor = house.visitor();
        visitor.sign_in(self.name, PASSWORD).await;
        visitor.get("/account/second-factor").await;
        let shown = visitor.post("/account/second-factor/app", &[]).await;
        shown.is(200, "App di autenticazione");
        let key = super::visitor::between(&shown.text, "<code class=\"secret\">", "</code>");
        let key = key.expect("a key").replace(' ', "");
        let code = code(&key, -1);
        let fields = [("code", &*code)];
        let shown = visitor
            .post("/account/second-factor/app/finish", &fields)
            .await;
        shown.is(200, "Secondo fattore attivo");
        self.recovery_codes = recovery_codes(&shown);
        self.key = Some(key);
        visitor
    }
}

/// The recovery codes that a page shows.
fn recovery_codes(shown: &Shown) -> Vec<String> {
    let list = super::visitor::between(&shown.text, "<ul class=\"codes\">", "</ul>");
    let items = list.expect("codes").split("<li>").skip(1);
    let codes = items.filter_map(|item| item.split('<').next());
    codes.map(str::to_owned).collect()
}

/// What an authenticator app shows, so many steps from now.
pub(crate) fn code(key: &str, later: i64) -> String {
    let secret = Secret::try_from_base32(key).expect("a key");
    let totp = Builder::new().with_secret(secret).build().expect("an app");
    #[expect(clippy::disallowed_methods, reason = "an app has a clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.expect("after 1970").as_secs()).expect("seconds");
    let at = u64::try_from(now + 30 * later).expect("after 1970");
    totp.generate(at).to_string()
}
