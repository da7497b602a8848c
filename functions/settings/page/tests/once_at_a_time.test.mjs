import assert from "node:assert/strict";
import { test } from "node:test";
import { onceAtATime } from "../once_at_a_time.js";

test("a second click while the first goes on does nothing, and one after it does", async () => {
  const ends = [];
  const act = onceAtATime(() => new Promise((resolve) => ends.push(resolve)));
  const first = act();
  await act();
  assert.equal(ends.length, 1);
  ends[0]();
  await first;
  act();
  assert.equal(ends.length, 2);
});

test("what failed can be tried again", async () => {
  let tries = 0;
  const act = onceAtATime(async () => {
    tries += 1;
    throw new Error("failed");
  });
  await assert.rejects(act());
  await assert.rejects(act());
  assert.equal(tries, 2);
});
