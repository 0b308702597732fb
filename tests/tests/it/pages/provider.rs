//! Signing in at a real identity provider, page by page, and out again.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use identity::oidc::Provider;
use serde_json::json;
use tests::program::Running;

use super::Visitor;
use super::visitor::between;
use crate::house::House;

/// Where the provider's program is; `scripts/test` installs its packages there.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oidc");

/// A provider that is told where the service is.
struct Started {
    _process: Running,
    issuer: String,
}

fn start(origin: &str) -> Started {
    let settings = json!({
        "redirect": format!("{origin}/sign-in/oidc/comune"),
        "signed_out": format!("{origin}/signed-out"),
    });
    let mut node = Command::new("node");
    node.arg("provider.mjs").arg(settings.to_string());
    node.current_dir(FOLDER);
    // It ends with its input, and so with us.
    node.stdin(Stdio::piped());
    node.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Running(node.spawn().expect("node"));
    let output = process.0.stdout.take().expect("its output");
    let mut line = String::new();
    let mut output = BufReader::new(output);
    let read = output.read_line(&mut line);
    assert!(
        read.is_ok_and(|read| read > 0),
        "the provider does not start"
    );
    // It says more later, and would end if nobody listened.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Started {
        _process: process,
        issuer: format!("http://127.0.0.1:{}", line.trim()),
    }
}

#[tokio::test]
async fn somebody_comes_from_the_municipality_and_leaves_again() {
    // The provider has to know the port before anybody listens there: one that no system gives away.
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = (21_000..22_000).find(free).expect("a free port");
    let provider = start(&format!("http://localhost:{port}"));
    let settings: Provider = serde_json::from_value(json!({
        "key": "comune",
        "name": "Comune",
        "issuer": provider.issuer,
        "client_id": "inrete",
        "client_secret": "a secret of the tests",
        "scopes": ["openid", "profile", "email", "groups"],
        "provision": "anyone",
        "roles": {
            "claim": "groups",
            "values": [{ "value": "inrete-coordinators", "role": "auditor" }],
        },
    }))
    .expect("settings");
    let house = House::with_provider(port, settings).await;
    let mut anna = house.visitor();
    anna.get("/sign-in").await.says("Accedi con Comune");
    let shown = anna.post("/sign-in/oidc", &[("provider", "comune")]).await;
    shown.is(200, "Accesso");
    let address = between(&shown.text, "content=\"0;url=", "\"").expect("a way");
    let address = address.replace("&#38;", "&");

    // At the provider, with what its own pages ask for.
    let mut there = Visitor::new(&provider.issuer);
    let back = sign_in_there(&mut there, &address, "anna").await;
    let own = house.site.origin().to_string();
    let path = back.strip_prefix(&own).expect("back to the service");
    // In another browser it is good for nothing, and is not used up there; nor is hers by another answer.
    let mut other = house.visitor();
    other.get(path).await.is(422, "Accedi");
    let forged = "/sign-in/oidc/comune?state=x&code=x";
    anna.get(forged).await.is(422, "Accedi");
    let shown = anna.get(path).await;
    shown.is(200, "Inizio").says("Name of anna");
    // The role of her group, for as long as the session.
    shown.says("Registro accessi");
    // And only once.
    let mut again = anna.clone();
    again.cookies.remove("__Host-inrete");
    again.get(path).await.is(422, "Accedi");

    anna.get("/account").await;
    let shown = anna.post("/sign-out", &[]).await;
    shown.is(200, "Sessione chiusa").says("Esci anche lì");
    assert!(!anna.cookies.contains_key("__Host-inrete"));
    anna.get("/account").await.is(200, "Accedi");
    house.close().await;
}

/// Goes through the provider's own pages; the address that it leads back to.
async fn sign_in_there(there: &mut Visitor, address: &str, login: &str) -> String {
    let issuer = there.origin.clone();
    let mut path = address.strip_prefix(&issuer).expect("its own").to_owned();
    for _ in 0..12 {
        let request = there.request(reqwest::Method::GET, &path);
        let mut shown = there.send(request).await;
        if shown.status.is_success() {
            let action = between(&shown.text, "action=\"", "\"").expect("a form");
            let action = action.strip_prefix(&issuer).unwrap_or(action).to_owned();
            let prompt = between(&shown.text, "name=\"prompt\" value=\"", "\"");
            let prompt = prompt.expect("what it asks").to_owned();
            let fields = [("prompt", &*prompt), ("login", login), ("password", "x")];
            let request = there.request(reqwest::Method::POST, &action);
            shown = there.send(request.form(&fields)).await;
        }
        let to = shown.headers.get("location").expect("on");
        let to = to.to_str().expect("ASCII").to_owned();
        match to.strip_prefix(&issuer) {
            Some(own) => path = own.to_owned(),
            None if to.starts_with('/') => path = to,
            None => return to,
        }
    }
    panic!("the provider leads on and on");
}
