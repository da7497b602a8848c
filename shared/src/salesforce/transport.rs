//! How requests get to Salesforce, and its answers back.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{Client, IntoUrl, Method, Request, RequestBuilder, Response, redirect};

use super::rest::CALL_TIMEOUT;

/// The largest answer that is read, decompressed. A page of fifty entries is much smaller, and whatever JSON of this size becomes
/// fits into a function's memory.
pub(super) const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A sandbox that was frozen for longer finds its connections dead; a shorter pause saves a TLS handshake.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Carries a request to Salesforce and the answer back, in another way than over the network: a simulation has its own.
pub trait Transport: Debug + Send + Sync {
    /// Sends a request; its own time-out bounds the answer with its body.
    fn send(&self, request: Request) -> BoxFuture<'static, Result<Response, TransportError>>;
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It was not reached: nothing was done.
    #[error("not reached")]
    Connect,
    /// It did not answer in time.
    #[error("time-out")]
    Timeout,
    /// The connection broke, or the answer did.
    #[error("connection lost")]
    Broken,
    /// The answer is larger than any that is expected. It is not read to its end.
    #[error("an answer that is too large")]
    TooLarge,
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_connect() || error.is_builder() {
            Self::Connect
        } else if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Broken
        }
    }
}

/// Builds requests, and sends them.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Arc<LazyLock<Client>>,
    /// Another way than by the client.
    transport: Option<Arc<dyn Transport>>,
}

impl Http {
    /// Over the network. The client is made when it is first used: that reads the machine's root certificates, and many a process
    /// ends without a call to Salesforce.
    pub(super) fn new() -> Self {
        Self { client: Arc::new(LazyLock::new(client)), transport: None }
    }

    /// Makes the client on another thread.
    pub(super) fn prepare(&self) {
        let client = Arc::clone(&self.client);
        tokio::task::spawn_blocking(move || _ = LazyLock::force(&client));
    }

    pub(super) fn through(self, transport: Arc<dyn Transport>) -> Self {
        Self { transport: Some(transport), ..self }
    }

    /// A request that may take as long as any; some are given less.
    pub(super) fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        self.client.request(method, url).timeout(CALL_TIMEOUT)
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, TransportError> {
        let request = request.build()?;
        match &self.transport {
            Some(transport) => transport.send(request).await,
            None => Ok(self.client.execute(request).await?),
        }
    }
}

#[expect(clippy::expect_used, reason = "it fails only if TLS is not compiled in")]
fn client() -> Client {
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("fullview-escalations/", env!("CARGO_PKG_VERSION")));
    client.build().expect("a client with TLS")
}

/// The whole body of an answer, decompressed.
pub(super) async fn body(mut answer: Response) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(TransportError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What is read of the answer of a server that sends a head and then a piece again and again, for as long as it is listened to.
    async fn read_of(head: &'static str, piece: Vec<u8>) -> Result<usize, TransportError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all(head.as_bytes()).await;
            while connection.write_all(&piece).await.is_ok() {}
        });
        let http = Http::new();
        let answer = http.send(http.request(Method::GET, format!("http://{address}/"))).await.unwrap();
        let read = body(answer).await.map(|body| body.len());
        server.abort();
        read
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_not_read_into_memory() {
        let endless = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n";
        assert_eq!(read_of(endless, vec![b' '; 64 * 1024]).await, Err(TransportError::TooLarge));
    }

    #[tokio::test]
    async fn a_compressed_answer_counts_as_large_as_it_unpacks() {
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..1024 {
            bomb.write_all(&vec![0; 64 * 1024]).unwrap();
        }
        let bomb = bomb.finish().unwrap();
        assert!(bomb.len() < MAX_ANSWER_BYTES / 50);
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 100000000\r\n\r\n";
        assert_eq!(read_of(head, bomb).await, Err(TransportError::TooLarge));
    }

    #[tokio::test]
    async fn an_answer_up_to_the_limit_is_read() {
        let answer = |size: usize| Response::from(lambda_http::http::Response::new(vec![b'x'; size]));
        assert_eq!(body(answer(MAX_ANSWER_BYTES)).await.map(|body| body.len()), Ok(MAX_ANSWER_BYTES));
        assert_eq!(body(answer(MAX_ANSWER_BYTES + 1)).await, Err(TransportError::TooLarge));
    }
}
