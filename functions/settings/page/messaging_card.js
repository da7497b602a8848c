import { cardFrame } from "./card.js";
import { make, newId } from "./dom.js";
import { list } from "./formats.js";
import { parseSnippet } from "./snippet.js";
import { texts } from "./texts.js";

const { messaging } = texts;
const NAMES = ["organizationId", "developerName", "url"];

/** The deployment for live conversations. In the Fullview Flow it is a choice. */
export function messagingCard({ draft, fields, number, rebuild }) {
  const isOptional = draft.get("/integrationType") === "fullviewFlow";
  const isLive = !isOptional || draft.get("/messaging") !== null;
  const about = isOptional ? messaging.aboutOptional : messaging.about;
  const content = [
    isOptional ? liveChoice(draft, fields, rebuild) : null,
    ...(isLive ? [snippetField(draft), ...valueFields(fields)] : []),
  ];
  return cardFrame({ id: "messaging", number, title: messaging.title, about, help: isLive ? messaging.help : null }, ...content);
}

function liveChoice(draft, fields, rebuild) {
  const onchange = (isLive) => {
    draft.offerLiveChat(isLive);
    rebuild();
  };
  return fields.checkbox({ pointer: "/messaging", label: messaging.live, checked: draft.get("/messaging") !== null, onchange });
}

function snippetField(draft) {
  const id = newId("snippet");
  const told = make("p", { class: "hint", role: "status" });
  const area = make("textarea", {
    id,
    rows: "3",
    spellcheck: "false",
    autocomplete: "off",
    class: "code",
    "aria-describedby": `${id}-about`,
  });
  area.addEventListener("input", () => told.replaceChildren(take(draft, area.value)));
  return make(
    "div",
    { class: "field" },
    make("label", { for: id }, messaging.snippet),
    area,
    make("div", { id: `${id}-about` }, make("p", { class: "hint" }, messaging.snippetHint)),
    told,
  );
}

/** Fills in what the snippet says; answers what to tell. */
function take(draft, snippet) {
  if (snippet.trim() === "") return "";
  const values = parseSnippet(snippet);
  const [found, missing] = [NAMES.filter((name) => values[name] !== null), NAMES.filter((name) => values[name] === null)];
  if (found.length === 0) return messaging.nothing;
  for (const name of found) fill(draft, name, values[name]);
  const named = (names) => list(names.map((name) => messaging[name]));
  return [messaging.filled(named(found)), missing.length > 0 ? messaging.missing(named(missing)) : ""].join(" ");
}

/** Through the field, so that an error that is told there goes. */
function fill(draft, name, value) {
  const input = document.querySelector(`[data-key="/messaging/${name}"]`);
  input.value = value;
  input.dispatchEvent(new Event("input"));
}

function valueFields(fields) {
  const field = (name) => fields.text({ pointer: `/messaging/${name}`, label: messaging[name], hint: messaging[`${name}Hint`] });
  return [make("div", { class: "columns" }, field("organizationId"), field("developerName")), field("url")];
}
