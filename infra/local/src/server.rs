//! Listeners on loopback that can be stopped.

use std::future::Future;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use anyhow::anyhow;
use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Binds a port of 127.0.0.1; 0 is any free one.
pub(crate) async fn bind(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| refused(port, error))
}

/// Binds the port of a listener on `[::1]` too, where `cargo lambda invoke` looks by default; none on a machine without IPv6.
pub(crate) async fn bind_ipv6(listener: &TcpListener) -> anyhow::Result<Option<TcpListener>> {
    let port = listener.local_addr()?.port();
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(refused(port, error)),
        Err(_) => Ok(None),
    }
}

/// Why a port can't be bound, with the cure if it is in use.
pub(crate) fn refused(port: u16, error: std::io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::AddrInUse {
        return anyhow!("port {port} is in use: choose another with --port");
    }
    anyhow::Error::new(error).context(format!("cannot listen on port {port}"))
}

/// The address of a listener, without a slash at the end.
pub(crate) fn url(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

const GRACE: Duration = Duration::from_secs(5);

/// A running server. When it is stopped or dropped, the port is free and connections end after the request that they are in.
pub struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves HTTP/1.1 on a free port of 127.0.0.1; returns the address too, without a slash at the end.
    ///
    /// Fails if no port is free.
    pub async fn on_loopback(router: Router) -> anyhow::Result<(Self, String)> {
        let listener = bind(0).await?;
        let url = url(&listener)?;
        Ok((Self::start(listener, router), url))
    }

    /// Serves HTTP/1.1.
    pub(crate) fn start(listener: TcpListener, router: Router) -> Self {
        // Small answers in several writes would else wait for a delayed acknowledgement.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        Self::spawn(|stopped| async move {
            // `axum::serve` never returns an error.
            drop(axum::serve(listener, router).with_graceful_shutdown(stopped).await);
        })
    }

    /// Runs a server that ends when the future given to it does.
    pub(crate) fn spawn<F>(serve: impl FnOnce(Stopped) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = Box::pin(async move { drop(stopped.await) });
        Self { stop, task: tokio::spawn(serve(stopped)) }
    }

    /// Stops and waits until all requests are answered, at most 5 s.
    pub(crate) async fn stop(mut self) {
        drop(self.stop);
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Ends when the server shall.
pub(crate) type Stopped = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
