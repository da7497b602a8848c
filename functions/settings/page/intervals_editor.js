import { iconButton, make } from "./dom.js";
import { rowsEditor } from "./rows.js";
import { texts } from "./texts.js";
import { completeTime, minuteOf, overlapOf, timeOf } from "./week.js";

const { hours } = texts;

/**
 * An editor of the intervals of a day, which is called `name`. `changedAs` is the pointer under which changes name the day; `before` is
 * the `{pointer, name}` of the day before, if that is known.
 */
export function intervalsEditor({ draft, fields, signal, pointer, changedAs, name, before = null }) {
  const editor = rowsEditor({
    draft,
    pointer,
    rowOf: (index, remove) => intervalRow({ draft, fields, pointer: `${pointer}/${index}`, changedAs, name, remove }),
    blank: () => next(draft.get(pointer)),
    addText: hours.add,
    addLabel: hours.addTo(name),
    emptyText: hours.closed,
  });
  editor.element.append(overlapNote(draft, pointer, before, signal));
  return editor;
}

/** Tells of hours that overlap: that is allowed, and hardly ever meant. */
function overlapNote(draft, pointer, before, signal) {
  const note = make("p", { class: "overlap", role: "status" });
  const show = () => {
    const late = before === null ? [] : (draft.get(before.pointer) ?? []);
    const times = (interval) => `${interval.open}–${interval.close}`;
    const inWords = (interval) => (late.includes(interval) ? hours.onDay(before.name, times(interval)) : times(interval));
    const overlap = overlapOf(draft.get(pointer) ?? [], late);
    const told = overlap === null ? "" : hours.overlap(...overlap.map(inWords));
    if (note.textContent !== told) note.textContent = told;
  };
  draft.addEventListener("change", show, { signal });
  show();
  return note;
}

/** After a break of an hour if there is room, else from nine to five. */
function next(intervals) {
  const end = minuteOf(intervals.at(-1)?.close ?? "");
  const isRoom = end !== null && end <= 20 * 60 && end > 0;
  return isRoom ? { open: timeOf(end + 60), close: timeOf(Math.min(end + 240, 1440)) } : { open: "09:00", close: "17:00" };
}

function intervalRow({ draft, fields, pointer, changedAs, name, remove }) {
  const nextDay = make("span", { class: "next-day" });
  const showNextDay = () => {
    const { open, close } = draft.get(pointer);
    const [from, to] = [minuteOf(open), minuteOf(close)];
    nextDay.textContent = from !== null && to !== null && to < from ? hours.closesNextDay : "";
  };
  const time = (member, label) =>
    timeField({ draft, fields, pointer: `${pointer}/${member}`, changedAs, label, onchange: showNextDay });
  showNextDay();
  const { open, close } = draft.get(pointer);
  return make(
    "div",
    { class: "interval" },
    time("open", hours.opensOn(name)),
    make("span", { "aria-hidden": "true" }, "–"),
    time("close", hours.closesOn(name)),
    nextDay,
    iconButton("remove", hours.removeFrom(name, `${open}–${close}`), remove),
  );
}

function timeField({ draft, fields, pointer, changedAs, label, onchange }) {
  const attributes = { class: "time", placeholder: "00:00", maxlength: "5", inputmode: "numeric" };
  const field = fields.text({ pointer, changedAs, label, isLabelHidden: true, attributes, onchange });
  const input = field.querySelector("input");
  input.addEventListener("change", () => {
    input.value = completeTime(input.value);
    draft.set(pointer, input.value);
    onchange();
  });
  return field;
}
