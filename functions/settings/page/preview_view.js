import { bodyOf, mistakesOf, tidied } from "./document.js";
import { button, icon, iconButton, isBusy, make, setBusy } from "./dom.js";
import { failureBox } from "./failure.js";
import { refusalsOf } from "./labels.js";
import { MomentField, labelled } from "./moment_field.js";
import { previewResult } from "./preview_result.js";
import { BUILT_IN, suggestions } from "./suggestions.js";
import { texts } from "./texts.js";

const text = texts.preview;
const SAMPLE = { name: "Ada Lovelace", email: "ada@example.com", phone: "", id: "cus_1" };

/** What would become of an escalation: asked of the router's own code, without sending anything. */
export class PreviewView {
  element;
  #context;
  #moment;
  #inputs = {};
  #rows = make("div", { class: "rows" });
  #known;
  #unsaved = make("input", { type: "checkbox", id: "preview-unsaved", checked: true });
  #result = make("div", { class: "result", role: "status" }, make("p", { class: "none" }, text.noAnswer));
  #submit = make("button", { type: "submit", class: "filled" }, text.ask);

  constructor(context) {
    this.#context = context;
    const { draft } = context;
    this.#moment = new MomentField(draft.get("/businessHours/timeZone") ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
    this.#known = suggestions(context);
    const properties = draft.value.routingAttributes
      .map(({ attribute }) => attribute)
      .filter((name) => name && !this.#isBuiltIn(name));
    for (const name of new Set(properties)) this.#rows.append(this.#propertyRow(name));
    this.element = this.#frame(draft.changes().length > 0);
  }

  shown() {}

  #isBuiltIn(name) {
    return BUILT_IN.includes(name);
  }

  #frame(hasChanges) {
    const heading = make("div", { class: "view-head" }, make("h1", { tabindex: "-1" }, text.title), make("p", {}, text.about));
    const unsaved = make(
      "div",
      { class: "field check", hidden: !hasChanges },
      this.#unsaved,
      make("label", { for: "preview-unsaved" }, text.unsaved),
    );
    const ask = (event) => {
      event.preventDefault();
      this.#ask();
    };
    const form = make(
      "form",
      { class: "card", novalidate: true, onsubmit: ask },
      this.#moment.element,
      this.#customer(),
      unsaved,
      make("div", {}, this.#submit),
    );
    const answer = make(
      "section",
      { class: "card answer", "aria-labelledby": "preview-answer" },
      make("h2", { id: "preview-answer" }, text.result),
      this.#result,
    );
    return make("div", { class: "view preview" }, heading, make("div", { class: "two" }, form, answer));
  }

  #customer() {
    const field = (name, value = SAMPLE[name]) =>
      labelled(text[name], (this.#inputs[name] = make("input", { type: "text", value, autocomplete: "off" })));
    const reason = make(
      "select",
      {},
      Object.entries(text.reasons).map(([value, name]) => make("option", { value }, name)),
    );
    this.#inputs.reason = reason;
    const add = () => {
      this.#rows.append(this.#propertyRow(""));
      this.#rows.lastElementChild.querySelector("input").focus();
    };
    return make(
      "fieldset",
      {},
      make("legend", {}, text.customer),
      make("div", { class: "columns" }, field("name"), field("email"), field("id"), field("phone")),
      make("div", { class: "columns" }, labelled(text.reason, reason), field("language", "en_US")),
      field("subject", ""),
      make("h2", { class: "minor" }, text.properties),
      this.#rows,
      this.#known.element,
      button(text.add, add, { class: "quiet small" }),
    );
  }

  #propertyRow(name) {
    const property = make("input", { type: "text", value: name, list: this.#known.id, autocomplete: "off" });
    const value = make("input", { type: "text", autocomplete: "off" });
    const add = () => this.#rows.parentElement.querySelector("button.quiet");
    const remove = () => {
      row.remove();
      add().focus();
    };
    const removing = iconButton("remove", text.removeProperty(name), remove);
    property.addEventListener("input", () => removing.setAttribute("aria-label", text.removeProperty(property.value)));
    const row = make(
      "div",
      { class: "mapping", role: "group", "aria-label": text.propertyRow(this.#rows.children.length + 1) },
      labelled(text.property, property),
      make("span", { class: "arrow", "aria-hidden": "true" }, "="),
      labelled(text.value, value),
      removing,
    );
    return row;
  }

  #question(at) {
    const { draft } = this.#context;
    const value = (name) => this.#inputs[name].value.trim();
    const facts = Object.keys(SAMPLE)
      .filter((name) => value(name) !== "")
      .map((name) => [name, value(name)]);
    const rows = [...this.#rows.children].map((row) => [...row.querySelectorAll("input")].map((input) => input.value.trim()));
    const properties = Object.fromEntries(rows.filter(([name, value]) => name !== "" && value !== ""));
    const optional = ["language", "subject"].filter((name) => value(name) !== "").map((name) => [name, value(name)]);
    return {
      at: at.toISOString(),
      customer: { ...Object.fromEntries(facts), properties },
      reason: value("reason"),
      ...Object.fromEntries(optional),
      ...(this.#asksUnsaved() ? { settings: bodyOf(tidied(draft.value), draft.secret) } : {}),
    };
  }

  #asksUnsaved() {
    return this.#unsaved.checked && this.#context.draft.changes().length > 0;
  }

  /** As the API would tell them, if it could see them. */
  #mistakes() {
    if (!this.#asksUnsaved()) return [];
    const mistakes = mistakesOf(tidied(this.#context.draft.value), texts.case.twice);
    return mistakes.map(({ pointer, detail }) => ({ pointer: `/settings${pointer}`, detail }));
  }

  async #ask() {
    if (isBusy(this.#submit)) return;
    const at = this.#moment.value;
    if (at === null) return this.#result.replaceChildren(make("p", { class: "error" }, text.badMoment));
    const mistakes = this.#mistakes();
    if (mistakes.length > 0) return this.#result.replaceChildren(refusal(mistakes));
    setBusy(this.#submit, true, text.asking);
    try {
      const zone = this.#context.draft.get("/businessHours/timeZone") ?? this.#moment.zone;
      this.#result.replaceChildren(previewResult(await this.#context.api.preview(this.#question(at)), at, zone));
    } catch (error) {
      const isRefused = error.errors?.length > 0;
      this.#result.replaceChildren(isRefused ? refusal(error.errors) : failureBox(error, () => this.#ask()));
    }
    setBusy(this.#submit, false, text.ask);
  }
}

/** Which fields of the question, or of the settings in it, can't be so. */
function refusal(errors) {
  const items = refusalsOf(errors).map(({ name, detail }) => make("li", {}, `${name}: ${detail}`));
  return make(
    "div",
    { class: "notice failed", role: "alert" },
    icon("failed"),
    make("div", {}, make("p", {}, make("strong", {}, text.refused)), make("ul", {}, items)),
  );
}
