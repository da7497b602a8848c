//! After all has its outcome, a customer is erased: in new trouble, and while a chat of theirs is open.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use shared::escalation::Escalation;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::{Play, come_back};
use crate::customer::Customer;

/// What was late has come by then.
const LATEST: Duration = Duration::from_mins(10);

impl Play {
    /// What is left of one customer, after the erasure was answered.
    pub(super) async fn erase(&self, escalations: &[Escalation]) -> Vec<String> {
        let Some(customer) = self.to_be_erased(escalations) else { return Vec::new() };
        let organisation = &customer.plan.organisation;
        let Some(admin) = self.admins.iter().find(|admin| admin.organisation.name == *organisation) else {
            return vec![format!("{organisation} has no admin")];
        };
        self.realm.dice.calm(false);
        let chat = spawn_local(come_back(Arc::clone(customer)));
        let status = admin.erase(&customer.plan.name).await;
        self.realm.dice.calm(true);
        drop(chat.await);
        sleep(LATEST).await;
        let own = escalations.iter().filter(|own| own.conversation_id == customer.plan.name);
        let ids = own.map(|own| own.escalation_id.to_string());
        let names: Vec<_> = ids.chain([format!("\"{}\"", customer.plan.name)]).collect();
        let mut left = self.items_that_name(&names);
        left.extend((status != 200).then(|| format!("the erasure was answered with {status}")));
        left
    }

    /// One of those to whom nothing is owed any more.
    fn to_be_erased(&self, escalations: &[Escalation]) -> Option<&Arc<Customer>> {
        let is_over = |own: &Escalation| own.status.is_final() && own.next_due().is_none();
        let is_ready = |customer: &&Arc<Customer>| {
            let mut own = escalations.iter().filter(|own| own.conversation_id == customer.plan.name).peekable();
            own.peek().is_some() && own.all(is_over)
        };
        let ready: Vec<_> = self.customers.iter().filter(is_ready).collect();
        self.realm.dice.about("who is erased").choice(ready)
    }

    fn items_that_name(&self, names: &[String]) -> Vec<String> {
        let table = self.realm.table();
        let texts = table.items_of("").map(|item| Value::from(item.clone()).to_string());
        texts.filter(|text| names.iter().any(|name| text.contains(name))).collect()
    }
}
