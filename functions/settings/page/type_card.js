import { cardFrame } from "./card.js";
import { usualWait } from "./document.js";
import { make } from "./dom.js";
import { texts } from "./texts.js";

const { type } = texts;

/** The choice of the integration type, with the guide's comparison. */
export function typeCard({ draft, fields, number, rebuild }) {
  const legend = make("legend", { class: "visually-hidden" }, type.legend);
  const choose = (value) => {
    draft.set("/integrationType", value);
    if (draft.version === 0) draft.set("/rescue/longestWaitMinutes", usualWait(value));
    rebuild();
  };
  const options = Object.keys(type.options).map((value) => option(value, draft.get("/integrationType") === value, choose));
  const group = make("fieldset", { class: "types" }, legend, options);
  fields.group({ pointer: "/integrationType", label: type.title, element: group });
  return cardFrame({ id: "type", number, title: type.title, about: type.about }, group);
}

function option(value, isChosen, choose) {
  const { name, bestFor, features, choose: advice } = type.options[value];
  const id = `type-${value}`;
  const about = `${id}-about`;
  const radio = make("input", {
    type: "radio",
    name: "integrationType",
    id,
    value,
    checked: isChosen,
    "aria-describedby": about,
    "data-key": id,
    onchange: () => choose(value),
  });
  return make(
    "div",
    { class: "type" },
    radio,
    make("label", { for: id }, name),
    make(
      "dl",
      { id: about },
      make("div", {}, make("dt", {}, type.bestFor), make("dd", {}, bestFor)),
      make("div", {}, make("dt", {}, type.features), make("dd", {}, features)),
      make("div", { class: "advice" }, make("dt", { class: "visually-hidden" }, type.title), make("dd", {}, advice)),
    ),
  );
}
