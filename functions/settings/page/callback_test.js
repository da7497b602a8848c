import { button, icon, isBusy, make, setBusy } from "./dom.js";
import { failureBox, sentence } from "./failure.js";
import { texts } from "./texts.js";

const { apexAction } = texts;
const POLL_INTERVAL = 2_000;
const isCallback = ({ id }) => id === "callback";

/** The test that lets the org call back. It goes on while the card is rebuilt, and ends with the page's set-up. */
export function callbackTest(context) {
  const { api, draft, tokens, signal } = context;
  const result = make("div", { class: "result", role: "status" });
  const warning = make("p", { class: "hint" });
  const test = { ...context, result, turn: null };
  const run = async () => {
    if (isBusy(start)) return;
    setBusy(start, true, apexAction.test);
    await told(result, run, async () => {
      if ((await follow(test, await api.startCallbackTest())) === "passed") tokens().refresh();
    });
    setBusy(start, false, apexAction.test);
  };
  const start = button(apexAction.test, run, { class: "quiet" });
  const showLast = () =>
    told(result, showLast, async () => {
      const last = isBusy(start) ? null : await api.callbackTest();
      if (!isBusy(start)) await follow(test, last);
    });
  const showWarning = () => (warning.textContent = draft.changes().length > 0 ? apexAction.unsavedTest : "");
  draft.addEventListener("change", showWarning, { signal });
  tokens().changes.addEventListener("change", showLast, { signal });
  showWarning();
  showLast();
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

async function told(result, retry, action) {
  try {
    await action();
  } catch (error) {
    result.replaceChildren(failureBox(error, retry));
  }
}

/** Shows how a test goes on until it is over; answers its state, or null if there is none, or another is followed by now. */
async function follow(test, first) {
  const { api, signal, result } = test;
  const turn = (test.turn = {});
  const isOver = () => signal.aborted || test.turn !== turn;
  const began = Date.now();
  let known = first;
  while (known?.state === "pending" && !isOver()) {
    result.replaceChildren(pending(Math.round((Date.now() - began) / 1_000)));
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
    if (!isOver()) known = await api.callbackTest();
  }
  if (isOver()) return null;
  show(test, known);
  return known?.state ?? null;
}

/** A test that counts no more, because of another token or domain, is none; if it was seen here, that is told. */
function show({ draft, result }, known) {
  const wasSeen = draft.results().some(({ check }) => isCallback(check));
  const none = make("p", { class: "none" }, wasSeen ? apexAction.outdated : apexAction.never);
  result.replaceChildren(known === null ? none : outcome(known));
  if (known === null && !wasSeen) return;
  draft.showed([{ id: "callback", result: known?.state ?? "outdated" }], draft.takeStored(), isCallback);
}

function pending(seconds) {
  return make(
    "p",
    { class: "pending" },
    make("span", { class: "spinner", "aria-hidden": "true" }),
    make("span", { "aria-hidden": "true" }, apexAction.pending(seconds)),
  );
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
