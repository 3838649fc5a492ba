//! Two pages for machines: `/metrics` and `/healthz`. Slow and idle clients are cut, their number is bounded, nothing they
//! send is waited for beyond the head of one request.

use super::metrics::Metrics;
use crate::clock::Clock;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Connections at the same time.
const MOST_CONNECTIONS: usize = 64;
/// Time for the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Time for a connection as a whole.
const ALL_WITHIN: Duration = Duration::from_secs(10);
/// Longest head.
const MOST_HEAD: usize = 8 * 1024;
/// Rest after a failed accept.
const REST: Duration = Duration::from_millis(50);
/// A loop that completed no step for this long is not well.
const WELL_WITHIN: Duration = Duration::from_secs(3);

/// When the loop last completed a step.
pub(super) struct Pulse {
    clock: Arc<dyn Clock>,
    /// Milliseconds of the clock, plus one; 0 = never.
    last: AtomicU64,
}

impl Pulse {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Pulse { clock, last: AtomicU64::new(0) }
    }

    /// A step is complete.
    pub(super) fn beat(&self) {
        self.last.store(self.now() + 1, Ordering::Relaxed);
    }

    fn well(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last > 0 && u128::from((self.now() + 1).saturating_sub(last)) <= WELL_WITHIN.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}

/// A running server; stops when dropped.
pub(super) struct Pages {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Source {
    metrics: Arc<Metrics>,
    pulse: Arc<Pulse>,
    /// Served to this machine only, so a page of another name that leads here (DNS rebinding) is none of ours.
    loopback: bool,
}

impl Pages {
    pub(super) async fn serve(address: SocketAddr, metrics: Arc<Metrics>, pulse: Arc<Pulse>) -> io::Result<Pages> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let source = Arc::new(Source { metrics, pulse, loopback: address.ip().is_loopback() });
        let task = tokio::spawn(accept(listener, source));
        Ok(Pages { address, task })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept(listener: TcpListener, source: Arc<Source>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = room.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let source = source.clone();
                tokio::spawn(async move {
                    converse(stream, source).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

async fn converse(stream: TcpStream, source: Arc<Source>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = source.answer(&request);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MOST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A client that went away or was cut is no event.
    let _ = tokio::time::timeout(ALL_WITHIN, connection).await;
}

impl Source {
    fn answer(&self, request: &Request<Incoming>) -> Response<String> {
        let host = request.headers().get(HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
        if self.loopback && !names_this_machine(host) {
            return page(StatusCode::MISDIRECTED_REQUEST, "this is served to this machine only\n".into());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refused = page(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD only\n".into());
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        match request.uri().path() {
            "/healthz" if self.pulse.well() => page(StatusCode::OK, "ok\n".into()),
            "/healthz" => page(StatusCode::SERVICE_UNAVAILABLE, "no step within 3 s\n".into()),
            "/metrics" => match self.metrics.text() {
                Ok(text) => page(StatusCode::OK, text),
                Err(error) => page(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
            },
            _ => page(StatusCode::NOT_FOUND, "there is /metrics and /healthz\n".into()),
        }
    }
}

fn page(status: StatusCode, text: String) -> Response<String> {
    let mut response = Response::new(text);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn names_this_machine(host: &str) -> bool {
    let port = |p: &str| p.bytes().all(|b| b.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, p)| port(p)).map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names_only() {
        for good in ["localhost", "localhost:9464", "127.0.0.1:9464", "127.1.2.3", "[::1]:80", "[::1]"] {
            assert!(names_this_machine(good), "{good}");
        }
        for bad in ["", "example.org", "example.org:9464", "localhost.example.org", "10.0.0.1", "127.0.0.1.org"] {
            assert!(!names_this_machine(bad), "{bad}");
        }
    }
}
