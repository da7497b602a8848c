import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dayAfter,
  localTime,
  localTimeAt,
  momentOfSkipped,
  momentsOf,
  nextClockChange,
  turnOf,
  weekdayOf,
} from "../wall_time.js";

const moments = (local, zone) => momentsOf(local, zone).map((moment) => moment.toISOString());

test("clocks show the time of their zone", () => {
  assert.equal(localTime(new Date("2026-11-22T14:30:00Z"), "Asia/Tokyo"), "2026-11-22T23:30");
  assert.equal(localTime(new Date("2026-11-22T18:30:59Z"), "Asia/Kathmandu"), "2026-11-23T00:15");
});

test("a local time is one moment", () => {
  assert.deepEqual(moments("2026-11-22T23:30", "Asia/Tokyo"), ["2026-11-22T14:30:00.000Z"]);
  assert.deepEqual(moments("2026-12-25T12:00", "America/New_York"), ["2026-12-25T17:00:00.000Z"]);
});

test("a repeated hour is two moments, a skipped one none", () => {
  assert.deepEqual(moments("2026-10-25T02:30", "Europe/Copenhagen"), ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]);
  assert.deepEqual(moments("2026-03-29T02:30", "Europe/Copenhagen"), []);
  assert.equal(momentOfSkipped("2026-03-29T02:30", "Europe/Copenhagen").toISOString(), "2026-03-29T01:30:00.000Z");
  assert.deepEqual(moments("2026-04-05T01:45", "Australia/Lord_Howe"), ["2026-04-04T14:45:00.000Z", "2026-04-04T15:15:00.000Z"]);
});

test("every moment is among the moments of what clocks then show", () => {
  const start = Date.parse("2026-03-28T12:00Z");
  for (const zone of ["Europe/Copenhagen", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]) {
    for (let minutes = 0; minutes < 10 * 1440; minutes += 15) {
      const moment = new Date(start + minutes * 60_000);
      const found = moments(localTime(moment, zone), zone);
      assert.ok(found.includes(moment.toISOString()), `${zone} ${moment.toISOString()}`);
    }
  }
});

test("the next change of the clocks is found to the minute", () => {
  const change = (after, zone) => nextClockChange(new Date(after), zone)?.toISOString() ?? null;
  assert.equal(change("2026-11-23T03:00:20Z", "Europe/Copenhagen"), "2027-03-28T01:00:00.000Z");
  assert.equal(change("2026-10-24T12:00:00Z", "Europe/Copenhagen"), "2026-10-25T01:00:00.000Z");
  assert.equal(change("2026-11-23T03:00:00Z", "Asia/Tokyo"), null);
});

test("in each zone a time of the night of the change is skipped or shown twice", () => {
  const at = (moment, zone) => localTimeAt(new Date(moment), zone);
  assert.equal(at("2026-10-25T01:00Z", "Europe/Copenhagen"), "2026-10-25T02:30");
  assert.equal(at("2027-03-28T01:00Z", "Europe/Copenhagen"), "2027-03-28T02:30");
  for (const zone of ["America/Scoresbysund", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo", "Antarctica/Troll"]) {
    for (const after of ["2026-11-23T12:00Z", "2027-05-23T12:00Z"]) {
      const local = at(nextClockChange(new Date(after), zone), zone);
      assert.match(local, /^\d{4}-\d\d-\d\dT\d\d:\d\d$/, zone);
      assert.ok([0, 2].includes(moments(local, zone).length), `${zone} ${local}`);
    }
  }
});

test("of two moments at one local time it is known which they are", () => {
  const turn = (moment) => turnOf(new Date(moment), "Europe/Copenhagen");
  assert.deepEqual(["2026-10-25T00:30:20Z", "2026-10-25T01:30:20Z", "2026-10-25T02:30:00Z"].map(turn), [0, 1, null]);
});

test("days go on over the ends of months and years", () => {
  assert.deepEqual([dayAfter("2026-12-31", 1), dayAfter("2028-03-01", -1)], ["2027-01-01", "2028-02-29"]);
  assert.deepEqual([weekdayOf("2026-11-23"), weekdayOf("2026-11-22")], [0, 6]);
});
