//! What a form sends: URL-encoded pairs, bounded.

use std::time::Duration;

use poem::Body;
use poem::http::HeaderMap;
use poem::http::header::CONTENT_TYPE;

use super::wrong::Wrong;

/// A form at most, in bytes.
pub(crate) const MAX_FORM_BYTES: usize = 64 * 1024;
/// A form has so many fields at most.
const MAX_FIELDS: usize = 200;
/// A form arrives within this time.
const FORM_TIMEOUT: Duration = Duration::from_secs(15);

/// What a form sent.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Wrong> {
        let media = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let media = media.and_then(|it| it.split(';').next()).unwrap_or("");
        if !media
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            return Err(Wrong::NotAForm);
        }
        let read = body.into_bytes_limit(MAX_FORM_BYTES);
        let bytes = tokio::time::timeout(FORM_TIMEOUT, read)
            .await
            .map_err(|_| Wrong::TooSlow)?
            .map_err(|error| match error {
                poem::error::ReadBodyError::PayloadTooLarge => Wrong::TooLarge,
                _ => Wrong::NotAForm,
            })?;
        let pairs = url::form_urlencoded::parse(&bytes).into_owned();
        let pairs: Vec<_> = pairs.take(MAX_FIELDS + 1).collect();
        match pairs.len() > MAX_FIELDS {
            true => Err(Wrong::TooLarge),
            false => Ok(Self(pairs)),
        }
    }

    /// A field as it was typed; empty when it was not there.
    pub(crate) fn typed(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// A field without the spaces around it.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.typed(name).trim()
    }

    /// Was this box ticked?
    pub(crate) fn ticked(&self, name: &str) -> bool {
        !self.typed(name).is_empty()
    }

    /// A field that has a form: an id, a date. None when it has another.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(media: &str, body: impl Into<Body>) -> Result<Form, Wrong> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, media.parse().unwrap());
        Form::read(&headers, body.into()).await
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[tokio::test]
    async fn fields_are_read() {
        let form = read(FORM, "name=+Anna+&name=other&note=citt%C3%A0&box=on");
        let form = form.await.unwrap_or_default();
        assert_eq!(form.typed("name"), " Anna ");
        assert_eq!(form.text("name"), "Anna");
        assert_eq!(form.text("note"), "città");
        assert!(form.ticked("box") && !form.ticked("none"));
        assert_eq!(form.parsed::<u8>("note"), None);
    }

    #[tokio::test]
    async fn what_is_no_form_or_too_much_is_refused() {
        let json = read("application/json", "{}").await;
        assert!(matches!(json, Err(Wrong::NotAForm)));
        let text = read("text/plain", "a=b").await;
        assert!(matches!(text, Err(Wrong::NotAForm)));
        let long = read(FORM, "x".repeat(MAX_FORM_BYTES + 1)).await;
        assert!(matches!(long, Err(Wrong::TooLarge)));
        let many = read(FORM, "a=b&".repeat(MAX_FIELDS + 1)).await;
        assert!(matches!(many, Err(Wrong::TooLarge)));
    }
}
