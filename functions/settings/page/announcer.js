import { make } from "./dom.js";
import { texts } from "./texts.js";

const TIME_SHOWN = 6_000;
const region = make("div", { class: "announcer", role: "status" });
let timer = null;

/** Where what happened is told. */
export function announcer() {
  return region;
}

/** Tells briefly what happened, to the eye and to a screen reader. */
export function announce(text) {
  clearTimeout(timer);
  region.replaceChildren(make("p", {}, text));
  timer = setTimeout(() => region.replaceChildren(), TIME_SHOWN);
}

/** Puts a value on the clipboard; if the browser refuses, selects the text of an element. */
export async function copy(value, what, element) {
  try {
    await navigator.clipboard.writeText(value);
    announce(texts.copied(what));
  } catch {
    getSelection().selectAllChildren(element);
    announce(texts.notCopied);
  }
}
