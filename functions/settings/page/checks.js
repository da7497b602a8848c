import { icon, make } from "./dom.js";
import { drift } from "./evidence.js";
import { sentence } from "./failure.js";
import { texts } from "./texts.js";

const ICON_OF = { outdated: "skipped" };

/** What a check is called. */
export function nameOf({ id }) {
  const [value] = drift([{ id }]).keys();
  return value === undefined ? (texts.test.checks[id] ?? id) : texts.test.attribute(value);
}

/** What a check found, and what to do. */
export function resultRow({ result, detail, cure }) {
  return make(
    "div",
    { class: "check-result", "data-result": result },
    icon(ICON_OF[result] ?? result),
    make(
      "div",
      {},
      make("p", {}, make("strong", {}, capitalised(texts.test.results[result])), detail ? `: ${sentence(detail)}` : ""),
      cure ? make("p", { class: "cure" }, make("strong", {}, `${texts.test.cure} `), sentence(cure)) : null,
    ),
  );
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
