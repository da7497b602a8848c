import { cardFrame } from "./card.js";
import { nameOf, resultRow } from "./checks.js";
import { button, isBusy, make, setBusy } from "./dom.js";
import { cardOf, counts } from "./evidence.js";
import { failureBox } from "./failure.js";
import { texts } from "./texts.js";

const { test } = texts;
const RESULTS = ["failed", "unknown", "passed", "skipped", "outdated"];

/** Runs the checks against the org. What is not saved yet is tested as it is. */
export function testCard({ api, draft, number, signal }) {
  const results = make("div", { class: "results", role: "status" });
  const unsaved = make("p", { class: "hint" });
  let shown = null;
  const show = () => {
    const checks = shownChecks(draft);
    if (JSON.stringify(checks) === shown) return;
    shown = JSON.stringify(checks);
    results.replaceChildren(...listed(checks));
  };
  const run = async () => {
    if (isBusy(start)) return;
    const isUnsaved = draft.changes().length > 0;
    const taken = draft.take();
    if (taken === null) return;
    setBusy(start, true, test.running);
    results.setAttribute("aria-busy", "true");
    try {
      const checks = await api.test(isUnsaved ? taken.body : null);
      shown = null;
      draft.showed(checks, taken);
    } catch (error) {
      if (error.errors.length > 0) draft.refuse(error.errors.map(withoutParent));
      else fail(error);
    }
    setBusy(start, false, test.again);
    results.removeAttribute("aria-busy");
  };
  const fail = (error) => {
    shown = null;
    results.replaceChildren(failureBox(error, run));
  };
  const start = button(test.run, run, { class: "filled", "data-key": "test" });
  const showUnsaved = () => (unsaved.textContent = draft.changes().length > 0 ? test.unsaved : "");
  draft.addEventListener("change", showUnsaved, { signal });
  for (const event of ["change", "state"]) draft.addEventListener(event, show, { signal });
  show();
  showUnsaved();
  return cardFrame(
    { id: "test", number, title: test.title, about: test.about },
    make("div", { class: "inline" }, start, unsaved),
    results,
  );
}

/** What a check found means nothing once what it tested was changed; what it said to do is still there to read. */
function shownChecks(draft) {
  const results = draft.results().filter(({ check }) => cardOf(check) !== "apexAction");
  return results.map(({ check, isCurrent }) => (isCurrent ? check : { ...check, result: "outdated" }));
}

/** Settings to test are a member of the request. */
function withoutParent({ pointer, detail }) {
  return { pointer: pointer.replace(/^\/settings(?=\/|$)/, ""), detail };
}

function listed(checks) {
  if (checks.length === 0) return [make("p", { class: "none" }, test.never)];
  const count = counts(checks);
  const parts = RESULTS.filter((result) => count[result] > 0).map((result) => `${count[result]} ${test.results[result]}`);
  const rows = checks.map((check) => make("li", {}, make("h3", {}, nameOf(check)), resultRow(check), linkTo(check)));
  return [make("p", { class: "summary" }, test.summary(parts.join(", "))), make("ul", { class: "check-list" }, rows)];
}

/** From what failed to where it is set. */
function linkTo(check) {
  const card = cardOf(check);
  const heading = card && document.getElementById(`title-${card}`);
  if (check.result !== "failed" || !heading) return null;
  const go = () => {
    heading.scrollIntoView({ block: "start" });
    heading.focus({ preventScroll: true });
  };
  return button(test.showCard(heading.textContent), go, { class: "link" });
}
