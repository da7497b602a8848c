//! One organisation's org: a session that instances share, renewed by one of them, and one re-authentication.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::{Host, LoginError, Salesforce, SalesforceError, Session};
use crate::clock::Clock;
use crate::digest::sha256_hex;
use crate::secrets::{Secrets, SecretsError};
use crate::settings::SalesforceSettings;
use crate::store::{Store, StoreError, StoredSession};

/// How long one instance may take to log in before another one may.
const RENEWAL: Duration = Duration::from_secs(25);
/// How often the others look whether it is done.
const RENEWAL_POLL: Duration = Duration::from_millis(200);

/// Why a call to an org brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum OrgError {
    /// No session could be had.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The call failed.
    #[error(transparent)]
    Salesforce(#[from] SalesforceError),
    /// The client secret could not be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The shared session could not be read or stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OrgError {
    /// Whether time can cure it, so that the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Login(error) => error.is_transient(),
            Self::Salesforce(error) => error.is_transient(),
            Self::Secrets(error) => error.is_transient(),
            Self::Store(error) => error.is_transient(),
        }
    }
}

/// One organisation's org, for as long as one invocation works with it.
pub struct Org<'a> {
    /// Makes the calls.
    pub salesforce: &'a Salesforce,
    /// Where the session is shared.
    pub store: &'a Store,
    /// For the client secret.
    pub secrets: &'a Secrets,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Whose org it is.
    pub organisation_id: &'a str,
    /// The credentials.
    pub settings: &'a SalesforceSettings,
    /// The REST host; the settings' own, or the one that an earlier attempt went to.
    pub host: Host,
    /// The session of the last call; at first none.
    pub current: CurrentSession,
}

/// A session that need not be asked for again.
#[derive(Debug, Default)]
pub struct CurrentSession(Mutex<Option<Session>>);

impl Org<'_> {
    /// Calls the org with the shared session; logs in anew and calls once more if the session has expired.
    ///
    /// # Errors
    /// See [`OrgError`].
    pub async fn call<T>(
        &self,
        call: impl AsyncFn(&Salesforce, &Session) -> Result<T, SalesforceError>,
    ) -> Result<T, OrgError> {
        let session = self.session().await?;
        match call(self.salesforce, &session).await {
            Err(SalesforceError::SessionExpired) => {
                let session = self.next_session(Some(&session)).await?;
                Ok(call(self.salesforce, &session).await?)
            }
            result => Ok(result?),
        }
    }

    async fn session(&self) -> Result<Session, OrgError> {
        match self.current.get() {
            Some(session) => Ok(session),
            None => self.next_session(None).await,
        }
    }

    async fn next_session(&self, expired: Option<&Session>) -> Result<Session, OrgError> {
        let session = self.shared_or_new_session(expired).await?;
        self.current.set(&session);
        Ok(session)
    }

    /// The shared session, unless it is the `expired` one; then one instance logs in and the others wait for it.
    async fn shared_or_new_session(&self, expired: Option<&Session>) -> Result<Session, OrgError> {
        let credentials = self.credentials_mark();
        let polls = RENEWAL.as_millis() / RENEWAL_POLL.as_millis();
        for _ in 0..=polls {
            if let Some(session) = self.shared_session(&credentials, expired).await? {
                return Ok(session);
            }
            if self.store.begin_session_renewal(self.organisation_id, self.clock.now(), RENEWAL).await? {
                return self.renew(&credentials, expired).await;
            }
            tokio::time::sleep(RENEWAL_POLL).await;
        }
        Err(LoginError::Unavailable.into())
    }

    /// Shares a session that was made with the same credentials.
    ///
    /// # Errors
    /// It could not be stored.
    pub async fn share(&self, session: &Session) -> Result<(), StoreError> {
        let stored = self.stored(&self.credentials_mark(), session);
        self.store.put_session(self.organisation_id, &stored).await
    }

    async fn shared_session(
        &self,
        credentials: &str,
        expired: Option<&Session>,
    ) -> Result<Option<Session>, StoreError> {
        let stored = self.store.session(self.organisation_id, credentials, self.clock.now()).await?;
        Ok(stored.filter(|stored| !is_same(stored, expired)))
    }

    /// Logs in, unless another instance did and gave the right back since it was last looked at.
    async fn renew(&self, credentials: &str, expired: Option<&Session>) -> Result<Session, OrgError> {
        if let Some(session) = self.shared_session(credentials, expired).await? {
            self.store.end_session_renewal(self.organisation_id).await?;
            return Ok(session);
        }
        let outcome = self.login().await;
        match &outcome {
            Ok(session) => self.store.put_session(self.organisation_id, &self.stored(credentials, session)).await?,
            Err(_) => self.store.end_session_renewal(self.organisation_id).await?,
        }
        outcome
    }

    async fn login(&self) -> Result<Session, OrgError> {
        let settings = self.settings;
        let secret = self.secrets.client_secret(self.organisation_id, &settings.client_secret_version).await?;
        Ok(self.salesforce.login(&self.host, &settings.client_id, &secret).await?.session)
    }

    fn stored(&self, credentials: &str, session: &Session) -> StoredSession {
        StoredSession { credentials: credentials.to_owned(), session: session.clone(), at: self.clock.now() }
    }

    /// A session belongs to the host and the credentials that it was made with.
    fn credentials_mark(&self) -> String {
        let settings = self.settings;
        sha256_hex(format!("{}\n{}\n{}", self.host.as_str(), settings.client_id, settings.client_secret_version))
    }
}

impl CurrentSession {
    fn get(&self) -> Option<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, session: &Session) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
    }
}

fn is_same(stored: &Session, expired: Option<&Session>) -> bool {
    expired.is_some_and(|expired| expired.access_token.expose_secret() == stored.access_token.expose_secret())
}
