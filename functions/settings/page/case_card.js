import { cardFrame } from "./card.js";
import { iconButton, make, newId } from "./dom.js";
import { pointerTo } from "./pointers.js";
import { rowsEditor } from "./rows.js";
import { suggestions } from "./suggestions.js";
import { texts } from "./texts.js";

const text = texts.case;

/** What a Case is like that we make. */
export function caseCard(context) {
  const { fields, number } = context;
  const field = (name) => fields.text({ pointer: `/case/${name}`, label: text[name], hint: text[`${name}Hint`] });
  const choice = (name, choices) =>
    fields.select({ pointer: `/case/${name}`, label: text[name], choices: Object.entries(choices) });
  return cardFrame(
    { id: "case", number, title: text.title, about: `${text.about} ${text.standard}` },
    make("div", { class: "columns three" }, field("origin"), field("priority"), field("status")),
    make("div", { class: "columns" }, field("recordTypeId"), choice("contact", text.contacts)),
    ownerFields(context),
    choice("attachTranscript", text.transcripts),
    mapping(context),
  );
}

/** An owner and the assignment rule exclude each other: it is one choice. */
function ownerFields({ draft, fields }) {
  const id = newId("owner");
  const ownerId = fields.text({ pointer: "/case/ownerId", label: text.ownerId, hint: text.ownerIdHint });
  const chosen = draft.get("/case/assignmentRule") ? "rule" : draft.get("/case/ownerId") === "" ? "none" : "id";
  const options = Object.entries(text.owners).map(([value, name]) => make("option", { value, selected: value === chosen }, name));
  const choice = make("select", { id, "data-key": "owner" }, options);
  choice.addEventListener("change", () => {
    ownerId.hidden = choice.value !== "id";
    draft.set("/case/assignmentRule", choice.value === "rule");
    if (choice.value === "id") ownerId.querySelector("input").focus();
    else clear(ownerId.querySelector("input"));
  });
  ownerId.hidden = chosen !== "id";
  const rule = fields.add({ pointer: "/case/assignmentRule", label: text.owner, input: choice });
  return make("div", { class: "columns" }, rule, ownerId);
}

function clear(input) {
  input.value = "";
  input.dispatchEvent(new Event("input"));
}

function mapping(context) {
  const { draft, fields } = context;
  const known = suggestions(context);
  const { element } = rowsEditor({
    draft,
    pointer: "/case/fields",
    rowOf: (index, remove) => mappingRow({ draft, fields, listId: known.id, index, remove }),
    blank: () => ({ name: "", kind: "attribute", text: "" }),
    addText: text.add,
  });
  const part = make(
    "div",
    { class: "part" },
    make("h3", {}, text.fields),
    make("p", { class: "hint" }, text.fieldsHint),
    element,
    known.element,
  );
  return fields.group({ pointer: "/case/fields", changedAs: null, label: text.fields, element: part });
}

function mappingRow({ draft, fields, listId, index, remove }) {
  const pointer = pointerTo("case", "fields", index);
  const changedAs = () => pointerTo("case", "fields", draft.get(pointer)?.name ?? "");
  const name = text.row(index + 1);
  const common = (member, label) => ({ pointer: `${pointer}/${member}`, changedAs, label, name: `${name}: ${label}` });
  const source = fields.text({
    ...common("text", text.text),
    attributes: { list: draft.get(`${pointer}/kind`) === "attribute" ? listId : null },
  });
  const setList = (kind) => {
    if (kind === "attribute") source.querySelector("input").setAttribute("list", listId);
    else source.querySelector("input").removeAttribute("list");
  };
  const kind = fields.select({ ...common("kind", text.source), choices: Object.entries(text.kinds), onchange: setList });
  const removing = iconButton("remove", text.removeRow(draft.get(pointer).name || String(index + 1)), remove);
  return make(
    "div",
    { class: "mapping wide", role: "group", "aria-label": name },
    fields.text(common("name", text.field)),
    kind,
    source,
    removing,
  );
}
