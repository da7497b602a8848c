import { make, newId } from "./dom.js";
import { texts } from "./texts.js";

/** What an attribute may be without being a customer's property. */
export const BUILT_IN = ["id", "name", "email", "phone", "language", "reason", "subject"];

/** A list of known properties to suggest in inputs, by its id. If it can't be loaded, it says so and has the built-in ones. */
export function suggestions({ properties }) {
  const id = newId("properties");
  const list = make("datalist", { id }, options(BUILT_IN));
  const told = make("p", { class: "hint" });
  properties().then(
    (names) => list.replaceChildren(...options([...new Set([...names, ...BUILT_IN])])),
    () => (told.textContent = texts.routing.suggestionsFailed),
  );
  return { id, element: make("div", { class: "suggestions" }, list, told) };
}

function options(names) {
  return names.map((name) => make("option", { value: name }));
}
