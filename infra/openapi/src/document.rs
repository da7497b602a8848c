//! The description as a whole.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};

use crate::events::{CONVERSATION_EVENT, split};
use crate::operation::Operation;
use crate::samples::Sample;
use crate::schemas::{Schemas, of};
use crate::{object, problems};

const DESCRIPTION: &str = include_str!("description.md");

/// All operations, each with the samples that belong to it.
pub(crate) struct Document {
    operations: Vec<(Operation, Vec<Sample>)>,
}

impl Document {
    /// Fails if a sample belongs to no operation.
    pub(crate) fn new(operations: Vec<Operation>, samples: Vec<Sample>) -> anyhow::Result<Self> {
        let mut operations: Vec<_> = operations.into_iter().map(|operation| (operation, Vec::new())).collect();
        let mut router: BTreeMap<&str, matchit::Router<usize>> = BTreeMap::new();
        for (index, (operation, _)) in operations.iter().enumerate() {
            router.entry(operation.method).or_default().insert(operation.path, index)?;
        }
        for mut sample in samples {
            let path = sample.path.trim_end_matches('/').to_owned();
            let matched = router.get(sample.method.as_str()).and_then(|paths| paths.at(&path).ok());
            let matched = matched.with_context(|| format!("{} belongs to no operation", sample.name))?;
            sample.path_parameters = matched.params.iter().map(|(name, value)| (name.into(), value.into())).collect();
            operations[*matched.value].1.push(sample);
        }
        Ok(Self { operations })
    }

    pub(crate) fn finish(self) -> anyhow::Result<Value> {
        let mut schemas = Schemas::new();
        let (mut paths, mut responses) = (Map::new(), BTreeMap::new());
        for (operation, samples) in &self.operations {
            let described = operation.describe(&mut schemas, &samples.iter().collect::<Vec<_>>())?;
            let methods = paths.entry(operation.path).or_insert_with(|| json!({}));
            let method = operation.method.to_ascii_lowercase();
            ensure!(methods.get(&method).is_none(), "{method} {} is described twice", operation.path);
            methods[method] = described;
            responses.extend(
                operation.problems().into_values().map(|codes| (problems::name(&codes), problems::describe(&codes))),
            );
        }
        schemas.answer(of::<conversation_relay::event::CustomerEvent>);
        schemas.answer(of::<shared::problem::ProblemBody<'_>>);
        let mut definitions = schemas.definitions()?;
        split(&mut definitions)?;
        ensure!(definitions.contains_key(CONVERSATION_EVENT), "no events");
        Ok(json!({
            "openapi": "3.1.0",
            "info": info(),
            "servers": [server()],
            "tags": tags(),
            "paths": paths,
            "components": {
                "securitySchemes": security_schemes(),
                "responses": object(responses),
                "schemas": definitions,
            },
        }))
    }
}

fn info() -> Value {
    json!({
        "title": "Fullview escalations for Salesforce",
        "summary": "Hands a support AI's conversation over to people who work in Salesforce.",
        "description": DESCRIPTION,
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache License 2.0", "identifier": "Apache-2.0" },
    })
}

fn server() -> Value {
    json!({
        "url": "https://{host}",
        "description": "Where it is deployed.",
        "variables": { "host": { "default": "api.fullview.example", "description": "The parameter `ApiEndpoint` of the template." } },
    })
}

fn tags() -> Value {
    let tags = [
        ("Escalations", "For the backend of the support AI: one request hands a conversation over."),
        (
            "Conversations",
            "For the customer's chat, with the token of its conversation. Any page may ask: each answer has `Access-Control-Allow-Origin: *`.",
        ),
        ("Settings", "For an organisation's admin, and for the page `/settings/`."),
        ("Organisations", "For Fullview: organisations and their keys."),
        ("Callbacks", "For the organisation's Salesforce org: what its own flow did."),
        ("Pages", "What a browser loads."),
        ("Preflights", "What a browser asks before a page of another origin may call a conversation."),
    ];
    tags.map(|(name, description)| json!({ "name": name, "description": description })).to_vec().into()
}

fn security_schemes() -> Value {
    let schemes = [
        ("platformKey", "Fullview's own key. It opens every organisation."),
        ("organisationKey", "A key of one organisation, which opens that one alone."),
        ("escalationsToken", "An escalations token of the organisation, as its org's *Fullview Settings* have it."),
        (
            "conversationToken",
            "The `conversationToken` of an escalation. It opens that conversation, until 24 hours after its final status.",
        ),
    ];
    object(
        schemes.map(|(name, description)| {
            (name, json!({ "type": "http", "scheme": "bearer", "description": description }))
        }),
    )
}
