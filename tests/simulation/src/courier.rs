//! The way of a request to a function, and of the answer back.

use std::sync::Arc;

use lambda_http::http::{Method, header};
use lambda_http::{Body, Request, RequestExt as _};

use crate::function::Function;
use crate::lambda::Reply;
use crate::realm::Realm;

/// A request as API Gateway passes it on.
pub(crate) fn request(method: Method, path: &str, headers: &[(&'static str, String)], body: Body) -> Request {
    let mut request = Request::new(body).with_raw_http_path(path);
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_default();
    for (name, value) in headers {
        let value = value.parse().ok();
        request.headers_mut().extend(value.map(|value| (header::HeaderName::from_static(name), value)));
    }
    request
}

impl Realm {
    /// Carries a request to a function and the answer back, if the network does.
    pub(crate) async fn carry(
        self: &Arc<Self>,
        who: &str,
        rate: f64,
        function: Function,
        request: Request,
    ) -> Option<Reply> {
        let loss =
            self.dice.mischief(&format!("network: {who} to {}", function.name()), rate).map(|mut rng| rng.u8(..2));
        if let Some(loss) = loss {
            let word = ["request lost", "answer lost"][usize::from(loss)];
            self.count(|counts| *counts.mischief.entry(format!("network: {word}")).or_default() += 1);
            self.history.event(who, || format!("! {word}"));
        }
        self.latency("the latency of the network", 60).await;
        match loss {
            Some(0) => None,
            Some(1) => {
                drop(self.http(function, request).await);
                None
            }
            _ => self.http(function, request).await,
        }
    }
}
