//! Connections: who may have one, how long, and how much may come before it is clear what is asked.
//!
//! HTTP/1.1 alone: a request at a time on each connection, which is what every limit here counts on. A
//! reverse proxy may speak what it likes to browsers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::endpoint::{DynEndpoint, ToDynEndpoint};
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, EndpointExt, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use super::MAX_HEAD_BYTES;
use super::client::Proxies;
use super::rest::read_to_its_end;
use super::tls::Tls;

/// Connections at the same time, at most; who comes after that waits outside.
const MAX_CONNECTIONS: usize = 2048;
/// Connections of one address at the same time, at most. Not counted for trusted proxies and this
/// machine's own programs.
const MAX_CONNECTIONS_OF_ONE: usize = 128;
/// The head of a request has arrived within this time, and the next request has begun.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// The head of a request has so many lines at most.
const MAX_HEADERS: usize = 64;
/// TLS is agreed on within this time.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Who does not take what was written within this time is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait when no connection can be taken, for want of files.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// An address that is listened on.
pub struct Listener {
    tcp: TcpListener,
    local: SocketAddr,
    tls: Option<Tls>,
}

impl Listener {
    /// Listens on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// When it is taken or not this machine's.
    pub async fn bind(address: &str, tls: Option<Tls>) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let local = tcp.local_addr()?;
        Ok(Self { tcp, local, tls })
    }

    /// Where.
    pub fn address(&self) -> SocketAddr {
        self.local
    }

    /// Does it speak TLS itself?
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves until `until`, then lets open requests end, but not longer than `drain`.
    pub(crate) async fn serve(
        self,
        endpoint: impl Endpoint + 'static,
        proxies: &Proxies,
        until: impl Future<Output = ()>,
        drain: Duration,
    ) {
        let endpoint: Arc<dyn DynEndpoint<Output = Response>> =
            Arc::new(ToDynEndpoint(endpoint.map_to_response()));
        let door = Door {
            endpoint,
            local: self.local,
            scheme: match self.tls {
                Some(_) => Scheme::HTTPS,
                None => Scheme::HTTP,
            },
        };
        let (stop, stopping) = watch::channel(false);
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let guests = Guests::default();
        tokio::pin!(until);
        loop {
            let accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.tcp.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = &mut until => break,
                accepted = accepted => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // A connection that ended before it began is nobody's fault.
                    tracing::debug!(%error, "a connection could not be taken");
                    tokio::time::sleep(OUT_OF_FILES).await;
                    continue;
                }
            };
            let Ok(place) = place else { break };
            let address = peer.ip().to_canonical();
            let uncounted = address.is_loopback() || proxies.trusts(address);
            let guest = match uncounted {
                true => None,
                false => match guests.enter(address) {
                    Some(guest) => Some(guest),
                    None => continue,
                },
            };
            let taken = Taken {
                peer,
                _place: place,
                _guest: guest,
            };
            // Answers are small and wanted now.
            let _ = stream.set_nodelay(true);
            door.take(stream, self.tls.clone(), taken, stopping.clone());
        }
        drop(self.tcp);
        let _ = stop.send(true);
        // Whoever still answers listens for the signal until she is done.
        drop(stopping);
        let _ = tokio::time::timeout(drain, stop.closed()).await;
    }
}

/// What every connection leads to.
struct Door {
    endpoint: Arc<dyn DynEndpoint<Output = Response>>,
    local: SocketAddr,
    scheme: Scheme,
}

/// A connection's places, given back with it.
struct Taken {
    peer: SocketAddr,
    _place: OwnedSemaphorePermit,
    _guest: Option<Guest>,
}

impl Door {
    fn take(
        &self,
        stream: TcpStream,
        tls: Option<Tls>,
        taken: Taken,
        stopping: watch::Receiver<bool>,
    ) {
        let answered = Answered {
            endpoint: Arc::clone(&self.endpoint),
            scheme: self.scheme.clone(),
            local: self.local,
            peer: taken.peer,
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let stream = Connection {
            stream: Box::pin(stream),
            _taken: taken,
        };
        tokio::spawn(async move {
            match tls {
                None => answered.on(stream, stopping).await,
                Some(tls) => {
                    let agreed = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.agree(stream)).await;
                    if let Ok(Ok(stream)) = agreed {
                        answered.on(stream, stopping).await;
                    }
                }
            }
        });
    }
}

/// A connection, with the places it takes up for as long as it is there, subscriptions included.
struct Connection {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _taken: Taken,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}

/// How requests of one connection are answered.
struct Answered {
    endpoint: Arc<dyn DynEndpoint<Output = Response>>,
    scheme: Scheme,
    local: SocketAddr,
    peer: SocketAddr,
}

impl Answered {
    async fn on(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        mut stopping: watch::Receiver<bool>,
    ) {
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let endpoint = Arc::clone(&self.endpoint);
            let local = LocalAddr(Addr::SocketAddr(self.local));
            let remote = RemoteAddr(Addr::SocketAddr(self.peer));
            let mut request: Request = (request, local, remote, self.scheme.clone()).into();
            let body = request.take_body();
            request.set_body(read_to_its_end(body));
            async move {
                let response = endpoint.get_response(request).await;
                Ok::<hyper::Response<_>, Infallible>(response.into())
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let stop = async move {
            let _ = stopping.wait_for(|stop| *stop).await.map(drop);
            stopping
        };
        // How a connection ends is its other end's affair.
        tokio::select! {
            _ = connection.as_mut() => {}
            _listening = stop => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
}

/// Connections by address.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of them.
struct Guest {
    of: Guests,
    address: IpAddr,
}

impl Guests {
    /// One connection more for an address; none when it has too many.
    fn enter(&self, address: IpAddr) -> Option<Guest> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= MAX_CONNECTIONS_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Guest {
            of: self.clone(),
            address,
        })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_leaves_no_trace() {
        let guests = Guests::default();
        let one: IpAddr = "203.0.113.9".parse().unwrap();
        let other: IpAddr = "203.0.113.10".parse().unwrap();
        let mut inside: Vec<Guest> = (0..MAX_CONNECTIONS_OF_ONE)
            .map(|_| guests.enter(one).unwrap())
            .collect();
        assert!(guests.enter(one).is_none());
        assert!(guests.enter(other).is_some());
        inside.pop();
        inside.push(guests.enter(one).unwrap());
        drop(inside);
        assert!(guests.0.lock().unwrap().is_empty());
    }
}
