//! The simulator on a port of the loopback interface.

use std::{io, net::Ipv4Addr};

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt;

use crate::{console, control, exchange, exchange::ConnectionDropped, handle::Handle};

/// How a simulator starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Port of 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Seconds by which the simulator's clock is ahead of the machine's.
    pub clock_offset_seconds: i64,
}

/// A running simulator; it stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    url: String,
    handle: Handle,
    accepting: JoinHandle<()>,
}

/// Why a connection is closed without a response.
#[derive(Debug)]
struct Dropped;

impl Simulator {
    /// Starts a simulator. Fails if the port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let handle = Handle::new();
        handle.set_clock_offset(options.clock_offset_seconds);
        let accepting = tokio::spawn(accept(listener, router(&handle)));
        Ok(Self { url, handle, accepting })
    }

    /// The address, for example `http://127.0.0.1:8788`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Typed access to the state.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Closes the port and every connection.
    pub async fn stop(mut self) {
        self.accepting.abort();
        let _ended = (&mut self.accepting).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Everything that the simulator serves, without a socket.
pub fn router(handle: &Handle) -> Router {
    Router::new()
        .nest("/control", control::router())
        .merge(console::router())
        .fallback(exchange::serve)
        .with_state(handle.clone())
}

async fn accept(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, router.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            let response = router.oneshot(request.map(Body::new)).await.map_err(|never| match never {})?;
            // hyper closes the connection, and writes nothing, if the service fails.
            if response.extensions().get::<ConnectionDropped>().is_some() { Err(Dropped) } else { Ok(response) }
        }
    });
    let _closed = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is dropped by a fault")
    }
}

impl std::error::Error for Dropped {}
