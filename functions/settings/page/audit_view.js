import { make } from "./dom.js";
import { load } from "./failure.js";
import { dateTime } from "./formats.js";
import { inOrder, labelOf, shown } from "./labels.js";
import { pagesBelow } from "./pages.js";
import { texts } from "./texts.js";

const text = texts.audit;

/** Which key changed what, and when. */
export class AuditView {
  element;
  #api;
  #content = make("div", {});

  constructor({ api }) {
    this.#api = api;
    const heading = make("div", { class: "view-head" }, make("h1", { tabindex: "-1" }, text.title), make("p", {}, text.about));
    this.element = make("div", { class: "view" }, heading, this.#content);
    load(
      this.#content,
      () => api.audit(),
      (first) => this.#list(first),
    );
  }

  shown() {}

  #list(first) {
    if (first.changes.length === 0) return make("p", { class: "none card" }, text.none);
    const list = make("ol", { class: "audit" });
    const append = ({ changes }) => list.append(...changes.map(entry));
    return [list, pagesBelow(first, (cursor) => this.#api.audit(cursor), append)];
  }
}

function entry({ at, by, what, subject, version, changes }) {
  const details = [text.kinds[what] ?? what, version ? text.version(version) : null].filter(Boolean).join(", ");
  const about = subject ? [` · ${text.subject} `, make("code", {}, subject)] : [];
  return make(
    "li",
    { class: "card" },
    make(
      "header",
      {},
      make("h2", {}, details),
      make("p", { class: "hint" }, make("time", { datetime: at }, dateTime(at)), ` · ${text.who} `, make("code", {}, by), about),
    ),
    changes.length === 0 ? null : changeTable(changes),
  );
}

function changeTable(changes) {
  const cell = (name, content) => make("td", { "data-label": name }, make("span", {}, content));
  const row = ({ pointer, from, to, secret, omitted }) => {
    const told = (secret && text.secret) || (omitted && text.omitted);
    const values = told
      ? [make("td", { colspan: "2" }, told)]
      : [cell(text.from, shown(from, pointer)), cell(text.to, shown(to, pointer))];
    return make("tr", {}, make("th", { scope: "row" }, labelOf(pointer)), values);
  };
  const heads = [text.field, text.from, text.to].map((name) => make("th", { scope: "col" }, name));
  return make(
    "table",
    { class: "list changes" },
    make("caption", { class: "visually-hidden" }, text.change),
    make("thead", {}, make("tr", {}, heads)),
    make("tbody", {}, inOrder(changes).map(row)),
  );
}
