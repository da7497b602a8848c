import assert from "node:assert/strict";
import { test } from "node:test";
import { cardOf, counts, drift, stateOf } from "../evidence.js";

const check = (id, result = "passed") => ({ id, result });

test("each check is evidence for one card", () => {
  assert.equal(cardOf(check("token")), "connectedApp");
  assert.equal(cardOf(check("routingAttribute:Plan")), "routingAttributes");
  assert.equal(cardOf(check("somethingNew")), null);
});

test("a routing attribute is found by its value, colons and case included", () => {
  const found = drift([check("token"), check("routingAttribute:Plan", "failed"), check("routingAttribute:a:b")]);
  assert.deepEqual([...found.keys()], ["Plan", "a:b"]);
  assert.equal(found.get("Plan").result, "failed");
});

test("results are counted", () => {
  assert.deepEqual(counts([check("a"), check("b"), check("c", "unknown")]), { passed: 2, failed: 0, unknown: 1, skipped: 0 });
});

test("a card is green by evidence only, and never while something of it is not saved", () => {
  const state = (changes) => stateOf({ hasErrors: false, isChanged: false, isSaved: true, checks: [], ...changes });
  assert.equal(state({}), "saved");
  assert.equal(state({ isSaved: false }), "empty");
  assert.equal(state({ checks: [check("a"), check("b", "skipped")] }), "passed");
  assert.equal(state({ checks: [check("a"), check("b", "unknown")] }), "saved");
  assert.equal(state({ checks: [check("a"), check("b", "failed")] }), "failed");
  assert.equal(state({ checks: [check("a")], isChanged: true }), "changed");
  assert.equal(state({ isChanged: true, hasErrors: true }), "invalid");
});
