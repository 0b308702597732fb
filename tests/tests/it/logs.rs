//! What is personal is in no log and in no error.

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::codes::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{Answer, House};
use crate::story::{self, *};

/// Everything that was logged.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Vec<u8>>>);

impl Book {
    pub(crate) fn page(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Book {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.page().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Book {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Commands with personal text in them that go wrong in every way there is.
async fn stumble(house: &House, token: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    let broken = format!("mutation {{ admit(input: {{ givenName: \"{NAME}\" ");
    answers.push(house.ask(token, &broken, json!({})).await);
    let literal =
        format!("mutation {{ admit(input: {{ household: \"{NAME}\" }}) {{ __typename }} }}");
    answers.push(house.ask(token, &literal, json!({})).await);

    let admission = story().into_iter().find(|step| step.kind == "Admission");
    let admission = admission.expect("an admission");
    let spoilt: [(&str, Value); 6] = [
        ("household", json!(NAME)),
        ("dwelling", json!(SEALED)),
        ("occurredOn", json!(NAME)),
        ("commandId", json!(GOAL_TEXT)),
        ("members", json!(NAME)),
        ("household", json!(PERSONS[0])),
    ];
    for (n, (field, value)) in spoilt.into_iter().enumerate() {
        let mut input = admission.input(story::command(600 + n));
        input[field] = value;
        answers.push(send(house, token, "admit", input).await);
    }
    // Admitted a second time: a rule is against it, names and all.
    answers.push(send(house, token, "admit", admission.input(story::command(610))).await);
    // A retry with other names: a conflict.
    let place = story().iter().position(|step| step.kind == "Admission");
    let mut again = admission.input(story::command(place.unwrap_or(0)));
    again["members"][0]["identity"]["givenName"] = json!("Hortensia");
    answers.push(send(house, token, "admit", again).await);
    // A note too long for the log.
    let visit = story()
        .into_iter()
        .find(|step| step.kind == "Visit")
        .expect("a visit");
    let mut long = visit.input(story::command(611));
    long["note"] = json!(VISIT_NOTE.repeat(10_000));
    answers.push(send(house, token, "recordVisit", long).await);
    // Not GraphQL at all.
    let request = house.request(Method::POST, "/graphql").bearer_auth(token);
    let request = request.header("content-type", "application/json");
    answers.push(Answer::of(request.body(format!("{{\"query\": {NAME}"))).await);
    let request = house.request(Method::POST, "/graphql").bearer_auth(NAME);
    answers.push(Answer::of(request.json(&json!({ "query": NAME }))).await);
    answers
}

/// Runs something and writes down all that is logged meanwhile. On a runtime of one thread of its own,
/// so that all that happens is heard: a subscriber is a thread's.
pub(crate) fn heard(book: &Book, happening: impl Future<Output = ()>) {
    // As long as there is only one subscriber, whether a place in the code is listened to is decided by
    // the thread that comes there first: another test's thread, that listens to nothing.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(book.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tracing::subscriber::with_default(subscriber, || runtime.block_on(happening));
}

#[test]
fn nothing_sealed_is_logged_or_repeated() {
    let book = Book::default();
    heard(&book, async {
        let house = House::open().await;
        let token = house.token(Role::Coordinator, None).await;
        tell(&house, &token).await;
        for answer in stumble(&house, &token).await {
            for sealed in SEALED {
                assert!(!answer.text.contains(sealed), "{sealed}: {}", answer.text);
            }
        }
        // A fault inside is logged, so that the book is not empty for want of anything to say.
        house.app.close().await;
        let answer = send(&house, &token, "admit", story()[0].input(story::command(0))).await;
        assert_eq!(answer.codes(), ["UNAVAILABLE"]);
        house.close().await;
    });
    let text = String::from_utf8_lossy(&book.page()).into_owned();
    assert!(text.contains("sign-in failed"), "a fault was not logged");
    // What the tests' own HTTP client says of what it sends is not the service's.
    let of_the_service = text.lines().filter(|line| !line.contains("reqwest"));
    for line in of_the_service {
        for sealed in SEALED {
            assert!(!line.contains(sealed), "logged: {line}");
        }
        assert!(!line.contains("Bearer inrete_"), "logged: {line}");
    }
}
