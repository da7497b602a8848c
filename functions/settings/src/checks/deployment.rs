//! Whether a live conversation can be opened through the deployment.

use shared::salesforce::Salesforce;
use shared::salesforce::messaging::{Deployment, DeploymentError};
use shared::settings::{RoutingAttribute, Settings};

use super::routing::{self, routing_attributes};
use super::{CALL_PATIENCE, Check};

const TOKEN: &str = "messagingToken";
const TYPE: &str = "deploymentType";
const QUEUE_POSITION: &str = "queuePosition";
const CHOOSE_CUSTOM_CLIENT: &str = "In Setup, open Embedded Service Deployments, choose New Deployment, Enhanced Chat, then Custom Client, publish it, \
     and paste its install code snippet.";
const SHOW_QUEUE_POSITION: &str =
    "In Setup, open the messaging channel, Queue Wait Time and Position, and set Notification to Queue Position.";

/// All checks of the deployment and of the routing attributes; they are skipped if messaging is not set up.
pub(super) async fn check(salesforce: &Salesforce, settings: &Settings) -> Vec<Check> {
    let rows = &settings.routing_attributes;
    let Some(messaging) = &settings.messaging else { return all_skipped(rows, "Messaging is not set up.") };
    let messaging = salesforce.messaging(messaging);
    match tokio::time::timeout(CALL_PATIENCE, messaging.deployment()).await.unwrap_or(Err(DeploymentError::Unavailable))
    {
        Ok(deployment) => known(&deployment, rows),
        Err(error) => refused(error, rows),
    }
}

fn all_skipped(rows: &[RoutingAttribute], reason: &str) -> Vec<Check> {
    let checks = [TOKEN, TYPE, QUEUE_POSITION].map(|id| Check::skipped(id, reason));
    checks.into_iter().chain(routing::skipped(rows, reason)).collect()
}

fn known(deployment: &Deployment, rows: &[RoutingAttribute]) -> Vec<Check> {
    let mut checks = vec![
        Check::passed(TOKEN, "The deployment gave a customer's token."),
        deployment_type(deployment.is_custom_client),
        queue_position(deployment.has_queue_position),
    ];
    checks.extend(routing_attributes(rows, deployment.hidden_fields.as_deref()));
    checks
}

/// One mistake is told once: the checks that it keeps from running are skipped.
fn refused(error: DeploymentError, rows: &[RoutingAttribute]) -> Vec<Check> {
    let (token, deployment_type) = match error {
        DeploymentError::OtherType => {
            (Check::skipped(TOKEN, "No token is given, because of the deployment's type."), other_type())
        }
        error => (token_refused(error), Check::skipped(TYPE, "No token is given.")),
    };
    let rest = all_skipped(rows, "The deployment is not known.").into_iter().skip(2);
    [token, deployment_type].into_iter().chain(rest).collect()
}

fn token_refused(error: DeploymentError) -> Check {
    let (detail, cure) = match error {
        DeploymentError::UnknownOrganization => (
            "There is no org of this Organization id at the url.".to_owned(),
            "Copy Organization id and url from the deployment's install code snippet: they belong to one org.",
        ),
        DeploymentError::UnknownDeployment => (
            "The org has no deployment of this developer name.".to_owned(),
            "Copy the developer name from the deployment's install code snippet, upper and lower case included, and publish the deployment.",
        ),
        DeploymentError::NotPublished => (
            "The deployment is not published.".to_owned(),
            "In Setup, open Embedded Service Deployments, choose the deployment, and Publish. It can take ten minutes.",
        ),
        DeploymentError::ChannelInactive => (
            "The messaging channel is not active.".to_owned(),
            "In Setup, open Messaging Settings, choose the channel, and Activate.",
        ),
        DeploymentError::NoMessaging => (
            "No Salesforce Messaging answers at the url.".to_owned(),
            "Copy the url from the deployment's install code snippet; it ends with .my.salesforce-scrt.com.",
        ),
        DeploymentError::Refused(status) => (
            format!("Salesforce gives no token ({status})."),
            "Compare Organization id, developer name and url with the deployment's install code snippet. The deployment must be \
             published and its channel active, without User Verification.",
        ),
        DeploymentError::Limited | DeploymentError::Unavailable | DeploymentError::OtherType => {
            return Check::unknown(
                TOKEN,
                "Salesforce did not answer as it should, or not in time.",
                "Test again in a minute.",
            );
        }
    };
    Check::failed(TOKEN, detail, cure)
}

/// A token is given to a Custom Client's deployment only, by the API that we use.
fn deployment_type(is_custom_client: Option<bool>) -> Check {
    match is_custom_client {
        Some(false) => other_type(),
        Some(true) => Check::passed(TYPE, "It is a Custom Client's."),
        None => Check::passed(TYPE, "The deployment gave a token, as only a Custom Client's does."),
    }
}

fn other_type() -> Check {
    Check::failed(TYPE, "The deployment is not of the type Custom Client.", CHOOSE_CUSTOM_CLIENT)
}

fn queue_position(has_queue_position: Option<bool>) -> Check {
    match has_queue_position {
        Some(true) => Check::passed(QUEUE_POSITION, "Customers see their place in the queue."),
        Some(false) => {
            Check::failed(QUEUE_POSITION, "The channel does not tell the place in the queue.", SHOW_QUEUE_POSITION)
        }
        None => Check::unknown(
            QUEUE_POSITION,
            "Salesforce does not tell whether the channel shows it.",
            SHOW_QUEUE_POSITION,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckResult::{self, Failed, Passed, Skipped, Unknown};
    use super::*;

    fn row() -> Vec<RoutingAttribute> {
        vec![RoutingAttribute { attribute: "plan".into(), value: "Plan".into() }]
    }

    fn results(checks: &[Check]) -> Vec<CheckResult> {
        checks.iter().map(|check| check.result).collect()
    }

    #[test]
    fn one_mistake_is_told_once() {
        assert_eq!(results(&refused(DeploymentError::OtherType, &row())), [Skipped, Failed, Skipped, Skipped]);
        for error in [DeploymentError::UnknownDeployment, DeploymentError::NoMessaging, DeploymentError::Refused(400)] {
            assert_eq!(results(&refused(error, &row())), [Failed, Skipped, Skipped, Skipped], "{error:?}");
        }
        assert_eq!(results(&refused(DeploymentError::Limited, &row()))[0], Unknown);
    }

    #[test]
    fn a_deployment_that_gives_a_token_tells_the_rest_or_leaves_it_open() {
        let told = Deployment {
            is_custom_client: Some(true),
            hidden_fields: Some(vec!["Plan".into()]),
            has_queue_position: Some(true),
        };
        assert_eq!(results(&known(&told, &row())), [Passed; 4]);
        let silent = Deployment { is_custom_client: None, hidden_fields: None, has_queue_position: None };
        assert_eq!(results(&known(&silent, &row())), [Passed, Passed, Unknown, Unknown]);
        let other = Deployment { is_custom_client: Some(false), has_queue_position: Some(false), ..silent };
        assert_eq!(results(&known(&other, &row()))[1..3], [Failed, Failed]);
    }
}
