import { copy } from "./announcer.js";
import { cardFrame } from "./card.js";
import { resultRow } from "./checks.js";
import { icon, iconButton, make, newId } from "./dom.js";
import { drift } from "./evidence.js";
import { pointerTo } from "./pointers.js";
import { rowsEditor } from "./rows.js";
import { suggestions } from "./suggestions.js";
import { texts } from "./texts.js";

const { routing } = texts;
const LIST = "/routingAttributes";

/** Which customer properties are sent under which names, and whether the deployment knows these. */
export function routingAttributesCard(context) {
  const { draft, fields, number, signal } = context;
  const known = suggestions(context);
  const { element } = rowsEditor({
    draft,
    pointer: LIST,
    rowOf: (index, remove) => row({ draft, fields, signal, listId: known.id, index, remove }),
    blank: () => ({ attribute: "", value: "" }),
    addText: routing.add,
    emptyText: routing.none,
  });
  const { title, about, help } = routing;
  const group = make("div", {}, element);
  fields.group({ pointer: LIST, changedAs: null, label: title, element: group });
  return cardFrame({ id: "routingAttributes", number, title, about, help }, savedLabels(draft), group, known.element);
}

function row({ draft, fields, signal, listId, index, remove }) {
  const pointer = pointerTo("routingAttributes", index);
  const changedAs = () => pointerTo("routingAttributes", draft.get(pointer)?.value ?? "");
  const name = routing.row(index + 1);
  const field = (member, attributes) =>
    fields.text({
      pointer: `${pointer}/${member}`,
      changedAs,
      label: routing[member],
      name: `${name}: ${routing[member]}`,
      hint: routing[`${member}Hint`],
      attributes,
    });
  const shownDrift = driftOf(draft, pointer, signal);
  const removing = iconButton("remove", routing.removeRow(draft.get(pointer).value || String(index + 1)), remove);
  const inputs = [
    field("attribute", { list: listId }),
    make("span", { class: "arrow", "aria-hidden": "true" }, "→"),
    field("value"),
  ];
  return make("div", { class: "mapping", role: "group", "aria-label": name }, inputs, removing, shownDrift);
}

/** What the last test said of the row's value. */
function driftOf(draft, pointer, signal) {
  const place = make("div", { class: "drift", id: newId("drift") });
  const show = () => {
    const check = drift(draft.checks).get(draft.get(`${pointer}/value`));
    place.replaceChildren(...(check === undefined ? [] : [resultRow(check)]));
  };
  draft.addEventListener("state", show, { signal });
  draft.addEventListener("change", show, { signal });
  show();
  return place;
}

function savedLabels({ base }) {
  if (base.routingAttributes.length === 0) return null;
  const label = ({ attribute, value }) => {
    const code = make("span", {}, value);
    const name = routing.copyValue(attribute, value);
    return make(
      "li",
      {},
      make(
        "button",
        { type: "button", class: "label", "aria-label": name, title: name, onclick: () => copy(value, value, code) },
        `${attribute} → `,
        code,
        icon("copy"),
      ),
    );
  };
  return make(
    "div",
    { class: "saved-labels" },
    make("p", { class: "hint" }, routing.saved),
    make("ul", {}, base.routingAttributes.map(label)),
  );
}
