//! What every answer stands on.

use app::App;
use identity::{Crossed, Identity, Link};
use url::Url;

use super::wrong::Wrong;
use crate::graphql::Schema;
use crate::http::client::Proxies;
use crate::http::limits::{Limits, Rates};
use crate::http::origin::Origin;

/// Where leaving at once leads when nothing else was said: a site that everybody has a reason to look
/// at.
pub const QUICK_EXIT: &str = "https://it.wikipedia.org/";

/// How the service is reached and how it behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What browsers know it by.
    pub origin: Origin,
    /// Reverse proxies that are believed.
    pub proxies: Proxies,
    /// How often somebody may ask.
    pub rates: Rates,
    /// Are the data invented? Every page says so.
    pub demonstration: bool,
    /// Where leaving at once leads.
    pub quick_exit: Url,
}

impl Settings {
    /// For this origin, and otherwise as usual.
    pub fn new(origin: Origin) -> Self {
        let quick_exit = QUICK_EXIT.parse();
        Self {
            quick_exit: quick_exit.unwrap_or_else(|_| origin.url().clone()),
            origin,
            proxies: Proxies::default(),
            rates: Rates::default(),
            demonstration: false,
        }
    }
}

/// The service, and who signs in to it.
pub struct Site {
    pub(crate) app: App,
    pub(crate) identity: Identity,
    pub(crate) schema: Schema,
    pub(crate) settings: Settings,
    pub(crate) limits: Limits,
}

impl Site {
    /// Over a running service.
    pub fn new(app: App, identity: Identity, settings: Settings) -> Self {
        Self {
            schema: crate::graphql::schema(),
            limits: Limits::new(&settings.rates),
            app,
            identity,
            settings,
        }
    }
}

impl Site {
    /// The service.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Who signs in to it.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What browsers know it by.
    pub fn origin(&self) -> &Origin {
        &self.settings.origin
    }

    /// The address of a one-time link.
    pub fn link(&self, link: &Link) -> String {
        self.settings.origin.link(link)
    }

    /// Records that signing in failed so often that further tries have to wait.
    pub(crate) async fn note_failures(&self, crossed: &[Crossed]) -> Result<(), Wrong> {
        for one in crossed {
            self.app.sign_in_failed(one.account, one.failures).await?;
        }
        Ok(())
    }
}
