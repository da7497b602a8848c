import { button, icon, isBusy, make, setBusy } from "./dom.js";
import { failureBox, sentence } from "./failure.js";
import { texts } from "./texts.js";

const { apexAction } = texts;
const POLL_INTERVAL = 2_000;

/** The test that lets the org call back. It goes on while the card is rebuilt, and ends with the page's set-up. */
export function callbackTest({ api, draft, tokens, signal }) {
  const result = make("div", { class: "result", role: "status" });
  const warning = make("p", { class: "hint" });
  const run = async () => {
    if (isBusy(start)) return;
    setBusy(start, true, apexAction.test);
    try {
      const state = await follow(api, draft, signal, result, await api.startCallbackTest());
      if (state === "passed") tokens().refresh();
    } catch (error) {
      result.replaceChildren(failureBox(error, run));
    }
    setBusy(start, false, apexAction.test);
  };
  const start = button(apexAction.test, run, { class: "quiet" });
  const showWarning = () => (warning.textContent = draft.changes().length > 0 ? apexAction.unsavedTest : "");
  draft.addEventListener("change", showWarning, { signal });
  showWarning();
  showLast(api, draft, signal, result, start);
  return make(
    "div",
    { class: "part" },
    make("h3", {}, apexAction.test),
    make("p", { class: "hint" }, apexAction.testAbout),
    start,
    warning,
    result,
  );
}

/** Shows what the last test came to, or follows one that goes on. */
async function showLast(api, draft, signal, result, start) {
  try {
    const test = await api.callbackTest();
    if (signal.aborted || isBusy(start)) return;
    if (test === null) result.replaceChildren(make("p", { class: "none" }, apexAction.never));
    else await follow(api, draft, signal, result, test);
  } catch (error) {
    if (!isBusy(start)) result.replaceChildren(failureBox(error, () => showLast(api, draft, signal, result, start)));
  }
}

/** Shows how a test goes on until it is over; answers its state, or null if the card was rebuilt before. */
async function follow(api, draft, signal, result, test) {
  const began = Date.now();
  let known = test;
  while (known?.state === "pending" && !signal.aborted) {
    const seconds = Math.round((Date.now() - began) / 1_000);
    result.replaceChildren(
      make(
        "p",
        { class: "pending" },
        make("span", { class: "spinner", "aria-hidden": "true" }),
        make("span", { "aria-hidden": "true" }, apexAction.pending(seconds)),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
    known = await api.callbackTest();
  }
  if (signal.aborted || known === null) return null;
  result.replaceChildren(outcome(known));
  const check = { id: "callback", result: known.state };
  draft.showed([check], ({ id }) => id === "callback");
  return known.state;
}

function outcome({ state, step, detail }) {
  if (state === "passed") return make("div", { class: "notice passed" }, icon("passed"), make("p", {}, apexAction.passed));
  const cure = apexAction.failed(apexAction.steps[step] ?? sentence(String(step ?? apexAction.steps.timeout)));
  const text = make("p", {}, cure);
  return make(
    "div",
    { class: "notice failed" },
    icon("failed"),
    make("div", {}, text, detail ? make("p", { class: "hint" }, sentence(detail)) : null),
  );
}
