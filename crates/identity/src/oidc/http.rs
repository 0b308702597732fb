//! How providers are spoken to: no redirects, no other places, little patience, no megabytes.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use super::is_safe;

/// How long one request to a provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 512 * 1024;

/// Speaks to one provider.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    /// The provider is on this very machine.
    local: bool,
}

/// Why there is no answer. Where it was asked for is nobody's business in a log.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("not a place that secrets may go to")]
    Place,
    #[error("no answer")]
    Request,
    #[error("too long an answer")]
    Length,
}

impl Http {
    pub(super) fn new(local: bool) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent("inrete");
        // What the environment says of proxies is not for this machine.
        let client = match local {
            true => client.no_proxy(),
            false => client,
        };
        Ok(Self {
            client: client.build()?,
            local,
        })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Failed> {
        let place = Url::parse(&request.uri().to_string()).map_err(|_| Failed::Place)?;
        if !is_safe(&place, self.local) {
            return Err(Failed::Place);
        }
        let request = reqwest::Request::try_from(request).map_err(|_| Failed::Request)?;
        let answer = self.client.execute(request).await;
        let mut answer = answer.map_err(|_| Failed::Request)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Failed::Request)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Failed::Length);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failed>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
