import assert from "node:assert/strict";
import { test } from "node:test";
import { place } from "../placement.js";

const FIELDS = [
  "/salesforce/domain",
  "/salesforce/clientId",
  "/businessHours/weekly/monday",
  "/businessHours/weekly/monday/0/open",
  "/integrationType",
];

function placeOf(pointer) {
  return [...place([{ pointer, detail: "d" }], FIELDS).keys()][0];
}

test("an error goes to its own field", () => {
  assert.equal(placeOf("/salesforce/domain"), "/salesforce/domain");
  assert.equal(placeOf("/businessHours/weekly/monday/0/open"), "/businessHours/weekly/monday/0/open");
});

test("an error without a field of its own goes to the nearest one around it", () => {
  assert.equal(placeOf("/businessHours/weekly/monday/1"), "/businessHours/weekly/monday");
  assert.equal(placeOf("/businessHours/weekly/monday/0/open/x"), "/businessHours/weekly/monday/0/open");
});

test("an error of a whole goes to its first part", () => {
  assert.equal(placeOf("/salesforce"), "/salesforce/domain");
});

test("an error that fits nowhere is kept", () => {
  for (const pointer of ["", "/sales", "/rescue/longestWaitMinutes"]) {
    const placed = place(
      [{ pointer, detail: "d" }],
      ["/salesforce/domain"].filter(() => pointer !== ""),
    );
    assert.deepEqual([...placed], [[null, [{ pointer, detail: "d" }]]], pointer);
  }
});

test("errors of one field stay together, in their order", () => {
  const errors = ["a", "b"].map((detail) => ({ pointer: "/salesforce/domain", detail }));
  assert.deepEqual(place(errors, FIELDS).get("/salesforce/domain"), errors);
});
