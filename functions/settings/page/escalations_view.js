import { button, make } from "./dom.js";
import { escalationDetail } from "./escalation_detail.js";
import { escalationList } from "./escalation_list.js";
import { numbersOf } from "./escalation_numbers.js";
import { load } from "./failure.js";
import { texts } from "./texts.js";

const text = texts.escalations;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const STATUSES = [
  "",
  "open",
  "stuck",
  "received",
  "startingMessaging",
  "waiting",
  "active",
  "creatingCase",
  "caseCreated",
  "ended",
];

/** All escalations, or the one of an id. */
export class EscalationsView {
  element;
  #api;
  #status = "";
  #content = make("div", { class: "escalations-content" });
  #filter = make("div", { class: "filter", role: "group", "aria-label": text.filter });
  #tools;
  #id;

  /** `id` is that of the escalation to show, or "". */
  constructor({ api }, id) {
    [this.#api, this.#id] = [api, id];
    this.#tools = make(
      "div",
      { class: "tools" },
      this.#search(),
      button(text.refresh, () => this.#refresh(), { class: "quiet" }),
    );
    const heading = make("div", { class: "view-head" }, make("h1", { tabindex: "-1" }, text.title), make("p", {}, text.about));
    this.element = make("div", { class: "view" }, heading, this.#tools, id === "" ? this.#filter : null, this.#content);
    this.#showFilter();
    this.#refresh();
  }

  shown() {}

  #refresh() {
    if (this.#id !== "") return this.#showOne();
    this.#count();
    return this.#showList();
  }

  #showList() {
    const status = this.#status;
    const page = (cursor) => this.#api.escalations({ status, cursor });
    return load(
      this.#content,
      () => page(null),
      (first) => escalationList(first, page, status),
    );
  }

  #showOne() {
    const show = (escalation) => escalationDetail(escalation, this.#api, () => this.#showOne());
    return load(
      this.#content,
      () => this.#found(),
      (escalation) => (escalation === null ? notFound() : show(escalation)),
    );
  }

  async #found() {
    try {
      return await this.#api.escalation(this.#id);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  #search() {
    const input = make("input", {
      type: "text",
      id: "escalation-id",
      autocomplete: "off",
      spellcheck: "false",
      value: this.#id,
      "aria-describedby": "escalation-id-error",
    });
    const error = make("p", { class: "error", id: "escalation-id-error", role: "alert" });
    const find = (event) => {
      event.preventDefault();
      const id = input.value.trim().toLowerCase();
      error.textContent = ID.test(id) ? "" : text.badId;
      if (!ID.test(id)) input.focus();
      else if (id === this.#id) this.#refresh();
      else location.hash = `#escalations/${id}`;
    };
    const row = make("div", { class: "inline" }, input, make("button", { type: "submit", class: "quiet" }, text.find));
    return make(
      "form",
      { class: "search", role: "search", novalidate: true, onsubmit: find },
      make("label", { for: "escalation-id" }, text.search),
      row,
      error,
    );
  }

  #showFilter() {
    this.#filter.replaceChildren(...STATUSES.map((status) => this.#filterButton(status)));
  }

  #filterButton(status) {
    const name = status === "" ? text.all : text.statuses[status];
    const choose = () => {
      this.#status = status;
      for (const other of this.#filter.children) other.setAttribute("aria-pressed", String(other.dataset.status === status));
      this.#showList();
    };
    return button([name, " ", make("span", { class: "count" })], choose, {
      class: "chip",
      "data-status": status,
      "aria-pressed": String(status === this.#status),
    });
  }

  /** What can't be counted has no number. */
  async #count() {
    const number = await this.#numbers();
    for (const chip of this.#filter.children) chip.lastElementChild.textContent = number(chip.dataset.status);
  }

  async #numbers() {
    try {
      return numbersOf(await this.#api.escalationCounts());
    } catch {
      return () => "";
    }
  }
}

function notFound() {
  return make(
    "div",
    { class: "card" },
    make("a", { href: "#escalations", class: "back" }, `← ${text.back}`),
    make("p", { role: "alert" }, text.notFound),
  );
}
