//! One invocation's way to the Case: look for an earlier insert, else insert, leaving out what is refused.

use shared::conversation::Closing;
use shared::escalation::{CaseAttempt, CaseReference, Escalation};
use shared::escalation_request::EscalationRequest;
use shared::salesforce::{CurrentSession, Host, Org};
use shared::settings::{ContactPolicy, Settings};
use shared::transcript::{LiveMessage, Transcript};

use crate::CaseCreator;
use crate::insertion::Insertion;
use crate::live;
use crate::record::CasePlan;
use crate::settle::{contact, find, flow_case, forbids_another_until, is_refused};
use crate::trouble::Trouble;

/// The name, among what was left out, of the Contact's lookup.
const CONTACT_LOOKUP: &str = "Contact lookup";
/// The Case, and what was done on the way.
#[derive(Debug)]
pub(crate) struct MadeCase {
    pub(crate) case: CaseReference,
    pub(crate) progress: Progress,
}

/// Why there is none, and what later invocations must know.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    pub(crate) progress: Progress,
}

/// What changes on the way.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The settings that are used; a change of them since then is worth another try.
    pub(crate) settings_version: u64,
    /// Parts that were refused, now or before.
    pub(crate) omitted: Vec<String>,
    /// Those that were refused now, each with its reason.
    pub(crate) degraded: Vec<String>,
    /// An insert whose outcome is not known.
    pub(crate) attempt: Option<CaseAttempt>,
    /// What came of the close that was owed.
    pub(crate) closing: Option<Closing>,
    /// Whether the live conversation was read to its end now.
    pub(crate) is_read_to_its_end: bool,
    /// Whether the organisation's org was left alone for a time that is over.
    pub(crate) was_left_alone: bool,
}

/// Makes or finds the Case of an escalation whose lease we have.
pub(crate) async fn make_case(creator: &CaseCreator, escalation: &Escalation) -> Result<MadeCase, Failure> {
    let mut progress = Progress {
        omitted: escalation.case_creation.omitted.clone(),
        attempt: escalation.case_creation.attempt.clone(),
        ..Progress::default()
    };
    match find_or_insert(creator, escalation, &mut progress).await {
        Ok(case) => Ok(MadeCase { case, progress }),
        Err(trouble) => Err(Failure { trouble, progress }),
    }
}

async fn find_or_insert(
    creator: &CaseCreator,
    escalation: &Escalation,
    progress: &mut Progress,
) -> Result<CaseReference, Trouble> {
    let live = live::said(creator, escalation, progress).await?;
    let now = creator.clock.now();
    let organisation_id = &escalation.organisation_id;
    let pause = creator.store.not_before(organisation_id).await?;
    if let Some(pause) = pause.filter(|pause| pause.at > now) {
        return Err(Trouble::NotBefore(pause.at));
    }
    progress.was_left_alone = pause.is_some();
    let settings = creator.store.settings(organisation_id).await?;
    let settings = settings
        .ok_or_else(|| Trouble::admin("noSettings", "The organisation has no settings.", "PUT its settings."))?;
    progress.settings_version = settings.version;
    let org = org(creator, organisation_id, &settings, progress.attempt.as_ref());
    if let Some(attempt) = &progress.attempt {
        if let Some(case) = find(&org, attempt, escalation.escalation_id).await? {
            return Ok(case);
        }
        if forbids_another_until(attempt) > now {
            return Err(Trouble::NotBefore(forbids_another_until(attempt)));
        }
    } else if let Some(case) = flow_case(&org, escalation).await? {
        return Ok(case);
    }
    let packed = creator.store.transcript(escalation.escalation_id, escalation.transcript.chunks).await?;
    let request = EscalationRequest::unpack(&packed).map_err(|error| Trouble::unreadable(&error.to_string()))?;
    let contact_id = contact_of(&org, &settings, &request, progress).await?;
    let plan = CasePlan {
        escalation_id: escalation.escalation_id,
        settings: &settings.case,
        transcript: transcript(escalation, &request, &live, &settings),
        contact_id: contact_id.as_deref(),
    };
    Insertion::new(creator, &org, escalation, &plan, progress).run().await
}

/// The org of the settings; at the host of an earlier attempt, if there was one.
fn org<'a>(
    creator: &'a CaseCreator,
    organisation_id: &'a str,
    settings: &'a Settings,
    attempt: Option<&CaseAttempt>,
) -> Org<'a> {
    let pinned: Option<Host> = attempt.and_then(|attempt| serde_json::from_value(attempt.host.clone().into()).ok());
    Org {
        salesforce: &creator.salesforce,
        store: &creator.store,
        secrets: &creator.secrets,
        clock: &*creator.clock,
        organisation_id,
        settings: &settings.salesforce,
        host: pinned.unwrap_or_else(|| settings.salesforce.domain.clone()),
        current: CurrentSession::default(),
    }
}

fn transcript<'a>(
    escalation: &Escalation,
    request: &'a EscalationRequest,
    live: &'a [LiveMessage],
    settings: &Settings,
) -> Transcript<'a> {
    Transcript {
        request,
        live,
        accepted_at: escalation.accepted_at,
        why: escalation.reason.map_or("", shared::escalation::CaseReason::sentence),
        next_opening: escalation.decision.as_ref().and_then(|decision| decision.next_opening),
        time_zone: settings.time_zone(),
    }
}

async fn contact_of(
    org: &Org<'_>,
    settings: &Settings,
    request: &EscalationRequest,
    progress: &mut Progress,
) -> Result<Option<String>, Trouble> {
    let wanted =
        settings.case.contact == ContactPolicy::Link && !progress.omitted.iter().any(|part| part == CONTACT_LOOKUP);
    let Some(email) = request.customer.email.as_deref().filter(|email| wanted && email.contains('@')) else {
        return Ok(None);
    };
    match contact(org, email).await {
        Err(error) if is_refused(&error) => {
            progress.omit(vec![CONTACT_LOOKUP.to_owned()], &error.to_string());
            Ok(None)
        }
        found => Ok(found?),
    }
}

impl Progress {
    /// Leaves refused parts out from now on.
    pub(crate) fn omit(&mut self, parts: Vec<String>, code: &str) {
        self.degraded.extend(parts.iter().map(|part| format!("{part}: {code}")));
        self.omitted.extend(parts);
    }
}
