//! What a test or the control API chooses about a simulated org.

use serde::{Deserialize, Serialize};

use crate::{
    id::{normalise, salesforce_id},
    messaging::settings::MessagingOrg,
    schema::Field,
};

/// The client id of the org that every simulator has from its start.
pub const DEMO_CLIENT_ID: &str = "3MVG9.FullviewDemo";
/// The client secret of that org.
pub const DEMO_CLIENT_SECRET: &str = "demo-client-secret";

/// A simulated org: its connected app, its people, its schema and its rules.
///
/// An absent member of the JSON form has the value of [`OrgSettings::new`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OrgSettings {
    /// Consumer key; it names the org in the control API. A change of it is ignored.
    pub client_id: String,
    /// Consumer secret.
    pub client_secret: String,
    /// The org's id, `00D…`. Made if it is not an id.
    pub organization_id: String,
    /// `instance_url` of a token reply; the simulator's own address if absent.
    pub instance_url: Option<String>,
    /// Scopes of a token reply, separated by spaces.
    pub scope: String,
    /// Seconds for which an unused session lives; each use extends it.
    pub session_timeout_seconds: u32,
    /// Logins that the run-as user may make in one hour of the clock.
    pub login_limit: u32,
    /// API calls that may be made in one day of the clock. (A real org's 24 hours roll.)
    pub daily_api_requests: u64,
    /// Whether the run-as user may create Cases.
    pub creates_cases: bool,
    /// Whether Case has the external-id field, and whether it may be written.
    pub external_id_field: ExternalIdField,
    /// Custom fields of Case.
    pub case_fields: Vec<Field>,
    /// Contacts that exist.
    pub contacts: Vec<Contact>,
    /// Queues that may own a Case.
    pub queues: Vec<Named>,
    /// Users that may own a Case; the first is the run-as user.
    pub users: Vec<Named>,
    /// Record types of Case.
    pub record_types: Vec<Named>,
    /// The queue or user that the active assignment rule gives every Case to.
    pub assignment_rule_owner: Option<String>,
    /// An active auto-response rule, which makes `SuppliedEmail` required.
    pub auto_response_rule: bool,
    /// The message of an active validation rule that refuses every Case.
    pub validation_rule: Option<String>,
    /// Whether files can be uploaded.
    pub file_uploads: FileUploads,
    /// How often, after `DUPLICATE_VALUE`, a read by that external id still answers 404.
    pub hidden_reads_after_duplicate: u32,
    /// Fullview's package, apart from the custom metadata, which is the [`callback`](MessagingOrg::callback) of Messaging.
    pub package: Package,
    /// Messaging for In-App and Web; nothing if the org has none.
    pub messaging: Option<MessagingOrg>,
}

/// How far Fullview's package is installed.
///
/// An absent member of the JSON form has the value of [`Package::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Package {
    /// Whether the run-as user can start the action `FullviewTestCallback`.
    pub test_action: TestAction,
    /// Whether a remote site lets the package call the FV Api Endpoint.
    pub remote_site: bool,
    /// Whether the run-as user can read the callbacks that failed.
    pub readable_failures: bool,
}

/// The state of the action `FullviewTestCallback`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TestAction {
    /// The run-as user may start it.
    Allowed,
    /// The run-as user has no access to its Apex class.
    Forbidden,
    /// The package is not installed.
    Missing,
}

impl Package {
    /// Installed, with its permission sets and its remote site.
    #[must_use]
    pub fn new() -> Self {
        Self { test_action: TestAction::Allowed, remote_site: true, readable_failures: true }
    }
}

impl Default for Package {
    fn default() -> Self {
        Self::new()
    }
}

/// A Contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Contact {
    /// `003…`; made if it is not an id.
    pub id: String,
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: String,
}

/// A queue, a user or a record type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Named {
    /// `00G…`, `005…` or `012…`; made if it is not an id.
    pub id: String,
    /// What people see.
    pub name: String,
}

/// The state of `Fullview_Escalation_Id__c` on Case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExternalIdField {
    /// Deployed, and the run-as user may write it.
    Editable,
    /// Deployed, but field-level security lets the run-as user only read it.
    ReadOnly,
    /// Not deployed, or hidden by field-level security: the API can't tell these apart.
    Missing,
}

/// Whether an org takes files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileUploads {
    /// Yes.
    Allowed,
    /// The run-as user may not.
    Forbidden,
    /// The org's file storage is used up.
    StorageFull,
}

impl OrgSettings {
    /// An org with a run-as user, the external-id field, a Messaging deployment that nobody answers, and nothing else.
    #[must_use]
    pub fn new(client_id: &str, client_secret: &str) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            organization_id: String::new(),
            instance_url: None,
            scope: "api".into(),
            session_timeout_seconds: 7_200,
            login_limit: 3_600,
            daily_api_requests: 100_000,
            creates_cases: true,
            external_id_field: ExternalIdField::Editable,
            case_fields: Vec::new(),
            contacts: Vec::new(),
            queues: Vec::new(),
            users: vec![Named::new("Integration User")],
            record_types: Vec::new(),
            assignment_rule_owner: None,
            auto_response_rule: false,
            validation_rule: None,
            file_uploads: FileUploads::Allowed,
            hidden_reads_after_duplicate: 0,
            package: Package::new(),
            messaging: Some(MessagingOrg::new()),
        }
    }

    /// The org that every simulator has: a contact, a queue, an agent and a record type.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            contacts: vec![Contact::new("Ada Lovelace", "ada@example.com")],
            queues: vec![Named::new("Support")],
            users: vec![Named::new("Integration User"), Named::new("Grace Hopper")],
            record_types: vec![Named::new("Support Case")],
            ..Self::new(DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)
        }
    }

    /// Makes every id that is still empty; `org` is the org's position in the simulator.
    pub(crate) fn complete_ids(&mut self, org: u64) {
        complete("00D", org, std::iter::once(&mut self.organization_id));
        if self.users.is_empty() {
            self.users.push(Named::new("Integration User"));
        }
        complete("003", org, self.contacts.iter_mut().map(|contact| &mut contact.id));
        complete("00G", org, self.queues.iter_mut().map(|queue| &mut queue.id));
        complete("005", org, self.users.iter_mut().map(|user| &mut user.id));
        complete("012", org, self.record_types.iter_mut().map(|record_type| &mut record_type.id));
    }

    pub(crate) fn run_as_user(&self) -> String {
        self.users.first().map(|user| user.id.clone()).unwrap_or_default()
    }

    /// The name of a contact, queue, user or record type.
    pub(crate) fn name_of(&self, id: &str) -> Option<&str> {
        let contacts = self.contacts.iter().map(|contact| (&contact.id, &contact.name));
        let named = self.queues.iter().chain(&self.users).chain(&self.record_types);
        contacts.chain(named.map(|named| (&named.id, &named.name))).find(|(own, _)| *own == id).map(|(_, name)| &**name)
    }
}

impl Default for OrgSettings {
    fn default() -> Self {
        Self::new("", "")
    }
}

impl Contact {
    /// A contact whose id is made when the org is.
    #[must_use]
    pub fn new(name: &str, email: &str) -> Self {
        Self { id: String::new(), name: name.into(), email: email.into() }
    }
}

impl Named {
    /// A queue, user or record type whose id is made when the org is.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { id: String::new(), name: name.into() }
    }
}

fn complete<'a>(prefix: &str, org: u64, ids: impl Iterator<Item = &'a mut String>) {
    for (number, id) in (1..).zip(ids) {
        *id = normalise(id).unwrap_or_else(|| salesforce_id(prefix, org, number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_not_given_are_made_with_the_right_prefix() {
        let mut settings = OrgSettings::demo();
        settings.complete_ids(1);
        assert_eq!(settings.organization_id, "00D001000000001EAA");
        assert!(settings.contacts[0].id.starts_with("003"));
        assert!(settings.queues[0].id.starts_with("00G"));
        assert!(settings.users[1].id.starts_with("005"));
        assert!(settings.record_types[0].id.starts_with("012"));
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        assert!(serde_json::from_str::<OrgSettings>(r#"{"clientID": "x"}"#).is_err());
    }
}
