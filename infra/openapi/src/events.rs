//! The events of a conversation's stream: one component for the data of each, and one for any of them.

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::reference;

/// The component of any event.
pub(crate) const CONVERSATION_EVENT: &str = "ConversationEvent";
/// The name of the type of which it is made.
const TYPE: &str = "CustomerEvent";

/// Gives each variant of the type a name, by its title.
pub(crate) fn split(definitions: &mut Map<String, Value>) -> anyhow::Result<()> {
    let mut all = definitions.remove(TYPE).context("no events")?;
    let variants = all["anyOf"].as_array_mut().map(std::mem::take).context("no variants")?;
    let mut events = Vec::new();
    for mut variant in variants {
        let title = variant.as_object_mut().and_then(|variant| variant.remove("title"));
        let title = title.as_ref().and_then(Value::as_str).context("an event without a title")?.to_owned();
        events.push(event(&title));
        definitions.insert(title, variant);
    }
    let description = "An event of the stream. Of its data, which is JSON, every member is present.";
    let any = json!({ "description": description, "oneOf": events });
    definitions.insert(CONVERSATION_EVENT.to_owned(), any);
    Ok(())
}

/// An event by what is sent of it. Its name is that of its data's component, as in `status` of `StatusEvent`.
fn event(data: &str) -> Value {
    let name = data.trim_end_matches("Event").to_ascii_lowercase();
    let content = reference("schemas", data);
    json!({
        "title": name, "type": "object", "required": ["event", "data"],
        "properties": {
            "event": { "const": name },
            "id": { "type": "string", "description": "With which the client goes on; none if the event is not repeated." },
            "data": { "type": "string", "contentMediaType": "application/json", "contentSchema": content },
        },
    })
}
