import { apexActionCard } from "./apex_action_card.js";
import { businessHoursCard } from "./business_hours_card.js";
import { cardState, showState } from "./card.js";
import { caseCard } from "./case_card.js";
import { connectedAppCard } from "./connected_app_card.js";
import { cardsOf } from "./document.js";
import { make } from "./dom.js";
import { errorSummary } from "./error_summary.js";
import { Fields } from "./fields.js";
import { messagingCard } from "./messaging_card.js";
import { place } from "./placement.js";
import { rescueCard } from "./rescue_card.js";
import { routingAttributesCard } from "./routing_attributes_card.js";
import { testCard } from "./test_card.js";
import { texts } from "./texts.js";
import { tokensPanel } from "./tokens.js";
import { typeCard } from "./type_card.js";

const CARDS = {
  type: typeCard,
  messaging: messagingCard,
  connectedApp: connectedAppCard,
  businessHours: businessHoursCard,
  apexAction: apexActionCard,
  routingAttributes: routingAttributesCard,
  case: caseCard,
  rescue: rescueCard,
  test: testCard,
};

/** The set-up: the cards that the chosen type needs, in the guide's order. */
export class SetupView {
  element;
  #context;
  #cards = [];
  #cardList = make("div", { class: "cards" });
  #steps = make("ol", {});
  #summary = make("div", {});
  #build = new AbortController();
  #tokens = null;

  /** `context` is `{api, draft, save, countries, properties, signal}`; with `signal` the view ends. */
  constructor(context) {
    const { draft, signal } = context;
    const fields = new Fields(draft);
    const tokens = () => (this.#tokens ??= tokensPanel(context.api));
    this.#context = { ...context, fields, tokens, rebuild: () => this.#rebuild() };
    this.element = this.#frame();
    this.#rebuild();
    draft.addEventListener("change", () => this.#showStates(), { signal });
    draft.addEventListener("state", () => this.#showStates(), { signal });
    draft.addEventListener("reset", () => this.#rebuild(), { signal });
    signal.addEventListener("abort", () => this.#build.abort());
  }

  /** After it was put on the page: shows what only fields on it can show. */
  shown() {
    this.#showErrors();
    this.#showStates();
  }

  #frame() {
    const steps = make("nav", { class: "steps", "aria-label": texts.setup.steps }, this.#steps);
    const enter = make("button", { type: "submit", hidden: true }, texts.save.save);
    const form = make(
      "form",
      { class: "setup-form", novalidate: true, onsubmit: (event) => this.#submit(event) },
      this.#summary,
      this.#cardList,
      enter,
    );
    const heading = make(
      "div",
      { class: "view-head" },
      make("h1", { tabindex: "-1" }, texts.setup.title),
      make("p", {}, texts.setup.about),
    );
    return make("div", { class: "view setup" }, heading, steps, form);
  }

  #submit(event) {
    event.preventDefault();
    this.#context.save();
  }

  /** Makes the cards anew; what had the focus has it again if it is still there, and one who types goes on where they were. */
  #rebuild() {
    const focused = focusOf(document.activeElement);
    this.#build.abort();
    this.#build = new AbortController();
    const context = { ...this.#context, signal: this.#build.signal };
    const ids = cardsOf(context.draft.value);
    this.#cards = ids.map((id, index) => CARDS[id]({ ...context, number: index + 1 }));
    this.#cardList.replaceChildren(...this.#cards.map(({ element }) => element));
    this.#steps.replaceChildren(...this.#cards.map((card) => this.#step(card)));
    focus(this.#cardList, focused);
    this.shown();
  }

  #step(card) {
    const dot = make("span", { class: "state-dot", "aria-hidden": "true" });
    const state = make("span", { class: "visually-hidden" });
    card.showStep = (name) => {
      dot.dataset.state = name;
      state.textContent = `: ${texts.states[name]}`;
    };
    const go = (event) => {
      event.preventDefault();
      const heading = document.getElementById(`title-${card.id}`);
      heading.scrollIntoView({ block: "start" });
      heading.focus({ preventScroll: true });
    };
    return make("li", {}, make("a", { href: `#card-${card.id}`, onclick: go }, dot, card.title, state));
  }

  #showStates() {
    const { draft, fields } = this.#context;
    fields.showChanges(draft.changes());
    for (const card of this.#cards) {
      const state = cardState(card.id, draft);
      showState(card.badge, state);
      card.showStep(state);
    }
  }

  /** Each error at its field, and all of them above. */
  #showErrors() {
    const { draft, fields } = this.#context;
    const alive = fields.alive();
    const placed = place(
      draft.errors,
      alive.map(({ pointer }) => pointer),
    );
    fields.showErrors(placed);
    this.#summary.replaceChildren(...(draft.errors.length === 0 ? [] : [errorSummary(placed, alive)]));
    this.#summary.firstElementChild?.focus();
  }
}

function focusOf(element) {
  return { key: element?.dataset?.key, from: element?.selectionStart, to: element?.selectionEnd };
}

/** Only texts have a selection; of other inputs it is null. */
function focus(list, { key, from, to }) {
  const element = key === undefined ? null : list.querySelector(`[data-key="${CSS.escape(key)}"]`);
  element?.focus({ preventScroll: true });
  if (typeof from === "number") element?.setSelectionRange?.(from, to);
}
