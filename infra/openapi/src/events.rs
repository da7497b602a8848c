//! The data of each event of a conversation's stream, as a component of its own.

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::reference;

/// The component with the data of any event.
pub(crate) const CONVERSATION_EVENT: &str = "ConversationEvent";
/// The name of the type of which it is made.
const TYPE: &str = "CustomerEvent";

/// Gives each variant of the type a name, by its title.
pub(crate) fn split(definitions: &mut Map<String, Value>) -> anyhow::Result<()> {
    let mut all = definitions.remove(TYPE).context("no events")?;
    let variants = all["anyOf"].as_array_mut().map(std::mem::take).context("no variants")?;
    let mut references = Vec::new();
    for mut variant in variants {
        let title = variant.as_object_mut().and_then(|variant| variant.remove("title"));
        let title = title.as_ref().and_then(Value::as_str).context("an event without a title")?.to_owned();
        references.push(reference("schemas", &title));
        definitions.insert(title, variant);
    }
    let description = "The data of an event: of `status` a `StatusEvent`, and so on. Every member is present.";
    let any = json!({ "description": description, "anyOf": references });
    definitions.insert(CONVERSATION_EVENT.to_owned(), any);
    Ok(())
}
