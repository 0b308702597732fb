//! Who asks too often waits, at no cost to the others.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use server::http::{Rate, Rates};

use super::staff::{PASSWORD, Staff};
use crate::house::House;

/// Guesses of one who does not stop.
const GUESSES: usize = 10_000;
/// As long as they take at most, all together: most are not even looked at.
const AT_MOST: Duration = Duration::from_secs(60);

#[tokio::test]
async fn ten_thousand_guesses_are_refused_without_being_hashed() {
    let house = House::open().await;
    let anna = Staff::hire(&house, "anna").await;
    let hashed = house.identity.hashes();
    let mut visitor = house.visitor();
    visitor.get("/sign-in").await;
    let begun = Instant::now();
    let (mut looked_at, mut refused) = (0, 0);
    for guess in 0..GUESSES {
        let guess = format!("guess number {guess}, a long one");
        let fields = [("name", anna.name), ("password", &*guess)];
        let shown = visitor.post_only("/sign-in", &fields).await;
        match shown.status {
            StatusCode::UNPROCESSABLE_ENTITY => looked_at += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                refused += 1;
                let seconds = shown.headers["retry-after"].to_str().unwrap();
                assert!(seconds.parse::<u64>().unwrap() >= 1);
            }
            other => panic!("{other}: {}", shown.text),
        }
        assert!(!visitor.cookies.contains_key("__Host-inrete"));
    }
    assert!(begun.elapsed() < AT_MOST, "{:?}", begun.elapsed());
    assert_eq!(looked_at + refused, GUESSES);
    assert!(looked_at < 30, "{looked_at} were looked at");
    assert!(house.identity.hashes() - hashed < 40);
    // And she herself, who waits, gets in again once it is over; meanwhile not even she does.
    let shown = visitor.sign_in(anna.name, PASSWORD).await;
    assert_eq!(shown.status, StatusCode::TOO_MANY_REQUESTS);
    house.close().await;
}

#[tokio::test]
async fn an_address_that_asks_without_end_is_told_to_wait_and_where_it_comes_from_is_not_believed()
{
    let database = cluster::testing::database().await;
    crate::house::migrate(&database).await;
    let app = app::App::serving(
        crate::house::pools(&database).await,
        crate::house::vault(&database).await,
    );
    let few = Rates {
        pages: Rate {
            burst: 5.try_into().unwrap(),
            one_per: Duration::from_secs(3600),
        },
        ..Rates::default()
    };
    let house = House::reached(database, app, |settings| server::web::Settings {
        rates: few,
        ..settings
    })
    .await;
    let mut visitor = house.visitor();
    let mut seen = Vec::new();
    for n in 0..8 {
        // Nobody here is a trusted proxy: the header changes nothing.
        let request = visitor
            .request(reqwest::Method::GET, "/sign-in")
            .header("x-forwarded-for", format!("203.0.113.{n}"))
            .header("accept", "text/html");
        seen.push(visitor.send(request).await.status.as_u16());
    }
    assert_eq!(seen, [200, 200, 200, 200, 200, 429, 429, 429]);
    // Style and health are not pages.
    let request = visitor.request(reqwest::Method::GET, "/healthz");
    assert_eq!(visitor.send(request).await.status, StatusCode::OK);
    house.close().await;
}
