//! One method of one path.

use std::collections::BTreeMap;

use anyhow::Context as _;
use conversation_relay::files;
use futures_util::FutureExt as _;
use lambda_http::Body;
use lambda_http::http::Request;
use serde_json::{Value, json};
use shared::problem::Code;

use crate::answer::Answer;
use crate::parameter::Parameter;
use crate::samples::Sample;
use crate::schemas::{SchemaOf, Schemas};
use crate::{object, problems, reference};

/// One method of one path of the API.
pub struct Operation {
    /// The function that answers.
    pub function: &'static str,
    /// Its method, in upper case.
    pub method: &'static str,
    /// Its path pattern, as in `infra/template.yaml`.
    pub path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: Option<&'static str>,
    security: Security,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    answers: Vec<Answer>,
    codes: Vec<Code>,
}

/// What opens an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    Nothing,
    PlatformKey,
    /// The platform's too.
    OrganisationKey,
    EscalationsToken,
    ConversationToken,
}

/// A function's operations of one kind.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    pub(crate) function: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) security: Security,
    /// What any of them may answer.
    pub(crate) codes: &'static [Code],
}

struct RequestBody {
    media_type: &'static str,
    schema: SchemaOf,
}

/// What any body may be refused for.
const CODES_OF_BODIES: [Code; 3] = [Code::BodyTooLarge, Code::MalformedJson, Code::InvalidRequest];

impl Group {
    pub(crate) fn operation(
        self,
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Operation {
        Operation {
            function: self.function,
            method,
            path,
            id,
            tag: self.tag,
            summary,
            description: None,
            security: self.security,
            parameters: Parameter::of_path(path),
            body: None,
            answers: Vec::new(),
            codes: self.codes.to_vec(),
        }
    }
}

impl Operation {
    /// Whatever its path names, it answers alike.
    pub(crate) fn of_anything(self) -> Self {
        Self { parameters: self.parameters.into_iter().map(Parameter::with_any_value).collect(), ..self }
    }

    pub(crate) fn about(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }

    pub(crate) fn takes(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    pub(crate) fn body(self, schema: SchemaOf) -> Self {
        self.body_of("application/json", schema).refuses(&CODES_OF_BODIES)
    }

    pub(crate) fn form(self, schema: SchemaOf) -> Self {
        self.body_of("multipart/form-data", schema).refuses(&[Code::BodyTooLarge, Code::InvalidRequest])
    }

    fn body_of(self, media_type: &'static str, schema: SchemaOf) -> Self {
        Self { body: Some(RequestBody { media_type, schema }), ..self }
    }

    pub(crate) fn answers(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    pub(crate) fn refuses(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// The codes of its error answers, by status.
    pub(crate) fn problems(&self) -> BTreeMap<u16, Vec<Code>> {
        problems::by_status(&self.codes)
    }

    pub(crate) fn describe(&self, schemas: &mut Schemas, samples: &[&Sample]) -> anyhow::Result<Value> {
        let mut described = json!({
            "operationId": self.id, "tags": [self.tag], "summary": self.summary,
            "security": self.security.describe(), "responses": self.responses(schemas),
        });
        let description = self.description.unwrap_or_default();
        if !description.is_empty() {
            described["description"] = description.into();
        }
        if !self.parameters.is_empty() {
            described["parameters"] = self.parameters.iter().map(|parameter| parameter.describe(samples)).collect();
        }
        if let Some(body) = &self.body {
            described["requestBody"] = body.describe(schemas, samples)?;
        }
        if !samples.is_empty() {
            let files: Vec<_> = samples.iter().map(|sample| format!("events/{}.json", sample.name)).collect();
            described["x-sample-events"] = json!(files);
        }
        Ok(described)
    }

    fn responses(&self, schemas: &mut Schemas) -> Value {
        let mut responses = BTreeMap::new();
        for answer in &self.answers {
            responses.insert(answer.status, answer.describe(schemas));
        }
        for (status, codes) in self.problems() {
            responses.insert(status, reference("responses", &problems::name(&codes)));
        }
        object(responses.into_iter().map(|(status, response)| (status.to_string(), response)))
    }
}

impl Security {
    /// Each alternative, with what it needs.
    fn describe(self) -> Value {
        match self {
            Self::Nothing => json!([]),
            Self::PlatformKey => json!([{ "platformKey": [] }]),
            Self::OrganisationKey => json!([{ "organisationKey": [] }, { "platformKey": [] }]),
            Self::EscalationsToken => json!([{ "escalationsToken": [] }]),
            Self::ConversationToken => json!([{ "conversationToken": [] }]),
        }
    }
}

impl RequestBody {
    fn describe(&self, schemas: &mut Schemas, samples: &[&Sample]) -> anyhow::Result<Value> {
        let mut content = json!({ "schema": schemas.request(self.schema) });
        let mut examples = Vec::new();
        for sample in samples {
            if let Some(value) = self.value(sample).with_context(|| sample.name.clone())? {
                examples.push((sample.name.clone(), json!({ "value": value })));
            }
        }
        if !examples.is_empty() {
            content["examples"] = object(examples);
        }
        Ok(json!({ "required": true, "content": object([(self.media_type, content)]) }))
    }

    /// What a sample sends.
    fn value(&self, sample: &Sample) -> anyhow::Result<Option<Value>> {
        let Some(body) = &sample.body else { return Ok(None) };
        if self.media_type == "application/json" {
            return Ok(Some(serde_json::from_slice(body)?));
        }
        let request =
            sample.headers.iter().fold(Request::builder(), |request, (name, value)| request.header(name, value));
        let upload = files::parse(&request.body(Body::from(body.clone()))?).now_or_never();
        let upload = upload.and_then(Result::ok).context("not the form of a file")?;
        Ok(Some(json!({ "id": upload.id, "file": String::from_utf8(upload.bytes)? })))
    }
}
