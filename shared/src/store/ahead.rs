//! Reading ahead: what an invocation is going to need, in one request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::{
    Item, Key, Store, StoreError, accept, case_mechanism, escalations, not_before, organisations, read_text, sessions,
    settings, transcripts,
};
use crate::digest::sha256_hex;
use crate::escalation::Escalation;

/// An item that an invocation is going to read, before it writes it.
#[derive(Clone, Copy, Debug)]
pub enum Needed<'a> {
    /// An escalation.
    Escalation(Uuid),
    /// The first chunk of an escalation's transcript, which is most often all of it.
    Transcript(Uuid),
    /// That an organisation exists.
    Organisation(&'a str),
    /// An organisation's settings.
    Settings(&'a str),
    /// An organisation's OAuth session.
    Session(&'a str),
    /// Until when an organisation's org is left alone.
    NotBefore(&'a str),
    /// Whether an organisation's org lacks the external-id field.
    CaseMechanism(&'a str),
    /// Whose key it is, by its digest.
    KeyHolder(&'a str),
    /// What was accepted under an idempotency key of an organisation.
    IdempotencyRecord(&'a str, &'a str),
    /// The latest escalation of a conversation of an organisation.
    Conversation(&'a str, &'a str),
}

/// What was found under a key: an item, or that there is none.
pub(super) struct Found(pub(super) Option<Item>);

/// What one invocation knows of the table without asking.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// Items, or that there are none; each is handed out once, and then asked for.
    items: HashMap<Key, Option<Item>>,
    /// Escalations as the invocation itself has written them.
    written: HashMap<Uuid, Escalation>,
}

impl Store {
    /// The same table for one invocation, which has read these items already. Whoever reads one of them for the second time is told
    /// what is stored then.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn read_ahead(&self, needed: &[Needed<'_>]) -> Result<Self, StoreError> {
        let keys: Vec<_> = needed.iter().copied().map(Needed::key).collect();
        let mut items: HashMap<_, _> = keys.iter().map(|key| (key.clone(), None)).collect();
        for item in self.get_all(&keys).await? {
            items.insert(Key { pk: read_text(&item, "pk")?, sk: read_text(&item, "sk")? }, Some(item));
        }
        let ahead = Arc::new(Mutex::new(Ahead { items, written: HashMap::new() }));
        Ok(Self { ahead: Some(ahead), ..self.clone() })
    }

    /// What was read ahead, if it was.
    pub(super) fn take_ahead(&self, key: &Key) -> Option<Found> {
        self.ahead()?.items.remove(key).map(Found)
    }

    /// The escalation as this invocation wrote it, which it is until somebody else writes it.
    pub(super) fn recall(&self, escalation_id: Uuid) -> Option<Escalation> {
        self.ahead()?.written.remove(&escalation_id)
    }

    pub(super) fn remember(&self, escalation: &Escalation) {
        if let Some(mut ahead) = self.ahead() {
            ahead.written.insert(escalation.escalation_id, escalation.clone());
        }
    }

    fn ahead(&self) -> Option<MutexGuard<'_, Ahead>> {
        self.ahead.as_ref().map(|ahead| ahead.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Needed<'_> {
    fn key(self) -> Key {
        match self {
            Self::Escalation(id) => escalations::key(id),
            Self::Transcript(id) => transcripts::key(id, 0),
            Self::Organisation(id) => organisations::organisation(id),
            Self::Settings(id) => settings::settings_key(id),
            Self::Session(id) => sessions::key(id),
            Self::NotBefore(id) => not_before::key(id),
            Self::CaseMechanism(id) => case_mechanism::key(id),
            Self::KeyHolder(digest) => organisations::by_digest(digest),
            Self::IdempotencyRecord(organisation_id, key) => accept::idempotency_key(organisation_id, &sha256_hex(key)),
            Self::Conversation(organisation_id, id) => accept::conversation_key(organisation_id, &sha256_hex(id)),
        }
    }
}
