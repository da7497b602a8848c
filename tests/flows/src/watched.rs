//! A system in which all outside calls of one function go through gates, so that it can be killed at any of them.

use crate::gate::{Cut, Gate, Steps};
use crate::system::System;

/// A system in which all outside calls of one function go through gates.
pub struct Watched {
    /// The system.
    pub system: System,
    /// The calls.
    pub steps: Steps,
    /// The function's name.
    pub function: &'static str,
    /// The gates, which must live as long as the system.
    pub gates: Vec<Gate>,
    salesforce_host: String,
}

impl Watched {
    /// Starts it. Calls to Salesforce count for organisations whose settings name [`Watched::salesforce_host`].
    pub async fn start(function: &'static str) -> anyhow::Result<Self> {
        let system = System::start().await?;
        let steps = Steps::default();
        let services = [
            ("AWS_ENDPOINT_URL_DYNAMODB", system.stack.dynamodb_url()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", system.stack.secrets_manager_url()),
            ("AWS_ENDPOINT_URL_LAMBDA", system.stack.api_url()),
        ];
        let mut gates = Vec::new();
        for (variable, service) in services {
            let gate = Gate::start(service, &steps).await?;
            system.stack.lambda().set_variable(function, variable, gate.url())?;
            gates.push(gate);
        }
        let salesforce = Gate::start(system.stack.simulator().url(), &steps).await?;
        let salesforce_host = salesforce.url().trim_start_matches("http://").to_owned();
        gates.push(salesforce);
        Ok(Self { system, steps, function, gates, salesforce_host })
    }

    /// Host and port of the gate in front of Salesforce.
    #[must_use]
    pub fn salesforce_host(&self) -> &str {
        &self.salesforce_host
    }

    /// Counts from zero and kills the function at this call, the first being 1.
    pub fn kill_at(&self, call: usize, cut: Cut) {
        self.steps.kill_at(call, cut, self.function, self.system.stack.lambda());
    }
}
