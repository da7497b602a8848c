//! Remembers the names of customer properties, for the admin's drop-down; an escalation never fails because of them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use shared::escalation_request::EscalationRequest;

use crate::EscalationIntake;

/// How many names an instance knows, before it starts anew.
const MOST_KNOWN: usize = 10_000;

/// Names of customer properties that this instance has stored in this month: most callers send the same ones again and again.
#[derive(Clone, Debug, Default)]
pub struct KnownProperties(Arc<Mutex<HashSet<String>>>);

impl KnownProperties {
    /// Those of the names that are not known.
    fn unknown<'a>(&self, scope: &str, names: impl Iterator<Item = &'a String>) -> Vec<String> {
        let known = self.lock();
        names.filter(|name| !known.contains(&format!("{scope}#{name}"))).cloned().collect()
    }

    fn add(&self, scope: &str, names: &[String]) {
        let mut known = self.lock();
        if known.len() + names.len() > MOST_KNOWN {
            known.clear();
        }
        known.extend(names.iter().map(|name| format!("{scope}#{name}")));
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EscalationIntake {
    /// Remembers the names of a request's customer properties; only the names.
    pub(crate) async fn remember_customer_properties(&self, organisation_id: &str, request: &EscalationRequest) {
        let now = self.clock.now();
        let scope = scope(organisation_id, now);
        let names = self.known_properties.unknown(&scope, request.customer.properties.iter().map(|(name, _)| name));
        if names.is_empty() {
            return;
        }
        match self.store.add_customer_properties(organisation_id, names.clone(), now).await {
            Ok(()) => self.known_properties.add(&scope, &names),
            Err(error) => {
                tracing::warn!(%error, organisationId = organisation_id, "customer properties not remembered");
            }
        }
    }
}

/// They are stored for each calendar month.
fn scope(organisation_id: &str, now: DateTime<Utc>) -> String {
    format!("{organisation_id}#{}", now.format("%Y-%m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    #[test]
    fn a_name_is_stored_once_a_month_for_each_organisation() {
        let known = KnownProperties::default();
        let (november, december) = (at("2026-11-30T23:59:59Z"), at("2026-12-01T00:00:00Z"));
        let names = ["plan".to_owned(), "seats".to_owned()];
        known.add(&scope("acme", november), &names[..1]);
        assert_eq!(known.unknown(&scope("acme", november), names.iter()), ["seats"]);
        assert_eq!(known.unknown(&scope("acme", december), names.iter()).len(), 2);
        assert_eq!(known.unknown(&scope("other", november), names.iter()).len(), 2);
    }

    #[test]
    fn an_instance_does_not_remember_without_end() {
        let known = KnownProperties::default();
        for number in 0..=MOST_KNOWN {
            known.add("acme", &[number.to_string()]);
        }
        assert_eq!(known.lock().len(), 1);
    }
}
