//! What the local stack needs of a SAM template: tables, secrets, functions, routes and the schedule.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value, json};

use crate::iam::{Permission, permissions};

mod names;

pub(crate) use names::Names;

/// `infra/template.yaml`, the template that is deployed.
pub const TEMPLATE: &str = include_str!("../../template.yaml");

/// The resources of a SAM template, with parameters and references resolved.
#[derive(Debug, Default)]
pub(crate) struct Template {
    /// Each `AWS::Serverless::Function`.
    pub(crate) functions: Vec<Function>,
    /// Each `Api` event of a function.
    pub(crate) routes: Vec<Route>,
    /// Each `ScheduleV2` event of a function.
    pub(crate) schedules: Vec<Scheduled>,
    /// What the functions may do.
    pub(crate) permissions: Vec<Permission>,
    /// Each `AWS::DynamoDB::Table`.
    pub(crate) tables: Vec<Table>,
    /// Each `AWS::SecretsManager::Secret`.
    pub(crate) secrets: Vec<Secret>,
    /// The `GatewayResponses` of the `AWS::Serverless::Api`, by their type.
    pub(crate) gateway_responses: GatewayResponses,
    /// The `BinaryMediaTypes` of the `AWS::Serverless::Api`, for example `multipart/form-data`.
    pub(crate) binary_media_types: Vec<String>,
}

/// Answers of the gateway's own, by their type, such as `REQUEST_TOO_LARGE`.
pub(crate) type GatewayResponses = BTreeMap<String, GatewayResponse>;

/// An `AWS::Serverless::Function`.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// `FunctionName`, also the name of its binary.
    pub(crate) name: String,
    /// How long one invocation may take; 3 s if the template names none.
    pub(crate) timeout: Duration,
    /// `MemorySize` in MB, told to the function but not enforced.
    pub(crate) memory_mb: u64,
    /// `Environment`, with that of `Globals`.
    pub(crate) environment: BTreeMap<String, String>,
    /// `ReservedConcurrentExecutions`: how many instances may run at a time; none if that depends on a condition, since this machine
    /// is no account.
    pub(crate) concurrency: Option<usize>,
    /// `MaximumEventAgeInSeconds`: how long an asynchronous event waits for an instance, 60 s if the template says nothing.
    pub(crate) maximum_event_age: Duration,
}

/// A method and path of the API and the function behind it.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// HTTP method in upper case.
    pub(crate) method: String,
    /// Path with parameters in braces, for example `/v1/organisations/{organisationId}`.
    pub(crate) path: String,
    /// Name of the function.
    pub(crate) function: String,
    /// `ResponseTransferMode` is `RESPONSE_STREAM`, as SAM calls API Gateway's `STREAM`: the function answers with a stream, and only so.
    pub(crate) is_streamed: bool,
    /// `TimeoutInMillis`: how long the integration may take, to the end of its stream if it streams.
    pub(crate) timeout: Option<Duration>,
}

/// A function that `EventBridge` Scheduler invokes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scheduled {
    /// Name of the function.
    pub(crate) function: String,
    /// `Input`: the event that it gets, which is JSON.
    pub(crate) input: String,
}

/// An `AWS::DynamoDB::Table`.
#[derive(Debug)]
pub(crate) struct Table {
    /// `TableName`, else the logical id.
    pub(crate) name: String,
    /// The request of `CreateTable`.
    pub(crate) create: Value,
    /// Attribute that holds the time to live.
    pub(crate) time_to_live: Option<String>,
}

/// An `AWS::SecretsManager::Secret` with `GenerateSecretString`.
#[derive(Debug)]
pub(crate) struct Secret {
    /// `Name`, else the logical id.
    pub(crate) name: String,
    /// `PasswordLength` in characters; 32 if the template names none.
    pub(crate) length: usize,
}

/// An answer of the gateway's own, in place of its default.
#[derive(Clone, Debug)]
pub(crate) struct GatewayResponse {
    /// `StatusCode`.
    pub(crate) status: u16,
    /// `Headers`, by their name.
    pub(crate) headers: BTreeMap<String, String>,
    /// The template for JSON, without variables.
    pub(crate) body: String,
}

impl Template {
    /// Reads a template, whose `parameters` override the defaults in it.
    ///
    /// Fails if it is no YAML, or if a needed value is missing or made with an intrinsic function that [`Names`] does not know.
    pub(crate) fn parse(yaml: &str, parameters: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let document: Value = serde_saphyr::from_str(yaml).context("the template is no YAML")?;
        let names = Names::new(&document, parameters);
        let mut template = Self::default();
        for (id, resource) in members(&document["Resources"]) {
            template.add(id, resource, &document, &names).with_context(|| format!("resource {id} of the template"))?;
        }
        Ok(template)
    }

    fn add(&mut self, id: &str, resource: &Value, document: &Value, names: &Names) -> anyhow::Result<()> {
        let properties = &resource["Properties"];
        match resource["Type"].as_str() {
            Some("AWS::DynamoDB::Table") => self.tables.push(table(id, properties, names)?),
            Some("AWS::SecretsManager::Secret") => self.secrets.push(secret(id, properties, names)?),
            Some("AWS::Serverless::Function") => {
                let function = function(id, properties, &document["Globals"]["Function"], names)?;
                self.permissions.extend(permissions(&function.name, properties, names)?);
                self.functions.push(function);
                self.add_events(&properties["Events"])?;
            }
            Some("AWS::Serverless::Api") => {
                for (kind, response) in members(&properties["GatewayResponses"]) {
                    self.gateway_responses.insert(kind.clone(), gateway_response(response).context(kind.clone())?);
                }
                let types = properties["BinaryMediaTypes"].as_array().into_iter().flatten().filter_map(Value::as_str);
                self.binary_media_types.extend(types.map(|media_type| media_type.replace("~1", "/")));
            }
            _ => {}
        }
        Ok(())
    }

    fn add_events(&mut self, events: &Value) -> anyhow::Result<()> {
        let function = self.functions.last().map(|function| function.name.clone()).unwrap_or_default();
        for (id, event) in members(events) {
            match event["Type"].as_str() {
                Some("Api") => self.routes.push(route(&event["Properties"], &function).context(id.clone())?),
                Some("ScheduleV2") => {
                    self.schedules.push(scheduled(&event["Properties"], &function).context(id.clone())?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn gateway_response(response: &Value) -> anyhow::Result<GatewayResponse> {
    let headers = members(&response["ResponseParameters"]["Headers"])
        .filter_map(|(name, quoted)| Some((name.clone(), quoted.as_str()?.trim_matches('\'').to_owned())));
    Ok(GatewayResponse {
        status: response["StatusCode"].as_str().and_then(|status| status.parse().ok()).context("no StatusCode")?,
        headers: headers.collect(),
        body: response["ResponseTemplates"]["application/json"].as_str().context("no template for JSON")?.to_owned(),
    })
}

fn table(id: &str, properties: &Value, names: &Names) -> anyhow::Result<Table> {
    let name = names.optional(&properties["TableName"])?.unwrap_or_else(|| id.to_owned());
    let mut create = Map::from_iter([("TableName".to_owned(), json!(name))]);
    for member in ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"] {
        if let Some(value) = properties.get(member) {
            create.insert(member.to_owned(), value.clone());
        }
    }
    let time_to_live = properties["TimeToLiveSpecification"]["AttributeName"].as_str().map(str::to_owned);
    Ok(Table { name, create: create.into(), time_to_live })
}

fn secret(id: &str, properties: &Value, names: &Names) -> anyhow::Result<Secret> {
    let name = names.optional(&properties["Name"])?.unwrap_or_else(|| id.to_owned());
    let length = properties["GenerateSecretString"]["PasswordLength"].as_u64().unwrap_or(32);
    Ok(Secret { name, length: usize::try_from(length)? })
}

fn function(id: &str, properties: &Value, globals: &Value, names: &Names) -> anyhow::Result<Function> {
    let setting = |name: &str| properties.get(name).or_else(|| globals.get(name));
    let number = |name: &str, default: u64| setting(name).and_then(Value::as_u64).unwrap_or(default);
    let mut environment = BTreeMap::new();
    for source in [globals, properties] {
        for (variable, value) in members(&source["Environment"]["Variables"]) {
            environment.insert(variable.clone(), names.resolve(value).context(variable.clone())?);
        }
    }
    Ok(Function {
        name: names.optional(&properties["FunctionName"])?.unwrap_or_else(|| id.to_owned()),
        timeout: Duration::from_secs(number("Timeout", 3)),
        memory_mb: number("MemorySize", 128),
        environment,
        concurrency: setting("ReservedConcurrentExecutions")
            .and_then(Value::as_u64)
            .map(usize::try_from)
            .transpose()?,
        maximum_event_age: Duration::from_secs(
            properties["EventInvokeConfig"]["MaximumEventAgeInSeconds"].as_u64().unwrap_or(60),
        ),
    })
}

fn scheduled(properties: &Value, function: &str) -> anyhow::Result<Scheduled> {
    let input = properties["Input"].as_str().context("no Input")?.to_owned();
    Ok(Scheduled { function: function.to_owned(), input })
}

fn route(properties: &Value, function: &str) -> anyhow::Result<Route> {
    let text = |name: &str| properties[name].as_str().map(str::to_owned).ok_or_else(|| anyhow!("{name} is missing"));
    Ok(Route {
        method: text("Method")?.to_uppercase(),
        path: text("Path")?,
        function: function.to_owned(),
        is_streamed: properties["ResponseTransferMode"] == "RESPONSE_STREAM",
        timeout: properties["TimeoutInMillis"].as_u64().map(Duration::from_millis),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::KEY_POLICIES;

    fn deployed() -> Template {
        let parameters = [("ApiEndpoint", "http://127.0.0.1:9000"), ("PlatformKeySha256", "00")];
        Template::parse(TEMPLATE, &parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into()).unwrap()
    }

    #[test]
    fn every_function_is_told_the_table_the_prefix_the_key_the_address_and_how_long_data_is_kept() {
        for function in deployed().functions {
            let environment: Vec<_> = function.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let mut expected = vec![
                "API_ENDPOINT=http://127.0.0.1:9000",
                "AUDIT_RETENTION_DAYS=400",
                "OUTCOME_RETENTION_DAYS=90",
                "PLATFORM_KEY_SHA256=00",
                "RESTART_NUMBER=0",
                "SECRETS_PREFIX=fullview/",
                "TABLE_NAME=Table",
                "TRANSCRIPT_RETENTION_DAYS=90",
            ];
            if function.name == "settings" {
                expected.insert(5, "SECRETS_KMS_KEY_ID=Key");
            }
            assert_eq!(environment, expected, "{}", function.name);
        }
    }

    #[test]
    fn a_logical_id_is_the_function_name_in_pascal_case() {
        let document: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
        for (id, resource) in members(&document["Resources"]).filter(|(id, _)| id.ends_with("Function")) {
            let name = resource["Properties"]["FunctionName"].as_str().unwrap();
            let pascal: String = name
                .split('-')
                .map(|word| word[..1].to_uppercase() + &word[1..])
                .chain(["Function".to_owned()])
                .collect();
            assert_eq!(*id, pascal);
            assert_eq!(resource["Properties"]["CodeUri"], format!("../functions/{name}"));
        }
    }

    #[test]
    fn a_hinted_function_is_not_retried_and_its_event_is_at_most_60_seconds_old() {
        let document: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
        for id in ["BusinessHoursRouterFunction", "CaseCreationFunction", "EscalationRecoveryFunction"] {
            let config = &document["Resources"][id]["Properties"]["EventInvokeConfig"];
            assert_eq!(*config, json!({ "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0 }), "{id}");
        }
    }

    #[test]
    fn the_table_and_the_secret_of_the_deployed_template_are_read() {
        let template = deployed();
        assert_eq!(template.tables[0].name, "Table");
        assert_eq!(template.tables[0].time_to_live.as_deref(), Some("expiresAt"));
        assert_eq!(template.tables[0].create["GlobalSecondaryIndexes"].as_array().unwrap().len(), 3);
        assert_eq!(template.secrets[0].name, "fullview/conversation-token-key");
        assert!(template.secrets[0].length >= 43);
        let tick = Scheduled { function: "escalation-recovery".to_owned(), input: "{}".to_owned() };
        assert_eq!(template.schedules, [tick]);
    }

    #[test]
    fn every_function_is_reached_by_the_alias_that_hints_are_sent_to() {
        let document: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
        assert_eq!(document["Globals"]["Function"]["AutoPublishAlias"], "live");
        for (id, resource) in members(&document["Resources"]).filter(|(id, _)| id.ends_with("Function")) {
            let policies = resource["Properties"]["Policies"].to_string();
            assert_eq!(policies.matches(":function:").count(), policies.matches(":live\"").count(), "{id}");
        }
    }

    #[test]
    fn what_the_gateway_refuses_by_itself_is_a_problem_whose_status_is_its_own_and_which_any_page_may_read() {
        let responses = deployed().gateway_responses;
        assert!(responses.contains_key("DEFAULT_4XX") && responses.contains_key("DEFAULT_5XX"));
        for (kind, response) in responses {
            let body: Value = serde_json::from_str(&response.body).unwrap();
            assert_eq!(body["status"], response.status, "{kind}");
            assert_eq!(response.headers["Content-Type"], "application/problem+json", "{kind}");
            assert_eq!(response.headers["Access-Control-Allow-Origin"], "*", "{kind}");
            assert_eq!(response.headers["Access-Control-Expose-Headers"], "retry-after", "{kind}");
            assert_eq!(response.headers.contains_key("Retry-After"), [429, 503].contains(&response.status), "{kind}");
        }
    }

    #[test]
    fn a_reference_without_a_value_is_an_error_that_names_it() {
        let error = Template::parse(TEMPLATE, &BTreeMap::new()).unwrap_err();
        assert!(format!("{error:#}").contains("ApiEndpoint"), "{error:#}");
    }

    #[test]
    fn the_only_policies_beside_the_functions_own_statements_are_about_the_key() {
        let document: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
        let is_policy = |resource: &Value| {
            ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"]
                .map(Value::from)
                .contains(&resource["Type"])
        };
        let policies = members(&document["Resources"]).filter(|(_, resource)| is_policy(resource));
        let found: Vec<_> = policies
            .flat_map(|(name, policy)| {
                let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap();
                statements.iter().map(move |statement| (name.as_str(), statement["Action"].as_str().unwrap()))
            })
            .collect();
        assert_eq!(found, KEY_POLICIES.into_iter().zip(["kms:Decrypt", "kms:GenerateDataKey"]).collect::<Vec<_>>());
    }

    #[test]
    fn only_the_function_that_makes_secrets_may_have_new_ones_encrypted() {
        let document: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
        let makers = members(&document["Resources"]).filter(|(_, resource)| {
            let policies = resource["Properties"]["Policies"].as_array();
            policies.into_iter().flatten().any(|policy| policy["Ref"] == KEY_POLICIES[1])
        });
        assert_eq!(makers.map(|(name, _)| name).collect::<Vec<_>>(), ["SettingsFunction"]);
    }
}
