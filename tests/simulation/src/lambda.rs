//! A model of Lambda: instances that are reused, frozen and killed, and asynchronous invocations that may be lost, doubled or late.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use conversation_relay::StreamBody;
use fastrand::Rng;
use http_body_util::{BodyExt as _, Collected};
use lambda_http::Request;
use lambda_http::http::{Response, header};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::function::{Function, Handler};
use crate::realm::{Delivery, Realm};
use crate::sandbox::{Doom, Sandbox};

/// A hint that is older is dropped.
const MAXIMUM_AGE: Duration = Duration::from_mins(1);
/// Events that the platform holds for a slow client.
const BUFFER: usize = 16;

/// The instances that there are, by function.
#[derive(Debug, Default)]
pub(crate) struct Pools(Mutex<BTreeMap<Function, Pool>>);

#[derive(Debug, Default)]
struct Pool {
    instances: Vec<Arc<Instance>>,
    ever: u32,
}

/// An instance of a function.
pub(crate) struct Instance {
    sandbox: Arc<Sandbox>,
    handler: Handler,
}

impl fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sandbox.fmt(formatter)
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Null if it is a stream, or no JSON.
    pub(crate) body: Value,
    /// Server-sent events.
    pub(crate) events: Option<mpsc::Receiver<Bytes>>,
}

impl Realm {
    /// Invokes a function asynchronously, as Lambda does: some time, perhaps, and perhaps twice. `false` if it was refused.
    pub(crate) fn hint(self: &Arc<Self>, from: &str, name: &str, payload: Value) -> bool {
        let Some(function) = Function::named(name) else {
            self.count(|counts| counts.mistakes.push(format!("unknown function {name}")));
            return false;
        };
        self.history.call(from, || format!("hints {name} {payload}"));
        let mischief = self.dice.mischief(&format!("hint: to {name}"), self.rates.hints);
        let Some(mut rng) = mischief else {
            let millis = if self.is_steady { 20 } else { self.dice.about("hint").u64(5..80) };
            self.deliver(function, payload, Duration::from_millis(millis));
            return true;
        };
        let (word, delays) = hint_mischief(&mut rng);
        self.count(|counts| *counts.mischief.entry(format!("hint: {word}")).or_default() += 1);
        self.history.event(from, || format!("! hint to {name}: {word}"));
        for delay in delays {
            self.deliver(function, payload.clone(), delay);
        }
        word != "refused"
    }

    fn deliver(self: &Arc<Self>, function: Function, payload: Value, delay: Duration) {
        let (realm, busy) = (Arc::clone(self), self.busy());
        tokio::spawn(async move {
            sleep(delay).await;
            if delay <= MAXIMUM_AGE {
                realm.invoke(function, payload);
            }
            drop(busy);
        });
    }

    /// Invokes functions with the events that arrive. Their handlers need not leave this thread.
    pub(crate) async fn invoke_all(mut deliveries: UnboundedReceiver<Delivery>) {
        while let Some(Delivery { function, payload, busy }) = deliveries.recv().await {
            spawn_local(async move {
                busy.realm().event(function, payload).await;
                drop(busy);
            });
        }
    }

    async fn event(self: &Arc<Self>, function: Function, payload: Value) {
        let Some(instance) = self.begin(function) else { return };
        let sandbox = Arc::clone(&instance.sandbox);
        self.history.event(&sandbox.name, || format!("begins {}", shortened(&payload)));
        let task = spawn_local(async move { instance.handler.event(payload).await });
        sandbox.runs(task.abort_handle());
        let outcome = tokio::time::timeout(Duration::from_secs(function.timeout_seconds()), task).await;
        let told = match outcome {
            Ok(Ok(Ok(outcome))) => outcome,
            Ok(Ok(Err(error))) => format!("fails: {error:#}"),
            Ok(Err(ended)) if ended.is_panic() => {
                self.count(|counts| counts.mistakes.push(format!("{} panicked", sandbox.name)));
                "panicked".to_owned()
            }
            Ok(Err(_)) => "was killed".to_owned(),
            Err(_) => {
                sandbox.kill();
                "timed out, and was killed".to_owned()
            }
        };
        sandbox.freeze();
        self.history.event(&sandbox.name, || told);
    }

    /// Sends a request to a function; nothing if no answer came.
    pub(crate) async fn http(self: &Arc<Self>, function: Function, request: Request) -> Option<Reply> {
        let instance = self.begin(function)?;
        let (sender, receiver) = oneshot::channel();
        let (realm, busy) = (Arc::clone(self), self.busy());
        tokio::spawn(async move {
            realm.serve(function, instance, request, sender).await;
            drop(busy);
        });
        receiver.await.ok()
    }

    async fn serve(
        &self,
        function: Function,
        instance: Arc<Instance>,
        request: Request,
        sender: oneshot::Sender<Reply>,
    ) {
        let sandbox = Arc::clone(&instance.sandbox);
        self.history.call(&sandbox.name, || format!("{} {}", request.method(), request.uri()));
        let lingers = self.dice.about("a client that has gone is noticed").bool();
        let task = tokio::spawn(async move {
            match Box::pin(instance.handler.http(request)).await {
                Ok(response) => pump(response, sender, lingers).await,
                Err(_) => drop(sender),
            }
        });
        sandbox.runs(task.abort_handle());
        if tokio::time::timeout(Duration::from_secs(function.timeout_seconds()), task).await.is_err() {
            sandbox.kill();
            self.history.event(&sandbox.name, || "timed out, and was killed".to_owned());
        }
        sandbox.freeze();
    }

    /// An instance that is free, or a new one; perhaps it will be killed.
    fn begin(self: &Arc<Self>, function: Function) -> Option<Arc<Instance>> {
        self.count(|counts| *counts.invocations.entry(function.name()).or_default() += 1);
        let instance = self.pools.take(function, self)?;
        let doom = self.dice.mischief(&format!("kill: {}", function.name()), self.rates.kills).map(|mut rng| {
            self.count(|counts| counts.kills += 1);
            self.doom(&instance.sandbox, &mut rng)
        });
        instance.sandbox.thaw(doom.flatten());
        Some(instance)
    }

    /// At an outside call, or some time later.
    fn doom(&self, sandbox: &Arc<Sandbox>, rng: &mut Rng) -> Option<Doom> {
        if rng.f64() < 0.8 {
            let doom = Doom { call: rng.u32(1..=14), after: rng.bool() };
            let side = if doom.after { "after" } else { "before" };
            self.history.event(&sandbox.name, || format!("! will be killed {side} its call {}", doom.call));
            return Some(doom);
        }
        let (sandbox, millis) = (Arc::clone(sandbox), rng.u64(1..20_000));
        self.history.event(&sandbox.name, || format!("! will be killed in {millis} ms"));
        tokio::spawn(async move {
            sleep(Duration::from_millis(millis)).await;
            sandbox.kill();
        });
        None
    }
}

impl Pools {
    fn take(&self, function: Function, realm: &Arc<Realm>) -> Option<Arc<Instance>> {
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(function).or_default();
        pool.instances.retain(|instance| !instance.sandbox.is_dead());
        if let Some(free) = pool.instances.iter().find(|instance| instance.sandbox.is_free()) {
            return Some(Arc::clone(free));
        }
        pool.ever += 1;
        let sandbox = Arc::new(Sandbox::new(format!("{} {}", function.name(), pool.ever)));
        match Handler::new(function, realm, &sandbox) {
            Ok(handler) => {
                let instance = Arc::new(Instance { sandbox, handler });
                pool.instances.push(Arc::clone(&instance));
                Some(instance)
            }
            Err(error) => {
                realm.count(|counts| counts.mistakes.push(format!("{error:#}")));
                None
            }
        }
    }

    /// The end of the history: instances hold their world, and the world its instances.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn hint_mischief(rng: &mut Rng) -> (&'static str, Vec<Duration>) {
    let mut soon = || Duration::from_millis(rng.u64(5..500));
    let (first, second) = (soon(), soon());
    let late = Duration::from_millis(rng.u64(1_000..65_000));
    match rng.u8(..5) {
        0 => ("lost", vec![]),
        1 => ("refused", vec![]),
        2 => ("doubled", vec![first, second]),
        3 => ("doubled, once late", vec![first, late]),
        _ => ("late", vec![late]),
    }
}

/// Passes an answer on. A client that has gone is noticed at once, or never.
async fn pump(response: Response<StreamBody>, sender: oneshot::Sender<Reply>, lingers: bool) {
    let status = response.status().as_u16();
    let is_stream = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "text/event-stream");
    let mut body = response.into_body();
    if !is_stream {
        let bytes = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        let _gone = sender.send(Reply { status, body, events: None });
        return;
    }
    let (events, receiver) = mpsc::channel(BUFFER);
    let _gone = sender.send(Reply { status, body: Value::Null, events: Some(receiver) });
    loop {
        let frame = tokio::select! {
            biased;
            () = events.closed(), if !lingers => return,
            frame = body.frame() => frame,
        };
        let Some(Ok(frame)) = frame else { return };
        let Ok(bytes) = frame.into_data() else { continue };
        if events.send(bytes).await.is_err() && !lingers {
            return;
        }
    }
}

fn shortened(payload: &Value) -> String {
    match payload["escalationId"].as_str() {
        Some(id) => format!("for {}", &id[..8]),
        None => json!(payload).to_string(),
    }
}
