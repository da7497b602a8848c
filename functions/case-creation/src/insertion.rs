//! Inserts the Case, leaving out what is refused, and remembers an insert whose outcome it does not learn.

use serde_json::Value;
use shared::case_fields::shortened;
use shared::escalation::{By, CaseAttempt, CaseReference, Escalation, Mechanism};
use shared::salesforce::{Org, OrgError, Refusal, SalesforceError, Subrequest};
use shared::store::{Change, StoreError};

use crate::CaseCreator;
use crate::attempt::Progress;
use crate::record::{CasePlan, FILE, FILE_PART};
use crate::refusal::{Remedy, remedy};
use crate::settle::{find, late_commit_until};
use crate::trouble::Trouble;

/// Every refusal takes a part away, so the loop ends by itself; this only bounds it.
const MAX_INSERTS: usize = 12;

/// One invocation's inserts.
pub(crate) struct Insertion<'a> {
    creator: &'a CaseCreator,
    org: &'a Org<'a>,
    escalation: &'a Escalation,
    plan: &'a CasePlan<'a>,
    progress: &'a mut Progress,
    /// An insert of an earlier invocation whose outcome is not known.
    earlier: Option<CaseAttempt>,
}

/// What an insert led to.
enum Step {
    Done(CaseReference),
    Again(Mechanism),
}

impl<'a> Insertion<'a> {
    pub(crate) fn new(
        creator: &'a CaseCreator,
        org: &'a Org<'a>,
        escalation: &'a Escalation,
        plan: &'a CasePlan<'a>,
        progress: &'a mut Progress,
    ) -> Self {
        let earlier = progress.attempt.clone();
        Self { creator, org, escalation, plan, progress, earlier }
    }

    /// Inserts until it is done, or until there is nothing more to leave out.
    pub(crate) async fn run(mut self) -> Result<CaseReference, Trouble> {
        let mut mechanism = self.mechanism().await?;
        for _ in 0..MAX_INSERTS {
            match self.insert(mechanism).await? {
                Step::Done(case) => return Ok(case),
                Step::Again(next) => mechanism = next,
            }
        }
        Err(self.not_done(Trouble::later("too many parts were refused")))
    }

    /// That of an earlier insert whose outcome is unknown; else the field, unless the org was found without it.
    async fn mechanism(&self) -> Result<Mechanism, StoreError> {
        if let Some(earlier) = &self.earlier {
            return Ok(earlier.mechanism);
        }
        let (version, now) = (self.progress.settings_version, self.creator.clock.now());
        let store = &self.creator.store;
        let lacks_field = store.lacks_external_id_field(&self.escalation.organisation_id, version, now).await?;
        Ok(if lacks_field { Mechanism::SubjectReference } else { Mechanism::ExternalIdField })
    }

    async fn insert(&mut self, mechanism: Mechanism) -> Result<Step, Trouble> {
        let host = self.org.host.as_str().to_owned();
        let attempt = CaseAttempt { mechanism, host, at: self.creator.clock.now() };
        self.store(&attempt).await?;
        self.progress.attempt = Some(attempt.clone());
        let parts = self.plan.parts(mechanism, &self.progress.omitted);
        let auto_assign = self.plan.settings.assignment_rule;
        match self.org.call(async |salesforce, session| salesforce.composite(session, &parts, auto_assign).await).await
        {
            Ok(bodies) => {
                self.progress.degraded.extend(shortened(&self.plan.transcript.request.customer));
                made(&bodies).map(Step::Done)
            }
            Err(OrgError::Salesforce(error @ SalesforceError::Refused(_))) if error.is_transient() => {
                Err(self.not_done(error.into()))
            }
            Err(OrgError::Salesforce(SalesforceError::Refused(refusals))) => {
                self.refused(&refusals, &self.optional(&parts), &attempt).await
            }
            Err(error) => self.unsettled(error.into(), &attempt).await,
        }
    }

    async fn refused(
        &mut self,
        refusals: &[Refusal],
        optional: &[String],
        attempt: &CaseAttempt,
    ) -> Result<Step, Trouble> {
        match remedy(refusals, optional, attempt.mechanism) {
            Remedy::Omit(parts) => {
                let code = refusals.first().map_or("UNKNOWN", |refusal| &refusal.code);
                self.progress.omit(parts, code);
                Ok(Step::Again(attempt.mechanism))
            }
            Remedy::UseSubjectReference => self.use_subject_reference().await,
            Remedy::LookForIt => {
                let unseen = Trouble::later("DUPLICATE_VALUE, but our Case is not to be seen yet");
                let found = find(self.org, attempt, self.escalation.escalation_id).await?;
                found.map(|case| Step::Done(CaseReference { by: self.holder(), ..case })).ok_or(unseen)
            }
            Remedy::Admin(stuck) => Err(self.not_done(Trouble::Admin(stuck))),
        }
    }

    /// Whose Case it is that refuses ours: without an earlier insert of ours, it is that of a flow which fills in our field.
    fn holder(&self) -> By {
        if self.earlier.is_some() { By::Us } else { By::SalesforceFlow }
    }

    /// Not before an earlier insert with the field, which can't be looked for without it, is certainly over.
    async fn use_subject_reference(&mut self) -> Result<Step, Trouble> {
        let now = self.creator.clock.now();
        if let Some(until) = self.earlier.as_ref().map(late_commit_until).filter(|until| *until > now) {
            return Err(self.not_done(Trouble::NotBefore(until)));
        }
        self.progress.degraded.push("external-id field: the Subject carries the reference instead".into());
        let (organisation_id, version) = (&self.escalation.organisation_id, self.progress.settings_version);
        self.creator.store.put_lacks_external_id_field(organisation_id, version, now).await?;
        Ok(Step::Again(Mechanism::SubjectReference))
    }

    /// Neither done nor refused: found after all, or left for later.
    async fn unsettled(&mut self, trouble: Trouble, attempt: &CaseAttempt) -> Result<Step, Trouble> {
        if !trouble.is_outcome_unknown() {
            return Err(self.not_done(trouble));
        }
        let found = find(self.org, attempt, self.escalation.escalation_id).await;
        found.ok().flatten().map(Step::Done).ok_or(trouble)
    }

    /// The last insert did nothing: only the outcome of the earlier one is not known.
    fn not_done(&mut self, trouble: Trouble) -> Trouble {
        self.progress.attempt.clone_from(&self.earlier);
        trouble
    }

    async fn store(&self, attempt: &CaseAttempt) -> Result<(), Trouble> {
        let lost = || Trouble::later("the lease was lost");
        let lease = self.escalation.lease.as_ref().ok_or_else(lost)?;
        let is_stored = |escalation: &Escalation| escalation.case_creation.attempt.as_ref() == Some(attempt);
        let change = self.creator.store.change(self.escalation.escalation_id, |stored| {
            let is_ours = stored.is_held_by(lease.id) && !is_stored(stored);
            if is_ours {
                stored.case_creation.attempt = Some(attempt.clone());
            }
            is_ours
        });
        match change.await? {
            Change::Saved(_) => Ok(()),
            Change::Declined(stored) if is_stored(&stored) => Ok(()),
            Change::Declined(_) | Change::Missing => Err(lost()),
        }
    }

    /// The optional parts that were sent.
    fn optional(&self, parts: &[Subrequest]) -> Vec<String> {
        let fields = self.plan.fields().into_iter().map(|(name, _)| name);
        let fields = fields.filter(|name| !self.progress.omitted.contains(name));
        let file = parts.iter().any(|part| part.reference_id == FILE_PART).then(|| FILE.to_owned());
        fields.chain(file).collect()
    }
}

fn made(bodies: &[Value]) -> Result<CaseReference, Trouble> {
    let id = bodies.first().and_then(|case| case["id"].as_str());
    let number = bodies.last().and_then(|case| case["CaseNumber"].as_str()).map(str::to_owned);
    let unread = Trouble::Later { detail: "an answer without a Case id".into(), pause: None, outcome_unknown: true };
    Ok(CaseReference { id: id.ok_or(unread)?.to_owned(), number, by: By::Us })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_case_s_id_and_number_are_in_the_first_and_the_last_body() {
        let bodies =
            [json!({ "id": "500x", "success": true }), json!({ "id": "068x" }), json!({ "CaseNumber": "00001027" })];
        let case = made(&bodies).unwrap();
        assert_eq!((case.id.as_str(), case.number.as_deref()), ("500x", Some("00001027")));
    }

    #[test]
    fn an_answer_that_cannot_be_read_leaves_the_outcome_unknown() {
        assert!(made(&[json!({})]).unwrap_err().is_outcome_unknown());
    }
}
