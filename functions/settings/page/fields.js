import { make, newId } from "./dom.js";
import { sentence } from "./failure.js";
import { texts } from "./texts.js";

/**
 * The fields of a page's form: each edits one place of the draft, and shows whether that is changed, and what the API has against it.
 */
export class Fields {
  #draft;
  #fields = [];

  constructor(draft) {
    this.#draft = draft;
  }

  /** The fields that are on the page. */
  alive() {
    this.#fields = this.#fields.filter(({ element }) => element.isConnected);
    return this.#fields;
  }

  /** A line of text. `changedAs` is the pointer under which the draft's changes name it. */
  text({ pointer, label, changedAs, onchange = null, ...options }) {
    const input = make("input", {
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      value: this.#draft.get(pointer) ?? "",
      ...options.attributes,
    });
    input.addEventListener("input", () => {
      this.#draft.set(pointer, input.value);
      onchange?.(input.value);
    });
    return this.add({ pointer, changedAs, label, input, ...options });
  }

  /** One of some values: `choices` are pairs of a value and its text, or elements. */
  select({ pointer, label, choices, changedAs, onchange = null, ...options }) {
    const input = make(
      "select",
      {},
      choices.map((choice) => (Array.isArray(choice) ? make("option", { value: choice[0] }, choice[1]) : choice)),
    );
    input.value = this.#draft.get(pointer) ?? "";
    input.addEventListener("change", () => {
      this.#draft.set(pointer, input.value);
      onchange?.(input.value);
    });
    return this.add({ pointer, changedAs, label, input, ...options });
  }

  /** Yes or no. */
  checkbox({
    pointer,
    label,
    hint = null,
    checked = this.#draft.get(pointer),
    onchange = (value) => this.#draft.set(pointer, value),
  }) {
    const id = newId("field");
    const input = make("input", { type: "checkbox", id, checked, "data-key": pointer, "aria-describedby": `${id}-about` });
    input.addEventListener("change", () => onchange(input.checked));
    const text = make("label", { for: id }, label);
    const about = make("div", { id: `${id}-about` });
    const element = make("div", { class: "field check" }, input, text, about);
    return this.#register({ pointer, changedAs: pointer, label, input, element, about, hint });
  }

  /** A field around an input of one's own. */
  add({ pointer, changedAs = pointer, label, input, hint = null, isLabelHidden = false, name = label }) {
    const id = newId("field");
    input.id = id;
    input.dataset.key = pointer;
    input.setAttribute("aria-describedby", `${id}-about`);
    const text = make("label", { for: id, class: isLabelHidden ? "visually-hidden" : null }, label);
    const about = make("div", { id: `${id}-about` });
    return this.#register({
      pointer,
      changedAs,
      label: name,
      input,
      element: make("div", { class: "field" }, text, input, about),
      about,
      hint,
    });
  }

  /** A group of fields that can have errors as a whole; its element takes the focus. */
  group({ pointer, changedAs = pointer, label, element }) {
    const about = make("div", { class: "field" });
    element.setAttribute("tabindex", "-1");
    element.append(about);
    return this.#register({ pointer, changedAs, label, input: element, element, about, hint: null, isGroup: true });
  }

  /** Shows what is changed. */
  showChanges(changes) {
    for (const { changedAs, element, mark } of this.alive()) {
      const pointer = typeof changedAs === "function" ? changedAs() : changedAs;
      const isChanged = pointer !== null && changes.some((change) => change === pointer || change.startsWith(`${pointer}/`));
      element.classList.toggle("is-changed", isChanged);
      if (mark) mark.textContent = isChanged ? texts.changed : "";
    }
  }

  /** Shows errors, in a map as of `place`, at their fields. */
  showErrors(placed) {
    for (const field of this.alive()) this.#showErrorsAt(field, placed.get(field.pointer) ?? []);
  }

  #showErrorsAt(field, errors) {
    const { about, hint, input, isGroup } = field;
    field.errors = errors;
    const lines = errors.map(({ detail }) => make("p", { class: "error" }, sentence(detail)));
    about.replaceChildren(...lines, ...(hint === null ? [] : [make("p", { class: "hint" }, hint)]));
    if (!isGroup) input.toggleAttribute("aria-invalid", errors.length > 0);
    if (errors.length > 0 && !isGroup) input.setAttribute("aria-invalid", "true");
  }

  #register(field) {
    if (!field.isGroup) field.mark = this.#markOf(field);
    field.input.addEventListener("input", () => this.#edited(field));
    field.input.addEventListener("change", () => this.#edited(field));
    this.#showErrorsAt(field, []);
    this.#fields.push(field);
    return field.element;
  }

  /** Where a screen reader finds that a field is changed. */
  #markOf({ input, element }) {
    const mark = make("span", { id: `${input.id}-mark`, class: "visually-hidden" });
    input.setAttribute("aria-describedby", `${input.id}-about ${mark.id}`);
    element.append(mark);
    return mark;
  }

  #edited(field) {
    if (field.errors.length > 0) this.#draft.forgetErrors(field.errors);
  }
}
