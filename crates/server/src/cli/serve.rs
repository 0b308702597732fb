//! Serving.

use anyhow::Context;
use poem::listener::Acceptor;

use super::stand::{Manner, Place, Stand};
use super::{Ended, tell};
use crate::{graphql, http};

pub(super) async fn serve(place: Place, listen: &str) -> anyhow::Result<Ended> {
    let stop = stop_signal()?;
    let stand = place.open(Manner::Serving).await?;
    let acceptor = match http::listen(listen).await {
        Ok(acceptor) => acceptor,
        Err(error) => {
            stand.close().await?;
            return Err(error).with_context(|| format!("cannot listen on {listen}"));
        }
    };
    tell(&format!(
        "inrete: serving GraphQL at {}",
        address(&acceptor)
    ));
    until_stopped(stand, acceptor, stop).await
}

/// Serves until a signal, or until the database is lost.
pub(super) async fn until_stopped(
    stand: Stand,
    acceptor: impl Acceptor + 'static,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Ended> {
    let schema = graphql::schema();
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
    http::serve(acceptor, stand.app.clone(), schema, ended).await?;
    stand.close().await?;
    match lost {
        None => Ok(Ended::Well),
        Some(error) => Err(error).context("the database was lost"),
    }
}

/// The address that answers GraphQL.
pub(super) fn address(acceptor: &impl Acceptor) -> String {
    let local = acceptor.local_addr().into_iter().next();
    let socket = local.and_then(|local| local.0.as_socket_addr().copied());
    socket.map_or_else(String::new, |socket| format!("http://{socket}/graphql"))
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
