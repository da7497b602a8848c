import { draw, make } from "./dom.js";
import { date, zoneName } from "./formats.js";
import { texts } from "./texts.js";
import { dayAfter } from "./wall_time.js";
import { standing, timeOf, weekOf } from "./week.js";

const { hours } = texts;
const DAY_HEIGHT = 24;
const BAR = { y: 5, height: 14 };
const WIDTH = 1440;

/**
 * A picture of this week on the organisation's clocks, with now and the next change, and both in words. The hours have their
 * `holidayDates`, null if these are not known.
 */
export function weekPicture(businessHours, now) {
  const standsNow = standing(businessHours, now);
  const week = weekOf(businessHours, standsNow.date);
  return make(
    "figure",
    { class: "week" },
    make("figcaption", {}, inWords(businessHours, standsNow)),
    make(
      "div",
      { class: "week-grid" },
      dayNames(week, standsNow),
      picture(week, standsNow),
      make(
        "div",
        { class: "scale", "aria-hidden": "true" },
        [0, 6, 12, 18, 24].map((hour) => make("span", {}, String(hour).padStart(2, "0"))),
      ),
    ),
    legend(week),
  );
}

function inWords({ timeZone, holidayDates }, { date, minute, isOpen, next }) {
  const change = isOpen ? hours.closes : hours.opens;
  return [
    make(
      "p",
      { class: "standing", "data-open": String(isOpen) },
      make("span", { class: "dot", "aria-hidden": "true" }),
      isOpen ? hours.openNow : hours.closedNow,
    ),
    make("p", {}, next === null ? hours.neverChanges : `${change(whenOf(next, date))}.`),
    make(
      "p",
      { class: "hint" },
      [hours.clock(timeOf(minute), zoneName(timeZone)), holidayDates === null ? hours.withoutHolidays : ""].join(" "),
    ),
  ];
}

function whenOf(next, today) {
  const time = timeOf(next.minute);
  if (next.date === today) return hours.today(time);
  if (next.date === dayAfter(today, 1)) return hours.tomorrow(time);
  const isSoon = next.date < dayAfter(today, 7);
  return isSoon ? hours.weekday(date(next.date, { weekday: "long" }), time) : hours.onDate(date(next.date), time);
}

function dayNames(week, { date: today }) {
  const name = ({ day, date: own }) =>
    make(
      "span",
      { class: own === today ? "today" : null },
      `${hours.shortDays[day]} `,
      make("small", {}, date(own, { day: "numeric" })),
    );
  return make("div", { class: "day-names", "aria-hidden": "true" }, week.map(name));
}

function picture(week, standsNow) {
  const dayInWords = ({ day, bars, kind }) => hours.openFrom(hours.days[day], barsInWords(bars), hours.kinds[kind]);
  const described = hours.described(week.map(dayInWords).join("; "));
  const size = { viewBox: `0 0 ${WIDTH} ${DAY_HEIGHT * 7}`, preserveAspectRatio: "none", role: "img", "aria-label": described };
  return draw("svg", size, ...lines(), ...week.flatMap(dayBars), ...marks(week, standsNow));
}

function barsInWords(bars) {
  return bars.length === 0 ? hours.closed : bars.map(({ from, to }) => `${timeOf(from)}–${timeOf(to)}`).join(", ");
}

function lines() {
  const hour = (hour) => draw("line", { class: "hour", x1: hour * 60, x2: hour * 60, y1: 0, y2: DAY_HEIGHT * 7 });
  return [0, 6, 12, 18, 24].map(hour);
}

function dayBars({ bars, kind }, index) {
  const y = index * DAY_HEIGHT + BAR.y;
  const look = (name) => [name, kind].filter(Boolean).join(" ");
  const track = draw("rect", { class: look("track"), x: 0, y, width: WIDTH, height: BAR.height });
  const open = ({ from, to }) => draw("rect", { class: look("open"), x: from, y, width: to - from, height: BAR.height });
  return [track, ...bars.map(open)];
}

/** The next change is in the picture if it is in this week. */
function marks(week, { date, minute, next }) {
  const mark = (kind, date, minute) => {
    const index = week.findIndex((day) => day.date === date);
    const y1 = index * DAY_HEIGHT + 1;
    return index < 0 ? [] : [draw("line", { class: kind, x1: minute, x2: minute, y1, y2: y1 + DAY_HEIGHT - 2 })];
  };
  return [...(next === null ? [] : mark("next", next.date, next.minute)), ...mark("now", date, minute)];
}

function legend(week) {
  const entry = (kind, text) => make("li", {}, make("span", { class: `key ${kind}` }), text);
  const kinds = Object.keys(hours.kinds).filter((kind) => week.some((day) => day.kind === kind));
  return make(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    entry("open", hours.legendOpen),
    kinds.map((kind) => entry(kind, hours.kinds[kind])),
    entry("now", hours.legendNow),
    entry("next", hours.legendNext),
  );
}
