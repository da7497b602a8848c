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
    salesforce: Gate,
    _aws: Vec<Gate>,
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
        let mut aws = Vec::new();
        for (variable, service) in services {
            let gate = Gate::start(service, &steps).await?;
            system.stack.lambda().set_variable(function, variable, gate.url())?;
            aws.push(gate);
        }
        let salesforce = Gate::start(system.stack.simulator().url(), &steps).await?;
        Ok(Self { system, steps, function, salesforce, _aws: aws })
    }

    /// Host and port of the gate in front of Salesforce.
    #[must_use]
    pub fn salesforce_host(&self) -> &str {
        self.salesforce.url().trim_start_matches("http://")
    }

    /// Counts from zero and kills the function at this call, the first being 1.
    pub fn kill_at(&self, call: usize, cut: Cut) {
        self.steps.kill_at(call, cut, self.function, self.system.stack.lambda());
    }
}
