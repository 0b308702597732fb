//! How the service is reached: where it listens, what browsers know it by, who stands before it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use events::access::{Holder, RoleGranted};
use events::codes::Role;
use identity::oidc::Provider;
use policy::{Scope, Strength};
use url::Url;

use super::stand::Stand;
use super::{DEFAULT_ADDRESS, tell};
use crate::http::{Listener, Origin, Proxy, Tls};
use crate::web::{QUICK_EXIT, Settings, Site};

/// Who grants the first administrator her role.
const ACTOR: &str = "operator:first-start";

/// How the service is reached.
#[derive(Args)]
pub(crate) struct Reach {
    /// Address and port; port 0 takes a free one.
    #[arg(long, env = "INRETE_LISTEN", default_value = DEFAULT_ADDRESS)]
    pub(crate) listen: String,
    /// What browsers know the service by, such as https://inrete.example.it. Passkeys belong to it for
    /// good. Without it: http://localhost and the port.
    #[arg(long, env = "INRETE_ORIGIN")]
    origin: Option<Origin>,
    /// The certificate, PEM, with those that lead to its authority. Not needed behind a reverse proxy.
    #[arg(long, env = "INRETE_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its key, PEM.
    #[arg(long, env = "INRETE_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// A reverse proxy, or a network of them, that is believed where a request comes from
    /// (X-Forwarded-For). May be repeated.
    #[arg(
        long = "trusted-proxy",
        env = "INRETE_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<Proxy>,
    /// Where leaving a page at once leads: a site that everybody has a reason to look at.
    #[arg(long, env = "INRETE_QUICK_EXIT", default_value = QUICK_EXIT)]
    quick_exit: Url,
    /// A file that says which identity providers may sign people in, as JSON.
    #[arg(long, env = "INRETE_OIDC")]
    oidc: Option<PathBuf>,
}

impl Reach {
    /// Listens.
    ///
    /// # Errors
    /// When the address is taken, or certificate or key are not good.
    pub(crate) async fn listen(&self) -> anyhow::Result<Listener> {
        let tls = match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::from_files(certificate, key)?),
            _ => None,
        };
        Listener::bind(&self.listen, tls).await.with_context(|| {
            let listen = &self.listen;
            format!("cannot listen on {listen}; choose another with --listen")
        })
    }

    /// The service as it is reached through this listener.
    ///
    /// # Errors
    /// When the settings do not fit together.
    pub(crate) fn site(
        &self,
        stand: &Stand,
        listener: &Listener,
        demonstration: bool,
    ) -> anyhow::Result<Arc<Site>> {
        let settings = self.settings(listener, demonstration)?;
        let providers = match &self.oidc {
            Some(path) => providers(path)?,
            None => Vec::new(),
        };
        let identity = stand.identity(&settings.origin, providers)?;
        Ok(Arc::new(Site::new(stand.app.clone(), identity, settings)))
    }

    fn settings(&self, listener: &Listener, demonstration: bool) -> anyhow::Result<Settings> {
        let address = listener.address();
        let origin = match &self.origin {
            Some(origin) => origin.clone(),
            None if listener.has_tls() => {
                anyhow::bail!("say what browsers know the service by: --origin https://…")
            }
            None => {
                if !is_this_machine(address) {
                    tell(
                        "inrete: pages can be used on this machine only, as http://localhost; for others say --origin https://…",
                    );
                }
                Origin::local(address.port())
            }
        };
        if listener.has_tls() && !origin.is_https() {
            anyhow::bail!("with a certificate the service is reached by https: {origin} is not");
        }
        Ok(Settings {
            proxies: self.trusted_proxies.iter().copied().collect(),
            quick_exit: self.quick_exit.clone(),
            demonstration,
            ..Settings::new(origin)
        })
    }
}

fn providers(path: &Path) -> anyhow::Result<Vec<Provider>> {
    let read = || format!("reading identity providers from {}", path.display());
    let text = std::fs::read_to_string(path).with_context(read)?;
    // What is wrong is said by its place: the file has secrets in it.
    serde_json::from_str(&text)
        .map_err(|error| anyhow::anyhow!("line {}: not as it should be", error.line()))
        .with_context(read)
}

fn is_this_machine(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// Where GraphQL is answered on this machine.
pub(crate) fn graphql(listener: &Listener) -> String {
    let scheme = match listener.has_tls() {
        true => "https",
        false => "http",
    };
    format!("{scheme}://{}/graphql", listener.address())
}

/// At the first start: the link by which somebody becomes the administrator. None once she has come.
///
/// # Errors
/// Faults.
pub(crate) async fn first_link(site: &Site) -> anyhow::Result<Option<String>> {
    let (app, identity) = (site.app(), site.identity());
    let Some(link) = identity.first_link(app.now()).await? else {
        return Ok(None);
    };
    let holder = Holder::Account(link.account);
    let subject = app.subject(holder, Strength::Strong).await?;
    let mut grants = subject.grants.standing_at(app.now());
    if !grants.any(|grant| grant.role == Role::Administrator) {
        let granted = RoleGranted {
            holder,
            role: Role::Administrator,
            partner: None,
            until: None,
            relative_dates: false,
            bound_to: None,
        };
        app.grant(ACTOR, crate::new_id(), Scope::EveryPilot, granted)
            .await?;
    }
    Ok(Some(site.link(&link)))
}
