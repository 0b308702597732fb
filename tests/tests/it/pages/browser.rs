//! The pages in a real browser: on a screen and on a telephone, with a passkey.

use events::codes::Role;
use fantoccini::Locator;
use policy::Scope;
use serde_json::Value;

use super::chromium::{Chromium, Manner};
use super::staff::{PASSWORD, Staff, code};
use crate::house::House;

/// What a page is looked at for: gives what is wrong with it.
const LOOK: &str = r#"
const wrong = [];
if (document.documentElement.lang !== 'it') wrong.push('no language');
if (document.querySelectorAll('h1').length !== 1) wrong.push('not one heading');
if (!document.title.trim()) wrong.push('no title');
if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
for (const it of document.querySelectorAll('input:not([type=hidden], [hidden]), select, textarea')) {
  if (!it.labels || it.labels.length !== 1 || !it.labels[0].innerText.trim()) wrong.push('no label: ' + it.name);
  for (const by of (it.getAttribute('aria-describedby') || '').split(' ').filter(Boolean)) {
    if (!document.getElementById(by)) wrong.push('described by nothing: ' + it.name);
  }
}
for (const it of document.querySelectorAll('button, a[href]')) {
  if (!it.innerText.trim() && !it.getAttribute('aria-label')) wrong.push('says nothing: ' + it.outerHTML);
}
for (const it of document.querySelectorAll('img')) {
  if (!it.hasAttribute('alt')) wrong.push('no text for a picture');
}
for (const it of document.querySelectorAll('svg[role=img]')) {
  if (!it.getAttribute('aria-label')) wrong.push('no text for a drawing');
}
for (const it of document.querySelectorAll('th')) {
  if (!it.scope) wrong.push('a heading of nothing: ' + it.innerText);
}
const ids = [...document.querySelectorAll('[id]')].map((it) => it.id);
for (const id of ids) {
  if (ids.filter((other) => other === id).length > 1) wrong.push('twice: ' + id);
}
for (const it of document.querySelectorAll('.error-summary a')) {
  if (!document.querySelector(it.getAttribute('href'))) wrong.push('leads to nothing: ' + it.innerText);
}
let level = 0;
// What is to be mended is told before the heading.
for (const it of document.querySelectorAll('h1, h2:not(.error-summary h2), h3')) {
  const next = Number(it.tagName[1]);
  if (next > level + 1) wrong.push('skips a level: ' + it.innerText);
  level = next;
}
const order = [...document.querySelectorAll('[tabindex]')].filter((it) => it.tabIndex > 0);
if (order.length) wrong.push('an order of its own');
for (const entry of performance.getEntriesByType('resource')) {
  if (new URL(entry.name).origin !== location.origin) wrong.push('from elsewhere: ' + entry.name);
}
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
if (wide > 0) wrong.push('wider than the screen by ' + wide);
return wrong;
"#;

/// Leaves at once, by three strokes of a key; gives how the page is shown then.
const SHIFT: &str = "for (let n = 0; n < 3; n += 1) document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift' })); \
                     return getComputedStyle(document.querySelector('main')).display;";

async fn look(chromium: &Chromium, name: &str) {
    let wrong = chromium.run(LOOK).await;
    assert_eq!(wrong, Value::Array(Vec::new()), "{name}");
    chromium.picture(name).await;
}

/// Nothing was refused by the content security policy, and nothing failed to load.
async fn assert_quiet(chromium: &Chromium) {
    let said = chromium.console().await;
    let loud: Vec<_> = said
        .into_iter()
        // That a form has something to mend and a page is not there is what was asked for here; the
        // browser notes it, as it does that it was told to clear what it kept.
        .filter(|line| {
            let usual = [
                "the server responded with a status of 422",
                "/nowhere - Failed to load resource: the server responded with a status of 404",
                "Cleared data types",
            ];
            !usual.iter().any(|it| line.contains(it))
        })
        .collect();
    assert_eq!(loud, Vec::<String>::new());
}

#[tokio::test]
async fn a_passkey_is_set_up_and_signs_in() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let every = Scope::EveryPilot;
    anna.grant(&house, every, Role::DataProtectionOfficer, None)
        .await;
    let origin = house.site.origin().to_string();
    let chromium = Chromium::start(Manner::default()).await;
    chromium.plug_in().await;

    chromium.go(&format!("{origin}/")).await;
    chromium.arrives("Accedi").await;
    look(&chromium, "sign-in").await;
    chromium.press("Accedi").await;
    chromium.arrives("Accedi").await;
    look(&chromium, "sign-in-wrong").await;
    chromium.fill("name", anna.name).await;
    chromium.fill("password", PASSWORD).await;
    chromium.press("Accedi").await;
    chromium.arrives("Secondo fattore").await;
    look(&chromium, "second-factor-must").await;
    chromium.press("Aggiungi una passkey").await;
    chromium.arrives("Nuova passkey").await;
    look(&chromium, "passkey-create").await;
    chromium.press("Usa la passkey").await;
    chromium.arrives("Secondo fattore attivo").await;
    look(&chromium, "recovery-codes").await;
    chromium.go(&format!("{origin}/")).await;
    chromium.arrives("Inizio").await;
    look(&chromium, "home").await;
    chromium.press("Esci").await;
    chromium.arrives("Sessione chiusa").await;
    look(&chromium, "signed-out").await;

    // Without a name, with the passkey alone.
    chromium.go(&format!("{origin}/account")).await;
    chromium.arrives("Accedi").await;
    chromium.press("Accedi con una passkey").await;
    chromium.arrives("Passkey").await;
    look(&chromium, "passkey").await;
    chromium.press("Usa la passkey").await;
    chromium.arrives("Il mio profilo").await;
    look(&chromium, "account").await;

    // As the second factor after a password.
    chromium.press("Esci").await;
    chromium.arrives("Sessione chiusa").await;
    chromium.go(&format!("{origin}/sign-in")).await;
    chromium.fill("name", anna.name).await;
    chromium.fill("password", PASSWORD).await;
    chromium.press("Accedi").await;
    chromium.arrives("Secondo fattore").await;
    look(&chromium, "second-factor").await;
    chromium.press("Usa la passkey").await;
    chromium.arrives("Passkey").await;
    chromium.press("Usa la passkey").await;
    chromium.arrives("Inizio").await;

    // And to unlock.
    chromium.press("Blocca").await;
    chromium.arrives("Sessione bloccata").await;
    look(&chromium, "locked").await;
    chromium.press("Usa la passkey").await;
    chromium.arrives("Passkey").await;
    chromium.press("Usa la passkey").await;
    chromium.arrives("Inizio").await;

    // Leaving at once: the page is gone before the other one is there.
    chromium
        .run("document.querySelector('.quick-exit').href = location.origin + '/signed-out'")
        .await;
    assert_eq!(chromium.run(SHIFT).await, "none");
    chromium.arrives("Sessione chiusa").await;
    assert_quiet(&chromium).await;
    chromium.close().await;
    house.close().await;
}

#[tokio::test]
async fn every_page_fits_a_telephone() {
    let house = House::open().await;
    let mut anna = Staff::hire(&house, "anna").await;
    anna.grant(&house, Scope::EveryPilot, Role::Administrator, None)
        .await;
    anna.enrol(&house).await;
    let key = anna.key.clone().expect("a key");
    let origin = house.site.origin().to_string();
    // Everything here can be done where no script runs.
    let chromium = Chromium::start(Manner {
        scripts: false,
        width: 360,
        height: 740,
    })
    .await;
    chromium.go(&format!("{origin}/sign-in")).await;
    look(&chromium, "telephone-sign-in").await;
    chromium.fill("name", anna.name).await;
    chromium.fill("password", PASSWORD).await;
    chromium.press("Accedi").await;
    chromium.arrives("Secondo fattore").await;
    look(&chromium, "telephone-second-factor").await;
    chromium.fill("code", &code(&key, 0)).await;
    chromium.press("Continua").await;
    chromium.arrives("Inizio").await;
    look(&chromium, "telephone-home").await;
    for (path, heading) in [
        ("/accounts", "Utenti e ruoli"),
        ("/tokens", "Token"),
        ("/account", "Il mio profilo"),
        ("/account/sessions", "Sessioni aperte"),
        ("/account/second-factor", "Secondo fattore"),
        ("/account/password", "Cambia la password"),
        ("/nowhere", "Pagina non trovata"),
    ] {
        chromium.go(&format!("{origin}{path}")).await;
        chromium.arrives(heading).await;
        look(&chromium, &format!("telephone{}", path.replace('/', "-"))).await;
    }
    chromium.go(&format!("{origin}/accounts")).await;
    chromium.fill("name", "berta@example.it").await;
    chromium.fill("display-name", "Berta").await;
    chromium.press("Invita").await;
    chromium.arrives("Link da consegnare").await;
    look(&chromium, "telephone-link").await;
    chromium.go(&format!("{origin}/accounts")).await;
    chromium.press("Apri").await;
    chromium.arrives("Utente").await;
    look(&chromium, "telephone-one").await;
    chromium.press("English").await;
    chromium.arrives("Accounts and roles").await;
    // No script heard that she wants to leave at once; the link is there all the same.
    assert_ne!(chromium.run(SHIFT).await, "none");
    chromium
        .run("document.querySelector('.quick-exit').href = location.origin + '/signed-out'")
        .await;
    let exit = chromium.client.find(Locator::Css(".quick-exit")).await;
    exit.expect("a link").click().await.expect("a way out");
    chromium.arrives("You are signed out").await;
    assert_quiet(&chromium).await;
    chromium.close().await;
    house.close().await;
}
