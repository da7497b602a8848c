//! One simulated org: its settings, its records and its sessions.

use std::{collections::HashMap, sync::Arc};

use axum::body::Bytes;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{id::salesforce_id, messaging::state::Messaging, settings::OrgSettings, setup::Setup};

/// The fields of a record, by their API names.
pub type Record = Map<String, Value>;

/// How often an org was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Tokens given.
    pub logins: u64,
    /// REST calls with a valid session; a composite request is one.
    pub api_calls: u64,
}

/// One simulated org.
#[derive(Debug)]
pub(crate) struct Org {
    pub(crate) settings: OrgSettings,
    pub(crate) records: Records,
    pub(crate) messaging: Messaging,
    pub(crate) counters: Counters,
    /// Reads by external id that still answer 404, by value.
    pub(crate) hidden_reads: HashMap<String, u32>,
    position: u64,
    last_number: u64,
    last_case_number: u64,
    sessions: HashMap<String, DateTime<Utc>>,
    logins_this_hour: (i64, u32),
    api_calls_today: (i64, u64),
}

/// What a transaction writes and a rollback restores.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    pub(crate) cases: Vec<Arc<Record>>,
    pub(crate) content_versions: Vec<Arc<Record>>,
    pub(crate) content_document_links: Vec<Arc<Record>>,
    /// The bytes of files, by the id of their `ContentVersion`.
    pub(crate) contents: HashMap<String, Bytes>,
    pub(crate) setup: Setup,
}

impl Org {
    /// `position` tells the ids of one org from those of another.
    pub(crate) fn new(mut settings: OrgSettings, position: u64) -> Self {
        settings.complete_ids(position);
        Self {
            settings,
            records: Records::default(),
            messaging: Messaging::new(),
            counters: Counters::default(),
            hidden_reads: HashMap::new(),
            position,
            last_number: 0,
            last_case_number: 1_000,
            sessions: HashMap::new(),
            logins_this_hour: (0, 0),
            api_calls_today: (0, 0),
        }
    }

    /// Changes the settings and keeps the records, sessions and counters.
    pub(crate) fn change(&mut self, mut settings: OrgSettings) {
        settings.client_id.clone_from(&self.settings.client_id);
        settings.complete_ids(self.position);
        self.settings = settings;
    }

    /// A new session's token, or nothing if the hour's logins are used up.
    pub(crate) fn log_in(&mut self, now: DateTime<Utc>) -> Option<String> {
        let hour = now.timestamp().div_euclid(3_600);
        if self.logins_this_hour.0 != hour {
            self.logins_this_hour = (hour, 0);
        }
        if self.logins_this_hour.1 >= self.settings.login_limit {
            return None;
        }
        self.logins_this_hour.1 += 1;
        self.counters.logins += 1;
        let secret: String = std::iter::repeat_with(fastrand::alphanumeric).take(96).collect();
        let token = format!("{}!{secret}", &self.settings.organization_id[..15]);
        self.sessions.insert(token.clone(), self.session_end(now));
        Some(token)
    }

    /// Counts an API call; `false` if the day's are used up.
    pub(crate) fn count_api_call(&mut self, now: DateTime<Utc>) -> bool {
        let day = now.timestamp().div_euclid(86_400);
        if self.api_calls_today.0 != day {
            self.api_calls_today = (day, 0);
        }
        let is_left = self.api_calls_today.1 < self.settings.daily_api_requests;
        self.api_calls_today.1 += u64::from(is_left);
        self.counters.api_calls += u64::from(is_left);
        is_left
    }

    pub(crate) fn api_calls_today(&self) -> u64 {
        self.api_calls_today.1
    }

    /// Uses the session: `false` if there is none or it has ended.
    pub(crate) fn use_session(&mut self, token: &str, now: DateTime<Utc>) -> bool {
        let end = self.session_end(now);
        match self.sessions.get_mut(token) {
            Some(own_end) if *own_end > now => {
                *own_end = end;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn has_session(&self, token: &str) -> bool {
        self.sessions.contains_key(token)
    }

    pub(crate) fn expire_sessions(&mut self) {
        for end in self.sessions.values_mut() {
            *end = DateTime::UNIX_EPOCH;
        }
    }

    /// An id that no other record of the simulator has.
    pub(crate) fn next_id(&mut self, prefix: &str) -> String {
        self.last_number += 1;
        salesforce_id(prefix, self.position, self.last_number)
    }

    pub(crate) fn next_case_number(&mut self) -> String {
        self.last_case_number += 1;
        format!("{:08}", self.last_case_number)
    }

    pub(crate) fn case(&self, id: &str) -> Option<&Record> {
        self.records.cases.iter().find(|case| case["Id"] == id).map(AsRef::as_ref)
    }

    pub(crate) fn case_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.records.cases.iter_mut().find(|case| case["Id"] == id).map(Arc::make_mut)
    }

    pub(crate) fn limit_info(&self) -> String {
        format!("api-usage={}/{}", self.api_calls_today.1, self.settings.daily_api_requests)
    }

    fn session_end(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::seconds(self.settings.session_timeout_seconds.into())
    }
}

/// A moment as Salesforce stores it: whole seconds.
pub(crate) fn datetime(at: DateTime<Utc>) -> String {
    at.trunc_subsecs(0).format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org() -> Org {
        Org::new(OrgSettings::new("id", "secret"), 1)
    }

    #[test]
    fn logins_are_limited_for_each_hour() {
        let mut org = org();
        org.settings.login_limit = 1;
        let now = DateTime::UNIX_EPOCH;
        assert!(org.log_in(now).is_some());
        assert_eq!(org.log_in(now + TimeDelta::minutes(59)), None);
        assert!(org.log_in(now + TimeDelta::minutes(60)).is_some());
    }

    #[test]
    fn api_calls_are_limited_for_each_day() {
        let mut org = org();
        org.settings.daily_api_requests = 1;
        let now = DateTime::UNIX_EPOCH;
        assert!(org.count_api_call(now));
        assert!(!org.count_api_call(now + TimeDelta::hours(23)));
        assert!(org.count_api_call(now + TimeDelta::hours(24)));
        assert_eq!(org.limit_info(), "api-usage=1/1");
    }

    #[test]
    fn a_session_ends_when_it_is_unused_for_its_timeout() -> Result<(), &'static str> {
        let mut org = org();
        let now = DateTime::UNIX_EPOCH;
        let token = org.log_in(now).ok_or("a login is allowed")?;
        assert!(org.use_session(&token, now + TimeDelta::minutes(119)));
        assert!(org.use_session(&token, now + TimeDelta::minutes(238)));
        assert!(!org.use_session(&token, now + TimeDelta::minutes(358)));
        Ok(())
    }

    #[test]
    fn a_token_begins_with_the_org_id_of_15_characters() -> Result<(), &'static str> {
        let token = org().log_in(DateTime::UNIX_EPOCH).ok_or("a login is allowed")?;
        assert!(token.starts_with("00D001000000001!"));
        Ok(())
    }

    #[test]
    fn a_stored_moment_has_whole_seconds() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_999);
        assert_eq!(datetime(at), "1970-01-01T00:00:01.000+0000");
    }
}
