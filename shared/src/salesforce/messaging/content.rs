//! Messages of every type as plain text, with their links and the answers that they offer.
//!
//! Sure, by Salesforce's published schema and the samples of its Messaging API guide: the bodies (`staticContent`, `choices`,
//! `form`) and the members that are read of the formats Text, `RichLink`, Attachments, `WebView`, Buttons, `QuickReplies`,
//! Carousel, `ListPicker`, `DisplayableOptions`, Links and Inputs. Inferred: that a custom client gets no others, and that what a
//! format has in common with these means the same in it. So a message is read by its members, whatever its format is called, and
//! a new format shows what it shares with the old ones.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use url::Url;

/// What is told of a message in which nothing can be read.
const UNREADABLE: &str = "Something was sent that this chat cannot show.";

/// What a message says. It has no `Debug`.
#[derive(Clone, Default, PartialEq)]
pub struct Content {
    /// Plain text, in lines; empty if the message has none.
    pub text: String,
    /// The links beside the text. Those in it are not taken out.
    pub links: Vec<Link>,
    /// The answers that it offers.
    pub choices: Vec<Choice>,
}

/// A link.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// What to show for it; the URL if it has no title.
    pub title: String,
    /// An http or https URL.
    pub url: String,
}

/// An answer that is offered.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Choice {
    /// What to show for it, and to send when it is chosen.
    pub label: String,
}

impl Content {
    /// Reads an `abstractMessage`.
    #[must_use]
    pub fn of(message: &Value) -> Self {
        let bodies = ["staticContent", "choices", "form"].map(|name| &message[name]);
        let Some(body) = bodies.into_iter().find(|body| body.is_object()) else { return Self::default() };
        Self { text: text(body), links: links(body), choices: choices(body) }
    }

    /// What is shown of a message that has nothing to read.
    #[must_use]
    pub fn unreadable() -> Self {
        Self { text: UNREADABLE.to_owned(), ..Self::default() }
    }

    /// All of it as plain text: the links with their addresses, and the answers that it offers.
    #[must_use]
    pub fn written(&self) -> String {
        let links = self.links.iter().map(|Link { title, url }| match title {
            title if title == url => url.clone(),
            title => format!("{title}: {url}"),
        });
        let choices = self.choices.iter().map(|choice| format!("[{}]", choice.label));
        let text = (!self.text.is_empty()).then(|| self.text.clone());
        text.into_iter().chain(links).chain(choices).collect::<Vec<_>>().join("\n")
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.links.is_empty() && self.choices.is_empty()
    }
}

fn text(body: &Value) -> String {
    let title = if body["url"].is_string() { &Value::Null } else { &body["title"] };
    let heads =
        [title, &body["contentHeader"], &body["formTitle"], &body["text"], &body["textContent"], &body["message"]];
    let cards = items(&body["items"]).map(|card| &card["titleItem"]);
    let sections = items(&body["sections"]).filter_map(section);
    let mut seen = HashSet::new();
    let lines = heads.into_iter().chain(cards).filter_map(wording).chain(sections);
    lines.filter(|line| seen.insert(line.clone())).collect::<Vec<_>>().join("\n")
}

/// A text, a title with its subtitles, or a prompt.
fn wording(value: &Value) -> Option<String> {
    if let Some(text) = words(value) {
        return Some(text.to_owned());
    }
    let title = words(&value["title"]).or_else(|| words(&value["body"]));
    let subtitles = ["subTitle", "secondarySubTitle", "tertiarySubTitle"].map(|name| words(&value[name]));
    let all: Vec<_> = title.into_iter().chain(subtitles.into_iter().flatten()).collect();
    (!all.is_empty()).then(|| all.join(" – "))
}

/// A field of a form, with what can be picked in it; or the heading of some options.
fn section(section: &Value) -> Option<String> {
    let input = &section["input"];
    let Some(label) = wording(&input["label"]).or_else(|| wording(&input["titleItem"])) else {
        return wording(&section["title"]);
    };
    let options: Vec<_> = items(&input["optionItems"]).filter_map(title).collect();
    Some(if options.is_empty() { format!("- {label}") } else { format!("- {label} ({})", options.join(", ")) })
}

fn links(body: &Value) -> Vec<Link> {
    let page = link(None, wording(&body["title"]).as_deref(), &body["url"]);
    let single = std::iter::once(&body["linkItem"]).filter(|item| item.is_object());
    let plain = ["linkItems", "links", "actions"].into_iter().flat_map(|name| items(&body[name]));
    let plain = single.chain(plain).filter_map(|item| link(None, title(item), &item["url"]));
    let of_cards = cards(body).filter_map(|(card, item)| link(card, title(item), &item["url"]));
    page.into_iter().chain(plain).chain(of_cards).collect()
}

fn choices(body: &Value) -> Vec<Choice> {
    let of_sections = items(&body["sections"]).flat_map(|section| items(&section["optionItems"]));
    let options = items(&body["optionItems"]).chain(of_sections).filter_map(title);
    let values = items(&body["options"]).filter_map(|option| words(&option["value"]));
    let plain = options.chain(values).map(str::to_owned);
    let of_cards = cards(body).filter(|(_, item)| !item["url"].is_string());
    let of_cards = of_cards.filter_map(|(card, item)| Some(labelled(card, title(item)?)));
    plain.chain(of_cards).map(|label| Choice { label }).collect()
}

/// What can be clicked on the cards of a carousel, with its card's title: every card may have the same buttons.
fn cards(body: &Value) -> impl Iterator<Item = (Option<&str>, &Value)> {
    items(&body["items"]).flat_map(|card| {
        let buttons = ["interactionItems", "linkItems"].into_iter().flat_map(|name| items(&card[name]));
        buttons.map(|button| (title(card), button))
    })
}

fn link(card: Option<&str>, title: Option<&str>, url: &Value) -> Option<Link> {
    let url = Url::parse(url.as_str()?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let url = String::from(url);
    Some(Link { title: title.map_or_else(|| url.clone(), |title| labelled(card, title)), url })
}

fn labelled(card: Option<&str>, label: &str) -> String {
    card.map_or_else(|| label.to_owned(), |card| format!("{card}: {label}"))
}

/// What an option, a link or a card is called.
fn title(item: &Value) -> Option<&str> {
    [&item["titleItem"]["title"], &item["title"], &item["label"]].into_iter().find_map(words)
}

fn words(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn titled(title: &str) -> Value {
        json!({ "itemType": "TitleItem", "title": title, "subTitle": null, "secondarySubTitle": null, "referenceId": null })
    }

    fn option(title: &str) -> Value {
        json!({ "itemType": "TitleOptionItem", "titleItem": titled(title), "optionIdentifier": "o1", "optionId": null })
    }

    fn link_item(title: &str, url: &str) -> Value {
        json!({ "itemType": "TitleLinkItem", "titleItem": titled(title), "url": url })
    }

    fn shown(static_content: &Value) -> Content {
        Content::of(&json!({ "messageType": "StaticContentMessage", "id": "m1", "staticContent": static_content }))
    }

    fn offered(choices: &Value) -> Content {
        Content::of(&json!({ "messageType": "ChoicesMessage", "id": "m1", "references": null, "choices": choices }))
    }

    fn asked(form: &Value) -> Content {
        Content::of(&json!({ "messageType": "FormMessage", "id": "m1", "references": null, "form": form }))
    }

    fn check(content: &Content, text: &str, links: &[(&str, &str)], choices: &[&str]) {
        assert_eq!(content.text, text);
        let found: Vec<_> = content.links.iter().map(|link| (link.title.as_str(), link.url.as_str())).collect();
        assert_eq!(found, links);
        let labels: Vec<_> = content.choices.iter().map(|choice| choice.label.as_str()).collect();
        assert_eq!(labels, choices);
    }

    #[test]
    fn a_text_is_itself_and_its_addresses_stay_in_it() {
        let content = shown(&json!({ "formatType": "Text", "text": "See\nhttps://a.example " }));
        check(&content, "See\nhttps://a.example ", &[], &[]);
    }

    #[test]
    fn a_rich_link_is_a_link_with_its_title_or_its_address() {
        let image = json!({ "assetType": "ImageAsset", "assetUrl": "https://a.example/i.png" });
        let rich = |item: Value| json!({ "formatType": "RichLink", "image": image, "linkItem": item });
        let content = shown(&rich(link_item("Our prices", "https://a.example/prices")));
        check(&content, "", &[("Our prices", "https://a.example/prices")], &[]);
        let content = shown(&rich(json!({ "url": "http://a.example" })));
        check(&content, "", &[("http://a.example/", "http://a.example/")], &[]);
    }

    #[test]
    fn a_web_view_is_a_link() {
        let body = json!({ "formatType": "WebView", "url": "https://a.example/?x=1", "title": titled("How was it?") });
        check(&shown(&body), "", &[("How was it?", "https://a.example/?x=1")], &[]);
    }

    #[test]
    fn several_links_are_several_links() {
        let action = json!({ "actionType": "LinkAction", "label": "B", "url": "https://b.example/" });
        let call = json!({ "actionType": "PhoneCallAction", "label": "C" });
        let items = [link_item("A", "https://a.example/")];
        let body =
            json!({ "formatType": "Buttons", "text": "Read more", "linkItems": items, "actions": [action, call] });
        check(&shown(&body), "Read more", &[("A", "https://a.example/"), ("B", "https://b.example/")], &[]);
        let body = json!({ "formatType": "Links", "links": [{ "url": "https://a.example/" }] });
        check(&shown(&body), "", &[("https://a.example/", "https://a.example/")], &[]);
    }

    #[test]
    fn only_web_addresses_are_links() {
        for url in
            ["javascript:alert(1)", "data:text/html,x", "ftp://a.example/", "/relative", "tel:112", "", "https://"]
        {
            let body = json!({ "formatType": "RichLink", "linkItem": link_item("Click", url) });
            assert!(shown(&body).is_empty(), "{url}");
        }
    }

    #[test]
    fn buttons_and_quick_replies_are_choices() {
        for format in ["Buttons", "QuickReplies"] {
            let options = [option("Order"), option("Invoice")];
            let body = json!({ "formatType": format, "text": "What is it about?", "optionItems": options });
            check(&offered(&body), "What is it about?", &[], &["Order", "Invoice"]);
        }
    }

    #[test]
    fn a_card_of_a_carousel_is_named_in_each_of_its_buttons() {
        let card = |title: &str, subtitle: &str, buttons: Value| {
            let title_item =
                json!({ "itemType": "TitleImageItem", "imageId": "i1", "title": title, "subTitle": subtitle });
            json!({ "titleItem": title_item, "interactionItems": buttons })
        };
        let cards = [
            card("Basic", "9 a month", json!([option("Choose"), link_item("Details", "https://a.example/basic")])),
            card("Pro", "", json!([option("Choose")])),
        ];
        let body = json!({ "formatType": "Carousel", "title": "Our plans", "images": [], "items": cards });
        let links = [("Basic: Details", "https://a.example/basic")];
        let text = "Our plans\nBasic – 9 a month\nPro";
        check(&offered(&body), text, &links, &["Basic: Choose", "Pro: Choose"]);
    }

    #[test]
    fn lists_of_options_are_choices_wherever_their_titles_are() {
        let picker = |title: &str, options: Value| json!({ "formatType": "x", "title": title, "optionItems": options });
        check(&offered(&picker("Pick one", json!([option("A")]))), "Pick one", &[], &["A"]);
        let displayable = json!({ "title": "A", "alias": "1", "optionIdentifier": "o1" });
        check(&offered(&picker("Pick one", json!([displayable]))), "Pick one", &[], &["A"]);
        let values = json!([{ "optionIdentifier": "o1", "value": "Today" }, { "value": { "day": 2 } }]);
        let body = json!({ "formatType": "ExperienceType", "message": "When?", "options": values });
        check(&offered(&body), "When?", &[], &["Today"]);
        let sections = [json!({ "title": "Drinks", "optionItems": [option("Tea")] })];
        let body = json!({ "formatType": "ListPicker", "message": titled("Menu"), "sections": sections });
        check(&asked(&body), "Menu\nDrinks", &[], &["Tea"]);
    }

    #[test]
    fn a_form_is_its_questions() {
        let field = |input: Value| json!({ "sectionType": "SingleInputSection", "input": input });
        let sizes = [option("S"), option("M")];
        let sections = [
            field(json!({ "inputType": "TextInput", "label": titled("Name") })),
            field(json!({ "inputType": "OptionPickerInput", "label": titled("Size"), "optionItems": sizes })),
            field(json!({ "inputType": "StaticTitle", "titleItem": titled("That is all") })),
        ];
        let title = titled("About you");
        let body = json!({ "formatType": "Inputs", "formTitle": title, "message": title, "sections": sections });
        check(&asked(&body), "About you\n- Name\n- Size (S, M)\n- That is all", &[], &[]);
    }

    #[test]
    fn in_what_is_unknown_there_is_nothing_to_read() {
        let bodies = [
            json!({ "messageType": "PaymentRequestMessage", "paymentRequest": { "text": "x" } }),
            json!({ "messageType": "StaticContentMessage", "staticContent": { "formatType": "CancelAction" } }),
            json!({ "messageType": "StaticContentMessage", "staticContent": "Hello" }),
            Value::Null,
        ];
        assert!(bodies.iter().all(|message| Content::of(message).is_empty()));
    }

    #[test]
    fn a_new_format_shows_what_it_shares_with_the_known_ones() {
        let body =
            json!({ "formatType": "SomethingNew", "text": "Hello", "mood": 7, "optionItems": [option("Hi"), 7, null] });
        check(&offered(&body), "Hello", &[], &["Hi"]);
    }

    const NAMES: [&str; 23] = [
        "abstractMessage",
        "attachments",
        "choices",
        "displayName",
        "entries",
        "form",
        "id",
        "input",
        "interactionItems",
        "items",
        "label",
        "linkItem",
        "linkItems",
        "links",
        "name",
        "operation",
        "optionItems",
        "participant",
        "sections",
        "staticContent",
        "text",
        "title",
        "url",
    ];
    const WORDS: [&str; 5] = ["https://a.example/", "add", "remove", "Agent", ""];

    /// JSON with the names and words that are read, in any place.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,9}".prop_map(Value::from),
            prop::sample::select(&WORDS[..]).prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 5, |inner| {
            let member = (prop::sample::select(&NAMES[..]).prop_map(str::to_owned), inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Value::from),
                prop::collection::vec(member, 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_and_every_link_is_of_the_web(message in any_json()) {
            let content = Content::of(&message);
            prop_assert!(content.links.iter().all(|link| link.url.starts_with("http") && !link.title.is_empty()));
            prop_assert!(content.choices.iter().all(|choice| !choice.label.trim().is_empty()));
        }
    }
}
