//! One invocation's way to the Case: look for an earlier insert, else insert, leaving out what is refused.

use chrono_tz::Tz;
use serde_json::Value;
use shared::escalation::{By, CaseAttempt, CaseReference, Escalation, Mechanism};
use shared::escalation_request::EscalationRequest;
use shared::salesforce::{Host, Org, OrgError, Refusal, SalesforceError};
use shared::settings::{ContactPolicy, Settings};
use shared::store::{Change, StoreError};
use shared::transcript::Transcript;

use crate::CaseCreator;
use crate::record::{CasePlan, FILE, FILE_PART};
use crate::refusal::{Remedy, remedy};
use crate::settle::{contact, find, forbids_another_until, is_refused, late_commit_until};
use crate::trouble::Trouble;

/// The name, among what was left out, of the Contact's lookup.
const CONTACT_LOOKUP: &str = "Contact lookup";
/// Every refusal takes a part away, so the loop ends by itself; this only bounds it.
const MAX_INSERTS: usize = 12;

/// The Case, and what was left out of it.
#[derive(Debug, PartialEq)]
pub(crate) struct MadeCase {
    pub(crate) case: CaseReference,
    pub(crate) degraded: Vec<String>,
}

/// Why there is none, and what later invocations must know.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) trouble: Trouble,
    /// The settings that were used; a change of them since then is worth another try.
    pub(crate) settings_version: u64,
    /// Parts that were refused, now or before.
    pub(crate) omitted: Vec<String>,
    /// Those that were refused now, each with its reason.
    pub(crate) degraded: Vec<String>,
    /// An insert whose outcome is not known.
    pub(crate) attempt: Option<CaseAttempt>,
}

/// What changes on the way.
struct Progress {
    settings_version: u64,
    omitted: Vec<String>,
    degraded: Vec<String>,
    attempt: Option<CaseAttempt>,
}

/// Makes or finds the Case of an escalation whose lease we have.
pub(crate) async fn make_case(creator: &CaseCreator, escalation: &Escalation) -> Result<MadeCase, Failure> {
    let mut progress = Progress {
        settings_version: 0,
        omitted: escalation.case_creation.omitted.clone(),
        degraded: Vec::new(),
        attempt: escalation.case_creation.attempt.clone(),
    };
    match find_or_insert(creator, escalation, &mut progress).await {
        Ok(case) => Ok(MadeCase { case, degraded: progress.degraded }),
        Err(trouble) => Err(Failure {
            trouble,
            settings_version: progress.settings_version,
            omitted: progress.omitted,
            degraded: progress.degraded,
            attempt: progress.attempt,
        }),
    }
}

async fn find_or_insert(
    creator: &CaseCreator,
    escalation: &Escalation,
    progress: &mut Progress,
) -> Result<CaseReference, Trouble> {
    let now = creator.clock.now();
    let organisation_id = &escalation.organisation_id;
    if let Some(pause) = creator.store.not_before(organisation_id).await?.filter(|pause| pause.at > now) {
        return Err(Trouble::NotBefore(pause.at));
    }
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
    }
    let packed = creator.store.transcript(escalation.escalation_id, escalation.transcript.chunks).await?;
    let request = EscalationRequest::unpack(&packed).map_err(|error| Trouble::unreadable(&error.to_string()))?;
    let contact_id = contact_of(&org, &settings, &request, progress).await?;
    let plan = CasePlan {
        escalation_id: escalation.escalation_id,
        settings: &settings.case,
        transcript: transcript(escalation, &request, &settings),
        contact_id: contact_id.as_deref(),
    };
    insert(creator, &org, escalation, &plan, progress).await
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
    }
}

fn transcript<'a>(escalation: &Escalation, request: &'a EscalationRequest, settings: &Settings) -> Transcript<'a> {
    let zone = settings.business_hours.as_ref().and_then(|hours| hours.time_zone.parse().ok());
    Transcript {
        request,
        accepted_at: escalation.accepted_at,
        why: escalation.reason.map_or("", shared::escalation::CaseReason::sentence),
        next_opening: escalation.decision.as_ref().and_then(|decision| decision.next_opening),
        time_zone: zone.unwrap_or(Tz::UTC),
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

async fn insert(
    creator: &CaseCreator,
    org: &Org<'_>,
    escalation: &Escalation,
    plan: &CasePlan<'_>,
    progress: &mut Progress,
) -> Result<CaseReference, Trouble> {
    let organisation_id = &escalation.organisation_id;
    let mut mechanism = mechanism(creator, organisation_id, progress).await?;
    let earlier = progress.attempt.clone();
    for _ in 0..MAX_INSERTS {
        let attempt = CaseAttempt { mechanism, host: org.host.as_str().to_owned(), at: creator.clock.now() };
        store_attempt(creator, escalation, &attempt).await?;
        progress.attempt = Some(attempt.clone());
        let parts = plan.parts(mechanism, &progress.omitted);
        let optional = optional_parts(plan, &parts, &progress.omitted);
        let sent = org
            .call(async |salesforce, session| {
                salesforce.composite(session, &parts, plan.settings.assignment_rule).await
            })
            .await;
        let refusals = match sent {
            Ok(bodies) => return made(&bodies),
            Err(OrgError::Salesforce(SalesforceError::Refused(refusals))) if !is_transient(&refusals) => refusals,
            Err(error) => {
                let trouble = Trouble::from(error);
                if !trouble.is_outcome_unknown() {
                    progress.attempt = earlier;
                    return Err(trouble);
                }
                let found = find(org, &attempt, escalation.escalation_id).await;
                return found.ok().flatten().ok_or(trouble);
            }
        };
        match remedy(&refusals, &optional, mechanism) {
            Remedy::Omit(parts) => progress.omit(parts, &code(&refusals)),
            Remedy::UseSubjectReference => {
                if let Some(until) =
                    earlier.as_ref().map(late_commit_until).filter(|until| *until > creator.clock.now())
                {
                    progress.attempt = earlier;
                    return Err(Trouble::NotBefore(until));
                }
                mechanism = Mechanism::SubjectReference;
                progress.degraded.push("external-id field: the Subject carries the reference instead".into());
                let (version, now) = (progress.settings_version, creator.clock.now());
                creator.store.put_lacks_external_id_field(organisation_id, version, now).await?;
            }
            Remedy::LookForIt => {
                let unseen = Trouble::later("DUPLICATE_VALUE, but our Case is not to be seen yet");
                return find(org, &attempt, escalation.escalation_id).await?.ok_or(unseen);
            }
            Remedy::Admin(stuck) => {
                progress.attempt = earlier;
                return Err(Trouble::Admin(stuck));
            }
        }
    }
    progress.attempt = earlier;
    Err(Trouble::later("too many parts were refused"))
}

/// That of an earlier attempt whose outcome is unknown; else the field, unless the org was found without it.
async fn mechanism(creator: &CaseCreator, organisation_id: &str, progress: &Progress) -> Result<Mechanism, StoreError> {
    if let Some(attempt) = &progress.attempt {
        return Ok(attempt.mechanism);
    }
    let (version, now) = (progress.settings_version, creator.clock.now());
    let lacks_field = creator.store.lacks_external_id_field(organisation_id, version, now).await?;
    Ok(if lacks_field { Mechanism::SubjectReference } else { Mechanism::ExternalIdField })
}

async fn store_attempt(creator: &CaseCreator, escalation: &Escalation, attempt: &CaseAttempt) -> Result<(), Trouble> {
    let Some(lease) = &escalation.lease else { return Err(Trouble::later("no lease")) };
    let change = creator.store.change(escalation.escalation_id, |stored| {
        let is_ours = stored.is_held_by(lease.id) && stored.case_creation.attempt.as_ref() != Some(attempt);
        if is_ours {
            stored.case_creation.attempt = Some(attempt.clone());
        }
        is_ours
    });
    match change.await? {
        Change::Saved(_) => Ok(()),
        Change::Declined(stored) if stored.case_creation.attempt.as_ref() == Some(attempt) => Ok(()),
        _ => Err(Trouble::later("the lease was lost")),
    }
}

fn made(bodies: &[Value]) -> Result<CaseReference, Trouble> {
    let id = bodies.first().and_then(|case| case["id"].as_str());
    let number = bodies.last().and_then(|case| case["CaseNumber"].as_str()).map(str::to_owned);
    let unread = Trouble::Later { detail: "an answer without a Case id".into(), pause: None, outcome_unknown: true };
    Ok(CaseReference { id: id.ok_or(unread)?.to_owned(), number, by: By::Us })
}

fn optional_parts(plan: &CasePlan<'_>, parts: &[shared::salesforce::Subrequest], omitted: &[String]) -> Vec<String> {
    let fields = plan.optional_fields().into_iter().map(|(name, _)| name).filter(|name| !omitted.contains(name));
    let file = parts.iter().any(|part| part.reference_id == FILE_PART).then(|| FILE.to_owned());
    fields.chain(file).collect()
}

fn is_transient(refusals: &[Refusal]) -> bool {
    SalesforceError::Refused(refusals.to_vec()).is_transient()
}

fn code(refusals: &[Refusal]) -> String {
    refusals.first().map_or("UNKNOWN".to_owned(), |refusal| refusal.code.clone())
}

impl Progress {
    fn omit(&mut self, parts: Vec<String>, code: &str) {
        self.degraded.extend(parts.iter().map(|part| format!("{part}: {code}")));
        self.omitted.extend(parts);
    }
}
