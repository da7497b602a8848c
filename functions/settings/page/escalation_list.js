import { make } from "./dom.js";
import { ago, dateTime } from "./formats.js";
import { pagesBelow } from "./pages.js";
import { texts } from "./texts.js";

const text = texts.escalations;

/** A table of escalations; `page(cursor)` loads more of them. */
export function escalationList(first, page, status) {
  if (first.escalations.length === 0) return make("p", { class: "none card" }, status === "" ? text.noneAtAll : text.none);
  const body = make("tbody", {});
  const append = ({ escalations }) => body.append(...escalations.map(row));
  const heads = Object.values(text.columns).map((name) => make("th", { scope: "col" }, name));
  return [
    make(
      "table",
      { class: "list" },
      make("caption", { class: "visually-hidden" }, text.title),
      make("thead", {}, make("tr", {}, heads)),
      body,
    ),
    pagesBelow(first, page, append),
  ];
}

function row(escalation) {
  const { escalationId, status, acceptedAt, reason } = escalation;
  const link = make(
    "a",
    { href: `#escalations/${escalationId}`, title: escalationId },
    make("code", {}, escalationId.slice(0, 8)),
    make("span", { class: "visually-hidden" }, escalationId.slice(8)),
  );
  const cell = (name, ...content) => make("td", { "data-label": text.columns[name] }, make("span", {}, ...content));
  return make(
    "tr",
    {},
    cell("escalation", link),
    cell("status", statusBadge(status)),
    cell("age", make("time", { datetime: acceptedAt, title: dateTime(acceptedAt) }, ago(acceptedAt))),
    cell("outcome", outcomeOf(escalation)),
    cell("reason", reason === null || reason === undefined ? "–" : (text.reasons[reason] ?? reason)),
  );
}

/** A status, with a color that says how good it is. */
export function statusBadge(status) {
  const state = { stuck: "failed", caseCreated: "passed", ended: "passed", active: "saved" }[status] ?? "changed";
  return make("span", { class: "badge", "data-state": state }, text.statuses[status] ?? status);
}

/** What became of an escalation, in a few words. */
export function outcomeOf({ status, by, case: made, stuck }) {
  if (made) return [made.number ? `${text.case} ${made.number}` : text.case, text.by[made.by] ?? made.by].join(" ");
  if (status === "ended") return [text.statuses.ended, text.by[by] ?? by].filter(Boolean).join(" ");
  return stuck?.detail ?? stuck?.code ?? "–";
}
