import { button, icon, make } from "./dom.js";
import { texts } from "./texts.js";

/** What to tell of an error of the API. */
export function failureText({ status, code, detail }) {
  const { failures } = texts;
  if (code === "organisationNotConfigured") return failures.notConfigured;
  if (status === 0) return failures.network;
  const general = failures[status] ?? (status === 400 ? "" : failures.other(status));
  return [general, detail && sentence(detail)].filter(Boolean).join(" ");
}

/** The API's fragment of a sentence as one. */
export function sentence(detail) {
  const text = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** A failure, and a button to try again if that may help. */
export function failureBox(error, retry = null) {
  const again = retry === null ? null : button(texts.tryAgain, retry, { class: "quiet small" });
  return make("div", { class: "notice failed", role: "alert" }, icon("failed"), make("p", {}, failureText(error)), again);
}

/** Shows in a container what is loaded: that it is being loaded, then it, or why it can't be. An older load is forgotten. */
export async function load(container, fetching, show) {
  const turn = {};
  container.turn = turn;
  container.setAttribute("aria-busy", "true");
  container.replaceChildren(make("p", { class: "loading" }, texts.loading));
  const content = await settled(fetching, show, () => load(container, fetching, show));
  if (container.turn !== turn) return;
  container.removeAttribute("aria-busy");
  container.replaceChildren(...[content].flat());
}

async function settled(fetching, show, retry) {
  let loaded;
  try {
    loaded = await fetching();
  } catch (error) {
    return failureBox(error, retry);
  }
  return show(loaded);
}
