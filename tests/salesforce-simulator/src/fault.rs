//! Faults: what goes wrong, where, and how often.

use serde::{Deserialize, Serialize};

use crate::{messaging::script::Action, oauth::TokenError};

/// The calls of Salesforce's API that a fault can be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each variant names one call")]
pub enum Route {
    Token,
    Versions,
    Resources,
    Limits,
    Query,
    Composite,
    ApexAction,
    DescribeCase,
    InsertCase,
    UpdateCase,
    ReadCase,
    ReadCaseByExternalId,
    UpsertCase,
    InsertContentVersion,
    DownloadContentVersion,
    ReadMessagingSession,
    UpdateMessagingChannel,
    AssignPermissionSet,
    PublishDeployment,
    MessagingToken,
    ContinuationToken,
    EventStream,
    CreateConversation,
    ListConversations,
    ReadConversation,
    CloseConversation,
    EndMessagingSession,
    ListEntries,
    SendMessage,
    SendFile,
    SendTyping,
    AcknowledgeEntries,
    DownloadTranscript,
    DownloadAttachment,
    /// Any other call.
    Other,
}

/// Something that goes wrong with the calls it matches, the oldest fault first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Client id of the org; any org if absent.
    #[serde(default)]
    pub org: Option<String>,
    /// The call; any call if absent.
    #[serde(default)]
    pub route: Option<Route>,
    /// How many calls it strikes; until cleared if absent.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens.
    pub effect: Effect,
}

/// What a fault does to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// The REST API's error array, and nothing is done. With a record route it also strikes inside a composite request.
    Refuse {
        /// HTTP status.
        status: u16,
        /// `errorCode`.
        error_code: String,
        /// `message`.
        message: String,
        /// `fields`, absent from the reply if absent here.
        #[serde(default)]
        fields: Option<Vec<String>>,
    },
    /// An error of the token endpoint.
    TokenError {
        /// Which one.
        error: TokenError,
    },
    /// A refusal by the Messaging API, whose body has the shape that the org's
    /// [`error_body`](crate::Uncertain::error_body) chooses.
    MessagingError {
        /// HTTP status: 400, 401, 404, 412, 417, 429, 500, …
        status: u16,
        /// The call is carried out all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// Any status and body.
    Answer {
        /// HTTP status.
        status: u16,
        /// Body, sent as it is.
        body: String,
        /// `Content-Type`.
        #[serde(default = "html")]
        content_type: String,
        /// The call is carried out all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// The connection is closed without a response.
    DropConnection {
        /// The call is carried out all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// The right answer, but late. The call is carried out even if the client has gone.
    Delay {
        /// Milliseconds before it is carried out.
        #[serde(default)]
        before_ms: u64,
        /// Milliseconds between that and the answer.
        #[serde(default)]
        after_ms: u64,
    },
    /// The connection is closed without a response now, and the call is carried out later.
    CommitLate {
        /// Milliseconds until then; only when released if absent.
        #[serde(default)]
        after_ms: Option<u64>,
    },
    /// The right answer, and something happens to the conversation of the call meanwhile: an agent who joins in the very
    /// moment of a close, for example. Nobody else's call comes between.
    Meanwhile {
        /// What happens.
        action: Action,
        /// It happens after the call is carried out, not before.
        #[serde(default)]
        after_commit: bool,
    },
    /// Every session and every guest token of the org ends before the call is looked at.
    ExpireSessions,
}

/// The faults that are waiting for a call.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Fault {
    /// A fault that strikes one call of one route, whatever the org.
    #[must_use]
    pub fn once(route: Route, effect: Effect) -> Self {
        Self { org: None, route: Some(route), times: Some(1), effect }
    }
}

impl Effect {
    /// 503 with an HTML page, as during maintenance.
    #[must_use]
    pub fn unavailable() -> Self {
        let body =
            "<html><head><title>Service Unavailable</title></head><body>We are down for maintenance.</body></html>";
        Self::Answer { status: 503, body: body.into(), content_type: html(), after_commit: false }
    }

    /// 500 `UNKNOWN_EXCEPTION`, although the call has been carried out.
    #[must_use]
    pub fn unknown_exception_after_commit() -> Self {
        let body = r#"[{"message":"An unexpected error occurred.","errorCode":"UNKNOWN_EXCEPTION"}]"#;
        Self::Answer { status: 500, body: body.into(), content_type: "application/json".into(), after_commit: true }
    }

    /// `UNABLE_TO_LOCK_ROW`, as when many Cases of one Account are written at once.
    #[must_use]
    pub fn unable_to_lock_row() -> Self {
        let message = "unable to obtain exclusive access to this record or 1 records";
        Self::refuse(400, "UNABLE_TO_LOCK_ROW", message, Some(Vec::new()))
    }

    /// 403 `REQUEST_LIMIT_EXCEEDED` for the day's calls.
    #[must_use]
    pub fn daily_limit() -> Self {
        Self::refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", None)
    }

    /// 403 `REQUEST_LIMIT_EXCEEDED` for long calls at the same time.
    #[must_use]
    pub fn concurrent_limit() -> Self {
        let message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
        Self::refuse(403, "REQUEST_LIMIT_EXCEEDED", message, None)
    }

    /// A refusal by the Messaging API: 401, 412, 417, 429, 500, …
    #[must_use]
    pub fn messaging_error(status: u16) -> Self {
        Self::MessagingError { status, after_commit: false }
    }

    fn refuse(status: u16, error_code: &str, message: &str, fields: Option<Vec<String>>) -> Self {
        Self::Refuse { status, error_code: error_code.into(), message: message.into(), fields }
    }
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    /// The effect on a whole HTTP call.
    pub(crate) fn strike(&mut self, org: Option<&str>, route: Route) -> Option<Effect> {
        self.take(|fault| fault.is_for(org) && fault.route.is_none_or(|own| own == route))
    }

    /// The effect on one subrequest of a composite request: only a refusal that names its route.
    pub(crate) fn strike_subrequest(&mut self, org: &str, route: Route) -> Option<Effect> {
        self.take(|fault| {
            fault.is_for(Some(org)) && fault.route == Some(route) && matches!(fault.effect, Effect::Refuse { .. })
        })
    }

    fn take(&mut self, matches: impl Fn(&Fault) -> bool) -> Option<Effect> {
        let position = self.0.iter().position(matches)?;
        let fault = &mut self.0[position];
        let effect = fault.effect.clone();
        fault.times = fault.times.map(|times| times.saturating_sub(1));
        if fault.times == Some(0) {
            self.0.remove(position);
        }
        Some(effect)
    }
}

impl Fault {
    fn is_for(&self, org: Option<&str>) -> bool {
        self.org.is_none() || self.org.as_deref() == org
    }
}

fn html() -> String {
    "text/html; charset=UTF-8".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults.add(Fault { times: Some(2), ..Fault::once(Route::Query, Effect::ExpireSessions) });
        let strikes = (0..3).filter(|_| faults.strike(None, Route::Query).is_some()).count();
        assert_eq!(strikes, 2);
    }

    #[test]
    fn a_fault_without_a_count_strikes_until_it_is_cleared() {
        let mut faults = Faults::default();
        faults.add(Fault { org: None, route: None, times: None, effect: Effect::ExpireSessions });
        assert!((0..9).all(|_| faults.strike(None, Route::Query).is_some()));
        faults.clear();
        assert_eq!(faults.strike(None, Route::Query), None);
    }

    #[test]
    fn faults_of_one_route_strike_in_the_order_in_which_they_were_added() {
        let mut faults = Faults::default();
        faults.add(Fault::once(Route::Query, Effect::unavailable()));
        faults.add(Fault::once(Route::Query, Effect::daily_limit()));
        assert_eq!(faults.strike(None, Route::Query), Some(Effect::unavailable()));
        assert_eq!(faults.strike(None, Route::Query), Some(Effect::daily_limit()));
    }

    #[test]
    fn a_fault_of_one_org_spares_the_others() {
        let mut faults = Faults::default();
        faults.add(Fault { org: Some("a".into()), ..Fault::once(Route::Token, Effect::ExpireSessions) });
        assert_eq!(faults.strike(Some("b"), Route::Token), None);
        assert!(faults.strike(Some("a"), Route::Token).is_some());
    }
}
