//! The accept loop: who is slow is cut, how many may come is bounded, TLS handshakes hold up nobody.
//!
//! Deliberate deviation: not `axum::serve`, which cuts no slow client and bounds nothing.

use super::door::Peer;
use super::timed::Timed;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

/// Connections at the same time.
const MOST_CONNECTIONS: usize = 4096;
/// From so many on, time is short for everybody who is not known yet.
const CROWD: usize = 512;
/// Time for the head of a request, resting between two requests included.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// The same in a crowd.
const HEAD_IN_CROWD: Duration = Duration::from_secs(4);
/// Time for a TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// A client that takes nothing of an answer for this long is cut.
const WRITE_WITHIN: Duration = Duration::from_secs(15);
/// Longest head.
const MOST_HEAD: usize = 16 * 1024;
/// Rest after a failed accept (no descriptors left).
const REST: Duration = Duration::from_millis(50);

/// Accepts for ever.
pub(super) async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = room.clone().acquire_owned().await {
        let Ok((stream, peer)) = listener.accept().await else {
            sleep(REST).await;
            continue;
        };
        // Small answers are not kept waiting for more.
        let _ = stream.set_nodelay(true);
        let (router, tls) = (router.clone(), tls.clone());
        let crowded = room.available_permits() < MOST_CONNECTIONS - CROWD;
        tokio::spawn(async move {
            let head_within = if crowded { HEAD_IN_CROWD } else { HEAD_WITHIN };
            match tls {
                None => converse(stream, peer, router, head_within).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
                        converse(stream, peer, router, head_within).await;
                    }
                }
            }
            drop(place);
        });
    }
}

async fn converse<S>(stream: S, peer: SocketAddr, router: Router, head_within: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().call(request.map(Body::new))
    });
    // A client that went away or was cut is no event.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(Timed::new(stream, WRITE_WITHIN)), service)
        .await;
}
