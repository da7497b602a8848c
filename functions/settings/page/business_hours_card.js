import { cardFrame } from "./card.js";
import { DAYS } from "./document.js";
import { button, iconButton, make } from "./dom.js";
import { announce } from "./announcer.js";
import { date } from "./formats.js";
import { failureBox } from "./failure.js";
import { intervalsEditor } from "./intervals_editor.js";
import { pointerTo } from "./pointers.js";
import { rowsEditor } from "./rows.js";
import { texts } from "./texts.js";
import { dayAfter, localTime } from "./wall_time.js";
import { holidayDatesOf } from "./week.js";
import { weekPicture } from "./week_picture.js";
import { zoneChoices } from "./zones.js";

const { hours } = texts;
const PICTURE_INTERVAL = 20_000;

/** When someone answers live: the week, other dates, holidays, and a picture of it. */
export function businessHoursCard({ draft, fields, number, signal, countries }) {
  const zone = fields.select({
    pointer: "/businessHours/timeZone",
    label: hours.timeZone,
    choices: zoneChoices(draft.get("/businessHours/timeZone")),
  });
  const weekly = weeklyEditor(draft, fields, signal);
  const picture = livePicture(draft, signal);
  return cardFrame(
    { id: "businessHours", number, title: hours.title, about: hours.about },
    picture.element,
    make("div", { class: "columns" }, zone, holidaysField(draft, fields, countries, picture.knows)),
    weekly,
    exceptionsEditor(draft, fields, signal),
  );
}

/** Drawn again after each change, and as time goes by: `{element, knows}`; with `knows(countries)` public holidays are in it. */
function livePicture(draft, signal) {
  const element = make("div", {});
  let known = [];
  const show = () => {
    if (signal.aborted) return;
    const businessHours = draft.get("/businessHours");
    const holidayDates = holidayDatesOf(known, businessHours.holidays);
    element.replaceChildren(weekPicture({ ...businessHours, holidayDates }, new Date()));
  };
  const knows = (countries) => {
    known = countries;
    show();
  };
  const timer = setInterval(show, PICTURE_INTERVAL);
  signal.addEventListener("abort", () => clearInterval(timer));
  draft.addEventListener("change", ({ pointer }) => pointer.startsWith("/businessHours/") && show(), { signal });
  show();
  return { element, knows };
}

function weeklyEditor(draft, fields, signal) {
  const editors = DAYS.map((day) => dayEditor(draft, fields, signal, day));
  const copyToWorkdays = () => {
    for (const day of DAYS.slice(1, 5))
      draft.set(pointerTo("businessHours", "weekly", day), structuredClone(draft.get("/businessHours/weekly/monday")));
    editors.forEach(({ show }) => show());
    announce(hours.copiedToWorkdays);
  };
  const heading = make("h3", {}, hours.weekly);
  const copying = button(hours.copyToWorkdays, copyToWorkdays, { class: "quiet small" });
  const hint = make("p", { class: "hint" }, hours.closeHint);
  return make(
    "div",
    { class: "part" },
    make("div", { class: "part-head" }, heading, copying),
    hint,
    editors.map(({ element }) => element),
  );
}

function dayEditor(draft, fields, signal, day) {
  const pointer = pointerTo("businessHours", "weekly", day);
  const name = hours.days[day];
  const yesterday = DAYS.at(DAYS.indexOf(day) - 1);
  const before = { pointer: pointerTo("businessHours", "weekly", yesterday), name: hours.days[yesterday] };
  const { element, show } = intervalsEditor({ draft, fields, signal, pointer, changedAs: pointer, name, before });
  const group = make("div", { class: "day", role: "group", "aria-label": name }, make("p", { class: "day-name" }, name), element);
  return { element: fields.group({ pointer, label: name, element: group }), show };
}

function exceptionsEditor(draft, fields, signal) {
  const pointer = "/businessHours/exceptions";
  const { element } = rowsEditor({
    draft,
    pointer,
    rowOf: (index, remove) => exceptionRow({ draft, fields, signal, index, remove }),
    blank: () => ({ date: freeDate(draft.get("/businessHours")), intervals: [] }),
    addText: hours.addException,
  });
  const part = make(
    "div",
    { class: "part" },
    make("h3", {}, hours.exceptions),
    make("p", { class: "hint" }, hours.exceptionsHint),
    element,
  );
  return fields.group({ pointer, changedAs: null, label: hours.exceptions, element: part });
}

/** Tomorrow, or the first day after it that is no exception yet. */
function freeDate({ exceptions, timeZone }) {
  let free = dayAfter(localTime(new Date(), timeZone).slice(0, 10), 1);
  while (exceptions.some(({ date }) => date === free)) free = dayAfter(free, 1);
  return free;
}

function exceptionRow({ draft, fields, signal, index, remove }) {
  const pointer = pointerTo("businessHours", "exceptions", index);
  const changedAs = () => pointerTo("businessHours", "exceptions", draft.get(pointer)?.date ?? "");
  const name = date(draft.get(pointer).date);
  const day = fields.text({ pointer: `${pointer}/date`, changedAs, label: hours.date, attributes: { type: "date" } });
  const { element } = intervalsEditor({ draft, fields, signal, pointer: `${pointer}/intervals`, changedAs, name });
  const group = make(
    "div",
    { class: "exception-row", role: "group", "aria-label": hours.exception(name) },
    day,
    element,
    iconButton("remove", hours.removeException(name), remove),
  );
  return fields.group({ pointer, changedAs: null, label: hours.exception(name), element: group });
}

/** Until the countries are there, the chosen one is its code. `onKnown(countries)` is called when they are. */
function holidaysField(draft, fields, countries, onKnown) {
  const pointer = "/businessHours/holidays";
  const chosen = () => draft.get(pointer);
  const choices = (known) => [["", hours.noHolidays], ...known.map(({ code, name }) => [code, name])];
  const element = fields.select({
    pointer,
    label: hours.holidays,
    hint: hours.holidaysHint,
    choices: choices(chosen() ? [{ code: chosen(), name: chosen() }] : []),
  });
  const fill = async () => {
    element.querySelector(".notice")?.remove();
    const select = element.querySelector("select");
    try {
      const known = await countries();
      const options = choices(known).map(([value, text]) => make("option", { value }, text));
      select.replaceChildren(...options);
      select.value = chosen();
      onKnown(known);
    } catch (error) {
      element.append(failureBox(error, fill));
    }
  };
  fill();
  return element;
}
