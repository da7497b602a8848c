import { make } from "./dom.js";
import { PARTS } from "./draft.js";
import { cardOf, stateOf } from "./evidence.js";
import { texts } from "./texts.js";

/** One step of the set-up: a title, the state of it, and what it edits. */
export function cardFrame({ id, number, title, about, help = null }, ...content) {
  const badge = make("span", { class: "badge" });
  const element = make(
    "section",
    { class: "card", id: `card-${id}`, "aria-labelledby": `title-${id}` },
    make(
      "header",
      {},
      make("p", { class: "step" }, texts.setup.step(number)),
      make("h2", { id: `title-${id}`, tabindex: "-1" }, title),
      badge,
      make("p", { class: "about" }, about),
    ),
    help && helpOf(help),
    ...content,
  );
  return { id, title, element, badge };
}

function helpOf(steps) {
  const items = steps.map((step) => make("li", {}, step));
  return make("details", { class: "help" }, make("summary", {}, texts.setup.help), make("ol", {}, items));
}

/** The state of a card, as of `stateOf`; null for one that has none. */
export function cardState(id, draft) {
  const part = PARTS[id];
  if (part === undefined) return testState(draft);
  const isWithin = (pointer) => pointer === part || pointer.startsWith(`${part}/`);
  return stateOf({
    hasErrors: draft.errors.some(({ pointer }) => isWithin(pointer)),
    isChanged: draft.changes().some(isWithin),
    isSaved: isSaved(id, draft),
    checks: draft.checks.filter((check) => cardOf(check) === id),
  });
}

/** The test's own card has the state of all checks. */
function testState({ checks }) {
  return stateOf({
    hasErrors: false,
    isChanged: false,
    isSaved: false,
    checks: checks.filter((check) => cardOf(check) !== "apexAction"),
  });
}

function isSaved(id, { base, version }) {
  if (id === "messaging") return base.messaging !== null || (version > 0 && base.integrationType === "fullviewFlow");
  if (id === "businessHours") return base.businessHours !== null;
  if (id === "apexAction") return base.apexActionConfigured;
  return version > 0;
}

/** Shows a state on a badge. */
export function showState(badge, state) {
  badge.dataset.state = state;
  badge.textContent = texts.states[state];
}
