import { button, icon, make } from "./dom.js";
import { sentence } from "./failure.js";
import { labelOf } from "./labels.js";
import { texts } from "./texts.js";

/** What was refused, with a way to each field; `placed` is a map as of `place`. */
export function errorSummary(placed, fields) {
  const rows = [...placed].flatMap(([pointer, errors]) =>
    errors.map((error) =>
      row(
        error,
        fields.find((field) => field.pointer === pointer),
      ),
    ),
  );
  return make(
    "div",
    { class: "notice failed", role: "alert", tabindex: "-1" },
    icon("failed"),
    make("div", {}, make("p", {}, make("strong", {}, texts.save.refused)), make("ul", {}, rows)),
  );
}

function row({ pointer, detail }, field) {
  if (field === undefined) return make("li", {}, `${labelOf(pointer)}: ${sentence(detail)}`);
  return make(
    "li",
    {},
    button(field.label, () => show(field.input), { class: "link" }),
    `: ${sentence(detail)}`,
  );
}

function show(input) {
  input.scrollIntoView({ block: "center" });
  input.focus({ preventScroll: true });
}
