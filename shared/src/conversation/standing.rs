//! How a conversation stands, from its entries. No single event is relied on, and only their times order them.

use chrono::{DateTime, Utc};

use crate::salesforce::messaging::{Entry, EntryKind, Participant, Role, SessionStatus};

/// How a conversation stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Subjects of the agents who are in it, in the order in which they came.
    pub agents: Vec<String>,
    /// How often an agent has come.
    pub joins: u32,
    /// How often an agent has left.
    pub leaves: u32,
    /// When the last agent left.
    pub left_at: Option<DateTime<Utc>>,
    /// Whether it was routed anew since then.
    pub is_rerouted: bool,
    /// When routing was refused, if its last result was a refusal.
    pub refused_at: Option<DateTime<Utc>>,
    /// Its messaging session.
    pub session: Session,
    /// The `MessagingSession` record.
    pub session_id: Option<String>,
}

/// How its messaging session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Session {
    /// Going on.
    #[default]
    Open,
    /// Nobody has written for some time.
    Inactive,
    /// Over.
    Ended {
        /// Since when.
        at: DateTime<Utc>,
        /// Because nobody wrote.
        by_inactivity: bool,
    },
}

impl Standing {
    /// From all entries, in the order in which Salesforce stored them.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        entries.iter().fold(Self::default(), Self::after)
    }

    fn after(mut self, entry: &Entry) -> Self {
        if self.session_id.is_none() {
            self.session_id = entry.session_id();
        }
        match &entry.kind {
            EntryKind::ParticipantChanged(changes) => {
                let agents = changes.iter().filter(|change| change.role == Role::Agent);
                agents.for_each(|change| self.agent_changed(change, entry.at));
            }
            EntryKind::RoutingResult { failure: None } => {
                self.is_rerouted = self.left_at.is_some();
                self.refused_at = None;
            }
            EntryKind::RoutingResult { failure: Some(_) } => self.refused_at = Some(entry.at),
            EntryKind::SessionStatusChanged { status, previous } => self.session_changed(*status, *previous, entry.at),
            EntryKind::Message { .. } | EntryKind::Other => {}
        }
        self
    }

    fn agent_changed(&mut self, change: &Participant, at: DateTime<Utc>) {
        let place = self.agents.iter().position(|agent| *agent == change.subject);
        match (place, change.is_added) {
            (None, true) => {
                self.agents.push(change.subject.clone());
                self.joins += 1;
                self.refused_at = None;
            }
            (Some(place), false) => {
                self.agents.remove(place);
                self.leaves += 1;
                self.left_at = Some(at);
                self.is_rerouted = false;
            }
            (Some(_), true) | (None, false) => {}
        }
    }

    fn session_changed(&mut self, status: SessionStatus, previous: Option<SessionStatus>, at: DateTime<Utc>) {
        let was_inactive = previous == Some(SessionStatus::Inactive) || self.session == Session::Inactive;
        self.session = match (status, self.session) {
            (SessionStatus::Open, _) => Session::Open,
            (SessionStatus::Inactive, _) => Session::Inactive,
            (SessionStatus::Ended | SessionStatus::Error, ended @ Session::Ended { .. }) => ended,
            (SessionStatus::Ended | SessionStatus::Error, _) => Session::Ended { at, by_inactivity: was_inactive },
        };
    }
}

#[cfg(test)]
pub(super) mod samples {
    use serde_json::{Value, json};

    use super::*;

    /// Entries of these types and payloads, one a second.
    pub(crate) fn entries(entries: &[(&str, Value)]) -> Vec<Entry> {
        let entry = |(number, (entry_type, payload)): (i64, &(&str, Value))| {
            Entry::read(json!({
                "identifier": format!("e{number}"), "entryType": entry_type, "entryPayload": payload,
                "transcriptedTimestamp": (1_800_000_000 + number) * 1000,
            }))
        };
        (0..).zip(entries).filter_map(entry).collect()
    }

    pub(crate) fn joined(subject: &str) -> (&'static str, Value) {
        participant("add", "Agent", subject)
    }

    pub(crate) fn left(subject: &str) -> (&'static str, Value) {
        participant("remove", "Agent", subject)
    }

    pub(crate) fn participant(operation: &str, role: &str, subject: &str) -> (&'static str, Value) {
        let change = json!({ "operation": operation, "participant": { "role": role, "subject": subject } });
        ("ParticipantChanged", json!({ "entries": [change] }))
    }

    pub(crate) fn routed() -> (&'static str, Value) {
        ("RoutingResult", json!({ "failureType": "None", "errorMessages": [], "recordId": "0Mw000000000001AAA" }))
    }

    pub(crate) fn refused() -> (&'static str, Value) {
        ("RoutingResult", json!({ "failureType": "RoutingError", "errorMessages": ["nobody"] }))
    }

    pub(crate) fn session(status: &str) -> (&'static str, Value) {
        ("SessionStatusChanged", json!({ "sessionStatus": status }))
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{entries, joined, left, participant, refused, routed, session};
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn standing(list: &[(&str, serde_json::Value)]) -> Standing {
        Standing::of(&entries(list))
    }

    #[test]
    fn an_agent_is_present_from_joining_to_leaving() {
        assert_eq!(standing(&[routed(), joined("a")]).agents, ["a"]);
        let gone = standing(&[joined("a"), left("a")]);
        assert_eq!((gone.agents.len(), gone.joins, gone.leaves, gone.left_at), (0, 1, 1, Some(at(1))));
    }

    #[test]
    fn one_of_two_agents_who_leaves_leaves_the_other() {
        assert_eq!(standing(&[joined("a"), joined("b"), left("a")]).agents, ["b"]);
    }

    #[test]
    fn a_repeated_join_is_one_and_a_leave_without_a_join_is_none() {
        let standing = standing(&[left("x"), joined("a"), joined("a")]);
        assert_eq!((standing.joins, standing.leaves), (1, 0));
    }

    #[test]
    fn a_bot_or_a_supervisor_is_no_human_agent() {
        for role in ["Chatbot", "DigitalWorker", "Supervisor", "System", "Router"] {
            assert!(standing(&[participant("add", role, "x")]).agents.is_empty(), "{role}");
        }
    }

    #[test]
    fn routing_after_a_leave_tells_a_transfer_from_an_end() {
        assert!(!standing(&[routed(), joined("a"), left("a")]).is_rerouted);
        assert!(standing(&[routed(), joined("a"), left("a"), routed()]).is_rerouted);
        assert!(!standing(&[routed(), joined("a"), left("a"), routed(), joined("b"), left("b")]).is_rerouted);
    }

    #[test]
    fn a_refusal_holds_until_it_is_routed_or_joined_after_all() {
        assert_eq!(standing(&[refused()]).refused_at, Some(at(0)));
        assert_eq!(standing(&[refused(), routed()]).refused_at, None);
        assert_eq!(standing(&[refused(), joined("a")]).refused_at, None);
    }

    #[test]
    fn an_end_after_inactivity_is_told_from_any_other_end() {
        let ended = |list: &[_]| standing(list).session;
        assert_eq!(ended(&[session("Active"), session("Ended")]), Session::Ended { at: at(1), by_inactivity: false });
        assert_eq!(ended(&[session("Inactive"), session("Ended")]), Session::Ended { at: at(1), by_inactivity: true });
        assert_eq!(ended(&[session("Ended"), session("Ended")]), Session::Ended { at: at(0), by_inactivity: false });
        assert_eq!(ended(&[session("Inactive"), session("Waiting")]), Session::Open);
    }

    #[test]
    fn the_session_s_record_is_learned_from_whatever_names_it() {
        assert_eq!(standing(&[routed()]).session_id.as_deref(), Some("0Mw000000000001AAA"));
        assert_eq!(standing(&[joined("a")]).session_id, None);
    }
}
