//! TLS of the service itself.

use std::sync::Arc;

use reqwest::{Certificate, StatusCode};
use server::http::{Listener, Tls};
use server::web::{Settings, Site};
use tokio::sync::oneshot;

use crate::house::House;

#[tokio::test]
async fn the_service_speaks_tls_by_itself_and_says_so_for_a_year() {
    let house = House::open().await;
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let tls = Tls::from_files(&certificate, &key).unwrap();
    let listener = Listener::bind("127.0.0.1:0", Some(tls)).await.unwrap();
    let origin = format!("https://localhost:{}", listener.address().port());
    let settings = Settings::new(origin.parse().unwrap());
    let site = Site::new(house.app.clone(), house.identity.clone(), settings);
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async move { stopped.await.unwrap_or(()) };
    let serving = tokio::spawn(server::http::serve(listener, Arc::new(site), until));

    let trusted = Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([trusted]);
    let client = client.build().unwrap();
    let shown = client
        .get(format!("{origin}/sign-in"))
        .send()
        .await
        .unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(shown.version(), reqwest::Version::HTTP_11);
    let hsts = &shown.headers()["strict-transport-security"];
    assert_eq!(hsts, "max-age=31536000");
    // Without TLS nothing is answered there.
    let plain = origin.replace("https", "http");
    assert!(client.get(format!("{plain}/sign-in")).send().await.is_err());
    let _ = stop.send(());
    serving.await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn what_is_no_certificate_is_named_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let missing = Tls::from_files(&certificate, &key).unwrap_err().to_string();
    assert!(missing.contains("cert.pem"), "{missing}");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    let unlike = Tls::from_files(&certificate, &key).unwrap_err().to_string();
    assert!(!unlike.contains("PRIVATE"), "{unlike}");
}
