import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder, labelOf, refusalsOf, shown } from "../labels.js";
import { draftOf } from "../document.js";
import { texts } from "../texts.js";
import { view } from "./samples.mjs";

test("a field has the name that its card gives it", () => {
  assert.equal(labelOf("/salesforce/clientSecret"), "Client secret");
  assert.equal(labelOf("/businessHours/weekly/friday"), "Business hours: Friday");
  assert.equal(labelOf("/case/attachTranscript"), "Case: Transcript as a file");
});

test("a row is named by its key, and by its number from one where it has an index", () => {
  assert.equal(labelOf("/routingAttributes/Plan"), "Routing attributes: Plan");
  assert.equal(labelOf("/routingAttributes/0/value"), "Routing attributes: 1, Value");
  assert.equal(labelOf("/case/fields/Plan__c"), "Field mapping: Plan__c");
  assert.equal(labelOf("/businessHours/exceptions/2026-12-24"), "Exceptions: 2026-12-24");
});

test("a group is shown with the names of its fields", () => {
  const messaging = { organizationId: "00D", developerName: "D", url: "https://x" };
  assert.equal(shown(messaging, "/messaging"), "Organization id: 00D; Developer name: D; Url: https://x");
  const { businessHours } = draftOf(view());
  assert.match(shown(businessHours, "/businessHours"), /^Time zone: Europe\/Copenhagen; Monday: 09:00–17:00; Tuesday: Closed; /);
  assert.equal(shown("", "/businessHours/holidays"), "Open on public holidays");
  assert.equal(shown(null, "/businessHours"), "none");
});

test("what is against a preview's question is told by the names of the page", () => {
  const pointers = ["/settings/salesforce/domain", "/settings/case/fields/0/name", "/settings/rescue", "/at", "/customer/email"];
  const errors = [...pointers, "/customer/properties/plan", "/customer", "/subject"].map((pointer) => ({
    pointer,
    detail: "is wrong",
  }));
  assert.deepEqual(
    refusalsOf(errors).map(({ name }) => name),
    [
      "Domain",
      "Field mapping: 1",
      "Rescue",
      "Moment",
      "E-mail address",
      "Properties: plan",
      "Customer",
      "Subject of the conversation",
    ],
  );
  assert.equal(refusalsOf(errors)[0].detail, "Is wrong.");
});

test("what has no name is shown as its pointer", () => {
  assert.equal(labelOf("/something/new"), "/something/new");
});

test("the days of a week come in their order, and a day without hours is closed", () => {
  const pointers = ["timeZone", "weekly/monday", "weekly/friday", "weekly/sunday"].map((name) => `/businessHours/${name}`);
  const sorted = [...pointers, "/case/origin"].map((pointer) => ({ pointer }));
  assert.deepEqual(inOrder(sorted.toReversed()), sorted);
  assert.equal(shown(null, "/businessHours/weekly/friday"), "Closed");
});

test("values are shown in words", () => {
  assert.equal(shown("fullviewFlow", "/integrationType"), "Fullview Flow");
  assert.equal(shown([], "/businessHours/weekly/sunday"), "Closed");
  assert.equal(
    shown([
      { open: "09:00", close: "12:00" },
      { open: "13:00", close: "17:00" },
    ]),
    "09:00–12:00, 13:00–17:00",
  );
  assert.equal(shown({ attribute: "plan", value: "Plan" }), "plan → Plan");
  assert.equal(shown({ name: "Source__c", kind: "value", text: "AI" }), "“AI”");
  assert.deepEqual([shown(true), shown(null), shown(undefined), shown(""), shown(20)], ["yes", "none", "none", "empty", "20"]);
});

test("every text that the page looks up is there", () => {
  const read = (value) => (typeof value === "object" ? Object.values(value).flatMap(read) : [value]);
  for (const text of read(texts)) assert.ok(typeof text === "function" || text.trim() !== "", String(text));
  assert.deepEqual(Object.keys(texts.states).sort(), ["changed", "empty", "failed", "invalid", "passed", "saved"]);
});
