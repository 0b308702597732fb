//! The door of every page: who asks is found out here, her rule applied, her form checked; only then is
//! the page made.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use events::access::Holder;
use events::codes::Role;
use identity::Activity;
use poem::http::header::USER_AGENT;
use poem::http::{HeaderMap, Method};
use poem::{Body, Endpoint, Request, Response};

use super::asked::Asked;
use super::cookies::{Cookie, Jar};
use super::form::Form;
use super::site::Site;
use super::table::{Line, Who};
use super::wrong::Wrong;

/// A page is answered within this time, or not at all.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of chance in the cookie of a browser that nobody has signed in with.
const VISITOR_BYTES: usize = 32;
/// The field that shows that a form is this browser's.
pub(crate) const FORM_TOKEN: &str = "form_token";

/// One line of the table, as an endpoint.
pub(crate) struct Door {
    pub(crate) line: &'static Line,
    pub(crate) site: Arc<Site>,
}

impl Endpoint for Door {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let body = request.take_body();
        let mut asked = self.ask(&request);
        let answered = self.answer(&mut asked, request.headers(), body);
        let answered = tokio::time::timeout(PAGE_TIMEOUT, Box::pin(answered)).await;
        let answered = answered.unwrap_or(Err(Wrong::Unavailable));
        let mut response = match answered {
            Ok(response) => response,
            Err(wrong) => wrong.answer(asked.page()),
        };
        asked.jar.write(&mut response);
        Ok(response)
    }
}

impl Door {
    fn ask(&self, request: &Request) -> Asked {
        let headers = request.headers();
        let jar = Jar::read(headers);
        let named = self.line.names().filter_map(|name| {
            let value = request.raw_path_param(name)?;
            Some((name.to_owned(), value.to_owned()))
        });
        Asked {
            line: self.line,
            now: self.site.app.now(),
            address: crate::http::address(request, &self.site.settings.proxies),
            agent: headers
                .get(USER_AGENT)
                .and_then(|agent| agent.to_str().ok())
                .map(str::to_owned),
            language: super::language(headers),
            jar,
            session: None,
            subject: None,
            fenced: None,
            form: Form::default(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            named: named.collect(),
            token: String::new(),
            site: Arc::clone(&self.site),
        }
    }

    async fn answer(
        &self,
        asked: &mut Asked,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Response, Wrong> {
        self.site.limits.page(asked.address)?;
        let posts = self.line.method == Method::POST;
        if posts {
            if !self.site.settings.origin.is_own(headers) {
                self.recognise(asked).await?;
                return Err(Wrong::Forged);
            }
            asked.form = Form::read(headers, body).await?;
        }
        let known = self.recognise(asked).await?;
        if posts {
            // Whoever was signed in when she opened the form and is not any more signs in again; what
            // she sent was not done.
            if asked.session.is_none() && self.line.who != Who::Anybody {
                asked.say("said-expired");
                return Err(Wrong::SignIn);
            }
            if !known.is(asked.form.typed(FORM_TOKEN)) {
                return Err(Wrong::Forged);
            }
        }
        self.admit(asked).await?;
        if let Who::May(action) = self.line.who
            && self.line.is_of_a_pilot()
        {
            super::pilots::named(asked, action).await?;
        }
        (self.line.handler)(asked).await
    }

    /// Finds out whose session it is. What forms carry is bound to the session, or to a cookie of a
    /// browser without one, which it gets now if it has none: so no form of before is good after that.
    async fn recognise(&self, asked: &mut Asked) -> Result<identity::CsrfToken, Wrong> {
        let identity = &self.site.identity;
        if let Some(secret) = asked.jar.get(Cookie::Session).map(str::to_owned) {
            let visit = asked.visit();
            let entered = identity.session(&visit, &secret, Activity::Person).await?;
            match entered {
                Some(entered) => {
                    if let Some(renewed) = &entered.renewed {
                        asked.jar.keep(Cookie::Session, renewed.expose());
                    }
                    asked.language = entered.session.language;
                    let token = entered.session.csrf.clone();
                    asked.token = token.expose().to_owned();
                    asked.session = Some(entered.session);
                    return Ok(token);
                }
                None => asked.jar.forget(Cookie::Session),
            }
        }
        if asked.jar.get(Cookie::Visitor).is_none() {
            let mut bytes = [0u8; VISITOR_BYTES];
            getrandom::fill(&mut bytes).map_err(|error| Wrong::fault("chance", &error))?;
            let visitor = URL_SAFE_NO_PAD.encode(bytes);
            asked.jar.keep(Cookie::Visitor, &visitor);
        }
        let visitor = asked.jar.get(Cookie::Visitor).unwrap_or_default();
        let token = identity.csrf_for(visitor);
        asked.token = token.expose().to_owned();
        Ok(token)
    }

    /// Applies the line's rule.
    async fn admit(&self, asked: &mut Asked) -> Result<(), Wrong> {
        let who = self.line.who;
        let Some(session) = &asked.session else {
            return match who {
                Who::Anybody => Ok(()),
                _ => Err(Wrong::SignIn),
            };
        };
        if session.locked {
            return match who {
                Who::Anybody | Who::Session => Ok(()),
                _ => Err(Wrong::Unlock),
            };
        }
        let strength = Asked::strength(session);
        let holder = Holder::Account(session.account);
        let subject = self.site.app.subject(holder, strength).await?;
        let mut grants = subject.grants.standing_at(asked.now);
        let weak = strength == policy::Strength::Weak;
        let enrols = weak && grants.any(|grant| takes_second_factor(grant.role));
        drop(grants);
        let admitted = match who {
            Who::Anybody | Who::Session | Who::Enrolling => Ok(()),
            Who::SignedIn | Who::May(_) if enrols => Err(Wrong::Enrol),
            Who::SignedIn => Ok(()),
            // Where it is a pilot's, it is asked of that pilot, below.
            Who::May(_) if self.line.is_of_a_pilot() => Ok(()),
            Who::May(action) => policy::within_reach(&subject, action, asked.now)
                .map_err(|denied| super::denied(&denied)),
            Who::Token => Err(Wrong::NotFound),
        };
        if !enrols {
            asked.fenced = Some(self.site.app.fenced(&subject).await?);
            asked.subject = Some(subject);
        }
        admitted
    }
}

/// Does this role sign in with two factors? Those that see personal data, and the one that says who
/// does.
pub(crate) fn takes_second_factor(role: Role) -> bool {
    role.sees_personal_data() || role == Role::Administrator
}
