import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./script.mjs";

const { Formats } = load("Formats");
const formats = new Formats("en-GB");

test("a wait is in minutes, and a long one in hours", () => {
  const waits = [1, 60, 89, 91, 600, 5_300, 5_400, 9_000].map((seconds) => formats.duration(seconds));
  assert.deepEqual(waits, ["1 minute", "1 minute", "1 minute", "2 minutes", "10 minutes", "88 minutes", "2 hours", "3 hours"]);
  assert.equal(new Formats("de").duration(120), "2 Minuten");
});

test("a size is in the largest unit of which there is one", () => {
  const sizes = [7, 1_000, 1_540, 23_456, 4_000_000].map((bytes) => formats.size(bytes));
  assert.deepEqual(sizes, ["7 bytes", "1 kB", "1.5 kB", "23 kB", "4 MB"]);
});

test("a day is today, yesterday, or named, with its year if it is not this one", () => {
  const now = new Date(2026, 10, 22, 0, 5);
  const day = (...parts) => formats.day(new Date(...parts), now);
  assert.equal(day(2026, 10, 22, 23, 59), "today");
  assert.equal(day(2026, 10, 21, 23, 59), "yesterday");
  assert.match(day(2026, 10, 20), /^Friday,? 20 November$/);
  assert.equal(day(2025, 11, 31), "31 December 2025");
});
