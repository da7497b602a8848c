//! What can become of a call of Salesforce.

use std::time::Duration;

use fastrand::Rng;
use reqwest::Method;
use salesforce_simulator::Action;

/// The calls that differ in what can become of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Login,
    Insert,
    Query,
    ReadCase,
    GuestToken,
    Create,
    Close,
    Conversation,
    Entries,
    Send,
    EventStream,
    Other,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// Salesforce is not reached.
    NotReached,
    /// The connection breaks, before or after it is carried out.
    Lost { after: bool },
    /// There is no answer, whether or not it is carried out.
    Silent { after: bool },
    /// The connection breaks, and it is carried out later.
    Late(Duration),
    /// It takes its time.
    Slow { before: Duration, after: Duration },
    /// Another answer than Salesforce's own; it may be carried out all the same.
    Answer { status: u16, body: &'static str, after: bool },
    /// All sessions end, before it arrives.
    SessionsEnd,
    /// Something happens to the conversation at this very moment.
    Meanwhile { action: Action, after: bool },
}

const UNKNOWN_EXCEPTION: &str = r#"[{"message":"An unexpected error occurred.","errorCode":"UNKNOWN_EXCEPTION"}]"#;
const LOCKED: &str =
    r#"[{"message":"unable to obtain exclusive access to this record","errorCode":"UNABLE_TO_LOCK_ROW"}]"#;
const DAILY_LIMIT: &str = r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
const CONCURRENT_LIMIT: &str = r#"[{"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
const LOGIN_RATE: &str = r#"{"error":"invalid_grant","error_description":"login rate exceeded"}"#;
const MAINTENANCE: &str = "<html><body>We are down for maintenance.</body></html>";

impl Service {
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let is = |part: &str| path.contains(part);
        match *method {
            Method::DELETE => Self::Close,
            _ if is("/oauth2/token") => Self::Login,
            _ if path.ends_with("/composite") => Self::Insert,
            _ if path.ends_with("/query") => Self::Query,
            _ if is("/sobjects/Case/") => Self::ReadCase,
            _ if is("/access-token") || is("continuation-access-token") => Self::GuestToken,
            _ if is("/eventrouter/") => Self::EventStream,
            _ if path.ends_with("/entries") => Self::Entries,
            Method::POST if path.ends_with("/message") || path.ends_with("/file") => Self::Send,
            Method::POST if path.ends_with("/conversation") => Self::Create,
            Method::GET if is("/conversation/") => Self::Conversation,
            _ => Self::Other,
        }
    }

    fn is_rest(self) -> bool {
        matches!(self, Self::Insert | Self::Query | Self::ReadCase)
    }

    /// How late a call may be carried out at the most; nothing of a request appears any more when Salesforce has given up on it.
    fn latest_millis(self) -> u64 {
        match self {
            Self::Send => 25_000,
            _ => 500_000,
        }
    }
}

impl Fate {
    pub(crate) const MAINTENANCE: Self = Self::Answer { status: 503, body: MAINTENANCE, after: false };

    pub(crate) fn draw(rng: &mut Rng, service: Service) -> Self {
        let after = rng.bool();
        match rng.u8(..12) {
            0 => Self::NotReached,
            1 | 2 => Self::Lost { after },
            3 => Self::Silent { after },
            4 => Self::Late(Duration::from_millis(rng.u64(100..service.latest_millis()))),
            5 => Self::Slow {
                before: Duration::from_millis(rng.u64(10..10_000)),
                after: Duration::from_millis(rng.u64(10..10_000)),
            },
            6 => Self::MAINTENANCE,
            7 => Self::Answer { status: 500, body: UNKNOWN_EXCEPTION, after },
            8 if service.is_rest() => Self::SessionsEnd,
            8 | 9 if matches!(service, Service::Close | Service::Entries | Service::Conversation | Service::Send) => {
                Self::Meanwhile { action: action(rng), after }
            }
            _ => refusal(rng, service),
        }
    }

    pub(crate) fn word(&self) -> String {
        match self {
            Self::NotReached => "not reached".into(),
            Self::Lost { after: false } => "dropped before it was done".into(),
            Self::Lost { after: true } => "dropped after it was done".into(),
            Self::Silent { after: false } => "no answer, not done".into(),
            Self::Silent { after: true } => "no answer after it was done".into(),
            Self::Late(_) => "dropped, and done later".into(),
            Self::Slow { .. } => "slow".into(),
            Self::Answer { status, after: true, .. } => format!("{status} after it was done"),
            Self::Answer { status, .. } => status.to_string(),
            Self::SessionsEnd => "sessions end".into(),
            Self::Meanwhile { action: Action::AgentJoins { .. }, .. } => "an agent joins at this moment".into(),
            Self::Meanwhile { .. } => "the agent acts at this moment".into(),
        }
    }
}

fn action(rng: &mut Rng) -> Action {
    match rng.u8(..4) {
        0 | 1 => Action::AgentJoins { name: "Grace".into() },
        2 => Action::AgentSays { text: format!("agent says {}", rng.u32(1_000_000..)) },
        _ => Action::AgentLeaves { requeue: rng.bool() },
    }
}

/// What says "not now".
fn refusal(rng: &mut Rng, service: Service) -> Fate {
    let answer = |status, body| Fate::Answer { status, body, after: false };
    match service {
        Service::Login => {
            [answer(400, LOGIN_RATE), answer(420, "Stay tuned"), answer(503, MAINTENANCE)][rng.usize(..3)].clone()
        }
        service if service.is_rest() => {
            [answer(400, LOCKED), answer(403, DAILY_LIMIT), answer(403, CONCURRENT_LIMIT), answer(429, "")]
                [rng.usize(..4)]
            .clone()
        }
        _ => [answer(429, ""), answer(420, ""), answer(408, ""), answer(401, "")][rng.usize(..4)].clone(),
    }
}
