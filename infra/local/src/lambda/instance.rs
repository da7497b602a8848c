//! One process of a function, as its sandbox.

use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep};

use super::invocation::{Outcome, ReplySlot};
use super::log::Log;

/// How long a process may take from its start to its first `next`, as in Lambda.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// An event on its way to a process.
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) arn: String,
    pub(super) timeout: Duration,
    pub(super) reply: ReplySlot,
}

/// How a process's work on an event ended.
pub(super) enum Ending {
    /// The process is ready for the next event.
    Finished(Outcome),
    /// The process can't be used again.
    Broken(Outcome),
    /// The process had died before it took the event.
    Untouched,
}

/// A running process, which is killed when this value is dropped.
pub(super) struct Instance {
    pub(super) id: String,
    /// Number of the configuration that the process was started with.
    pub(super) generation: u64,
    current: Mutex<Option<Current>>,
    arrived: Notify,
    has_served: AtomicBool,
    init_error: Mutex<Option<Bytes>>,
    kill: Mutex<Option<oneshot::Sender<()>>>,
    exited: watch::Receiver<Option<String>>,
}

struct Current {
    event: Event,
    taken: Option<oneshot::Sender<()>>,
    finished: Option<oneshot::Sender<Outcome>>,
}

impl Instance {
    /// Starts the process, with its output going to `log`.
    pub(super) fn start(
        id: String,
        function: &str,
        generation: u64,
        mut command: Command,
        log: &Log,
    ) -> std::io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C in a terminal is the host's to handle.
        command.process_group(0);
        let mut child = command.spawn()?;
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            tokio::spawn(log.clone().follow(function.to_owned(), stdout));
            tokio::spawn(log.clone().follow(function.to_owned(), stderr));
        }
        let (kill, killed) = oneshot::channel();
        let (exit, exited) = watch::channel(None);
        tokio::spawn(reap(child, killed, exit));
        Ok(Self {
            id,
            generation,
            current: Mutex::default(),
            arrived: Notify::new(),
            has_served: AtomicBool::new(false),
            init_error: Mutex::default(),
            kill: Mutex::new(Some(kill)),
            exited,
        })
    }

    /// Kills the process; `exited` tells when it is gone.
    pub(super) fn kill(&self) {
        lock(&self.kill).take();
    }

    /// Waits for the end of the process and tells how it ended.
    pub(super) async fn exited(&self) -> String {
        let mut exited = self.exited.clone();
        let status = exited.wait_for(Option::is_some).await.map(|status| status.clone()).ok().flatten();
        status.unwrap_or_else(|| "killed".to_owned())
    }

    pub(super) fn is_alive(&self) -> bool {
        self.exited.borrow().is_none() && lock(&self.kill).is_some()
    }

    /// Gives the process an event and waits until it is done with it, has died or has used up its time.
    pub(super) async fn run(&self, event: Event) -> Ending {
        let (taken, was_taken) = oneshot::channel();
        let (finished, has_finished) = oneshot::channel();
        let (timeout, reply) = (event.timeout, event.reply.clone());
        let request_id = event.request_id.clone();
        *lock(&self.current) = Some(Current { event, taken: Some(taken), finished: Some(finished) });
        self.arrived.notify_one();
        let ending = match self.taken(was_taken, &request_id, &reply).await {
            Ok(start) => self.finished(has_finished, start + timeout, timeout, &request_id, &reply).await,
            Err(ending) => ending,
        };
        *lock(&self.current) = None;
        ending
    }

    async fn taken(&self, taken: oneshot::Receiver<()>, id: &str, reply: &ReplySlot) -> Result<Instant, Ending> {
        tokio::select! {
            biased;
            Ok(()) = taken => Ok(Instant::now()),
            status = self.exited() => Err(match (lock(&self.init_error).take(), self.was_killed() || self.has_served.load(Ordering::Relaxed)) {
                (Some(payload), _) => Ending::Broken(reply.report(payload)),
                (None, true) => Ending::Untouched,
                (None, false) => Ending::Broken(exit_error(reply, id, &status)),
            }),
            () = sleep(INIT_TIMEOUT) => {
                self.kill();
                let message = format!("RequestId: {id} Error: Init timed out after {}.00 seconds", INIT_TIMEOUT.as_secs());
                Err(Ending::Broken(reply.fail("Sandbox.Timedout", &message)))
            }
        }
    }

    async fn finished(
        &self,
        finished: oneshot::Receiver<Outcome>,
        deadline: Instant,
        timeout: Duration,
        id: &str,
        reply: &ReplySlot,
    ) -> Ending {
        tokio::select! {
            biased;
            Ok(outcome) = finished => Ending::Finished(outcome),
            status = self.exited() => Ending::Broken(exit_error(reply, id, &status)),
            () = tokio::time::sleep_until(deadline) => {
                self.kill();
                let seconds = timeout.as_secs_f64();
                let message = format!("RequestId: {id} Error: Task timed out after {seconds:.2} seconds");
                Ending::Broken(reply.fail("Sandbox.Timedout", &message))
            }
        }
    }

    fn was_killed(&self) -> bool {
        lock(&self.kill).is_none()
    }

    /// Waits for the next event and hands out what the Runtime API tells of it.
    pub(super) async fn next(&self) -> Taken {
        loop {
            let arrived = self.arrived.notified();
            if let Some(taken) = lock(&self.current).as_mut().and_then(Current::take) {
                return taken;
            }
            arrived.await;
        }
    }

    /// The place for the reply, if the process works on this request.
    pub(super) fn reply(&self, request_id: &str) -> Option<ReplySlot> {
        let current = lock(&self.current);
        current.as_ref().filter(|current| current.event.request_id == request_id).map(|it| it.event.reply.clone())
    }

    /// Ends the work on the current event.
    pub(super) fn finish(&self, outcome: Outcome) {
        self.has_served.store(true, Ordering::Relaxed);
        if let Some(finished) = lock(&self.current).as_mut().and_then(|current| current.finished.take()) {
            // Nobody listens if the time was up a moment before.
            drop(finished.send(outcome));
        }
    }

    /// Keeps what the process says about its failed start.
    pub(super) fn fail_init(&self, payload: Bytes) {
        *lock(&self.init_error) = Some(payload);
    }
}

/// What the Runtime API tells a process about an event.
pub(super) struct Taken {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) arn: String,
    pub(super) timeout: Duration,
}

impl Current {
    fn take(&mut self) -> Option<Taken> {
        self.taken.take()?.send(()).ok()?;
        let Event { request_id, payload, arn, timeout, .. } = &self.event;
        Some(Taken { request_id: request_id.clone(), payload: payload.clone(), arn: arn.clone(), timeout: *timeout })
    }
}

async fn reap(mut child: Child, killed: oneshot::Receiver<()>, exit: watch::Sender<Option<String>>) {
    let status = tokio::select! {
        status = child.wait() => status,
        _ = killed => {
            // It fails only if the process has just ended by itself.
            drop(child.start_kill());
            child.wait().await
        }
    };
    exit.send_replace(Some(status.map_or_else(|error| error.to_string(), |status: ExitStatus| status.to_string())));
}

fn exit_error(reply: &ReplySlot, id: &str, status: &str) -> Outcome {
    reply.fail("Runtime.ExitError", &format!("RequestId: {id} Error: Runtime exited with error: {status}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
