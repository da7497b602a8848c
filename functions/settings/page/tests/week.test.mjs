import assert from "node:assert/strict";
import { test } from "node:test";
import { draftOf, usualHours } from "../document.js";
import { completeTime, holidayDatesOf, minuteOf, openTimes, overlapOf, standing, timeOf, weekOf } from "../week.js";
import { view } from "./samples.mjs";

const hours = (weekly, rest = {}) => ({ timeZone: "UTC", weekly, exceptions: [], holidays: "", ...rest });
const interval = (text) => ({ open: text.split("-")[0], close: text.split("-")[1] ?? "" });
const standsAt = (hours, moment) => standing(hours, new Date(moment));

test("times are minutes, and what is no time is none", () => {
  assert.deepEqual(["00:00", "09:30", "24:00"].map(minuteOf), [0, 570, 1440]);
  assert.deepEqual(["9:30", "24:01", "25:00", "12:60", ""].map(minuteOf), [null, null, null, null, null]);
  assert.deepEqual([0, 570, 1440].map(timeOf), ["00:00", "09:30", "24:00"]);
});

test("a time may be typed shortly, and what is no time is kept for the API to refuse", () => {
  assert.deepEqual(["9", "09:30", "930", "17.15", " 8:00 ", "24"].map(completeTime), [
    "09:00",
    "09:30",
    "09:30",
    "17:15",
    "08:00",
    "24:00",
  ]);
  assert.deepEqual(["", "noon", "25", "9:5", "24:30"].map(completeTime), ["", "noon", "25", "9:5", "24:30"]);
});

test("hours over midnight end on the next day", () => {
  const { businessHours } = draftOf(view());
  const [, , , , friday, saturday] = weekOf(businessHours, "2026-11-23");
  assert.deepEqual([friday.date, friday.bars], ["2026-11-27", [{ from: 1320, to: 1440 }]]);
  assert.deepEqual([saturday.day, saturday.bars], ["saturday", [{ from: 0, to: 120 }]]);
});

test("overlapping and touching intervals are one bar", () => {
  const day = ["13:00-17:00", "09:00-12:00", "11:00-13:00", "20:00-24:00"].map(interval);
  assert.deepEqual(openTimes(hours({ monday: day }), "2026-11-23"), [
    { from: 540, to: 1020 },
    { from: 1200, to: 1440 },
  ]);
});

test("hours that overlap are found, also over midnight, and those that only touch are not", () => {
  const found = (...texts) => overlapOf(texts.map(interval))?.map(({ open }) => open) ?? null;
  assert.deepEqual(found("13:00-17:00", "09:00-13:30"), ["09:00", "13:00"]);
  assert.deepEqual(found("22:00-02:00", "23:00-24:00"), ["22:00", "23:00"]);
  assert.equal(found("09:00-12:00", "12:00-17:00"), null);
  assert.equal(found("09:00-12:00", "10:00"), null);
  assert.equal(found(), null);
});

test("hours of the day before that go on into a day's own are found, and told as theirs", () => {
  const [late, early] = [[interval("22:00-06:00")], [interval("05:00-09:00")]];
  assert.deepEqual(overlapOf(early, late), [late[0], early[0]]);
  assert.equal(overlapOf([interval("06:00-09:00")], late), null);
  assert.equal(overlapOf(late, early), null);
  assert.equal(overlapOf([], [interval("22:00-06:00"), interval("23:00-01:00")]), null);
});

test("what can't be read yet is left out of the picture", () => {
  const day = ["9-17", "10:00-10:00", "24:00-08:00", "12:00-13:00"].map(interval);
  assert.deepEqual(openTimes(hours({ monday: day }), "2026-11-23"), [{ from: 720, to: 780 }]);
});

test("an exception stands for its weekday, and the week begins on its Monday", () => {
  const week = weekOf(draftOf(view()).businessHours, "2026-12-27");
  assert.deepEqual([week[0].date, week[6].date], ["2026-12-21", "2026-12-27"]);
  assert.deepEqual(
    week.map(({ kind }) => kind),
    [null, null, null, "exception", null, null, null],
  );
  assert.deepEqual(week[0].bars, [{ from: 540, to: 1020 }]);
});

test("on a public holiday it is closed, unless an exception says when it is open", () => {
  const exceptions = [{ date: "2026-12-25", intervals: [interval("10:00-12:00")] }];
  const days = { thursday: [interval("22:00-02:00")], friday: [interval("09:00-17:00")] };
  const christmas = hours(days, { exceptions, holidayDates: ["2026-12-24", "2026-12-25", "2027-01-01"] });
  const [, , , thursday, friday] = weekOf(christmas, "2026-12-24");
  assert.deepEqual([thursday.kind, thursday.bars], ["holiday", []]);
  assert.deepEqual([friday.kind, friday.bars], ["exception", [{ from: 600, to: 720 }]]);
  assert.equal(standsAt(christmas, "2027-01-01T10:00:00Z").isOpen, false);
  assert.deepEqual(standsAt(christmas, "2027-01-01T10:00:00Z").next, { date: "2027-01-07", minute: 1320 });
});

test("the holidays of a country are dates, or not known", () => {
  const countries = [{ code: "DK", holidays: ["2026-12-25"] }, { code: "SE" }];
  assert.deepEqual(
    ["DK", "SE", "NO", ""].map((code) => holidayDatesOf(countries, code)),
    [["2026-12-25"], null, null, []],
  );
});

test("the next change is the next opening or closing on the organisation's clocks", () => {
  const copenhagen = usualHours("Europe/Copenhagen");
  assert.deepEqual(standsAt(copenhagen, "2026-11-23T08:30:00Z"), {
    date: "2026-11-23",
    minute: 570,
    isOpen: true,
    next: { date: "2026-11-23", minute: 1020 },
  });
  assert.deepEqual(standsAt(copenhagen, "2026-11-27T16:00:00Z").next, { date: "2026-11-30", minute: 540 });
});

test("an opening on the minute is open, a closing on the minute is closed", () => {
  const day = hours({ monday: [interval("09:00-17:00")] });
  assert.deepEqual([standsAt(day, "2026-11-23T09:00:00Z").isOpen, standsAt(day, "2026-11-23T17:00:00Z").isOpen], [true, false]);
});

test("open over midnight closes when the night's interval does, or at midnight if none goes on", () => {
  const night = hours({ monday: [interval("22:00-02:00")], tuesday: [interval("18:00-24:00")] });
  assert.deepEqual(standsAt(night, "2026-11-23T23:00:00Z").next, { date: "2026-11-24", minute: 120 });
  assert.deepEqual(standsAt(night, "2026-11-24T20:00:00Z").next, { date: "2026-11-25", minute: 0 });
});

test("hours that never change have no next change", () => {
  const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
  const always = hours(Object.fromEntries(days.map((day) => [day, [interval("00:00-24:00")]])));
  assert.deepEqual(
    [standsAt(always, "2026-11-23T12:00:00Z").isOpen, standsAt(always, "2026-11-23T12:00:00Z").next],
    [true, null],
  );
  assert.deepEqual(
    [standsAt(hours({}), "2026-11-23T12:00:00Z").isOpen, standsAt(hours({}), "2026-11-23T12:00:00Z").next],
    [false, null],
  );
});
