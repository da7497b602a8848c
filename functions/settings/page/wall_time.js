/** Clocks on walls of time zones: local times are written as "2026-12-24T23:30". */

const MINUTE = 60_000;
const DAY = 86_400_000;
const clocks = new Map();

/** What the clocks of a time zone show at a moment. */
export function localTime(moment, timeZone) {
  return new Date(localMinutes(moment, timeZone)).toISOString().slice(0, 16);
}

/** The local time as if it were one of UTC, in milliseconds. */
function localMinutes(moment, timeZone) {
  if (!clocks.has(timeZone)) clocks.set(timeZone, clockOf(timeZone));
  const part = Object.fromEntries(
    clocks
      .get(timeZone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  );
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute);
}

function clockOf(timeZone) {
  const digits = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat("en-US", { timeZone, calendar: "gregory", hourCycle: "h23", ...digits });
}

/** The moments at which the clocks of a time zone show a local time: one, none if they skip it, two if they show it again. */
export function momentsOf(local, timeZone) {
  const wanted = Date.parse(`${local}Z`);
  const offsets = [-DAY, 0, DAY].map((shift) => localMinutes(new Date(wanted + shift), timeZone) - (wanted + shift));
  const moments = [...new Set(offsets)].map((offset) => wanted - offset);
  const found = moments.filter((moment) => localMinutes(new Date(moment), timeZone) === wanted);
  return found.sort((one, other) => one - other).map((moment) => new Date(moment));
}

/** The moment at which a skipped local time would be, as if the clocks had not been changed yet. */
export function momentOfSkipped(local, timeZone) {
  const wanted = Date.parse(`${local}Z`);
  const before = new Date(wanted - DAY);
  return new Date(wanted - (localMinutes(before, timeZone) - before.getTime()));
}

/** The moment of the next change of a time zone's clocks within 400 days, or null. */
export function nextClockChange(after, timeZone) {
  const offset = (moment) => localMinutes(new Date(moment), timeZone) - Math.floor(moment / MINUTE) * MINUTE;
  let from = Math.floor(after.getTime() / MINUTE) * MINUTE;
  const end = from + 400 * DAY;
  while (offset(from) === offset(from + DAY)) {
    if (from > end) return null;
    from += DAY;
  }
  let to = from + DAY;
  while (to - from > MINUTE) {
    const middle = from + Math.floor((to - from) / 2 / MINUTE) * MINUTE;
    if (offset(middle) === offset(from)) from = middle;
    else to = middle;
  }
  return new Date(to);
}

/** A local time that is skipped, or shown twice, because of a change of the clocks: half an hour into that if it is so long. */
export function localTimeAt(change, timeZone) {
  const before = localMinutes(new Date(change.getTime() - MINUTE), timeZone) + MINUTE;
  const shift = localMinutes(change, timeZone) - before;
  const into = Math.min(Math.abs(shift) / 2, 30 * MINUTE);
  return new Date(before + Math.sign(shift) * into).toISOString().slice(0, 16);
}

/** Whether a moment is the first or the second time (0 or 1) that the clocks of a time zone show its local time; null if it is the only one. */
export function turnOf(moment, timeZone) {
  const moments = momentsOf(localTime(moment, timeZone), timeZone);
  return moments.length === 2 ? Number(moment >= moments[1]) : null;
}

/** A date so many days later; dates are written as "2026-12-24". */
export function dayAfter(date, days) {
  return new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The number of a date's weekday, Monday being 0. */
export function weekdayOf(date) {
  return (new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7;
}
