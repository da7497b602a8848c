//! Documents made by a schema: at random, with what is optional there or not.

use proptest::prelude::*;
use proptest::string::string_regex;
use serde_json::{Map, Value, json};

use super::schema::resolved;

/// Members whose rules JSON Schema can't say, with values that are valid: by the end of their pointer.
pub(super) type Choices = &'static [(&'static str, &'static [&'static str])];

/// Most elements of an array or members of a map that are made.
const MOST: usize = 3;

pub(super) fn document(description: &'static Value, schema: &Value, choices: Choices) -> BoxedStrategy<Value> {
    Generator { description, choices }.value(schema, "")
}

#[derive(Clone, Copy)]
struct Generator {
    description: &'static Value,
    choices: Choices,
}

impl Generator {
    fn value(self, schema: &Value, pointer: &str) -> BoxedStrategy<Value> {
        if let Some((_, values)) = self.choices.iter().find(|(end, _)| pointer.ends_with(end)) {
            return proptest::sample::select(*values).prop_map(Value::from).boxed();
        }
        let schema = resolved(self.description, schema);
        if let Some(value) = schema.get("const") {
            return Just(value.clone()).boxed();
        }
        for member in ["enum", "anyOf", "oneOf"] {
            if let Some(alternatives) = schema[member].as_array() {
                let is_value = member == "enum";
                let made = alternatives
                    .iter()
                    .map(|one| if is_value { Just(one.clone()).boxed() } else { self.value(one, pointer) });
                return proptest::strategy::Union::new(made.collect::<Vec<_>>()).boxed();
            }
        }
        match &schema["type"] {
            Value::Array(types) => {
                let made = types.iter().map(|kind| self.of_type(kind, schema, pointer));
                proptest::strategy::Union::new(made.collect::<Vec<_>>()).boxed()
            }
            kind => self.of_type(kind, schema, pointer),
        }
    }

    fn of_type(self, kind: &Value, schema: &Value, pointer: &str) -> BoxedStrategy<Value> {
        match kind.as_str().unwrap() {
            "null" => Just(Value::Null).boxed(),
            "boolean" => any::<bool>().prop_map(Value::from).boxed(),
            "integer" => {
                let bound = |name: &str, default| schema[name].as_u64().unwrap_or(default);
                (bound("minimum", 0)..=bound("maximum", 9_999)).prop_map(Value::from).boxed()
            }
            "number" => any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)).boxed(),
            "string" => text(schema),
            "array" => self.array(schema, pointer),
            "object" if schema.get("additionalProperties").is_some() => self.map(schema, pointer),
            "object" => self.object(schema, pointer),
            other => panic!("{other} at {pointer}"),
        }
    }

    fn array(self, schema: &Value, pointer: &str) -> BoxedStrategy<Value> {
        let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
        let element = self.value(&schema["items"], &format!("{pointer}/0"));
        proptest::collection::vec(element, least..=MOST).prop_map(Value::from).boxed()
    }

    fn map(self, schema: &Value, pointer: &str) -> BoxedStrategy<Value> {
        let names = match schema["propertyNames"]["enum"].as_array() {
            Some(names) => {
                let names: Vec<_> = names.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
                proptest::sample::select(names).boxed()
            }
            None => text(&schema["propertyNames"]).prop_map(|name| name.as_str().unwrap().to_owned()).boxed(),
        };
        let value = self.value(&schema["additionalProperties"], &format!("{pointer}/*"));
        let members = proptest::collection::vec((names, value), 0..=MOST);
        members.prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()).boxed()
    }

    fn object(self, schema: &Value, pointer: &str) -> BoxedStrategy<Value> {
        let mut object = Just(Map::new()).boxed();
        for (name, member) in schema["properties"].as_object().unwrap() {
            let is_required = schema["required"].as_array().is_some_and(|required| required.contains(&json!(name)));
            let value = self.value(member, &format!("{pointer}/{name}"));
            let value = if is_required { value.prop_map(Some).boxed() } else { proptest::option::of(value).boxed() };
            let name = name.clone();
            object = (object, value)
                .prop_map(move |(mut object, value)| {
                    object.extend(value.map(|value| (name.clone(), value)));
                    object
                })
                .boxed();
        }
        object.prop_map(Value::from).boxed()
    }
}

fn text(schema: &Value) -> BoxedStrategy<Value> {
    let length = |name: &str, default| schema[name].as_u64().unwrap_or(default);
    let (least, most) = (length("minLength", 0), length("maxLength", 40).min(40));
    let pattern = match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("uuid"), _) => "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}".to_owned(),
        (Some("date"), _) => "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])".to_owned(),
        (Some("date-time"), _) => {
            "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|\\+02:00)".to_owned()
        }
        (Some(other), _) => panic!("format {other}"),
        (None, Some("\\S")) => "[a-z ]{0,9}[!-~]".to_owned(),
        (None, Some(pattern)) => format!("(?-u:{})", pattern.trim_start_matches('^').trim_end_matches('$')),
        (None, None) => format!("(?s:.){{{least},{most}}}"),
    };
    let most = usize::try_from(schema["maxLength"].as_u64().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let made = string_regex(&pattern).unwrap().prop_filter("too long", move |text| text.chars().count() <= most);
    made.prop_map(Value::from).boxed()
}
