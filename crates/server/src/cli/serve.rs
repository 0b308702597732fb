//! Serving.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::reach::{self, Reach};
use super::stand::{Manner, Place, Stand};
use super::{Ended, tell};
use crate::http::{self, Listener};
use crate::web::Site;

/// How often what has expired (sessions, links, sign-ins half done) is cleared away.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

pub(super) async fn serve(place: Place, given: &Reach) -> anyhow::Result<Ended> {
    let stop = stop_signal()?;
    let stand = place.open(Manner::Serving).await?;
    let (listener, site) = match begin(&stand, given).await {
        Ok(begun) => begun,
        Err(error) => {
            stand.close().await?;
            return Err(error);
        }
    };
    until_stopped(stand, listener, site, stop).await
}

async fn begin(stand: &Stand, given: &Reach) -> anyhow::Result<(Listener, Arc<Site>)> {
    let listener = given.listen().await?;
    let site = given.site(stand, &listener, false)?;
    if let Some(link) = reach::first_link(&site).await? {
        tell(&format!(
            "inrete: nobody has signed in yet. Whoever opens this link becomes the administrator; it is good for {} hours:\n\n  {link}\n",
            identity::LINK_HOURS
        ));
    }
    tell(&format!("inrete: pages at {}", site.origin()));
    tell(&format!(
        "inrete: serving GraphQL at {}",
        reach::graphql(&listener)
    ));
    Ok((listener, site))
}

/// Serves until a signal, or until the database is lost.
pub(super) async fn until_stopped(
    stand: Stand,
    listener: Listener,
    site: Arc<Site>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Ended> {
    let pruning = tokio::spawn(prune(Arc::clone(&site)));
    let mut lost = None;
    let ended = async {
        match &stand.cluster {
            None => stop.await,
            Some(cluster) => tokio::select! {
                () = stop => {}
                error = cluster.lost() => lost = Some(error),
            },
        }
    };
    http::serve(listener, site, ended).await;
    pruning.abort();
    stand.close().await?;
    match lost {
        None => Ok(Ended::Well),
        Some(error) => Err(error).context("the database was lost"),
    }
}

/// Clears away what has expired.
async fn prune(site: Arc<Site>) {
    loop {
        let now = site.app().now();
        if let Err(error) = site.identity().prune(now).await {
            tracing::warn!(error = %crate::chain(&error), "what has expired was not cleared away");
        }
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}

/// Ends with SIGINT or SIGTERM. Listens from now on.
pub(super) fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
