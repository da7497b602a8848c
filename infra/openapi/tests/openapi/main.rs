//! What the description promises.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use openapi::{FILE, description, operations, samples};
use serde_json::Value;

mod bodies;
mod generator;
mod schema;

const TEMPLATE: &str = include_str!("../../../template.yaml");

fn kept() -> Value {
    serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap()
}

#[test]
fn the_kept_description_is_the_one_that_the_code_makes() {
    let kept = std::fs::read_to_string(FILE).unwrap();
    assert!(kept == description().unwrap(), "infra/openapi.json is not what the code says: run `cargo openapi`");
}

#[test]
fn each_route_of_the_template_is_described_with_its_function_and_nothing_else_is() {
    let template: Value = serde_saphyr::from_str(TEMPLATE).unwrap();
    let mut routes = BTreeSet::new();
    for resource in template["Resources"].as_object().unwrap().values() {
        let properties = &resource["Properties"];
        for event in properties["Events"].as_object().into_iter().flatten().map(|(_, event)| event) {
            if event["Type"] == "Api" {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let route = &event["Properties"];
                routes.insert((text(&properties["FunctionName"]), text(&route["Method"]), text(&route["Path"])));
            }
        }
    }
    let text = |text: &str| text.to_owned();
    let described = operations().into_iter();
    let described = described.map(|operation| (text(operation.function), text(operation.method), text(operation.path)));
    assert_eq!(described.collect::<BTreeSet<_>>(), routes);
}

#[test]
fn each_request_among_the_samples_is_an_example() {
    let description = kept();
    let mut named = BTreeMap::new();
    for operations in description["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            for file in operation["x-sample-events"].as_array().into_iter().flatten() {
                named.insert(file.as_str().unwrap().to_owned(), operation);
            }
        }
    }
    let samples = samples::read().unwrap();
    assert_eq!(named.len(), samples.len());
    for sample in samples {
        let operation = named[&format!("events/{}.json", sample.name)];
        let media_types = operation["requestBody"]["content"].as_object().into_iter().flatten();
        let examples: Vec<_> = media_types.filter_map(|(_, content)| content["examples"].get(&sample.name)).collect();
        let has_body = operation.get("requestBody").is_some();
        assert_eq!(examples.len(), usize::from(has_body), "{}", sample.name);
        let is_json = sample.headers.get("content-type").is_some_and(|is| is == "application/json");
        if let (Some(body), Some(example), true) = (&sample.body, examples.first(), is_json) {
            assert_eq!(example["value"], serde_json::from_slice::<Value>(body).unwrap(), "{}", sample.name);
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let in_path = parameters.filter(|parameter| parameter["in"] == "path");
        assert!(
            in_path.into_iter().all(|parameter| parameter["examples"].get(&sample.name).is_some()),
            "{}",
            sample.name
        );
    }
}

#[test]
fn each_example_is_valid() {
    let description = kept();
    let mut examples = 0;
    let mut check = |described: &Value| {
        for (name, example) in described["examples"].as_object().into_iter().flatten() {
            assert_eq!(
                schema::errors(&description, &described["schema"], &example["value"]),
                Vec::<String>::new(),
                "{name}"
            );
            examples += 1;
        }
    };
    for operations in description["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            operation["requestBody"]["content"]
                .as_object()
                .into_iter()
                .flatten()
                .for_each(|(_, content)| check(content));
            operation["parameters"].as_array().into_iter().flatten().for_each(&mut check);
        }
    }
    assert!(examples > 50, "{examples}");
}

#[test]
fn each_operation_has_a_name_of_its_own() {
    let description = kept();
    let paths = description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let names: BTreeSet<_> = paths.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations().len());
}
