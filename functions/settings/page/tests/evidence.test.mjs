import assert from "node:assert/strict";
import { test } from "node:test";
import { draftOf } from "../document.js";
import { cardOf, counts, drift, printsOf, stateOf } from "../evidence.js";
import { view } from "./samples.mjs";

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

test("checks rest on the connected app and on their card, and those of no card on everything", () => {
  const before = printsOf(draftOf(view()), 0);
  const changed = (changes, secret = 0) => {
    const after = printsOf(draftOf(view(changes)), secret);
    return Object.keys(before).filter((card) => before[card] !== after[card]);
  };
  const everything = ["connectedApp", "apexAction", "messaging", "routingAttributes", "case", "null"];
  assert.deepEqual(changed({}), []);
  assert.deepEqual(changed({ messaging: null }), ["messaging", "routingAttributes", "null"]);
  assert.deepEqual(changed({ routingAttributes: [] }), ["routingAttributes", "null"]);
  assert.deepEqual(changed({ rescue: { longestWaitMinutes: 5 } }), ["null"]);
  assert.deepEqual(changed({ integrationType: "omniChannelFlow" }), everything);
  assert.deepEqual(changed({}, 1), everything);
});

test("results are counted", () => {
  assert.deepEqual(counts([check("a"), check("b"), check("c", "unknown"), check("d", "outdated")]), {
    passed: 2,
    failed: 0,
    unknown: 1,
    skipped: 0,
    outdated: 1,
  });
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
