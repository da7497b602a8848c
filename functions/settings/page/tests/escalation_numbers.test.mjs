import assert from "node:assert/strict";
import { test } from "node:test";
import { numbersOf } from "../escalation_numbers.js";

const counts = {
  received: 1,
  startingMessaging: 0,
  waiting: 2,
  active: 3,
  creatingCase: 0,
  caseCreated: 40,
  ended: 5,
  stuck: 6,
};

test("a filter has the number of its statuses", () => {
  const number = numbersOf({ counts, isComplete: true });
  assert.deepEqual(["", "open", "stuck", "received", "caseCreated"].map(number), ["57", "12", "6", "1", "40"]);
});

test("where only the newest were counted, what is final may be more, and what is open is not", () => {
  const number = numbersOf({ counts, isComplete: false });
  assert.deepEqual(["", "open", "stuck", "ended"].map(number), ["57+", "12", "6", "5+"]);
});
