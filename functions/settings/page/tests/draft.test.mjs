import assert from "node:assert/strict";
import { test } from "node:test";
import { Draft } from "../draft.js";
import { view } from "./samples.mjs";

const draft = (changes) => new Draft({ view: view(changes), etag: '"3"' });

function events(draft) {
  const seen = [];
  for (const name of ["change", "reset", "state"]) draft.addEventListener(name, () => seen.push(name));
  return seen;
}

test("an edit is a change until it is taken back", () => {
  const one = draft();
  one.set("/case/origin", "Web");
  one.setSecret("s3cret");
  assert.deepEqual(one.changes(), ["/case/origin", "/salesforce/clientSecret"]);
  one.set("/case/origin", "Chat");
  one.setSecret("");
  assert.deepEqual(one.changes(), []);
});

test("what was edited is in what is sent, and not in what it began with", () => {
  const one = draft();
  one.set("/businessHours/weekly/monday/0/close", "18:00");
  assert.equal(one.body().businessHours.weekly.monday[0].close, "18:00");
  assert.equal(one.base.businessHours.weekly.monday[0].close, "17:00");
});

test("after a save nothing is changed, and the secret is forgotten", () => {
  const one = draft();
  one.setSecret("s3cret");
  one.saved({ view: view({ version: 4 }), etag: '"4"' });
  assert.deepEqual([one.changes(), one.secret, one.version, one.etag], [[], "", 4, '"4"']);
});

test("a discard brings back what was saved", () => {
  const one = draft();
  one.set("/messaging", null);
  one.discard();
  assert.deepEqual([one.changes(), one.get("/messaging/developerName")], [[], "D"]);
});

test("an empty row is no change, and the page hears when it goes", () => {
  const one = draft();
  one.set("/routingAttributes", [...one.get("/routingAttributes"), { attribute: "", value: "" }]);
  assert.deepEqual(one.changes(), []);
  const seen = events(one);
  assert.equal(one.body().routingAttributes.length, 1);
  assert.deepEqual(seen, ["reset"]);
  one.body();
  assert.deepEqual(seen, ["reset"]);
});

test("a field that is mapped twice is refused here, before it is lost in the document", () => {
  const one = draft();
  one.set("/case/fields/1/name", "Plan__c");
  assert.equal(one.body(), null);
  assert.deepEqual(
    one.errors.map(({ pointer }) => pointer),
    ["/case/fields/1/name"],
  );
});

test("errors go one by one, as they are mended", () => {
  const one = draft();
  one.refuse([
    { pointer: "/case/fields/Source__c", detail: "a" },
    { pointer: "/case/origin", detail: "b" },
  ]);
  assert.equal(one.errors[0].pointer, "/case/fields/1/name");
  one.forgetErrors([one.errors[0]]);
  assert.deepEqual(one.errors, [{ pointer: "/case/origin", detail: "b" }]);
});

test("evidence is only for what it was found with", () => {
  const one = draft();
  const ids = () => one.checks.map(({ id }) => id);
  const all = ["token", "messagingToken", "routingAttribute:Plan", "createCase"].map((id) => ({ id, result: "passed" }));
  one.showed(all);
  one.set("/case/origin", "Web");
  assert.deepEqual(ids(), ["token", "messagingToken", "routingAttribute:Plan"]);
  one.set("/messaging/developerName", "E");
  assert.deepEqual(ids(), ["token"]);
  one.showed(all);
  one.set("/salesforce/domain", "other");
  assert.deepEqual(ids(), []);
});

test("a connection test and a callback test don't take each other's results away", () => {
  const one = draft();
  one.showed([{ id: "callback", result: "passed" }], ({ id }) => id === "callback");
  one.showed([{ id: "token", result: "failed" }]);
  one.showed([{ id: "token", result: "passed" }]);
  assert.deepEqual(
    one.checks.map(({ id, result }) => [id, result]),
    [
      ["callback", "passed"],
      ["token", "passed"],
    ],
  );
});
