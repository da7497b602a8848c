import { icon, make, term } from "./dom.js";
import { dayAndTime, zoneName } from "./formats.js";
import { shown } from "./labels.js";
import { texts } from "./texts.js";
import { turnOf } from "./wall_time.js";

const text = texts.preview;

/** The answer to what would happen at a moment; times are shown on the organisation's clocks. */
export function previewResult({ route, reason, nextOpening, routingAttributes, caseFields }, at, timeZone) {
  const isOpening = nextOpening !== null || reason === "outsideBusinessHours";
  const place = (moment) => placeOf(new Date(moment), timeZone);
  return make(
    "div",
    { class: "decision", "data-route": route },
    make("p", { class: "route" }, icon(route === "messaging" ? "chat" : "case"), make("strong", {}, text.routes[route] ?? route)),
    make("p", {}, text.why[reason] ?? reason),
    make(
      "dl",
      { class: "facts" },
      term(text.moment, place(at)),
      isOpening ? term(text.nextOpening, nextOpening === null ? text.noOpening : place(nextOpening)) : null,
    ),
    make("h3", {}, text.attributes),
    table(routingAttributes, text.noAttributes),
    make("h3", {}, text.fields),
    table(caseFields, text.noFields),
  );
}

/** A time that clocks show twice is told with which of the two it is. */
function placeOf(moment, timeZone) {
  const turn = turnOf(moment, timeZone);
  return [text.elsewhere(dayAndTime(moment, timeZone), zoneName(timeZone)), text.turns[turn]].filter(Boolean).join(", ");
}

function table(values, emptyText) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return make("p", { class: "none" }, emptyText);
  return make(
    "dl",
    { class: "sent" },
    entries.map(([name, value]) => make("div", {}, make("dt", {}, make("code", {}, name)), make("dd", {}, shown(value)))),
  );
}
