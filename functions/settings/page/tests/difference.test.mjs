import assert from "node:assert/strict";
import { test } from "node:test";
import { draftOf } from "../document.js";
import { carriedOver, changedFields, compare, flatten, isTheirsOnly, merge, unflatten } from "../difference.js";
import { HOURS, view } from "./samples.mjs";

const draft = (changes) => draftOf(view(changes));

test("a draft is its fields", () => {
  for (const one of [draft(), draft({ messaging: null }), draft({ businessHours: null, routingAttributes: [] })]) {
    assert.deepEqual(unflatten(flatten(one)), one);
  }
});

test("each changed field is named once, a weekday as a whole and a row by its key", () => {
  const weekly = {
    ...HOURS.weekly,
    monday: [
      { open: "08:00", close: "12:00" },
      { open: "13:00", close: "17:00" },
    ],
  };
  const exceptions = [{ date: "2026-12-24", intervals: [{ open: "09:00", close: "12:00" }] }];
  const after = draft({
    businessHours: { ...HOURS, weekly, exceptions },
    routingAttributes: [
      { attribute: "seats", value: "Plan" },
      { attribute: "name", value: "a/b" },
    ],
    rescue: { longestWaitMinutes: 5 },
  });
  assert.deepEqual(changedFields(draft(), after), [
    "/businessHours/weekly/monday",
    "/businessHours/exceptions/2026-12-24",
    "/routingAttributes/Plan",
    "/rescue/longestWaitMinutes",
    "/routingAttributes/a~1b",
  ]);
});

test("the order of rows is no change", () => {
  const rows = [
    { attribute: "a", value: "A" },
    { attribute: "b", value: "B" },
  ];
  assert.deepEqual(changedFields(draft({ routingAttributes: rows }), draft({ routingAttributes: [...rows].reverse() })), []);
});

test("two rows of one key are two fields", () => {
  const twice = draft({
    routingAttributes: [
      { attribute: "a", value: "X" },
      { attribute: "b", value: "X" },
    ],
  });
  assert.equal(unflatten(flatten(twice)).routingAttributes.length, 2);
});

test("of a stale save, what only one changed and what both changed are told apart", () => {
  const mine = draft({ rescue: { longestWaitMinutes: 5 }, apexActionConfigured: true });
  const theirs = draft({ rescue: { longestWaitMinutes: 9 }, routingAttributes: [] });
  const found = compare(draft(), mine, theirs);
  assert.deepEqual(
    found.map(({ pointer, isConflict }) => [pointer, isConflict]),
    [
      ["/routingAttributes/Plan", false],
      ["/rescue/longestWaitMinutes", true],
      ["/apexActionConfigured", false],
    ],
  );
  assert.deepEqual(
    found.filter(isTheirsOnly).map(({ pointer }) => pointer),
    ["/routingAttributes/Plan"],
  );
  assert.deepEqual([found[1].before, found[1].mine, found[1].theirs], ["20", "5", "9"]);
});

test("what both changed alike is no difference", () => {
  const same = draft({ rescue: { longestWaitMinutes: 5 } });
  assert.deepEqual(compare(draft(), same, structuredClone(same)), []);
});

test("a merge takes theirs where that was chosen, also where they removed it or began it", () => {
  const mine = draft({ rescue: { longestWaitMinutes: 5 }, messaging: null });
  const theirs = draft({ rescue: { longestWaitMinutes: 9 }, routingAttributes: [] });
  const pointers = ["/routingAttributes/Plan", "/messaging"];
  const merged = merge(mine, theirs, pointers);
  assert.deepEqual(merged, draft({ rescue: { longestWaitMinutes: 5 }, routingAttributes: [] }));
  assert.deepEqual(merge(theirs, mine, pointers).messaging, null);
});

test("a part that only one has is chosen as a whole, and the merge has all of it or none", () => {
  const weekly = { ...HOURS.weekly, monday: [{ open: "08:00", close: "17:00" }] };
  const mine = draft({ businessHours: { ...HOURS, weekly } });
  const theirs = draft({ messaging: null, businessHours: null });
  const found = compare(draft(), mine, theirs);
  assert.deepEqual(
    found.map(({ pointer, isConflict }) => [pointer, isConflict]),
    [
      ["/messaging", false],
      ["/businessHours", true],
    ],
  );
  assert.equal(isTheirsOnly(found[0]), true);
  assert.deepEqual(found[1].mine, mine.businessHours);
  const merged = merge(mine, theirs, ["/messaging"]);
  assert.deepEqual([merged.messaging, merged.businessHours], [null, mine.businessHours]);
  assert.equal(merge(mine, theirs, ["/messaging", "/businessHours"]).businessHours, null);
});

test("what one switched off and the other changed comes back whole", () => {
  const mine = draft({ messaging: null });
  const theirs = draft({ messaging: { ...view().messaging, developerName: "Theirs" } });
  const [{ pointer, isConflict }, ...others] = compare(draft(), mine, theirs);
  assert.deepEqual([pointer, isConflict, others], ["/messaging", true, []]);
  assert.deepEqual(merge(mine, theirs, [pointer]).messaging, theirs.messaging);
});

test("of what was sent only what was not touched since is as it was stored", () => {
  const sent = { a: 1, b: { c: "acme", d: [1] }, e: null };
  const stored = { a: 1, b: { c: "acme.my.salesforce.com", d: [1] }, e: null };
  assert.deepEqual(carriedOver(sent, sent, stored), stored);
  assert.deepEqual(carriedOver(sent, { ...sent, b: { c: "acme", d: [1, 2] }, e: { f: 1 } }, stored), {
    a: 1,
    b: { c: "acme.my.salesforce.com", d: [1, 2] },
    e: { f: 1 },
  });
  assert.deepEqual(carriedOver(sent, { ...sent, b: null }, stored), { ...stored, b: null });
});
