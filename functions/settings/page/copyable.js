import { copy } from "./announcer.js";
import { icon, make } from "./dom.js";
import { texts } from "./texts.js";

/** A value with its name, and a button that copies it. */
export function copyable(name, value) {
  const code = make("code", {}, value);
  const label = `${texts.copy}: ${name}`;
  const copying = make(
    "button",
    { type: "button", class: "quiet small", "aria-label": label, onclick: () => copy(value, name, code) },
    icon("copy"),
    texts.copy,
  );
  return make("div", {}, make("dt", {}, name), make("dd", {}, code, copying));
}
