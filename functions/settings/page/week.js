/** Opening hours as a picture: bars on the clocks of the organisation. */

import { DAYS } from "./document.js";
import { dayAfter, localTime, weekdayOf } from "./wall_time.js";

const MINUTES = 1440;
const SEARCHED_DAYS = 400;
const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** The minute of a day that a time such as "09:30" or "24:00" is, or null. */
export function minuteOf(time) {
  const match = TIME.exec(time);
  if (match === null) return null;
  return match[1] === undefined ? MINUTES : Number(match[1]) * 60 + Number(match[2]);
}

/** The time of day that a minute is; that of the day's end is "24:00". */
export function timeOf(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** A time as it was typed, such as "9", "9.30" or "0930", as "09:30"; what is no time stays as it is. */
export function completeTime(text) {
  const match = /^(\d{1,2})(?:[:.h ]?(\d{2}))?$/.exec(text.trim());
  const time = match === null ? text.trim() : `${match[1].padStart(2, "0")}:${match[2] ?? "00"}`;
  return minuteOf(time) === null ? text.trim() : time;
}

/** The intervals that begin on a date: those of an exception for it, else none on a known holiday, else those of its weekday. */
export function intervalsOf(hours, date) {
  const exception = exceptionOf(hours, date);
  return exception?.intervals ?? (isHoliday(hours, date) ? [] : (hours.weekly[DAYS[weekdayOf(date)]] ?? []));
}

function exceptionOf({ exceptions }, date) {
  return exceptions.find((exception) => exception.date === date);
}

/** Whether a date is one of the `holidayDates`, if these are known. */
function isHoliday({ holidayDates }, date) {
  return holidayDates?.includes(date) ?? false;
}

/** The dates of a country's public holidays, none without a country, or null if they are not known. */
export function holidayDatesOf(countries, country) {
  return country === "" ? [] : (countries.find(({ code }) => code === country)?.holidays ?? null);
}

/** The first two intervals that overlap, of which one at least is of the day and one may be of the day before; or null. */
export function overlapOf(intervals, dayBefore = []) {
  const late = barsOf(dayBefore).map(({ interval, from, to }) => ({ interval, from: from - MINUTES, to: to - MINUTES }));
  const bars = [...late, ...barsOf(intervals).sort((one, other) => one.from - other.from)];
  for (let second = late.length; second < bars.length; second += 1) {
    const first = bars.findIndex(({ to }, index) => index < second && bars[second].from < to);
    if (first >= 0) return [bars[first].interval, bars[second].interval];
  }
  return null;
}

/** From the day's start; what ends on the next day ends after the day. What can't be read is left out. */
function barsOf(intervals) {
  const bars = intervals.map((interval) => ({ interval, from: minuteOf(interval.open), to: minuteOf(interval.close) }));
  const whole = bars.filter(({ from, to }) => from !== null && to !== null && from !== to);
  return whole.map((bar) => (bar.to < bar.from ? { ...bar, to: bar.to + MINUTES } : bar));
}

/** When it is open on a date: `{from, to}` in minutes, in order, not touching; with what the day before goes on. */
export function openTimes(hours, date) {
  const bars = [];
  for (const [open, close] of minutes(hours, date)) bars.push({ from: open, to: close > open ? close : MINUTES });
  for (const [open, close] of minutes(hours, dayAfter(date, -1))) if (close < open) bars.push({ from: 0, to: close });
  return joined(bars.filter(({ from, to }) => to > from));
}

/** Intervals that can't be read, or that open when they close, are left out. */
function minutes(hours, date) {
  const pairs = intervalsOf(hours, date).map(({ open, close }) => [minuteOf(open), minuteOf(close)]);
  return pairs.filter(([open, close]) => open !== null && open < MINUTES && close !== null && open !== close);
}

function joined(bars) {
  const result = [];
  for (const bar of bars.sort((one, other) => one.from - other.from)) {
    const last = result.at(-1);
    if (last !== undefined && bar.from <= last.to) last.to = Math.max(last.to, bar.to);
    else result.push({ ...bar });
  }
  return result;
}

/** The seven dates of the week of a date, and of each its bars and what it is: an "exception", a "holiday", or null. */
export function weekOf(hours, date) {
  const monday = dayAfter(date, -weekdayOf(date));
  return DAYS.map((day, index) => {
    const date = dayAfter(monday, index);
    const kind = exceptionOf(hours, date) ? "exception" : isHoliday(hours, date) ? "holiday" : null;
    return { day, date, kind, bars: openTimes(hours, date) };
  });
}

/**
 * How it stands at a moment: `{date, minute, isOpen, next}`; `next` is the `{date, minute}` at which that changes, or null if it does
 * not within 400 days. Holidays are those of the hours' `holidayDates`.
 */
export function standing(hours, moment) {
  const [date, time] = localTime(moment, hours.timeZone).split("T");
  const minute = minuteOf(time);
  const isOpen = openTimes(hours, date).some(({ from, to }) => from <= minute && minute < to);
  return { date, minute, isOpen, next: nextChange(hours, date, minute, isOpen) };
}

function nextChange(hours, date, minute, isOpen) {
  for (let days = 0; days <= SEARCHED_DAYS; days += 1) {
    const day = dayAfter(date, days);
    const after = days === 0 ? minute : -1;
    const bars = openTimes(hours, day);
    const found = isOpen ? closing(bars, after) : bars.find(({ from }) => from > after)?.from;
    if (found !== undefined) return { date: day, minute: found };
  }
  return null;
}

/** The end of the bar that goes on, unless that is the day's: then the next day tells. */
function closing(bars, after) {
  const first = Math.max(after, 0);
  const bar = bars.find(({ from, to }) => from <= first && first < to);
  if (bar === undefined) return 0;
  return bar.to < MINUTES ? bar.to : undefined;
}
