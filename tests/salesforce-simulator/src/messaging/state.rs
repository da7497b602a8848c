//! What an org's Messaging holds: guests with their tokens and events, conversations, and what is to come.

use std::collections::HashMap;

use axum::body::Bytes;
use chrono::{DateTime, Utc};

use crate::messaging::{
    callback::{Callback, FailedCallback, SentCallback},
    conversation::{Conversation, RateLimit},
    script::Action,
};

/// Where the ids of events begin: past what 32 bits hold with a sign.
const FIRST_EVENT: u64 = 2_147_867_834;

/// An org's Messaging.
#[derive(Debug)]
pub(crate) struct Messaging {
    /// `ChannelAddressIdentifier`.
    pub(crate) channel: String,
    pub(crate) signing_key: [u8; 64],
    pub(crate) tokens: HashMap<String, Token>,
    /// By subject.
    pub(crate) guests: HashMap<String, Guest>,
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) attachments: HashMap<String, Attachment>,
    pub(crate) token_limit: RateLimit,
    pub(crate) continuation_limit: RateLimit,
    /// In the order in which it happens.
    pub(crate) planned: Vec<Planned>,
    /// Callbacks that are still to be sent.
    pub(crate) outbox: Vec<Callback>,
    pub(crate) sent: Vec<SentCallback>,
    /// Callbacks that failed for good: the records of `Fullview_Callback__c`.
    pub(crate) failed: Vec<FailedCallback>,
    pub(crate) last_event: u64,
}

/// A guest's access token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) subject: String,
    pub(crate) expires_at: DateTime<Utc>,
}

/// An anonymous end user.
#[derive(Debug, Default)]
pub(crate) struct Guest {
    /// Everything that was or will be on the event stream.
    pub(crate) events: Vec<Event>,
    /// Event streams that are open.
    pub(crate) streams: usize,
    /// Event streams that were ever opened.
    pub(crate) last_stream: u64,
    /// Event streams up to this one are to break.
    pub(crate) broken_streams: u64,
}

/// An event of the event stream.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) data: String,
}

/// A file in a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    /// Subject of the guest whose conversation holds it.
    pub(crate) subject: String,
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

/// Something that is to happen to a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) due: DateTime<Utc>,
    pub(crate) conversation: String,
    pub(crate) action: Action,
}

impl Messaging {
    pub(crate) fn new() -> Self {
        Self {
            channel: random_uuid(),
            signing_key: std::array::from_fn(|_| fastrand::u8(..)),
            tokens: HashMap::new(),
            guests: HashMap::new(),
            conversations: Vec::new(),
            attachments: HashMap::new(),
            token_limit: RateLimit::default(),
            continuation_limit: RateLimit::default(),
            planned: Vec::new(),
            outbox: Vec::new(),
            sent: Vec::new(),
            failed: Vec::new(),
            last_event: FIRST_EVENT,
        }
    }

    /// The subject of a token that is valid.
    pub(crate) fn subject_of(&self, token: &str, now: DateTime<Utc>) -> Option<&str> {
        self.tokens.get(token).filter(|token| token.expires_at > now).map(|token| token.subject.as_str())
    }

    pub(crate) fn expire_tokens(&mut self) {
        for token in self.tokens.values_mut() {
            token.expires_at = DateTime::UNIX_EPOCH;
        }
    }

    /// The position of a conversation among all.
    pub(crate) fn position(&self, conversation: &str) -> Option<usize> {
        self.conversations.iter().position(|own| own.id == conversation)
    }

    pub(crate) fn guest(&mut self, subject: &str) -> &mut Guest {
        self.guests.entry(subject.into()).or_default()
    }

    /// Puts an event on a guest's stream.
    pub(crate) fn push_event(&mut self, subject: &str, name: &'static str, data: String) {
        self.last_event += 1;
        let event = Event { id: self.last_event, name, data };
        self.guest(subject).events.push(event);
    }

    /// Plans an action behind those of the same moment.
    pub(crate) fn plan(&mut self, planned: Planned) {
        let position = self.planned.partition_point(|other| other.due <= planned.due);
        self.planned.insert(position, planned);
    }

    /// Takes some of the callbacks that are still to be sent.
    pub(crate) fn take_callbacks(&mut self, is_chosen: impl Fn(&Callback) -> bool) -> Vec<Callback> {
        let (chosen, kept) = std::mem::take(&mut self.outbox).into_iter().partition(|callback| is_chosen(callback));
        self.outbox = kept;
        chosen
    }
}

/// A UUID version 4 in lower case. `fastrand`, unlike `rand`, can be seeded by whoever simulates whole histories.
pub(crate) fn random_uuid() -> String {
    uuid::Builder::from_u128(fastrand::u128(..))
        .with_version(uuid::Version::Random)
        .with_variant(uuid::Variant::RFC4122)
        .into_uuid()
        .to_string()
}
