import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, cardsOf, draftOf, draftPointer, mistakesOf, tidied, usualHours } from "../document.js";
import { view } from "./samples.mjs";

const EMPTY = { organizationId: "", developerName: " ", url: "" };

test("what was read and not changed is sent as it was", () => {
  const sent = bodyOf(tidied(draftOf(view())), "");
  const { version, organisationId, apiEndpoint, ...expected } = view();
  delete expected.salesforce.clientSecretSet;
  const closed = { tuesday: [], wednesday: [], thursday: [], saturday: [], sunday: [] };
  expected.businessHours = { ...expected.businessHours, weekly: { ...expected.businessHours.weekly, ...closed } };
  assert.deepEqual(sent, expected);
});

test("a client secret is sent only if one was written", () => {
  assert.equal(bodyOf(draftOf(view()), " s3cret ").salesforce.clientSecret, " s3cret ");
  assert.equal("clientSecret" in bodyOf(draftOf(view()), "").salesforce, false);
});

test("rows without anything in them, and messaging without anything in it, are left out", () => {
  const draft = draftOf(view({ integrationType: "omniChannelFlow", messaging: EMPTY }));
  draft.routingAttributes.unshift({ attribute: "", value: "" });
  draft.case.fields.push({ name: " ", kind: "attribute", text: "" });
  const body = bodyOf(tidied(draft), "");
  assert.equal(body.messaging, null);
  assert.deepEqual(body.routingAttributes, [{ attribute: "plan", value: "Plan" }]);
  assert.deepEqual(Object.keys(body.case.fields), ["Plan__c", "Source__c"]);
});

test("live chat that was asked for and not filled in is left for the API to refuse", () => {
  assert.notEqual(bodyOf(tidied(draftOf(view({ messaging: EMPTY }))), "").messaging, null);
});

test("spaces around a text are not sent, and a wait that is no number is left for the API to refuse", () => {
  const draft = draftOf(view());
  draft.salesforce.domain = " acme ";
  draft.rescue.longestWaitMinutes = "soon";
  const body = bodyOf(draft, "");
  assert.deepEqual([body.salesforce.domain, body.rescue.longestWaitMinutes], ["acme", "soon"]);
});

test("a field of the Case that is mapped twice is a mistake of its second row", () => {
  const draft = draftOf(view());
  draft.case.fields.push({ name: "Plan__c ", kind: "value", text: "x" });
  assert.deepEqual(mistakesOf(draft, "twice"), [{ pointer: "/case/fields/2/name", detail: "twice" }]);
});

test("names of fields that differ in case only are one field", () => {
  const draft = draftOf(view());
  draft.case.fields.push({ name: "PLAN__C", kind: "value", text: "x" });
  assert.deepEqual(mistakesOf(draft, "twice"), [{ pointer: "/case/fields/2/name", detail: "twice" }]);
});

test("an error of a field of the Case belongs to its row", () => {
  const draft = draftOf(view());
  assert.equal(draftPointer("/case/fields/Source__c", draft), "/case/fields/1/name");
  assert.equal(draftPointer("/case/fields/Source__c/value", draft), "/case/fields/1/name");
  assert.equal(draftPointer("/case/fields/Gone__c", draft), "/case/fields");
  assert.equal(draftPointer("/case/fields", draft), "/case/fields");
  assert.equal(draftPointer("/case/ownerId", draft), "/case/ownerId");
});

test("only the cards that the type needs are there, in the guide's order", () => {
  assert.deepEqual(cardsOf({ integrationType: null, messaging: null }), ["type"]);
  assert.deepEqual(cardsOf({ integrationType: "fullviewFlow", messaging: null }), [
    "type",
    "connectedApp",
    "messaging",
    "case",
    "test",
  ]);
  assert.ok(!cardsOf({ integrationType: "fullviewFlow", messaging: {} }).includes("apexAction"));
  assert.ok(!cardsOf({ integrationType: "omniChannelFlow", messaging: {} }).includes("businessHours"));
});

test("hours begin with working days", () => {
  const { weekly, timeZone } = usualHours("Asia/Tokyo");
  assert.deepEqual([timeZone, weekly.friday.length, weekly.saturday.length], ["Asia/Tokyo", 1, 0]);
});
