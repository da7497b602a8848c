import { button, make, newId } from "./dom.js";
import { dayAndTime } from "./formats.js";
import { texts } from "./texts.js";
import { dayAfter, localTime, localTimeAt, momentOfSkipped, momentsOf, nextClockChange, weekdayOf } from "./wall_time.js";
import { zoneChoices } from "./zones.js";

const text = texts.preview;

/** A moment on the clocks of a time zone, also in the night in which these are changed. */
export class MomentField {
  element;
  #date = make("input", { type: "date", required: true });
  #time = make("input", { type: "time", required: true });
  #zone = make("select", {});
  #about = make("div", { class: "field", role: "status" });
  #isSecond = false;

  constructor(timeZone) {
    this.#zone.append(...zoneChoices(timeZone));
    this.#zone.value = timeZone;
    for (const input of [this.#date, this.#time, this.#zone]) input.addEventListener("input", () => this.#show());
    this.#set(localTime(new Date(), timeZone));
    this.element = make(
      "fieldset",
      { class: "moment" },
      make("legend", {}, text.moment),
      make("div", { class: "presets", role: "group", "aria-label": text.presets }, this.#presets()),
      make(
        "div",
        { class: "columns three" },
        labelled(text.date, this.#date),
        labelled(text.time, this.#time),
        labelled(text.zone, this.#zone),
      ),
      this.#about,
    );
  }

  get zone() {
    return this.#zone.value;
  }

  /** The moment, or null if none is filled in. */
  get value() {
    const moments = this.#moments();
    if (moments === null) return null;
    return moments[this.#isSecond ? moments.length - 1 : 0] ?? momentOfSkipped(this.#local(), this.zone);
  }

  #presets() {
    const now = () => localTime(new Date(), this.zone);
    const sunday = () => `${dayAfter(now().slice(0, 10), 6 - weekdayOf(now().slice(0, 10)))}T23:30`;
    const christmas = () => `${now().slice(0, 4)}-12-25T12:00`;
    const preset = (name, local) => button(name, () => this.#set(local()), { class: "quiet small" });
    const change = () => nextClockChange(new Date(), this.zone);
    const changing = preset(text.clockChange, () => (change() === null ? now() : localTimeAt(change(), this.zone)));
    return [preset(text.now, now), preset(text.sunday, sunday), preset(text.christmas, christmas), changing];
  }

  #set(local) {
    [this.#date.value, this.#time.value] = local.split("T");
    this.#show();
  }

  #local() {
    return `${this.#date.value}T${this.#time.value}`;
  }

  #moments() {
    return this.#date.value === "" || this.#time.value === "" ? null : momentsOf(this.#local(), this.zone);
  }

  #show() {
    this.#isSecond = false;
    const moments = this.#moments();
    const isSkipped = moments?.length === 0;
    if (isSkipped) this.#about.replaceChildren(make("p", { class: "hint" }, text.skipped(dayAndTime(this.value, this.zone))));
    else this.#about.replaceChildren(...(moments?.length === 2 ? [this.#whichOfTwo()] : []));
  }

  #whichOfTwo() {
    const name = newId("which");
    const option = (isSecond, label) => {
      const id = newId("which");
      const radio = make("input", { type: "radio", id, name, checked: !isSecond, onchange: () => (this.#isSecond = isSecond) });
      return make("div", { class: "check" }, radio, make("label", { for: id }, label));
    };
    return make(
      "fieldset",
      { class: "which" },
      make("legend", {}, text.twice),
      option(false, text.first),
      option(true, text.second),
    );
  }
}

/** An input with its name above it. */
export function labelled(label, input, hint = null) {
  input.id = newId("field");
  return make(
    "div",
    { class: "field" },
    make("label", { for: input.id }, label),
    input,
    hint && make("p", { class: "hint" }, hint),
  );
}
