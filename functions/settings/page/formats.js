/** Times as people read them, in the language of the page. */

const LANGUAGE = (globalThis.navigator?.languages ?? []).find((tag) => /^en\b/i.test(tag)) ?? "en-GB";
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Date and time of a moment, where the reader is or in a time zone. */
export function dateTime(moment, timeZone) {
  return new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short", timeZone }).format(new Date(moment));
}

/** As `dateTime`, with the weekday and to the second if the reader needs it. */
export function exactTime(moment) {
  return new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(moment));
}

/** As `dateTime`, with the weekday. */
export function dayAndTime(moment, timeZone) {
  const parts = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(LANGUAGE, { ...parts, timeZone }).format(new Date(moment));
}

/** A date that is written as "2026-12-24". */
export function date(text, options = { dateStyle: "medium" }) {
  const moment = Date.parse(`${text}T00:00Z`);
  return Number.isNaN(moment) ? text : new Intl.DateTimeFormat(LANGUAGE, { ...options, timeZone: "UTC" }).format(moment);
}

/** How long ago a moment was, in its largest unit. */
export function ago(moment, now = new Date()) {
  const seconds = Math.max(0, (now - new Date(moment)) / 1_000);
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
}

/** Names with commas and the word before the last. */
export function list(names) {
  return new Intl.ListFormat(LANGUAGE, { type: "conjunction" }).format(names);
}

/** A name of a time zone as people write it. */
export function zoneName(timeZone) {
  return timeZone.split("/").at(-1).replaceAll("_", " ");
}
